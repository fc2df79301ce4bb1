"""The report on the grades of a dataset: a record of judge, models, criteria and rows, in the terminal and as a page.

The judge comes first, then scores, gaps and what they are worth; the page adds facets, and every answer with its
verdicts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from groundwork.grading.honesty import honesty_lines
from groundwork.grading.judge_check import (
    Consistency,
    JudgeTrust,
    is_flipping,
    judge_consistency,
    judge_consistency_lines,
    judge_trust_lines,
)
from groundwork.grading.measured_difficulty import (
    GuessCorrelation,
    correlate_guesses,
    difficulty_lines,
    measure_difficulty,
)
from groundwork.grading.mirror_gap import GapBounds, gap_lines, mirror_rows_advice
from groundwork.grading.model_scores import (
    ModelScores,
    base_model_lines,
    checkpoint_curve_lines,
    models_in_order,
    score_model,
    score_table_lines,
)
from groundwork.grading.spoiled_answers import SPOILED_KINDS
from groundwork.message_wording import counted
from groundwork.pages.html_page import PageKind, write_page
from groundwork.records import Grade, MeasuredRow

LEAST_DOCUMENTS = 6  # fewer say nothing of documents at large, so chunks are the clusters


class ReportedCriterion(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    criterion: str
    why: str = ""


class GradeReport(msgspec.Struct, frozen=True, kw_only=True):
    """`report.json`."""

    dataset: str
    judges: list[str]
    open_book: bool
    clustered_by: str
    base: str
    by_reference: int  # rows without criteria, graded against the reference answer
    trust: JudgeTrust | None
    consistency: Consistency
    models: list[ModelScores]
    flipping: list[ReportedCriterion]
    nobody: list[ReportedCriterion]
    everybody: list[ReportedCriterion]
    guess: GuessCorrelation
    rows: list[MeasuredRow]
    split_sizes: dict[str, int]  # questions of the dataset, graded or not
    warnings: list[str]


def grade_report(
    dataset: str,
    grades: Sequence[Grade],
    trust: JudgeTrust | None,
    bounds: GapBounds,
    *,
    base: str = "",
    warnings: Sequence[str] = (),
    split_sizes: Mapping[str, int] | None = None,
) -> GradeReport:
    """The report on `grades` of one judge and one book. Rows that the check set aside count for no score.

    `split_sizes`: questions of the dataset by split.
    """
    set_aside = trust.set_aside if trust else {}
    scored_grades = [grade for grade in grades if grade.id not in set_aside]
    is_by_document = len({grade.document for grade in scored_grades if grade.document}) >= LEAST_DOCUMENTS
    judges = grades[0].judges if grades else []
    all_criteria = [criterion for grade in grades for criterion in grade.criteria]
    measured_rows = measure_difficulty(grades, set_aside)
    return GradeReport(
        dataset=dataset,
        judges=list(judges),
        open_book=any(grade.open_book for grade in grades),
        clustered_by="document" if is_by_document else "chunk",
        base=base,
        by_reference=len({grade.id for grade in grades if grade.against == "reference answer"}),
        trust=trust,
        consistency=judge_consistency(all_criteria, judges),
        models=[score_model(model, scored_grades, base, is_by_document, bounds) for model in models_in_order(grades)],
        flipping=list(_flipping_criteria(grades)),
        **_unanimous_criteria(scored_grades),
        guess=correlate_guesses(measured_rows),
        rows=measured_rows,
        split_sizes=dict(split_sizes or {}),
        warnings=list(warnings),
    )


def _flipping_criteria(grades: Sequence[Grade]) -> Iterator[ReportedCriterion]:
    reported_flips: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for reported_grade in grades:
        for criterion in reported_grade.criteria:
            if criterion.by == "judge":
                flips_and_answers = reported_flips[reported_grade.id, criterion.criterion]
                flips_and_answers[0] += is_flipping(criterion)
                flips_and_answers[1] += 1
    for (row_id, criterion_text), (flipped, answers) in sorted(reported_flips.items(), key=lambda item: -item[1][0]):
        if flipped:
            flips_note = f"flips on {flipped} of {counted(answers, 'answer')}"
            yield ReportedCriterion(id=row_id, criterion=criterion_text, why=flips_note)


def _unanimous_criteria(grades: Sequence[Grade]) -> dict[str, list[ReportedCriterion]]:
    """The criteria that no answer meets, and those that all do; one model alone is nobody and everybody."""
    reported_verdicts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for reported_grade in grades if len({reported_grade.model for reported_grade in grades}) > 1 else []:
        for criterion in reported_grade.criteria:
            reported_verdicts[reported_grade.id, criterion.criterion].append(criterion.verdict)
    unanimous_criteria: dict[str, list[ReportedCriterion]] = {"nobody": [], "everybody": []}
    for (row_id, criterion_text), criterion_grades in reported_verdicts.items():
        if len(criterion_grades) > 1 and set(criterion_grades) in ({"met"}, {"unmet"}):
            unanimous_kind = "everybody" if criterion_grades[0] == "met" else "nobody"
            unanimous_criteria[unanimous_kind].append(
                ReportedCriterion(id=row_id, criterion=criterion_text, why=counted(len(criterion_grades), "answer"))
            )
    return unanimous_criteria


def grade_report_lines(grade_report: GradeReport) -> list[str]:
    """Every line; nothing of a score before what the judge is worth."""
    report_lines = [
        f"{grade_report.dataset}: graded by {' and '.join(grade_report.judges) or 'rules'}, "
        f"{_open_or_closed_book(grade_report)}"
    ]
    report_lines += [
        f"  {report_line}"
        for report_line in [
            *judge_trust_lines(grade_report.trust),
            *judge_consistency_lines(grade_report.consistency),
            *_named_criteria_lines(grade_report),
        ]
    ]
    if grade_report.by_reference:
        report_lines.append(
            f"  {counted(grade_report.by_reference, 'row')} without criteria were graded against the reference answer"
        )
    report_lines += score_table_lines(grade_report.models)
    for graded_model in grade_report.models:
        reported_model_lines = [
            *gap_lines(graded_model.name, graded_model.gap, grade_report.split_sizes),
            *base_model_lines(graded_model, grade_report.base),
        ]
        report_lines += [
            f"  {report_line}"
            for report_line in [*reported_model_lines, *honesty_lines(graded_model.name, graded_model.honesty)]
        ]
    report_lines += [f"  {report_line}" for report_line in checkpoint_curve_lines(grade_report.models)]
    report_lines += [f"  {report_line}" for report_line in difficulty_lines(grade_report.guess)]
    return report_lines


def _open_or_closed_book(grade_report: GradeReport) -> str:
    book = "open book" if grade_report.open_book else "closed book"
    return f"{book}; intervals of 95 % by {grade_report.clustered_by}"


REPORT_ASSETS = Path(__file__).parent / "assets"
GRADES_PAGE = PageKind(
    "grades",
    ["page.css", "charts.css", "grades.css", "page.js", "charts.js", "table.js", "gaps.js", "answers.js", "grades.js"],
    REPORT_ASSETS,
)


def write_grade_report_page(grade_report: GradeReport, grades: Sequence[Grade], report_page: Path) -> None:
    """Write the page to `report_page`; texts of rows, answers and judges reach it as text alone."""
    missing_rows = max((model.gap.rows_needed for model in grade_report.models if model.gap), default=0)
    grades_data = {
        "report": {
            **_report_fields(grade_report),
            "spoiled": SPOILED_KINDS,
            "advice": mirror_rows_advice(missing_rows, grade_report.split_sizes) if missing_rows else "",
            "curve": bool(list(checkpoint_curve_lines(grade_report.models))),
            "honesty": [
                honesty_line
                for graded_model in grade_report.models
                for honesty_line in honesty_lines(graded_model.name, graded_model.honesty)
            ],
        },
        "answers": [_answer_data(grade) for grade in grades],
    }
    write_page(report_page, GRADES_PAGE, title=f"Grades: {grade_report.dataset}", data=grades_data)


def _report_fields(grade_report: GradeReport) -> dict[str, Any]:
    return {name: getattr(grade_report, name) for name in grade_report.__struct_fields__}


def _answer_data(grade: Grade) -> dict[str, Any]:
    return {
        "id": grade.id,
        "split": grade.split,
        "model": grade.model,
        "question": grade.question,
        "answer": grade.answer,
        "score": grade.score,
        "flips": any(is_flipping(criterion) for criterion in grade.criteria),
        "criteria": grade.criteria,
        "place": " · ".join(filter(None, (grade.document, grade.chunk, grade.category, grade.difficulty))),
        "notes": grade.notes,
    }


def _named_criteria_lines(grade_report: GradeReport) -> Iterator[str]:
    """How many criteria flip, and how many nobody or everybody meets, with one of each."""
    for criteria_verb, named_criteria in (
        ("flip", grade_report.flipping),
        ("are met by nobody", grade_report.nobody),
        ("are met by everybody", grade_report.everybody),
    ):
        if named_criteria:
            example_criterion = named_criteria[0]
            yield (
                f"{len(named_criteria):,} criteria {criteria_verb}, such as: {example_criterion.criterion} "
                f"({example_criterion.id}; {example_criterion.why})"
            )
