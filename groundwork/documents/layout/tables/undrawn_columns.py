"""Columns between two drawn lines of a ruled table, which the spaces between its texts show and no line parts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.tables.columns_and_gutters import stretches_of_most
from groundwork.documents.layout.text_runs_and_lines import Box, is_number, parted_words, word_lines, words_as_box

# of the lines between two drawn lines, in which columns stand that none parts
_ROWS_WITH_FIGURES, _ROWS_WITH_TEXTS = 0.4, 0.8


def undrawn_column_edges(xs: list[float], words: list[Box]) -> list[float]:
    """The columns' edges: those drawn, and between them those of spaces that run through most lines."""
    if len(xs) < 2:
        return xs
    texts_by_line = [[words_as_box(text) for text in parted_words(line)] for line in word_lines(words)]
    column_edges = xs[:1]
    for wall_left, wall_right in pairwise(xs):
        texts = [[t for t in line if wall_left <= (t.x1 + t.x2) / 2 < wall_right] for line in texts_by_line]
        column_stretches = _stretches_between_walls(texts, has_labels=wall_left == xs[0])
        column_edges += [_undrawn_edge_between(a[1], b[0], texts) for a, b in pairwise(column_stretches)]
        column_edges.append(wall_right)
    return column_edges


def _undrawn_edge_between(end: float, start: float, texts: Sequence[Sequence[Box]]) -> float:
    """The edge of two columns in the middle of the space that even their longest texts leave free, if these do."""
    gap_middle = (end + start) / 2
    several = [t for line in texts if len(line) > 1 for t in line]
    last_text_end = max((t.x2 for t in several if (t.x1 + t.x2) / 2 < gap_middle and t.x2 < start), default=end)
    first = min((t.x1 for t in several if (t.x1 + t.x2) / 2 > gap_middle and t.x1 > end), default=start)
    return (last_text_end + first) / 2 if last_text_end < first else gap_middle


def _stretches_between_walls(texts: Sequence[Sequence[Box]], *, has_labels: bool) -> list[tuple[float, float]]:
    """The columns between two drawn lines: of figures in a good part of the rows, or of as many texts in most.

    `texts`: by line. `has_labels`: texts may stand before the figures.
    """
    filled_lines = sum(map(bool, texts))
    several = [line for line in texts if len(line) > 1]
    lines_of_figures = [line for line in several if all(is_number(t.text) for t in line[int(has_labels) :])]
    if len(lines_of_figures) > 2 and len(lines_of_figures) > _ROWS_WITH_FIGURES * filled_lines:
        return stretches_of_most([[(t.x1, t.x2) for t in line] for line in lines_of_figures])
    if len(several) < 3 or len(several) < _ROWS_WITH_TEXTS * filled_lines:
        return []
    column_stretches = stretches_of_most([[(t.x1, t.x2) for t in line] for line in several])
    whole_rows = sum(len(line) == len(column_stretches) for line in several)
    return column_stretches if whole_rows >= _ROWS_WITH_TEXTS * filled_lines else []
