"""The union of several runs: which copy of a question stays, and why."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from groundwork.data_folder.disk_backed_lists import DiskBackedList, LazySequence
from groundwork.data_folder.file_names import slug
from groundwork.data_folder.read_write import write_jsonl
from groundwork.data_folder.runs.decisions import BY_PERSON
from groundwork.data_folder.runs.run_lookup import run_pair_files
from groundwork.data_folder.spread_folders import file_path, mark_spread_folders
from groundwork.dataset.load_dataset import MIRROR_SPLITS, QuestionRow
from groundwork.dataset.question_vectors import EmbeddedDataset
from groundwork.questions.duplicates.duplicate_rule import asked_question
from groundwork.questions.duplicates.duplicate_search import Likeness, SameQuestions, wording_hash
from groundwork.records import Difficulty, Pair, Rejected
from groundwork.settings.config_schema import Check

Vectors = npt.NDArray[np.float32]


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

    def __init__(self, candidates: CandidateStore) -> None:
        self.candidates = candidates
        self.sizes: dict[str, int] = {}  # rows of each dataset
        self.warnings: list[str] = []
        self._vectors: list[Vectors] = []
        self._used_ids: set[str] = set()

    def add(self, embedded: EmbeddedDataset) -> None:
        run_name, order = embedded.dataset.name, len(self.sizes)
        self.sizes[run_name] = len(embedded.dataset.rows)
        self.warnings += embedded.dataset.warnings
        for question_row in embedded.dataset.rows:
            if question_row.split not in MIRROR_SPLITS:
                row_id = self._free_id(question_row.id, slug(run_name))
                self._used_ids.add(row_id)
                self.candidates.append(MergeCandidate(_pair(question_row, row_id, run_name), run_name, order))
        counted_rows = np.array(
            [question_row.split not in MIRROR_SPLITS for question_row in embedded.dataset.rows], dtype=bool
        )
        self._vectors.append(embedded.vectors if counted_rows.all() else embedded.vectors[counted_rows])

    def _free_id(self, row_id: str, prefix: str) -> str:
        """The id, with its run's name before it where another row has it, and a number where splits share ids."""
        numbered_ids = (f"{prefix}-{row_id}-{number}" for number in itertools.count(2))
        choices = itertools.chain([row_id, f"{prefix}-{row_id}"], numbered_ids)
        return next(choice for choice in choices if choice not in self._used_ids)

    def vectors(self) -> Vectors:
        """(n, d), once: they are handed over."""
        all_vectors = np.zeros(
            (len(self.candidates), max((vector_block.shape[1] for vector_block in self._vectors), default=1) or 1), "f4"
        )
        block_start = 0
        while self._vectors:
            vector_block = self._vectors.pop(0)
            if len(vector_block):
                all_vectors[block_start : block_start + len(vector_block)] = vector_block
            block_start += len(vector_block)
        self._used_ids.clear()
        return all_vectors


def merge_candidates(candidates: Sequence[MergeCandidate], vectors: Vectors, likeness: Likeness) -> MergedRuns:
    """Keep the best of every group of questions that ask the same: each dropped copy asks what a kept one asks.

    Best: more evidence, then more evaluation criteria, then the longer answer, then the run named first. What asks the
    same is told by questions/duplicates/duplicate_rule.py, as everywhere.
    """
    candidate_count = len(candidates)
    ranks = np.array([_rank(candidate) for candidate in candidates], dtype=np.int64).reshape(candidate_count, 4)
    order = np.lexsort([-ranks[:, column] for column in (3, 2, 1, 0)])  # stable: of equals the first
    wording_of = _wording_numbers(candidates)
    first_of = np.full(
        candidate_count, -1, dtype=np.int64
    )  # the best row of each wording; its other rows need no cosine
    first_of[wording_of[order[::-1]]] = order[::-1]
    leader_of = first_of[wording_of]
    best_first = order[leader_of[order] == order]
    leaders = np.sort(best_first)
    leader_vectors = vectors if len(leaders) == candidate_count else vectors[leaders]
    questions = LazySequence(
        array("q", leaders.tobytes()), lambda leader_index: asked_question(candidates[leader_index].pair)
    )
    same_questions = SameQuestions(questions, leader_vectors, likeness)
    keeper_of = np.full(candidate_count, -1)  # of each leader, the best first
    for leader in best_first.tolist():
        if keeper_of[leader] < 0:
            other_leaders = leaders[same_questions.of(int(np.searchsorted(leaders, leader)))]
            keeper_of[leader] = keeper_of[other_leaders[keeper_of[other_leaders] < 0]] = leader
    keeper = keeper_of[leader_of]
    copies = np.flatnonzero(keeper != np.arange(candidate_count)).tolist()
    dropped = [
        DroppedCopy(copy_index, int(keeper[copy_index]), float(vectors[copy_index] @ vectors[keeper[copy_index]]))
        for copy_index in copies
    ]
    return MergedRuns(candidates, array("q", np.flatnonzero(keeper == np.arange(candidate_count)).tolist()), dropped)


def _wording_numbers(candidates: Iterable[MergeCandidate]) -> npt.NDArray[np.int64]:
    """A number for the wording of each question, the same for the same."""
    wording_numbers: dict[bytes, int] = {}
    hashes = (wording_hash(candidate.pair.question) for candidate in candidates)
    return np.array(
        array("q", (wording_numbers.setdefault(wording, len(wording_numbers)) for wording in hashes)), dtype=np.int64
    )


def write_merged_run(run_folder: Path, merged: MergedRuns) -> list[Path]:
    """Write the run's files, one a document, and those of the copies left out, and return both.

    Files of an earlier merge go.
    """
    document_of = [intern(candidate.pair.document) for candidate in merged.candidates]
    kept_rows: dict[str, array[int]] = {}
    dropped: dict[str, array[int]] = {}
    for kept_index in merged.kept:
        kept_rows.setdefault(document_of[kept_index], array("q")).append(kept_index)
    for drop_index, dropped_copy in enumerate(merged.dropped):
        dropped.setdefault(document_of[dropped_copy.copy], array("q")).append(drop_index)
    mark_spread_folders(run_folder / f"{document}.jsonl" for document in kept_rows)
    mark_spread_folders(run_folder / "rejected" / f"{document}.jsonl" for document in dropped)
    _remove_stale_files(run_folder, kept_rows)
    _remove_stale_files(run_folder / "rejected", dropped)
    for document, kept_indices in sorted(kept_rows.items()):
        write_jsonl(
            _run_file(run_folder, document), (merged.candidates[kept_index].pair for kept_index in kept_indices)
        )
    for document, drop_indices in sorted(dropped.items()):
        copies = (_rejected_copy(merged.candidates, merged.dropped[drop_index]) for drop_index in drop_indices)
        write_jsonl(_run_file(run_folder / "rejected", document), copies)
    return [
        _run_file(place, document)
        for place, documents in ((run_folder, kept_rows), (run_folder / "rejected", dropped))
        for document in sorted(documents)
    ]


def _run_file(run_folder: Path, document: str) -> Path:
    return file_path(run_folder, f"{document}.jsonl")


def _remove_stale_files(run_folder: Path, documents: Container[str]) -> None:
    for run_file in run_pair_files(run_folder):
        if run_file.stem not in documents:
            run_file.unlink()


def _rank(candidate: MergeCandidate) -> tuple[int, int, int, int]:
    pair = candidate.pair
    return len(pair.evidence), len(pair.evaluation_criteria), len(pair.answer), -candidate.order


def _keep_reason(keeper: MergeCandidate, copy: MergeCandidate) -> str:
    keep_reasons = ("more evidence", "more evaluation criteria", "the longer answer", "its run is named first")
    for keep_reason, keeper_rank, copy_rank in zip(keep_reasons, _rank(keeper), _rank(copy), strict=True):
        if keeper_rank != copy_rank:
            return keep_reason
    return "the first of equals"


def _rejected_copy(candidates: Sequence[MergeCandidate], dropped: DroppedCopy) -> Rejected:
    candidate, keeper = candidates[dropped.copy], candidates[dropped.keeper]
    pair, keep_reason = candidate.pair, _keep_reason(keeper, candidate)
    kept_copy = f"{keeper.pair.id} of {keeper.run} (cosine {dropped.cosine:.3f})"
    detail = f"of {kept_copy}, kept for {keep_reason}: {keeper.pair.question}"
    return Rejected.of(pair, "duplicate", detail, run=candidate.run)


def _pair(question_row: QuestionRow, row_id: str, run: str) -> Pair:
    """The row as a record of a run; what another dataset lacks stays empty, its document is its name."""
    return Pair(
        id=row_id,
        document=intern(slug(question_row.document or run)),
        chunk=question_row.chunk,
        iteration=question_row.iteration,
        question=question_row.question,
        evaluation_criteria=question_row.evaluation_criteria,
        answer=question_row.answer,
        difficulty=question_row.difficulty if question_row.difficulty in get_args(Difficulty) else "medium",  # type: ignore[arg-type]
        category=question_row.category,
        evidence=question_row.evidence,
        model=question_row.model or run,
        pages=question_row.pages,
        headings=question_row.headings,
        original_question=question_row.original_question,
        checks=_carried_checks(question_row.checks or {}),
        also=question_row.also,
    )


def _carried_checks(checks: dict[str, Any]) -> dict[str, Any]:
    """The columns of the run's curation; what a person accepted there has passed every check."""
    decision = checks.get(BY_PERSON)
    return dict.fromkeys(get_args(Check), decision) if decision else checks
