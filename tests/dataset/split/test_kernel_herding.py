"""Laws of the choice among candidates: its own tier, nobody twice, repeatable, and nearer to the whole than chance."""

import numpy as np
import pytest

from groundwork.dataset.split import kernel_herding as herding
from groundwork.dataset.split.kernel_herding import bandwidth, gaussian_kernel, herd_rows
from tests.dataset.corpora import topics

SIZE = 12


@pytest.fixture(scope="module")
def vectors():
    return topics(150, 5)[0]


def mmd(vectors, chosen):
    """The maximum mean discrepancy of some rows to all."""
    kernel = gaussian_kernel(vectors, vectors, bandwidth(vectors, 0)).astype(np.float64)
    return (kernel[np.ix_(chosen, chosen)].mean() + kernel.mean() - 2 * kernel[chosen].mean()) ** 0.5


def test_half_of_a_random_choice(vectors):
    """The mean of the chosen rows lies at most half as far from that of all rows as random ones do."""
    chosen = herd_rows([[np.arange(150)]] * SIZE, vectors, vectors, seed=1)
    rng = np.random.default_rng(0)
    random = np.mean([mmd(vectors, rng.choice(150, SIZE, replace=False)) for _ in range(50)])
    assert mmd(vectors, chosen) <= 0.5 * random


def test_the_search_betters_the_greedy_choice(vectors, monkeypatch):
    """Local searches after the greedy choice bring the mean closer than it came by itself."""
    searched = herd_rows([[np.arange(150)]] * SIZE, vectors, vectors, seed=1)
    monkeypatch.setattr(herding, "GREEDY_ONLY_FROM", 0)
    assert mmd(vectors, searched) < mmd(vectors, herd_rows([[np.arange(150)]] * SIZE, vectors, vectors, seed=1))


@pytest.mark.parametrize("many", [0, 5_000])
def test_each_place_takes_from_its_first_tier_with_any_left(vectors, monkeypatch, many):
    """Candidates of a place's first tier go before the others, no row is taken twice, and no place goes empty."""
    monkeypatch.setattr(herding, "GREEDY_ONLY_FROM", many)
    first, second, other = np.arange(0, 3), np.arange(3, 40), np.arange(40, 150)
    chosen = herd_rows([[first, second]] * 5 + [[other]] * 3, vectors, vectors, seed=1)
    assert len(set(chosen)) == 8
    assert set(first.tolist()) <= set(chosen)
    assert sum(row in second for row in chosen) == 2
    assert sum(row in other for row in chosen) == 3


def test_one_seed_one_choice(vectors):
    """A seed gives the same rows again; places that leave no choice get what there is."""
    places = [[np.arange(150)]] * SIZE
    assert herd_rows(places, vectors, vectors, seed=3) == herd_rows(places, vectors, vectors, seed=3)
    assert sorted(herd_rows([[np.arange(4)]] * 4, vectors[:4], vectors, seed=3)) == [0, 1, 2, 3]
    assert len(set(herd_rows([[np.arange(9)]] * 4, np.tile(vectors[:1], (9, 1)), vectors, seed=3))) == 4
