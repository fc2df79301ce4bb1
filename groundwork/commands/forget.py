"""`dataprep forget NAME`: a document removed from everything that was made of it; on request, from the journal too."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.commands.state_journals import open_journals
from groundwork.console.flags import add_data_flags, flag_parser, load_config
from groundwork.console.terminal import terminal_text
from groundwork.data_folder.departed_and_set_aside import read_set_aside, write_set_aside
from groundwork.data_folder.document_files import document_files, is_name_or_id, longer_document_names
from groundwork.data_folder.file_names import slug
from groundwork.data_folder.manifest import Manifest
from groundwork.data_folder.read_write import read_json, read_jsonl, write_json, write_jsonl
from groundwork.data_folder.runs.review_decisions import rewrite_decision_lines
from groundwork.data_folder.runs.run_files import DECISIONS
from groundwork.data_folder.spread_folders import file_path
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import EXIT_OK, StopRun, UsageError
from groundwork.message_wording import counted
from groundwork.records import Pair, Tags
from groundwork.stage_runner.job import open_job

if TYPE_CHECKING:
    from groundwork.llm.reply_journal import Journal
    from groundwork.stage_runner.job import Job

FORGOTTEN = "forgotten.json"  # in a dataset's folder: documents that were removed after it was built, with their rows
_FORGOTTEN_WHOLE = ("plots/", "embeddings/")  # outputs that hold texts of several documents


def forget_parser() -> argparse.ArgumentParser:
    parser = flag_parser("dataprep forget", "Remove documents from everything that was made of them.", "DOCUMENT ...")
    parser.add_argument("documents", metavar="DOCUMENT", nargs="+", help="names as the status shows them")
    parser.add_argument("--replies", action="store_true", help="also the replies of models about them in the journal")
    parser.add_argument("--dry-run", action="store_true", help="only say what there is")
    add_data_flags(parser, by_document=False)
    return parser


def forget_documents(flags: argparse.Namespace) -> int:
    """Say what there is of each document, and remove it unless --dry-run. Raises UsageError for an unknown name.

    Raises StopRun where another process is at work on the journal.
    """
    with open_job(load_config(flags), flags, shards=True, folders=()) as (job, manifest):
        names_to_forget = _names_to_forget(job.data, flags.documents)
        if flags.dry_run:
            for name_to_forget in names_to_forget:
                remains = document_remains(job.data, name_to_forget)
                print(f"{name_to_forget}: {remains}; {counted(len(remains.files), 'file')}")
            return EXIT_OK
        with _journals_to_forget_in(job) as journals:
            for name_to_forget in names_to_forget:
                _print_forgotten(job.data, name_to_forget, forget_document(job.data, manifest, name_to_forget))
            if flags.replies:
                print(
                    f"  {counted(sum(journal.forget(names_to_forget) for journal in journals), 'reply', 'replies')} "
                    "removed from the journal"
                )
    return EXIT_OK


def _names_to_forget(data: Workspace, typed_names: list[str]) -> list[str]:
    names_to_forget = [to_forget if document_files(data, to_forget) else slug(to_forget) for to_forget in typed_names]
    if unknown_names := [to_forget for to_forget in names_to_forget if not document_files(data, to_forget)]:
        raise UsageError(f"{', '.join(unknown_names)}: no document of that name in {data.root}; see: uv run dataprep")
    return names_to_forget


@contextmanager
def _journals_to_forget_in(job: Job) -> Iterator[list[Journal]]:
    """The journal and those of shards, for this process alone.

    Raises StopRun where a stage is at work, for what it makes would come back, as at `gather` what a shard keeps.
    """
    if job.flags.replies:
        job.data.fetch_databases("journal")
    with open_journals(job.data, to_change=True) as journals:
        if callers := [caller for journal in journals.values() for caller in journal.other_callers()]:
            raise StopRun(f"{', '.join(callers)}: at work on this folder, calling a model; forget once it has ended")
        yield list(journals.values())


def _print_forgotten(data: Workspace, name: str, remains: DocumentRemains) -> None:
    print(f"{name}: removed {remains.removable}; {counted(len(remains.files), 'file')}")
    for dataset, row_count in remains.rows.items():
        print(f"  dataset {dataset} still holds {counted(row_count, 'row')} of it; build it again, and push it again")
    for folder, row_count in remains.graded.items():
        grades_folder = terminal_text(str(data.path("grades", folder)))
        print(f"  {grades_folder} still holds answers about it (questions: {row_count:,}); grade again, or remove it")


@dataclass
class DocumentRemains:
    """What there is of a document: its files, how many pairs, the rows of datasets that hold it, by dataset, and the
    questions about it whose answers were graded, by folder of grades.
    """

    files: list[Path] = field(default_factory=list)
    chunks: int = 0
    pairs: int = 0
    pictures: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    graded: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        remains = [f"{counted(row_count, 'row')} of dataset {label}" for label, row_count in self.rows.items()]
        remains += [f"graded questions in grades/{label}: {row_count:,}" for label, row_count in self.graded.items()]
        return ", ".join([*self._removable, *remains]) or "nothing"

    @property
    def removable(self) -> str:
        """What `forget` removes: all but the rows of datasets and the grades, which are marked or named."""
        return ", ".join(self._removable) or "nothing"

    @property
    def _removable(self) -> list[str]:
        forgettable_counts = (("picture", self.pictures), ("chunk", self.chunks), ("pair", self.pairs))
        return [
            *(["its text"] if self.files else []),
            *(counted(count, noun) for noun, count in forgettable_counts if count),
        ]


def document_remains(data: Workspace, forgotten_document: str) -> DocumentRemains:
    """What the data folder holds of a document. Damaged files count as files and hold nothing."""
    forgotten_files = document_files(data, forgotten_document)
    data.fetch([*forgotten_files, *data.path("datasets").rglob("*.parquet"), *data.path("grades").glob("*/*.jsonl")])
    chunks_to_forget = data.path("chunks", f"{forgotten_document}.jsonl")
    return DocumentRemains(
        files=forgotten_files,
        chunks=chunks_to_forget.read_bytes().count(b"\n") if chunks_to_forget.exists() else 0,
        pictures=len(list(data.path("text", forgotten_document).glob("figure-*"))),
        pairs=sum(pair_file.read_bytes().count(b"\n") for pair_file in _pair_files_to_forget(data, forgotten_document)),
        rows={name: count for name, count in _dataset_rows_to_forget(data, forgotten_document).items() if count},
        graded={name: count for name, count in _graded_to_forget(data, forgotten_document).items() if count},
    )


def forget_document(data: Workspace, manifest: Manifest, forgotten_document: str) -> DocumentRemains:
    """Remove a document from every file of the data folder; datasets that hold it are marked and stay as they are, and
    so do grades, which cost calls.

    What is made of several documents (maps, vectors, reports) is removed whole, for it is made anew at the next run.
    Returns what there was.
    """
    forgotten_remains = document_remains(data, forgotten_document)
    forgotten_pair_ids = {
        pair.id
        for document_file in _pair_files_to_forget(data, forgotten_document)
        for pair in read_jsonl(document_file, Pair)
    }
    longer_names = longer_document_names(data, forgotten_document)
    _forget_units(data, manifest, forgotten_document, forgotten_remains)
    decisions_to_forget_in = sorted(data.root.glob(f"qa/*/{DECISIONS}.jsonl"))
    data.fetch([data.path("tags"), *decisions_to_forget_in])
    _forget_tags(data, forgotten_document, longer_names, forgotten_pair_ids)
    for decisions in decisions_to_forget_in:
        rewrite_decision_lines(decisions, lambda line: b"" if _is_about_forgotten(line, forgotten_document) else line)
    for forgotten_file in [*forgotten_remains.files, data.path("text", forgotten_document)]:
        _remove_forgotten(forgotten_file)
    if forgotten_document in (records_aside := read_set_aside(data)):
        write_set_aside(data, {name: record for name, record in records_aside.items() if name != forgotten_document})
    for dataset, count in forgotten_remains.rows.items():
        forgotten_mark = data.path("datasets", dataset, FORGOTTEN)
        forgotten_before = read_json(forgotten_mark, dict[str, int]) if forgotten_mark.exists() else {}
        write_json(forgotten_mark, {**forgotten_before, forgotten_document: count})
    return forgotten_remains


def _forget_tags(data: Workspace, forgotten_document: str, longer_names: list[str], forgotten_pairs: set[str]) -> None:
    """Take the tags of its pairs, and of whatever else is named after it, out of the files that hold them."""
    for tags_to_forget_in in sorted(data.path("tags").rglob("*.jsonl")):
        tag_rows_before = read_jsonl(tags_to_forget_in, Tags)
        other_tag_rows = [
            tag_row
            for tag_row in tag_rows_before
            if tag_row.id not in forgotten_pairs and not is_name_or_id(tag_row.id, forgotten_document, longer_names)
        ]
        if len(other_tag_rows) < len(tag_rows_before):
            write_jsonl(tags_to_forget_in, other_tag_rows)


def _forget_units(data: Workspace, manifest: Manifest, forgotten_document: str, remains: DocumentRemains) -> None:
    """Its units and those that read its files leave the manifest; what these made of several documents is removed."""
    forgotten_files = {data.relative(document_file) for document_file in remains.files}
    for stage, unit, entry_to_forget in manifest.all_entries():
        if unit.rpartition("/")[2] == forgotten_document:
            manifest.forget(stage, [unit])
        elif forgotten_files & entry_to_forget.inputs.keys():
            for forgotten_output in entry_to_forget.outputs:
                if forgotten_output.startswith(_FORGOTTEN_WHOLE) or (
                    forgotten_output.startswith("qa/") and forgotten_output.endswith(".html")
                ):
                    _remove_forgotten(data.root / forgotten_output)
            manifest.forget(stage, [unit])


def forgotten_rows(data: Workspace) -> dict[str, dict[str, int]]:
    """By dataset: the documents that were removed after it was built, and how many of its rows are theirs."""
    forgotten_marks = sorted(data.path("datasets").glob(f"*/{FORGOTTEN}"))
    data.fetch(forgotten_marks)
    return {forgotten_mark.parent.name: read_json(forgotten_mark, dict[str, int]) for forgotten_mark in forgotten_marks}


def _pair_files_to_forget(data: Workspace, forgotten_document: str) -> list[Path]:
    pairs_to_forget = [
        file_path(run_folder, f"{forgotten_document}.jsonl")
        for run_folder in sorted(data.root.glob("qa/*"))
        if run_folder.is_dir()
    ]
    return [pair_file for pair_file in pairs_to_forget if pair_file.is_file()]


def _is_about_forgotten(decision_line: bytes, forgotten_document: str) -> bool:
    """Is the line a decision about a pair of this document?"""
    try:
        return bool(msgspec.json.decode(decision_line, type=dict[str, Any]).get("document") == forgotten_document)
    except msgspec.DecodeError:
        return False


def _dataset_rows_to_forget(data: Workspace, forgotten_document: str) -> dict[str, int]:
    """Rows of a document by dataset."""
    datasets_to_forget_in = [path for path in sorted(data.path("datasets").glob("*")) if path.is_dir()]
    return {
        dataset_to_forget_in.name: sum(
            _count_rows_to_forget(parquet_file, forgotten_document)
            for parquet_file in dataset_to_forget_in.rglob("*.parquet")
        )
        for dataset_to_forget_in in datasets_to_forget_in
    }


def _graded_to_forget(data: Workspace, forgotten_document: str) -> dict[str, int]:
    """Questions about a document by folder of grades."""
    longer_names = longer_document_names(data, forgotten_document)
    graded_to_forget: dict[str, set[str]] = {}
    for grade_file in sorted(data.path("grades").glob("*/*.jsonl")):
        graded_ids_to_forget = {str(grade_line.get("id", "")) for grade_line in _grade_lines_to_forget(grade_file)}
        graded_forgotten = {
            row_id for row_id in graded_ids_to_forget if is_name_or_id(row_id, forgotten_document, longer_names)
        }
        graded_to_forget.setdefault(grade_file.parent.name, set()).update(graded_forgotten)
    return {folder: len(graded_ids_to_forget) for folder, graded_ids_to_forget in graded_to_forget.items()}


def _grade_lines_to_forget(jsonl_file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON lines file; damaged lines are passed over."""
    for line in jsonl_file.read_bytes().splitlines():
        try:
            yield msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError:
            continue


def _count_rows_to_forget(parquet_file: Path, forgotten_document: str) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        document_column = pq.read_table(parquet_file, columns=["document"]).column(0)
    except (OSError, ValueError, KeyError, pa.ArrowInvalid):
        return 0
    return sum(document_name == forgotten_document for document_name in document_column.to_pylist())


def _remove_forgotten(forgotten_path: Path) -> None:
    if forgotten_path.is_dir() and not forgotten_path.is_symlink():
        shutil.rmtree(forgotten_path)
    else:
        forgotten_path.unlink(missing_ok=True)
