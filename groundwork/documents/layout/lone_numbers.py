"""Numbers of one or two digits that stand alone, which liteparse leaves out, as if they were page
labels: values of a column of their own, figures along the axes of a chart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_NUMBER_LINE = re.compile(r"(?m)^[^\S\r\n]*(\d{1,2})[^\S\r\n]*\r?$")


def has_lone_numbers(layer: str, texts: Sequence[str]) -> bool:
    """Whether a text layer has a number alone on a line, but for its first and last, more often than an engine's texts
    hold it."""
    lines = _inner_lines(layer)
    numbers = Counter(match[1] for match in _NUMBER_LINE.finditer(lines)) if lines else Counter[str]()
    return bool(numbers) and bool(numbers - Counter(word for text in texts for word in text.split()))


def lone_numbers(text: str) -> list[tuple[int, int]]:
    """(start, end) of the numbers in pdfium's text of a page that stand alone on a line, but for its first and last."""
    lines = _inner_lines(text)
    offset = text.find(lines) if lines else 0
    return [(offset + match.start(1), offset + match.end(1)) for match in _NUMBER_LINE.finditer(lines)]


def _inner_lines(text: str) -> str:
    stripped = text.strip()
    start, end = stripped.find("\n"), stripped.rfind("\n")
    return stripped[start + 1 : end] if 0 <= start < end else ""
