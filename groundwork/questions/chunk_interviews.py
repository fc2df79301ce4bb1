"""The interview about one chunk: rounds of questions until nothing new comes.

It checks every draft, has faulty ones corrected once, counts as new only what repeats nothing, and knows after each
iteration what of the chunk is still untouched. How is asked is the business of a strategy (`interview_strategy`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from groundwork.coverage import chunk_coverage
from groundwork.errors import UnitError
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.duplicates.question_comparison import asked_question
from groundwork.questions.interview_strategy import Asker, InterviewAnswer, InterviewRound
from groundwork.questions.pair_drafts import (
    Draft,
    DraftBasis,
    Fault,
    JudgedDraft,
    are_correctable_faults,
    pair_from_draft,
    reject_draft,
    reject_unread_draft,
)
from groundwork.questions.prompt_injection import is_prompt_injection
from groundwork.records import Chunk, ChunkRun, Coverage, Pair, Rejected
from groundwork.settings.config_schema import QA

MAX_TIMES_SHOWN = 2  # a gap that was shown so often, and neither asked about nor declined, is left open
MAX_WISH_ROUNDS = 3  # rounds that are about wishes alone
MAX_UNWORTHY_ROUND_SHARE = 0.5  # of a round's pairs: more than that not worth asking, and the chunk is done


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
    new_pairs_by_round: list[int] = field(default_factory=list)
    covered_by_round: list[float] = field(default_factory=list)
    declined: dict[Statement, str] = field(default_factory=dict)
    contradictions: dict[str, None] = field(default_factory=dict)  # in order, each once
    times_gap_shown: Counter[Statement] = field(default_factory=Counter)
    announced_wishes: set[Statement] = field(default_factory=set)  # wishes that the model was told of
    interview_end: str = ""
    failure: UnitError | None = None

    @property
    def chunk(self) -> Chunk:
        return self.reading.chunk

    @property
    def chunk_name(self) -> str:
        return f"chunk {self.chunk.index + 1}"

    def coverage(self, pairs: Sequence[Pair] | None = None) -> Coverage:
        """What of the chunk the interview's pairs cover, or those given."""
        return self._interview_coverage.coverage(self.pairs if pairs is None else pairs, self.declined)

    @cached_property
    def _interview_coverage(self) -> chunk_coverage.ChunkCoverageCounter:
        return chunk_coverage.ChunkCoverageCounter(self.reading)

    def open_gaps(self) -> list[Statement]:
        """What is open and was not shown too often, without instructions to a model that the document may hold."""
        return [
            open_gap
            for open_gap in chunk_coverage.gaps(self.reading, self.coverage())
            if self.times_gap_shown[open_gap] < MAX_TIMES_SHOWN and open_gap not in self._injected_statements
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
        uncovered_spans = {(span.start, span.end) for span in self.coverage().spans if not span.touched_by}
        return [statement for statement in self.wished if (statement.start, statement.end) in uncovered_spans]

    def remaining_pairs(self, batch_size: int) -> int:
        """How many pairs may still come, `batch_size` at the most."""
        return batch_size if self.pair_limit is None else max(0, min(batch_size, self.pair_limit - len(self.pairs)))

    def saturation_curve(self) -> str:
        """New pairs of each iteration, as `13 + 3 + 3 + 2`."""
        return " + ".join(map(str, self.new_pairs_by_round)) or "0"

    def chunk_log_line(self, document: str) -> str:
        """The log's line of one chunk: `chunk 3: 13 + 3 + 3 + 2`."""
        coverage_now = self.coverage()
        covered = "" if coverage_now.touched is None else f", {coverage_now.touched:.0%} covered"
        covered += f", {coverage_now.declined:.0%} declined" if coverage_now.declined else ""
        chunk_failure = f", {self.failure}" if self.failure else ""
        return f"{self.chunk_name}: {self.saturation_curve()}   ({document}{covered}{chunk_failure})"

    def chunk_warnings(self) -> Iterator[str]:
        """Wishes that were not met, and instructions to a model that the chunk holds."""
        if not self.failure:
            yield from map(self._unmet_wish_warning, self.open_wishes())
        for statement in self.reading.statements:
            statement_text = self.chunk.text[statement.start : statement.end]
            if is_prompt_injection(statement_text):
                injected_instruction = statement_excerpt(statement_text)
                yield f'{self.chunk_name}: holds an instruction to a model, not asked about: "{injected_instruction}"'

    def _unmet_wish_warning(self, statement: Statement) -> str:
        unmet_wish_excerpt = statement_excerpt(self.chunk.text[statement.start : statement.end])
        unmet_wish_reason = self.declined.get(statement) or "no pair about it passed; qa/<run>/rejected says why"
        return f'{self.chunk_name}: wish not met ({unmet_wish_reason}): "{unmet_wish_excerpt}"'

    def chunk_run_record(self, calls: int) -> ChunkRun:
        return ChunkRun(
            chunk=self.chunk.id,
            new=self.new_pairs_by_round,
            ended=self.interview_end,
            coverage=self.covered_by_round,
            calls=calls,
        )


def statement_excerpt(statement_text: str) -> str:
    return " ".join(statement_text.split())[:80]


async def run_chunk_interview(chunk_interview: ChunkInterview, asker: Asker) -> None:
    """Fill `chunk_interview` with pairs, where the chunk says anything and any may come. A reply that stays unusable
    ends it with `failure` set; what came before is kept."""
    if chunk_interview.pair_limit == 0:
        chunk_interview.interview_end = "limit"
        await ask_about_wishes(chunk_interview, asker)
        return
    announces_only = all(statement.announces for statement in chunk_interview.reading.statements)
    if announces_only and not getattr(asker, "shows_figures", False):
        chunk_interview.interview_end = "nothing said"  # a title, headings or links alone
        return
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
            await _ask_interview_round(chunk_interview, asker, len(chunk_interview.new_pairs_by_round) + 1, open_wishes)
        except UnitError as error:
            chunk_interview.failure, chunk_interview.interview_end = error, error.status
            return
        chunk_interview.announced_wishes.update(open_wishes)
        chunk_interview.covered_by_round.append(chunk_interview.coverage().touched or 0.0)


async def _ask_interview_rounds(chunk_interview: ChunkInterview, asker: Asker) -> None:
    max_interview_rounds = chunk_interview.settings.max_iterations if chunk_interview.settings.iterate else 1
    for iteration in range(1, max_interview_rounds + 1):
        try:
            interview_outcome = await _ask_interview_round(chunk_interview, asker, iteration)
        except UnitError as error:
            chunk_interview.failure, chunk_interview.interview_end = error, error.status
            return
        chunk_interview.covered_by_round.append(chunk_interview.coverage().touched or 0.0)
        chunk_interview.interview_end = _end_reason(chunk_interview, interview_outcome)
        if chunk_interview.interview_end:
            return
    chunk_interview.interview_end = (
        "max_iterations" if chunk_interview.settings.iterate and chunk_interview.settings.stop != "fixed" else "fixed"
    )


class _InterviewRoundOutcome(NamedTuple):
    """How a round went: pairs that came, of these not worth asking, was it cut at the count, did the model end it."""

    pair_count: int
    unworthy_count: int
    is_cut: bool
    done: bool


async def _ask_interview_round(
    chunk_interview: ChunkInterview, asker: Asker, iteration: int, wished: Sequence[Statement] = ()
) -> _InterviewRoundOutcome:
    """Ask once, correct once, keep what is good and new."""
    wanted_pairs = min(len(wished), asker.batch_size) or chunk_interview.remaining_pairs(asker.batch_size)
    rejected_in_last_round = [rejected for rejected in chunk_interview.rejected if rejected.iteration == iteration - 1]
    for statement in wished:
        chunk_interview.declined.pop(statement, None)
    gaps = wished or chunk_interview.open_gaps()
    interview_answer = await asker.ask(
        InterviewRound(iteration, wanted_pairs, chunk_interview.pairs, gaps, rejected_in_last_round, bool(wished))
    )
    contradictions = (contradiction.strip() for contradiction in interview_answer.contradictions)
    chunk_interview.contradictions.update(dict.fromkeys(filter(None, contradictions)))
    interview_drafts, draft_basis = interview_answer.drafts, chunk_interview.draft_basis
    judged_drafts = [draft_basis.judge_draft(draft, faults) for draft, faults in interview_drafts[:wanted_pairs]]
    unworthy_pairs = sum(any(fault.reason == "worth" for fault in faults) for _, faults in judged_drafts)
    judged_drafts = await _correct_faulty_drafts(chunk_interview, asker, judged_drafts)
    _reject_unread_drafts(chunk_interview, asker, iteration)
    _reject_excess_drafts(chunk_interview, interview_drafts, wanted_pairs, iteration)
    for draft, faults in judged_drafts:
        if faults:
            _reject(chunk_interview, draft, iteration, faults[0], "; ".join(fault.detail for fault in faults))
    chunk_interview.new_pairs_by_round.append(
        await _keep_new_drafts(chunk_interview, [draft for draft, faults in judged_drafts if not faults], iteration)
    )
    is_interview_cut = len(interview_drafts) >= wanted_pairs
    _note_declined_gaps(chunk_interview, interview_answer, is_interview_cut)
    return _InterviewRoundOutcome(len(interview_drafts), unworthy_pairs, is_interview_cut, interview_answer.done)


def _reject_unread_drafts(chunk_interview: ChunkInterview, asker: Asker, iteration: int) -> None:
    while asker.dropped:
        chunk_interview.rejected.append(reject_unread_draft(asker.dropped.pop(0), chunk_interview.chunk, iteration))


def _reject_excess_drafts(
    chunk_interview: ChunkInterview, interview_drafts: Sequence[JudgedDraft], wanted_pairs: int, iteration: int
) -> None:
    excess_fault = Fault("excess", f"{len(interview_drafts)} pairs came where {wanted_pairs} were asked for")
    for draft, _ in interview_drafts[wanted_pairs:]:
        _reject(chunk_interview, draft, iteration, excess_fault)


def _note_declined_gaps(chunk_interview: ChunkInterview, interview_answer: InterviewAnswer, is_cut: bool) -> None:
    """Note what the model declined. Where it says that nothing is left, that goes for all that it was shown; where the
    count cut it off, it may not have come to all that it was shown.
    """
    if not is_cut:
        chunk_interview.times_gap_shown.update(interview_answer.shown_gaps)
    chunk_interview.declined.update(interview_answer.declined)
    if interview_answer.done:
        for statement in set(interview_answer.shown_gaps) & set(
            chunk_coverage.gaps(chunk_interview.reading, chunk_interview.coverage())
        ):
            chunk_interview.declined[statement] = "nothing worth asking is left"


async def _correct_faulty_drafts(
    chunk_interview: ChunkInterview, asker: Asker, judged_drafts: list[JudgedDraft]
) -> list[JudgedDraft]:
    """The same drafts, where a fault can be corrected as the model corrected it."""
    faulty_drafts = [(draft, faults) for draft, faults in judged_drafts if are_correctable_faults(faults)]
    if not faulty_drafts or not chunk_interview.settings.correct:
        return judged_drafts
    corrected_drafts = iter(await asker.correct(faulty_drafts))
    return [
        _judge_correction(chunk_interview, (draft, faults), next(corrected_drafts))
        if are_correctable_faults(faults)
        else (draft, faults)
        for draft, faults in judged_drafts
    ]


def _judge_correction(chunk_interview: ChunkInterview, faulty: JudgedDraft, correction: Draft | None) -> JudgedDraft:
    return chunk_interview.draft_basis.judge_draft(correction) if correction else faulty


async def _keep_new_drafts(chunk_interview: ChunkInterview, drafts: Sequence[Draft], iteration: int) -> int:
    faults = await duplicate_faults(drafts, chunk_interview.earlier_questions)
    for draft, duplicate_fault in zip(drafts, faults, strict=True):
        if duplicate_fault:
            _reject(chunk_interview, draft, iteration, duplicate_fault)
        else:
            model = chunk_interview.settings.model
            chunk_interview.pairs.append(pair_from_draft(draft, chunk_interview.chunk, model, iteration))
    return faults.count(None)


async def duplicate_faults(drafts: Sequence[Draft], earlier_questions: EarlierQuestions) -> list[Fault | None]:
    """For each draft the fault that it repeats a question asked before, or None; new ones are remembered."""
    repeated_questions = await earlier_questions.find_duplicates([asked_question(draft) for draft in drafts])
    return [Fault("duplicate", f"repeats: {question}") if question else None for question in repeated_questions]


def _reject(chunk_interview: ChunkInterview, draft: Draft, iteration: int, fault: Fault, detail: str = "") -> None:
    chunk_interview.rejected.append(
        reject_draft(draft, chunk_interview.chunk, iteration, Fault(fault.reason, detail or fault.detail))
    )


def _end_reason(chunk_interview: ChunkInterview, interview_outcome: _InterviewRoundOutcome) -> str:
    """Why no further iteration is needed, or ""."""
    if chunk_interview.pair_limit is not None and len(chunk_interview.pairs) >= chunk_interview.pair_limit:
        return "limit"
    if chunk_interview.settings.stop == "fixed":
        return ""
    is_covered = chunk_interview.covered_by_round[-1] >= chunk_interview.settings.target_coverage
    if chunk_interview.settings.stop == "coverage" and is_covered:
        return "coverage"
    if interview_outcome.unworthy_count > MAX_UNWORTHY_ROUND_SHARE * interview_outcome.pair_count:
        return "not worth more"
    if interview_outcome.done:
        return "" if chunk_interview.settings.show_gaps and chunk_interview.open_gaps() else "done"
    is_interview_fruitless = not chunk_interview.new_pairs_by_round[-1] and (
        not interview_outcome.pair_count or chunk_interview.new_pairs_by_round[-2:] == [0, 0]
    )
    are_all_gaps_closed = not interview_outcome.is_cut and not chunk_interview.open_gaps()
    return "exhausted" if is_interview_fruitless or are_all_gaps_closed else ""
