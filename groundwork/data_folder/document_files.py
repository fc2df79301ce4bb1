"""The files of a document: which were made of it alone, its record, and which names and ids are its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from groundwork.data_folder.edited_copies import edited_copies, is_edited_copy
from groundwork.data_folder.read_write import read_json
from groundwork.data_folder.spread_folders import file_path, names_in_folder
from groundwork.data_folder.workspace import Workspace
from groundwork.records import Document

DOCUMENT_FILE_PATTERNS = (  # below the data folder, of a document's name
    *("text/{}.md", "text/{}.json", "summaries/{}.json", "chunks/{}.jsonl"),
    *("plots/coverage-{}.html", "plots/coverage-{}.json", "plots/{}-chunks.html", "plots/audit-{}.html"),
)
RUN_FILE_PATTERNS = ("{}.jsonl", "{}.json")


def document_files(data: Workspace, document: str) -> list[Path]:
    """Every file that was made of the document alone, with its edited copies; the folder of its pictures aside."""
    paths_of_document = [data.path(*pattern.format(document).split("/")) for pattern in DOCUMENT_FILE_PATTERNS]
    paths_of_document += [
        file_path(folder, run_file_name.format(document))
        for folder in data.run_folders()
        for run_file_name in RUN_FILE_PATTERNS
    ]
    with_copies = [path for path_of_file in paths_of_document for path in (path_of_file, *edited_copies(path_of_file))]
    return [document_path for document_path in dict.fromkeys(with_copies) if document_path.is_file()]


def longer_document_names(data: Workspace, document: str) -> list[str]:
    """The other documents whose names begin with that of `document` and a hyphen, as its ids do."""
    document_names = (document_name.removesuffix(".md") for document_name in names_in_folder(data.path("text"), ".md"))
    return [document_name for document_name in document_names if document_name.startswith(f"{document}-")]


def is_name_or_id(value: str, document: str, longer_names: Sequence[str]) -> bool:
    """Is `value` the name of `document`, or the id of a chunk or a pair of it: its name, then hashes and numbers?

    The id of a dataset's row may have its run before that (`alpha/`), and the number of a wording behind it (`~2`).
    """
    if value == document:
        return True
    document_id = value.rpartition("/")[2].partition("~")[0]
    if any(document_id == name or document_id.startswith(f"{name}-") for name in longer_names):
        return False
    id_suffix = document_id.removeprefix(f"{document}-")
    id_digests = id_suffix.removeprefix("unanswerable-").split("-")
    return id_suffix != document_id and all(digest and set(digest) <= set("0123456789abcdef") for digest in id_digests)


def document_record_of_text(
    document_text: str, document_name: str, record_files: Sequence[Path]
) -> tuple[Document, list[str]]:
    """(record, warnings): without its pages where the text was edited since ingest, for their offsets would lie.

    `record_files`: the record's file, or none where somebody put the text there by hand.
    """
    if not record_files:
        empty_record = Document(
            id=document_name, source="", sha256="", converter="", converter_version="", characters=len(document_text)
        )
        return empty_record, [f"{document_name}.json is missing: chunks get no pages"]
    document_record = read_json(record_files[0], Document)
    if document_record.pages and document_record.characters != len(document_text):
        return msgspec.structs.replace(document_record, pages=[]), [
            "the text was edited since ingest: chunks get no pages"
        ]
    return document_record, []


def title_in_document_record(record_files: Sequence[Path], document_name: str) -> str:
    """The title that the record in `record_files` (none or one) has, or else the document's name as words."""
    return next((read_json(record_file, Document).title for record_file in record_files), "") or document_name.replace(
        "-", " "
    )


def can_have_picture_folder(document: str) -> bool:
    """Not where the folder's name may be that of another document's text: `a.md` beside `a`."""
    return not document.endswith((".md", ".json")) and not is_edited_copy(document)
