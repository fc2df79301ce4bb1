"""What grading measured about the rows of a pool (data/grades): their difficulty, and criteria that flip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from groundwork.data_folder.read_write import read_jsonl
from groundwork.dataset.creation.row_pool import RowPool
from groundwork.message_wording import counted
from groundwork.records import InvalidRow, MeasuredRow, Row


def read_measured_rows(measured_files: Sequence[Path]) -> dict[str, MeasuredRow]:
    """By row id; of a row in several files the first that knows its difficulty counts. Raises BadRecord."""
    measured_by_id: dict[str, MeasuredRow] = {}
    for measured_file in measured_files:
        for measured_row in read_jsonl(measured_file, MeasuredRow):
            known_measurement = measured_by_id.get(measured_row.id)
            if known_measurement is None or known_measurement.difficulty is None:
                measured_by_id[measured_row.id] = measured_row
    return measured_by_id


def add_measurements(pool: RowPool, measured_by_id: Mapping[str, MeasuredRow], *, leave_out_flipping: bool) -> RowPool:
    """`pool` with measured difficulty and flipping criteria in its rows; on request without the rows that have such."""
    measured_pool_rows, flipping_rows = [], []
    for pool_row in pool.rows:
        own_id = pool_row.id.removeprefix(f"{pool_row.run}/")
        measured_row = measured_by_id.get(pool_row.id) or measured_by_id.get(own_id)
        if measured_row is None:
            measured_pool_rows.append(pool_row)
        elif leave_out_flipping and (left_out_reason := _left_out_reason(measured_row)):
            flipping_rows.append(InvalidRow(id=pool_row.id, reason=left_out_reason))
        else:
            measured_pool_rows.append(
                msgspec.structs.replace(
                    pool_row, measured_difficulty=measured_row.difficulty, flipping_criteria=measured_row.flipping
                )
            )
    return msgspec.structs.replace(pool, rows=measured_pool_rows, invalid=[*pool.invalid, *flipping_rows])


def _left_out_reason(measured_row: MeasuredRow) -> str:
    if measured_row.flipping:
        return f"left out, since its grading flips on: {measured_row.flipping[0]}"
    return f"left out: {measured_row.set_aside}" if measured_row.set_aside else ""


def partly_measured_warning(pool_rows: Sequence[Row]) -> str:
    """A warning where only some rows have a measured difficulty."""
    measured_count = sum(pool_row.measured_difficulty is not None for pool_row in pool_rows)
    if not 0 < measured_count < len(pool_rows):
        return ""
    return (
        f"difficulty was measured for {measured_count:,} of {counted(len(pool_rows), 'row')} only; eval is balanced by "
        "the guessed one"
    )
