"""What a judge is worth: checked without any labels before it is believed, and how alike its draws are.

The reference answer of a question is to pass. Spoiled answers (spoiled_answers) are to fail, and what is right in them
is to be found. Draws of a judge, and two judges, are compared by flip rate, Fleiss' kappa and Cohen's kappa.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from groundwork.data_folder.read_write import read_jsonl, write_jsonl
from groundwork.dataset.load_dataset import QuestionRow
from groundwork.errors import UnitError
from groundwork.grading.answer_judge import GradingCase, Judge, grade_case, majority_verdict
from groundwork.grading.confidence_intervals import Interval, format_percent, share_interval
from groundwork.grading.spoiled_answers import SPOILED_KINDS, row_criteria, spoil_answer
from groundwork.llm.calls.task_group import gather_all
from groundwork.message_wording import counted
from groundwork.records import CheckedAnswer, CriterionGrade, Draw, all_criteria_met
from groundwork.settings.config_schema import GradeSettings

CHECK_FILE = "judge_check.jsonl"
LEAST_CHECKED = 8  # checked answers from which on a judge can be rejected
MOST_UNGRADED = 0.5  # of the answers that the judge was asked about in its check

FLIP_RATE_GOAL = 0.05  # of verdicts may differ between two draws


class JudgeTrust(msgspec.Struct, frozen=True, kw_only=True):
    """What the check found. Shares are of answers with a verdict; null where there were none."""

    sensitivity: Interval | None  # share of reference answers that pass
    specificity: Interval | None  # share of spoiled answers that fail, with what is right in them found
    by_kind: dict[str, tuple[int, int]]  # of each kind: how many were judged rightly, of how many
    ungraded: int
    set_aside: dict[str, str]  # row id: why it says nothing of a model

    @property
    def balanced(self) -> float | None:
        """The mean of sensitivity and specificity: 0.5 for a judge that always says the same."""
        if not (self.sensitivity and self.specificity):
            return None
        return (self.sensitivity.mean + self.specificity.mean) / 2


class CheckCase(NamedTuple):
    """An answer that checks a judge: of which kind, and which criteria it meets though it is spoiled."""

    kind: str
    case: GradingCase
    met: Sequence[str] = ()


@dataclass
class JudgeCheck:
    """The check of one judge on the answers of `rows`, kept in CHECK_FILE of `folder`."""

    rows: list[QuestionRow]
    judge: Judge
    settings: GradeSettings
    folder: Path
    _trust: JudgeTrust | UnitError | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def trust(self) -> JudgeTrust:
        """The judge's check, made once. Raises UnitError for a judge that is not to be believed."""
        async with self._lock:
            if self._trust is None:
                self._trust = await self._measure()
        if isinstance(self._trust, UnitError):
            raise self._trust
        return self._trust

    def cases(self) -> list[CheckCase]:
        """The answers that check the judge: every reference answer, and spoiled ones of some rows."""
        open_book, check_rows = self.settings.open_book, self.settings.judge.check_rows
        if not check_rows:
            return []
        references = [CheckCase("reference", case) for case in reference_cases(self.rows, open_book=open_book)]
        answerable = [row for row in self.rows if not row.unanswerable]
        return references + spoiled_cases(answerable, check_rows, self.settings.seed, open_book=open_book)

    async def _measure(self) -> JudgeTrust | UnitError:
        cases = self.cases()
        graded = await gather_all(grade_case(case, [self.judge]) for _, case, _ in cases)
        checked = [
            CheckedAnswer(
                id=case.id.removesuffix(f" ({kind})"),
                kind=kind,  # type: ignore[arg-type]  # one of the kinds that the cases were made of
                question=case.question,
                answer=case.answer,
                criteria=criteria,
                passed=all_criteria_met(criteria),
                judges=[self.judge.name],
                open_book=self.settings.open_book,
                met=list(met),
            )
            for (kind, case, met), criteria in zip(cases, graded, strict=True)
        ]
        write_jsonl(self.folder / CHECK_FILE, checked)
        judge_trust = measure_trust(checked, self._clusters())
        return self._rejection(judge_trust, checked) or judge_trust

    def saved_trust(self) -> JudgeTrust | None:
        """What the last check of this judge found, from its file; None where there is none of it."""
        file = self.folder / CHECK_FILE
        checked = read_jsonl(file, CheckedAnswer) if file.exists() else []
        own_checks = [
            answer
            for answer in checked
            if answer.judges == [self.judge.name] and answer.open_book == self.settings.open_book
        ]
        return measure_trust(own_checks, self._clusters()) if own_checks else None

    def _clusters(self) -> dict[str, str]:
        return {row.id: row.document or row.chunk or row.id for row in self.rows}

    def _rejection(self, check: JudgeTrust, checked: Sequence[CheckedAnswer]) -> UnitError | None:
        answer_count = len(checked)
        asked_count = sum(any(grade.by == "judge" for grade in answer.criteria) for answer in checked)
        judge, least = self.judge.name, self.settings.judge.least_trust
        remedy = "name another --judge, or set grade.judge.least_trust lower to grade all the same"
        if asked_count and check.ungraded > MOST_UNGRADED * asked_count:
            return UnitError(
                f"the judge {judge} gave no readable verdict on {check.ungraded:,} of "
                f"{counted(asked_count, 'answer')} that it was checked with; name another --judge"
            )
        if answer_count >= LEAST_CHECKED and check.balanced is not None and check.balanced < least:
            return UnitError(
                f"the judge {judge} is not reliable enough: {format_percent(check.sensitivity)} of the reference "
                f"answers pass, {format_percent(check.specificity)} of the spoiled ones fail "
                f"(mean {check.balanced:.0%}, grade.judge.least_trust {least:.0%}); {remedy}"
            )
        return None


def reference_cases(rows: Sequence[QuestionRow], *, open_book: bool) -> list[GradingCase]:
    """The reference answer of each row that has one, once an id."""
    rows_by_id = {row.id: row for row in reversed(rows) if row.answer.strip()}
    return [_case(row, row.answer, "reference", open_book) for row in rows_by_id.values()]


def spoiled_cases(rows: Sequence[QuestionRow], row_limit: int, seed: int, *, open_book: bool) -> list[CheckCase]:
    """The spoiled answers to at most `row_limit` rows, drawn by `seed`."""
    answerable_rows = list({row.id: row for row in reversed(rows) if row.answer.strip()}.values())
    sampled_rows = random.Random(seed).sample(answerable_rows, min(row_limit, len(answerable_rows)))
    return [
        CheckCase(kind, _case(row, spoiled.answer, kind, open_book), spoiled.met)
        for row in sampled_rows
        for kind in SPOILED_KINDS
        if (spoiled := spoil_answer(kind, row, answerable_rows))
    ]


def measure_trust(checked: Sequence[CheckedAnswer], documents: dict[str, str]) -> JudgeTrust:
    """Sensitivity, specificity and the rows to set aside. `documents`: by row id, for the intervals."""
    outcomes_by_kind: dict[str, list[tuple[bool, str]]] = {}
    for answer in checked:
        if answer.passed is not None and not _is_settled_by_rule(answer):
            outcome = _is_judged_rightly(answer), documents.get(answer.id, answer.id)
            outcomes_by_kind.setdefault(answer.kind, []).append(outcome)
    spoiled = [outcomes for kind in SPOILED_KINDS for outcomes in outcomes_by_kind.get(kind, [])]
    return JudgeTrust(
        sensitivity=_right_share(outcomes_by_kind.get("reference", [])),
        specificity=_right_share(spoiled),
        by_kind={
            kind: (sum(right for right, _ in outcomes), len(outcomes)) for kind, outcomes in outcomes_by_kind.items()
        },
        ungraded=sum(answer.passed is None for answer in checked),
        set_aside=dict(filter(None, map(_unreliable_row, checked))),
    )


def _is_settled_by_rule(answer: CheckedAnswer) -> bool:
    """Whether rules alone fail a spoiled answer: that says nothing of the judge."""
    fails_by_rule = any(grade.verdict == "unmet" and grade.by == "rule" for grade in answer.criteria)
    finds_by_judge = any(grade.by == "judge" and grade.criterion in answer.met for grade in answer.criteria)
    return answer.kind != "reference" and fails_by_rule and not finds_by_judge


def _is_judged_rightly(answer: CheckedAnswer) -> bool:
    """A reference answer passes; a spoiled one fails, and what is left right in it is found."""
    if answer.kind == "reference":
        return answer.passed is True
    verdicts = {grade.criterion: grade.verdict for grade in answer.criteria}
    return answer.passed is False and all(verdicts[criterion] == "met" for criterion in answer.met)


def _unreliable_row(answer: CheckedAnswer) -> tuple[str, str] | None:
    if answer.kind != "reference":
        return None
    for grade in answer.criteria:
        if is_flipping(grade):
            verdict_counts = ", ".join(
                f"{count} {verdict}" for verdict, count in Counter(draw.verdict for draw in grade.draws).items()
            )
            return answer.id, f"on the reference answer a criterion flips ({verdict_counts}): {grade.criterion}"
    for grade in answer.criteria:
        if grade.verdict in ("unmet", "cannot tell"):
            failure = "does not meet" if grade.verdict == "unmet" else "leaves the judge unable to tell of"
            return answer.id, f"the reference answer {failure}: {grade.criterion}"
    return None


def _right_share(outcomes: Sequence[tuple[bool, str]]) -> Interval | None:
    return (
        share_interval([float(right) for right, _ in outcomes], [document for _, document in outcomes])
        if outcomes
        else None
    )


def _case(row: QuestionRow, answer: str, kind: str, open_book: bool) -> GradingCase:
    evidence = "\n".join(row.evidence) if open_book else ""
    return GradingCase(f"{row.id} ({kind})", row.question, row_criteria(row), answer, evidence)


class Consistency(msgspec.Struct, frozen=True, kw_only=True):
    """Of the criteria that a judge decided. Shares lie between 0 and 1; null where there is too little to say."""

    criteria: int  # decided by draws, not by a rule
    by_rule: int
    draws: int
    unreadable: int  # draws
    flip_rate: float | None  # share of two draws on one criterion that differ
    unsteady: float | None  # share of criteria whose draws are not all the same
    kappa: float | None  # of Fleiss; null where all verdicts are the same
    judges: list[str] = []
    agreement: float | None = None  # of the two judges' majorities
    judges_kappa: float | None = None  # of Cohen


def judge_consistency(grades: Sequence[CriterionGrade], judges: Sequence[str]) -> Consistency:
    """The figures of the first of `judges`, and its agreement with the second where there is one."""
    judge_draws = [_draws_by(grade, judges[0]) for grade in grades if grade.by == "judge"] if judges else []
    readable: list[list[str]] = [
        [draw.verdict for draw in draws if draw.verdict != "ungraded"] for draws in judge_draws
    ]
    counts = [Counter(verdicts) for verdicts in readable if len(verdicts) > 1]
    pairs = _pairs_of_judges(grades, judges) if len(judges) > 1 else []
    return Consistency(
        criteria=len(judge_draws),
        by_rule=len(grades) - len(judge_draws),
        draws=sum(map(len, judge_draws)),
        unreadable=sum(draw.verdict == "ungraded" for draws in judge_draws for draw in draws),
        flip_rate=flip_rate(counts),
        unsteady=sum(len(count) > 1 for count in counts) / len(counts) if counts else None,
        kappa=fleiss_kappa(counts),
        judges=list(judges),
        agreement=sum(first == second for first, second in pairs) / len(pairs) if pairs else None,
        judges_kappa=cohen_kappa(pairs),
    )


def is_flipping(grade: CriterionGrade) -> bool:
    """Whether the first judge's readable draws are not all the same."""
    first_judge = grade.draws[0].judge if grade.draws else ""
    return len({draw.verdict for draw in _draws_by(grade, first_judge) if draw.verdict != "ungraded"}) > 1


def flip_rate(counts: Sequence[Counter[str]]) -> float | None:
    """The chance that two draws on one criterion differ, in the mean over criteria of two or more draws."""
    return 1 - sum(map(_pair_agreement, counts)) / len(counts) if counts else None


def fleiss_kappa(counts: Sequence[Counter[str]]) -> float | None:
    """Fleiss' kappa (Psychological Bulletin 1971), each item weighted by its draws where their numbers differ.

    None without two draws on an item, and where all verdicts are the same, so that chance alone would agree.
    """
    if not counts:
        return None
    observed = sum(map(_pair_agreement, counts)) / len(counts)
    total = sum(counts, Counter[str]())
    chance = sum((count / total.total()) ** 2 for count in total.values())
    return (observed - chance) / (1 - chance) if chance < 1 else None


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa (Educational and Psychological Measurement 1960); None for no pairs and for one verdict alone."""
    if not pairs:
        return None
    first_counts, second_counts = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    observed = sum(first == second for first, second in pairs) / len(pairs)
    chance = sum(first_counts[verdict] * second_counts[verdict] for verdict in first_counts) / len(pairs) ** 2
    return (observed - chance) / (1 - chance) if chance < 1 else None


def _pair_agreement(count: Counter[str]) -> float:
    draws = count.total()
    return sum(n * (n - 1) for n in count.values()) / (draws * (draws - 1))


def _draws_by(grade: CriterionGrade, judge: str) -> list[Draw]:
    return [draw for draw in grade.draws if draw.judge == judge]


def _pairs_of_judges(grades: Iterable[CriterionGrade], judges: Sequence[str]) -> list[tuple[str, str]]:
    sides = [[_draws_by(grade, judge) for judge in judges[:2]] for grade in grades if grade.by == "judge"]
    pairs = [(majority_verdict(first), majority_verdict(second)) for first, second in sides if first and second]
    return [pair for pair in pairs if "ungraded" not in pair]
