"""How near eval lies to train: the nearest question of train to each of eval, and what asks the same there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from groundwork.dataset.split.eval_selection import Rows, Split, Vectors
from groundwork.dataset.split_report.report_record import EvalRow, Neighbour
from groundwork.embedding.nearest_neighbours import find_nearest, random_cosines
from groundwork.questions.duplicates.duplicate_rule import asked_question
from groundwork.questions.duplicates.duplicate_search import Likeness, SameQuestions
from groundwork.records import Row


def measure_leakage(
    rows: Sequence[Row],
    split: Split,
    vectors: Vectors,
    train: Sequence[Row],
    train_vectors: Vectors,
    reworded: Vectors | None,
) -> list[EvalRow]:
    """The nearest train neighbour of every eval row, as it was and as reworded, and what repeats it there."""
    train_indices = {row.id: number for number, row in enumerate(train)}
    eval_rows = [rows[i] for i in split.eval]
    own_copies = np.array([train_indices.get(row.id, -1) for row in eval_rows], dtype=np.int64)
    before = _nearest_in_train(vectors[split.eval], train, train_vectors, own_copies)
    repeats = _repeated_questions(
        eval_rows, vectors[split.eval], own_copies.tolist(), train, train_vectors, split_likeness(split)
    )
    after = _nearest_in_train(reworded, train, train_vectors) if reworded is not None else [None] * len(eval_rows)
    return [
        EvalRow(
            id=row.id,
            cluster=int(split.labels[index]),
            before=before[number],
            after=after[number],
            own=round(float(reworded[number] @ vectors[index]), 4) if reworded is not None else None,
            repeats=repeats[number],
            question=row.question,
        )
        for number, (index, row) in enumerate(zip(split.eval, eval_rows, strict=True))
    ]


def _repeated_questions(
    eval_rows: Sequence[Row],
    vectors: Vectors,
    own_copies: Sequence[int],
    train: Sequence[Row],
    train_vectors: Vectors,
    likeness: Likeness,
) -> list[str]:
    """For each chosen row the first question of train, but its own copy, that asks the same, or "".

    `own_copies`: the index of each row's copy in train, or -1.
    """
    train_size, asked_questions = len(train), [asked_question(row) for row in train]
    if min(own_copies, default=-1) < 0:  # some are not in train: they stand behind it
        own_copies = range(train_size, train_size + len(eval_rows))
        asked_questions += [asked_question(row) for row in eval_rows]
        train_vectors = np.concatenate([train_vectors, vectors])
    same_questions = SameQuestions(asked_questions, train_vectors, likeness, rows=own_copies)
    return [
        next((train[i].question for i in same_questions.of(copy_index) if i < train_size and train[i].id != row.id), "")
        for copy_index, row in zip(own_copies, eval_rows, strict=True)
    ]


def split_likeness(split: Split) -> Likeness:
    """From which cosines questions of the split are one."""
    return Likeness(split.threshold, by_script=split.by_script)


def count_leaked(rows: Iterable[EvalRow], likeness: Likeness) -> int:
    """How many rows of a reworded eval are as near to a question of train as two wordings of one question."""
    return sum(
        row.after is not None and likeness.are_close(row.reworded, row.after.question, row.after.cosine) for row in rows
    )


def median_random_cosine(vectors: Vectors, seed: int) -> float:
    """The median cosine of two random questions."""
    return round(float(np.median(random_cosines(vectors, seed))), 4) if len(vectors) > 1 else 0.0


def _nearest_in_train(
    vectors: Vectors, train: Sequence[Row], train_vectors: Vectors, own_copies: Rows | None = None
) -> list[Neighbour | None]:
    nearest_rows, cosines = find_nearest(vectors, train_vectors, own_copies)
    return [
        Neighbour(id=train[i].id, cosine=round(float(row_cosine), 4), question=train[i].question) if i >= 0 else None
        for i, row_cosine in zip(nearest_rows.tolist(), cosines, strict=True)
    ]
