"""How much of the subject a dataset asks about and how often it repeats itself, as figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from groundwork.console import terminal
from groundwork.embedding.cosine_threshold import (
    calibrate_by_script,
    calibrate_threshold,
    near_duplicate_thresholds,
    random_cosines,
    random_cosines_within,
)
from groundwork.embedding.nearest_neighbours import Similarities
from groundwork.embedding.vector_types import Floats, Vectors
from groundwork.maps.dataset_recommendation import choose_dataset
from groundwork.maps.draw.scene import DatasetNumbers, Numbers
from groundwork.maps.topic_reach import (
    Indices,
    bootstrap_reach,
    comparison_size,
    count_by_topic,
    draw_questions,
    find_topics,
    mean_share,
    reach_of_topics,
)
from groundwork.message_wording import counted

# Where "about the same" begins between two random questions (0) and a question and itself (1): cosine 0.55 for
# MiniLM, whose random pairs lie at 0.22.
SAME_SUBJECT = 0.42


@dataclass(frozen=True)
class DiversityThresholds:
    """Cosines from which two questions are one, of one topic, and about the same, under this embedder."""

    near_duplicate: float
    same_subject: float
    also_asked: float  # where another dataset asks about the same, told from questions of one document


def calibrate_diversity_thresholds(
    vectors: Vectors, seed: int = 0, documents: Sequence[str] = ()
) -> DiversityThresholds:
    """On the scale from random pairs of these questions to identity, since every model spreads differently.

    Questions of one document all name its subject, and are near to each other by that alone. So where there are several
    `documents`, one for each question, what is also asked is told from random pairs of questions of one document.
    """
    if len(vectors) < 2:
        return DiversityThresholds(0.999, 0.999, 0.999)
    same_subject = _about_the_same(random_cosines(vectors, seed))
    document_cosines = random_cosines_within(vectors, documents, seed) if len(set(documents)) > 1 else np.empty(0)
    also_asked = max(same_subject, _about_the_same(document_cosines)) if len(document_cosines) else same_subject
    return DiversityThresholds(calibrate_threshold(vectors, seed), same_subject, also_asked)


def _about_the_same(cosines: Floats) -> float:
    """Where "about the same" begins, by the cosines of random pairs."""
    median_cosine = float(np.median(cosines))
    return min(0.999, median_cosine + SAME_SUBJECT * (1 - median_cosine))


def vendi_score(vectors: Vectors) -> float:
    """The Vendi score (Friedman and Dieng, 2023) under the cosine: 1 for equal rows, n for n unrelated ones."""
    if not len(vectors):
        return 0.0
    gram_matrix = vectors @ vectors.T if len(vectors) < vectors.shape[1] else vectors.T @ vectors
    eigenvalue_shares = np.linalg.eigvalsh(gram_matrix.astype(np.float64) / len(vectors))
    eigenvalue_shares = eigenvalue_shares[eigenvalue_shares > 1e-12]
    return float(np.exp(-(eigenvalue_shares * np.log(eigenvalue_shares)).sum()))


@dataclass(frozen=True)
class MeasuredDiversity:
    """The numbers, and the questions behind "only here" and "missed" as indices into all questions."""

    numbers: Numbers
    only_in: dict[str, list[int]]
    missed_by: dict[str, list[int]]


@dataclass(frozen=True)
class DatasetQuestions:
    """The questions of the datasets `names`."""

    names: list[str]
    vectors: Vectors  # (n, d)
    dataset_of: Indices  # (n,): of each question the index of its dataset
    chunks: list[int]  # of each dataset how many chunks it asks about
    documents: Sequence[str] = ()  # of each question, where they are known
    texts: Sequence[str] = ()  # the questions themselves, where they are known


def measure_diversity(
    questions: DatasetQuestions, nearest_questions: Similarities, encoder: str, projection: str, seed: int = 0
) -> MeasuredDiversity:
    """The numbers of the datasets, by the nearest questions `nearest_questions` of each of their questions."""
    dataset_names, vectors, dataset_of = questions.names, questions.vectors, questions.dataset_of
    thresholds = calibrate_diversity_thresholds(vectors, seed, questions.documents)
    near_duplicate_cosines = _near_duplicate_cosines(questions, thresholds.near_duplicate, seed)
    question_counts = [int((dataset_of == index).sum()) for index in range(len(dataset_names))]
    topic_of = find_topics(vectors, dataset_of, question_counts, thresholds.same_subject, seed)
    topic_counts = count_by_topic(dataset_of, topic_of, len(dataset_names))
    equal_n = comparison_size(question_counts)
    reach_draws = bootstrap_reach(topic_counts, question_counts, equal_n, seed)
    only_in = _rows_only_in(dataset_names, dataset_of, nearest_questions.nearest_in, thresholds.also_asked)
    dataset_numbers = [
        DatasetNumbers(
            name=dataset_name,
            only_here=len(only_in[dataset_name]),
            **_question_counts(question_counts[index], questions.chunks[index]),
            redundancy=mean_share((nearest_questions.nearest_earlier >= near_duplicate_cosines)[dataset_of == index]),
            **_variety(vectors[dataset_of == index], equal_n, seed),
            **reach_of_topics(topic_counts[index], question_counts[index], equal_n, reach_draws[:, index]),
        )
        for index, dataset_name in enumerate(dataset_names)
    ]
    contained_shares = np.array(_overlap_matrix(dataset_of, nearest_questions.nearest_in, near_duplicate_cosines))
    also_asked_cosines = np.full(len(vectors), thresholds.also_asked)
    numbers = Numbers(
        encoder=encoder,
        projection=projection,
        **asdict(thresholds),
        equal_n=equal_n,
        topics=topic_counts.shape[1],
        datasets=dataset_numbers,
        overlap=_overlap_matrix(dataset_of, nearest_questions.nearest_in, also_asked_cosines),
        **asdict(choose_dataset(dataset_numbers, reach_draws, topic_counts, equal_n, contained_shares)),
    )
    missed_by = _rows_missed_by(dataset_names, dataset_of, nearest_questions.nearest_in, thresholds.also_asked)
    return MeasuredDiversity(numbers, only_in, missed_by)


def _near_duplicate_cosines(questions: DatasetQuestions, overall: float, seed: int) -> Floats:
    """(n,): the cosine from which each question is one with another, by its script."""
    by_script = calibrate_by_script(questions.vectors, questions.texts, overall, seed)
    return near_duplicate_thresholds(questions.texts or [""] * len(questions.vectors), by_script, overall)


def _question_counts(questions: int, chunks: int) -> dict[str, Any]:
    return {"questions": questions, "chunks": chunks, "mean_per_chunk": questions / chunks if chunks else None}


def _variety(vectors: Vectors, equal_n: int, seed: int) -> dict[str, Any]:
    """How unlike each other the questions of a dataset are, all of them and as many as of the others."""
    return {"diversity": vendi_score(vectors), "diversity_at_equal_n": _sampled_vendi(vectors, equal_n, seed)}


def _rows_only_in(
    dataset_names: list[str], dataset_of: Indices, nearest_in: Floats, threshold: float
) -> dict[str, list[int]]:
    """By dataset: its questions about which no other dataset asks. Empty lists when there is one dataset."""
    rows_only_in: dict[str, list[int]] = {}
    for dataset, dataset_name in enumerate(dataset_names):
        other_cosines = np.delete(nearest_in, dataset, axis=1)
        is_unmatched = (other_cosines < threshold).all(axis=1) if other_cosines.shape[1] else dataset_of < 0
        rows_only_in[dataset_name] = np.flatnonzero((dataset_of == dataset) & is_unmatched).tolist()
    return rows_only_in


def _rows_missed_by(
    dataset_names: list[str], dataset_of: Indices, nearest_in: Floats, threshold: float
) -> dict[str, list[int]]:
    return {
        dataset_name: np.flatnonzero((dataset_of != dataset) & (nearest_in[:, dataset] < threshold)).tolist()
        for dataset, dataset_name in enumerate(dataset_names)
    }


def _overlap_matrix(dataset_of: Indices, nearest_in: Floats, threshold: Floats) -> list[list[float]]:
    """`threshold` (n,): that of each question."""
    datasets = nearest_in.shape[1]
    return [
        [1.0 if a == b else mean_share((nearest_in[:, b] >= threshold)[dataset_of == a]) for b in range(datasets)]
        for a in range(datasets)
    ]


def _sampled_vendi(vectors: Vectors, size: int, seed: int) -> float:
    """Mean Vendi score of `size` of the rows, over a few draws."""
    if len(vectors) <= size:
        return vendi_score(vectors)
    rng = np.random.default_rng(seed)
    return float(np.mean([vendi_score(vectors[draw_questions(np.arange(len(vectors)), size, rng)]) for _ in range(5)]))


def diversity_table(diversity_numbers: Numbers | None) -> list[str]:
    """A line a dataset: questions, mean per chunk, repeats, diversity, reach; then how several overlap."""
    if diversity_numbers is None:
        return []
    reach_heading = f"reach of {counted(diversity_numbers.topics, 'topic')}"
    header = ["", "questions", "a chunk", "repeats", "diversity", reach_heading, "95%", "of all"]
    diversity_rows = [header, *map(_diversity_row, diversity_numbers.datasets)]
    if len(diversity_numbers.datasets) == 1:  # reach is of what several ask together
        topic_column = ["topics", f"{diversity_numbers.topics:,}"]
        single_rows = zip((diversity_row[:5] for diversity_row in diversity_rows), topic_column, strict=True)
        return terminal.table_lines([[*diversity_row, topics] for diversity_row, topics in single_rows])
    are_splits = not diversity_numbers.recommendation  # none of them is to be chosen
    shown_rows = [diversity_row[:4] for diversity_row in diversity_rows] if are_splits else diversity_rows
    table_lines = terminal.table_lines(shown_rows)
    if not are_splits:
        equal_questions = counted(diversity_numbers.equal_n, "question")
        table_lines.append(f"  (diversity and reach with {equal_questions} each; 'of all' with all of its own)")
    return table_lines + _overlap_table(diversity_numbers)


def _diversity_row(dataset: DatasetNumbers) -> list[str]:
    low, high = dataset.reach_interval
    return [
        dataset.name,
        f"{dataset.questions:,}",
        "-" if dataset.mean_per_chunk is None else f"{dataset.mean_per_chunk:.1f}",
        f"{dataset.redundancy:.0%}",
        f"{dataset.diversity_at_equal_n:.1f}",
        f"{dataset.reach:.0%}",
        f"{low:.0%}-{high:.0%}",
        f"{dataset.reach_of_all:.0%}",
    ]


def _overlap_table(diversity_numbers: Numbers) -> list[str]:
    dataset_names = [dataset.name for dataset in diversity_numbers.datasets]
    shares = [[f"{share:.0%}" for share in row] for row in diversity_numbers.overlap]
    overlap_rows = ([dataset_name, *row] for dataset_name, row in zip(dataset_names, shares, strict=True))
    return terminal.table_lines([["also asked by", *dataset_names], *overlap_rows])
