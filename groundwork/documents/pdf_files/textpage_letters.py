"""The letters of a PDF page's text, by pdfium's raw handle of the text page and their numbers from 0."""

from __future__ import annotations

import ctypes
import math
from typing import Any

from groundwork.documents.pdf_files.open_pdf import OpenPdfPage
from groundwork.documents.pdf_files.page_objects import handle_address

_FONT_NAME_BYTES = 128


def letter_sign(textpage: Any, k: int) -> str:
    import pypdfium2.raw as pdfium

    return chr(pdfium.FPDFText_GetUnicode(textpage, k))


def letter_signs(textpage: Any) -> list[str]:
    """The signs of all letters of a text page, of which some are halves of a sign beyond 16 bits."""
    import pypdfium2.raw as pdfium

    letter_count = pdfium.FPDFText_CountChars(textpage)
    return [chr(pdfium.FPDFText_GetUnicode(textpage, k)) for k in range(letter_count)]


def letters_as_text(textpage: Any) -> str:
    """The letters of a text page as one text, each at its number."""
    import pypdfium2.raw as pdfium

    letter_count = pdfium.FPDFText_CountChars(textpage)
    letter_buffer = (ctypes.c_ushort * (letter_count + 1))()
    if pdfium.FPDFText_GetText(textpage, 0, letter_count, letter_buffer) == letter_count + 1:
        text = bytes(letter_buffer)[: 2 * letter_count].decode("utf-16-le", "replace")
        if len(text) == letter_count:
            return text
    return "".join(chr(pdfium.FPDFText_GetUnicode(textpage, k) or 32) for k in range(letter_count))


def letter_origin(textpage: Any, k: int) -> tuple[float, float]:
    """Where a letter stands on its baseline, in points from the page's bottom left."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(textpage, k, x, y)
    return x.value, y.value


def letter_box(textpage: Any, k: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of what is drawn of a letter, in points from the page's bottom left; zeros for a
    space."""
    import pypdfium2.raw as pdfium

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(textpage, k, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value


def loose_letter_box(textpage: Any, k: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a letter's place in its line, in points from the page's bottom left."""
    import pypdfium2.raw as pdfium

    letter_rect = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(textpage, k, letter_rect)
    return letter_rect.left, letter_rect.bottom, letter_rect.right, letter_rect.top


def letter_matrix(textpage: Any, k: int) -> tuple[float, float, float, float]:
    """`a`, `b`, `c` and `d` of the text matrix of a letter; zeros for one that no text object draws."""
    import pypdfium2.raw as pdfium

    text_matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage, k, text_matrix)
    return text_matrix.a, text_matrix.b, text_matrix.c, text_matrix.d


def font_size_operand(textpage: Any, k: int) -> float:
    """The operand of `Tf` for a letter."""
    import pypdfium2.raw as pdfium

    return float(pdfium.FPDFText_GetFontSize(textpage, k))


def letter_size(textpage: Any, k: int) -> float:
    """The operand of `Tf` times the height of the text matrix."""
    _, _, c, d = letter_matrix(textpage, k)
    return font_size_operand(textpage, k) * math.hypot(c, d)


def letter_font_name(textpage: Any, k: int) -> str:
    """The name of a letter's font; "" where pdfium knows none."""
    import pypdfium2.raw as pdfium

    font_name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
    pdfium.FPDFText_GetFontInfo(textpage, k, font_name, _FONT_NAME_BYTES, None)
    return font_name.value.decode("utf-8", "replace")


def letter_base_font_name(textpage: Any, k: int) -> str:
    """The `BaseFont` of a letter's font."""
    import pypdfium2.raw as pdfium

    font_name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
    letter_font = pdfium.FPDFTextObj_GetFont(pdfium.FPDFText_GetTextObject(textpage, k))
    pdfium.FPDFFont_GetBaseFontName(letter_font, font_name, _FONT_NAME_BYTES)
    return font_name.value.decode("utf-8", "replace")


def letter_font_address(textpage: Any, k: int) -> int:
    """Where pdfium keeps a letter's font; 0 for a space that pdfium guesses, which has none."""
    import pypdfium2.raw as pdfium

    text_object = pdfium.FPDFText_GetTextObject(textpage, k)
    return handle_address(pdfium.FPDFTextObj_GetFont(text_object)) if text_object else 0


def letter_at_device_point(
    letter_page: OpenPdfPage, device: tuple[int, int, int, int, int], device_x: int, device_y: int, tolerance: int
) -> int:
    """The number of the letter at a place of a page's picture, within so many points; -1 for none."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDF_DeviceToPage(letter_page.page.raw, *device, device_x, device_y, x, y)
    return int(pdfium.FPDFText_GetCharIndexAtPos(letter_page.text.raw, x, y, tolerance, tolerance))


def device_point(page_handle: Any, device: tuple[int, int, int, int, int], x: float, y: float) -> tuple[int, int]:
    """Where a place of a page lies in its picture; `device`: left, top, width, height and the quarters of a turn."""
    import pypdfium2.raw as pdfium

    device_x, device_y = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page_handle, *device, x, y, device_x, device_y)
    return device_x.value, device_y.value
