"""The decisions about a run as curate and create_dataset obey them: which hold, and what they make of each pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from groundwork.data_folder.runs.recorded_decisions import (
    Agreement,
    Decision,
    Disagreement,
    apply_edits,
    decisions_file,
    prevailing_decision,
    question_hash,
    read_decisions,
    reviewer_agreements,
    standing_decisions,
)
from groundwork.data_folder.runs.run_lookup import DECISIONS, run_documents
from groundwork.data_folder.runs.run_pairs import Candidate
from groundwork.data_folder.spread_folders import file_path
from groundwork.data_folder.workspace import Workspace
from groundwork.installation import as_typed
from groundwork.message_wording import counted, name_order
from groundwork.records import Pair, Rejected

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
