"""Sentences that go on behind a figure or a table: its rows, its labels and its caption stand outside of the text.

A page is set so that figures stand at the head or the foot of a column, wherever the sentence beside them has got to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from groundwork.documents.layout.text_lines import Line
from groundwork.documents.repair.page_joining import goes_on_in, is_open
from groundwork.language.words import LONG_WORD

_SMALLER = 0.95  # of the body's size, which captions and notes have at the most
_CAPTION = re.compile(r"[^\W\d_]{3,}\.? (?:[A-Z]?\d[\d.-]*|[IVX]+)\b")
_TITLED = re.compile(r"[^\W\d_]{3,}\.? (?:[A-Z]?\d[\d.-]*|[IVX]+)[.:] ?[A-Z]")  # a caption, whatever it ends in
_WORDS = 3  # of a caption or note; a formula in small letters has fewer
_LEAST = 40  # letters of what goes on behind a float


_FIGURE = re.compile(r"(?:Fig|FIG|Abb|Rys|Obr|Рис|Chart|Graph|Scheme|图|図)[^\W\d_]*\.? ?[A-Z]?[\dIVX]")  # its caption
_LABEL_WORDS = 4  # of a figure's label at the most


class Block(NamedTuple):
    """A paragraph, heading, list, table or fence of a page, the number of the part in which it stands, and whether it
    is a float, which no sentence runs through."""

    text: str
    is_float: bool = False
    part: int = 0


def is_float(text: str, size: float, body: float) -> bool:
    """Whether a paragraph, given with the size of its largest line, is a caption or a note of a table."""
    if _TITLED.match(text) or (_CAPTION.match(text) and not is_open(text)):
        return True
    return size < _SMALLER * body and "=" not in text and len(LONG_WORD.findall(text)) >= _WORDS


def whole_sentences(blocks: Sequence[Block], join: Callable[[str, str], str]) -> list[Block]:
    """The blocks of a page with each sentence that goes on behind floats before them.

    What goes on from the page before comes first, and what goes on overleaf last.
    """
    out: list[Block] = []
    for block in blocks:
        last = _last_text(out)
        running = not block.is_float and (len(block.text) > _LEAST or block.text.endswith("."))
        behind_floats = last < len(out) - 1 and running
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
    other = line.main.font != font or abs(line.main.size - body) > (1 - _SMALLER) * body
    return other and all(len(cell.text.split()) <= _LABEL_WORDS for cell in line.cells)
