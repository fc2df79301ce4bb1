"""The rows of a dataset of any make, read from JSONL, Parquet or the Hub under whatever names its columns have.

Rows come in a stable order, whatever order the files have.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from sys import intern  # of what many rows have in common
from typing import Any

import msgspec

from groundwork.dataset.dataset_argument import HUB_LOGIN_HINT, DatasetSource
from groundwork.errors import BadRecord, UsageError
from groundwork.message_wording import counted
from groundwork.records import QuestionFields

SPLIT_FILE = re.compile(r"^(?P<split>train|eval|eval_mirror|mirror|test|validation|dev)(-\d{5}-of-\d{5}.*)?$")
MIRROR_SPLITS = ("eval_mirror", "mirror")  # verbatim copies of rows of train: shown, never counted again

# Column names of other people's datasets, ours first.
QUESTION_COLUMNS = ("question", "prompt", "instruction", "query")
ANSWER_COLUMNS = ("answer", "completion", "response", "output")
MESSAGE_COLUMNS = ("messages", "conversations")
CRITERIA_COLUMNS = ("evaluation_criteria", "criteria", "rubric", "rubrics")


class QuestionRow(QuestionFields, frozen=True, kw_only=True):
    """One question of a dataset with what is known about it."""

    iteration: int = 0
    model: str = ""
    original_question: str = ""
    also: list[str] = msgspec.field(default_factory=list)
    tags: list[str] = msgspec.field(default_factory=list)
    input: str = ""  # what an `instruction` is about
    cluster: int = -1  # of the clusters that eval was drawn from; -1: unknown
    checks: dict[str, Any] | None = None  # the columns of curation, where they are asked for
    unanswerable: bool = False  # asks what the documents do not say, and the answer says so


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset's rows in a stable order, and what was left out on the way."""

    source: DatasetSource
    rows: list[QuestionRow]
    warnings: list[str] = []

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def questions(self) -> list[str]:
        return [row.question for row in self.rows]

    @property
    def splits(self) -> list[str]:
        """The names of the splits in their order of first appearance in train, eval, mirror; [""] without splits."""
        order = {"train": 0, "validation": 1, "dev": 1, "eval": 2, "test": 3, "eval_mirror": 4, "mirror": 4}
        return sorted({row.split for row in self.rows}, key=lambda split: (order.get(split, 5), split))


def load_dataset(loaded_source: DatasetSource, *, with_checks: bool = False) -> Dataset:
    """The rows of `loaded_source`, in a stable order; those of a run `with_checks`, which take a kB a row.

    Raises UsageError (no question column, no such Hub dataset) and BadRecord (a damaged file, with its line).
    """
    loaded_rows, rows_without_question = list[QuestionRow](), Counter[str]()
    read_source = _hub_records if loaded_source.kind == "hub" else _file_records
    for split, dataset_record in read_source(loaded_source):
        loaded_row = _question_row(dataset_record, split, loaded_source)
        if with_checks and loaded_source.kind == "run":
            loaded_row = msgspec.structs.replace(loaded_row, checks=dataset_record.get("checks"))
        if loaded_row.question.strip():
            loaded_rows.append(loaded_row)
        else:
            rows_without_question[_lack_of_question(dataset_record)] += 1
    lacks = [counted(count, f"row {lack} was", f"rows {lack} were") for lack, count in rows_without_question.items()]
    warnings = [f"{loaded_source.name}: {lacking_rows} left out" for lacking_rows in lacks]
    return Dataset(source=loaded_source, rows=_distinct_ids(loaded_rows), warnings=warnings)


def read_records(files: Iterable[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(split, record) of every row in the files of a finished dataset, as they are. Raises BadRecord."""
    return _file_records(DatasetSource(name="", key="", kind="files", files=tuple(files)))


def _file_records(loaded_source: DatasetSource) -> Iterator[tuple[str, dict[str, Any]]]:
    """(split, record) of every row in the source's files."""
    for dataset_file in loaded_source.files:
        split_match = SPLIT_FILE.match(dataset_file.stem) if loaded_source.kind == "files" else None
        for dataset_record in (
            _parquet_records(dataset_file) if dataset_file.suffix == ".parquet" else _jsonl_records(dataset_file)
        ):
            yield split_match["split"] if split_match else "", dataset_record


def _jsonl_records(dataset_file: Path) -> Iterator[dict[str, Any]]:
    record_decoder = msgspec.json.Decoder(dict[str, Any])
    with dataset_file.open("rb") as json_lines:
        for line_number, json_line in enumerate(json_lines, start=1):
            if json_line.strip():
                try:
                    yield record_decoder.decode(json_line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise BadRecord(f"{dataset_file}, line {line_number}: {error}; fix or delete the line") from None


def _parquet_records(dataset_file: Path) -> Iterator[dict[str, Any]]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        for record_batch in ParquetFile(dataset_file).iter_batches():
            yield from record_batch.to_pylist()
    except (ArrowException, OSError) as error:
        raise BadRecord(f"{dataset_file}: not a readable Parquet file ({error}); fetch or write it again") from None


def _hub_records(loaded_source: DatasetSource) -> Iterator[tuple[str, dict[str, Any]]]:
    """(split, record) of a Hub dataset, through the `datasets` package and its cache."""
    import datasets

    datasets.disable_progress_bars()
    for loading_package in ("datasets", "huggingface_hub"):
        logging.getLogger(loading_package).setLevel(logging.CRITICAL)  # what breaks is told below, in one line
    source_name, revision, split_name = loaded_source.name, loaded_source.revision or None, loaded_source.split or None
    try:
        loaded_dataset = datasets.load_dataset(loaded_source.hub_id, revision=revision, split=split_name)
    except datasets.exceptions.DatasetNotFoundError as error:  # gated: its name and revision are known by now
        load_problem = " ".join(str(error).split())
        raise UsageError(f"{source_name}: {load_problem} Ask for access on its page, {HUB_LOGIN_HINT}") from error
    except Exception as error:  # of datasets, pyarrow or the hub client, by what broke
        load_problem = f"cannot be read from the Hub: {' '.join(str(_root_cause_of_loading(error)).split())}"
        raise UsageError(f"{source_name}: {load_problem}; fix it there, or give a folder") from error
    loaded_splits = loaded_dataset if isinstance(loaded_dataset, dict) else {loaded_source.split: loaded_dataset}
    for split, loaded_split in loaded_splits.items():
        yield from ((split, dataset_record) for dataset_record in loaded_split)


def _root_cause_of_loading(error: BaseException) -> BaseException:
    """What broke at the bottom: `datasets` itself says only that an error occurred."""
    return _root_cause_of_loading(error.__cause__) if error.__cause__ else error


def _question_row(dataset_record: dict[str, Any], split: str, loaded_source: DatasetSource) -> QuestionRow:
    """A record of any of the forms above as a QuestionRow. Raises UsageError that names the columns found."""
    question, answer = _record_question_and_answer(dataset_record, loaded_source)
    return QuestionRow(
        id=_column_text(dataset_record.get("id")),
        question=question,
        answer=answer,
        split=_column_text(dataset_record.get("split")) or split,
        evaluation_criteria=_record_criteria(dataset_record),
        evidence=_column_texts(dataset_record.get("evidence")),
        document=intern(_column_text(dataset_record.get("document"))),
        chunk=intern(_column_text(dataset_record.get("chunk"))),
        headings=_column_texts(dataset_record.get("headings")),
        pages=[page for page in dataset_record.get("pages") or [] if isinstance(page, int)],
        category=intern(_column_text(dataset_record.get("category"))),
        difficulty=intern(_column_text(dataset_record.get("difficulty"))),
        unanswerable=dataset_record.get("unanswerable") is True,
        score=_record_score(dataset_record),
        iteration=dataset_record["iteration"] if isinstance(dataset_record.get("iteration"), int) else 0,
        model=intern(_column_text(dataset_record.get("model"))),
        original_question=_column_text(dataset_record.get("original_question")),
        also=_column_texts(dataset_record.get("also")),
        tags=_column_texts(dataset_record.get("tags")),
        input=_column_text(dataset_record.get("input") or dataset_record.get("context"))
        if "instruction" in dataset_record
        else "",
        cluster=dataset_record["cluster"] if isinstance(dataset_record.get("cluster"), int) else -1,
    )


def _record_score(dataset_record: dict[str, Any]) -> float | None:
    """What grading measured, else what the weakest check of curation gave; None where neither is known."""
    measured_difficulty = dataset_record.get("measured_difficulty")
    if isinstance(measured_difficulty, int | float):
        return 1 - float(measured_difficulty)
    curation_checks = dataset_record.get("checks")
    check_columns = curation_checks.values() if isinstance(curation_checks, dict) else []
    check_scores = [check_column.get("score") for check_column in check_columns if isinstance(check_column, dict)]
    return min((float(score) for score in check_scores if isinstance(score, int | float)), default=None)


def _record_criteria(dataset_record: dict[str, Any]) -> list[str]:
    """The criteria under any of their names, as texts or, as HealthBench has them, as objects with a `criterion`."""
    criteria_columns = [record_column for record_column in CRITERIA_COLUMNS if dataset_record.get(record_column)]
    criteria_values = _column_list(dataset_record[criteria_columns[0]]) if criteria_columns else []
    return [
        _column_text(criterion.get("criterion")) if isinstance(criterion, dict) else _column_text(criterion)
        for criterion in criteria_values
    ]


def _record_question_and_answer(dataset_record: dict[str, Any], loaded_source: DatasetSource) -> tuple[str, str]:
    for question_column in QUESTION_COLUMNS:
        if isinstance(dataset_record.get(question_column), str):
            answers = [dataset_record.get(answer_column) for answer_column in ANSWER_COLUMNS]
            return dataset_record[question_column], next((text for text in answers if isinstance(text, str)), "")
    for message_column in (*MESSAGE_COLUMNS, "prompt"):
        if isinstance(dataset_record.get(message_column), list):
            completion_turns = _column_list(dataset_record.get("completion"))
            return _first_question_and_answer(dataset_record[message_column] + completion_turns)
    if any(question_column in dataset_record for question_column in (*QUESTION_COLUMNS, *MESSAGE_COLUMNS)):
        return "", ""  # the column is there and empty in this row
    record_source = loaded_source.files[0] if loaded_source.kind == "files" else loaded_source.name
    raise UsageError(
        f"{record_source}: no column {QUESTION_COLUMNS[0]!r} "
        f"(nor {', '.join((*QUESTION_COLUMNS[1:], *MESSAGE_COLUMNS))}); "
        f"it has: {', '.join(dataset_record) or 'none'}; rename one of them"
    )


def _first_question_and_answer(message_turns: list[Any]) -> tuple[str, str]:
    contents_by_role = {
        turn.get("role", turn.get("from")): _column_text(turn.get("content", turn.get("value")))
        for turn in reversed(message_turns)
        if isinstance(turn, dict)
    }
    question = contents_by_role.get("user", contents_by_role.get("human", ""))
    return question, contents_by_role.get("assistant", contents_by_role.get("gpt", ""))


def _lack_of_question(dataset_record: dict[str, Any]) -> str:
    """Why a row without a question has none."""
    question_values = (
        dataset_record[record_column]
        for record_column in (*QUESTION_COLUMNS, *MESSAGE_COLUMNS)
        if dataset_record.get(record_column) is not None
    )
    question_types = [type(question).__name__ for question in question_values if not isinstance(question, str)]
    return f"whose question is not text ({question_types[0]})" if question_types else "without a question"


def _distinct_ids(loaded_rows: list[QuestionRow]) -> list[QuestionRow]:
    """Rows sorted by (question, answer, split, id); rows without an id get one made of their text.

    Of several with one id in a split, all but the first get a number behind it that no other row's id ends in.
    """
    ordered_rows = sorted(loaded_rows, key=lambda row: (row.question, row.answer, row.split, row.id))
    row_keys = [(loaded_row.split, loaded_row.id or _text_id(loaded_row)) for loaded_row in ordered_rows]
    id_counts, repeat_numbers = Counter(row_keys), Counter[tuple[str, str]]()
    distinct_rows = []
    for loaded_row, (row_split, loaded_id) in zip(ordered_rows, row_keys, strict=True):
        if id_counts[row_split, loaded_id] > 1:
            repeat_numbers[row_split, loaded_id] += 1
            numbered_id = loaded_id
            while (repeat_number := repeat_numbers[row_split, loaded_id]) > 1:
                numbered_id = f"{loaded_id}-{repeat_number}"
                if (row_split, numbered_id) not in id_counts:
                    break
                repeat_numbers[row_split, loaded_id] += 1
            loaded_id = numbered_id
        distinct_rows.append(msgspec.structs.replace(loaded_row, id=loaded_id))
    return distinct_rows


def _text_id(loaded_row: QuestionRow) -> str:
    row_text = f"{loaded_row.question}\0{loaded_row.answer}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(row_text).hexdigest()[:12]


def _column_text(column_value: Any) -> str:
    return column_value if isinstance(column_value, str) else "" if column_value is None else str(column_value)


def _column_texts(column_value: Any) -> list[str]:
    return [_column_text(element) for element in _column_list(column_value)]


def _column_list(column_value: Any) -> list[Any]:
    return column_value if isinstance(column_value, list) else [] if column_value in (None, "") else [column_value]
