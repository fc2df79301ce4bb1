"""A text cut to a length, for labels, tables and lines of the terminal."""

from __future__ import annotations

LABEL_LENGTH = 60  # characters


def shorten_text(text: str, length: int = LABEL_LENGTH) -> str:
    """`text` on one line, cut to `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
