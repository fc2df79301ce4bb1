"""Figures of a grading: intervals that hold what they say, kappas of known tables, conclusions from known gaps."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from groundwork.dataset.load_dataset import QuestionRow
from groundwork.dataset.split.eval_selection import eval_size
from groundwork.grading.answer_judge import majority_verdict
from groundwork.grading.confidence_intervals import paired_difference, rows_needed, share_interval
from groundwork.grading.graded_rows import count_questions
from groundwork.grading.judge_check import cohen_kappa, fleiss_kappa, flip_rate
from groundwork.grading.measured_difficulty import correlate_guesses
from groundwork.grading.mirror_gap import GapBounds, MirrorPair, measure_mirror_gap, mirror_rows_advice
from groundwork.records import Draw, MeasuredRow

# Ten items, fourteen raters, five categories: the worked example of Fleiss' kappa, 0.210.
FLEISS = [
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
]  # fmt: skip


def test_fleiss() -> None:
    """The kappa of the published example, and of perfect and of no agreement."""
    counts = [Counter({str(k): n for k, n in enumerate(row) if n}) for row in FLEISS]
    assert fleiss_kappa(counts) == pytest.approx(0.210, abs=0.0005)
    assert fleiss_kappa([Counter(met=3), Counter(unmet=3)]) == 1
    assert fleiss_kappa([Counter(met=3)] * 4) is None
    assert fleiss_kappa([]) is None


def test_cohen() -> None:
    """The same kappa as scikit-learn's."""
    rng = np.random.default_rng(3)
    first = rng.choice(["met", "unmet", "cannot tell"], 200, p=[0.5, 0.4, 0.1]).tolist()
    second = [verdict if rng.random() < 0.7 else "met" for verdict in first]
    assert cohen_kappa(list(zip(first, second, strict=True))) == pytest.approx(cohen_kappa_score(first, second))
    assert cohen_kappa([]) is None


def test_flip_rate() -> None:
    """The chance that two draws differ: two of three alike are a third agreeing pairs."""
    assert flip_rate([Counter(met=3), Counter(met=2, unmet=1)]) == pytest.approx((0 + 2 / 3) / 2)


@pytest.mark.parametrize(
    ("draws", "verdict"),
    [
        ("mmu", "met"), ("muu", "unmet"), ("muc", "cannot tell"), ("mu", "cannot tell"), ("mm?", "met"),
        ("m??", "ungraded"), ("m?", "ungraded"), ("???", "ungraded"), ("mu?", "cannot tell"), ("c", "cannot tell"),
    ],
)  # fmt: skip
def test_majority(draws: str, verdict: str) -> None:
    """More than half decide; without them a tie is no verdict, and unreadable replies are no vote against."""
    names = {"m": "met", "u": "unmet", "c": "cannot tell", "?": "ungraded"}
    assert majority_verdict([Draw(judge="j", verdict=names[draw]) for draw in draws]) == verdict  # type: ignore[arg-type]


def test_intervals_hold_where_documents_are_all_right_or_half_right() -> None:
    """Most such samples have no wrong answer, and clustering cannot be seen: "100 % (98-100)" would hold in none."""
    rng = np.random.default_rng(5)
    clusters = [f"d{i}" for i in range(6) for _ in range(40)]
    held = 0
    for _ in range(200):
        rates = np.where(rng.random(6) < 0.94, 1.0, 0.5)
        values = (rng.random((6, 40)) < rates[:, None]).astype(float)
        found = share_interval(values.ravel().tolist(), clusters)
        held += found.low <= 0.97 <= found.high
    assert held >= 0.92 * 200
    alone = share_interval([1.0] * 40, [f"d{i}" for i in range(40)])
    assert alone.low == pytest.approx(0.912, abs=0.001), "each of a document of its own counts whole"


@pytest.mark.parametrize(("truth", "spread"), [(0.5, 0.0), (0.9, 0.0), (0.5, 0.25), (0.85, 0.15)])
def test_intervals_hold_what_they_say(truth: float, spread: float) -> None:
    """Of 500 clustered samples at least 92 % of the intervals hold the truth; unclustered ones would not."""
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(500):
        rates = np.clip(truth + rng.choice([-1, 1], 12) * spread, 0, 1)
        values = (rng.random((12, 8)) < rates[:, None]).astype(float)
        clusters = [f"d{i}" for i in range(12) for _ in range(8)]
        found = share_interval(values.ravel().tolist(), clusters)
        held += found.low <= truth <= found.high
    assert held / 500 >= 0.92


def test_intervals_at_the_edges() -> None:
    """All right, all wrong, one value, one cluster: an interval that says how little is known."""
    assert share_interval([1.0] * 32, [str(i) for i in range(32)])[:3] == pytest.approx((1, 0.893, 1), abs=0.001)
    assert share_interval([0.0], ["a"]).high > 0.75
    alone = share_interval([0.0, 1.0] * 16, ["a"] * 32)
    assert alone.high - alone.low > 0.85
    none = paired_difference([0.0] * 32, [str(i) for i in range(32)])
    assert -0.07 < none.low < 0 < none.most < 0.06
    assert paired_difference([0.0], ["a"]).high > 0.5


@pytest.mark.parametrize(
    ("values", "better", "worse"), [([0.0] * 10, 0.5, 0.5), ([1.0, 1.0, 0.0, -1.0], 2.5, 1.5), ([1.0] * 6, 6.5, 0.5)]
)
def test_the_error_of_paired_differences_is_that_of_half_a_pair_more_of_each(
    values: list[float], better: float, worse: float
) -> None:
    """Agresti and Min's variance, ((b + c) - (b - c)^2 / n) / n^2, times that of few clusters, G / (G - 1)."""
    groups, size = len(values), len(values) + 2
    found = paired_difference(values, [str(i) for i in range(groups)])
    variance = (better + worse - (better - worse) ** 2 / size) / size**2 * groups / (groups - 1)
    assert found.spread == pytest.approx(math.sqrt(variance * size))
    assert (found.low + found.high) / 2 == pytest.approx((better - worse) / size) or found.high == 1


@pytest.mark.parametrize(
    ("evals", "mirrors", "conclusion"),
    [
        ([1.0] * 40, [1.0] * 40, "learnt"),
        ([0.0] * 40, [1.0] * 40, "learnt by heart"),
        ([0.0] * 40, [0.0] * 40, "not learnt"),
        ([1.0, 0.0] * 20, [1.0, 0.0] * 20, "learnt"),
        ([1.0] * 4, [1.0] * 4, "cannot tell"),
        ([0.0, 1.0, 1.0, 1.0, 1.0] * 6, [1.0] * 30, "learnt by heart"),
        ([0.0] + [1.0] * 9, [1.0] * 10, "cannot tell"),
        ([], [], "cannot tell"),
    ],
)
def test_conclusions(evals: list[float], mirrors: list[float], conclusion: str) -> None:
    """Known gaps give the conclusion that they are; where it cannot be told, the rows that would tell are named."""
    pairs = [MirrorPair(e, m, str(i), same_words=False) for i, (e, m) in enumerate(zip(evals, mirrors, strict=True))]
    found = measure_mirror_gap(pairs, GapBounds(0.1, 0.2))
    assert found.conclusion == conclusion, found.reason
    assert bool(found.rows_needed) == (conclusion == "cannot tell" and bool(pairs))
    assert not found.rows_needed or found.rows_needed > len(pairs)


@pytest.mark.parametrize(
    ("missing", "split_sizes", "advice"),
    [
        (40, {"train": 1_000, "eval": 32}, "--eval-max 128 --eval-fraction 0.13"),
        (40, {"train": 100, "eval": 20}, "--eval-max 50 --eval-fraction 0.5"),
        (200, {"train": 300, "eval": 32}, "--eval-max 200 --eval-fraction 0.67"),
        (500, {"train": 300, "eval": 32}, "more than the 300 rows of train: generate more pairs"),
        (40, {"train": 300, "eval": 60}, "eval has 60: grade those that are open"),
        (40, {"eval": 32}, "--eval-max 128 and an --eval-fraction that gives so many"),
    ],
)
def test_the_advice_gives_as_many_rows_as_it_says(missing: int, split_sizes: dict[str, int], advice: str) -> None:
    """Eval is a share of all rows, at most so many: both flags are named, and a dataset too small for them is."""
    assert mirror_rows_advice(missing, split_sizes).endswith(advice)
    if flags := re.search(r"--eval-max (\d+) --eval-fraction ([\d.]+)", advice):
        assert eval_size(split_sizes["train"], float(flags[2]), int(flags[1])) >= missing


def test_wordings_of_a_question_are_no_further_questions() -> None:
    """Eval is drawn from the questions: other wordings of a row and rows of other datasets do not count."""
    ids = {"train": ["a-1", "a-1~2", "a-1~3", "b~2", "mix/c-1"], "eval": ["a-1"]}
    rows = [QuestionRow(id=row_id, question="?", split=split) for split in ids for row_id in ids[split]]
    assert count_questions(rows) == {"train": 2, "eval": 1}


def test_the_splits_of_a_report_stand_in_the_order_of_their_rows() -> None:
    """The same grades give the same report.json, whatever the hashes of a process are."""
    splits = [f"part-{number}" for number in range(12)]
    rows = [QuestionRow(id="a-1", question="?", split=split) for split in splits]
    assert list(count_questions(rows)) == splits


def test_a_mirror_in_the_words_of_eval() -> None:
    """Where eval was not reworded there is nothing to conclude from, however many rows there are."""
    found = measure_mirror_gap([MirrorPair(1.0, 1.0, str(i), same_words=True) for i in range(200)], GapBounds(0.1, 0.2))
    assert (found.conclusion, found.rows_needed) == ("cannot tell", 0)
    assert "--rephrase-qa" in found.reason


def test_no_better_than_its_base() -> None:
    """A model that knew the facts before learnt nothing, however well it answers."""
    pairs = [MirrorPair(1.0, 1.0, str(i), same_words=False) for i in range(60)]
    gain = paired_difference([0.0] * 60, [str(i) for i in range(60)])
    assert measure_mirror_gap(pairs, GapBounds(0.1, 0.2), gain).conclusion == "not learnt"


def test_rows_needed() -> None:
    """A quarter of the effect needs sixteen times the rows."""
    assert rows_needed(0.5, 0.2) == 50
    assert rows_needed(0.5, 0.05) == pytest.approx(16 * 49, rel=0.02)


def test_the_guess_beside_the_measure() -> None:
    """Spearman's rho is 1 for a guess that ranks as measured, and null where all are alike."""
    rows = [
        MeasuredRow(id=str(n), question="", difficulty=n / 9, guessed=("easy", "medium", "hard")[n // 3], models=9)
        for n in range(9)
    ]
    assert correlate_guesses(rows).rho == pytest.approx(0.949, abs=0.001)
    assert correlate_guesses(rows[:3]).rho is None
