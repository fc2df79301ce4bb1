"""The standing review of a run: the decisions that prevail, as curate and create_dataset obey them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from groundwork.data_folder.runs.kept_and_rejected_pairs import Candidate
from groundwork.data_folder.runs.review_decisions import (
    Decision,
    Disagreement,
    apply_edits,
    decisions_file,
    prevailing_decision,
    question_hash,
    read_decisions,
    standing_decisions,
)
from groundwork.data_folder.runs.reviewer_agreement import Agreement, reviewer_agreements
from groundwork.data_folder.runs.run_files import DECISIONS, run_documents
from groundwork.data_folder.spread_folders import file_path
from groundwork.data_folder.workspace import Workspace
from groundwork.installation import as_typed
from groundwork.message_wording import counted, name_order
from groundwork.records import Pair, Rejected

BY_PERSON = "review"  # the check's column, and the reason, of what a person decided
DECIDED_PAIRS_NAMED = 5


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
        unmet_decisions = [
            reviewed_pair for reviewed_pair in decided_pairs if reviewed_pair not in self._reviewed_pairs
        ]
        gone_pairs = [reviewed_pair for reviewed_pair in unmet_decisions if reviewed_pair not in self._changed_pairs]
        reworded_pairs = [reviewed_pair for reviewed_pair in unmet_decisions if reviewed_pair in self._changed_pairs]
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
    acceptance_reason = "; ".join(
        [f"{verdict_verb} by {decision.reviewer}", *([decision.reason] if decision.reason else [])]
    )
    person_check = {"score": 1.0, "passed": True, "why": acceptance_reason, "checker": "person"}
    return msgspec.structs.replace(
        apply_edits(reviewed_pair, decision.edited), checks={**reviewed_pair.checks, BY_PERSON: person_check}
    )


def _count_decisions(pair_ids: Sequence[str]) -> str:
    return counted(len(pair_ids), "decision is", "decisions are")


def _list_decided_pairs(pair_ids: Sequence[str]) -> str:
    more_pairs = f" and {len(pair_ids) - DECIDED_PAIRS_NAMED:,} more" if len(pair_ids) > DECIDED_PAIRS_NAMED else ""
    return f"{', '.join(pair_ids[:DECIDED_PAIRS_NAMED])}{more_pairs} (they stay in {DECISIONS}.jsonl)"
