"""Clusters of embeddings: PCA, k-means, and the k at the elbow of its inertia curve.

Every fit runs on one thread: k-means adds up its centres in the order in which threads finish, so only then do
equal seeds give equal labels, bit for bit.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from groundwork.embedding.vector_types import Vectors

Labels = NDArray[np.int64]

PCA_DIMENSIONS = 50  # k-means on the first 50 principal components finds the same topics several times faster
PCA_SAMPLE = 20_000
ELBOW_SAMPLE = 5_000  # rows that the elbow curve is measured on; its shape does not change with more
MIN_BEND = 0.02  # a curve that bends less than this share of its chord has no elbow


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
