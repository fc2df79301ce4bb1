"""Raster images that nobody vouches for, decoded within bounds: for those of documents, and those beside texts."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

from groundwork.errors import GroundworkError

MAX_IMAGE_PIXELS = 50_000_000  # of an image that is decoded at all: what unpacks to more may be made to fill the memory


class UnusableImage(GroundworkError):
    """Why an image is not used."""


def open_image(content: bytes, formats: Sequence[str]) -> Any:
    """The image, decoded whole, as PIL's. Raises UnusableImage for another format, a damaged or a huge one."""
    from PIL import Image

    too_large = UnusableImage(f"more than {MAX_IMAGE_PIXELS:,} pixels")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            raster_image: Any = Image.open(io.BytesIO(content), formats=list(formats))
            if raster_image.width * raster_image.height > MAX_IMAGE_PIXELS:
                raise too_large
            raster_image.load()
        return raster_image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_large from None
    except UnusableImage:
        raise
    except Exception:  # decoders of damaged files raise anything
        raise UnusableImage(f"not to be read as {', '.join(formats)}") from None


def encode_jpeg(raster_image: Any, longer_side: int, quality: int = 85) -> bytes:
    """The image no larger than that, on white where it is transparent, as JPEG."""
    from PIL import Image

    raster_image = raster_image.convert("RGBA" if has_transparency(raster_image) else "RGB")
    raster_image.thumbnail((longer_side, longer_side))
    if raster_image.mode == "RGBA":
        white_background = Image.new("RGBA", raster_image.size, "white")
        raster_image = Image.alpha_composite(white_background, raster_image).convert("RGB")
    jpeg_stream = io.BytesIO()
    raster_image.save(jpeg_stream, "JPEG", quality=quality)
    return jpeg_stream.getvalue()


def has_transparency(raster_image: Any) -> bool:
    return "A" in raster_image.mode or "transparency" in raster_image.info
