"""Decompression bombs: archives and streams of a PDF that unpack to more than a limit are refused."""

from __future__ import annotations

import mmap
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from groundwork.errors import BadDocument

MAX_DEFLATE_RATIO = 1032  # after zlib's own documentation
BYTES_UNPACKED = 1 << 20  # bytes unpacked at a time
BYTES_READ = 1 << 14  # packed bytes read at a time: what is no stream is found out from the first
_STREAM = re.compile(rb"(?<!end)stream\r?\n")


def refuse_archive(path: Path, max_unpacked_mb: int) -> None:
    """Raise BadDocument where the parts of a DOCX, PPTX, XLSX or EPUB unpack to more."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > max_unpacked_mb * 1_000_000:
        raise BadDocument(_limit_error(f"it unpacks to {unpacked / 1e6:,.0f} MB,", max_unpacked_mb))


def refuse_pdf(path: Path, max_unpacked_mb: int) -> None:
    """Raise BadDocument where a single stream of a PDF unpacks to more."""
    limit = max_unpacked_mb * 1_000_000
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end = 0
        for stream_mark in _STREAM.finditer(content):
            start = stream_mark.end()
            if not _is_zlib(content[start : start + 2]):
                continue
            if end < start:  # searched once for all the marks before it: a file of marks alone would take minutes
                end = content.find(b"endstream", start) % (len(content) + 1)  # -1: to the end of the file
            if _unpacks_beyond(content, start, end, limit):
                raise BadDocument(_limit_error("a stream in it unpacks to", max_unpacked_mb))


def _unpacks_beyond(content: mmap.mmap, start: int, end: int, limit: int) -> bool:
    """Whether a stream unpacks to more than `limit` bytes; one that was packed twice is unpacked twice."""
    packed_twice = _is_zlib(next(_unpack(_read_pieces(content, start, end)), b"")[:2])
    if not packed_twice and (end - start) * MAX_DEFLATE_RATIO <= limit:
        return False
    unpacked = 0
    unpacked_once = _unpack(_read_pieces(content, start, end))
    for piece in _unpack(unpacked_once) if packed_twice else unpacked_once:
        unpacked += len(piece)
        if unpacked > limit:
            return True
    return False


def _read_pieces(content: mmap.mmap, start: int, end: int) -> Iterator[bytes]:
    for offset in range(start, end, BYTES_READ):
        yield content[offset : min(offset + BYTES_READ, end)]


def _unpack(packed: Iterable[bytes]) -> Iterator[bytes]:
    """What zlib makes of it, a megabyte at a time; it ends where the data is damaged."""
    unpacker = zlib.decompressobj()
    for piece in packed:
        while piece and not unpacker.eof:
            try:
                unpacked = unpacker.decompress(piece, BYTES_UNPACKED)
            except zlib.error:
                return
            yield unpacked
            piece = unpacker.unconsumed_tail


def _is_zlib(head: bytes) -> bool:
    return len(head) == 2 and head[0] & 0x0F == 8 and int.from_bytes(head) % 31 == 0


def _limit_error(finding: str, max_unpacked_mb: int) -> str:
    return (
        f"{finding} more than ingest.max_unpacked_mb ({max_unpacked_mb}); remove it, or raise the limit if you trust it"
    )
