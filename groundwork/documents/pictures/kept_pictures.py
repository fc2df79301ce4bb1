"""Pictures of a document that are kept beside its text, in data/text/<document>/, under names made here.

A picture is the file's word and nothing to trust: it is decoded whole by Pillow, within bounds, before a byte of it is
written, and only as PNG or JPEG. Ornaments (small or narrow ones) and what stands there again and again (a logo on
every slide) are left out; the same picture twice is one file.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from groundwork.data_folder.read_write import write_bytes
from groundwork.markdown.figures import picture_addresses, repoint_pictures
from groundwork.raster_images import UnusableImage, has_transparency, open_image

LEAST_KEPT_SIDE = 48  # pixels of the shorter side; what is smaller is an ornament
MOST_KEPT_RATIO = 12  # of the longer to the shorter side; what is narrower is a rule or a border
MOST_KEPT_SIDE = 2000  # pixels; a larger picture is made smaller
MOST_KEPT_BYTES = 20_000_000
MOST_KEPT_PICTURES = 500  # of a document
REPEATED_PICTURES = 3  # places from which on a picture is an ornament
LEAST_PICTURE_CONTRAST = 8  # of 255, between the darkest and the lightest; below that nothing is to be seen
PICTURE_JPEG_QUALITY = 88  # of JPEG
_KEPT_PICTURE_SCHEME = "picture:"
_PICTURE_FILE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".emf", ".wmf", ".svg")
KEPT_PICTURE_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")  # that are read; what is written is PNG or JPEG


class KeptPicture(NamedTuple):
    """The bytes of a picture that was looked at, and the ending for their format."""

    content: bytes
    ending: str

    @property
    def name(self) -> str:
        return f"figure-{hashlib.sha256(self.content).hexdigest()[:12]}.{self.ending}"


@dataclass
class PicturesToKeep:
    """Bytes by address; `at` is the address of each picture of the document (or slide) at hand, by its number there."""

    by_address: dict[str, bytes] = field(default_factory=dict)
    at: dict[int, str] = field(default_factory=dict)

    def note(self, number: int, picture_bytes: bytes) -> None:
        self.at[number] = kept_address = f"{_KEPT_PICTURE_SCHEME}{picture_digest(picture_bytes)[:16]}"
        self.by_address[kept_address] = picture_bytes


_PICTURES_TO_KEEP: ContextVar[PicturesToKeep | None] = ContextVar("pictures", default=None)  # None: they are not kept


@contextmanager
def collect_pictures_to_keep(pictures: PicturesToKeep) -> Iterator[None]:
    """While this holds, what is read has its pictures put into `pictures`."""
    token = _PICTURES_TO_KEEP.set(pictures)
    try:
        yield
    finally:
        _PICTURES_TO_KEEP.reset(token)


def pictures_to_keep() -> PicturesToKeep | None:
    """None where pictures are not kept."""
    return _PICTURES_TO_KEEP.get()


def keep_pictures(
    pictures: Mapping[str, bytes], pages: Sequence[str], folder: Path, known_addresses: Container[str] | None = None
) -> tuple[list[str], list[str]]:
    """Write the pictures into `folder`, and give (the pages' Markdown that points at them, warnings).

    `pictures`: by the address that the Markdown has for them. A picture that is not kept becomes its alternative text;
    `known_addresses`: the addresses that are of pictures of the document, where others are to stay as they are.
    """
    picture_uses = Counter(
        picture_digest(pictures[kept_address])
        for page in pages
        for kept_address in picture_addresses(page)
        if kept_address in pictures
    )
    kept_links: dict[str, str] = {}
    kept_files: set[str] = set()
    not_kept: Counter[str] = Counter()
    for kept_address, picture_bytes in pictures.items():
        try:
            refuse_repeated_picture(picture_uses[picture_digest(picture_bytes)])
            kept_picture = decoded_kept_picture(picture_bytes)
            refuse_more_pictures(len(kept_files))
        except UnusableImage as error:
            not_kept[str(error)] += 1
            continue
        write_kept_picture(kept_picture, folder)
        kept_files.add(kept_picture.name)
        kept_links[kept_address] = f"{folder.name}/{kept_picture.name}"
    return [repoint_pictures(page, kept_links, known_addresses) for page in pages], left_out_picture_warnings(not_kept)


def refuse_repeated_picture(picture_uses: int) -> None:
    if picture_uses >= REPEATED_PICTURES:
        raise UnusableImage(ORNAMENT_NOT_KEPT)


def refuse_more_pictures(kept_count: int) -> None:
    if kept_count >= MOST_KEPT_PICTURES:
        raise UnusableImage(f"more than {MOST_KEPT_PICTURES} pictures")


ORNAMENT_NOT_KEPT = "small, empty or repeated"  # which is no loss, and no warning


def left_out_picture_warnings(left_out_reasons: Mapping[str, int]) -> list[str]:
    """A warning for each reason why pictures were not kept; ornaments are none."""
    return [
        f"pictures left out: {picture_count:,} ({left_out_reason})"
        for left_out_reason, picture_count in left_out_reasons.items()
        if left_out_reason != ORNAMENT_NOT_KEPT
    ]


def picture_digest(picture_bytes: bytes) -> str:
    return hashlib.sha256(picture_bytes).hexdigest()


def decoded_kept_picture(picture_bytes: bytes) -> KeptPicture:
    """A picture decoded whole: as it is where it is a PNG or a JPEG of a fair size, else written anew as one.

    Raises UnusableImage.
    """
    if vector_drawing := vector_format(picture_bytes):
        raise UnusableImage(f"{vector_drawing}, a drawing that is not converted; make a PDF of the document to keep it")
    picture_image = open_image(picture_bytes, KEPT_PICTURE_FORMATS)
    refuse_ornament(picture_image)
    if (
        picture_image.format in ("PNG", "JPEG")
        and max(picture_image.size) <= MOST_KEPT_SIDE
        and len(picture_bytes) <= MOST_KEPT_BYTES
    ):
        return KeptPicture(picture_bytes, "png" if picture_image.format == "PNG" else "jpg")
    return encoded_kept_picture(picture_image)


def vector_format(picture_bytes: bytes) -> str:
    """EMF, WMF or SVG, by the first bytes; empty for anything else."""
    if picture_bytes[40:44] == b" EMF":
        return "EMF"
    if picture_bytes.startswith((b"\xd7\xcd\xc6\x9a", b"\x01\x00\x09\x00\x00\x03", b"\x02\x00\x09\x00\x00\x03")):
        return "WMF"
    return "SVG" if b"<svg" in picture_bytes[:1000] else ""


def refuse_ornament(picture_image: Any) -> None:
    """Raise UnusableImage for what is small, narrow, or one even colour."""
    shorter_side, longer_side = sorted(picture_image.size)
    if shorter_side < LEAST_KEPT_SIDE or longer_side > MOST_KEPT_RATIO * shorter_side:
        raise UnusableImage(ORNAMENT_NOT_KEPT)
    if not has_contrast_to_keep(picture_image):
        raise UnusableImage(ORNAMENT_NOT_KEPT)


def has_contrast_to_keep(picture_image: Any) -> bool:
    """Is anything to be seen in it: a difference in brightness, colour or transparency?"""
    extrema = picture_image.convert("RGBA" if has_transparency(picture_image) else "RGB").getextrema()
    return any(high - low >= LEAST_PICTURE_CONTRAST for low, high in extrema)


def encoded_kept_picture(picture_image: Any) -> KeptPicture:
    """The picture no larger than MOST_PICTURE_SIDE, as PNG where it has few colours, else as JPEG."""
    kept_image = picture_image.convert("RGBA" if has_transparency(picture_image) else "RGB")
    kept_image.thumbnail((MOST_KEPT_SIDE, MOST_KEPT_SIDE))
    kept_stream = io.BytesIO()
    is_drawing = kept_image.mode == "RGBA" or kept_image.getcolors(4096) is not None
    kept_image.save(
        kept_stream,
        "PNG" if is_drawing else "JPEG",
        **({"optimize": True} if is_drawing else {"quality": PICTURE_JPEG_QUALITY}),
    )
    return KeptPicture(kept_stream.getvalue(), "png" if is_drawing else "jpg")


def write_kept_picture(kept_picture: KeptPicture, folder: Path) -> None:
    """Write it under its name, which says its content: what is there already is the same."""
    kept_path = folder / kept_picture.name
    if not kept_path.is_file():
        write_bytes(kept_path, kept_picture.content)


def picture_words(alt: str) -> str:
    """The alternative text of a picture on one line; "" where programs put the name of the picture's file there."""
    alternative_words = " ".join(alt.split())
    return "" if alternative_words.lower().endswith(_PICTURE_FILE_ENDINGS) else alternative_words
