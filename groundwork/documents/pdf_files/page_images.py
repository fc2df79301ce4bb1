"""Images of whole pages, of a PDF or of a file of pictures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from groundwork.documents.pdf_files.open_pdf import LOCK, open_pdf
from groundwork.errors import BadDocument

MAX_PICTURE_PIXELS = 100_000_000  # twice that is refused: a picture that unpacks to gigabytes


def page_image(file_path: str, page_number: int, longer_side: int, turn: int = 0) -> Any:
    """Page or frame `page_number` (from 1) as a PIL image in RGB of that size, turned clockwise by degrees.

    Raises BadDocument for a picture that is cut off or damaged.
    """
    if _is_pdf(file_path):
        return render_page(file_path, page_number, longer_side, turn)
    with _open_picture(file_path) as image_file:
        try:
            image_file.seek(page_number - 1)
            page_picture = image_file.convert("RGB")
        except (OSError, SyntaxError, ValueError) as error:  # as Pillow's decoders raise
            raise BadDocument(f"the picture cannot be read ({error}); save it again") from None
    page_picture.thumbnail((longer_side, longer_side))
    return page_picture.rotate(-turn, expand=True) if turn else page_picture


def page_jpeg(file_path: str, page_number: int, longer_side: int, quality: int, turn: int = 0) -> bytes:
    """The same as JPEG. Raises BadDocument."""
    page_jpeg_buffer = io.BytesIO()
    page_image(file_path, page_number, longer_side, turn).save(page_jpeg_buffer, "JPEG", quality=quality)
    return page_jpeg_buffer.getvalue()


def count_frames(file_path: str) -> int:
    """Pictures in a file: a TIFF of a scanner may hold several. Raises BadDocument."""
    with _open_picture(file_path) as image_file:
        return int(getattr(image_file, "n_frames", 1))


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
            page_scale = (longer_side - 0.01) / max(page.get_size())  # pdfium rounds up
            page_picture: Any = page.render(scale=page_scale, rotation=turn).to_pil().convert("RGB")
            return page_picture
        finally:
            pdf_document.close()
