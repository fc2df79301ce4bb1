"""The figures of a split's page, in SVG: shares, the elbow, cosines and the map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundwork.dataset.split_report.report_schema import ElbowCurve, SplitReport
from groundwork.message_wording import counted
from groundwork.pages.html_markup import Markup, join_markup, tag

COSINE_BINS = 25  # of a histogram
FIGURE_WIDTH, FIGURE_HEIGHT = 640, 260  # of a figure, in its own units


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
