"""The files that are written into a dataset's folder: splits, exports, report and card."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.dataset.parquet import Contents
from groundwork.settings.config_schema import HARNESSES

if TYPE_CHECKING:
    from pathlib import Path

    from groundwork.dataset.creation.build_inputs import BuildInputs
    from groundwork.dataset.creation.build_splits import BuiltDataset
    from groundwork.dataset.publish.exports import TaskJudge
    from groundwork.settings.config_schema import Config
    from groundwork.stage_runner.job import Job


STAGING = ".incomplete"
OWN_FOLDERS = ("data", "exports")  # folders whose other files are left over from an earlier build


def dataset_folder(job: Job) -> Path:
    """Where the dataset is written."""
    return job.data.path("datasets", job.config.dataset.name)


def file_names(config: Config) -> list[str]:
    """The files that are always written, by their paths in the folder."""
    from groundwork.dataset.parquet import parquet_name

    splits = ["train"]
    if config.dataset.eval_split:
        splits += ["eval", "eval_mirror"] if config.dataset.eval_mirror else ["eval"]
    return ["README.md", "report.json", "report.html", *(parquet_name(split) for split in splits), "data"]


def file_contents(job: Job, inputs: BuildInputs, built: BuiltDataset) -> dict[str, Contents]:
    """Every file of the dataset by its path in the folder; the card comes last."""
    import msgspec

    from groundwork.dataset.dataset_versions import VERSIONS, next_versions
    from groundwork.dataset.parquet import dataset_columns, parquet_files
    from groundwork.dataset.publish.card import card_origin, write_card
    from groundwork.dataset.publish.exports import export_files, task_files
    from groundwork.dataset.split_report.split_report_page import split_html

    settings = job.config.dataset
    row_columns = dataset_columns(
        context=settings.include_chunk,
        measured=bool(settings.grades),
        mixed=built.report.mixture is not None,
        unanswerable=built.report.unanswerable is not None,
    )
    dataset_files: dict[str, Contents] = {}
    for split, split_rows in built.splits.items():
        dataset_files |= parquet_files(split, split_rows, row_columns)
    dataset_files |= export_files(
        settings.exports, dict(built.splits), settings.system_prompt, context=settings.include_chunk
    )
    if set(settings.exports) & set(HARNESSES):
        dataset_files |= task_files(
            settings.exports,
            settings.name,
            dict(built.splits),
            _task_judge(job),
            settings.system_prompt,
            context=settings.include_chunk,
        )
    dataset_files["report.json"] = msgspec.json.format(msgspec.json.encode(built.report), indent=2) + b"\n"
    dataset_files["report.html"] = split_html(built.report).encode()
    versions = next_versions(dataset_folder(job), built.splits, row_columns)
    dataset_files[VERSIONS] = msgspec.json.format(msgspec.json.encode(versions), indent=2) + b"\n"
    dataset_files["README.md"] = write_card(
        built.report, card_origin(job, inputs, built), row_columns, versions
    ).encode()
    return dataset_files


def _task_judge(job: Job) -> TaskJudge:
    from groundwork.dataset.publish.exports import TaskJudge

    judge = job.config.grade.judge
    return TaskJudge([job.prompt(prompt_name) for prompt_name in judge.prompts], judge.repeats, job.config.grade.seed)


def replace_files(dataset_folder: Path, dataset_files: Mapping[str, Contents]) -> None:
    """Write the files (by path in `dataset_folder`), then remove what an earlier build left of other splits.

    Everything is written and flushed beside its target first: a disk that fills up raises OSError while the earlier
    dataset is still whole.
    """
    staging = dataset_folder / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    try:
        for file_name, file_content in dataset_files.items():
            staged_file = staging / file_name
            staged_file.parent.mkdir(parents=True, exist_ok=True)
            with staged_file.open("wb") as file:
                for content_block in [file_content] if isinstance(file_content, bytes) else file_content():
                    file.write(content_block)
                file.flush()
                os.fsync(file.fileno())
        for file_name in dataset_files:
            (dataset_folder / file_name).parent.mkdir(parents=True, exist_ok=True)
            (staging / file_name).replace(dataset_folder / file_name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    for stale_path in stale_files(dataset_folder, dataset_files):
        stale_path.unlink()


def stale_files(dataset_folder: Path, dataset_files: Mapping[str, Contents]) -> list[Path]:
    """Files below data/ and exports/ that are not among `dataset_files`."""
    present = [
        dataset_file
        for own_folder in OWN_FOLDERS
        for dataset_file in sorted((dataset_folder / own_folder).rglob("*"))
        if dataset_file.is_file()
    ]
    return [
        dataset_file
        for dataset_file in present
        if dataset_file.relative_to(dataset_folder).as_posix() not in dataset_files
    ]
