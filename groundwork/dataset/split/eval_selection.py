"""Choose the rows of the eval split. Vectors come in as (n, d) float32 with unit rows, so everything here is pure.

    clusters     as many rows from every cluster as its share of all rows, and within it those that stand for the rest
    tags         so that each tag has the share in eval that it has in all rows
    category     so that each category has, and within it those that stand for the rest
    difficulty   the same for levels of difficulty
    random       any rows, each as likely as the other
    clone        like clusters; the rows stay in train as well
    second-run   like clusters, drawn from another run; no row of that run goes into train

Three steps make a clustered split: quotas by largest remainder; candidates, seeded at random, those without a
near-duplicate in train first; and of the candidates the ones that bring the mean of eval closest to the mean of all
rows (kernel_herding.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from groundwork.apportionment import apportion_by_largest_remainder
from groundwork.dataset.split.eval_split import CannotSplit, EvalPool, EvalSplit, Rows, Strategy, Vectors
from groundwork.dataset.split.kernel_herding import herd_rows
from groundwork.dataset.split.near_duplicate_twins import FindTwins, candidate_tiers, twin_finder
from groundwork.dataset.split.tag_balance import TAGS_REMEDY, choose_eval_by_tags
from groundwork.embedding.clusters import Elbow, elbow, kmeans, principal_components
from groundwork.embedding.nearest_neighbours import calibrate_by_script, calibrate_threshold, near_duplicate_thresholds
from groundwork.message_wording import counted

MOST_CLUSTERS = 30
EXTRA_CANDIDATES = 3_000  # candidates beyond the rows that eval holds, shared out like its places


def select_eval(
    pool: EvalPool, size: int, *, strategy: Strategy = "clusters", k: int = 0, seed: int = 42, held_out: bool = True
) -> EvalSplit:
    """Choose `size` rows of the pool for eval.

    `held_out`: the chosen rows leave train, so those without a near-duplicate among the other rows are preferred; where
    the pool knows rows trained on, those without one there. `k`: clusters; 0 lets the elbow pick.
    Raises CannotSplit.
    """
    pool_vectors, train_vectors = pool.vectors, pool.train
    _check_eval_size(len(pool_vectors), size, strategy, held_out, pool.tags)
    elbow_curve, cluster_labels = cluster_pool(pool_vectors, size, k, seed)
    strata = np.asarray(pool.strata, dtype=object).astype(str)
    balance_groups = np.unique(strata, return_inverse=True)[1] if pool.strata else cluster_labels
    duplicate_threshold = calibrate_threshold(
        pool_vectors if train_vectors is None else np.concatenate([pool_vectors, train_vectors]), seed
    )
    random_order = np.random.default_rng(seed).permutation(len(pool_vectors))
    by_script = calibrate_by_script(pool_vectors, pool.questions, duplicate_threshold, seed)
    pool_questions = pool.questions or [""] * len(pool_vectors)
    duplicate_cosines = near_duplicate_thresholds(pool_questions, by_script, duplicate_threshold)
    find_twins = twin_finder(pool, duplicate_cosines, held_out)
    if strategy == "random":
        eval_rows = random_order[:size].tolist()
    elif strategy == "tags":
        eval_rows = choose_eval_by_tags(pool.tags, size, random_order, find_twins)
    else:
        eval_rows = _choose_eval_by_clusters(balance_groups, size, random_order, find_twins, pool_vectors, seed)
    chosen_eval_rows = set(eval_rows)
    spare_rows: dict[int, list[int]] = {}
    for pool_row in random_order.tolist():
        if pool_row not in chosen_eval_rows:
            spare_rows.setdefault(int(balance_groups[pool_row]), []).append(pool_row)
    return EvalSplit(
        sorted(eval_rows), cluster_labels, elbow_curve, duplicate_threshold, spare_rows, balance_groups, by_script
    )


def cluster_pool(pool_vectors: Vectors, size: int, k: int, seed: int) -> tuple[Elbow, Rows]:
    """Clusters of the pool for an eval split of `size` rows: the curve, and the label of every row.

    The elbow looks among 2..min(30, size, n // 5): more clusters than eval rows cannot each have one.
    """
    reduced_vectors = principal_components(pool_vectors, seed=seed)
    elbow_curve = (
        Elbow(k, "given") if k else elbow(reduced_vectors, min(MOST_CLUSTERS, size, len(pool_vectors) // 5), seed)
    )
    cluster_labels = kmeans(reduced_vectors, elbow_curve.k, seed)
    distinct_clusters = int(cluster_labels.max()) + 1
    if distinct_clusters < elbow_curve.k:
        elbow_curve = Elbow(
            distinct_clusters,
            f"{elbow_curve.k} asked for, {distinct_clusters} different",
            elbow_curve.ks,
            elbow_curve.inertias,
        )
    return elbow_curve, cluster_labels


def _check_eval_size(
    pool_rows: int, eval_rows: int, strategy: Strategy, held_out: bool, tags: Sequence[Sequence[str]]
) -> None:
    if pool_rows == 0:
        raise CannotSplit("there are no pairs to split")
    if held_out and eval_rows >= pool_rows:
        raise CannotSplit(
            f"{counted(pool_rows, 'pair is', 'pairs are')} too few to give {eval_rows} to eval and keep any for train; "
            "generate more"
        )
    if held_out and 2 * eval_rows > pool_rows:
        raise CannotSplit(
            f"eval would hold {eval_rows} of {counted(pool_rows, 'pair')}, more than train; lower --eval-fraction or "
            "--eval-max"
        )
    if eval_rows > pool_rows:
        raise CannotSplit(f"{counted(eval_rows, 'eval row')} asked of {counted(pool_rows, 'pair')}; lower --eval-max")
    if strategy == "tags" and len(tags) != pool_rows:
        raise CannotSplit(f"strategy tags needs the tags of every pair; {TAGS_REMEDY}")


def _choose_eval_by_clusters(
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
    candidates = np.array(
        sorted({row for cluster in tiers_by_cluster for tier in cluster for row in tier}), dtype=np.int64
    )
    tier_positions = [
        [np.searchsorted(candidates, np.array(tier, dtype=np.int64)) for tier in cluster]
        for cluster in tiers_by_cluster
    ]
    return [
        int(candidates[i])
        for i in herd_rows(
            [tier_positions[c] for c in _cluster_turns(cluster_quotas)], pool_vectors[candidates], pool_vectors, seed
        )
    ]


def _cluster_turns(cluster_quotas: Sequence[int]) -> Iterator[int]:
    """Cluster numbers, each as often as its quota, spread evenly."""
    turn_positions = [((turn + 0.5) / quota, c) for c, quota in enumerate(cluster_quotas) for turn in range(quota)]
    return iter([c for _, c in sorted(turn_positions)])
