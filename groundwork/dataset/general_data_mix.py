"""Rows of a general dataset beside those of train, so that a model that is tuned on it does not forget the rest.

The mixed rows lie in train alone. Eval, its mirror and all that is measured are those of the dataset without them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from groundwork.dataset.build import Built
from groundwork.dataset.dataset_sources import ANSWER, MIRRORS, Dataset, QuestionRow
from groundwork.dataset.publish.personal_data import scan
from groundwork.dataset.reword.train_phrasings import is_phrasing
from groundwork.dataset.rows import Row
from groundwork.dataset.split.metrics import Mixture
from groundwork.embedding.nearest_neighbours import find_nearest
from groundwork.errors import UsageError
from groundwork.language.words import normalised_words

if TYPE_CHECKING:
    from groundwork.embedding.nearest_neighbours import Vectors

Encode = Callable[[list[str], Literal["query", "document"]], Awaitable["Vectors"]]
PREFIX = "mix/"


def general_rows_needed(own: int, share: float) -> int:
    """How many rows are a share of `share` (between 0 and 1) once they stand beside `own` others; one at least."""
    return max(1, round(own * share / (1 - share)))


def usable_rows(dataset: Dataset) -> list[QuestionRow]:
    """The rows of its train split, or where there is none of all splits but mirrors, that have question and answer.

    Raises UsageError where there are none.
    """
    own = [row for row in dataset.rows if row.split == "train"] or dataset.rows
    rows = [row for row in own if row.split not in MIRRORS and row.question.strip() and row.answer.strip()]
    if not rows:
        raise UsageError(
            f"{dataset.name}: no row has both a question and an answer, so there is nothing to mix in; "
            f"the answer's column is called {', '.join(ANSWER)} or messages"
        )
    return rows


async def mixed_in(built: Built, dataset: Dataset, share: float, seed: int, encode: Encode) -> Built:
    """`built` with rows of `dataset` spread through train, drawn with `seed`, as `share` of train's rows.

    Left out is what has no question or no answer, asks again what a row of the dataset or another mixed row asks, or
    lies as near to a question of eval as near-duplicates do. Raises UsageError where no row has both texts.
    """
    train = built.splits["train"]
    rows, needed = usable_rows(dataset), general_rows_needed(len(train), share)
    mixture = Mixture(
        dataset=dataset.name, revision=dataset.source.revision, share=share, seed=seed, needed=needed,
        incomplete=sum(not row.answer.strip() for row in dataset.rows),
    )  # fmt: skip
    fresh, mixture = _not_asked_yet(rows, built.splits, mixture)
    order = np.random.default_rng(seed).permutation(len(fresh)).tolist()
    drawn, near = await _far_from_eval([fresh[i] for i in order], built, needed, encode)
    mixture = msgspec.structs.replace(mixture, rows=len(drawn), near_eval=near)
    mixed = _with_ids((_row(row, dataset.name) for row in drawn), {row.id for row in train})
    together = spread(train, mixed)
    report = msgspec.structs.replace(
        built.report,
        splits={**built.report.splits, "train": len(together)},
        mixture=mixture,
        personal=[*built.report.personal, *scan(mixed)],
        warnings=[*built.report.warnings, *dataset.warnings, *_too_few(mixture, len(together))],
    )
    return Built({**built.splits, "train": together}, report)


def _not_asked_yet(
    rows: Sequence[QuestionRow], splits: dict[str, list[Row]], mixture: Mixture
) -> tuple[list[QuestionRow], Mixture]:
    """The rows whose question neither the dataset nor a row before asks, word for word; and the others counted."""
    held = {normalised_words(text) for row in splits.get("eval", []) for text in (row.question, row.original_question)}
    asked = held | {normalised_words(row.question) for row in splits["train"]}
    fresh, in_eval, repeats = [], 0, 0
    for row in rows:
        # a question of marks alone, such as a formula, has no words to be told by
        words = normalised_words(_asked(row)) or _asked(row)
        if words in held:
            in_eval += 1
        elif words in asked:
            repeats += 1
        else:
            asked.add(words)
            fresh.append(row)
    return fresh, msgspec.structs.replace(mixture, in_eval=in_eval, repeats=repeats)


async def _far_from_eval(
    rows: Sequence[QuestionRow], built: Built, needed: int, encode: Encode
) -> tuple[list[QuestionRow], int]:
    """The first `needed` rows that no question of eval is near to, and how many were passed over.

    Only as many questions are embedded as it takes, so that a large dataset costs no more than a small one.
    """
    if not (held := built.splits.get("eval")):
        return list(rows[:needed]), 0
    texts = list(dict.fromkeys(text for row in held for text in (row.question, row.original_question) if text))
    asked = await encode(texts, "query")
    kept: list[QuestionRow] = []
    looked_at = 0
    while len(kept) < needed and looked_at < len(rows):
        part = rows[looked_at : looked_at + needed - len(kept)]
        cosines = find_nearest(await encode([_asked(row) for row in part], "query"), asked)[1]
        kept += [row for row, cosine in zip(part, cosines, strict=True) if cosine < built.report.threshold]
        looked_at += len(part)
    return kept, looked_at - len(kept)


def _asked(row: QuestionRow) -> str:
    """The question, below it what an instruction is about."""
    return f"{row.question.strip()}\n\n{row.input.strip()}".strip()


def _row(row: QuestionRow, dataset: str) -> Row:
    """What a trainer needs of the row; where it comes from is the other dataset's to say."""
    return Row(
        id=f"{PREFIX}{row.id}",
        question=_asked(row),
        answer=row.answer.strip(),
        evaluation_criteria=row.evaluation_criteria,
        difficulty="",
        category="",
        document="",
        chunk="",
        evidence=[],
        tags=[],
        headings=[],
        pages=[],
        model=row.model,
        run="",
        iteration=0,
        cluster=-1,
        mixed=dataset,
    )


def _with_ids(rows: Iterable[Row], taken: set[str]) -> list[Row]:
    """The rows with distinct ids: splits of the other dataset may share some."""
    result: list[Row] = []
    for row in rows:
        name, number = row.id, 1
        while name in taken:
            number += 1
            name = f"{row.id}-{number}"
        taken.add(name)
        result.append(msgspec.structs.replace(row, id=name))
    return result


def spread(own: Sequence[Row], mixed: Sequence[Row]) -> list[Row]:
    """`own` in its order with `mixed` at even distances, never between a row and its reworded copies.

    Spread, since a trainer that does not shuffle would otherwise learn all of the one and then all of the other.
    """
    result: list[Row] = []
    placed = 0
    for number, row in enumerate(own):
        while placed < len(mixed) and (placed + 0.5) * len(own) / len(mixed) <= number and not is_phrasing(row):
            result.append(mixed[placed])
            placed += 1
        result.append(row)
    return [*result, *mixed[placed:]]


def _too_few(mixture: Mixture, train: int) -> list[str]:
    if mixture.rows == mixture.needed:
        return []
    return [
        f"{mixture.dataset}: only {mixture.rows:,} rows could be mixed in where a share of {mixture.share:g} takes "
        f"{mixture.needed:,}; they are {mixture.rows / train:.1%} of train"
    ]
