"""The report on the grades of a dataset, as a record: what is known of judge, models, criteria and rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from groundwork.data_folder.file_names import slug
from groundwork.grading.judge_check import JudgeTrust
from groundwork.grading.judge_consistency import Consistency, is_flipping, judge_consistency
from groundwork.grading.measured_difficulty import GuessCorrelation, correlate_guesses, measure_difficulty
from groundwork.grading.mirror_gap import GapBounds
from groundwork.grading.model_scores import ModelScores, checkpoint_step, score_model
from groundwork.message_wording import counted
from groundwork.records import Grade, MeasuredRow

LEAST_DOCUMENTS = 6  # fewer say nothing of documents at large, so chunks are the clusters


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
