"""The vectors of a dataset's questions: `data/embeddings/<dataset>.npz`, and the encoder's cache behind it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from groundwork.data_folder.read_write import write_bytes
from groundwork.data_folder.workspace import Workspace
from groundwork.dataset.dataset_argument import DatasetSource
from groundwork.dataset.load_dataset import Dataset, load_dataset
from groundwork.embedding.encoder import Encoder, encoder_for
from groundwork.embedding.vector_types import Vectors
from groundwork.errors import UsageError
from groundwork.settings.config_schema import STATIC_MODEL

if TYPE_CHECKING:
    from groundwork.stage_runner.stage_command import Job


@dataclass(frozen=True)
class EmbeddedDataset:
    """A dataset and the vectors (n, d) of its questions, row by row."""

    dataset: Dataset
    vectors: Vectors


def job_encoder(job: Job) -> Encoder:
    """The encoder that the settings name, with the job's client where it is an endpoint's."""
    embedding_settings = job.config.embeddings
    endpoint_client = job.client if embedding_settings.backend == "endpoint" else None
    cache, joined_cache = job.data.cache("embeddings"), job.data.joined_cache("embeddings")
    return encoder_for(embedding_settings, cache, endpoint_client, joined_cache)


def static_encoder(job: Job) -> Encoder:
    """The embedder that needs no extra and no download, whatever model the settings name."""
    static_settings = msgspec.structs.replace(job.config.embeddings, backend="static", model=STATIC_MODEL, dimensions=0)
    return encoder_for(static_settings, job.data.cache("embeddings"), joined=job.data.joined_cache("embeddings"))


def vector_file(data: Workspace, vector_source: DatasetSource) -> Path:
    return data.path("embeddings", f"{vector_source.key}.npz")


async def embed_datasets(job: Job, vector_sources: list[DatasetSource]) -> list[EmbeddedDataset]:
    """The datasets with their vectors, embedding only what was never embedded.

    Raises UsageError when a dataset's current file in data/embeddings was made by another model.
    """
    encoder = job_encoder(job)
    vector_datasets = [load_dataset(vector_source) for vector_source in vector_sources]
    refuse_vectors_of_other_models(job.data, vector_datasets, encoder)
    job.progress.start(sum(len(vector_dataset.rows) for vector_dataset in vector_datasets), "questions embedded")
    count_embedded = job.progress.advance
    return [
        EmbeddedDataset(vector_dataset, await encoder.aencode(vector_dataset.questions, "query", count_embedded))
        for vector_dataset in vector_datasets
    ]


async def stream_embedded_datasets(job: Job, vector_sources: list[DatasetSource]) -> AsyncIterator[EmbeddedDataset]:
    """As `embed_datasets`, each dataset read once the one before is done with, so that one is in memory at a time."""
    encoder = job_encoder(job)
    for vector_source in vector_sources:
        streamed_dataset = load_dataset(vector_source, with_checks=True)
        refuse_vectors_of_other_models(job.data, [streamed_dataset], encoder)
        job.progress.start(len(streamed_dataset.rows), "questions embedded")
        question_vectors = await encoder.aencode(streamed_dataset.questions, "query", job.progress.advance)
        yield EmbeddedDataset(streamed_dataset, question_vectors)
        del streamed_dataset, question_vectors


def refuse_vectors_of_other_models(data: Workspace, vector_datasets: list[Dataset], encoder: Encoder) -> None:
    """Cosines of two models' vectors mean nothing, so their vectors never meet on one map."""
    for vector_dataset in vector_datasets:
        vectors_file = vector_file(data, vector_dataset.source)
        file_encoder = _encoder_of_vectors(vectors_file, vector_dataset)
        if file_encoder not in ("", encoder.name):
            embeddings_script = "uv run visualization/generate_embeddings.py"
            raise UsageError(
                f"{vectors_file}: holds vectors of {file_encoder}, but the settings ask for {encoder.name}, and "
                f"vectors of two models cannot be compared; run, with the same settings: {embeddings_script} "
                f"{vector_dataset.name} (or set embeddings.model back)"
            )


def write_question_vectors(vectors_file: Path, vector_dataset: Dataset, vectors: Vectors, encoder: Encoder) -> None:
    """Arrays `ids`, `vectors` (float32), `encoder` and `questions_sha256`; read them by numpy.load."""
    vectors_content = io.BytesIO()
    np.savez(
        vectors_content,
        ids=np.array([row.id for row in vector_dataset.rows], dtype=np.str_),
        vectors=vectors,
        encoder=np.array(encoder.name),
        questions_sha256=np.array(_questions_digest(vector_dataset)),
    )
    write_bytes(vectors_file, vectors_content.getvalue())


def _encoder_of_vectors(vectors_file: Path, vector_dataset: Dataset) -> str:
    """The encoder of the file, if it holds these very questions; else ""."""
    try:
        with np.load(vectors_file, allow_pickle=False) as vector_arrays:
            return (
                str(vector_arrays["encoder"])
                if str(vector_arrays["questions_sha256"]) == _questions_digest(vector_dataset)
                else ""
            )
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return ""


def _questions_digest(vector_dataset: Dataset) -> str:
    joined_questions = "\0".join(vector_dataset.questions)
    return hashlib.sha256(joined_questions.encode("utf-8", "surrogatepass")).hexdigest()
