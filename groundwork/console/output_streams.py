"""The streams stdout and stderr, whose reader may be gone (`| head`) while the work goes on unread."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO


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
