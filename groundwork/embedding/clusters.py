"""Clusters of embeddings: PCA, k-means, the k at the elbow of its inertia curve, and names for the clusters.

A name is the words that tell a cluster's questions from the others, or its own tag or question.

Every fit runs on one thread: k-means adds up its centres in the order in which threads finish, so only then do
equal seeds give equal labels, bit for bit.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from groundwork.language.language_and_script import detect_language
from groundwork.language.words import TERM, WORDS_OF_ASKING, stem, stop_words
from groundwork.message_wording import shorten_text

Vectors = NDArray[np.float32]
Labels = NDArray[np.int64]

PCA_DIMENSIONS = 50  # k-means on the first 50 principal components finds the same topics several times faster
PCA_SAMPLE = 20_000
ELBOW_SAMPLE = 5_000  # rows that the elbow curve is measured on; its shape does not change with more
MIN_BEND = 0.02  # a curve that bends less than this share of its chord has no elbow

MIN_LANGUAGE_SHARE = 0.05  # of sampled questions, from which a language has its stop words left out of labels
LANGUAGE_SAMPLE = 200  # questions whose language is told
_LABEL_WORD_PARTS = re.compile(r"[-'’]")
_LABEL_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
COMMON_SHARE = 0.15  # share of all questions from which a word is too common to name a part of them
PAIR_WEIGHT = 1.6  # how much more two neighbouring words tell than one
MIN_LIFT = 1.5  # how much more often than by its size a cluster must hold a term that tells something about it
TERMS_PER_LABEL = 2
MAX_QUESTION_LENGTH = 30  # characters of a question that names a cluster without terms


@dataclass(frozen=True)
class Elbow:
    """The inertia of k-means for each k tried, and the k picked from it. `reason` says how."""

    k: int
    reason: str
    ks: list[int] = field(default_factory=list)
    inertias: list[float] = field(default_factory=list)


def principal_components(vectors: Vectors, dimensions: int = PCA_DIMENSIONS, seed: int = 0) -> Vectors:
    """The first principal components of (n, d) vectors as (n, min(dimensions, d, n)); identical rows give zeros."""
    from sklearn.decomposition import PCA

    vector_count, vector_width = vectors.shape
    component_count = min(dimensions, vector_width, vector_count)
    centred: Vectors = np.empty_like(vectors, dtype=np.float32)
    np.subtract(vectors, vectors.mean(axis=0, dtype=np.float64), out=centred, casting="same_kind")
    if component_count == vector_width or not centred.any():
        return centred[:, :component_count]
    pca_solver = "covariance_eigh" if vector_count > vector_width else "full"
    pca_sample = centred if vector_count <= PCA_SAMPLE else centred[_sample_rows(vector_count, PCA_SAMPLE, seed)]
    with single_thread():
        return np.asarray(
            PCA(component_count, svd_solver=pca_solver).fit(pca_sample).transform(centred), dtype=np.float32
        )


def single_thread() -> AbstractContextManager[object]:
    """Keep BLAS and OpenMP to one thread while inside."""
    thread_limit: AbstractContextManager[object] = _thread_pools().limit(limits=1)
    return thread_limit


@cache
def _thread_pools():  # type: ignore[no-untyped-def]  # threadpoolctl has no types
    import sklearn.cluster  # noqa: F401  # its OpenMP has to be loaded to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def count_distinct_rows(vectors: Vectors, limit: int) -> int:
    """How many different rows there are, to six decimals; counting stops at `limit`."""
    distinct_rows: set[bytes] = set()
    for start in range(0, len(vectors), ELBOW_SAMPLE):
        # + 0.0 makes -0.0 and 0.0 one
        for row in np.round(vectors[start : start + ELBOW_SAMPLE].astype(np.float64), 6) + 0.0:
            distinct_rows.add(row.tobytes())
            if len(distinct_rows) >= limit:
                return len(distinct_rows)
    return len(distinct_rows)


def kmeans(vectors: Vectors, cluster_count: int, seed: int) -> Labels:
    """A cluster number in 0..k-1 for each of n rows; fewer clusters where there are fewer different rows.

    Clusters are numbered by size, the largest 0, so that a number means the same in every table and picture.
    """
    cluster_count = min(cluster_count, count_distinct_rows(vectors, cluster_count))
    if cluster_count <= 1:
        return np.zeros(len(vectors), dtype=np.int64)
    return _number_by_size(_fit_kmeans(vectors, cluster_count, seed).labels_)


def elbow(vectors: Vectors, k_max: int, seed: int = 0) -> Elbow:
    """The k in 2..k_max at which another cluster stops paying: the point of the inertia curve farthest below its chord.

    That is the knee of Satopaa et al., "Finding a 'Kneedle' in a Haystack" (2011), for a convex falling curve. A curve
    without one (a straight line) gives min(k_max, round(sqrt(n))); one row, or only equal rows, give 1.
    """
    vector_count, largest_k = len(vectors), min(k_max, count_distinct_rows(vectors, max(k_max, 1)))
    if largest_k < 2:
        are_alike = vector_count > 1 and k_max > 1
        return Elbow(1, f"one cluster: {'all questions are alike' if are_alike else 'too few rows'}")
    if largest_k == 2:
        return Elbow(2, "two clusters: too few rows for a curve", [2], [_inertia(vectors, 2, seed)])
    elbow_sample = vectors if vector_count <= ELBOW_SAMPLE else vectors[_sample_rows(vector_count, ELBOW_SAMPLE, seed)]
    ks = list(range(2, largest_k + 1))
    inertias = [_inertia(elbow_sample, k, seed) for k in ks]
    if (knee := _knee(np.array(ks, dtype=float), np.array(inertias))) is not None:
        return Elbow(knee, "the elbow of the curve", ks, inertias)
    fallback_k = max(2, min(largest_k, round(vector_count**0.5)))
    return Elbow(fallback_k, "the curve has no elbow: square root of the rows", ks, inertias)


def _sample_rows(vector_count: int, count: int, seed: int) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(seed).choice(vector_count, count, replace=False))


def _knee(ks: NDArray[np.float64], inertias: NDArray[np.float64]) -> int | None:
    inertia_drop = inertias[0] - inertias[-1]
    if inertia_drop <= 0:
        return None
    x = (ks - ks[0]) / (ks[-1] - ks[0])
    y = (inertias - inertias[-1]) / inertia_drop
    depth_below_chord = (1 - x) - y
    deepest_k_index = int(depth_below_chord.argmax())
    return int(ks[deepest_k_index]) if depth_below_chord[deepest_k_index] > MIN_BEND else None


def _inertia(vectors: Vectors, cluster_count: int, seed: int) -> float:
    return float(_fit_kmeans(vectors, cluster_count, seed).inertia_)


def _fit_kmeans(vectors: Vectors, cluster_count: int, seed: int):  # type: ignore[no-untyped-def]  # scikit-learn has no types
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    kmeans_starts = 4 if len(vectors) <= ELBOW_SAMPLE else 1  # with many rows the starts hardly differ
    with single_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # rows equal to float32, counted in count_distinct_rows()
        return KMeans(cluster_count, n_init=kmeans_starts, random_state=seed).fit(vectors)


def _number_by_size(cluster_labels: NDArray[np.int32]) -> Labels:
    cluster_numbers, first_rows, cluster_sizes = np.unique(cluster_labels, return_index=True, return_counts=True)
    clusters_by_size = sorted(range(len(cluster_numbers)), key=lambda i: (-cluster_sizes[i], first_rows[i]))
    rank_by_size = np.empty(int(cluster_numbers.max()) + 1, dtype=np.int64)
    rank_by_size[cluster_numbers[clusters_by_size]] = np.arange(len(cluster_numbers))
    return rank_by_size[cluster_labels]


def label_clusters(
    questions: Sequence[str], tags: Sequence[list[str]], cluster_of: Sequence[int], cluster_count: int
) -> list[str]:
    """A label for each cluster from 0 up, no two alike: its most telling tags, or words where there are no tags."""
    label_languages = _label_languages(questions)
    ranked_cluster_terms = _rank_cluster_terms(_label_words(questions, label_languages), cluster_of, cluster_count)
    if any(tags):
        by_tags = _rank_cluster_terms([list(dict.fromkeys(row)) for row in tags], cluster_of, cluster_count)
        ranked_cluster_terms = [tags or words for tags, words in zip(by_tags, ranked_cluster_terms, strict=True)]
    cluster_labels: list[str] = []
    used_terms: set[str] = set()  # first words of labels: no two clusters are named after the same
    for cluster in range(cluster_count):
        unused_terms = [term for term in ranked_cluster_terms[cluster] if term not in used_terms]
        label_terms = _pick_distinct_terms(unused_terms or ranked_cluster_terms[cluster], label_languages[0])
        used_terms.update(label_terms[:1])
        cluster_label = " · ".join(label_terms) or _shortest_question(questions, cluster_of, cluster)
        cluster_labels.append(cluster_label + f" ({cluster + 1})" * (cluster_label in cluster_labels))
    return cluster_labels


def _rank_cluster_terms(
    question_terms: list[list[str]], cluster_of: Sequence[int], cluster_count: int
) -> list[list[str]]:
    """By cluster its terms, the most telling first: those that many of its questions hold, and few of the others.

    A word that runs through the whole map (the name of the game, of the handbook) names no part of it.
    """
    term_counts_by_cluster: list[Counter[str]] = [Counter() for _ in range(cluster_count)]
    overall_term_counts: Counter[str] = Counter()
    for row_terms, cluster in zip(question_terms, cluster_of, strict=True):
        overall_term_counts.update(set(row_terms))
        if cluster >= 0:
            term_counts_by_cluster[cluster].update(set(row_terms))
    common_term_limit = max(COMMON_SHARE, 1.5 / max(1, cluster_count)) * len(question_terms)
    common_terms = {term for term, count in overall_term_counts.items() if count > common_term_limit}
    lift_floor, common_terms = (MIN_LIFT, common_terms) if cluster_count > 1 else (0, set())
    cluster_sizes = Counter(cluster_of)
    ranked_cluster_terms = []
    for cluster, term_counts in enumerate(term_counts_by_cluster):
        size, questions = max(1, cluster_sizes[cluster]), len(question_terms)
        term_lifts = {term: count / overall_term_counts[term] * questions / size for term, count in term_counts.items()}
        ranked_cluster_terms.append(_rank_by_lift(term_counts, term_lifts, lift_floor, common_terms))
    return ranked_cluster_terms


def _rank_by_lift(
    term_counts: Counter[str], term_lifts: dict[str, float], lift_floor: float, common_terms: set[str]
) -> list[str]:
    """The terms of a cluster, the most telling first; `common_terms` only where it has no others."""
    candidate_terms = [term for term in term_counts if term_counts[term] >= 2 and term_lifts[term] >= lift_floor]
    term_weights = {
        term: term_counts[term] * math.log1p(term_lifts[term]) * (PAIR_WEIGHT if " " in term else 1)
        for term in candidate_terms
    }
    specific_terms = [t for t in candidate_terms if t not in common_terms and common_terms.isdisjoint(t.split())]
    return [term for _, term in sorted((-term_weights[term], term) for term in specific_terms or candidate_terms)]


def _pick_distinct_terms(ranked_terms: list[str], language: str) -> list[str]:
    """The first terms that do not say the same again."""
    picked_terms: list[str] = []
    for term in ranked_terms:
        if not any(_stems(term, language) & _stems(picked_term, language) for picked_term in picked_terms):
            picked_terms.append(term)
        if len(picked_terms) == TERMS_PER_LABEL:
            break
    return picked_terms


def _stems(term: str, language: str) -> set[str]:
    return {stem(word, language) for word in re.split(r"[ -]", term)}


def _label_languages(questions: Sequence[str]) -> list[str]:
    """The languages of the questions, the most frequent first; [""] where none can be told."""
    label_sample = questions[:: -(-len(questions) // LANGUAGE_SAMPLE) or 1]
    language_counts = Counter(detect_language(question) for question in label_sample)
    question_languages = [
        language
        for language, language_count in language_counts.most_common()
        if language_count >= MIN_LANGUAGE_SHARE * len(label_sample)
    ]
    return list(dict.fromkeys([detect_language(" ".join(label_sample)), *filter(None, question_languages)]))


def _label_words(questions: Sequence[str], label_languages: list[str]) -> list[list[str]]:
    ignored_words = [stop_words(language) | WORDS_OF_ASKING for language in label_languages]
    return [_label_terms(question, ignored_words) for question in questions]


def _label_terms(question: str, ignored_words: Sequence[frozenset[str]]) -> list[str]:
    """Words, and pairs of neighbouring words, of a question that may tell what it is about.

    `ignored_words`: by language; those count of which the question holds most.
    """
    terms = TERM.findall(_LABEL_CJK.sub(_label_character_pairs, question.lower()))
    ignored_terms = max(ignored_words, key=lambda question_words: sum(term in question_words for term in terms))
    question_words = ["" if len(t) == 1 or ignored_terms.issuperset(_LABEL_WORD_PARTS.split(t)) else t for t in terms]
    word_pairs = [f"{a} {b}" for a, b in pairwise(question_words) if a and b]
    return [word for word in question_words if word] + word_pairs


def _label_character_pairs(match: re.Match[str]) -> str:
    """A run of characters without spaces as overlapping pairs, which stand for words there."""
    label_run = match[0]
    return " " + " ".join(label_run[i : i + 2] for i in range(max(1, len(label_run) - 1))) + " "


def _shortest_question(questions: Sequence[str], cluster_of: Sequence[int], cluster: int) -> str:
    cluster_questions = [
        question
        for question, question_cluster in zip(questions, cluster_of, strict=True)
        if question_cluster == cluster
    ]
    shortest_question = min(cluster_questions, key=len, default="")
    return shorten_text(shortest_question, MAX_QUESTION_LENGTH)


def name_clusters_by_tag_or_centre(
    questions: Sequence[str],
    tags: Sequence[Sequence[str]],
    cluster_of: npt.NDArray[np.intp],
    vectors: npt.NDArray[np.floating[Any]],
) -> list[str]:
    """For each cluster the tag most particular to it, or else the question nearest to its centre.

    `vectors`: (n, d), a row a question; `cluster_of`: (n,), counted from 0.
    """
    all_tag_counts = Counter(tag for question_tags in tags for tag in question_tags)
    cluster_names = []
    for cluster in range(int(cluster_of.max()) + 1 if len(cluster_of) else 0):
        cluster_members = np.flatnonzero(cluster_of == cluster)
        tag_counts = Counter(tag for i in cluster_members.tolist() for tag in tags[i])
        if tag_counts:
            cluster_names.append(max(sorted(tag_counts), key=lambda tag: tag_counts[tag] ** 2 / all_tag_counts[tag]))
        else:
            centrality = vectors[cluster_members] @ vectors[cluster_members].mean(axis=0)
            cluster_names.append(shorten_text(questions[cluster_members[int(centrality.argmax())]]))
    return cluster_names
