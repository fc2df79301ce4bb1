"""The DATASET arguments of the commands here: how they are declared, and the sources that they stand for."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from dataprep.console.command import Job, Unit, setting
from dataprep.schema.errors import UsageError
from dataprep.store.artifacts import slug
from visualization.datasets import Source, locate_all, runs

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


def add_interactive(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--interactive", **setting("maps.interactive", True), help="also write the HTML page")
    parser.add_argument("--no-interactive", **setting("maps.interactive", False), help="only the PNG")


def picture_unit(job: Job, name: str, stem: str, sources: list[Source], extra: tuple[Path, ...] = ()) -> Unit:
    """A unit that draws `sources` as data/plots/<stem>.png, .json, .points.jsonl and, where it is set, .html."""
    endings = [".png", ".json", ".points.jsonl", *([".html"] if job.config.maps.interactive else [])]
    tags = [job.data.path("tags", f"{source.key}.jsonl") for source in sources]
    reads = [*(file for source in sources for file in reads_of(source)), *(file for file in tags if file.exists())]
    writes = tuple(job.data.path("plots", f"{stem}{ending}") for ending in endings)
    return Unit(name, (*reads, *(file for file in extra if file.exists())), writes, sources)
