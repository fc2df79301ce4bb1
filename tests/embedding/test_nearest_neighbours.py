"""Near-duplicates are exact, also in blocks, and their threshold follows the embedder."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwork.embedding import nearest_neighbours
from groundwork.embedding.cosine_threshold import calibrate_threshold
from groundwork.embedding.nearest_neighbours import exact_similar_rows, find_nearest
from tests.dataset.corpora import topics, unit


def test_neighbours_are_those_of_a_double_loop():
    """neighbours finds exactly the rows that comparing every two rows finds."""
    vectors, _ = topics(80, 5, spread=0.4)
    expected = [[j for j in range(80) if j != i and float(vectors[i] @ vectors[j]) >= 0.8] for i in range(80)]
    assert any(expected)
    assert [rows.tolist() for rows in exact_similar_rows(vectors, np.arange(80), 0.8)] == expected


def test_blocks_do_not_show(monkeypatch):
    """Small blocks give the answers of one large block."""
    vectors, _ = topics(90, 5, spread=0.4)
    rows = np.arange(0, 90, 2)
    whole = exact_similar_rows(vectors, rows, 0.8), find_nearest(vectors[:40], vectors[40:])
    monkeypatch.setattr(nearest_neighbours, "BLOCK_CELLS", 600)
    cut = exact_similar_rows(vectors, rows, 0.8), find_nearest(vectors[:40], vectors[40:])
    assert [a.tolist() for a in whole[0]] == [a.tolist() for a in cut[0]]
    assert np.array_equal(whole[1][0], cut[1][0])


def test_a_row_is_not_its_own_neighbour():
    """A row alone in its direction has none; two equal rows have each other."""
    vectors = unit(np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]]))
    assert [found.tolist() for found in exact_similar_rows(vectors, np.array([2, 0, 1]), 0.9)] == [[1], [], [2]]


def test_nearest_of_nothing():
    """No rows to compare with is cosine -1, not an error."""
    index, cosine = find_nearest(np.eye(2, dtype=np.float32), np.empty((0, 2), dtype=np.float32))
    assert index.tolist() == [-1, -1]
    assert cosine.tolist() == [-1, -1]


def test_nearest_apart_from_its_own():
    """The row that a copy came from can be passed over; with nothing else there is none."""
    vectors = unit(np.array([[1, 0], [0.9, 0.1], [0, 1]]))
    assert find_nearest(vectors, vectors, np.array([0, -1, 2]))[0].tolist() == [1, 1, 1]
    assert find_nearest(vectors[:1], vectors[:1], np.array([0]))[0].tolist() == [-1]


def test_the_threshold_rises_with_the_cosine_of_random_pairs():
    """An embedder that puts all texts close together needs a higher bar for calling two alike."""
    wide, _ = topics(300, 20)
    narrow = unit(wide + 0.5)
    assert calibrate_threshold(narrow) > calibrate_threshold(wide) > 0.8


@settings(max_examples=20)
@given(st.integers(0, 12), st.booleans())
def test_the_threshold_is_one_that_can_be_met(rows, equal):
    """No rows, one row, equal rows: the threshold stays between 0 and 0.999."""
    vectors = np.ones((rows, 4), dtype=np.float32) / 2 if equal else np.eye(rows, max(rows, 1), dtype=np.float32)
    assert 0 <= calibrate_threshold(vectors) <= 0.999


def test_rows_that_are_nearly_the_same_are_found_in_groups(monkeypatch):
    """Above EXACT_ROWS rows the neighbours come from groups: each pair from both sides, none too far, few missing."""
    rng = np.random.default_rng(1)
    vectors = unit(rng.normal(size=(3000, 24)))
    vectors[2000:2500] = unit(vectors[:500] + 0.02 * rng.normal(size=(500, 24)))
    exact = exact_similar_rows(vectors, np.arange(3000), 0.95)
    monkeypatch.setattr(nearest_neighbours, "EXACT_ROWS", 500)
    found = nearest_neighbours.similar_rows(vectors, np.arange(3000), 0.95)
    assert all(set(some) <= set(every) for some, every in zip(found, exact, strict=True))
    assert all(row in found[other] for row, own in enumerate(found) for other in own)
    assert sum(map(len, found)) >= 0.98 * sum(map(len, exact)) > 900
    some = np.array([2400, 3, 17])
    assert [own.tolist() for own in nearest_neighbours.similar_rows(vectors, some, 0.95)] == [
        found[row].tolist() for row in some
    ]
