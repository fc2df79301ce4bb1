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


def main(argv: Sequence[str]) -> int:
    return set_documents_aside(set_aside_flags(argv))


def set_aside_flags(argv: Sequence[str]) -> argparse.Namespace:
    parser = flag_parser(
        "dataprep set-aside", "Leave documents out of all stages, or take them back; or list them.", "[DOCUMENT ...]"
    )
    parser.add_argument("documents", metavar="DOCUMENT", nargs="*", help="names as the status shows them; none: list")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why (default: what failed)")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--failed", action="store_true", help="all that ingest failed at, beside those that are named")
    choice.add_argument("--undo", action="store_true", help="take them back")
    add_data_flags(parser, by_document=False)
    return parser.parse_args(list(argv))


def set_documents_aside(flags: argparse.Namespace) -> int:
    """Set documents aside, or take them back; without names, list them. Raises UsageError for an unknown name."""
    config = load_config(flags)
    with open_job(config, flags, writes=True, folders=()) as (job, manifest):
        documents_aside = read_set_aside(job.data)
        if not flags.documents and not flags.failed:
            _print_set_aside(documents_aside)
            return EXIT_OK
        if flags.undo:
            names_aside = [_document_name(name, list(documents_aside), "not set aside") for name in flags.documents]
            write_set_aside(
                job.data, {name: record for name, record in documents_aside.items() if name not in names_aside}
            )
            print(f"taken back: {', '.join(names_aside)}; next: {as_typed('uv run dataprep run')}")
            return EXIT_OK
        source_files = _source_files(job, stage_command("ingest"))
        converted_documents = [name.removesuffix(".md") for name in names_in_folder(job.data.path("text"), ".md")]
        known_names = sorted({*documents_aside, *source_files, *converted_documents}, key=name_order)
        named_documents = [_document_name(name, known_names, "no such document") for name in flags.documents]
        failed_documents = _failed_documents(manifest, known_names) if flags.failed else []
        names_aside = list(
            dict.fromkeys([*named_documents, *(name for name in failed_documents if name not in documents_aside)])
        )
        records_added = {
            name: _set_aside_record(job, manifest, name, source_files.get(name), flags.reason) for name in names_aside
        }
        write_set_aside(job.data, documents_aside | records_added)
    for name, record in records_added.items():
        print(terminal_text(f"set aside: {name}{f' ({record.reason})' if record.reason else ''}"))
    if not records_added:
        print("ingest failed at no document that is not set aside")
        return EXIT_OK
    print(f"take back: {as_typed('uv run dataprep set-aside')} --undo {shlex.join(names_aside)}")
    return EXIT_OK


def _print_set_aside(set_aside_documents: dict[str, SetAside]) -> None:
    for set_aside_name, record in set_aside_documents.items():
        source = f" (documents/{record.source})" if record.source else ""
        print(terminal_text(f"{set_aside_name}{source}: {record.reason or 'no reason given'}"))
    if not set_aside_documents:
        print("nothing is set aside")


def _document_name(name: str, known_names: list[str], problem: str) -> str:
    for spelling in (name, slug(name), slug(name.rpartition(".")[0])):
        if spelling in known_names:
            return spelling
    nearest = nearest_name(slug(name), known_names)
    remedy = f"; did you mean {nearest}?" if nearest else as_typed("; see: uv run dataprep")
    raise UsageError(f"{name}: {problem}{remedy}")


def _failed_documents(manifest: Manifest, known_names: Sequence[str]) -> list[str]:
    """The documents at which the last ingest failed and whose files are there."""
    entries = manifest.entries("ingest")
    return [name for name in known_names if name in entries and entries[name].status == "failed"]


def _source_files(job: Job, ingest: StageCommand) -> dict[str, Path]:
    """The files of data/documents that can be opened, by the name of their document."""
    job.flags = argparse.Namespace(**(vars(ingest.parse([])) | vars(job.flags)))
    return {unit.name: unit.writes[0] if not unit.reads else unit.reads[0] for unit in ingest.units(job)}


def _set_aside_record(job: Job, manifest: Manifest, name: str, source_file: Path | None, reason: str) -> SetAside:
    """With what failed as the reason where none is given."""
    ingest_entry = manifest.entries("ingest").get(name)
    ingest_failure = ingest_entry.failures[0]["reason"] if ingest_entry and ingest_entry.failures else ""
    ingest_failure = ingest_failure.removeprefix(f"{source_file.name}: " if source_file else "")  # which `source` names
    job.data.fetch([source_file] if source_file else [])
    source_name = (
        job.data.relative(source_file).removeprefix("documents/")
        if source_file and job.data.documents in source_file.parents
        else ""
    )
    return SetAside(
        reason=reason or ingest_failure,
        source=source_name,
        sha256=manifest.sha256(source_file) if source_file and source_name else "",
    )
