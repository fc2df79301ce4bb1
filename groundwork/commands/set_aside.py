"""`dataprep set-aside NAME`: a document that no stage works on any more, such as a file that cannot be read."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from groundwork.console.flags import add_data_flags, flag_parser, load_config
from groundwork.console.terminal import terminal_text
from groundwork.data_folder.departed_and_set_aside import SetAside, read_set_aside, write_set_aside
from groundwork.data_folder.file_names import slug
from groundwork.data_folder.manifest import Manifest
from groundwork.data_folder.spread_folders import names_in_folder
from groundwork.errors import EXIT_OK, UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import name_order, nearest_name
from groundwork.stage_runner.job import Job, open_job
from groundwork.stage_runner.stage_command import StageCommand, stage_command


def set_aside_parser() -> argparse.ArgumentParser:
    parser = flag_parser(
        "dataprep set-aside", "Leave documents out of all stages, or take them back; or list them.", "[DOCUMENT ...]"
    )
    parser.add_argument("documents", metavar="DOCUMENT", nargs="*", help="names as the status shows them; none: list")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why (default: what failed)")
    choices = parser.add_mutually_exclusive_group()
    choices.add_argument("--failed", action="store_true", help="all that ingest failed at, beside those that are named")
    choices.add_argument("--undo", action="store_true", help="take them back")
    add_data_flags(parser, by_document=False)
    return parser


def set_documents_aside(flags: argparse.Namespace) -> int:
    """Set documents aside, or take them back; without names, list them. Raises UsageError for an unknown name."""
    config = load_config(flags)
    with open_job(config, flags, writes=True, folders=()) as (job, manifest):
        documents_aside = read_set_aside(job.data)
        if not flags.documents and not flags.failed:
            _print_set_aside(documents_aside)
            return EXIT_OK
        if flags.undo:
            _take_back(job, documents_aside, flags.documents)
            return EXIT_OK
        files_to_set_aside = _files_to_set_aside(job, stage_command("ingest"))
        texts_aside = [name_aside.removesuffix(".md") for name_aside in names_in_folder(job.data.path("text"), ".md")]
        names_to_set_aside = sorted({*documents_aside, *files_to_set_aside, *texts_aside}, key=name_order)
        named_to_set_aside = [
            _name_to_set_aside(name_aside, names_to_set_aside, "no such document") for name_aside in flags.documents
        ]
        failed_to_set_aside = _failed_to_set_aside(manifest, names_to_set_aside) if flags.failed else []
        names_aside = list(
            dict.fromkeys(
                [
                    *named_to_set_aside,
                    *(name_aside for name_aside in failed_to_set_aside if name_aside not in documents_aside),
                ]
            )
        )
        records_added = {
            name_aside: _set_aside_record(job, manifest, name_aside, files_to_set_aside.get(name_aside), flags.reason)
            for name_aside in names_aside
        }
        write_set_aside(job.data, documents_aside | records_added)
    for name_aside, record_aside in records_added.items():
        print(terminal_text(f"set aside: {name_aside}{f' ({record_aside.reason})' if record_aside.reason else ''}"))
    if not records_added:
        print("ingest failed at no document that is not set aside")
        return EXIT_OK
    print(f"take back: {as_typed('uv run dataprep set-aside')} --undo {shlex.join(names_aside)}")
    return EXIT_OK


def _print_set_aside(set_aside_documents: dict[str, SetAside]) -> None:
    for set_aside_name, record_aside in set_aside_documents.items():
        source_aside = f" (documents/{record_aside.source})" if record_aside.source else ""
        print(terminal_text(f"{set_aside_name}{source_aside}: {record_aside.reason or 'no reason given'}"))
    if not set_aside_documents:
        print("nothing is set aside")


def _take_back(job: Job, documents_aside: dict[str, SetAside], typed_names: list[str]) -> None:
    taken_back = [_name_to_set_aside(typed_name, list(documents_aside), "not set aside") for typed_name in typed_names]
    still_aside = {name: record_aside for name, record_aside in documents_aside.items() if name not in taken_back}
    write_set_aside(job.data, still_aside)
    print(f"taken back: {', '.join(taken_back)}; next: {as_typed('uv run dataprep run')}")


def _name_to_set_aside(typed_name: str, names_to_set_aside: list[str], set_aside_problem: str) -> str:
    for spelling_aside in (typed_name, slug(typed_name), slug(typed_name.rpartition(".")[0])):
        if spelling_aside in names_to_set_aside:
            return spelling_aside
    nearest_to_set_aside = nearest_name(slug(typed_name), names_to_set_aside)
    set_aside_remedy = (
        f"; did you mean {nearest_to_set_aside}?" if nearest_to_set_aside else as_typed("; see: uv run dataprep")
    )
    raise UsageError(f"{typed_name}: {set_aside_problem}{set_aside_remedy}")


def _failed_to_set_aside(manifest: Manifest, names_to_set_aside: Sequence[str]) -> list[str]:
    """The documents at which the last ingest failed and whose files are there."""
    entries_aside = manifest.entries("ingest")
    return [
        name_to_set_aside
        for name_to_set_aside in names_to_set_aside
        if name_to_set_aside in entries_aside and entries_aside[name_to_set_aside].status == "failed"
    ]


def _files_to_set_aside(job: Job, ingest: StageCommand) -> dict[str, Path]:
    """The files of data/documents that can be opened, by the name of their document."""
    job.flags = argparse.Namespace(**(vars(ingest.parse([])) | vars(job.flags)))
    return {unit.name: unit.writes[0] if not unit.reads else unit.reads[0] for unit in ingest.units(job)}


def _set_aside_record(job: Job, manifest: Manifest, name: str, file_aside: Path | None, reason: str) -> SetAside:
    """With what failed as the reason where none is given."""
    entry_aside = manifest.entries("ingest").get(name)
    failure_aside = entry_aside.failures[0]["reason"] if entry_aside and entry_aside.failures else ""
    failure_aside = failure_aside.removeprefix(f"{file_aside.name}: " if file_aside else "")  # which `source` names
    job.data.fetch([file_aside] if file_aside else [])
    source_aside = (
        job.data.relative(file_aside).removeprefix("documents/")
        if file_aside and job.data.documents in file_aside.parents
        else ""
    )
    return SetAside(
        reason=reason or failure_aside,
        source=source_aside,
        sha256=manifest.sha256(file_aside) if file_aside and source_aside else "",
    )
