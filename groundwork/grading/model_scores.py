"""The scores of each graded model: by split and facet, against the base model, and the criteria that it never meets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec

from groundwork.console import terminal
from groundwork.data_folder.file_names import slug
from groundwork.grading.confidence_intervals import (
    ConfidenceInterval,
    PairedDifference,
    format_percent,
    format_points,
    paired_difference,
    share_interval,
)
from groundwork.grading.honesty import Honesty, measure_honesty
from groundwork.grading.mirror_gap import GapBounds, MirrorGap, split_mirror_gap
from groundwork.message_wording import counted
from groundwork.records import Grade

SCORE_FACETS = ("category", "difficulty", "cluster", "tag", "document")
_CHECKPOINT_STEP = re.compile(r"(\d+)\D*$")
SCORE_BARS = "▁▂▃▄▅▆▇█"


class SplitScore(msgspec.Struct, frozen=True, kw_only=True):
    """One model on one split."""

    answers: int
    score: ConfidenceInterval | None  # mean share of criteria met
    passed: ConfidenceInterval | None  # share of answers that meet all
    ungraded: int  # criteria without a readable verdict
    cannot_tell: int  # criteria


class CriterionMissedByModel(msgspec.Struct, frozen=True, kw_only=True):
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
    never: list[CriterionMissedByModel]
    honesty: Honesty | None = None


def checkpoint_step(name: str) -> int | None:
    """The number that a checkpoint's name ends in: 200 of "checkpoint-200"."""
    is_checkpoint = re.search(r"step|checkpoint|ckpt|epoch|iter", name, re.IGNORECASE)
    step_match = _CHECKPOINT_STEP.search(name) if is_checkpoint else None
    return int(step_match[1]) if step_match else None


def score_model(name: str, grades: Sequence[Grade], base: str, by_document: bool, bounds: GapBounds) -> ModelScores:
    """All that is said of the model `name`. `grades`: those of all models, for the base among them."""
    cluster = partial(scored_cluster, by_document=by_document)
    model_grades = [scored_grade for scored_grade in grades if scored_grade.model == name]
    answerable_grades = [scored_grade for scored_grade in model_grades if not scored_grade.unanswerable]
    scored_splits: dict[str, list[Grade]] = defaultdict(list)
    for scored_grade in answerable_grades:
        scored_splits[scored_grade.split].append(scored_grade)
    base_grades = {
        (scored_grade.split, scored_grade.id): scored_grade
        for scored_grade in grades
        if scored_grade.model == base and base != name
    }
    base_differences = {
        split: score_difference
        for split, scored_split in scored_splits.items()
        if (score_difference := _base_score_difference(scored_split, base_grades, by_document))
    }
    return ModelScores(
        name=name,
        step=checkpoint_step(name),
        splits={split: _split_score(scored_split, by_document) for split, scored_split in scored_splits.items()},
        gap=split_mirror_gap(scored_splits, cluster, bounds, base_differences),
        against_base=base_differences,
        facets={
            facet: facet_intervals
            for facet in SCORE_FACETS
            if (facet_intervals := _facet_scores(facet, scored_splits, by_document))
        },
        never=list(_never_met_criteria(answerable_grades)),
        honesty=measure_honesty(model_grades, cluster),
    )


def _split_score(grades: Sequence[Grade], by_document: bool) -> SplitScore:
    scored_verdicts = [criterion.verdict for scored_grade in grades for criterion in scored_grade.criteria]
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
        ungraded=scored_verdicts.count("ungraded"),
        cannot_tell=scored_verdicts.count("cannot tell"),
    )


def _score_interval(
    scored_grades: Iterable[tuple[float | None, Grade]], by_document: bool
) -> ConfidenceInterval | None:
    scored_clusters = [
        (score, scored_cluster(scored_grade, by_document)) for score, scored_grade in scored_grades if score is not None
    ]
    return (
        share_interval([score for score, _ in scored_clusters], [cluster for _, cluster in scored_clusters])
        if scored_clusters
        else None
    )


def scored_cluster(scored_grade: Grade, by_document: bool) -> str:
    """What the answer's row hangs together with: its document, or its chunk, or itself alone where neither is known."""
    return (scored_grade.document if by_document else scored_grade.chunk) or f"\0{scored_grade.id}"


def _base_score_difference(
    grades: Sequence[Grade], base_grades: Mapping[tuple[str, str], Grade], by_document: bool
) -> PairedDifference | None:
    """The scores of `grades` minus those of the base on the same rows."""
    base_score_pairs = [
        (scored_grade.score - base_grade.score, scored_cluster(scored_grade, by_document))
        for scored_grade in grades
        if (base_grade := base_grades.get((scored_grade.split, scored_grade.id)))
        and scored_grade.score is not None
        and base_grade.score is not None
    ]
    return (
        paired_difference([value for value, _ in base_score_pairs], [cluster for _, cluster in base_score_pairs])
        if base_score_pairs
        else None
    )


def _facet_scores(
    score_facet: str, scored_splits: Mapping[str, Sequence[Grade]], by_document: bool
) -> dict[str, dict[str, ConfidenceInterval]]:
    """The scores by each value of `score_facet`, the most frequent first."""
    scored_by_value: dict[str, dict[str, list[Grade]]] = defaultdict(lambda: defaultdict(list))
    for split, grades in scored_splits.items():
        for scored_grade in grades:
            for value in scored_facet_values(score_facet, scored_grade):
                scored_by_value[value][split].append(scored_grade)
    scored_values = sorted(scored_by_value, key=lambda value: (-sum(map(len, scored_by_value[value].values())), value))
    scores_by_value = {
        value: {
            split: score_interval
            for split, scored_grades in scored_by_value[value].items()
            if (
                score_interval := _score_interval(
                    [(scored_grade.score, scored_grade) for scored_grade in scored_grades],
                    by_document and score_facet != "document",
                )
            )
        }
        for value in scored_values
    }
    return {value: scored_grades for value, scored_grades in scores_by_value.items() if scored_grades}


def scored_facet_values(facet: str, scored_grade: Grade) -> list[str]:
    """What `scored_grade` counts under; a row with several tags counts under each."""
    if facet == "tag":
        return scored_grade.tags
    if facet == "cluster":
        return [str(scored_grade.cluster)] if scored_grade.cluster >= 0 else []
    return [value] if (value := str(getattr(scored_grade, facet))) else []


def _never_met_criteria(grades: Sequence[Grade]) -> Iterator[CriterionMissedByModel]:
    """Criteria that no answer of the model meets, in any split it was asked in."""
    scored_verdicts: dict[tuple[str, str], list[str]] = defaultdict(list)
    scored_by_criterion: dict[tuple[str, str], Grade] = {}
    for scored_grade in grades:
        for criterion in scored_grade.criteria:
            criterion_key = scored_grade.id, criterion.criterion
            scored_verdicts[criterion_key].append(criterion.verdict)
            scored_by_criterion.setdefault(criterion_key, scored_grade)
    for (row_id, criterion_text), scored_criterion in scored_verdicts.items():
        if set(scored_criterion) == {"unmet"}:
            scored_grade = scored_by_criterion[row_id, criterion_text]
            yield CriterionMissedByModel(
                id=row_id,
                criterion=criterion_text,
                question=scored_grade.question,
                document=scored_grade.document,
                chunk=scored_grade.chunk,
            )


def models_in_order(grades: Sequence[Grade]) -> list[str]:
    """The graded models: by name, then checkpoints by their steps."""
    return sorted(
        {grade.model for grade in grades},
        key=lambda model: (checkpoint_step(model) is not None, checkpoint_step(model) or 0, model),
    )


def base_model_name(models: Sequence[str], base_name: str) -> str:
    """The name of the model, as the grades have it, that `base_name` means, NAME or NAME@PROVIDER; `base_name` if none
    is.
    """
    base_model_slugs = (slug(base_name), slug(base_name.partition("@")[0]))
    return next((model for model in models if base_name and slug(model) in base_model_slugs), base_name)


def score_table_lines(models: Sequence[ModelScores]) -> list[str]:
    score_rows = [["model", "split", "answers", "criteria met", "all met", "ungraded", "cannot tell"]]
    for graded_model in models:
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


def base_model_lines(graded_model: ModelScores, base: str) -> Iterator[str]:
    """The paired difference from the base model on each split."""
    for split, score_difference in graded_model.against_base.items():
        is_better, is_worse = score_difference.low > 0, score_difference.high < 0
        score_verdict = "better" if is_better else "worse" if is_worse else "cannot tell"
        score_points = f"{format_points(score_difference)} points, {counted(score_difference.n, 'pair')}"
        yield f"{graded_model.name} - {base} on {split or 'all'}: {score_points}: {score_verdict}"


def checkpoint_curve_lines(models: Sequence[ModelScores]) -> Iterator[str]:
    """Where several checkpoints were graded: the scores of each split over their steps."""
    scored_checkpoints = [graded_model for graded_model in models if graded_model.step is not None]
    if len(scored_checkpoints) < 2:
        return
    for split in dict.fromkeys(split for graded_model in scored_checkpoints for split in graded_model.splits):
        score_points = [
            (graded_model.step, split_score.score.mean)
            for graded_model in scored_checkpoints
            if (split_score := graded_model.splits.get(split)) and split_score.score
        ]
        score_bars = "".join(SCORE_BARS[round(mean * (len(SCORE_BARS) - 1))] for _, mean in score_points)
        step_scores = ", ".join(f"{step}: {mean:.0%}" for step, mean in score_points)
        yield f"{split or 'all':<12} {score_bars}  {step_scores}"
    yield "  eval that falls while the mirror rises is overfitting: take the step where eval stands highest"
