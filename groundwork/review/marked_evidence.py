"""The text of a chunk in pieces, with those of a pair's evidence marked and its figures apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from groundwork.markdown.figures import figures, is_figure
from groundwork.markdown.grounding import SourceText
from groundwork.records import Chunk


def chunk_with_marked_evidence(chunk_id: str, chunk: Chunk | None, evidence: Sequence[str]) -> dict[str, Any]:
    """What the page shows of a chunk: its title and its pieces, those of the evidence marked; a lost one is missing."""
    if chunk is None:
        return {"id": chunk_id, "title": chunk_id, "pieces": [], "missing": True}
    grounds = SourceText(chunk.text, chunk.language)
    evidence_spans = [span for quote in evidence if (span := grounds.find(quote))]
    chunk_title = " › ".join(chunk.headings) or chunk.document
    chunk_pages = f", page {', '.join(map(str, chunk.pages))}" if chunk.pages else ""
    return {
        "id": chunk_id,
        "title": f"{chunk_title}{chunk_pages}",
        "pieces": chunk_pieces_with_figures(chunk, evidence_spans),
        "missing": False,
    }


def split_chunk_pieces(chunk_text: str, evidence_spans: Iterable[tuple[int, int]]) -> list[tuple[str, bool]]:
    """`chunk_text` cut into (part, marked) at the spans; spans that overlap are one."""
    chunk_pieces: list[tuple[str, bool]] = []
    piece_start = 0
    for evidence_start, evidence_end in sorted(evidence_spans):
        evidence_start = max(evidence_start, piece_start)
        if evidence_end > evidence_start:
            chunk_pieces += [(chunk_text[piece_start:evidence_start], False)] * (evidence_start > piece_start) + [
                (chunk_text[evidence_start:evidence_end], True)
            ]
            piece_start = evidence_end
    return chunk_pieces + [(chunk_text[piece_start:], False)] * (piece_start < len(chunk_text))


def chunk_pieces_with_figures(
    chunk: Chunk, evidence_spans: Iterable[tuple[int, int]]
) -> list[tuple[str, bool] | tuple[str, bool, str]]:
    """The pieces of a chunk's text; a figure is a piece of its own, its caption with the file below data/text."""
    evidence_spans, chunk_pieces = list(evidence_spans), []
    piece_start = 0
    for figure in figures(chunk.text, chunk.document):
        chunk_pieces += _chunk_pieces_between(chunk.text, evidence_spans, piece_start, figure.start)
        is_evidence = any(start <= figure.start and figure.end <= end for start, end in evidence_spans)
        chunk_pieces.append((figure.caption, is_evidence, figure.file))
        piece_start = figure.end
    return [*chunk_pieces, *_chunk_pieces_between(chunk.text, evidence_spans, piece_start, len(chunk.text))]


def figure_file(quote: str, document: str) -> str:
    """The file of a quote of evidence that is a figure, or ""."""
    return next((figure.file for figure in figures(quote, document) if is_figure(quote)), "")


def _chunk_pieces_between(
    chunk_text: str, evidence_spans: Sequence[tuple[int, int]], start: int, end: int
) -> list[Any]:
    spans_inside = [(max(a, start) - start, min(b, end) - start) for a, b in evidence_spans if a < end and b > start]
    return split_chunk_pieces(chunk_text[start:end], spans_inside)
