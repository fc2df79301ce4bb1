"""The interviews of one document: which chunks are asked about, by which strategy, how much, and what came of it.

A strategy is a way to ask about a chunk, chosen by qa.strategy: many pairs a call, or a statement a call for a small
model. Before the interviews, for --dry-run: what they will ask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from groundwork.apportionment import largest_remainder
from groundwork.coverage import chunk_coverage
from groundwork.errors import UnitError
from groundwork.installation import as_typed
from groundwork.llm.client import Client
from groundwork.llm.prompts import PromptReader
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.grounding import SourceText
from groundwork.markdown.statements import Statement
from groundwork.message_wording import counted
from groundwork.questions.chunk_interview import Asker, Interview, ask_wishes, interview
from groundwork.questions.drafted_pairs import PairBasis
from groundwork.questions.duplicates.duplicate_rule import question_of
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions, Encode, Likeness, similarity
from groundwork.questions.material_to_ask_about import (
    CallTokens,
    ForecastBasis,
    Material,
    StatementsByChunk,
    is_instruction,
    prompt_variables,
    wished_statements,
)
from groundwork.questions.two_chunk_questions import TwoChunks, related_chunks
from groundwork.records import Chunk, Contradiction, DocumentCoverage, Pair, Rejected
from groundwork.settings.config_schema import QA, Config

if TYPE_CHECKING:
    from groundwork.llm.client import Client


@dataclass
class Interviews:
    """One interview a chunk."""

    material: Material
    settings: QA
    states: list[Interview]
    askers: list[Asker]
    notice: str = ""
    notes: list[str] = field(default_factory=list)
    similarity: tuple[Encode | None, Likeness] = (None, Likeness())
    couples: list[TwoChunks] = field(default_factory=list)

    async def run(self, chunk_number: int) -> None:
        chunk_interview = self.states[chunk_number]
        if chunk_interview.limit == 0:
            chunk_interview.end_reason = "limit"
            await ask_wishes(chunk_interview, self.askers[chunk_number])
        elif all(statement.announces for statement in chunk_interview.reading.statements) and not self._shows_figures(
            chunk_number
        ):
            chunk_interview.end_reason = "nothing said"  # a title, headings or links alone
        else:
            await interview(chunk_interview, self.askers[chunk_number])

    def _shows_figures(self, chunk_number: int) -> bool:
        return bool(getattr(self.askers[chunk_number], "shows_figures", False))

    def log_line(self, chunk_number: int) -> str:
        """The log's line of one chunk: `chunk 3: 13 + 3 + 3 + 2`."""
        chunk_interview = self.states[chunk_number]
        covered = chunk_interview.coverage()
        share = "" if covered.touched is None else f", {covered.touched:.0%} covered"
        share += f", {covered.declined:.0%} declined" if covered.declined else ""
        reason = f", {chunk_interview.failure}" if chunk_interview.failure else ""
        chunk_name, curve = f"chunk {chunk_interview.chunk.index + 1}", chunk_interview.curve()
        return f"{chunk_name}: {curve}   ({self.material.document}{share}{reason})"

    def pairs(self) -> list[Pair]:
        return [pair for interview in self._all_interviews() for pair in interview.pairs]

    def rejected(self) -> list[Rejected]:
        return [rejection for interview in self._all_interviews() for rejection in interview.rejected]

    def _all_interviews(self) -> list[Interview | TwoChunks]:
        return [*self.states, *self.couples]

    def _contradictions(self) -> Iterator[tuple[Chunk, str]]:
        for chunk_interview in self.states:
            yield from ((chunk_interview.chunk, text) for text in chunk_interview.contradictions)
        for couple in self.couples:
            yield from ((couple.first.chunk, text) for text in couple.contradictions)

    def coverage(self) -> DocumentCoverage:
        """Coverage of the whole document with the saturation curve of every chunk."""
        pairs: dict[str, list[Pair]] = {}
        for pair in self.pairs():
            for chunk in pair.chunks:
                pairs.setdefault(chunk, []).append(pair)
        chunk_coverages = [
            chunk_interview.coverage(pairs.get(chunk_interview.chunk.id, [])) for chunk_interview in self.states
        ]
        document_coverage = chunk_coverage.document_coverage(self.material.document, chunk_coverages)
        return msgspec.structs.replace(
            document_coverage,
            pairs=len(self.pairs()),
            rejected=dict(Counter(rejection.reason for rejection in self.rejected()).most_common()),
            contradictions=[Contradiction(chunk=chunk.id, text=text) for chunk, text in self._contradictions()],
            calls=sum(asker.calls for asker in self.askers) + len(self.couples),
            runs=[
                chunk_interview.run_record(asker.calls)
                for chunk_interview, asker in zip(self.states, self.askers, strict=True)
            ],
        )

    def warnings(self) -> list[str]:
        """What a reader of the ledger should know: chunks cut off, hidden instructions, what was missing."""
        interview_warnings = list(self.notes)
        last_round = self.settings.max_iterations - 1
        cut_interviews = [
            chunk_interview
            for chunk_interview in self.states
            if chunk_interview.end_reason == "max_iterations" and chunk_interview.new_pair_counts[last_round]
        ]
        if cut_interviews:
            chunk_names = ", ".join(
                f"chunk {chunk_interview.chunk.index + 1}" for chunk_interview in cut_interviews[:5]
            )
            more = " ..." if len(cut_interviews) > 5 else ""
            interview_warnings.append(
                f"{chunk_names}{more}: still gave new pairs when qa.max_iterations ({self.settings.max_iterations}) "
                f"was reached; raise it: --set qa.max_iterations={self.settings.max_iterations * 2}"
            )
        interview_warnings += [
            f"chunk {chunk.index + 1}: the document contradicts itself: {text}"
            for chunk, text in self._contradictions()
        ]
        interview_warnings += [warning for asker in self.askers for warning in getattr(asker, "warnings", ())]
        for chunk_interview in self.states:
            interview_warnings += [
                _unmet_wish_warning(chunk_interview, statement)
                for statement in chunk_interview.open_wishes()
                if not chunk_interview.failure
            ]
            for statement in chunk_interview.reading.statements:
                if is_instruction(chunk_interview.chunk.text[statement.start : statement.end]):
                    excerpt = _excerpt(chunk_interview.chunk.text[statement.start : statement.end])
                    chunk_name = f"chunk {chunk_interview.chunk.index + 1}"
                    interview_warnings.append(
                        f'{chunk_name}: holds an instruction to a model, not asked about: "{excerpt}"'
                    )
        return interview_warnings

    def failures(self) -> list[tuple[str, UnitError]]:
        """(part, error) of every chunk or statement whose reply stayed unusable."""
        interview_failures = [
            (f"chunk {chunk_interview.chunk.index + 1}", chunk_interview.failure)
            for chunk_interview in self.states
            if chunk_interview.failure
        ]
        for chunk_interview, asker in zip(self.states, self.askers, strict=True):
            interview_failures += [
                (f"chunk {chunk_interview.chunk.index + 1}", error) for error in getattr(asker, "failures", ())
            ]
        for chunk_pair in self.couples:
            if chunk_pair.failure:
                interview_failures.append(
                    (
                        f"chunks {chunk_pair.first.chunk.index + 1} and {chunk_pair.second.chunk.index + 1}",
                        chunk_pair.failure,
                    )
                )
        return interview_failures

    async def ask_across_chunks(self) -> None:
        """Questions that need two related chunks, where qa.multi_chunk asks for them."""
        if not self.couples:
            return
        earlier_questions = EarlierQuestions(*self.similarity)
        await earlier_questions.find_repeats([question_of(pair) for pair in self.pairs()])
        for chunk_pair in self.couples:  # one after the other, so that none repeats another's question
            await chunk_pair.run(earlier_questions)


async def prepare_interviews(
    config: Config,
    material: Material,
    prompt: Callable[[str], str],
    client: Callable[[], Client],
    vectors: Path,
    joined: Path | None = None,
) -> Interviews:
    """Everything ready to ask: an interview and an asker for each chunk of `material`.

    `prompt` reads a file of config/prompts, `client` makes the model's client when it is needed, `vectors` is the
    folder of the embeddings' cache, `joined` one that is only read.
    Raises ConfigError for a prompt or a setting that cannot be used.
    """
    sample = [statement for reading in material.readings for statement in reading.plain_statements()]
    threshold = config.qa.duplicate_threshold
    encode, likeness, similarity_note = await similarity(config.embeddings, threshold, sample, vectors, client, joined)
    wished, unmet = wished_statements(material.wishes, material.readings)
    earlier = partial(EarlierQuestions, encode, likeness)
    states = _chunk_interviews(config.qa, material, prompt(config.qa.prompt), earlier, wished)
    askers = choose_strategy(config.qa).askers(config.qa, material, prompt, client)
    couples = await _two_chunk_interviews(config.qa, material, prompt, client, encode) if config.qa.multi_chunk else []
    interview_notes = [] if material.summary else [as_typed("no summary; run first: uv run dataprep/summarize.py")]
    interview_notes += [similarity_note] if similarity_note else []
    interview_notes += [
        f'wish not met, its text is gone or left out of the questions: "{_excerpt(wish.text)}"' for wish in unmet
    ]
    notice = _limit_notice(config.qa, material)
    return Interviews(material, config.qa, states, askers, notice, interview_notes, (encode, likeness), couples)


def _chunk_interviews(
    settings: QA,
    material: Material,
    prompt: str,
    earlier: Callable[[], EarlierQuestions],
    wished: StatementsByChunk,
) -> list[Interview]:
    limits = chunk_limits(settings, [len(reading.statements) for reading in material.readings])
    return [
        Interview(
            reading=reading,
            source=_pair_basis(material, [reading], prompt, settings),
            settings=settings,
            earlier=earlier(),
            limit=limit,
            wished=wished.get(reading.chunk.id, ()),
        )
        for reading, limit in zip(material.readings, limits, strict=True)
    ]


async def _two_chunk_interviews(
    settings: QA, material: Material, prompt: PromptReader, client: Callable[[], Client], encode: Encode
) -> list[TwoChunks]:
    template, variables = prompt(settings.two_chunk_prompt), prompt_variables(settings, material)
    return [
        TwoChunks(
            client(),
            settings,
            template,
            first,
            second,
            variables,
            _pair_basis(material, [first, second], template, settings),
        )
        for first, second in await related_chunks(material.readings, encode)
    ]


def _unmet_wish_warning(chunk_interview: Interview, statement: Statement) -> str:
    excerpt = _excerpt(chunk_interview.chunk.text[statement.start : statement.end])
    reason = chunk_interview.declined.get(statement) or "no pair about it passed; qa/<run>/rejected says why"
    return f'chunk {chunk_interview.chunk.index + 1}: wish not met ({reason}): "{excerpt}"'


def _excerpt(wish_text: str) -> str:
    return " ".join(wish_text.split())[:80]


def _pair_basis(material: Material, readings: Sequence[Reading], prompt: str, settings: QA) -> PairBasis:
    headings = [heading for reading in readings for heading in reading.chunk.headings]
    known_text = " ".join([material.title, material.summary, settings.context, *headings])
    if len(readings) == 1:
        return PairBasis(readings[0].source_text, _instructions(prompt), known_text, material.title)
    chunk_texts = "\n\n".join(reading.chunk.text for reading in readings)
    return PairBasis(SourceText(chunk_texts, readings[0].language), _instructions(prompt), known_text, material.title)


def _instructions(prompt: str) -> str:
    """The part of a prompt that is the same for every chunk, examples included: no question may be about it."""
    from groundwork.llm.prompts import placeholders, split_turns

    return "\n".join(turn["content"] for turn in split_turns(prompt) if not placeholders(turn["content"]))


def share_limit(pair_limit: int, chunk_sizes: Sequence[int]) -> list[int | None]:
    """`pair_limit` shared out in proportion to `chunk_sizes` by largest remainder; 0 is no limit, None for each."""
    if not pair_limit or not sum(chunk_sizes):
        return [None] * len(chunk_sizes)
    return list(largest_remainder(chunk_sizes, pair_limit))


def chunk_limits(settings: QA, chunk_sizes: Sequence[int]) -> list[int | None]:
    """How many pairs each chunk may give at the most: its share of qa.limit, and qa.questions; None: no limit."""
    shares = share_limit(settings.limit, chunk_sizes)
    if not settings.questions:
        return shares
    return [settings.questions if share is None else min(share, settings.questions) for share in shares]


def _limit_notice(settings: QA, material: Material) -> str:
    if not settings.limit:
        return ""
    return (
        f"{material.document}: at most {counted(settings.limit, 'pair')}, spread over "
        f"{counted(len(material.chunks), 'chunk')} (qa.limit); "
        "to ask everything: --limit 0"
    )


def interview_calls(basis: ForecastBasis) -> Iterator[CallTokens]:
    """Each call that the interviews about a document are likely to make."""
    settings, material = basis.settings, basis.material
    strategy = choose_strategy(settings)
    statement_counts = [len(reading.statements) for reading in material.readings]
    wished, _ = wished_statements(material.wishes, material.readings)
    for reading, limit in zip(material.readings, chunk_limits(settings, statement_counts), strict=True):
        if limit != 0:  # nothing is asked where no pair may come
            yield from strategy.forecast(basis, reading, limit)
        if wish_count := len(wished.get(reading.chunk.id, ())):  # once more, whatever the limit is
            single_round = replace(basis, settings=msgspec.structs.replace(settings, iterate=False))
            yield from strategy.forecast(single_round, reading, wish_count)


def summary_line(document_coverage: DocumentCoverage) -> str:
    """`61 pairs (50 + 11 + 0), covers 94% (sentences 96%, numbers 91%), 7 rejected (evidence 4, ...), 12 calls`.

    The sum is the saturation curve of the document: new pairs of each iteration, over all chunks.
    """
    curve = [sum(column) for column in zip_longest(*(run.new for run in document_coverage.runs), fillvalue=0)]
    shares = {name: getattr(document_coverage, name) for name in ("sentences", "numbers", "rows")}
    by_kind = ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share is not None)
    clauses = [counted(document_coverage.pairs, "pair") + (f" ({' + '.join(map(str, curve))})" if curve else "")]
    if document_coverage.touched is not None:
        clauses.append(f"covers {document_coverage.touched:.0%} ({by_kind})")
        if document_coverage.declined:
            open_share = max(0.0, 1 - document_coverage.touched - document_coverage.declined)  # both are rounded
            clauses.append(f"{document_coverage.declined:.0%} declined, {open_share:.0%} open")
    if document_coverage.figures:
        clauses.append(
            f"{document_coverage.figures.asked} of {counted(document_coverage.figures.of, 'figure')} asked about"
        )
    if document_coverage.rejected:
        rejection_reasons = ", ".join(f"{reason} {n}" for reason, n in document_coverage.rejected.items())
        clauses.append(f"{sum(document_coverage.rejected.values())} rejected ({rejection_reasons})")
    return ", ".join([*clauses, counted(document_coverage.calls, "call")])


class Strategy(Protocol):
    """What a way to ask has to give."""

    def prompt_files(self, settings: QA, /) -> list[str]: ...

    def askers(
        self, settings: QA, material: Material, prompt: PromptReader, client: Callable[[], Client], /
    ) -> list[Asker]: ...

    def forecast(self, basis: ForecastBasis, reading: Reading, limit: int | None, /) -> Iterator[CallTokens]: ...


def choose_strategy(settings: QA) -> Strategy:
    """The strategy of qa.strategy. The small model's is read only where it is asked for."""
    if settings.strategy == "sentence":
        from groundwork.questions.small_model import sentence_strategy

        return sentence_strategy
    from groundwork.questions import batched_strategy

    return batched_strategy


def prompt_files(settings: QA) -> list[str]:
    """The files of config/prompts that `settings` makes use of."""
    return [
        *choose_strategy(settings).prompt_files(settings),
        *([settings.two_chunk_prompt] if settings.multi_chunk else []),
    ]
