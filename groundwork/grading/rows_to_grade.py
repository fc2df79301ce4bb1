"""The rows of a dataset that are graded: those of the splits asked for, a mirror only where it mirrors train."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from groundwork.dataset.load_dataset import MIRROR_SPLITS, Dataset, QuestionRow
from groundwork.errors import UsageError
from groundwork.message_wording import counted
from groundwork.records import MIXED_ID_PREFIX

FALLBACK_SPLITS = ("eval", "test", "validation", "dev", "")  # where none of the splits asked for is there
IDS_SHOWN = 3


class ChosenRows(msgspec.Struct, frozen=True):
    """Rows in the order of their splits, and what the reader is to know."""

    rows: list[QuestionRow]
    splits: list[str]
    split_sizes: dict[str, int]  # by `count_questions`, of all rows of the dataset
    warnings: list[str]


def choose_rows(dataset: Dataset, requested: Sequence[str], *, explicit: bool, row_limit: int = 0) -> ChosenRows:
    """The rows to grade; `most` of each split where that is not 0, the same ids in all.

    Raises UsageError for splits that are not there (those asked for by name: `explicit`), for a mirror whose rows are
    not in train, and where no row has an answer or criteria to be graded by.
    """
    splits = _splits(dataset, requested, explicit)
    candidate_rows = [dataset_row for dataset_row in dataset.rows if dataset_row.split in splits]
    gradable_rows = [
        dataset_row
        for dataset_row in candidate_rows
        if dataset_row.answer.strip() or any(criterion.strip() for criterion in dataset_row.evaluation_criteria)
    ]
    if not gradable_rows:
        raise UsageError(f"{dataset.name}: no row of {_list_splits(splits)} has an answer or criteria to grade by")
    for mirror in set(MIRROR_SPLITS) & set(splits):
        _refuse_untrained(dataset, mirror)
    gradable_rows.sort(key=lambda dataset_row: (splits.index(dataset_row.split), dataset_row.id))
    if row_limit:
        kept_ids = set(list(dict.fromkeys(dataset_row.id for dataset_row in gradable_rows))[:row_limit])
        gradable_rows = [dataset_row for dataset_row in gradable_rows if dataset_row.id in kept_ids]
    return ChosenRows(
        gradable_rows,
        splits,
        count_questions(dataset.rows),
        [
            *dataset.warnings,
            *_warnings(dataset, gradable_rows, len(candidate_rows) - len(gradable_rows) if not row_limit else 0),
        ],
    )


def count_questions(question_rows: Sequence[QuestionRow]) -> Counter[str]:
    """By split: the questions that eval can be drawn from. Other wordings of a row of train (ROW~2) and rows of other
    datasets are none."""
    ids = {(row.split, row.id) for row in question_rows}
    return Counter(
        split
        for split, row_id in ids
        if not row_id.startswith(MIXED_ID_PREFIX) and (split, row_id.rpartition("~")[0]) not in ids
    )


def _splits(dataset: Dataset, requested: Sequence[str], explicit: bool) -> list[str]:
    available = dataset.splits
    if explicit and (missing := [split for split in requested if split not in available]):
        raise UsageError(f"{dataset.name}: has no split {missing[0]!r}; it has {_list_splits(available)}")
    present = [split for split in requested if split in available]
    return (
        present or [next((split for split in FALLBACK_SPLITS if split in available), available[0])] if available else []
    )


def _list_splits(splits: Sequence[str]) -> str:
    return ", ".join(split or "(no split)" for split in splits) or "no rows"


def _refuse_untrained(dataset: Dataset, mirror: str) -> None:
    trained_rows = {(row.id, row.question.strip()) for row in dataset.rows if row.split == "train"}
    mirror_rows = [row for row in dataset.rows if row.split == mirror]
    untrained_ids = [row.id for row in mirror_rows if (row.id, row.question.strip()) not in trained_rows]
    if untrained_ids:
        raise UsageError(
            f"{dataset.name}: {len(untrained_ids):,} of {counted(len(mirror_rows), 'row')} of {mirror} are not "
            "in train "
            f"({', '.join(untrained_ids[:IDS_SHOWN])}): it says nothing of learning by heart; "
            "build the dataset with --rephrase-qa or --train whole, or pass --splits eval"
        )


def _warnings(dataset: Dataset, graded_rows: Sequence[QuestionRow], left_out: int) -> list[str]:
    warnings = []
    if left_out:
        warnings.append(
            f"{dataset.name}: {counted(left_out, 'row')} without an answer and without criteria were left out"
        )
    without_criteria = len(
        {
            graded_row.id
            for graded_row in graded_rows
            if not any(criterion.strip() for criterion in graded_row.evaluation_criteria)
        }
    )
    if without_criteria:
        warnings.append(
            f"{dataset.name}: {counted(without_criteria, 'row has', 'rows have')} no criteria; they are graded "
            "against the reference answer"
        )
    if not set(MIRROR_SPLITS) & {graded_row.split for graded_row in graded_rows}:
        mirrors = [split for split in MIRROR_SPLITS if split in dataset.splits]
        remedy = f"add {mirrors[0]} to --splits" if mirrors else "build the dataset with --rephrase-qa --eval-mirror"
        warnings.append(
            f"{dataset.name}: no mirror of train is graded, so that learnt and learnt by heart cannot be told apart; "
            f"{remedy}"
        )
    return warnings
