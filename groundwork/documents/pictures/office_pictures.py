"""The pictures of an office document, while it is read: each gets an address, under which its bytes are found later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from groundwork.documents.pictures.kept_pictures import digest_of
from groundwork.records.figures import CAPTION_LENGTH

if TYPE_CHECKING:
    from anydoc import Document, Inline

SCHEME = "picture:"


@dataclass
class Pictures:
    """Bytes by address; `at` is the address of each picture of the document (or slide) at hand, by its number there."""

    by_address: dict[str, bytes] = field(default_factory=dict)
    at: dict[int, str] = field(default_factory=dict)


_CURRENT_PICTURES: ContextVar[Pictures | None] = ContextVar("pictures", default=None)  # None: they are not kept


@contextmanager
def collect_pictures(pictures: Pictures) -> Iterator[None]:
    """While this holds, what is read has its pictures put into `pictures`."""
    token = _CURRENT_PICTURES.set(pictures)
    try:
        yield
    finally:
        _CURRENT_PICTURES.reset(token)


def are_pictures_kept() -> bool:
    return _CURRENT_PICTURES.get() is not None


def note_pictures(document: Document) -> None:
    """Keep the bytes of a document's pictures, if pictures are kept."""
    if (pictures := _CURRENT_PICTURES.get()) is None:
        return
    pictures.at = {}
    for asset in document.assets:
        content = bytes(asset.data)
        pictures.at[asset.id] = address = f"{SCHEME}{digest_of(content)[:16]}"
        pictures.by_address[address] = content


def picture_markdown(inline: Inline) -> str:
    """A picture in a text: its alternative text, and its address where it is kept."""
    alt = " ".join((inline.alt or "").split())
    pictures, source = _CURRENT_PICTURES.get(), inline.source
    address = pictures.at.get(source.asset_id, "") if pictures and source and source.asset_id is not None else ""
    if not address:
        return alt
    label = alt.translate(str.maketrans("[]", "()"))
    return f"![{label}]({address})" if len(label) <= CAPTION_LENGTH else f"{alt} ![]({address})"
