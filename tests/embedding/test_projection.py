"""The map's places: deterministic, finite and framed for any number of rows."""

from __future__ import annotations

import numpy as np
import pytest

from groundwork.embedding.projection import perplexity, project_vectors
from groundwork.settings.config_files import load

SETTINGS = load().maps


def unit(rows: int, seed: int = 0, dimensions: int = 16) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 5, 6, 7, 40])
def test_any_number_of_rows_has_a_map(rows: int) -> None:
    """Every row gets a finite place inside the frame -1..1."""
    places, _ = project_vectors(unit(rows), SETTINGS)
    assert places.shape == (rows, 2)
    assert np.isfinite(places).all()
    assert np.abs(places).max(initial=0) <= 1.1


@pytest.mark.parametrize(("rows", "expected"), [(2, 1), (5, 1), (10, 3), (91, 30), (10_000, 30)])
def test_the_perplexity_rule(rows: int, expected: float) -> None:
    """At most a third of the rows, at most what is set, at least 1."""
    assert perplexity(rows, 30) == expected


def test_the_same_rows_give_the_same_map() -> None:
    """Same vectors, same seed: same places."""
    assert (project_vectors(unit(60), SETTINGS)[0] == project_vectors(unit(60), SETTINGS)[0]).all()


@pytest.mark.parametrize("rows", [3, 50])
def test_equal_questions_stand_side_by_side(rows: int) -> None:
    """A dataset of one repeated question is a small spiral of distinct places, not one dot and not NaN."""
    places, _ = project_vectors(np.repeat(unit(1), rows, axis=0), SETTINGS)
    assert np.isfinite(places).all()
    assert len(np.unique(places, axis=0)) == rows


def test_a_verbatim_copy_stands_beside_its_original() -> None:
    """A mirror split lies on the split that it mirrors, and does not move the map."""
    vectors = unit(50)
    alone, _ = project_vectors(vectors, SETTINGS)
    both, _ = project_vectors(np.concatenate([vectors, vectors[:10]]), SETTINGS)
    np.testing.assert_allclose(both[:50], alone, atol=1e-6)
    assert np.linalg.norm(both[50:] - both[:10], axis=1).max() < 0.01


def test_neighbours_stay_neighbours() -> None:
    """Groups far apart in the vectors stand apart on the map."""
    centres = unit(3, seed=5)
    members = np.repeat(centres, 30, axis=0) + 0.05 * unit(90, seed=6)
    places, _ = project_vectors(members / np.linalg.norm(members, axis=1, keepdims=True), SETTINGS)
    group = np.repeat(np.arange(3), 30)
    middles = np.stack([places[group == g].mean(axis=0) for g in range(3)])
    nearest = np.linalg.norm(places[:, None] - middles[None], axis=2).argmin(axis=1)
    assert (nearest == group).all()


def test_rows_beyond_the_sample_stand_beside_their_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where t-SNE of all rows would take hours, a row that was not fitted lies in the region of its own group."""
    monkeypatch.setattr("groundwork.embedding.projection.LARGE_ROWS", 45)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)  # as where openTSNE is not installed
    group = np.tile(np.arange(3), 40)
    members = np.repeat(unit(3, seed=5)[None], 40, axis=0).reshape(-1, 16) + 0.05 * unit(120, seed=6)
    places, how = project_vectors(members / np.linalg.norm(members, axis=1, keepdims=True), SETTINGS)
    assert "t-SNE of 45 rows" in how
    assert "uv sync --inexact --extra large-maps" in how
    middles = np.stack([places[group == g].mean(axis=0) for g in range(3)])
    nearest = np.linalg.norm(places[:, None] - middles[None], axis=2).argmin(axis=1)
    assert (nearest == group).mean() > 0.98
    assert len(np.unique(places, axis=0)) == 120
