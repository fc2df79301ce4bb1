"""K-means and its elbow on rows of known structure, and on rows of none."""

import warnings

import numpy as np
import pytest

from groundwork.embedding.clusters import Elbow, elbow, kmeans, principal_components
from tests.dataset.corpora import topics


def test_finds_the_topics_that_a_corpus_was_made_of():
    """Rows of one made topic share a cluster, and rows of two do not."""
    vectors, topic = topics(300, 6, spread=0.3)
    labels = kmeans(principal_components(vectors), 6, seed=1)
    assert {len(set(labels[topic == t])) for t in range(6)} == {1}
    assert len(set(labels)) == 6


def test_clusters_are_numbered_by_size():
    """Cluster 0 is the largest."""
    vectors, _ = topics(300, 6)
    sizes = np.bincount(kmeans(vectors, 6, seed=1))
    assert list(sizes) == sorted(sizes, reverse=True)


def test_same_seed_same_labels():
    """K-means repeats itself bit for bit under one seed, also on more rows than a thread's chunk."""
    vectors, _ = topics(3_000, 10, spread=2.0)
    assert np.array_equal(kmeans(vectors, 10, seed=3), kmeans(vectors, 10, seed=3))


def test_the_elbow_is_where_another_cluster_stops_paying():
    """Well separated topics give a k within a few of their number."""
    vectors, _ = topics(400, 8, spread=0.3)
    found = elbow(principal_components(vectors), 30)
    assert abs(found.k - 8) <= 2
    assert found.ks == list(range(2, 31))
    assert found.inertias[0] > 5 * found.inertias[-1]
    assert found.reason == "the elbow of the curve"


def test_a_curve_without_an_elbow_gives_the_square_root():
    """Rows that are all equally far from each other have no elbow."""
    found = elbow(np.eye(40, dtype=np.float32), 20)
    assert found.k == 6
    assert "no elbow" in found.reason


@pytest.mark.parametrize(
    ("vectors", "k_max", "k"),
    [
        (np.ones((1, 8)), 5, 1),
        (np.ones((50, 8)), 10, 1),
        (np.zeros((50, 8)), 10, 1),
        (np.repeat(np.eye(2, 8), 20, axis=0), 10, 2),
        (np.eye(9, 8), 1, 1),
        (np.eye(9, 8), 0, 1),
    ],
)
def test_degenerate_rows_have_an_elbow_too(vectors, k_max, k):
    """One row, equal rows, two kinds of rows, no room for clusters: never an error, never a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = elbow(vectors.astype(np.float32), k_max)
    assert isinstance(found, Elbow)
    assert found.k == k


def test_more_clusters_than_different_rows_are_not_made():
    """Asking five clusters of two kinds of rows gives two."""
    vectors = np.repeat(np.eye(2, 8, dtype=np.float32), 20, axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(kmeans(vectors, 5, seed=0)) == {0, 1}


def test_principal_components_keep_distances_when_nothing_is_cut():
    """As many components as dimensions are only a rotation."""
    vectors, _ = topics(60, 3, width=16)
    reduced = principal_components(vectors, 16)
    assert np.allclose(
        np.linalg.norm(vectors[:5] - vectors[5:10], axis=1),
        np.linalg.norm(reduced[:5] - reduced[5:10], axis=1),
        atol=1e-4,
    )


def test_principal_components_of_equal_rows_are_zero():
    """No variance is no error."""
    assert not principal_components(np.ones((10, 80), dtype=np.float32)).any()
