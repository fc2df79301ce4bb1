"""What grading measured about the rows (data/grades): columns, a reason to leave rows out, and what to split by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from groundwork.counted_nouns import counted
from groundwork.data_folder.read_write import read_jsonl
from groundwork.dataset.creation.rows_of_runs import RowPool
from groundwork.records.dataset_row import InvalidRow, Row
from groundwork.records.grades import MeasuredRow
from groundwork.records.pair_record import Difficulty

LEVELS: tuple[Difficulty, ...] = ("easy", "medium", "hard")


def read_measured_rows(paths: Sequence[Path]) -> dict[str, MeasuredRow]:
    """By row id; of a row in several files the first that knows its difficulty counts. Raises BadRecord."""
    measured: dict[str, MeasuredRow] = {}
    for path in paths:
        for row in read_jsonl(path, MeasuredRow):
            measured_row = measured.get(row.id)
            if measured_row is None or measured_row.difficulty is None:
                measured[row.id] = row
    return measured


def add_measurements(pool: RowPool, measured: Mapping[str, MeasuredRow], *, leave_out_flipping: bool) -> RowPool:
    """`pool` with measured difficulty and flipping criteria in its rows; on request without the rows that have such."""
    rows, left_out = [], []
    for row in pool.rows:
        measured_row = measured.get(row.id) or measured.get(row.id.removeprefix(f"{row.run}/"))
        if measured_row is None:
            rows.append(row)
        elif leave_out_flipping and (reason := _left_out_reason(measured_row)):
            left_out.append(InvalidRow(id=row.id, reason=reason))
        else:
            rows.append(
                msgspec.structs.replace(
                    row, measured_difficulty=measured_row.difficulty, flipping_criteria=measured_row.flipping
                )
            )
    return msgspec.structs.replace(pool, rows=rows, invalid=[*pool.invalid, *left_out])


def _left_out_reason(row: MeasuredRow) -> str:
    if row.flipping:
        return f"left out, since its grading flips on: {row.flipping[0]}"
    return f"left out: {row.set_aside}" if row.set_aside else ""


def row_strata(rows: Sequence[Row], strategy: str) -> list[str]:
    """What each row counts as for the strategies `category` and `difficulty`.

    Difficulty is the measured one in three levels where every row has one, else the guessed one.
    """
    if strategy == "category":
        return [row.category for row in rows]
    difficulties = [row.measured_difficulty for row in rows if row.measured_difficulty is not None]
    if len(difficulties) == len(rows):
        return [LEVELS[min(2, int(share * 3))] for share in difficulties]
    return [row.difficulty for row in rows]


def partly_measured_warning(rows: Sequence[Row]) -> str:
    """A warning where only some rows have a measured difficulty."""
    measured = sum(row.measured_difficulty is not None for row in rows)
    if not 0 < measured < len(rows):
        return ""
    return (
        f"difficulty was measured for {measured:,} of {counted(len(rows), 'row')} only; eval is balanced by "
        "the guessed one"
    )
