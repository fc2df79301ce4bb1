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

from groundwork.console.terminal import openable_path, terminal_text
from groundwork.data_folder.read_write import write_bytes
from groundwork.data_folder.runs.review_decisions import Decision, DecisionKind, append_decisions, question_hash
from groundwork.errors import EXIT_FAILED, EXIT_OK, UsageError
from groundwork.markdown.figures import quote_in_words
from groundwork.message_wording import counted
from groundwork.records import Pair
from groundwork.review.review_session import ReviewSession
from groundwork.review.reviewer_edits import (
    RequestRefused,
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
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet program would compute (OWASP, "CSV Injection")
MAX_SHOWN_FAULTS = 20
_VERDICTS_IN_CSV: dict[str, DecisionKind | None] = {
    "": None, "accept": "accept", "accepted": "accept", "edit": "accept", "reject": "reject", "rejected": "reject",
}  # fmt: skip


@dataclass
class ImportedDecisions:
    """What came of a table: the decisions to be written, rows that say nothing new, and what is wrong, by line."""

    decisions: list[Decision] = field(default_factory=list)
    unchanged: int = 0
    faults: list[str] = field(default_factory=list)


def write_decisions_csv(spreadsheet: Path, session: ReviewSession) -> int:
    """Write every pair with the decisions of the desk's reviewer; returns how many there are. Raises OSError."""
    csv_text = io.StringIO(newline="")
    csv_writer = csv.DictWriter(csv_text, CSV_COLUMNS)
    csv_writer.writeheader()
    csv_writer.writerows(_csv_row(session, row_number) for row_number in range(len(session.review_rows)))
    write_bytes(spreadsheet, csv_text.getvalue().encode("utf-8-sig", "backslashreplace"))
    return len(session.review_rows)


def _csv_row(session: ReviewSession, row_index: int) -> dict[str, str]:
    review_row = session.review_rows[row_index]
    reviewer_decision = _decision_of_csv_reviewer(session, review_row.pair)
    pair = apply_reviewer_decision(review_row.pair, reviewer_decision)
    row_cells = {
        "id": pair.id,
        "document": pair.document,
        "section": " › ".join(pair.headings),
        "pages": " ".join(map(str, pair.pages)),
        "state": f"rejected in {review_row.stage}" if review_row.stage else "kept",
        "rejected_for": ": ".join(text for text in (review_row.reason, review_row.detail) if text),
        "question_hash": question_hash(pair),
        "question": pair.question,
        "answer": pair.answer,
        "evaluation_criteria": "\n".join(pair.evaluation_criteria),
        "evidence": "\n".join(map(quote_in_words, pair.evidence)),
        "verdict": ("accept" if reviewer_decision.accepts else "reject") if reviewer_decision else "",
        "reason": reviewer_decision.reason if reviewer_decision else "",
        "reviewer": session.reviewer,
    }
    return {column: _guard_formula_cell(cell) for column, cell in row_cells.items()}


def _decision_of_csv_reviewer(session: ReviewSession, pair: Pair, reviewer: str = "") -> Decision | None:
    decision = session.decision_stacks.decisions_about(pair.id).get(reviewer or session.reviewer)
    return decision if decision and decision.question_hash == question_hash(pair) else None


def _guard_formula_cell(cell: str) -> str:
    """The cell behind an apostrophe where it would be a formula, or could be taken for such a cell."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) or _is_guarded_cell(cell) else cell


def _is_guarded_cell(cell: str) -> bool:
    return cell[:1] == "'" and cell[1:].startswith((*FORMULA_STARTS, "'"))


def _unguard_formula_cell(cell: str) -> str:
    return cell[1:] if _is_guarded_cell(cell) else cell


def read_decisions_csv(spreadsheet: Path, session: ReviewSession) -> ImportedDecisions:
    """The decisions that a table holds and that are new. Raises UsageError for a file that is no such table."""
    imported_decisions = ImportedDecisions()
    for line_number, row_cells in _read_csv_rows(spreadsheet):
        try:
            _read_csv_row(row_cells, session, imported_decisions)
        except RequestRefused as error:
            imported_decisions.faults.append(f"{spreadsheet.name}, line {line_number}: {error}")
    return imported_decisions


def _read_csv_row(row_cells: Mapping[str, str], session: ReviewSession, imported_decisions: ImportedDecisions) -> None:
    pair_id = row_cells["id"].strip()
    if not pair_id:
        return
    if pair_id not in session.row_by_pair:
        raise RequestRefused(f"there is no pair {pair_id} in {session.run}; nothing was decided about it", 404)
    pair = session.review_rows[session.row_by_pair[pair_id]].pair
    verdict_text = row_cells.get("verdict", "").strip().casefold()
    if verdict_text not in _VERDICTS_IN_CSV:
        raise RequestRefused(f"verdict {verdict_text!r}: write accept or reject, or leave it empty", 422)
    reviewer = row_cells.get("reviewer", "").strip() or session.reviewer
    reviewer_decision = _decision_of_csv_reviewer(session, pair, reviewer)
    decided_pair = apply_reviewer_decision(pair, reviewer_decision)
    decision_kind, csv_edits = accepting_verdict(
        decided_pair, reviewer_decision, written_fields := _fields_changed_in_csv(row_cells, decided_pair)
    )
    csv_verdict = _VERDICTS_IN_CSV[verdict_text] or ("accept" if written_fields else None)
    if csv_verdict is None:
        imported_decisions.unchanged += 1
        return
    if row_cells.get("question_hash", "").strip() not in ("", question_hash(pair)):
        raise RequestRefused(f"{pair_id} asks something else since the table was written; export it again", 409)
    csv_verdict, csv_edits = (decision_kind, csv_edits) if csv_verdict == "accept" else (csv_verdict, {})
    if csv_verdict != "reject" and (missing_text := incomplete_pair_reason(pair, csv_edits)):
        raise RequestRefused(f"{pair_id} cannot be accepted: {missing_text}", 422)
    decision = new_decision(pair, reviewer, csv_verdict, row_cells.get("reason", ""), csv_edits)
    if reviewer_decision and (reviewer_decision.verdict, reviewer_decision.reason, reviewer_decision.edited) == (
        decision.verdict,
        decision.reason,
        decision.edited,
    ):
        imported_decisions.unchanged += 1
    else:
        imported_decisions.decisions.append(decision)


def _fields_changed_in_csv(row_cells: Mapping[str, str], decided_pair: Pair) -> dict[str, Any]:
    """The fields that say something else than the table did when it was written."""
    changed_fields: dict[str, Any] = {}
    for pair_field_name in EDITED_CSV_COLUMNS:
        if pair_field_name in row_cells:
            cell, current_value = row_cells[pair_field_name], getattr(decided_pair, pair_field_name)
            cell_value = cell.splitlines() if pair_field_name == "evaluation_criteria" else cell
            if not _is_cell_unchanged(
                cell, "\n".join(current_value) if isinstance(current_value, list) else current_value
            ):
                changed_fields[pair_field_name] = cell_value
    return trim_edited_texts(changed_fields)


def _is_cell_unchanged(cell: str, current_value: str) -> bool:
    """Do they say the same, but for line ends, outer space and letters that Windows-1252 lacks?"""
    current_words = " ".join(current_value.split())
    return " ".join(cell.split()) in (current_words, current_words.encode("cp1252", "replace").decode("cp1252"))


def _read_csv_rows(spreadsheet: Path) -> Iterable[tuple[int, dict[str, str]]]:
    """(line, cells by column) of every row."""
    csv_text = _decode_csv_file(spreadsheet)
    if csv_text.lower().startswith("sep="):
        csv_text = csv_text.partition("\n")[2]
    csv.field_size_limit(max(csv.field_size_limit(), len(csv_text)))  # a cell may hold a whole document
    header_line = csv_text.partition("\n")[0]
    delimiter = max(",;\t", key=lambda mark: len(set(_split_csv_header(header_line, mark)) & set(CSV_COLUMNS)))
    csv_reader = csv.reader(io.StringIO(csv_text, newline=""), delimiter=delimiter)
    try:
        column_names = [column_name.strip().casefold() for column_name in next(csv_reader, [])]
        if "id" not in column_names:
            raise UsageError(f"{spreadsheet}: no column id; give a table that --export has written")
        table_rows = [(csv_reader.line_num, row_cells) for row_cells in csv_reader]
    except csv.Error as error:
        raise UsageError(f"{spreadsheet}, line {csv_reader.line_num}: {error}; save it as CSV again") from None
    return [
        (
            line_number,
            {
                column_name: _unguard_formula_cell(cell)
                for column_name, cell in zip(column_names, row_cells, strict=False)
            },
        )
        for line_number, row_cells in table_rows
    ]


def _split_csv_header(header_line: str, delimiter: str) -> Sequence[str]:
    return [column.strip('" \r\ufeff').casefold() for column in header_line.split(delimiter)]


def _decode_csv_file(spreadsheet: Path) -> str:
    try:
        csv_bytes = spreadsheet.read_bytes()
    except OSError as error:
        raise UsageError(f"{spreadsheet}: {error.strerror or error}") from None
    if csv_bytes[:4] == b"PK\x03\x04":
        raise UsageError(f"{spreadsheet}: is a workbook; save the sheet as CSV (UTF-8)")
    if csv_bytes[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return csv_bytes.decode("utf-16", "replace")
    try:
        return csv_bytes.decode("utf-8-sig")
    except UnicodeDecodeError:
        return csv_bytes.decode("cp1252", "replace")


def export_decisions_csv(spreadsheet: Path, session: ReviewSession) -> int:
    pair_count = write_decisions_csv(spreadsheet, session)
    edits = "write accept or reject into the column verdict, or edit the texts"
    print(f"{counted(pair_count, 'pair')} -> {openable_path(spreadsheet)}; {edits}")
    return EXIT_OK


def import_decisions_csv(spreadsheet: Path, session: ReviewSession) -> int:
    table = read_decisions_csv(spreadsheet, session)
    if table.decisions:
        append_decisions(session.decisions_path, table.decisions)
    rejected = sum(decision.verdict == "reject" for decision in table.decisions)
    edited = sum(decision.verdict == "edit" for decision in table.decisions)
    accepted = len(table.decisions) - rejected
    print(
        f"{accepted:,} accepted ({edited:,} edited), {rejected:,} rejected, {counted(table.unchanged, 'row')} as before"
    )
    for fault in table.faults[:MAX_SHOWN_FAULTS]:
        print(terminal_text(f"failed {fault}"))
    if len(table.faults) > MAX_SHOWN_FAULTS:
        print(f"… and {len(table.faults) - MAX_SHOWN_FAULTS:,} more")
    if table.decisions:
        print(f"-> {openable_path(session.decisions_path)}")
    return EXIT_FAILED if table.faults else EXIT_OK
