"""What the page of a review shows and what it does: the pairs of one run, one reviewer at the desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from groundwork.errors import BadRecord, GroundworkError
from groundwork.markdown.grounding import SourceText
from groundwork.records.artifacts import Workspace, read_json, read_jsonl
from groundwork.records.chunk_record import Chunk
from groundwork.records.coverage_record import DocumentCoverage
from groundwork.records.figures import figures, is_figure, quote_in_words
from groundwork.records.pair_record import Pair
from groundwork.records.review_decisions import (
    EDITABLE,
    Decision,
    DecisionKind,
    DecisionStacks,
    append_decisions,
    apply_edits,
    decisions_file,
    edited_fields,
    question_hash,
    read_decisions,
    reviewer_agreements,
    utc_now,
)
from groundwork.records.run_lookup import run_documents, tag_files
from groundwork.records.run_pairs import BY_PERSON, Candidate, run_candidates
from groundwork.records.spread_folders import folder_files
from groundwork.records.tags_record import Tags

MOST_CHARACTERS = 100_000  # of a text that a reviewer writes
MOST_GONE = 20  # decisions for pairs that are gone which the page names


class AskAbout(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the page sends. `lines`: how many lines of the reviewer about the pair it had seen."""

    pair: str
    verdict: DecisionKind
    question_hash: str
    lines: int
    reason: str = ""
    edited: dict[str, Any] = {}


class RequestRefused(GroundworkError):
    """A decision that was not written; `status` is HTTP's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ReviewSession:
    """A run under review. Reads its files when it is made and by `load`; what is decided is written at once."""

    def __init__(
        self, data: Workspace, run: str, reviewer: str, documents: Sequence[str] | None = None, tagger: str = ""
    ) -> None:
        self.data, self.run, self.reviewer = data, run, reviewer
        self._documents, self._tagger = documents, tagger
        self.file = decisions_file(data, run)
        self.load()

    def load(self) -> None:
        """Read the run as it stands now. Raises UsageError for no such run, BadRecord."""
        self.data.fetch([self.data.path("qa", self.run)])
        self._signature = self._run_signature()
        self.rows: list[Candidate] = run_candidates(self.data, self.run, self._documents)
        self.place = {row.pair.id: number for number, row in enumerate(self.rows)}
        self._chunks: dict[str, dict[str, Chunk]] = {}
        self._haystack: list[str] | None = None
        self._read_decisions()

    def _read_decisions(self) -> None:
        self._size = self.file.stat().st_size if self.file.exists() else 0
        self.log, self.warnings = read_decisions(self.file)
        self.stacks = DecisionStacks(self.log)
        self._agreed: tuple[int, list[str]] = (-1, [])

    def _run_signature(self) -> tuple[tuple[str, int, int], ...]:
        folder = self.data.path("qa", self.run)
        places = (folder, folder / "rejected", folder / "curated", folder / "curated" / "rejected")
        files = [path for place in places for path in folder_files(place, ".jsonl") if path != self.file]
        return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files if path.exists())

    # What the page shows

    def columns(self) -> dict[str, Any]:
        """Everything that the table needs, a list a column; values that repeat are indices into `values`."""
        tags, covered = self._tags(), self._covered()
        pairs = [row.pair for row in self.rows]
        return {
            "run": self.run,
            "reviewer": self.reviewer,
            "count": len(pairs),
            "at": len(self.log),
            "warnings": [*self.warnings, *self._gone()],
            "question": [pair.question for pair in pairs],
            "iteration": [pair.iteration for pair in pairs],
            "length": [len(pair.answer) for pair in pairs],
            "covers": [covered.get(pair.id, 0) for pair in pairs],
            "tags": _indexed_lists([tags.get(pair.id, []) for pair in pairs]),
            "document": _indexed([pair.document for pair in pairs]),
            "section": _indexed([" › ".join(pair.headings) for pair in pairs]),
            "state": _indexed([_state(row) for row in self.rows]),
            "check": _indexed([_failed_check(row) for row in self.rows]),
            "reason": _indexed([row.reason.replace("_", " ") for row in self.rows]),
            "difficulty": _indexed([pair.difficulty for pair in pairs]),
            "category": _indexed([pair.category for pair in pairs]),
            "orders": {
                "question": _order([pair.question for pair in pairs]),
                "tags": _order([" ".join(tags.get(pair.id, [])) for pair in pairs]),
            },
            **self.tally(),
            "decided": self._decided(decision.pair for decision in self.log),
        }

    def tally(self) -> dict[str, Any]:
        """How far reviewers agree, by now."""
        if self._agreed[0] != len(self.log):
            self._agreed = len(self.log), [str(one) for one in reviewer_agreements(self.stacks.standing())]
        return {"agreements": self._agreed[1]}

    def _decided(self, names: Iterable[str]) -> dict[int, tuple[str, str]]:
        """By row: what this reviewer decided (accept, edit, reject or nothing), and what others did."""
        return {self.place[name]: self._marks(name) for name in set(names) if name in self.place}

    def _marks(self, name: str) -> tuple[str, str]:
        own = self.stacks.decisions_about(name)
        mine = own.pop(self.reviewer, None)
        return _mark(mine), ", ".join(f"{who}: {_mark(one)}" for who, one in own.items())

    def _gone(self) -> list[str]:
        gone = [name for name in self.stacks.standing() if name not in self.place]
        changed = [
            name
            for name, own in self.stacks.standing().items()
            if name in self.place
            and all(one.question_hash != question_hash(self.rows[self.place[name]].pair) for one in own.values())
        ]
        if self._documents is not None:
            gone = []
        told = [("are for pairs that are gone", gone), ("are for pairs that ask something else now", changed)]
        return [
            f"{len(names):,} decisions {what}; they stay in {self.file.name}: {', '.join(names[:MOST_GONE])}"
            for what, names in told
            if names
        ]

    def details(self, name: str) -> dict[str, Any]:
        """A pair with its chunks, the evidence marked in them. Raises Refused for no such pair."""
        row = self._row(name)
        pair = row.pair
        own = self.stacks.decisions_about(name)
        mine = own.get(self.reviewer)
        shown = as_decided(pair, mine)
        return {
            "pair": {**msgspec.structs.asdict(shown), "evidence": [quote_in_words(quote) for quote in shown.evidence]},
            "evidence_figures": [_file_of(quote, pair.document) for quote in shown.evidence],
            "state": _state(row),
            "reason": row.reason.replace("_", " "),
            "detail": row.detail,
            "question_hash": question_hash(pair),
            "lines": self.stacks.line_count(name, self.reviewer),
            "decisions": [{**msgspec.structs.asdict(one), "mark": _mark(one)} for one in own.values()],
            "chunks": [self._marked(pair, chunk) for chunk in pair.chunks if chunk],
        }

    def _marked(self, pair: Pair, name: str) -> dict[str, Any]:
        chunk = self._chunk(pair.document, name)
        if chunk is None:
            return {"id": name, "title": name, "pieces": [], "missing": True}
        grounds = SourceText(chunk.text, chunk.language)
        spans = [span for quote in pair.evidence if (span := grounds.find(quote))]
        title = " › ".join(chunk.headings) or chunk.document
        pages = f", page {', '.join(map(str, chunk.pages))}" if chunk.pages else ""
        return {"id": name, "title": f"{title}{pages}", "pieces": _with_figures(chunk, spans), "missing": False}

    def _chunk(self, document: str, name: str) -> Chunk | None:
        if document not in self._chunks:
            file = self.data.path("chunks", f"{document}.jsonl")
            self.data.fetch([file])
            try:
                found = read_jsonl(file, Chunk)
            except BadRecord:
                found = []
            self._chunks = {document: {chunk.id: chunk for chunk in found}}  # of one document at a time
        return self._chunks[document].get(name)

    def search(self, words: str) -> list[int]:
        """The rows that hold all `words` in question, answer, criteria, evidence, id or the reason of a rejection."""
        if self._haystack is None:
            self._haystack = ["\n".join(_texts(row)).casefold() for row in self.rows]
        wanted = words.casefold().split()
        return [number for number, text in enumerate(self._haystack) if all(word in text for word in wanted)]

    def changes(self, since: int) -> dict[str, Any]:
        """What was decided since line `since` here or elsewhere, and whether the run was written anew."""
        self._look()
        names = [decision.pair for decision in self.log[since:]] if since <= len(self.log) else list(self.place)
        written = self._run_signature() != self._signature
        return {"at": len(self.log), "decided": self._decided(names), "written": written, **self.tally()}

    def _look(self) -> None:
        """Read the file of decisions again where another process has written it."""
        size = self.file.stat().st_size if self.file.exists() else 0
        if size != self._size:
            self._read_decisions()

    # What the page does

    def decide(self, ask: AskAbout) -> dict[str, Any]:
        """Write one decision and return what the row shows then. Raises Refused, OSError."""
        self._look()
        pair = self._row(ask.pair).pair
        if ask.question_hash != question_hash(pair):
            raise RequestRefused("the pair has changed since this page read it; press R to read the run again", 409)
        if ask.lines != self.stacks.line_count(ask.pair, self.reviewer):
            raise RequestRefused("you decided about this pair in another window; it is shown as it stands now", 409)
        mine = self.stacks.decisions_about(ask.pair).get(self.reviewer)
        if ask.verdict == "undo" and mine is None:
            raise RequestRefused("there is no decision of yours to undo", 409)
        decision = self._decision(pair, ask, mine)
        append_decisions(self.file, [decision])
        self._size = self.file.stat().st_size
        self.log.append(decision)
        self.stacks.add(decision)
        return {"row": self.place[ask.pair], "marks": self._marks(ask.pair), "at": len(self.log), **self.tally()}

    def _decision(self, pair: Pair, ask: AskAbout, mine: Decision | None) -> Decision:
        verdict = ask.verdict
        edited: dict[str, Any] = {}
        if verdict in ("accept", "edit"):
            verdict, edited = accepting(as_decided(pair, mine), mine, checked(ask.edited))
            if problem := incomplete(pair, edited):
                raise RequestRefused(f"not accepted: {problem}", 422)
        return decision_of(pair, self.reviewer, verdict, ask.reason, edited)

    def _row(self, name: str) -> Candidate:
        if name not in self.place:
            raise RequestRefused(f"there is no pair {name} in {self.run}", 404)
        return self.rows[self.place[name]]

    def _tags(self) -> dict[str, list[str]]:
        try:
            files = tag_files(self.data, self.run, self._tagger) if self.data.path("tags").is_dir() else []
            self.data.fetch(files)
            return {record.id: record.tags for path in files for record in read_jsonl(path, Tags)}
        except BadRecord:
            return {}

    def _covered(self) -> dict[str, int]:
        """By pair: how many statements, rows and numbers it touches, where generation has counted them."""
        counts: dict[str, int] = {}
        for document in self._documents or run_documents(self.data.path("qa", self.run)):
            path = self.data.path("qa", self.run, "coverage", f"{document}.json")
            for name in _touching(path):
                counts[name] = counts.get(name, 0) + 1
        return counts


def decision_of(pair: Pair, reviewer: str, verdict: DecisionKind, reason: str, edited: dict[str, Any]) -> Decision:
    """The line of a decision made now."""
    return Decision(
        time=utc_now(),
        reviewer=reviewer,
        pair=pair.id,
        document=pair.document,
        question_hash=question_hash(pair),
        verdict=verdict,
        reason=reason.strip()[:MOST_CHARACTERS],
        edited=edited,
    )


def checked(edited: dict[str, Any]) -> dict[str, Any]:
    """The texts that a reviewer wrote, trimmed. Raises Refused for other fields and for what is no text."""
    found: dict[str, Any] = {}
    for name, value in edited.items():
        texts = value if name == "evaluation_criteria" else [value]
        if name not in EDITABLE or not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise RequestRefused(f"{name}: cannot be edited so", 422)
        if sum(map(len, texts)) > MOST_CHARACTERS:
            raise RequestRefused(f"{name}: longer than {MOST_CHARACTERS:,} characters", 422)
        trimmed = [text.strip() for text in texts if text.strip()]
        found[name] = trimmed if name == "evaluation_criteria" else "".join(trimmed)
    return found


def accepting(shown: Pair, mine: Decision | None, wrote: dict[str, Any]) -> tuple[DecisionKind, dict[str, Any]]:
    """(verdict, edited) of accepting a pair as it is `shown`, or as the reviewer has written it anew."""
    before, edited = edited_fields(shown, {}), edited_fields(shown, wrote)
    again = mine is not None and mine.verdict == "edit"
    return "edit" if edited != before or again else "accept", edited


def as_decided(pair: Pair, mine: Decision | None) -> Pair:
    """The pair as a reviewer accepted it; as it stands where that is not so."""
    fits = mine is not None and mine.accepts and mine.question_hash == question_hash(pair)
    return apply_edits(pair, mine.edited) if mine is not None and fits else pair


def incomplete(given: Pair, edited: dict[str, Any]) -> str:
    """What a pair that is accepted with these edits lacks, or ""."""
    if not given.question:
        return "the model gave no question; ask again with generate_qa"
    pair = apply_edits(given, edited)
    lacking = [name for name, value in (("question", pair.question), ("answer", pair.answer)) if not value.strip()]
    lacking += [] if pair.evaluation_criteria else ["evaluation criterion"]
    return f"it has no {' and no '.join(lacking)}; press e to write it" if lacking else ""


def pieces(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[str, bool]]:
    """`text` cut into (part, marked) at the spans; spans that overlap are one."""
    found: list[tuple[str, bool]] = []
    at = 0
    for start, end in sorted(spans):
        start = max(start, at)
        if end > start:
            found += [(text[at:start], False)] * (start > at) + [(text[start:end], True)]
            at = end
    return found + [(text[at:], False)] * (at < len(text))


def _with_figures(chunk: Chunk, spans: Iterable[tuple[int, int]]) -> list[tuple[str, bool] | tuple[str, bool, str]]:
    """The pieces of a chunk's text; a figure is a piece of its own, its caption with the file below data/text."""
    spans, found = list(spans), []
    at = 0
    for one in figures(chunk.text, chunk.document):
        found += _between(chunk.text, spans, at, one.start)
        marked = any(start <= one.start and one.end <= end for start, end in spans)
        found.append((one.caption, marked, one.file))
        at = one.end
    return [*found, *_between(chunk.text, spans, at, len(chunk.text))]


def _file_of(quote: str, document: str) -> str:
    """The file of a quote of evidence that is a figure, or ""."""
    return next((one.file for one in figures(quote, document) if is_figure(quote)), "")


def _between(text: str, spans: Sequence[tuple[int, int]], start: int, end: int) -> list[Any]:
    inside = [(max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and b > start]
    return pieces(text[start:end], inside)


def _state(row: Candidate) -> str:
    return "rejected" if row.stage else "edited" if _by_person(row.pair) else "kept"


def _by_person(pair: Pair) -> bool:
    return BY_PERSON in pair.checks and bool(pair.original_question or pair.original_answer or pair.original_criteria)


def _failed_check(row: Candidate) -> str:
    failed = [name for name, column in row.pair.checks.items() if not column.get("passed", True)]
    return (failed or [""])[0].replace("_", " ")


def _mark(decision: Decision | None) -> str:
    return decision.verdict if decision else ""


def _texts(row: Candidate) -> list[str]:
    pair = row.pair
    return [pair.id, pair.question, pair.answer, *pair.evaluation_criteria, *pair.evidence, row.detail]


def _touching(path: Path) -> list[str]:
    if not path.exists():
        return []
    try:
        covered = read_json(path, DocumentCoverage)
    except BadRecord:
        return []
    return [name for chunk in covered.chunks for span in chunk.spans for name in span.touched_by]


def _order(texts: Sequence[str]) -> list[int]:
    """The rows by their text, whatever its case, those without one last."""
    return sorted(range(len(texts)), key=lambda row: (not texts[row], texts[row].casefold()))


def _indexed(values: Sequence[str]) -> dict[str, Any]:
    known = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return {"values": list(known), "index": [known[value] for value in values]}


def _indexed_lists(lists: Sequence[Sequence[str]]) -> dict[str, Any]:
    known = {value: number for number, value in enumerate(dict.fromkeys(one for values in lists for one in values))}
    return {"values": list(known), "index": [[known[value] for value in values] for values in lists]}
