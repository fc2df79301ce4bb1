"""Which sentences, numbers and table rows of a chunk its pairs cover, computed without a model.

A statement (sentence, list item, table row) is covered when the evidence of a pair quotes at least half of its content
words at that place (at least two; three are always enough), or when question and answer together say it. Where one
quote runs over several statements, question and answer must also hold a third of a statement's words: a quote is no
question. A number is covered by a pair that covers its statement and names it in question, answer or criteria. Figures
are counted by themselves: one is asked about by the pairs whose evidence it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import msgspec

from groundwork.language.numbers import Number, number_values
from groundwork.language.words import content_words
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.figures import Figure, figures
from groundwork.markdown.statements import Statement
from groundwork.records import Coverage, DocumentCoverage, FigureAsked, FigureCount, Pair, Span

ENOUGH_WORDS = 3
# Of a statement's content words, in question and answer, where a quote holds other statements too.
MIN_ASKED_SHARE = 1 / 3
MIN_SAID_SHARE = 0.8  # of a statement's content words in question and answer


SpanKind = Literal["sentence", "row", "number"]
DeclinedStatements = Mapping[Statement, str]


def coverage(reading: Reading, pairs: Sequence[Pair], declined: DeclinedStatements | None = None) -> Coverage:
    """What `pairs` touch of a chunk; offsets of the spans count in its `text`, added table headers are left out.

    `declined`: why there is nothing worth asking in some of its statements.
    """
    return ChunkCoverageCounter(reading).coverage(pairs, declined)


class ChunkCoverageCounter:
    """Counts what pairs touch of one chunk, again and again: each pair is held against each statement once."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._added = reading, len(reading.chunk.added)
        self._covering_pairs_by_id: dict[int, _CoveringPair] = {}  # by the identity of the pair, which they keep alive

    @cached_property
    def _coverable_statements(self) -> list[_CoverableStatement]:
        reading = self._reading
        chunk_statements = zip(reading.statements, reading.words, reading.numbers, strict=True)
        return [
            _CoverableStatement(*chunk_statement)
            for chunk_statement in chunk_statements
            if chunk_statement[0].end > self._added and not chunk_statement[0].announces
        ]

    @cached_property
    def _chunk_figures(self) -> list[Figure]:
        chunk = self._reading.chunk
        return [figure for figure in figures(chunk.text, chunk.document) if figure.start >= self._added]

    def coverage(self, pairs: Sequence[Pair], declined: DeclinedStatements | None = None) -> Coverage:
        """As the function of that name."""
        covering_pairs = [self._covering_pair_of(pair) for pair in pairs]
        chunk_spans: list[Span] = []
        for statement_index, coverable_statement in enumerate(self._coverable_statements):
            touching_pairs = [pair for pair in covering_pairs if statement_index in pair.covered_statements]
            declined_reason = (declined or {}).get(coverable_statement.statement, "")
            chunk_spans += _statement_spans(coverable_statement, touching_pairs, declined_reason)
        return Coverage(
            document=self._reading.chunk.document,
            chunk=self._reading.chunk.id,
            spans=chunk_spans,
            figures=self._figure_coverage(pairs) or msgspec.UNSET,
            **coverage_shares(chunk_spans),
        )

    def _covering_pair_of(self, pair: Pair) -> _CoveringPair:
        if id(pair) not in self._covering_pairs_by_id:
            self._covering_pairs_by_id[id(pair)] = _CoveringPair(pair, self._reading, self._coverable_statements)
        return self._covering_pairs_by_id[id(pair)]

    def _figure_coverage(self, pairs: Sequence[Pair]) -> list[FigureAsked]:
        """The figures of the chunk, each asked about by the pairs whose evidence it is."""
        chunk_text = self._reading.chunk.text
        return [
            FigureAsked(
                start=figure.start,
                end=figure.end,
                file=figure.file,
                asked_by=[pair.id for pair in pairs if chunk_text[figure.start : figure.end] in pair.evidence],
            )
            for figure in self._chunk_figures
        ]


def gaps(reading: Reading, chunk_coverage: Coverage) -> list[Statement]:
    """The open statements, that no pair covers and nobody declined, in order.

    What was quoted was asked about: a covered statement with a number that no pair names is none.
    """
    open_spans = {
        (covered_span.start, covered_span.end)
        for covered_span in chunk_coverage.spans
        if not covered_span.touched_by and not covered_span.declined
    }
    return [statement for statement in reading.statements if (statement.start, statement.end) in open_spans]


def coverage_shares(chunk_spans: Iterable[Span]) -> dict[str, Any]:
    """The share touched of the sentences, numbers, rows and of all (`touched`), and the share of all that is declined;
    None where there are none.
    """
    chunk_spans = list(chunk_spans)
    kinds_by_share = {
        "sentences": ("sentence",),
        "numbers": ("number",),
        "rows": ("row",),
        "touched": ("sentence", "number", "row"),
    }
    touched_shares = {
        coverage_share: _covered_share([bool(span.touched_by) for span in chunk_spans if span.kind in span_kinds])
        for coverage_share, span_kinds in kinds_by_share.items()
    }
    return {**touched_shares, "declined": _covered_share([bool(span.declined) for span in chunk_spans])}


class _CoverableStatement:
    """What a statement says: its content words and its numbers."""

    def __init__(self, statement: Statement, content_words_said: frozenset[str], numbers_said: list[Number]) -> None:
        self.statement, self.start, self.end = statement, statement.start, statement.end
        self.words = content_words_said
        self.numbers = numbers_said
        self.values = {number.value for number in self.numbers}
        self.words_needed = min(len(self.words), ENOUGH_WORDS, max(2, (len(self.words) + 1) // 2))


class _CoveringPair:
    """A pair, with its evidence found in the chunk's text, its own words and numbers, and the statements it covers."""

    def __init__(self, pair: Pair, reading: Reading, statements: Sequence[_CoverableStatement]) -> None:
        covering_text = f"{pair.question} {pair.answer}"
        self.pair, self.id = pair, pair.id
        self.covering_quotes = [spans for quote in pair.evidence if (spans := reading.source_text.find_parts(quote))]
        self.text = reading.chunk.text
        self.language = reading.language
        self.words = content_words(covering_text, self.language)
        self.values = number_values(" ".join([covering_text, *pair.evaluation_criteria]), spelled="en")

        self.covered_statements = {
            statement_index
            for statement_index, coverable_statement in enumerate(statements)
            if self._covers_statement(coverable_statement)
        }

    def _covers_statement(self, statement: _CoverableStatement) -> bool:
        covered_words = len(statement.words & self.words)
        for spans in self.covering_quotes:
            covered_part = self._quoted_between(spans, statement.start, statement.end)
            if not covered_part or (
                statement.words
                and len(content_words(covered_part, self.language) & statement.words) < statement.words_needed
            ):
                continue
            text_before = self._quoted_between(spans, 0, statement.start)
            outside = f"{text_before} {self._quoted_between(spans, statement.end, len(self.text))}"
            if covered_words >= MIN_ASKED_SHARE * len(statement.words) or not content_words(outside, self.language):
                return True
        return (
            len(statement.words) >= ENOUGH_WORDS
            and covered_words >= MIN_SAID_SHARE * len(statement.words)
            and statement.values <= self.values
        )

    def _quoted_between(self, spans: Sequence[tuple[int, int]], start: int, end: int) -> str:
        """What the parts of a quote have of the text from `start` to `end`."""
        quoted_pieces = (self.text[max(start, part_start) : min(end, part_end)] for part_start, part_end in spans)
        return " ".join(filter(None, quoted_pieces))


def _statement_spans(
    coverable_statement: _CoverableStatement, touching_pairs: Sequence[_CoveringPair], declined_reason: str
) -> Iterator[Span]:
    """The statement itself, then its numbers, each touched by the pairs that name it as well."""
    statement = coverable_statement.statement
    yield _coverage_span(statement.start, statement.end, statement.kind, touching_pairs, declined_reason)
    for number in coverable_statement.numbers:
        naming_pairs = [pair for pair in touching_pairs if number.value in pair.values]
        number_start, number_end = statement.start + number.start, statement.start + number.end
        yield _coverage_span(number_start, number_end, "number", naming_pairs, declined_reason)


def _coverage_span(start: int, end: int, kind: SpanKind, touching_pairs: Sequence[_CoveringPair], reason: str) -> Span:
    return Span(
        start=start,
        end=end,
        kind=kind,
        touched_by=[pair.id for pair in touching_pairs],
        declined="" if touching_pairs else reason,
    )


def _covered_share(is_covered: Sequence[bool]) -> float | None:
    return round(sum(is_covered) / len(is_covered), 4) if is_covered else None


def document_coverage(document: str, chunks: Sequence[Coverage]) -> DocumentCoverage:
    """The coverage of all chunks taken together."""
    spans = [span for covered in chunks for span in covered.spans]
    figures_asked = [bool(figure.asked_by) for covered in chunks for figure in covered.figures or ()]
    figure_count = FigureCount(of=len(figures_asked), asked=sum(figures_asked)) if figures_asked else msgspec.UNSET
    return DocumentCoverage(document=document, chunks=list(chunks), figures=figure_count, **coverage_shares(spans))
