"""The DATASET arguments of the commands here: how they are declared, and the sources that they stand for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from dataprep.schema.errors import UsageError
from dataprep.store.artifacts import slug
from visualization.datasets import Source, locate_all, runs

if TYPE_CHECKING:
    from dataprep.console.command import Job

FORMS = "a run, a folder of JSONL or Parquet, or org/name@revision:split on the Hub"


def add_datasets(parser: argparse.ArgumentParser, default: str = "", nargs: str | int = "*") -> None:
    """The positional DATASET arguments; `default` says what none of them means."""
    note = f"; default: {default}" if default else ""
    parser.add_argument("datasets", metavar="DATASET", nargs=nargs, help=f"{FORMS}{note}")


def sources_of(job: Job, default: list[str] | None = None, least: int = 1) -> list[Source]:
    """The sources that the arguments name; without any, `default`, or every run.

    Raises UsageError when fewer than `least` are named.
    """
    names = job.flags.datasets or (runs(job.data) if default is None else default)
    if job.flags.datasets and len(names) < least:
        raise UsageError(f"needs at least {least} datasets; the runs are: {', '.join(runs(job.data)) or 'none yet'}")
    return [_documents_only(job, source) for source in locate_all(names, job.data)]


def run_of(job: Job) -> str:
    """The run of the settings: the last part of qa.model, as a file name."""
    return slug(job.config.qa.model.rpartition("/")[2])


def reads_of(source: Source) -> tuple[Path, ...]:
    return source.files


def _documents_only(job: Job, source: Source) -> Source:
    """Of a run, only the files of the documents that --document names."""
    if not job.flags.document or source.kind != "run":
        return source
    wanted = job.wanted([file.stem for file in source.files])
    return msgspec.structs.replace(
        source,
        name=f"{source.name} ({', '.join(wanted)})",
        key="-".join((source.key, *wanted)),
        files=tuple(file for file in source.files if file.stem in wanted),
    )
