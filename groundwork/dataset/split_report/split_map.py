"""The map of a split in its report: eval among a sample of the other rows, drawn by t-SNE."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from groundwork.dataset.split.eval_selection import Split, Vectors
from groundwork.dataset.split_report.report_record import SplitPoint
from groundwork.embedding.clusters import principal_components
from groundwork.embedding.projection import barnes_hut_tsne
from groundwork.message_wording import shorten_text
from groundwork.records import Row

MAP_ROWS = 2_000  # points on the map at the most: eval and a random sample of the rest
PERPLEXITY = 30  # at the most


def draw_split_map(rows: Sequence[Row], split: Split, vectors: Vectors, seed: int) -> list[SplitPoint]:
    """t-SNE of eval and up to 2,000 other rows, fitted together, coordinates between 0 and 1."""
    rng = np.random.default_rng(seed)
    other_rows = np.setdiff1d(np.arange(len(rows)), split.eval)
    remaining = max(0, MAP_ROWS - len(split.eval))
    if len(other_rows) > remaining:
        other_rows = np.sort(rng.choice(other_rows, remaining, replace=False))
    map_rows = np.sort(np.concatenate([np.array(split.eval, dtype=np.int64), other_rows]))
    eval_rows = set(split.eval)
    return [
        SplitPoint(
            id=rows[i].id,
            split="eval" if i in eval_rows else "train",
            cluster=int(split.labels[i]),
            x=round(float(x), 4),
            y=round(float(y), 4),
            question=shorten_text(rows[i].question, 120),
        )
        for i, (x, y) in zip(map_rows.tolist(), _project(vectors[map_rows], seed), strict=True)
    ]


def _project(vectors: Vectors, seed: int) -> NDArray[np.float32]:
    """(n, 2) places between 0 and 1: t-SNE, or the principal components of very few rows."""
    reduced = principal_components(vectors, seed=seed)
    coordinates = np.zeros((len(vectors), 2), dtype=np.float32)
    perplexity = min(PERPLEXITY, (len(vectors) - 1) // 3)
    if perplexity >= 2 and reduced.any():
        coordinates = barnes_hut_tsne(reduced, perplexity, seed)
    else:
        coordinates[:, : reduced.shape[1]] = reduced[:, :2]
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    positions: NDArray[np.float32] = np.where(high > low, (coordinates - low) / np.maximum(high - low, 1e-9), 0.5)
    return positions
