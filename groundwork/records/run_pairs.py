"""All pairs of a run, those that were turned down beside those that were kept, and what people decided about them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import msgspec

from groundwork.errors import BadRecord, UsageError
from groundwork.records.artifacts import Workspace, read_jsonl
from groundwork.records.chunk_record import Chunk
from groundwork.records.pair_record import Difficulty, Pair, Rejected
from groundwork.records.review_decisions import (
    Agreement,
    Decision,
    Disagreement,
    agreements,
    applied,
    decisions_file,
    question_hash,
    read_decisions,
    standing,
    verdict_of,
)
from groundwork.records.run_lookup import DECISIONS, documents_of, nearest_run
from groundwork.records.spread_folders import file_in

T = TypeVar("T")
BY_PERSON = "review"  # the check's column, and the reason, of what a person decided
MOST_NAMED = 5


@dataclass(frozen=True)
class Candidate:
    """A pair and where it stands. `stage` turned it down, "" where it was kept."""

    pair: Pair
    stage: Literal["", "generation", "curation"] = ""
    reason: str = ""
    detail: str = ""


def candidates(data: Workspace, run: str, documents: Iterable[str] | None = None) -> list[Candidate]:
    """Every pair of a run, by document, in the order of its files. Raises UsageError for no such run, BadRecord."""
    folder = data.path("qa", run)
    if not folder.is_dir():
        raise UsageError(f"{run}: no such run in {data.path('qa')}; {nearest_run(run, data)}")
    names = documents_of(folder) if documents is None else list(documents)
    drafts = [name for name in names if _holds_records(file_in(folder / "rejected", f"{name}.jsonl"))]
    data.fetch(data.path("chunks", f"{name}.jsonl") for name in drafts)
    return [one for document in names for one in _of_document(folder, document)]


def _holds_records(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _of_document(folder: Path, document: str) -> Iterator[Candidate]:
    kept = {pair.id: pair for pair in _records(file_in(folder / "curated", f"{document}.jsonl"), Pair)}
    turned_down = {
        one.pair.id: one
        for rejected in _records(file_in(folder / "curated" / "rejected", f"{document}.jsonl"), Rejected)
        for one in [Candidate(pair_of(rejected), "curation", rejected.reason, rejected.detail)]
    }
    for pair in _records(file_in(folder, f"{document}.jsonl"), Pair):
        yield turned_down.pop(pair.id) if pair.id in turned_down else Candidate(kept.pop(pair.id, pair))
    yield from (Candidate(pair) for pair in kept.values())
    yield from (
        one for one in turned_down_at_first(folder, document) if one.pair.id not in kept.keys() | turned_down.keys()
    )
    yield from turned_down.values()


def turned_down_at_first(folder: Path, document: str) -> list[Candidate]:
    """What generation turned down of a document of the run in `folder`; of two that are the same, one."""
    drafts = _records(file_in(folder / "rejected", f"{document}.jsonl"), Rejected)
    chunks = _chunks(folder, document) if drafts else {}
    found = {}
    for rejected in drafts:
        pair = _placed(pair_of(rejected), chunks, folder.name)
        why = f"{rejected.reason}: {rejected.detail}" if rejected.detail else rejected.reason
        column = {"score": 0.0, "passed": False, "why": why, "checker": "rule"}
        pair = msgspec.structs.replace(pair, checks={**pair.checks, "generation": column})
        found[pair.id] = Candidate(pair, "generation", rejected.reason, rejected.detail)
    return list(found.values())


def _chunks(folder: Path, document: str) -> dict[str, Chunk]:
    try:
        return {
            chunk.id: chunk for chunk in _records(file_in(folder.parents[1] / "chunks", f"{document}.jsonl"), Chunk)
        }
    except BadRecord:
        return {}


def _placed(pair: Pair, chunks: Mapping[str, Chunk], run: str) -> Pair:
    """A draft with what generation adds to those it keeps: pages and headings of its chunk, and who wrote it."""
    chunk = chunks.get(pair.chunk)
    return msgspec.structs.replace(
        pair,
        pages=pair.pages or (chunk.pages if chunk else []),
        headings=pair.headings or (chunk.headings if chunk else []),
        model=pair.model or run,
    )


def _records(path: Path, kind: type[T]) -> list[T]:
    return read_jsonl(path, kind) if path.exists() else []


def pair_of(rejected: Rejected) -> Pair:
    """The pair that was turned down; what a draft lacks stays empty, and its id hangs on chunk and content."""
    given = rejected.pair
    content = msgspec.json.encode(given, order="sorted")
    place = rejected.chunk or rejected.document
    difficulty = given.get("difficulty")
    return Pair(
        id=_text(given.get("id")) or f"{place}-{hashlib.sha256(content).hexdigest()[:12]}",
        document=rejected.document,
        chunk=rejected.chunk,
        iteration=rejected.iteration,
        question=_text(given.get("question")).strip(),
        evaluation_criteria=_texts(given.get("evaluation_criteria")),
        answer=_text(given.get("answer")).strip(),
        difficulty=difficulty if difficulty in get_args(Difficulty) else "medium",  # type: ignore[arg-type]  # as just seen
        category=_text(given.get("category")),
        evidence=_texts(given.get("evidence")),
        model=_text(given.get("model")),
        pages=[page for page in _list(given.get("pages")) if isinstance(page, int)],
        headings=_texts(given.get("headings")),
        original_question=_text(given.get("original_question")),
        original_answer=_text(given.get("original_answer")),
        original_criteria=_texts(given.get("original_criteria")),
        checks=given["checks"] if isinstance(given.get("checks"), dict) else {},
        also=_texts(given.get("also")),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [text.strip() for text in _list(value) if isinstance(text, str) and text.strip()]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@dataclass
class Review:
    """The decisions about a run that hold, and what became of them where they were obeyed."""

    run: str
    verdicts: dict[str, Decision]
    agreements: list[Agreement] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    gone: set[str] = field(
        default_factory=set
    )  # documents that decisions are about and of which the run holds no pairs
    _met: dict[str, Pair] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)
    _undone: int = 0

    def of(self, pair: Pair) -> Decision | None:
        """The decision about the pair; None where there is none, or only about another question of that id."""
        decision = self.verdicts.get(pair.id)
        if decision is None:
            self._undone += BY_PERSON in pair.checks
            return None
        if decision.question_hash != question_hash(pair):
            self._changed.add(pair.id)
            return None
        self._met[pair.id] = pair
        return decision

    def settled(self, pair: Pair) -> Pair | None:
        """The pair as it is to stand; None: a person turned it down."""
        decision = self.of(pair)
        if decision is None:
            return pair
        return accepted(pair, decision) if decision.accepts else None

    def restored(self, turned_down: Iterable[Candidate], present: Callable[[str], bool]) -> list[Pair]:
        """Of the pairs turned down by rules or models those that a person accepted, unless `present` has them."""
        found = []
        for one in turned_down:
            decision = self.verdicts.get(one.pair.id)
            if one.stage and decision and not present(one.pair.id) and (kept := self.settled(one.pair)):
                found.append(kept)
        return found

    def unmet(self, documents: Iterable[str]) -> list[str]:
        """Warnings about decisions of these documents, or of those that are gone, that could not be obeyed."""
        wanted = {*documents, *self.gone}
        open_ = [name for name, one in self.verdicts.items() if one.document in wanted and name not in self._met]
        gone = [name for name in open_ if name not in self._changed]
        changed = [name for name in open_ if name in self._changed]
        found = list(self.warnings)
        if gone:
            found.append(f"{self.run}: {_count(gone)} for pairs that are gone and not obeyed: {_named(gone)}")
        if changed:
            found.append(f"{self.run}: {_count(changed)} for pairs that ask something else now: {_named(changed)}")
        return found

    def outdated(self) -> list[str]:
        """A warning where pairs still say what a decision said that was undone since."""
        noun = "pair" if self._undone == 1 else "pairs"
        told = f"{self.run}: {self._undone} {noun} stand as a decision had them that was undone"
        return [f"{told}; run dataprep/curate.py"] if self._undone else []

    def describe(self) -> list[str]:
        """What people decided about the pairs that were met, in sentences; empty where nobody decided anything."""
        decisions = [self.verdicts[name] for name in self._met]
        if not decisions:
            return []
        kept = [self._met[one.pair] for one in decisions if one.accepts]
        edited = sum(one.verdict == "edit" for one in decisions)
        again = sum(any(not column["passed"] for column in pair.checks.values()) for pair in kept)
        who = ", ".join(sorted({one.reviewer for one in decisions}))
        aside = [f"{edited} of them edited"] * bool(edited) + [f"{again} turned down before"] * bool(again)
        told = f" ({', '.join(aside)})" if aside else ""
        counts = f"{len(kept):,} accepted{told}, {len(decisions) - len(kept):,} rejected"
        return [f"Reviewed by {who}: {counts}.", *(f"{one}." for one in self.agreements)]


def read_review(data: Workspace, run: str, disagreement: Disagreement = "rejected") -> Review:
    """What people decided about a run; a Review without verdicts where nobody has."""
    decisions, warnings = read_decisions(decisions_file(data, run))
    held = standing(decisions)
    verdicts = {pair: verdict_of(own, disagreement) for pair, own in held.items()}
    about = {one.document for one in verdicts.values()}
    present = documents_of(data.path("qa", run))
    return Review(run, verdicts, agreements(held), warnings, about.difference(present))


def review_files(data: Workspace, run: str, documents: Sequence[str], *, curated: bool) -> list[Path]:
    """What a stage that obeys decisions reads besides the pairs: nothing where nobody has decided anything.

    `curated`: with what curation turned down, besides what generation did.
    """
    decisions = decisions_file(data, run)
    if not decisions.exists():
        return []
    folder = decisions.parent
    turned_down = [folder / "rejected", *([folder / "curated" / "rejected"] if curated else [])]
    places = [file_in(place, f"{document}.jsonl") for place in turned_down for document in documents]
    return [decisions, *(path for path in places if path.exists())]


def rejected(pair: Pair, decision: Decision) -> Rejected:
    """The record of a pair that a person turned down."""
    return Rejected(
        document=pair.document,
        chunk=pair.chunk,
        iteration=pair.iteration,
        reason=BY_PERSON,
        detail="; ".join([f"rejected by {decision.reviewer}", *([decision.reason] if decision.reason else [])]),
        pair=msgspec.to_builtins(pair),
    )


def accepted(pair: Pair, decision: Decision) -> Pair:
    """The pair as the decision has it; the other checks stay as they were told, of the text before an edit."""
    how = "edited" if decision.verdict == "edit" else "accepted"
    why = "; ".join([f"{how} by {decision.reviewer}", *([decision.reason] if decision.reason else [])])
    column = {"score": 1.0, "passed": True, "why": why, "checker": "person"}
    return msgspec.structs.replace(applied(pair, decision.edited), checks={**pair.checks, BY_PERSON: column})


def _count(names: Sequence[str]) -> str:
    return f"{len(names):,} decision{'s are' if len(names) > 1 else ' is'}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more} (they stay in {DECISIONS}.jsonl)"
