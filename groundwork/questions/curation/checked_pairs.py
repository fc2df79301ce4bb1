"""Checked pairs: the columns that checks give a pair, and whether it is kept or turned down by them.

A check's column is {"score": 0..1, "passed": true or false, "why": "...", "checker": "rule" or "model"}. `rule` means
that no model was asked about it: some checks fail by a rule. A pair is turned down by the first check that it failed;
a person's decision goes first.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from groundwork.data_folder.disk_backed_lists import DiskBackedList
from groundwork.data_folder.read_write import write_jsonl
from groundwork.data_folder.runs.kept_and_rejected_pairs import generation_rejects
from groundwork.data_folder.runs.review_decisions import StandingReview, accept_pair, reject_by_person
from groundwork.data_folder.spread_folders import file_path
from groundwork.errors import UnitError
from groundwork.records import Pair, Record, Rejected
from groundwork.settings.config_schema import Curate

DEFAULT_PASS_SCORE = 0.5  # where curate.thresholds names none

CheckColumn = dict[str, Any]


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
        failure = {"status": error.status, "error": str(error)} if error else {}
        return CheckedPair(pair=pair, checked=checked, **failure)


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


def accepted_pairs(run_folder: Path, documents: Sequence[str], review: StandingReview, present: set[str]) -> list[Pair]:
    """What generation turned down and a person accepted."""
    if not review.verdicts:
        return []
    rejected_before_checks = chain.from_iterable(generation_rejects(run_folder, document) for document in documents)
    return review.restored_pairs(rejected_before_checks, present.__contains__)


def reject_checked_pair(pair: Pair, reason: str) -> Rejected:
    """The record of a pair that checks turned down, with what they said."""
    failed_check_remarks = [column["why"] for column in pair.checks.values() if not column["passed"] and column["why"]]
    return Rejected.of(pair, reason, "; ".join(dict.fromkeys(failed_check_remarks)))


def build_check_column(settings: Curate, check: str, score: float, why: str, checker: str = "model") -> CheckColumn:
    is_check_passed = score >= settings.thresholds.get(check, DEFAULT_PASS_SCORE)
    return shared_check_column(round(score, 3), is_check_passed, why.strip(), checker)


def shared_check_column(score: float, passed: bool, why: str, checker: str) -> CheckColumn:
    """Not to be changed: those without a remark are one and the same, which takes a kB less a pair."""
    column_without_remark = _check_column_without_remark(score, passed, checker)
    return {**column_without_remark, "why": why} if why else column_without_remark


@lru_cache(maxsize=256)
def _check_column_without_remark(score: float, passed: bool, checker: str) -> CheckColumn:
    return {"score": score, "passed": passed, "why": "", "checker": checker}


def failed_checks(pair: Pair) -> set[str]:
    """The checks that the pair did not pass."""
    return {check for check, column_value in pair.checks.items() if not column_value["passed"]}


def add_check_columns(pair: Pair, check_columns: Mapping[str, CheckColumn]) -> Pair:
    """The pair with further columns; what a column replaced is kept in it under `before`."""
    columns_of_pair = dict(pair.checks)
    for check, new_check_column in check_columns.items():
        old_check_column = columns_of_pair.get(check)
        columns_of_pair[check] = (
            {**new_check_column, "before": old_check_column["before"]}
            if old_check_column and "before" in old_check_column
            else new_check_column
        )
    return msgspec.structs.replace(pair, checks=columns_of_pair)


def first_failed_check(pair: Pair) -> str:
    """The first check that the pair did not pass, or ""."""
    return next((check for check, column in pair.checks.items() if not column["passed"]), "")
