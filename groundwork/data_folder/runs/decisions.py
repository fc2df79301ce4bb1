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
from groundwork.data_folder.runs.run_lookup import DECISIONS, run_documents
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


class Agreement(NamedTuple):
    """How far two reviewers agree over the `pairs` that both judged. `kappa`: None where chance alone decides."""

    reviewers: tuple[str, str]
    pairs: int
    share: float
    kappa: float | None

    def __str__(self) -> str:
        kappa = "" if self.kappa is None else f" (Cohen's kappa {self.kappa:.2f})"
        pair_count = counted(self.pairs, "pair")
        return f"{' and '.join(self.reviewers)} agree on {self.share:.0%} of {pair_count} both judged{kappa}"


StandingDecisions = dict[
    str, dict[str, Decision]
]  # by pair, then by reviewer: the decision that holds, the latest last


def decisions_file(data: Workspace, run: str) -> Path:
    """Where the decisions about a run stand; there need not be any."""
    return data.path("qa", run, f"{DECISIONS}.jsonl")


def question_hash(pair: Pair) -> str:
    """The first 16 digits of the SHA-256 of the question as it was generated."""
    return text_hash(pair.original_question or pair.question)


def utc_now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def append_decisions(path: Path, decisions: Sequence[Decision]) -> int:
    """Add lines and flush them to the disk, after a line that a killed process left unfinished too.

    Returns how many bytes were added. Raises OSError (disk full, no right to write).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = b"".join(msgspec.json.encode(decision) + b"\n" for decision in decisions)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        torn_line = os.lseek(handle, 0, os.SEEK_END) > 0 and _last_byte(handle) != b"\n"
        content = b"\n" * torn_line + lines
        _write_whole(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)
    return len(content)


def _last_byte(handle: int) -> bytes:
    os.lseek(handle, -1, os.SEEK_END)
    return os.read(handle, 1)


def _write_whole(handle: int, content: bytes) -> None:
    """One write, so that the lines of two servers do not mix; a disk that takes only a part is asked again."""
    while content:
        content = content[os.write(handle, content) :]


def read_decisions(path: Path) -> tuple[list[Decision], list[str]]:
    """The decisions in a file that may be missing, and a warning for every line that is none."""
    decoder = msgspec.json.Decoder(Decision)
    decisions, warnings = [], []
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return [], []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                decisions.append(decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                warnings.append(f"{path}, line {number} is no decision ({error}) and was passed over; fix the line")
    return decisions, warnings


def rewrite_lines(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change every line of a file of decisions, or drop it (b""); lines that are no JSON stay as they are."""
    lines = path.read_bytes().split(b"\n")
    new_lines = []
    for line in lines:
        try:
            new_lines.append(change(line).rstrip(b"\n") if line.strip() else b"")
        except msgspec.DecodeError:
            new_lines.append(line)
    if new_lines != lines:
        write_bytes(path, b"".join(line + b"\n" for line in new_lines if line.strip()))


class DecisionStacks:
    """Decisions by pair and reviewer, line after line.

    An undo takes its reviewer's last decision about the pair back, and the one before holds again.
    """

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._stacks: dict[str, dict[str, list[Decision]]] = {}
        self._line_counts: dict[tuple[str, str], int] = {}
        for decision in decisions:
            self.add(decision)

    def add(self, decision: Decision) -> None:
        reviewer_stacks = self._stacks.setdefault(decision.pair, {})
        stack = reviewer_stacks.pop(decision.reviewer, [])  # and in again, behind the others
        stack = stack[:-1] if decision.verdict == "undo" else [*stack, decision]
        if stack:
            reviewer_stacks[decision.reviewer] = stack
        key = (decision.pair, decision.reviewer)
        self._line_counts[key] = self._line_counts.get(key, 0) + 1

    def decisions_about(self, pair: str) -> dict[str, Decision]:
        """By reviewer the decision about the pair that holds, the latest last."""
        return {reviewer: stack[-1] for reviewer, stack in self._stacks.get(pair, {}).items()}

    def line_count(self, pair: str, reviewer: str) -> int:
        """How many lines a reviewer has written about a pair, undone ones and undos among them."""
        return self._line_counts.get((pair, reviewer), 0)

    def standing(self) -> StandingDecisions:
        return {pair: self.decisions_about(pair) for pair, reviewer_stacks in self._stacks.items() if reviewer_stacks}


def standing_decisions(decisions: Iterable[Decision]) -> StandingDecisions:
    """What holds of all decisions."""
    return DecisionStacks(decisions).standing()


def prevailing_decision(by_reviewer: Mapping[str, Decision], disagreement: Disagreement = "rejected") -> Decision:
    """The one decision about a pair, of those that stand by reviewer (at least one)."""
    latest = list(by_reviewer.values())[-1]
    rejections = [decision for decision in by_reviewer.values() if decision.verdict == "reject"]
    if rejections and disagreement == "rejected":
        return rejections[-1]
    if latest.verdict == "accept":  # which takes no other reviewer's edit back
        return ([decision for decision in by_reviewer.values() if decision.verdict == "edit"] or [latest])[-1]
    return latest


def reviewer_agreements(decisions: StandingDecisions) -> list[Agreement]:
    """Every two reviewers who judged a pair both, those with most such pairs first.

    Cohen's kappa (1960): (observed - expected) / (1 - expected), expected from each reviewer's own share of verdicts.
    """
    counts: dict[tuple[str, str], dict[tuple[bool, bool], int]] = {}
    for by_reviewer in decisions.values():
        for reviewer, second_reviewer in combinations(sorted(by_reviewer), 2):
            table = counts.setdefault((reviewer, second_reviewer), {})
            cell = (by_reviewer[reviewer].accepts, by_reviewer[second_reviewer].accepts)
            table[cell] = table.get(cell, 0) + 1
    unsorted = [_agreement(reviewers, table) for reviewers, table in counts.items()]
    return sorted(unsorted, key=lambda agreement: (-agreement.pairs, agreement.reviewers))


def _agreement(reviewers: tuple[str, str], table: dict[tuple[bool, bool], int]) -> Agreement:
    total = sum(table.values())
    observed = sum(count for (a, b), count in table.items() if a == b) / total
    expected = sum(
        (sum(count for (a, _), count in table.items() if a == verdict) / total)
        * (sum(count for (_, b), count in table.items() if b == verdict) / total)
        for verdict in (True, False)
    )
    return Agreement(reviewers, total, observed, (observed - expected) / (1 - expected) if expected < 1 else None)


def edited_fields(pair: Pair, new_fields: Mapping[str, Any]) -> dict[str, Any]:
    """What of `new_fields`, or else of the pair as it stands, differs from what was generated."""
    generated = {name: getattr(pair, original) or getattr(pair, name) for name, original in EDITABLE.items()}
    current = {name: new_fields.get(name, getattr(pair, name)) for name in EDITABLE}
    return {name: current[name] for name in EDITABLE if current[name] != generated[name]}


def apply_edits(pair: Pair, edited: Mapping[str, Any]) -> Pair:
    """The pair as a decision has it, what was generated kept beside: `original_question` and so on."""
    changes: dict[str, Any] = {}
    for name, original in EDITABLE.items():
        generated = getattr(pair, original) or getattr(pair, name)
        text = edited.get(name, generated)
        changes |= {name: text, original: generated if text != generated else type(generated)()}
    return msgspec.structs.replace(pair, **changes)


BY_PERSON = "review"  # the check's column, and the reason, of what a person decided
PAIRS_NAMED = 5


@dataclass
class Review:
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

    def decision_about(self, pair: Pair) -> Decision | None:
        """The decision about the pair; None where there is none, or only about another question of that id."""
        decision = self.verdicts.get(pair.id)
        if decision is None:
            self._undone_count += BY_PERSON in pair.checks
            return None
        if decision.question_hash != question_hash(pair):
            self._changed_pairs.add(pair.id)
            return None
        self._reviewed_pairs[pair.id] = pair
        return decision

    def apply_decision(self, pair: Pair) -> Pair | None:
        """The pair as it is to stand; None: a person turned it down."""
        decision = self.decision_about(pair)
        if decision is None:
            return pair
        return accept_pair(pair, decision) if decision.accepts else None

    def restored_pairs(self, turned_down: Iterable[Candidate], has_pair: Callable[[str], bool]) -> list[Pair]:
        """Of the pairs turned down by rules or models those that a person accepted, unless `has_pair` of it."""
        restored_pairs = []
        for candidate in turned_down:
            decision = self.verdicts.get(candidate.pair.id)
            if (
                candidate.stage
                and decision
                and not has_pair(candidate.pair.id)
                and (pair := self.apply_decision(candidate.pair))
            ):
                restored_pairs.append(pair)
        return restored_pairs

    def unmet_warnings(self, documents: Iterable[str]) -> list[str]:
        """Warnings about decisions of these documents, or of those that are gone, that could not be obeyed."""
        judged_documents = {*documents, *self.documents_gone}
        of_documents = [pair for pair, decision in self.verdicts.items() if decision.document in judged_documents]
        unmet = [pair for pair in of_documents if pair not in self._reviewed_pairs]
        missing = [pair for pair in unmet if pair not in self._changed_pairs]
        reworded = [pair for pair in unmet if pair in self._changed_pairs]
        messages = list(self.warnings)
        if missing:
            messages.append(
                f"{self.run}: {_count(missing)} for pairs that are gone and not obeyed: {_listing(missing)}"
            )
        if reworded:
            messages.append(
                f"{self.run}: {_count(reworded)} for pairs that ask something else now: {_listing(reworded)}"
            )
        return messages

    def outdated_warnings(self) -> list[str]:
        """A warning where pairs still say what a decision said that was undone since."""
        count = counted(self._undone_count, "pair stands", "pairs stand")
        sentence = f"{self.run}: {count} as a decision had it that was undone since"
        return [as_typed(f"{sentence}; run: uv run dataprep/curate.py")] if self._undone_count else []

    def summary_lines(self) -> list[str]:
        """What people decided about the pairs that were met, in sentences; empty where nobody decided anything."""
        decisions = [self.verdicts[pair] for pair in self._reviewed_pairs]
        if not decisions:
            return []
        accepted_pairs = [self._reviewed_pairs[decision.pair] for decision in decisions if decision.accepts]
        edited = sum(decision.verdict == "edit" for decision in decisions)
        restored = sum(any(not check["passed"] for check in pair.checks.values()) for pair in accepted_pairs)
        reviewers = ", ".join(sorted({decision.reviewer for decision in decisions}, key=name_order))
        details = [f"{edited} of them edited"] * bool(edited) + [f"{restored} turned down before"] * bool(restored)
        detail = f" ({', '.join(details)})" if details else ""
        counts = f"{len(accepted_pairs):,} accepted{detail}, {len(decisions) - len(accepted_pairs):,} rejected"
        return [f"Reviewed by {reviewers}: {counts}.", *(f"{agreement}." for agreement in self.agreements)]


def read_review(data: Workspace, run: str, disagreement: Disagreement = "rejected") -> Review:
    """What people decided about a run; a Review without verdicts where nobody has."""
    decisions, warnings = read_decisions(decisions_file(data, run))
    by_pair = standing_decisions(decisions)
    verdicts = {pair: prevailing_decision(by_reviewer, disagreement) for pair, by_reviewer in by_pair.items()}
    documents = {decision.document for decision in verdicts.values()}
    present = run_documents(data.path("qa", run))
    return Review(run, verdicts, reviewer_agreements(by_pair), warnings, documents.difference(present))


def review_files(data: Workspace, run: str, documents: Sequence[str], *, curated: bool) -> list[Path]:
    """What a stage that obeys decisions reads besides the pairs: nothing where nobody has decided anything.

    `curated`: with what curation turned down, besides what generation did.
    """
    decisions = decisions_file(data, run)
    if not decisions.exists():
        return []
    folder = decisions.parent
    rejected_folders = [folder / "rejected", *([folder / "curated" / "rejected"] if curated else [])]
    files = [file_path(rejected, f"{document}.jsonl") for rejected in rejected_folders for document in documents]
    return [decisions, *(path for path in files if path.exists())]


def reject_by_person(pair: Pair, decision: Decision) -> Rejected:
    """The record of a pair that a person turned down."""
    reasons = [f"rejected by {decision.reviewer}", *([decision.reason] if decision.reason else [])]
    return Rejected.of(pair, BY_PERSON, "; ".join(reasons))


def accept_pair(pair: Pair, decision: Decision) -> Pair:
    """The pair as the decision has it; the other checks stay as they were told, of the text before an edit."""
    verb = "edited" if decision.verdict == "edit" else "accepted"
    reason = "; ".join([f"{verb} by {decision.reviewer}", *([decision.reason] if decision.reason else [])])
    check = {"score": 1.0, "passed": True, "why": reason, "checker": "person"}
    return msgspec.structs.replace(apply_edits(pair, decision.edited), checks={**pair.checks, BY_PERSON: check})


def _count(names: Sequence[str]) -> str:
    return counted(len(names), "decision is", "decisions are")


def _listing(names: Sequence[str]) -> str:
    more = f" and {len(names) - PAIRS_NAMED:,} more" if len(names) > PAIRS_NAMED else ""
    return f"{', '.join(names[:PAIRS_NAMED])}{more} (they stay in {DECISIONS}.jsonl)"
