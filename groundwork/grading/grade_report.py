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

from groundwork.console import terminal
from groundwork.data_folder.file_names import slug
from groundwork.grading.confidence_intervals import format_percent, format_points
from groundwork.grading.judge_check import FLIP_RATE_GOAL, Consistency, JudgeTrust, is_flipping, judge_consistency
from groundwork.grading.measured_difficulty import GuessCorrelation, correlate_guesses, measure_difficulty
from groundwork.grading.mirror_gap import GapBounds, MirrorGap, mirror_rows_advice
from groundwork.grading.model_scores import ModelScores, checkpoint_step, score_model
from groundwork.grading.refusals import honesty_lines
from groundwork.grading.spoiled_answers import SPOILED_KINDS
from groundwork.message_wording import counted
from groundwork.pages.html_frame import PageKind, write_page
from groundwork.records import Grade, MeasuredRow

LEAST_DOCUMENTS = 6  # fewer say nothing of documents at large, so chunks are the clusters
CURVE_BARS = "▁▂▃▄▅▆▇█"
ROWS_SHOWN = 8


class NamedCriterion(msgspec.Struct, frozen=True, kw_only=True):
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
    flipping: list[NamedCriterion]
    nobody: list[NamedCriterion]
    everybody: list[NamedCriterion]
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
        models=[
            score_model(model, scored_grades, base, is_by_document, bounds) for model in _graded_models_in_order(grades)
        ],
        flipping=list(_flipping_criteria(grades)),
        **_unanimous_criteria(scored_grades),
        guess=correlate_guesses(measured_rows),
        rows=measured_rows,
        split_sizes=dict(split_sizes or {}),
        warnings=list(warnings),
    )


def _graded_models_in_order(grades: Sequence[Grade]) -> list[str]:
    """The graded models: by name, then checkpoints by their steps."""
    return sorted(
        {grade.model for grade in grades},
        key=lambda model: (checkpoint_step(model) is not None, checkpoint_step(model) or 0, model),
    )


def base_model_name(models: Sequence[str], base_name: str) -> str:
    """The name of the model, as the grades have it, that `base_name` means, NAME or NAME@PROVIDER; `base_name` if none
    is.
    """
    slugs = (slug(base_name), slug(base_name.partition("@")[0]))
    return next((model for model in models if base_name and slug(model) in slugs), base_name)


def _flipping_criteria(grades: Sequence[Grade]) -> Iterator[NamedCriterion]:
    flip_counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for grade in grades:
        for criterion in grade.criteria:
            if criterion.by == "judge":
                flips_and_answers = flip_counts[grade.id, criterion.criterion]
                flips_and_answers[0] += is_flipping(criterion)
                flips_and_answers[1] += 1
    for (row_id, criterion_text), (flipped, graded_answers) in sorted(
        flip_counts.items(), key=lambda item: -item[1][0]
    ):
        if flipped:
            yield NamedCriterion(
                id=row_id, criterion=criterion_text, why=f"flips on {flipped} of {counted(graded_answers, 'answer')}"
            )


def _unanimous_criteria(grades: Sequence[Grade]) -> dict[str, list[NamedCriterion]]:
    """The criteria that no answer meets, and those that all do; one model alone is nobody and everybody."""
    verdicts_by_criterion: dict[tuple[str, str], list[str]] = defaultdict(list)
    for grade in grades if len({grade.model for grade in grades}) > 1 else []:
        for criterion in grade.criteria:
            verdicts_by_criterion[grade.id, criterion.criterion].append(criterion.verdict)
    criteria_by_kind: dict[str, list[NamedCriterion]] = {"nobody": [], "everybody": []}
    for (row_id, criterion_text), criterion_verdicts in verdicts_by_criterion.items():
        if len(criterion_verdicts) > 1 and set(criterion_verdicts) in ({"met"}, {"unmet"}):
            unanimous_kind = "everybody" if criterion_verdicts[0] == "met" else "nobody"
            criteria_by_kind[unanimous_kind].append(
                NamedCriterion(id=row_id, criterion=criterion_text, why=counted(len(criterion_verdicts), "answer"))
            )
    return criteria_by_kind


def grade_report_lines(grade_report: GradeReport) -> list[str]:
    """Every line; nothing of a score before what the judge is worth."""
    report_lines = [
        f"{grade_report.dataset}: graded by {' and '.join(grade_report.judges) or 'rules'}, "
        f"{_open_or_closed_book(grade_report)}"
    ]
    report_lines += [
        f"  {report_line}"
        for report_line in [*judge_trust_lines(grade_report.trust), *judge_consistency_lines(grade_report)]
    ]
    if grade_report.by_reference:
        report_lines.append(
            f"  {counted(grade_report.by_reference, 'row')} without criteria were graded against the reference answer"
        )
    report_lines += _score_table_lines(grade_report)
    for graded_model in grade_report.models:
        model_lines = [
            *gap_lines(graded_model.name, graded_model.gap, grade_report.split_sizes),
            *base_model_lines(graded_model, grade_report.base),
        ]
        report_lines += [
            f"  {report_line}"
            for report_line in [*model_lines, *honesty_lines(graded_model.name, graded_model.honesty)]
        ]
    report_lines += [f"  {report_line}" for report_line in checkpoint_curve_lines(grade_report.models)]
    report_lines += [f"  {report_line}" for report_line in difficulty_lines(grade_report)]
    return report_lines


def _open_or_closed_book(grade_report: GradeReport) -> str:
    book = "open book" if grade_report.open_book else "closed book"
    return f"{book}; intervals of 95 % by {grade_report.clustered_by}"


def judge_trust_lines(judge_trust: JudgeTrust | None) -> Iterator[str]:
    """Sensitivity and specificity, kind by kind, and the rows set aside."""
    if judge_trust is None:
        yield "the judge was not checked"
        return
    spoiled_kind_counts = "; ".join(
        f"{spoiled_kind} {right} of {n}"
        for spoiled_kind in SPOILED_KINDS
        if spoiled_kind in judge_trust.by_kind
        for right, n in [judge_trust.by_kind[spoiled_kind]]
    )
    yield f"judge: sensitivity {format_percent(judge_trust.sensitivity)} (reference answers that pass)"
    specificity = format_percent(judge_trust.specificity)
    yield f"judge: specificity {specificity} (spoiled answers that fail: {spoiled_kind_counts or 'none was made'})"
    if judge_trust.ungraded:
        yield f"judge: {judge_trust.ungraded:,} of its check answers stayed without a verdict"
    if judge_trust.set_aside:
        yield f"{counted(len(judge_trust.set_aside), 'row is', 'rows are')} set aside"
        yield from (f"  {row_id}: {reason}" for row_id, reason in list(judge_trust.set_aside.items())[:ROWS_SHOWN])


def judge_consistency_lines(grade_report: GradeReport) -> Iterator[str]:
    """Flip rate and kappa of the judge, and its agreement with a second one."""
    consistency = grade_report.consistency
    if consistency.flip_rate is None:
        yield f"flips: not measured ({consistency.criteria:,} criteria by the judge, one draw each; pass --repeats 3)"
    else:
        kappa = "all verdicts alike" if consistency.kappa is None else f"Fleiss' kappa {consistency.kappa:.2f}"
        flip_goal = "within" if consistency.flip_rate <= FLIP_RATE_GOAL else "above"
        yield (
            f"flips: {consistency.flip_rate:.1%} between two draws "
            f"({flip_goal} the goal of {FLIP_RATE_GOAL:.0%}), {kappa}; "
            f"{consistency.criteria:,} criteria by the judge, {consistency.by_rule:,} by rule"
        )
    if consistency.unreadable:
        draws = counted(consistency.draws, "draw")
        yield f"{consistency.unreadable:,} of {draws} could not be read; they count for nothing"
    if consistency.agreement is not None:
        kappa = "" if consistency.judges_kappa is None else f", Cohen's kappa {consistency.judges_kappa:.2f}"
        yield (
            f"{consistency.judges[0]} and {consistency.judges[1]} agree on "
            f"{consistency.agreement:.0%} of the criteria{kappa}"
        )
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


def _score_table_lines(grade_report: GradeReport) -> list[str]:
    score_rows = [["model", "split", "answers", "criteria met", "all met", "ungraded", "cannot tell"]]
    for graded_model in grade_report.models:
        for split, split_score in graded_model.splits.items():
            score_rows.append(
                [
                    graded_model.name,
                    split or "-",
                    f"{split_score.answers:,}",
                    format_percent(split_score.score),
                    format_percent(split_score.passed),
                    f"{split_score.ungraded:,}",
                    f"{split_score.cannot_tell:,}",
                ]
            )
    return terminal.table_lines(score_rows, to_left=range(len(score_rows[0])))


def gap_lines(graded_model: str, gap: MirrorGap | None, split_sizes: Mapping[str, int]) -> Iterator[str]:
    """The conclusion, its figures, and what would tell where they do not."""
    if gap is None:
        return
    yield f"{graded_model}: {gap.conclusion} ({gap.reason})"
    if gap.difference:
        yield f"  mirror - eval: {format_points(gap.difference)} points, {counted(gap.difference.n, 'pair')}"
    if gap.rows_needed:
        yield f"  {mirror_rows_advice(gap.rows_needed, split_sizes)}"


def base_model_lines(graded_model: ModelScores, base: str) -> Iterator[str]:
    """The paired difference from the base model on each split."""
    for split, difference in graded_model.against_base.items():
        base_verdict = "better" if difference.low > 0 else "worse" if difference.high < 0 else "cannot tell"
        base_figures = f"{format_points(difference)} points, {counted(difference.n, 'pair')}"
        yield f"{graded_model.name} - {base} on {split or 'all'}: {base_figures}: {base_verdict}"


def shortened_answers_warning(grades: Sequence[Grade]) -> list[str]:
    """A warning that the judge saw only the beginning of long answers, where there were any."""
    shortened_count = sum(bool(grade.notes) for grade in grades)
    answer_count = counted(shortened_count, "answer")
    return (
        [f"longer than grade.judge.longest_answer, so that the judge saw the beginning: {answer_count}"]
        if shortened_count
        else []
    )


def checkpoint_curve_lines(models: Sequence[ModelScores]) -> Iterator[str]:
    """Where several checkpoints were graded: the scores of each split over their steps."""
    checkpoints = [graded_model for graded_model in models if graded_model.step is not None]
    if len(checkpoints) < 2:
        return
    for split in dict.fromkeys(split for graded_model in checkpoints for split in graded_model.splits):
        curve_points = [
            (graded_model.step, split_score.score.mean)
            for graded_model in checkpoints
            if (split_score := graded_model.splits.get(split)) and split_score.score
        ]
        curve_bars = "".join(CURVE_BARS[round(mean * (len(CURVE_BARS) - 1))] for _, mean in curve_points)
        step_scores = ", ".join(f"{step}: {mean:.0%}" for step, mean in curve_points)
        yield f"{split or 'all':<12} {curve_bars}  {step_scores}"
    yield "  eval that falls while the mirror rises is overfitting: take the step where eval stands highest"


def difficulty_lines(grade_report: GradeReport) -> Iterator[str]:
    """What the guessed difficulty is worth."""
    guess_correlation = grade_report.guess
    if guess_correlation.rho is None:
        yield (
            f"guessed difficulty: nothing to compare ({counted(guess_correlation.rows, 'row')} with both, or all alike)"
        )
    else:
        correlation_figures = (
            f"Spearman's rho {guess_correlation.rho:+.2f} (p {guess_correlation.p:.2f}, "
            f"{counted(guess_correlation.rows, 'row')})"
        )
        yield f"guessed difficulty beside the measured one: {correlation_figures}"


ASSETS_FOLDER = Path(__file__).parent / "assets"
GRADES_PAGE = PageKind(
    "grades",
    [
        *["page.css", "charts.css", "grades.css", "page.js", "charts.js", "table.js"],
        *["gaps.js", "answers.js", "grades.js"],
    ],
    ASSETS_FOLDER,
)


def write_grade_report_page(grade_report: GradeReport, grades: Sequence[Grade], report_page: Path) -> None:
    """Write the page to `report_page`; texts of rows, answers and judges reach it as text alone."""
    missing_pairs = max(
        (graded_model.gap.rows_needed for graded_model in grade_report.models if graded_model.gap), default=0
    )
    grades_data = {
        "report": {
            **_report_fields(grade_report),
            "spoiled": SPOILED_KINDS,
            "advice": mirror_rows_advice(missing_pairs, grade_report.split_sizes) if missing_pairs else "",
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
