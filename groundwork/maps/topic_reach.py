"""The topics of the questions of several datasets, and how many of them each dataset reaches.

A question lies in a topic of the union of all datasets; a dataset reaches a topic when it asks about it. A larger
dataset reaches more topics by its size alone, so datasets are compared at equally many questions: the expected reach
of m of its n questions is exact by rarefaction (Hurlbert, 1971), 1 - C(n - c, m) / C(n, m) for a topic with c of them.
"""

from __future__ import annotations

from math import lgamma
from typing import Any

import numpy as np
import numpy.typing as npt

from groundwork.embedding.vector_types import Floats, Vectors
from groundwork.maps.dataset_recommendation import MIN_QUESTIONS

Indices = npt.NDArray[np.int64]

TOPIC_ROWS = 4_000  # rows that topics are found in; the linkage takes the square of it in memory
TOPIC_SIZE = 3  # fewer questions are no topic
DRAWS = 2_000  # bootstrap draws over the topics and the questions
CURVE_POINTS = 40


def rarefied_reach(topic_counts: Floats, question_count: int, questions_drawn: int) -> Floats:
    """The chance that `questions_drawn` of `question_count` questions hit each topic, `topic_counts` of the rows lying
    in it."""
    if questions_drawn >= question_count:
        return np.asarray(topic_counts > 0, dtype=np.float64)
    log_all = lgamma(question_count + 1) - lgamma(question_count - questions_drawn + 1)
    chance_missed = [
        np.exp(lgamma(question_count - c + 1) - lgamma(question_count - c - questions_drawn + 1) - log_all)
        if question_count - c >= questions_drawn
        else 0.0
        for c in topic_counts.astype(int).tolist()
    ]
    return 1 - np.array(chance_missed)


def find_topics(
    vectors: Vectors, dataset_of: Indices, question_counts: list[int], threshold: float, seed: int = 0
) -> Indices:
    """The topic of each question, (n,); -1: in none. Every dataset has an equal say in what the topics are.

    Average linkage cut at cosine `threshold` on equally many questions of each, then every question goes to the
    nearest topic's centre if that is within the threshold.
    """
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    topic_centres = _topic_centres(vectors[_sample_datasets(dataset_of, question_counts, seed)], threshold)
    topic_cosines = vectors @ topic_centres.T
    nearest_topic: Indices = topic_cosines.argmax(axis=1)
    nearest_topic[topic_cosines[np.arange(len(nearest_topic)), nearest_topic] < threshold] = -1
    topic_numbers, compact_numbers = np.unique(nearest_topic[nearest_topic >= 0], return_inverse=True)
    nearest_topic[nearest_topic >= 0] = compact_numbers.reshape(-1)
    assert len(topic_numbers) == nearest_topic.max() + 1 if len(topic_numbers) else True  # noqa: S101  # numbers without gaps
    return nearest_topic


def _sample_datasets(dataset_of: Indices, question_counts: list[int], seed: int) -> Indices:
    """As many rows of each dataset."""
    rng = np.random.default_rng(seed)
    filled = [dataset for dataset, question_count in enumerate(question_counts) if question_count]
    size = min(comparison_size(question_counts), TOPIC_ROWS // max(1, len(filled)))
    return np.concatenate([draw_questions(np.flatnonzero(dataset_of == dataset), size, rng) for dataset in filled])


def count_by_topic(dataset_of: Indices, topic_of: Indices, datasets: int) -> Floats:
    """(datasets, topics): how many questions of each dataset lie in each topic."""
    topic_count = int(topic_of.max()) + 1 if len(topic_of) else 0
    topic_counts = np.zeros((datasets, topic_count))
    np.add.at(topic_counts, (dataset_of[topic_of >= 0], topic_of[topic_of >= 0]), 1)
    return topic_counts


def reach_of_topics(topic_counts: Floats, question_count: int, equal_n: int, reach_draws: Floats) -> dict[str, Any]:
    """How many of the topics a dataset of `question_count` questions reaches. `topic_counts` (topics,): its questions
    in each; `reach_draws`: its reach in samples of it.
    """
    return {
        "reach": mean_share(rarefied_reach(topic_counts, question_count, min(equal_n, question_count))),
        "reach_interval": _reach_interval(reach_draws),
        "reach_of_all": mean_share(topic_counts > 0),
        "curve": _reach_curve(topic_counts, question_count),
        "missed": int((topic_counts == 0).sum()),
    }


def comparison_size(question_counts: list[int]) -> int:
    """The questions of the smallest dataset that is large enough to speak for itself."""
    nonempty = [question_count for question_count in question_counts if question_count]
    comparable = [question_count for question_count in nonempty if question_count >= MIN_QUESTIONS]
    return min(comparable if len(comparable) >= min(2, len(nonempty)) and comparable else nonempty, default=0)


def draw_questions(indices: Indices, draw_size: int, rng: np.random.Generator) -> Indices:
    return indices if len(indices) <= draw_size else np.sort(rng.choice(indices, draw_size, replace=False))


def _topic_centres(vectors: Vectors, threshold: float) -> Vectors:
    """Unit centres of the groups that average linkage finds; of single questions too, when there is nothing larger."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(vectors) < 2:
        return vectors
    first_rows, second_rows = np.triu_indices(len(vectors), 1)
    cosine_distances = np.clip(1 - (vectors @ vectors.T)[first_rows, second_rows], 0, None)
    topic_labels = fcluster(linkage(cosine_distances, "average"), 1 - threshold, "distance")
    group_numbers, topic_sizes = np.unique(topic_labels, return_counts=True)
    topic_groups = group_numbers[topic_sizes >= TOPIC_SIZE] if (topic_sizes >= TOPIC_SIZE).any() else group_numbers
    topic_centres = np.stack([vectors[topic_labels == topic].mean(axis=0) for topic in topic_groups])
    lengths = np.linalg.norm(topic_centres, axis=1, keepdims=True)
    unit_centres: Vectors = np.divide(topic_centres, lengths, out=np.zeros_like(topic_centres), where=lengths > 0)
    return unit_centres


def bootstrap_reach(topic_counts: Floats, question_counts: list[int], equal_n: int, seed: int) -> Floats:
    """Reach of each dataset, (draws, datasets), over topics and questions drawn with replacement.

    The topics of a draw are the same for all datasets, the questions each dataset's own. Questions drawn with
    replacement reach less than they do; that loss is taken out, so that the draws lie around the reach itself.
    """
    datasets, topic_count = topic_counts.shape
    bootstrapped_reach = np.zeros((DRAWS, datasets))
    if not topic_count:
        return bootstrapped_reach
    rng = np.random.default_rng(seed)
    topic_weights = rng.multinomial(topic_count, np.full(topic_count, 1 / topic_count), size=DRAWS) / topic_count
    for dataset, question_count in enumerate(question_counts):
        if not question_count:
            continue
        reached_shares = _draw_reached_shares(topic_counts[dataset], question_count, equal_n, rng)
        bootstrapped_reach[:, dataset] = np.clip((reached_shares * topic_weights).sum(axis=1), 0, 1)
    return bootstrapped_reach


def _draw_reached_shares(
    topic_counts: Floats, question_count: int, equal_n: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """(draws, topics): how likely a dataset with `topic_counts` questions (topics,) reaches each topic."""
    all_counts = np.arange(question_count + 1, dtype=np.float64)
    reach_chances = rarefied_reach(all_counts, question_count, min(equal_n, question_count))
    topic_shares = topic_counts / question_count
    draw_chances = np.append(topic_shares, max(0.0, 1 - topic_shares.sum()))
    drawn_counts = rng.multinomial(question_count, draw_chances, size=DRAWS)[:, :-1]
    reached_shares = reach_chances[drawn_counts]
    reach_shortfall = reach_chances[topic_counts.astype(int)] - reached_shares.mean(axis=0)
    return np.asarray(reached_shares + reach_shortfall)


def _reach_curve(topic_counts: Floats, question_count: int) -> list[tuple[int, float]]:
    steps = sorted({round(step) for step in np.linspace(0, question_count, min(question_count, CURVE_POINTS) + 1)})
    return [(step, round(mean_share(rarefied_reach(topic_counts, question_count, step)), 4)) for step in steps]


def _reach_interval(reach_draws: Floats) -> tuple[float, float]:
    lower_reach, upper_reach = np.quantile(reach_draws, [0.025, 0.975])
    return float(lower_reach), float(upper_reach)


def mean_share(values: Any) -> float:
    share_values = np.asarray(values, dtype=np.float64)
    return float(share_values.mean()) if share_values.size else 0.0
