"""The files that are written into a dataset's folder: splits, exports, report and card."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.data_folder.read_write import WRITE_ANNOUNCER
from groundwork.dataset.parquet import ParquetContents
from groundwork.settings.config_schema import HARNESSES

if TYPE_CHECKING:
    from pathlib import Path

    from groundwork.dataset.creation.build_inputs import BuildInputs
    from groundwork.dataset.publish.harness_tasks import TaskJudge
    from groundwork.dataset.split_report.report_schema import BuiltDataset
    from groundwork.records import Row
    from groundwork.settings.config_schema import Config
    from groundwork.stage_runner.job import Job


STAGING_FOLDER = ".incomplete"
OUTPUT_SUBFOLDERS = ("data", "exports")  # folders whose other files are left over from an earlier build


def dataset_folder(job: Job) -> Path:
    """Where the dataset is written."""
    return job.data.path("datasets", job.config.dataset.name)


def file_names(config: Config) -> list[str]:
    """The files that are always written, by their paths in the folder."""
    from groundwork.dataset.parquet import parquet_name

    output_splits = ["train"]
    if config.dataset.eval_split:
        output_splits += ["eval", "eval_mirror"] if config.dataset.eval_mirror else ["eval"]
    return ["README.md", "report.json", "report.html", *map(parquet_name, output_splits), "data"]


def output_contents(job: Job, inputs: BuildInputs, written: BuiltDataset) -> dict[str, ParquetContents]:
    """Every file of the dataset by its path in the folder; the card comes last."""
    from groundwork.dataset.parquet import dataset_columns, parquet_files

    output_settings = job.config.dataset
    output_columns = dataset_columns(
        context=output_settings.include_chunk,
        measured=bool(output_settings.grades),
        mixed=written.report.mixture is not None,
        unanswerable=written.report.unanswerable is not None,
    )
    output_files: dict[str, ParquetContents] = {}
    for split, split_rows in written.splits.items():
        output_files |= parquet_files(split, split_rows, output_columns)
    return {**output_files, **_export_contents(job, written), **_report_contents(job, inputs, written, output_columns)}


def _export_contents(job: Job, written: BuiltDataset) -> dict[str, ParquetContents]:
    """The rows in the formats of trainers, and eval as tasks of harnesses, those that the settings name."""
    from groundwork.dataset.publish.harness_tasks import task_files
    from groundwork.dataset.publish.trainer_formats import export_files

    settings = job.config.dataset
    splits: dict[str, Sequence[Row]] = dict(written.splits)
    exports, system_prompt, context = settings.exports, settings.system_prompt, settings.include_chunk
    export_contents = export_files(exports, splits, system_prompt, context=context)
    if set(exports) & set(HARNESSES):
        export_contents |= task_files(exports, settings.name, splits, _task_judge(job), system_prompt, context=context)
    return export_contents


def _report_contents(
    job: Job, inputs: BuildInputs, written: BuiltDataset, output_columns: list[str]
) -> dict[str, ParquetContents]:
    """The report, as data and as a page, the versions and the card."""
    import msgspec

    from groundwork.dataset.dataset_versions import VERSIONS, next_versions
    from groundwork.dataset.publish.card import write_card
    from groundwork.dataset.publish.origin_and_sources import card_origin
    from groundwork.dataset.split_report.split_report_page import split_report_html

    output_versions = next_versions(dataset_folder(job), written.splits, output_columns)
    output_card = write_card(written.report, card_origin(job, inputs, written), output_columns, output_versions)
    return {
        "report.json": msgspec.json.format(msgspec.json.encode(written.report), indent=2) + b"\n",
        "report.html": split_report_html(written.report).encode(),
        VERSIONS: msgspec.json.format(msgspec.json.encode(output_versions), indent=2) + b"\n",
        "README.md": output_card.encode(),
    }


def _task_judge(job: Job) -> TaskJudge:
    from groundwork.dataset.publish.harness_tasks import TaskJudge

    judge_settings = job.config.grade.judge
    judge_prompts = [job.prompt(prompt_name) for prompt_name in judge_settings.prompts]
    return TaskJudge(judge_prompts, judge_settings.repeats, job.config.grade.seed)


def replace_output_files(dataset_folder: Path, output_files: Mapping[str, ParquetContents]) -> None:
    """Write the files (by path in `dataset_folder`), then remove what an earlier build left of other splits.

    Everything is written and flushed beside its target first: a disk that fills up raises OSError while the earlier
    dataset is still whole.
    """
    staging_folder = dataset_folder / STAGING_FOLDER
    shutil.rmtree(staging_folder, ignore_errors=True)
    try:
        for output_name, output_content in output_files.items():
            _stage_output(staging_folder / output_name, output_content)
        for output_name in output_files:
            (dataset_folder / output_name).parent.mkdir(parents=True, exist_ok=True)
            _announce_output(staging_folder / output_name, dataset_folder / output_name)
            (staging_folder / output_name).replace(dataset_folder / output_name)
    finally:
        shutil.rmtree(staging_folder, ignore_errors=True)
    for stale_path in stale_output_files(dataset_folder, output_files):
        stale_path.unlink()


def _announce_output(staged_output: Path, output_path: Path) -> None:
    if announce_write := WRITE_ANNOUNCER.get():
        with staged_output.open("rb") as staged:
            announce_write(output_path, hashlib.file_digest(staged, "sha256").hexdigest())


def _stage_output(staged_output: Path, output_content: ParquetContents) -> None:
    staged_output.parent.mkdir(parents=True, exist_ok=True)
    with staged_output.open("wb") as staged:
        for output_block in [output_content] if isinstance(output_content, bytes) else output_content():
            staged.write(output_block)
        staged.flush()
        os.fsync(staged.fileno())


def stale_output_files(dataset_folder: Path, output_files: Mapping[str, ParquetContents]) -> list[Path]:
    """Files below data/ and exports/ that are not among `output_files`."""
    present_paths = [
        present_path
        for output_subfolder in OUTPUT_SUBFOLDERS
        for present_path in sorted((dataset_folder / output_subfolder).rglob("*"))
    ]
    return [
        present_path
        for present_path in present_paths
        if present_path.is_file() and present_path.relative_to(dataset_folder).as_posix() not in output_files
    ]
