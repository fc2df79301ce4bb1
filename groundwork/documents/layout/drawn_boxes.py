"""Boxes of a form or a figure: lines draw them as they draw tables, and their texts are read box by box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from groundwork.documents.layout.drawn_lines import NEAR, Frame
from groundwork.documents.layout.text_lines import label

_TEXTS = 0.12  # of the cells that boxes would have as a table; as many different texts are in them at the most
_UPRIGHT, _LEVEL = 0.3, 0.7  # of the inner lines that boxes have drawn at the most
_NUMBER = 4  # letters of a line's number in a form, at the most
_ENDS = (".", ":", ";", ",")
_LONG = 80  # letters of a box's text that is a paragraph of its own


def are_boxes(frame: Frame, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the lines draw the boxes of a form or of a figure: they make many cells, and few of them are drawn."""
    xs, ys, flat, steep = frame
    texts = len({cell for row in rows for cell in row if cell})
    if not steep or texts > _TEXTS * len(rows) * len(rows[0]):
        return False
    upright = [(s.x1, s.y1, s.y2) for s in steep]
    level = [(s.y1, s.x1, s.x2) for s in flat]
    return _share_drawn(upright, xs, ys) < _UPRIGHT and _share_drawn(level, ys, xs) < _LEVEL


def _share_drawn(strokes: Iterable[tuple[float, float, float]], places: list[float], across: list[float]) -> float:
    """How much of the lines at the inner places is drawn, from one end to the other. Strokes: (place, start, end)."""
    start, end = across[0], across[-1]
    drawn = [0.0] * len(places)
    reached = [start] * len(places)
    for place, a, b in sorted(strokes, key=lambda s: s[1]):
        k = min(range(len(places)), key=lambda k: abs(places[k] - place))
        a, b = max(a, reached[k]), min(b, end)
        if abs(places[k] - place) < NEAR and b > a:
            drawn[k] += b - a
            reached[k] = b
    return sum(drawn[1:-1]) / max(1e-9, (end - start) * (len(places) - 2))


def boxed_text(rows: Sequence[Sequence[str]]) -> str:
    """Boxes from top to bottom as paragraphs: those of a row in one, but for long and numbered ones; one over several
    rows once."""
    blocks: list[str] = []
    above: list[str] = []
    for row in rows:
        cells = [cell for k, cell in enumerate(row) if cell and (not k or cell != row[k - 1])]
        before = ""
        for cell in cells:
            if cell in above:
                continue
            number = min(len(before), len(cell)) <= _NUMBER
            if (
                not before
                or (label(cell) and cell != label(cell))
                or (not number and max(len(before), len(cell)) >= _LONG)
            ):
                blocks.append(cell)
            else:
                blocks[-1] += f"{' ' if number or before.endswith(_ENDS) else '; '}{cell}"
            before = cell
        above = cells
    return "\n\n".join(blocks)
