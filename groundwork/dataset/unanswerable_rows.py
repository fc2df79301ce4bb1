"""Questions near the subject that the documents do not answer, so that a model learns to say so.

One call a chunk proposes questions that a reader might ask next. What the dataset answers already is left out by its
meaning; the others are shown to a second call beside the whole document, or of a long one the passages nearest to them,
by vectors and by rare words, which tells whether any of these answers them and words the reply.
(Rajpurkar and others, "Know What You Don't Know", 2018, arXiv:1806.03822.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import msgspec
import numpy as np

from groundwork.dataset.creation.build_inputs import BuildInputs, read_input_chunks
from groundwork.dataset.creation.document_subjects import Subjects, read_subjects
from groundwork.dataset.general_data_mix import general_rows_needed, spread_mixed_rows
from groundwork.dataset.passage_search import NEAREST_CHUNKS, WHOLE_DOCUMENT_LENGTH, PassageSearch
from groundwork.dataset.split.eval_selection import Encode, eval_size, train_size
from groundwork.dataset.split_report.report_schema import BuiltDataset, Unanswerable
from groundwork.embedding.nearest_neighbours import find_nearest
from groundwork.errors import UnitError
from groundwork.language.numbers import number_values
from groundwork.language.words import normalised_words
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import Message, render_turns
from groundwork.message_wording import counted
from groundwork.records import Chunk, Row
from groundwork.settings.config_schema import AbsentQuestions, DatasetSettings
from groundwork.stage_runner.estimates_and_usage import Estimate
from groundwork.stage_runner.job import Job

T = TypeVar("T")
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


def build_question_caller(
    client: Callable[[], Client],
    absent_settings: AbsentQuestions,
    question_turns: Callable[..., list[Message]],
    reply_schema: type[T],
    unit_suffix: str,
) -> Callable[..., Awaitable[T]]:
    """What makes one of the two calls about a chunk, with `question_turns` of the chunk and what else it is given."""

    async def ask_question_model(chunk: Chunk, *asked: Any) -> T:
        chunk_turns, unit = question_turns(chunk, *asked), f"{chunk.id} {unit_suffix}"
        reply = await client().ask(absent_settings, chunk_turns, stage="create_dataset", unit=unit, schema=reply_schema)
        return reply.value

    return ask_question_model


def proposal_messages(call_prompt: str, subjects: Subjects, chunk: Chunk, count: int) -> list[Message]:
    """The first request."""
    chunk_subject = subjects.of(chunk.document).strip() or chunk.document
    return render_turns(call_prompt, subject=chunk_subject, passage=chunk.text, count=str(count))


def look_up_messages(
    call_prompt: str, subjects: Subjects, chunk: Chunk, questions: Sequence[Proposed], passages: Sequence[Chunk]
) -> list[Message]:
    """The second request. The passages come first: those of a short document are the same in all of its requests."""
    return render_turns(
        call_prompt,
        subject=subjects.of(chunk.document).strip() or chunk.document,
        passages="\n\n".join(passage.text for passage in passages),
        questions="\n".join(_open_question_line(number, question) for number, question in enumerate(questions, 1)),
    )


def _open_question_line(number: int, proposed: Proposed) -> str:
    missing = " ".join(proposed.missing.split())
    return f"{number}. {proposed.question.strip()}" + (f" (to be stated: {missing})" if missing else "")


def _questions_needed(rows: Sequence[Row], runs: Sequence[str], unanswerable_settings: DatasetSettings) -> int:
    train_count = train_size(rows, runs, unanswerable_settings) * unanswerable_settings.phrasings
    eval_count = (
        eval_size(len(rows), unanswerable_settings.eval_fraction, unanswerable_settings.eval_max)
        if unanswerable_settings.eval_split
        else 0
    )
    share = unanswerable_settings.unanswerable
    return sum(general_rows_needed(count, share) for count in (train_count, eval_count) if count)


def unanswerable_estimate(job: Job, inputs: BuildInputs, rows: Sequence[Row]) -> Estimate:
    """Two calls a chunk, by the first chunk's size and what the questions of its document are looked up in."""
    unanswerable_settings, absent_settings = job.config.dataset, job.config.dataset.absent
    row_chunks, all_chunks = {row.chunk for row in rows}, read_input_chunks(inputs)
    passages = [chunk for chunk in all_chunks if chunk.id in row_chunks]
    if not passages:
        return Estimate(0, 0, 0, absent_settings)
    proposal_calls = proposal_calls_needed(_questions_needed(rows, inputs.runs, unanswerable_settings), len(passages))
    subjects = read_subjects(job.config.qa.context, inputs.text_files, inputs.summary_files)
    document_chunks = [chunk for chunk in all_chunks if chunk.document == passages[0].document]
    proposal_prompt, look_up_prompt = job.prompt(absent_settings.prompt), job.prompt(absent_settings.check_prompt)
    proposal_turns = proposal_messages(proposal_prompt, subjects, passages[0], QUESTIONS_PER_CALL)
    sample_questions = [Proposed(question=row.question, missing=row.answer) for row in rows[:QUESTIONS_PER_CALL]]
    look_up_turns = look_up_messages(
        look_up_prompt, subjects, passages[0], sample_questions, _shown_passages(document_chunks)
    )
    call_tokens = job.tokens(absent_settings, proposal_turns, Proposals)
    call_tokens += job.tokens(absent_settings, look_up_turns, Findings)
    reply_tokens = 2 * proposal_calls * TOKENS_PER_QUESTION * QUESTIONS_PER_CALL
    return Estimate(2 * proposal_calls, proposal_calls * call_tokens, reply_tokens, absent_settings)


def _shown_passages(document_chunks: list[Chunk]) -> list[Chunk]:
    """As many chunks of a document as a question is looked up in."""
    if sum(len(chunk.text) for chunk in document_chunks) <= WHOLE_DOCUMENT_LENGTH:
        return document_chunks
    return document_chunks[: QUESTIONS_PER_CALL * 2 * NEAREST_CHUNKS]


UNANSWERABLE_CATEGORY = "unanswerable"
UNANSWERABLE_CRITERIA = [
    "Says that this is not stated, or not known from the source",
    "Gives no answer of its own to the question",
]


@dataclass(frozen=True)
class UnanswerableFinder:
    """What finds questions that the documents leave open: who proposes them, who looks them up, what tells them apart.

    `model` is the name that the rows bear; `seed` decides which chunks are asked about.
    """

    propose: Propose
    look_up: LookUp
    encode: Encode
    model: str
    seed: int


@dataclass
class _UnanswerableRows:
    """Rows so far, and how many questions were left out for which reason."""

    rows: list[Row] = field(default_factory=list)
    wordings: set[str] = field(default_factory=set)  # of their questions
    proposed: int = 0
    asked: int = 0
    answered: int = 0
    unusable: int = 0
    failed: list[str] = field(default_factory=list)


def unanswerable_needed_by_split(built: BuiltDataset, share: float) -> dict[str, int]:
    """How many questions make up `share` of train and of eval, once they stand in them."""
    split_sizes = {split: len(built.splits.get(split, ())) for split in ("train", "eval")}
    return {split: general_rows_needed(size, share) for split, size in split_sizes.items() if size}


async def add_unanswerable_questions(
    built: BuiltDataset, chunks: Sequence[Chunk], share: float, finder: UnanswerableFinder
) -> BuiltDataset:
    """`built` with questions that no passage answers, as `share` of train and of eval, none in both.

    Chunks are asked about in an order drawn with the seed until there are enough; fewer rows are warned of. A reply
    that cannot be had costs its chunk's questions alone.
    """
    needed_total = sum((needed_counts := unanswerable_needed_by_split(built, share)).values())
    dataset_rows = list({row.id: row for split in ("train", "eval") for row in built.splits.get(split, [])}.values())
    row_chunks = {row.chunk for row in dataset_rows}
    asked_chunks = [chunk for chunk in chunks if chunk.id in row_chunks]
    passage_search = await PassageSearch.over(dataset_rows, list(chunks), finder.encode, finder.seed)
    unanswerable = await _gather_unanswerable_rows(asked_chunks, needed_total, passage_search, finder)
    unanswerable_rows = _divide_between_splits(unanswerable.rows, needed_counts)
    unanswerable_record = Unanswerable(
        share=share,
        needed=needed_total,
        train=len(unanswerable_rows["train"]),
        eval=len(unanswerable_rows.get("eval", [])),
        proposed=unanswerable.proposed,
        asked=unanswerable.asked,
        answered=unanswerable.answered,
        unusable=unanswerable.unusable,
    )
    return _with_unanswerable(built, unanswerable_rows, unanswerable_record, unanswerable.failed)


def _with_unanswerable(
    built: BuiltDataset,
    unanswerable_rows: Mapping[str, list[Row]],
    unanswerable_record: Unanswerable,
    failed_proposals: list[str],
) -> BuiltDataset:
    """`built` with `unanswerable_rows` in each split: spread over train, at the end of the others."""
    splits = {split: [*split_rows, *unanswerable_rows.get(split, [])] for split, split_rows in built.splits.items()}
    splits["train"] = spread_mixed_rows(built.splits["train"], unanswerable_rows["train"])
    added_rows = [row for split_rows in unanswerable_rows.values() for row in split_rows]
    unanswerable_warnings = _unanswerable_warnings(unanswerable_record, failed_proposals)
    return built.extended(splits, added_rows, unanswerable_warnings, unanswerable=unanswerable_record)


async def _gather_unanswerable_rows(
    asked_chunks: Sequence[Chunk], needed_total: int, passage_search: PassageSearch, finder: UnanswerableFinder
) -> _UnanswerableRows:
    chunk_order = np.random.default_rng(finder.seed).permutation(len(asked_chunks)).tolist()
    unanswerable, batch_start = _UnanswerableRows(), 0
    while len(unanswerable.rows) < needed_total and batch_start < len(chunk_order):
        batch_size = proposal_calls_needed(needed_total - len(unanswerable.rows), len(chunk_order))
        chunk_batch = [asked_chunks[i] for i in chunk_order[batch_start : batch_start + batch_size]]
        batch_start += len(chunk_batch)
        found_in_batch = [_unanswerable_rows_of_chunk(chunk, passage_search, finder) for chunk in chunk_batch]
        for chunk_questions in await gather_all(found_in_batch):
            await _add_unasked_rows(unanswerable, chunk_questions, passage_search)
    return unanswerable


async def _unanswerable_rows_of_chunk(
    chunk: Chunk, passage_search: PassageSearch, finder: UnanswerableFinder
) -> _UnanswerableRows:
    """The rows of one chunk; those of another chunk may still ask the same."""
    unanswerable = _UnanswerableRows()
    try:
        proposed = _distinct_questions(await finder.propose(chunk, QUESTIONS_PER_CALL))
        unanswerable.proposed = len(proposed)
        open_questions, open_vectors = await passage_search.open_questions(list(proposed))
        unanswerable.asked = len(proposed) - len(open_questions)
        if not open_questions:
            return unanswerable
        passages = passage_search.passages(open_questions, open_vectors, chunk)
        findings = await finder.look_up(chunk, [proposed[open_question] for open_question in open_questions], passages)
    except UnitError as error:
        unanswerable.failed.append(str(error))
        return unanswerable
    finding_by_number = {finding.number: finding for finding in findings.findings}
    passage_text = " ".join(passage.text for passage in passages)
    for question_number, open_question in enumerate(open_questions, 1):
        finding = finding_by_number.get(question_number)
        if finding and (finding.answered or finding.quote.strip()):
            unanswerable.answered += 1
        elif finding is None or not _is_honest_refusal(finding.reply, open_question, passage_text):
            unanswerable.unusable += 1
        else:
            unanswerable.rows.append(_unanswerable_row(open_question, finding.reply.strip(), chunk, finder.model))
    return unanswerable


def _distinct_questions(proposals: Proposals) -> dict[str, Proposed]:
    """What was proposed, by its question; of several with one question the first."""
    proposed_by_question: dict[str, Proposed] = {}
    for proposed in proposals.questions:
        if question := proposed.question.strip():
            proposed_by_question.setdefault(question, proposed)
    return proposed_by_question


def _is_honest_refusal(honest_reply: str, question: str, passage_text: str) -> bool:
    """Whether the reply says something, and no number that neither the question nor the passages have."""
    return bool(honest_reply.strip()) and number_values(honest_reply, spelled="en") <= number_values(
        f"{question} {passage_text}", spelled="en"
    )


async def _add_unasked_rows(
    unanswerable: _UnanswerableRows, chunk_questions: _UnanswerableRows, passage_search: PassageSearch
) -> None:
    """The rows of `chunk_questions` that `unanswerable` does not ask yet, and all its counts."""
    for row in chunk_questions.rows:
        question_vector = await passage_search.encode([row.question], "query")
        wording = normalised_words(row.question) or row.question  # of a question of marks alone, such as a formula
        nearest_cosine = find_nearest(question_vector, passage_search.row_vectors.rows)[1][0]
        if wording in unanswerable.wordings or nearest_cosine >= passage_search.threshold_of(row.question):
            unanswerable.asked += 1
            continue
        passage_search.row_vectors.extend(question_vector)  # not to be asked twice
        unanswerable.rows.append(row)
        unanswerable.wordings.add(wording)
    unanswerable.proposed += chunk_questions.proposed
    unanswerable.asked += chunk_questions.asked
    unanswerable.answered += chunk_questions.answered
    unanswerable.unusable += chunk_questions.unusable
    unanswerable.failed += chunk_questions.failed


def _unanswerable_row(question: str, answer: str, chunk: Chunk, model: str) -> Row:
    unanswerable_key = f"{chunk.document}\0{question}".encode("utf-8", "surrogatepass")
    return Row(
        id=f"{chunk.document}-unanswerable-{hashlib.sha256(unanswerable_key).hexdigest()[:12]}",
        question=question,
        answer=answer,
        evaluation_criteria=list(UNANSWERABLE_CRITERIA),
        difficulty="",
        category=UNANSWERABLE_CATEGORY,
        document=chunk.document,
        chunk=chunk.id,
        evidence=[],
        tags=[],
        headings=chunk.headings,
        pages=chunk.pages,
        model=model,
        run="",
        iteration=0,
        cluster=-1,
        unanswerable=True,
    )


def _divide_between_splits(unanswerable_rows: Sequence[Row], needed_counts: Mapping[str, int]) -> dict[str, list[Row]]:
    """The rows by split, as many as it takes of each; where they are too few, by the same shares, one at least."""
    needed_total = sum(needed_counts.values())
    used_rows = list(unanswerable_rows[:needed_total])
    if "eval" not in needed_counts:
        return {"train": used_rows}
    eval_count = (
        needed_counts["eval"]
        if len(used_rows) == needed_total
        else round(len(used_rows) * needed_counts["eval"] / needed_total)
    )
    return {"eval": used_rows[:eval_count], "train": used_rows[eval_count:]}


def _unanswerable_warnings(unanswerable_record: Unanswerable, failed_chunks: Sequence[str]) -> list[str]:
    unanswerable_total = unanswerable_record.train + unanswerable_record.eval
    unanswerable_warnings = []
    if unanswerable_total < unanswerable_record.needed:
        unanswerable_warnings.append(
            f"only {unanswerable_total:,} of {counted(unanswerable_record.needed, 'question')} without an answer were "
            f"found: of {unanswerable_record.proposed:,} proposed ones {unanswerable_record.answered:,} are answered "
            f"by a passage and {unanswerable_record.asked:,} ask what another row asks"
        )
    if failed_chunks:
        unanswerable_warnings.append(
            f"{counted(len(failed_chunks), 'chunk gave', 'chunks gave')} no question without an answer; the first "
            f"reason: {failed_chunks[0]}"
        )
    return unanswerable_warnings


async def add_unanswerable(
    job: Job, built: BuiltDataset, passages: Sequence[Chunk], about: Subjects, encode: Encode
) -> BuiltDataset:
    """The dataset with the questions that the settings ask for."""
    unanswerable_settings = job.config.dataset
    absent_settings = unanswerable_settings.absent
    job.progress.start_phase("looking for questions that the documents do not answer")
    proposal_turns = partial(proposal_messages, job.prompt(absent_settings.prompt), about)
    look_up_turns = partial(look_up_messages, job.prompt(absent_settings.check_prompt), about)
    unanswerable_finder = UnanswerableFinder(
        build_question_caller(lambda: job.client, absent_settings, proposal_turns, Proposals, "unanswerable"),
        build_question_caller(lambda: job.client, absent_settings, look_up_turns, Findings, "unanswerable looked up"),
        encode,
        str(absent_settings.model),
        unanswerable_settings.seed,
    )
    return await add_unanswerable_questions(built, passages, unanswerable_settings.unanswerable, unanswerable_finder)
