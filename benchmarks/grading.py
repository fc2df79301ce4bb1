"""What grade.py's figures are worth: models of known knowledge, judges of known faults, intervals of known truth.

Run    uv run benchmarks/grading.py [--rows 128] [--runs 2000] [--pairs FILE.jsonl]

1. Five scripted models through the whole command: what each knows, what was measured and concluded.
2. Scripted judges that turn a known share of verdicts: the flip rate found, and the criteria whose verdict differs
   between two runs of one draw and of three.
3. Judges with known faults: sensitivity and specificity found, and whether grading stopped.
4. True gaps of 0 to 30 points, by rows: how often a gap is seen (exact McNemar test) and what is concluded.
5. Intervals of clustered answers: the share that holds the truth, beside plain Wilson intervals.
6. --pairs: on pairs with criteria, how many criteria a rule settles on the reference answer, and on the answer of
   another question.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from groundwork.data_folder.read_write import read_jsonl
from groundwork.grading.answer_judge import criteria_to_judge
from groundwork.grading.confidence_intervals import share_interval
from groundwork.grading.mirror_gap import GapBounds, MirrorPair, measure_mirror_gap
from groundwork.grading.verdicts_by_rule import grade_by_rule
from groundwork.records import Grade
from tests.fake_openrouter import FakeOpenRouter
from tests.grading.scripted import ANSWERERS, World

KNOWS = {"knows-all": (1, 1), "by-heart": (0, 1), "paraphrases": (1, 1), "nothing": (0, 0), "half": (0.5, 0.5)}
MARGIN, FLOOR = 0.1, 0.2
SCORES = {0: (0.0, 1.0), 1: (1.0, 0.0), 2: (1.0, 1.0)}  # of eval and the mirror


@contextlib.contextmanager
def world(rows: int, **judge: Any) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder, FakeOpenRouter().thread() as server:
        server.keep_requests = False
        yield World(Path(folder), server, rows=rows, **judge)


def quietly(made: World, *arguments: str) -> int:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return made.grade(*arguments, "--quiet")


def models(rows: int) -> None:
    print(f"1. models of known knowledge, {rows} rows")
    print("   model        knows eval/mirror  measured eval/mirror  conclusion")
    with world(rows) as made:
        quietly(made, *(word for name in ANSWERERS for word in ("--model", f"test/{name}")))
        for model in made.report()["models"]:
            name = model["name"].removeprefix("test/")
            scores = [model["splits"][split]["score"][0] for split in ("eval", "eval_mirror")]
            known, found = (" / ".join(f"{value:.0%}" for value in pair) for pair in (KNOWS[name], scores))
            print(f"   {name:<12} {known:<18} {found:<21} {model['gap']['conclusion']}")


def noise(rows: int) -> None:
    print(f"2. judges that turn a share of verdicts, {rows} rows")
    print("   turned  expected flips  found  runs that differ: 1 draw  3 draws")
    for turned in (0.01, 0.02, 0.05, 0.1, 0.2):
        differing = []
        for repeats in ("1", "3"):
            verdicts = []
            for seed in (1, 2):
                with world(rows, noise=turned, seed=seed) as made:
                    flags = ("--repeats", repeats, "--splits", "eval", "--set", "grade.judge.check_rows=0")
                    quietly(made, "--model", "test/half", *flags)
                    grades = read_jsonl(made.root / "grades" / "gates" / "test-half.jsonl", Grade)
                    verdicts.append([c.verdict for grade in grades for c in grade.criteria if c.by == "judge"])
                    found = made.report()["consistency"]["flip_rate"]
            differing.append(float(np.mean([a != b for a, b in zip(*verdicts, strict=True)])))
        expected = 2 * turned * (1 - turned)
        print(f"   {turned:6.0%}  {expected:14.1%}  {found:5.1%}  {differing[0]:24.1%}  {differing[1]:7.1%}")


def judges(rows: int) -> None:
    print(f"3. judges with faults, {rows} rows\n   judge                    sensitivity  specificity  graded")
    for name, faults in {
        "without a fault": {},
        "turns 5 %": {"noise": 0.05},
        "turns 20 %": {"noise": 0.2},
        "passes a third too many": {"lenient": 1 / 3},
        "always met": {"always": "met"},
        "always unmet": {"always": "unmet"},
    }.items():
        with world(rows, **faults) as made:
            quietly(made, "--model", "test/half", "--set", "grade.judge.least_trust=0")
            trust = made.report()["trust"]
            refused = quietly(made, "--model", "test/half", "--force")
            figures = [f"{trust[key][0]:.0%}" for key in ("sensitivity", "specificity")]
            print(f"   {name:<24} {figures[0]:>11}  {figures[1]:>11}  {'no' if refused else 'yes'}")


def power(runs: int) -> None:
    from scipy.stats import binomtest

    print("4. true gaps, by rows; of the questions 30 % differ between the two (10 % where there is no gap)")
    print("   gap  rows  seen by McNemar  learnt  by heart  cannot tell")
    for points in (0, 5, 10, 20, 30):
        differing = 0.3 if points else 0.1
        worse, better = (differing + points / 100) / 2, (differing - points / 100) / 2
        for rows in (32, 64, 128, 256):
            rng = np.random.default_rng(5)
            seen, concluded = 0, Counter[str]()
            for _ in range(runs):
                kinds = rng.choice(3, rows, p=[worse, better, 1 - differing]).tolist()
                b, c = kinds.count(0), kinds.count(1)
                seen += b + c > 0 and binomtest(b, b + c).pvalue < 0.05
                pairs = [MirrorPair(*SCORES[kind], str(i), same_words=False) for i, kind in enumerate(kinds)]
                concluded[measure_mirror_gap(pairs, GapBounds(MARGIN, FLOOR)).conclusion] += 1
            shares = [concluded[name] / runs for name in ("learnt", "learnt by heart", "cannot tell")]
            print(
                f"   {points:3}  {rows:4}  {seen / runs:15.0%}  {shares[0]:6.0%}  {shares[1]:8.1%}  {shares[2]:11.0%}"
            )


def coverage(runs: int) -> None:
    print("5. intervals of 95 % that hold the truth, 96 answers")
    print("   truth  clusters  spread between them  clustered  plain Wilson")
    for truth, spread in ((0.5, 0.0), (0.9, 0.0), (0.5, 0.25), (0.85, 0.15)):
        for clusters in (6, 12, 32):
            rng = np.random.default_rng(9)
            held = plain = 0
            for _ in range(runs // 4):
                rates = np.clip(truth + rng.choice([-1, 1], clusters) * spread, 0, 1)
                values = (rng.random((clusters, 96 // clusters)) < rates[:, None]).astype(float).ravel()
                names = [str(i) for i in range(clusters) for _ in range(96 // clusters)]
                found = share_interval(values.tolist(), names)
                held += found.low <= truth <= found.high
                low, high = wilson(float(values.mean()), 96)
                plain += low <= truth <= high
            total = runs // 4
            print(f"   {truth:5.0%}  {clusters:8}  {spread:19.0%}  {held / total:9.1%}  {plain / total:12.1%}")


def wilson(mean: float, size: int) -> tuple[float, float]:
    square = 1.96**2 / size
    centre, half = mean + square / 2, 1.96 * math.sqrt(mean * (1 - mean) / size + square / (4 * size))
    return (centre - half) / (1 + square), (centre + half) / (1 + square)


def rules(file: Path) -> None:
    pairs = read_jsonl(file, dict[str, Any])
    own, other = Counter[str](), Counter[str]()
    for i, pair in enumerate(pairs):
        criteria, _ = criteria_to_judge(pair["evaluation_criteria"], pair["answer"])
        wrong = pairs[(i + 1) % len(pairs)]["answer"]
        for criterion in criteria:
            for counted, answer in ((own, pair["answer"]), (other, wrong)):
                found = grade_by_rule(criterion, pair["question"], answer)
                counted[found.verdict if found else "left to the judge"] += 1
    print(f"6. criteria of {file.name} ({len(pairs)} pairs)")
    print(f"   on the reference answer: {dict(own)}\n   on the answer of another question: {dict(other)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=128)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--pairs", type=Path, action="append", default=[])
    flags = parser.parse_args()
    for file in flags.pairs:
        rules(file)
    coverage(flags.runs)
    power(flags.runs)
    models(flags.rows)
    judges(min(32, flags.rows))
    noise(flags.rows)


if __name__ == "__main__":
    main()
