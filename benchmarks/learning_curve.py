"""What benchmarks/learning.py counts, without a model: the recipe, what of a text is trained on, and the curve."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

IGNORED = -100  # the label of a token that gives no loss, as torch and transformers have it
SPLITS = ("train", "eval", "mirror")
Example = tuple[list[int], list[int]]  # token ids, and the labels of each


@dataclass(frozen=True)
class Recipe:
    """How the model is trained. `rank`: of LoRA's matrices; 0: all weights are trained."""

    model: str
    epochs: int = 4
    batch: int = 8  # rows a step
    learning_rate: float = 1e-4
    warmup: float = 0.1  # share of the steps
    longest: int = 1024  # tokens of question and answer
    rank: int = 0
    answer_tokens: int = 96  # of an answer at the most
    bf16: bool = False  # matrices are multiplied in bfloat16, all else stays as it is

    def __str__(self) -> str:
        trained = f"LoRA of rank {self.rank} on all linear layers" if self.rank else "all weights"
        epochs = f", {self.epochs} epochs" if self.epochs else ""
        return (
            f"{self.model}; {trained}; AdamW {self.learning_rate:g} with warm-up over {self.warmup:.0%} of the steps, "
            f"then linear to 0; {self.batch} rows a step{epochs}, gradients clipped at 1; loss of the "
            f"answers' tokens; greedy answers of up to {self.answer_tokens} tokens{'; bfloat16' if self.bf16 else ''}"
        )


class Interval(NamedTuple):
    """A mean over runs with its 95 % t interval; the bounds are None for one run, which says nothing of others."""

    mean: float
    low: float | None
    high: float | None


class Score(NamedTuple):
    """Criteria met, of those with a verdict, of all; `mean`: the mean over answers of the share met, None without."""

    mean: float | None
    decided: int
    criteria: int


@dataclass
class Epoch:
    """The model after `number` epochs (0: as it came): tokens of answers trained on, loss and score by split."""

    number: int
    tokens: int
    loss: dict[str, float] = field(default_factory=dict)
    score: dict[str, Score] = field(default_factory=dict)


class GeneralKnowledge(NamedTuple):
    """The general check at one time: the loss of an answer's token in nats, and the share of right answers."""

    loss: float
    right: float


@dataclass
class Run:
    """One training with one seed. `general`: the general check before it and after it."""

    seed: int
    epochs: list[Epoch] = field(default_factory=list)
    general: list[GeneralKnowledge] = field(default_factory=list)


def example(prompt: Sequence[int], answer: Sequence[int], longest: int) -> Example | None:
    """The tokens of a row, with the prompt's labels IGNORED; an answer is cut at `longest`, None where none is left."""
    ids = [*prompt, *answer][:longest]
    if len(ids) <= len(prompt):
        return None
    return ids, [IGNORED] * len(prompt) + ids[len(prompt) :]


def padded(examples: Sequence[Example], pad: int) -> tuple[list[list[int]], list[list[int]], list[list[int]]]:
    """Ids, labels and attention mask of equal length, padded at the right: padding is neither seen nor trained on."""
    width = max(len(ids) for ids, _ in examples)
    rows, labels, mask = [], [], []
    for ids, own in examples:
        rest = width - len(ids)
        rows.append(ids + [pad] * rest)
        labels.append(own + [IGNORED] * rest)
        mask.append([1] * len(ids) + [0] * rest)
    return rows, labels, mask


def before_answers(examples: Sequence[Example]) -> int:
    """How many first tokens of every row are needed for no prediction: all but one of the shortest prompt."""
    return max(0, min(sum(label == IGNORED for label in labels) for _, labels in examples) - 1)


def trained_tokens(examples: Sequence[Example]) -> int:
    """Tokens that give a loss: those of the answers but for a first token that nothing stands before."""
    return sum(label != IGNORED for _, labels in examples for label in labels[1:])


def batches(rows: int, size: int, epoch: int, seed: int) -> list[list[int]]:
    """Every row once, in an order that follows from seed and epoch."""
    order = list(range(rows))
    random.Random(f"{seed} {epoch}").shuffle(order)
    return [order[start : start + size] for start in range(0, rows, size)]


def rate_at(step: int, steps: int, warmup: float) -> float:
    """The share of the learning rate at `step` (from 0) of `steps`: linear up over `warmup` of them, linear down."""
    rise = max(1, math.ceil(steps * warmup))
    return (step + 1) / rise if step < rise else max(0.0, (steps - step) / max(1, steps - rise))


def over_runs(values: Sequence[float]) -> Interval:
    """The mean and its interval. Raises ValueError for no values."""
    if not values:
        raise ValueError("no values")
    mean = sum(values) / len(values)
    if len(values) < 2:
        return Interval(mean, None, None)
    from scipy.stats import t

    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    half = float(t.ppf(0.975, len(values) - 1)) * spread / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def losses(runs: Sequence[Run], split: str) -> list[Interval]:
    """The loss on `split` after each epoch; [] where the dataset has no such split."""
    return [found for found in _curve(runs, lambda epoch: epoch.loss.get(split)) if found]


def scores(runs: Sequence[Run], split: str) -> list[Interval | None]:
    """The score on `split` after each epoch; None where a run has no verdict, [] where there is none at all."""
    found = _curve(runs, lambda epoch: epoch.score[split].mean if split in epoch.score else None)
    return found if any(found) else []


def loss_gaps(runs: Sequence[Run]) -> list[Interval]:
    """Loss on eval minus loss on the mirror after each epoch: what the same facts cost in other words."""
    both = {"eval", "mirror"}
    gaps = _curve(runs, lambda epoch: epoch.loss["eval"] - epoch.loss["mirror"] if both <= set(epoch.loss) else None)
    return [gap for gap in gaps if gap]


def _curve(runs: Sequence[Run], value: Callable[[Epoch], float | None]) -> list[Interval | None]:
    by_epoch = [[value(epoch) for epoch in together] for together in zip(*(run.epochs for run in runs), strict=True)]
    numbers = [[number for number in values if number is not None] for values in by_epoch]
    return [over_runs(values) if len(values) == len(runs) else None for values in numbers]


def by_heart_from(runs: Sequence[Run]) -> int | None:
    """The epoch from which on the model only learns by heart: the one after eval's lowest loss, where the loss on the
    mirror (or on train, without one) goes on falling. None where eval's loss still falls at the end, or nothing does.
    """
    held = [interval.mean for interval in losses(runs, "eval")]
    known = [interval.mean for interval in losses(runs, "mirror") or losses(runs, "train")]
    if not held or not known:
        return None
    lowest = held.index(min(held))
    falls_on = lowest + 1 < len(known) and min(known[lowest + 1 :]) < known[lowest]
    return lowest + 1 if falls_on else None


def table(runs: Sequence[Run]) -> list[str]:
    """A line an epoch: loss and score of each split and the gaps, means over the runs with their intervals."""
    there = [split for split in SPLITS if losses(runs, split)]
    paired = {"eval", "mirror"} <= set(there)
    head = ["epoch", "tokens", *(f"loss {split}" for split in there), *(["gap"] if paired else [])]
    rows = []
    columns = [losses(runs, split) for split in there] + ([loss_gaps(runs)] if paired else [])
    marks = [split for split in there if scores(runs, split)]
    head += [f"score {split}" for split in marks]
    for place, epoch in enumerate(runs[0].epochs):
        cells = [f"{epoch.number}", f"{epoch.tokens:,}", *(_number(column[place]) for column in columns)]
        rows.append([*cells, *(percent(scores(runs, split)[place]) for split in marks)])
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]


def conclusion(runs: Sequence[Run]) -> str:
    """Where learning by heart begins, in a sentence."""
    held, start = losses(runs, "eval"), by_heart_from(runs)
    if not held:
        return "no eval split: learnt and learnt by heart cannot be told apart"
    own = [by_heart_from([run]) for run in runs]
    each = ", ".join(
        f"seed {run.seed}: {'not yet' if found is None else found}" for run, found in zip(runs, own, strict=True)
    )
    best = min(range(len(held)), key=lambda place: held[place].mean)
    if start is None:
        return f"loss on eval is lowest after epoch {best}, the last that fell; no learning by heart alone yet ({each})"
    return (
        f"learns by heart from epoch {start} on: loss on eval is lowest after epoch {best} and rises from there, while "
        f"it falls on what was trained ({each})"
    )


def forgetting(runs: Sequence[Run]) -> list[str]:
    """The general check before and after, in a line; none where it was not taken."""
    if not runs or any(len(run.general) < 2 for run in runs):
        return []
    losses = [over_runs([run.general[place].loss for run in runs]) for place in (0, -1)]
    right = [over_runs([run.general[place].right for run in runs]) for place in (0, -1)]
    return [
        f"general check, before and after: loss {_number(losses[0])}, {_number(losses[1])}; "
        f"right answers {percent(right[0])}, {percent(right[1])}"
    ]


def _number(value: Interval) -> str:
    return f"{value.mean:.2f}" if value.low is None else f"{value.mean:.2f} ({value.low:.2f}-{value.high:.2f})"


def percent(value: Interval | None) -> str:
    """A share as 50% (40-60), cut at 0 and 100; "-" for none."""
    if value is None:
        return "-"
    if value.low is None or value.high is None:
        return f"{value.mean:.0%}"
    return f"{value.mean:.0%} ({max(0.0, value.low) * 100:.0f}-{min(1.0, value.high) * 100:.0f})"
