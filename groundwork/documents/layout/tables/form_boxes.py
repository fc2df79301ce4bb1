"""The boxes of a form or a figure, whose lines are drawn as a table's are: no table, but paragraphs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from groundwork.documents.layout.ruling_strokes_and_shades import NEAR, Frame
from groundwork.documents.layout.text_lines import (
    label,
)

_MOST_TEXTS = 0.12  # of the cells that boxes would have as a table; as many different texts are in them at the most
_UPRIGHT_SHARE, _LEVEL_SHARE = 0.3, 0.7  # of the inner lines that boxes have drawn at the most
_NUMBER_LETTERS = 4  # letters of a line's number in a form, at the most
_TEXT_ENDS = (".", ":", ";", ",")
_PARAGRAPH_LETTERS = 80  # letters of a box's text that is a paragraph of its own


def are_boxes(frame: Frame, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the lines draw the boxes of a form or of a figure: they make many cells, and few of them are drawn."""
    xs, ys, flat, steep, _ = frame
    texts = len({cell for row in rows for cell in row if cell})
    if not steep or texts > _MOST_TEXTS * len(rows) * len(rows[0]):
        return False
    upright = [(s.x1, s.y1, s.y2) for s in steep]
    level = [(s.y1, s.x1, s.x2) for s in flat]
    return _share_drawn(upright, xs, ys) < _UPRIGHT_SHARE and _share_drawn(level, ys, xs) < _LEVEL_SHARE


def _share_drawn(strokes: Iterable[tuple[float, float, float]], positions: list[float], across: list[float]) -> float:
    """How much of the lines at the inner places is drawn, from one end to the other. Strokes: (place, start, end)."""
    start, end = across[0], across[-1]
    drawn = [0.0] * len(positions)
    reached = [start] * len(positions)
    for position, a, b in sorted(strokes, key=lambda s: s[1]):
        k = min(range(len(positions)), key=lambda k: abs(positions[k] - position))
        a, b = max(a, reached[k]), min(b, end)
        if abs(positions[k] - position) < NEAR and b > a:
            drawn[k] += b - a
            reached[k] = b
    return sum(drawn[1:-1]) / max(1e-9, (end - start) * (len(positions) - 2))


def boxed_text(rows: Sequence[Sequence[str]]) -> str:
    """Boxes from top to bottom as paragraphs: those of a row in one, but for long and numbered ones; one over several
    rows once."""
    blocks: list[str] = []
    above: list[str] = []
    for row in rows:
        cells = [cell for k, cell in enumerate(row) if cell and (not k or cell != row[k - 1])]
        previous = ""
        for cell in cells:
            if cell in above:
                continue
            has_number = min(len(previous), len(cell)) <= _NUMBER_LETTERS
            if (
                not previous
                or (label(cell) and cell != label(cell))
                or (not has_number and max(len(previous), len(cell)) >= _PARAGRAPH_LETTERS)
            ):
                blocks.append(cell)
            else:
                blocks[-1] += f"{' ' if has_number or previous.endswith(_TEXT_ENDS) else '; '}{cell}"
            previous = cell
        above = cells
    return "\n\n".join(blocks)
