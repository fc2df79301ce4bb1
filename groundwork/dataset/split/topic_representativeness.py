"""Does eval stand for the whole? One verdict, computed here and shown alike in terminal, card, report and map.

Eval stands for the whole when each topic has the share in it that it has among all rows. How far the shares lie apart
is their total variation distance (half the sum of the absolute differences, 0 to 1), judged by an absolute bound and
beside random splits of the same size. Rows are counted by the topic of their original question, so that rewording has
no say in it; what rewording moved is a figure of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from groundwork.dataset.split.eval_selection import EvalSplit
from groundwork.dataset.split_report.report_schema import Representativeness
from groundwork.embedding.vector_types import Vectors
from groundwork.message_wording import counted

LEAST_EVAL_ROWS = 20  # rows of eval below which nothing is said
SAME_SHARES = 0.10  # total variation up to which the shares count as the same
CLOSER_FOR_YES = 0.05  # share of random splits that may lie closer for a yes
CLOSER_FOR_NO = 0.95  # from here on it is a no
RANDOM_SPLITS = 2_000
TOPICS_NAMED = 3  # topics that are named as most apart
WORTH_NAMING = 0.02  # difference of a topic's shares


def assess_representativeness(
    pool_by_topic: Sequence[int],
    split_by_topic: Sequence[int],
    topic_names: Sequence[str],
    *,
    split: str = "eval",
    topic_noun: str = "topics",
    empty: int = 0,
) -> Representativeness:
    """The verdict on a split by its counts. `pool_by_topic`, `split_by_topic`: rows of all and of the split by topic,
    (k,) each, those of the split among those of all; `empty`: places of the split that stayed empty.
    """
    topic_counts = np.asarray(pool_by_topic, dtype=np.int64)
    split_topic_counts = np.asarray(split_by_topic, dtype=np.int64)
    eval_count, topic_count = int(split_topic_counts.sum()), int((topic_counts > 0).sum())
    pool_shares, split_shares = topic_counts / max(1, topic_counts.sum()), split_topic_counts / max(1, eval_count)
    topic_distance = float(np.abs(split_shares - pool_shares).sum() / 2)
    random_distances = _random_topic_distances(topic_counts, eval_count)
    random_distance = float(np.median(random_distances))
    closer_share = float((random_distances < topic_distance - 1e-9).mean())
    verdict_answer = _representativeness_answer(eval_count, topic_count, topic_distance, closer_share)
    verdict_figures = (
        f"its shares of the {topic_count:,} {topic_noun} differ by {topic_distance:.0%} from those of all rows, "
        f"random splits by {random_distance:.0%} ({closer_share:.0%} of them by less)"
    )
    topic_shares = list(zip(topic_names, pool_shares.tolist(), split_shares.tolist(), strict=True))
    return Representativeness(
        answer=verdict_answer,
        rows=eval_count,
        topics=topic_count,
        apart=round(topic_distance, 4),
        random=round(random_distance, 4),
        closer=round(closer_share, 4),
        sentence=unknown_verdict_sentence(split, eval_count, topic_count, topic_noun)
        if verdict_answer == "unknown"
        else verdict_sentence(verdict_answer, split, verdict_figures, most_apart_topics(topic_shares, split, empty)),
    )


def _random_topic_distances(topic_counts: NDArray[np.int64], eval_count: int) -> NDArray[np.float64]:
    """(RANDOM_SPLITS,): how far the topic shares of random splits of so many rows lie from those of all."""
    random_draws = np.random.default_rng(0).multivariate_hypergeometric(
        topic_counts, eval_count, size=RANDOM_SPLITS, method="marginals"
    )
    pool_shares = topic_counts / max(1, topic_counts.sum())
    random_distances: NDArray[np.float64] = np.abs(random_draws / max(1, eval_count) - pool_shares).sum(axis=1) / 2
    return random_distances


def _representativeness_answer(
    eval_count: int, topic_count: int, topic_distance: float, closer_share: float
) -> Literal["yes", "partly", "no", "unknown"]:
    if eval_count < LEAST_EVAL_ROWS or topic_count < 2:
        return "unknown"
    if topic_distance <= SAME_SHARES and closer_share <= CLOSER_FOR_YES:
        return "yes"
    return "no" if closer_share >= CLOSER_FOR_NO else "partly"


def verdict_sentence(verdict_answer: str, split: str, verdict_figures: str, most_apart: str) -> str:
    """Whether a split stands for the whole, with the figures that tell it."""
    if verdict_answer == "yes":
        return f"Yes, {split} stands for the whole: {verdict_figures}."
    if verdict_answer == "partly":
        return f"Partly, {split} stands for the whole as a random split may: {verdict_figures}{most_apart}."
    return f"No, {split} does not stand for the whole: {verdict_figures}{most_apart}."


def unknown_verdict_sentence(split: str, eval_count: int, topic_count: int, topic_noun: str) -> str:
    """Why it cannot be said whether a split stands for the whole."""
    whether = f"whether {split} stands for the whole"
    if topic_count < 2:
        return f"It cannot be said {whether}: all questions are of one of the {topic_noun}."
    too_few = f"it has {eval_count}" if eval_count != 1 else "it has a single one"
    return f"Too few rows to say {whether}: {too_few}, and at least {LEAST_EVAL_ROWS} are needed."


def most_apart_topics(topic_shares: Sequence[tuple[str, float, float]], split: str, empty: int) -> str:
    """`; most apart: skiff 15% of all and 5% of eval, carry 5% and 0%, since 8 places stayed empty`."""
    topics_by_difference = sorted(topic_shares, key=lambda topic: -abs(topic[1] - topic[2]))
    topics_apart = [topic for topic in topics_by_difference[:TOPICS_NAMED] if abs(topic[1] - topic[2]) >= WORTH_NAMING]
    topic_phrases = [
        f"{name} {whole_share:.0%}{' of all' if n == 0 else ''} and {split_share:.0%}{f' of {split}' if n == 0 else ''}"
        for n, (name, whole_share, split_share) in enumerate(topics_apart)
    ]
    empty_places = f", since {counted(empty, 'place')} stayed empty" if empty else ""
    return f"; most apart: {', '.join(topic_phrases)}{empty_places}" if topic_phrases else empty_places


def drift_sentence(moved_count: int, reworded_count: int, own_cosine: float, random_cosine: float) -> str:
    """What rewording did to the questions of eval: how many of them lie nearer to another topic than they did."""
    return (
        f"Rewording moved {moved_count} of {counted(reworded_count, 'question')} nearer to another topic; their cosine "
        f"to themselves as they were is {own_cosine:.2f} in the median, that of two random questions "
        f"{random_cosine:.2f}."
    )


def count_moved_topics(eval_split: EvalSplit, pool_vectors: Vectors, reworded_vectors: Vectors) -> int:
    """How many reworded questions of eval lie nearer to another topic's centre than they did before."""
    topic_count = int(eval_split.labels.max()) + 1
    topic_centres = np.stack([pool_vectors[eval_split.labels == topic].mean(axis=0) for topic in range(topic_count)])
    topic_centres /= np.maximum(np.linalg.norm(topic_centres, axis=1, keepdims=True), 1e-9)
    topic_cosines_before, topic_cosines_after = (
        question_vectors @ topic_centres.T for question_vectors in (pool_vectors[eval_split.eval], reworded_vectors)
    )
    return int((topic_cosines_before.argmax(axis=1) != topic_cosines_after.argmax(axis=1)).sum())
