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


def perplexity(rows: int, maximum: float) -> float:
    """The perplexity for so many rows: at most a third of them, at least 1."""
    return float(max(1, min(maximum, (rows - 1) // 3)))


def fitted_rows(rows: int) -> int:
    """How many of so many rows t-SNE lays out itself; the others stand beside those."""
    return rows if importlib.util.find_spec("openTSNE") else min(rows, LARGE_ROWS)


def project_vectors(vectors: Floats, settings: Maps) -> tuple[Positions, str]:
    """Positions (n, 2) for vectors (n, d) of length 1, centred, the larger axis spanning -1..1; and the method.

    Equal vectors (a verbatim copy, a question asked twice) are fitted once and stand side by side in a small spiral.
    """
    if not len(vectors):
        return np.zeros((0, 2), dtype=np.float32), "no rows"
    distinct, member_of = np.unique(vectors, axis=0, return_inverse=True)
    member_of = member_of.reshape(-1)
    first_rows = _first_rows(member_of, len(distinct))
    order = np.argsort(first_rows)  # np.unique sorts by value; the rows' own order is the stable one
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    positions, method = _fit_projection(distinct[order], settings)
    return _spread_equals(_scale_to_frame(positions), rank[member_of]), method


def _fit_projection(vectors: Floats, settings: Maps) -> tuple[Positions, str]:
    rows = len(vectors)
    if rows < MIN_TSNE_ROWS:
        return _principal_axes(vectors), f"principal axes, {counted(rows, 'distinct row')} being too few for t-SNE"
    row_perplexity = perplexity(rows, settings.perplexity)
    if rows > LARGE_ROWS and importlib.util.find_spec("openTSNE"):
        return _open_tsne(vectors, row_perplexity, settings.seed), f"openTSNE, perplexity {row_perplexity:g}"
    if rows > LARGE_ROWS:
        method = f"t-SNE of {LARGE_ROWS:,} rows, the others beside their nearest"
        remedy = as_typed("openTSNE fits all rows: uv sync --inexact --extra large-maps")
        return _sampled_tsne(vectors, row_perplexity, settings.seed), f"{method}; {remedy}"
    return barnes_hut_tsne(vectors, row_perplexity, settings.seed), f"t-SNE, perplexity {row_perplexity:g}"


def barnes_hut_tsne(vectors: Floats, row_perplexity: float, seed: int) -> Positions:
    """(n, 2) positions of (n, d) vectors by scikit-learn's t-SNE, begun at their principal components."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # else its threads spin against each other on a busy machine
    from sklearn.manifold import TSNE

    # The number of threads changes the sums and so the map; where time allows, every machine draws the same one.
    with single_thread() if len(vectors) < SINGLE_THREAD_ROWS else nullcontext():
        tsne = TSNE(2, perplexity=row_perplexity, random_state=seed, init="pca", n_jobs=-1)
        positions: Positions = tsne.fit_transform(vectors)
    return positions


def _sampled_tsne(vectors: Floats, row_perplexity: float, seed: int) -> Positions:
    """t-SNE of LARGE_ROWS rows drawn at random; each other row close to the fitted row that it is nearest to.

    scikit-learn would take hours for 200,000 rows.
    """
    rng = np.random.default_rng(seed)
    fitted = np.sort(rng.choice(len(vectors), LARGE_ROWS, replace=False))
    unfitted = np.setdiff1d(np.arange(len(vectors)), fitted)
    positions = np.empty((len(vectors), 2), dtype=np.float32)
    positions[fitted] = barnes_hut_tsne(vectors[fitted], row_perplexity, seed)
    nearest_fitted, _ = find_nearest(
        np.asarray(vectors[unfitted], dtype=np.float32), np.asarray(vectors[fitted], np.float32)
    )
    width = NEIGHBOUR_SPREAD * float(np.ptp(positions[fitted], axis=0).max())
    positions[unfitted] = positions[fitted][nearest_fitted] + rng.normal(0, width, (len(unfitted), 2))
    return positions


def _open_tsne(vectors: Floats, row_perplexity: float, seed: int) -> Positions:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as above: its threads spin too
    from openTSNE import TSNE

    embedding = TSNE(2, perplexity=row_perplexity, random_state=seed, n_jobs=-1, initialization="pca").fit(vectors)
    return np.asarray(embedding, dtype=np.float32)


def _principal_axes(vectors: Floats) -> Positions:
    centred = vectors - vectors.mean(axis=0)
    positions = np.zeros((len(vectors), 2), dtype=np.float32)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axis_count = min(2, len(axes))
    positions[:, :axis_count] = centred @ axes[:axis_count].T
    return positions


def _scale_to_frame(positions: Positions) -> Positions:
    centre = (positions.max(axis=0) + positions.min(axis=0)) / 2
    span = float((positions.max(axis=0) - positions.min(axis=0)).max())
    framed: Positions = ((positions - centre) * (2 / span if span > 0 else 0)).astype(np.float32)
    return framed


def _first_rows(member_of: npt.NDArray[np.intp], groups: int) -> npt.NDArray[np.intp]:
    first_rows = np.full(groups, len(member_of), dtype=np.intp)
    np.minimum.at(first_rows, member_of, np.arange(len(member_of)))
    return first_rows


def _spread_equals(positions: Positions, member_of: npt.NDArray[np.intp]) -> Positions:
    """A position for each row: its group's, equal rows in a sunflower spiral around it."""
    counts: dict[int, int] = {}
    spread = positions[member_of].copy()
    for row, group in enumerate(member_of.tolist()):
        index = counts.get(group, 0)
        counts[group] = index + 1
        if index:
            radius, angle = 0.004 * np.sqrt(index), index * _GOLDEN_ANGLE
            spread[row] += (radius * np.cos(angle), radius * np.sin(angle))
    return spread
