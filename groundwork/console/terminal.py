"""What is written to a terminal or a pipe: lines without control characters, tables, and streams whose reader goes."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # not tab and line end

COLUMN_GAP = "  "


def table_lines(table_rows: Sequence[Sequence[str]], *, to_left: Container[int] = (0,), indent: int = 2) -> list[str]:
    """The rows as lines. The columns whose index is in `to_left` are set to the left, the others to the right.

    A row may be shorter than the others; its last cell then runs on without widening its column.
    """
    column_count = max(map(len, table_rows), default=0)
    full_table_rows = [row for row in table_rows if len(row) == column_count]
    column_widths = [max(_width_on_screen(row[column]) for row in full_table_rows) for column in range(column_count)]
    for row in table_rows:
        column_widths[: len(row) - 1] = [
            max(w, _width_on_screen(cell)) for w, cell in zip(column_widths, row[:-1], strict=False)
        ]
    return [table_line(row, column_widths, to_left=to_left, indent=indent) for row in table_rows]


def table_line(
    cells: Sequence[str], column_widths: Sequence[int], *, to_left: Container[int] = (0,), indent: int = 2
) -> str:
    """One row in columns of known widths, for tables that are printed while they grow. Cells beyond them run on."""
    padded_cells = [
        _pad_terminal_cell(cell, width, to_left=column in to_left)
        for column, (cell, width) in enumerate(zip(cells, column_widths, strict=False))
    ]
    if len(cells) < len(column_widths):
        padded_cells[-1:] = cells[-1:]
    return (" " * indent + COLUMN_GAP.join([*padded_cells, *cells[len(column_widths) :]])).rstrip()


def _width_on_screen(text: str) -> int:
    from rich.cells import cell_len  # where a table is printed: --help does without

    return cell_len(text)


def _pad_terminal_cell(cell: str, width: int, *, to_left: bool) -> str:
    cell_padding = " " * (width - _width_on_screen(cell))
    return cell + cell_padding if to_left else cell_padding + cell


def terminal_text(text: str) -> str:
    r"""`text` for a terminal: control characters, which could move its cursor or change its title, spelt as `\x1b`."""
    return _CONTROL_CHARACTERS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def openable_path(path: Path) -> str:
    """`path` as one can open it from the current folder."""
    try:
        relative_path = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative_path.startswith(os.pardir) else relative_path


def write_line(line: str, stream: TextIO) -> None:
    """Print `line`; once the reader of `stream` has gone (`| head`), the work goes on unread."""
    try:
        print(line, file=stream, flush=True)
    except BrokenPipeError:
        _send_to_devnull(stream)


def _send_to_devnull(stream: TextIO | io.FileIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _UnreadFile(io.FileIO):
    """The end of a pipe that stays open: what is written once its reader has gone (`| head`) goes nowhere."""

    def write(self, content: Any, /) -> int:
        try:
            return super().write(content)
        except BrokenPipeError:
            _send_to_devnull(self)
            return memoryview(content).nbytes


@contextmanager
def unread_output() -> Iterator[None]:
    """Within it a reader of the output that goes keeps nothing from its end: stages still to run, a push, a report."""
    output_streams = {stream_name: getattr(sys, stream_name) for stream_name in ("stdout", "stderr")}
    for stream_name, stream in output_streams.items():
        stream_buffer = getattr(stream, "buffer", None)
        if isinstance(getattr(stream_buffer, "raw", stream_buffer), io.FileIO):  # itself with PYTHONUNBUFFERED
            stream.flush()
            unread = io.BufferedWriter(_UnreadFile(stream.fileno(), "wb", closefd=False))
            is_by_line = stream_name == "stderr" or stream.line_buffering or stream.write_through
            unread_stream = io.TextIOWrapper(unread, stream.encoding, "backslashreplace", line_buffering=is_by_line)
            setattr(sys, stream_name, unread_stream)
    try:
        yield
    finally:
        for stream_name, stream in output_streams.items():
            if getattr(sys, stream_name) is not stream:
                getattr(sys, stream_name).flush()
                setattr(sys, stream_name, stream)


def null_stream() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def discard_output() -> None:
    """Send what is still to be printed nowhere: else the interpreter complains at its end."""
    with suppress(OSError):  # it is no file at all
        _send_to_devnull(sys.stdout)
