"""The versions of a dataset, in `versions.json`: a number that rises whenever the rows change, kept over rebuilds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from groundwork.data_folder.read_write import read_json
from groundwork.dataset.row_comparison import compare_rows
from groundwork.errors import BadRecord
from groundwork.records import Record, Row

VERSIONS = "versions.json"


class Version(Record, frozen=True):
    """One state of the rows. `sha256` is of all splits; `change` says in words what became of the version before."""

    version: int
    sha256: str
    rows: dict[str, int]  # by split
    change: str = ""


def read_versions(folder: Path) -> list[Version]:
    """The versions of the dataset in `folder`, the latest last; none where it has not been built. Raises BadRecord."""
    versions_file = folder / VERSIONS
    return read_json(versions_file, list[Version]) if versions_file.exists() else []


def next_versions(folder: Path, splits: Mapping[str, Sequence[Row]], columns: Sequence[str]) -> list[Version]:
    """The versions of the dataset in `folder` once its rows are those of `splits`.

    The same rows are the same version. Raises BadRecord for a damaged `versions.json`.
    """
    earlier_versions = read_versions(folder)
    version_digest = content_hash(splits, columns)
    if earlier_versions and earlier_versions[-1].sha256 == version_digest:
        return earlier_versions
    version_change = _describe_version_change(folder, splits, columns) if earlier_versions else ""
    version_rows = {split: len(split_rows) for split, split_rows in splits.items()}
    version_number = earlier_versions[-1].version + 1 if earlier_versions else 1
    return [*earlier_versions, Version(version_number, version_digest, version_rows, version_change)]


def content_hash(splits: Mapping[str, Sequence[Row]], columns: Sequence[str]) -> str:
    """SHA-256 of the rows of all splits in their order, by the values of `columns`."""
    version_digest = hashlib.sha256(msgspec.json.encode(list(columns)))
    for split in sorted(splits):
        version_digest.update(msgspec.json.encode([split, len(splits[split])]))
        for version_row in splits[split]:
            version_digest.update(msgspec.json.encode([getattr(version_row, column) for column in columns]))
    return version_digest.hexdigest()


def _describe_version_change(folder: Path, splits: Mapping[str, Sequence[Row]], columns: Sequence[str]) -> str:
    try:
        earlier_version = list(_read_version_rows(folder))
    except BadRecord:
        return "the rows before could not be read"
    next_version = [
        {**{column: getattr(version_row, column) for column in columns}, "split": split}
        for split, version_rows in splits.items()
        for version_row in version_rows
    ]
    return str(compare_rows(earlier_version, next_version))


def _read_version_rows(folder: Path) -> list[dict[str, Any]]:
    from groundwork.data_folder.runs.run_files import row_files
    from groundwork.dataset.load_dataset import read_records

    return [{**version_record, "split": split} for split, version_record in read_records(row_files(folder))]
