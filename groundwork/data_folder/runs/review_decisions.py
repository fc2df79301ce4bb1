"""What people decided about the pairs of a run, as it is recorded, and as curate and create_dataset obey it.

`data/qa/<run>/decisions.jsonl` has a line each. Lines are only ever added, so an undone decision is a line too. Of one
reviewer the last decision about a pair holds; between reviewers a rejection holds, unless `review.disagreement` says
that the last decision does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from groundwork.data_folder.read_write import text_hash, write_bytes
from groundwork.data_folder.runs.kept_and_rejected_pairs import Candidate
from groundwork.data_folder.runs.run_files import DECISIONS, run_documents
from groundwork.data_folder.spread_folders import file_path
from groundwork.data_folder.workspace import Workspace
from groundwork.installation import as_typed
from groundwork.message_wording import counted, name_order
from groundwork.records import Pair, Record, Rejected

EDITABLE = {  # what a reviewer may change, and where the pair keeps what it said before
    "question": "original_question",
    "answer": "original_answer",
    "evaluation_criteria": "original_criteria",
}
DecisionKind = Literal["accept", "edit", "reject", "undo"]
Disagreement = Literal["rejected", "last"]

BY_PERSON = "review"  # the check's column, and the reason, of what a person decided
DECIDED_PAIRS_NAMED = 5


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


StandingDecisions = dict[str, dict[str, Decision]]  # by pair, then reviewer: the decision that holds, the latest last


def decisions_file(data: Workspace, run: str) -> Path:
    """Where the decisions about a run stand; there need not be any."""
    return data.path("qa", run, f"{DECISIONS}.jsonl")


def question_hash(reviewed_pair: Pair) -> str:
    """The first 16 digits of the SHA-256 of the question as it was generated."""
    return text_hash(reviewed_pair.original_question or reviewed_pair.question)


def utc_now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def append_decisions(decisions_path: Path, decisions: Sequence[Decision]) -> int:
    """Add lines and flush them to the disk, after a line that a killed process left unfinished too.

    Returns how many bytes were added. Raises OSError (disk full, no right to write).
    """
    decisions_path.parent.mkdir(parents=True, exist_ok=True)
    decision_lines = b"".join(msgspec.json.encode(decision) + b"\n" for decision in decisions)
    decisions_handle = os.open(decisions_path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
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


def read_decisions(decisions_path: Path) -> tuple[list[Decision], list[str]]:
    """The decisions in a file that may be missing, and a warning for every line that is none."""
    decoder = msgspec.json.Decoder(Decision)
    decisions, warnings = [], []
    try:
        decision_lines = decisions_path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return [], []
    for number, decision_line in enumerate(decision_lines, start=1):
        if decision_line.strip():
            try:
                decisions.append(decoder.decode(decision_line))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                warnings.append(
                    f"{decisions_path}, line {number} is no decision ({error}) and was passed over; fix the line"
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


def prevailing_decision(by_reviewer: Mapping[str, Decision], disagreement: Disagreement = "rejected") -> Decision:
    """The one decision about a pair, of those that stand by reviewer (at least one)."""
    latest_decision = list(by_reviewer.values())[-1]
    rejections = [decision for decision in by_reviewer.values() if decision.verdict == "reject"]
    if rejections and disagreement == "rejected":
        return rejections[-1]
    if latest_decision.verdict == "accept":  # which takes no other reviewer's edit back
        return ([decision for decision in by_reviewer.values() if decision.verdict == "edit"] or [latest_decision])[-1]
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


class Agreement(NamedTuple):
    """How far two reviewers agree over the `pairs` that both judged. `kappa`: None where chance alone decides."""

    reviewers: tuple[str, str]
    pairs: int
    share: float
    kappa: float | None

    def __str__(self) -> str:
        kappa_text = "" if self.kappa is None else f" (Cohen's kappa {self.kappa:.2f})"
        judged_pairs = counted(self.pairs, "pair")
        return f"{' and '.join(self.reviewers)} agree on {self.share:.0%} of {judged_pairs} both judged{kappa_text}"


def reviewer_agreements(decisions: StandingDecisions) -> list[Agreement]:
    """Every two reviewers who judged a pair both, those with most such pairs first.

    Cohen's kappa (1960): (observed - expected) / (1 - expected), expected from each reviewer's own share of verdicts.
    """
    verdict_tables: dict[tuple[str, str], dict[tuple[bool, bool], int]] = {}
    for decisions_by_reviewer in decisions.values():
        for reviewer, second_reviewer in combinations(sorted(decisions_by_reviewer), 2):
            reviewer_verdict_table = verdict_tables.setdefault((reviewer, second_reviewer), {})
            verdict_cell = (decisions_by_reviewer[reviewer].accepts, decisions_by_reviewer[second_reviewer].accepts)
            reviewer_verdict_table[verdict_cell] = reviewer_verdict_table.get(verdict_cell, 0) + 1
    agreements = [
        _reviewer_agreement(reviewers, reviewer_verdict_table)
        for reviewers, reviewer_verdict_table in verdict_tables.items()
    ]
    return sorted(agreements, key=lambda agreement: (-agreement.pairs, agreement.reviewers))


def _reviewer_agreement(reviewers: tuple[str, str], reviewer_verdict_table: dict[tuple[bool, bool], int]) -> Agreement:
    pairs_judged_by_both = sum(reviewer_verdict_table.values())
    observed_agreement = (
        sum(verdict_count for (a, b), verdict_count in reviewer_verdict_table.items() if a == b) / pairs_judged_by_both
    )
    expected_agreement = sum(
        (
            sum(verdict_count for (a, _), verdict_count in reviewer_verdict_table.items() if a == verdict_accepts)
            / pairs_judged_by_both
        )
        * (
            sum(verdict_count for (_, b), verdict_count in reviewer_verdict_table.items() if b == verdict_accepts)
            / pairs_judged_by_both
        )
        for verdict_accepts in (True, False)
    )
    return Agreement(
        reviewers,
        pairs_judged_by_both,
        observed_agreement,
        (observed_agreement - expected_agreement) / (1 - expected_agreement) if expected_agreement < 1 else None,
    )


@dataclass
class StandingReview:
    """The decisions about a run that hold, and what became of them where they were obeyed."""

    run: str
    verdicts: dict[str, Decision]
    agreements: list[Agreement] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    # documents that decisions are about and of which the run holds no pairs
    documents_gone: set[str] = field(default_factory=set)
    _reviewed_pairs: dict[str, Pair] = field(default_factory=dict)
    _changed_pairs: set[str] = field(default_factory=set)
    _undone_count: int = 0

    def decision_about(self, reviewed_pair: Pair) -> Decision | None:
        """The decision about the pair; None where there is none, or only about another question of that id."""
        decision = self.verdicts.get(reviewed_pair.id)
        if decision is None:
            self._undone_count += BY_PERSON in reviewed_pair.checks
            return None
        if decision.question_hash != question_hash(reviewed_pair):
            self._changed_pairs.add(reviewed_pair.id)
            return None
        self._reviewed_pairs[reviewed_pair.id] = reviewed_pair
        return decision

    def apply_decision(self, reviewed_pair: Pair) -> Pair | None:
        """The pair as it is to stand; None: a person turned it down."""
        decision = self.decision_about(reviewed_pair)
        if decision is None:
            return reviewed_pair
        return accept_pair(reviewed_pair, decision) if decision.accepts else None

    def restored_pairs(self, turned_down: Iterable[Candidate], has_pair: Callable[[str], bool]) -> list[Pair]:
        """Of the pairs turned down by rules or models those that a person accepted, unless `has_pair` of it."""
        restored_pairs = []
        for candidate in turned_down:
            decision = self.verdicts.get(candidate.pair.id)
            if (
                candidate.stage
                and decision
                and not has_pair(candidate.pair.id)
                and (reviewed_pair := self.apply_decision(candidate.pair))
            ):
                restored_pairs.append(reviewed_pair)
        return restored_pairs

    def unmet_warnings(self, documents: Iterable[str]) -> list[str]:
        """Warnings about decisions of these documents, or of those that are gone, that could not be obeyed."""
        judged_documents = {*documents, *self.documents_gone}
        decided_pairs = [
            reviewed_pair for reviewed_pair, decision in self.verdicts.items() if decision.document in judged_documents
        ]
        unmet = [reviewed_pair for reviewed_pair in decided_pairs if reviewed_pair not in self._reviewed_pairs]
        gone_pairs = [reviewed_pair for reviewed_pair in unmet if reviewed_pair not in self._changed_pairs]
        reworded_pairs = [reviewed_pair for reviewed_pair in unmet if reviewed_pair in self._changed_pairs]
        unmet_messages = list(self.warnings)
        if gone_pairs:
            unmet_messages.append(
                f"{self.run}: {_count_decisions(gone_pairs)} for pairs that are gone and not obeyed: "
                f"{_list_decided_pairs(gone_pairs)}"
            )
        if reworded_pairs:
            unmet_messages.append(
                f"{self.run}: {_count_decisions(reworded_pairs)} for pairs that ask something else now: "
                f"{_list_decided_pairs(reworded_pairs)}"
            )
        return unmet_messages

    def outdated_warnings(self) -> list[str]:
        """A warning where pairs still say what a decision said that was undone since."""
        undone_pairs = counted(self._undone_count, "pair stands", "pairs stand")
        undone_sentence = f"{self.run}: {undone_pairs} as a decision had it that was undone since"
        return [as_typed(f"{undone_sentence}; run: uv run dataprep/curate.py")] if self._undone_count else []

    def summary_lines(self) -> list[str]:
        """What people decided about the pairs that were met, in sentences; empty where nobody decided anything."""
        decisions = [self.verdicts[reviewed_pair] for reviewed_pair in self._reviewed_pairs]
        if not decisions:
            return []
        accepted_pairs = [self._reviewed_pairs[decision.pair] for decision in decisions if decision.accepts]
        edited_count = sum(decision.verdict == "edit" for decision in decisions)
        restored_count = sum(
            any(not check["passed"] for check in reviewed_pair.checks.values()) for reviewed_pair in accepted_pairs
        )
        reviewers = ", ".join(sorted({decision.reviewer for decision in decisions}, key=name_order))
        accepted_details = [f"{edited_count} of them edited"] * bool(edited_count) + [
            f"{restored_count} turned down before"
        ] * bool(restored_count)
        accepted_detail = f" ({', '.join(accepted_details)})" if accepted_details else ""
        verdict_counts = (
            f"{len(accepted_pairs):,} accepted{accepted_detail}, {len(decisions) - len(accepted_pairs):,} rejected"
        )
        return [f"Reviewed by {reviewers}: {verdict_counts}.", *(f"{agreement}." for agreement in self.agreements)]


def read_standing_review(data: Workspace, run: str, disagreement: Disagreement = "rejected") -> StandingReview:
    """What people decided about a run; a StandingReview without verdicts where nobody has."""
    decisions, warnings = read_decisions(decisions_file(data, run))
    standing_by_pair = standing_decisions(decisions)
    prevailing_verdicts = {
        reviewed_pair: prevailing_decision(decisions_by_reviewer, disagreement)
        for reviewed_pair, decisions_by_reviewer in standing_by_pair.items()
    }
    decided_documents = {decision.document for decision in prevailing_verdicts.values()}
    documents_present = run_documents(data.path("qa", run))
    return StandingReview(
        run,
        prevailing_verdicts,
        reviewer_agreements(standing_by_pair),
        warnings,
        decided_documents.difference(documents_present),
    )


def review_files(data: Workspace, run: str, documents: Sequence[str], *, curated: bool) -> list[Path]:
    """What a stage that obeys decisions reads besides the pairs: nothing where nobody has decided anything.

    `curated`: with what curation turned down, besides what generation did.
    """
    decisions = decisions_file(data, run)
    if not decisions.exists():
        return []
    run_folder = decisions.parent
    rejected_folders = [run_folder / "rejected", *([run_folder / "curated" / "rejected"] if curated else [])]
    rejected_files = [
        file_path(rejected_folder, f"{document}.jsonl")
        for rejected_folder in rejected_folders
        for document in documents
    ]
    return [decisions, *(rejected_file for rejected_file in rejected_files if rejected_file.exists())]


def reject_by_person(reviewed_pair: Pair, decision: Decision) -> Rejected:
    """The record of a pair that a person turned down."""
    rejection_reasons = [f"rejected by {decision.reviewer}", *([decision.reason] if decision.reason else [])]
    return Rejected.of(reviewed_pair, BY_PERSON, "; ".join(rejection_reasons))


def accept_pair(reviewed_pair: Pair, decision: Decision) -> Pair:
    """The pair as the decision has it; the other checks stay as they were told, of the text before an edit."""
    verdict_verb = "edited" if decision.verdict == "edit" else "accepted"
    acceptance = "; ".join([f"{verdict_verb} by {decision.reviewer}", *([decision.reason] if decision.reason else [])])
    person_check = {"score": 1.0, "passed": True, "why": acceptance, "checker": "person"}
    return msgspec.structs.replace(
        apply_edits(reviewed_pair, decision.edited), checks={**reviewed_pair.checks, BY_PERSON: person_check}
    )


def _count_decisions(pair_ids: Sequence[str]) -> str:
    return counted(len(pair_ids), "decision is", "decisions are")


def _list_decided_pairs(pair_ids: Sequence[str]) -> str:
    more_pairs = f" and {len(pair_ids) - DECIDED_PAIRS_NAMED:,} more" if len(pair_ids) > DECIDED_PAIRS_NAMED else ""
    return f"{', '.join(pair_ids[:DECIDED_PAIRS_NAMED])}{more_pairs} (they stay in {DECISIONS}.jsonl)"
