"""The text of a chunk in pieces, as the page shows it: evidence marked, and figures by their captions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from groundwork.records.chunk_record import Chunk
from groundwork.records.figures import figures, is_figure


def split_pieces(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[str, bool]]:
    """`text` cut into (part, marked) at the spans; spans that overlap are one."""
    cut_pieces: list[tuple[str, bool]] = []
    position = 0
    for start, end in sorted(spans):
        start = max(start, position)
        if end > start:
            cut_pieces += [(text[position:start], False)] * (start > position) + [(text[start:end], True)]
            position = end
    return cut_pieces + [(text[position:], False)] * (position < len(text))


def figure_pieces(chunk: Chunk, spans: Iterable[tuple[int, int]]) -> list[tuple[str, bool] | tuple[str, bool, str]]:
    """The pieces of a chunk's text; a figure is a piece of its own, its caption with the file below data/text."""
    spans, cut_pieces = list(spans), []
    position = 0
    for figure in figures(chunk.text, chunk.document):
        cut_pieces += _pieces_between(chunk.text, spans, position, figure.start)
        marked = any(start <= figure.start and figure.end <= end for start, end in spans)
        cut_pieces.append((figure.caption, marked, figure.file))
        position = figure.end
    return [*cut_pieces, *_pieces_between(chunk.text, spans, position, len(chunk.text))]


def figure_file(quote: str, document: str) -> str:
    """The file of a quote of evidence that is a figure, or ""."""
    return next((figure.file for figure in figures(quote, document) if is_figure(quote)), "")


def _pieces_between(text: str, spans: Sequence[tuple[int, int]], start: int, end: int) -> list[Any]:
    inside = [(max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start]
    return split_pieces(text[start:end], inside)
