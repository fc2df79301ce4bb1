"""The stages, in the order of the pipeline: what each reads and writes below data/, and what it is for.

This table is the whole flow. `uv run dataprep run` does the rows marked `run`, from top to bottom.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from groundwork.installation import IN_REPOSITORY


@dataclass(frozen=True)
class Stage:
    """One script. `reads` and `writes` are folders of data/, the first of `reads` being the one it works through."""

    name: str
    folder: str  # of its script
    reads: tuple[str, ...]
    writes: str
    purpose: str
    run: bool = True

    @property
    def module(self) -> str:
        return f"groundwork.stages.{self.name}"

    @property
    def script(self) -> str:
        return f"{self.folder}/{self.name}.py"

    def load_command(self) -> Any:
        """The `StageCommand` of its module, which is imported for it."""
        return importlib.import_module(self.module).main

    @property
    def display_name(self) -> str:
        """Its name in lists of commands: the script, where there are scripts."""
        return self.script if IN_REPOSITORY else self.name


STAGES = (
    Stage("ingest", "dataprep", ("documents",), "text", "documents to Markdown, every page audited"),
    Stage("summarize", "dataprep", ("text",), "summaries", "one summary a document"),
    Stage("chunk", "dataprep", ("text",), "chunks", "Markdown to chunks, tables whole"),
    Stage("generate_qa", "dataprep", ("chunks", "summaries", "text"), "qa", "questions, criteria, answers, evidence"),
    Stage(
        "curate", "dataprep", ("qa", "chunks", "summaries", "text"), "qa", "checks every pair and sorts out the unfit"
    ),
    Stage("review", "dataprep", ("qa", "chunks"), "qa", "a page to read, judge and correct pairs", run=False),
    Stage("generate_tags", "visualization", ("qa",), "tags", "tags of every question"),
    Stage("generate_embeddings", "visualization", ("qa",), "embeddings", "vectors of every question"),
    Stage("merge", "visualization", ("qa", "embeddings"), "qa", "several runs into one", run=False),
    Stage("visualize_embeddings", "visualization", ("embeddings", "qa", "tags"), "plots", "a map of one dataset"),
    Stage("coverage", "visualization", ("qa", "text", "chunks"), "plots", "what was asked about, on the document"),
    Stage(
        "create_dataset", "dataprep", ("qa", "embeddings", "tags", "chunks"), "datasets", "train, eval, mirror, card"
    ),
    Stage("visualize_splits", "visualization", ("datasets", "embeddings", "tags"), "plots", "train beside eval"),
    Stage("compare_embeddings", "visualization", ("qa", "embeddings"), "plots", "maps of several datasets", run=False),
    Stage("compare_tags", "visualization", ("qa", "tags"), "plots", "tags of several datasets", run=False),
    Stage(
        "grade", "dataprep", ("datasets", "qa", "embeddings"), "grades", "answers graded; learnt or by heart", run=False
    ),
    Stage("compare_converters", "dataprep", ("documents",), "plots", "converters side by side on one file", run=False),
)

BY_NAME = {stage.name: stage for stage in STAGES}


def writing_stage(folder: str) -> Stage | None:
    """The first stage that writes `folder`."""
    return next((stage for stage in STAGES if stage.writes == folder), None)
