"""The tables that a page draws, by strokes or by stripes, apart from its charts; a chart is a table without rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.ruling_strokes_and_shades import (
    NEAR,
    Frame,
    Shade,
    Stroke,
    Strokes,
    find_frames,
    with_shaded_rows,
)
from groundwork.documents.layout.tables.ruled_tables import RuledTable, find_ruled_tables
from groundwork.documents.layout.tables.striped_tables import striped_frames
from groundwork.documents.layout.text_runs_and_lines import Box, Line, Run, to_lines
from groundwork.documents.layout.turned_text import TurnedTextOnPage


def frames_of_striped_tables(
    shades: Sequence[Shade], prose: Sequence[Run], drawn_frames: Sequence[Frame], charts: Sequence[Box]
) -> list[Frame]:
    """The tables that stripes draw, which are no part of a chart and no listing."""
    striped_tables = (
        striped_frames(shades, [word for run in prose for word in run.words], drawn_frames) if len(shades) > 1 else []
    )
    return [
        frame
        for frame in striped_tables
        if not (any(_is_table_in_chart(frame, chart) for chart in charts) or _is_table_a_listing(frame, prose))
    ]


def frames_of_drawn_tables(strokes: Strokes, charts: Sequence[Box]) -> tuple[list[Frame], list[Stroke]]:
    """The frames that are no part of a chart, and the steep strokes that belong to no frame at all."""
    drawn_frames = find_frames(strokes)
    table_strokes = {stroke for frame in drawn_frames for stroke in frame.steep}
    strokes_outside_tables = [stroke for stroke in strokes.steep if stroke not in table_strokes]
    return [
        frame for frame in drawn_frames if not any(_is_table_in_chart(frame, chart) for chart in charts)
    ], strokes_outside_tables


def find_drawn_tables(
    drawn_frames: Sequence[Frame],
    table_prose: Sequence[Run],
    table_fields: Sequence[Box],
    table_shades: Sequence[Shade],
    turned_in_tables: Sequence[Sequence[TurnedTextOnPage]],
) -> tuple[list[RuledTable], list[TurnedTextOnPage]]:
    """The drawn tables, and the turned texts that stand in them, such as the names of narrow columns."""
    if not drawn_frames:
        return [], []
    table_words = [word for run in table_prose for word in run.words]
    if table_shades:
        drawn_frames = [with_shaded_rows(frame, table_shades, table_words) for frame in drawn_frames]
    drawn_tables = find_ruled_tables(drawn_frames, table_words, table_fields)
    turned_heads = [
        turned
        for line in turned_in_tables
        for turned in line
        if not turned.is_watermark and any(table.rows and table.holds(turned.box) for table in drawn_tables)
    ]
    if turned_heads:
        table_words += [turned.box for turned in turned_heads]
        drawn_tables = find_ruled_tables(drawn_frames, table_words, table_fields)
    return drawn_tables, turned_heads


def chart_as_drawn_table(chart: Box, runs: Sequence[Run]) -> RuledTable:
    """A chart as a table without rows that holds its labels."""
    drawn_chart = RuledTable([chart.x1, chart.x2], [chart.y1, chart.y2], [])
    return drawn_chart._replace(
        labels=" ".join(line.text for line in to_lines([run for run in runs if drawn_chart.holds(run)]))
    )


def _is_table_in_chart(frame: Frame, chart: Box) -> bool:
    """Whether most of a frame lies in a chart."""
    overlap_width = min(frame.xs[-1], chart.x2) - max(frame.xs[0], chart.x1)
    table_overlap_height = min(frame.ys[-1], chart.y2) - max(frame.ys[0], chart.y1)
    table_area = (frame.xs[-1] - frame.xs[0]) * (frame.ys[-1] - frame.ys[0])
    return overlap_width > 0 and table_overlap_height > 0 and 2 * overlap_width * table_overlap_height > table_area


def _is_table_a_listing(frame: Frame, runs: Sequence[Run]) -> bool:
    """Whether a text in a typewriter's font runs over the edge of a column, as lines of a shaded listing do."""
    typewriter_runs_in_table = [run for run in runs if run.mono and frame.ys[0] <= run.y1 and run.y2 <= frame.ys[-1]]
    return any(run.x1 < x - 1 and x + 1 < run.x2 for x in frame.xs[1:-1] for run in typewriter_runs_in_table)


def share_columns(pages: Sequence[Sequence[list[Line]]]) -> None:
    """Give a drawn table at the foot of a page and one at the head of the next, with lines at the same places, the
    columns that either fills. `pages`: the lines of each page's parts, which are changed."""
    joints = [(above[-1], below[0]) for above, below in pairwise(pages) if above and below]
    table_joints = [(above, below) for above, below in joints if _is_table_continued(above[-1:], below[:1])]
    for above, below in [*table_joints, *reversed(table_joints)]:
        filled = _filled_table_columns(above[-1]) | _filled_table_columns(below[0])
        above[-1], below[0] = _with_table_columns(above[-1], filled), _with_table_columns(below[0], filled)


def _is_table_continued(above: Sequence[Line], below: Sequence[Line]) -> bool:
    """Whether the last line of a page and the first of the next are drawn tables with columns at the same places."""
    if not above or not below or not above[0].full_table or not below[0].full_table:
        return False
    upper_table, lower_table = above[0].columns, below[0].columns
    table_edges = zip(upper_table, lower_table, strict=False)
    return len(upper_table) == len(lower_table) and all(
        abs(a - c) < NEAR and abs(b - d) < NEAR for (a, b), (c, d) in table_edges
    )


def _filled_table_columns(line: Line) -> set[int]:
    """The columns that a drawn table has texts in, or has been given."""
    if len(line.table[0]) == len(line.columns):
        return set(range(len(line.columns)))
    return {k for k in range(len(line.columns)) if any(row[k] for row in line.full_table)} | set(line.shared_columns)


def _with_table_columns(line: Line, filled_table_columns: set[int]) -> Line:
    columns = sorted(filled_table_columns)
    return line._replace(table=[[row[k] for k in columns] for row in line.full_table], shared_columns=columns)
