"""Merge several runs into one: the union of their questions, of near-duplicates the best copy.

Reads   data/qa/<run>/*.jsonl (or folders, or Hub datasets)
Writes  data/qa/<OUT>/<document>.jsonl, and data/qa/<OUT>/rejected/<document>.jsonl: every copy that was not kept,
        with the one that stands for it and why
Run     uv run visualization/merge.py A B [C ...] --out RUN [--threshold 0.95]
        A, B: runs, folders of JSONL or Parquet, or org/name@revision:split; what lacks vectors is embedded first
"""

from __future__ import annotations

import argparse
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

from groundwork.console.terminal import openable_path
from groundwork.data_folder.file_names import slug
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.dataset.dataset_argument import SEPARATE_RUNS, add_dataset_arguments, dataset_sources_of_arguments
from groundwork.errors import UsageError
from groundwork.message_wording import counted
from groundwork.stage_runner.stage_command import Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from groundwork.dataset.dataset_argument import DatasetSource
    from groundwork.dataset.merged_runs import MergeCandidate
    from groundwork.embedding.vector_types import Vectors
    from groundwork.questions.duplicates.likeness_calibration import Likeness

CALIBRATION_QUESTIONS = 2_000  # from which it is told how alike two questions are that are one


def add_merge_flags(parser: argparse.ArgumentParser) -> None:
    add_dataset_arguments(parser, f"{SEPARATE_RUNS}, without RUN")
    parser.add_argument("--out", metavar="RUN", required=True, help="the run to write, in data/qa")
    parser.add_argument(
        "--threshold",
        metavar="COSINE",
        type=float,
        help="from which two questions without evidence are one; default: calibrated",
    )


def merge_units(job: Job) -> list[Unit]:
    from groundwork.data_folder.runs.run_files import MERGED, run_pair_files, separate_runs

    merged_run = slug(job.flags.out)
    merged_folder = job.data.path("qa", merged_run)
    if not any(map(str.isalnum, job.flags.out)) or "/" in job.flags.out:
        raise UsageError(f"--out {job.flags.out}: name a run, such as merged")
    if job.flags.threshold is not None and not 0 < job.flags.threshold <= 1:
        raise UsageError(f"--threshold {job.flags.threshold:g}: a cosine lies between 0 and 1, such as 0.95")
    merged_sources = dataset_sources_of_arguments(
        job,
        default=lambda job: [merge_name for merge_name in separate_runs(job.data) if merge_name != merged_run],
        minimum=2,
    )
    if merged_run in [merged_source.name for merged_source in merged_sources]:
        raise UsageError(f"--out {job.flags.out}: is one of the runs to merge; name another")
    if run_pair_files(merged_folder) and not (merged_folder / MERGED).exists():
        raise UsageError(f"--out {job.flags.out}: is a run that no merge has made, and would be lost; name another")
    files_to_merge = tuple(file for merged_source in merged_sources for file in merged_source.files)
    merge_threshold_note = "" if job.flags.threshold is None else f" at {job.flags.threshold:g}"
    merge_name = (
        f"{' + '.join(merged_source.name for merged_source in merged_sources)}{merge_threshold_note} -> {merged_run}"
    )
    return [Unit(merge_name, files_to_merge, (merged_folder / MERGED,), merged_sources)]


async def merge_runs(job: Job, unit: Unit) -> Outcome:
    from groundwork.data_folder.disk_backed_lists import DiskBackedList
    from groundwork.dataset.merged_runs import JoinedRuns, MergeCandidate, merge_candidates, write_merged_run
    from groundwork.dataset.question_vectors import stream_embedded_datasets

    merged_sources: list[DatasetSource] = unit.payload
    with closing(DiskBackedList(MergeCandidate, job.data.state)) as merge_pool:
        joined_runs = JoinedRuns(merge_pool)
        async for embedded_dataset in stream_embedded_datasets(job, merged_sources):
            joined_runs.add(embedded_dataset)
            del embedded_dataset  # its rows are in a file now
        merge_vectors = joined_runs.vectors()
        merge_likeness = _merge_likeness(job, merge_pool, merge_vectors)
        merged = merge_candidates(merge_pool, merge_vectors, merge_likeness)
        merged_files = write_merged_run(unit.writes[0].parent, merged)
        merged_run_of = [candidate.run for candidate in merge_pool]
    merge_counts = Counter(merged_run_of[row] for row in merged.kept)
    merged_from = {name: (merge_counts[name], size) for name, size in joined_runs.sizes.items()}
    _write_merge_record(unit.writes[0], merged_from, merge_likeness.same_cosine, len(merged.dropped))
    merge_shares = ", ".join(f"{name} {kept:,} of {size:,}" for name, (kept, size) in merged_from.items())
    merged_folder = openable_path(unit.writes[0].parent)
    return Outcome(
        status="ok" if merged.kept else "empty",
        note=f"{merge_shares} -> {counted(len(merged.kept), 'question')} in {merged_folder} "
        f"(without evidence, cosine {merge_likeness.same_cosine:.3f} and more is one question)",
        counts={"questions": len(merged.kept), "duplicates": len(merged.dropped)},
        warnings=joined_runs.warnings,
        writes=merged_files,
    )


def _merge_likeness(job: Job, merge_pool: Sequence[MergeCandidate], merge_vectors: Vectors) -> Likeness:
    """How alike two questions are that are one, calibrated by a sample of those to be merged."""
    from groundwork.questions.duplicates.likeness_calibration import calibrated_likeness

    step = max(1, len(merge_pool) // CALIBRATION_QUESTIONS)
    merge_sample = [merge_pool[row].pair.question for row in range(0, len(merge_pool), step)]
    return calibrated_likeness(merge_vectors[::step], job.flags.threshold, questions=merge_sample)


def _write_merge_record(merged_file: Path, merged: dict[str, tuple[int, int]], cosine: float, dropped: int) -> None:
    """What the run was merged from; `merged`: of each run the questions kept, and all of them."""
    from groundwork.data_folder.read_write import write_json

    merge_record = {
        "from": {name: size for name, (_, size) in merged.items()},
        "kept": {name: kept for name, (kept, _) in merged.items()},
        "threshold": cosine,
        "left_out": dropped,
    }
    write_json(merged_file, merge_record)


main = StageCommand(
    name="merge",
    units=merge_units,
    process=merge_runs,
    settings=lambda config: config.embeddings,
    config_names=names_in_order("embeddings"),
    version="2",
    flags=add_merge_flags,
)
