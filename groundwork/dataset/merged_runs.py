"""The union of several runs: which copy of a question stays, and why."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from groundwork.data_folder.disk_backed_lists import DiskBackedList, LazySequence
from groundwork.data_folder.file_names import slug
from groundwork.data_folder.read_write import write_jsonl
from groundwork.data_folder.runs.review_decisions import BY_PERSON
from groundwork.data_folder.runs.run_files import run_pair_files
from groundwork.data_folder.spread_folders import file_path, mark_spread_folders
from groundwork.dataset.load_dataset import MIRROR_SPLITS, QuestionRow
from groundwork.dataset.question_vectors import EmbeddedDataset
from groundwork.embedding.vector_types import Vectors
from groundwork.questions.duplicates.duplicate_search import SameQuestions, wording_hash
from groundwork.questions.duplicates.likeness_calibration import Likeness
from groundwork.questions.duplicates.question_comparison import asked_question
from groundwork.records import Difficulty, Pair, Rejected
from groundwork.settings.config_schema import Check

Places = npt.NDArray[np.int64]  # among the candidates


@dataclass(frozen=True, slots=True)
class MergeCandidate:
    """A question on its way into the union, and the run that it comes from; `order`: the place of that run."""

    pair: Pair
    run: str
    order: int


CandidateStore = DiskBackedList[MergeCandidate] | list[MergeCandidate]


class DroppedCopy(NamedTuple):
    """A copy, the one kept for it (by their places among the candidates), and the cosine of the two."""

    copy: int
    keeper: int
    cosine: float


@dataclass(frozen=True)
class MergedRuns:
    """The places of the candidates that were kept, and each copy that was not."""

    candidates: Sequence[MergeCandidate]
    kept: Sequence[int]
    dropped: Sequence[DroppedCopy]


class JoinedRuns:
    """All questions of all runs with their vectors, without the rows that mirror splits repeat.

    `candidates` is where the questions go: a list, or a file where there may be a million.
    """

    def __init__(self, merging: CandidateStore) -> None:
        self.candidates = merging
        self.sizes: dict[str, int] = {}  # rows of each dataset
        self.warnings: list[str] = []
        self._vectors: list[Vectors] = []
        self._used_ids: set[str] = set()

    def add(self, embedded: EmbeddedDataset) -> None:
        merged_name, merge_order = embedded.dataset.name, len(self.sizes)
        self.sizes[merged_name] = len(embedded.dataset.rows)
        self.warnings += embedded.dataset.warnings
        for row_to_merge in embedded.dataset.rows:
            if row_to_merge.split not in MIRROR_SPLITS:
                merge_id = self._free_id(row_to_merge.id, slug(merged_name))
                self._used_ids.add(merge_id)
                merge_pair = _merge_pair(row_to_merge, merge_id, merged_name)
                self.candidates.append(MergeCandidate(merge_pair, merged_name, merge_order))
        is_unmirrored = np.array([row.split not in MIRROR_SPLITS for row in embedded.dataset.rows], dtype=bool)
        self._vectors.append(embedded.vectors if is_unmirrored.all() else embedded.vectors[is_unmirrored])

    def _free_id(self, merge_id: str, run_prefix: str) -> str:
        """The id, with its run's name before it where another row has it, and a number where splits share ids."""
        numbered_ids = (f"{run_prefix}-{merge_id}-{number}" for number in itertools.count(2))
        free_ids = itertools.chain([merge_id, f"{run_prefix}-{merge_id}"], numbered_ids)
        return next(free_id for free_id in free_ids if free_id not in self._used_ids)

    def vectors(self) -> Vectors:
        """(n, d), once: they are handed over."""
        merge_vectors = np.zeros(
            (len(self.candidates), max((merged_vectors.shape[1] for merged_vectors in self._vectors), default=1) or 1),
            "f4",
        )
        merge_start = 0
        while self._vectors:
            merged_vectors = self._vectors.pop(0)
            if len(merged_vectors):
                merge_vectors[merge_start : merge_start + len(merged_vectors)] = merged_vectors
            merge_start += len(merged_vectors)
        self._used_ids.clear()
        return merge_vectors


def merge_candidates(merging: Sequence[MergeCandidate], joined_vectors: Vectors, likeness: Likeness) -> MergedRuns:
    """Keep the best of every group of questions that ask the same: each dropped copy asks what a kept one asks.

    Best: more evidence, then more evaluation criteria, then the longer answer, then the run named first. What asks the
    same is told by questions/duplicates/question_comparison.py, as everywhere.
    """
    merge_count = len(merging)
    merge_ranks = np.array([_merge_rank(row) for row in merging], dtype=np.int64).reshape(merge_count, 4)
    best_first_order = np.lexsort([-merge_ranks[:, column] for column in (3, 2, 1, 0)])  # stable: of equals the first
    wording_of = _merge_wording_numbers(merging)
    # the best row of each wording; its other rows need no cosine
    best_of_wording = np.full(merge_count, -1, dtype=np.int64)
    best_of_wording[wording_of[best_first_order[::-1]]] = best_first_order[::-1]
    leader_of_copy = best_of_wording[wording_of]
    leaders_best_first = best_first_order[leader_of_copy[best_first_order] == best_first_order]
    keeper_of = _keeper_of_leader(merging, joined_vectors, leaders_best_first, likeness)[leader_of_copy]
    dropped_copies = [
        DroppedCopy(copy, int(keeper_of[copy]), float(joined_vectors[copy] @ joined_vectors[keeper_of[copy]]))
        for copy in np.flatnonzero(keeper_of != np.arange(merge_count)).tolist()
    ]
    kept_places = np.flatnonzero(keeper_of == np.arange(merge_count)).tolist()
    return MergedRuns(merging, array("q", kept_places), dropped_copies)


def _keeper_of_leader(
    merging: Sequence[MergeCandidate], joined_vectors: Vectors, leaders_best_first: Places, likeness: Likeness
) -> Places:
    """(n,): of each leader of a wording the best one that asks the same, itself where there is none; -1 of others."""
    merge_leaders, merge_count = np.sort(leaders_best_first), len(merging)
    leader_vectors = joined_vectors if len(merge_leaders) == merge_count else joined_vectors[merge_leaders]
    leader_places = array("q", merge_leaders.tobytes())
    leader_questions = LazySequence(leader_places, lambda place: asked_question(merging[place].pair))
    same_questions = SameQuestions(leader_questions, leader_vectors, likeness)
    keeper_of_leader: Places = np.full(merge_count, -1)
    for merge_leader in leaders_best_first.tolist():
        if keeper_of_leader[merge_leader] < 0:
            other_merge_leaders = merge_leaders[same_questions.of(int(np.searchsorted(merge_leaders, merge_leader)))]
            unkept_merge_leaders = other_merge_leaders[keeper_of_leader[other_merge_leaders] < 0]
            keeper_of_leader[merge_leader] = keeper_of_leader[unkept_merge_leaders] = merge_leader
    return keeper_of_leader


def _merge_wording_numbers(merging: Iterable[MergeCandidate]) -> Places:
    """A number for the wording of each question, the same for the same."""
    wording_numbers: dict[bytes, int] = {}
    hashes = (wording_hash(merge_candidate.pair.question) for merge_candidate in merging)
    merge_numbers = (wording_numbers.setdefault(wording, len(wording_numbers)) for wording in hashes)
    return np.array(array("q", merge_numbers), dtype=np.int64)


def write_merged_run(run_folder: Path, merged: MergedRuns) -> list[Path]:
    """Write the run's files, one a document, and those of the copies left out, and return both.

    Files of an earlier merge go.
    """
    merging, rejected_folder = merged.candidates, run_folder / "rejected"
    merged_document_of = [intern(candidate.pair.document) for candidate in merging]
    kept_in_merge: dict[str, array[int]] = {}
    dropped_in_merge: dict[str, array[int]] = {}
    for kept_place in merged.kept:
        kept_in_merge.setdefault(merged_document_of[kept_place], array("q")).append(kept_place)
    for dropped_place, dropped_copy in enumerate(merged.dropped):
        dropped_in_merge.setdefault(merged_document_of[dropped_copy.copy], array("q")).append(dropped_place)
    return [
        *_write_merged_files(run_folder, kept_in_merge, lambda kept_place: merging[kept_place].pair),
        *_write_merged_files(rejected_folder, dropped_in_merge, lambda i: _rejected_copy(merging, merged.dropped[i])),
    ]


def _write_merged_files(
    merge_folder: Path, places_by_document: Mapping[str, array[int]], merged_record: Callable[[int], Pair | Rejected]
) -> list[Path]:
    """Write a file a document into `merge_folder`, a record a place, and remove those of an earlier merge."""
    mark_spread_folders(merge_folder / f"{document}.jsonl" for document in places_by_document)
    for earlier_file in run_pair_files(merge_folder):
        if earlier_file.stem not in places_by_document:
            earlier_file.unlink()
    merged_files = []
    for document, merged_places in sorted(places_by_document.items()):
        merged_files.append(file_path(merge_folder, f"{document}.jsonl"))
        write_jsonl(merged_files[-1], map(merged_record, merged_places))
    return merged_files


def _merge_rank(merge_candidate: MergeCandidate) -> tuple[int, int, int, int]:
    pair = merge_candidate.pair
    return len(pair.evidence), len(pair.evaluation_criteria), len(pair.answer), -merge_candidate.order


def _keep_reason(keeper: MergeCandidate, copy: MergeCandidate) -> str:
    keep_reasons = ("more evidence", "more evaluation criteria", "the longer answer", "its run is named first")
    for keep_reason, keeper_rank, copy_rank in zip(keep_reasons, _merge_rank(keeper), _merge_rank(copy), strict=True):
        if keeper_rank != copy_rank:
            return keep_reason
    return "the first of equals"


def _rejected_copy(merging: Sequence[MergeCandidate], dropped: DroppedCopy) -> Rejected:
    copy_candidate, kept_candidate = merging[dropped.copy], merging[dropped.keeper]
    copied_pair, keep_reason = copy_candidate.pair, _keep_reason(kept_candidate, copy_candidate)
    keeper_name = f"{kept_candidate.pair.id} of {kept_candidate.run} (cosine {dropped.cosine:.3f})"
    duplicate_detail = f"of {keeper_name}, kept for {keep_reason}: {kept_candidate.pair.question}"
    return Rejected.of(copied_pair, "duplicate", duplicate_detail, run=copy_candidate.run)


def _merge_pair(row_to_merge: QuestionRow, merge_id: str, run: str) -> Pair:
    """The row as a record of a run; what another dataset lacks stays empty, its document is its name."""
    return Pair(
        id=merge_id,
        document=intern(slug(row_to_merge.document or run)),
        chunk=row_to_merge.chunk,
        iteration=row_to_merge.iteration,
        question=row_to_merge.question,
        evaluation_criteria=row_to_merge.evaluation_criteria,
        answer=row_to_merge.answer,
        difficulty=row_to_merge.difficulty if row_to_merge.difficulty in get_args(Difficulty) else "medium",  # type: ignore[arg-type]
        category=row_to_merge.category,
        evidence=row_to_merge.evidence,
        model=row_to_merge.model or run,
        pages=row_to_merge.pages,
        headings=row_to_merge.headings,
        original_question=row_to_merge.original_question,
        checks=_merged_checks(row_to_merge.checks or {}),
        also=row_to_merge.also,
    )


def _merged_checks(checks: dict[str, Any]) -> dict[str, Any]:
    """The columns of the run's curation; what a person accepted there has passed every check."""
    decision = checks.get(BY_PERSON)
    return dict.fromkeys(get_args(Check), decision) if decision else checks
