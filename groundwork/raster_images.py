"""Raster images that nobody vouches for, decoded within bounds: for those of documents, and those beside texts."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

from groundwork.errors import GroundworkError

MOST_PIXELS = 50_000_000  # of an image that is decoded at all: what unpacks to more may be made to fill the memory


class UnusableImage(GroundworkError):
    """Why an image is not used."""


def open_image(content: bytes, formats: Sequence[str]) -> Any:
    """The image, decoded whole, as PIL's. Raises UnusableImage for another format, a damaged or a huge one."""
    from PIL import Image

    too_large = UnusableImage(f"more than {MOST_PIXELS:,} pixels")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image: Any = Image.open(io.BytesIO(content), formats=list(formats))
            if image.width * image.height > MOST_PIXELS:
                raise too_large
            image.load()
        return image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_large from None
    except UnusableImage:
        raise
    except Exception:  # decoders of damaged files raise anything
        format_names = ", ".join(formats)
        raise UnusableImage(f"not to be read as {format_names}") from None


def encode_jpeg(image: Any, longer_side: int, quality: int = 85) -> bytes:
    """The image no larger than that, on white where it is transparent, as JPEG."""
    from PIL import Image

    image = image.convert("RGBA" if has_transparency(image) else "RGB")
    image.thumbnail((longer_side, longer_side))
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def has_transparency(image: Any) -> bool:
    return "A" in image.mode or "transparency" in image.info
