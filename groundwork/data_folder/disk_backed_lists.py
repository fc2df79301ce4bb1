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
    """An element for each of `indices`, made by `make_element` each time that it is asked for."""

    def __init__(self, indices: Sequence[int], make_element: Callable[[int], T]) -> None:
        self._list_indices, self._make_list_element = indices, make_element

    def __len__(self) -> int:
        return len(self._list_indices)

    @overload
    def __getitem__(self, list_position: int) -> T: ...
    @overload
    def __getitem__(self, list_position: slice) -> list[T]: ...
    def __getitem__(self, list_position: int | slice) -> T | list[T]:
        if isinstance(list_position, slice):
            return [self._make_list_element(list_index) for list_index in self._list_indices[list_position]]
        return self._make_list_element(self._list_indices[list_position])


class DiskBackedList(Sequence[T], Generic[T]):
    """A sequence that only grows. What is read of it is a new object each time, equal to what was appended."""

    def __init__(self, record_type: type[T], folder: Path, listed_records: Iterable[T] = ()) -> None:
        """Raises OSError where the folder cannot be written to."""
        folder.mkdir(parents=True, exist_ok=True)
        self._list_file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  # `close` closes it
        self._encoder, self._decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(record_type)
        self._list_ends = array("q", [0])
        self._pending_list_bytes = bytearray()
        self.extend(listed_records)

    def append(self, listed_record: T) -> None:
        encoded_record = self._encoder.encode(listed_record)
        self._pending_list_bytes += encoded_record
        self._list_ends.append(self._list_ends[-1] + len(encoded_record))
        if len(self._pending_list_bytes) >= WRITTEN_AT_ONCE:
            self._write_pending_list()

    def extend(self, listed_records: Iterable[T]) -> None:
        for listed_record in listed_records:
            self.append(listed_record)

    def close(self) -> None:
        self._list_file.close()

    def __len__(self) -> int:
        return len(self._list_ends) - 1

    @overload
    def __getitem__(self, list_position: int) -> T: ...
    @overload
    def __getitem__(self, list_position: slice) -> list[T]: ...
    def __getitem__(self, list_position: int | slice) -> T | list[T]:
        if isinstance(list_position, slice):
            return [self[element_index] for element_index in range(len(self))[list_position]]
        element_index = range(len(self))[list_position]
        return self._decoder.decode(
            self._read_record_bytes(self._list_ends[element_index], self._list_ends[element_index + 1])
        )

    def __iter__(self) -> Iterator[T]:
        """In order, read a part of the file at a time."""
        listed_bytes, list_start = b"", 0
        for record_index in range(len(self)):
            record_start, record_end = self._list_ends[record_index], self._list_ends[record_index + 1]
            if record_end > list_start + len(listed_bytes):
                block_end = max(record_end, min(record_start + READ_AT_ONCE, self._list_ends[-1]))
                listed_bytes, list_start = self._read_record_bytes(record_start, block_end), record_start
            yield self._decoder.decode(memoryview(listed_bytes)[record_start - list_start : record_end - list_start])

    def _read_record_bytes(self, first_byte: int, last_byte: int) -> bytes:
        self._write_pending_list()
        list_blocks, unread_bytes = [], last_byte - first_byte
        while unread_bytes:  # a read may bring less than was asked for
            list_block = os.pread(self._list_file.fileno(), unread_bytes, last_byte - unread_bytes)
            if not list_block:
                raise OSError(f"a temporary file is shorter than it was, by {counted(unread_bytes, 'byte')}")
            list_blocks.append(list_block)
            unread_bytes -= len(list_block)
        return b"".join(list_blocks)

    def _write_pending_list(self) -> None:
        while self._pending_list_bytes:
            del self._pending_list_bytes[: os.write(self._list_file.fileno(), self._pending_list_bytes)]
