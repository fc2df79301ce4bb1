"""The part of a PDF page that is shown, and the text that stands outside of it: crop marks' notes, the other half of a
sheet, what a drawing program keeps on its pasteboard.

A page shows what lies in its CropBox and MediaBox; pdfium's text layer holds all that its content draws.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from groundwork.documents.pdf_files.textpage_letters import letter_box, letter_sign, letter_size
from groundwork.language.words import WORD

PdfBox = Sequence[float]  # left, bottom, right, top in points from the page's bottom left
_STRETCH_GAP = 2.0  # sizes of a letter from one stretch of text to the next on a line
_SIGN_OFF_PAGE = re.compile(r"[^\r\n]")


def shown_box(page: Any) -> tuple[float, float, float, float]:
    """What a pypdfium2 page shows, before it is turned: its CropBox within its MediaBox."""
    import pypdfium2.raw as pdfium

    page_rect = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page.raw, page_rect)
    return page_rect.left, page_rect.bottom, page_rect.right, page_rect.top


def is_outside(box: PdfBox, page_box: PdfBox) -> bool:
    """Whether no part of a box lies within a page's."""
    return box[2] <= page_box[0] or box[0] >= page_box[2] or box[3] <= page_box[1] or box[1] >= page_box[3]


def text_on_page(textpage: Any, layer_text: str) -> str:
    """The `layer_text` of a pypdfium2 text page with blanks in place of what stands outside of the page.

    A line that runs off the page stays whole.
    """
    page_box = shown_box(textpage.page)
    text_within_box = textpage.get_text_bounded(*page_box)
    if len("".join(text_within_box.split())) == len("".join(layer_text.split())):
        return layer_text
    shown_pieces = []
    for start, end, is_shown in _stretches(textpage.raw, textpage.count_chars(), page_box):
        piece = textpage.get_text_range(start, end - start)
        shown_pieces.append(piece if is_shown else _SIGN_OFF_PAGE.sub(" ", piece))
    return "".join(shown_pieces)


def without_lines_off_page(markdown: str, textpage: Any) -> str:
    """The Markdown of an engine that reads past a page's edge without lines that only stand there."""
    whole_text = textpage.get_text_range()
    if (shown_text := text_on_page(textpage, whole_text)) == whole_text:
        return markdown
    stretches = _stretches(textpage.raw, textpage.count_chars(), shown_box(textpage.page))
    texts_off_page = [textpage.get_text_range(start, end - start) for start, end, is_shown in stretches if not is_shown]
    off_page, shown = _letters(" ".join(texts_off_page)), _letters(shown_text)
    return "\n".join(line for line in markdown.split("\n") if not _is_only_off_page(_letters(line), off_page, shown))


def _letters(text: str) -> str:
    return "".join(WORD.findall(text))


def _is_only_off_page(letters: str, off_page: str, shown: str) -> bool:
    return bool(letters) and letters in off_page and letters not in shown


def _stretches(raw_textpage: Any, letter_count: int, page_box: PdfBox) -> Iterator[tuple[int, int, bool]]:
    """First and last + 1 of the letters that stand together on a line, and whether the page shows one of them."""
    start, is_shown, last_box = 0, True, None
    for k in range(letter_count):
        sign = letter_sign(raw_textpage, k)
        if not sign.strip("\r\n"):
            last_box = None
            continue
        if not sign.strip():
            continue
        box = letter_box(raw_textpage, k)
        if last_box is None or _gap(last_box, box) > _STRETCH_GAP * letter_size(raw_textpage, k):
            if k > start:
                yield start, k, is_shown
            start, is_shown = k, False
        is_shown, last_box = is_shown or not is_outside(box, page_box), box
    yield start, letter_count, is_shown


def _gap(box: PdfBox, next_box: PdfBox) -> float:
    """How far two boxes stand apart, sideways or in height."""
    aside = max(next_box[0] - box[2], box[0] - next_box[2])
    above = max(next_box[1] - box[3], box[1] - next_box[3])
    return max(aside, above)
