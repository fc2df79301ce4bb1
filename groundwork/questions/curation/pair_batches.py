"""Batches of pairs: read from a run by document, those left out that need no check, and checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import not_
from pathlib import Path
from typing import NamedTuple

from groundwork.data_folder.disk_backed_lists import DiskBackedList
from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.review_decisions import StandingReview
from groundwork.data_folder.spread_folders import file_path
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import UnitError
from groundwork.questions.curation.checked_pairs import CheckedPair
from groundwork.questions.curation.curation_rounds import CurationRounds
from groundwork.questions.curation.pair_judge import CurationCase
from groundwork.questions.curation.repeated_pairs import split_same_worded_pairs
from groundwork.records import Pair


def split_settled_pairs(pairs: Sequence[Pair], settled_by: Collection[str]) -> tuple[list[Pair], list[Pair]]:
    """(the pairs that lack a column of `settled_by`, in order; those that hold them all: their run was curated)."""
    is_pair_settled = [bool(settled_by) and pair.checks.keys() >= set(settled_by) for pair in pairs]
    return list(compress(pairs, map(not_, is_pair_settled))), list(compress(pairs, is_pair_settled))


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
        pairs_to_check, repeated_pairs = (
            split_same_worded_pairs(pairs_of_document, review) if looks_for_repeats else (pairs_of_document, [])
        )
        pairs_to_check, settled_pairs = split_settled_pairs(pairs_to_check, settled_by)
        pairs_under_check.checked.extend(CheckedPair.of(pair, pair) for pair in repeated_pairs + settled_pairs)
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
        batch_results = (await curation_rounds.run(cases_to_check, on_progress)).values()
        pairs_under_check.checked.extend(map(_checked_pair, unchecked_pairs, batch_results))


def _checked_pair(pair: Pair, batch_result: CurationCase | UnitError) -> CheckedPair:
    if isinstance(batch_result, UnitError):
        return CheckedPair.of(pair, pair, batch_result)
    return CheckedPair.of(pair, batch_result.pair, batch_result.error)


def read_pairs_of_documents(run_folder: Path, documents: Sequence[str]) -> list[Pair]:
    """All pairs of `documents`, as the run's folder holds them."""
    return [pair for document in documents for pair in read_jsonl(file_path(run_folder, f"{document}.jsonl"), Pair)]


def generated_pairs(data: Workspace, run: str, documents: Sequence[str]) -> Iterator[Pair]:
    """The pairs of `documents` as they were before curation."""
    for pair_path in existing_pair_files(data, ("qa", run), documents):
        yield from read_jsonl(pair_path, Pair)


def existing_pair_files(data: Workspace, folder: tuple[str, ...], documents: Sequence[str]) -> Sequence[Path]:
    pair_paths = data.existing_paths([(*folder, f"{document}.jsonl") for document in documents])
    data.fetch(pair_paths)
    return pair_paths
