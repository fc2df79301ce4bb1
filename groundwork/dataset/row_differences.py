"""The rows that came, went and changed between two runs or two versions of a dataset."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

IGNORED_COLUMNS = ("cluster", "score")  # numbered anew whenever a dataset is built; the mark of curation or of grades

RowRecord = Mapping[str, Any]


class ChangedRow(msgspec.Struct, frozen=True):
    """A row that both sides hold, under its id in the second, and by field what it said and what it says."""

    id: str
    question: str
    fields: dict[str, tuple[Any, Any]]


class RowDifferences(msgspec.Struct, frozen=True):
    """Rows of the second side that the first lacks, rows that it lacks of the first, and those that changed."""

    came: list[RowRecord]
    went: list[RowRecord]
    changed: list[ChangedRow]
    same: int

    def __str__(self) -> str:
        counts = [f"{len(self.came):,} came", f"{len(self.went):,} went", f"{len(self.changed):,} changed"]
        fields = ", ".join(f"{column} {count:,}" for column, count in self.by_field().items())
        return f"{', '.join(counts)}{f' ({fields})' if fields else ''}, {self.same:,} the same"

    def __bool__(self) -> bool:
        return bool(self.came or self.went or self.changed)

    def by_field(self) -> dict[str, int]:
        """In how many rows each field changed, the most frequent first."""
        return dict(Counter(column for row in self.changed for column in row.fields).most_common())


def compare_rows(before: Sequence[RowRecord], after: Sequence[RowRecord]) -> RowDifferences:
    """Compare rows, each with `id`, `split` and `question`.

    A row is the same one where id and split agree, else where the id does, else where the question does; a row is
    paired once.
    """
    unmatched_before, pairs = list(before), list[tuple[RowRecord, RowRecord]]()
    unmatched_after = list(after)
    for key in (_id_and_split, _id, _question):
        unmatched_before, unmatched_after = _pair_rows(unmatched_before, unmatched_after, key, pairs)
    changed = [_compare_fields(row_before, row_after) for row_before, row_after in pairs]
    changed_rows = [pair_change for pair_change in changed if pair_change.fields]
    order = {id(row): index for index, row in enumerate(after)}
    unmatched_after.sort(key=lambda row: order[id(row)])
    return RowDifferences(unmatched_after, unmatched_before, changed_rows, len(changed) - len(changed_rows))


def _pair_rows(
    before: Iterable[RowRecord],
    after: Iterable[RowRecord],
    key: Callable[[RowRecord], Any],
    pairs: list[tuple[RowRecord, RowRecord]],
) -> tuple[list[RowRecord], list[RowRecord]]:
    """Pair the rows whose `key` agrees, in order; returns the others of either side."""
    waiting: dict[Any, list[RowRecord]] = defaultdict(list)
    for row in before:
        waiting[key(row)].append(row)
    unmatched = []
    for row in after:
        if waiting_rows := waiting.get(key(row)):
            pairs.append((waiting_rows.pop(0), row))
        else:
            unmatched.append(row)
    return [row for waiting_rows in waiting.values() for row in waiting_rows], unmatched


def _id_and_split(row: RowRecord) -> Any:
    return row["id"], row.get("split", "")


def _id(row: RowRecord) -> Any:
    return row["id"]


def _question(row: RowRecord) -> Any:
    return " ".join(str(row["question"]).split()).casefold()


def _compare_fields(before: RowRecord, after: RowRecord) -> ChangedRow:
    columns = [column for column in {**before, **after} if column not in IGNORED_COLUMNS]
    fields = {
        column: (before.get(column), after.get(column))
        for column in columns
        if _comparable_value(before, column) != _comparable_value(after, column)
    }
    return ChangedRow(after["id"], after["question"], fields)


def _comparable_value(row: RowRecord, column: str) -> Any:
    """The value, an empty one and a missing one alike."""
    value = row.get(column)
    return value if value not in ("", [], None) else None
