"""The map of a split: its questions as points, those of eval among the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from groundwork.dataset.split.eval_selection import EvalSplit
from groundwork.dataset.split_report.report_schema import SplitPoint
from groundwork.embedding.clusters import principal_components
from groundwork.embedding.projection import barnes_hut_tsne
from groundwork.embedding.vector_types import Vectors
from groundwork.message_wording import shorten_text
from groundwork.records import Row

MAP_ROWS = 2_000  # points on the map at the most: eval and a random sample of the rest
PERPLEXITY = 30  # at the most


def draw_split_map(
    pool_rows: Sequence[Row], eval_split: EvalSplit, pool_vectors: Vectors, seed: int
) -> list[SplitPoint]:
    """t-SNE of eval and up to 2,000 other rows, fitted together, coordinates between 0 and 1."""
    sample_rng = np.random.default_rng(seed)
    rows_beside_eval = np.setdiff1d(np.arange(len(pool_rows)), eval_split.eval)
    places_beside_eval = max(0, MAP_ROWS - len(eval_split.eval))
    if len(rows_beside_eval) > places_beside_eval:
        rows_beside_eval = np.sort(sample_rng.choice(rows_beside_eval, places_beside_eval, replace=False))
    map_rows = np.sort(np.concatenate([np.array(eval_split.eval, dtype=np.int64), rows_beside_eval]))
    eval_rows = set(eval_split.eval)
    return [
        SplitPoint(
            id=pool_rows[i].id,
            split="eval" if i in eval_rows else "train",
            cluster=int(eval_split.labels[i]),
            x=round(float(x), 4),
            y=round(float(y), 4),
            question=shorten_text(pool_rows[i].question, 120),
        )
        for i, (x, y) in zip(map_rows.tolist(), _map_positions(pool_vectors[map_rows], seed), strict=True)
    ]


def _map_positions(vectors: Vectors, seed: int) -> NDArray[np.float32]:
    """(n, 2) places between 0 and 1: t-SNE, or the principal components of very few rows."""
    map_vectors = principal_components(vectors, seed=seed)
    map_coordinates = np.zeros((len(vectors), 2), dtype=np.float32)
    perplexity = min(PERPLEXITY, (len(vectors) - 1) // 3)
    if perplexity >= 2 and map_vectors.any():
        map_coordinates = barnes_hut_tsne(map_vectors, perplexity, seed)
    else:
        map_coordinates[:, : map_vectors.shape[1]] = map_vectors[:, :2]
    lowest, highest = map_coordinates.min(axis=0), map_coordinates.max(axis=0)
    map_positions: NDArray[np.float32] = np.where(
        highest > lowest, (map_coordinates - lowest) / np.maximum(highest - lowest, 1e-9), 0.5
    )
    return map_positions
