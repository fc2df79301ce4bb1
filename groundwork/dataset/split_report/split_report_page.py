"""The split report for the terminal and as one HTML page, which opens from a file and asks no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from groundwork.console import terminal
from groundwork.dataset.split_report.report_record import ElbowCurve, EvalRow, Neighbour, SplitReport, SplitShare
from groundwork.dataset.split_report.report_sentences import (
    describe_additions,
    describe_closeness,
    describe_leakage,
    describe_missing_eval,
    describe_mixture,
    describe_phrasings,
    describe_replaced,
    describe_splits,
    describe_unanswerable,
    describe_verdict,
)
from groundwork.message_wording import counted, shorten_text
from groundwork.pages.html_frame import Markup, document_page, join_markup, table, tag

BARS = "▁▂▃▄▅▆▇█"
MAX_ROWS, MAX_SHARES = 200, 40  # of a table of the page
ENTRIES_SHOWN = 12  # values of a table in the terminal and clusters listed
WIDTH, HEIGHT = 640, 260  # of a figure, in its own units


def split_report_lines(report: SplitReport, columns: int = 10_000) -> list[str]:
    """The report for a terminal of so many columns."""
    import textwrap

    def fitted(line: str) -> list[str]:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        return textwrap.wrap(line, columns, subsequent_indent=indent, break_on_hyphens=False)

    return [
        output_line
        for line in _report_lines(report)
        for output_line in (fitted(line) if len(line) > columns else [line])
    ]


def _report_lines(report: SplitReport) -> list[str]:
    counts = ", ".join(f"{count:,} {split}" for split, count in report.splits.items())
    lines = [f"{report.name}: {counts}"]
    lines += [f"  {line}" for line in report.reviewed]
    if "eval" in report.splits:
        lines += [
            f"  {line}" for line in [*describe_verdict(report), *describe_splits(report), *describe_closeness(report)]
        ]
        if report.curve and report.curve.inertias:
            curve = report.curve
            lines.append(
                f"  inertia for k = {curve.ks[0]}..{curve.ks[-1]}  {_sparkline(curve.inertias)}  k = {curve.k}"
            )
        lines += _cluster_lines(report.clusters)
        lines += [f"  {line}" for line in describe_leakage(report)]
    else:
        lines += [f"  {line}" for line in [*describe_missing_eval(report), *describe_additions(report)]]
    lines += [f"    {row.id}: {shorten_text(row.reason, 120)}" for row in report.fewer[:3]]
    if report.replaced:
        lines.append(f"  {describe_replaced(report)}")
        lines += [f"    {row.id}: {shorten_text(row.reason, 120)}" for row in report.replaced[:3]]
    if report.invalid:
        lines.append(f"  {counted(len(report.invalid), 'invalid row')} left out")
        lines += [f"    {row.id}: {row.reason}" for row in report.invalid[:ENTRIES_SHOWN]]
    if report.personal:
        lines.append(f"  {counted(len(report.personal), 'place looks', 'places look')} like personal data")
        lines += [
            f"    {finding.id} {finding.field}: {finding.kind} {finding.masked}"
            for finding in report.personal[:ENTRIES_SHOWN]
        ]
    return lines


def split_html(report: SplitReport) -> str:
    """The whole HTML page; there is no script."""
    sizes = " · ".join(f"{count:,} {split}" for split, count in report.splits.items())
    body = [tag("h1", report.name), tag("p", sizes, class_="soft")]
    body += [tag("p", line) for line in report.reviewed]
    if "eval" in report.splits:
        body += [
            _section("What the splits are", _list(describe_splits(report))),
            _section(
                "Does eval stand for the whole?",
                _verdict_markup(report),
                _list(describe_closeness(report)),
                _clusters(report),
            ),
            _section("Can eval be answered from memory?", _list(describe_leakage(report)), _cosine_figure(report)),
            _section("Train and eval on one map", _map_figure(report)),
        ]
        if report.curve and len(report.curve.ks) > 1:
            body.append(_section("How many clusters", _elbow_figure(report.curve)))
        body += [_section(f"Shares by {column}", _shares(report, shares)) for column, shares in report.shares.items()]
        body.append(_section("Every eval row", _eval_rows_table(report)))
    else:
        body += [tag("p", line) for line in describe_missing_eval(report)]
        body += [_section(f"Rows by {column}", _counts(shares)) for column, shares in report.shares.items()]
    return document_page(f"{report.name}: split report", STYLES, *body, *_finding_sections(report))


def _verdict_markup(report: SplitReport) -> Markup:
    """The answer in plain words; the figures behind it follow."""
    lead, *figures = describe_verdict(report) or [""]
    return join_markup([tag("p", lead, class_="lead"), *(tag("p", line) for line in figures)]) if lead else Markup("")


def _cluster_lines(clusters: Sequence[SplitShare]) -> list[str]:
    pool_rows, eval_rows = (sum(getattr(cluster, name) for cluster in clusters) or 1 for name in ("pool", "eval"))
    rows = [["cluster", "rows", "share", "eval", "share", "about"]]
    rows += [
        [
            f"{number}",
            f"{cluster.pool:,}",
            f"{cluster.pool / pool_rows:.1%}",
            f"{cluster.eval}",
            f"{cluster.eval / eval_rows:.1%}",
            cluster.value,
        ]
        for number, cluster in enumerate(clusters[:ENTRIES_SHOWN])
    ]
    more = [f"    ... {len(clusters) - ENTRIES_SHOWN} more in report.json"] if len(clusters) > ENTRIES_SHOWN else []
    return [*terminal.table_lines(rows, to_left=(5,), indent=4), *more]


def _sparkline(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0
    return "".join(BARS[round((value - low) * scale)] for value in values)


def _section(title: str, *content: str) -> Markup:
    return tag("section", tag("h2", title), content)


def _list(items: Iterable[str]) -> Markup:
    return tag("ul", [tag("li", item) for item in items])


def _clusters(report: SplitReport) -> Markup:
    return _share_table(report, "cluster", [(f"{n}: {c.value}", c) for n, c in enumerate(report.clusters)])


def _counts(shares: Sequence[SplitShare]) -> Markup:
    rows = [(share.value or "none", f"{share.pool:,}") for share in shares[:MAX_SHARES]]
    return join_markup([*_cut_note(shares), table(["value", "rows"], rows, numbers=(1,))])


def _cut_note(shares: Sequence[SplitShare]) -> list[Markup]:
    return [tag("p", f"the {MAX_SHARES} most frequent of {len(shares)}")] if len(shares) > MAX_SHARES else []


def _shares(report: SplitReport, shares: Sequence[SplitShare]) -> Markup:
    labelled_shares = [(share.value or "none", share) for share in shares[:MAX_SHARES]]
    return join_markup([*_cut_note(shares), _share_table(report, "value", labelled_shares)])


def _share_table(report: SplitReport, label_column: str, shares: Sequence[tuple[str, SplitShare]]) -> Markup:
    """Shares of the rows: a row with several tags counts for each, so that those of tags may exceed 1 together."""
    pool_rows, eval_rows = (
        sum(getattr(cluster, side) for cluster in report.clusters) or 1 for side in ("pool", "eval")
    )
    largest = (
        max([share.pool / pool_rows for _, share in shares] + [share.eval / eval_rows for _, share in shares] or [1])
        or 1
    )
    rows = [
        (label, f"{share.pool:,}", f"{share.eval:,}", _bars(share.pool / pool_rows, share.eval / eval_rows, largest))
        for label, share in shares
    ]
    titles = [label_column, "rows", "in eval", "share of all above, of eval below"]
    return table(titles, rows, numbers=(1, 2), stacked=True)


def _bars(pool_share: float, eval_share: float, largest: float) -> Markup:
    return tag(
        "svg",
        tag("rect", class_="train", x=0, y=2, width=f"{150 * pool_share / largest:.1f}", height=8),
        tag("rect", class_="eval", x=0, y=15, width=f"{150 * eval_share / largest:.1f}", height=8),
        tag("text", f"{pool_share:.1%}", x=156, y=10),
        tag("text", f"{eval_share:.1%}", x=156, y=23),
        viewBox="0 0 220 26",
        width=220,
        height=26,
        role="img",
        aria_label=f"{pool_share:.1%} of all, {eval_share:.1%} of eval",
    )


def _elbow_figure(curve: ElbowCurve) -> Markup:
    low, high = min(curve.inertias), max(curve.inertias)
    span = (high - low) or 1
    points = [
        (40 + (WIDTH - 60) * i / (len(curve.ks) - 1), 20 + (HEIGHT - 60) * (1 - (inertia - low) / span))
        for i, inertia in enumerate(curve.inertias)
    ]
    elements = [tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points))]
    for k, inertia, (x, y) in zip(curve.ks, curve.inertias, points, strict=True):
        shade, radius = ("eval", 6) if k == curve.k else ("train", 3)
        elements.append(_svg_dot(shade, x, y, radius, f"k = {k}: inertia {inertia:,.2f}"))
        if len(curve.ks) < 16 or k % 2 == 0:
            elements.append(_svg_text(str(k), x, HEIGHT - 14, "middle"))
    caption = f"k = {curve.k}: {curve.reason}. Inertia is the sum of squared distances to the centres."
    return join_markup([_figure(elements, "inertia of k-means for each k"), tag("p", caption)])


def _cosine_figure(report: SplitReport) -> Markup:
    """Histograms of the cosine to the nearest train row, before and after rewording."""
    kinds = [("before", [r.before.cosine for r in report.rows if r.before])]
    if report.leaked_after is not None:
        kinds.append(("after", [r.after.cosine for r in report.rows if r.after]))
    low = min([c for _, cosines in kinds for c in cosines] + [report.random_cosine, 0.9])
    bins = 25
    step = (WIDTH - 60) / bins
    counts = {stage: [0] * bins for stage, _ in kinds}
    for stage, cosines in kinds:
        for cosine in cosines:
            counts[stage][min(bins - 1, int((cosine - low) / (1.0001 - low) * bins))] += 1
    largest_count = max([count for bin_counts in counts.values() for count in bin_counts] + [1])
    elements = []
    for series, (stage, bin_counts) in enumerate(counts.items()):
        shade, width = "eval" if stage == "after" else "train", step / len(kinds) - 1
        for i, count in enumerate(bin_counts):
            x, bar_height = 30 + i * step + series * step / len(kinds), (HEIGHT - 70) * count / largest_count
            elements.append(
                _svg_bar(
                    shade, x, HEIGHT - 40 - bar_height, width, bar_height, f"{counted(count, 'row')} {stage} rewording"
                )
            )
    for cosine, label in ((report.threshold, "near-duplicate"), (report.random_cosine, "random pair")):
        x = 30 + (cosine - low) / (1 - low) * (WIDTH - 60)
        elements.append(tag("line", class_="mark", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=14, y2=HEIGHT - 40))
        anchor = "start" if x < 60 else "end" if x > WIDTH - 60 else "middle"
        elements.append(_svg_text(f"{label} {cosine:.2f}", x, 10, anchor))
    elements += [_svg_text(f"{low:.2f}", 30, HEIGHT - 20), _svg_text("1.00", WIDTH - 40, HEIGHT - 20)]
    legend = "cosine of each question of eval to the nearest of train; blue: as they were" + (
        ", orange: as reworded" if len(kinds) > 1 else ""
    )
    return join_markup([_figure(elements, "cosine to the nearest train row"), tag("p", legend)])


def _map_figure(report: SplitReport) -> Markup:
    side = HEIGHT * 1.7
    dots = []
    for point in sorted(report.map, key=lambda point: point.split == "eval"):
        shade, radius = ("eval", 6) if point.split == "eval" else ("train", 3)
        x, y = 20 + point.x * (WIDTH - 40), 20 + (1 - point.y) * (side - 40)
        dots.append(_svg_dot(shade, x, y, radius, f"{point.split}, cluster {point.cluster}: {point.question}"))
    note = "orange: eval, blue: the rest; hold the pointer over a dot to read its question"
    return join_markup([_figure(dots, "map of train and eval questions", side), tag("p", note)])


def _eval_rows_table(report: SplitReport) -> Markup:
    """Each eval row as one reads it, beside the row of train that comes nearest."""
    head = ["cluster", "the question in eval", "nearest in train"]
    if report.leaked_after is not None:
        head += ["as it was", "words kept", "of the answer", "nearest in train as it was"]
    rows = [_eval_row(row, reworded=report.leaked_after is not None) for row in report.rows[:MAX_ROWS]]
    more = [f"the first {MAX_ROWS} of {len(report.rows)}; all in report.json"] if len(report.rows) > MAX_ROWS else []
    note = tag("p", "numbers before a question are cosines")
    return join_markup([note, table(head, rows, class_="rows", stacked=True), *(tag("p", text) for text in more)])


def _eval_row(row: EvalRow, *, reworded: bool) -> list[str]:
    cells = [str(row.cluster), _cite_row(row.reworded or row.question, row.id)]
    if not reworded:
        return [*cells, _cite_neighbour(row.before)]
    own_cosine = "" if row.own is None else f"{row.own:.2f} "
    kept_shares = ["-" if share is None else f"{share:.0%}" for share in (row.overlap, row.answer_overlap)]
    return [
        *cells,
        _cite_neighbour(row.after),
        f"{own_cosine}{row.question}",
        *kept_shares,
        _cite_neighbour(row.before),
    ]


def _cite_neighbour(neighbour: Neighbour | None) -> str:
    return _cite_row(f"{neighbour.cosine:.2f} {neighbour.question}", neighbour.id) if neighbour else "-"


def _cite_row(text: str, row_id: str) -> Markup:
    return join_markup([text, " ", tag("small", row_id)])


def _finding_sections(report: SplitReport) -> list[Markup]:
    sections = []
    if report.warnings:
        sections.append(_section("Warnings", _list(report.warnings)))
    if report.replaced:
        replaced = [(r.id, shorten_text(r.reason, 200)) for r in report.replaced]
        sections.append(_section("Rows that could not be reworded", table(["id", "why"], replaced)))
    if report.phrasings > 1:
        fewer = [(r.id, shorten_text(r.reason, 200)) for r in report.fewer[:MAX_ROWS]]
        listed = [table(["fewer wordings of", "why"], fewer)] if fewer else []
        sections.append(_section("Wordings of each row of train", _list(describe_phrasings(report)), *listed))
    if report.unanswerable:
        sections.append(_section("Questions without an answer", _list(describe_unanswerable(report))))
    if report.mixture:
        sections.append(_section("Rows of another dataset in train", _list(describe_mixture(report))))
    if report.personal:
        personal = [(p.id, p.field, p.kind, p.masked) for p in report.personal[:MAX_ROWS]]
        sections.append(_section("Looks personal", table(["id", "where", "what", "masked"], personal)))
    if report.invalid:
        invalid = [(r.id, r.reason) for r in report.invalid[:MAX_ROWS]]
        sections.append(_section("Left out as invalid", table(["id", "why"], invalid)))
    return sections


def _figure(parts: Sequence[Markup], label: str, height: float = HEIGHT) -> Markup:
    return tag("svg", parts, class_="figure", viewBox=f"0 0 {WIDTH} {height:g}", role="img", aria_label=label)


def _svg_dot(shade: str, x: float, y: float, radius: int, label: str) -> Markup:
    return tag("circle", tag("title", label), class_=shade, cx=f"{x:.1f}", cy=f"{y:.1f}", r=radius)


def _svg_bar(shade: str, x: float, y: float, width: float, height: float, label: str) -> Markup:
    sizes = {"x": x, "y": y, "width": width, "height": height}
    return tag(
        "rect", tag("title", label), class_=shade, **{attribute: f"{size:.1f}" for attribute, size in sizes.items()}
    )


def _svg_text(text: str, x: float, y: float, anchor: str | None = None) -> Markup:
    return tag("text", text, text_anchor=anchor, x=f"{x:.1f}", y=f"{y:g}")


STYLES = """
:root { --train: var(--blue); --eval: var(--orange); }
main { max-width: 860px; }
p { color: var(--soft); }
p.lead { color: var(--ink); font-size: 18px; }
td { vertical-align: middle; }
svg { max-width: 100%; } svg.figure { width: 100%; height: auto; overflow: visible; margin-top: 12px; }
svg text { fill: var(--soft); font-size: 11px; } .train { fill: var(--train); } .eval { fill: var(--eval); }
circle { stroke: var(--paper); stroke-width: 1; } circle.train { opacity: 0.55; }
polyline { fill: none; stroke: var(--train); stroke-width: 2; }
line.mark { stroke: var(--soft); stroke-dasharray: 4 3; }
@media (max-width: 600px) { svg.figure text { font-size: 19px; } }
"""
