"""The session behind the review page: the pairs of one run, their chunks, and one reviewer's decisions.

A decision is checked as it was written, and becomes the line of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.data_folder.runs.kept_and_rejected_pairs import Candidate, run_candidates
from groundwork.data_folder.runs.review_decisions import (
    BY_PERSON,
    Decision,
    DecisionKind,
    DecisionStacks,
    append_decisions,
    decisions_file,
    question_hash,
    read_decisions,
    reviewer_agreements,
)
from groundwork.data_folder.runs.run_files import (
    coverage_path_parts,
    merged_from,
    run_documents,
    run_tag_files,
)
from groundwork.data_folder.spread_folders import folder_files
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import BadRecord
from groundwork.markdown.figures import quote_in_words
from groundwork.message_wording import counted
from groundwork.records import Chunk, DocumentCoverage, Pair, Tags
from groundwork.review.marked_evidence import chunk_with_marked_evidence, figure_file
from groundwork.review.reviewer_edits import (
    RequestRefused,
    accepting_verdict,
    apply_reviewer_decision,
    incomplete_pair_reason,
    new_decision,
    trim_edited_texts,
)

MAX_PAIR_IDS_NAMED = 20  # decisions for pairs that are gone which the page names


def review_columns(
    review_rows: Sequence[Candidate], tags: Mapping[str, Sequence[str]], covered: Mapping[str, int]
) -> dict[str, Any]:
    """A list a column; `tags` and `covered` (how much a pair asks about) are by its id.

    Values that repeat are indices into `values`.
    """
    column_pairs = [review_row.pair for review_row in review_rows]
    return {
        "question": [pair.question for pair in column_pairs],
        "iteration": [pair.iteration for pair in column_pairs],
        "length": [len(pair.answer) for pair in column_pairs],
        "covers": [covered.get(pair.id, 0) for pair in column_pairs],
        "tags": _indexed_pair_list_column([tags.get(pair.id, []) for pair in column_pairs]),
        "document": _indexed_pair_column([pair.document for pair in column_pairs]),
        "section": _indexed_pair_column([" › ".join(pair.headings) for pair in column_pairs]),
        "state": _indexed_pair_column([review_row_state(review_row) for review_row in review_rows]),
        "check": _indexed_pair_column([_failed_check_of_row(review_row) for review_row in review_rows]),
        "reason": _indexed_pair_column([review_row.reason.replace("_", " ") for review_row in review_rows]),
        "difficulty": _indexed_pair_column([pair.difficulty for pair in column_pairs]),
        "category": _indexed_pair_column([pair.category for pair in column_pairs]),
        "orders": {
            "question": _pair_column_order([pair.question for pair in column_pairs]),
            "tags": _pair_column_order([" ".join(tags.get(pair.id, [])) for pair in column_pairs]),
        },
    }


def review_row_state(review_row: Candidate) -> str:
    return "rejected" if review_row.stage else "edited" if _is_edited_by_person(review_row.pair) else "kept"


def _is_edited_by_person(pair: Pair) -> bool:
    return BY_PERSON in pair.checks and bool(pair.original_question or pair.original_answer or pair.original_criteria)


def _failed_check_of_row(review_row: Candidate) -> str:
    failed_checks = [
        check_name
        for check_name, check_column in review_row.pair.checks.items()
        if not check_column.get("passed", True)
    ]
    return (failed_checks or [""])[0].replace("_", " ")


def searched_pair_texts(review_row: Candidate) -> list[str]:
    pair = review_row.pair
    return [pair.id, pair.question, pair.answer, *pair.evaluation_criteria, *pair.evidence, review_row.detail]


def _pair_column_order(column_texts: Sequence[str]) -> list[int]:
    """The rows by their text, whatever its case, those without one last."""
    return sorted(range(len(column_texts)), key=lambda row: (not column_texts[row], column_texts[row].casefold()))


def _indexed_pair_column(column_values: Sequence[str]) -> dict[str, Any]:
    column_value_indices = {column_value: index for index, column_value in enumerate(dict.fromkeys(column_values))}
    return {
        "values": list(column_value_indices),
        "index": [column_value_indices[column_value] for column_value in column_values],
    }


def _indexed_pair_list_column(lists: Sequence[Sequence[str]]) -> dict[str, Any]:
    column_value_indices = {
        column_value: index
        for index, column_value in enumerate(dict.fromkeys(text for values in lists for text in values))
    }
    return {
        "values": list(column_value_indices),
        "index": [[column_value_indices[column_value] for column_value in values] for values in lists],
    }


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
        self._signature = self._run_files_signature()
        self.review_rows: list[Candidate] = run_candidates(self.data, self.run, self._documents)
        self.row_by_pair = {review_row.pair.id: row_number for row_number, review_row in enumerate(self.review_rows)}
        self._chunks: dict[str, dict[str, Chunk]] = {}
        self._searched_texts_by_row: list[str] | None = None
        self._read_decisions()

    def _read_decisions(self) -> None:
        self._decisions_file_size = self.decisions_path.stat().st_size if self.decisions_path.exists() else 0
        self.decision_log, self.warnings = read_decisions(self.decisions_path)
        self.decision_stacks = DecisionStacks(self.decision_log)
        self._reviewer_agreement_cache: tuple[int, list[str]] = (-1, [])

    def _run_files_signature(self) -> tuple[tuple[str, int, int], ...]:
        run = self.data.path("qa", self.run)
        folders_of_run = (run, run / "rejected", run / "curated", run / "curated" / "rejected")
        run_files = [
            run_file
            for run_folder in folders_of_run
            for run_file in folder_files(run_folder, ".jsonl")
            if run_file != self.decisions_path
        ]
        return tuple(
            (str(run_file), run_file.stat().st_mtime_ns, run_file.stat().st_size)
            for run_file in run_files
            if run_file.exists()
        )

    # What the page shows

    def table_columns(self) -> dict[str, Any]:
        """Everything that the table needs, a list a column; values that repeat are indices into `values`."""
        return {
            "run": self.run,
            "reviewer": self.reviewer,
            "count": len(self.review_rows),
            "at": len(self.decision_log),
            "warnings": [*self.warnings, *self._stale_decision_warnings()],
            **review_columns(self.review_rows, self._tags_by_pair(), self._coverage_counts()),
            **self.agreement_tally(),
            "decided": self._decision_marks_by_row(decision.pair for decision in self.decision_log),
        }

    def agreement_tally(self) -> dict[str, Any]:
        """How far reviewers agree, by now."""
        if self._reviewer_agreement_cache[0] != len(self.decision_log):
            self._reviewer_agreement_cache = (
                len(self.decision_log),
                list(map(str, reviewer_agreements(self.decision_stacks.standing()))),
            )
        return {"agreements": self._reviewer_agreement_cache[1]}

    def _decision_marks_by_row(self, pair_ids: Iterable[str]) -> dict[int, tuple[str, str]]:
        """By row: what this reviewer decided (accept, edit, reject or nothing), and what others did."""
        return {
            self.row_by_pair[pair_id]: self._decision_marks_about(pair_id)
            for pair_id in set(pair_ids)
            if pair_id in self.row_by_pair
        }

    def _decision_marks_about(self, pair_id: str) -> tuple[str, str]:
        decisions = self.decision_stacks.decisions_about(pair_id)
        own_decision = decisions.pop(self.reviewer, None)
        return _decision_mark(own_decision), ", ".join(
            f"{reviewer}: {_decision_mark(decision)}" for reviewer, decision in decisions.items()
        )

    def _stale_decision_warnings(self) -> list[str]:
        pairs_gone = [pair for pair in self.decision_stacks.standing() if pair not in self.row_by_pair]
        pairs_changed = [
            pair
            for pair, standing_decisions in self.decision_stacks.standing().items()
            if pair in self.row_by_pair
            and all(
                decision.question_hash != question_hash(self._row(pair).pair)
                for decision in standing_decisions.values()
            )
        ]
        if self._documents is not None:
            pairs_gone = []
        stale_pairs = [
            ("are for pairs that are gone", pairs_gone),
            ("are for pairs that ask something else now", pairs_changed),
        ]
        return [
            f"{counted(len(pair_ids), 'decision')} {stale_text}; they stay in {self.decisions_path.name}: "
            f"{', '.join(pair_ids[:MAX_PAIR_IDS_NAMED])}"
            for stale_text, pair_ids in stale_pairs
            if pair_ids
        ]

    def pair_details(self, pair_id: str) -> dict[str, Any]:
        """A pair with its chunks, the evidence marked in them. Raises RequestRefused for no such pair."""
        review_row = self._row(pair_id)
        pair = review_row.pair
        decisions_about_pair = self.decision_stacks.decisions_about(pair_id)
        decided_pair = apply_reviewer_decision(pair, decisions_about_pair.get(self.reviewer))
        return {
            "pair": {
                **msgspec.structs.asdict(decided_pair),
                "evidence": [quote_in_words(quote) for quote in decided_pair.evidence],
            },
            "evidence_figures": [figure_file(quote, pair.document) for quote in decided_pair.evidence],
            "state": review_row_state(review_row),
            "reason": review_row.reason.replace("_", " "),
            "detail": review_row.detail,
            "question_hash": question_hash(pair),
            "lines": self.decision_stacks.line_count(pair_id, self.reviewer),
            "decisions": [
                {**msgspec.structs.asdict(decision), "mark": _decision_mark(decision)}
                for decision in decisions_about_pair.values()
            ],
            "chunks": [
                chunk_with_marked_evidence(chunk_id, self._chunk(pair.document, chunk_id), pair.evidence)
                for chunk_id in pair.chunks
                if chunk_id
            ],
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

    def search_pairs(self, query: str) -> list[int]:
        """Rows that hold all words of `query` in question, answer, criteria, evidence, id or a rejection's reason."""
        if self._searched_texts_by_row is None:
            self._searched_texts_by_row = [
                "\n".join(searched_pair_texts(review_row)).casefold() for review_row in self.review_rows
            ]
        query_words = query.casefold().split()
        return [
            row_index
            for row_index, haystack in enumerate(self._searched_texts_by_row)
            if all(query_word in haystack for query_word in query_words)
        ]

    def changes_since(self, since: int) -> dict[str, Any]:
        """What was decided since line `since` here or elsewhere, and whether the run was written anew."""
        self._reread_decisions()
        pair_ids = (
            [decision.pair for decision in self.decision_log[since:]]
            if since <= len(self.decision_log)
            else list(self.row_by_pair)
        )
        is_run_rewritten = self._run_files_signature() != self._signature
        return {
            "at": len(self.decision_log),
            "decided": self._decision_marks_by_row(pair_ids),
            "written": is_run_rewritten,
            **self.agreement_tally(),
        }

    def _reread_decisions(self) -> None:
        """Read the file of decisions again where another process has written it."""
        decisions_size = self.decisions_path.stat().st_size if self.decisions_path.exists() else 0
        if decisions_size != self._decisions_file_size:
            self._read_decisions()

    # What the page does

    def decide(self, decision_request: DecisionRequest) -> dict[str, Any]:
        """Write one decision and return what the row shows then. Raises RequestRefused, OSError."""
        self._reread_decisions()
        pair = self._row(decision_request.pair).pair
        if decision_request.question_hash != question_hash(pair):
            raise RequestRefused("the pair has changed since this page read it; press R to read the run again", 409)
        if decision_request.lines != self.decision_stacks.line_count(decision_request.pair, self.reviewer):
            raise RequestRefused("you decided about this pair in another window; it is shown as it stands now", 409)
        current_decision = self.decision_stacks.decisions_about(decision_request.pair).get(self.reviewer)
        if decision_request.verdict == "undo" and current_decision is None:
            raise RequestRefused("there is no decision of yours to undo", 409)
        decision = self._decision(pair, decision_request, current_decision)
        self._decisions_file_size += append_decisions(self.decisions_path, [decision])
        self.decision_log.append(decision)
        self.decision_stacks.add(decision)
        self._reread_decisions()  # what another process wrote meanwhile
        return {
            "row": self.row_by_pair[decision_request.pair],
            "marks": self._decision_marks_about(decision_request.pair),
            "at": len(self.decision_log),
            **self.agreement_tally(),
        }

    def _decision(self, pair: Pair, decision_request: DecisionRequest, current_decision: Decision | None) -> Decision:
        verdict = decision_request.verdict
        edited: dict[str, Any] = {}
        if verdict in ("accept", "edit"):
            verdict, edited = accepting_verdict(
                apply_reviewer_decision(pair, current_decision),
                current_decision,
                trim_edited_texts(decision_request.edited),
            )
            if problem := incomplete_pair_reason(pair, edited):
                raise RequestRefused(f"not accepted: {problem}", 422)
        return new_decision(pair, self.reviewer, verdict, decision_request.reason, edited)

    def _row(self, pair_id: str) -> Candidate:
        if pair_id not in self.row_by_pair:
            raise RequestRefused(f"there is no pair {pair_id} in {self.run}", 404)
        return self.review_rows[self.row_by_pair[pair_id]]

    def _tags_by_pair(self) -> dict[str, list[str]]:
        try:
            pair_tag_files = run_tag_files(self.data, self.run, self._tagger) if self.data.path("tags").is_dir() else []
            self.data.fetch(pair_tag_files)
            return {
                tagged_pair.id: tagged_pair.tags
                for pair_tag_file in pair_tag_files
                for tagged_pair in read_jsonl(pair_tag_file, Tags)
            }
        except BadRecord:
            return {}

    def _coverage_counts(self) -> dict[str, int]:
        """By pair: how many statements, rows and numbers it touches, where generation has counted them.

        Pairs of a merged run are counted where they come from.
        """
        covered_counts: dict[str, int] = {}
        runs = merged_from(self.data, self.run) or [self.run]
        documents = self._documents or run_documents(self.data.path("qa", self.run))
        for run, document in product(runs, documents):
            coverage_file = self.data.path(*coverage_path_parts(run, document))
            for pair_id in _pairs_in_coverage(coverage_file):
                covered_counts[pair_id] = covered_counts.get(pair_id, 0) + 1
        return covered_counts


def _decision_mark(decision: Decision | None) -> str:
    return decision.verdict if decision else ""


def _pairs_in_coverage(coverage_file: Path) -> list[str]:
    if not coverage_file.exists():
        return []
    try:
        coverage = read_json(coverage_file, DocumentCoverage)
    except BadRecord:
        return []
    return [pair_id for chunk in coverage.chunks for span in chunk.spans for pair_id in span.touched_by]
