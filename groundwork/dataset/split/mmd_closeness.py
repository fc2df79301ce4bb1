"""How close eval lies to the pool by the MMD under a Gaussian kernel, beside random splits of its size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from groundwork.dataset.split.eval_selection import EvalSplit
from groundwork.dataset.split.kernel_herding import bandwidth
from groundwork.dataset.split_report.report_schema import Closeness
from groundwork.embedding.vector_types import Vectors

RANDOM_MMD_SPLITS = 500
FEATURE_BLOCK_ROWS = 20_000  # rows whose features are held at once
FEATURE_COUNT = 512  # random features of the kernel behind the MMD


def eval_closeness(eval_split: EvalSplit, pool_vectors: Vectors, seed: int) -> Closeness:
    """The MMD of eval against the pool, beside that of 500 random splits of its size."""
    split_rng = np.random.default_rng(seed + 1)
    eval_count = len(eval_split.eval)
    kernel_features = RandomFeatureKernel(pool_vectors, seed + 1, FEATURE_COUNT).features
    block_starts = range(0, len(pool_vectors), FEATURE_BLOCK_ROWS)
    feature_blocks = (kernel_features(pool_vectors[start : start + FEATURE_BLOCK_ROWS]) for start in block_starts)
    feature_sums = [feature_block.sum(axis=0, dtype=np.float64) for feature_block in feature_blocks]
    pool_mean = np.sum(feature_sums, axis=0) / len(pool_vectors)

    def mmd_to_pool(rows: NDArray[np.int64]) -> float:
        return float(np.linalg.norm(kernel_features(pool_vectors[rows]).mean(axis=0, dtype=np.float64) - pool_mean))

    random_splits = [split_rng.choice(len(pool_vectors), eval_count, replace=False) for _ in range(RANDOM_MMD_SPLITS)]
    return _closeness_beside_random_splits(mmd_to_pool, np.array(eval_split.eval), random_splits)


def _closeness_beside_random_splits(
    mmd_to_pool: Callable[[NDArray[np.int64]], float],
    eval_rows: NDArray[np.int64],
    random_splits: Sequence[NDArray[np.int64]],
) -> Closeness:
    eval_mmd, random_mmds = mmd_to_pool(eval_rows), np.array([mmd_to_pool(rows) for rows in random_splits])
    return Closeness(
        eval=round(eval_mmd, 4),
        random=round(float(np.median(random_mmds)), 4),
        percentile=round(float((random_mmds < eval_mmd).mean()), 4),
    )


class RandomFeatureKernel:
    """A Gaussian kernel, its bandwidth the median distance of random pairs of `vectors`, by random features.

    Inner products of (m, size) features approach the kernel (Rahimi and Recht, "Random Features for Large-Scale
    Kernel Machines", 2007); the distance of the means of two sets' features is their MMD.
    """

    def __init__(self, vectors: Vectors, seed: int, size: int) -> None:
        frequency_shape = (vectors.shape[1], size // 2)
        self._frequencies = np.random.default_rng(seed).normal(size=frequency_shape) / bandwidth(vectors, seed)
        self._scale = np.float32((2 / size) ** 0.5)

    def features(self, vectors: Vectors) -> Vectors:
        """(m, size) of (m, d) vectors."""
        feature_angles = vectors @ self._frequencies.astype(np.float32)
        return np.concatenate([np.cos(feature_angles), np.sin(feature_angles)], axis=1) * self._scale
