"""The interviews of one document: in which rounds each chunk is asked about, how much, and what came of it.

The interview about one chunk is a loop: it checks every draft, has faulty ones corrected once, counts as new only what
repeats nothing, and knows after each iteration what of the chunk is still untouched. It ends when nothing new comes.
How is asked is the business of a strategy (`strategy_interface`), chosen by qa.strategy. For --dry-run: what the
interviews will ask.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from groundwork.apportionment import apportion_by_largest_remainder
from groundwork.coverage import chunk_coverage
from groundwork.errors import UnitError
from groundwork.installation import as_typed
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import PromptReader, placeholders, split_turns
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.grounding import SourceText
from groundwork.markdown.statements import Statement
from groundwork.message_wording import counted
from groundwork.questions.duplicates.duplicate_rule import Likeness, asked_question
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions, encoder_and_likeness
from groundwork.questions.interview_material import InterviewMaterial, prompt_variables
from groundwork.questions.pair_drafts import (
    Draft,
    DraftBasis,
    Fault,
    pair_from_draft,
    reject_draft,
    reject_unread_draft,
)
from groundwork.questions.prompt_injection import is_prompt_injection
from groundwork.questions.strategy_interface import (
    MAX_TIMES_SHOWN,
    Asker,
    CallTokens,
    ForecastBasis,
    InterviewAnswer,
    InterviewRound,
    JudgedDraft,
    Strategy,
)
from groundwork.questions.two_chunk_questions import TwoChunkInterview, related_chunk_pairs
from groundwork.questions.wished_statements import StatementsByChunk, wished_statements
from groundwork.records import Chunk, ChunkRun, Contradiction, Coverage, DocumentCoverage, Pair, Rejected
from groundwork.settings.config_schema import QA, Config

if TYPE_CHECKING:
    from groundwork.embedding.encoder import EncodeTexts

UNCORRECTABLE_FAULTS = ("example", "instruction", "round trip", "worth")  # faults that asking again does not mend
MAX_WISH_ROUNDS = 3  # rounds that are about wishes alone
MAX_UNWORTHY_SHARE = 0.5  # of a round's pairs: more than that not worth asking, and the chunk is done


@dataclass
class ChunkInterview:
    """The questions about one chunk so far, what was rejected, and how it went."""

    reading: Reading
    draft_basis: DraftBasis
    settings: QA
    earlier_questions: EarlierQuestions
    pair_limit: int | None = None  # pairs of this chunk at the most
    wished: Sequence[Statement] = ()  # what readers want asked about
    pairs: list[Pair] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    new_pair_counts: list[int] = field(default_factory=list)
    coverage_shares: list[float] = field(default_factory=list)
    declined: dict[Statement, str] = field(default_factory=dict)
    contradictions: dict[str, None] = field(default_factory=dict)  # in order, each once
    times_gap_shown: Counter[Statement] = field(default_factory=Counter)
    announced_wishes: set[Statement] = field(default_factory=set)  # wishes that the model was told of
    end_reason: str = ""
    failure: UnitError | None = None

    @property
    def chunk(self) -> Chunk:
        return self.reading.chunk

    @property
    def chunk_name(self) -> str:
        return f"chunk {self.chunk.index + 1}"

    def coverage(self, pairs: Sequence[Pair] | None = None) -> Coverage:
        """What of the chunk the interview's pairs cover, or those given."""
        return self._chunk_coverage_count.coverage(self.pairs if pairs is None else pairs, self.declined)

    @cached_property
    def _chunk_coverage_count(self) -> chunk_coverage.ChunkCoverageCounter:
        return chunk_coverage.ChunkCoverageCounter(self.reading)

    def open_gaps(self) -> list[Statement]:
        """What is open and was not shown too often, without instructions to a model that the document may hold."""
        return [
            statement
            for statement in chunk_coverage.gaps(self.reading, self.coverage())
            if self.times_gap_shown[statement] < MAX_TIMES_SHOWN and statement not in self._injected_statements
        ]

    @cached_property
    def _injected_statements(self) -> frozenset[Statement]:
        return frozenset(
            statement
            for statement in self.reading.statements
            if is_prompt_injection(statement.plain_text(self.chunk.text))
        )

    def open_wishes(self) -> list[Statement]:
        """What readers want asked about and no pair covers."""
        untouched = {(span.start, span.end) for span in self.coverage().spans if not span.touched_by}
        return [statement for statement in self.wished if (statement.start, statement.end) in untouched]

    def remaining_pairs(self, batch_size: int) -> int:
        """How many pairs may still come, `batch_size` at the most."""
        return batch_size if self.pair_limit is None else max(0, min(batch_size, self.pair_limit - len(self.pairs)))

    def judge_draft(self, draft: Draft, faults: Sequence[Fault] = ()) -> JudgedDraft:
        return draft, [*self.draft_basis.draft_faults(draft), *faults]

    def saturation_curve(self) -> str:
        """New pairs of each iteration, as `13 + 3 + 3 + 2`."""
        return " + ".join(map(str, self.new_pair_counts)) or "0"

    def chunk_run_record(self, calls: int) -> ChunkRun:
        return ChunkRun(
            chunk=self.chunk.id,
            new=self.new_pair_counts,
            ended=self.end_reason,
            coverage=self.coverage_shares,
            calls=calls,
        )


async def run_chunk_interview(chunk_interview: ChunkInterview, asker: Asker) -> None:
    """Fill `chunk_interview` with pairs. A reply that stays unusable ends it with `failure` set; what came before
    is kept."""
    await _ask_interview_rounds(chunk_interview, asker)
    if not chunk_interview.failure:
        await ask_about_wishes(chunk_interview, asker)


async def ask_about_wishes(chunk_interview: ChunkInterview, asker: Asker) -> None:
    """After all rounds: ask about what readers want asked and no pair covers, whatever the limits say."""
    for _ in range(MAX_WISH_ROUNDS + len(chunk_interview.wished) // max(1, asker.batch_size)):
        open_wishes = [
            statement
            for statement in chunk_interview.open_wishes()
            if statement not in chunk_interview.declined or statement not in chunk_interview.announced_wishes
        ]
        if not open_wishes:
            return
        try:
            await _ask_interview_round(chunk_interview, asker, len(chunk_interview.new_pair_counts) + 1, open_wishes)
        except UnitError as error:
            chunk_interview.failure, chunk_interview.end_reason = error, error.status
            return
        chunk_interview.announced_wishes.update(open_wishes)
        chunk_interview.coverage_shares.append(chunk_interview.coverage().touched or 0.0)


async def _ask_interview_rounds(chunk_interview: ChunkInterview, asker: Asker) -> None:
    max_rounds = chunk_interview.settings.max_iterations if chunk_interview.settings.iterate else 1
    for iteration in range(1, max_rounds + 1):
        try:
            round_outcome = await _ask_interview_round(chunk_interview, asker, iteration)
        except UnitError as error:
            chunk_interview.failure, chunk_interview.end_reason = error, error.status
            return
        chunk_interview.coverage_shares.append(chunk_interview.coverage().touched or 0.0)
        chunk_interview.end_reason = _end_reason(chunk_interview, round_outcome)
        if chunk_interview.end_reason:
            return
    chunk_interview.end_reason = (
        "max_iterations" if chunk_interview.settings.iterate and chunk_interview.settings.stop != "fixed" else "fixed"
    )


class _InterviewRoundOutcome(NamedTuple):
    """How a round went: pairs that came, of these not worth asking, was it cut at the count, did the model end it."""

    pair_count: int
    unworthy_count: int
    is_cut: bool
    done: bool


async def _ask_interview_round(
    interview: ChunkInterview, asker: Asker, iteration: int, wished: Sequence[Statement] = ()
) -> _InterviewRoundOutcome:
    """Ask once, correct once, keep what is good and new."""
    wanted_count = min(len(wished), asker.batch_size) or interview.remaining_pairs(asker.batch_size)
    last_rejected = [rejection for rejection in interview.rejected if rejection.iteration == iteration - 1]
    for statement in wished:
        interview.declined.pop(statement, None)
    round_answer = await asker.ask(
        InterviewRound(
            iteration, wanted_count, interview.pairs, wished or interview.open_gaps(), last_rejected, bool(wished)
        )
    )
    interview.contradictions.update(dict.fromkeys(text.strip() for text in round_answer.contradictions if text.strip()))
    round_drafts = round_answer.drafts
    judged_drafts = [interview.judge_draft(draft, faults) for draft, faults in round_drafts[:wanted_count]]
    unworthy_count = sum(any(fault.reason == "worth" for fault in faults) for _, faults in judged_drafts)
    judged_drafts = await _correct_faulty_drafts(interview, asker, judged_drafts)
    while asker.dropped:
        interview.rejected.append(reject_unread_draft(asker.dropped.pop(0), interview.chunk, iteration))
    for draft, _ in round_drafts[wanted_count:]:
        _reject(
            interview,
            draft,
            iteration,
            Fault("excess", f"{len(round_drafts)} pairs came where {wanted_count} were asked for"),
        )
    for draft, faults in judged_drafts:
        if faults:
            _reject(interview, draft, iteration, faults[0], "; ".join(fault.detail for fault in faults))
    interview.new_pair_counts.append(
        await _keep_new_drafts(interview, [draft for draft, faults in judged_drafts if not faults], iteration)
    )
    is_cut = len(round_drafts) >= wanted_count
    _note_declined_gaps(interview, round_answer, is_cut)
    return _InterviewRoundOutcome(len(round_drafts), unworthy_count, is_cut, round_answer.done)


def _note_declined_gaps(chunk_interview: ChunkInterview, round_answer: InterviewAnswer, is_cut: bool) -> None:
    """Note what the model declined. Where it says that nothing is left, that goes for all that it was shown; where the
    count cut it off, it may not have come to all that it was shown.
    """
    if not is_cut:
        chunk_interview.times_gap_shown.update(round_answer.shown_gaps)
    chunk_interview.declined.update(round_answer.declined)
    if round_answer.done:
        for statement in set(round_answer.shown_gaps) & set(
            chunk_coverage.gaps(chunk_interview.reading, chunk_interview.coverage())
        ):
            chunk_interview.declined[statement] = "nothing worth asking is left"


async def _correct_faulty_drafts(
    chunk_interview: ChunkInterview, asker: Asker, judged_drafts: list[JudgedDraft]
) -> list[JudgedDraft]:
    """The same drafts, where a fault can be corrected as the model corrected it."""
    faulty_drafts = [(draft, faults) for draft, faults in judged_drafts if _are_correctable_faults(faults)]
    if not faulty_drafts or not chunk_interview.settings.correct:
        return judged_drafts
    corrections = iter(await asker.correct(faulty_drafts))
    return [
        _judge_correction(chunk_interview, (draft, faults), next(corrections))
        if _are_correctable_faults(faults)
        else (draft, faults)
        for draft, faults in judged_drafts
    ]


def _judge_correction(
    chunk_interview: ChunkInterview, faulty_draft: JudgedDraft, correction: Draft | None
) -> JudgedDraft:
    return chunk_interview.judge_draft(correction) if correction else faulty_draft


def _are_correctable_faults(faults: Sequence[Fault]) -> bool:
    return bool(faults) and not any(fault.reason in UNCORRECTABLE_FAULTS for fault in faults)


async def _keep_new_drafts(chunk_interview: ChunkInterview, drafts: Sequence[Draft], iteration: int) -> int:
    duplicated_questions = await chunk_interview.earlier_questions.find_duplicates(
        [asked_question(draft) for draft in drafts]
    )
    for draft, earlier_question in zip(drafts, duplicated_questions, strict=True):
        if earlier_question:
            _reject(chunk_interview, draft, iteration, Fault("duplicate", f"repeats: {earlier_question}"))
        else:
            chunk_interview.pairs.append(
                pair_from_draft(draft, chunk_interview.chunk, chunk_interview.settings.model, iteration)
            )
    return sum(not earlier_question for earlier_question in duplicated_questions)


def _reject(chunk_interview: ChunkInterview, draft: Draft, iteration: int, fault: Fault, detail: str = "") -> None:
    chunk_interview.rejected.append(
        reject_draft(draft, chunk_interview.chunk, iteration, Fault(fault.reason, detail or fault.detail))
    )


def _end_reason(chunk_interview: ChunkInterview, round_outcome: _InterviewRoundOutcome) -> str:
    """Why no further iteration is needed, or ""."""
    if chunk_interview.pair_limit is not None and len(chunk_interview.pairs) >= chunk_interview.pair_limit:
        return "limit"
    if chunk_interview.settings.stop == "fixed":
        return ""
    if (
        chunk_interview.settings.stop == "coverage"
        and chunk_interview.coverage_shares[-1] >= chunk_interview.settings.target_coverage
    ):
        return "coverage"
    if round_outcome.unworthy_count > MAX_UNWORTHY_SHARE * round_outcome.pair_count:
        return "not worth more"
    if round_outcome.done:
        return "" if chunk_interview.settings.show_gaps and chunk_interview.open_gaps() else "done"
    is_fruitless = not chunk_interview.new_pair_counts[-1] and (
        not round_outcome.pair_count or chunk_interview.new_pair_counts[-2:] == [0, 0]
    )
    is_all_closed = not round_outcome.is_cut and not chunk_interview.open_gaps()
    return "exhausted" if is_fruitless or is_all_closed else ""


@dataclass
class DocumentInterviews:
    """One interview a chunk."""

    material: InterviewMaterial
    settings: QA
    chunk_interviews: list[ChunkInterview]
    askers: list[Asker]
    pair_limit_notice: str = ""
    interview_notes: list[str] = field(default_factory=list)
    encode_and_likeness: tuple[EncodeTexts | None, Likeness] = (None, Likeness())
    two_chunk_interviews: list[TwoChunkInterview] = field(default_factory=list)

    async def ask_about_chunk(self, chunk_number: int) -> None:
        chunk_interview = self.chunk_interviews[chunk_number]
        if chunk_interview.pair_limit == 0:
            chunk_interview.end_reason = "limit"
            await ask_about_wishes(chunk_interview, self.askers[chunk_number])
        elif all(statement.announces for statement in chunk_interview.reading.statements) and not self._shows_figures(
            chunk_number
        ):
            chunk_interview.end_reason = "nothing said"  # a title, headings or links alone
        else:
            await run_chunk_interview(chunk_interview, self.askers[chunk_number])

    def _shows_figures(self, chunk_number: int) -> bool:
        return bool(getattr(self.askers[chunk_number], "shows_figures", False))

    def chunk_log_line(self, chunk_number: int) -> str:
        """The log's line of one chunk: `chunk 3: 13 + 3 + 3 + 2`."""
        chunk_interview = self.chunk_interviews[chunk_number]
        coverage_of_chunk = chunk_interview.coverage()
        covered_share = "" if coverage_of_chunk.touched is None else f", {coverage_of_chunk.touched:.0%} covered"
        covered_share += f", {coverage_of_chunk.declined:.0%} declined" if coverage_of_chunk.declined else ""
        failure_text = f", {chunk_interview.failure}" if chunk_interview.failure else ""
        chunk_curve = f"{chunk_interview.chunk_name}: {chunk_interview.saturation_curve()}"
        return f"{chunk_curve}   ({self.material.document}{covered_share}{failure_text})"

    def pairs(self) -> list[Pair]:
        return [pair for chunk_interview in self._chunk_and_two_chunk_interviews() for pair in chunk_interview.pairs]

    def rejected(self) -> list[Rejected]:
        return [
            rejection
            for chunk_interview in self._chunk_and_two_chunk_interviews()
            for rejection in chunk_interview.rejected
        ]

    def _chunk_and_two_chunk_interviews(self) -> list[ChunkInterview | TwoChunkInterview]:
        return [*self.chunk_interviews, *self.two_chunk_interviews]

    def _contradictions(self) -> Iterator[tuple[Chunk, str]]:
        for chunk_interview in self.chunk_interviews:
            yield from ((chunk_interview.chunk, text) for text in chunk_interview.contradictions)
        for two_chunks in self.two_chunk_interviews:
            yield from ((two_chunks.first_reading.chunk, text) for text in two_chunks.contradictions)

    def coverage(self) -> DocumentCoverage:
        """Coverage of the whole document with the saturation curve of every chunk."""
        pairs_by_chunk: dict[str, list[Pair]] = {}
        for pair in self.pairs():
            for chunk in pair.chunks:
                pairs_by_chunk.setdefault(chunk, []).append(pair)
        chunk_coverages = [
            chunk_interview.coverage(pairs_by_chunk.get(chunk_interview.chunk.id, []))
            for chunk_interview in self.chunk_interviews
        ]
        interviews_coverage = chunk_coverage.document_coverage(self.material.document, chunk_coverages)
        return msgspec.structs.replace(
            interviews_coverage,
            pairs=len(self.pairs()),
            rejected=dict(Counter(rejection.reason for rejection in self.rejected()).most_common()),
            contradictions=[Contradiction(chunk=chunk.id, text=text) for chunk, text in self._contradictions()],
            calls=sum(asker.calls for asker in self.askers) + len(self.two_chunk_interviews),
            runs=[
                chunk_interview.chunk_run_record(asker.calls)
                for chunk_interview, asker in zip(self.chunk_interviews, self.askers, strict=True)
            ],
        )

    def warnings(self) -> list[str]:
        """What a reader of the ledger should know: chunks cut off, hidden instructions, what was missing."""
        interview_warnings = list(self.interview_notes)
        last_round = self.settings.max_iterations - 1
        cut_interviews = [
            chunk_interview
            for chunk_interview in self.chunk_interviews
            if chunk_interview.end_reason == "max_iterations" and chunk_interview.new_pair_counts[last_round]
        ]
        if cut_interviews:
            chunk_names = ", ".join(chunk_interview.chunk_name for chunk_interview in cut_interviews[:5])
            more_chunks = " ..." if len(cut_interviews) > 5 else ""
            interview_warnings.append(
                f"{chunk_names}{more_chunks}: still gave new pairs when qa.max_iterations "
                f"({self.settings.max_iterations}) was reached; raise it: "
                f"--set qa.max_iterations={self.settings.max_iterations * 2}"
            )
        interview_warnings += [
            f"chunk {chunk.index + 1}: the document contradicts itself: {text}"
            for chunk, text in self._contradictions()
        ]
        interview_warnings += [warning for asker in self.askers for warning in getattr(asker, "warnings", ())]
        for chunk_interview in self.chunk_interviews:
            interview_warnings += [
                _unmet_wish_warning(chunk_interview, statement)
                for statement in chunk_interview.open_wishes()
                if not chunk_interview.failure
            ]
            for statement in chunk_interview.reading.statements:
                if is_prompt_injection(chunk_interview.chunk.text[statement.start : statement.end]):
                    instruction = _statement_excerpt(chunk_interview.chunk.text[statement.start : statement.end])
                    interview_warnings.append(
                        f"{chunk_interview.chunk_name}: holds an instruction to a model, not asked about: "
                        f'"{instruction}"'
                    )
        return interview_warnings

    def failures(self) -> list[tuple[str, UnitError]]:
        """(part, error) of every chunk or statement whose reply stayed unusable."""
        interview_failures = [
            (chunk_interview.chunk_name, chunk_interview.failure)
            for chunk_interview in self.chunk_interviews
            if chunk_interview.failure
        ]
        for chunk_interview, asker in zip(self.chunk_interviews, self.askers, strict=True):
            interview_failures += [(chunk_interview.chunk_name, error) for error in getattr(asker, "failures", ())]
        for two_chunks in self.two_chunk_interviews:
            if two_chunks.two_chunk_failure:
                interview_failures.append((two_chunks.chunk_names, two_chunks.two_chunk_failure))
        return interview_failures

    async def ask_across_chunks(self) -> None:
        """Questions that need two related chunks, where qa.multi_chunk asks for them."""
        if not self.two_chunk_interviews:
            return
        earlier_questions = EarlierQuestions(*self.encode_and_likeness)
        await earlier_questions.find_duplicates([asked_question(pair) for pair in self.pairs()])
        for two_chunks in self.two_chunk_interviews:  # one after the other, so that none repeats another's question
            await two_chunks.ask_about_both(earlier_questions)


async def prepare_document_interviews(
    config: Config,
    material: InterviewMaterial,
    prompt: Callable[[str], str],
    model_client: Callable[[], Client],
    vectors: Path,
    joined: Path | None = None,
) -> DocumentInterviews:
    """Everything ready to ask: an interview and an asker for each chunk of `material`.

    `prompt` reads a file of config/prompts, `model_client` makes the model's client when it is needed, `vectors` is the
    folder of the embeddings' cache, `joined` one that is only read.
    Raises ConfigError for a prompt or a setting that cannot be used.
    """
    sample_statements = [statement for reading in material.readings for statement in reading.plain_statements()]
    duplicate_threshold = config.qa.duplicate_threshold
    encode, likeness, similarity_note = await encoder_and_likeness(
        config.embeddings, duplicate_threshold, sample_statements, vectors, model_client, joined
    )
    wished, unmet_wishes = wished_statements(material.wishes, material.readings)
    new_earlier_questions = partial(EarlierQuestions, encode, likeness)
    chunk_interviews = _prepare_chunk_interviews(
        config.qa, material, prompt(config.qa.prompt), new_earlier_questions, wished
    )
    askers = choose_strategy(config.qa).askers(config.qa, material, prompt, model_client)
    two_chunk_interviews = (
        await _prepare_two_chunk_interviews(config.qa, material, prompt, model_client, encode)
        if config.qa.multi_chunk
        else []
    )
    notes = [] if material.summary else [as_typed("no summary; run first: uv run dataprep/summarize.py")]
    notes += [similarity_note] if similarity_note else []
    notes += [
        f'wish not met, its text is gone or left out of the questions: "{_statement_excerpt(wish.text)}"'
        for wish in unmet_wishes
    ]
    limit_notice = _pair_limit_notice(config.qa, material)
    return DocumentInterviews(
        material, config.qa, chunk_interviews, askers, limit_notice, notes, (encode, likeness), two_chunk_interviews
    )


def _prepare_chunk_interviews(
    settings: QA,
    material: InterviewMaterial,
    prompt: str,
    new_earlier_questions: Callable[[], EarlierQuestions],
    wished: StatementsByChunk,
) -> list[ChunkInterview]:
    pair_limits = chunk_pair_limits(settings, [len(reading.statements) for reading in material.readings])
    return [
        ChunkInterview(
            reading=reading,
            draft_basis=_draft_basis(material, [reading], prompt, settings),
            settings=settings,
            earlier_questions=new_earlier_questions(),
            pair_limit=pair_limit,
            wished=wished.get(reading.chunk.id, ()),
        )
        for reading, pair_limit in zip(material.readings, pair_limits, strict=True)
    ]


async def _prepare_two_chunk_interviews(
    settings: QA, material: InterviewMaterial, prompt: PromptReader, client: Callable[[], Client], encode: EncodeTexts
) -> list[TwoChunkInterview]:
    template, variables = prompt(settings.two_chunk_prompt), prompt_variables(settings, material)
    return [
        TwoChunkInterview(
            client(),
            settings,
            template,
            first,
            second,
            variables,
            _draft_basis(material, [first, second], template, settings),
        )
        for first, second in await related_chunk_pairs(material.readings, encode)
    ]


def _unmet_wish_warning(chunk_interview: ChunkInterview, statement: Statement) -> str:
    excerpt = _statement_excerpt(chunk_interview.chunk.text[statement.start : statement.end])
    reason = chunk_interview.declined.get(statement) or "no pair about it passed; qa/<run>/rejected says why"
    return f'{chunk_interview.chunk_name}: wish not met ({reason}): "{excerpt}"'


def _statement_excerpt(wish_text: str) -> str:
    return " ".join(wish_text.split())[:80]


def _draft_basis(material: InterviewMaterial, readings: Sequence[Reading], prompt: str, settings: QA) -> DraftBasis:
    headings = [heading for reading in readings for heading in reading.chunk.headings]
    naming_text = " ".join([material.title, material.summary, settings.context, *headings])
    if len(readings) == 1:
        return DraftBasis(readings[0].source_text, _constant_prompt_text(prompt), naming_text, material.title)
    joined_chunk_texts = "\n\n".join(reading.chunk.text for reading in readings)
    return DraftBasis(
        SourceText(joined_chunk_texts, readings[0].language), _constant_prompt_text(prompt), naming_text, material.title
    )


def _constant_prompt_text(prompt: str) -> str:
    """The part of a prompt that is the same for every chunk, examples included: no question may be about it."""
    return "\n".join(turn["content"] for turn in split_turns(prompt) if not placeholders(turn["content"]))


def share_pair_limit(pair_limit: int, chunk_sizes: Sequence[int]) -> list[int | None]:
    """`pair_limit` shared out in proportion to `chunk_sizes` by largest remainder; 0 is no limit, None for each."""
    if not pair_limit or not sum(chunk_sizes):
        return [None] * len(chunk_sizes)
    return list(apportion_by_largest_remainder(chunk_sizes, pair_limit))


def chunk_pair_limits(settings: QA, chunk_sizes: Sequence[int]) -> list[int | None]:
    """How many pairs each chunk may give at the most: its share of qa.limit, and qa.questions; None: no limit."""
    limit_shares = share_pair_limit(settings.limit, chunk_sizes)
    if not settings.questions:
        return limit_shares
    return [
        settings.questions if limit_share is None else min(limit_share, settings.questions)
        for limit_share in limit_shares
    ]


def _pair_limit_notice(settings: QA, material: InterviewMaterial) -> str:
    if not settings.limit:
        return ""
    return (
        f"{material.document}: at most {counted(settings.limit, 'pair')}, spread over "
        f"{counted(len(material.chunks), 'chunk')} (qa.limit); "
        "to ask everything: --limit 0"
    )


def forecast_interview_calls(basis: ForecastBasis) -> Iterator[CallTokens]:
    """Each call that the interviews about a document are likely to make."""
    settings, material = basis.settings, basis.material
    strategy = choose_strategy(settings)
    statement_counts = [len(reading.statements) for reading in material.readings]
    wished, _ = wished_statements(material.wishes, material.readings)
    for reading, pair_limit in zip(material.readings, chunk_pair_limits(settings, statement_counts), strict=True):
        if pair_limit != 0:  # nothing is asked where no pair may come
            yield from strategy.forecast(basis, reading, pair_limit)
        if wish_count := len(wished.get(reading.chunk.id, ())):  # once more, whatever the limit is
            single_round_basis = replace(basis, settings=msgspec.structs.replace(settings, iterate=False))
            yield from strategy.forecast(single_round_basis, reading, wish_count)


def interviews_summary_line(interviews_coverage: DocumentCoverage) -> str:
    """`61 pairs (50 + 11 + 0), covers 94% (sentences 96%, numbers 91%), 7 rejected (evidence 4, ...), 12 calls`.

    The sum is the saturation curve of the document: new pairs of each iteration, over all chunks.
    """
    new_pairs_by_iteration = [
        sum(column) for column in zip_longest(*(run.new for run in interviews_coverage.runs), fillvalue=0)
    ]
    shares_covered = {name: getattr(interviews_coverage, name) for name in ("sentences", "numbers", "rows")}
    shares_by_kind = ", ".join(f"{name} {share:.0%}" for name, share in shares_covered.items() if share is not None)
    summary_clauses = [
        counted(interviews_coverage.pairs, "pair")
        + (f" ({' + '.join(map(str, new_pairs_by_iteration))})" if new_pairs_by_iteration else "")
    ]
    if interviews_coverage.touched is not None:
        summary_clauses.append(f"covers {interviews_coverage.touched:.0%} ({shares_by_kind})")
        if interviews_coverage.declined:
            open_coverage = max(0.0, 1 - interviews_coverage.touched - interviews_coverage.declined)  # both are rounded
            summary_clauses.append(f"{interviews_coverage.declined:.0%} declined, {open_coverage:.0%} open")
    if interviews_coverage.figures:
        summary_clauses.append(
            f"{interviews_coverage.figures.asked} of {counted(interviews_coverage.figures.of, 'figure')} asked about"
        )
    if interviews_coverage.rejected:
        rejected_by_reason = ", ".join(f"{reason} {n}" for reason, n in interviews_coverage.rejected.items())
        summary_clauses.append(f"{sum(interviews_coverage.rejected.values())} rejected ({rejected_by_reason})")
    return ", ".join([*summary_clauses, counted(interviews_coverage.calls, "call")])


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
