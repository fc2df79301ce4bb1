"""The two calls behind questions without an answer: one proposes them beside a chunk, one looks them up in passages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from groundwork.dataset.creation.build_inputs import BuildInputs, read_input_chunks
from groundwork.dataset.creation.document_subjects import Subjects, read_subjects
from groundwork.dataset.general_data_mix import general_rows_needed
from groundwork.dataset.split.eval_selection import eval_size, train_size
from groundwork.dataset.unanswerable.passage_search import NEAREST_CHUNKS, WHOLE_DOCUMENT_LENGTH
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import Message, render_turns
from groundwork.records import Chunk, Row
from groundwork.settings.config_schema import AbsentQuestions, DatasetSettings
from groundwork.stage_runner.job import Job
from groundwork.stage_runner.unit_and_outcome import Estimate

if TYPE_CHECKING:
    pass

QUESTIONS_PER_CALL = 3  # questions proposed for one chunk
SPARE_FACTOR = 2  # times as many are proposed as are needed, since some turn out to be answered


class Proposed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question that a chunk leaves open, and what would have to be said to answer it."""

    question: str
    missing: str


class Proposals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reply to the first call."""

    questions: list[Proposed]


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the passages say to one question: the words that answer it, "" where none do; then the reply to it."""

    number: int
    quote: str
    answered: bool
    reply: str


class Findings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reply to the second call."""

    findings: list[Finding]


Propose = Callable[[Chunk, int], Awaitable[Proposals]]
LookUp = Callable[[Chunk, Sequence[Proposed], Sequence[Chunk]], Awaitable[Findings]]


def proposal_calls_needed(rows: int, chunks: int) -> int:
    """Calls of each of the two kinds for so many questions."""
    return min(chunks, -(-SPARE_FACTOR * rows // QUESTIONS_PER_CALL))


TOKENS_PER_QUESTION = 60  # of either reply


def build_question_proposer(
    client: Callable[[], Client], absent_settings: AbsentQuestions, call_prompt: str, subjects: Subjects
) -> Propose:
    """What proposes questions beside a chunk."""

    async def propose(chunk: Chunk, count: int) -> Proposals:
        proposal_turns = proposal_messages(call_prompt, subjects.of(chunk.document), chunk, count)
        proposal_unit = f"{chunk.id} unanswerable"
        return (
            await client().ask(
                absent_settings, proposal_turns, stage="create_dataset", unit=proposal_unit, schema=Proposals
            )
        ).value

    return propose


def build_look_up(
    client: Callable[[], Client], absent_settings: AbsentQuestions, call_prompt: str, subjects: Subjects
) -> LookUp:
    """What looks questions up in passages, and words the replies to those that none of them answers."""

    async def look_up(chunk: Chunk, questions: Sequence[Proposed], passages: Sequence[Chunk]) -> Findings:
        look_up_turns = look_up_messages(call_prompt, subjects.of(chunk.document), questions, passages)
        look_up_unit = f"{chunk.id} unanswerable looked up"
        return (
            await client().ask(
                absent_settings, look_up_turns, stage="create_dataset", unit=look_up_unit, schema=Findings
            )
        ).value

    return look_up


def proposal_messages(call_prompt: str, subjects: str, chunk: Chunk, count: int) -> list[Message]:
    """The first request."""
    return render_turns(call_prompt, subject=subjects.strip() or chunk.document, passage=chunk.text, count=str(count))


def look_up_messages(
    call_prompt: str, subjects: str, questions: Sequence[Proposed], passages: Sequence[Chunk]
) -> list[Message]:
    """The second request. The passages come first: those of a short document are the same in all of its requests."""
    return render_turns(
        call_prompt,
        subject=subjects.strip() or passages[0].document,
        passages="\n\n".join(passage.text for passage in passages),
        questions="\n".join(_open_question_line(number, question) for number, question in enumerate(questions, 1)),
    )


def _open_question_line(number: int, proposed: Proposed) -> str:
    missing_statement = " ".join(proposed.missing.split())
    return f"{number}. {proposed.question.strip()}" + (
        f" (to be stated: {missing_statement})" if missing_statement else ""
    )


def _questions_needed(rows: Sequence[Row], runs: Sequence[str], dataset_settings: DatasetSettings) -> int:
    train_count = train_size(rows, runs, dataset_settings) * dataset_settings.phrasings
    eval_count = (
        eval_size(len(rows), dataset_settings.eval_fraction, dataset_settings.eval_max)
        if dataset_settings.eval_split
        else 0
    )
    return sum(
        general_rows_needed(count, dataset_settings.unanswerable) for count in (train_count, eval_count) if count
    )


def unanswerable_estimate(job: Job, inputs: BuildInputs, rows: Sequence[Row]) -> Estimate:
    """Two calls a chunk, by the first chunk's size and what the questions of its document are looked up in."""
    dataset_settings = job.config.dataset
    absent_settings = dataset_settings.absent
    row_chunks = {row.chunk for row in rows}
    all_chunks = read_input_chunks(inputs)
    passages = [chunk for chunk in all_chunks if chunk.id in row_chunks]
    if not passages:
        return Estimate(0, 0, 0, absent_settings)
    needed_questions = _questions_needed(rows, inputs.runs, dataset_settings)
    proposal_calls = proposal_calls_needed(needed_questions, len(passages))
    subjects = read_subjects(job.config.qa.context, inputs.text_files, inputs.summary_files)
    document_chunks = [chunk for chunk in all_chunks if chunk.document == passages[0].document]
    shown_chunks = (
        document_chunks
        if sum(len(chunk.text) for chunk in document_chunks) <= WHOLE_DOCUMENT_LENGTH
        else document_chunks[: QUESTIONS_PER_CALL * 2 * NEAREST_CHUNKS]
    )
    subject = subjects.of(passages[0].document)
    propose_tokens = job.tokens(
        absent_settings,
        proposal_messages(job.prompt(absent_settings.prompt), subject, passages[0], QUESTIONS_PER_CALL),
        Proposals,
    )
    sample_questions = [Proposed(question=row.question, missing=row.answer) for row in rows[:QUESTIONS_PER_CALL]]
    look_up_tokens = job.tokens(
        absent_settings,
        look_up_messages(job.prompt(absent_settings.check_prompt), subject, sample_questions, shown_chunks),
        Findings,
    )
    return Estimate(
        2 * proposal_calls,
        proposal_calls * (propose_tokens + look_up_tokens),
        2 * proposal_calls * TOKENS_PER_QUESTION * QUESTIONS_PER_CALL,
        absent_settings,
    )
