"""Columns that a ruled table at the foot of a page shares with the one at the head of the next page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.ruling_strokes_and_shades import NEAR
from groundwork.documents.layout.text_runs_and_lines import Line, Stretches


def share_columns(pages: Sequence[Sequence[list[Line]]]) -> None:
    """Give a drawn table at the foot of a page and one at the head of the next, with lines at the same places, the
    columns that either fills. `pages`: the lines of each page's parts, which are changed."""
    joints = [(above[-1], below[0]) for above, below in pairwise(pages) if above and below]
    joints = [(above, below) for above, below in joints if above and below and _are_alike(above[-1], below[0])]
    for above, below in [*joints, *reversed(joints)]:
        filled = _filled(above[-1]) | _filled(below[0])
        above[-1], below[0] = _with_columns(above[-1], filled), _with_columns(below[0], filled)


def _are_alike(above: Line, below: Line) -> bool:
    return bool(above.full_table and below.full_table) and _same_places(above.columns, below.columns)


def _same_places(above: Stretches, below: Stretches) -> bool:
    edges = zip(above, below, strict=False)
    return len(above) == len(below) and all(abs(a - c) < NEAR and abs(b - d) < NEAR for (a, b), (c, d) in edges)


def _filled(line: Line) -> set[int]:
    """The columns that a drawn table has texts in, or has been given."""
    if len(line.table[0]) == len(line.columns):
        return set(range(len(line.columns)))
    return {k for k in range(len(line.columns)) if any(row[k] for row in line.full_table)} | set(line.shared_columns)


def _with_columns(line: Line, filled: set[int]) -> Line:
    columns = sorted(filled)
    return line._replace(table=[[row[k] for k in columns] for row in line.full_table], shared_columns=columns)
