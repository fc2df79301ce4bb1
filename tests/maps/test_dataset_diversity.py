"""Reach, redundancy, diversity and the choice between datasets, on vectors whose truth is known."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwork.embedding.nearest_neighbours import similarities
from groundwork.maps.dataset_diversity import DatasetQuestions, MeasuredDiversity, measure_diversity, vendi_score
from groundwork.maps.topic_reach import find_topics, rarefied_reach

TOPICS = 30


def vectors_of(topic_of: list[int], seed: int = 0, noise: float = 0.02) -> np.ndarray:
    """A unit vector near its topic's own axis for each entry; with more noise no two are the same question."""
    vectors = np.eye(64)[topic_of] + np.random.default_rng(seed).normal(size=(len(topic_of), 64)) * noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def measured(datasets: dict[str, list[int]], noise: float = 0.02) -> MeasuredDiversity:
    """The numbers of datasets given as the topics of their questions."""
    joined = [topic for own in datasets.values() for topic in own]
    dataset_of = np.repeat(np.arange(len(datasets)), [len(own) for own in datasets.values()])
    vectors = vectors_of(joined, noise=noise)
    found = similarities(vectors, dataset_of, len(datasets))
    return measure_diversity(
        DatasetQuestions(list(datasets), vectors, dataset_of, [1] * len(datasets)), found, "e", "t-SNE"
    )


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=60)
def test_rarefaction_is_the_exact_expectation(rows: int, inside: int, drawn: int) -> None:
    """The chance to hit a topic in a draw without replacement is Hurlbert's formula."""
    inside, drawn = min(inside, rows), min(drawn, rows)
    (chance,) = rarefied_reach(np.array([inside]), rows, drawn)
    assert chance == pytest.approx(1 - comb(rows - inside, drawn) / comb(rows, drawn))


def test_vendi_counts_what_is_different() -> None:
    """Equal questions amount to one, unrelated ones to their number; no questions to none."""
    assert vendi_score(vectors_of([3] * 20)) == pytest.approx(1, abs=0.2)
    assert vendi_score(np.eye(12, dtype=np.float32)) == pytest.approx(12)
    assert vendi_score(np.zeros((0, 4), dtype=np.float32)) == 0


def test_many_questions_are_compared_group_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above EXACT_QUESTIONS, groups find the nearest of nearly all, and a sample held against all says how many."""
    vectors = vectors_of([row % TOPICS for row in range(2_000)])
    dataset_of = np.arange(2_000) % 3
    exact = similarities(vectors, dataset_of, 3)
    done: list[float] = []
    monkeypatch.setattr("groundwork.embedding.nearest_neighbours.EXACT_QUESTIONS", 100)
    found = similarities(vectors, dataset_of, 3, advance=done.append)
    same = (found.neighbours[:, 0] == exact.neighbours[:, 0]).mean()
    assert exact.recall == 1
    assert found.recall == pytest.approx(same, abs=0.06)
    assert same > 0.9
    assert (found.nearest_in <= exact.nearest_in + 1e-5).all()
    assert (np.abs(found.nearest_earlier - exact.nearest_earlier) < 1e-5).mean() > 0.9
    assert sum(done) == pytest.approx(2_000)


def test_neighbours_agree_with_the_whole_matrix() -> None:
    """Blockwise neighbours and nearest cosines are those of the full cosine matrix."""
    vectors = np.random.default_rng(1).normal(size=(70, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    dataset_of = np.random.default_rng(2).integers(3, size=70)
    found = similarities(vectors, dataset_of, 3)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    assert (found.neighbours == np.argsort(-cosines, axis=1, kind="stable")[:, :5]).all()
    for number in range(3):
        np.testing.assert_allclose(found.nearest_in[:, number], cosines[:, dataset_of == number].max(axis=1), atol=1e-6)
    for row in range(70):
        earlier = [cosines[row, i] for i in range(row) if dataset_of[i] == dataset_of[row]]
        assert found.nearest_earlier[row] == pytest.approx(max(earlier, default=-1), abs=1e-6)


def test_topics_are_found() -> None:
    """Questions of one topic share a number, questions of two do not."""
    truth = [topic for topic in range(10) for _ in range(6)]
    found = find_topics(vectors_of(truth), np.zeros(60, dtype=np.int64), [60], 0.5)
    assert len(set(zip(truth, found.tolist(), strict=True))) == 10
    assert found.max() == 9


def test_the_broader_dataset_is_recommended() -> None:
    """Of two datasets of equal size the one that reaches all topics is chosen, with figures and certainty."""
    broad = [topic for topic in range(TOPICS) for _ in range(4)]
    narrow = [topic % 10 for topic in range(120)]
    numbers = measured({"broad": broad, "narrow": narrow}).numbers
    assert numbers.best == "broad"
    assert numbers.topics == TOPICS
    reach = {row.name: row.reach for row in numbers.datasets}
    assert reach == {"broad": pytest.approx(1.0), "narrow": pytest.approx(1 / 3, abs=0.02)}
    assert numbers.recommendation.startswith("Choose broad: with 120 questions each it reaches 100%")


def test_size_alone_wins_nothing() -> None:
    """The larger of two datasets that ask alike is not preferred for being larger."""
    rng = np.random.default_rng(0)
    small, large = (rng.integers(TOPICS, size=n).tolist() for n in (80, 800))
    numbers = measured({"small": small, "large": large}, noise=0.09).numbers
    assert numbers.equal_n == 80
    by_name = {row.name: row for row in numbers.datasets}
    assert by_name["large"].reach_of_all >= by_name["small"].reach_of_all
    assert abs(by_name["large"].reach - by_name["small"].reach) < 0.1
    assert numbers.best == ""
    assert numbers.recommendation.startswith("No clear choice")
    whole = by_name["large"].reach_of_all
    said = f"Taken whole, large reaches more: {whole:.0%} with its 800 questions."
    assert (said in numbers.recommendation) == (whole > by_name["small"].reach_of_all)


def test_a_part_is_never_preferred_to_the_whole() -> None:
    """Of a run and a part of it that is less diluted, the whole is chosen, and it is said why."""
    part = [topic for topic in range(20) for _ in range(2)]
    whole = part + [topic % 5 for topic in range(60)] + [20, 21, 22] * 3
    for datasets in ({"part": part, "whole": whole}, {"whole": whole, "part": part}):
        numbers = measured(datasets).numbers
        reach = {row.name: row.reach for row in numbers.datasets}
        assert reach["part"] > reach["whole"], "by reach at equal size alone the part would win"
        assert numbers.best == "whole" and "whole asks what part asks (100% of its questions)" in numbers.recommendation


def test_runs_that_ask_the_same_are_told() -> None:
    """Two runs with the same questions are no choice; a third that asks more is, whichever of them came first."""
    asked = [topic for topic in range(12) for _ in range(3)]
    numbers = measured({"a": asked, "b": asked}).numbers
    assert numbers.best == "" and numbers.recommendation.startswith("No clear choice")
    assert "a and b ask the same questions (100% and 100% of them are in the other)" in numbers.recommendation
    assert "leads in" not in numbers.recommendation
    more = [topic for topic in range(24) for _ in range(3)]
    assert measured({"a": asked, "b": asked, "c": more}).numbers.best == "c"


def test_few_questions_make_a_wide_interval() -> None:
    """Draws of the questions and not of the topics alone: of few questions the interval is wider than of many."""
    rng = np.random.default_rng(3)
    width = []
    for size in (40, 400):
        a, b = (rng.integers(TOPICS, size=size).tolist() for _ in range(2))
        row = measured({"a": a, "b": b}).numbers.datasets[0]
        low, high = row.reach_interval
        assert low <= row.reach <= high
        width.append(high - low)
    assert width[0] > width[1]


def test_redundancy_is_the_share_that_repeats() -> None:
    """Ten questions asked twice: half of them repeat an earlier one."""
    vectors = np.repeat(np.eye(64, dtype=np.float32)[:10], 2, axis=0)
    found = similarities(vectors, np.zeros(20, dtype=np.int64), 1)
    numbers = measure_diversity(
        DatasetQuestions(["a"], vectors, np.zeros(20, dtype=np.int64), [5]), found, "e", "t"
    ).numbers
    assert numbers.datasets[0].redundancy == 0.5
    assert numbers.datasets[0].mean_per_chunk == 4
    assert numbers.recommendation == "", "one dataset is no choice"


def test_only_in_and_missed_by_are_two_sides() -> None:
    """Of two datasets, what only one asks is what the other misses."""
    result = measured({"a": [0, 1, 2] * 10, "b": [2, 3, 4] * 10})
    assert result.only_in["a"] == result.missed_by["b"]
    assert result.only_in["b"] == result.missed_by["a"]
    assert len(result.only_in["a"]) == 20
    np.testing.assert_allclose(result.numbers.overlap, [[1, 1 / 3], [1 / 3, 1]], atol=1e-9)


@pytest.mark.parametrize("sizes", [(0,), (1,), (0, 0), (0, 5), (1, 1), (3, 3, 3), (2, 200, 7, 40, 1)])
def test_datasets_of_any_size_have_numbers(sizes: tuple[int, ...]) -> None:
    """Empty, tiny and very different datasets give finite shares between 0 and 1, and no exception."""
    numbers = measured({f"d{i}": [n % 7 for n in range(size)] for i, size in enumerate(sizes)}).numbers
    for row, size in zip(numbers.datasets, sizes, strict=True):
        assert row.questions == size
        assert 0 <= row.reach <= 1
        assert 0 <= row.redundancy <= 1
        assert np.isfinite(row.diversity)


def test_a_tiny_dataset_does_not_set_the_number_for_the_others() -> None:
    """Three questions beside two hundred: the others are compared at their own size."""
    numbers = measured({"tiny": [1, 2, 3], "a": list(range(20)) * 10, "b": list(range(10)) * 20}).numbers
    assert numbers.equal_n == 200
    assert numbers.best == "a"


def test_a_few_questions_decide_nothing() -> None:
    """A dataset of fewer than 20 questions is named and left out; where that leaves one, nothing is recommended."""
    alone = measured({"large": list(range(TOPICS)) * 3, "tiny": [1, 2, 3]}).numbers
    assert alone.recommendation.startswith("Too few questions to choose by: tiny has 3 questions; at least 20")
    assert alone.best == ""
    three = measured({"large": list(range(TOPICS)) * 3, "other": list(range(10)) * 9, "tiny": [1]}).numbers
    assert three.recommendation.startswith("Choose large")
    assert "Left out: tiny has 1 question;" in three.recommendation
    assert "tiny 3%" not in three.recommendation


def test_variety_decides_where_reach_does_not() -> None:
    """Of datasets of like reach the one whose questions are much more different is named."""
    numbers = measured({"varied": [0, 0, 0, *range(20)] * 2, "same": [25] * 46}).numbers
    assert numbers.recommendation.startswith("No clear choice")
    assert "take varied for its variety" in numbers.recommendation


def test_what_one_document_asks_is_not_also_asked_by_every_question_of_it() -> None:
    """Questions of a document are alike by its subject alone, and need not ask the same."""
    rng = np.random.default_rng(1)
    documents = [f"d{row % 6}" for row in range(120)]
    facts = rng.normal(size=(120, 64))
    vectors = 2 * np.eye(64)[[row % 6 for row in range(120)]] + facts / np.linalg.norm(facts, axis=1, keepdims=True)
    vectors[100:] = vectors[40:60] + 0.02 * facts[100:]  # what the first dataset asks as well
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    documents[100:] = documents[40:60]
    dataset_of = np.repeat([0, 1], [60, 60])
    found = similarities(vectors, dataset_of, 2)
    told = measure_diversity(DatasetQuestions(["a", "b"], vectors, dataset_of, [6, 6], documents), found, "e", "t")
    assert told.numbers.overlap[1] == [pytest.approx(20 / 60, abs=0.02), 1]
    assert len(told.only_in["a"]) == 40
    blind = measure_diversity(DatasetQuestions(["a", "b"], vectors, dataset_of, [6, 6]), found, "e", "t").numbers
    assert blind.overlap[1][0] == 1 and blind.topics == told.numbers.topics
