"""Embed the questions of one or more datasets.

Reads   data/qa/<run>/*.jsonl, or a folder, or a Hub dataset
Writes  data/embeddings/<dataset>.npz (ids, vectors) and the encoder's cache beside it
Run     uv run visualization/generate_embeddings.py [DATASET ...]
        DATASET: a run (default: every run in data/qa), a folder of JSONL or Parquet, or org/name@revision:split
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from groundwork.data_folder.unit_changes import names_in_order
from groundwork.dataset.dataset_argument import add_dataset_arguments, dataset_sources_of_arguments
from groundwork.message_wording import counted
from groundwork.stage_runner.stage_command import Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from groundwork.dataset.dataset_argument import DatasetSource


def add_embedding_flags(parser: argparse.ArgumentParser) -> None:
    add_dataset_arguments(parser, "every run in data/qa")


def embedding_units(job: Job) -> list[Unit]:
    return [
        Unit(
            embedded_source.name,
            embedded_source.files,
            (job.data.cache("embeddings") / f"{embedded_source.key}.npz",),
            embedded_source,
        )
        for embedded_source in dataset_sources_of_arguments(job)
    ]


async def embed_questions(job: Job, unit: Unit) -> Outcome:
    from groundwork.dataset.load_dataset import load_dataset
    from groundwork.dataset.question_vectors import job_encoder, write_question_vectors
    from groundwork.embedding.embedder_model import language_warning

    embedded_source: DatasetSource = unit.payload
    encoder = job_encoder(job)
    embedded_dataset = load_dataset(embedded_source)
    job.progress.start(len(embedded_dataset.rows), "questions")
    question_vectors = await encoder.aencode(embedded_dataset.questions, "query", job.progress.advance)
    write_question_vectors(unit.writes[0], embedded_dataset, question_vectors, encoder)
    embedding_prefix = encoder.prefix("query") if embedded_dataset.rows else ""
    behind_prefix = f" behind {embedding_prefix!r}" if embedding_prefix else ""
    embedded_questions = counted(len(question_vectors), "question")
    embedding_note = f"{embedded_questions} by {encoder.name}{behind_prefix}, {encoder.computed:,} of them new"
    unknown_language = language_warning(job.config.embeddings.model, embedded_dataset.questions)
    return Outcome(
        status="ok" if embedded_dataset.rows else "empty",
        note=embedding_note,
        counts={"questions": len(question_vectors), "embedded": encoder.computed},
        warnings=[*embedded_dataset.warnings, *([unknown_language] if unknown_language else [])],
    )


main = StageCommand(
    name="generate_embeddings",
    units=embedding_units,
    process=embed_questions,
    settings=lambda config: config.embeddings,
    config_names=names_in_order("embeddings"),
    flags=add_embedding_flags,
    shards="caches",
    needs_gpu=lambda config: config.embeddings.backend == "sentence-transformers",
)
