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
    full_table_rows = [terminal_row for terminal_row in table_rows if len(terminal_row) == column_count]
    terminal_widths = [
        max(_width_on_screen(terminal_row[column]) for terminal_row in full_table_rows)
        for column in range(column_count)
    ]
    for terminal_row in table_rows:
        terminal_widths[: len(terminal_row) - 1] = [
            max(w, _width_on_screen(terminal_cell))
            for w, terminal_cell in zip(terminal_widths, terminal_row[:-1], strict=False)
        ]
    return [table_line(terminal_row, terminal_widths, to_left=to_left, indent=indent) for terminal_row in table_rows]


def table_line(
    terminal_cells: Sequence[str], terminal_widths: Sequence[int], *, to_left: Container[int] = (0,), indent: int = 2
) -> str:
    """One row in columns of known widths, for tables that are printed while they grow. Cells beyond them run on."""
    padded_terminal_cells = [
        _pad_terminal_cell(terminal_cell, width, to_left=column in to_left)
        for column, (terminal_cell, width) in enumerate(zip(terminal_cells, terminal_widths, strict=False))
    ]
    if len(terminal_cells) < len(terminal_widths):
        padded_terminal_cells[-1:] = terminal_cells[-1:]
    return (" " * indent + COLUMN_GAP.join([*padded_terminal_cells, *terminal_cells[len(terminal_widths) :]])).rstrip()


def _width_on_screen(text: str) -> int:
    from rich.cells import cell_len  # where a table is printed: --help does without

    return cell_len(text)


def _pad_terminal_cell(terminal_cell: str, width: int, *, to_left: bool) -> str:
    cell_padding = " " * (width - _width_on_screen(terminal_cell))
    return terminal_cell + cell_padding if to_left else cell_padding + terminal_cell


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


def write_line(terminal_line: str, stream: TextIO) -> None:
    """Print `terminal_line`; once the reader of `stream` has gone (`| head`), the work goes on unread."""
    try:
        print(terminal_line, file=stream, flush=True)
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
    terminal_streams = {stream_name: getattr(sys, stream_name) for stream_name in ("stdout", "stderr")}
    for stream_name, terminal_stream in terminal_streams.items():
        stream_buffer = getattr(terminal_stream, "buffer", None)
        if isinstance(getattr(stream_buffer, "raw", stream_buffer), io.FileIO):  # itself with PYTHONUNBUFFERED
            terminal_stream.flush()
            unread = io.BufferedWriter(_UnreadFile(terminal_stream.fileno(), "wb", closefd=False))
            by_line = stream_name == "stderr" or terminal_stream.line_buffering or terminal_stream.write_through
            unread_text = io.TextIOWrapper(unread, terminal_stream.encoding, "backslashreplace", line_buffering=by_line)
            setattr(sys, stream_name, unread_text)
    try:
        yield
    finally:
        for stream_name, terminal_stream in terminal_streams.items():
            if getattr(sys, stream_name) is not terminal_stream:
                getattr(sys, stream_name).flush()
                setattr(sys, stream_name, terminal_stream)


def null_stream() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def discard_output() -> None:
    """Send what is still to be printed nowhere: else the interpreter complains at its end."""
    with suppress(OSError):  # it is no file at all
        _send_to_devnull(sys.stdout)
