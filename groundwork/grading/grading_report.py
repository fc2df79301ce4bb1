"""The report on a grading, for the terminal and as one HTML page.

The judge comes first, then scores, gaps and what they are worth; the page adds facets, and every answer with its
verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from groundwork.grading.confidence_intervals import Difference
from groundwork.grading.grading_run import percent
from groundwork.grading.judge_agreement import GOAL, flips
from groundwork.grading.judge_validation import SPOILED, Trust
from groundwork.grading.memorization import ADVICE, Gap
from groundwork.grading.refusals import honesty_lines
from groundwork.grading.scores import GradeReport, ModelReport
from groundwork.pages.html_frame import write_page
from groundwork.records.grades import Grade

BARS = "▁▂▃▄▅▆▇█"
SHOWN = 8


def grade_report_lines(report: GradeReport) -> list[str]:
    """Every line; nothing of a score before what the judge is worth."""
    found = [f"{report.dataset}: graded by {' and '.join(report.judges) or 'rules'}, {_book(report)}"]
    found += [f"  {line}" for line in [*trust_lines(report.trust), *consistency_lines(report)]]
    if report.by_reference:
        found.append(f"  {report.by_reference:,} rows without criteria were graded against the reference answer")
    found += _table(report)
    for model in report.models:
        told = [*gap_lines(model.name, model.gap), *base_lines(model, report.base)]
        found += [f"  {line}" for line in [*told, *honesty_lines(model.name, model.honesty)]]
    found += [f"  {line}" for line in curve_lines(report.models)]
    found += [f"  {line}" for line in difficulty_lines(report)]
    return found


def _book(report: GradeReport) -> str:
    book = "open book" if report.open_book else "closed book"
    return f"{book}; intervals of 95 % by {report.clustered_by}"


def trust_lines(trust: Trust | None) -> Iterator[str]:
    """Sensitivity and specificity, kind by kind, and the rows set aside."""
    if trust is None:
        yield "the judge was not checked"
        return
    kinds = "; ".join(
        f"{kind} {ok} of {n}" for kind in SPOILED if kind in trust.by_kind for ok, n in [trust.by_kind[kind]]
    )
    yield f"judge: sensitivity {percent(trust.sensitivity)} (reference answers that pass)"
    yield f"judge: specificity {percent(trust.specificity)} (spoiled answers that fail: {kinds or 'none was made'})"
    if trust.ungraded:
        yield f"judge: {trust.ungraded:,} of its check answers stayed without a verdict"
    if trust.set_aside:
        yield f"{len(trust.set_aside):,} rows are set aside"
        yield from (f"  {name}: {reason}" for name, reason in list(trust.set_aside.items())[:SHOWN])


def consistency_lines(report: GradeReport) -> Iterator[str]:
    """Flip rate and kappa of the judge, and its agreement with a second one."""
    found = report.consistency
    if found.flip_rate is None:
        yield f"flips: not measured ({found.criteria:,} criteria by the judge, one draw each; pass --repeats 3)"
    else:
        kappa = "all verdicts alike" if found.kappa is None else f"Fleiss' kappa {found.kappa:.2f}"
        goal = "within" if found.flip_rate <= GOAL else "above"
        yield (
            f"flips: {found.flip_rate:.1%} between two draws ({goal} the goal of {GOAL:.0%}), {kappa}; "
            f"{found.criteria:,} criteria by the judge, {found.by_rule:,} by rule"
        )
    if found.unreadable:
        yield f"{found.unreadable:,} of {found.draws:,} draws could not be read; they count for nothing"
    if found.agreement is not None:
        kappa = "" if found.judges_kappa is None else f", Cohen's kappa {found.judges_kappa:.2f}"
        yield f"{found.judges[0]} and {found.judges[1]} agree on {found.agreement:.0%} of the criteria{kappa}"
    for name, rows in (
        ("flip", report.flipping),
        ("are met by nobody", report.nobody),
        ("are met by everybody", report.everybody),
    ):
        if rows:
            yield f"{len(rows):,} criteria {name}, such as: {rows[0].criterion} ({rows[0].id}; {rows[0].why})"


def _table(report: GradeReport) -> list[str]:
    rows = [["model", "split", "answers", "criteria met", "all met", "ungraded", "cannot tell"]]
    for model in report.models:
        for split, found in model.splits.items():
            rows.append(
                [
                    model.name,
                    split or "-",
                    f"{found.answers:,}",
                    percent(found.score),
                    percent(found.passed),
                    f"{found.ungraded:,}",
                    f"{found.cannot_tell:,}",
                ]
            )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def gap_lines(name: str, found: Gap | None) -> Iterator[str]:
    """The conclusion, its figures, and what would tell where they do not."""
    if found is None:
        return
    yield f"{name}: {found.conclusion} ({found.reason})"
    if found.difference:
        yield f"  mirror - eval: {points(found.difference)} points, {found.difference.n:,} pairs"
    if found.rows_needed:
        yield (
            f"  about {found.rows_needed:,} rows would tell (32 see a true gap of 20 points in 44 % of runs, {ADVICE} "
            f"in 99 %): build with --eval-max {max(ADVICE, found.rows_needed)}"
        )


def base_lines(model: ModelReport, base: str) -> Iterator[str]:
    """The paired difference from the base model on each split."""
    for split, found in model.against_base.items():
        surely = "better" if found.low > 0 else "worse" if found.high < 0 else "cannot tell"
        yield f"{model.name} - {base} on {split or 'all'}: {points(found)} points, {found.n:,} pairs: {surely}"


def points(found: Difference) -> str:
    """A difference of shares as points with its interval, such as "+12 (+3 to +21)"."""
    return f"{found.mean * 100:+.0f} ({found.low * 100:+.0f} to {found.high * 100:+.0f})"


def shortened_answers(grades: Sequence[Grade]) -> list[str]:
    """A warning that the judge saw only the beginning of long answers, where there were any."""
    cut = sum(bool(grade.notes) for grade in grades)
    count = "1 answer" if cut == 1 else f"{cut:,} answers"
    return [f"longer than grade.judge.longest_answer, so that the judge saw the beginning: {count}"] if cut else []


def curve_lines(models: Sequence[ModelReport]) -> Iterator[str]:
    """Where several checkpoints were graded: the scores of each split over their steps."""
    steps = [model for model in models if model.step is not None]
    if len(steps) < 2:
        return
    for split in dict.fromkeys(split for model in steps for split in model.splits):
        held = [(model.step, found.score.mean) for model in steps if (found := model.splits.get(split)) and found.score]
        bars = "".join(BARS[round(mean * (len(BARS) - 1))] for _, mean in held)
        told = ", ".join(f"{step}: {mean:.0%}" for step, mean in held)
        yield f"{split or 'all':<12} {bars}  {told}"
    yield "  eval that falls while the mirror rises is overfitting: take the step where eval stands highest"


def difficulty_lines(report: GradeReport) -> Iterator[str]:
    """What the guessed difficulty is worth."""
    found = report.guess
    if found.rho is None:
        yield f"guessed difficulty: nothing to compare ({found.rows:,} rows with both, or all alike)"
    else:
        figures = f"Spearman's rho {found.rho:+.2f} (p {found.p:.2f}, {found.rows:,} rows)"
        yield f"guessed difficulty beside the measured one: {figures}"


FOLDER = Path(__file__).parent / "assets"
ASSETS = [
    *["page.css", "charts.css", "grades.css", "page.js", "charts.js", "table.js"],
    *["gaps.js", "answers.js", "grades.js"],
]


def write_report(report: GradeReport, grades: Sequence[Grade], path: Path) -> None:
    """Write the page to `path`; texts of rows, answers and judges reach it as text alone."""
    shown = {
        "report": {
            **_plain(report),
            "spoiled": SPOILED,
            "advice": ADVICE,
            "curve": bool(list(curve_lines(report.models))),
            "honesty": [line for model in report.models for line in honesty_lines(model.name, model.honesty)],
        },
        "answers": [_answer(grade) for grade in grades],
    }
    write_page(path, title=f"Grades: {report.dataset}", kind="grades", data=shown, assets=ASSETS, folder=FOLDER)


def _plain(report: GradeReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in report.__struct_fields__}


def _answer(grade: Grade) -> dict[str, Any]:
    return {
        "id": grade.id,
        "split": grade.split,
        "model": grade.model,
        "question": grade.question,
        "answer": grade.answer,
        "score": grade.score,
        "flips": any(flips(criterion) for criterion in grade.criteria),
        "criteria": grade.criteria,
        "place": " · ".join(filter(None, (grade.document, grade.chunk, grade.category, grade.difficulty))),
        "notes": grade.notes,
    }
