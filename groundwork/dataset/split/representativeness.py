"""Does eval stand for the whole? One verdict, computed here and shown alike in terminal, card, report and map.

Eval stands for the whole when each topic has the share in it that it has among all rows. How far the shares lie apart
is their total variation distance (half the sum of the absolute differences, 0 to 1), judged by an absolute bound and
beside random splits of the same size. Rows are counted by the topic of their original question, so that rewording has
no say in it; what rewording moved is a figure of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from groundwork.dataset.split.eval_selection import Split, Vectors
from groundwork.dataset.split.kernel_herding import Kernel
from groundwork.dataset.split_report.report_record import Closeness, Representativeness, SplitShare
from groundwork.message_wording import counted
from groundwork.records import Row

LEAST_EVAL_ROWS = 20  # rows of eval below which nothing is said
SAME_SHARES = 0.10  # total variation up to which the shares count as the same
CLOSER_FOR_YES = 0.05  # share of random splits that may lie closer for a yes
CLOSER_FOR_NO = 0.95  # from here on it is a no
RANDOM_SPLITS = 2_000
TOPICS_NAMED = 3  # topics that are named as most apart
WORTH_NAMING = 0.02  # difference of a topic's shares

RANDOM_MMD_SPLITS = 500
BLOCK_ROWS = 20_000  # rows whose features are held at once
FEATURE_COUNT = 512  # random features of the kernel behind the MMD


def assess_representativeness(
    pool: Sequence[int], selected: Sequence[int], names: Sequence[str], *, split: str = "eval", noun: str = "topics",
    empty: int = 0,
) -> Representativeness:  # fmt: skip
    """The verdict on a split by its counts. `pool`, `selected`: rows of all and of the split by topic, (k,) each, those
    of the split among those of all; `names` of the topics; `empty`: places of the split that stayed empty."""
    pool_counts, split_counts = np.asarray(pool, dtype=np.int64), np.asarray(selected, dtype=np.int64)
    rows, topics = int(split_counts.sum()), int((pool_counts > 0).sum())
    shares, ours = pool_counts / max(1, pool_counts.sum()), split_counts / max(1, rows)
    apart = float(np.abs(ours - shares).sum() / 2)
    draws = np.random.default_rng(0).multivariate_hypergeometric(
        pool_counts, rows, size=RANDOM_SPLITS, method="marginals"
    )
    random = np.abs(draws / max(1, rows) - shares).sum(axis=1) / 2
    closer = float((random < apart - 1e-9).mean())
    answer = _answer(rows, topics, apart, closer)
    figures = (
        f"its shares of the {topics:,} {noun} differ by {apart:.0%} from those of all rows, "
        f"random splits by {float(np.median(random)):.0%} ({closer:.0%} of them by less)"
    )
    differing = list(zip(names, shares.tolist(), ours.tolist(), strict=True))
    return Representativeness(
        answer=answer,
        sentence=_unknown_sentence(split, rows, topics, noun)
        if answer == "unknown"
        else _sentence(answer, split, figures, _most_apart(differing, split, empty)),
        rows=rows,
        topics=topics,
        apart=round(apart, 4),
        random=round(float(np.median(random)), 4),
        closer=round(closer, 4),
    )


def _answer(rows: int, topics: int, apart: float, closer: float) -> Literal["yes", "partly", "no", "unknown"]:
    if rows < LEAST_EVAL_ROWS or topics < 2:
        return "unknown"
    if apart <= SAME_SHARES and closer <= CLOSER_FOR_YES:
        return "yes"
    return "no" if closer >= CLOSER_FOR_NO else "partly"


def _sentence(answer: str, split: str, figures: str, apart: str) -> str:
    if answer == "yes":
        return f"Yes, {split} stands for the whole: {figures}."
    if answer == "partly":
        return f"Partly, {split} stands for the whole as a random split may: {figures}{apart}."
    return f"No, {split} does not stand for the whole: {figures}{apart}."


def _unknown_sentence(split: str, rows: int, topics: int, noun: str) -> str:
    question = f"whether {split} stands for the whole"
    if topics < 2:
        return f"It cannot be said {question}: all questions are of one of the {noun}."
    has = f"it has {rows}" if rows != 1 else "it has a single one"
    return f"Too few rows to say {question}: {has}, and at least {LEAST_EVAL_ROWS} are needed."


def _most_apart(shares: Sequence[tuple[str, float, float]], split: str, empty: int) -> str:
    """`; most apart: skiff 15% of all and 5% of eval, carry 5% and 0%, since 8 places stayed empty`."""
    ranked = sorted(shares, key=lambda topic: -abs(topic[1] - topic[2]))
    named_topics = [topic for topic in ranked[:TOPICS_NAMED] if abs(topic[1] - topic[2]) >= WORTH_NAMING]
    phrases = [
        f"{name} {pool_share:.0%}{' of all' if n == 0 else ''} and {split_share:.0%}{f' of {split}' if n == 0 else ''}"
        for n, (name, pool_share, split_share) in enumerate(named_topics)
    ]
    reason = f", since {counted(empty, 'place')} stayed empty" if empty else ""
    return f"; most apart: {', '.join(phrases)}{reason}" if phrases else reason


def drift_sentence(moved: int, rows: int, own_cosine: float, random_cosine: float) -> str:
    """What rewording did to the questions of eval: how many of them lie nearer to another topic than they did."""
    return (
        f"Rewording moved {moved} of {counted(rows, 'question')} nearer to another topic; their cosine to "
        "themselves as they were "
        f"is {own_cosine:.2f} in the median, that of two random questions {random_cosine:.2f}."
    )


def eval_closeness(split: Split, vectors: Vectors, seed: int) -> Closeness:
    """The MMD of eval against the pool, beside that of 500 random splits of its size."""
    rng = np.random.default_rng(seed + 1)
    size = len(split.eval)
    features = Kernel(vectors, seed + 1, FEATURE_COUNT).features
    blocks = (vectors[start : start + BLOCK_ROWS] for start in range(0, len(vectors), BLOCK_ROWS))
    centre = np.sum([features(block).sum(axis=0, dtype=np.float64) for block in blocks], axis=0) / len(vectors)

    def mmd(rows: NDArray[np.int64]) -> float:
        return float(np.linalg.norm(features(vectors[rows]).mean(axis=0, dtype=np.float64) - centre))

    random = [rng.choice(len(vectors), size, replace=False) for _ in range(RANDOM_MMD_SPLITS)]
    return _compare_with_random(mmd, np.array(split.eval), random)


def count_moved_topics(split: Split, vectors: Vectors, reworded: Vectors) -> int:
    """How many reworded questions of eval lie nearer to another topic's centre than they did before."""
    topics = int(split.labels.max()) + 1
    centres = np.stack([vectors[split.labels == topic].mean(axis=0) for topic in range(topics)])
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    before, after = (question_vectors @ centres.T for question_vectors in (vectors[split.eval], reworded))
    return int((before.argmax(axis=1) != after.argmax(axis=1)).sum())


def value_shares(rows: Sequence[Row], eval_rows: Sequence[int]) -> dict[str, list[SplitShare]]:
    """By tag, category, difficulty and document: rows of the pool and of eval, the most frequent value first."""
    values: dict[str, Callable[[Row], Iterable[str]]] = {
        "tag": lambda row: row.tags,
        "category": lambda row: [row.category],
        "difficulty": lambda row: [row.difficulty],
        "document": lambda row: [row.document],
    }
    shares_by_column = {}
    for column, column_values in values.items():
        pool_counts = Counter(value for row in rows for value in column_values(row))
        eval_counts = Counter(value for i in eval_rows for value in column_values(rows[i]))
        if pool_counts:
            shares_by_column[column] = [
                SplitShare(value=value, pool=pool_counts[value], eval=eval_counts[value])
                for value in sorted(pool_counts, key=lambda value: (-pool_counts[value], value))
            ]
    return shares_by_column


def _compare_with_random(
    distance: Callable[[NDArray[np.int64]], float], eval_rows: NDArray[np.int64], random: Sequence[NDArray[np.int64]]
) -> Closeness:
    own_distance, random_distances = distance(eval_rows), np.array([distance(rows) for rows in random])
    return Closeness(
        eval=round(own_distance, 4),
        random=round(float(np.median(random_distances)), 4),
        percentile=round(float((random_distances < own_distance).mean()), 4),
    )
