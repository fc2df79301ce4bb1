"""Grade answers by the criteria of their questions, after a check of the judge; show what is learnt and what by heart.

Reads   a built dataset, a run, a folder of JSONL or Parquet, or a Hub dataset: question, answer, and criteria if there
        are any; with --answers, answers made elsewhere
Writes  data/grades/<dataset>/<model>.jsonl, judge_check.jsonl, measured_rows.jsonl, report.json, report.html, map.html
Run     uv run dataprep/grade.py [DATASET] --model NAME [--model ...] [--judge NAME] [--base NAME]
        uv run dataprep/grade.py [DATASET] --answers step-100=answers.jsonl [--answers ...]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.data_folder.unit_changes import names_in_order
from groundwork.errors import UsageError
from groundwork.message_wording import counted
from groundwork.stage_runner.stage_command import Estimate, Failure, Job, Outcome, StageCommand, Unit, setting_flag

if TYPE_CHECKING:
    from groundwork.dataset.dataset_argument import DatasetSource
    from groundwork.grading.graded_rows import Grading
    from groundwork.grading.model_answers import Answers
    from groundwork.records import Grade
    from groundwork.settings.config_schema import Config, ModelCall

TEST_GRADED_ROWS = 2
GRADED_DATASET_HELP = (
    "a finished dataset, a run, a folder of JSONL or Parquet, or org/name@revision:split on the Hub; default: the "
    "dataset dataset.name, or the only one"
)


@dataclass(frozen=True)
class GradingUnit:
    """What a unit grades: a model to ask, or a file of its answers."""

    label: str
    call: ModelCall | None
    file: Path | None
    grading: Grading
    source: DatasetSource
    warnings: list[str]


class _JudgeFlag(argparse.Action):
    """`--judge NAME[@PROVIDER]`, the second time another judge beside the first."""

    def __call__(
        self, parser: Any, grade_flags: argparse.Namespace, judge_to_grade: Any, _option: str | None = None
    ) -> None:
        judges = [*(getattr(grade_flags, "judges", None) or []), judge_to_grade]
        if len(judges) > 2:
            parser.error("--judge: two judges at the most")
        model, _, provider = judge_to_grade.partition("@")
        first_judge = [f"grade.judge.model={model}", f"grade.judge.provider={provider}"]
        grade_flags.judges = judges
        grade_flags.assignments = [
            *grade_flags.assignments,
            *(first_judge if judges[1:] == [] else [f"grade.judge.second={judge_to_grade}"]),
        ]


class _SplitsFlag(argparse.Action):
    """`--splits eval,eval_mirror` as one setting that holds a list."""

    def __call__(
        self, _parser: Any, grade_flags: argparse.Namespace, splits_to_grade: Any, _option: str | None = None
    ) -> None:
        grade_flags.splits = [name.strip() for name in splits_to_grade.split(",") if name.strip()]
        grade_flags.assignments = [*grade_flags.assignments, f"grade.splits={json.dumps(grade_flags.splits)}"]


def add_grade_flags(parser: argparse.ArgumentParser) -> None:
    grade_flag = parser.add_argument
    grade_flag("datasets", metavar="DATASET", nargs="*", help=GRADED_DATASET_HELP)
    grade_flag(
        "--model",
        metavar="NAME",
        action="append",
        default=[],
        help="a model to ask and grade: NAME, or NAME@PROVIDER (a key of llm.providers); may be given again",
    )
    grade_flag(
        "--answers",
        metavar="[LABEL=]FILE",
        action="append",
        default=[],
        help="answers made elsewhere: JSONL of id, answer and split; may be given again",
    )
    grade_flag(
        "--base", metavar="NAME", help="the model (or label) that the others are compared with, question by question"
    )
    grade_flag(
        "--judge",
        metavar="NAME",
        action=_JudgeFlag,
        help="the model that grades, NAME or NAME@PROVIDER; a second one shows how far they agree",
    )
    grade_flag(
        "--splits", metavar="NAMES", action=_SplitsFlag, help="splits to grade, by commas; default: grade.splits"
    )
    grade_flag("--repeats", help="verdicts of the judge for each answer", **setting_flag("grade.judge.repeats"))
    grade_flag(
        "--closed-book", help="the model and the judge see no evidence", **setting_flag("grade.open_book", False)
    )
    grade_flag("--open-book", help="both are shown the evidence", **setting_flag("grade.open_book", True))
    grade_flag("--name", metavar="RUN", help="the folder below data/grades; default: the dataset's name")


def grading_units(job: Job) -> list[Unit]:
    from groundwork.data_folder.file_names import slug
    from groundwork.dataset.dataset_argument import dataset_sources_of_arguments, default_datasets
    from groundwork.dataset.load_dataset import load_dataset
    from groundwork.grading.answer_judge import build_judges
    from groundwork.grading.graded_rows import Grading, choose_rows_to_grade
    from groundwork.grading.judge_check import JudgeCheck

    graded_sources = dataset_sources_of_arguments(job, default_datasets, prefer="datasets")
    if len(graded_sources) > 1:
        raise UsageError("grade takes one dataset; name the others in runs of their own")
    if not graded_sources:
        return []
    (graded_source,) = graded_sources
    graded_splits_flag = getattr(job.flags, "splits", None)
    rows_to_grade = choose_rows_to_grade(
        load_dataset(graded_source),
        job.config.grade.splits,
        explicit=bool(graded_splits_flag),
        row_limit=TEST_GRADED_ROWS if job.test else 0,
    )
    grades_folder = job.data.path("grades", slug(job.flags.name) if job.flags.name else _grades_folder(graded_source))
    grading_judges, grade_settings = build_judges(job), job.config.grade
    judge_check = JudgeCheck(rows_to_grade.rows, grading_judges[0], grade_settings, grades_folder)
    grading = Grading(
        rows_to_grade.rows, grading_judges, grade_settings, grades_folder, judge_check, rows_to_grade.split_sizes
    )
    return [
        Unit(
            f"{grades_folder.name}/{slug(label)}",
            (*graded_source.files, *([file] if file else [])),
            (grades_folder / f"{slug(label)}.jsonl",),
            GradingUnit(label, call, file, grading, graded_source, rows_to_grade.warnings),
        )
        for label, call, file in _models_to_grade(job, grades_folder)
    ]


def _models_to_grade(job: Job, grades_folder: Path) -> list[tuple[str, ModelCall | None, Path | None]]:
    """(label, call, file) of all that is to be graded: models, files of answers, and the base.

    Raises UsageError where two of them have the same label.
    """
    from groundwork.data_folder.file_names import slug

    files_to_grade = [_file_to_grade(answers_flag) for answers_flag in job.flags.answers]
    graded_calls = _calls_to_grade(job, grades_folder, [label for label, _ in files_to_grade])
    to_grade: list[tuple[str, ModelCall | None, Path | None]] = [(call.model, call, None) for call in graded_calls]
    to_grade += [(label, None, file_to_grade) for label, file_to_grade in files_to_grade]
    grade_stems = [slug(label) for label, _, _ in to_grade]
    for (label, _, _), grade_stem in zip(to_grade, grade_stems, strict=True):
        if grade_stems.count(grade_stem) > 1:
            raise UsageError(
                f"{label}: graded twice in one run; give each file a label of its own: --answers LABEL=FILE"
            )
    return to_grade


def _calls_to_grade(job: Job, grades_folder: Path, answer_labels: list[str]) -> list[ModelCall]:
    """The models to ask: those of --model, the base that nobody has graded yet, or else that of the settings."""
    from groundwork.data_folder.file_names import slug
    from groundwork.settings.config_schema import named_call

    def graded_call(model: str) -> ModelCall:
        return named_call(job.config.grade.answer, model, job.config.llm.providers)

    graded_calls, base_model = [graded_call(model) for model in job.flags.model], job.flags.base
    graded_stems = {slug(label) for label in [*answer_labels, *(call.model for call in graded_calls)]}
    if (
        base_model
        and slug(base_model) not in graded_stems
        and not (grades_folder / f"{slug(base_model)}.jsonl").exists()
    ):
        graded_calls.append(graded_call(base_model))
    if not graded_calls and not answer_labels:
        graded_calls = [graded_call(job.config.grade.answer.model)]
    return graded_calls


def _file_to_grade(answers_flag: str) -> tuple[str, Path]:
    """(label, file) of `LABEL=FILE`, or of a file, which is named after itself or, as `answers`, after its folder.

    Raises UsageError where there is no such file.
    """
    graded_label, _, file_name = answers_flag.partition("=")
    file_to_grade = Path(file_name if file_name and not Path(answers_flag).exists() else answers_flag).expanduser()
    if not file_to_grade.is_file():
        raise UsageError(f"--answers {answers_flag}: no such file")
    if file_name and file_to_grade == Path(file_name).expanduser():
        return graded_label, file_to_grade
    is_plain_name = file_to_grade.stem in ("answers", "predictions", "outputs")
    return (file_to_grade.resolve().parent.name if is_plain_name else file_to_grade.stem), file_to_grade


def _grades_folder(graded_source: DatasetSource) -> str:
    """A finished dataset's own name; other sources are told apart from one of the same name."""
    return (
        graded_source.key.removeprefix("datasets-")
        if graded_source.kind == "files"
        else f"{graded_source.kind}-{graded_source.key}"
    )


async def grade_answers(job: Job, unit: Unit) -> Outcome:
    """Check the judge, get the answers, grade them."""
    from groundwork.data_folder.read_write import write_jsonl
    from groundwork.grading.answer_judge import shortened_answers_warning

    grading_unit: GradingUnit = unit.payload
    answers_to_grade = await _answers_to_grade(job, grading_unit)
    job.progress.start(len(answers_to_grade.by_row), "answers graded")
    grades = await grading_unit.grading.run_grading(grading_unit.label, answers_to_grade.by_row, job.progress.advance)
    write_jsonl(unit.writes[0], grades)
    ungraded_failures = _ungraded_criteria(grades)
    return Outcome(
        status="ok" if grades else "empty",
        note=f"{counted(len(grades), 'answer')} graded",  # no score yet: what the judge is worth comes first
        counts={"answers": len(grades), "ungraded": len(ungraded_failures)},
        warnings=[*grading_unit.warnings, *answers_to_grade.warnings, *shortened_answers_warning(grades)],
        failures=[*(Failure(f"question {name}", *why) for name, *why in answers_to_grade.failures), *ungraded_failures],
    )


async def _answers_to_grade(job: Job, grading_unit: GradingUnit) -> Answers:
    """Those of the file, or of the model, which is asked once the judge can be trusted."""
    from groundwork.grading.model_answers import answer_prompt, ask_answers, read_answers

    grading, grade_settings = grading_unit.grading, job.config.grade
    if grading_unit.file:
        answers_to_grade = read_answers(grading_unit.file, grading.rows)
        await grading.check.trust()
        return answers_to_grade
    assert grading_unit.call is not None  # noqa: S101  # a unit has a file or a call
    await grading.check.trust()
    graded_prompt, open_book = job.prompt(answer_prompt(grade_settings)), grade_settings.open_book
    return await ask_answers(lambda: job.client, grading_unit.call, grading.rows, graded_prompt, open_book=open_book)


def _ungraded_criteria(grades: list[Grade]) -> list[Failure]:
    """A failure for each criterion that the judge gave no verdict on."""
    return [
        Failure(f"{grade.id} {grade.split}", "ungraded", f"{criterion.criterion}: {criterion.draws[0].reason}")
        for grade in grades
        for criterion in grade.criteria
        if criterion.verdict == "ungraded"
    ]


def write_grade_report(job: Job, units: list[Unit]) -> None:
    """After the units: everything that the folder's grades say together."""
    from groundwork.console.terminal import openable_path
    from groundwork.data_folder.read_write import write_json, write_jsonl
    from groundwork.grading.grade_report import grade_report, grade_report_lines, write_grade_report_page
    from groundwork.grading.graded_rows import comparable_grades, read_grades
    from groundwork.grading.mirror_gap import GapBounds
    from groundwork.grading.model_scores import base_model_name
    from groundwork.maps.pass_rate_map import draw_grade_map
    from groundwork.records import MEASURED

    if not units:
        return
    grading_unit: GradingUnit = units[0].payload
    grading, grade_settings = grading_unit.grading, job.config.grade
    grades_of_folder, incomparable_warnings = comparable_grades(read_grades(grading.folder), grading)
    if not grades_of_folder:
        return
    report_on_grades = grade_report(
        grading_unit.source.name,
        grades_of_folder,
        grading.check.saved_trust(),
        GapBounds(grade_settings.margin, grade_settings.floor),
        base=base_model_name([grade.model for grade in grades_of_folder], job.flags.base or ""),
        warnings=[*grading_unit.warnings, *incomparable_warnings],
        split_sizes=grading.split_sizes,
    )
    write_json(grading.folder / "report.json", report_on_grades)
    write_jsonl(grading.folder / MEASURED, report_on_grades.rows)
    write_grade_report_page(report_on_grades, grades_of_folder, grading.folder / "report.html")
    draw_grade_map(job, grading, report_on_grades)
    if not job.flags.quiet:
        grade_notes = [f"  note: {warning}" for warning in incomparable_warnings]
        print("\n".join([*grade_report_lines(report_on_grades), *grade_notes]))
        print(f"  report: {openable_path(grading.folder / 'report.html')}")


def estimate_grading(job: Job, unit: Unit) -> list[Estimate]:
    """Answers and verdicts for --dry-run, from the real prompts; the judge's check with the first unit."""
    from groundwork.grading.graded_rows import judge_estimates
    from groundwork.grading.model_answers import answer_prompt, estimate_answers

    grading_unit: GradingUnit = unit.payload
    grading, grade_settings = grading_unit.grading, job.config.grade
    grading_estimates = judge_estimates(job, grading, grading_unit.label)
    if grading_unit.call:
        answer_template = job.prompt(answer_prompt(grade_settings))
        grading_estimates.append(
            estimate_answers(job, grading_unit.call, grading.rows, answer_template, open_book=grade_settings.open_book)
        )
    return grading_estimates


GRADE_RECIPE_NAMES = (  # the names of what `recipe_settings` gives
    "grade.answer",
    *(f"grade.judge.{name}" for name in ("model", "provider", "temperature", "top_p", "top_k", "min_p", "omit")),
    *(f"grade.judge.{name}" for name in ("reasoning_effort", "second", "repeats", "longest_answer")),
    "grade.seed",
    "grade.open_book",
    "grade.splits",
    "grade.judge.thinking",
)


def grading_settings(config: Config) -> Any:
    """What decides about a grade; what only reads the grades (margin, floor, trust) does not."""
    grade_settings, judge = config.grade, config.grade.judge
    judge_call = (judge.model, judge.provider, judge.temperature, judge.top_p, judge.top_k, judge.min_p, judge.omit)
    judge_draws = (judge.reasoning_effort, judge.second, judge.repeats, judge.longest_answer, grade_settings.seed)
    judge_thinking = [judge.thinking] if judge.thinking is not None else []  # older grades stay current without it
    return [
        grade_settings.answer,
        *judge_call,
        *judge_draws,
        grade_settings.open_book,
        grade_settings.splits,
        *judge_thinking,
    ]


def grading_prompts(config: Config) -> list[str]:
    from groundwork.grading.model_answers import answer_prompt

    return [*config.grade.judge.prompts, answer_prompt(config.grade)]


main = StageCommand(
    name="grade",
    units=grading_units,
    process=grade_answers,
    settings=grading_settings,
    config_names=names_in_order(*GRADE_RECIPE_NAMES),
    prompts=grading_prompts,
    flags=add_grade_flags,
    estimate=estimate_grading,
    after=write_grade_report,
)
