"""What benchmarks/teaching.py prints of its trainings: loss and criteria met by dataset, and what the datasets hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.learning_curve import Interval, over_runs
from benchmarks.teaching_arms import Rows
from groundwork.language.numbers import number_values
from groundwork.language.words import content_words


@dataclass
class Training:
    """What one training gave: the loss of each test after so many tokens, and the score of its answers at the end."""

    dataset: str
    seed: int
    key: str  # of rows, recipe, weights and tests
    tokens: list[int] = field(default_factory=list)
    loss: dict[str, list[float]] = field(default_factory=dict)
    score: dict[str, float | None] = field(default_factory=dict)
    shares: dict[str, dict[str, float]] = field(default_factory=dict)  # by a judge: of each question, criteria met


def table(test: str, trainings: Sequence[Training], rows: Mapping[str, Rows]) -> list[str]:
    """A line a dataset, of one test: its loss at the lowest and at the end, how the end differs from that of the first
    dataset, and the share of criteria met; with a judge how that differs, over the questions."""
    lines = [["dataset", "rows", "tokens", "lowest loss", "at the end", "less the first's", "criteria met"]]
    base: list[float] = []
    first: dict[str, float] = {}
    for name, part in rows.items():
        own = [one for one in trainings if one.dataset == name]
        ends = [one.loss[test][-1] for one in own]
        base = base or ends
        shares = by_question(test, own)
        first = first or shares
        less = told(over_runs([end - first for end, first in zip(ends, base, strict=True)]), "+.2f")
        marks = [100 * score for one in own if (score := one.score[test]) is not None]
        lines.append([
            name, str(len(part)), f"{own[0].tokens[-1]:,}",
            told(over_runs([min(one.loss[test]) for one in own])), told(over_runs(ends)),
            "-" if base is ends else less, told(within(over_runs(marks), 100), ".0f") + " %" if marks else "-",
            *([points(shares, first)] if shares else []),
        ])  # fmt: skip
    if first:
        lines[0].append("points less the first's")
    return aligned(lines)


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]


def contents(
    test: Rows, trainings: Sequence[Training], rows: Mapping[str, Rows], tokens: Mapping[str, int]
) -> list[str]:
    """What tells datasets apart before any training: `tokens` of all answers of each, how often a training passes over
    them, and how much of a test's answers the nearest of its rows says."""
    lines = [["dataset", "tokens an answer", "passes", "of the test's answers said by one row"]]
    for name, part in rows.items():
        trained = next(one.tokens[-1] for one in trainings if one.dataset == name)
        each, passes = tokens[name] / len(part), trained / tokens[name]
        lines.append([name, f"{each:.1f}", f"{passes:.1f}", f"{said_by_one_row(test, part):.0%}"])
    return aligned(lines)


def said_by_one_row(test: Rows, rows: Rows) -> float:
    """The share of the words of meaning and the numbers of a test's answer that stand in the row that has most of them,
    its question included; the mean over the test."""
    told = [_told(f"{row.question} {row.answer}") for row in rows]
    asked = [words for row in test if (words := _told(row.answer))]
    return sum(max(len(words & one) for one in told) / len(words) for words in asked) / max(1, len(asked))


def _told(text: str) -> frozenset[str]:
    return frozenset(content_words(text, "en") | number_values(text, spelled="en"))


def by_question(test: str, trainings: Sequence[Training]) -> dict[str, float]:
    """The share of its criteria that each question's answers meet, the mean over the trainings that have one."""
    found: dict[str, list[float]] = {}
    for one in trainings:
        for question, share in one.shares.get(test, {}).items():
            found.setdefault(question, []).append(share)
    return {question: sum(shares) / len(shares) for question, shares in found.items()}


def points(shares: Mapping[str, float], first: Mapping[str, float]) -> str:
    """The mean difference of the same questions' shares, in points, with its 95 % t interval over the questions."""
    if shares is first:
        return "-"
    return told(over_runs([100 * (shares[one] - first[one]) for one in shares if one in first]), "+.1f")


def within(value: Interval, most: float) -> Interval:
    """The interval cut at 0 and `most`."""
    if value.low is None or value.high is None:
        return value
    return Interval(value.mean, max(0.0, value.low), min(most, value.high))


def told(value: Interval, digits: str = ".2f") -> str:
    if value.low is None or value.high is None:
        return f"{value.mean:{digits}}"
    return f"{value.mean:{digits}} ({value.low:{digits}} to {value.high:{digits}})"


def report(
    trainings: Sequence[Training],
    rows: Mapping[str, Rows],
    tests: Mapping[str, Rows],
    judged: bool,
    tokens: Mapping[str, int],
) -> list[str]:
    """All that is printed at the end; `tokens`: of each dataset's answers."""
    seeds = len({one.seed for one in trainings})
    lines = []
    for test, part in tests.items():
        before = trainings[0].loss[test][0]
        lines += [f"{test}: {len(part)} questions; loss before training {before:.2f}", *table(test, trainings, rows)]
        lines += contents(part, trainings, rows, tokens)
    several = f"means over {seeds} seeds with 95% t intervals" if seeds > 1 else "one seed: no intervals"
    by = "rules and a judge" if judged else "rules alone, of the criteria that a rule is sure of"
    paired = [
        "points less the first's: of the same questions, means over the seeds; 95% t intervals over the questions"
    ]
    return [*lines, f"{several}; criteria met: by {by}", *(paired if judged else [])]
