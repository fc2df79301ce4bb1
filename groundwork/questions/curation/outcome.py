"""What becomes of a curated pair: kept, or turned down by the first check it failed; a person's decision goes first."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from groundwork.errors import UnitError
from groundwork.records import run_pairs
from groundwork.records.artifacts import write_jsonl
from groundwork.records.disk_backed_lists import DiskBackedList
from groundwork.records.pair_record import Pair, Rejected
from groundwork.records.record_base import Record
from groundwork.records.run_pairs import Review, generation_rejects
from groundwork.records.spread_folders import file_path


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


def sorted_out(one: CheckedPair, review: Review) -> Pair | Rejected:
    """The pair as it is kept, or why it is not; a person's decision goes before the checks."""
    checked = one.checked
    if (decision := review.decision_about(checked)) and decision.verdict == "reject":
        return run_pairs.reject_pair(checked, decision)
    if decision:
        return run_pairs.accept_pair(msgspec.structs.replace(one.pair, checks=checked.checks), decision)
    if not one.status and (reason := first_failed(checked)):
        return turned_down(checked, reason)
    return checked


def sort_out(
    judged: Iterable[CheckedPair], review: Review, kept: DiskBackedList[Pair], rejected: DiskBackedList[Rejected]
) -> list[tuple[str, str, str]]:
    """Put each pair into `kept` or `rejected`; returns (id, status, error) of the kept whose checks failed to run."""
    failures = []
    for checked in judged:
        result = sorted_out(checked, review)
        if not isinstance(result, Pair):
            rejected.append(result)
            continue
        kept.append(result)
        if checked.status and review.decision_about(checked.checked) is None:
            failures.append((checked.pair.id, checked.status, checked.error))
    return failures


def write_curated(folder: Path, documents: Sequence[str], kept: Sequence[Pair], rejected: Sequence[Rejected]) -> None:
    """<document>.jsonl of those that stay, and rejected/<document>.jsonl of the others, in `folder`."""
    stay, go = _by_document(kept), _by_document(rejected)
    for document in documents:
        write_jsonl(file_path(folder, f"{document}.jsonl"), (kept[place] for place in stay[document]))
        write_jsonl(file_path(folder / "rejected", f"{document}.jsonl"), (rejected[place] for place in go[document]))


def _by_document(rows: Iterable[Pair | Rejected]) -> dict[str, array[int]]:
    """The places of each document's rows, in order."""
    places: dict[str, array[int]] = defaultdict(lambda: array("q"))
    for place, row in enumerate(rows):
        places[row.document].append(place)
    return places


def restored(folder: Path, documents: Sequence[str], review: Review, present: set[str]) -> list[Pair]:
    """What generation turned down and a person accepted."""
    if not review.verdicts:
        return []
    found = [one for document in documents for one in generation_rejects(folder, document)]
    return review.restored_pairs(found, present.__contains__)


def first_failed(pair: Pair) -> str:
    """The first check that the pair did not pass, or ""."""
    return next((name for name, column in pair.checks.items() if not column["passed"]), "")


def turned_down(pair: Pair, reason: str) -> Rejected:
    reasons = [column["why"] for column in pair.checks.values() if not column["passed"] and column["why"]]
    return Rejected(
        document=pair.document,
        chunk=pair.chunk,
        iteration=pair.iteration,
        reason=reason,
        detail="; ".join(dict.fromkeys(reasons)),
        pair=msgspec.to_builtins(pair),
    )
