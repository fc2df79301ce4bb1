"""Where the rows came from: documents with their licences, and the settings and prompts that made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundwork.data_folder.manifest import Manifest
from groundwork.data_folder.read_write import read_json
from groundwork.dataset.publish.card import SourceDocument
from groundwork.records import Document, DocumentCoverage, Row


@dataclass(frozen=True)
class Recipes:
    """Settings by stage, and the sha256 of prompts by file name, as the manifest has them."""

    settings: dict[str, Any]
    prompts: dict[str, str]


def read_recipes(manifest: Path, stages: Sequence[str]) -> Recipes:
    """What shaped the artifacts of `stages`; of a stage with several recipes, the one of its last unit by name."""
    settings: dict[str, Any] = {}
    prompts: dict[str, str] = {}
    opened_manifest = Manifest(manifest)
    try:
        for stage in stages:
            for _, unit_entry in sorted(opened_manifest.entries(stage).items()):
                settings[stage] = unit_entry.recipe.get("settings")
                prompts |= unit_entry.recipe.get("prompts", {})
    finally:
        opened_manifest.close()
    return Recipes(settings, dict(sorted(prompts.items())))


def source_documents(
    rows: Sequence[Row], texts: Sequence[Path], coverage: Sequence[Path], licenses: Mapping[str, str]
) -> list[SourceDocument]:
    """The documents of `rows`, with what is known about each."""
    documents_by_name = {path.stem: read_json(path, Document) for path in texts}
    coverage_shares: dict[str, list[str]] = {}
    for path in coverage:
        coverage_shares.setdefault(path.stem, []).append(_percent(read_json(path, DocumentCoverage).touched))
    row_counts = Counter(row.document for row in rows)
    sources = []
    for document_name in sorted(row_counts):
        document = documents_by_name.get(document_name)
        sources.append(
            SourceDocument(
                document=document_name,
                file=document.source if document else "",
                title=document.title if document else "",
                converter=f"{document.converter} {document.converter_version}" if document else "",
                license=licenses.get(document_name, ""),
                rows=row_counts[document_name],
                covered=", ".join(share for share in coverage_shares.get(document_name, []) if share),
            )
        )
    return sources


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
