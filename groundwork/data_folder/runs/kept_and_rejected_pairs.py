"""All pairs of a run: those that were turned down beside those that were kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import msgspec

from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.run_lookup import MERGED, nearest_run, run_documents
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
    folder = data.path("qa", run)
    if not folder.is_dir():
        raise UsageError(f"{run}: no such run in {data.path('qa')}; {nearest_run(run, data)}")
    names = run_documents(folder) if documents is None else list(documents)
    drafted_documents = [name for name in names if _has_records(file_path(folder / "rejected", f"{name}.jsonl"))]
    data.fetch(data.path("chunks", f"{name}.jsonl") for name in drafted_documents)
    return [candidate for name in names for candidate in _document_candidates(folder, name)]


def _has_records(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _document_candidates(folder: Path, document: str) -> Iterator[Candidate]:
    curated = {pair.id: pair for pair in _records(file_path(folder / "curated", f"{document}.jsonl"), Pair)}
    rejects = {
        candidate.pair.id: candidate
        for rejected in _records(file_path(folder / "curated" / "rejected", f"{document}.jsonl"), Rejected)
        for candidate in [Candidate(rejected_pair(rejected), "curation", rejected.reason, rejected.detail)]
    }
    for pair in _records(file_path(folder, f"{document}.jsonl"), Pair):
        yield rejects.pop(pair.id) if pair.id in rejects else Candidate(curated.pop(pair.id, pair))
    yield from (Candidate(pair) for pair in curated.values())
    ids = curated.keys() | rejects.keys()
    yield from (candidate for candidate in generation_rejects(folder, document) if candidate.pair.id not in ids)
    yield from rejects.values()


def generation_rejects(folder: Path, document: str) -> list[Candidate]:
    """What generation or the merge turned down of a document of the run in `folder`; of two that are the same, one."""
    check_name = "merge" if (folder / MERGED).exists() else "generation"
    drafts = _records(file_path(folder / "rejected", f"{document}.jsonl"), Rejected)
    chunks = _chunks(folder, document) if drafts else {}
    by_id = {}
    for rejected in drafts:
        pair = _with_chunk_fields(rejected_pair(rejected), chunks, folder.name)
        why = f"{rejected.reason}: {rejected.detail}" if rejected.detail else rejected.reason
        check = {"score": 0.0, "passed": False, "why": why, "checker": "rule"}
        pair = msgspec.structs.replace(pair, checks={**pair.checks, check_name: check})
        by_id[pair.id] = Candidate(pair, "generation", rejected.reason, rejected.detail)
    return list(by_id.values())


def _chunks(folder: Path, document: str) -> dict[str, Chunk]:
    try:
        return {
            chunk.id: chunk for chunk in _records(file_path(folder.parents[1] / "chunks", f"{document}.jsonl"), Chunk)
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


def _records(path: Path, kind: type[T]) -> list[T]:
    return read_jsonl(path, kind) if path.exists() else []


def rejected_pair(rejected: Rejected) -> Pair:
    """The pair that was turned down; what a draft lacks stays empty, and its id hangs on chunk and content."""
    fields = rejected.pair
    content = msgspec.json.encode(fields, order="sorted")
    id_prefix = rejected.chunk or rejected.document
    difficulty = fields.get("difficulty")
    return Pair(
        id=_as_text(fields.get("id")) or f"{id_prefix}-{hashlib.sha256(content).hexdigest()[:12]}",
        document=rejected.document,
        chunk=rejected.chunk,
        iteration=rejected.iteration,
        question=_as_text(fields.get("question")).strip(),
        evaluation_criteria=_as_texts(fields.get("evaluation_criteria")),
        answer=_as_text(fields.get("answer")).strip(),
        difficulty=difficulty if difficulty in get_args(Difficulty) else "medium",  # type: ignore[arg-type]  # as just seen
        category=_as_text(fields.get("category")),
        evidence=_as_texts(fields.get("evidence")),
        model=_as_text(fields.get("model")),
        pages=[page for page in _as_list(fields.get("pages")) if isinstance(page, int)],
        headings=_as_texts(fields.get("headings")),
        original_question=_as_text(fields.get("original_question")),
        original_answer=_as_text(fields.get("original_answer")),
        original_criteria=_as_texts(fields.get("original_criteria")),
        checks=fields["checks"] if isinstance(fields.get("checks"), dict) else {},
        also=_as_texts(fields.get("also")),
    )


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _as_texts(value: Any) -> list[str]:
    return [text.strip() for text in _as_list(value) if isinstance(text, str) and text.strip()]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
