"""The split report as one HTML page, which opens from a file and asks no network, and its figures as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from groundwork.dataset.split_report.report_record import ElbowCurve, EvalRow, Neighbour, SplitReport, SplitShare
from groundwork.dataset.split_report.report_sentences import (
    describe_closeness,
    describe_leakage,
    describe_missing_eval,
    describe_mixture,
    describe_phrasings,
    describe_splits,
    describe_unanswerable,
    describe_verdict,
)
from groundwork.message_wording import counted, shorten_text
from groundwork.pages.html_frame import Markup, document_page, join_markup, read_asset, table, tag

MAX_TABLE_ROWS, MAX_SHARES = 200, 40  # of a table of the page
SPLIT_REPORT_ASSETS = Path(__file__).parent / "assets"
COSINE_BINS = 25  # of a histogram
FIGURE_WIDTH, FIGURE_HEIGHT = 640, 260  # of a figure, in its own units


def split_report_html(page_report: SplitReport) -> str:
    """The whole HTML page; there is no script."""
    split_sizes = " · ".join(f"{count:,} {split}" for split, count in page_report.splits.items())
    page_body = [tag("h1", page_report.name), tag("p", split_sizes, class_="soft")]
    page_body += [tag("p", page_line) for page_line in page_report.reviewed]
    if "eval" in page_report.splits:
        page_body += _eval_sections(page_report)
    else:
        page_body += [tag("p", page_line) for page_line in describe_missing_eval(page_report)]
        page_body += [
            _page_section(f"Rows by {column}", _count_table(shares)) for column, shares in page_report.shares.items()
        ]
    page_styles = "\n" + read_asset("split_report.css", SPLIT_REPORT_ASSETS)
    return document_page(f"{page_report.name}: split report", page_styles, *page_body, *_finding_sections(page_report))


def _eval_sections(page_report: SplitReport) -> Iterator[Markup]:
    closeness, leakage = _bullet_list(describe_closeness(page_report)), _bullet_list(describe_leakage(page_report))
    verdict, cluster_table = _verdict_markup(page_report), _cluster_table(page_report)
    yield _page_section("What the splits are", _bullet_list(describe_splits(page_report)))
    yield _page_section("Does eval stand for the whole?", verdict, closeness, cluster_table)
    yield _page_section("Can eval be answered from memory?", leakage, cosine_figure(page_report))
    yield _page_section("Train and eval on one map", map_figure(page_report))
    if page_report.curve and len(page_report.curve.ks) > 1:
        yield _page_section("How many clusters", elbow_figure(page_report.curve))
    for column, shares in page_report.shares.items():
        yield _page_section(f"Shares by {column}", _value_share_table(page_report, shares))
    yield _page_section("Every eval row", _eval_rows_table(page_report))


def _verdict_markup(page_report: SplitReport) -> Markup:
    """The answer in plain words; the figures behind it follow."""
    lead_sentence, *figure_sentences = describe_verdict(page_report) or [""]
    verdict_lines = [tag("p", lead_sentence, class_="lead"), *(tag("p", line) for line in figure_sentences)]
    return join_markup(verdict_lines) if lead_sentence else Markup("")


def _page_section(title: str, *content: str) -> Markup:
    return tag("section", tag("h2", title), content)


def _bullet_list(items: Iterable[str]) -> Markup:
    return tag("ul", [tag("li", item) for item in items])


def _cluster_table(page_report: SplitReport) -> Markup:
    return _share_table(page_report, "cluster", [(f"{n}: {c.value}", c) for n, c in enumerate(page_report.clusters)])


def _count_table(shares: Sequence[SplitShare]) -> Markup:
    count_rows = [(share.value or "none", f"{share.pool:,}") for share in shares[:MAX_SHARES]]
    return join_markup([*_share_cut_note(shares), table(["value", "rows"], count_rows, numbers=(1,))])


def _share_cut_note(shares: Sequence[SplitShare]) -> list[Markup]:
    return [tag("p", f"the {MAX_SHARES} most frequent of {len(shares)}")] if len(shares) > MAX_SHARES else []


def _value_share_table(page_report: SplitReport, shares: Sequence[SplitShare]) -> Markup:
    labelled_shares = [(share.value or "none", share) for share in shares[:MAX_SHARES]]
    return join_markup([*_share_cut_note(shares), _share_table(page_report, "value", labelled_shares)])


def _share_table(page_report: SplitReport, label_column: str, shares: Sequence[tuple[str, SplitShare]]) -> Markup:
    """Shares of the rows: a row with several tags counts for each, so that those of tags may exceed 1 together."""
    pool_rows, eval_rows = (
        sum(getattr(cluster, side) for cluster in page_report.clusters) or 1 for side in ("pool", "eval")
    )
    bar_shares = [(share.pool / pool_rows, share.eval / eval_rows) for _, share in shares]
    largest_share = max([bar_share for pair in bar_shares for bar_share in pair] or [1]) or 1
    share_rows = [
        (label, f"{share.pool:,}", f"{share.eval:,}", share_bars(*pair, largest_share))
        for (label, share), pair in zip(shares, bar_shares, strict=True)
    ]
    share_columns = [label_column, "rows", "in eval", "share of all above, of eval below"]
    return table(share_columns, share_rows, numbers=(1, 2), stacked=True)


def _eval_rows_table(page_report: SplitReport) -> Markup:
    """Each eval row as one reads it, beside the row of train that comes nearest."""
    column_titles = ["cluster", "the question in eval", "nearest in train"]
    if page_report.leaked_after is not None:
        column_titles += ["as it was", "words kept", "of the answer", "nearest in train as it was"]
    eval_table_rows = [
        _eval_row(row, reworded=page_report.leaked_after is not None) for row in page_report.rows[:MAX_TABLE_ROWS]
    ]
    eval_table = table(column_titles, eval_table_rows, class_="rows", stacked=True)
    table_parts = [tag("p", "numbers before a question are cosines"), eval_table]
    if len(page_report.rows) > MAX_TABLE_ROWS:
        table_parts.append(tag("p", f"the first {MAX_TABLE_ROWS} of {len(page_report.rows)}; all in report.json"))
    return join_markup(table_parts)


def _eval_row(row: EvalRow, *, reworded: bool) -> list[str]:
    eval_cells = [str(row.cluster), _cite_row(row.reworded or row.question, row.id)]
    if not reworded:
        return [*eval_cells, _cite_neighbour(row.before)]
    own_cosine = "" if row.own is None else f"{row.own:.2f} "
    kept_shares = ["-" if share is None else f"{share:.0%}" for share in (row.overlap, row.answer_overlap)]
    question_before, nearest_before = f"{own_cosine}{row.question}", _cite_neighbour(row.before)
    return [*eval_cells, _cite_neighbour(row.after), question_before, *kept_shares, nearest_before]


def _cite_neighbour(neighbour: Neighbour | None) -> str:
    return _cite_row(f"{neighbour.cosine:.2f} {neighbour.question}", neighbour.id) if neighbour else "-"


def _cite_row(text: str, row_id: str) -> Markup:
    return join_markup([text, " ", tag("small", row_id)])


def _finding_sections(page_report: SplitReport) -> Iterator[Markup]:
    if page_report.warnings:
        yield _page_section("Warnings", _bullet_list(page_report.warnings))
    if page_report.replaced:
        replaced = [(r.id, shorten_text(r.reason, 200)) for r in page_report.replaced]
        yield _page_section("Rows that could not be reworded", table(["id", "why"], replaced))
    if page_report.phrasings > 1:
        fewer = [(r.id, shorten_text(r.reason, 200)) for r in page_report.fewer[:MAX_TABLE_ROWS]]
        fewer_table = [table(["fewer wordings of", "why"], fewer)] if fewer else []
        yield _page_section(
            "Wordings of each row of train", _bullet_list(describe_phrasings(page_report)), *fewer_table
        )
    if page_report.unanswerable:
        yield _page_section("Questions without an answer", _bullet_list(describe_unanswerable(page_report)))
    if page_report.mixture:
        yield _page_section("Rows of another dataset in train", _bullet_list(describe_mixture(page_report)))
    if page_report.personal:
        personal = [(p.id, p.field, p.kind, p.masked) for p in page_report.personal[:MAX_TABLE_ROWS]]
        yield _page_section("Looks personal", table(["id", "where", "what", "masked"], personal))
    if page_report.invalid:
        invalid = [(r.id, r.reason) for r in page_report.invalid[:MAX_TABLE_ROWS]]
        yield _page_section("Left out as invalid", table(["id", "why"], invalid))


def share_bars(pool_share: float, eval_share: float, largest: float) -> Markup:
    """The share among all rows above that in eval."""
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


def elbow_figure(curve: ElbowCurve) -> Markup:
    """The inertia of k-means for each k, with the k that was taken."""
    lowest_inertia, highest_inertia = min(curve.inertias), max(curve.inertias)
    inertia_span = (highest_inertia - lowest_inertia) or 1
    elbow_points = [
        (
            40 + (FIGURE_WIDTH - 60) * i / (len(curve.ks) - 1),
            20 + (FIGURE_HEIGHT - 60) * (1 - (inertia - lowest_inertia) / inertia_span),
        )
        for i, inertia in enumerate(curve.inertias)
    ]
    svg_elements = [tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in elbow_points))]
    for k, inertia, (x, y) in zip(curve.ks, curve.inertias, elbow_points, strict=True):
        dot_class, dot_radius = ("eval", 6) if k == curve.k else ("train", 3)
        svg_elements.append(_svg_dot(dot_class, x, y, dot_radius, f"k = {k}: inertia {inertia:,.2f}"))
        if len(curve.ks) < 16 or k % 2 == 0:
            svg_elements.append(_svg_text(str(k), x, FIGURE_HEIGHT - 14, "middle"))
    elbow_caption = f"k = {curve.k}: {curve.reason}. Inertia is the sum of squared distances to the centres."
    return join_markup([_svg_figure(svg_elements, "inertia of k-means for each k"), tag("p", elbow_caption)])


def cosine_figure(page_report: SplitReport) -> Markup:
    """Histograms of the cosine to the nearest train row, before and after rewording."""
    cosine_series = [("before", [r.before.cosine for r in page_report.rows if r.before])]
    if page_report.leaked_after is not None:
        cosine_series.append(("after", [r.after.cosine for r in page_report.rows if r.after]))
    lowest_cosine = min([c for _, cosines in cosine_series for c in cosines] + [page_report.random_cosine, 0.9])
    svg_elements = list(_cosine_bars(dict(cosine_series), lowest_cosine))
    for cosine, label in ((page_report.threshold, "near-duplicate"), (page_report.random_cosine, "random pair")):
        left = 30 + (cosine - lowest_cosine) / (1 - lowest_cosine) * (FIGURE_WIDTH - 60)
        mark_x = f"{left:.1f}"
        svg_elements.append(tag("line", class_="mark", x1=mark_x, x2=mark_x, y1=14, y2=FIGURE_HEIGHT - 40))
        label_anchor = "start" if left < 60 else "end" if left > FIGURE_WIDTH - 60 else "middle"
        svg_elements.append(_svg_text(f"{label} {cosine:.2f}", left, 10, label_anchor))
    for cosine_label, label_x in ((f"{lowest_cosine:.2f}", 30), ("1.00", FIGURE_WIDTH - 40)):
        svg_elements.append(_svg_text(cosine_label, label_x, FIGURE_HEIGHT - 20))
    histogram_legend = "cosine of each question of eval to the nearest of train; blue: as they were"
    histogram_legend += ", orange: as reworded" if len(cosine_series) > 1 else ""
    return join_markup([_svg_figure(svg_elements, "cosine to the nearest train row"), tag("p", histogram_legend)])


def _cosine_bars(cosines_by_stage: dict[str, list[float]], lowest_cosine: float) -> Iterator[Markup]:
    """The bars of both histograms, those of one stage beside those of the other."""
    bin_counts = {stage: [0] * COSINE_BINS for stage in cosines_by_stage}
    for stage, cosines in cosines_by_stage.items():
        for cosine in cosines:
            cosine_bin = int((cosine - lowest_cosine) / (1.0001 - lowest_cosine) * COSINE_BINS)
            bin_counts[stage][min(COSINE_BINS - 1, cosine_bin)] += 1
    largest_bin = max([count for stage_counts in bin_counts.values() for count in stage_counts] + [1])
    bin_width, stage_count = (FIGURE_WIDTH - 60) / COSINE_BINS, len(bin_counts)
    for stage_number, (stage, stage_counts) in enumerate(bin_counts.items()):
        bar_class = "eval" if stage == "after" else "train"
        for i, count in enumerate(stage_counts):
            left = 30 + i * bin_width + stage_number * bin_width / stage_count
            height, bar_title = (FIGURE_HEIGHT - 70) * count / largest_bin, f"{counted(count, 'row')} {stage} rewording"
            top = FIGURE_HEIGHT - 40 - height
            yield _svg_bar(bar_class, left, top, bin_width / stage_count - 1, height, bar_title)


def map_figure(page_report: SplitReport) -> Markup:
    """The questions as dots, those of eval on top."""
    map_height = FIGURE_HEIGHT * 1.7
    map_dots = []
    for split_point in sorted(page_report.map, key=lambda split_point: split_point.split == "eval"):
        dot_class, dot_radius = ("eval", 6) if split_point.split == "eval" else ("train", 3)
        x, y = 20 + split_point.x * (FIGURE_WIDTH - 40), 20 + (1 - split_point.y) * (map_height - 40)
        dot_title = f"{split_point.split}, cluster {split_point.cluster}: {split_point.question}"
        map_dots.append(_svg_dot(dot_class, x, y, dot_radius, dot_title))
    map_note = "orange: eval, blue: the rest; hold the pointer over a dot to read its question"
    return join_markup([_svg_figure(map_dots, "map of train and eval questions", map_height), tag("p", map_note)])


def _svg_figure(svg_elements: Sequence[Markup], figure_label: str, figure_height: float = FIGURE_HEIGHT) -> Markup:
    return tag(
        "svg",
        svg_elements,
        class_="figure",
        viewBox=f"0 0 {FIGURE_WIDTH} {figure_height:g}",
        role="img",
        aria_label=figure_label,
    )


def _svg_dot(dot_class: str, x: float, y: float, radius: int, dot_title: str) -> Markup:
    return tag("circle", tag("title", dot_title), class_=dot_class, cx=f"{x:.1f}", cy=f"{y:.1f}", r=radius)


def _svg_bar(bar_class: str, x: float, y: float, width: float, height: float, bar_title: str) -> Markup:
    bar_geometry = {"x": x, "y": y, "width": width, "height": height}
    return tag(
        "rect",
        tag("title", bar_title),
        class_=bar_class,
        **{attribute: f"{size:.1f}" for attribute, size in bar_geometry.items()},
    )


def _svg_text(text: str, x: float, y: float, anchor: str | None = None) -> Markup:
    return tag("text", text, text_anchor=anchor, x=f"{x:.1f}", y=f"{y:g}")
