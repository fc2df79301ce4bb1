"""Small files that unpack to gigabytes: office archives and streams of a PDF, found out without unpacking them.

Deflate packs 1,032 bytes into one at the best, so that only a stream of some size can be a bomb, or one packed twice.
"""

from __future__ import annotations

import mmap
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from groundwork.errors import BadDocument

MOST_PACKED = 1032  # after zlib's own documentation
STEP = 1 << 20  # bytes unpacked at a time
PIECE = 1 << 14  # packed bytes read at a time: what is no stream is found out from the first
_STREAM = re.compile(rb"(?<!end)stream\r?\n")


def refuse_archive(path: Path, max_unpacked_mb: int) -> None:
    """Raise BadDocument where the parts of a DOCX, PPTX, XLSX or EPUB unpack to more."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > max_unpacked_mb * 1_000_000:
        raise BadDocument(_refusal(f"it unpacks to {unpacked / 1e6:,.0f} MB,", max_unpacked_mb))


def refuse_pdf(path: Path, max_unpacked_mb: int) -> None:
    """Raise BadDocument where a single stream of a PDF unpacks to more."""
    limit = max_unpacked_mb * 1_000_000
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end = 0
        for found in _STREAM.finditer(content):
            start = found.end()
            if not _is_zlib(content[start : start + 2]):
                continue
            if end < start:  # searched once for all the marks before it: a file of marks alone would take minutes
                end = content.find(b"endstream", start) % (len(content) + 1)  # -1: to the end of the file
            if _unpacks_beyond(content, start, end, limit):
                raise BadDocument(_refusal("a stream in it unpacks to", max_unpacked_mb))


def _unpacks_beyond(content: mmap.mmap, start: int, end: int, limit: int) -> bool:
    """Whether a stream unpacks to more than `limit` bytes; one that was packed twice is unpacked twice."""
    twice = _is_zlib(next(_unpack(_pieces(content, start, end)), b"")[:2])
    if not twice and (end - start) * MOST_PACKED <= limit:
        return False
    unpacked = 0
    once = _unpack(_pieces(content, start, end))
    for piece in _unpack(once) if twice else once:
        unpacked += len(piece)
        if unpacked > limit:
            return True
    return False


def _pieces(content: mmap.mmap, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, PIECE):
        yield content[at : min(at + PIECE, end)]


def _unpack(packed: Iterable[bytes]) -> Iterator[bytes]:
    """What zlib makes of it, a megabyte at a time; it ends where the data is damaged."""
    unpacker = zlib.decompressobj()
    for piece in packed:
        while piece and not unpacker.eof:
            try:
                out = unpacker.decompress(piece, STEP)
            except zlib.error:
                return
            yield out
            piece = unpacker.unconsumed_tail


def _is_zlib(head: bytes) -> bool:
    return len(head) == 2 and head[0] & 0x0F == 8 and int.from_bytes(head) % 31 == 0


def _refusal(what: str, max_unpacked_mb: int) -> str:
    return f"{what} more than ingest.max_unpacked_mb ({max_unpacked_mb}); remove it, or raise the limit if you trust it"
