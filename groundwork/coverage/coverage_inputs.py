"""What coverage is drawn from beside the pairs: what models declined, chunks that match, the nearest statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from groundwork.console.stage_command import Job
from groundwork.coverage.document_coverage import Declined, FindNearest
from groundwork.data_folder.read_write import read_json
from groundwork.data_folder.runs.run_lookup import coverage_path_parts
from groundwork.embedding.encoder import Encoder, encoder_for
from groundwork.errors import BadRecord
from groundwork.records.chunk_record import Chunk
from groundwork.records.coverage_record import DocumentCoverage
from groundwork.settings.embedding_and_map_settings import STATIC_MODEL

LIKELY_COSINE = 0.45  # cosine from which the static embedder's nearest statement is taken for the question's own


def read_declined(job: Job, document: str, runs: Iterable[str]) -> dict[str, Declined]:
    """What the model of each run found nothing worth asking in, from the run's own coverage file where there is one."""
    declined_by_run: dict[str, Declined] = {}
    for run in runs:
        file = job.data.path(*coverage_path_parts(run, document))
        if file.exists():
            declined_by_run[run] = {
                chunk.chunk: {(span.start, span.end, span.kind): span.declined for span in chunk.spans if span.declined}
                for chunk in read_json(file, DocumentCoverage).chunks
            }
    return declined_by_run


def check_chunks_match(text: str, file: Path, chunks: Sequence[Chunk]) -> None:
    """Raise BadRecord where the chunks are not of this text, or not of all of it: what is covered would be counted at
    other places, or text that was added would count as nothing."""
    end = 0
    for chunk in chunks:
        if chunk.added + text[chunk.start : chunk.end] + chunk.closing != chunk.text:
            raise _changed(file, f"chunk {chunk.index + 1} stands elsewhere or nowhere")
        if text[end : chunk.start].strip():
            raise _changed(file, f"the text before chunk {chunk.index + 1} is in no chunk")
        end = max(end, chunk.end)
    if chunks and text[end:].strip():
        raise _changed(file, "the text behind the last chunk is in no chunk")


def _changed(file: Path, reason: str) -> BadRecord:
    return BadRecord(
        f"{file.name}: changed since it was chunked ({reason}); "
        "run first: uv run dataprep/chunk.py and uv run dataprep/generate_qa.py"
    )


def nearest_statement(job: Job) -> FindNearest:
    """By the static embedder, which needs no extra and no download: the statement that each question is about."""
    encoder: Encoder | None = None

    def nearest(questions: list[str], statements: list[str]) -> list[int]:
        nonlocal encoder
        encoder = encoder or _static_encoder(job)
        cosines = encoder.encode(questions, "query") @ encoder.encode(statements, "document").T
        nearest_rows = cosines.argmax(axis=1)
        return [int(k) if cosines[row, k] >= LIKELY_COSINE else -1 for row, k in enumerate(nearest_rows)]

    return nearest


def _static_encoder(job: Job) -> Encoder:
    settings = msgspec.structs.replace(job.config.embeddings, backend="static", model=STATIC_MODEL, dimensions=0)
    job.data.fetch_databases("embeddings")
    return encoder_for(settings, job.data.cache("embeddings"), joined=job.data.joined_cache("embeddings"))
