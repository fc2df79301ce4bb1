"""The report on the grades of a dataset: scores, gaps, facets, consistency, and difficulty as it was measured.

A question's difficulty is 1 - the share of the graded models that answer it right; it stands beside what was guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from groundwork.data_folder.file_names import slug
from groundwork.dataset.load_dataset import MIRROR_SPLITS
from groundwork.grading.confidence_intervals import Difference, Interval, paired_difference, share_interval
from groundwork.grading.judge_reliability import Consistency, JudgeTrust, is_flipping, judge_consistency
from groundwork.grading.memorization import GapBounds, MemorizationGap, MirrorPair, memorization_gap
from groundwork.grading.refusals import Honesty, measure_honesty
from groundwork.message_wording import counted
from groundwork.records import Grade, MeasuredRow

FACETS = ("category", "difficulty", "cluster", "tag", "document")
LEAST_DOCUMENTS = 6  # fewer say nothing of documents at large, so chunks are the clusters
_STEP = re.compile(r"(\d+)\D*$")

LEVELS = {"easy": 0, "medium": 1, "hard": 2}
LEAST_ROWS = 3  # rows for a rank correlation


class SplitScore(msgspec.Struct, frozen=True, kw_only=True):
    """One model on one split."""

    answers: int
    score: Interval | None  # mean share of criteria met
    passed: Interval | None  # share of answers that meet all
    ungraded: int  # criteria without a readable verdict
    cannot_tell: int  # criteria


class MissedCriterion(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that a model never stated, however it was asked."""

    id: str
    criterion: str
    question: str
    document: str
    chunk: str


class ModelReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one model. `step`: the number that its name ends in, for curves."""

    name: str
    step: int | None
    splits: dict[str, SplitScore]
    gap: MemorizationGap | None
    against_base: dict[str, Difference]
    facets: dict[str, dict[str, dict[str, Interval]]]  # facet, value, split
    never: list[MissedCriterion]
    honesty: Honesty | None = None


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
    models: list[ModelReport]
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
    by_document = len({grade.document for grade in scored_grades if grade.document}) >= LEAST_DOCUMENTS
    judges = grades[0].judges if grades else []
    all_criteria = [criterion for grade in grades for criterion in grade.criteria]
    rows = measure_difficulty(grades, set_aside)
    return GradeReport(
        dataset=dataset,
        judges=list(judges),
        open_book=any(grade.open_book for grade in grades),
        clustered_by="document" if by_document else "chunk",
        base=base,
        by_reference=len({grade.id for grade in grades if grade.against == "reference answer"}),
        trust=trust,
        consistency=judge_consistency(all_criteria, judges),
        models=[_model_report(model, scored_grades, base, by_document, bounds) for model in _models_in_order(grades)],
        flipping=list(_flipping_criteria(grades)),
        **_unanimous_criteria(scored_grades),
        guess=correlate_guesses(rows),
        rows=rows,
        split_sizes=dict(split_sizes or {}),
        warnings=list(warnings),
    )


def _models_in_order(grades: Sequence[Grade]) -> list[str]:
    """The graded models: by name, then checkpoints by their steps."""
    return sorted(
        {grade.model for grade in grades},
        key=lambda model: (checkpoint_step(model) is not None, checkpoint_step(model) or 0, model),
    )


def base_model_name(models: Sequence[str], base_name: str) -> str:
    """The name of the model, as the grades have it, that `asked` means, NAME or NAME@PROVIDER; `asked` if none is."""
    slugs = (slug(base_name), slug(base_name.partition("@")[0]))
    return next((model for model in models if base_name and slug(model) in slugs), base_name)


def checkpoint_step(name: str) -> int | None:
    """The number that a checkpoint's name ends in: 200 of "checkpoint-200"."""
    match = _STEP.search(name) if re.search(r"step|checkpoint|ckpt|epoch|iter", name, re.IGNORECASE) else None
    return int(match[1]) if match else None


def _model_report(name: str, grades: Sequence[Grade], base: str, by_document: bool, bounds: GapBounds) -> ModelReport:
    model_grades = [grade for grade in grades if grade.model == name]
    answerable_grades = [grade for grade in model_grades if not grade.unanswerable]
    splits: dict[str, list[Grade]] = defaultdict(list)
    for grade in answerable_grades:
        splits[grade.split].append(grade)
    base_grades = {(grade.split, grade.id): grade for grade in grades if grade.model == base and base != name}
    base_differences = {
        split: difference
        for split, split_grades in splits.items()
        if (difference := _base_difference(split_grades, base_grades, by_document))
    }
    mirror_split = next((split for split in splits if split in MIRROR_SPLITS), "")
    eval_split = next((split for split in splits if split not in (*MIRROR_SPLITS, "train")), "")
    has_both_splits = mirror_split and eval_split in splits and eval_split != mirror_split
    pairs = list(_mirror_pairs(splits[eval_split], splits[mirror_split], by_document)) if has_both_splits else []
    return ModelReport(
        name=name,
        step=checkpoint_step(name),
        splits={split: _split_score(split_grades, by_document) for split, split_grades in splits.items()},
        gap=memorization_gap(pairs, bounds, base_differences.get(mirror_split)) if has_both_splits else None,
        against_base=base_differences,
        facets={facet: intervals for facet in FACETS if (intervals := _facet_scores(facet, splits, by_document))},
        never=list(_never_met(answerable_grades)),
        honesty=measure_honesty(model_grades, partial(row_cluster, by_document=by_document)),
    )


def _split_score(grades: Sequence[Grade], by_document: bool) -> SplitScore:
    verdicts = [criterion.verdict for grade in grades for criterion in grade.criteria]
    return SplitScore(
        answers=len(grades),
        score=_score_interval([(grade.score, grade) for grade in grades], by_document),
        passed=_score_interval(
            [(None if grade.passed is None else float(grade.passed), grade) for grade in grades], by_document
        ),
        ungraded=verdicts.count("ungraded"),
        cannot_tell=verdicts.count("cannot tell"),
    )


def _score_interval(values: Iterable[tuple[float | None, Grade]], by_document: bool) -> Interval | None:
    scored = [(score, row_cluster(grade, by_document)) for score, grade in values if score is not None]
    return share_interval([score for score, _ in scored], [cluster for _, cluster in scored]) if scored else None


def row_cluster(grade: Grade, by_document: bool) -> str:
    """What the answer's row hangs together with: its document, or its chunk, or itself alone where neither is known."""
    return (grade.document if by_document else grade.chunk) or f"\0{grade.id}"


def _base_difference(
    grades: Sequence[Grade], base_grades: Mapping[tuple[str, str], Grade], by_document: bool
) -> Difference | None:
    """The scores of `own` minus those of the base on the same rows."""
    pairs = [
        (grade.score - base_grade.score, row_cluster(grade, by_document))
        for grade in grades
        if (base_grade := base_grades.get((grade.split, grade.id)))
        and grade.score is not None
        and base_grade.score is not None
    ]
    return paired_difference([value for value, _ in pairs], [cluster for _, cluster in pairs]) if pairs else None


def _mirror_pairs(
    eval_grades: Sequence[Grade], mirror_grades: Sequence[Grade], by_document: bool
) -> Iterator[MirrorPair]:
    mirror_by_id = {grade.id: grade for grade in mirror_grades}
    for grade in eval_grades:
        mirror_grade = mirror_by_id.get(grade.id)
        if mirror_grade and grade.score is not None and mirror_grade.score is not None:
            same_words = grade.question.strip() == mirror_grade.question.strip()
            yield MirrorPair(grade.score, mirror_grade.score, row_cluster(grade, by_document), same_words)


def _facet_scores(
    facet: str, splits: Mapping[str, Sequence[Grade]], by_document: bool
) -> dict[str, dict[str, Interval]]:
    """The scores by each value of `facet`, the most frequent first."""
    grades_by_value: dict[str, dict[str, list[Grade]]] = defaultdict(lambda: defaultdict(list))
    for split, grades in splits.items():
        for grade in grades:
            for value in facet_values(facet, grade):
                grades_by_value[value][split].append(grade)
    ordered = sorted(grades_by_value, key=lambda value: (-sum(map(len, grades_by_value[value].values())), value))
    table = {
        value: {
            split: interval
            for split, group in grades_by_value[value].items()
            if (
                interval := _score_interval(
                    [(grade.score, grade) for grade in group], by_document and facet != "document"
                )
            )
        }
        for value in ordered
    }
    return {value: group for value, group in table.items() if group}


def facet_values(facet: str, grade: Grade) -> list[str]:
    """What `grade` counts under; a row with several tags counts under each."""
    if facet == "tag":
        return grade.tags
    if facet == "cluster":
        return [str(grade.cluster)] if grade.cluster >= 0 else []
    return [value] if (value := str(getattr(grade, facet))) else []


def _never_met(grades: Sequence[Grade]) -> Iterator[MissedCriterion]:
    """Criteria that no answer of the model meets, in any split it was asked in."""
    verdicts: dict[tuple[str, str], list[str]] = defaultdict(list)
    grade_of: dict[tuple[str, str], Grade] = {}
    for grade in grades:
        for criterion in grade.criteria:
            key = grade.id, criterion.criterion
            verdicts[key].append(criterion.verdict)
            grade_of.setdefault(key, grade)
    for (row_id, text), outcomes in verdicts.items():
        if set(outcomes) == {"unmet"}:
            grade = grade_of[row_id, text]
            yield MissedCriterion(
                id=row_id, criterion=text, question=grade.question, document=grade.document, chunk=grade.chunk
            )


def _flipping_criteria(grades: Sequence[Grade]) -> Iterator[NamedCriterion]:
    flip_counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for grade in grades:
        for criterion in grade.criteria:
            if criterion.by == "judge":
                counts = flip_counts[grade.id, criterion.criterion]
                counts[0] += is_flipping(criterion)
                counts[1] += 1
    for (row_id, text), (flipped, total) in sorted(flip_counts.items(), key=lambda item: -item[1][0]):
        if flipped:
            yield NamedCriterion(id=row_id, criterion=text, why=f"flips on {flipped} of {counted(total, 'answer')}")


def _unanimous_criteria(grades: Sequence[Grade]) -> dict[str, list[NamedCriterion]]:
    """The criteria that no answer meets, and those that all do; one model alone is nobody and everybody."""
    verdicts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for grade in grades if len({grade.model for grade in grades}) > 1 else []:
        for criterion in grade.criteria:
            verdicts[grade.id, criterion.criterion].append(criterion.verdict)
    criteria_by_kind: dict[str, list[NamedCriterion]] = {"nobody": [], "everybody": []}
    for (row_id, text), outcomes in verdicts.items():
        if len(outcomes) > 1 and set(outcomes) in ({"met"}, {"unmet"}):
            kind = "everybody" if outcomes[0] == "met" else "nobody"
            criteria_by_kind[kind].append(
                NamedCriterion(id=row_id, criterion=text, why=counted(len(outcomes), "answer"))
            )
    return criteria_by_kind


class GuessCorrelation(NamedTuple):
    """How far the guessed difficulty follows the measured one: Spearman's rho over `rows` rows, and its p-value."""

    rho: float | None  # null: too few rows, or all are alike on one side
    p: float | None
    rows: int


def measure_difficulty(grades: Sequence[Grade], set_aside: Mapping[str, str]) -> list[MeasuredRow]:
    """Each question once, in the order of `grades`; mirrors count only where nothing else of an id was graded."""
    by_id: dict[str, list[Grade]] = defaultdict(list)
    for grade in grades:
        by_id[grade.id].append(grade)
    return [_measured_row(row_id, row_grades, set_aside.get(row_id, "")) for row_id, row_grades in by_id.items()]


def _measured_row(row_id: str, grades: list[Grade], set_aside: str) -> MeasuredRow:
    counted_grades = [grade for grade in grades if grade.split not in MIRROR_SPLITS] or grades
    verdicts = [grade.passed for grade in counted_grades if grade.passed is not None]
    flipping = dict.fromkeys(
        criterion.criterion for grade in grades for criterion in grade.criteria if is_flipping(criterion)
    )
    return MeasuredRow(
        id=row_id,
        question=counted_grades[0].question,
        difficulty=round(1 - sum(verdicts) / len(verdicts), 4) if verdicts else None,
        guessed=counted_grades[0].difficulty,
        models=len({grade.model for grade in counted_grades}),
        flipping=list(flipping),
        set_aside=set_aside,
    )


def correlate_guesses(rows: Sequence[MeasuredRow]) -> GuessCorrelation:
    """Spearman's rank correlation of guessed and measured difficulty, without the rows that were set aside."""
    from scipy.stats import spearmanr

    compared = [
        (LEVELS[row.guessed], row.difficulty)
        for row in rows
        if row.guessed in LEVELS and row.difficulty is not None and not row.set_aside
    ]
    if len(compared) < LEAST_ROWS or any(len({levels[side] for levels in compared}) < 2 for side in (0, 1)):
        return GuessCorrelation(None, None, len(compared))
    correlation = spearmanr([levels[0] for levels in compared], [levels[1] for levels in compared])
    return GuessCorrelation(float(correlation.statistic), float(correlation.pvalue), len(compared))
