"""Answers to a dataset's questions: asked of a model, or read from a file that was made elsewhere.

A file holds one JSON object a line: {"id", "answer"}, and "split" where an id stands in several splits, as those of
eval and eval_mirror do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from groundwork.data_folder.read_write import read_jsonl
from groundwork.dataset.load_dataset import QuestionRow
from groundwork.errors import BadRecord, UnitError, UsageError
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client, Reply
from groundwork.llm.prompts import Message, render_turns
from groundwork.message_wording import counted
from groundwork.settings.config_schema import GradeSettings, ModelCall

IDS_SHOWN = 3  # ids in a message
RowKey = tuple[str, str]  # split, id


class Answer(msgspec.Struct, frozen=True):
    """A line of the file; other fields are passed over."""

    id: str | int
    answer: str | None
    split: str = ""


@dataclass
class Answers:
    """Answers by (split, id), what failed (question id, status, reason), and what the reader is to know."""

    by_row: dict[RowKey, str] = field(default_factory=dict)
    failures: list[tuple[str, str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def answer_prompt(settings: GradeSettings) -> str:
    """The name of the prompt that a graded model is asked by, with the evidence or without it."""
    return settings.answer.open_book_prompt if settings.open_book else settings.answer.prompt


def question_messages(row: QuestionRow, template: str, *, open_book: bool) -> list[Message]:
    """What the model is asked: the question alone, or with the evidence."""
    fields = {"question": row.question, **({"evidence": "\n".join(row.evidence)} if open_book else {})}
    return render_turns(template, **fields)


async def ask_answers(
    client: Callable[[], Client], call: ModelCall, rows: Sequence[QuestionRow], template: str, *, open_book: bool
) -> Answers:
    """The model's answer to each row; one that fails takes no other with it."""
    answers = Answers()

    async def ask_answer(row: QuestionRow) -> None:
        messages = question_messages(row, template, open_book=open_book)
        try:
            reply: Reply[str] = await client().ask(call, messages, stage="grade", unit=f"{row.id} answer", schema=None)
        except UnitError as error:
            answers.failures.append((row.id, error.status, str(error)))
        else:
            answers.by_row[row.split, row.id] = reply.value

    await gather_all(ask_answer(row) for row in rows)
    return answers


def read_answers(file: Path, rows: Sequence[QuestionRow]) -> Answers:
    """The answers of `file` that belong to `rows`.

    Raises BadRecord for a damaged line, an id with two answers, and a file none of whose ids is one of the rows'.
    """
    answers = Answers()
    row_keys = {(row.split, row.id) for row in rows}
    split_order = {split: index for index, split in enumerate(dict.fromkeys(row.split for row in rows))}
    splits_of: dict[str, list[str]] = {}
    for split, row_id in sorted(row_keys):
        splits_of.setdefault(row_id, []).append(split)
    unknown_ids: list[str] = []
    ambiguous_ids: set[str] = set()
    for line in read_jsonl(file, Answer):
        row_id = str(line.id)
        splits = [line.split] if line.split else splits_of.get(row_id, [])
        if len(splits) > 1:
            ambiguous_ids.add(row_id)
            splits = [min(splits, key=split_order.__getitem__)]
        for split in splits:
            if (split, row_id) in answers.by_row:
                raise BadRecord(f"{file}: {row_id} has two answers; give each line its split, or delete one")
            answers.by_row[split, row_id] = line.answer or ""
        if not splits:
            unknown_ids.append(row_id)
    stray = [key for key in answers.by_row if key not in row_keys]
    graded = {split for split, _ in row_keys}
    skipped = Counter(split for split, _ in stray if split not in graded)
    unknown_ids += [f"{row_id} ({split})" for split, row_id in stray if split in graded]
    for key in stray:
        del answers.by_row[key]
    if not answers.by_row:
        file_ids = ", ".join(unknown_ids[:IDS_SHOWN] or [f"those of split {split}" for split in skipped]) or "none"
        row_ids = ", ".join(row.id for row in rows[:IDS_SHOWN])
        raise BadRecord(f"{file}: none of its ids is one of the dataset's; it has {file_ids}, the dataset {row_ids}")
    answers.warnings = list(
        _answer_warnings(file, unknown_ids, ambiguous_ids, skipped, len(row_keys) - len(answers.by_row))
    )
    return answers


def _answer_warnings(
    file: Path, unknown_ids: Sequence[str], ambiguous_ids: set[str], skipped: Mapping[str, int], missing: int
) -> list[str]:
    warnings = [
        f"{file.name}: split {split}: {counted(count, 'answer is', 'answers are')} passed over; "
        "--splits names those that are graded"
        for split, count in skipped.items()
    ]
    if unknown_ids:
        warnings.append(
            f"{file.name}: left out, for their ids are of no row: {len(unknown_ids):,} "
            f"({', '.join(unknown_ids[:IDS_SHOWN])})"
        )
    if ambiguous_ids:
        warnings.append(
            f"{file.name}: {counted(len(ambiguous_ids), 'id stands', 'ids stand')} in several splits; without a "
            "field split their answers "
            "count for the first of them"
        )
    if missing:
        warnings.append(
            f"{file.name}: {counted(missing, 'row has', 'rows have')} no answer; they are not graded and not counted"
        )
    return warnings


def parse_answers_argument(argument: str) -> tuple[str, Path]:
    """(label, file) of `LABEL=FILE`, or of a file, which is named after itself or, as `answers`, after its folder.

    Raises UsageError where there is no such file.
    """
    label, _, file_name = argument.partition("=")
    path = Path(file_name if file_name and not Path(argument).exists() else argument).expanduser()
    if not path.is_file():
        raise UsageError(f"--answers {argument}: no such file")
    if file_name and path == Path(file_name).expanduser():
        return label, path
    return (path.resolve().parent.name if path.stem in ("answers", "predictions", "outputs") else path.stem), path
