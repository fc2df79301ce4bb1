"""One grading of a dataset: the models and answer files that are graded, and their grades."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from groundwork.data_folder.file_names import slug
from groundwork.data_folder.read_write import read_jsonl
from groundwork.dataset.load_dataset import QuestionRow
from groundwork.errors import UsageError
from groundwork.grading.answer_judge import AnswerJudge, GradingCase, grade_case, usable_criteria
from groundwork.grading.judge_check import JudgeCheck
from groundwork.grading.model_answers import parse_answers_argument
from groundwork.grading.refusals import REFUSAL_CRITERION
from groundwork.llm.calls.task_group import gather_all
from groundwork.message_wording import counted
from groundwork.records import Grade, all_criteria_met, criteria_score
from groundwork.settings.config_schema import GradeSettings, ModelCall, named_call
from groundwork.stage_runner.job import Job


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
        self, model: str, answers: dict[tuple[str, str], str], advance: Callable[[], None] = lambda: None
    ) -> list[Grade]:
        """The grade of each row that `answers` (by split and id) holds one for."""

        async def grade_answer(graded_row: QuestionRow, answer: str) -> Grade:
            answer_grade = await self._grade(graded_row, model, answer)
            advance()
            return answer_grade

        answered_rows = [
            (graded_row, answers[graded_row.split, graded_row.id])
            for graded_row in self.rows
            if (graded_row.split, graded_row.id) in answers
        ]
        return await gather_all(grade_answer(graded_row, answer) for graded_row, answer in answered_rows)

    async def _grade(self, graded_row: QuestionRow, model: str, answer: str) -> Grade:
        criterion_grades = await grade_case(self.case(graded_row, answer), self.judges)
        refuses = criterion_grades.pop().verdict if self._asks_refusal(graded_row) else None
        grade_notes = [
            f"the judge saw its first {self.settings.judge.longest_answer:,} of {counted(len(answer), 'character')}"
        ]
        return Grade(
            id=graded_row.id,
            split=graded_row.split,
            model=model,
            question=graded_row.question,
            answer=answer,
            criteria=criterion_grades,
            score=criteria_score(criterion_grades),
            passed=all_criteria_met(criterion_grades),
            against="reference answer"
            if usable_criteria(graded_row.evaluation_criteria, graded_row.answer)[1]
            else "criteria",
            judges=self.judge_names,
            open_book=self.settings.open_book,
            document=graded_row.document,
            chunk=graded_row.chunk,
            category=graded_row.category,
            difficulty=graded_row.difficulty,
            cluster=graded_row.cluster,
            tags=graded_row.tags,
            notes=grade_notes if len(answer) > self.settings.judge.longest_answer else [],
            unanswerable=graded_row.unanswerable,
            refuses=refuses,
            judge_prompts=self.judges[0].prompts_hash,
        )

    def _asks_refusal(self, graded_row: QuestionRow) -> bool:
        return self._has_unanswerable and not graded_row.unanswerable

    @cached_property
    def _has_unanswerable(self) -> bool:
        return any(row.unanswerable for row in self.rows)

    def case(self, graded_row: QuestionRow, answer: str) -> GradingCase:
        """What the judge is shown of a row; the last criterion is REFUSAL_CRITERION where that is asked."""
        evidence = "\n".join(graded_row.evidence) if self.settings.open_book else ""
        criteria = usable_criteria(graded_row.evaluation_criteria, graded_row.answer)[0]
        criteria = [*criteria, REFUSAL_CRITERION] if self._asks_refusal(graded_row) else criteria
        return GradingCase(graded_row.id, graded_row.question, criteria, answer, evidence)

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
    comparable_grades_of_rows: list[Grade] = []
    comparison_warnings = []
    for file_name, grades in grades_by_file.items():
        grades_by_same_judge = [grade for grade in grades if _is_by_same_judge(grade, grading)]
        current_grades = [
            grade for grade in grades_by_same_judge if _is_grade_of_row(grade, graded_rows.get((grade.split, grade.id)))
        ]
        if len(grades_by_same_judge) < len(grades):
            other_judges = next(grade.judges for grade in grades if not _is_by_same_judge(grade, grading))
            comparison_warnings.append(
                f"{file_name}: graded by {other_judges[0] if other_judges else 'no judge'}, or with another "
                "setting of grade.open_book or grade.judge.prompts; left out, grade it again"
            )
        elif len(current_grades) < len(grades_by_same_judge):
            comparison_warnings.append(
                f"{file_name}: "
                f"{counted(len(grades_by_same_judge) - len(current_grades), 'answer is', 'answers are')} to other "
                "questions or by other criteria; left out, grade it again"
            )
        comparable_grades_of_rows += current_grades
    return comparable_grades_of_rows, comparison_warnings


def _is_grade_of_row(grade: Grade, row: QuestionRow | None) -> bool:
    """Is it the grade of an answer to this question, by the criteria that the row has now?"""
    if row is None or grade.question != row.question:
        return False
    criteria = usable_criteria(row.evaluation_criteria, row.answer)[0]
    return [criterion_grade.criterion for criterion_grade in grade.criteria] == list(criteria)


def _is_by_same_judge(grade: Grade, grading: Grading) -> bool:
    return (
        grade.judges[:1] == grading.judge_names[:1]
        and grade.open_book == grading.settings.open_book
        and grading.judges[0].was_asked_alike(grade.judge_prompts)
    )


def models_to_grade(job: Job, grades_folder: Path) -> list[tuple[str, ModelCall | None, Path | None]]:
    """(label, call, file) of all that is to be graded: models, files of answers, and the base.

    Raises UsageError where two of them have the same label.
    """
    grade_settings, providers = job.config.grade, job.config.llm.providers
    graded_models = [*job.flags.model]
    answer_files = [parse_answers_argument(argument) for argument in job.flags.answers]
    answer_labels = {slug(model_label) for model_label, _ in answer_files} | {
        slug(named_call(grade_settings.answer, model, providers).model) for model in graded_models
    }
    base_model = job.flags.base
    if (
        base_model
        and slug(base_model) not in answer_labels
        and not (grades_folder / f"{slug(base_model)}.jsonl").exists()
    ):
        graded_models.append(base_model)
    if not graded_models and not answer_files:
        graded_models = [grade_settings.answer.model]
    answer_calls = [named_call(grade_settings.answer, model, providers) for model in graded_models]
    models_and_answers: list[tuple[str, ModelCall | None, Path | None]] = [
        (call.model, call, None) for call in answer_calls
    ]
    models_and_answers += [(model_label, None, answer_file) for model_label, answer_file in answer_files]
    label_slugs = [slug(model_label) for model_label, _, _ in models_and_answers]
    for model_label, label_slug in zip(
        (model_label for model_label, _, _ in models_and_answers), label_slugs, strict=True
    ):
        if label_slugs.count(label_slug) > 1:
            raise UsageError(
                f"{model_label}: graded twice in one run; give each file a label of its own: --answers LABEL=FILE"
            )
    return models_and_answers
