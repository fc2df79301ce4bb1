"""All pairs of a run: those that were turned down beside those that were kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import msgspec

from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.run_files import MERGED, nearest_run, run_documents
from groundwork.data_folder.spread_folders import file_path
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import BadRecord, UsageError
from groundwork.records import Chunk, Difficulty, Pair, Rejected

T = TypeVar("T")


@dataclass(frozen=True)
class Candidate:
    """A pair and where it stands. `stage` turned it down, "" where it was kept."""

    pair: Pair
    stage: Literal["", "generation", "curation"] = ""
    reason: str = ""
    detail: str = ""


def run_candidates(data: Workspace, run: str, documents: Iterable[str] | None = None) -> list[Candidate]:
    """Every pair of a run, by document, in the order of its files. Raises UsageError for no such run, BadRecord."""
    run_folder = data.path("qa", run)
    if not run_folder.is_dir():
        raise UsageError(f"{run}: no such run in {data.path('qa')}; {nearest_run(run, data)}")
    run_document_names = run_documents(run_folder) if documents is None else list(documents)
    drafted_documents = [
        name for name in run_document_names if _has_rejected_pairs(file_path(run_folder / "rejected", f"{name}.jsonl"))
    ]
    data.fetch(data.path("chunks", f"{name}.jsonl") for name in drafted_documents)
    return [candidate for name in run_document_names for candidate in _document_candidates(run_folder, name)]


def _has_rejected_pairs(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _document_candidates(run_folder: Path, document: str) -> Iterator[Candidate]:
    curated_pairs = {
        pair.id: pair for pair in _pair_records(file_path(run_folder / "curated", f"{document}.jsonl"), Pair)
    }
    curation_rejects = {
        candidate.pair.id: candidate
        for rejected in _pair_records(file_path(run_folder / "curated" / "rejected", f"{document}.jsonl"), Rejected)
        for candidate in [Candidate(rejected_pair(rejected), "curation", rejected.reason, rejected.detail)]
    }
    for pair in _pair_records(file_path(run_folder, f"{document}.jsonl"), Pair):
        yield (
            curation_rejects.pop(pair.id)
            if pair.id in curation_rejects
            else Candidate(curated_pairs.pop(pair.id, pair))
        )
    yield from (Candidate(pair) for pair in curated_pairs.values())
    judged = curated_pairs.keys() | curation_rejects.keys()
    yield from (candidate for candidate in generation_rejects(run_folder, document) if candidate.pair.id not in judged)
    yield from curation_rejects.values()


def generation_rejects(run_folder: Path, document: str) -> list[Candidate]:
    """What generation or the merge turned down of a document of the run in `run_folder`; of two that are the same,
    one."""
    check_name = "merge" if (run_folder / MERGED).exists() else "generation"
    rejected_drafts = _pair_records(file_path(run_folder / "rejected", f"{document}.jsonl"), Rejected)
    draft_chunks = _chunks_of_drafts(run_folder, document) if rejected_drafts else {}
    rejects_by_id = {}
    for rejected in rejected_drafts:
        pair = _with_chunk_fields(rejected_pair(rejected), draft_chunks, run_folder.name)
        rejection_reason = f"{rejected.reason}: {rejected.detail}" if rejected.detail else rejected.reason
        rejecting_check = {"score": 0.0, "passed": False, "why": rejection_reason, "checker": "rule"}
        pair = msgspec.structs.replace(pair, checks={**pair.checks, check_name: rejecting_check})
        rejects_by_id[pair.id] = Candidate(pair, "generation", rejected.reason, rejected.detail)
    return list(rejects_by_id.values())


def _chunks_of_drafts(folder: Path, document: str) -> dict[str, Chunk]:
    try:
        return {
            chunk.id: chunk
            for chunk in _pair_records(file_path(folder.parents[1] / "chunks", f"{document}.jsonl"), Chunk)
        }
    except BadRecord:
        return {}


def _with_chunk_fields(pair: Pair, chunks: Mapping[str, Chunk], run: str) -> Pair:
    """A draft with what generation adds to those it keeps: pages and headings of its chunk, and who wrote it."""
    chunk = chunks.get(pair.chunk)
    return msgspec.structs.replace(
        pair,
        pages=pair.pages or (chunk.pages if chunk else []),
        headings=pair.headings or (chunk.headings if chunk else []),
        model=pair.model or run,
    )


def _pair_records(path: Path, kind: type[T]) -> list[T]:
    return read_jsonl(path, kind) if path.exists() else []


def rejected_pair(rejected: Rejected) -> Pair:
    """The pair that was turned down; what a draft lacks stays empty, and its id hangs on chunk and content."""
    rejected_fields = rejected.pair
    rejected_json = msgspec.json.encode(rejected_fields, order="sorted")
    id_prefix = rejected.chunk or rejected.document
    difficulty = rejected_fields.get("difficulty")
    return Pair(
        id=_text_field(rejected_fields.get("id")) or f"{id_prefix}-{hashlib.sha256(rejected_json).hexdigest()[:12]}",
        document=rejected.document,
        chunk=rejected.chunk,
        iteration=rejected.iteration,
        question=_text_field(rejected_fields.get("question")).strip(),
        evaluation_criteria=_text_list_field(rejected_fields.get("evaluation_criteria")),
        answer=_text_field(rejected_fields.get("answer")).strip(),
        difficulty=difficulty if difficulty in get_args(Difficulty) else "medium",  # type: ignore[arg-type]  # as just seen
        category=_text_field(rejected_fields.get("category")),
        evidence=_text_list_field(rejected_fields.get("evidence")),
        model=_text_field(rejected_fields.get("model")),
        pages=[page for page in _list_field(rejected_fields.get("pages")) if isinstance(page, int)],
        headings=_text_list_field(rejected_fields.get("headings")),
        original_question=_text_field(rejected_fields.get("original_question")),
        original_answer=_text_field(rejected_fields.get("original_answer")),
        original_criteria=_text_list_field(rejected_fields.get("original_criteria")),
        checks=rejected_fields["checks"] if isinstance(rejected_fields.get("checks"), dict) else {},
        also=_text_list_field(rejected_fields.get("also")),
    )


def _text_field(pair_field: Any) -> str:
    return pair_field if isinstance(pair_field, str) else ""


def _text_list_field(pair_field: Any) -> list[str]:
    return [text.strip() for text in _list_field(pair_field) if isinstance(text, str) and text.strip()]


def _list_field(pair_field: Any) -> list[Any]:
    return pair_field if isinstance(pair_field, list) else []
