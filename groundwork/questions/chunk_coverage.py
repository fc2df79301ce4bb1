"""Which sentences, numbers and table rows of a chunk its pairs cover, known without a model.

A statement (sentence, list item, table row) is covered when the evidence of a pair quotes at least half of its content
words at that place (at least two; three are always enough), or when question and answer together say it. Where one
quote runs over several statements, question and answer must also hold a third of a statement's words: a quote is no
question. A number is covered by a pair that covers its statement and names it in question, answer or criteria. Figures
are counted by themselves: one is asked about by the pairs whose evidence it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Literal

import msgspec

from groundwork.language.numbers import Number, numbers
from groundwork.language.words import content_words
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.records.coverage_record import Coverage, DocumentCoverage, FigureAsked, FigureCount, Span
from groundwork.records.figures import figures
from groundwork.records.pair_record import Pair

ENOUGH_WORDS = 3
ASKED = 1 / 3  # of a statement's content words, in question and answer, where a quote holds other statements too
SAID = 0.8  # of a statement's content words in question and answer


Kind = Literal["sentence", "row", "number"]
Declined = Mapping[Statement, str]


def coverage(reading: Reading, pairs: Sequence[Pair], declined: Declined | None = None) -> Coverage:
    """What `pairs` touch of a chunk; offsets of the spans count in its `text`, added table headers are left out.

    `declined`: why there is nothing worth asking in some of its statements.
    """
    chunk = reading.chunk
    touches = [_Touch(pair, reading) for pair in pairs]
    spans: list[Span] = []
    for statement, words, numerals in zip(reading.statements, reading.words, reading.numbers, strict=True):
        if statement.end <= len(chunk.added) or statement.announces:
            continue
        said = _Said(statement, words, numerals)
        touching = [touch for touch in touches if touch.touches(said)]
        why = (declined or {}).get(statement, "")
        spans.append(_span(statement.start, statement.end, statement.kind, touching, why))
        for number in said.numbers:
            naming = [touch for touch in touching if number.value in touch.values]
            start, end = statement.start + number.start, statement.start + number.end
            spans.append(_span(start, end, "number", naming, why))
    return Coverage(
        document=chunk.document,
        chunk=chunk.id,
        spans=spans,
        figures=_figures(reading, pairs) or msgspec.UNSET,
        **shares(spans),
    )


def _figures(reading: Reading, pairs: Sequence[Pair]) -> list[FigureAsked]:
    """The figures of a chunk, each asked about by the pairs whose evidence it is."""
    text = reading.chunk.text
    return [
        FigureAsked(
            start=one.start,
            end=one.end,
            file=one.file,
            asked_by=[pair.id for pair in pairs if text[one.start : one.end] in pair.evidence],
        )
        for one in figures(text, reading.chunk.document)
        if one.start >= len(reading.chunk.added)
    ]


def gaps(reading: Reading, covered: Coverage) -> list[Statement]:
    """The open statements, that no pair covers and nobody declined, in order.

    What was quoted was asked about: a covered statement with a number that no pair names is none.
    """
    open_spans = {(span.start, span.end) for span in covered.spans if not span.touched_by and not span.declined}
    return [statement for statement in reading.statements if (statement.start, statement.end) in open_spans]


def shares(spans: Iterable[Span]) -> dict[str, Any]:
    """The share touched of the sentences, numbers, rows and of all (`touched`), and the share of all that is declined;
    None where there are none.
    """
    spans = list(spans)
    kinds = {
        "sentences": ("sentence",),
        "numbers": ("number",),
        "rows": ("row",),
        "touched": ("sentence", "number", "row"),
    }
    touched = {
        name: _share([bool(span.touched_by) for span in spans if span.kind in kind]) for name, kind in kinds.items()
    }
    return {**touched, "declined": _share([bool(span.declined) for span in spans])}


def of_document(document: str, chunks: Sequence[Coverage]) -> DocumentCoverage:
    """The coverage of all chunks taken together."""
    spans = [span for chunk in chunks for span in chunk.spans]
    shown = [bool(one.asked_by) for chunk in chunks for one in chunk.figures or ()]
    count = FigureCount(of=len(shown), asked=sum(shown)) if shown else msgspec.UNSET
    return DocumentCoverage(document=document, chunks=list(chunks), figures=count, **shares(spans))


class _Said:
    """What a statement says: its content words and its numbers."""

    def __init__(self, statement: Statement, words: frozenset[str], figures: list[Number]) -> None:
        self.start, self.end = statement.start, statement.end
        self.words = words
        self.numbers = figures
        self.values = {number.value for number in self.numbers}
        self.enough = min(len(self.words), ENOUGH_WORDS, max(2, (len(self.words) + 1) // 2))


class _Touch:
    """A pair, with its evidence found in the chunk's text and its own words and numbers."""

    def __init__(self, pair: Pair, reading: Reading) -> None:
        said = f"{pair.question} {pair.answer}"
        self.id = pair.id
        self.places = [span for quote in pair.evidence if (span := reading.source_text.find(quote))]
        self.text = reading.chunk.text
        self.spoken = reading.language
        self.words = content_words(said, self.spoken)
        self.values = {number.value for number in numbers(" ".join([said, *pair.evaluation_criteria]), spelled=True)}

    def touches(self, said: _Said) -> bool:
        common = len(said.words & self.words)
        for start, end in self.places:
            quoted = self.text[max(start, said.start) : min(end, said.end)]
            if not quoted or (said.words and len(content_words(quoted, self.spoken) & said.words) < said.enough):
                continue
            around = self.text[start : said.start] + " " + self.text[said.end : end]
            if common >= ASKED * len(said.words) or not content_words(around, self.spoken):
                return True
        return len(said.words) >= ENOUGH_WORDS and common >= SAID * len(said.words) and said.values <= self.values


def _span(start: int, end: int, kind: Kind, touches: Sequence[_Touch], why: str) -> Span:
    return Span(
        start=start, end=end, kind=kind, touched_by=[touch.id for touch in touches], declined="" if touches else why
    )


def _share(counted: Sequence[bool]) -> float | None:
    return round(sum(counted) / len(counted), 4) if counted else None


def summary_line(covered: DocumentCoverage) -> str:
    """`61 pairs (50 + 11 + 0), covers 94% (sentences 96%, numbers 91%), 7 rejected (evidence 4, ...), 12 calls`.

    The sum is the saturation curve of the document: new pairs of each iteration, over all chunks.
    """
    curve = [sum(column) for column in zip_longest(*(run.new for run in covered.runs), fillvalue=0)]
    shares = {name: getattr(covered, name) for name in ("sentences", "numbers", "rows")}
    by_kind = ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share is not None)
    parts = [f"{covered.pairs} pairs" + (f" ({' + '.join(map(str, curve))})" if curve else "")]
    if covered.touched is not None:
        parts.append(f"covers {covered.touched:.0%} ({by_kind})")
        if covered.declined:
            parts.append(f"{covered.declined:.0%} declined, {1 - covered.touched - covered.declined:.0%} open")
    if covered.figures:
        parts.append(f"{covered.figures.asked} of {covered.figures.of} figures asked about")
    if covered.rejected:
        reasons = ", ".join(f"{reason} {n}" for reason, n in covered.rejected.items())
        parts.append(f"{sum(covered.rejected.values())} rejected ({reasons})")
    return ", ".join([*parts, f"{covered.calls} calls"])
