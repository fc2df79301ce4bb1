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
PACKED_BYTES_READ = 1 << 14  # packed bytes read at a time: what is no stream is found out from the first
_PACKED_STREAM_MARK = re.compile(rb"(?<!end)stream\r?\n")


def refuse_archive_bomb(path: Path, max_unpacked_mb: int) -> None:
    """Raise BadDocument where the parts of a DOCX, PPTX, XLSX or EPUB unpack to more."""
    with zipfile.ZipFile(path) as archive:
        unpacked_bytes = sum(archive_part.file_size for archive_part in archive.infolist())
    if unpacked_bytes > max_unpacked_mb * 1_000_000:
        raise BadDocument(_unpacked_limit_error(f"it unpacks to {unpacked_bytes / 1e6:,.0f} MB,", max_unpacked_mb))


def refuse_pdf_bomb(path: Path, max_unpacked_mb: int) -> None:
    """Raise BadDocument where a single stream of a PDF unpacks to more."""
    unpacked_limit = max_unpacked_mb * 1_000_000
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as packed_pdf:
        packed_end = 0
        for packed_mark in _PACKED_STREAM_MARK.finditer(packed_pdf):
            packed_start = packed_mark.end()
            if not _is_packed_by_zlib(packed_pdf[packed_start : packed_start + 2]):
                continue
            # searched once for all the marks before it: a file of marks alone would take minutes
            if packed_end < packed_start:
                # -1, where there is none: to the end of the file
                packed_end = packed_pdf.find(b"endstream", packed_start) % (len(packed_pdf) + 1)
            if _unpacks_beyond(packed_pdf, packed_start, packed_end, unpacked_limit):
                raise BadDocument(_unpacked_limit_error("a stream in it unpacks to", max_unpacked_mb))


def _unpacks_beyond(packed_pdf: mmap.mmap, start: int, end: int, unpacked_limit: int) -> bool:
    """Whether a stream unpacks to more than `unpacked_limit` bytes; one that was packed twice is unpacked twice."""
    packed_twice = _is_packed_by_zlib(next(_unpack_zlib(_read_packed_pieces(packed_pdf, start, end)), b"")[:2])
    if not packed_twice and (end - start) * MAX_DEFLATE_RATIO <= unpacked_limit:
        return False
    unpacked_bytes = 0
    unpacked_once = _unpack_zlib(_read_packed_pieces(packed_pdf, start, end))
    for unpacked_piece in _unpack_zlib(unpacked_once) if packed_twice else unpacked_once:
        unpacked_bytes += len(unpacked_piece)
        if unpacked_bytes > unpacked_limit:
            return True
    return False


def _read_packed_pieces(packed_pdf: mmap.mmap, start: int, end: int) -> Iterator[bytes]:
    for offset in range(start, end, PACKED_BYTES_READ):
        yield packed_pdf[offset : min(offset + PACKED_BYTES_READ, end)]


def _unpack_zlib(packed_pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What zlib makes of it, a megabyte at a time; it ends where the data is damaged."""
    unpacker = zlib.decompressobj()
    for packed_piece in packed_pieces:
        while packed_piece and not unpacker.eof:
            try:
                unpacked_piece = unpacker.decompress(packed_piece, BYTES_UNPACKED)
            except zlib.error:
                return
            yield unpacked_piece
            packed_piece = unpacker.unconsumed_tail


def _is_packed_by_zlib(packed_head: bytes) -> bool:
    return len(packed_head) == 2 and packed_head[0] & 0x0F == 8 and int.from_bytes(packed_head) % 31 == 0


def _unpacked_limit_error(finding: str, max_unpacked_mb: int) -> str:
    return (
        f"{finding} more than ingest.max_unpacked_mb ({max_unpacked_mb}); remove it, or raise the limit if you trust it"
    )
