"""The split report for the terminal and as one HTML page, which opens from a file and asks no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from groundwork.console import terminal_table as terminal
from groundwork.dataset.publish.card import (
    describe_additions,
    describe_closeness,
    describe_leakage,
    describe_mixture,
    describe_phrasings,
    describe_replaced,
    describe_splits,
    describe_unanswerable,
    describe_verdict,
)
from groundwork.dataset.split.metrics import Curve, EvalRow, Neighbour, SplitReport, SplitShare, shorten
from groundwork.errors import UsageError
from groundwork.pages.html_frame import document_page, table
from groundwork.pages.markup import Markup, join_markup, tag
from groundwork.records.artifacts import read_json

BARS = "▁▂▃▄▅▆▇█"
MOST_ROWS, MOST_SHARES = 200, 40  # of a table of the page
SHOWN = 12  # values of a table in the terminal and clusters listed
WIDTH, HEIGHT = 640, 260  # of a figure, in its own units


def split_report_lines(report: SplitReport, columns: int = 10_000) -> list[str]:
    """The report for a terminal of so many columns."""
    import textwrap

    def fitted(line: str) -> list[str]:
        margin = " " * (len(line) - len(line.lstrip()) + 2)
        return textwrap.wrap(line, columns, subsequent_indent=margin, break_on_hyphens=False)

    return [part for line in _lines(report) for part in (fitted(line) if len(line) > columns else [line])]


def _lines(report: SplitReport) -> list[str]:
    counts = ", ".join(f"{count:,} {split}" for split, count in report.splits.items())
    found = [f"{report.name}: {counts}"]
    found += [f"  {line}" for line in report.reviewed]
    if "eval" in report.splits:
        found += [
            f"  {line}" for line in [*describe_verdict(report), *describe_splits(report), *describe_closeness(report)]
        ]
        if report.curve and report.curve.inertias:
            curve = report.curve
            found.append(f"  inertia for k = {curve.ks[0]}..{curve.ks[-1]}  {_spark(curve.inertias)}  k = {curve.k}")
        found += _cluster_lines(report.clusters)
        found += [f"  {line}" for line in describe_leakage(report)]
    else:
        found += [f"  {line}" for line in describe_additions(report)]
    found += [f"    {row.id}: {shorten(row.reason, 120)}" for row in report.fewer[:3]]
    if report.replaced:
        found.append(f"  {describe_replaced(report)}")
        found += [f"    {gone.id}: {shorten(gone.reason, 120)}" for gone in report.replaced[:3]]
    if report.invalid:
        found.append(f"  {len(report.invalid)} invalid rows left out")
        found += [f"    {row.id}: {row.reason}" for row in report.invalid[:SHOWN]]
    if report.personal:
        found.append(f"  {len(report.personal)} places look like personal data")
        found += [f"    {p.id} {p.field}: {p.kind} {p.masked}" for p in report.personal[:SHOWN]]
    return found


def split_html(report: SplitReport) -> str:
    """The whole HTML page; there is no script."""
    sizes = " · ".join(f"{count:,} {split}" for split, count in report.splits.items())
    body = [tag("h1", report.name), tag("p", sizes, class_="soft")]
    body += [tag("p", line) for line in report.reviewed]
    if "eval" in report.splits:
        body += [
            _section("What the splits are", _list(describe_splits(report))),
            _section(
                "Does eval stand for the whole?", _verdict(report), _list(describe_closeness(report)), _clusters(report)
            ),
            _section("Can eval be answered from memory?", _list(describe_leakage(report)), _cosines(report)),
            _section("Train and eval on one map", _map(report)),
        ]
        if report.curve and len(report.curve.ks) > 1:
            body.append(_section("How many clusters", _elbow(report.curve)))
        body += [_section(f"Shares by {name}", _shares(report, found)) for name, found in report.shares.items()]
        body.append(_section("Every eval row", _rows(report)))
    return document_page(f"{report.name}: split report", STYLES, *body, *_findings(report))


def _verdict(report: SplitReport) -> Markup:
    """The answer in plain words; the figures behind it follow."""
    lead, *rest = describe_verdict(report) or [""]
    return join_markup([tag("p", lead, class_="lead"), *(tag("p", line) for line in rest)]) if lead else Markup("")


def _cluster_lines(clusters: Sequence[SplitShare]) -> list[str]:
    pool, held = (sum(getattr(c, name) for c in clusters) or 1 for name in ("pool", "eval"))
    rows = [["cluster", "rows", "share", "eval", "share", "about"]]
    rows += [
        [f"{number}", f"{c.pool:,}", f"{c.pool / pool:.1%}", f"{c.eval}", f"{c.eval / held:.1%}", c.value]
        for number, c in enumerate(clusters[:SHOWN])
    ]
    more = [f"    ... {len(clusters) - SHOWN} more in report.json"] if len(clusters) > SHOWN else []
    return [*terminal.table_lines(rows, to_left=(5,), indent=4), *more]


def _spark(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0
    return "".join(BARS[round((value - low) * scale)] for value in values)


def _section(title: str, *content: str) -> Markup:
    return tag("section", tag("h2", title), content)


def _list(items: Iterable[str]) -> Markup:
    return tag("ul", [tag("li", item) for item in items])


def _clusters(report: SplitReport) -> Markup:
    return _share_table(report, "cluster", [(f"{n}: {c.value}", c) for n, c in enumerate(report.clusters)])


def _shares(report: SplitReport, found: Sequence[SplitShare]) -> Markup:
    note = [tag("p", f"the {MOST_SHARES} most frequent of {len(found)}")] if len(found) > MOST_SHARES else []
    shown = [(share.value or "none", share) for share in found[:MOST_SHARES]]
    return join_markup([*note, _share_table(report, "value", shown)])


def _share_table(report: SplitReport, name: str, found: Sequence[tuple[str, SplitShare]]) -> Markup:
    """Shares of the rows: a row with several tags counts for each, so that those of tags may exceed 1 together."""
    pool, held = (sum(getattr(cluster, side) for cluster in report.clusters) or 1 for side in ("pool", "eval"))
    most = max([share.pool / pool for _, share in found] + [share.eval / held for _, share in found] or [1]) or 1
    rows = [
        (label, f"{share.pool:,}", f"{share.eval:,}", _bars(share.pool / pool, share.eval / held, most))
        for label, share in found
    ]
    return table([name, "rows", "in eval", "share of all above, of eval below"], rows, numbers=(1, 2))


def _bars(pool: float, held: float, most: float) -> Markup:
    return tag(
        "svg",
        tag("rect", class_="train", x=0, y=2, width=f"{150 * pool / most:.1f}", height=8),
        tag("rect", class_="eval", x=0, y=15, width=f"{150 * held / most:.1f}", height=8),
        tag("text", f"{pool:.1%}", x=156, y=10),
        tag("text", f"{held:.1%}", x=156, y=23),
        viewBox="0 0 220 26",
        width=220,
        height=26,
        role="img",
        aria_label=f"{pool:.1%} of all, {held:.1%} of eval",
    )


def _elbow(curve: Curve) -> Markup:
    low, high = min(curve.inertias), max(curve.inertias)
    span = (high - low) or 1
    places = [
        (40 + (WIDTH - 60) * i / (len(curve.ks) - 1), 20 + (HEIGHT - 60) * (1 - (inertia - low) / span))
        for i, inertia in enumerate(curve.inertias)
    ]
    parts = [tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places))]
    for k, inertia, (x, y) in zip(curve.ks, curve.inertias, places, strict=True):
        shade, radius = ("eval", 6) if k == curve.k else ("train", 3)
        parts.append(_dot(shade, x, y, radius, f"k = {k}: inertia {inertia:,.2f}"))
        if len(curve.ks) < 16 or k % 2 == 0:
            parts.append(_words(str(k), x, HEIGHT - 14, "middle"))
    caption = f"k = {curve.k}: {curve.reason}. Inertia is the sum of squared distances to the centres."
    return join_markup([_figure(parts, "inertia of k-means for each k"), tag("p", caption)])


def _cosines(report: SplitReport) -> Markup:
    """Histograms of the cosine to the nearest train row, before and after rewording."""
    kinds = [("before", [r.before.cosine for r in report.rows if r.before])]
    if report.leaked_after is not None:
        kinds.append(("after", [r.after.cosine for r in report.rows if r.after]))
    low = min([c for _, cosines in kinds for c in cosines] + [report.random_cosine, 0.9])
    bins = 25
    step = (WIDTH - 60) / bins
    counts = {name: [0] * bins for name, _ in kinds}
    for name, cosines in kinds:
        for cosine in cosines:
            counts[name][min(bins - 1, int((cosine - low) / (1.0001 - low) * bins))] += 1
    most = max([count for found in counts.values() for count in found] + [1])
    parts = []
    for offset, (name, found) in enumerate(counts.items()):
        shade, width = "eval" if name == "after" else "train", step / len(kinds) - 1
        for i, count in enumerate(found):
            x, tall = 30 + i * step + offset * step / len(kinds), (HEIGHT - 70) * count / most
            parts.append(_bar(shade, x, HEIGHT - 40 - tall, width, tall, f"{count} rows {name} rewording"))
    for value, label in ((report.threshold, "near-duplicate"), (report.random_cosine, "random pair")):
        x = 30 + (value - low) / (1 - low) * (WIDTH - 60)
        parts.append(tag("line", class_="mark", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=14, y2=HEIGHT - 40))
        anchor = "start" if x < 60 else "end" if x > WIDTH - 60 else "middle"
        parts.append(_words(f"{label} {value:.2f}", x, 10, anchor))
    parts += [_words(f"{low:.2f}", 30, HEIGHT - 20), _words("1.00", WIDTH - 40, HEIGHT - 20)]
    legend = "cosine of each question of eval to the nearest of train; blue: as they were" + (
        ", orange: as reworded" if len(kinds) > 1 else ""
    )
    return join_markup([_figure(parts, "cosine to the nearest train row"), tag("p", legend)])


def _map(report: SplitReport) -> Markup:
    side = HEIGHT * 1.7
    dots = []
    for p in sorted(report.map, key=lambda point: point.split == "eval"):
        shade, radius = ("eval", 6) if p.split == "eval" else ("train", 3)
        x, y = 20 + p.x * (WIDTH - 40), 20 + (1 - p.y) * (side - 40)
        dots.append(_dot(shade, x, y, radius, f"{p.split}, cluster {p.cluster}: {p.question}"))
    note = "orange: eval, blue: the rest; hold the pointer over a dot to read its question"
    return join_markup([_figure(dots, "map of train and eval questions", side), tag("p", note)])


def _rows(report: SplitReport) -> Markup:
    """Each eval row as one reads it, beside the row of train that comes nearest."""
    head = ["cluster", "the question in eval", "nearest in train"]
    if report.leaked_after is not None:
        head += ["as it was", "words kept", "of the answer", "nearest in train as it was"]
    rows = [_eval_row(row, reworded=report.leaked_after is not None) for row in report.rows[:MOST_ROWS]]
    more = [f"the first {MOST_ROWS} of {len(report.rows)}; all in report.json"] if len(report.rows) > MOST_ROWS else []
    note = tag("p", "numbers before a question are cosines")
    return join_markup([note, table(head, rows, class_="rows", stacked=True), *(tag("p", text) for text in more)])


def _eval_row(row: EvalRow, *, reworded: bool) -> list[str]:
    cells = [str(row.cluster), _cited(row.reworded or row.question, row.id)]
    if not reworded:
        return [*cells, _near(row.before)]
    own = "" if row.own is None else f"{row.own:.2f} "
    kept = ["-" if share is None else f"{share:.0%}" for share in (row.overlap, row.answer_overlap)]
    return [*cells, _near(row.after), f"{own}{row.question}", *kept, _near(row.before)]


def _near(found: Neighbour | None) -> str:
    return _cited(f"{found.cosine:.2f} {found.question}", found.id) if found else "-"


def _cited(text: str, name: str) -> Markup:
    return join_markup([text, " ", tag("small", name)])


def _findings(report: SplitReport) -> list[Markup]:
    parts = []
    if report.warnings:
        parts.append(_section("Warnings", _list(report.warnings)))
    if report.replaced:
        replaced = [(r.id, shorten(r.reason, 200)) for r in report.replaced]
        parts.append(_section("Rows that could not be reworded", table(["id", "why"], replaced)))
    if report.phrasings > 1:
        fewer = [(r.id, shorten(r.reason, 200)) for r in report.fewer[:MOST_ROWS]]
        listed = [table(["fewer wordings of", "why"], fewer)] if fewer else []
        parts.append(_section("Wordings of each row of train", _list(describe_phrasings(report)), *listed))
    if report.unanswerable:
        parts.append(_section("Questions without an answer", _list(describe_unanswerable(report))))
    if report.mixture:
        parts.append(_section("Rows of another dataset in train", _list(describe_mixture(report))))
    if report.personal:
        personal = [(p.id, p.field, p.kind, p.masked) for p in report.personal[:MOST_ROWS]]
        parts.append(_section("Looks personal", table(["id", "where", "what", "masked"], personal)))
    if report.invalid:
        invalid = [(r.id, r.reason) for r in report.invalid[:MOST_ROWS]]
        parts.append(_section("Left out as invalid", table(["id", "why"], invalid)))
    return parts


def _figure(parts: Sequence[Markup], label: str, height: float = HEIGHT) -> Markup:
    return tag("svg", parts, class_="figure", viewBox=f"0 0 {WIDTH} {height:g}", role="img", aria_label=label)


def _dot(shade: str, x: float, y: float, radius: int, label: str) -> Markup:
    return tag("circle", tag("title", label), class_=shade, cx=f"{x:.1f}", cy=f"{y:.1f}", r=radius)


def _bar(shade: str, x: float, y: float, width: float, height: float, label: str) -> Markup:
    sizes = {"x": x, "y": y, "width": width, "height": height}
    return tag("rect", tag("title", label), class_=shade, **{name: f"{size:.1f}" for name, size in sizes.items()})


def _words(text: str, x: float, y: float, anchor: str | None = None) -> Markup:
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


def build_warnings(report: SplitReport) -> list[str]:
    """What a dataset's report warns of, and what of it is to be looked at."""
    warnings = list(report.warnings)
    if report.dropped:
        warnings.append(f"{report.dropped} places of eval stay empty: too few rows could be reworded")
    if report.fewer:
        warnings.append(f"{len(report.fewer)} rows of train have fewer than {report.phrasings} wordings")
    if report.personal:
        warnings.append(f"{len(report.personal)} places look like personal data; see report.html before you publish")
    if report.invalid:
        warnings.append(f"{len(report.invalid)} invalid rows were left out; they are listed in report.json")
    if report.unjudged:
        warnings.append(f"{report.unjudged} rewordings were not judged: the model's replies were unusable")
    return warnings


def refuse_personal(folder: Path) -> None:
    """Raises UsageError where the report of the dataset in `folder` names places that look personal."""
    found = read_json(folder / "report.json", SplitReport).personal
    if found:
        first = ", ".join(f"{p.id} ({p.kind} {p.masked})" for p in found[:5])
        raise UsageError(
            f"not pushed: {len(found)} places look personal: {first}; fix the rows, push without --public, "
            "or pass --allow-personal"
        )
