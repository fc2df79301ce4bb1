"""Rows of a general dataset beside those of train, so that a model that is tuned on it does not forget the rest.

The mixed rows lie in train alone. Eval, its mirror and all that is measured are those of the dataset without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from groundwork.dataset.load_dataset import ANSWER_COLUMNS, MIRROR_SPLITS, Dataset, QuestionRow
from groundwork.dataset.reword.train_phrasings import is_phrasing
from groundwork.dataset.split.eval_selection import Encode
from groundwork.dataset.split_report.report_schema import BuiltDataset, Mixture
from groundwork.embedding.cosine_threshold import near_duplicate_thresholds
from groundwork.embedding.nearest_neighbours import find_nearest
from groundwork.errors import UsageError
from groundwork.language.words import normalised_words
from groundwork.message_wording import counted
from groundwork.records import MIXED_ID_PREFIX, Row

if TYPE_CHECKING:
    from groundwork.dataset.dataset_argument import DatasetSource
    from groundwork.stage_runner.job import Job


def general_rows_needed(row_count: int, mix_share: float) -> int:
    """How many rows are a share of `mix_share` (between 0 and 1) once they stand beside `row_count` others; one at
    least.
    """
    return max(1, round(row_count * mix_share / (1 - mix_share)))


def select_usable_rows(dataset: Dataset) -> list[QuestionRow]:
    """The rows of its train split, or where there is none of all splits but mirrors, that have question and answer.

    Raises UsageError where there are none.
    """
    general_train_rows = [general_row for general_row in dataset.rows if general_row.split == "train"] or dataset.rows
    usable_general_rows = [
        general_row
        for general_row in general_train_rows
        if general_row.split not in MIRROR_SPLITS and general_row.question.strip() and general_row.answer.strip()
    ]
    if not usable_general_rows:
        raise UsageError(
            f"{dataset.name}: no row has both a question and an answer, so there is nothing to mix in; "
            f"the answer's column is called {', '.join(ANSWER_COLUMNS)} or messages"
        )
    return usable_general_rows


async def mix_in_general_rows(
    built: BuiltDataset, dataset: Dataset, mix_share: float, seed: int, encode: Encode
) -> BuiltDataset:
    """`built` with rows of `dataset` spread through train, drawn with `seed`, as `mix_share` of train's rows.

    Left out is what has no question or no answer, asks again what a row of the dataset or another mixed row asks, or
    lies as near to a question of eval as near-duplicates do. Raises UsageError where no row has both texts.
    """
    own_train_rows = built.splits["train"]
    usable_general_rows, needed = select_usable_rows(dataset), general_rows_needed(len(own_train_rows), mix_share)
    mixture = Mixture(
        dataset=dataset.name,
        revision=dataset.source.revision,
        share=mix_share,
        seed=seed,
        needed=needed,
        incomplete=sum(not row.answer.strip() for row in dataset.rows),
    )
    unasked_rows, mixture = _unasked_general_rows(usable_general_rows, built.splits, mixture)
    drawn_order = np.random.default_rng(seed).permutation(len(unasked_rows)).tolist()
    drawn_rows = [unasked_rows[i] for i in drawn_order]
    general_rows, near_eval_count = await _draw_general_rows(drawn_rows, built, needed, encode)
    mixture = msgspec.structs.replace(mixture, rows=len(general_rows), near_eval=near_eval_count)
    mixed_rows = [_mixed_row(general_row, dataset.name) for general_row in general_rows]
    mixed_rows = _make_ids_distinct(mixed_rows, {row.id for row in own_train_rows})
    train_rows = spread_mixed_rows(own_train_rows, mixed_rows)
    mixture_warnings = [*dataset.warnings, *_mixture_warnings(mixture, len(train_rows))]
    return built.extended({**built.splits, "train": train_rows}, mixed_rows, mixture_warnings, mixture=mixture)


def _unasked_general_rows(
    general_rows: Sequence[QuestionRow], splits: dict[str, list[Row]], mixture: Mixture
) -> tuple[list[QuestionRow], Mixture]:
    """The rows whose question neither the dataset nor a row before asks, word for word; and the others counted."""
    eval_rows = splits.get("eval", [])
    eval_wordings = {normalised_words(text) for row in eval_rows for text in (row.question, row.original_question)}
    asked_wordings = eval_wordings | {normalised_words(general_row.question) for general_row in splits["train"]}
    unasked_rows, in_eval_count, repeated_count = [], 0, 0
    for general_row in general_rows:
        # a question of marks alone, such as a formula, has no words to be told by
        general_wording = normalised_words(_general_question(general_row)) or _general_question(general_row)
        if general_wording in eval_wordings:
            in_eval_count += 1
        elif general_wording in asked_wordings:
            repeated_count += 1
        else:
            asked_wordings.add(general_wording)
            unasked_rows.append(general_row)
    return unasked_rows, msgspec.structs.replace(mixture, in_eval=in_eval_count, repeats=repeated_count)


async def _draw_general_rows(
    general_rows: Sequence[QuestionRow], built: BuiltDataset, needed: int, encode: Encode
) -> tuple[list[QuestionRow], int]:
    """The first `needed` rows that no question of eval is near to, and how many were passed over.

    Only as many questions are embedded as it takes, so that a large dataset costs no more than a small one.
    """
    if not (eval_rows := built.splits.get("eval")):
        return list(general_rows[:needed]), 0
    eval_wordings = (wording for row in eval_rows for wording in (row.question, row.original_question))
    eval_vectors = await encode(list(dict.fromkeys(filter(None, eval_wordings))), "query")
    distant_rows: list[QuestionRow] = []
    checked_count = 0
    while len(distant_rows) < needed and checked_count < len(general_rows):
        general_batch = general_rows[checked_count : checked_count + needed - len(distant_rows)]
        general_questions = [_general_question(row) for row in general_batch]
        eval_cosines = find_nearest(await encode(general_questions, "query"), eval_vectors)[1]
        thresholds = near_duplicate_thresholds(general_questions, built.report.by_script, built.report.threshold)
        distant_rows += list(compress(general_batch, eval_cosines < thresholds))
        checked_count += len(general_batch)
    return distant_rows, checked_count - len(distant_rows)


def _general_question(general_row: QuestionRow) -> str:
    """The question, below it what an instruction is about."""
    return f"{general_row.question.strip()}\n\n{general_row.input.strip()}".strip()


def _mixed_row(general_row: QuestionRow, dataset: str) -> Row:
    """What a trainer needs of the row; where it comes from is the other dataset's to say."""
    return Row(
        id=f"{MIXED_ID_PREFIX}{general_row.id}",
        question=_general_question(general_row),
        answer=general_row.answer.strip(),
        evaluation_criteria=general_row.evaluation_criteria,
        difficulty="",
        category="",
        document="",
        chunk="",
        evidence=[],
        tags=[],
        headings=[],
        pages=[],
        model=general_row.model,
        run="",
        iteration=0,
        cluster=-1,
        mixed=dataset,
    )


def _make_ids_distinct(mixed_rows: Iterable[Row], used_ids: set[str]) -> list[Row]:
    """The rows with distinct ids: splits of the other dataset may share some."""
    distinct_mixed_rows: list[Row] = []
    for mixed_row in mixed_rows:
        mixed_id, mixed_number = mixed_row.id, 1
        while mixed_id in used_ids:
            mixed_number += 1
            mixed_id = f"{mixed_row.id}-{mixed_number}"
        used_ids.add(mixed_id)
        distinct_mixed_rows.append(msgspec.structs.replace(mixed_row, id=mixed_id))
    return distinct_mixed_rows


def spread_mixed_rows(train_rows: Sequence[Row], mixed_rows: Sequence[Row]) -> list[Row]:
    """`train_rows` in its order with `mixed_rows` at even distances, never between a row and its reworded copies.

    Spread, since a trainer that does not shuffle would otherwise learn all of the one and then all of the other.
    """
    spread_rows: list[Row] = []
    mixed_index = 0
    for train_index, train_row in enumerate(train_rows):
        while (
            mixed_index < len(mixed_rows)
            and (mixed_index + 0.5) * len(train_rows) / len(mixed_rows) <= train_index
            and not is_phrasing(train_row)
        ):
            spread_rows.append(mixed_rows[mixed_index])
            mixed_index += 1
        spread_rows.append(train_row)
    return [*spread_rows, *mixed_rows[mixed_index:]]


def _mixture_warnings(mixture: Mixture, train: int) -> list[str]:
    if mixture.rows == mixture.needed:
        return []
    return [
        f"{mixture.dataset}: only {counted(mixture.rows, 'row')} could be mixed in where a share of {mixture.share:g} "
        f"takes {mixture.needed:,}; they are {mixture.rows / train:.1%} of train"
    ]


def find_mix_source(job: Job) -> DatasetSource | None:
    """The dataset that is to be mixed in, one of the Hub at its present commit; None where none is.

    Raises UsageError where there is no such dataset, or it is the one that is built.
    """
    if not (mix := job.config.dataset.mix):
        return None
    from groundwork.dataset.dataset_argument import locate_dataset, pin_revision

    try:
        mix_source = locate_dataset(mix, job.data, "datasets")
    except UsageError as mix_error:
        raise UsageError(f"--mix {mix_error}") from mix_error
    built_folder = job.data.path("datasets", job.config.dataset.name).resolve()
    if any(built_folder in mix_file.resolve().parents for mix_file in mix_source.files):
        raise UsageError(f"--mix {mix}: is the dataset that is to be built; give another --name, or mix in another")
    return pin_revision(mix_source, job.data) if mix_source.kind == "hub" else mix_source
