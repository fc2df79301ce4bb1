"""Sequences whose elements are not held: made where they are needed, or read from a file without a name.

The file is for records that must be gone through more than once. In memory a record takes eight bytes, its place in
the file, which is in the folder of the state, not below /tmp, which is memory on many machines. It goes when it is
closed or when the process ends, whatever ends it.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Generic, TypeVar, overload

import msgspec

from groundwork.message_wording import counted

T = TypeVar("T")

WRITTEN_AT_ONCE = READ_AT_ONCE = 1 << 20  # bytes


class LazySequence(Sequence[T], Generic[T]):
    """An element for each of `indices`, made by `make` each time that it is asked for."""

    def __init__(self, indices: Sequence[int], make: Callable[[int], T]) -> None:
        self._indices, self._make = indices, make

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, position: int) -> T: ...
    @overload
    def __getitem__(self, position: slice) -> list[T]: ...
    def __getitem__(self, position: int | slice) -> T | list[T]:
        if isinstance(position, slice):
            return [self._make(index) for index in self._indices[position]]
        return self._make(self._indices[position])


class DiskBackedList(Sequence[T], Generic[T]):
    """A sequence that only grows. What is read of it is a new object each time, equal to what was appended."""

    def __init__(self, kind: type[T], folder: Path, records: Iterable[T] = ()) -> None:
        """Raises OSError where the folder cannot be written to."""
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  # `close` closes it
        self._encoder, self._decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(kind)
        self._ends = array("q", [0])
        self._pending = bytearray()
        self.extend(records)

    def append(self, record: T) -> None:
        encoded_record = self._encoder.encode(record)
        self._pending += encoded_record
        self._ends.append(self._ends[-1] + len(encoded_record))
        if len(self._pending) >= WRITTEN_AT_ONCE:
            self._flush()

    def extend(self, records: Iterable[T]) -> None:
        for record in records:
            self.append(record)

    def close(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, position: int) -> T: ...
    @overload
    def __getitem__(self, position: slice) -> list[T]: ...
    def __getitem__(self, position: int | slice) -> T | list[T]:
        if isinstance(position, slice):
            return [self[index] for index in range(len(self))[position]]
        index = range(len(self))[position]
        return self._decoder.decode(self._content(self._ends[index], self._ends[index + 1]))

    def __iter__(self) -> Iterator[T]:
        """In order, read a part of the file at a time."""
        record_bytes, content_start = b"", 0
        for record_index in range(len(self)):
            record_start, record_end = self._ends[record_index], self._ends[record_index + 1]
            if record_end > content_start + len(record_bytes):
                block_end = max(record_end, min(record_start + READ_AT_ONCE, self._ends[-1]))
                record_bytes, content_start = self._content(record_start, block_end), record_start
            yield self._decoder.decode(
                memoryview(record_bytes)[record_start - content_start : record_end - content_start]
            )

    def _content(self, start: int, end: int) -> bytes:
        self._flush()
        blocks, missing = [], end - start
        while missing:  # a read may bring less than was asked for
            block = os.pread(self._file.fileno(), missing, end - missing)
            if not block:
                raise OSError(f"a temporary file is shorter than it was, by {counted(missing, 'byte')}")
            blocks.append(block)
            missing -= len(block)
        return b"".join(blocks)

    def _flush(self) -> None:
        while self._pending:
            del self._pending[: os.write(self._file.fileno(), self._pending)]
