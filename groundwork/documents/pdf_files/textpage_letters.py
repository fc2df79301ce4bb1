"""The letters of a PDF page's text, by pdfium's raw handle of the text page and their numbers from 0."""

from __future__ import annotations

import ctypes
import math
from typing import Any

from groundwork.documents.pdf_files.page_objects import handle_address
from groundwork.documents.pdf_files.pdfium import OpenPdfPage

_FONT_NAME_BYTES = 128


def letter_sign(pdf_textpage: Any, k: int) -> str:
    import pypdfium2.raw as pdfium

    return chr(pdfium.FPDFText_GetUnicode(pdf_textpage, k))


def letter_signs(pdf_textpage: Any) -> list[str]:
    """The signs of all letters of a text page, of which some are halves of a sign beyond 16 bits."""
    import pypdfium2.raw as pdfium

    pdf_letter_count = pdfium.FPDFText_CountChars(pdf_textpage)
    return [chr(pdfium.FPDFText_GetUnicode(pdf_textpage, k)) for k in range(pdf_letter_count)]


def letters_as_text(pdf_textpage: Any) -> str:
    """The letters of a text page as one text, each at its number."""
    import pypdfium2.raw as pdfium

    pdf_letter_count = pdfium.FPDFText_CountChars(pdf_textpage)
    pdf_buffer = (ctypes.c_ushort * (pdf_letter_count + 1))()
    if pdfium.FPDFText_GetText(pdf_textpage, 0, pdf_letter_count, pdf_buffer) == pdf_letter_count + 1:
        text = bytes(pdf_buffer)[: 2 * pdf_letter_count].decode("utf-16-le", "replace")
        if len(text) == pdf_letter_count:
            return text
    return "".join(chr(pdfium.FPDFText_GetUnicode(pdf_textpage, k) or 32) for k in range(pdf_letter_count))


def letter_origin(pdf_textpage: Any, k: int) -> tuple[float, float]:
    """Where a letter stands on its baseline, in points from the page's bottom left."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(pdf_textpage, k, x, y)
    return x.value, y.value


def letter_box(pdf_textpage: Any, k: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of what is drawn of a letter, in points from the page's bottom left; zeros for a
    space."""
    import pypdfium2.raw as pdfium

    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(pdf_textpage, k, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value


def loose_letter_box(pdf_textpage: Any, k: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a letter's place in its line, in points from the page's bottom left."""
    import pypdfium2.raw as pdfium

    pdf_rect = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(pdf_textpage, k, pdf_rect)
    return pdf_rect.left, pdf_rect.bottom, pdf_rect.right, pdf_rect.top


def letter_matrix(pdf_textpage: Any, k: int) -> tuple[float, float, float, float]:
    """`a`, `b`, `c` and `d` of the text matrix of a letter; zeros for one that no text object draws."""
    import pypdfium2.raw as pdfium

    pdf_matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(pdf_textpage, k, pdf_matrix)
    return pdf_matrix.a, pdf_matrix.b, pdf_matrix.c, pdf_matrix.d


def font_size_operand(pdf_textpage: Any, k: int) -> float:
    """The operand of `Tf` for a letter."""
    import pypdfium2.raw as pdfium

    return float(pdfium.FPDFText_GetFontSize(pdf_textpage, k))


def letter_size(pdf_textpage: Any, k: int) -> float:
    """The operand of `Tf` times the height of the text matrix."""
    _, _, c, d = letter_matrix(pdf_textpage, k)
    return font_size_operand(pdf_textpage, k) * math.hypot(c, d)


def letter_font_name(pdf_textpage: Any, k: int) -> str:
    """The name of a letter's font; "" where pdfium knows none."""
    import pypdfium2.raw as pdfium

    pdf_name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
    pdfium.FPDFText_GetFontInfo(pdf_textpage, k, pdf_name, _FONT_NAME_BYTES, None)
    return pdf_name.value.decode("utf-8", "replace")


def letter_base_font_name(pdf_textpage: Any, k: int) -> str:
    """The `BaseFont` of a letter's font."""
    import pypdfium2.raw as pdfium

    pdf_name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
    font_handle = pdfium.FPDFTextObj_GetFont(pdfium.FPDFText_GetTextObject(pdf_textpage, k))
    pdfium.FPDFFont_GetBaseFontName(font_handle, pdf_name, _FONT_NAME_BYTES)
    return pdf_name.value.decode("utf-8", "replace")


def letter_font_address(pdf_textpage: Any, k: int) -> int:
    """Where pdfium keeps a letter's font; 0 for a space that pdfium guesses, which has none."""
    import pypdfium2.raw as pdfium

    text_object = pdfium.FPDFText_GetTextObject(pdf_textpage, k)
    return handle_address(pdfium.FPDFTextObj_GetFont(text_object)) if text_object else 0


def letter_at_device_point(
    pdf_page: OpenPdfPage, device: tuple[int, int, int, int, int], device_x: int, device_y: int, tolerance: int
) -> int:
    """The number of the letter at a place of a page's picture, within so many points; -1 for none."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDF_DeviceToPage(pdf_page.page.raw, *device, device_x, device_y, x, y)
    return int(pdfium.FPDFText_GetCharIndexAtPos(pdf_page.text.raw, x, y, tolerance, tolerance))


def device_point(pdf_page_handle: Any, device: tuple[int, int, int, int, int], x: float, y: float) -> tuple[int, int]:
    """Where a place of a page lies in its picture; `device`: left, top, width, height and the quarters of a turn."""
    import pypdfium2.raw as pdfium

    device_x, device_y = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(pdf_page_handle, *device, x, y, device_x, device_y)
    return device_x.value, device_y.value
