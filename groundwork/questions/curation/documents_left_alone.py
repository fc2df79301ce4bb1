"""The pairs of documents that --document leaves alone: they stay as an earlier curation kept and rejected them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from groundwork.data_folder.disk_backed_lists import DiskBackedList, LazySequence
from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.kept_and_rejected_pairs import rejected_pair
from groundwork.data_folder.runs.review_decisions import BY_PERSON, StandingReview, accept_pair, reject_by_person
from groundwork.data_folder.workspace import Workspace
from groundwork.questions.curation.checked_pairs import accepted_pairs
from groundwork.questions.curation.pair_batches import existing_pair_files
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.questions.duplicates.question_comparison import asked_question
from groundwork.records import Pair, Rejected


@dataclass(frozen=True)
class DocumentsLeft:
    """What earlier curations kept and rejected of `documents`; one that was never curated has neither."""

    documents: Sequence[str]
    kept_pairs: DiskBackedList[Pair]
    rejected_pairs: DiskBackedList[Rejected]
    lost_repeats: Counter[str] = field(default_factory=Counter)  # by document, as `count_lost_repeats` found them

    def read(self, data: Workspace, run: str) -> None:
        """Fill the lists from the run's files. Raises BadRecord."""
        curated_folder = "qa", run, "curated"
        for left_path in existing_pair_files(data, curated_folder, self.documents):
            self.kept_pairs.extend(read_jsonl(left_path, Pair))
        for left_path in existing_pair_files(data, (*curated_folder, "rejected"), self.documents):
            self.rejected_pairs.extend(read_jsonl(left_path, Rejected))

    async def add_to(self, search: EarlierQuestions) -> None:
        """Have `search` know what the kept pairs ask, which are read from their file each time."""
        indexes = range(len(self.kept_pairs))
        await search.find_duplicates(LazySequence(indexes, lambda index: asked_question(self.kept_pairs[index])))

    def obey(self, review: StandingReview, run_folder: Path) -> bool:
        """Do all pairs stand as the review has them? It has met them afterwards."""
        unlike_decided = sum(not _is_kept_as_decided(pair, review) for pair in self.kept_pairs)
        unlike_decided += sum(not _is_rejected_as_decided(rejection, review) for rejection in self.rejected_pairs)
        kept_ids = {pair.id for pair in self.kept_pairs} if review.verdicts else set[str]()
        return not unlike_decided and not accepted_pairs(run_folder, self.documents, review, kept_ids)


def _is_kept_as_decided(left_pair: Pair, review: StandingReview) -> bool:
    decision = review.decision_about(left_pair)
    if decision is None:
        return BY_PERSON not in left_pair.checks
    return decision.accepts and accept_pair(left_pair, decision) == left_pair


def _is_rejected_as_decided(rejection: Rejected, review: StandingReview) -> bool:
    left_pair = rejected_pair(rejection)
    decision = review.decision_about(left_pair)
    if decision is None:
        return rejection.reason != BY_PERSON
    return decision.verdict == "reject" and rejection.detail == reject_by_person(left_pair, decision).detail
