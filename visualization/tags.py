"""The tags of datasets: `data/tags/<dataset>.jsonl`."""

from __future__ import annotations

from pathlib import Path

from dataprep.schema.records import Tags
from dataprep.store.artifacts import Workspace, read_jsonl
from visualization.datasets import Source


def tag_file(data: Workspace, source: Source) -> Path:
    return data.path("tags", f"{source.key}.jsonl")


def tags_by_question(data: Workspace, sources: list[Source]) -> dict[str, list[str]]:
    """The tags of every question of `sources` that has some."""
    files = [tag_file(data, source) for source in sources]
    return {row.question: row.tags for file in files if file.exists() for row in read_jsonl(file, Tags)}
