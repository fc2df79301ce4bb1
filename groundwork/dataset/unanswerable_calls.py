"""The two calls behind questions without an answer: one proposes them, the other looks them up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from groundwork.console.job import Job
from groundwork.console.unit_and_outcome import Estimate
from groundwork.dataset.creation.build_inputs import BuildInputs, Encode, Subjects, read_passages, read_subjects
from groundwork.dataset.creation.build_splits import BuiltDataset, train_size
from groundwork.dataset.general_data_mix import general_rows_needed
from groundwork.dataset.split.eval_selection import eval_size
from groundwork.dataset.unanswerable_questions import (
    NEAREST_CHUNKS,
    QUESTIONS_PER_CALL,
    WHOLE_DOCUMENT_LENGTH,
    Findings,
    LookUp,
    Proposals,
    Propose,
    Proposed,
    UnanswerableFinder,
    add_unanswerable_questions,
    calls_needed,
)
from groundwork.llm.client import Client
from groundwork.llm.prompts import Message, render_turns
from groundwork.records import Chunk, Row
from groundwork.settings.config_schema import AbsentQuestions

TOKENS_PER_QUESTION = 60  # of either reply


def build_proposer(client: Callable[[], Client], call: AbsentQuestions, template: str, about: Subjects) -> Propose:
    """What proposes questions beside a chunk."""

    async def propose(chunk: Chunk, count: int) -> Proposals:
        messages = proposal_messages(template, about.of(chunk.document), chunk, count)
        unit = f"{chunk.id} unanswerable"
        return (await client().ask(call, messages, stage="create_dataset", unit=unit, schema=Proposals)).value

    return propose


def build_look_up(client: Callable[[], Client], call: AbsentQuestions, template: str, about: Subjects) -> LookUp:
    """What looks questions up in passages, and words the replies to those that none of them answers."""

    async def look_up(chunk: Chunk, questions: Sequence[Proposed], passages: Sequence[Chunk]) -> Findings:
        messages = look_up_messages(template, about.of(chunk.document), questions, passages)
        unit = f"{chunk.id} unanswerable looked up"
        return (await client().ask(call, messages, stage="create_dataset", unit=unit, schema=Findings)).value

    return look_up


def proposal_messages(template: str, about: str, chunk: Chunk, count: int) -> list[Message]:
    """The first request."""
    return render_turns(template, subject=about.strip() or chunk.document, passage=chunk.text, count=str(count))


def look_up_messages(
    template: str, about: str, questions: Sequence[Proposed], passages: Sequence[Chunk]
) -> list[Message]:
    """The second request. The passages come first: those of a short document are the same in all of its requests."""
    return render_turns(
        template,
        subject=about.strip() or passages[0].document,
        passages="\n\n".join(passage.text for passage in passages),
        questions="\n".join(_question_line(number, question) for number, question in enumerate(questions, 1)),
    )


def _question_line(number: int, proposed: Proposed) -> str:
    missing = " ".join(proposed.missing.split())
    return f"{number}. {proposed.question.strip()}" + (f" (to be stated: {missing})" if missing else "")


async def add_unanswerable(
    job: Job, built: BuiltDataset, passages: Sequence[Chunk], about: Subjects, encode: Encode
) -> BuiltDataset:
    """The dataset with the questions that the settings ask for."""
    settings = job.config.dataset
    call = settings.absent
    job.progress.start_phase("looking for questions that the documents do not answer")
    propose = build_proposer(lambda: job.client, call, job.prompt(call.prompt), about)
    look_up = build_look_up(lambda: job.client, call, job.prompt(call.check_prompt), about)
    finder = UnanswerableFinder(propose, look_up, encode, str(call.model), settings.seed)
    return await add_unanswerable_questions(built, passages, settings.unanswerable, finder)


def unanswerable_estimate(job: Job, inputs: BuildInputs, rows: Sequence[Row]) -> Estimate:
    """Two calls a chunk, by the first chunk's size and what the questions of its document are looked up in."""
    settings = job.config.dataset
    call = settings.absent
    row_chunks = {row.chunk for row in rows}
    all_chunks = read_passages(inputs)
    passages = [chunk for chunk in all_chunks if chunk.id in row_chunks]
    if not passages:
        return Estimate(0, 0, 0, call)
    train = train_size(rows, inputs.runs, settings) * settings.phrasings
    held_out = eval_size(len(rows), settings.eval_fraction, settings.eval_max) if settings.eval_split else 0
    needed = sum(general_rows_needed(count, settings.unanswerable) for count in (train, held_out) if count)
    calls, about = calls_needed(needed, len(passages)), read_subjects(job, inputs)
    document_chunks = [chunk for chunk in all_chunks if chunk.document == passages[0].document]
    shown_chunks = (
        document_chunks
        if sum(len(chunk.text) for chunk in document_chunks) <= WHOLE_DOCUMENT_LENGTH
        else document_chunks[: QUESTIONS_PER_CALL * 2 * NEAREST_CHUNKS]
    )
    subject = about.of(passages[0].document)
    propose_tokens = job.tokens(
        call, proposal_messages(job.prompt(call.prompt), subject, passages[0], QUESTIONS_PER_CALL), Proposals
    )
    questions = [Proposed(question=row.question, missing=row.answer) for row in rows[:QUESTIONS_PER_CALL]]
    look_up_tokens = job.tokens(
        call, look_up_messages(job.prompt(call.check_prompt), subject, questions, shown_chunks), Findings
    )
    return Estimate(
        2 * calls, calls * (propose_tokens + look_up_tokens), 2 * calls * TOKENS_PER_QUESTION * QUESTIONS_PER_CALL, call
    )
