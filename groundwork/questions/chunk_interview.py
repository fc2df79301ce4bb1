"""The interview about one chunk: rounds of questions and corrections until nothing new comes.

`interview` is the loop. What it asks with is an `Asker`: `batched_strategy.BatchAsker` gets many pairs from one call,
`sentence_strategy.SentenceAsker` one pair a statement. The loop checks every draft, has faulty ones corrected once,
counts as new only what repeats nothing, and knows after each iteration what of the chunk is still untouched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol

from groundwork.coverage import chunk_coverage
from groundwork.errors import UnitError
from groundwork.llm.replies.structured_output import FaultyItem
from groundwork.markdown.chunk_reading import Reading
from groundwork.markdown.statements import Statement
from groundwork.questions.drafted_pairs import Draft, Fault, PairBasis, as_pair, as_rejected, as_unread
from groundwork.questions.duplicates.duplicate_rule import question_of
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.material_to_ask_about import is_instruction
from groundwork.records import Chunk, ChunkRun, Coverage, Pair, Rejected
from groundwork.settings.config_schema import QA

UNCORRECTABLE_REASONS = ("example", "instruction", "round trip", "worth")  # faults that asking again does not mend
MAX_WISH_ROUNDS = 3  # rounds that are about wishes alone
MAX_TIMES_SHOWN = 2  # a gap that was shown so often, and neither asked about nor declined, is left open
MAX_UNWORTHY_SHARE = 0.5  # of a round's pairs: more than that not worth asking, and the chunk is done

JudgedDraft = tuple[Draft, list[Fault]]


@dataclass(frozen=True)
class InterviewRound:
    """What an asker is told: at most `count` pairs are wanted, `pairs` are kept already, `gaps` are untouched by them,
    `rejected` were rejected in the round before. `wished`: readers want exactly these gaps asked about.
    """

    iteration: int
    count: int
    pairs: Sequence[Pair]
    gaps: Sequence[Statement]
    rejected: Sequence[Rejected] = ()
    wished: bool = False


class InterviewAnswer(NamedTuple):
    """What came back: drafts with the faults that only the asker can see; of the `shown_gaps` those declined,
    each with the reason; whether the model says that nothing is left; and what it says contradicts something.
    """

    drafts: list[JudgedDraft]
    shown_gaps: Sequence[Statement] = ()
    declined: Mapping[Statement, str] = {}
    done: bool = False
    contradictions: Sequence[str] = ()


class Asker(Protocol):
    """How drafts are got from a model: at most `batch_size` an iteration, by `calls` calls so far.

    `dropped`: what came in place of a draft and stayed no draft when it was corrected.
    """

    calls: int
    dropped: list[FaultyItem]

    @property
    def batch_size(self) -> int: ...

    async def ask(self, interview_round: InterviewRound) -> InterviewAnswer:
        """One round of new drafts."""
        ...

    async def correct(self, faulty: Sequence[JudgedDraft]) -> list[Draft | None]:
        """For each faulty draft its correction, or None where none came."""
        ...


@dataclass
class Interview:
    """The questions about one chunk so far, what was rejected, and how it went."""

    reading: Reading
    source: PairBasis
    settings: QA
    earlier: EarlierQuestions
    limit: int | None = None  # pairs of this chunk at the most
    wished: Sequence[Statement] = ()  # what readers want asked about
    pairs: list[Pair] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    new_pair_counts: list[int] = field(default_factory=list)
    coverage_shares: list[float] = field(default_factory=list)
    declined: dict[Statement, str] = field(default_factory=dict)
    contradictions: dict[str, None] = field(default_factory=dict)  # in order, each once
    times_shown: Counter[Statement] = field(default_factory=Counter)
    announced_wishes: set[Statement] = field(default_factory=set)  # wishes that the model was told of
    end_reason: str = ""
    failure: UnitError | None = None

    @property
    def chunk(self) -> Chunk:
        return self.reading.chunk

    def coverage(self, pairs: Sequence[Pair] | None = None) -> Coverage:
        """What of the chunk the interview's pairs cover, or those given."""
        return self._coverage_count.coverage(self.pairs if pairs is None else pairs, self.declined)

    @cached_property
    def _coverage_count(self) -> chunk_coverage.CoverageCount:
        return chunk_coverage.CoverageCount(self.reading)

    def gaps(self) -> list[Statement]:
        """What is open and was not shown too often, without instructions to a model that the document may hold."""
        return [
            statement
            for statement in chunk_coverage.gaps(self.reading, self.coverage())
            if self.times_shown[statement] < MAX_TIMES_SHOWN and statement not in self._instructions
        ]

    @cached_property
    def _instructions(self) -> frozenset[Statement]:
        return frozenset(
            statement for statement in self.reading.statements if is_instruction(statement.plain_text(self.chunk.text))
        )

    def open_wishes(self) -> list[Statement]:
        """What readers want asked about and no pair covers."""
        untouched = {(span.start, span.end) for span in self.coverage().spans if not span.touched_by}
        return [statement for statement in self.wished if (statement.start, statement.end) in untouched]

    def room(self, batch_size: int) -> int:
        """How many pairs may still come, `batch_size` at the most."""
        return batch_size if self.limit is None else max(0, min(batch_size, self.limit - len(self.pairs)))

    def judge(self, draft: Draft, faults: Sequence[Fault] = ()) -> JudgedDraft:
        return draft, [*self.source.faults(draft), *faults]

    def curve(self) -> str:
        """New pairs of each iteration, as `13 + 3 + 3 + 2`."""
        return " + ".join(map(str, self.new_pair_counts)) or "0"

    def run_record(self, calls: int) -> ChunkRun:
        return ChunkRun(
            chunk=self.chunk.id,
            new=self.new_pair_counts,
            ended=self.end_reason,
            coverage=self.coverage_shares,
            calls=calls,
        )


async def interview(interview: Interview, asker: Asker) -> None:
    """Fill `interview` with pairs. A reply that stays unusable ends it with `failure` set; what came before
    is kept."""
    await _run_rounds(interview, asker)
    if not interview.failure:
        await ask_wishes(interview, asker)


async def ask_wishes(interview: Interview, asker: Asker) -> None:
    """After all rounds: ask about what readers want asked and no pair covers, whatever the limits say."""
    for _ in range(MAX_WISH_ROUNDS + len(interview.wished) // max(1, asker.batch_size)):
        open_wishes = [
            statement
            for statement in interview.open_wishes()
            if statement not in interview.declined or statement not in interview.announced_wishes
        ]
        if not open_wishes:
            return
        try:
            await _run_round(interview, asker, len(interview.new_pair_counts) + 1, open_wishes)
        except UnitError as error:
            interview.failure, interview.end_reason = error, error.status
            return
        interview.announced_wishes.update(open_wishes)
        interview.coverage_shares.append(interview.coverage().touched or 0.0)


async def _run_rounds(interview: Interview, asker: Asker) -> None:
    rounds = interview.settings.max_iterations if interview.settings.iterate else 1
    for iteration in range(1, rounds + 1):
        try:
            outcome = await _run_round(interview, asker, iteration)
        except UnitError as error:
            interview.failure, interview.end_reason = error, error.status
            return
        interview.coverage_shares.append(interview.coverage().touched or 0.0)
        interview.end_reason = _end_reason(interview, outcome)
        if interview.end_reason:
            return
    interview.end_reason = (
        "max_iterations" if interview.settings.iterate and interview.settings.stop != "fixed" else "fixed"
    )


class _RoundOutcome(NamedTuple):
    """How a round went: pairs that came, of these not worth asking, was it cut at the count, did the model end it."""

    pair_count: int
    unworthy_count: int
    is_cut: bool
    done: bool


async def _run_round(
    interview: Interview, asker: Asker, iteration: int, wished: Sequence[Statement] = ()
) -> _RoundOutcome:
    """Ask once, correct once, keep what is good and new."""
    count = min(len(wished), asker.batch_size) or interview.room(asker.batch_size)
    last_rejected = [rejection for rejection in interview.rejected if rejection.iteration == iteration - 1]
    for statement in wished:
        interview.declined.pop(statement, None)
    answer = await asker.ask(
        InterviewRound(iteration, count, interview.pairs, wished or interview.gaps(), last_rejected, bool(wished))
    )
    interview.contradictions.update(dict.fromkeys(text.strip() for text in answer.contradictions if text.strip()))
    drafts = answer.drafts
    judged_drafts = [interview.judge(draft, faults) for draft, faults in drafts[:count]]
    unworthy_count = sum(any(fault.reason == "worth" for fault in faults) for _, faults in judged_drafts)
    faulty = [(draft, faults) for draft, faults in judged_drafts if _can_be_corrected(faults)]
    if faulty and interview.settings.correct:
        corrected = iter(await asker.correct(faulty))
        judged_drafts = [
            _judge_correction(interview, (draft, faults), next(corrected))
            if _can_be_corrected(faults)
            else (draft, faults)
            for draft, faults in judged_drafts
        ]
    while asker.dropped:
        interview.rejected.append(as_unread(asker.dropped.pop(0), interview.chunk, iteration))
    for draft, _ in drafts[count:]:
        _reject(interview, draft, iteration, Fault("excess", f"{len(drafts)} pairs came where {count} were asked for"))
    for draft, faults in judged_drafts:
        if faults:
            _reject(interview, draft, iteration, faults[0], "; ".join(fault.detail for fault in faults))
    interview.new_pair_counts.append(
        await _keep_new_pairs(interview, [draft for draft, faults in judged_drafts if not faults], iteration)
    )
    is_cut = len(drafts) >= count
    _note_declined(interview, answer, is_cut)
    return _RoundOutcome(len(drafts), unworthy_count, is_cut, answer.done)


def _note_declined(interview: Interview, answer: InterviewAnswer, is_cut: bool) -> None:
    """Note what the model declined. Where it says that nothing is left, that goes for all that it was shown; where the
    count cut it off, it may not have come to all that it was shown.
    """
    if not is_cut:
        interview.times_shown.update(answer.shown_gaps)
    interview.declined.update(answer.declined)
    if answer.done:
        for statement in set(answer.shown_gaps) & set(chunk_coverage.gaps(interview.reading, interview.coverage())):
            interview.declined[statement] = "nothing worth asking is left"


def _judge_correction(interview: Interview, faulty: JudgedDraft, correction: Draft | None) -> JudgedDraft:
    return interview.judge(correction) if correction else faulty


def _can_be_corrected(faults: Sequence[Fault]) -> bool:
    return bool(faults) and not any(fault.reason in UNCORRECTABLE_REASONS for fault in faults)


async def _keep_new_pairs(interview: Interview, drafts: Sequence[Draft], iteration: int) -> int:
    repeats = await interview.earlier.find_repeats([question_of(draft) for draft in drafts])
    for draft, earlier_question in zip(drafts, repeats, strict=True):
        if earlier_question:
            _reject(interview, draft, iteration, Fault("duplicate", f"repeats: {earlier_question}"))
        else:
            interview.pairs.append(as_pair(draft, interview.chunk, interview.settings.model, iteration))
    return sum(not earlier_question for earlier_question in repeats)


def _reject(interview: Interview, draft: Draft, iteration: int, fault: Fault, detail: str = "") -> None:
    interview.rejected.append(
        as_rejected(draft, interview.chunk, iteration, Fault(fault.reason, detail or fault.detail))
    )


def _end_reason(interview: Interview, outcome: _RoundOutcome) -> str:
    """Why no further iteration is needed, or ""."""
    if interview.limit is not None and len(interview.pairs) >= interview.limit:
        return "limit"
    if interview.settings.stop == "fixed":
        return ""
    if interview.settings.stop == "coverage" and interview.coverage_shares[-1] >= interview.settings.target_coverage:
        return "coverage"
    if outcome.unworthy_count > MAX_UNWORTHY_SHARE * outcome.pair_count:
        return "not worth more"
    if outcome.done:
        return "" if interview.settings.show_gaps and interview.gaps() else "done"
    is_fruitless = not interview.new_pair_counts[-1] and (
        not outcome.pair_count or interview.new_pair_counts[-2:] == [0, 0]
    )
    is_all_closed = not outcome.is_cut and not interview.gaps()
    return "exhausted" if is_fruitless or is_all_closed else ""
