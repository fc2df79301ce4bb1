"""What is graded: rows of the splits asked for, a mirror only where it mirrors train; models, and files of answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from groundwork.counted_nouns import counted
from groundwork.data_folder.file_names import slug
from groundwork.dataset.load_dataset import MIRROR_SPLITS, Dataset, QuestionRow
from groundwork.errors import UsageError
from groundwork.settings.llm_settings import ModelCall, named_call

if TYPE_CHECKING:
    from groundwork.console.job import Job

FALLBACK_SPLITS = ("eval", "test", "validation", "dev", "")  # where none of the splits asked for is there
IDS_SHOWN = 3


class ChosenRows(msgspec.Struct, frozen=True):
    """Rows in the order of their splits, and what the reader is to know."""

    rows: list[QuestionRow]
    splits: list[str]
    warnings: list[str]


def choose_rows(dataset: Dataset, requested: Sequence[str], *, explicit: bool, row_limit: int = 0) -> ChosenRows:
    """The rows to grade; `most` of each split where that is not 0, the same ids in all.

    Raises UsageError for splits that are not there (those asked for by name: `explicit`), for a mirror whose rows are
    not in train, and where no row has an answer or criteria to be graded by.
    """
    splits = _splits(dataset, requested, explicit)
    candidates = [row for row in dataset.rows if row.split in splits]
    rows = [row for row in candidates if row.answer.strip() or any(text.strip() for text in row.evaluation_criteria)]
    if not rows:
        raise UsageError(f"{dataset.name}: no row of {_list_splits(splits)} has an answer or criteria to grade by")
    for mirror in set(MIRROR_SPLITS) & set(splits):
        _refuse_untrained(dataset, mirror)
    rows.sort(key=lambda row: (splits.index(row.split), row.id))
    if row_limit:
        kept_ids = set(list(dict.fromkeys(row.id for row in rows))[:row_limit])
        rows = [row for row in rows if row.id in kept_ids]
    return ChosenRows(
        rows,
        splits,
        [*dataset.warnings, *_warnings(dataset, rows, len(candidates) - len(rows) if not row_limit else 0)],
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


def _warnings(dataset: Dataset, rows: Sequence[QuestionRow], left_out: int) -> list[str]:
    warnings = []
    if left_out:
        warnings.append(
            f"{dataset.name}: {counted(left_out, 'row')} without an answer and without criteria were left out"
        )
    without_criteria = len({row.id for row in rows if not any(text.strip() for text in row.evaluation_criteria)})
    if without_criteria:
        warnings.append(
            f"{dataset.name}: {counted(without_criteria, 'row has', 'rows have')} no criteria; they are graded "
            "against the reference answer"
        )
    if not set(MIRROR_SPLITS) & {row.split for row in rows}:
        warnings.append(
            f"{dataset.name}: no mirror of train is graded, so that learnt and learnt by heart cannot be told apart; "
            "build the dataset with --rephrase-qa --eval-mirror"
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


def models_to_grade(job: Job, folder: Path) -> list[tuple[str, ModelCall | None, Path | None]]:
    """(label, call, file) of all that is to be graded: models, files of answers, and the base.

    Raises UsageError where two of them have the same label.
    """
    settings, providers = job.config.grade, job.config.llm.providers
    models = [*job.flags.model]
    files = [parse_answers_argument(argument) for argument in job.flags.answers]
    labels = {slug(label) for label, _ in files} | {
        slug(named_call(settings.answer, model, providers).model) for model in models
    }
    base_model = job.flags.base
    if base_model and slug(base_model) not in labels and not (folder / f"{slug(base_model)}.jsonl").exists():
        models.append(base_model)
    if not models and not files:
        models = [settings.answer.model]
    calls = [named_call(settings.answer, model, providers) for model in models]
    graded: list[tuple[str, ModelCall | None, Path | None]] = [(call.model, call, None) for call in calls]
    graded += [(label, None, file) for label, file in files]
    slugs = [slug(label) for label, _, _ in graded]
    for label, label_slug in zip((label for label, _, _ in graded), slugs, strict=True):
        if slugs.count(label_slug) > 1:
            raise UsageError(
                f"{label}: graded twice in one run; give each file a label of its own: --answers LABEL=FILE"
            )
    return graded
