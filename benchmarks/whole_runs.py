"""What the stages of whole runs cost at size: curation's repeats, merge and create_dataset, for more and more pairs.

Run    uv run benchmarks/whole_runs.py [--pairs 25000 100000] [--quick] [--only STAGE ...]

Two invented runs share a fifth of their facts, asked about in other words. `curate` by rules alone, `merge` of both and
`create_dataset` with an eval split go over them, each in a process of its own: CPU seconds and the peak memory. The
exponent is that of the CPU seconds between two sizes, above those of a run of 100 pairs: 1 is linear. Last, the
loss of the search among groups, which takes the place of comparing all with all above some size: how many of the
repeats it does not find that are found by comparing all. Exit code 1 where a stage grows faster than GROWTH.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import sys
import tempfile
from itertools import accumulate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.scale import SMALL_WORDS, Cost, Writer, cost_of
from groundwork.data_folder.read_write import write_jsonl
from groundwork.embedding.cosine_threshold import calibrate_threshold
from groundwork.embedding.encoder_backends import StaticBackend
from groundwork.embedding.nearest_neighbours import exact_similar_rows, similar_rows
from groundwork.records import Pair

A_DOCUMENT = 50  # pairs
SHARED = 0.2  # of the second run's facts
GROWTH = 1.2
SAMPLE = 2_000  # questions held against all others, to see what the search among groups loses
STAGES = {
    "curate": ["--run", "first", "--set", "curate.rules_only=true"],
    "merge": ["first", "second", "--out", "both"],
    "create_dataset": ["first", "--eval-split", "--export", "messages"],
}
VERBS = ("lists", "states", "names", "records", "requires", "reports", "allows", "measures")


class Facts:
    """Invented statements of twelve words, of which some are common and most are rare, as in texts of people."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._words = Writer(3)._words  # the same invented words as in benchmarks/scale.py
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(len(self._words))))

    def pair(self, number: int, run: str, fact: list[str], *, again: bool) -> Pair:
        subject, thing, rest = fact[:3], fact[3], fact[4:9]
        statement = f"The {' '.join(subject)} {fact[-1]} the {thing} {fact[9]} {' '.join(rest)}."
        asked = f"What {' '.join(rest[:2])} {thing} does the {' '.join(subject)} {fact[-1][:-1]}?"
        if again:
            asked = f"Which {thing} {' '.join(rest[:2])} is it that the {' '.join(subject)} {fact[-1]}?"
        document = f"{run}-{number // A_DOCUMENT:06}"
        return Pair(
            id=f"{document}-{number:08x}",
            document=document,
            chunk=f"{document}-0000",
            iteration=1,
            question=asked,
            answer=f"The {thing} {fact[9]} {' '.join(rest)}.",
            evaluation_criteria=[f"Names the {thing} {fact[9]}", f"Says {' '.join(rest)}"],
            difficulty="easy",
            category="factual",
            evidence=[statement],
            model=run,
        )

    def fact(self) -> list[str]:
        words = self._dice.choices(self._words, cum_weights=self._weights, k=9)
        words.append(str(self._dice.randint(2, 9_999)))
        words[5] = self._dice.choice(SMALL_WORDS)
        return [*words, self._dice.choice(VERBS)]


def write_runs(data: Path, pairs: int) -> None:
    """The run `first` of so many pairs, and `second` of as many, SHARED of whose facts are those of the first."""
    facts = Facts(pairs)
    told = [facts.fact() for _ in range(pairs)]
    dice = random.Random(pairs)
    for run in ("first", "second"):
        again = run == "second"
        made: dict[str, list[Pair]] = {}
        for number, own in enumerate(told):
            same = dice.random() < SHARED
            pair = facts.pair(number, run, own if same or not again else facts.fact(), again=again)
            made.setdefault(pair.document, []).append(pair)
        for document, rows in made.items():
            write_jsonl(data / "qa" / run / f"{document}.jsonl", rows)


def spent(stage: str, data: Path) -> Cost:
    """Raises RuntimeError with the stage's output where it fails."""
    settings = ["embeddings.backend=static", "embeddings.model=wordllama", "llm.api_key_env=", "dataset.name=made"]
    command = [sys.executable, "-m", "groundwork", stage, *STAGES[stage], "--data", str(data)]
    command += [f"--set={one}" for one in settings]
    return cost_of(command)


def measured(pairs: int, stages: list[str]) -> dict[str, Cost]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        (data / "documents").mkdir()
        write_runs(data, pairs)
        return {stage: spent(stage, data) for stage in stages}


def loss(pairs: int) -> str:
    """What the search among groups does not find of the near questions of two runs of so many pairs."""
    facts, dice = Facts(pairs), random.Random(pairs)
    questions = []
    for number in range(pairs):
        fact = facts.fact()
        questions.append(facts.pair(number, "first", fact, again=False).question)
        other = fact if dice.random() < SHARED else facts.fact()
        questions.append(facts.pair(number, "second", other, again=True).question)
    raw = asyncio.run(StaticBackend().vectors(questions, ""))
    vectors = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    threshold = calibrate_threshold(vectors)
    sample = np.sort(np.random.default_rng(0).choice(len(vectors), SAMPLE, replace=False))
    exact, grouped = (
        exact_similar_rows(vectors, sample, threshold),
        similar_rows(vectors, np.arange(len(vectors)), threshold),
    )
    wanted = sum(map(len, exact))
    found = sum(len(np.intersect1d(own, grouped[row])) for row, own in zip(sample.tolist(), exact, strict=True))
    return f"{found:,} of {wanted:,} near questions of {SAMPLE:,} among {len(vectors):,} found in groups"


def exponent(less: Cost, more: Cost, factor: float, start: float) -> float:
    return math.log(max(more.cpu - start, 0.01) / max(less.cpu - start, 0.01), factor)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, nargs="+", default=[25_000, 100_000])
    parser.add_argument("--only", nargs="+", default=list(STAGES), choices=list(STAGES))
    parser.add_argument("--quick", action="store_true", help="500 and 2,000 pairs")
    options = parser.parse_args()
    sizes = [500, 2_000] if options.quick else options.pairs
    start = measured(100, options.only)
    bad, before = [], None
    print(f"{'pairs':>10}  {'stage':16} {'CPU s':>8} {'MB':>7} {'exponent':>9}", flush=True)
    for size in sizes:
        now = measured(size, options.only)
        for stage, cost in now.items():
            grows = exponent(before[1][stage], cost, size / before[0], start[stage].cpu) if before else 0.0
            bad += [f"{stage} at {size:,}"] if grows > GROWTH and not options.quick else []
            told = f"{grows:9.2f}" if before else ""
            print(f"{size:10,}  {stage:16} {cost.cpu:8.1f} {cost.peak:7.0f} {told}", flush=True)
        before = size, now
    print(loss(max(SAMPLE, max(sizes) // 2)))
    if bad:
        print(f"grows faster than {GROWTH}: {', '.join(bad)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
