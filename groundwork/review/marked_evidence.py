"""The text of a chunk in pieces, with those of a pair's evidence marked and its figures apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from groundwork.markdown.figures import figures, is_figure
from groundwork.markdown.grounding import SourceText
from groundwork.records import Chunk


def chunk_with_marked_evidence(chunk_id: str, marked_chunk: Chunk | None, evidence: Sequence[str]) -> dict[str, Any]:
    """What the page shows of a chunk: its title and its pieces, those of the evidence marked; a lost one is missing."""
    if marked_chunk is None:
        return {"id": chunk_id, "title": chunk_id, "pieces": [], "missing": True}
    evidence_source = SourceText(marked_chunk.text, marked_chunk.language)
    evidence_spans = [span for quote in evidence for span in evidence_source.find_parts(quote)]
    evidence_title = " › ".join(marked_chunk.headings) or marked_chunk.document
    evidence_pages = f", page {', '.join(map(str, marked_chunk.pages))}" if marked_chunk.pages else ""
    return {
        "id": chunk_id,
        "title": f"{evidence_title}{evidence_pages}",
        "pieces": marked_pieces_with_figures(marked_chunk, evidence_spans),
        "missing": False,
    }


def split_at_marked_evidence(chunk_text: str, evidence_spans: Iterable[tuple[int, int]]) -> list[tuple[str, bool]]:
    """`chunk_text` cut into (part, marked) at the spans; spans that overlap are one."""
    marked_pieces: list[tuple[str, bool]] = []
    marked_until = 0
    for evidence_start, evidence_end in sorted(evidence_spans):
        evidence_start = max(evidence_start, marked_until)
        if evidence_end > evidence_start:
            marked_pieces += [(chunk_text[marked_until:evidence_start], False)] * (evidence_start > marked_until) + [
                (chunk_text[evidence_start:evidence_end], True)
            ]
            marked_until = evidence_end
    return marked_pieces + [(chunk_text[marked_until:], False)] * (marked_until < len(chunk_text))


def marked_pieces_with_figures(
    chunk: Chunk, evidence_spans: Iterable[tuple[int, int]]
) -> list[tuple[str, bool] | tuple[str, bool, str]]:
    """The pieces of a chunk's text; a figure is a piece of its own, its caption with the file below data/text."""
    evidence_spans, marked_pieces = list(evidence_spans), []
    marked_until = 0
    for marked_figure in figures(chunk.text, chunk.document):
        marked_pieces += _marked_pieces_between(chunk.text, evidence_spans, marked_until, marked_figure.start)
        is_marked = any(start <= marked_figure.start and marked_figure.end <= end for start, end in evidence_spans)
        marked_pieces.append((marked_figure.caption, is_marked, marked_figure.file))
        marked_until = marked_figure.end
    return [*marked_pieces, *_marked_pieces_between(chunk.text, evidence_spans, marked_until, len(chunk.text))]


def evidence_figure_file(quote: str, document: str) -> str:
    """The file of a quote of evidence that is a figure, or ""."""
    return next((evidence_figure.file for evidence_figure in figures(quote, document) if is_figure(quote)), "")


def _marked_pieces_between(
    chunk_text: str, evidence_spans: Sequence[tuple[int, int]], start: int, end: int
) -> list[Any]:
    marked_spans = [(max(a, start) - start, min(b, end) - start) for a, b in evidence_spans if a < end and b > start]
    return split_at_marked_evidence(chunk_text[start:end], marked_spans)
