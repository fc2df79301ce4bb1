"""The one verdict on a split: an absolute bound and random splits, by the counts of its topics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.dataset.split.topic_representativeness import (
    CLOSER_FOR_YES,
    LEAST_EVAL_ROWS,
    SAME_SHARES,
    assess_representativeness,
)

NAMES = ["hulls", "oars", "carry", "afloat"]


def test_a_proportional_split_stands_for_the_whole() -> None:
    """Shares that differ by little, and less than nearly all random splits do: yes."""
    told = assess_representativeness([400, 300, 200, 100], [40, 30, 20, 10], NAMES)
    assert told.answer == "yes" and told.apart == 0 and told.sentence.startswith("Yes, eval stands for the whole: ")


def test_no_better_than_chance_is_no_yes() -> None:
    """A split that lies as near as the median of random splits is partly so, and its worst topics are named."""
    told = assess_representativeness([39, 25, 15, 5], [11, 7, 2, 0], NAMES, empty=8)
    assert told.answer == "partly" and told.apart > SAME_SHARES
    assert "hulls 46% of all and 55% of eval" in told.sentence and "since 8 places stayed empty" in told.sentence


def test_a_small_difference_alone_is_no_yes() -> None:
    """Many rows drawn at random lie near by their number: the bound holds, chance does no worse, so it is partly."""
    rng = np.random.default_rng(1)
    pool = np.array([4000, 3000, 2000, 1000])
    draws = [rng.multivariate_hypergeometric(pool, 2000) for _ in range(60)]
    answers = [assess_representativeness(pool.tolist(), held.tolist(), NAMES) for held in draws]
    assert max(told.apart for told in answers) < SAME_SHARES
    assert sum(told.answer == "yes" for told in answers) <= 60 * 3 * CLOSER_FOR_YES


def test_a_one_sided_split_does_not() -> None:
    """Rows of one topic alone lie farther off than random splits do: no."""
    told = assess_representativeness([300, 300, 300, 300], [40, 0, 0, 0], NAMES, split="validation")
    assert told.answer == "no" and told.closer == 1
    assert told.sentence.startswith("No, validation does not stand for the whole: ")
    assert "hulls 25% of all and 100% of validation" in told.sentence


@pytest.mark.parametrize(
    ("pool", "held", "words"),
    [
        (
            [50, 50],
            [10, LEAST_EVAL_ROWS - 11],
            f"it has {LEAST_EVAL_ROWS - 1}, and at least {LEAST_EVAL_ROWS} are needed",
        ),
        ([50, 50], [1, 0], "it has a single one"),
        ([90, 0], [30, 0], "all questions are of one of the topics"),
        ([50, 50], [0, 0], "it has 0"),
    ],
)
def test_too_few_to_say(pool: list[int], held: list[int], words: str) -> None:
    """Below twenty rows, or with one topic, nothing is claimed."""
    told = assess_representativeness(pool, held, NAMES[:2])
    assert told.answer == "unknown" and words in told.sentence


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=8))
def test_the_figures_are_shares(counts: list[tuple[int, int]]) -> None:
    """Whatever the counts: distances and shares lie between 0 and 1, and a yes keeps both bounds."""
    pool, held = [a + b for a, b in counts], [b for _, b in counts]
    told = assess_representativeness(pool, held, [str(number) for number in range(len(pool))])
    assert 0 <= told.apart <= 1 and 0 <= told.random <= 1 and 0 <= told.closer <= 1
    assert told.answer != "yes" or (
        told.apart <= SAME_SHARES and told.closer <= CLOSER_FOR_YES and told.rows >= LEAST_EVAL_ROWS
    )
    assert assess_representativeness(pool, held, [str(number) for number in range(len(pool))]) == told
