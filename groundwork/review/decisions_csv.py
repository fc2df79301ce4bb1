"""A run as a table for people who judge without the page: written as CSV, and read back as decisions.

RFC 4180, in UTF-8 with a mark that Excel knows it by. What is read may come back from a spreadsheet program: with
semicolons or tabs, in Windows-1252 or UTF-16, with other line ends.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundwork.console.terminal import openable_path, terminal_text
from groundwork.data_folder.read_write import write_bytes
from groundwork.data_folder.runs.review_decisions import Decision, DecisionKind, append_decisions, question_hash
from groundwork.errors import EXIT_FAILED, EXIT_OK, UsageError
from groundwork.markdown.figures import quote_in_words
from groundwork.message_wording import counted
from groundwork.records import Pair
from groundwork.review.review_session import (
    ReviewRefused,
    ReviewSession,
    accepting_verdict,
    apply_reviewer_decision,
    incomplete_pair_reason,
    new_decision,
    trim_edited_texts,
)

GIVEN_CSV_COLUMNS = ("id", "document", "section", "pages", "state", "rejected_for", "question_hash")
EDITED_CSV_COLUMNS = ("question", "answer", "evaluation_criteria")
DECIDED_CSV_COLUMNS = ("verdict", "reason", "reviewer")
CSV_COLUMNS = (*GIVEN_CSV_COLUMNS, *EDITED_CSV_COLUMNS, "evidence", *DECIDED_CSV_COLUMNS)
CSV_FORMULA_STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
)  # what a spreadsheet program would compute (OWASP, "CSV Injection")
MAX_CSV_FAULTS = 20
_VERDICTS_IN_CSV: dict[str, DecisionKind | None] = {
    "": None, "accept": "accept", "accepted": "accept", "edit": "accept", "reject": "reject", "rejected": "reject",
}  # fmt: skip


@dataclass
class ImportedDecisions:
    """What came of a table: the decisions to be written, rows that say nothing new, and what is wrong, by line."""

    decisions: list[Decision] = field(default_factory=list)
    unchanged: int = 0
    faults: list[str] = field(default_factory=list)


def write_decisions_csv(csv_file: Path, session: ReviewSession) -> int:
    """Write every pair with the decisions of the desk's reviewer; returns how many there are. Raises OSError."""
    csv_text = io.StringIO(newline="")
    csv_writer = csv.DictWriter(csv_text, CSV_COLUMNS)
    csv_writer.writeheader()
    csv_writer.writerows(_csv_row(session, row_number) for row_number in range(len(session.review_rows)))
    write_bytes(csv_file, csv_text.getvalue().encode("utf-8-sig", "backslashreplace"))
    return len(session.review_rows)


def _csv_row(session: ReviewSession, row_index: int) -> dict[str, str]:
    review_row = session.review_rows[row_index]
    reviewer_decision = _decision_of_csv_reviewer(session, review_row.pair)
    csv_pair = apply_reviewer_decision(review_row.pair, reviewer_decision)
    csv_cells = {
        "id": csv_pair.id,
        "document": csv_pair.document,
        "section": " › ".join(csv_pair.headings),
        "pages": " ".join(map(str, csv_pair.pages)),
        "state": f"rejected in {review_row.stage}" if review_row.stage else "kept",
        "rejected_for": ": ".join(text for text in (review_row.reason, review_row.detail) if text),
        "question_hash": question_hash(csv_pair),
        "question": csv_pair.question,
        "answer": csv_pair.answer,
        "evaluation_criteria": "\n".join(csv_pair.evaluation_criteria),
        "evidence": "\n".join(map(quote_in_words, csv_pair.evidence)),
        "verdict": ("accept" if reviewer_decision.accepts else "reject") if reviewer_decision else "",
        "reason": reviewer_decision.reason if reviewer_decision else "",
        "reviewer": session.reviewer,
    }
    return {csv_column: _guard_csv_cell(csv_cell) for csv_column, csv_cell in csv_cells.items()}


def _decision_of_csv_reviewer(session: ReviewSession, pair: Pair, reviewer: str = "") -> Decision | None:
    decision = session.review_stacks.decisions_about(pair.id).get(reviewer or session.reviewer)
    return decision if decision and decision.question_hash == question_hash(pair) else None


def _guard_csv_cell(csv_cell: str) -> str:
    """The cell behind an apostrophe where it would be a formula, or could be taken for such a cell."""
    return f"'{csv_cell}" if csv_cell.startswith(CSV_FORMULA_STARTS) or _is_guarded_csv_cell(csv_cell) else csv_cell


def _is_guarded_csv_cell(csv_cell: str) -> bool:
    return csv_cell[:1] == "'" and csv_cell[1:].startswith((*CSV_FORMULA_STARTS, "'"))


def _unguard_csv_cell(csv_cell: str) -> str:
    return csv_cell[1:] if _is_guarded_csv_cell(csv_cell) else csv_cell


def read_decisions_csv(csv_file: Path, session: ReviewSession) -> ImportedDecisions:
    """The decisions that a table holds and that are new. Raises UsageError for a file that is no such table."""
    imported_decisions = ImportedDecisions()
    for line_number, csv_cells in _read_csv_rows(csv_file):
        try:
            _read_csv_row(csv_cells, session, imported_decisions)
        except ReviewRefused as error:
            imported_decisions.faults.append(f"{csv_file.name}, line {line_number}: {error}")
    return imported_decisions


def _read_csv_row(csv_cells: Mapping[str, str], session: ReviewSession, imported_decisions: ImportedDecisions) -> None:
    csv_pair_id = csv_cells["id"].strip()
    if not csv_pair_id:
        return
    if csv_pair_id not in session.review_row_numbers:
        raise ReviewRefused(f"there is no pair {csv_pair_id} in {session.run}; nothing was decided about it", 404)
    csv_pair = session.review_rows[session.review_row_numbers[csv_pair_id]].pair
    csv_verdict_text = csv_cells.get("verdict", "").strip().casefold()
    if csv_verdict_text not in _VERDICTS_IN_CSV:
        raise ReviewRefused(f"verdict {csv_verdict_text!r}: write accept or reject, or leave it empty", 422)
    reviewer = csv_cells.get("reviewer", "").strip() or session.reviewer
    reviewer_decision = _decision_of_csv_reviewer(session, csv_pair, reviewer)
    decided_pair = apply_reviewer_decision(csv_pair, reviewer_decision)
    decision_kind, csv_edits = accepting_verdict(
        decided_pair, reviewer_decision, written_fields := _fields_changed_in_csv(csv_cells, decided_pair)
    )
    csv_verdict = _VERDICTS_IN_CSV[csv_verdict_text] or ("accept" if written_fields else None)
    if csv_verdict is None:
        imported_decisions.unchanged += 1
        return
    if csv_cells.get("question_hash", "").strip() not in ("", question_hash(csv_pair)):
        raise ReviewRefused(f"{csv_pair_id} asks something else since the table was written; export it again", 409)
    csv_verdict, csv_edits = (decision_kind, csv_edits) if csv_verdict == "accept" else (csv_verdict, {})
    if csv_verdict != "reject" and (missing_text := incomplete_pair_reason(csv_pair, csv_edits)):
        raise ReviewRefused(f"{csv_pair_id} cannot be accepted: {missing_text}", 422)
    decision = new_decision(csv_pair, reviewer, csv_verdict, csv_cells.get("reason", ""), csv_edits)
    if reviewer_decision and (reviewer_decision.verdict, reviewer_decision.reason, reviewer_decision.edited) == (
        decision.verdict,
        decision.reason,
        decision.edited,
    ):
        imported_decisions.unchanged += 1
    else:
        imported_decisions.decisions.append(decision)


def _fields_changed_in_csv(csv_cells: Mapping[str, str], decided_pair: Pair) -> dict[str, Any]:
    """The fields that say something else than the table did when it was written."""
    csv_edits: dict[str, Any] = {}
    for csv_column in EDITED_CSV_COLUMNS:
        if csv_column in csv_cells:
            csv_cell, exported_value = csv_cells[csv_column], getattr(decided_pair, csv_column)
            csv_value = csv_cell.splitlines() if csv_column == "evaluation_criteria" else csv_cell
            if not _is_csv_cell_unchanged(
                csv_cell, "\n".join(exported_value) if isinstance(exported_value, list) else exported_value
            ):
                csv_edits[csv_column] = csv_value
    return trim_edited_texts(csv_edits)


def _is_csv_cell_unchanged(csv_cell: str, exported_value: str) -> bool:
    """Do they say the same, but for line ends, outer space and letters that Windows-1252 lacks?"""
    exported_words = " ".join(exported_value.split())
    return " ".join(csv_cell.split()) in (exported_words, exported_words.encode("cp1252", "replace").decode("cp1252"))


def _read_csv_rows(csv_file: Path) -> Iterable[tuple[int, dict[str, str]]]:
    """(line, cells by column) of every row."""
    csv_text = _decode_csv_file(csv_file)
    if csv_text.lower().startswith("sep="):
        csv_text = csv_text.partition("\n")[2]
    csv.field_size_limit(max(csv.field_size_limit(), len(csv_text)))  # a cell may hold a whole document
    header_line = csv_text.partition("\n")[0]
    delimiter = max(",;\t", key=lambda mark: len(set(_split_csv_header(header_line, mark)) & set(CSV_COLUMNS)))
    csv_reader = csv.reader(io.StringIO(csv_text, newline=""), delimiter=delimiter)
    try:
        csv_columns = [csv_column.strip().casefold() for csv_column in next(csv_reader, [])]
        if "id" not in csv_columns:
            raise UsageError(f"{csv_file}: no column id; give a table that --export has written")
        csv_rows = [(csv_reader.line_num, csv_cells) for csv_cells in csv_reader]
    except csv.Error as error:
        raise UsageError(f"{csv_file}, line {csv_reader.line_num}: {error}; save it as CSV again") from None
    return [
        (line_number, dict(zip(csv_columns, map(_unguard_csv_cell, csv_cells), strict=False)))
        for line_number, csv_cells in csv_rows
    ]


def _split_csv_header(header_line: str, delimiter: str) -> Sequence[str]:
    return [csv_column.strip('" \r\ufeff').casefold() for csv_column in header_line.split(delimiter)]


def _decode_csv_file(csv_file: Path) -> str:
    try:
        csv_bytes = csv_file.read_bytes()
    except OSError as error:
        raise UsageError(f"{csv_file}: {error.strerror or error}") from None
    if csv_bytes[:4] == b"PK\x03\x04":
        raise UsageError(f"{csv_file}: is a workbook; save the sheet as CSV (UTF-8)")
    if csv_bytes[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return csv_bytes.decode("utf-16", "replace")
    try:
        return csv_bytes.decode("utf-8-sig")
    except UnicodeDecodeError:
        return csv_bytes.decode("cp1252", "replace")


def export_decisions_csv(csv_file: Path, session: ReviewSession) -> int:
    pair_count = write_decisions_csv(csv_file, session)
    csv_edits = "write accept or reject into the column verdict, or edit the texts"
    print(f"{counted(pair_count, 'pair')} -> {openable_path(csv_file)}; {csv_edits}")
    return EXIT_OK


def import_decisions_csv(csv_file: Path, session: ReviewSession) -> int:
    imported_csv = read_decisions_csv(csv_file, session)
    if imported_csv.decisions:
        append_decisions(session.decisions_path, imported_csv.decisions)
    csv_verdicts = Counter(decision.verdict for decision in imported_csv.decisions)
    accepted, rejected = csv_verdicts["accept"] + csv_verdicts["edit"], csv_verdicts["reject"]
    unchanged_rows = counted(imported_csv.unchanged, "row")
    print(f"{accepted:,} accepted ({csv_verdicts['edit']:,} edited), {rejected:,} rejected, {unchanged_rows} as before")
    for csv_fault in imported_csv.faults[:MAX_CSV_FAULTS]:
        print(terminal_text(f"failed {csv_fault}"))
    if len(imported_csv.faults) > MAX_CSV_FAULTS:
        print(f"… and {len(imported_csv.faults) - MAX_CSV_FAULTS:,} more")
    if imported_csv.decisions:
        print(f"-> {openable_path(session.decisions_path)}")
    return EXIT_FAILED if imported_csv.faults else EXIT_OK
