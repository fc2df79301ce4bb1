"""Sentences that go on behind a figure or a table: its rows, its labels and its caption stand outside of the text.

A page is set so that figures stand at the head or the foot of a column, wherever the sentence beside them has got to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from groundwork.documents.layout.text_lines import Line, label
from groundwork.documents.repair.page_joining import goes_on_in, is_open
from groundwork.language.words import LONG_WORD

_SMALLER = 0.95  # of the body's size, which captions and notes have at the most
_CAPTION = re.compile(r"[^\W\d_]{3,}\.? (?:[A-Z]?\d[\d.-]*|[IVX]+)\b")
_TITLED = re.compile(r"[^\W\d_]{3,}\.? (?:[A-Z]?\d[\d.-]*|[IVX]+)[.:] ?[A-Z]")  # a caption, whatever it ends in
_WORDS = 3  # of a caption or note; a formula in small letters has fewer
_LEAST = 40  # letters of what goes on behind a float


_MATH = re.compile(r"[=≤≥≈≡∈∉∑∏∫√±×·^∂∇∀∃→∝∼⊂⊆∪∩\u0370-\u03ff$]| [<>] ")  # a sign or letter of formulas
_ASIDE = re.compile(r"\$[^$]*\$")
_BLOCK = re.compile(r"#|\||```|[-*+>] |\\?\[")  # a heading, table, fence or item
_NUMERAL = re.compile(r"[IVXLC]+|[A-Z]")  # of an outline
_PIECE = 25  # letters of a piece of a formula at the most
_SHORT = 200  # letters of a formula at the most
_FIGURE = re.compile(r"(?:Fig|FIG|Abb|Rys|Obr|Рис|Chart|Graph|Scheme|图|図)[^\W\d_]*\.? ?[A-Z]?[\dIVX]")  # its caption
_LABEL_WORDS = 4  # of a figure's label at the most


class Block(NamedTuple):
    """A paragraph, heading, list, table or fence of a page, the number of the part in which it stands, and whether it
    is a float, which no sentence runs through; `is_full`: no further word had its place on its last line."""

    text: str
    is_float: bool = False
    part: int = 0
    is_full: bool = True


def is_float(text: str, size: float, body: float) -> bool:
    """Whether a paragraph, given with the size of its largest line, is a caption or a note of a table."""
    if _TITLED.match(text) or (_CAPTION.match(text) and not is_open(text)):
        return True
    return size < _SMALLER * body and "=" not in text and len(LONG_WORD.findall(text)) >= _WORDS


def is_formula(text: str) -> bool:
    """Whether hardly a word stands beside the letters and signs of a paragraph."""
    if len(text) > _SHORT or _BLOCK.match(text):
        return False
    return bool(_MATH.search(text)) and len(LONG_WORD.findall(_ASIDE.sub(" ", text))) < 2


def whole_sentences(blocks: Sequence[Block], join: Callable[[str, str], str]) -> list[Block]:
    """The blocks of a page with each sentence that goes on behind floats before them, and around formulas with these.

    What goes on from the page before comes first, and what goes on overleaf last.
    """
    out: list[Block] = []
    for block in _around_formulas(blocks, join):
        last = _last_text(out)
        behind_floats = last < len(out) - 1 and _is_running(block)
        if not behind_floats or not goes_on_in(block.text):
            out.append(block)
        elif _TITLED.match(out[-1].text) and is_open(out[-1].text):
            out[-1] = out[-1]._replace(text=join(out[-1].text, block.text))
        elif last < 0:
            out.insert(0, block._replace(part=out[0].part))
        elif is_open(out[last].text):
            out[last] = out[last]._replace(text=join(out[last].text, block.text))
        else:
            out.append(block)
    last = _last_text(out)
    if 0 <= last < len(out) - 1 and is_open(out[last].text):
        out.append(out.pop(last)._replace(part=out[-1].part))
    return out


def _around_formulas(blocks: Sequence[Block], join: Callable[[str, str], str]) -> list[Block]:
    """The blocks with the pieces of a formula as one, and a sentence that goes on below a formula as one with it."""
    out: list[Block] = []
    for block in blocks:
        if out and _are_one(out[-1], block):
            out[-1] = out[-1]._replace(text=f"{out[-1].text} {block.text}")
            continue
        start = len(out) - (1 if out and _is_displayed(out[-1]) else 0)
        if start and _goes_on_below(out[start - 1], block) and (start < len(out) or _is_near(out[-1], block)):
            text = " ".join(part.text for part in out[start - 1 :])
            out[start - 1 :] = [out[start - 1]._replace(text=join(text, block.text))]
        else:
            out.append(block)
    return out


def _goes_on_below(above: Block, block: Block) -> bool:
    if above.is_float or not _is_running(block) or above.part != block.part:
        return False
    return is_open(above.text) and goes_on_in(block.text) and not label(block.text)


def _is_near(above: Block, below: Block) -> bool:
    """Whether nothing but a line's end parts two blocks, or a formula, at which lines are short."""
    return above.is_full or bool(_MATH.search(above.text[-_LEAST:] + below.text[:_LEAST]))


def _is_running(block: Block) -> bool:
    return not block.is_float and (len(block.text) > _LEAST or block.text.endswith("."))


def _are_one(above: Block, below: Block) -> bool:
    """Whether two blocks are labels of one figure, or one of two formulas is a piece of the other, such as the limits
    below a sum."""
    if above.is_float != below.is_float or above.part != below.part or label(below.text):
        return False
    if is_formula(above.text) and is_formula(below.text):
        return min(len(above.text), len(below.text)) <= _PIECE
    return _is_wordless(above.text) and _is_wordless(below.text)


def _is_wordless(text: str) -> bool:
    """Whether a paragraph is labels, such as those of a figure's nodes or of an axis."""
    return not (LONG_WORD.search(text) or _BLOCK.match(text) or _NUMERAL.fullmatch(text))


def _is_displayed(block: Block) -> bool:
    return not block.is_float and (is_formula(block.text) or _is_wordless(block.text))


def _last_text(blocks: Sequence[Block]) -> int:
    """The place of the last block that is no float; -1 where all are."""
    return max((i for i, block in enumerate(blocks) if not block.is_float), default=-1)


def with_labels(lines: Sequence[Line], body: float, font: str) -> list[Line]:
    """Lines of which those above a figure's caption that are no text are its labels: short, and in another size or font
    than the body's. Rows above a table's caption are rows."""
    out: list[Line] = []
    for line in lines:
        if line.cells and _FIGURE.match(line.text):
            start = len(out)
            while start and _is_label(out[start - 1], body, font):
                start -= 1
            if start < len(out):
                text = " ".join(label.text for label in out[start:])
                out[start:] = [Line(out[start].y, [], labels=text)]
        out.append(line)
    return out


def _is_label(line: Line, body: float, font: str) -> bool:
    if not line.cells:
        return False
    if not LONG_WORD.search(line.text):
        return True
    other = line.main.font != font or abs(line.main.size - body) > (1 - _SMALLER) * body
    return other and all(len(cell.text.split()) <= _LABEL_WORDS for cell in line.cells)
