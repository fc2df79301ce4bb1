"""The boxes of a form or a figure, whose lines are drawn as a table's are: no table, but paragraphs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from groundwork.documents.layout.ruling_strokes_and_shades import NEAR, Frame
from groundwork.documents.layout.text_runs_and_lines import Box, item_label

_MOST_BOX_TEXTS = 0.12  # of the cells that boxes would have as a table; as many different texts are in them at the most
_UPRIGHT_BOX_SHARE, _LEVEL_BOX_SHARE = 0.3, 0.7  # of the inner lines that boxes have drawn at the most
_LINE_NUMBER_LETTERS = 4  # letters of a line's number in a form, at the most
_BOX_TEXT_ENDS = (".", ":", ";", ",")
_BOX_PARAGRAPH_LETTERS = 80  # letters of a box's text that is a paragraph of its own


def are_form_boxes(frame: Frame, box_rows: Sequence[Sequence[str]]) -> bool:
    """Whether the lines draw the boxes of a form or of a figure: they make many cells, and few of them are drawn."""
    xs, ys, flat, steep, _ = frame
    box_texts = len({cell for row in box_rows for cell in row if cell})
    if not steep or box_texts > _MOST_BOX_TEXTS * len(box_rows) * len(box_rows[0]):
        return False
    upright_box_lines = [(s.x1, s.y1, s.y2) for s in steep]
    level_box_lines = [(s.y1, s.x1, s.x2) for s in flat]
    return (
        _drawn_share_of_boxes(upright_box_lines, xs, ys) < _UPRIGHT_BOX_SHARE
        and _drawn_share_of_boxes(level_box_lines, ys, xs) < _LEVEL_BOX_SHARE
    )


def _drawn_share_of_boxes(
    box_lines: Iterable[tuple[float, float, float]], box_positions: list[float], across: list[float]
) -> float:
    """How much of the lines at the inner places is drawn, from one end to the other. Strokes: (place, start, end)."""
    box_start, box_end = across[0], across[-1]
    drawn_lengths = [0.0] * len(box_positions)
    reached_ends = [box_start] * len(box_positions)
    for box_line_position, line_start, line_end in sorted(box_lines, key=lambda s: s[1]):
        k = min(range(len(box_positions)), key=lambda k: abs(box_positions[k] - box_line_position))
        line_start, line_end = max(line_start, reached_ends[k]), min(line_end, box_end)
        if abs(box_positions[k] - box_line_position) < NEAR and line_end > line_start:
            drawn_lengths[k] += line_end - line_start
            reached_ends[k] = line_end
    return sum(drawn_lengths[1:-1]) / max(1e-9, (box_end - box_start) * (len(box_positions) - 2))


def box_paragraphs(box_rows: Sequence[Sequence[str]]) -> str:
    """Boxes from top to bottom as paragraphs: those of a row in one, but for long and numbered ones; one over several
    rows once."""
    paragraphs: list[str] = []
    boxes_above: list[str] = []
    for box_row in box_rows:
        boxes_of_row = [
            box_text for k, box_text in enumerate(box_row) if box_text and (not k or box_text != box_row[k - 1])
        ]
        previous_box = ""
        for box_text in boxes_of_row:
            if box_text in boxes_above:
                continue
            has_line_number = min(len(previous_box), len(box_text)) <= _LINE_NUMBER_LETTERS
            if (
                not previous_box
                or (item_label(box_text) and box_text != item_label(box_text))
                or (not has_line_number and max(len(previous_box), len(box_text)) >= _BOX_PARAGRAPH_LETTERS)
            ):
                paragraphs.append(box_text)
            else:
                paragraphs[-1] += (
                    f"{' ' if has_line_number or previous_box.endswith(_BOX_TEXT_ENDS) else '; '}{box_text}"
                )
            previous_box = box_text
        boxes_above = boxes_of_row
    return "\n\n".join(paragraphs)


LEAST_FORM_FIELDS = 3  # to type into, from which on drawn lines are a form's


def frames_figures_alone(frame: Frame, words: list[Box]) -> bool:
    """Whether the rows of a frame begin left of it, as the lines of a form do whose figures alone are framed."""
    words_left = [w for w in words if w.x2 <= frame.xs[0] + NEAR]
    rule_pairs = [(top, bottom) for top, bottom in pairwise(frame.ys) if bottom - top > 2 * NEAR]
    rows_begun = sum(any(top < (w.y1 + w.y2) / 2 < bottom for w in words_left) for top, bottom in rule_pairs)
    return 2 * rows_begun > len(rule_pairs)
