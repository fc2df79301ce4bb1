"""What calls of models cost and how long they took, read from the journal's files."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path

from groundwork.llm.journal_segments import segments_of

_BY_MODEL = (
    "SELECT model, COUNT(*), SUM(cost IS NOT NULL), TOTAL(cost), TOTAL(seconds) FROM replies WHERE stage = ? "
    "GROUP BY model"
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
    """By model, from the journal's file and its segments; nothing where there is none or one is damaged."""
    found: dict[str, list[Spending]] = defaultdict(list)
    try:
        for path in [*([journal] if journal.is_file() else []), *segments_of(journal)]:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as database:
                for row in database.execute(_BY_MODEL, (stage,)):
                    found[row[0]].append(Spending(*row))
    except sqlite3.Error:
        return []
    return [_added(model, parts) for model, parts in sorted(found.items())]


def _added(model: str, parts: list[Spending]) -> Spending:
    calls, priced, cost, seconds = (sum(column) for column in zip(*(astuple(part)[1:] for part in parts), strict=True))
    return Spending(model, calls, priced, cost, seconds)
