"""What a dataset is built from: the files that a build reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.run_files import DECISIONS
from groundwork.errors import UsageError
from groundwork.message_wording import name_order
from groundwork.records import Chunk
from groundwork.stage_runner.chosen_documents import select_documents

if TYPE_CHECKING:
    from groundwork.dataset.dataset_argument import DatasetSource
    from groundwork.stage_runner.job import Job


@dataclass
class BuildInputs:
    """What a build reads by kind, and whether it came to its end in this run."""

    runs: list[str]
    pair_files: dict[str, list[Path]]
    tag_files: list[Path]
    chunk_files: list[Path]
    text_files: list[Path]
    summary_files: list[Path]
    coverage_files: list[Path]
    measured_files: list[Path]
    review_files: list[Path]
    mix_source: DatasetSource | None = None
    is_broken: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them, each once for what it is read for."""
        pair_files = [pair_file for run_files in self.pair_files.values() for pair_file in run_files]
        inputs = pair_files + self.tag_files + self.chunk_files + self.text_files + self.summary_files
        inputs += self.coverage_files + self.measured_files + self.review_files
        return (*inputs, *(self.mix_source.files if self.mix_source else ()))


def find_build_inputs(job: Job, runs_asked_for: Sequence[str], *, with_gone: bool) -> BuildInputs:
    """What there is to build from: the runs asked for (none: the default run), and what belongs to their documents.

    `with_gone`: of documents whose source is gone as well. Raises UsageError where a run holds no pairs, and for a
    licence, a folder of grades or a dataset to mix in that is not there.
    """
    from groundwork.data_folder.runs.run_files import coverage_path_parts, default_run, pair_files, run_tag_files
    from groundwork.dataset.general_data_mix import find_mix_source

    input_runs = list(dict.fromkeys(runs_asked_for)) or [default_run(job.data, job.config.qa.model)]
    files_by_run = {run: list(pair_files(job.data, run)) for run in input_runs}
    input_documents = _input_documents(job, files_by_run, with_gone=with_gone)
    chosen_documents = set(input_documents)
    input_pair_files = {run: [p for p in files_by_run[run] if p.stem in chosen_documents] for run in input_runs}
    if not any(input_pair_files.values()):
        raise UsageError(f"{', '.join(input_runs)}: holds no pairs; run first: uv run dataprep/generate_qa.py")
    tag_model, input_settings = job.config.tags.model.rpartition("/")[2], job.config.dataset
    existing_files = partial(_existing_input_files, job, input_documents)
    return BuildInputs(
        runs=input_runs,
        pair_files=input_pair_files,
        tag_files=[path for run in input_runs for path in run_tag_files(job.data, run, tag_model)],
        chunk_files=_input_chunk_files(job, input_documents),
        text_files=existing_files(("text", "{}.json")),
        summary_files=existing_files(("summaries", "{}.json")) if input_settings.asks_model else [],
        measured_files=[_input_measured_file(job, grades_name) for grades_name in input_settings.grades],
        coverage_files=[path for run in input_runs for path in existing_files(coverage_path_parts(run, "{}"))],
        review_files=[path for run in input_runs for path in _input_review_files(job, run, input_documents)],
        mix_source=find_mix_source(job),
    )


def _input_documents(job: Job, files_by_run: dict[str, list[Path]], *, with_gone: bool) -> list[str]:
    """The documents of the runs that are asked for, in order. Raises UsageError for a licence that is not there."""
    input_documents = sorted({path.stem for paths in files_by_run.values() for path in paths})
    _check_input_licenses(job, input_documents)
    return sorted(set(select_documents(job, input_documents, with_gone=with_gone)))


def _input_chunk_files(job: Job, input_documents: list[str]) -> list[Path]:
    """The files of chunks, where their texts are needed. Raises UsageError where one lacks to look questions up in."""
    input_settings = job.config.dataset
    if not (input_settings.include_chunk or input_settings.unanswerable):
        return []
    chunk_files = _existing_input_files(job, input_documents, ("chunks", "{}.jsonl"))
    documents_without_chunks = sorted(set(input_documents) - {chunk_file.stem for chunk_file in chunk_files})
    if input_settings.unanswerable and documents_without_chunks:
        chunk_input_problem = f"{', '.join(documents_without_chunks)}: no chunks to look questions up in"
        raise UsageError(f"--unanswerable: {chunk_input_problem}; run first: uv run dataprep/chunk.py")
    return chunk_files


def _check_input_licenses(job: Job, documents: Sequence[str]) -> None:
    """Raises UsageError for a licence, or a document with one, that there is not."""
    from groundwork.dataset.publish.licenses import license_problem
    from groundwork.message_wording import no_such_message

    input_settings = job.config.dataset
    if problem_of_license := license_problem(input_settings.license):
        raise UsageError(f"dataset.license: {input_settings.license!r}: {problem_of_license}")
    licensed_documents = input_settings.source_licenses.keys() - set(documents)
    unknown_documents = [name for name in licensed_documents if not job.data.path("text", f"{name}.json").exists()]
    if unknown_documents:
        raise UsageError(f"dataset.source_licenses: {no_such_message(min(unknown_documents), 'document', documents)}")


def _input_review_files(job: Job, run: str, input_documents: list[str]) -> list[Path]:
    if not (job.data.path("qa", run) / f"{DECISIONS}.jsonl").exists():
        return []
    from groundwork.data_folder.runs.review_decisions import review_files

    return review_files(job.data, run, input_documents, curated=True)


def _input_measured_file(job: Job, grades_name: str) -> Path:
    from groundwork.data_folder.file_names import slug
    from groundwork.records import MEASURED

    measured_file = job.data.path("grades", slug(grades_name), MEASURED)
    if not measured_file.exists():
        grades_folders = [measured.parent.name for measured in job.data.path("grades").glob(f"*/{MEASURED}")]
        available_grades = ", ".join(sorted(grades_folders, key=name_order)) or "none yet"
        grades_problem = f"{MEASURED} is missing from its folder" if measured_file.parent.is_dir() else "no such folder"
        grades_place = f"{grades_problem} in {measured_file.parents[1]} (there are: {available_grades})"
        raise UsageError(f"--grades {grades_name}: {grades_place}; run: uv run dataprep/grade.py")
    return measured_file


def _existing_input_files(job: Job, input_documents: list[str], path_parts: tuple[str, ...]) -> list[Path]:
    input_paths = [job.data.path(*(part.format(document) for part in path_parts)) for document in input_documents]
    return [input_path for input_path in input_paths if input_path.exists()]


def read_input_chunks(inputs: BuildInputs) -> list[Chunk]:
    """All chunks of the documents, in their order."""
    return [chunk for chunk_file in inputs.chunk_files for chunk in read_jsonl(chunk_file, Chunk)]
