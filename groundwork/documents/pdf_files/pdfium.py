"""PDFs by pdfium: opened, freed of their password, their pages, rendered too, and the objects and letters of a page by
pdfium's raw handles.

pdfium is not thread-safe: call these in a worker process, or hold `LOCK`. Objects of pypdfium2 cost more than what is
asked of each: a page may hold tens of thousands.
"""

from __future__ import annotations

import ctypes
import io
import logging
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from groundwork.errors import BadDocument

LOCK = threading.Lock()
logging.getLogger("pypdfium2").setLevel(logging.ERROR)  # else it tells users how to build a pdfium with XFA

_MOST_FORM_DEPTH = 3  # forms within forms


def open_pdf(pdf_path: str, password: str = "") -> Any:
    """A pypdfium2 document. Raises BadDocument with the cause and the remedy."""
    import pypdfium2

    try:
        pdf_document = pypdfium2.PdfDocument(pdf_path, password=password or None)
        if len(pdf_document) == 0:
            raise BadDocument("the PDF has no pages; it may be truncated: fetch it again")
        return pdf_document
    except pypdfium2.PdfiumError as error:
        raise BadDocument(_pdf_opening_error(error, password)) from None


class OpenPdfPage(NamedTuple):
    """A page of a document and its text, as pypdfium2 opened them."""

    page: Any
    text: Any


class OpenPdf:
    """A PDF, of which some pages stay open for those who ask for them again: the first ones, and the last asked for."""

    def __init__(self, pdf_path: str, most_open: int = 1) -> None:
        """Raises BadDocument as open_pdf. `most_open`: pages that stay open; each takes up to half a megabyte."""
        self.document = open_pdf(pdf_path)
        self.document.init_forms()
        self._most_open_pdf_pages = most_open
        self._open_pdf_pages: dict[int, OpenPdfPage] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open_pdf_pages.clear()
        self.document.close()

    def __getitem__(self, index: int) -> OpenPdfPage:
        """A page, counted from 0. Raises PdfiumError where it is damaged."""
        if index not in self._open_pdf_pages:
            if len(self._open_pdf_pages) >= self._most_open_pdf_pages:
                self._open_pdf_pages.popitem()
            page = self.document[index]
            self._open_pdf_pages[index] = OpenPdfPage(page, page.get_textpage())
        return self._open_pdf_pages[index]


def unlock(pdf_path: str, password: str, target: str) -> None:
    """Write a copy that needs no password, for converters that take none. Raises BadDocument."""
    import pypdfium2.raw as pdfium

    with LOCK:
        pdf_document = open_pdf(pdf_path, password)
        try:
            pdf_document.save(target, flags=pdfium.FPDF_REMOVE_SECURITY)
        finally:
            pdf_document.close()


def _pdf_opening_error(pdf_error: Exception, password: str) -> str:
    if "password" in str(pdf_error).lower():
        return "the password given does not open it" if password else "it is encrypted; give its password by --password"
    return f"it is no readable PDF, perhaps truncated ({pdf_error}); fetch it again or save it again"


def load_page(pdf_document: Any, index: int) -> Any:
    """A page of a pypdfium2 document, counted from 0; None where it is damaged."""
    import pypdfium2

    try:
        return pdf_document[index]
    except pypdfium2.PdfiumError:
        return None


def pdf_page_objects(page: Any, object_kind: int) -> Iterator[Any]:
    """The handles of a pypdfium2 page's objects of a kind (FPDF_PAGEOBJ_TEXT ...) in the order of its content, those of
    its forms among them. They are valid as long as the page is open."""
    import pypdfium2.raw as pdfium

    return _pdf_objects_within(page.raw, object_kind, 1, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject)


def _pdf_objects_within(
    pdf_page_or_form: Any, object_kind: int, form_depth: int, count_objects: Any, get_object: Any
) -> Iterator[Any]:
    import pypdfium2.raw as pdfium

    object_kind_of = pdfium.FPDFPageObj_GetType
    for i in range(count_objects(pdf_page_or_form)):
        pdf_object = get_object(pdf_page_or_form, i)
        pdf_kind = object_kind_of(pdf_object)
        if pdf_kind == object_kind:
            yield pdf_object
        if pdf_kind == pdfium.FPDF_PAGEOBJ_FORM and form_depth < _MOST_FORM_DEPTH:
            yield from _pdf_objects_within(
                pdf_object, object_kind, form_depth + 1, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject
            )


def object_bounds(pdf_object: Any) -> tuple[float, float, float, float] | None:
    """Left, bottom, right and top of a page object in points from the page's bottom left; None where it has none."""
    import pypdfium2.raw as pdfium

    sides = left, bottom, right, top = [ctypes.c_float() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetBounds(pdf_object, *sides):
        return None
    return left.value, bottom.value, right.value, top.value


def object_size(pdf_object: Any) -> float:
    """The area in square points of an object's bounds; 0 where it has none."""
    left, bottom, right, top = object_bounds(pdf_object) or (0.0, 0.0, 0.0, 0.0)
    return (right - left) * (top - bottom)


def handle_address(pdf_object: Any) -> int:
    """Where pdfium keeps what a handle stands for; 0 for none."""
    return ctypes.cast(pdf_object, ctypes.c_void_p).value or 0


class PdfText(NamedTuple):
    """A text object of a page: the size of its letters as drawn, its baseline, and whether it stands upright."""

    size: float
    y: float
    upright: bool
    handle: Any


def read_pdf_texts(page: Any) -> list[PdfText]:
    """The text objects of a page in the order of its content."""
    import pypdfium2.raw as pdfium

    text_objects = []
    size, matrix = ctypes.c_float(), pdfium.FS_MATRIX()
    for pdf_object in pdf_page_objects(page, pdfium.FPDF_PAGEOBJ_TEXT):
        pdfium.FPDFTextObj_GetFontSize(pdf_object, size)
        pdfium.FPDFPageObj_GetMatrix(pdf_object, matrix)
        upright = abs(matrix.b) < 0.1 * abs(matrix.a)
        text_objects.append(PdfText(size.value * math.hypot(matrix.c, matrix.d), matrix.f, upright, pdf_object))
    return text_objects


def object_text(pdf_object: Any, textpage: Any) -> str:
    """The text of a text object of a pypdfium2 text page."""
    import pypdfium2.raw as pdfium

    return read_wide_string(pdfium.FPDFTextObj_GetText, pdf_object, textpage.raw)


def read_wide_string(pdfium_function: Any, *arguments: Any) -> str:
    """What a function of pdfium writes into a buffer in UTF-16."""
    import pypdfium2.raw as pdfium

    length = pdfium_function(*arguments, None, 0)
    pdf_buffer = ctypes.create_string_buffer(length)
    pdfium_function(*arguments, ctypes.cast(pdf_buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), length)
    return pdf_buffer.raw.decode("utf-16-le", "replace").rstrip("\0")


# --- the letters of a text page, by pdfium's raw handle of it and their numbers from 0 ---

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


# --- places on a page as pdfium draws it: `device` is left, top, width, height and the quarters of a turn ---


def is_filled_path(pdf_path: Any) -> bool:
    return bool(_pdf_fill_and_stroke(pdf_path)[0])


def is_visible_path(pdf_path: Any) -> bool:
    """Whether a path object is stroked, or filled with another colour than white."""
    import pypdfium2.raw as pdfium

    fill_mode, is_pdf_stroked = _pdf_fill_and_stroke(pdf_path)
    if is_pdf_stroked or not fill_mode:
        return is_pdf_stroked
    pdf_red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(pdf_path, pdf_red, green, blue, alpha):
        return True  # a pattern
    return alpha.value > 0 and min(pdf_red.value, green.value, blue.value) < 250


def _pdf_fill_and_stroke(pdf_path: Any) -> tuple[int, bool]:
    import pypdfium2.raw as pdfium

    fill_mode, is_pdf_stroked = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(pdf_path, fill_mode, is_pdf_stroked)
    return fill_mode.value, bool(is_pdf_stroked.value)


def curves_of_path(pdf_path: Any, most_segments: int) -> tuple[int, bool]:
    """(how many curves and slanting lines, whether it is a level rectangle) of the first segments of a path object."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_float(), ctypes.c_float()
    pdf_curves, path_corners, previous_point = 0, 0, (0.0, 0.0)
    for index in range(min(pdfium.FPDFPath_CountSegments(pdf_path), most_segments)):
        path_segment = pdfium.FPDFPath_GetPathSegment(pdf_path, index)
        segment_kind = pdfium.FPDFPathSegment_GetType(path_segment)
        pdfium.FPDFPathSegment_GetPoint(path_segment, x, y)
        pdf_point = x.value, y.value
        if segment_kind == pdfium.FPDF_SEGMENT_BEZIERTO:
            pdf_curves += 1
        elif segment_kind == pdfium.FPDF_SEGMENT_LINETO:
            path_corners += 1
            pdf_curves += abs(pdf_point[0] - previous_point[0]) > 0.5 and abs(pdf_point[1] - previous_point[1]) > 0.5
        previous_point = pdf_point
    return pdf_curves, pdf_curves == 0 and 3 <= path_corners <= 5


def device_point(pdf_page_handle: Any, device: tuple[int, int, int, int, int], x: float, y: float) -> tuple[int, int]:
    """Where a place of a page lies in its picture."""
    import pypdfium2.raw as pdfium

    device_x, device_y = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(pdf_page_handle, *device, x, y, device_x, device_y)
    return device_x.value, device_y.value


def letter_at_device_point(
    pdf_page: OpenPdfPage, device: tuple[int, int, int, int, int], device_x: int, device_y: int, tolerance: int
) -> int:
    """The number of the letter at a place of a page's picture, within so many points; -1 for none."""
    import pypdfium2.raw as pdfium

    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDF_DeviceToPage(pdf_page.page.raw, *device, device_x, device_y, x, y)
    return int(pdfium.FPDFText_GetCharIndexAtPos(pdf_page.text.raw, x, y, tolerance, tolerance))


MAX_PICTURE_PIXELS = 100_000_000  # twice that is refused: a picture that unpacks to gigabytes


def page_image(file_path: str, page_number: int, longer_side: int, turn: int = 0) -> Any:
    """Page or frame `page_number` (from 1) as a PIL image in RGB of that size, turned clockwise by degrees.

    Raises BadDocument for a picture that is cut off or damaged.
    """
    if _is_pdf(file_path):
        return render_page(file_path, page_number, longer_side, turn)
    with _open_picture(file_path) as picture:
        try:
            picture.seek(page_number - 1)
            page_picture = picture.convert("RGB")
        except (OSError, SyntaxError, ValueError) as error:  # as Pillow's decoders raise
            raise BadDocument(f"the picture cannot be read ({error}); save it again") from None
    page_picture.thumbnail((longer_side, longer_side))
    return page_picture.rotate(-turn, expand=True) if turn else page_picture


def page_jpeg(file_path: str, page_number: int, longer_side: int, quality: int, turn: int = 0) -> bytes:
    """The same as JPEG. Raises BadDocument."""
    pdf_jpeg = io.BytesIO()
    page_image(file_path, page_number, longer_side, turn).save(pdf_jpeg, "JPEG", quality=quality)
    return pdf_jpeg.getvalue()


def count_frames(file_path: str) -> int:
    """Pictures in a file: a TIFF of a scanner may hold several. Raises BadDocument."""
    with _open_picture(file_path) as picture:
        return int(getattr(picture, "n_frames", 1))


def _is_pdf(file_path: str) -> bool:
    with Path(file_path).open("rb") as pdf_file:
        return b"%PDF-" in pdf_file.read(1024)


def _open_picture(file_path: str) -> Any:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MAX_PICTURE_PIXELS
    try:
        return Image.open(file_path)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise BadDocument(f"the picture cannot be read ({error}); save it again") from None


def render_page(pdf_path: str, page_number: int, longer_side: int, turn: int = 0) -> Any:
    """Page `page_number` (from 1) as a PIL image in RGB, `longer_side` pixels long, turned clockwise by degrees."""
    with LOCK:
        pdf_document = open_pdf(pdf_path)
        try:
            page = pdf_document[page_number - 1]
            pdf_scale = (longer_side - 0.01) / max(page.get_size())  # pdfium rounds up
            page_picture: Any = page.render(scale=pdf_scale, rotation=turn).to_pil().convert("RGB")
            return page_picture
        finally:
            pdf_document.close()
