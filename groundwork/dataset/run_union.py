"""The union of several runs: which copy of a question stays, and why."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import get_args

import msgspec
import numpy as np
import numpy.typing as npt

from groundwork.dataset.loading import MIRRORS, QuestionRow
from groundwork.dataset.question_vectors import Embedded
from groundwork.questions.duplicate_questions import Likeness, SameQuestions
from groundwork.questions.question_differences import asked_by, normalised
from groundwork.records.artifacts import slug, write_jsonl
from groundwork.records.runs import files_of_documents
from groundwork.records.types import Difficulty, Pair, Rejected

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MergeCandidate:
    """A question on its way into the union, and the run that it comes from; `order`: the place of that run."""

    pair: Pair
    run: str
    order: int


Dropped = tuple[MergeCandidate, MergeCandidate, float, str]  # a copy, the one kept for it, their cosine, and the reason


@dataclass(frozen=True)
class Union:
    """What was kept, and each copy that was not with the one kept for it, their cosine and the reason."""

    kept: list[MergeCandidate]
    dropped: list[Dropped]


def joined_runs(ones: list[Embedded]) -> tuple[list[MergeCandidate], Vectors]:
    """All questions of all runs with their vectors (n, d), without the rows that mirror splits repeat.

    `ones` is emptied on the way, for memory: a million rows are not to be there twice.
    """
    count = sum(row.split not in MIRRORS for one in ones for row in one.dataset.rows)
    vectors = np.zeros((count, max((one.vectors.shape[1] for one in ones), default=1) or 1), dtype=np.float32)
    candidates: list[MergeCandidate] = []
    taken: set[str] = set()
    for order in range(len(ones)):
        one = ones.pop(0)
        for row, vector in zip(one.dataset.rows, one.vectors, strict=True):
            if row.split in MIRRORS:
                continue
            name = row.id if row.id not in taken else f"{slug(one.dataset.name)}-{row.id}"
            taken.add(name)
            vectors[len(candidates)] = vector
            candidates.append(MergeCandidate(_pair(row, name, one.dataset.name), one.dataset.name, order))
    return candidates, vectors


def unite(candidates: list[MergeCandidate], vectors: Vectors, likeness: Likeness) -> Union:
    """Keep the best of every group of questions that ask the same: each dropped copy asks what a kept one asks.

    Best: more evidence, then more evaluation criteria, then the longer answer, then the run named first. What asks the
    same is told by `questions.same_question`, as everywhere.
    """
    order = sorted(range(len(candidates)), key=lambda row: _rank(candidates[row]), reverse=True)
    first_of: dict[str, int] = {}  # the best row of each wording; its other rows need no cosine
    leader_of = np.zeros(len(candidates), dtype=np.int64)
    for row in order:
        leader_of[row] = first_of.setdefault(_wording(candidates[row]), row)
    best_first = list(first_of.values())
    first_of.clear()
    leaders = np.sort(np.array(best_first, dtype=np.int64))
    own = vectors if len(leaders) == len(vectors) else vectors[leaders]
    found = SameQuestions([asked_by(candidates[row].pair) for row in leaders.tolist()], own, likeness)
    keeper_of = np.full(len(candidates), -1)  # of each leader, the best first
    for leader in best_first:
        if keeper_of[leader] < 0:
            others = leaders[found.of(int(np.searchsorted(leaders, leader)))]
            keeper_of[leader] = keeper_of[others[keeper_of[others] < 0]] = leader
    keeper = keeper_of[leader_of].tolist()
    kept = [candidates[row] for row in range(len(candidates)) if keeper[row] == row]
    dropped = [
        (
            candidates[row],
            candidates[keeper[row]],
            float(vectors[row] @ vectors[keeper[row]]),
            _why(candidates[keeper[row]], candidates[row]),
        )
        for row in range(len(candidates))
        if keeper[row] != row
    ]
    return Union(kept, dropped)


def _wording(candidate: MergeCandidate) -> str:
    return normalised(candidate.pair.question)


def write_run(folder: Path, merged: Union) -> None:
    """The run's files, one a document, and those of the copies left out; files of an earlier merge go."""
    pairs: dict[str, list[Pair]] = {}
    dropped: dict[str, list[Dropped]] = {}
    for candidate in merged.kept:
        pairs.setdefault(candidate.pair.document, []).append(candidate.pair)
    for one in merged.dropped:
        dropped.setdefault(one[0].pair.document, []).append(one)
    _remove_others(folder, pairs)
    _remove_others(folder / "rejected", dropped)
    for document, rows in sorted(pairs.items()):
        write_jsonl(folder / f"{document}.jsonl", rows)
    for document, copies in sorted(dropped.items()):
        write_jsonl(folder / "rejected" / f"{document}.jsonl", [_rejected(*copy) for copy in copies])


def _remove_others(folder: Path, documents: Container[str]) -> None:
    for old in files_of_documents(folder):
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


def _rejected(candidate: MergeCandidate, keeper: MergeCandidate, cosine: float, why: str) -> Rejected:
    pair = candidate.pair
    return Rejected(
        document=pair.document,
        chunk=pair.chunk,
        iteration=pair.iteration,
        reason="duplicate",
        detail=f"of {keeper.pair.id} of {keeper.run} (cosine {cosine:.3f}), kept for {why}: {keeper.pair.question}",
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
