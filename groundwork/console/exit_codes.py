"""How a command ends: its errors as one line on stderr, and the exit code."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Callable
from pathlib import Path

from groundwork.console.stop_signals import KeyboardInterrupts
from groundwork.console.terminal import discard_output, null_stream, terminal_text, unread_output
from groundwork.errors import EXIT_FAILED, EXIT_STOPPED, GroundworkError, Stopped
from groundwork.installation import as_typed


def run_guarded(work: Callable[[], int]) -> int:
    """The exit code of `work`; our own errors, and those of files outside a unit, become one line on stderr.

    What is printed is on its way before the code is known: later, a full disk would be the interpreter's to tell.
    """
    sys.stdout, sys.stderr = sys.stdout or null_stream(), sys.stderr or null_stream()  # none after `>&-`
    for output_stream in (sys.stdout, sys.stderr):
        if isinstance(output_stream, io.TextIOWrapper):
            output_stream.reconfigure(errors="backslashreplace")  # no name of a file is worth a run
    with unread_output():
        return _exit_code(work)


def _exit_code(work: Callable[[], int]) -> int:
    try:
        return _exit_code_once_flushed(work)
    except Stopped as error:
        print(f"{error}; go on with: {' '.join(_command_to_go_on())}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"stopped; what is finished is kept; go on with: {' '.join(_command_to_go_on())}", file=sys.stderr)
        return EXIT_STOPPED
    except GroundworkError as error:
        print(f"error: {terminal_text(str(error))}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # whoever read the output has gone
        discard_output()
        return EXIT_STOPPED
    except OSError as error:
        if error.errno == errno.ENOSPC and not error.filename:
            discard_output()
        print(f"error: {_os_error_at_exit(error)}", file=sys.stderr)
        return EXIT_FAILED


def _exit_code_once_flushed(work: Callable[[], int]) -> int:
    with KeyboardInterrupts():
        try:
            exit_code = work()
        except SystemExit:  # of --help
            sys.stdout.flush()
            raise
        sys.stdout.flush()
        return exit_code


def _os_error_at_exit(os_error: OSError) -> str:
    """Which file, why, and what to do."""
    file_prefix = f"{os_error.filename}: " if os_error.filename else ""
    if os_error.errno == errno.ENOSPC:
        return f"{file_prefix or 'the output: '}{os_error.strerror}; free disk space, or write elsewhere"
    remedy = (
        "give it a shorter name" if os_error.errno == errno.ENAMETOOLONG else "check its rights, or pass --data DIR"
    )
    return f"{file_prefix}{os_error.strerror or os_error}; {remedy}"


def _command_to_go_on() -> list[str]:
    import shlex

    script_at_exit = Path(sys.argv[0])
    script_command = (
        f"{script_at_exit.parent.name}/{script_at_exit.name}"
        if script_at_exit.suffix == ".py" and script_at_exit.name != "__main__.py"
        else "dataprep"
    )
    typed_arguments = [shlex.quote(argument) for argument in sys.argv[1:] if argument != "--force"]
    return [as_typed(f"uv run {script_command}"), *typed_arguments]
