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

from groundwork.counted_nouns import counted
from groundwork.dataset.dataset_argument import LOG_IN, DatasetSource
from groundwork.errors import BadRecord, UsageError
from groundwork.records.pair_record import QuestionFields

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


def load_dataset(source: DatasetSource) -> Dataset:
    """The rows of `source`, in a stable order.

    Raises UsageError (no question column, no such Hub dataset) and BadRecord (a damaged file, with its line).
    """
    rows: list[QuestionRow] = []
    left_out: Counter[str] = Counter()
    for split, record in _hub_records(source) if source.kind == "hub" else _file_records(source):
        row = _row(record, split, source)
        if row.question.strip():
            rows.append(row)
        else:
            left_out[_lack_of_question(record)] += 1
    warnings = [
        f"{source.name}: {counted(count, f'row {lack} was', f'rows {lack} were')} left out"
        for lack, count in left_out.items()
    ]
    return Dataset(source=source, rows=_distinct_ids(rows), warnings=warnings)


def read_records(files: Iterable[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(split, record) of every row in the files of a finished dataset, as they are. Raises BadRecord."""
    return _file_records(DatasetSource(name="", key="", kind="files", files=tuple(files)))


def _file_records(source: DatasetSource) -> Iterator[tuple[str, dict[str, Any]]]:
    """(split, record) of every row in the source's files."""
    for file in source.files:
        match = SPLIT_FILE.match(file.stem) if source.kind == "files" else None
        for record in _parquet_records(file) if file.suffix == ".parquet" else _jsonl_records(file):
            yield match["split"] if match else "", record


def _jsonl_records(file: Path) -> Iterator[dict[str, Any]]:
    decoder = msgspec.json.Decoder(dict[str, Any])
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise BadRecord(f"{file}, line {number}: {error}; fix or delete the line") from None


def _parquet_records(file: Path) -> Iterator[dict[str, Any]]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        for batch in ParquetFile(file).iter_batches():
            yield from batch.to_pylist()
    except (ArrowException, OSError) as error:
        raise BadRecord(f"{file}: not a readable Parquet file ({error}); fetch or write it again") from None


def _hub_records(source: DatasetSource) -> Iterator[tuple[str, dict[str, Any]]]:
    """(split, record) of a Hub dataset, through the `datasets` package and its cache."""
    import datasets

    datasets.disable_progress_bars()
    for client in ("datasets", "huggingface_hub"):
        logging.getLogger(client).setLevel(logging.CRITICAL)  # what breaks is told below, in one line
    try:
        loaded = datasets.load_dataset(source.hub_id, revision=source.revision or None, split=source.split or None)
    except datasets.exceptions.DatasetNotFoundError as error:  # gated: its name and revision are known by now
        cause = " ".join(str(error).split())
        raise UsageError(f"{source.name}: {cause} Ask for access on its page, {LOG_IN}") from error
    except Exception as error:  # of datasets, pyarrow or the hub client, by what broke
        cause = " ".join(str(_root_cause(error)).split())
        raise UsageError(
            f"{source.name}: cannot be read from the Hub: {cause}; fix it there, or give a folder"
        ) from error
    splits = loaded if isinstance(loaded, dict) else {source.split: loaded}
    for split, table in splits.items():
        for record in table:
            yield split, record


def _root_cause(error: BaseException) -> BaseException:
    """What broke at the bottom: `datasets` itself says only that an error occurred."""
    return _root_cause(error.__cause__) if error.__cause__ else error


def _row(record: dict[str, Any], split: str, source: DatasetSource) -> QuestionRow:
    """A record of any of the forms above as a QuestionRow. Raises UsageError that names the columns found."""
    question, answer = _question_and_answer(record, source)
    return QuestionRow(
        id=_as_text(record.get("id")),
        question=question,
        answer=answer,
        split=_as_text(record.get("split")) or split,
        evaluation_criteria=_criteria(record),
        evidence=_as_texts(record.get("evidence")),
        document=intern(_as_text(record.get("document"))),
        chunk=intern(_as_text(record.get("chunk"))),
        headings=_as_texts(record.get("headings")),
        pages=[page for page in record.get("pages") or [] if isinstance(page, int)],
        category=intern(_as_text(record.get("category"))),
        difficulty=intern(_as_text(record.get("difficulty"))),
        unanswerable=record.get("unanswerable") is True,
        score=_score(record),
        iteration=record["iteration"] if isinstance(record.get("iteration"), int) else 0,
        model=intern(_as_text(record.get("model"))),
        original_question=_as_text(record.get("original_question")),
        also=_as_texts(record.get("also")),
        tags=_as_texts(record.get("tags")),
        input=_as_text(record.get("input") or record.get("context")) if "instruction" in record else "",
        cluster=record["cluster"] if isinstance(record.get("cluster"), int) else -1,
    )


def _score(record: dict[str, Any]) -> float | None:
    """What grading measured, else what the weakest check of curation gave; None where neither is known."""
    measured = record.get("measured_difficulty")
    if isinstance(measured, int | float):
        return 1 - float(measured)
    checks = record.get("checks")
    columns = checks.values() if isinstance(checks, dict) else []
    scores = [column.get("score") for column in columns if isinstance(column, dict)]
    return min((float(score) for score in scores if isinstance(score, int | float)), default=None)


def _criteria(record: dict[str, Any]) -> list[str]:
    """The criteria under any of their names, as texts or, as HealthBench has them, as objects with a `criterion`."""
    criteria = next((_as_list(record[column]) for column in CRITERIA_COLUMNS if record.get(column)), [])
    return [
        _as_text(criterion.get("criterion")) if isinstance(criterion, dict) else _as_text(criterion)
        for criterion in criteria
    ]


def _question_and_answer(record: dict[str, Any], source: DatasetSource) -> tuple[str, str]:
    for column in QUESTION_COLUMNS:
        if isinstance(record.get(column), str):
            answer = next((record[key] for key in ANSWER_COLUMNS if isinstance(record.get(key), str)), "")
            return record[column], answer
    for column in (*MESSAGE_COLUMNS, "prompt"):
        if isinstance(record.get(column), list):
            turns = [turn for turn in record[column] + _as_list(record.get("completion")) if isinstance(turn, dict)]
            contents = {turn.get("role", turn.get("from")): _as_text(turn.get("content", turn.get("value")))
                    for turn in reversed(turns)}  # fmt: skip
            return contents.get("user", contents.get("human", "")), contents.get("assistant", contents.get("gpt", ""))
    if any(column in record for column in (*QUESTION_COLUMNS, *MESSAGE_COLUMNS)):
        return "", ""  # the column is there and empty in this row
    source_name = source.files[0] if source.kind == "files" else source.name
    raise UsageError(
        f"{source_name}: no column {QUESTION_COLUMNS[0]!r} "
        f"(nor {', '.join((*QUESTION_COLUMNS[1:], *MESSAGE_COLUMNS))}); "
        f"it has: {', '.join(record) or 'none'}; rename one of them"
    )


def _lack_of_question(record: dict[str, Any]) -> str:
    """Why a row without a question has none."""
    questions = (record[column] for column in (*QUESTION_COLUMNS, *MESSAGE_COLUMNS) if record.get(column) is not None)
    kinds = [type(question).__name__ for question in questions if not isinstance(question, str)]
    return f"whose question is not text ({kinds[0]})" if kinds else "without a question"


def _distinct_ids(rows: list[QuestionRow]) -> list[QuestionRow]:
    """Rows sorted by (question, answer, split, id); rows without an id get one made of their text.

    Of several with one id in a split, all but the first get a number behind it that no other row's id ends in.
    """
    ordered = sorted(rows, key=lambda row: (row.question, row.answer, row.split, row.id))
    keys = [(row.split, row.id or _text_id(row)) for row in ordered]
    id_counts, numbers = Counter(keys), Counter[tuple[str, str]]()
    distinct_rows = []
    for row, (split, row_id) in zip(ordered, keys, strict=True):
        if id_counts[split, row_id] > 1:
            numbers[split, row_id] += 1
            while (number := numbers[split, row_id]) > 1 and (split, f"{row_id}-{number}") in id_counts:
                numbers[split, row_id] += 1
            row_id = row_id if number == 1 else f"{row_id}-{number}"
        distinct_rows.append(msgspec.structs.replace(row, id=row_id))
    return distinct_rows


def _text_id(row: QuestionRow) -> str:
    text = f"{row.question}\0{row.answer}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:12]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _as_texts(value: Any) -> list[str]:
    return [_as_text(element) for element in _as_list(value)]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]
