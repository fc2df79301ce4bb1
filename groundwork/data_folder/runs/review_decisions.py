"""What people decided about the pairs of a run, as it is recorded, and as curate and create_dataset obey it.

`data/qa/<run>/decisions.jsonl` has a line each. Lines are only ever added, so an undone decision is a line too. Of one
reviewer the last decision about a pair holds; between reviewers a rejection holds, unless `review.disagreement` says
that the last decision does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from groundwork.data_folder.read_write import text_hash, write_bytes
from groundwork.data_folder.runs.run_files import DECISIONS
from groundwork.data_folder.workspace import Workspace
from groundwork.records import Pair, Record

EDITABLE = {  # what a reviewer may change, and where the pair keeps what it said before
    "question": "original_question",
    "answer": "original_answer",
    "evaluation_criteria": "original_criteria",
}
DecisionKind = Literal["accept", "edit", "reject", "undo"]
Disagreement = Literal["rejected", "last"]


class Decision(Record, frozen=True):
    """One line. `question_hash` is that of the question as it was generated, whatever it was reworded to since.

    `edited`: what the pair is to say in place of what was generated, of the fields in EDITABLE those that differ;
    an acceptance has them too, where curation had reworded what was accepted.
    """

    time: str  # ISO 8601, UTC
    reviewer: str
    pair: str
    document: str
    question_hash: str
    verdict: DecisionKind
    reason: str = ""
    edited: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def accepts(self) -> bool:
        return self.verdict in ("accept", "edit")


StandingDecisions = dict[
    str, dict[str, Decision]
]  # by pair, then by reviewer: the decision that holds, the latest last


def decisions_file(data: Workspace, run: str) -> Path:
    """Where the decisions about a run stand; there need not be any."""
    return data.path("qa", run, f"{DECISIONS}.jsonl")


def question_hash(reviewed_pair: Pair) -> str:
    """The first 16 digits of the SHA-256 of the question as it was generated."""
    return text_hash(reviewed_pair.original_question or reviewed_pair.question)


def utc_now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def append_decisions(path: Path, decisions: Sequence[Decision]) -> int:
    """Add lines and flush them to the disk, after a line that a killed process left unfinished too.

    Returns how many bytes were added. Raises OSError (disk full, no right to write).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    decision_lines = b"".join(msgspec.json.encode(decision) + b"\n" for decision in decisions)
    decisions_handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        torn_line = os.lseek(decisions_handle, 0, os.SEEK_END) > 0 and _last_byte(decisions_handle) != b"\n"
        added_lines = b"\n" * torn_line + decision_lines
        _write_whole(decisions_handle, added_lines)
        os.fsync(decisions_handle)
    finally:
        os.close(decisions_handle)
    return len(added_lines)


def _last_byte(decisions_handle: int) -> bytes:
    os.lseek(decisions_handle, -1, os.SEEK_END)
    return os.read(decisions_handle, 1)


def _write_whole(decisions_handle: int, unwritten_lines: bytes) -> None:
    """One write, so that the lines of two servers do not mix; a disk that takes only a part is asked again."""
    while unwritten_lines:
        unwritten_lines = unwritten_lines[os.write(decisions_handle, unwritten_lines) :]


def read_decisions(path: Path) -> tuple[list[Decision], list[str]]:
    """The decisions in a file that may be missing, and a warning for every line that is none."""
    decoder = msgspec.json.Decoder(Decision)
    decisions, warnings = [], []
    try:
        decision_lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return [], []
    for line_number, decision_line in enumerate(decision_lines, start=1):
        if decision_line.strip():
            try:
                decisions.append(decoder.decode(decision_line))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                warnings.append(
                    f"{path}, line {line_number} is no decision ({error}) and was passed over; fix the line"
                )
    return decisions, warnings


def rewrite_decision_lines(path: Path, rewrite: Callable[[bytes], bytes]) -> None:
    """Change every line of a file of decisions, or drop it (b""); lines that are no JSON stay as they are."""
    decision_lines = path.read_bytes().split(b"\n")
    rewritten_lines = []
    for decision_line in decision_lines:
        try:
            rewritten_lines.append(rewrite(decision_line).rstrip(b"\n") if decision_line.strip() else b"")
        except msgspec.DecodeError:
            rewritten_lines.append(decision_line)
    if rewritten_lines != decision_lines:
        write_bytes(path, b"".join(decision_line + b"\n" for decision_line in rewritten_lines if decision_line.strip()))


class DecisionStacks:
    """Decisions by pair and reviewer, line after line.

    An undo takes its reviewer's last decision about the pair back, and the one before holds again.
    """

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._decision_stacks: dict[str, dict[str, list[Decision]]] = {}
        self._line_counts: dict[tuple[str, str], int] = {}
        for decision in decisions:
            self.add(decision)

    def add(self, decision: Decision) -> None:
        reviewer_stacks = self._decision_stacks.setdefault(decision.pair, {})
        decision_stack = reviewer_stacks.pop(decision.reviewer, [])  # and in again, behind the others
        decision_stack = decision_stack[:-1] if decision.verdict == "undo" else [*decision_stack, decision]
        if decision_stack:
            reviewer_stacks[decision.reviewer] = decision_stack
        pair_and_reviewer = (decision.pair, decision.reviewer)
        self._line_counts[pair_and_reviewer] = self._line_counts.get(pair_and_reviewer, 0) + 1

    def decisions_about(self, reviewed_pair: str) -> dict[str, Decision]:
        """By reviewer the decision about the pair that holds, the latest last."""
        return {reviewer: stack[-1] for reviewer, stack in self._decision_stacks.get(reviewed_pair, {}).items()}

    def line_count(self, reviewed_pair: str, reviewer: str) -> int:
        """How many lines a reviewer has written about a pair, undone ones and undos among them."""
        return self._line_counts.get((reviewed_pair, reviewer), 0)

    def standing(self) -> StandingDecisions:
        return {
            reviewed_pair: self.decisions_about(reviewed_pair)
            for reviewed_pair, reviewer_stacks in self._decision_stacks.items()
            if reviewer_stacks
        }


def standing_decisions(decisions: Iterable[Decision]) -> StandingDecisions:
    """What holds of all decisions."""
    return DecisionStacks(decisions).standing()


def prevailing_decision(
    decisions_by_reviewer: Mapping[str, Decision], disagreement: Disagreement = "rejected"
) -> Decision:
    """The one decision about a pair, of those that stand by reviewer (at least one)."""
    latest_decision = list(decisions_by_reviewer.values())[-1]
    rejections = [decision for decision in decisions_by_reviewer.values() if decision.verdict == "reject"]
    if rejections and disagreement == "rejected":
        return rejections[-1]
    if latest_decision.verdict == "accept":  # which takes no other reviewer's edit back
        return (
            [decision for decision in decisions_by_reviewer.values() if decision.verdict == "edit"] or [latest_decision]
        )[-1]
    return latest_decision


def edited_fields(reviewed_pair: Pair, new_fields: Mapping[str, Any]) -> dict[str, Any]:
    """What of `new_fields`, or else of the pair as it stands, differs from what was generated."""
    generated_fields = {
        editable_field: getattr(reviewed_pair, original_field) or getattr(reviewed_pair, editable_field)
        for editable_field, original_field in EDITABLE.items()
    }
    current_fields = {
        editable_field: new_fields.get(editable_field, getattr(reviewed_pair, editable_field))
        for editable_field in EDITABLE
    }
    return {
        editable_field: current_fields[editable_field]
        for editable_field in EDITABLE
        if current_fields[editable_field] != generated_fields[editable_field]
    }


def apply_edits(reviewed_pair: Pair, edited_values: Mapping[str, Any]) -> Pair:
    """The pair as a decision has it, what was generated kept beside: `original_question` and so on."""
    edited_pair: dict[str, Any] = {}
    for editable_field, original_field in EDITABLE.items():
        generated_value = getattr(reviewed_pair, original_field) or getattr(reviewed_pair, editable_field)
        edited_value = edited_values.get(editable_field, generated_value)
        edited_pair |= {
            editable_field: edited_value,
            original_field: generated_value if edited_value != generated_value else type(generated_value)(),
        }
    return msgspec.structs.replace(reviewed_pair, **edited_pair)
