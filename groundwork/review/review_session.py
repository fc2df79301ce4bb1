"""The session behind the review page: the pairs of one run, their chunks, and one reviewer's decisions.

A decision is checked as it was written, and becomes the line of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.data_folder.runs.kept_and_rejected_pairs import Candidate, run_candidates
from groundwork.data_folder.runs.review_decisions import (
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
from groundwork.data_folder.runs.run_files import coverage_path_parts, merged_from, run_documents, run_tag_files
from groundwork.data_folder.spread_folders import folder_files
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import BadRecord, GroundworkError
from groundwork.markdown.figures import quote_in_words
from groundwork.message_wording import counted
from groundwork.records import Chunk, DocumentCoverage, Pair, Tags
from groundwork.review.marked_evidence import chunk_with_marked_evidence, evidence_figure_file
from groundwork.review.review_columns import review_columns, review_row_state, searched_pair_texts

MAX_EDIT_CHARACTERS = 100_000  # of a text that a reviewer writes
MAX_PAIR_IDS_NAMED = 20  # decisions for pairs that are gone which the page names


class ReviewRefused(GroundworkError):
    """A decision that was not written; `status` is HTTP's."""

    def __init__(self, refusal: str, status: int) -> None:
        super().__init__(refusal)
        self.status = status


def check_reviewed_document(document: str) -> None:
    """Raises ReviewRefused for what can be no document's name."""
    if not document or Path(document).name != document:
        raise ReviewRefused(f"{document!r} is no document", 404)


def new_decision(pair: Pair, reviewer: str, verdict: DecisionKind, reason: str, edited: dict[str, Any]) -> Decision:
    """The line of a decision made now."""
    return Decision(
        time=utc_now(),
        reviewer=reviewer,
        pair=pair.id,
        document=pair.document,
        question_hash=question_hash(pair),
        verdict=verdict,
        reason=reason.strip()[:MAX_EDIT_CHARACTERS],
        edited=edited,
    )


def trim_edited_texts(reviewer_edits: dict[str, Any]) -> dict[str, Any]:
    """The texts that a reviewer wrote, trimmed. Raises ReviewRefused for other fields and for what is no text."""
    reviewer_fields: dict[str, Any] = {}
    for reviewed_field, edited_value in reviewer_edits.items():
        reviewer_texts = edited_value if reviewed_field == "evaluation_criteria" else [edited_value]
        if (
            reviewed_field not in EDITABLE
            or not isinstance(reviewer_texts, list)
            or not all(isinstance(reviewer_text, str) for reviewer_text in reviewer_texts)
        ):
            raise ReviewRefused(f"{reviewed_field}: cannot be edited so", 422)
        if sum(map(len, reviewer_texts)) > MAX_EDIT_CHARACTERS:
            raise ReviewRefused(f"{reviewed_field}: longer than {MAX_EDIT_CHARACTERS:,} characters", 422)
        trimmed = [reviewer_text.strip() for reviewer_text in reviewer_texts if reviewer_text.strip()]
        reviewer_fields[reviewed_field] = trimmed if reviewed_field == "evaluation_criteria" else "".join(trimmed)
    return reviewer_fields


def accepting_verdict(
    reviewed_pair: Pair, reviewer_decision: Decision | None, reviewer_texts: dict[str, Any]
) -> tuple[DecisionKind, dict[str, Any]]:
    """(verdict, edited) of accepting a pair as it is shown, or as the reviewer has written it anew."""
    current_edits, reviewed_edits = edited_fields(reviewed_pair, {}), edited_fields(reviewed_pair, reviewer_texts)
    was_edited = reviewer_decision is not None and reviewer_decision.verdict == "edit"
    return "edit" if reviewed_edits != current_edits or was_edited else "accept", reviewed_edits


def apply_reviewer_decision(pair: Pair, reviewer_decision: Decision | None) -> Pair:
    """The pair as a reviewer accepted it; as it stands where that is not so."""
    if reviewer_decision is None or not reviewer_decision.accepts:
        return pair
    is_same_question = reviewer_decision.question_hash == question_hash(pair)
    return apply_edits(pair, reviewer_decision.edited) if is_same_question else pair


def incomplete_pair_reason(reviewed_pair: Pair, reviewer_edits: dict[str, Any]) -> str:
    """What a pair that is accepted with these edits lacks, or ""."""
    if not reviewed_pair.question:
        return "the model gave no question; ask again with generate_qa"
    reviewer_pair = apply_edits(reviewed_pair, reviewer_edits)
    missing_fields = [
        reviewed_field
        for reviewed_field, pair_text in (("question", reviewer_pair.question), ("answer", reviewer_pair.answer))
        if not pair_text.strip()
    ]
    missing_fields += [] if reviewer_pair.evaluation_criteria else ["evaluation criterion"]
    return f"it has no {' and no '.join(missing_fields)}; press e to write it" if missing_fields else ""


class DecisionRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the page sends. `lines`: how many lines of the reviewer about the pair it had seen."""

    pair: str
    verdict: DecisionKind
    question_hash: str
    lines: int
    reason: str = ""
    edited: dict[str, Any] = {}


class ReviewSession:
    """A run under review. Reads its files when it is made and by `load_run`; what is decided is written at once."""

    def __init__(
        self, data: Workspace, run: str, reviewer: str, documents: Sequence[str] | None = None, tagger: str = ""
    ) -> None:
        self.data, self.run, self.reviewer = data, run, reviewer
        self._documents, self._tagger = documents, tagger
        self.decisions_path = decisions_file(data, run)
        self.load_run()

    def load_run(self) -> None:
        """Read the run as it stands now. Raises UsageError for no such run, BadRecord."""
        self.data.fetch([self.data.path("qa", self.run)])
        self._signature = self._review_files_signature()
        self.review_rows: list[Candidate] = run_candidates(self.data, self.run, self._documents)
        self.review_row_numbers = {row.pair.id: row_number for row_number, row in enumerate(self.review_rows)}
        self._chunks: dict[str, dict[str, Chunk]] = {}
        self._searched_texts_by_row: list[str] | None = None
        self._read_review_log()

    def _read_review_log(self) -> None:
        self._review_log_size = self.decisions_path.stat().st_size if self.decisions_path.exists() else 0
        self.review_log, self.warnings = read_decisions(self.decisions_path)
        self.review_stacks = DecisionStacks(self.review_log)
        self._reviewer_agreement_cache: tuple[int, list[str]] = (-1, [])

    def _review_files_signature(self) -> tuple[tuple[str, int, int], ...]:
        reviewed_run = self.data.path("qa", self.run)
        reviewed_folders = [reviewed_run / part for part in ("", "rejected", "curated", "curated/rejected")]
        reviewed_files = [
            reviewed_file
            for reviewed_folder in reviewed_folders
            for reviewed_file in folder_files(reviewed_folder, ".jsonl")
            if reviewed_file != self.decisions_path
        ]
        return tuple(
            (str(reviewed_file), reviewed_file.stat().st_mtime_ns, reviewed_file.stat().st_size)
            for reviewed_file in reviewed_files
            if reviewed_file.exists()
        )

    # What the page shows

    def review_table(self) -> dict[str, Any]:
        """Everything that the table needs, a list a column; values that repeat are indices into `values`."""
        return {
            "run": self.run,
            "reviewer": self.reviewer,
            "count": len(self.review_rows),
            "at": len(self.review_log),
            "warnings": [*self.warnings, *self._stale_decision_warnings()],
            **review_columns(self.review_rows, self._tags_by_reviewed_pair(), self._review_coverage()),
            **self.agreement_tally(),
            "decided": self._review_marks_by_row(decision.pair for decision in self.review_log),
        }

    def agreement_tally(self) -> dict[str, Any]:
        """How far reviewers agree, by now."""
        if self._reviewer_agreement_cache[0] != len(self.review_log):
            self._reviewer_agreement_cache = (
                len(self.review_log),
                list(map(str, reviewer_agreements(self.review_stacks.standing()))),
            )
        return {"agreements": self._reviewer_agreement_cache[1]}

    def _review_marks_by_row(self, reviewed_ids: Iterable[str]) -> dict[int, tuple[str, str]]:
        """By row: what this reviewer decided (accept, edit, reject or nothing), and what others did."""
        return {
            self.review_row_numbers[reviewed_id]: self._review_marks(reviewed_id)
            for reviewed_id in set(reviewed_ids)
            if reviewed_id in self.review_row_numbers
        }

    def _review_marks(self, reviewed_id: str) -> tuple[str, str]:
        decisions = self.review_stacks.decisions_about(reviewed_id)
        own_decision = decisions.pop(self.reviewer, None)
        return _review_mark(own_decision), ", ".join(
            f"{reviewer}: {_review_mark(decision)}" for reviewer, decision in decisions.items()
        )

    def _stale_decision_warnings(self) -> list[str]:
        reviewed_pairs_gone = [pair for pair in self.review_stacks.standing() if pair not in self.review_row_numbers]
        reviewed_pairs_changed = [
            pair
            for pair, standing_decisions in self.review_stacks.standing().items()
            if pair in self.review_row_numbers
            and all(
                review_decision.question_hash != question_hash(self._review_row(pair).pair)
                for review_decision in standing_decisions.values()
            )
        ]
        if self._documents is not None:
            reviewed_pairs_gone = []
        stale_reviews = [
            ("are for pairs that are gone", reviewed_pairs_gone),
            ("are for pairs that ask something else now", reviewed_pairs_changed),
        ]
        return [
            f"{counted(len(reviewed_ids), 'decision')} {stale_review}; they stay in {self.decisions_path.name}: "
            f"{', '.join(reviewed_ids[:MAX_PAIR_IDS_NAMED])}"
            for stale_review, reviewed_ids in stale_reviews
            if reviewed_ids
        ]

    def reviewed_pair_details(self, pair_id: str) -> dict[str, Any]:
        """A pair with its chunks, the evidence marked in them. Raises ReviewRefused for no such pair."""
        review_row = self._review_row(pair_id)
        pair = review_row.pair
        reviewer_decisions = self.review_stacks.decisions_about(pair_id)
        reviewed_pair = apply_reviewer_decision(pair, reviewer_decisions.get(self.reviewer))
        return {
            "pair": {
                **msgspec.structs.asdict(reviewed_pair),
                "evidence": [quote_in_words(quote) for quote in reviewed_pair.evidence],
            },
            "evidence_figures": [evidence_figure_file(quote, pair.document) for quote in reviewed_pair.evidence],
            "state": review_row_state(review_row),
            "reason": review_row.reason.replace("_", " "),
            "detail": review_row.detail,
            "question_hash": question_hash(pair),
            "lines": self.review_stacks.line_count(pair_id, self.reviewer),
            "decisions": [
                {**msgspec.structs.asdict(review_decision), "mark": _review_mark(review_decision)}
                for review_decision in reviewer_decisions.values()
            ],
            "chunks": [
                chunk_with_marked_evidence(chunk_id, self._reviewed_chunk(pair.document, chunk_id), pair.evidence)
                for chunk_id in pair.chunks
                if chunk_id
            ],
        }

    def _reviewed_chunk(self, document: str, chunk_id: str) -> Chunk | None:
        if document not in self._chunks:
            reviewed_file = self.data.path("chunks", f"{document}.jsonl")
            self.data.fetch([reviewed_file])
            try:
                reviewed_chunks = read_jsonl(reviewed_file, Chunk)
            except BadRecord:
                reviewed_chunks = []
            self._chunks = {document: {chunk.id: chunk for chunk in reviewed_chunks}}  # of one document at a time
        return self._chunks[document].get(chunk_id)

    def search_pairs(self, query: str) -> list[int]:
        """Rows that hold all words of `query` in question, answer, criteria, evidence, id or a rejection's reason."""
        if self._searched_texts_by_row is None:
            self._searched_texts_by_row = ["\n".join(searched_pair_texts(row)).casefold() for row in self.review_rows]
        reviewer_words = query.casefold().split()
        return [
            row_index
            for row_index, review_text in enumerate(self._searched_texts_by_row)
            if all(query_word in review_text for query_word in reviewer_words)
        ]

    def changes_since(self, since: int) -> dict[str, Any]:
        """What was decided since line `since` here or elsewhere, and whether the run was written anew."""
        self._reread_review_log()
        reviewed_ids = (
            [decision.pair for decision in self.review_log[since:]]
            if since <= len(self.review_log)
            else list(self.review_row_numbers)
        )
        is_run_rewritten = self._review_files_signature() != self._signature
        return {
            "at": len(self.review_log),
            "decided": self._review_marks_by_row(reviewed_ids),
            "written": is_run_rewritten,
            **self.agreement_tally(),
        }

    def _reread_review_log(self) -> None:
        """Read the file of decisions again where another process has written it."""
        reviewed_size = self.decisions_path.stat().st_size if self.decisions_path.exists() else 0
        if reviewed_size != self._review_log_size:
            self._read_review_log()

    # What the page does

    def decide(self, decision_request: DecisionRequest) -> dict[str, Any]:
        """Write one decision and return what the row shows then. Raises ReviewRefused, OSError."""
        self._reread_review_log()
        reviewed_pair = self._review_row(decision_request.pair).pair
        if decision_request.question_hash != question_hash(reviewed_pair):
            raise ReviewRefused("the pair has changed since this page read it; press R to read the run again", 409)
        if decision_request.lines != self.review_stacks.line_count(decision_request.pair, self.reviewer):
            raise ReviewRefused("you decided about this pair in another window; it is shown as it stands now", 409)
        reviewer_decision = self.review_stacks.decisions_about(decision_request.pair).get(self.reviewer)
        if decision_request.verdict == "undo" and reviewer_decision is None:
            raise ReviewRefused("there is no decision of yours to undo", 409)
        review_decision = self._reviewer_decision(reviewed_pair, decision_request, reviewer_decision)
        self._review_log_size += append_decisions(self.decisions_path, [review_decision])
        self.review_log.append(review_decision)
        self.review_stacks.add(review_decision)
        self._reread_review_log()  # what another process wrote meanwhile
        return {
            "row": self.review_row_numbers[decision_request.pair],
            "marks": self._review_marks(decision_request.pair),
            "at": len(self.review_log),
            **self.agreement_tally(),
        }

    def _reviewer_decision(
        self, reviewed_pair: Pair, decision_request: DecisionRequest, standing_decision: Decision | None
    ) -> Decision:
        review_verdict = decision_request.verdict
        reviewer_edits: dict[str, Any] = {}
        if review_verdict in ("accept", "edit"):
            review_verdict, reviewer_edits = accepting_verdict(
                apply_reviewer_decision(reviewed_pair, standing_decision),
                standing_decision,
                trim_edited_texts(decision_request.edited),
            )
            if problem := incomplete_pair_reason(reviewed_pair, reviewer_edits):
                raise ReviewRefused(f"not accepted: {problem}", 422)
        return new_decision(reviewed_pair, self.reviewer, review_verdict, decision_request.reason, reviewer_edits)

    def _review_row(self, pair_id: str) -> Candidate:
        if pair_id not in self.review_row_numbers:
            raise ReviewRefused(f"there is no pair {pair_id} in {self.run}", 404)
        return self.review_rows[self.review_row_numbers[pair_id]]

    def _tags_by_reviewed_pair(self) -> dict[str, list[str]]:
        try:
            review_files = run_tag_files(self.data, self.run, self._tagger) if self.data.path("tags").is_dir() else []
            self.data.fetch(review_files)
            return {
                reviewed_tags.id: reviewed_tags.tags
                for review_file in review_files
                for reviewed_tags in read_jsonl(review_file, Tags)
            }
        except BadRecord:
            return {}

    def _review_coverage(self) -> dict[str, int]:
        """By pair: how many statements, rows and numbers it touches, where generation has counted them.

        Pairs of a merged run are counted where they come from.
        """
        review_coverage: dict[str, int] = {}
        reviewed_runs = merged_from(self.data, self.run) or [self.run]
        reviewed_documents = self._documents or run_documents(self.data.path("qa", self.run))
        for reviewed_run, document in product(reviewed_runs, reviewed_documents):
            coverage_file = self.data.path(*coverage_path_parts(reviewed_run, document))
            for pair_id in _reviewed_pairs_in(coverage_file):
                review_coverage[pair_id] = review_coverage.get(pair_id, 0) + 1
        return review_coverage


def _review_mark(review_decision: Decision | None) -> str:
    return review_decision.verdict if review_decision else ""


def _reviewed_pairs_in(coverage_file: Path) -> list[str]:
    if not coverage_file.exists():
        return []
    try:
        review_coverage = read_json(coverage_file, DocumentCoverage)
    except BadRecord:
        return []
    return [pair_id for chunk in review_coverage.chunks for span in chunk.spans for pair_id in span.touched_by]
