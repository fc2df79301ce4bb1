"""The scores of each graded model: by split and facet, against the base model, and the criteria that it never meets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec

from groundwork.dataset.load_dataset import MIRROR_SPLITS
from groundwork.grading.confidence_intervals import (
    ConfidenceInterval,
    PairedDifference,
    paired_difference,
    share_interval,
)
from groundwork.grading.mirror_gap import GapBounds, MirrorGap, MirrorPair, measure_mirror_gap
from groundwork.grading.refusals import Honesty, measure_honesty
from groundwork.records import Grade

SCORE_FACETS = ("category", "difficulty", "cluster", "tag", "document")
_CHECKPOINT_STEP = re.compile(r"(\d+)\D*$")


class SplitScore(msgspec.Struct, frozen=True, kw_only=True):
    """One model on one split."""

    answers: int
    score: ConfidenceInterval | None  # mean share of criteria met
    passed: ConfidenceInterval | None  # share of answers that meet all
    ungraded: int  # criteria without a readable verdict
    cannot_tell: int  # criteria


class MissedCriterion(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that a model never stated, however it was asked."""

    id: str
    criterion: str
    question: str
    document: str
    chunk: str


class ModelScores(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one model. `step`: the number that its name ends in, for curves."""

    name: str
    step: int | None
    splits: dict[str, SplitScore]
    gap: MirrorGap | None
    against_base: dict[str, PairedDifference]
    facets: dict[str, dict[str, dict[str, ConfidenceInterval]]]  # facet, value, split
    never: list[MissedCriterion]
    honesty: Honesty | None = None


def checkpoint_step(name: str) -> int | None:
    """The number that a checkpoint's name ends in: 200 of "checkpoint-200"."""
    step_match = (
        _CHECKPOINT_STEP.search(name) if re.search(r"step|checkpoint|ckpt|epoch|iter", name, re.IGNORECASE) else None
    )
    return int(step_match[1]) if step_match else None


def score_model(name: str, grades: Sequence[Grade], base: str, by_document: bool, bounds: GapBounds) -> ModelScores:
    """All that is said of the model `name`. `grades`: those of all models, for the base among them."""
    model_grades = [scored_grade for scored_grade in grades if scored_grade.model == name]
    answerable_grades = [scored_grade for scored_grade in model_grades if not scored_grade.unanswerable]
    grades_by_split: dict[str, list[Grade]] = defaultdict(list)
    for scored_grade in answerable_grades:
        grades_by_split[scored_grade.split].append(scored_grade)
    base_grades = {
        (scored_grade.split, scored_grade.id): scored_grade
        for scored_grade in grades
        if scored_grade.model == base and base != name
    }
    base_differences = {
        split: difference
        for split, split_grades in grades_by_split.items()
        if (difference := _base_difference(split_grades, base_grades, by_document))
    }
    mirror_split = next((split for split in grades_by_split if split in MIRROR_SPLITS), "")
    eval_split = next((split for split in grades_by_split if split not in (*MIRROR_SPLITS, "train")), "")
    has_both_splits = mirror_split and eval_split in grades_by_split and eval_split != mirror_split
    mirror_pairs = (
        list(_mirror_pairs(grades_by_split[eval_split], grades_by_split[mirror_split], by_document))
        if has_both_splits
        else []
    )
    return ModelScores(
        name=name,
        step=checkpoint_step(name),
        splits={split: _split_score(split_grades, by_document) for split, split_grades in grades_by_split.items()},
        gap=measure_mirror_gap(mirror_pairs, bounds, base_differences.get(mirror_split)) if has_both_splits else None,
        against_base=base_differences,
        facets={
            facet: facet_intervals
            for facet in SCORE_FACETS
            if (facet_intervals := _facet_scores(facet, grades_by_split, by_document))
        },
        never=list(_never_met_criteria(answerable_grades)),
        honesty=measure_honesty(model_grades, partial(row_cluster, by_document=by_document)),
    )


def _split_score(grades: Sequence[Grade], by_document: bool) -> SplitScore:
    verdicts = [criterion.verdict for scored_grade in grades for criterion in scored_grade.criteria]
    return SplitScore(
        answers=len(grades),
        score=_score_interval([(scored_grade.score, scored_grade) for scored_grade in grades], by_document),
        passed=_score_interval(
            [
                (None if scored_grade.passed is None else float(scored_grade.passed), scored_grade)
                for scored_grade in grades
            ],
            by_document,
        ),
        ungraded=verdicts.count("ungraded"),
        cannot_tell=verdicts.count("cannot tell"),
    )


def _score_interval(
    scored_grades: Iterable[tuple[float | None, Grade]], by_document: bool
) -> ConfidenceInterval | None:
    scored_clusters = [
        (score, row_cluster(scored_grade, by_document)) for score, scored_grade in scored_grades if score is not None
    ]
    return (
        share_interval([score for score, _ in scored_clusters], [cluster for _, cluster in scored_clusters])
        if scored_clusters
        else None
    )


def row_cluster(scored_grade: Grade, by_document: bool) -> str:
    """What the answer's row hangs together with: its document, or its chunk, or itself alone where neither is known."""
    return (scored_grade.document if by_document else scored_grade.chunk) or f"\0{scored_grade.id}"


def _base_difference(
    grades: Sequence[Grade], base_grades: Mapping[tuple[str, str], Grade], by_document: bool
) -> PairedDifference | None:
    """The scores of `grades` minus those of the base on the same rows."""
    base_pairs = [
        (scored_grade.score - base_grade.score, row_cluster(scored_grade, by_document))
        for scored_grade in grades
        if (base_grade := base_grades.get((scored_grade.split, scored_grade.id)))
        and scored_grade.score is not None
        and base_grade.score is not None
    ]
    return (
        paired_difference([value for value, _ in base_pairs], [cluster for _, cluster in base_pairs])
        if base_pairs
        else None
    )


def _mirror_pairs(
    eval_grades: Sequence[Grade], mirror_grades: Sequence[Grade], by_document: bool
) -> Iterator[MirrorPair]:
    mirror_by_id = {eval_grade.id: eval_grade for eval_grade in mirror_grades}
    for eval_grade in eval_grades:
        mirror_grade = mirror_by_id.get(eval_grade.id)
        if mirror_grade and eval_grade.score is not None and mirror_grade.score is not None:
            same_words = eval_grade.question.strip() == mirror_grade.question.strip()
            yield MirrorPair(eval_grade.score, mirror_grade.score, row_cluster(eval_grade, by_document), same_words)


def _facet_scores(
    facet: str, splits: Mapping[str, Sequence[Grade]], by_document: bool
) -> dict[str, dict[str, ConfidenceInterval]]:
    """The scores by each value of `facet`, the most frequent first."""
    grades_by_value: dict[str, dict[str, list[Grade]]] = defaultdict(lambda: defaultdict(list))
    for split, grades in splits.items():
        for scored_grade in grades:
            for value in facet_values(facet, scored_grade):
                grades_by_value[value][split].append(scored_grade)
    values_by_frequency = sorted(
        grades_by_value, key=lambda value: (-sum(map(len, grades_by_value[value].values())), value)
    )
    scores_by_value = {
        value: {
            split: score_interval
            for split, split_grades in grades_by_value[value].items()
            if (
                score_interval := _score_interval(
                    [(scored_grade.score, scored_grade) for scored_grade in split_grades],
                    by_document and facet != "document",
                )
            )
        }
        for value in values_by_frequency
    }
    return {value: split_grades for value, split_grades in scores_by_value.items() if split_grades}


def facet_values(facet: str, scored_grade: Grade) -> list[str]:
    """What `scored_grade` counts under; a row with several tags counts under each."""
    if facet == "tag":
        return scored_grade.tags
    if facet == "cluster":
        return [str(scored_grade.cluster)] if scored_grade.cluster >= 0 else []
    return [value] if (value := str(getattr(scored_grade, facet))) else []


def _never_met_criteria(grades: Sequence[Grade]) -> Iterator[MissedCriterion]:
    """Criteria that no answer of the model meets, in any split it was asked in."""
    verdicts_by_criterion: dict[tuple[str, str], list[str]] = defaultdict(list)
    grade_by_criterion: dict[tuple[str, str], Grade] = {}
    for scored_grade in grades:
        for criterion in scored_grade.criteria:
            criterion_key = scored_grade.id, criterion.criterion
            verdicts_by_criterion[criterion_key].append(criterion.verdict)
            grade_by_criterion.setdefault(criterion_key, scored_grade)
    for (row_id, criterion_text), criterion_verdicts in verdicts_by_criterion.items():
        if set(criterion_verdicts) == {"unmet"}:
            scored_grade = grade_by_criterion[row_id, criterion_text]
            yield MissedCriterion(
                id=row_id,
                criterion=criterion_text,
                question=scored_grade.question,
                document=scored_grade.document,
                chunk=scored_grade.chunk,
            )
