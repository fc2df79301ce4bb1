"""Python's UTF-8 mode, begun where the locale knows fewer letters than names of files have."""

from __future__ import annotations

import os
import sys


def restart_in_utf8_mode() -> None:
    """Begin this command again in UTF-8 mode (PEP 540) where names of files would be encoded in anything else.

    In the locale C, or Latin-1, a text named `größe.md` could not even be looked for. Does nothing where the names are
    UTF-8, as on Windows and on macOS, and in the mode itself.
    """
    if sys.flags.utf8_mode or sys.getfilesystemencoding().lower().replace("-", "") == "utf8":
        return
    os.environ["PYTHONUTF8"] = "1"  # for the processes that it starts
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606  # this very command
