"""The pool of rows that a dataset is built from: pairs of one or more runs with their tags, checked and reviewed.

Beside each row stands what grading measured about it (data/grades), and beside the pool what is to be warned of in its
runs.
"""

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
from groundwork.data_folder.spread_folders import folder_of
from groundwork.dataset.creation.pool_warnings import half_curated_warnings, repeats_warnings, unchecked_warnings
from groundwork.dataset.creation.reviewed_runs import ReviewedRun, apply_reviews
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
    pool_files_by_run: Mapping[str, Sequence[Path]],
    tags_by_pair: Mapping[str, Sequence[str]],
    chunk_texts: Mapping[str, str],
    pool_reviews: Mapping[str, ReviewedRun] | None = None,
    checks: Collection[str] = (),
) -> RowPool:
    """The rows of `pool_files_by_run`, with the tags and the chunk texts known by id, as people decided about them.

    `checks`: of curation, those of which each curated pair has been through one at least.
    """
    pool_pairs, pool_locations, invalid = read_run_pairs(pool_files_by_run)
    pool_pairs, pool_locations, decision_sentences, review_warnings = apply_reviews(
        pool_pairs, pool_locations, pool_reviews or {}, pool_files_by_run
    )
    pool_rows = _pool_rows(pool_pairs, tags_by_pair, chunk_texts)
    pool_problems = dict(_pool_row_problems(pool_rows))
    invalid += [
        InvalidRow(id=pool_rows[pool_index].id or "row", reason=f"{invalid_reason} ({pool_locations[pool_index]})")
        for pool_index, invalid_reason in pool_problems.items()
    ]
    return RowPool(
        rows=[pool_row for pool_index, pool_row in enumerate(pool_rows) if pool_index not in pool_problems],
        invalid=invalid,
        warnings=[
            *half_curated_warnings(pool_files_by_run),
            *unchecked_warnings(pool_pairs, pool_files_by_run, checks),
            *repeats_warnings(pool_pairs, pool_files_by_run),
            *review_warnings,
        ],
        reviewed=decision_sentences,
    )


def _pool_rows(
    pool_pairs: Sequence[tuple[str, Pair]], tags_by_pair: Mapping[str, Sequence[str]], chunk_texts: Mapping[str, str]
) -> list[Row]:
    """The pairs as rows; an id that several runs have gets its run before it."""
    runs_by_pair: dict[str, set[str]] = {}
    for run, pool_pair in pool_pairs:
        runs_by_pair.setdefault(pool_pair.id, set()).add(run)
    pool_rows = []
    for run, pool_pair in pool_pairs:
        pool_id = f"{run}/{pool_pair.id}" if len(runs_by_pair[pool_pair.id]) > 1 else pool_pair.id
        pool_rows.append(msgspec.structs.replace(_pool_row(pool_pair, run, tags_by_pair, chunk_texts), id=pool_id))
    return pool_rows


def sample_row_pool(pool: RowPool, chunk_count: int) -> RowPool:
    """Of each run only the rows of the first so many chunks of its first document."""
    sampled_chunks_by_run: dict[str, dict[tuple[str, str], None]] = {}
    for pool_row in pool.rows:
        sampled_chunks = sampled_chunks_by_run.setdefault(pool_row.run, {})
        is_of_first_document = all(pool_row.document == document for document, _ in sampled_chunks)
        if is_of_first_document and len(sampled_chunks) < chunk_count:
            sampled_chunks[pool_row.document, pool_row.chunk] = None
    sampled_rows = [
        pool_row for pool_row in pool.rows if (pool_row.document, pool_row.chunk) in sampled_chunks_by_run[pool_row.run]
    ]
    return msgspec.structs.replace(pool, rows=sampled_rows)


def _pool_row(pair: Pair, run: str, tags_by_pair: Mapping[str, Sequence[str]], chunk_texts: Mapping[str, str]) -> Row:
    return Row(
        id=pair.id,
        question=pair.question.strip(),
        answer=pair.answer.strip(),
        difficulty=pair.difficulty,
        evaluation_criteria=pair.evaluation_criteria,
        category=intern(pair.category),
        document=intern(pair.document),
        chunk=intern(pair.chunk),
        evidence=[quote_in_words(quote) for quote in pair.evidence],
        pages=pair.pages,
        tags=list(tags_by_pair.get(pair.id, [])),
        headings=pair.headings,
        model=intern(pair.model),
        run=run,
        iteration=pair.iteration,
        original_question=pair.original_question,
        original_answer=pair.original_answer,
        context="\n\n".join(chunk_texts[chunk_id] for chunk_id in pair.chunks if chunk_id in chunk_texts),
    )


def _pool_row_problems(pool_rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    """(index, why) of every row that cannot go into a dataset, once each."""
    id_counts = Counter(pool_row.id for pool_row in pool_rows)
    for pool_index, pool_row in enumerate(pool_rows):
        pool_texts = [pool_row.question, pool_row.answer, *pool_row.evaluation_criteria, *pool_row.evidence]
        if not pool_row.id:
            yield pool_index, "has no id"
        elif id_counts[pool_row.id] > 1:
            yield pool_index, f"its id stands {id_counts[pool_row.id]} times"
        elif not pool_row.question:
            yield pool_index, "the question is empty"
        elif not pool_row.answer:
            yield pool_index, "the answer is empty"
        elif not any(criterion.strip() for criterion in pool_row.evaluation_criteria):
            yield pool_index, "has no evaluation criteria"
        elif pool_row.question.casefold() == pool_row.answer.casefold():
            yield pool_index, "the answer repeats the question"
        elif any(broken_mark in pool_text for pool_text in pool_texts for broken_mark in BROKEN_TEXT):
            yield pool_index, "holds characters of a wrong decoding (U+FFFD or NUL)"


def read_row_pool(inputs: BuildInputs, job: Job) -> RowPool:
    """The rows of all runs, valid and invalid, as reviewers left them; a sample of them with --test."""
    chunk_texts = read_chunk_texts(inputs.chunk_files) if job.config.dataset.include_chunk else {}
    pool_reviews = {}
    for run, pair_files in inputs.pair_files.items():
        pool_review = read_standing_review(job.data, run, job.config.review.disagreement)
        if pool_review.verdicts or pool_review.warnings:
            turned_down_pairs = [
                candidate
                for candidate in run_candidates(job.data, run, [pool_file.stem for pool_file in pair_files])
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


def read_run_pairs(
    pool_files_by_run: Mapping[str, Sequence[Path]],
) -> tuple[list[tuple[str, Pair]], list[str], list[InvalidRow]]:
    """The pairs with their runs, where each stands, and the lines that are none."""
    pool_pairs, pool_locations, invalid_rows = [], [], []
    for run, pool_files in pool_files_by_run.items():
        for pool_location, pool_pair in (line for pool_file in pool_files for line in _read_pairs(pool_file)):
            if isinstance(pool_pair, Pair):
                pool_pairs.append((run, pool_pair))
                pool_locations.append(pool_location)
            else:
                invalid_rows.append(InvalidRow(id=pool_location, reason=pool_pair))
    return pool_pairs, pool_locations, invalid_rows


def _read_pairs(pool_file: Path) -> Iterator[tuple[str, Pair | str]]:
    """(file and line, the pair or what is wrong with it) for every line."""
    pair_decoder = msgspec.json.Decoder(Pair)
    for line_number, pair_line in enumerate(pool_file.read_bytes().split(b"\n"), start=1):
        if pair_line.strip():
            pool_location = f"{folder_of(pool_file).name}/{pool_file.name}:{line_number}"
            try:
                yield pool_location, pair_decoder.decode(pair_line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield pool_location, str(error)
