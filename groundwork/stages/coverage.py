"""Draw on each document what the questions of one or several runs ask about, and list what nobody asks.

Reads   data/text/<document>.md and .json, data/chunks/<document>.jsonl, and of each run data/qa/<run>/<document>.jsonl,
        or what curation kept of it
Writes  data/plots/coverage-<document>.html and .json
Run     uv run visualization/coverage.py [RUN ...] [--document NAME]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundwork.console.terminal import openable_path
from groundwork.data_folder.file_names import Paths, path_strings_of
from groundwork.data_folder.read_write import read_json, read_text, write_json
from groundwork.data_folder.runs.run_files import coverage_folder_parts, coverage_path_parts, document_of
from groundwork.data_folder.spread_folders import unsorted_names_in_folder
from groundwork.data_folder.unit_states import names_in_order
from groundwork.errors import UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import counted
from groundwork.stage_runner.chosen_documents import list_documents
from groundwork.stage_runner.stage_command import Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from groundwork.coverage.document_coverage import CoveredDocument, FindNearestStatements
    from groundwork.dataset.dataset_argument import DatasetSource
    from groundwork.embedding.encoder import Encoder
    from groundwork.markdown.chunk_reading import Reading
    from groundwork.records import Document

UNCOVERED_NAMED = 5  # documents without chunks that are named
COVERED_RUNS_HELP = (
    "runs of data/qa, curated where curation has run (RUN/raw: as generated); default: all but merges of others"
)
LIKELY_COVERAGE_COSINE = (
    0.45  # cosine from which the static embedder's nearest statement is taken for the question's own
)


def add_coverage_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", metavar="RUN", nargs="*", help=COVERED_RUNS_HELP)


def coverage_units(job: Job) -> list[Unit]:
    """One unit a document that any of the runs asked about."""
    runs_to_cover: dict[str, dict[str, str]] = {}
    for run in _runs_to_cover(job):
        for covered_run_file in path_strings_of(run.files):
            runs_to_cover.setdefault(document_of(covered_run_file), {})[run.name] = covered_run_file
    units_to_cover = []
    covered_runs = {run for run_files in runs_to_cover.values() for run in run_files}
    coverage_files = {run: unsorted_names_in_folder(job.data.path(*coverage_folder_parts(run))) for run in covered_runs}
    documents_to_cover = list_documents(job, "chunks", ".jsonl")
    excluded = job.departed_sources.keys() | job.set_aside.keys() | job.copies.keys()
    if uncovered := sorted(runs_to_cover.keys() - set(documents_to_cover) - excluded if not job.flags.document else ()):
        uncovered_listing = ", ".join(uncovered[:UNCOVERED_NAMED])
        no_chunks = f"no chunks of {uncovered_listing}, which were asked about; run first: uv run dataprep/chunk.py"
        job.progress.say(as_typed(no_chunks))
    for document in documents_to_cover:
        runs_asking = runs_to_cover.get(document)
        if not runs_asking:
            continue
        source_to_cover = job.data.paths(
            ("text", f"{document}.md"), ("text", f"{document}.json"), ("chunks", f"{document}.jsonl")
        )
        coverage_plots = job.data.paths(("plots", f"coverage-{document}.html"), ("plots", f"coverage-{document}.json"))
        declined_files = job.data.paths(
            *(coverage_path_parts(run, document) for run in runs_asking if f"{document}.json" in coverage_files[run])
        )
        covered_files = Paths((*source_to_cover.path_strings, *runs_asking.values(), *declined_files.path_strings))
        units_to_cover.append(Unit(document, reads=covered_files, writes=coverage_plots, payload=runs_asking))
    return units_to_cover


def _runs_to_cover(job: Job) -> list[DatasetSource]:
    """The runs that the arguments name, or all. Raises UsageError for an unknown or repeated one."""
    from groundwork.data_folder.runs.run_files import nearest_run, separate_runs
    from groundwork.dataset.dataset_argument import locate_datasets

    covered_runs = locate_datasets(job.flags.runs or separate_runs(job.data), job.data)
    for covered_run in covered_runs:
        if covered_run.kind != "run":
            raise UsageError(
                f"{covered_run.name}: no such run in {job.data.path('qa')}; {nearest_run(covered_run.name, job.data)}"
            )
    return covered_runs


def draw_coverage(job: Job, unit: Unit) -> Outcome:
    """Write the page and the numbers of one document, and say the main ones."""
    from groundwork.coverage.coverage_report import (
        coverage_numbers,
        coverage_percent,
        open_coverage_items,
        report_lines,
        write_coverage,
    )
    from groundwork.coverage.document_coverage import check_chunks_match, unplaced_warnings
    from groundwork.markdown.chunk_reading import read_chunks
    from groundwork.records import Document

    covered_text, covered_record, covered_chunks = unit.reads[:3]
    covered_markdown, covered_source = read_text(covered_text), read_json(covered_record, Document)
    covered_readings = read_chunks(covered_chunks)
    check_chunks_match(covered_markdown, covered_text, [reading.chunk for reading in covered_readings])
    covered_document, blank_count = _cover_document(job, unit, covered_source, covered_markdown, covered_readings)
    write_coverage(covered_document, covered_markdown, covered_source.pages, unit.writes[0])
    write_json(unit.writes[1], coverage_numbers(covered_document, covered_markdown))
    for report_line in report_lines(covered_document, covered_markdown) if job.is_detailed else ():
        job.progress.say(report_line)
    unplaced_pairs = [question.pair for question in covered_document.questions if not question.placed]
    coverage_warnings = unplaced_warnings(unplaced_pairs, {reading.chunk.id for reading in covered_readings})
    covered_share = coverage_percent(covered_document.counts()[""]["sentence"])
    return Outcome(
        status="ok" if covered_document.questions else "empty",
        note=f"{covered_share} of the sentences -> {openable_path(unit.writes[0])}",
        counts={"questions": len(covered_document.questions), "not asked": len(open_coverage_items(covered_document))},
        warnings=[*coverage_warnings, *([_blank_coverage_warning(blank_count)] if blank_count else [])],
    )


def _cover_document(
    job: Job, unit: Unit, source: Document, markdown: str, readings: Sequence[Reading]
) -> tuple[CoveredDocument, int]:
    """What the runs asked about a document, and how many of their rows are without a question."""
    from groundwork.coverage.document_coverage import (
        asked_pairs,
        collect_coverage,
        contradicted_parts,
        declined_statements,
        read_coverage_records,
    )

    covered_pairs, blank_coverage_count = asked_pairs(unit.payload)
    coverage_records = read_coverage_records(job.data, source.id, covered_pairs)
    covered_document = collect_coverage(
        source.id,
        source.title,
        markdown,
        readings,
        covered_pairs,
        nearest_statement(job),
        declined_statements(coverage_records),
    )
    covered_document.contradictions = contradicted_parts(coverage_records, readings)
    return covered_document, blank_coverage_count


def _blank_coverage_warning(blank_count: int) -> str:
    return f"{counted(blank_count, 'row without a question was', 'rows without a question were')} left out"


def nearest_statement(job: Job) -> FindNearestStatements:
    """By the static embedder, which needs no extra and no download: the statement that each question is about."""
    from groundwork.dataset.question_vectors import static_encoder

    coverage_encoder: Encoder | None = None

    def nearest(questions: list[str], statements: list[str]) -> list[int]:
        nonlocal coverage_encoder
        if coverage_encoder is None:
            job.data.fetch_databases("embeddings")
            coverage_encoder = static_encoder(job)
        cosines = coverage_encoder.encode(questions, "query") @ coverage_encoder.encode(statements, "document").T
        likely_covered = cosines.argmax(axis=1)
        return [int(k) if cosines[row, k] >= LIKELY_COVERAGE_COSINE else -1 for row, k in enumerate(likely_covered)]

    return nearest


main = StageCommand(
    name="coverage",
    units=coverage_units,
    process=draw_coverage,
    settings=lambda config: config.chunk.language,
    config_names=names_in_order("chunk.language"),
    flags=add_coverage_flags,
    version="3",
    shards="documents",
    units_a_process=60,
)
