"""Draw on each document what the questions of one or several runs ask about, and list what nobody asks.

Reads   data/text/<document>.md and .json, data/chunks/<document>.jsonl, and of each run data/qa/<run>/<document>.jsonl,
        or what curation kept of it
Writes  data/plots/coverage-<document>.html and .json
Run     uv run visualization/coverage.py [RUN ...] [--document NAME]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.console.terminal import openable_path
from groundwork.data_folder.file_names import Paths, path_strings_of
from groundwork.data_folder.read_write import read_json, read_jsonl, read_text, write_json
from groundwork.data_folder.runs.run_files import coverage_folder_parts, coverage_path_parts, document_of
from groundwork.data_folder.spread_folders import unsorted_names_in_folder
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.errors import BadRecord, UsageError
from groundwork.installation import as_typed
from groundwork.message_wording import counted
from groundwork.stage_runner.chosen_documents import list_documents
from groundwork.stage_runner.stage_command import Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from groundwork.coverage.covered_document import ContradictedPart, CoveredDocument
    from groundwork.coverage.question_placement import DeclinedInChunks, FindNearestStatements
    from groundwork.data_folder.workspace import Workspace
    from groundwork.dataset.dataset_argument import DatasetSource
    from groundwork.embedding.encoder import Encoder
    from groundwork.markdown.chunk_reading import Reading
    from groundwork.records import Chunk, Document, DocumentCoverage, Pair

UNCOVERED_NAMED = 5  # documents without chunks that are named
COVERED_RUNS_HELP = (
    "runs of data/qa, curated where curation has run (RUN/raw: as generated); default: all but merges of others"
)
# Cosine from which the static embedder's nearest statement is taken for the question's own.
LIKELY_COVERAGE_COSINE = 0.45


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
    for run in covered_runs:
        if run.kind != "run":
            raise UsageError(f"{run.name}: no such run in {job.data.path('qa')}; {nearest_run(run.name, job.data)}")
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
    from groundwork.markdown.chunk_reading import read_chunks
    from groundwork.records import Document

    covered_text, covered_record, covered_chunks = unit.reads[:3]
    covered_markdown, covered_source = read_text(covered_text), read_json(covered_record, Document)
    covered_readings = read_chunks(covered_chunks)
    _check_chunks_match(covered_markdown, covered_text, [reading.chunk for reading in covered_readings])
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
    from groundwork.coverage.question_placement import place_questions

    covered_pairs, blank_coverage_count = _asked_pairs(unit.payload)
    coverage_records = _read_coverage_records(job.data, source.id, covered_pairs)
    covered_document = place_questions(
        source.id,
        source.title,
        markdown,
        readings,
        covered_pairs,
        nearest_statement(job),
        _declined_statements(coverage_records),
    )
    covered_document.contradictions = _contradicted_parts(coverage_records, readings)
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


def unplaced_warnings(pairs: Sequence[Pair], chunk_ids: set[str]) -> list[str]:
    """Why pairs stand nowhere on the page: their chunk is gone, or they rest on no statement of it."""
    gone_count = sum(chunk_ids.isdisjoint(pair.chunks) for pair in pairs)
    warnings = []
    if gone_count:
        warnings.append(f"{counted(gone_count, 'question')} could not be placed on the text; was it chunked again?")
    if uncovered_count := len(pairs) - gone_count:
        warnings.append(
            f"{counted(uncovered_count, 'question')} could not be placed: the evidence is a heading or the lead "
            "of a list, which are no statements"
        )
    return warnings


def _check_chunks_match(covered_text: str, markdown_file: Path, chunks: Sequence[Chunk]) -> None:
    """Raise BadRecord where the chunks are not of this text, or not of all of it: what is covered would be counted at
    other places, or text that was added would count as nothing."""
    chunks_end = 0
    for covered in chunks:
        if covered.added + covered_text[covered.start : covered.end] + covered.closing != covered.text:
            raise _changed_since_chunking(markdown_file, f"chunk {covered.index + 1} stands elsewhere or nowhere")
        if covered_text[chunks_end : covered.start].strip():
            raise _changed_since_chunking(markdown_file, f"the text before chunk {covered.index + 1} is in no chunk")
        chunks_end = max(chunks_end, covered.end)
    if chunks and covered_text[chunks_end:].strip():
        raise _changed_since_chunking(markdown_file, "the text behind the last chunk is in no chunk")


def _changed_since_chunking(text_file: Path, reason: str) -> BadRecord:
    return BadRecord(
        f"{text_file.name}: changed since it was chunked ({reason}); "
        "run first: uv run dataprep/chunk.py and uv run dataprep/generate_qa.py"
    )


def _declined_statements(coverage_records: Mapping[str, DocumentCoverage]) -> dict[str, DeclinedInChunks]:
    """What the model of each run found nothing worth asking in."""
    return {
        run: {
            covered.chunk: {(span.start, span.end, span.kind): span.declined for span in covered.spans if span.declined}
            for covered in record.chunks
        }
        for run, record in coverage_records.items()
    }


def _contradicted_parts(
    coverage_records: Mapping[str, DocumentCoverage], covered_readings: Iterable[Reading]
) -> list[ContradictedPart]:
    """The contradictions that each run noted and whose chunk there still is."""
    from groundwork.coverage.covered_document import ContradictedPart

    chunk_starts = {covered_reading.chunk.id: covered_reading.chunk.start for covered_reading in covered_readings}
    return [
        ContradictedPart(run=run, start=chunk_starts[covered_contradiction.chunk], text=covered_contradiction.text)
        for run, record in coverage_records.items()
        for covered_contradiction in record.contradictions
        if covered_contradiction.chunk in chunk_starts
    ]


def _asked_pairs(asked_files: Mapping[str, str]) -> tuple[dict[str, list[Pair]], int]:
    """The pairs of each run that have a question, and how many have none."""
    from groundwork.records import Pair

    pairs_by_run = {run: list(read_jsonl(Path(pair_file), Pair)) for run, pair_file in asked_files.items()}
    asked_by_run = {run: [pair for pair in pairs if pair.question.strip()] for run, pairs in pairs_by_run.items()}
    return asked_by_run, sum(map(len, pairs_by_run.values())) - sum(map(len, asked_by_run.values()))


def _read_coverage_records(data: Workspace, document: str, runs: Iterable[str]) -> dict[str, DocumentCoverage]:
    """What each run's own coverage file says, by run, where there is one."""
    from groundwork.records import DocumentCoverage

    coverage_files = {run: data.path(*coverage_path_parts(run, document)) for run in runs}
    return {run: read_json(file, DocumentCoverage) for run, file in coverage_files.items() if file.exists()}


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
