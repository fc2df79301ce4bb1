"""The pairs of a run on their way through curation: read by document, repeats apart, and checked so many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from groundwork.data_folder.disk_backed_lists import DiskBackedList
from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.obeyed_decisions import Review
from groundwork.data_folder.spread_folders import file_path
from groundwork.errors import UnitError
from groundwork.questions.curation.curation_rounds import Curation
from groundwork.questions.curation.duplicate_removal import split_same_words
from groundwork.questions.curation.kept_and_rejected import CheckedPair
from groundwork.questions.curation.rule_checks import CurationCase
from groundwork.records.pair_record import Pair


class DocumentPairs(NamedTuple):
    """Documents whose pairs are checked together, and where among the pairs theirs are."""

    documents: list[str]
    start: int
    pairs: int


def read_by_document(
    folder: Path,
    documents: Sequence[str],
    review: Review,
    *,
    batch_size: int,
    max_pairs: int | None,
    looks_for_repeats: bool,
    questions: DiskBackedList[str],
    unique_pairs: DiskBackedList[Pair],
    checked_pairs: DiskBackedList[CheckedPair],
) -> list[DocumentPairs]:
    """Read the pairs of `documents` from the run's folder: `batch_size` of them together, and `max_pairs` of all.

    Adds all questions as they stand to `questions`, the pairs that are to be checked to `unique_pairs`, and to
    `checked_pairs` those that repeat the words of another one of their document.
    """
    batches: list[DocumentPairs] = []
    for document in documents:
        pairs = pairs_of(folder, [document])[: None if max_pairs is None else max_pairs - len(questions)]
        questions.extend(pair.question for pair in pairs)
        document_pairs, repeated_pairs = split_same_words(pairs, review) if looks_for_repeats else (pairs, [])
        checked_pairs.extend(CheckedPair.of(pair, pair) for pair in repeated_pairs)
        unique_pairs.extend(document_pairs)
        if not batches or batches[-1].pairs + len(document_pairs) > batch_size:
            batches.append(DocumentPairs([], len(unique_pairs) - len(document_pairs), 0))
        batches[-1].documents.append(document)
        batches[-1] = batches[-1]._replace(pairs=batches[-1].pairs + len(document_pairs))
    return batches


async def check_batches(
    batches: Sequence[DocumentPairs],
    unique_pairs: Sequence[Pair],
    checked_pairs: DiskBackedList[CheckedPair],
    prepare: Callable[[Sequence[Pair], Sequence[str]], tuple[Curation, list[CurationCase]]],
    on_progress: Callable[[int], None],
) -> None:
    """Add the pairs to `checked_pairs`, with what their checks made of them.

    `prepare`: pairs and the documents that they are of -> the checks, and the pairs as they go into them.
    """
    for batch in batches:
        pairs = unique_pairs[batch.start : batch.start + batch.pairs]
        curation, cases = prepare(pairs, batch.documents)
        results = (await curation.run(cases, on_progress)).values()
        checked_pairs.extend(
            CheckedPair.of(pair, result if isinstance(result, UnitError) else result.pair)
            for pair, result in zip(pairs, results, strict=True)
        )


def pairs_of(folder: Path, documents: Sequence[str]) -> list[Pair]:
    """All pairs of `documents`, as the run's folder holds them."""
    return [pair for document in documents for pair in read_jsonl(file_path(folder, f"{document}.jsonl"), Pair)]
