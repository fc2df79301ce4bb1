"""The interview about one chunk: rounds of questions until nothing new comes.

It checks every draft, has faulty ones corrected once, counts as new only what repeats nothing, and knows after each
iteration what of the chunk is still untouched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from groundwork.coverage import chunk_coverage
from groundwork.errors import UnitError
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.questions.duplicates.duplicate_rule import asked_question
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
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
    InterviewAnswer,
    InterviewRound,
    JudgedDraft,
)
from groundwork.records import Chunk, ChunkRun, Coverage, Pair, Rejected
from groundwork.settings.config_schema import QA

if TYPE_CHECKING:
    pass


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
