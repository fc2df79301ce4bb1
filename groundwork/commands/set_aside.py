"""`dataprep set-aside NAME`: a document that no stage works on any more, such as a file that cannot be read."""

from __future__ import annotations

import argparse
import difflib
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.console.job import Job
from groundwork.console.job_setup import load_config, open_job
from groundwork.errors import EXIT_OK, UsageError
from groundwork.installation import as_typed
from groundwork.records.artifacts import slug
from groundwork.records.manifest import Manifest
from groundwork.records.set_aside_documents import SetAside, set_aside, write_set_aside
from groundwork.records.spread_folders import names_in

if TYPE_CHECKING:
    from groundwork.console.command import Command


def set_documents_aside(flags: argparse.Namespace, command: Callable[[str], Command]) -> int:
    """Set documents aside, or take them back; without names, list them. Raises UsageError for an unknown name."""
    config = load_config(flags)
    with open_job(config, flags, writes=True, folders=()) as (job, manifest):
        before = set_aside(job.data)
        if not flags.documents:
            _list(before)
            return EXIT_OK
        if flags.undo:
            names = [_known(name, list(before), "not set aside") for name in flags.documents]
            write_set_aside(job.data, {name: one for name, one in before.items() if name not in names})
            print(f"taken back: {', '.join(names)}; next: {as_typed('uv run dataprep run')}")
            return EXIT_OK
        files = _files(job, command("ingest"))
        known = sorted(
            {*before, *files, *(name.removesuffix(".md") for name in names_in(job.data.path("text"), ".md"))}
        )
        names = [_known(name, known, "no such document") for name in flags.documents]
        added = {name: _entry(job, manifest, name, files.get(name), flags.reason) for name in names}
        write_set_aside(job.data, before | added)
    for name, one in added.items():
        print(f"set aside: {name}{f' ({one.reason})' if one.reason else ''}")
    print(f"take back: {as_typed('uv run dataprep set-aside')} --undo {shlex.join(names)}")
    return EXIT_OK


def _list(documents: dict[str, SetAside]) -> None:
    for name, one in documents.items():
        print(f"{name}{f' (documents/{one.source})' if one.source else ''}: {one.reason or 'no reason given'}")
    if not documents:
        print("nothing is set aside")


def _known(name: str, known: list[str], what: str) -> str:
    for form in (name, slug(name), slug(name.rpartition(".")[0])):
        if form in known:
            return form
    near = difflib.get_close_matches(slug(name), known, n=1)
    raise UsageError(f"{name}: {what}{f'; did you mean {near[0]}?' if near else as_typed('; see: uv run dataprep')}")


def _files(job: Job, ingest: Command) -> dict[str, Path]:
    """The files of data/documents that can be opened, by the name of their document."""
    job.flags = argparse.Namespace(**(vars(ingest.parse([])) | vars(job.flags)))
    return {unit.name: unit.writes[0] if not unit.reads else unit.reads[0] for unit in ingest.units(job)}


def _entry(job: Job, manifest: Manifest, name: str, file: Path | None, reason: str) -> SetAside:
    """With what failed as the reason where none is given."""
    failed = manifest.entries("ingest").get(name)
    found = failed.failures[0]["reason"] if failed and failed.failures else ""
    job.data.fetch([file] if file else [])
    source = job.data.relative(file).removeprefix("documents/") if file and job.data.documents in file.parents else ""
    return SetAside(reason=reason or found, source=source, sha256=manifest.sha256(file) if file and source else "")
