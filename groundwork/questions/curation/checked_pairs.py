"""The pairs of a run on their way through curation: read by document, repeats apart, checked, and kept or turned down.

A pair is turned down by the first check that it failed; a person's decision goes first. What is asked about a document
must not depend on other documents, since shards ask about theirs alone: before models are asked, only pairs of one
document in the same words are taken out. All else is looked for among the pairs that stay once every other check is
done, so that a pair that is turned down stands for no other. The pairs of documents that --document leaves as they
were stay as an earlier curation kept them.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain, compress
from operator import not_
from pathlib import Path
from typing import NamedTuple

import msgspec

from groundwork.data_folder.disk_backed_lists import DiskBackedList, LazySequence
from groundwork.data_folder.read_write import read_jsonl, write_jsonl
from groundwork.data_folder.runs.kept_and_rejected_pairs import generation_rejects, rejected_pair
from groundwork.data_folder.runs.review_decisions import BY_PERSON, StandingReview, accept_pair, reject_by_person
from groundwork.data_folder.spread_folders import file_path
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import UnitError
from groundwork.installation import as_typed
from groundwork.language.words import normalised_words
from groundwork.message_wording import counted, list_names, name_order
from groundwork.questions.curation.curation_cases import CurationCase, first_failed_check, shared_check_column
from groundwork.questions.curation.curation_rounds import CurationRounds
from groundwork.questions.duplicates.duplicate_rule import asked_question
from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
from groundwork.records import Pair, Record, Rejected

REPEATS = "repeats: "  # before the earlier question, in what the check for repeats says
DOCUMENTS_NAMED = 5


class CheckedPair(Record, frozen=True):
    """A pair, and what the checks made of it: itself where one failed to run, with the error and its `status`.

    One that failed a check, and could not be written anew, has that check's column and the error.
    """

    pair: Pair
    checked: Pair
    status: str = ""
    error: str = ""

    @staticmethod
    def of(pair: Pair, checked: Pair, error: UnitError | None = None) -> CheckedPair:
        return CheckedPair(
            pair=pair, checked=checked, **({"status": error.status, "error": str(error)} if error else {})
        )


def decide_checked_pair(checked_pair: CheckedPair, review: StandingReview) -> Pair | Rejected:
    """The pair as it is kept, or why it is not; a person's decision goes before the checks."""
    pair = checked_pair.checked
    if (decision_on_checked := review.decision_about(pair)) and decision_on_checked.verdict == "reject":
        return reject_by_person(pair, decision_on_checked)
    if decision_on_checked:
        return accept_pair(msgspec.structs.replace(checked_pair.pair, checks=pair.checks), decision_on_checked)
    if failed_check := first_failed_check(pair):
        return reject_checked_pair(pair, failed_check)
    return pair


def sort_checked_pairs(
    checked_pairs: Iterable[CheckedPair],
    review: StandingReview,
    kept_checked_pairs: DiskBackedList[Pair],
    rejected_checked_pairs: DiskBackedList[Rejected],
) -> list[tuple[str, str, str, str]]:
    """Put each pair into one of the two lists; returns (id, status, error, document) where a call failed."""
    failed_pair_calls = []
    for checked_pair in checked_pairs:
        decided_pair = decide_checked_pair(checked_pair, review)
        if isinstance(decided_pair, Pair):
            kept_checked_pairs.append(decided_pair)
        else:
            rejected_checked_pairs.append(decided_pair)
        if checked_pair.status and review.decision_about(checked_pair.checked) is None:
            pair = checked_pair.pair
            failed_pair_calls.append((pair.id, checked_pair.status, checked_pair.error, pair.document))
    return failed_pair_calls


def write_curated_pairs(
    curated_folder: Path,
    checked_documents: Sequence[str],
    kept_checked_pairs: Sequence[Pair],
    rejected_checked_pairs: Sequence[Rejected],
) -> None:
    """<document>.jsonl of those that stay, and rejected/<document>.jsonl of the others, in `curated_folder`."""
    kept_indexes = _pair_indexes_by_document(kept_checked_pairs)
    rejected_indexes = _pair_indexes_by_document(rejected_checked_pairs)
    for document in checked_documents:
        kept_of_document = (kept_checked_pairs[index] for index in kept_indexes[document])
        rejected_of_document = (rejected_checked_pairs[index] for index in rejected_indexes[document])
        write_jsonl(file_path(curated_folder, f"{document}.jsonl"), kept_of_document)
        write_jsonl(file_path(curated_folder / "rejected", f"{document}.jsonl"), rejected_of_document)


def _pair_indexes_by_document(sorted_pairs: Iterable[Pair | Rejected]) -> dict[str, array[int]]:
    """The places of each document's rows, in order."""
    pair_indexes: dict[str, array[int]] = defaultdict(lambda: array("q"))
    for pair_index, sorted_pair in enumerate(sorted_pairs):
        pair_indexes[sorted_pair.document].append(pair_index)
    return pair_indexes


def restore_accepted_pairs(
    run_folder: Path, documents: Sequence[str], review: StandingReview, present: set[str]
) -> list[Pair]:
    """What generation turned down and a person accepted."""
    if not review.verdicts:
        return []
    rejected_before_checks = chain.from_iterable(generation_rejects(run_folder, document) for document in documents)
    return review.restored_pairs(rejected_before_checks, present.__contains__)


def reject_checked_pair(pair: Pair, reason: str) -> Rejected:
    """The record of a pair that checks turned down, with what they said."""
    failed_check_remarks = [column["why"] for column in pair.checks.values() if not column["passed"] and column["why"]]
    return Rejected.of(pair, reason, "; ".join(dict.fromkeys(failed_check_remarks)))


def split_same_worded_pairs(pairs: Sequence[Pair], review: StandingReview) -> tuple[list[Pair], list[Pair]]:
    """(the pairs whose words no other pair of their document has, in order; those that repeat one)."""
    first_pair_by_words: dict[tuple[str, str], Pair] = {}
    duplicated_by_index: dict[int, str] = {}
    for index in _pair_review_order(pairs, review):
        pair = pairs[index]
        first_checked_pair = first_pair_by_words.setdefault((pair.document, normalised_words(pair.question)), pair)
        if first_checked_pair is not pair:
            duplicated_by_index[index] = first_checked_pair.question
    checked_pairs = [_add_duplicates_column(pair, duplicated_by_index.get(k, "")) for k, pair in enumerate(pairs)]
    first_worded_pairs = [pair for index, pair in enumerate(checked_pairs) if index not in duplicated_by_index]
    return first_worded_pairs, [pair for index, pair in enumerate(checked_pairs) if index in duplicated_by_index]


def split_settled_pairs(pairs: Sequence[Pair], settled_by: Collection[str]) -> tuple[list[Pair], list[Pair]]:
    """(the pairs that lack a column of `settled_by`, in order; those that hold them all: their run was curated)."""
    is_pair_settled = [bool(settled_by) and pair.checks.keys() >= set(settled_by) for pair in pairs]
    return list(compress(pairs, map(not_, is_pair_settled))), list(compress(pairs, is_pair_settled))


async def duplicated_pair_questions(
    checked_pairs: Sequence[CheckedPair], review: StandingReview, earlier_questions: EarlierQuestions
) -> dict[int, str]:
    """By its place, of each pair that would stay and asks what an earlier one asks that stays: the earlier question."""
    indexes_by_turn: dict[int, array[int]] = {0: array("q"), 1: array("q"), 2: array("q")}
    for pair_index, checked_pair in enumerate(checked_pairs):
        if _would_pair_stay(checked_pair, review):
            indexes_by_turn[_pair_review_turn(checked_pair.checked, review)].append(pair_index)
    pair_review_order = indexes_by_turn[0] + indexes_by_turn[1] + indexes_by_turn[2]
    duplicated_by_checked = await earlier_questions.find_duplicates(
        LazySequence(pair_review_order, lambda pair_index: asked_question(checked_pairs[pair_index].checked))
    )
    return {
        pair_index: earlier_checked_question
        for pair_index, earlier_checked_question in zip(pair_review_order, duplicated_by_checked, strict=True)
        if earlier_checked_question
    }


def mark_duplicate_pair(
    checked_pair: CheckedPair, pair_index: int, duplicated_questions: Mapping[int, str]
) -> CheckedPair:
    """The pair with what `duplicated_pair_questions` found of it."""
    if earlier_checked_question := duplicated_questions.get(pair_index):
        return CheckedPair.of(checked_pair.pair, _add_duplicates_column(checked_pair.checked, earlier_checked_question))
    return checked_pair


def _would_pair_stay(checked_pair: CheckedPair, review: StandingReview) -> bool:
    """Would the pair be kept: by its checks, by a person, or unchecked?"""
    decision_on_checked = review.decision_about(checked_pair.pair)
    if decision_on_checked is not None:
        return decision_on_checked.accepts
    return not first_failed_check(checked_pair.checked)


def _pair_review_order(pairs: Sequence[Pair], review: StandingReview) -> list[int]:
    """The places of what people accepted first and of what they rejected last: no pair repeats one that goes."""
    return sorted(range(len(pairs)), key=lambda pair_index: _pair_review_turn(pairs[pair_index], review))


def _pair_review_turn(pair: Pair, review: StandingReview) -> int:
    decision_on_checked = review.decision_about(pair)
    return 1 if decision_on_checked is None else 0 if decision_on_checked.accepts else 2


def _add_duplicates_column(pair: Pair, earlier_checked_question: str) -> Pair:
    duplicate_reason = f"{REPEATS}{earlier_checked_question}" if earlier_checked_question else ""
    duplicates_column = shared_check_column(
        float(not earlier_checked_question), not earlier_checked_question, duplicate_reason, "rule"
    )
    return msgspec.structs.replace(pair, checks={**pair.checks, "duplicates": duplicates_column})


@dataclass(frozen=True)
class PairsUnderCheck:
    """The pairs of a run while they are checked: all questions as they stand, the pairs that are to be checked, and
    those that were, with what came of it."""

    questions: DiskBackedList[str]
    unchecked: DiskBackedList[Pair]
    checked: DiskBackedList[CheckedPair]


class CheckedPairBatch(NamedTuple):
    """Documents whose pairs are checked together, and where among the pairs theirs are."""

    documents: list[str]
    start: int
    pairs: int


def read_pairs_by_document(
    run_folder: Path,
    documents: Sequence[str],
    review: StandingReview,
    pairs_under_check: PairsUnderCheck,
    *,
    batch_size: int,
    max_pairs: int | None,
    looks_for_repeats: bool,
    settled_by: Collection[str] = (),
) -> list[CheckedPairBatch]:
    """Read the pairs of `documents` from the run's folder: `batch_size` of them together, and `max_pairs` of all.

    Those that repeat the words of another one of their document count as checked, and those that hold all columns of
    `settled_by`, where there are any.
    """
    questions_to_check, unchecked_pairs = pairs_under_check.questions, pairs_under_check.unchecked
    pair_batches: list[CheckedPairBatch] = []
    for document in documents:
        pairs_of_document = read_pairs_of_documents(run_folder, [document])[
            : None if max_pairs is None else max_pairs - len(questions_to_check)
        ]
        questions_to_check.extend(pair.question for pair in pairs_of_document)
        pairs_to_check, duplicate_pairs = (
            split_same_worded_pairs(pairs_of_document, review) if looks_for_repeats else (pairs_of_document, [])
        )
        pairs_to_check, settled_pairs = split_settled_pairs(pairs_to_check, settled_by)
        pairs_under_check.checked.extend(CheckedPair.of(pair, pair) for pair in duplicate_pairs + settled_pairs)
        unchecked_pairs.extend(pairs_to_check)
        if not pair_batches or pair_batches[-1].pairs + len(pairs_to_check) > batch_size:
            pair_batches.append(CheckedPairBatch([], len(unchecked_pairs) - len(pairs_to_check), 0))
        pair_batches[-1].documents.append(document)
        pair_batches[-1] = pair_batches[-1]._replace(pairs=pair_batches[-1].pairs + len(pairs_to_check))
    return pair_batches


async def check_pair_batches(
    pair_batches: Sequence[CheckedPairBatch],
    pairs_under_check: PairsUnderCheck,
    prepare_cases: Callable[[Sequence[Pair], Sequence[str]], tuple[CurationRounds, list[CurationCase]]],
    on_progress: Callable[[int], None],
) -> None:
    """Check the pairs, and add them to those that were, with what their checks made of them.

    `prepare_cases`: pairs and the documents that they are of -> the checks, and the pairs as they go into them.
    """
    for pair_batch in pair_batches:
        unchecked_pairs = pairs_under_check.unchecked[pair_batch.start : pair_batch.start + pair_batch.pairs]
        curation_rounds, cases_to_check = prepare_cases(unchecked_pairs, pair_batch.documents)
        checked_results = (await curation_rounds.run(cases_to_check, on_progress)).values()
        pairs_under_check.checked.extend(map(_checked_pair, unchecked_pairs, checked_results))


def _checked_pair(pair: Pair, checked_result: CurationCase | UnitError) -> CheckedPair:
    if isinstance(checked_result, UnitError):
        return CheckedPair.of(pair, pair, checked_result)
    return CheckedPair.of(pair, checked_result.pair, checked_result.error)


def read_pairs_of_documents(run_folder: Path, documents: Sequence[str]) -> list[Pair]:
    """All pairs of `documents`, as the run's folder holds them."""
    return [pair for document in documents for pair in read_jsonl(file_path(run_folder, f"{document}.jsonl"), Pair)]


@dataclass(frozen=True)
class DocumentsLeft:
    """What earlier curations kept and rejected of `documents`; one that was never curated has neither."""

    documents: Sequence[str]
    kept_pairs: DiskBackedList[Pair]
    rejected_pairs: DiskBackedList[Rejected]
    lost_repeats: Counter[str] = field(default_factory=Counter)  # by document, as `find_lost_repeats` found them

    def read(self, data: Workspace, run: str) -> None:
        """Fill the lists from the run's files. Raises BadRecord."""
        curated_folder = "qa", run, "curated"
        for curated_path in _checked_pair_files(data, curated_folder, self.documents):
            self.kept_pairs.extend(read_jsonl(curated_path, Pair))
        for curated_path in _checked_pair_files(data, (*curated_folder, "rejected"), self.documents):
            self.rejected_pairs.extend(read_jsonl(curated_path, Rejected))

    async def add_to(self, search: EarlierQuestions) -> None:
        """Have `search` know what the kept pairs ask, which are read from their file each time."""
        indexes = range(len(self.kept_pairs))
        await search.find_duplicates(LazySequence(indexes, lambda index: asked_question(self.kept_pairs[index])))

    async def find_lost_repeats(self, search: EarlierQuestions, checked_columns: Set[str]) -> None:
        """Count the pairs that were rejected as repeats alone and repeat no question any more that `search` knows.

        `checked_columns`: those that a pair has which went through all other checks.
        """
        repeat_indexes = [
            i
            for i, rejected_repeat in enumerate(self.rejected_pairs)
            if _is_repeat_alone(rejected_repeat, checked_columns)
        ]
        repeats = LazySequence(repeat_indexes, lambda index: asked_question(rejected_pair(self.rejected_pairs[index])))
        kept_wordings = {wording for pair in self.kept_pairs for wording in (pair.question, pair.original_question)}
        for index, earlier_question in zip(repeat_indexes, await search.find_duplicates(repeats), strict=True):
            lost_repeat = self.rejected_pairs[index]
            if not earlier_question and lost_repeat.detail.removeprefix(REPEATS) not in kept_wordings:
                self.lost_repeats[lost_repeat.document] += 1

    @property
    def warnings(self) -> list[str]:
        """What was found to be lost, and how it comes back."""
        if not self.lost_repeats:
            return []
        documents = list_names(sorted(self.lost_repeats, key=name_order), DOCUMENTS_NAMED)
        one_lost_repeat = f"pair of {documents} stands rejected as a repeat of a question that is gone"
        lost_repeats = f"pairs of {documents} stand rejected as repeats of questions that are gone"
        lost_pairs = counted(self.lost_repeats.total(), one_lost_repeat, lost_repeats)
        return [as_typed(f"{lost_pairs}; to look at them again: uv run dataprep/curate.py")]

    def obey(self, review: StandingReview, run_folder: Path) -> bool:
        """Do all pairs stand as the review has them? It has met them afterwards."""
        unlike_decided = sum(not _is_kept_as_decided(pair, review) for pair in self.kept_pairs)
        unlike_decided += sum(not _is_rejected_as_decided(rejection, review) for rejection in self.rejected_pairs)
        kept_ids = {pair.id for pair in self.kept_pairs} if review.verdicts else set[str]()
        return not unlike_decided and not restore_accepted_pairs(run_folder, self.documents, review, kept_ids)


def generated_pairs(data: Workspace, run: str, documents: Sequence[str]) -> Iterator[Pair]:
    """The pairs of `documents` as they were before curation."""
    for path in _checked_pair_files(data, ("qa", run), documents):
        yield from read_jsonl(path, Pair)


def _checked_pair_files(data: Workspace, folder: tuple[str, ...], documents: Sequence[str]) -> Sequence[Path]:
    paths = data.existing_paths([(*folder, f"{document}.jsonl") for document in documents])
    data.fetch(paths)
    return paths


def _is_repeat_alone(rejection: Rejected, checked_columns: Set[str]) -> bool:
    """Did the pair pass all other checks? In the words of another one of its document it went through none."""
    pair = rejected_pair(rejection)
    return pair.checks.keys() >= checked_columns and rejection.reason == "duplicates" == first_failed_check(pair)


def _is_kept_as_decided(checked_pair: Pair, review: StandingReview) -> bool:
    decision = review.decision_about(checked_pair)
    if decision is None:
        return BY_PERSON not in checked_pair.checks
    return decision.accepts and accept_pair(checked_pair, decision) == checked_pair


def _is_rejected_as_decided(rejection: Rejected, review: StandingReview) -> bool:
    checked_pair = rejected_pair(rejection)
    decision = review.decision_about(checked_pair)
    if decision is None:
        return rejection.reason != BY_PERSON
    return decision.verdict == "reject" and rejection.detail == reject_by_person(checked_pair, decision).detail
