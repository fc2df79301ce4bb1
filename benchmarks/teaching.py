"""Which dataset teaches more? Train a small model on each, for equally many tokens, and ask what none was trained on.

Run    uv run --extra train benchmarks/teaching.py [NAME=DATASET ... --test NAME=DATASET [--test ...]]
           [--tokens 8000] [--seeds 3] [--model smollm2|PATH|org/name] [--bf16] [--judge NAME] [--out DIR]
           [-- further flags of dataprep/grade.py]
       uv run benchmarks/teaching.py --quick     a tiny model on made-up pairs: only that it all works

Each training goes over its rows again and again, in another order each time, until it has seen --tokens tokens of
answers. The loss of the answers' tokens on each test is taken on the way; at the end the tests are answered, greedily.
The table gives means over the seeds with 95 % t intervals, and each dataset's difference from the first one named,
seed by seed; with a judge, the criteria met and their difference over the questions. Without names the pairs of
teaching_pairs/ are compared (its README.md says where they come from). DATASET: a run, a finished dataset, a folder or
a file with rows; of one with splits, train is trained on.

A finished training is kept below --out (default: data/teaching) and not done again with the same rows and recipe.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from benchmarks.learning import NEEDS, PROJECT, own_and_further, quick_dataset, score_by_rules
from benchmarks.learning_curve import Example, Recipe, batches, trained_tokens
from benchmarks.teaching_arms import EXAMINER, Rows, arms
from benchmarks.teaching_report import Training, report
from groundwork.data_folder.read_write import read_json, write_json, write_jsonl
from groundwork.data_folder.workspace import Workspace
from groundwork.dataset.dataset_argument import locate_dataset
from groundwork.dataset.load_dataset import load_dataset
from groundwork.errors import GroundworkError, UsageError
from groundwork.grading.graded_rows import read_grades

if TYPE_CHECKING:
    from benchmarks.fine_tuning import Tuner


def parse() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("datasets", metavar="NAME=DATASET", nargs="*")
    add("--test", metavar="NAME=DATASET", action="append", default=[], help="questions that none is trained on")
    add("--tokens", type=int, default=8_000, help="tokens of answers, the same for each training")
    add("--points", type=int, default=4, help="how often the tests' loss is taken")
    add("--seeds", type=int, default=3)
    add("--model", default="smollm2", help="smollm2 (default), a folder or GGUF file, or a Hub id")
    add("--batch", type=int, default=8, help="rows a step")
    add("--learning-rate", type=float, default=1e-4)
    add("--lora", type=int, metavar="RANK", help="0: all weights; default: 16 from 500 million parameters on, else 0")
    add("--bf16", action="store_true", help="multiply in bfloat16: half the time on a CPU that has it")
    add("--answer-tokens", type=int, default=64)
    add("--device", default="")
    add("--judge", help="a model that grades what no rule decides: NAME or NAME@PROVIDER")
    add("--data", type=Path, default=PROJECT / "data")
    add("--out", type=Path)
    add("--quick", action="store_true", help="smoke run: no download, a minute at the most")
    own, further = own_and_further(sys.argv[1:])
    return parser.parse_args(own), further


def named(arguments: Sequence[str], data: Workspace) -> dict[str, Rows]:
    """Rows by the name before each `=`: those of train where there are splits. Raises UsageError without a name."""
    found = {}
    for argument in arguments:
        name, equals, place = argument.partition("=")
        if not equals or not name or not place:
            raise UsageError(f"{argument}: write NAME=DATASET")
        rows = load_dataset(locate_dataset(place, data, prefer="datasets")).rows
        found[name] = [row for row in rows if row.split == "train"] or rows
    return found


def plan_of(examples: Sequence[Example], batch: int, seed: int, tokens: int) -> list[list[int]]:
    """Places of the rows of each step: passes over all rows until `tokens` tokens of answers were trained on."""
    return list(_steps(examples, batch, seed, tokens))


def _steps(examples: Sequence[Example], batch: int, seed: int, tokens: int) -> Iterator[list[int]]:
    seen, number = 0, 0
    if not trained_tokens(examples):
        return
    while True:
        number += 1
        for places in batches(len(examples), batch, number, seed):
            yield places
            seen += trained_tokens([examples[place] for place in places])
            if seen >= tokens:
                return


def points_of(steps: int, points: int) -> dict[int, int]:
    """The steps after which the tests are measured, evenly spread, with their number from 1 on; the last is one."""
    return {round(steps * number / points): number for number in range(1, points + 1) if steps * number >= points}


def key_of(rows: Rows, tests: Mapping[str, Rows], recipe: Recipe, sha256: str, tokens: int, points: int) -> str:
    told = [[(row.question, row.answer) for row in part] for part in (rows, *tests.values())]
    return hashlib.sha256(repr((told, sorted(tests), recipe, sha256, tokens, points)).encode()).hexdigest()[:16]


def train(
    name: str,
    seed: int,
    rows: Rows,
    tests: Mapping[str, Rows],
    recipe: Recipe,
    tuner: Tuner,
    tokens: int,
    points: int,
    out: Path,
) -> Training:
    """One training, or what is kept of it."""
    file = out / "trainings" / f"{name}-seed-{seed}.json"
    key = key_of(rows, tests, recipe, tuner.sha256, tokens, points)
    if file.exists() and (kept := read_json(file, Training)).key == key:
        return kept
    examples = tuner.examples([(row.question, row.answer) for row in rows], recipe.longest)
    asked = {
        test: tuner.examples([(r.question, r.answer) for r in part], recipe.longest) for test, part in tests.items()
    }
    plan = plan_of(examples, recipe.batch, seed, tokens)
    found = Training(name, seed, key, loss={test: [] for test in tests})
    ends = points_of(len(plan), points)
    after = {
        number: sum(trained_tokens([examples[p] for p in places]) for places in plan[:step])
        for step, number in ends.items()
    }

    def measure(number: int) -> None:
        found.tokens.append(after.get(number, 0))
        for test, part in asked.items():
            found.loss[test].append(tuner.loss(part, recipe.batch))
        told = ", ".join(f"{test} {values[-1]:.2f}" for test, values in found.loss.items())
        print(f"  {name}, seed {seed}, {found.tokens[-1]:,} tokens: loss {told}", flush=True)

    tuner.restart(seed)
    measure(0)
    tuner.steps(examples, plan, recipe, ends, measure)
    for test, part in tests.items():
        answers = tuner.answers([row.question for row in part], recipe.answer_tokens, 2 * recipe.batch)
        found.score[test] = score_by_rules(part, answers).mean
        lines = [
            {"id": row.id, "split": row.split, "answer": answer} for row, answer in zip(part, answers, strict=True)
        ]
        write_jsonl(out / "answers" / f"{test}-{name}-seed-{seed}.jsonl", lines)
    write_json(file, asdict(found))
    return found


def judge(
    trainings: Sequence[Training],
    places: Mapping[str, str],
    arguments: argparse.Namespace,
    extra: Sequence[str],
    out: Path,
) -> None:
    """Grade the answers to each test by the stage, and take its scores instead of the rules'."""
    for test, place in places.items():
        run = f"teaching-{out.name}-{test}"
        command = [sys.executable, str(PROJECT / "dataprep" / "grade.py"), place, "--data", str(arguments.data)]
        command += ["--name", run, "--judge", arguments.judge, "--force", *extra]
        for one in trainings:
            label = f"{one.dataset}-seed-{one.seed}"
            command += ["--answers", f"{label}={out / 'answers' / f'{test}-{label}'}.jsonl"]
        if subprocess.run(command).returncode == 2:
            raise SystemExit(2)
        graded = read_grades(Workspace(arguments.data).path("grades", run))
        for one in trainings:
            grades = graded.get(f"{one.dataset}-seed-{one.seed}.jsonl", [])
            shares = {grade.id: grade.score for grade in grades if grade.score is not None}
            one.shares[test] = shares
            one.score[test] = sum(shares.values()) / len(shares) if shares else None


def compare(
    rows: Mapping[str, Rows],
    tests: Mapping[str, Rows],
    recipe: Recipe,
    seeds: int,
    tokens: int,
    points: int,
    out: Path,
    tuner: Tuner,
) -> list[Training]:
    """All trainings, seed by seed, so that a stopped run has something of each dataset."""
    print(f"recipe: {recipe}; {tokens:,} tokens of answers instead of epochs")
    print(
        f"model: {tuner.parameters:,} parameters on {tuner.device}; sha256 of its weights: {tuner.sha256}", flush=True
    )
    return [
        train(name, seed, part, tests, recipe, tuner, tokens, points, out)
        for seed in range(1, seeds + 1)
        for name, part in rows.items()
    ]


def answer_tokens(tuner: Tuner, rows: Mapping[str, Rows], recipe: Recipe) -> dict[str, int]:
    """Tokens of each dataset's answers, as they are trained on."""
    return {
        name: trained_tokens(tuner.examples([(row.question, row.answer) for row in part], recipe.longest))
        for name, part in rows.items()
    }


def quick() -> int:
    """The whole way with a tiny model of random weights; fails where it learns nothing or does a training twice."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
        print(f"skipped: teaching.py {NEEDS}")
        return 0
    from benchmarks.fine_tuning import TINY, Tuner

    with tempfile.TemporaryDirectory() as folder:
        data = Workspace(Path(folder))
        quick_dataset(Path(folder) / "pairs")
        rows = named([f"all={folder}/pairs", f"few={folder}/pairs"], data)
        rows["few"] = rows["few"][:3]
        tests = named([f"asked={folder}/pairs/eval.jsonl"], data)
        recipe = Recipe(TINY, batch=4, learning_rate=3e-3, answer_tokens=12)
        tuner = Tuner(TINY, "cpu", 0)
        given = (rows, tests, recipe, 2, 400, 2, Path(folder) / "out", tuner)
        trainings = compare(*given)
        assert all(one.loss["asked"][-1] < one.loss["asked"][0] for one in trainings if one.dataset == "all")
        assert compare(*given) == trainings, "a finished training was done again"
        print("\n".join(report(trainings, rows, tests, False, answer_tokens(tuner, rows, recipe))))
    return 0


def main() -> int:
    arguments, extra = parse()
    if arguments.quick:
        return quick()
    try:
        if bool(arguments.datasets) != bool(arguments.test):
            raise UsageError("name datasets as NAME=DATASET and a --test NAME=DATASET, or neither")
        from benchmarks.fine_tuning import Tuner, Unavailable
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        if importlib.util.find_spec("torch") is None:
            raise Unavailable(f"teaching.py {NEEDS}")
        data = Workspace(arguments.data)
        out = arguments.out or data.path("teaching")
        asked = arguments.test or [f"examiner={EXAMINER}"]
        rows, tests = named(arguments.datasets, data) or arms(), named(asked, data)
        tuner = Tuner(arguments.model, arguments.device, arguments.lora)
        recipe = Recipe(
            arguments.model, 0, arguments.batch, arguments.learning_rate, rank=tuner.rank,
            answer_tokens=arguments.answer_tokens, bf16=arguments.bf16,
        )  # fmt: skip
        trainings = compare(rows, tests, recipe, arguments.seeds, arguments.tokens, arguments.points, out, tuner)
        if arguments.judge:
            judge(trainings, dict(test.split("=", 1) for test in asked), arguments, extra, out)
    except (Unavailable, GroundworkError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print("\n".join(report(trainings, rows, tests, bool(arguments.judge), answer_tokens(tuner, rows, recipe))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
