"""What becomes of a curated pair: kept, or turned down by the first check it failed; a person's decision goes first."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from groundwork.data_folder.disk_backed_lists import DiskBackedList
from groundwork.data_folder.read_write import write_jsonl
from groundwork.data_folder.runs import obeyed_decisions
from groundwork.data_folder.runs.obeyed_decisions import Review
from groundwork.data_folder.runs.run_pairs import generation_rejects
from groundwork.data_folder.spread_folders import file_path
from groundwork.errors import UnitError
from groundwork.records.pair_record import Pair, Rejected
from groundwork.records.record_base import Record


class CheckedPair(Record, frozen=True):
    """A pair, and what the checks made of it: itself where one failed to run, with the error and its `status`."""

    pair: Pair
    checked: Pair
    status: str = ""
    error: str = ""

    @staticmethod
    def of(pair: Pair, result: Pair | UnitError) -> CheckedPair:
        if isinstance(result, UnitError):
            return CheckedPair(pair=pair, checked=pair, status=result.status, error=str(result))
        return CheckedPair(pair=pair, checked=result)


def apply_review(checked_pair: CheckedPair, review: Review) -> Pair | Rejected:
    """The pair as it is kept, or why it is not; a person's decision goes before the checks."""
    pair = checked_pair.checked
    if (decision := review.decision_about(pair)) and decision.verdict == "reject":
        return obeyed_decisions.reject_pair(pair, decision)
    if decision:
        return obeyed_decisions.accept_pair(msgspec.structs.replace(checked_pair.pair, checks=pair.checks), decision)
    if not checked_pair.status and (reason := first_failed_check(pair)):
        return reject_pair(pair, reason)
    return pair


def sort_pairs(
    checked_pairs: Iterable[CheckedPair],
    review: Review,
    kept_pairs: DiskBackedList[Pair],
    rejected_pairs: DiskBackedList[Rejected],
) -> list[tuple[str, str, str]]:
    """Put each pair into `kept_pairs` or `rejected_pairs`; (id, status, error) of those kept unchecked."""
    failures = []
    for checked_pair in checked_pairs:
        outcome = apply_review(checked_pair, review)
        if not isinstance(outcome, Pair):
            rejected_pairs.append(outcome)
            continue
        kept_pairs.append(outcome)
        if checked_pair.status and review.decision_about(checked_pair.checked) is None:
            failures.append((checked_pair.pair.id, checked_pair.status, checked_pair.error))
    return failures


def write_curated(
    folder: Path, documents: Sequence[str], kept_pairs: Sequence[Pair], rejected_pairs: Sequence[Rejected]
) -> None:
    """<document>.jsonl of those that stay, and rejected/<document>.jsonl of the others, in `folder`."""
    kept_indexes, rejected_indexes = _indexes_by_document(kept_pairs), _indexes_by_document(rejected_pairs)
    for document in documents:
        write_jsonl(file_path(folder, f"{document}.jsonl"), (kept_pairs[index] for index in kept_indexes[document]))
        write_jsonl(
            file_path(folder / "rejected", f"{document}.jsonl"),
            (rejected_pairs[index] for index in rejected_indexes[document]),
        )


def _indexes_by_document(rows: Iterable[Pair | Rejected]) -> dict[str, array[int]]:
    """The places of each document's rows, in order."""
    indexes: dict[str, array[int]] = defaultdict(lambda: array("q"))
    for index, row in enumerate(rows):
        indexes[row.document].append(index)
    return indexes


def restore_accepted(folder: Path, documents: Sequence[str], review: Review, present: set[str]) -> list[Pair]:
    """What generation turned down and a person accepted."""
    if not review.verdicts:
        return []
    rejections = [rejection for document in documents for rejection in generation_rejects(folder, document)]
    return review.restored_pairs(rejections, present.__contains__)


def first_failed_check(pair: Pair) -> str:
    """The first check that the pair did not pass, or ""."""
    return next((check for check, column in pair.checks.items() if not column["passed"]), "")


def reject_pair(pair: Pair, reason: str) -> Rejected:
    fault_texts = [column["why"] for column in pair.checks.values() if not column["passed"] and column["why"]]
    return Rejected(
        document=pair.document,
        chunk=pair.chunk,
        iteration=pair.iteration,
        reason=reason,
        detail="; ".join(dict.fromkeys(fault_texts)),
        pair=msgspec.to_builtins(pair),
    )
