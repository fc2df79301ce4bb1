"""Embed the questions of one or more datasets.

Reads   data/qa/<run>/*.jsonl, or a folder, or a Hub dataset
Writes  data/embeddings/<dataset>.npz (ids, vectors) and the encoder's cache beside it
Run     uv run visualization/generate_embeddings.py [DATASET ...]
        DATASET: a run (default: every run in data/qa), a folder of JSONL or Parquet, or org/name@revision:split
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from groundwork.data_folder.unit_states import names_in_order
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
            dataset_source.name,
            dataset_source.files,
            (job.data.cache("embeddings") / f"{dataset_source.key}.npz",),
            dataset_source,
        )
        for dataset_source in dataset_sources_of_arguments(job)
    ]


async def embed_questions(job: Job, unit: Unit) -> Outcome:
    from groundwork.dataset.load_dataset import load_dataset
    from groundwork.dataset.question_vectors import job_encoder, write_question_vectors
    from groundwork.embedding.encoder import language_warning

    dataset_source: DatasetSource = unit.payload
    encoder = job_encoder(job)
    dataset = load_dataset(dataset_source)
    job.progress.start(len(dataset.rows), "questions")
    question_vectors = await encoder.aencode(dataset.questions, "query", job.progress.advance)
    write_question_vectors(unit.writes[0], dataset, question_vectors, encoder)
    prefix = encoder.prefix("query") if dataset.rows else ""
    prefix_note = f" behind {prefix!r}" if prefix else ""
    embedding_note = (
        f"{counted(len(question_vectors), 'question')} by {encoder.name}{prefix_note}, {encoder.computed:,} of them new"
    )
    unknown_language = language_warning(job.config.embeddings.model, dataset.questions)
    return Outcome(
        status="ok" if dataset.rows else "empty",
        note=embedding_note,
        counts={"questions": len(question_vectors), "embedded": encoder.computed},
        warnings=[*dataset.warnings, *([unknown_language] if unknown_language else [])],
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
