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
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _UnreadFile(io.FileIO):
    """The end of a pipe that stays open: what is written once its reader has gone (`| head`) goes nowhere."""

    def write(self, content: Any, /) -> int:
        try:
            return super().write(content)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return memoryview(content).nbytes


@contextmanager
def unread_output() -> Iterator[None]:
    """Within it a reader of the output that goes keeps nothing from its end: stages still to run, a push, a report."""
    streams = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    for name, stream in streams.items():
        buffer = getattr(stream, "buffer", None)
        if isinstance(getattr(buffer, "raw", buffer), io.FileIO):  # the buffer itself with PYTHONUNBUFFERED
            stream.flush()
            file = io.BufferedWriter(_UnreadFile(stream.fileno(), "wb", closefd=False))
            is_by_line = name == "stderr" or stream.line_buffering or stream.write_through
            wrapper = io.TextIOWrapper(file, stream.encoding, "backslashreplace", line_buffering=is_by_line)
            setattr(sys, name, wrapper)
    try:
        yield
    finally:
        for name, stream in streams.items():
            if getattr(sys, name) is not stream:
                getattr(sys, name).flush()
                setattr(sys, name, stream)


def null_stream() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def discard_output() -> None:
    """Send what is still to be printed nowhere: else the interpreter complains at its end."""
    with suppress(OSError):  # it is no file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
