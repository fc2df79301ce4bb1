"""Documents whose texts are the same, letter by letter: one of them stands for all, and is asked about once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from groundwork.data_folder.manifest import EntryOutputs, Manifest
from groundwork.data_folder.workspace import Workspace


def find_copies(data: Workspace, manifest: Manifest, excluded: Collection[str] = ()) -> dict[str, str]:
    """By document, the other whose text it repeats. `excluded`: documents that neither are copies nor have any.

    Of equal texts that one stays which has chunks, else the one with the shortest name. A text that was edited since is
    what it is now.
    """
    documents_by_text_hash: dict[str, list[str]] = {}
    for document_name, manifest_entry in manifest.entries("ingest", EntryOutputs).items():
        text_digest = next(
            (
                text_digest
                for output_path, text_digest in manifest_entry.outputs.items()
                if output_path.endswith(f"/{document_name}.md")
            ),
            "",
        )
        if text_digest and manifest_entry.status == "ok" and document_name not in excluded:
            documents_by_text_hash.setdefault(text_digest, []).append(document_name)
    copies: dict[str, str] = {}
    for likely_copies in documents_by_text_hash.values():
        if len(likely_copies) > 1:
            copies |= _copies_among(data, manifest, likely_copies)
    return copies


def copy_lines(copies: Mapping[str, str]) -> list[str]:
    """`  the same  copy has the text of notes, which stands for both`, for a terminal."""
    return [f"  the same  {copy} has the text of {origin}, which stands for both" for copy, origin in copies.items()]


def _copies_among(data: Workspace, manifest: Manifest, likely_copies: list[str]) -> dict[str, str]:
    """As `find_copies`, of documents whose texts were the same when ingest wrote them."""
    copies_by_text_hash: dict[str, list[str]] = {}
    for document in likely_copies:
        if text_digest := manifest.sha256(data.path("text", f"{document}.md")):
            copies_by_text_hash.setdefault(text_digest, []).append(document)
    copies: dict[str, str] = {}
    for copied_documents in copies_by_text_hash.values():
        original = min(
            copied_documents,
            key=lambda document_name: (
                manifest.entry("chunk", document_name) is None,
                len(document_name),
                document_name,
            ),
        )
        copies |= {document: original for document in copied_documents if document != original}
    return copies
