"""The text of a chunk in pieces for the page, those of the evidence marked, and its figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from groundwork.picture_links import figures, is_figure
from groundwork.records import Chunk


def split_pieces(chunk_text: str, evidence_spans: Iterable[tuple[int, int]]) -> list[tuple[str, bool]]:
    """`chunk_text` cut into (part, marked) at the spans; spans that overlap are one."""
    cut_pieces: list[tuple[str, bool]] = []
    position = 0
    for span_start, span_end in sorted(evidence_spans):
        span_start = max(span_start, position)
        if span_end > span_start:
            cut_pieces += [(chunk_text[position:span_start], False)] * (span_start > position) + [
                (chunk_text[span_start:span_end], True)
            ]
            position = span_end
    return cut_pieces + [(chunk_text[position:], False)] * (position < len(chunk_text))


def figure_pieces(
    chunk: Chunk, evidence_spans: Iterable[tuple[int, int]]
) -> list[tuple[str, bool] | tuple[str, bool, str]]:
    """The pieces of a chunk's text; a figure is a piece of its own, its caption with the file below data/text."""
    evidence_spans, cut_pieces = list(evidence_spans), []
    position = 0
    for figure in figures(chunk.text, chunk.document):
        cut_pieces += _pieces_between(chunk.text, evidence_spans, position, figure.start)
        marked = any(start <= figure.start and figure.end <= end for start, end in evidence_spans)
        cut_pieces.append((figure.caption, marked, figure.file))
        position = figure.end
    return [*cut_pieces, *_pieces_between(chunk.text, evidence_spans, position, len(chunk.text))]


def figure_file(quote: str, document: str) -> str:
    """The file of a quote of evidence that is a figure, or ""."""
    return next((figure.file for figure in figures(quote, document) if is_figure(quote)), "")


def _pieces_between(chunk_text: str, evidence_spans: Sequence[tuple[int, int]], start: int, end: int) -> list[Any]:
    inside = [(max(a, start) - start, min(b, end) - start) for a, b in evidence_spans if a < end and b > start]
    return split_pieces(chunk_text[start:end], inside)
