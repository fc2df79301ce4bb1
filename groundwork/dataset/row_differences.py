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
        difference_counts = [f"{len(self.came):,} came", f"{len(self.went):,} went", f"{len(self.changed):,} changed"]
        changed_columns = ", ".join(f"{column} {count:,}" for column, count in self.by_field().items())
        return (
            f"{', '.join(difference_counts)}{f' ({changed_columns})' if changed_columns else ''}, {self.same:,} the "
            "same"
        )

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
    unmatched_before, matched_rows = list(before), list[tuple[RowRecord, RowRecord]]()
    unmatched_after = list(after)
    for key in (_id_and_split, _id, _question):
        unmatched_before, unmatched_after = _match_rows(unmatched_before, unmatched_after, key, matched_rows)
    compared_rows = [_changed_row(row_before, row_after) for row_before, row_after in matched_rows]
    changed_rows = [compared_row for compared_row in compared_rows if compared_row.fields]
    order_after = {id(row): index for index, row in enumerate(after)}
    unmatched_after.sort(key=lambda row: order_after[id(row)])
    return RowDifferences(unmatched_after, unmatched_before, changed_rows, len(compared_rows) - len(changed_rows))


def _match_rows(
    before: Iterable[RowRecord],
    after: Iterable[RowRecord],
    match_key: Callable[[RowRecord], Any],
    matched_rows: list[tuple[RowRecord, RowRecord]],
) -> tuple[list[RowRecord], list[RowRecord]]:
    """Pair the rows whose `match_key` agrees, in order; returns the others of either side."""
    unmatched_by_key: dict[Any, list[RowRecord]] = defaultdict(list)
    for row in before:
        unmatched_by_key[match_key(row)].append(row)
    unmatched_after = []
    for row in after:
        if rows_of_key := unmatched_by_key.get(match_key(row)):
            matched_rows.append((rows_of_key.pop(0), row))
        else:
            unmatched_after.append(row)
    return [row for rows_of_key in unmatched_by_key.values() for row in rows_of_key], unmatched_after


def _id_and_split(row: RowRecord) -> Any:
    return row["id"], row.get("split", "")


def _id(row: RowRecord) -> Any:
    return row["id"]


def _question(row: RowRecord) -> Any:
    return " ".join(str(row["question"]).split()).casefold()


def _changed_row(row_before: RowRecord, row_after: RowRecord) -> ChangedRow:
    compared_columns = [column for column in {**row_before, **row_after} if column not in IGNORED_COLUMNS]
    changed_fields = {
        column: (row_before.get(column), row_after.get(column))
        for column in compared_columns
        if _comparable_value(row_before, column) != _comparable_value(row_after, column)
    }
    return ChangedRow(row_after["id"], row_after["question"], changed_fields)


def _comparable_value(row: RowRecord, column: str) -> Any:
    """The value, an empty one and a missing one alike."""
    compared_value = row.get(column)
    return compared_value if compared_value not in ("", [], None) else None
