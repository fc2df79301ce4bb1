"""Pages as pictures: of a PDF, rendered; of a picture file, its frames."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from groundwork.documents.pdf_files.pdfium import LOCK, open_pdf
from groundwork.errors import BadDocument

MAX_PIXELS = 100_000_000  # twice that is refused: a picture that unpacks to gigabytes


def page_image(source: str, number: int, longer_side: int, turn: int = 0) -> Any:
    """Page or frame `number` (from 1) as a PIL image in RGB of that size, turned clockwise by degrees.

    Raises BadDocument for a picture that is cut off or damaged.
    """
    if _is_pdf(source):
        return render_page(source, number, longer_side, turn)
    with _open_image(source) as image:
        try:
            image.seek(number - 1)
            frame = image.convert("RGB")
        except (OSError, SyntaxError, ValueError) as error:  # as Pillow's decoders raise
            raise BadDocument(f"the picture cannot be read ({error}); save it again") from None
    frame.thumbnail((longer_side, longer_side))
    return frame.rotate(-turn, expand=True) if turn else frame


def page_jpeg(source: str, number: int, longer_side: int, quality: int, turn: int = 0) -> bytes:
    """The same as JPEG. Raises BadDocument."""
    stream = io.BytesIO()
    page_image(source, number, longer_side, turn).save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def count_frames(source: str) -> int:
    """Pictures in a file: a TIFF of a scanner may hold several. Raises BadDocument."""
    with _open_image(source) as image:
        return int(getattr(image, "n_frames", 1))


def _is_pdf(source: str) -> bool:
    with Path(source).open("rb") as file:
        return b"%PDF-" in file.read(1024)


def _open_image(source: str) -> Any:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        return Image.open(source)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise BadDocument(f"the picture cannot be read ({error}); save it again") from None


def render_page(source: str, number: int, longer_side: int, turn: int = 0) -> Any:
    """Page `number` (from 1) as a PIL image in RGB, so many pixels on its longer side, turned clockwise by degrees."""
    with LOCK:
        document = open_pdf(source)
        try:
            page = document[number - 1]
            scale = (longer_side - 0.01) / max(page.get_size())  # pdfium rounds up
            image: Any = page.render(scale=scale, rotation=turn).to_pil().convert("RGB")
            return image
        finally:
            document.close()
