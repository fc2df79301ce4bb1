"""Where Groundwork runs: from its repository, or installed from a wheel in the folder that somebody works in.

That decides where settings and data lie and how a command is spelt, and it is decided here alone.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

DISTRIBUTION = "groundwork-data"
PACKAGE = Path(__file__).resolve().parent
IN_REPOSITORY = (PACKAGE.parent / "pyproject.toml").is_file() and (PACKAGE.parent / "config" / "config.json").is_file()

PROJECT = PACKAGE.parent if IN_REPOSITORY else Path.cwd()  # config/, data/ and .env lie here
CONFIG_DIR = PROJECT / "config"
DEFAULTS = CONFIG_DIR if IN_REPOSITORY else PACKAGE / "settings" / "defaults"  # the same files, packed into the wheel

_INSTALLED_COMMANDS = (  # (as it is typed in the repository, as it is typed elsewhere)
    (re.compile(r"\buv run (?:dataprep|visualization)/(\w+)\.py\b"), r"dataprep \1"),
    (re.compile(r"\buv run (dataprep|hf)\b"), r"\1"),
    (re.compile(r"(?:\brun: )?\buv sync --inexact --extra ([\w-]+)"), rf"install {DISTRIBUTION}[\1]"),
)


def cache_dir() -> Path:
    """Where what can be had again is kept: $XDG_CACHE_HOME/groundwork, or ~/.cache/groundwork."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "groundwork"


def version() -> str:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed_version

    try:
        return installed_version(DISTRIBUTION)
    except PackageNotFoundError:  # a copy of the folder that nobody installed
        return "unknown"


def as_typed(text: str) -> str:
    """`text`, written for the repository, with the commands in it as they are typed here."""
    return text if IN_REPOSITORY else as_installed(text)


def as_installed(text: str) -> str:
    """`text` with the commands in it as they are typed where the wheel is installed."""
    for repository_command, installed_command in _INSTALLED_COMMANDS:
        text = repository_command.sub(installed_command, text)
    return text
