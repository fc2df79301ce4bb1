"""A run as a table for people who judge without the page: written as CSV, and read back as decisions.

RFC 4180, in UTF-8 with a mark that Excel knows it by. What is read may come back from a spreadsheet program: with
semicolons or tabs, in Windows-1252 or UTF-16, with other line ends.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundwork.errors import UsageError
from groundwork.records.artifacts import write_bytes
from groundwork.records.figures import quote_in_words
from groundwork.records.pair_record import Pair
from groundwork.records.review_decisions import Decision, DecisionKind, question_hash
from groundwork.review.review_session import (
    RequestRefused,
    ReviewSession,
    accepting,
    as_decided,
    checked,
    decision_of,
    incomplete,
)

GIVEN = ("id", "document", "section", "pages", "state", "rejected_for", "question_hash")
EDITED = ("question", "answer", "evaluation_criteria")
DECIDED = ("verdict", "reason", "reviewer")
COLUMNS = (*GIVEN, *EDITED, "evidence", *DECIDED)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet program would compute (OWASP, "CSV Injection")
MOST_FAULTS = 20
_VERDICTS: dict[str, DecisionKind | None] = {
    "": None, "accept": "accept", "accepted": "accept", "edit": "accept", "reject": "reject", "rejected": "reject",
}  # fmt: skip


@dataclass
class Imported:
    """What came of a table: the decisions to be written, rows that say nothing new, and what is wrong, by line."""

    decisions: list[Decision] = field(default_factory=list)
    unchanged: int = 0
    faults: list[str] = field(default_factory=list)


def write_table(path: Path, desk: ReviewSession) -> int:
    """Write every pair with the desk's reviewer's decisions to `path`; returns how many there are. Raises OSError."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(_record(desk, number) for number in range(len(desk.rows)))
    write_bytes(path, text.getvalue().encode("utf-8-sig", "backslashreplace"))
    return len(desk.rows)


def _record(desk: ReviewSession, number: int) -> dict[str, str]:
    row = desk.rows[number]
    mine = _mine(desk, row.pair)
    pair = as_decided(row.pair, mine)
    cells = {
        "id": pair.id,
        "document": pair.document,
        "section": " › ".join(pair.headings),
        "pages": " ".join(map(str, pair.pages)),
        "state": f"rejected in {row.stage}" if row.stage else "kept",
        "rejected_for": ": ".join(part for part in (row.reason, row.detail) if part),
        "question_hash": question_hash(pair),
        "question": pair.question,
        "answer": pair.answer,
        "evaluation_criteria": "\n".join(pair.evaluation_criteria),
        "evidence": "\n".join(map(quote_in_words, pair.evidence)),
        "verdict": ("accept" if mine.accepts else "reject") if mine else "",
        "reason": mine.reason if mine else "",
        "reviewer": desk.reviewer,
    }
    return {name: _guarded(cell) for name, cell in cells.items()}


def _mine(desk: ReviewSession, pair: Pair, reviewer: str = "") -> Decision | None:
    own = desk.stacks.decisions_about(pair.id).get(reviewer or desk.reviewer)
    return own if own and own.question_hash == question_hash(pair) else None


def _guarded(cell: str) -> str:
    """The cell behind an apostrophe where it would be a formula, or could be taken for such a cell."""
    return f"'{cell}" if cell.startswith(FORMULA) or _is_guarded(cell) else cell


def _is_guarded(cell: str) -> bool:
    return cell[:1] == "'" and cell[1:].startswith((*FORMULA, "'"))


def _unguarded(cell: str) -> str:
    return cell[1:] if _is_guarded(cell) else cell


def read_table(path: Path, desk: ReviewSession) -> Imported:
    """The decisions that a table holds and that are new. Raises UsageError for a file that is no such table."""
    found = Imported()
    for line, cells in _rows(path):
        try:
            _read_row(cells, desk, found)
        except RequestRefused as error:
            found.faults.append(f"{path.name}, line {line}: {error}")
    return found


def _read_row(cells: Mapping[str, str], desk: ReviewSession, found: Imported) -> None:
    name = cells["id"].strip()
    if not name:
        return
    if name not in desk.place:
        raise RequestRefused(f"there is no pair {name} in {desk.run}; nothing was decided about it", 404)
    pair = desk.rows[desk.place[name]].pair
    told = cells.get("verdict", "").strip().casefold()
    if told not in _VERDICTS:
        raise RequestRefused(f"verdict {told!r}: write accept or reject, or leave it empty", 422)
    reviewer = cells.get("reviewer", "").strip() or desk.reviewer
    mine = _mine(desk, pair, reviewer)
    shown = as_decided(pair, mine)
    kind, edited = accepting(shown, mine, wrote := _changes(cells, shown))
    verdict = _VERDICTS[told] or ("accept" if wrote else None)
    if verdict is None:
        found.unchanged += 1
        return
    if cells.get("question_hash", "").strip() not in ("", question_hash(pair)):
        raise RequestRefused(f"{name} asks something else since the table was written; export it again", 409)
    verdict, edited = (kind, edited) if verdict == "accept" else (verdict, {})
    if verdict != "reject" and (problem := incomplete(pair, edited)):
        raise RequestRefused(f"{name} cannot be accepted: {problem}", 422)
    decision = decision_of(pair, reviewer, verdict, cells.get("reason", ""), edited)
    if mine and (mine.verdict, mine.reason, mine.edited) == (decision.verdict, decision.reason, decision.edited):
        found.unchanged += 1
    else:
        found.decisions.append(decision)


def _changes(cells: Mapping[str, str], shown: Pair) -> dict[str, Any]:
    """The fields that say something else than the table did when it was written."""
    found: dict[str, Any] = {}
    for name in EDITED:
        if name in cells:
            text, before = cells[name], getattr(shown, name)
            value = text.splitlines() if name == "evaluation_criteria" else text
            if not _same(text, "\n".join(before) if isinstance(before, list) else before):
                found[name] = value
    return checked(found)


def _same(text: str, before: str) -> bool:
    """Do they say the same, but for line ends, outer space and letters that Windows-1252 lacks?"""
    plain = " ".join(before.split())
    return " ".join(text.split()) in (plain, plain.encode("cp1252", "replace").decode("cp1252"))


def _rows(path: Path) -> Iterable[tuple[int, dict[str, str]]]:
    """(line, cells by column) of every row."""
    text = _text(path)
    if text.lower().startswith("sep="):
        text = text.partition("\n")[2]
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=lambda mark: len(set(_names(head, mark)) & set(COLUMNS)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [name.strip().casefold() for name in next(reader, [])]
        if "id" not in names:
            raise UsageError(f"{path}: no column id; give a table that --export has written")
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}; save it as CSV again") from None
    return [(line, {n: _unguarded(cell) for n, cell in zip(names, row, strict=False)}) for line, row in rows]


def _names(head: str, delimiter: str) -> Sequence[str]:
    return [name.strip('" \r\ufeff').casefold() for name in head.split(delimiter)]


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    if content[:4] == b"PK\x03\x04":
        raise UsageError(f"{path}: is a workbook; save the sheet as CSV (UTF-8)")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
