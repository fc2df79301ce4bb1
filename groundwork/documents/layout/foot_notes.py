"""Where the notes at the foot of a page begin."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundwork.documents.layout.headings_and_footnotes import Styles
from groundwork.documents.layout.text_lines import APART, Line, is_number

_NOTE_SIZE = 0.93  # of the body's size, which notes have at the most
_NOTE_MARK = re.compile(r"(?:\d{1,3}|[*∗†‡§¶‖]+|\(\d{1,3}\)) ?[^\W\d]")  # a note's


def foot_notes(lines: Sequence[Line], styles: Styles) -> tuple[int, int]:
    """(start, end) of the notes at the foot of a page or a column: lines in smaller letters, the first with a mark,
    without a running footer below them; both are the number of lines where there are none."""
    start = len(lines)
    while start and lines[start - 1].cells and lines[start - 1].main.size < _NOTE_SIZE * styles.body:
        start -= 1
    while start < len(lines) and (not _NOTE_MARK.match(lines[start].text) or _is_row(lines[start])):
        start += 1
    end = start
    while end < len(lines) and (end == start or lines[end].y - lines[end - 1].y < APART * styles.leading * styles.body):
        end += 1
    above = lines[start - 1] if 0 < start < end else None
    return (start, end) if above and above.cells else (len(lines), len(lines))


def _is_row(line: Line) -> bool:
    """Whether figures stand beside a line's first text: a row of a table in small letters, which has no notes."""
    return len(line.cells) > 1 and all(is_number(cell.text) for cell in line.cells[1:])
