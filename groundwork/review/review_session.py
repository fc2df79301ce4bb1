"""The session behind the review page: the pairs of one run, their chunks, and one reviewer's decisions.

The table of pairs goes to the page as a list a column, a chunk's text in pieces: evidence marked, figures by captions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.data_folder.runs.recorded_decisions import (
    Decision,
    DecisionKind,
    DecisionStacks,
    append_decisions,
    decisions_file,
    question_hash,
    read_decisions,
    reviewer_agreements,
)
from groundwork.data_folder.runs.run_lookup import coverage_path_parts, run_documents, tag_files
from groundwork.data_folder.runs.run_pairs import Candidate, run_candidates
from groundwork.data_folder.spread_folders import folder_files
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import BadRecord
from groundwork.markdown.grounding import SourceText
from groundwork.message_wording import counted
from groundwork.picture_links import quote_in_words
from groundwork.records import Chunk, DocumentCoverage, Pair, Tags
from groundwork.review.decision_requests import (
    RequestRefused,
    acceptance,
    apply_decision,
    decision_of,
    incomplete_reason,
    trim_edits,
)
from groundwork.review.marked_evidence import figure_file, figure_pieces
from groundwork.review.pair_columns import pair_columns, row_state, searched_texts

IDS_NAMED = 20  # decisions for pairs that are gone which the page names


class DecisionRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the page sends. `lines`: how many lines of the reviewer about the pair it had seen."""

    pair: str
    verdict: DecisionKind
    question_hash: str
    lines: int
    reason: str = ""
    edited: dict[str, Any] = {}


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
        self.row_of = {review_row.pair.id: row_number for row_number, review_row in enumerate(self.rows)}
        self._chunks: dict[str, dict[str, Chunk]] = {}
        self._haystack: list[str] | None = None
        self._read_decisions()

    def _read_decisions(self) -> None:
        self._file_size = self.file.stat().st_size if self.file.exists() else 0
        self.log, self.warnings = read_decisions(self.file)
        self.stacks = DecisionStacks(self.log)
        self._agreement_cache: tuple[int, list[str]] = (-1, [])

    def _run_signature(self) -> tuple[tuple[str, int, int], ...]:
        run = self.data.path("qa", self.run)
        run_folders = (run, run / "rejected", run / "curated", run / "curated" / "rejected")
        run_files = [
            run_file
            for run_folder in run_folders
            for run_file in folder_files(run_folder, ".jsonl")
            if run_file != self.file
        ]
        return tuple(
            (str(run_file), run_file.stat().st_mtime_ns, run_file.stat().st_size)
            for run_file in run_files
            if run_file.exists()
        )

    # What the page shows

    def columns(self) -> dict[str, Any]:
        """Everything that the table needs, a list a column; values that repeat are indices into `values`."""
        return {
            "run": self.run,
            "reviewer": self.reviewer,
            "count": len(self.rows),
            "at": len(self.log),
            "warnings": [*self.warnings, *self._stale_decisions()],
            **pair_columns(self.rows, self._tags_by_pair(), self._coverage_counts()),
            **self.tally(),
            "decided": self._decision_marks(decision.pair for decision in self.log),
        }

    def tally(self) -> dict[str, Any]:
        """How far reviewers agree, by now."""
        if self._agreement_cache[0] != len(self.log):
            self._agreement_cache = len(self.log), list(map(str, reviewer_agreements(self.stacks.standing())))
        return {"agreements": self._agreement_cache[1]}

    def _decision_marks(self, pair_ids: Iterable[str]) -> dict[int, tuple[str, str]]:
        """By row: what this reviewer decided (accept, edit, reject or nothing), and what others did."""
        return {self.row_of[pair_id]: self._marks(pair_id) for pair_id in set(pair_ids) if pair_id in self.row_of}

    def _marks(self, pair_id: str) -> tuple[str, str]:
        decisions = self.stacks.decisions_about(pair_id)
        own_decision = decisions.pop(self.reviewer, None)
        return _mark(own_decision), ", ".join(
            f"{reviewer}: {_mark(decision)}" for reviewer, decision in decisions.items()
        )

    def _stale_decisions(self) -> list[str]:
        missing = [pair for pair in self.stacks.standing() if pair not in self.row_of]
        changed = [
            pair
            for pair, standing in self.stacks.standing().items()
            if pair in self.row_of
            and all(decision.question_hash != question_hash(self._row(pair).pair) for decision in standing.values())
        ]
        if self._documents is not None:
            missing = []
        stale = [("are for pairs that are gone", missing), ("are for pairs that ask something else now", changed)]
        return [
            f"{counted(len(pair_ids), 'decision')} {stale_text}; they stay in {self.file.name}: "
            f"{', '.join(pair_ids[:IDS_NAMED])}"
            for stale_text, pair_ids in stale
            if pair_ids
        ]

    def details(self, pair_id: str) -> dict[str, Any]:
        """A pair with its chunks, the evidence marked in them. Raises RequestRefused for no such pair."""
        review_row = self._row(pair_id)
        pair = review_row.pair
        standing = self.stacks.decisions_about(pair_id)
        final = apply_decision(pair, standing.get(self.reviewer))
        return {
            "pair": {**msgspec.structs.asdict(final), "evidence": [quote_in_words(quote) for quote in final.evidence]},
            "evidence_figures": [figure_file(quote, pair.document) for quote in final.evidence],
            "state": row_state(review_row),
            "reason": review_row.reason.replace("_", " "),
            "detail": review_row.detail,
            "question_hash": question_hash(pair),
            "lines": self.stacks.line_count(pair_id, self.reviewer),
            "decisions": [
                {**msgspec.structs.asdict(decision), "mark": _mark(decision)} for decision in standing.values()
            ],
            "chunks": [self._chunk_pieces(pair, chunk) for chunk in pair.chunks if chunk],
        }

    def _chunk_pieces(self, pair: Pair, chunk_id: str) -> dict[str, Any]:
        chunk = self._chunk(pair.document, chunk_id)
        if chunk is None:
            return {"id": chunk_id, "title": chunk_id, "pieces": [], "missing": True}
        grounds = SourceText(chunk.text, chunk.language)
        evidence_spans = [span for quote in pair.evidence if (span := grounds.find(quote))]
        chunk_title = " › ".join(chunk.headings) or chunk.document
        chunk_pages = f", page {', '.join(map(str, chunk.pages))}" if chunk.pages else ""
        return {
            "id": chunk_id,
            "title": f"{chunk_title}{chunk_pages}",
            "pieces": figure_pieces(chunk, evidence_spans),
            "missing": False,
        }

    def _chunk(self, document: str, chunk_id: str) -> Chunk | None:
        if document not in self._chunks:
            chunk_file = self.data.path("chunks", f"{document}.jsonl")
            self.data.fetch([chunk_file])
            try:
                chunks = read_jsonl(chunk_file, Chunk)
            except BadRecord:
                chunks = []
            self._chunks = {document: {chunk.id: chunk for chunk in chunks}}  # of one document at a time
        return self._chunks[document].get(chunk_id)

    def search(self, query: str) -> list[int]:
        """Rows that hold all words of `query` in question, answer, criteria, evidence, id or a rejection's reason."""
        if self._haystack is None:
            self._haystack = ["\n".join(searched_texts(review_row)).casefold() for review_row in self.rows]
        query_words = query.casefold().split()
        return [
            row_index
            for row_index, haystack in enumerate(self._haystack)
            if all(query_word in haystack for query_word in query_words)
        ]

    def changes(self, since: int) -> dict[str, Any]:
        """What was decided since line `since` here or elsewhere, and whether the run was written anew."""
        self._reread()
        pair_ids = [decision.pair for decision in self.log[since:]] if since <= len(self.log) else list(self.row_of)
        written = self._run_signature() != self._signature
        return {"at": len(self.log), "decided": self._decision_marks(pair_ids), "written": written, **self.tally()}

    def _reread(self) -> None:
        """Read the file of decisions again where another process has written it."""
        decisions_size = self.file.stat().st_size if self.file.exists() else 0
        if decisions_size != self._file_size:
            self._read_decisions()

    # What the page does

    def decide(self, ask: DecisionRequest) -> dict[str, Any]:
        """Write one decision and return what the row shows then. Raises RequestRefused, OSError."""
        self._reread()
        pair = self._row(ask.pair).pair
        if ask.question_hash != question_hash(pair):
            raise RequestRefused("the pair has changed since this page read it; press R to read the run again", 409)
        if ask.lines != self.stacks.line_count(ask.pair, self.reviewer):
            raise RequestRefused("you decided about this pair in another window; it is shown as it stands now", 409)
        current_decision = self.stacks.decisions_about(ask.pair).get(self.reviewer)
        if ask.verdict == "undo" and current_decision is None:
            raise RequestRefused("there is no decision of yours to undo", 409)
        decision = self._decision(pair, ask, current_decision)
        self._file_size += append_decisions(self.file, [decision])
        self.log.append(decision)
        self.stacks.add(decision)
        self._reread()  # what another process wrote meanwhile
        return {"row": self.row_of[ask.pair], "marks": self._marks(ask.pair), "at": len(self.log), **self.tally()}

    def _decision(self, pair: Pair, ask: DecisionRequest, current_decision: Decision | None) -> Decision:
        verdict = ask.verdict
        edited: dict[str, Any] = {}
        if verdict in ("accept", "edit"):
            verdict, edited = acceptance(
                apply_decision(pair, current_decision), current_decision, trim_edits(ask.edited)
            )
            if problem := incomplete_reason(pair, edited):
                raise RequestRefused(f"not accepted: {problem}", 422)
        return decision_of(pair, self.reviewer, verdict, ask.reason, edited)

    def _row(self, pair_id: str) -> Candidate:
        if pair_id not in self.row_of:
            raise RequestRefused(f"there is no pair {pair_id} in {self.run}", 404)
        return self.rows[self.row_of[pair_id]]

    def _tags_by_pair(self) -> dict[str, list[str]]:
        try:
            pair_tag_files = tag_files(self.data, self.run, self._tagger) if self.data.path("tags").is_dir() else []
            self.data.fetch(pair_tag_files)
            return {
                tagged_pair.id: tagged_pair.tags
                for pair_tag_file in pair_tag_files
                for tagged_pair in read_jsonl(pair_tag_file, Tags)
            }
        except BadRecord:
            return {}

    def _coverage_counts(self) -> dict[str, int]:
        """By pair: how many statements, rows and numbers it touches, where generation has counted them."""
        covered_counts: dict[str, int] = {}
        for document in self._documents or run_documents(self.data.path("qa", self.run)):
            coverage_file = self.data.path(*coverage_path_parts(self.run, document))
            for pair_id in _covering_pairs(coverage_file):
                covered_counts[pair_id] = covered_counts.get(pair_id, 0) + 1
        return covered_counts


def _mark(decision: Decision | None) -> str:
    return decision.verdict if decision else ""


def _covering_pairs(coverage_file: Path) -> list[str]:
    if not coverage_file.exists():
        return []
    try:
        coverage = read_json(coverage_file, DocumentCoverage)
    except BadRecord:
        return []
    return [pair_id for chunk in coverage.chunks for span in chunk.spans for pair_id in span.touched_by]
