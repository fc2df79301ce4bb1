"""A text cut into chunks by the default settings, or by small ones."""

from __future__ import annotations

import msgspec

from groundwork.chunking.chunk_records import chunk_document
from groundwork.records import Chunk, Document
from groundwork.settings.config_files import load
from groundwork.settings.config_schema import ChunkSettings

DEFAULT = load().chunk


def document(text: str, **fields: object) -> Document:
    base = {"id": "doc", "source": "doc.pdf", "sha256": "", "converter": "layout", "converter_version": "1"}
    return msgspec.convert({**base, "characters": len(text), **fields}, Document)


def small(**changes: object) -> ChunkSettings:
    return msgspec.structs.replace(DEFAULT, **{"min_length": 60, "max_length": 240, **changes})


def cut(text: str, chosen: ChunkSettings = DEFAULT, **fields: object) -> list[Chunk]:
    return chunk_document(text, document(text, **fields), chosen)
