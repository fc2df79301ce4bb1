"""Questions near the subject that the documents do not answer, so that a model learns to say so.

One call a chunk proposes questions that a reader might ask next. What the dataset answers already is left out by its
meaning; the others are shown to a second call beside the whole document, or of a long one the passages nearest to them,
which tells whether any of these answers them and words the reply.
(Rajpurkar and others, "Know What You Don't Know", 2018, arXiv:1806.03822.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from groundwork.dataset.creation.build_splits import BuiltDataset
from groundwork.dataset.creation.document_subjects import Subjects
from groundwork.dataset.general_data_mix import general_rows_needed, spread_mixed_rows
from groundwork.dataset.publish.personal_data import scan_personal_data
from groundwork.dataset.split.eval_selection import Encode
from groundwork.dataset.split_report.report_record import Unanswerable
from groundwork.dataset.unanswerable.passage_search import QuestionSearch
from groundwork.dataset.unanswerable.unanswerable_calls import (
    QUESTIONS_PER_CALL,
    LookUp,
    Proposals,
    Propose,
    Proposed,
    build_look_up,
    build_question_proposer,
    proposal_calls_needed,
)
from groundwork.embedding.nearest_neighbours import find_nearest
from groundwork.errors import UnitError
from groundwork.language.numbers import number_values
from groundwork.language.words import normalised_words
from groundwork.llm.calls.task_group import gather_all
from groundwork.message_wording import counted
from groundwork.records import Chunk, Row
from groundwork.stage_runner.job import Job

if TYPE_CHECKING:
    pass


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
    return {
        split: general_rows_needed(len(built.splits[split]), share)
        for split in ("train", "eval")
        if built.splits.get(split)
    }


async def add_unanswerable_questions(
    built: BuiltDataset, chunks: Sequence[Chunk], share: float, finder: UnanswerableFinder
) -> BuiltDataset:
    """`built` with questions that no passage answers, as `share` of train and of eval, none in both.

    Chunks are asked about in an order drawn with the seed until there are enough; fewer rows are warned of. A reply
    that cannot be had costs its chunk's questions alone.
    """
    needed_counts = unanswerable_needed_by_split(built, share)
    needed_total = sum(needed_counts.values())
    dataset_rows = list({row.id: row for split in ("train", "eval") for row in built.splits.get(split, [])}.values())
    row_chunks = {row.chunk for row in dataset_rows}
    asked_chunks = [chunk for chunk in chunks if chunk.id in row_chunks]
    passage_search = await QuestionSearch.over(dataset_rows, list(chunks), finder.encode, finder.seed)
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
    failed: list[str],
) -> BuiltDataset:
    """`built` with `unanswerable_rows` in each split: spread over train, at the end of the others."""
    extended_splits = {
        split: spread_mixed_rows(split_rows, unanswerable_rows[split])
        if split == "train"
        else [*split_rows, *unanswerable_rows.get(split, [])]
        for split, split_rows in built.splits.items()
    }
    extended_report = msgspec.structs.replace(
        built.report,
        splits={split: len(split_rows) for split, split_rows in extended_splits.items()},
        unanswerable=unanswerable_record,
        personal=[
            *built.report.personal,
            *scan_personal_data([row for split_rows in unanswerable_rows.values() for row in split_rows]),
        ],
        warnings=[*built.report.warnings, *_unanswerable_warnings(unanswerable_record, failed)],
    )
    return BuiltDataset(extended_splits, extended_report)


async def _gather_unanswerable_rows(
    asked_chunks: Sequence[Chunk], needed_total: int, passage_search: QuestionSearch, finder: UnanswerableFinder
) -> _UnanswerableRows:
    chunk_order = np.random.default_rng(finder.seed).permutation(len(asked_chunks)).tolist()
    unanswerable, batch_start = _UnanswerableRows(), 0
    while len(unanswerable.rows) < needed_total and batch_start < len(chunk_order):
        chunk_batch = chunk_order[
            batch_start : batch_start + proposal_calls_needed(needed_total - len(unanswerable.rows), len(chunk_order))
        ]
        batch_start += len(chunk_batch)
        for chunk_questions in await gather_all(
            _unanswerable_rows_of_chunk(asked_chunks[i], passage_search, finder) for i in chunk_batch
        ):
            await _add_unasked_rows(unanswerable, chunk_questions, passage_search)
    return unanswerable


async def _unanswerable_rows_of_chunk(
    chunk: Chunk, passage_search: QuestionSearch, finder: UnanswerableFinder
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
    unanswerable_findings = {
        unanswerable_finding.number: unanswerable_finding for unanswerable_finding in findings.findings
    }
    passage_text = " ".join(passage.text for passage in passages)
    for open_question_number, open_question in enumerate(open_questions, 1):
        unanswerable_finding = unanswerable_findings.get(open_question_number)
        if unanswerable_finding and (unanswerable_finding.answered or unanswerable_finding.quote.strip()):
            unanswerable.answered += 1
        elif unanswerable_finding is None or not _is_honest_refusal(
            unanswerable_finding.reply, open_question, passage_text
        ):
            unanswerable.unusable += 1
        else:
            unanswerable.rows.append(
                _unanswerable_row(open_question, unanswerable_finding.reply.strip(), chunk, finder.model)
            )
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
    unanswerable: _UnanswerableRows, chunk_questions: _UnanswerableRows, passage_search: QuestionSearch
) -> None:
    """The rows of `chunk_questions` that `unanswerable` does not ask yet, and all its counts."""
    for row in chunk_questions.rows:
        question_vector = await passage_search.encode([row.question], "query")
        # a question of marks alone, such as a formula, has no words to be told by
        question_wording = normalised_words(row.question) or row.question
        nearest_cosine = find_nearest(question_vector, passage_search.row_vectors.rows)[1][0]
        if question_wording in unanswerable.wordings or nearest_cosine >= passage_search.threshold_of(row.question):
            unanswerable.asked += 1
            continue
        passage_search.row_vectors.extend(question_vector)  # not to be asked twice
        unanswerable.rows.append(row)
        unanswerable.wordings.add(question_wording)
    unanswerable.proposed += chunk_questions.proposed
    unanswerable.asked += chunk_questions.asked
    unanswerable.answered += chunk_questions.answered
    unanswerable.unusable += chunk_questions.unusable
    unanswerable.failed += chunk_questions.failed


def _unanswerable_row(question: str, answer: str, chunk: Chunk, model: str) -> Row:
    digest = hashlib.sha256(f"{chunk.document}\0{question}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return Row(
        id=f"{chunk.document}-unanswerable-{digest}",
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
            f"only {unanswerable_total:,} of {counted(unanswerable_record.needed, 'question')} without an answer "
            "were found: of "
            f"{unanswerable_record.proposed:,} "
            f"proposed ones {unanswerable_record.answered:,} are answered by a passage and "
            f"{unanswerable_record.asked:,} ask what another row "
            "asks"
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
    dataset_settings = job.config.dataset
    absent_settings = dataset_settings.absent
    job.progress.start_phase("looking for questions that the documents do not answer")
    propose = build_question_proposer(lambda: job.client, absent_settings, job.prompt(absent_settings.prompt), about)
    look_up = build_look_up(lambda: job.client, absent_settings, job.prompt(absent_settings.check_prompt), about)
    unanswerable_finder = UnanswerableFinder(
        propose, look_up, encode, str(absent_settings.model), dataset_settings.seed
    )
    return await add_unanswerable_questions(built, passages, dataset_settings.unanswerable, unanswerable_finder)
