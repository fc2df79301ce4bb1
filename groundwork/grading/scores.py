"""Everything that the grades of a dataset say, as one Report: scores, gaps, facets, consistency, difficulty."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from groundwork.dataset.dataset_sources import MIRRORS
from groundwork.grading.confidence_intervals import Difference, Interval, paired_difference, share_interval
from groundwork.grading.difficulty import Guess, guess, measured
from groundwork.grading.judge_agreement import Consistency, consistency, flips
from groundwork.grading.judge_validation import Trust
from groundwork.grading.memorization import Gap, MirrorPair, gap
from groundwork.grading.refusals import Honesty, honesty
from groundwork.records.artifacts import slug
from groundwork.records.grades import Grade, MeasuredRow

FACETS = ("category", "difficulty", "cluster", "tag", "document")
LEAST_DOCUMENTS = 6  # fewer say nothing of documents at large, so chunks are the clusters
_STEP = re.compile(r"(\d+)\D*$")


class SplitScore(msgspec.Struct, frozen=True, kw_only=True):
    """One model on one split."""

    answers: int
    score: Interval | None  # mean share of criteria met
    passed: Interval | None  # share of answers that meet all
    ungraded: int  # criteria without a readable verdict
    cannot_tell: int  # criteria


class Missed(msgspec.Struct, frozen=True, kw_only=True):
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
    gap: Gap | None
    against_base: dict[str, Difference]
    facets: dict[str, dict[str, dict[str, Interval]]]  # facet, value, split
    never: list[Missed]
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
    trust: Trust | None
    consistency: Consistency
    models: list[ModelReport]
    flipping: list[NamedCriterion]
    nobody: list[NamedCriterion]
    everybody: list[NamedCriterion]
    guess: Guess
    rows: list[MeasuredRow]
    warnings: list[str]


def grade_report(
    dataset: str,
    grades: Sequence[Grade],
    trust: Trust | None,
    *,
    base: str = "",
    margin: float,
    floor: float,
    warnings: Sequence[str] = (),
) -> GradeReport:
    """The report on `grades` of one judge and one book. Rows that the check set aside count for no score."""
    set_aside = trust.set_aside if trust else {}
    kept = [grade for grade in grades if grade.id not in set_aside]
    by_document = len({grade.document for grade in kept if grade.document}) >= LEAST_DOCUMENTS
    names = sorted(
        {grade.model for grade in grades}, key=lambda name: (step_of(name) is not None, step_of(name) or 0, name)
    )
    judges = grades[0].judges if grades else []
    everything = [criterion for grade in grades for criterion in grade.criteria]
    rows = measured(grades, set_aside)
    return GradeReport(
        dataset=dataset,
        judges=list(judges),
        open_book=any(grade.open_book for grade in grades),
        clustered_by="document" if by_document else "chunk",
        base=base,
        by_reference=len({grade.id for grade in grades if grade.against == "reference answer"}),
        trust=trust,
        consistency=consistency(everything, judges),
        models=[_model(name, kept, base, by_document, margin, floor) for name in names],
        flipping=list(_flipping(grades)),
        **_unanimous(kept),
        guess=guess(rows),
        rows=rows,
        warnings=list(warnings),
    )


def named_base(models: Sequence[str], asked: str) -> str:
    """The name of the model, as the grades have it, that `asked` means, NAME or NAME@PROVIDER; `asked` if none is."""
    slugs = (slug(asked), slug(asked.partition("@")[0]))
    return next((name for name in models if asked and slug(name) in slugs), asked)


def step_of(name: str) -> int | None:
    """The number that a checkpoint's name ends in: 200 of "checkpoint-200"."""
    match = _STEP.search(name) if re.search(r"step|checkpoint|ckpt|epoch|iter", name, re.IGNORECASE) else None
    return int(match[1]) if match else None


def _model(
    name: str, grades: Sequence[Grade], base: str, by_document: bool, margin: float, floor: float
) -> ModelReport:
    everything = [grade for grade in grades if grade.model == name]
    own = [grade for grade in everything if not grade.unanswerable]
    splits: dict[str, list[Grade]] = defaultdict(list)
    for grade in own:
        splits[grade.split].append(grade)
    others = {(grade.split, grade.id): grade for grade in grades if grade.model == base and base != name}
    against = {split: found for split, of in splits.items() if (found := _paired(of, others, by_document))}
    mirror = next((split for split in splits if split in MIRRORS), "")
    first = next((split for split in splits if split not in (*MIRRORS, "train")), "")
    both = mirror and first in splits and first != mirror
    pairs = list(_pairs(splits[first], splits[mirror], by_document)) if both else []
    return ModelReport(
        name=name,
        step=step_of(name),
        splits={split: _split(of, by_document) for split, of in splits.items()},
        gap=gap(pairs, margin, floor, against.get(mirror)) if both else None,
        against_base=against,
        facets={facet: values for facet in FACETS if (values := _facet(facet, splits, by_document))},
        never=list(_never(own)),
        honesty=honesty(everything),
    )


def _split(grades: Sequence[Grade], by_document: bool) -> SplitScore:
    verdicts = [criterion.verdict for grade in grades for criterion in grade.criteria]
    return SplitScore(
        answers=len(grades),
        score=_share([(grade.score, grade) for grade in grades], by_document),
        passed=_share(
            [(None if grade.passed is None else float(grade.passed), grade) for grade in grades], by_document
        ),
        ungraded=verdicts.count("ungraded"),
        cannot_tell=verdicts.count("cannot tell"),
    )


def _share(values: Iterable[tuple[float | None, Grade]], by_document: bool) -> Interval | None:
    known = [(value, cluster_of(grade, by_document)) for value, grade in values if value is not None]
    return share_interval([value for value, _ in known], [cluster for _, cluster in known]) if known else None


def cluster_of(grade: Grade, by_document: bool) -> str:
    """What the answer's row hangs together with: its document, or its chunk, or itself alone where neither is known."""
    return (grade.document if by_document else grade.chunk) or f"\0{grade.id}"


def _paired(own: Sequence[Grade], others: Mapping[tuple[str, str], Grade], by_document: bool) -> Difference | None:
    """The scores of `own` minus those of the base on the same rows."""
    found = [
        (grade.score - other.score, cluster_of(grade, by_document))
        for grade in own
        if (other := others.get((grade.split, grade.id))) and grade.score is not None and other.score is not None
    ]
    return paired_difference([value for value, _ in found], [cluster for _, cluster in found]) if found else None


def _pairs(own: Sequence[Grade], mirror: Sequence[Grade], by_document: bool) -> Iterator[MirrorPair]:
    other = {grade.id: grade for grade in mirror}
    for grade in own:
        twin = other.get(grade.id)
        if twin and grade.score is not None and twin.score is not None:
            same = grade.question.strip() == twin.question.strip()
            yield MirrorPair(grade.score, twin.score, cluster_of(grade, by_document), same)


def _facet(facet: str, splits: Mapping[str, Sequence[Grade]], by_document: bool) -> dict[str, dict[str, Interval]]:
    """The scores by each value of `facet`, the most frequent first."""
    found: dict[str, dict[str, list[Grade]]] = defaultdict(lambda: defaultdict(list))
    for split, grades in splits.items():
        for grade in grades:
            for value in values_of(facet, grade):
                found[value][split].append(grade)
    ordered = sorted(found, key=lambda value: (-sum(map(len, found[value].values())), value))
    table = {
        value: {
            split: interval
            for split, of in found[value].items()
            if (interval := _share([(grade.score, grade) for grade in of], by_document and facet != "document"))
        }
        for value in ordered
    }
    return {value: of for value, of in table.items() if of}


def values_of(facet: str, grade: Grade) -> list[str]:
    """What `grade` counts under; a row with several tags counts under each."""
    if facet == "tag":
        return grade.tags
    if facet == "cluster":
        return [str(grade.cluster)] if grade.cluster >= 0 else []
    return [value] if (value := str(getattr(grade, facet))) else []


def _never(grades: Sequence[Grade]) -> Iterator[Missed]:
    """Criteria that no answer of the model meets, in any split it was asked in."""
    verdicts: dict[tuple[str, str], list[str]] = defaultdict(list)
    places: dict[tuple[str, str], Grade] = {}
    for grade in grades:
        for criterion in grade.criteria:
            key = grade.id, criterion.criterion
            verdicts[key].append(criterion.verdict)
            places.setdefault(key, grade)
    for (name, text), of in verdicts.items():
        if set(of) == {"unmet"}:
            at = places[name, text]
            yield Missed(id=name, criterion=text, question=at.question, document=at.document, chunk=at.chunk)


def _flipping(grades: Sequence[Grade]) -> Iterator[NamedCriterion]:
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for grade in grades:
        for criterion in grade.criteria:
            if criterion.by == "judge":
                counted = found[grade.id, criterion.criterion]
                counted[0] += flips(criterion)
                counted[1] += 1
    for (name, text), (flipped, of) in sorted(found.items(), key=lambda item: -item[1][0]):
        if flipped:
            yield NamedCriterion(id=name, criterion=text, why=f"flips on {flipped} of {of} answers")


def _unanimous(grades: Sequence[Grade]) -> dict[str, list[NamedCriterion]]:
    """The criteria that no answer meets, and those that all do; one model alone is nobody and everybody."""
    verdicts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for grade in grades if len({grade.model for grade in grades}) > 1 else []:
        for criterion in grade.criteria:
            verdicts[grade.id, criterion.criterion].append(criterion.verdict)
    found: dict[str, list[NamedCriterion]] = {"nobody": [], "everybody": []}
    for (name, text), of in verdicts.items():
        if len(of) > 1 and set(of) in ({"met"}, {"unmet"}):
            kind = "everybody" if of[0] == "met" else "nobody"
            found[kind].append(NamedCriterion(id=name, criterion=text, why=f"{len(of)} answers"))
    return found
