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
    documents_by_hash: dict[str, list[str]] = {}
    for document, manifest_entry in manifest.entries("ingest", EntryOutputs).items():
        digest = next(
            (
                digest
                for output_path, digest in manifest_entry.outputs.items()
                if output_path.endswith(f"/{document}.md")
            ),
            "",
        )
        if digest and manifest_entry.status == "ok" and document not in excluded:
            documents_by_hash.setdefault(digest, []).append(document)
    copies: dict[str, str] = {}
    for documents in documents_by_hash.values():
        if len(documents) > 1:
            copies |= _copies_among(data, manifest, documents)
    return copies


def copy_lines(copies: Mapping[str, str]) -> list[str]:
    """`  the same  copy has the text of notes, which stands for both`, for a terminal."""
    return [f"  the same  {copy} has the text of {first}, which stands for both" for copy, first in copies.items()]


def _copies_among(data: Workspace, manifest: Manifest, documents: list[str]) -> dict[str, str]:
    """As `find_copies`, of documents whose texts were the same when ingest wrote them."""
    by_hash: dict[str, list[str]] = {}
    for document in documents:
        if digest := manifest.sha256(data.path("text", f"{document}.md")):
            by_hash.setdefault(digest, []).append(document)
    copies: dict[str, str] = {}
    for same in by_hash.values():
        first = min(
            same,
            key=lambda document_name: (
                manifest.entry("chunk", document_name) is None,
                len(document_name),
                document_name,
            ),
        )
        copies |= {document: first for document in same if document != first}
    return copies
