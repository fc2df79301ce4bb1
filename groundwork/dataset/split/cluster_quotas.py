"""Fill the quota of each cluster with the rows that stand for it. Vectors are (n, d) float32 with unit rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from groundwork.apportionment import apportion_by_largest_remainder
from groundwork.dataset.split.kernel_herding import herd_rows
from groundwork.dataset.split.near_duplicate_twins import FindTwins, candidate_tiers
from groundwork.embedding.clusters import Elbow, elbow, kmeans, principal_components
from groundwork.embedding.vector_types import Rows, Vectors

MOST_CLUSTERS = 30
EXTRA_CANDIDATES = 3_000  # candidates beyond the rows that eval holds, shared out like its places


def cluster_pool(pool_vectors: Vectors, size: int, k: int, seed: int) -> tuple[Elbow, Rows]:
    """Clusters of the pool for an eval split of `size` rows: the curve, and the label of every row.

    The elbow looks among 2..min(30, size, n // 5): more clusters than eval rows cannot each have one.
    """
    reduced_vectors = principal_components(pool_vectors, seed=seed)
    most_clusters = min(MOST_CLUSTERS, size, len(pool_vectors) // 5)
    elbow_curve = Elbow(k, "given") if k else elbow(reduced_vectors, most_clusters, seed)
    cluster_labels = kmeans(reduced_vectors, elbow_curve.k, seed)
    distinct_clusters = int(cluster_labels.max()) + 1
    if distinct_clusters < elbow_curve.k:
        reason = f"{elbow_curve.k} asked for, {distinct_clusters} different"
        elbow_curve = Elbow(distinct_clusters, reason, elbow_curve.ks, elbow_curve.inertias)
    return elbow_curve, cluster_labels


def choose_eval_by_clusters(
    cluster_labels: Rows, size: int, random_order: Rows, find_twins: FindTwins, pool_vectors: Vectors, seed: int
) -> list[int]:
    """Fill each cluster's quota: with the best candidate for one place after the other, then with better ones."""
    cluster_quotas = apportion_by_largest_remainder(np.bincount(cluster_labels), size)
    candidate_limits = [quota + EXTRA_CANDIDATES * quota // size for quota in cluster_quotas]
    tiers_by_cluster = [
        candidate_tiers(
            random_order[cluster_labels[random_order] == c], cluster_quotas[c], candidate_limits[c], find_twins
        )
        for c in range(len(cluster_quotas))
    ]
    tier_rows = {row for cluster_tiers in tiers_by_cluster for tier in cluster_tiers for row in tier}
    candidates = np.array(sorted(tier_rows), dtype=np.int64)
    tier_positions = [
        [np.searchsorted(candidates, np.array(tier, dtype=np.int64)) for tier in cluster_tiers]
        for cluster_tiers in tiers_by_cluster
    ]
    tiers_by_place = [tier_positions[c] for c in _cluster_turns(cluster_quotas)]
    herded = herd_rows(tiers_by_place, pool_vectors[candidates], pool_vectors, seed)
    return [int(candidates[i]) for i in herded]


def _cluster_turns(cluster_quotas: Sequence[int]) -> Iterator[int]:
    """Cluster numbers, each as often as its quota, spread evenly."""
    turn_positions = [((turn + 0.5) / quota, c) for c, quota in enumerate(cluster_quotas) for turn in range(quota)]
    return iter([c for _, c in sorted(turn_positions)])
