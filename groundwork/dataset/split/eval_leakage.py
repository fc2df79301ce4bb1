"""How near eval lies to train: the nearest question of train to each of eval, copies, and what asks the same there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from groundwork.dataset.reword.train_phrasings import is_phrasing
from groundwork.dataset.split.eval_selection import Encode, EvalSplit, ThresholdOf
from groundwork.dataset.split_report.report_schema import EvalRow, Neighbour
from groundwork.embedding.nearest_neighbours import find_nearest
from groundwork.embedding.vector_types import Rows, Vectors
from groundwork.questions.duplicates.duplicate_search import SameQuestions
from groundwork.questions.duplicates.likeness_calibration import Likeness
from groundwork.questions.duplicates.question_comparison import asked_question
from groundwork.records import Row


def measure_leakage(
    pool_rows: Sequence[Row],
    eval_split: EvalSplit,
    pool_vectors: Vectors,
    train_rows: Sequence[Row],
    train_vectors: Vectors,
    reworded_vectors: Vectors | None,
) -> list[EvalRow]:
    """The nearest train neighbour of every eval row, as it was and as reworded, and what repeats it there."""
    train_indices = {train_row.id: train_index for train_index, train_row in enumerate(train_rows)}
    eval_rows, eval_vectors = [pool_rows[i] for i in eval_split.eval], pool_vectors[eval_split.eval]
    own_copies = np.array([train_indices.get(eval_row.id, -1) for eval_row in eval_rows], dtype=np.int64)
    nearest_before = _nearest_in_train(eval_vectors, train_rows, train_vectors, own_copies)
    repeated_questions = _repeated_questions(
        eval_rows, eval_vectors, own_copies.tolist(), train_rows, train_vectors, leak_likeness_of_split(eval_split)
    )
    nearest_after: list[Neighbour | None] = [None] * len(eval_rows)
    own_cosines: list[float | None] = [None] * len(eval_rows)
    if reworded_vectors is not None:
        nearest_after = _nearest_in_train(reworded_vectors, train_rows, train_vectors)
        own_cosines = [
            round(float(after @ before), 4) for after, before in zip(reworded_vectors, eval_vectors, strict=True)
        ]
    return [
        EvalRow(
            id=eval_row.id,
            cluster=int(eval_split.labels[pool_index]),
            question=eval_row.question,
            before=nearest_before[i],
            after=nearest_after[i],
            own=own_cosines[i],
            repeats=repeated_questions[i],
        )
        for i, (pool_index, eval_row) in enumerate(zip(eval_split.eval, eval_rows, strict=True))
    ]


def _repeated_questions(
    eval_rows: Sequence[Row],
    eval_vectors: Vectors,
    own_copies: Sequence[int],
    train_rows: Sequence[Row],
    train_vectors: Vectors,
    leak_likeness: Likeness,
) -> list[str]:
    """For each chosen row the first question of train, but its own copy, that asks the same, or "".

    `own_copies`: the index of each row's copy in train, or -1.
    """
    train_size, asked_questions = len(train_rows), [asked_question(eval_row) for eval_row in train_rows]
    if min(own_copies, default=-1) < 0:  # some are not in train: they stand behind it
        own_copies = range(train_size, train_size + len(eval_rows))
        asked_questions += [asked_question(eval_row) for eval_row in eval_rows]
        train_vectors = np.concatenate([train_vectors, eval_vectors])
    same_questions_in_train = SameQuestions(asked_questions, train_vectors, leak_likeness, rows=own_copies)
    repeated_questions = []
    for copy_index, eval_row in zip(own_copies, eval_rows, strict=True):
        same_rows = [train_rows[i] for i in same_questions_in_train.of(copy_index) if i < train_size]
        repeated_questions.append(next((row.question for row in same_rows if row.id != eval_row.id), ""))
    return repeated_questions


def leak_likeness_of_split(eval_split: EvalSplit) -> Likeness:
    """From which cosines questions of the split are one."""
    return Likeness(eval_split.threshold, by_script=eval_split.by_script)


def count_leaked_rows(leak_rows: Iterable[EvalRow], likeness: Likeness) -> int:
    """How many rows of a reworded eval are as near to a question of train as two wordings of one question."""
    return sum(
        leak_row.after is not None
        and likeness.are_close(leak_row.reworded, leak_row.after.question, leak_row.after.cosine)
        for leak_row in leak_rows
    )


def _nearest_in_train(
    eval_vectors: Vectors, train_rows: Sequence[Row], train_vectors: Vectors, own_copies: Rows | None = None
) -> list[Neighbour | None]:
    nearest_rows, cosines = find_nearest(eval_vectors, train_vectors, own_copies)
    return [
        Neighbour(id=train_rows[i].id, cosine=round(float(row_cosine), 4), question=train_rows[i].question)
        if i >= 0
        else None
        for i, row_cosine in zip(nearest_rows.tolist(), cosines, strict=True)
    ]


async def count_near_copies(
    eval_rows: Sequence[Row], train_rows: Sequence[Row], thresholds: ThresholdOf, encode: Encode
) -> int | None:
    """How many questions of eval lie as near to a copy in train as near-duplicates do."""
    train_copies = [row.question for row in train_rows if is_phrasing(row)]
    if not train_copies:
        return None
    eval_vectors = await encode([row.question for row in eval_rows], "query")
    copy_cosines = find_nearest(eval_vectors, await encode(train_copies, "query"))[1]
    return sum(bool(cosine >= thresholds(row.question)) for cosine, row in zip(copy_cosines, eval_rows, strict=True))
