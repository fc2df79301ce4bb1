"""Which sentences, numbers and table rows of a chunk its pairs touch, known without a model.

A statement (sentence, list item, table row) is touched by a pair whose evidence holds half of its content words and no
less than two, or three of them, at that place; or whose question and answer together say it. A number is touched by a
pair that touches its statement and names the number in its question, answer or criteria.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dataprep.qa import facts
from dataprep.qa.grounding import find
from dataprep.qa.statements import Statement, statements
from dataprep.schema.records import Chunk, Coverage, DocumentCoverage, Pair, Span

ENOUGH_WORDS = 3
SAID = 0.8  # of a statement's content words in question and answer


def coverage(chunk: Chunk, pairs: Sequence[Pair], language: str = "en") -> Coverage:
    """What `pairs` touch of `chunk`; offsets of the spans count in `chunk.text`, added table headers are left out."""
    text = chunk.text
    touches = [_Touch(pair, text) for pair in pairs]
    spans: list[Span] = []
    for statement in statements(text, language):
        if statement.end <= len(chunk.added):
            continue
        own = text[statement.start : statement.end]
        touching = [touch for touch in touches if touch.touches(statement, own)]
        spans.append(Span(start=statement.start, end=statement.end, kind=statement.kind, touched_by=_ids(touching)))
        for number in facts.numbers(own):
            naming = [touch for touch in touching if number.value in touch.values]
            start, end = statement.start + number.start, statement.start + number.end
            spans.append(Span(start=start, end=end, kind="number", touched_by=_ids(naming)))
    return Coverage(document=chunk.document, chunk=chunk.id, spans=spans, **shares(spans))


def gaps(chunk: Chunk, covered: Coverage, language: str = "en") -> list[Statement]:
    """The statements that no pair touches, and those with a number that none names, in the order of the text."""
    open_spans = [span for span in covered.spans if not span.touched_by]
    return [
        statement
        for statement in statements(chunk.text, language)
        if any(statement.start <= span.start and span.end <= statement.end for span in open_spans)
    ]


def shares(spans: Iterable[Span]) -> dict[str, Any]:
    """The share touched of the sentences, numbers, rows and of all (`touched`); None where there are none."""
    spans = list(spans)
    kinds = {
        "sentences": ("sentence",),
        "numbers": ("number",),
        "rows": ("row",),
        "touched": ("sentence", "number", "row"),
    }
    return {name: _share([span for span in spans if span.kind in kind]) for name, kind in kinds.items()}


def of_document(document: str, chunks: Sequence[Coverage]) -> DocumentCoverage:
    """The coverage of all chunks taken together."""
    spans = [span for chunk in chunks for span in chunk.spans]
    return DocumentCoverage(document=document, chunks=list(chunks), **shares(spans))


class _Touch:
    """A pair, with its evidence found in the chunk's text and its own words and numbers."""

    def __init__(self, pair: Pair, text: str) -> None:
        said = f"{pair.question} {pair.answer}"
        self.id = pair.id
        self.places = [span for quote in pair.evidence if (span := find(quote, text))]
        self.text = text
        self.words = facts.content_words(said)
        self.values = {
            number.value for number in facts.numbers(" ".join([said, *pair.evaluation_criteria]), spelled=True)
        }

    def touches(self, statement: Statement, own: str) -> bool:
        wanted = facts.content_words(own)
        enough = min(len(wanted), ENOUGH_WORDS, max(2, (len(wanted) + 1) // 2))
        for start, end in self.places:
            quoted = self.text[max(start, statement.start) : min(end, statement.end)]
            if quoted and (not wanted or len(facts.content_words(quoted) & wanted) >= enough):
                return True
        return len(wanted) >= ENOUGH_WORDS and len(wanted & self.words) >= SAID * len(wanted) and self._names_all(own)

    def _names_all(self, own: str) -> bool:
        return all(number.value in self.values for number in facts.numbers(own))


def _ids(touches: Sequence[_Touch]) -> list[str]:
    return [touch.id for touch in touches]


def _share(spans: Sequence[Span]) -> float | None:
    return round(sum(bool(span.touched_by) for span in spans) / len(spans), 4) if spans else None
