"""Laws of the eval split: complete, disjoint, of its size, repeatable, free of leaks where the rows allow."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwork.apportionment import apportion_by_largest_remainder
from groundwork.dataset.split.eval_selection import CannotSplit, EvalPool, eval_size, select_eval
from groundwork.dataset.split.mmd_closeness import RandomFeatureKernel
from groundwork.embedding.nearest_neighbours import find_nearest
from tests.dataset.corpora import topics, unit

STRATEGIES = ["clusters", "random", "clone", "tags"]


@pytest.mark.parametrize(
    ("rows", "size"), [(1, 1), (2, 1), (4, 1), (5, 1), (15, 3), (100, 20), (159, 31), (160, 32), (100_000, 32)]
)
def test_a_fifth_or_32_whichever_is_lower(rows, size):
    """The default size is 20 % rounded down, 32 at the most, 1 at the least."""
    assert eval_size(rows, 0.2, 32) == size


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20), st.integers(0, 100))
def test_largest_remainder_is_within_one_of_the_exact_share(weights, total):
    """Quotas add up to the total, and none is a whole place away from its exact share."""
    quotas = apportion_by_largest_remainder(weights, total)
    if sum(weights) == 0:
        assert sum(quotas) == 0
        return
    assert sum(quotas) == total
    assert all(abs(q - w * total / sum(weights)) < 1 for q, w in zip(quotas, weights, strict=True))


@settings(max_examples=20)
@given(
    st.integers(2, 60), st.sampled_from(STRATEGIES), st.integers(0, 5), st.integers(0, 9), st.sampled_from([0.05, 0.6])
)
def test_eval_is_as_large_as_asked_and_holds_no_row_twice(rows, strategy, k, seed, spread):
    """Any strategy, any number of rows: eval has its size, its rows differ, and with the spares they are the pool."""
    vectors, topic = topics(rows, min(5, rows), spread=spread)
    size = eval_size(rows, 0.2, 32)
    found = select_eval(EvalPool(vectors, tags=[[f"t{t}"] for t in topic]), size, strategy=strategy, k=k, seed=seed)
    assert len(found.eval) == len(set(found.eval)) == size
    assert sorted(found.eval + [row for spare in found.spares.values() for row in spare]) == list(range(rows))
    assert all(found.labels[row] == c for c, spare in found.spares.items() for row in spare)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_seed_decides(strategy):
    """One seed gives one split; another seed gives another."""
    vectors, topic = topics(300, 8)
    tags = [[f"t{t}", f"u{t % 3}"] for t in topic]
    first, again, other = (
        select_eval(EvalPool(vectors, tags=tags), 32, strategy=strategy, k=5, seed=s) for s in (1, 1, 2)
    )
    assert first.eval == again.eval
    assert np.array_equal(first.labels, again.labels)
    assert first.eval != other.eval


def test_clusters_give_each_topic_its_share():
    """With as many clusters as topics, each topic has its largest-remainder quota."""
    vectors, topic = topics(300, 6, spread=0.3)
    found = select_eval(EvalPool(vectors), 32, k=6)
    sizes = [count for _, count in sorted(Counter(topic.tolist()).items())]
    held = Counter(topic[found.eval].tolist())
    assert all(abs(held[t] - sizes[t] * 32 / 300) < 1 for t in range(6))


def test_rows_with_a_twin_stay_in_train():
    """As long as every cluster has enough rows without a near-duplicate, no eval row has one in train."""
    vectors, _ = topics(400, 6, copies=0.4, spread=1.2)
    found = select_eval(EvalPool(vectors), 32)
    train = np.delete(vectors, found.eval, axis=0)
    assert find_nearest(vectors[found.eval], train)[1].max() < found.threshold
    plain = select_eval(EvalPool(vectors), 32, strategy="random")
    assert find_nearest(vectors[plain.eval], np.delete(vectors, plain.eval, axis=0))[1].max() >= plain.threshold


def test_twins_leave_train_together_when_there_is_nothing_else():
    """A pool of nothing but pairs of twins gives eval whole pairs, and leaves train without their like."""
    vectors, _ = topics(60, 3, spread=1.0)
    pairs = np.repeat(vectors, 2, axis=0)
    found = select_eval(EvalPool(pairs), 16, k=2)
    leaks = find_nearest(pairs[found.eval], np.delete(pairs, found.eval, axis=0))[1] >= found.threshold
    assert len(found.eval) == 16
    assert leaks.sum() <= 2  # a cluster's odd quota leaves one twin behind


def test_twins_are_split_up_when_the_group_is_larger_than_eval():
    """One question asked forty times still gives a full eval split."""
    assert len(select_eval(EvalPool(np.ones((40, 4), dtype=np.float32) / 2), 8).eval) == 8


def test_a_second_run_avoids_what_train_already_asks():
    """Rows of the second run that repeat a train question are passed over."""
    both, _ = topics(200, 5, spread=1.2)
    train, fresh = both[:100], both[100:]
    pool = np.concatenate([train[:50], fresh])
    found = select_eval(EvalPool(pool, train=train), 20, strategy="second-run", held_out=False)
    assert min(found.eval) >= 50


def test_tags_get_their_share():
    """Tag counts of the eval split follow those of the pool more closely than a random split's."""
    rng = np.random.default_rng(0)
    vectors, _ = topics(300, 6, spread=1.2)
    tags = [
        rng.choice(list("abcdefghijkl"), 3, replace=False, p=np.arange(12, 0, -1) / 78).tolist() for _ in range(300)
    ]

    def error(rows):
        pool, held = Counter(t for row in tags for t in row), Counter(t for row in rows for t in tags[row])
        return sum(abs(held[t] / len(rows) - pool[t] / 300) for t in pool)

    ours = error(select_eval(EvalPool(vectors, tags=tags), 30, strategy="tags", k=1).eval)
    theirs = [error(select_eval(EvalPool(vectors), 30, strategy="random", k=1, seed=s).eval) for s in range(5)]
    assert ours < 0.5 * min(theirs)


def test_a_clustered_split_stands_for_the_pool_better_than_a_random_one():
    """The mean of eval lies closer to the pool's in the kernel's space than any of twenty random splits'."""
    vectors, _ = topics(400, 12, spread=1.0)
    features = RandomFeatureKernel(vectors, 9, 512).features(vectors)

    def distance(rows):
        return np.linalg.norm(features[rows].mean(axis=0) - features.mean(axis=0))

    ours = distance(select_eval(EvalPool(vectors), 32).eval)
    assert ours < min(
        distance(select_eval(EvalPool(vectors), 32, strategy="random", k=1, seed=s).eval) for s in range(20)
    )


@pytest.mark.parametrize(
    ("vectors", "size"),
    [(np.ones((20, 8)), 4), (np.zeros((20, 8)), 4), (np.eye(10), 2), (np.repeat(np.eye(2, 8), 5, axis=0), 2)],
)
def test_degenerate_pools_split(vectors, size):
    """All identical, all zero, all different, two kinds: a split of the size asked for."""
    assert len(select_eval(EvalPool(unit(vectors)), size).eval) == size


@pytest.mark.parametrize(
    ("rows", "size", "arguments", "message"),
    [
        (0, 1, {}, "no pairs"),
        (1, 1, {}, "generate more"),
        (10, 6, {}, "lower --eval-fraction"),
        (3, 4, {"held_out": False}, "lower --eval-max"),
        (9, 1, {"strategy": "tags"}, "generate_tags.py"),
        (9, 1, {"strategy": "tags", "tags": [[]] * 9}, "generate_tags.py"),
    ],
)
def test_what_cannot_be_split_says_why(rows, size, arguments, message):
    """Too few rows, an eval split larger than train, missing tags: one line with the remedy."""
    pool = EvalPool(np.eye(rows, 16, dtype=np.float32), tags=arguments.pop("tags", ()))
    with pytest.raises(CannotSplit, match=message):
        select_eval(pool, size, **arguments)
