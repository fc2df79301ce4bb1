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


class RowsToGrade(msgspec.Struct, frozen=True):
    """Rows in the order of their splits, and what the reader is to know."""

    rows: list[QuestionRow]
    splits: list[str]
    split_sizes: dict[str, int]  # by `count_questions`, of all rows of the dataset
    warnings: list[str]


def choose_rows_to_grade(
    graded_dataset: Dataset, requested: Sequence[str], *, explicit: bool, row_limit: int = 0
) -> RowsToGrade:
    """The rows to grade; `row_limit` of each split where that is not 0, the same ids in all.

    Raises UsageError for splits that are not there (those asked for by name: `explicit`), for a mirror whose rows are
    not in train, and where no row has an answer or criteria to be graded by.
    """
    graded_splits = _splits_to_grade(graded_dataset, requested, explicit)
    candidate_rows = [dataset_row for dataset_row in graded_dataset.rows if dataset_row.split in graded_splits]
    gradable_rows = [
        dataset_row
        for dataset_row in candidate_rows
        if dataset_row.answer.strip() or any(criterion.strip() for criterion in dataset_row.evaluation_criteria)
    ]
    if not gradable_rows:
        raise UsageError(
            f"{graded_dataset.name}: no row of {_listed_splits(graded_splits)} has an answer or criteria to grade by"
        )
    for mirror_split in set(MIRROR_SPLITS) & set(graded_splits):
        _refuse_untrained_mirror(graded_dataset, mirror_split)
    gradable_rows.sort(key=lambda dataset_row: (graded_splits.index(dataset_row.split), dataset_row.id))
    if row_limit:
        kept_ids = set(list(dict.fromkeys(dataset_row.id for dataset_row in gradable_rows))[:row_limit])
        gradable_rows = [dataset_row for dataset_row in gradable_rows if dataset_row.id in kept_ids]
    return RowsToGrade(
        gradable_rows,
        graded_splits,
        count_questions(graded_dataset.rows),
        [
            *graded_dataset.warnings,
            *_ungradable_warnings(
                graded_dataset, gradable_rows, len(candidate_rows) - len(gradable_rows) if not row_limit else 0
            ),
        ],
    )


def count_questions(question_rows: Sequence[QuestionRow]) -> Counter[str]:
    """By split: the questions that eval can be drawn from. Other wordings of a row of train (ROW~2) and rows of other
    datasets are none."""
    split_ids = dict.fromkeys(
        (row.split, row.id) for row in question_rows
    )  # in order: the report is the same each time
    return Counter(
        split
        for split, row_id in split_ids
        if not row_id.startswith(MIXED_ID_PREFIX) and (split, row_id.rpartition("~")[0]) not in split_ids
    )


def _splits_to_grade(graded_dataset: Dataset, requested_splits: Sequence[str], explicit: bool) -> list[str]:
    available_splits = graded_dataset.splits
    if explicit and (missing_splits := [split for split in requested_splits if split not in available_splits]):
        raise UsageError(
            f"{graded_dataset.name}: has no split {missing_splits[0]!r}; it has {_listed_splits(available_splits)}"
        )
    present_splits = [split for split in requested_splits if split in available_splits]
    return (
        present_splits or [next((split for split in FALLBACK_SPLITS if split in available_splits), available_splits[0])]
        if available_splits
        else []
    )


def _listed_splits(splits: Sequence[str]) -> str:
    return ", ".join(split or "(no split)" for split in splits) or "no rows"


def _refuse_untrained_mirror(graded_dataset: Dataset, mirror: str) -> None:
    trained_rows = {(row.id, row.question.strip()) for row in graded_dataset.rows if row.split == "train"}
    mirror_rows = [row for row in graded_dataset.rows if row.split == mirror]
    untrained_ids = [row.id for row in mirror_rows if (row.id, row.question.strip()) not in trained_rows]
    if untrained_ids:
        raise UsageError(
            f"{graded_dataset.name}: {len(untrained_ids):,} of {counted(len(mirror_rows), 'row')} of {mirror} are not "
            "in train "
            f"({', '.join(untrained_ids[:IDS_SHOWN])}): it says nothing of learning by heart; "
            "build the dataset with --rephrase-qa or --train whole, or pass --splits eval"
        )


def _ungradable_warnings(graded_dataset: Dataset, graded_rows: Sequence[QuestionRow], left_out: int) -> list[str]:
    row_warnings = []
    if left_out:
        row_warnings.append(
            f"{graded_dataset.name}: {counted(left_out, 'row')} without an answer and without criteria were left out"
        )
    without_criteria = len(
        {
            graded_row.id
            for graded_row in graded_rows
            if not any(criterion.strip() for criterion in graded_row.evaluation_criteria)
        }
    )
    if without_criteria:
        row_warnings.append(
            f"{graded_dataset.name}: {counted(without_criteria, 'row has', 'rows have')} no criteria; they are graded "
            "against the reference answer"
        )
    if not set(MIRROR_SPLITS) & {graded_row.split for graded_row in graded_rows}:
        mirror_splits = [split for split in MIRROR_SPLITS if split in graded_dataset.splits]
        mirror_remedy = (
            f"add {mirror_splits[0]} to --splits"
            if mirror_splits
            else "build the dataset with --rephrase-qa --eval-mirror"
        )
        row_warnings.append(
            f"{graded_dataset.name}: no mirror of train is graded, so that learnt and learnt by heart cannot be told "
            "apart; "
            f"{mirror_remedy}"
        )
    return row_warnings
