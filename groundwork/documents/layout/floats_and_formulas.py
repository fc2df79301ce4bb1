"""Sentences that go on behind a figure or a table: its rows, its labels and its caption stand outside of the text.

A page is set so that figures stand at the head or the foot of a column, wherever the sentence beside them has got to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from groundwork.documents.layout.text_lines import Line, label
from groundwork.documents.repair.page_joining import begins_mid_sentence, ends_mid_sentence
from groundwork.language.words import LONG_WORD

_NOTE_SIZE = 0.95  # of the body's size, which captions and notes have at the most
_CAPTION = re.compile(r"[^\W\d_]{3,}\.? (?:[A-Z]?\d[\d.-]*|[IVX]+)\b")
_TITLED_CAPTION = re.compile(r"[^\W\d_]{3,}\.? (?:[A-Z]?\d[\d.-]*|[IVX]+)[.:] ?[A-Z]")  # a caption, whatever it ends in
_LEAST_WORDS = 3  # of a caption or note; a formula in small letters has fewer
_LEAST_LETTERS = 40  # letters of what goes on behind a float


_FORMULA_SIGN = re.compile(r"[=≤≥≈≡∈∉∑∏∫√±×·^∂∇∀∃→∝∼⊂⊆∪∩\u0370-\u03ff$]| [<>] ")  # a sign or letter of formulas
_INLINE_FORMULA = re.compile(r"\$[^$]*\$")
_BLOCK_START = re.compile(r"#|\||```|[-*+>] |\\?\[")  # a heading, table, fence or item
_NUMERAL = re.compile(r"[IVXLC]+|[A-Z]")  # of an outline
_PIECE_LETTERS = 25  # letters of a piece of a formula at the most
_FORMULA_LETTERS = 200  # letters of a formula at the most
_FIGURE_CAPTION = re.compile(r"(?:Fig|FIG|Abb|Rys|Obr|Рис|Chart|Graph|Scheme|图|図)[^\W\d_]*\.? ?[A-Z]?[\dIVX]")
_LABEL_WORDS = 4  # of a figure's label at the most


class PageBlock(NamedTuple):
    """A paragraph, heading, list, table or fence of a page, the number of the part in which it stands, and whether it
    is a float, which no sentence runs through; `is_full`: no further word had its place on its last line."""

    text: str
    is_float: bool = False
    part: int = 0
    is_full: bool = True


def is_float(text: str, size: float, body: float) -> bool:
    """Whether a paragraph, given with the size of its largest line, is a caption or a note of a table."""
    if _TITLED_CAPTION.match(text) or (_CAPTION.match(text) and not ends_mid_sentence(text)):
        return True
    return size < _NOTE_SIZE * body and "=" not in text and len(LONG_WORD.findall(text)) >= _LEAST_WORDS


def is_formula(text: str) -> bool:
    """Whether hardly a word stands beside the letters and signs of a paragraph."""
    if len(text) > _FORMULA_LETTERS or _BLOCK_START.match(text):
        return False
    return bool(_FORMULA_SIGN.search(text)) and len(LONG_WORD.findall(_INLINE_FORMULA.sub(" ", text))) < 2


def whole_sentences(blocks: Sequence[PageBlock], join: Callable[[str, str], str]) -> list[PageBlock]:
    """The blocks of a page with each sentence that goes on behind floats before them, and around formulas with these.

    What goes on from the page before comes first, and what goes on overleaf last.
    """
    arranged: list[PageBlock] = []
    for block in _join_around_formulas(blocks, join):
        last_index = _last_text_index(arranged)
        behind_floats = last_index < len(arranged) - 1 and _is_running(block)
        if not behind_floats or not begins_mid_sentence(block.text):
            arranged.append(block)
        elif _TITLED_CAPTION.match(arranged[-1].text) and ends_mid_sentence(arranged[-1].text):
            arranged[-1] = arranged[-1]._replace(text=join(arranged[-1].text, block.text))
        elif last_index < 0:
            arranged.insert(0, block._replace(part=arranged[0].part))
        elif ends_mid_sentence(arranged[last_index].text):
            whole_text = join(arranged[last_index].text, block.text)
            arranged[last_index] = arranged[last_index]._replace(text=whole_text, is_full=block.is_full)
        else:
            arranged.append(block)
    last_index = _last_text_index(arranged)
    if 0 <= last_index < len(arranged) - 1 and _goes_on_overleaf(arranged[last_index]):
        arranged.append(arranged.pop(last_index)._replace(part=arranged[-1].part))
    return arranged


def _goes_on_overleaf(block: PageBlock) -> bool:
    """Whether the text of a page ends in a sentence that fills its last line; a title of lines does neither."""
    return block.is_full and ends_mid_sentence(block.text)


def _join_around_formulas(blocks: Sequence[PageBlock], join: Callable[[str, str], str]) -> list[PageBlock]:
    """The blocks with the pieces of a formula as one, and a sentence that goes on below a formula as one with it."""
    joined: list[PageBlock] = []
    for block in blocks:
        if joined and _are_pieces(joined[-1], block):
            joined[-1] = joined[-1]._replace(text=f"{joined[-1].text} {block.text}")
            continue
        start = len(joined) - (1 if joined and _is_displayed(joined[-1]) else 0)
        if start and _goes_on_below(joined[start - 1], block) and (start < len(joined) or _is_near(joined[-1], block)):
            text = " ".join(piece.text for piece in joined[start - 1 :])
            joined[start - 1 :] = [joined[start - 1]._replace(text=join(text, block.text))]
        else:
            joined.append(block)
    return joined


def _goes_on_below(above: PageBlock, block: PageBlock) -> bool:
    if above.is_float or _is_displayed(above) or not _is_running(block) or above.part != block.part:
        return False
    return ends_mid_sentence(above.text) and begins_mid_sentence(block.text) and not label(block.text)


def _is_near(above: PageBlock, below: PageBlock) -> bool:
    """Whether nothing but a line's end parts two blocks, or a formula, at which lines are short."""
    return above.is_full or bool(_FORMULA_SIGN.search(above.text[-_LEAST_LETTERS:] + below.text[:_LEAST_LETTERS]))


def _is_running(block: PageBlock) -> bool:
    return not block.is_float and (len(block.text) > _LEAST_LETTERS or block.text.endswith("."))


def _are_pieces(above: PageBlock, below: PageBlock) -> bool:
    """Whether two blocks are labels of one figure, or one of two formulas is a piece of the other, such as the limits
    below a sum."""
    if above.is_float != below.is_float or above.part != below.part or label(below.text):
        return False
    if is_formula(above.text) and is_formula(below.text):
        return min(len(above.text), len(below.text)) <= _PIECE_LETTERS
    return _is_wordless(above.text) and _is_wordless(below.text)


def _is_wordless(text: str) -> bool:
    """Whether a paragraph is labels, such as those of a figure's nodes or of an axis."""
    return not (LONG_WORD.search(text) or _BLOCK_START.match(text) or _NUMERAL.fullmatch(text))


def _is_displayed(block: PageBlock) -> bool:
    return not block.is_float and (is_formula(block.text) or _is_wordless(block.text))


def _last_text_index(blocks: Sequence[PageBlock]) -> int:
    """The place of the last block that is no float; -1 where all are."""
    return max((i for i, block in enumerate(blocks) if not block.is_float), default=-1)


def with_labels(lines: Sequence[Line], body: float, font: str) -> list[Line]:
    """Lines of which those above a figure's caption that are no text are its labels: short, and in another size or font
    than the body's. Rows above a table's caption are rows."""
    labelled: list[Line] = []
    for line in lines:
        if line.cells and _FIGURE_CAPTION.match(line.text):
            start = len(labelled)
            while start and _is_label(labelled[start - 1], body, font):
                start -= 1
            if start < len(labelled):
                text = " ".join(label_line.text for label_line in labelled[start:])
                labelled[start:] = [Line(labelled[start].y, [], labels=text)]
        labelled.append(line)
    return labelled


def _is_label(line: Line, body: float, font: str) -> bool:
    if not line.cells:
        return False
    if not LONG_WORD.search(line.text):
        return True
    has_other_type = line.main.font != font or abs(line.main.size - body) > (1 - _NOTE_SIZE) * body
    return has_other_type and all(len(cell.text.split()) <= _LABEL_WORDS for cell in line.cells)
