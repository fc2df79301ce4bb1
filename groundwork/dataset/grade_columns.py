"""What grading measured about the rows (data/grades): columns, a reason to leave rows out, and what to split by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from groundwork.dataset.rows import Invalid, Pool, Row
from groundwork.records.artifacts import read_jsonl
from groundwork.records.grades import MeasuredRow
from groundwork.records.pair_record import Difficulty

LEVELS: tuple[Difficulty, ...] = ("easy", "medium", "hard")


def read_measured(paths: Sequence[Path]) -> dict[str, MeasuredRow]:
    """By row id; of a row in several files the first that knows its difficulty counts. Raises BadRecord."""
    found: dict[str, MeasuredRow] = {}
    for path in paths:
        for row in read_jsonl(path, MeasuredRow):
            known = found.get(row.id)
            if known is None or known.difficulty is None:
                found[row.id] = row
    return found


def with_measurements(pool: Pool, measured: Mapping[str, MeasuredRow], *, leave_out_flipping: bool) -> Pool:
    """`pool` with measured difficulty and flipping criteria in its rows; on request without the rows that have such."""
    rows, gone = [], []
    for row in pool.rows:
        found = measured.get(row.id) or measured.get(row.id.removeprefix(f"{row.run}/"))
        if found is None:
            rows.append(row)
        elif leave_out_flipping and (reason := _unsteady(found)):
            gone.append(Invalid(id=row.id, reason=reason))
        else:
            rows.append(
                msgspec.structs.replace(row, measured_difficulty=found.difficulty, flipping_criteria=found.flipping)
            )
    return msgspec.structs.replace(pool, rows=rows, invalid=[*pool.invalid, *gone])


def _unsteady(found: MeasuredRow) -> str:
    if found.flipping:
        return f"left out, since its grading flips on: {found.flipping[0]}"
    return f"left out: {found.set_aside}" if found.set_aside else ""


def strata(rows: Sequence[Row], strategy: str) -> list[str]:
    """What each row counts as for the strategies `category` and `difficulty`.

    Difficulty is the measured one in three levels where every row has one, else the guessed one.
    """
    if strategy == "category":
        return [row.category for row in rows]
    known = [row.measured_difficulty for row in rows if row.measured_difficulty is not None]
    if len(known) == len(rows):
        return [LEVELS[min(2, int(share * 3))] for share in known]
    return [row.difficulty for row in rows]


def partly_measured(rows: Sequence[Row]) -> str:
    """A warning where only some rows have a measured difficulty."""
    known = sum(row.measured_difficulty is not None for row in rows)
    if not 0 < known < len(rows):
        return ""
    return f"difficulty was measured for {known:,} of {len(rows):,} rows only; eval is balanced by the guessed one"
