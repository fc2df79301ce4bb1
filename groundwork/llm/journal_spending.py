"""What each model took for a stage: cost and time by the journal of replies."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_BY_MODEL = (
    "SELECT model, COUNT(*), SUM(cost IS NOT NULL), TOTAL(cost), TOTAL(seconds) FROM replies WHERE stage = ? "
    "GROUP BY model ORDER BY model"
)


@dataclass(frozen=True)
class Spending:
    """The calls of one model: how many, those with a price, USD, and seconds from request to reply, added up."""

    model: str
    calls: int
    priced: int
    cost: float
    seconds: float


def spending(journal: Path, stage: str) -> list[Spending]:
    """By model, from the journal's file; nothing where there is none or it is damaged."""
    if not journal.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{journal.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as database:
            return [Spending(*row) for row in database.execute(_BY_MODEL, (stage,))]
    except sqlite3.Error:
        return []
