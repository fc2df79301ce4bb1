"""Spans of a text: (start, end) as offsets, end exclusive."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

Span = tuple[int, int]


def span_index(position: int, spans: Sequence[Span]) -> int | None:
    """Which of `spans`, that are in order and apart, holds `position`; None where none does."""
    last_span_before = bisect_right(spans, position, key=lambda span: span[0]) - 1
    return last_span_before if last_span_before >= 0 and position < spans[last_span_before][1] else None


def trim_span(text: str, start: int, end: int) -> Span | None:
    """The span without the white space at its ends; None where nothing is left."""
    span_text = text[start:end]
    leading_blanks = len(span_text) - len(span_text.lstrip())
    return (start + leading_blanks, start + len(span_text.rstrip())) if leading_blanks < len(span_text) else None


def line_spans(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """(start, end) of each line between two offsets, in order, with its line break."""
    spans, end = [], len(text) if end is None else end
    while start < end:
        line_end = text.find("\n", start, end) + 1 or end
        spans.append((start, line_end))
        start = line_end
    return spans
