"""Files read and written: whole or not at all, as text, JSON or JSON lines.

Every write goes to a temporary file beside the target, is flushed to the disk and renamed over it, so that a reader
(or a killed run) sees the old file or the new one and never half of either. msgspec is imported where it is used:
--help does without its 40 ms.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

from groundwork.errors import BadRecord
from groundwork.processes.process_identity import is_dead, process_mark

T = TypeVar("T")

TEMPORARY = ".tmp-"  # before the mark of the process that writes the file

# Told the target and the sha256 of what is about to take its place, where the unit at work announces what it writes.
WRITE_ANNOUNCER: ContextVar[Callable[[Path, str], None] | None] = ContextVar("WRITE_ANNOUNCER", default=None)


def write_bytes(path: Path, content: bytes) -> None:
    """Write whole or not at all; raises OSError (disk full, no right to write) and leaves the old file then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half_written_handle, half_written_path = tempfile.mkstemp(
        dir=path.parent, prefix=f"{TEMPORARY}{process_mark()}-", suffix=path.suffix
    )
    try:
        with os.fdopen(half_written_handle, "wb") as half_written:
            half_written.write(content)
            half_written.flush()
            os.fsync(half_written.fileno())
        Path(half_written_path).chmod(0o666 & ~_umask())
        if announce_write := WRITE_ANNOUNCER.get():
            announce_write(path, hashlib.sha256(content).hexdigest())
        Path(half_written_path).replace(path)
    except BaseException:
        Path(half_written_path).unlink(missing_ok=True)
        raise


def remove_leftovers(written_folders: Iterable[Path]) -> int:
    """Delete the temporary files in `written_folders` of processes that have ended; returns how many there were."""
    temporary_files = [
        temporary_file
        for written_folder in set(written_folders)
        if written_folder.is_dir()
        for temporary_file in written_folder.glob(f"{TEMPORARY}*")
        if is_dead(temporary_file.name.removeprefix(TEMPORARY))
    ]
    for temporary_file in temporary_files:
        temporary_file.unlink(missing_ok=True)
    return len(temporary_files)


def write_text(path: Path, content: str) -> None:
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    import msgspec

    write_bytes(path, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")


def write_jsonl(path: Path, records: Iterable[Any]) -> None:
    import msgspec

    encoder = msgspec.json.Encoder()
    write_bytes(path, b"".join(encoder.encode(record) + b"\n" for record in records))


def read_text(path: Path) -> str:
    """Raises BadRecord when the file is missing or no UTF-8."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        raise BadRecord(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise BadRecord(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None


def text_hash(text: str) -> str:
    """The first 16 digits of the SHA-256 of a text: enough to tell whether it has changed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_json(path: Path, record_type: type[T]) -> T:
    """Raises BadRecord when the file is missing or does not hold a `record_type`."""
    import msgspec

    try:
        return msgspec.json.decode(path.read_bytes(), type=record_type)
    except FileNotFoundError:
        raise BadRecord(f"{path}: no such file") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRecord(f"{path}: {error}; fix it, or delete it and run its stage again") from None


def read_jsonl(path: Path, record_type: type[T]) -> list[T]:
    """One record a line, blank lines passed over. Raises BadRecord that names the line."""
    import msgspec

    json_decoder = msgspec.json.Decoder(record_type)
    json_records = []
    try:
        json_lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        raise BadRecord(f"{path}: no such file") from None
    for line_number, json_line in enumerate(json_lines, start=1):
        if json_line.strip():
            try:
                json_records.append(json_decoder.decode(json_line))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                remedy = "fix the line, or delete the file and run its stage again"
                raise BadRecord(f"{path}, line {line_number}: {error}; {remedy}") from None
    return json_records


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
