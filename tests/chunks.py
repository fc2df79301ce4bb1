"""A text as the one chunk of a document, read."""

from __future__ import annotations

from typing import Any

import msgspec

from groundwork.markdown.chunk_reading import Reading
from groundwork.records import Chunk


def reading_of(text: str, **changed: Any) -> Reading:
    """`text` as an English chunk; `changed` are other fields of the chunk."""
    chunk = Chunk(
        id="d-0", document="d", index=0, kind="text", text=text, start=0, end=len(text), length=len(text), language="en"
    )
    return Reading(msgspec.structs.replace(chunk, **changed))
