"""How a command ends: its errors as one line on stderr, and the exit code."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from groundwork.console.stop_signals import KeyboardInterrupts
from groundwork.console.terminal import terminal_text
from groundwork.errors import EXIT_FAILED, EXIT_STOPPED, GroundworkError, Stopped
from groundwork.installation import as_typed


def run_guarded(work: Callable[[], int]) -> int:
    """The exit code of `work`; our own errors, and those of files outside a unit, become one line on stderr.

    What is printed is on its way before the code is known: later, a full disk would be the interpreter's to tell.
    """
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()  # none after `>&-`
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # no name of a file is worth a run
    with _unread_output():
        return _exit_code(work)


def _exit_code(work: Callable[[], int]) -> int:
    try:
        return _run_and_flush(work)
    except Stopped as error:
        print(f"{error}; go on with: {' '.join(_command_line())}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"stopped; what is finished is kept; go on with: {' '.join(_command_line())}", file=sys.stderr)
        return EXIT_STOPPED
    except GroundworkError as error:
        print(f"error: {terminal_text(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # whoever read the output has gone
        _discard_output()
        return EXIT_STOPPED
    except OSError as error:
        if error.errno == errno.ENOSPC and not error.filename:
            _discard_output()
        print(f"error: {_describe_os_error(error)}", file=sys.stderr)
        return EXIT_FAILED


def _run_and_flush(work: Callable[[], int]) -> int:
    with KeyboardInterrupts():
        try:
            code = work()
        except SystemExit:  # of --help
            sys.stdout.flush()
            raise
        sys.stdout.flush()
        return code


class _UnreadFile(io.FileIO):
    """The end of a pipe that stays open: what is written once its reader has gone (`| head`) goes nowhere."""

    def write(self, content: Any, /) -> int:
        try:
            return super().write(content)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return memoryview(content).nbytes


@contextmanager
def _unread_output() -> Iterator[None]:
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


def _describe_os_error(error: OSError) -> str:
    """Which file, why, and what to do."""
    prefix = f"{error.filename}: " if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"{prefix or 'the output: '}{error.strerror}; free disk space, or write elsewhere"
    return f"{prefix}{error.strerror or error}; check its rights, or pass --data DIR"


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _discard_output() -> None:
    """Send what is still to be printed nowhere: else the interpreter complains at its end."""
    with suppress(OSError):  # it is no file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _command_line() -> list[str]:
    import shlex

    script = Path(sys.argv[0])
    command = (
        f"{script.parent.name}/{script.name}" if script.suffix == ".py" and script.name != "__main__.py" else "dataprep"
    )
    arguments = [shlex.quote(argument) for argument in sys.argv[1:] if argument != "--force"]
    return [as_typed(f"uv run {command}"), *arguments]
