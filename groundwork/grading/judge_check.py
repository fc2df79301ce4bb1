"""The check of a judge, without any labels, before it is believed.

The reference answer of a question is to pass. Spoiled answers (spoiled_answers) are to fail, and what is right in them
is to be found. How alike its verdicts are is told by flip rate and Fleiss' kappa, two judges by Cohen's kappa.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from groundwork.data_folder.read_write import read_jsonl, write_jsonl
from groundwork.dataset.load_dataset import QuestionRow
from groundwork.errors import UnitError
from groundwork.grading.answer_judge import AnswerJudge, JudgedCase, judge_case, majority_verdict
from groundwork.grading.confidence_intervals import ConfidenceInterval, format_percent, share_interval
from groundwork.grading.spoiled_answers import SPOILED_KINDS, row_criteria, spoil_answer
from groundwork.llm.calls.task_group import gather_all
from groundwork.message_wording import counted
from groundwork.records import CheckedAnswer, CriterionGrade, Draw, all_criteria_met
from groundwork.settings.config_schema import GradeSettings

CHECK_FILE = "judge_check.jsonl"
LEAST_CHECKED = 8  # checked answers from which on a judge can be rejected
MOST_UNGRADED = 0.5  # of the answers that the judge was asked about in its check
FLIP_RATE_GOAL = 0.05  # of verdicts may differ between two draws
CHECKED_ROWS_SHOWN = 8


class JudgeTrust(msgspec.Struct, frozen=True, kw_only=True):
    """What the check found. Shares are of answers with a verdict; null where there were none."""

    sensitivity: ConfidenceInterval | None  # share of reference answers that pass
    specificity: ConfidenceInterval | None  # share of spoiled answers that fail, with what is right in them found
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
    case: JudgedCase
    met: Sequence[str] = ()


@dataclass
class JudgeCheck:
    """The check of one judge on the answers of `rows`, kept in CHECK_FILE of `folder`."""

    rows: list[QuestionRow]
    judge: AnswerJudge
    settings: GradeSettings
    folder: Path
    _trust: JudgeTrust | UnitError | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def trust(self) -> JudgeTrust:
        """The judge's check, made once. Raises UnitError for a judge that is not to be believed."""
        async with self._lock:
            if self._trust is None:
                self._trust = await self._measure_judge()
        if isinstance(self._trust, UnitError):
            raise self._trust
        return self._trust

    def cases(self) -> list[CheckCase]:
        """The answers that check the judge: every reference answer, and spoiled ones of some rows."""
        open_book, check_rows = self.settings.open_book, self.settings.judge.check_rows
        if not check_rows:
            return []
        reference_checks = [CheckCase("reference", case) for case in reference_cases(self.rows, open_book=open_book)]
        answerable_rows = [checked_row for checked_row in self.rows if not checked_row.unanswerable]
        return reference_checks + spoiled_cases(answerable_rows, check_rows, self.settings.seed, open_book=open_book)

    async def _measure_judge(self) -> JudgeTrust | UnitError:
        check_cases = self.cases()
        check_grades = await gather_all(judge_case(check_case, [self.judge]) for _, check_case, _ in check_cases)
        checked_answers = [
            CheckedAnswer(
                id=check_case.id.removesuffix(f" ({check_kind})"),
                kind=check_kind,  # type: ignore[arg-type]  # one of the kinds that the cases were made of
                question=check_case.question,
                answer=check_case.answer,
                criteria=checked_criteria,
                passed=all_criteria_met(checked_criteria),
                judges=[self.judge.name],
                open_book=self.settings.open_book,
                met=list(still_met),
                judge_prompts=self.judge.judge_prompts_hash,
            )
            for (check_kind, check_case, still_met), checked_criteria in zip(check_cases, check_grades, strict=True)
        ]
        write_jsonl(self.folder / CHECK_FILE, checked_answers)
        judge_trust = measure_trust(checked_answers, self._clusters())
        return self._judge_rejection(judge_trust, checked_answers) or judge_trust

    def saved_trust(self) -> JudgeTrust | None:
        """What the last check of this judge found, from its file; None where there is none of it."""
        check_file = self.folder / CHECK_FILE
        checked_answers = read_jsonl(check_file, CheckedAnswer) if check_file.exists() else []
        own_checks = [
            checked_answer
            for checked_answer in checked_answers
            if checked_answer.judges == [self.judge.name]
            and checked_answer.open_book == self.settings.open_book
            and self.judge.judge_was_asked_alike(checked_answer.judge_prompts)
        ]
        return measure_trust(own_checks, self._clusters()) if own_checks else None

    def _clusters(self) -> dict[str, str]:
        return {checked.id: checked.document or checked.chunk or checked.id for checked in self.rows}

    def _judge_rejection(self, judge_trust: JudgeTrust, checked_answers: Sequence[CheckedAnswer]) -> UnitError | None:
        answer_count = len(checked_answers)
        asked_count = sum(any(grade.by == "judge" for grade in answer.criteria) for answer in checked_answers)
        judge_name, least_trust = self.judge.name, self.settings.judge.least_trust
        judge_remedy = "name another --judge, or set grade.judge.least_trust lower to grade all the same"
        if asked_count and judge_trust.ungraded > MOST_UNGRADED * asked_count:
            return UnitError(
                f"the judge {judge_name} gave no readable verdict on {judge_trust.ungraded:,} of "
                f"{counted(asked_count, 'answer')} that it was checked with; name another --judge"
            )
        if answer_count >= LEAST_CHECKED and judge_trust.balanced is not None and judge_trust.balanced < least_trust:
            return UnitError(
                f"the judge {judge_name} is not reliable enough: {format_percent(judge_trust.sensitivity)} of the "
                f"reference answers pass, {format_percent(judge_trust.specificity)} of the spoiled ones fail (mean "
                f"{judge_trust.balanced:.0%}, grade.judge.least_trust {least_trust:.0%}); {judge_remedy}"
            )
        return None


def reference_cases(checked_rows: Sequence[QuestionRow], *, open_book: bool) -> list[JudgedCase]:
    """The reference answer of each row that has one, once an id."""
    rows_by_id = {checked_row.id: checked_row for checked_row in reversed(checked_rows) if checked_row.answer.strip()}
    return [_check_case(checked_row, checked_row.answer, "reference", open_book) for checked_row in rows_by_id.values()]


def spoiled_cases(
    checked_rows: Sequence[QuestionRow], row_limit: int, seed: int, *, open_book: bool
) -> list[CheckCase]:
    """The spoiled answers to at most `row_limit` rows, drawn by `seed`."""
    checkable_rows = list(
        {checked_row.id: checked_row for checked_row in reversed(checked_rows) if checked_row.answer.strip()}.values()
    )
    checked_sample = random.Random(seed).sample(checkable_rows, min(row_limit, len(checkable_rows)))
    return [
        CheckCase(check_kind, _check_case(checked_row, spoiled.answer, check_kind, open_book), spoiled.met)
        for checked_row in checked_sample
        for check_kind in SPOILED_KINDS
        if (spoiled := spoil_answer(check_kind, checked_row, checkable_rows))
    ]


def measure_trust(checked_answers: Sequence[CheckedAnswer], documents: dict[str, str]) -> JudgeTrust:
    """Sensitivity, specificity and the rows to set aside. `documents`: by row id, for the intervals."""
    checks_by_kind: dict[str, list[tuple[bool, str]]] = {}
    for checked_answer in checked_answers:
        if checked_answer.passed is not None and not _is_settled_by_rule(checked_answer):
            check_outcome = _is_judged_rightly(checked_answer), documents.get(checked_answer.id, checked_answer.id)
            checks_by_kind.setdefault(checked_answer.kind, []).append(check_outcome)
    spoiled_checks = [checks for kind in SPOILED_KINDS for checks in checks_by_kind.get(kind, [])]
    return JudgeTrust(
        sensitivity=_rightly_judged_share(checks_by_kind.get("reference", [])),
        specificity=_rightly_judged_share(spoiled_checks),
        by_kind={
            check_kind: (sum(right for right, _ in check_outcomes), len(check_outcomes))
            for check_kind, check_outcomes in checks_by_kind.items()
        },
        ungraded=sum(checked_answer.passed is None for checked_answer in checked_answers),
        set_aside=dict(filter(None, map(_row_set_aside, checked_answers))),
    )


def _is_settled_by_rule(checked_answer: CheckedAnswer) -> bool:
    """Whether rules alone fail a spoiled answer: that says nothing of the judge."""
    fails_by_rule = any(
        checked_grade.verdict == "unmet" and checked_grade.by == "rule" for checked_grade in checked_answer.criteria
    )
    finds_by_judge = any(
        checked_grade.by == "judge" and checked_grade.criterion in checked_answer.met
        for checked_grade in checked_answer.criteria
    )
    return checked_answer.kind != "reference" and fails_by_rule and not finds_by_judge


def _is_judged_rightly(checked_answer: CheckedAnswer) -> bool:
    """A reference answer passes; a spoiled one fails, and what is left right in it is found."""
    if checked_answer.kind == "reference":
        return checked_answer.passed is True
    checked_verdicts = {grade.criterion: grade.verdict for grade in checked_answer.criteria}
    return checked_answer.passed is False and all(
        checked_verdicts[criterion] == "met" for criterion in checked_answer.met
    )


def _row_set_aside(checked_answer: CheckedAnswer) -> tuple[str, str] | None:
    if checked_answer.kind != "reference":
        return None
    for checked_grade in checked_answer.criteria:
        if is_flipping(checked_grade):
            flip_counts = ", ".join(
                f"{count} {verdict}" for verdict, count in Counter(draw.verdict for draw in checked_grade.draws).items()
            )
            flip_problem = f"on the reference answer a criterion flips ({flip_counts})"
            return checked_answer.id, f"{flip_problem}: {checked_grade.criterion}"
    for checked_grade in checked_answer.criteria:
        if checked_grade.verdict in ("unmet", "cannot tell"):
            is_unmet = checked_grade.verdict == "unmet"
            check_failure = "does not meet" if is_unmet else "leaves the judge unable to tell of"
            return checked_answer.id, f"the reference answer {check_failure}: {checked_grade.criterion}"
    return None


def _rightly_judged_share(check_outcomes: Sequence[tuple[bool, str]]) -> ConfidenceInterval | None:
    return (
        share_interval([float(right) for right, _ in check_outcomes], [document for _, document in check_outcomes])
        if check_outcomes
        else None
    )


def _check_case(checked_row: QuestionRow, answer: str, kind: str, open_book: bool) -> JudgedCase:
    evidence = "\n".join(checked_row.evidence) if open_book else ""
    return JudgedCase(f"{checked_row.id} ({kind})", checked_row.question, row_criteria(checked_row), answer, evidence)


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
    judge_draws = [_draws_of_judge(grade, judges[0]) for grade in grades if grade.by == "judge"] if judges else []
    judge_verdicts: list[list[str]] = [
        [draw.verdict for draw in draws if draw.verdict != "ungraded"] for draws in judge_draws
    ]
    judge_verdict_counts = [Counter(draw_verdicts) for draw_verdicts in judge_verdicts if len(draw_verdicts) > 1]
    judge_pairs = _pairs_of_judges(grades, judges) if len(judges) > 1 else []
    return Consistency(
        criteria=len(judge_draws),
        by_rule=len(grades) - len(judge_draws),
        draws=sum(map(len, judge_draws)),
        unreadable=sum(draw.verdict == "ungraded" for draws in judge_draws for draw in draws),
        flip_rate=flip_rate(judge_verdict_counts),
        unsteady=sum(len(count) > 1 for count in judge_verdict_counts) / len(judge_verdict_counts)
        if judge_verdict_counts
        else None,
        kappa=fleiss_kappa(judge_verdict_counts),
        judges=list(judges),
        agreement=sum(first == second for first, second in judge_pairs) / len(judge_pairs) if judge_pairs else None,
        judges_kappa=cohen_kappa(judge_pairs),
    )


def is_flipping(grade: CriterionGrade) -> bool:
    """Whether the first judge's readable draws are not all the same."""
    first_judge = grade.draws[0].judge if grade.draws else ""
    return len({draw.verdict for draw in _draws_of_judge(grade, first_judge) if draw.verdict != "ungraded"}) > 1


def flip_rate(judge_verdict_counts: Sequence[Counter[str]]) -> float | None:
    """The chance that two draws on one criterion differ, in the mean over criteria of two or more draws."""
    if not judge_verdict_counts:
        return None
    return 1 - sum(map(_judge_draw_agreement, judge_verdict_counts)) / len(judge_verdict_counts)


def fleiss_kappa(judge_verdict_counts: Sequence[Counter[str]]) -> float | None:
    """Fleiss' kappa (Psychological Bulletin 1971), each item weighted by its draws where their numbers differ.

    None without two draws on an item, and where all verdicts are the same, so that chance alone would agree.
    """
    if not judge_verdict_counts:
        return None
    judge_agreement = sum(map(_judge_draw_agreement, judge_verdict_counts)) / len(judge_verdict_counts)
    judge_verdict_total = sum(judge_verdict_counts, Counter[str]())
    chance_agreement = sum((count / judge_verdict_total.total()) ** 2 for count in judge_verdict_total.values())
    return (judge_agreement - chance_agreement) / (1 - chance_agreement) if chance_agreement < 1 else None


def cohen_kappa(judge_pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa (Educational and Psychological Measurement 1960); None for no pairs and for one verdict alone."""
    if not judge_pairs:
        return None
    first_counts, second_counts = (Counter(pair[side] for pair in judge_pairs) for side in (0, 1))
    judge_agreement = sum(first == second for first, second in judge_pairs) / len(judge_pairs)
    agreeing_chances = sum(first_counts[verdict] * second_counts[verdict] for verdict in first_counts)
    chance_agreement = agreeing_chances / len(judge_pairs) ** 2
    return (judge_agreement - chance_agreement) / (1 - chance_agreement) if chance_agreement < 1 else None


def _judge_draw_agreement(judge_verdict_count: Counter[str]) -> float:
    judge_draw_count = judge_verdict_count.total()
    return sum(n * (n - 1) for n in judge_verdict_count.values()) / (judge_draw_count * (judge_draw_count - 1))


def _draws_of_judge(grade: CriterionGrade, judge: str) -> list[Draw]:
    return [draw for draw in grade.draws if draw.judge == judge]


def _pairs_of_judges(grades: Iterable[CriterionGrade], judges: Sequence[str]) -> list[tuple[str, str]]:
    draws_of_both = [[_draws_of_judge(grade, judge) for judge in judges[:2]] for grade in grades if grade.by == "judge"]
    judge_pairs = [
        (majority_verdict(first), majority_verdict(second)) for first, second in draws_of_both if first and second
    ]
    return [pair for pair in judge_pairs if "ungraded" not in pair]


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
        rows_shown = list(judge_trust.set_aside.items())[:CHECKED_ROWS_SHOWN]
        yield from (f"  {row_id}: {reason}" for row_id, reason in rows_shown)


def judge_consistency_lines(consistency: Consistency) -> Iterator[str]:
    """Flip rate and kappa of the judge, and its agreement with a second one."""
    if consistency.flip_rate is None:
        yield f"flips: not measured ({consistency.criteria:,} criteria by the judge, one draw each; pass --repeats 3)"
    else:
        kappa = "all verdicts alike" if consistency.kappa is None else f"Fleiss' kappa {consistency.kappa:.2f}"
        judge_flip_goal = "within" if consistency.flip_rate <= FLIP_RATE_GOAL else "above"
        yield (
            f"flips: {consistency.flip_rate:.1%} between two draws "
            f"({judge_flip_goal} the goal of {FLIP_RATE_GOAL:.0%}), {kappa}; "
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
