"""Answers to a dataset's questions: asked of a model, or read from a file that was made elsewhere.

A file holds one JSON object a line: {"id", "answer"}, and "split" where an id stands in several splits, as those of
eval and eval_mirror do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from groundwork.data_folder.read_write import read_jsonl
from groundwork.dataset.load_dataset import QuestionRow
from groundwork.errors import BadRecord, UnitError
from groundwork.llm.calls.costs_and_budget import tokens_in
from groundwork.llm.calls.reply_corrections import Reply
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client
from groundwork.llm.prompt_templates import Message, render_turns
from groundwork.message_wording import counted
from groundwork.settings.config_schema import GradeSettings, ModelCall
from groundwork.stage_runner.estimates_and_usage import Estimate
from groundwork.stage_runner.job import Job

IDS_SHOWN = 3  # ids in a message
AnswerKey = tuple[str, str]  # split, id


class Answer(msgspec.Struct, frozen=True):
    """A line of the file; other fields are passed over."""

    id: str | int
    answer: str | None
    split: str = ""


@dataclass
class Answers:
    """Answers by (split, id), what failed (question id, status, reason), and what the reader is to know."""

    by_row: dict[AnswerKey, str] = field(default_factory=dict)
    failures: list[tuple[str, str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def answer_prompt(settings: GradeSettings) -> str:
    """The name of the prompt that a graded model is asked by, with the evidence or without it."""
    return settings.answer.open_book_prompt if settings.open_book else settings.answer.prompt


def answer_messages(asked_row: QuestionRow, template: str, *, open_book: bool) -> list[Message]:
    """What the model is asked: the question alone, or with the evidence."""
    fields = {"question": asked_row.question, **({"evidence": "\n".join(asked_row.evidence)} if open_book else {})}
    return render_turns(template, **fields)


async def ask_answers(
    client: Callable[[], Client], call: ModelCall, rows: Sequence[QuestionRow], template: str, *, open_book: bool
) -> Answers:
    """The model's answer to each row; one that fails takes no other with it."""
    model_answers = Answers()

    async def ask_answer(asked_row: QuestionRow) -> None:
        messages = answer_messages(asked_row, template, open_book=open_book)
        try:
            answer_reply: Reply[str] = await client().ask(
                call, messages, stage="grade", unit=f"{asked_row.id} answer", schema=None
            )
        except UnitError as error:
            model_answers.failures.append((asked_row.id, error.status, str(error)))
        else:
            model_answers.by_row[asked_row.split, asked_row.id] = answer_reply.value

    await gather_all(ask_answer(asked_row) for asked_row in rows)
    return model_answers


def _splits_by_answer_id(row_keys: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    splits_of: dict[str, list[str]] = {}
    for split, row_id in sorted(row_keys):
        splits_of.setdefault(row_id, []).append(split)
    return splits_of


def read_answers(answers_file: Path, rows: Sequence[QuestionRow]) -> Answers:
    """The answers of `answers_file` that belong to `rows`.

    Raises BadRecord for a damaged line, an id with two answers, and a file none of whose ids is one of the rows'.
    """
    file_answers, unknown_answers, ambiguous_answers = _read_answer_lines(answers_file, rows)
    answer_keys = {(row.split, row.id) for row in rows}
    stray_answers = [key for key in file_answers.by_row if key not in answer_keys]
    answered_splits = {split for split, _ in answer_keys}
    skipped_answers = Counter(split for split, _ in stray_answers if split not in answered_splits)
    unknown_answers += [f"{row_id} ({split})" for split, row_id in stray_answers if split in answered_splits]
    for key in stray_answers:
        del file_answers.by_row[key]
    if not file_answers.by_row:
        answered_ids = unknown_answers[:IDS_SHOWN] or [f"those of split {split}" for split in skipped_answers]
        file_ids = ", ".join(answered_ids) or "none"
        row_ids = ", ".join(row.id for row in rows[:IDS_SHOWN])
        id_mismatch = f"it has {file_ids}, the dataset {row_ids}"
        raise BadRecord(f"{answers_file}: none of its ids is one of the dataset's; {id_mismatch}")
    missing_answers = len(answer_keys) - len(file_answers.by_row)
    file_answers.warnings = _answer_warnings(
        answers_file, unknown_answers, ambiguous_answers, skipped_answers, missing_answers
    )
    return file_answers


def _read_answer_lines(answers_file: Path, rows: Sequence[QuestionRow]) -> tuple[Answers, list[str], set[str]]:
    """Every answer of the file, the ids that are of no row, and those that stand in several splits."""
    file_answers, unknown_answers, ambiguous_answers = Answers(), list[str](), set[str]()
    splits_by_answer_id = _splits_by_answer_id({(row.split, row.id) for row in rows})
    split_order = {split: index for index, split in enumerate(dict.fromkeys(row.split for row in rows))}
    for answer_line in read_jsonl(answers_file, Answer):
        row_id = str(answer_line.id)
        answer_splits = [answer_line.split] if answer_line.split else splits_by_answer_id.get(row_id, [])
        if len(answer_splits) > 1:
            ambiguous_answers.add(row_id)
            answer_splits = [min(answer_splits, key=split_order.__getitem__)]
        for split in answer_splits:
            if (split, row_id) in file_answers.by_row:
                raise BadRecord(f"{answers_file}: {row_id} has two answers; give each line its split, or delete one")
            file_answers.by_row[split, row_id] = answer_line.answer or ""
        if not answer_splits:
            unknown_answers.append(row_id)
    return file_answers, unknown_answers, ambiguous_answers


def _answer_warnings(
    answers_file: Path,
    unknown_answers: Sequence[str],
    ambiguous_answers: set[str],
    skipped_answers: Mapping[str, int],
    missing_answers: int,
) -> list[str]:
    answer_warnings = [
        f"{answers_file.name}: split {split}: {counted(count, 'answer is', 'answers are')} passed over; "
        "--splits names those that are graded"
        for split, count in skipped_answers.items()
    ]
    if unknown_answers:
        answer_warnings.append(
            f"{answers_file.name}: left out, for their ids are of no row: {len(unknown_answers):,} "
            f"({', '.join(unknown_answers[:IDS_SHOWN])})"
        )
    if ambiguous_answers:
        answer_warnings.append(
            f"{answers_file.name}: {counted(len(ambiguous_answers), 'id stands', 'ids stand')} in several splits; "
            "without a field split their answers count for the first of them"
        )
    if missing_answers:
        answer_warnings.append(
            f"{answers_file.name}: {counted(missing_answers, 'row has', 'rows have')} no answer; they are not graded "
            "and not counted"
        )
    return answer_warnings


def estimate_answers(
    job: Job, call: ModelCall, asked_rows: Sequence[QuestionRow], template: str, *, open_book: bool
) -> Estimate:
    """A call a row; the answers as long as the reference answers."""
    prompt_tokens = sum(job.tokens(call, answer_messages(row, template, open_book=open_book)) for row in asked_rows)
    return Estimate(len(asked_rows), prompt_tokens, sum(tokens_in(asked_row.answer) for asked_row in asked_rows), call)
