"""The union of several runs: which copy of a question stays, and why."""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import NamedTuple, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from groundwork.dataset.dataset_sources import MIRRORS, QuestionRow
from groundwork.dataset.question_vectors import Embedded
from groundwork.questions.duplicates.duplicate_rule import question_of
from groundwork.questions.duplicates.duplicate_search import Likeness, SameQuestions, wording_hash
from groundwork.records.artifacts import slug, write_jsonl
from groundwork.records.disk_backed_lists import DiskBackedList, LazySequence
from groundwork.records.pair_record import Difficulty, Pair, Rejected
from groundwork.records.run_lookup import run_pair_files
from groundwork.records.spread_folders import file_path, mark_spread_folders

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MergeCandidate:
    """A question on its way into the union, and the run that it comes from; `order`: the place of that run."""

    pair: Pair
    run: str
    order: int


CandidateStore = DiskBackedList[MergeCandidate] | list[MergeCandidate]


class Dropped(NamedTuple):
    """A copy, the one kept for it (by their places among the candidates), and the cosine of the two."""

    copy: int
    keeper: int
    cosine: float


@dataclass(frozen=True)
class MergedRuns:
    """The places of the candidates that were kept, and each copy that was not."""

    candidates: Sequence[MergeCandidate]
    kept: Sequence[int]
    dropped: Sequence[Dropped]


class JoinedRuns:
    """All questions of all runs with their vectors, without the rows that mirror splits repeat.

    `candidates` is where the questions go: a list, or a file where there may be a million.
    """

    def __init__(self, candidates: CandidateStore) -> None:
        self.candidates = candidates
        self.sizes: dict[str, int] = {}  # rows of each dataset
        self.warnings: list[str] = []
        self._vectors: list[Vectors] = []
        self._taken: set[str] = set()

    def add(self, one: Embedded) -> None:
        name, order = one.dataset.name, len(self.sizes)
        self.sizes[name] = len(one.dataset.rows)
        self.warnings += one.dataset.warnings
        for row in one.dataset.rows:
            if row.split not in MIRRORS:
                own = row.id if row.id not in self._taken else f"{slug(name)}-{row.id}"
                self._taken.add(own)
                self.candidates.append(MergeCandidate(_pair(row, own, name), name, order))
        own_rows = np.array([row.split not in MIRRORS for row in one.dataset.rows], dtype=bool)
        self._vectors.append(one.vectors if own_rows.all() else one.vectors[own_rows])

    def vectors(self) -> Vectors:
        """(n, d), once: they are handed over."""
        whole = np.zeros((len(self.candidates), max((part.shape[1] for part in self._vectors), default=1) or 1), "f4")
        start = 0
        while self._vectors:
            part = self._vectors.pop(0)
            if len(part):
                whole[start : start + len(part)] = part
            start += len(part)
        self._taken.clear()
        return whole


def unite(candidates: Sequence[MergeCandidate], vectors: Vectors, likeness: Likeness) -> MergedRuns:
    """Keep the best of every group of questions that ask the same: each dropped copy asks what a kept one asks.

    Best: more evidence, then more evaluation criteria, then the longer answer, then the run named first. What asks the
    same is told by `questions.same_question`, as everywhere.
    """
    count = len(candidates)
    ranks = np.array([_rank(candidate) for candidate in candidates], dtype=np.int64).reshape(count, 4)
    order = np.lexsort([-ranks[:, column] for column in (3, 2, 1, 0)])  # stable: of equals the first
    wording_of = _wordings(candidates)
    first_of = np.full(count, -1, dtype=np.int64)  # the best row of each wording; its other rows need no cosine
    first_of[wording_of[order[::-1]]] = order[::-1]
    leader_of = first_of[wording_of]
    best_first = order[leader_of[order] == order]
    leaders = np.sort(best_first)
    own = vectors if len(leaders) == count else vectors[leaders]
    questions = LazySequence(array("q", leaders.tobytes()), lambda place: question_of(candidates[place].pair))
    found = SameQuestions(questions, own, likeness)
    keeper_of = np.full(count, -1)  # of each leader, the best first
    for leader in best_first.tolist():
        if keeper_of[leader] < 0:
            others = leaders[found.of(int(np.searchsorted(leaders, leader)))]
            keeper_of[leader] = keeper_of[others[keeper_of[others] < 0]] = leader
    keeper = keeper_of[leader_of]
    copies = np.flatnonzero(keeper != np.arange(count)).tolist()
    dropped = [Dropped(row, int(keeper[row]), float(vectors[row] @ vectors[keeper[row]])) for row in copies]
    return MergedRuns(candidates, array("q", np.flatnonzero(keeper == np.arange(count)).tolist()), dropped)


def _wordings(candidates: Iterable[MergeCandidate]) -> npt.NDArray[np.int64]:
    """A number for the wording of each question, the same for the same."""
    numbers: dict[bytes, int] = {}
    hashes = (wording_hash(candidate.pair.question) for candidate in candidates)
    return np.array(array("q", (numbers.setdefault(one, len(numbers)) for one in hashes)), dtype=np.int64)


def write_run(folder: Path, merged: MergedRuns) -> None:
    """The run's files, one a document, and those of the copies left out; files of an earlier merge go."""
    document_of = [intern(candidate.pair.document) for candidate in merged.candidates]
    kept: dict[str, array[int]] = {}
    dropped: dict[str, array[int]] = {}
    for row in merged.kept:
        kept.setdefault(document_of[row], array("q")).append(row)
    for place, one in enumerate(merged.dropped):
        dropped.setdefault(document_of[one.copy], array("q")).append(place)
    mark_spread_folders(folder / f"{document}.jsonl" for document in kept)
    mark_spread_folders(folder / "rejected" / f"{document}.jsonl" for document in dropped)
    _remove_others(folder, kept)
    _remove_others(folder / "rejected", dropped)
    for document, rows in sorted(kept.items()):
        write_jsonl(file_path(folder, f"{document}.jsonl"), (merged.candidates[row].pair for row in rows))
    for document, places in sorted(dropped.items()):
        copies = (_rejected(merged.candidates, merged.dropped[place]) for place in places)
        write_jsonl(file_path(folder / "rejected", f"{document}.jsonl"), copies)


def _remove_others(folder: Path, documents: Container[str]) -> None:
    for old in run_pair_files(folder):
        if old.stem not in documents:
            old.unlink()


def _rank(candidate: MergeCandidate) -> tuple[int, int, int, int]:
    pair = candidate.pair
    return len(pair.evidence), len(pair.evaluation_criteria), len(pair.answer), -candidate.order


def _why(kept: MergeCandidate, dropped: MergeCandidate) -> str:
    names = ("more evidence", "more evaluation criteria", "the longer answer", "its run is named first")
    for name, ours, theirs in zip(names, _rank(kept), _rank(dropped), strict=True):
        if ours != theirs:
            return name
    return "the first of equals"


def _rejected(candidates: Sequence[MergeCandidate], dropped: Dropped) -> Rejected:
    candidate, keeper = candidates[dropped.copy], candidates[dropped.keeper]
    pair, why = candidate.pair, _why(keeper, candidate)
    return Rejected(
        document=pair.document,
        chunk=pair.chunk,
        iteration=pair.iteration,
        reason="duplicate",
        detail=f"of {keeper.pair.id} of {keeper.run} (cosine {dropped.cosine:.3f}), kept for {why}: "
        f"{keeper.pair.question}",
        pair={**msgspec.to_builtins(pair), "run": candidate.run},
    )


def _pair(row: QuestionRow, name: str, run: str) -> Pair:
    """The row as a record of a run; what another dataset lacks stays empty, its document is its name."""
    return Pair(
        id=name,
        document=intern(slug(row.document or run)),
        chunk=row.chunk,
        iteration=row.iteration,
        question=row.question,
        evaluation_criteria=row.evaluation_criteria,
        answer=row.answer,
        difficulty=row.difficulty if row.difficulty in get_args(Difficulty) else "medium",  # type: ignore[arg-type]
        category=row.category,
        evidence=row.evidence,
        model=row.model or run,
        pages=row.pages,
        headings=row.headings,
        original_question=row.original_question,
        also=row.also,
    )
