"""The versions of a dataset: a number that rises whenever its rows change, kept over rebuilds in `versions.json`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from groundwork.dataset.row_differences import differences
from groundwork.dataset.rows import Row
from groundwork.errors import BadRecord
from groundwork.records.artifacts import read_json
from groundwork.records.record_base import Record

VERSIONS = "versions.json"


class Version(Record, frozen=True):
    """One state of the rows. `sha256` is of all splits; `change` says in words what became of the version before."""

    version: int
    sha256: str
    rows: dict[str, int]  # by split
    change: str = ""


def read_versions(folder: Path) -> list[Version]:
    """The versions of the dataset in `folder`, the latest last; none where it has not been built. Raises BadRecord."""
    path = folder / VERSIONS
    return read_json(path, list[Version]) if path.exists() else []


def versions_with(folder: Path, splits: Mapping[str, Sequence[Row]], columns: Sequence[str]) -> list[Version]:
    """The versions of the dataset in `folder` once its rows are those of `splits`.

    The same rows are the same version. Raises BadRecord for a damaged `versions.json`.
    """
    before = read_versions(folder)
    digest = content_hash(splits, columns)
    if before and before[-1].sha256 == digest:
        return before
    change = _change(folder, splits, columns) if before else ""
    rows = {name: len(found) for name, found in splits.items()}
    return [*before, Version(before[-1].version + 1 if before else 1, digest, rows, change)]


def content_hash(splits: Mapping[str, Sequence[Row]], columns: Sequence[str]) -> str:
    """SHA-256 of the rows of all splits in their order, by the values of `columns`."""
    digest = hashlib.sha256(msgspec.json.encode(list(columns)))
    for name in sorted(splits):
        digest.update(msgspec.json.encode([name, len(splits[name])]))
        for row in splits[name]:
            digest.update(msgspec.json.encode([getattr(row, column) for column in columns]))
    return digest.hexdigest()


def _change(folder: Path, splits: Mapping[str, Sequence[Row]], columns: Sequence[str]) -> str:
    try:
        before = list(_rows_of(folder))
    except BadRecord:
        return "the rows before could not be read"
    after = [
        {**{column: getattr(row, column) for column in columns}, "split": name}
        for name, rows in splits.items()
        for row in rows
    ]
    return str(differences(before, after))


def _rows_of(folder: Path) -> list[dict[str, Any]]:
    from groundwork.dataset.dataset_sources import records_of
    from groundwork.records.run_lookup import row_files

    return [{**record, "split": split} for split, record in records_of(row_files(folder))]
