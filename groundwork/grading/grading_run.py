"""One grading of a dataset: the judge's check, once for all models, and the answers of each model graded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from groundwork.counted_nouns import counted
from groundwork.data_folder.read_write import read_jsonl, write_jsonl
from groundwork.dataset.load_dataset import QuestionRow
from groundwork.errors import UnitError
from groundwork.grading.confidence_intervals import format_percent
from groundwork.grading.judge import GradingCase, Judge, grade_case, usable_criteria
from groundwork.grading.judge_validation import JudgeTrust, measure_trust, reference_cases, spoiled_cases
from groundwork.grading.refusals import REFUSAL_CRITERION
from groundwork.llm.calls.task_group import gather_all
from groundwork.records.grades import CheckedAnswer, Grade, all_criteria_met, criteria_score
from groundwork.settings.grade_settings import GradeSettings

CHECK_FILE = "judge_check.jsonl"
LEAST_CHECKED = 8  # checked answers from which on a judge can be rejected


@dataclass
class Grading:
    """The rows, the judges and the folder that the grades go to."""

    rows: list[QuestionRow]
    judges: list[Judge]
    settings: GradeSettings
    folder: Path
    first_label: str = ""  # the model that a dry run counts the check with
    _trust: JudgeTrust | UnitError | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def judge_trust(self) -> JudgeTrust:
        """The judge's check, made once. Raises UnitError for a judge that is not to be believed."""
        async with self._lock:
            if self._trust is None:
                self._trust = await self._check_judge()
        if isinstance(self._trust, UnitError):
            raise self._trust
        return self._trust

    async def grades(
        self, model: str, answers: dict[tuple[str, str], str], advance: Callable[[], None] = lambda: None
    ) -> list[Grade]:
        """The grade of each row that `answers` (by split and id) holds one for."""

        async def grade_answer(row: QuestionRow, answer: str) -> Grade:
            graded = await self._grade(row, model, answer)
            advance()
            return graded

        answered_rows = [(row, answers[row.split, row.id]) for row in self.rows if (row.split, row.id) in answers]
        return await gather_all(grade_answer(row, answer) for row, answer in answered_rows)

    async def _grade(self, row: QuestionRow, model: str, answer: str) -> Grade:
        criteria = await grade_case(self.case(row, answer), self.judges)
        refuses = criteria.pop().verdict if self._asks_refusal(row) else None
        notes = [
            f"the judge saw its first {self.settings.judge.longest_answer:,} of {counted(len(answer), 'character')}"
        ]
        return Grade(
            id=row.id,
            split=row.split,
            model=model,
            question=row.question,
            answer=answer,
            criteria=criteria,
            score=criteria_score(criteria),
            passed=all_criteria_met(criteria),
            against="reference answer" if usable_criteria(row.evaluation_criteria, row.answer)[1] else "criteria",
            judges=self.judge_names,
            open_book=self.settings.open_book,
            document=row.document,
            chunk=row.chunk,
            category=row.category,
            difficulty=row.difficulty,
            cluster=row.cluster,
            tags=row.tags,
            notes=notes if len(answer) > self.settings.judge.longest_answer else [],
            unanswerable=row.unanswerable,
            refuses=refuses,
        )

    def _asks_refusal(self, row: QuestionRow) -> bool:
        return self._has_unanswerable and not row.unanswerable

    @cached_property
    def _has_unanswerable(self) -> bool:
        return any(row.unanswerable for row in self.rows)

    def case(self, row: QuestionRow, answer: str) -> GradingCase:
        """What the judge is shown of a row; the last criterion is REFUSES where that is asked."""
        evidence = "\n".join(row.evidence) if self.settings.open_book else ""
        criteria = usable_criteria(row.evaluation_criteria, row.answer)[0]
        criteria = [*criteria, REFUSAL_CRITERION] if self._asks_refusal(row) else criteria
        return GradingCase(row.id, row.question, criteria, answer, evidence)

    @property
    def judge_names(self) -> list[str]:
        return [judge.name for judge in self.judges]

    def check_cases(self) -> list[tuple[str, GradingCase]]:
        """The answers that check the judge: every reference answer, and spoiled ones of some rows."""
        open_book, check_rows = self.settings.open_book, self.settings.judge.check_rows
        if not check_rows:
            return []
        references = [("reference", case) for case in reference_cases(self.rows, open_book=open_book)]
        answerable = [row for row in self.rows if not row.unanswerable]
        return references + spoiled_cases(answerable, check_rows, self.settings.seed, open_book=open_book)

    async def _check_judge(self) -> JudgeTrust | UnitError:
        first_judge = self.judges[:1]
        cases = self.check_cases()
        graded = await gather_all(grade_case(case, first_judge) for _, case in cases)
        checked = [
            CheckedAnswer(
                id=case.id.removesuffix(f" ({kind})"),
                kind=kind,  # type: ignore[arg-type]  # one of the kinds that the cases were made of
                question=case.question,
                answer=case.answer,
                criteria=criteria,
                passed=all_criteria_met(criteria),
                judges=[judge.name for judge in first_judge],
                open_book=self.settings.open_book,
            )
            for (kind, case), criteria in zip(cases, graded, strict=True)
        ]
        write_jsonl(self.folder / CHECK_FILE, checked)
        judge_trust = measure_trust(checked, self._clusters())
        return self._rejection(judge_trust, len(checked)) or judge_trust

    def saved_trust(self) -> JudgeTrust | None:
        """What the last check of this judge found, from its file; None where there is none of it."""
        file = self.folder / CHECK_FILE
        checked = read_jsonl(file, CheckedAnswer) if file.exists() else []
        own_checks = [
            answer
            for answer in checked
            if answer.judges == self.judge_names[:1] and answer.open_book == self.settings.open_book
        ]
        return measure_trust(own_checks, self._clusters()) if own_checks else None

    def _clusters(self) -> dict[str, str]:
        return {row.id: row.document or row.chunk or row.id for row in self.rows}

    def _rejection(self, check: JudgeTrust, answer_count: int) -> UnitError | None:
        judge, least = self.judges[0].name, self.settings.judge.least_trust
        remedy = "name another --judge, or set grade.judge.least_trust lower to grade all the same"
        if answer_count and check.ungraded == answer_count:
            return UnitError(
                f"the judge {judge} gave no readable verdict on {counted(answer_count, 'answer')}; {remedy}"
            )
        if answer_count >= LEAST_CHECKED and check.balanced is not None and check.balanced < least:
            return UnitError(
                f"the judge {judge} is not reliable enough: {format_percent(check.sensitivity)} of the reference "
                f"answers pass, {format_percent(check.specificity)} of the spoiled ones fail "
                f"(mean {check.balanced:.0%}, grade.judge.least_trust {least:.0%}); {remedy}"
            )
        return None


def read_grades(folder: Path) -> dict[str, list[Grade]]:
    """By file, the grades of every model in `folder`. Raises BadRecord."""
    files = sorted(path for path in folder.glob("*.jsonl") if "_" not in path.stem)
    return {path.name: read_jsonl(path, Grade) for path in files}


def comparable_grades(grades_by_file: dict[str, list[Grade]], grading: Grading) -> tuple[list[Grade], list[str]]:
    """The grades that stand beside those of this run (same judge, same book, same questions), and what was left out."""
    questions = {(row.split, row.id): row.question for row in grading.rows}
    comparable: list[Grade] = []
    warnings = []
    for file_name, grades in grades_by_file.items():
        same_judge = [grade for grade in grades if _is_by_same_judge(grade, grading)]
        current = [grade for grade in same_judge if questions.get((grade.split, grade.id)) == grade.question]
        if len(same_judge) < len(grades):
            judges = next(grade.judges for grade in grades if not _is_by_same_judge(grade, grading))
            warnings.append(
                f"{file_name}: graded by {judges[0] if judges else 'no judge'}, or with another "
                "setting of grade.open_book; left out, grade it again"
            )
        elif len(current) < len(same_judge):
            warnings.append(
                f"{file_name}: {counted(len(same_judge) - len(current), 'answer is', 'answers are')} to other "
                "questions; left out"
            )
        comparable += current
    return comparable, warnings


def _is_by_same_judge(grade: Grade, grading: Grading) -> bool:
    return grade.judges[:1] == grading.judge_names[:1] and grade.open_book == grading.settings.open_book
