"""The pool of rows that a dataset is built from: pairs of one or more runs with their tags, checked and reviewed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from sys import intern  # of what many rows have in common
from typing import TYPE_CHECKING

import msgspec

from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.kept_and_rejected_pairs import run_candidates
from groundwork.data_folder.runs.review_decisions import read_standing_review
from groundwork.dataset.creation.pairs_of_runs import (
    ReviewedRun,
    apply_reviews,
    half_curated_warnings,
    read_run_pairs,
    repeats_warnings,
    unchecked_warnings,
)
from groundwork.errors import UnitError
from groundwork.markdown.figures import quote_in_words, text_with_captions
from groundwork.message_wording import counted
from groundwork.records import Chunk, InvalidRow, Pair, Record, Row, Tags
from groundwork.stage_runner.job import TEST_CHUNKS

if TYPE_CHECKING:
    from groundwork.dataset.creation.build_inputs import BuildInputs
    from groundwork.stage_runner.job import Job

BROKEN_TEXT = "\ufffd\x00"  # what a wrong decoding and a binary file leave behind


class RowPool(Record, frozen=True):
    """What the runs hold: `rows` in a stable order, and what is wrong with others."""

    rows: list[Row]
    invalid: list[InvalidRow]
    warnings: list[str]
    reviewed: list[str] = msgspec.field(default_factory=list)  # what people decided about the pairs, in sentences


def gather_row_pool(
    files_by_run: Mapping[str, Sequence[Path]],
    tags_by_pair: Mapping[str, Sequence[str]],
    chunk_texts: Mapping[str, str],
    reviews: Mapping[str, ReviewedRun] | None = None,
    checks: Collection[str] = (),
) -> RowPool:
    """The rows of `files_by_run`, with the tags and the chunk texts known by id, as people decided about them.

    `checks`: of curation, those of which each curated pair has been through one at least.
    """
    run_pairs, pair_locations, invalid = read_run_pairs(files_by_run)
    run_pairs, pair_locations, decision_sentences, review_warnings = apply_reviews(
        run_pairs, pair_locations, reviews or {}, files_by_run
    )
    shared_ids = _shared_ids(run_pairs)
    pool_rows = []
    for run, pair in run_pairs:
        pool_row = _pool_row(pair, run, tags_by_pair, chunk_texts)
        pool_rows.append(
            msgspec.structs.replace(pool_row, id=f"{run}/{pool_row.id}") if pool_row.id in shared_ids else pool_row
        )
    pool_problems = list(_pool_row_problems(pool_rows))
    invalid_indices = {row_index for row_index, _ in pool_problems}
    invalid += [
        InvalidRow(id=pool_rows[row_index].id or "row", reason=f"{invalid_reason} ({pair_locations[row_index]})")
        for row_index, invalid_reason in pool_problems
    ]
    return RowPool(
        rows=[pool_row for row_index, pool_row in enumerate(pool_rows) if row_index not in invalid_indices],
        invalid=invalid,
        warnings=[
            *half_curated_warnings(files_by_run),
            *unchecked_warnings(run_pairs, files_by_run, checks),
            *repeats_warnings(run_pairs, files_by_run),
            *review_warnings,
        ],
        reviewed=decision_sentences,
    )


def sample_row_pool(pool: RowPool, chunk_texts: int) -> RowPool:
    """Of each run only the rows of the first so many chunks of its first document."""
    sampled_chunks_by_run: dict[str, list[tuple[str, str]]] = {}
    for pool_row in pool.rows:
        sampled_chunks = sampled_chunks_by_run.setdefault(pool_row.run, [])
        chunk_key = (pool_row.document, pool_row.chunk)
        if (
            chunk_key not in sampled_chunks
            and len(sampled_chunks) < chunk_texts
            and all(pool_row.document == sampled_document for sampled_document, _ in sampled_chunks)
        ):
            sampled_chunks.append(chunk_key)
    sampled_rows = [
        pool_row for pool_row in pool.rows if (pool_row.document, pool_row.chunk) in sampled_chunks_by_run[pool_row.run]
    ]
    return msgspec.structs.replace(pool, rows=sampled_rows)


def _pool_row(pair: Pair, run: str, tags_by_pair: Mapping[str, Sequence[str]], chunk_texts: Mapping[str, str]) -> Row:
    return Row(
        id=pair.id,
        question=pair.question.strip(),
        answer=pair.answer.strip(),
        evaluation_criteria=pair.evaluation_criteria,
        difficulty=pair.difficulty,
        category=intern(pair.category),
        document=intern(pair.document),
        chunk=intern(pair.chunk),
        evidence=[quote_in_words(quote) for quote in pair.evidence],
        tags=list(tags_by_pair.get(pair.id, [])),
        headings=pair.headings,
        pages=pair.pages,
        model=intern(pair.model),
        run=run,
        iteration=pair.iteration,
        original_question=pair.original_question,
        original_answer=pair.original_answer,
        context="\n\n".join(chunk_texts[chunk_id] for chunk_id in pair.chunks if chunk_id in chunk_texts),
    )


def _shared_ids(run_pairs: Sequence[tuple[str, Pair]]) -> set[str]:
    runs_by_pair: dict[str, set[str]] = {}
    for run, pair in run_pairs:
        runs_by_pair.setdefault(pair.id, set()).add(run)
    return {pair_id for pair_id, in_runs in runs_by_pair.items() if len(in_runs) > 1}


def _pool_row_problems(pool_rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    """(index, why) of every row that cannot go into a dataset, once each."""
    id_counts = Counter(pool_row.id for pool_row in pool_rows)
    for row_index, pool_row in enumerate(pool_rows):
        pool_texts = [pool_row.question, pool_row.answer, *pool_row.evaluation_criteria, *pool_row.evidence]
        if not pool_row.id:
            yield row_index, "has no id"
        elif id_counts[pool_row.id] > 1:
            yield row_index, f"its id stands {id_counts[pool_row.id]} times"
        elif not pool_row.question:
            yield row_index, "the question is empty"
        elif not pool_row.answer:
            yield row_index, "the answer is empty"
        elif not any(criterion.strip() for criterion in pool_row.evaluation_criteria):
            yield row_index, "has no evaluation criteria"
        elif pool_row.question.casefold() == pool_row.answer.casefold():
            yield row_index, "the answer repeats the question"
        elif any(broken_mark in pool_text for pool_text in pool_texts for broken_mark in BROKEN_TEXT):
            yield row_index, "holds characters of a wrong decoding (U+FFFD or NUL)"


def read_row_pool(inputs: BuildInputs, job: Job) -> RowPool:
    """The rows of all runs, valid and invalid, as reviewers left them; a sample of them with --test."""
    chunk_texts = read_chunk_texts(inputs.chunk_files) if job.config.dataset.include_chunk else {}
    pool_reviews = {}
    for run, pair_files in inputs.pair_files.items():
        pool_review = read_standing_review(job.data, run, job.config.review.disagreement)
        if pool_review.verdicts or pool_review.warnings:
            turned_down_pairs = [
                candidate
                for candidate in run_candidates(job.data, run, [pair_file.stem for pair_file in pair_files])
                if candidate.stage
            ]
            pool_reviews[run] = ReviewedRun(pool_review, turned_down_pairs)
    pair_checks = set(job.config.curate.checks) - {"duplicates"}  # those that ask about each pair
    row_pool = gather_row_pool(inputs.pair_files, read_tags(inputs.tag_files), chunk_texts, pool_reviews, pair_checks)
    return sample_row_pool(row_pool, TEST_CHUNKS) if job.test else row_pool


def valid_row_pool(pool: RowPool, job: Job) -> RowPool:
    """`pool`, unless it holds invalid rows that were not to be dropped. Raises UnitError that lists them."""
    if pool.invalid and not job.config.dataset.drop_invalid:
        listed_invalid = "; ".join(f"{invalid_row.id}: {invalid_row.reason}" for invalid_row in pool.invalid[:10])
        more_invalid = f"; and {len(pool.invalid) - 10} more" if len(pool.invalid) > 10 else ""
        raise UnitError(
            f"{counted(len(pool.invalid), 'invalid row')} ({listed_invalid}{more_invalid}); fix them, or pass "
            "--drop-invalid"
        )
    if not pool.rows:
        raise UnitError("there are no pairs; run first: uv run dataprep/generate_qa.py")
    return pool


def read_tags(tag_paths: Sequence[Path]) -> dict[str, list[str]]:
    """Tags by id of the pair."""
    return {tagged_pair.id: tagged_pair.tags for tag_path in tag_paths for tagged_pair in read_jsonl(tag_path, Tags)}


def read_chunk_texts(chunk_files: Sequence[Path]) -> dict[str, str]:
    """Chunk texts by id of the chunk."""
    return {
        chunk.id: text_with_captions(chunk.text, chunk.document)
        for chunk_file in chunk_files
        for chunk in read_jsonl(chunk_file, Chunk)
    }
