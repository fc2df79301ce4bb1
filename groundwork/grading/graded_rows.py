"""One grading of a dataset: the rows, models and answer files that are graded, their grades, and what it costs.

Rows are those of the splits asked for, a mirror only where it mirrors train. What it costs (--dry-run) is told by the
real prompts, with the reference answers in place of the answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec

from groundwork.data_folder.read_write import read_jsonl
from groundwork.dataset.load_dataset import MIRROR_SPLITS, Dataset, QuestionRow
from groundwork.errors import UsageError
from groundwork.grading.answer_judge import AnswerJudge, JudgedCase, criteria_to_judge, estimate_judge, judge_case
from groundwork.grading.honesty import REFUSAL_CRITERION
from groundwork.grading.judge_check import JudgeCheck
from groundwork.llm.calls.task_group import gather_all
from groundwork.message_wording import counted
from groundwork.records import MIXED_ID_PREFIX, Grade, all_criteria_met, criteria_score
from groundwork.settings.config_schema import GradeSettings
from groundwork.stage_runner.estimates_and_usage import Estimate
from groundwork.stage_runner.job import Job

SPLITS_GRADED_ELSE = ("eval", "test", "validation", "dev", "")  # where none of the splits asked for is there
IDS_SHOWN = 3


class RowsToGrade(msgspec.Struct, frozen=True):
    """Rows in the order of their splits, and what the reader is to know."""

    rows: list[QuestionRow]
    splits: list[str]
    split_sizes: dict[str, int]  # by `count_questions`, of all rows of the dataset
    warnings: list[str]


def choose_rows_to_grade(
    graded_dataset: Dataset, requested: Sequence[str], *, explicit: bool, row_limit: int = 0
) -> RowsToGrade:
    """The rows to grade; `row_limit` of each split where that is not 0, the same ids in all.

    Raises UsageError for splits that are not there (those asked for by name: `explicit`), for a mirror whose rows are
    not in train, and where no row has an answer or criteria to be graded by.
    """
    graded_splits = _splits_to_grade(graded_dataset, requested, explicit)
    candidate_rows = [graded_row for graded_row in graded_dataset.rows if graded_row.split in graded_splits]
    gradable_rows = [
        graded_row
        for graded_row in candidate_rows
        if graded_row.answer.strip() or any(criterion.strip() for criterion in graded_row.evaluation_criteria)
    ]
    if not gradable_rows:
        listed_splits = _listed_splits(graded_splits)
        raise UsageError(f"{graded_dataset.name}: no row of {listed_splits} has an answer or criteria to grade by")
    for mirror_split in set(MIRROR_SPLITS) & set(graded_splits):
        _refuse_untrained_mirror(graded_dataset, mirror_split)
    gradable_rows.sort(key=lambda graded_row: (graded_splits.index(graded_row.split), graded_row.id))
    if row_limit:
        kept_ids = set(list(dict.fromkeys(graded_row.id for graded_row in gradable_rows))[:row_limit])
        gradable_rows = [graded_row for graded_row in gradable_rows if graded_row.id in kept_ids]
    return RowsToGrade(
        gradable_rows,
        graded_splits,
        count_questions(graded_dataset.rows),
        [
            *graded_dataset.warnings,
            *_ungradable_warnings(
                graded_dataset, gradable_rows, len(candidate_rows) - len(gradable_rows) if not row_limit else 0
            ),
        ],
    )


def count_questions(question_rows: Sequence[QuestionRow]) -> Counter[str]:
    """By split: the questions that eval can be drawn from. Other wordings of a row of train (ROW~2) and rows of other
    datasets are none."""
    # in order: the report is the same each time
    gradable_ids = dict.fromkeys((row.split, row.id) for row in question_rows)
    return Counter(
        split
        for split, row_id in gradable_ids
        if not row_id.startswith(MIXED_ID_PREFIX) and (split, row_id.rpartition("~")[0]) not in gradable_ids
    )


def _splits_to_grade(graded_dataset: Dataset, requested_splits: Sequence[str], explicit: bool) -> list[str]:
    gradable_splits = graded_dataset.splits
    if explicit and (missing_splits := [split for split in requested_splits if split not in gradable_splits]):
        listed_splits = _listed_splits(gradable_splits)
        raise UsageError(f"{graded_dataset.name}: has no split {missing_splits[0]!r}; it has {listed_splits}")
    graded_splits = [split for split in requested_splits if split in gradable_splits]
    return (
        graded_splits or [next((split for split in SPLITS_GRADED_ELSE if split in gradable_splits), gradable_splits[0])]
        if gradable_splits
        else []
    )


def _listed_splits(graded_splits: Sequence[str]) -> str:
    return ", ".join(split or "(no split)" for split in graded_splits) or "no rows"


def _refuse_untrained_mirror(graded_dataset: Dataset, mirror: str) -> None:
    trained_rows = {
        (graded_row.id, graded_row.question.strip())
        for graded_row in graded_dataset.rows
        if graded_row.split == "train"
    }
    mirror_rows = [graded_row for graded_row in graded_dataset.rows if graded_row.split == mirror]
    untrained_ids = [
        graded_row.id for graded_row in mirror_rows if (graded_row.id, graded_row.question.strip()) not in trained_rows
    ]
    if untrained_ids:
        raise UsageError(
            f"{graded_dataset.name}: {len(untrained_ids):,} of {counted(len(mirror_rows), 'row')} of {mirror} are not "
            f"in train ({', '.join(untrained_ids[:IDS_SHOWN])}): it says nothing of learning by heart; build the "
            "dataset with --rephrase-qa or --train whole, or pass --splits eval"
        )


def _ungradable_warnings(graded_dataset: Dataset, graded_rows: Sequence[QuestionRow], left_out: int) -> list[str]:
    grading_warnings = []
    if left_out:
        grading_warnings.append(
            f"{graded_dataset.name}: {counted(left_out, 'row')} without an answer and without criteria were left out"
        )
    without_criteria = len(
        {
            graded_row.id
            for graded_row in graded_rows
            if not any(criterion.strip() for criterion in graded_row.evaluation_criteria)
        }
    )
    if without_criteria:
        grading_warnings.append(
            f"{graded_dataset.name}: {counted(without_criteria, 'row has', 'rows have')} no criteria; they are graded "
            "against the reference answer"
        )
    if not set(MIRROR_SPLITS) & {graded_row.split for graded_row in graded_rows}:
        mirror_splits = [split for split in MIRROR_SPLITS if split in graded_dataset.splits]
        mirror_remedy = (
            f"add {mirror_splits[0]} to --splits"
            if mirror_splits
            else "build the dataset with --rephrase-qa --eval-mirror"
        )
        grading_warnings.append(
            f"{graded_dataset.name}: no mirror of train is graded, so that learnt and learnt by heart cannot be told "
            f"apart; {mirror_remedy}"
        )
    return grading_warnings


@dataclass
class Grading:
    """The rows, the judges and the folder that the grades go to."""

    rows: list[QuestionRow]
    judges: list[AnswerJudge]
    settings: GradeSettings
    folder: Path
    check: JudgeCheck
    split_sizes: dict[str, int] = field(default_factory=dict)
    first_label: str = ""  # the model that a dry run counts the check with

    async def run_grading(
        self, model: str, answers_to_grade: dict[tuple[str, str], str], advance: Callable[[], None] = lambda: None
    ) -> list[Grade]:
        """The grade of each row that `answers_to_grade` (by split and id) holds one for."""

        async def grade_answer(graded_row: QuestionRow, answer: str) -> Grade:
            answer_grade = await self._grade(graded_row, model, answer)
            advance()
            return answer_grade

        answered_rows = [
            (graded_row, answers_to_grade[graded_row.split, graded_row.id])
            for graded_row in self.rows
            if (graded_row.split, graded_row.id) in answers_to_grade
        ]
        return await gather_all(grade_answer(graded_row, answer) for graded_row, answer in answered_rows)

    async def _grade(self, graded_row: QuestionRow, model: str, graded_answer: str) -> Grade:
        criterion_grades = await judge_case(self.case(graded_row, graded_answer), self.judges)
        refuses = criterion_grades.pop().verdict if self._asks_refusal(graded_row) else None
        longest_answer = self.settings.judge.longest_answer
        grade_notes = [f"the judge saw its first {longest_answer:,} of {counted(len(graded_answer), 'character')}"]
        return Grade(
            id=graded_row.id,
            split=graded_row.split,
            model=model,
            question=graded_row.question,
            answer=graded_answer,
            criteria=criterion_grades,
            score=criteria_score(criterion_grades),
            passed=all_criteria_met(criterion_grades),
            against="reference answer"
            if criteria_to_judge(graded_row.evaluation_criteria, graded_row.answer)[1]
            else "criteria",
            judges=self.judge_names,
            open_book=self.settings.open_book,
            document=graded_row.document,
            chunk=graded_row.chunk,
            category=graded_row.category,
            difficulty=graded_row.difficulty,
            cluster=graded_row.cluster,
            tags=graded_row.tags,
            notes=grade_notes if len(graded_answer) > longest_answer else [],
            unanswerable=graded_row.unanswerable,
            refuses=refuses,
            judge_prompts=self.judges[0].judge_prompts_hash,
        )

    def _asks_refusal(self, graded_row: QuestionRow) -> bool:
        return self._has_unanswerable and not graded_row.unanswerable

    @cached_property
    def _has_unanswerable(self) -> bool:
        return any(row.unanswerable for row in self.rows)

    def case(self, graded_row: QuestionRow, answer: str) -> JudgedCase:
        """What the judge is shown of a row; the last criterion is REFUSAL_CRITERION where that is asked."""
        evidence = "\n".join(graded_row.evidence) if self.settings.open_book else ""
        criteria = criteria_to_judge(graded_row.evaluation_criteria, graded_row.answer)[0]
        criteria = [*criteria, REFUSAL_CRITERION] if self._asks_refusal(graded_row) else criteria
        return JudgedCase(graded_row.id, graded_row.question, criteria, answer, evidence)

    @property
    def judge_names(self) -> list[str]:
        return [judge.name for judge in self.judges]


def read_grades(grades_folder: Path) -> dict[str, list[Grade]]:
    """By file, the grades of every model in `grades_folder`. Raises BadRecord."""
    grade_files = sorted(grade_file for grade_file in grades_folder.glob("*.jsonl") if "_" not in grade_file.stem)
    return {grade_file.name: read_jsonl(grade_file, Grade) for grade_file in grade_files}


def comparable_grades(grades_by_file: dict[str, list[Grade]], grading: Grading) -> tuple[list[Grade], list[str]]:
    """The grades that stand beside those of this run (same judge and prompts, same book, same questions and criteria),
    and what was left out.
    """
    graded_rows = {(graded_row.split, graded_row.id): graded_row for graded_row in grading.rows}
    grades_of_rows: list[Grade] = []
    grading_warnings = []
    for file_name, grades in grades_by_file.items():
        grades_by_same_judge = [grade for grade in grades if _is_by_same_judge(grade, grading)]
        current_grades = [
            grade for grade in grades_by_same_judge if _is_grade_of_row(grade, graded_rows.get((grade.split, grade.id)))
        ]
        if len(grades_by_same_judge) < len(grades):
            other_judges = next(grade.judges for grade in grades if not _is_by_same_judge(grade, grading))
            grading_warnings.append(
                f"{file_name}: graded by {other_judges[0] if other_judges else 'no judge'}, or with another "
                "setting of grade.open_book or grade.judge.prompts; left out, grade it again"
            )
        elif len(current_grades) < len(grades_by_same_judge):
            grading_warnings.append(
                f"{file_name}: {counted(len(grades_by_same_judge) - len(current_grades), 'answer is', 'answers are')} "
                "to other questions or by other criteria; left out, grade it again"
            )
        grades_of_rows += current_grades
    return grades_of_rows, grading_warnings


def _is_grade_of_row(grade: Grade, graded_row: QuestionRow | None) -> bool:
    """Is it the grade of an answer to this question, by the criteria that the row has now?"""
    if graded_row is None or grade.question != graded_row.question:
        return False
    criteria = criteria_to_judge(graded_row.evaluation_criteria, graded_row.answer)[0]
    return [criterion_grade.criterion for criterion_grade in grade.criteria] == list(criteria)


def _is_by_same_judge(grade: Grade, grading: Grading) -> bool:
    return (
        grade.judges[:1] == grading.judge_names[:1]
        and grade.open_book == grading.settings.open_book
        and grading.judges[0].judge_was_asked_alike(grade.judge_prompts)
    )


def judge_estimates(job: Job, grading: Grading, graded_label: str) -> list[Estimate]:
    """The verdicts on a model's answers by each judge; the check comes with the first model of the run."""
    grading_cases = [grading.case(graded_row, graded_row.answer) for graded_row in grading.rows]
    if grading.first_label in ("", graded_label):
        grading.first_label = graded_label
        check_cases = [check_case.case for check_case in grading.check.cases()]
    else:
        check_cases = []
    return [
        estimate_judge(job, judge, grading_cases + (check_cases if judge is grading.judges[0] else []))
        for judge in grading.judges
    ]
