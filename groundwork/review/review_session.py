"""The session behind the review page: the pairs of one run, their chunks, and one reviewer's decisions.

A decision is checked as it was written, and becomes the line of the file. The table of pairs has its columns and
orders here; the text of a chunk comes in pieces, those of the evidence marked, and its figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from groundwork.data_folder.read_write import read_json, read_jsonl
from groundwork.data_folder.runs.decisions import (
    BY_PERSON,
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
from groundwork.data_folder.runs.kept_and_rejected_pairs import Candidate, run_candidates
from groundwork.data_folder.runs.run_lookup import coverage_path_parts, merged_from, run_documents, run_tag_files
from groundwork.data_folder.spread_folders import folder_files
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import BadRecord, GroundworkError
from groundwork.markdown.figures_and_picture_links import figures, is_figure, quote_in_words
from groundwork.markdown.quotes_and_facts_in_source import SourceText
from groundwork.message_wording import counted
from groundwork.records import Chunk, DocumentCoverage, Pair, Tags

MAX_EDIT_CHARACTERS = 100_000  # of a text that a reviewer writes


class RequestRefused(GroundworkError):
    """A decision that was not written; `status` is HTTP's."""

    def __init__(self, refusal: str, status: int) -> None:
        super().__init__(refusal)
        self.status = status


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


def trim_edited_texts(edited: dict[str, Any]) -> dict[str, Any]:
    """The texts that a reviewer wrote, trimmed. Raises RequestRefused for other fields and for what is no text."""
    trimmed_fields: dict[str, Any] = {}
    for pair_field, edited_value in edited.items():
        edited_texts = edited_value if pair_field == "evaluation_criteria" else [edited_value]
        if (
            pair_field not in EDITABLE
            or not isinstance(edited_texts, list)
            or not all(isinstance(edited_text, str) for edited_text in edited_texts)
        ):
            raise RequestRefused(f"{pair_field}: cannot be edited so", 422)
        if sum(map(len, edited_texts)) > MAX_EDIT_CHARACTERS:
            raise RequestRefused(f"{pair_field}: longer than {MAX_EDIT_CHARACTERS:,} characters", 422)
        trimmed = [edited_text.strip() for edited_text in edited_texts if edited_text.strip()]
        trimmed_fields[pair_field] = trimmed if pair_field == "evaluation_criteria" else "".join(trimmed)
    return trimmed_fields


def accepting_verdict(
    pair: Pair, current_decision: Decision | None, written: dict[str, Any]
) -> tuple[DecisionKind, dict[str, Any]]:
    """(verdict, edited) of accepting a pair as it is shown, or as the reviewer has written it anew."""
    current_edits, edited = edited_fields(pair, {}), edited_fields(pair, written)
    was_edited = current_decision is not None and current_decision.verdict == "edit"
    return "edit" if edited != current_edits or was_edited else "accept", edited


def apply_reviewer_decision(pair: Pair, current_decision: Decision | None) -> Pair:
    """The pair as a reviewer accepted it; as it stands where that is not so."""
    applies = (
        current_decision is not None
        and current_decision.accepts
        and current_decision.question_hash == question_hash(pair)
    )
    return apply_edits(pair, current_decision.edited) if current_decision is not None and applies else pair


def incomplete_pair_reason(pair: Pair, edited: dict[str, Any]) -> str:
    """What a pair that is accepted with these edits lacks, or ""."""
    if not pair.question:
        return "the model gave no question; ask again with generate_qa"
    edited_pair = apply_edits(pair, edited)
    missing_pair_fields = [
        pair_field
        for pair_field, pair_text in (("question", edited_pair.question), ("answer", edited_pair.answer))
        if not pair_text.strip()
    ]
    missing_pair_fields += [] if edited_pair.evaluation_criteria else ["evaluation criterion"]
    return f"it has no {' and no '.join(missing_pair_fields)}; press e to write it" if missing_pair_fields else ""


def split_chunk_pieces(chunk_text: str, evidence_spans: Iterable[tuple[int, int]]) -> list[tuple[str, bool]]:
    """`chunk_text` cut into (part, marked) at the spans; spans that overlap are one."""
    chunk_pieces: list[tuple[str, bool]] = []
    piece_start = 0
    for evidence_start, evidence_end in sorted(evidence_spans):
        evidence_start = max(evidence_start, piece_start)
        if evidence_end > evidence_start:
            chunk_pieces += [(chunk_text[piece_start:evidence_start], False)] * (evidence_start > piece_start) + [
                (chunk_text[evidence_start:evidence_end], True)
            ]
            piece_start = evidence_end
    return chunk_pieces + [(chunk_text[piece_start:], False)] * (piece_start < len(chunk_text))


def chunk_pieces_with_figures(
    chunk: Chunk, evidence_spans: Iterable[tuple[int, int]]
) -> list[tuple[str, bool] | tuple[str, bool, str]]:
    """The pieces of a chunk's text; a figure is a piece of its own, its caption with the file below data/text."""
    evidence_spans, chunk_pieces = list(evidence_spans), []
    piece_start = 0
    for figure in figures(chunk.text, chunk.document):
        chunk_pieces += _chunk_pieces_between(chunk.text, evidence_spans, piece_start, figure.start)
        is_evidence = any(start <= figure.start and figure.end <= end for start, end in evidence_spans)
        chunk_pieces.append((figure.caption, is_evidence, figure.file))
        piece_start = figure.end
    return [*chunk_pieces, *_chunk_pieces_between(chunk.text, evidence_spans, piece_start, len(chunk.text))]


def figure_file(quote: str, document: str) -> str:
    """The file of a quote of evidence that is a figure, or ""."""
    return next((figure.file for figure in figures(quote, document) if is_figure(quote)), "")


def _chunk_pieces_between(
    chunk_text: str, evidence_spans: Sequence[tuple[int, int]], start: int, end: int
) -> list[Any]:
    spans_inside = [(max(a, start) - start, min(b, end) - start) for a, b in evidence_spans if a < end and b > start]
    return split_chunk_pieces(chunk_text[start:end], spans_inside)


def review_columns(
    review_rows: Sequence[Candidate], tags: Mapping[str, Sequence[str]], covered: Mapping[str, int]
) -> dict[str, Any]:
    """A list a column; `tags` and `covered` (how much a pair asks about) are by its id.

    Values that repeat are indices into `values`.
    """
    reviewed_pairs = [review_row.pair for review_row in review_rows]
    return {
        "question": [pair.question for pair in reviewed_pairs],
        "iteration": [pair.iteration for pair in reviewed_pairs],
        "length": [len(pair.answer) for pair in reviewed_pairs],
        "covers": [covered.get(pair.id, 0) for pair in reviewed_pairs],
        "tags": _indexed_review_list_column([tags.get(pair.id, []) for pair in reviewed_pairs]),
        "document": _indexed_review_column([pair.document for pair in reviewed_pairs]),
        "section": _indexed_review_column([" › ".join(pair.headings) for pair in reviewed_pairs]),
        "state": _indexed_review_column([review_row_state(review_row) for review_row in review_rows]),
        "check": _indexed_review_column([_failed_check_of_row(review_row) for review_row in review_rows]),
        "reason": _indexed_review_column([review_row.reason.replace("_", " ") for review_row in review_rows]),
        "difficulty": _indexed_review_column([pair.difficulty for pair in reviewed_pairs]),
        "category": _indexed_review_column([pair.category for pair in reviewed_pairs]),
        "orders": {
            "question": _column_sort_order([pair.question for pair in reviewed_pairs]),
            "tags": _column_sort_order([" ".join(tags.get(pair.id, [])) for pair in reviewed_pairs]),
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


def _column_sort_order(column_texts: Sequence[str]) -> list[int]:
    """The rows by their text, whatever its case, those without one last."""
    return sorted(range(len(column_texts)), key=lambda row: (not column_texts[row], column_texts[row].casefold()))


def _indexed_review_column(review_values: Sequence[str]) -> dict[str, Any]:
    indices = {review_value: index for index, review_value in enumerate(dict.fromkeys(review_values))}
    return {"values": list(indices), "index": [indices[review_value] for review_value in review_values]}


def _indexed_review_list_column(lists: Sequence[Sequence[str]]) -> dict[str, Any]:
    indices = {
        review_value: index
        for index, review_value in enumerate(dict.fromkeys(text for values in lists for text in values))
    }
    return {"values": list(indices), "index": [[indices[review_value] for review_value in values] for values in lists]}


MAX_PAIR_IDS_NAMED = 20  # decisions for pairs that are gone which the page names


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
            "chunks": [self._chunk_with_marked_evidence(pair, chunk) for chunk in pair.chunks if chunk],
        }

    def _chunk_with_marked_evidence(self, pair: Pair, chunk_id: str) -> dict[str, Any]:
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
            "pieces": chunk_pieces_with_figures(chunk, evidence_spans),
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
