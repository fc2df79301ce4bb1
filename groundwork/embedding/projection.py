"""Vectors to positions on a map: t-SNE, all datasets and splits of a picture fitted together.

t-SNE keeps twice as many of a question's nearest neighbours as UMAP does (0.23 against 0.115 of ten at 10,000 rows).
Barnes-Hut of scikit-learn up to 15,000 rows; above, openTSNE (extra `large-maps`), whose time grows linearly, or where
that is missing, scikit-learn on a sample with every other row beside its nearest.
The result depends on the order of the rows: give them sorted by a stable key.
"""

from __future__ import annotations

import importlib.util
import os
from contextlib import nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt

from groundwork.embedding.clusters import single_thread
from groundwork.embedding.nearest_neighbours import find_nearest
from groundwork.installation import as_typed
from groundwork.message_wording import counted
from groundwork.settings.config_schema import Maps

Floats = npt.NDArray[np.floating[Any]]
Positions = npt.NDArray[np.float32]

SINGLE_THREAD_ROWS = 3_000  # rows below which one thread is fast enough
LARGE_ROWS = 15_000  # distinct rows from which openTSNE is the faster one
NEIGHBOUR_SPREAD = 0.004  # of the map's width: how far a row that was not fitted stands from its nearest
MIN_TSNE_ROWS = 5  # distinct rows; fewer have no neighbourhood to keep
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def perplexity(row_count: int, maximum: float) -> float:
    """The perplexity for so many rows: at most a third of them, at least 1."""
    return float(max(1, min(maximum, (row_count - 1) // 3)))


def rows_fitted_by_tsne(row_count: int) -> int:
    """How many of so many rows t-SNE lays out itself; the others stand beside those."""
    return row_count if importlib.util.find_spec("openTSNE") else min(row_count, LARGE_ROWS)


def project_vectors(vectors: Floats, settings: Maps) -> tuple[Positions, str]:
    """Positions (n, 2) for vectors (n, d) of length 1, centred, the larger axis spanning -1..1; and the method.

    Equal vectors (a verbatim copy, a question asked twice) are fitted once and stand side by side in a small spiral.
    """
    if not len(vectors):
        return np.zeros((0, 2), dtype=np.float32), "no rows"
    distinct_vectors, equals_of = np.unique(vectors, axis=0, return_inverse=True)
    equals_of = equals_of.reshape(-1)
    first_rows = _first_rows(equals_of, len(distinct_vectors))
    order_of_equals = np.argsort(first_rows)  # np.unique sorts by value; the rows' own order is the stable one
    rank_of_equals = np.empty_like(order_of_equals)
    rank_of_equals[order_of_equals] = np.arange(len(order_of_equals))
    projected_positions, projection_method = _fit_projection(distinct_vectors[order_of_equals], settings)
    return _spread_equals(_scale_to_frame(projected_positions), rank_of_equals[equals_of]), projection_method


def _fit_projection(vectors: Floats, settings: Maps) -> tuple[Positions, str]:
    row_count = len(vectors)
    if row_count < MIN_TSNE_ROWS:
        return _principal_axes(vectors), f"principal axes, {counted(row_count, 'distinct row')} being too few for t-SNE"
    row_perplexity = perplexity(row_count, settings.perplexity)
    if row_count > LARGE_ROWS and importlib.util.find_spec("openTSNE"):
        return _open_tsne(vectors, row_perplexity, settings.seed), f"openTSNE, perplexity {row_perplexity:g}"
    if row_count > LARGE_ROWS:
        projection_method = f"t-SNE of {LARGE_ROWS:,} rows, the others beside their nearest"
        large_maps_remedy = as_typed("openTSNE fits all rows: uv sync --inexact --extra large-maps")
        return _sampled_tsne(vectors, row_perplexity, settings.seed), f"{projection_method}; {large_maps_remedy}"
    return barnes_hut_tsne(vectors, row_perplexity, settings.seed), f"t-SNE, perplexity {row_perplexity:g}"


def barnes_hut_tsne(vectors: Floats, row_perplexity: float, seed: int) -> Positions:
    """(n, 2) positions of (n, d) vectors by scikit-learn's t-SNE, begun at their principal components."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # else its threads spin against each other on a busy machine
    from sklearn.manifold import TSNE

    # The number of threads changes the sums and so the map; where time allows, every machine draws the same one.
    with single_thread() if len(vectors) < SINGLE_THREAD_ROWS else nullcontext():
        tsne = TSNE(2, perplexity=row_perplexity, random_state=seed, init="pca", n_jobs=-1)
        tsne_positions: Positions = tsne.fit_transform(vectors)
    return tsne_positions


def _sampled_tsne(vectors: Floats, row_perplexity: float, seed: int) -> Positions:
    """t-SNE of LARGE_ROWS rows drawn at random; each other row close to the fitted row that it is nearest to.

    scikit-learn would take hours for 200,000 rows.
    """
    rng = np.random.default_rng(seed)
    fitted_by_tsne = np.sort(rng.choice(len(vectors), LARGE_ROWS, replace=False))
    beside_fitted = np.setdiff1d(np.arange(len(vectors)), fitted_by_tsne)
    tsne_positions = np.empty((len(vectors), 2), dtype=np.float32)
    tsne_positions[fitted_by_tsne] = barnes_hut_tsne(vectors[fitted_by_tsne], row_perplexity, seed)
    nearest_fitted, _ = find_nearest(
        np.asarray(vectors[beside_fitted], dtype=np.float32), np.asarray(vectors[fitted_by_tsne], np.float32)
    )
    spread_width = NEIGHBOUR_SPREAD * float(np.ptp(tsne_positions[fitted_by_tsne], axis=0).max())
    tsne_positions[beside_fitted] = tsne_positions[fitted_by_tsne][nearest_fitted] + rng.normal(
        0, spread_width, (len(beside_fitted), 2)
    )
    return tsne_positions


def _open_tsne(vectors: Floats, row_perplexity: float, seed: int) -> Positions:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as above: its threads spin too
    from openTSNE import TSNE

    tsne_positions = TSNE(2, perplexity=row_perplexity, random_state=seed, n_jobs=-1, initialization="pca").fit(vectors)
    return np.asarray(tsne_positions, dtype=np.float32)


def _principal_axes(vectors: Floats) -> Positions:
    centred_vectors = vectors - vectors.mean(axis=0)
    axis_positions = np.zeros((len(vectors), 2), dtype=np.float32)
    _, _, principal_axes = np.linalg.svd(centred_vectors, full_matrices=False)
    axis_count = min(2, len(principal_axes))
    axis_positions[:, :axis_count] = centred_vectors @ principal_axes[:axis_count].T
    return axis_positions


def _scale_to_frame(positions: Positions) -> Positions:
    frame_centre = (positions.max(axis=0) + positions.min(axis=0)) / 2
    frame_span = float((positions.max(axis=0) - positions.min(axis=0)).max())
    framed: Positions = ((positions - frame_centre) * (2 / frame_span if frame_span > 0 else 0)).astype(np.float32)
    return framed


def _first_rows(equals_of: npt.NDArray[np.intp], group_count: int) -> npt.NDArray[np.intp]:
    first_rows = np.full(group_count, len(equals_of), dtype=np.intp)
    np.minimum.at(first_rows, equals_of, np.arange(len(equals_of)))
    return first_rows


def _spread_equals(positions: Positions, equals_of: npt.NDArray[np.intp]) -> Positions:
    """A position for each row: its group's, equal rows in a sunflower spiral around it."""
    equal_rows_so_far: dict[int, int] = {}
    spread_positions = positions[equals_of].copy()
    for row, group in enumerate(equals_of.tolist()):
        spiral_index = equal_rows_so_far.get(group, 0)
        equal_rows_so_far[group] = spiral_index + 1
        if spiral_index:
            spiral_radius, spiral_angle = 0.004 * np.sqrt(spiral_index), spiral_index * _GOLDEN_ANGLE
            spread_positions[row] += (spiral_radius * np.cos(spiral_angle), spiral_radius * np.sin(spiral_angle))
    return spread_positions
