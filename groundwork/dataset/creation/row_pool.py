"""The pool of rows that a dataset is built from: pairs of one or more runs with their tags, checked and reviewed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from sys import intern  # of what many rows have in common
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from groundwork.data_folder.read_write import read_jsonl
from groundwork.data_folder.runs.decisions import BY_PERSON, Review, read_review
from groundwork.data_folder.runs.kept_and_rejected_pairs import Candidate, run_candidates
from groundwork.data_folder.spread_folders import folder_of
from groundwork.errors import UnitError
from groundwork.installation import as_typed
from groundwork.language.words import normalised_words
from groundwork.markdown.figures_and_picture_links import quote_in_words, text_with_captions
from groundwork.message_wording import counted
from groundwork.records import Chunk, InvalidRow, Pair, Record, Row, Tags
from groundwork.stage_runner.job import TEST_CHUNKS

if TYPE_CHECKING:
    from groundwork.dataset.creation.build_inputs import BuildInputs
    from groundwork.stage_runner.job import Job

BROKEN_TEXT = "\ufffd\x00"  # what a wrong decoding and a binary file leave behind


class ReviewedRun(NamedTuple):
    """What people decided about a run, and the pairs that rules or models had turned down."""

    review: Review
    turned_down: Sequence[Candidate]


class RowPool(Record, frozen=True):
    """What the runs hold: `rows` in a stable order, and what is wrong with others."""

    rows: list[Row]
    invalid: list[InvalidRow]
    warnings: list[str]
    reviewed: list[str] = msgspec.field(default_factory=list)  # what people decided about the pairs, in sentences


def gather_rows(
    files: Mapping[str, Sequence[Path]],
    tags: Mapping[str, Sequence[str]],
    chunks: Mapping[str, str],
    reviews: Mapping[str, ReviewedRun] | None = None,
    checks: Collection[str] = (),
) -> RowPool:
    """The rows of `files` (by run), with the tags and the chunk texts known by id, as people decided about them.

    `checks`: of curation, those of which each curated pair has been through one at least.
    """
    pairs, locations, invalid = _read_runs(files)
    pairs, locations, reviewed, warnings = _apply_reviews(pairs, locations, reviews or {}, files)
    shared_ids = _shared_ids(pairs)
    dataset_rows = []
    for run, pair in pairs:
        dataset_row = _row(pair, run, tags, chunks)
        dataset_rows.append(
            msgspec.structs.replace(dataset_row, id=f"{run}/{dataset_row.id}")
            if dataset_row.id in shared_ids
            else dataset_row
        )
    problems = list(_problems(dataset_rows))
    invalid_indices = {row_index for row_index, _ in problems}
    invalid += [
        InvalidRow(id=dataset_rows[row_index].id or "row", reason=f"{invalid_reason} ({locations[row_index]})")
        for row_index, invalid_reason in problems
    ]
    return RowPool(
        rows=[dataset_row for row_index, dataset_row in enumerate(dataset_rows) if row_index not in invalid_indices],
        invalid=invalid,
        warnings=[
            *_half_curated_warnings(files),
            *_unchecked_warnings(pairs, files, checks),
            *_repeats_warnings(pairs, files),
            *warnings,
        ],
        reviewed=reviewed,
    )


def sample_pool(pool: RowPool, chunks: int) -> RowPool:
    """Of each run only the rows of the first so many chunks of its first document."""
    first_chunks: dict[str, list[tuple[str, str]]] = {}
    for pool_row in pool.rows:
        sampled_chunks = first_chunks.setdefault(pool_row.run, [])
        chunk_key = (pool_row.document, pool_row.chunk)
        if (
            chunk_key not in sampled_chunks
            and len(sampled_chunks) < chunks
            and all(pool_row.document == document for document, _ in sampled_chunks)
        ):
            sampled_chunks.append(chunk_key)
    sampled_rows = [
        pool_row for pool_row in pool.rows if (pool_row.document, pool_row.chunk) in first_chunks[pool_row.run]
    ]
    return msgspec.structs.replace(pool, rows=sampled_rows)


def _apply_reviews(
    pairs: list[tuple[str, Pair]],
    locations: list[str],
    reviews: Mapping[str, ReviewedRun],
    files: Mapping[str, Sequence[Path]],
) -> tuple[list[tuple[str, Pair]], list[str], list[str], list[str]]:
    """(pairs by run, their places, what people decided, warnings) once each run's decisions are obeyed."""
    decided_pairs, decided_locations = [], []
    for (run, pair), location in zip(pairs, locations, strict=True):
        decided_pair = reviews[run].review.apply_decision(pair) if run in reviews else pair
        if decided_pair is not None:
            decided_pairs.append((run, decided_pair))
            decided_locations.append(location)
    present = {(run, pair.id) for run, pair in pairs}
    decision_lines, warnings = [], []
    for run, (review, turned_down) in reviews.items():
        restored = review.restored_pairs(turned_down, lambda pair_id, run=run: (run, pair_id) in present)  # type: ignore[misc]
        decided_pairs += [(run, pair) for pair in restored]
        decided_locations += [f"{run}, accepted in review"] * len(restored)
        decision_lines += [
            f"{run}: {summary_line}" if len(reviews) > 1 else summary_line for summary_line in review.summary_lines()
        ]
        warnings += [*review.unmet_warnings(pair_path.stem for pair_path in files[run]), *review.outdated_warnings()]
    return decided_pairs, decided_locations, decision_lines, warnings


def _read_runs(files: Mapping[str, Sequence[Path]]) -> tuple[list[tuple[str, Pair]], list[str], list[InvalidRow]]:
    """The pairs with their runs, where each stands, and the lines that are none."""
    pairs, locations, invalid = [], [], []
    for run, pair_paths in files.items():
        for location, pair in (line for pair_path in pair_paths for line in _read_pairs(pair_path)):
            if isinstance(pair, Pair):
                pairs.append((run, pair))
                locations.append(location)
            else:
                invalid.append(InvalidRow(id=location, reason=pair))
    return pairs, locations, invalid


def _read_pairs(pair_path: Path) -> Iterator[tuple[str, Pair | str]]:
    """(file and line, the pair or what is wrong with it) for every line."""
    decoder = msgspec.json.Decoder(Pair)
    for line_number, pair_line in enumerate(pair_path.read_bytes().split(b"\n"), start=1):
        if pair_line.strip():
            location = f"{folder_of(pair_path).name}/{pair_path.name}:{line_number}"
            try:
                yield location, decoder.decode(pair_line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield location, str(error)


def _row(pair: Pair, run: str, tags: Mapping[str, Sequence[str]], chunks: Mapping[str, str]) -> Row:
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
        tags=list(tags.get(pair.id, [])),
        headings=pair.headings,
        pages=pair.pages,
        model=intern(pair.model),
        run=run,
        iteration=pair.iteration,
        original_question=pair.original_question,
        original_answer=pair.original_answer,
        context="\n\n".join(chunks[chunk_id] for chunk_id in pair.chunks if chunk_id in chunks),
    )


def _shared_ids(pairs: Sequence[tuple[str, Pair]]) -> set[str]:
    runs: dict[str, set[str]] = {}
    for run, pair in pairs:
        runs.setdefault(pair.id, set()).add(run)
    return {pair_id for pair_id, in_runs in runs.items() if len(in_runs) > 1}


def _problems(dataset_rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    """(index, why) of every row that cannot go into a dataset, once each."""
    id_counts = Counter(dataset_row.id for dataset_row in dataset_rows)
    for row_index, dataset_row in enumerate(dataset_rows):
        row_texts = [dataset_row.question, dataset_row.answer, *dataset_row.evaluation_criteria, *dataset_row.evidence]
        if not dataset_row.id:
            yield row_index, "has no id"
        elif id_counts[dataset_row.id] > 1:
            yield row_index, f"its id stands {id_counts[dataset_row.id]} times"
        elif not dataset_row.question:
            yield row_index, "the question is empty"
        elif not dataset_row.answer:
            yield row_index, "the answer is empty"
        elif not any(criterion.strip() for criterion in dataset_row.evaluation_criteria):
            yield row_index, "has no evaluation criteria"
        elif dataset_row.question.casefold() == dataset_row.answer.casefold():
            yield row_index, "the answer repeats the question"
        elif any(mark in row_text for row_text in row_texts for mark in BROKEN_TEXT):
            yield row_index, "holds characters of a wrong decoding (U+FFFD or NUL)"


def _unchecked_warnings(
    pairs: Sequence[tuple[str, Pair]], files: Mapping[str, Sequence[Path]], checks: Collection[str]
) -> list[str]:
    """Which runs hold pairs that curation kept because no call about them gave a usable reply."""
    curated = {(run, path.stem) for run, paths in files.items() for path in paths if folder_of(path).name == "curated"}
    pair_counts = Counter(run for run, _ in pairs)
    unchecked_counts = Counter(
        run
        for run, pair in pairs
        if checks and (run, pair.document) in curated and pair.checks.keys().isdisjoint({*checks, BY_PERSON})
    )
    return [
        f"{run}: {unchecked:,} of {counted(pair_counts[run], 'pair was', 'pairs were')} kept unchecked"
        + as_typed(f"; run: uv run dataprep/curate.py --run {run} --retry-failed")
        for run, unchecked in unchecked_counts.items()
    ]


def _repeats_warnings(pairs: Sequence[tuple[str, Pair]], runs: Collection[str]) -> list[str]:
    """How many questions stand in several runs: train has them twice, and those of eval in another row."""
    first_runs: dict[str, str] = {}
    repeats = sum(first_runs.setdefault(normalised_words(pair.question), run) != run for run, pair in pairs)
    if not repeats:
        return []
    merge = as_typed(f"uv run visualization/merge.py {' '.join(runs)} --out both")
    questions = counted(repeats, "question of a run stands", "questions of a run stand")
    return [f"{questions} in an earlier one as well, word for word; to have each once: {merge}"]


def _half_curated_warnings(files: Mapping[str, Sequence[Path]]) -> list[str]:
    warnings = []
    for run, pair_paths in files.items():
        curated = sum(folder_of(pair_path).name == "curated" for pair_path in pair_paths)
        if 0 < curated < len(pair_paths):
            remedy = as_typed("for the rest: uv run dataprep/curate.py")
            warnings.append(
                f"{run}: {curated} of {counted(len(pair_paths), 'document is', 'documents are')} curated; {remedy}"
            )
    return warnings


def read_pool(inputs: BuildInputs, job: Job) -> RowPool:
    """The rows of all runs, valid and invalid, as reviewers left them; a sample of them with --test."""
    chunks = read_chunk_texts(inputs.chunks) if job.config.dataset.include_chunk else {}
    reviews = {}
    for run, pair_files in inputs.pairs.items():
        review = read_review(job.data, run, job.config.review.disagreement)
        if review.verdicts or review.warnings:
            turned_down = [
                candidate
                for candidate in run_candidates(job.data, run, [pair_file.stem for pair_file in pair_files])
                if candidate.stage
            ]
            reviews[run] = ReviewedRun(review, turned_down)
    checks = set(job.config.curate.checks) - {"duplicates"}  # those that ask about each pair
    pool = gather_rows(inputs.pairs, read_tags(inputs.tags), chunks, reviews, checks)
    return sample_pool(pool, TEST_CHUNKS) if job.test else pool


def valid_pool(pool: RowPool, job: Job) -> RowPool:
    """`pool`, unless it holds invalid rows that were not to be dropped. Raises UnitError that lists them."""
    if pool.invalid and not job.config.dataset.drop_invalid:
        listed = "; ".join(f"{invalid_row.id}: {invalid_row.reason}" for invalid_row in pool.invalid[:10])
        more = f"; and {len(pool.invalid) - 10} more" if len(pool.invalid) > 10 else ""
        raise UnitError(
            f"{counted(len(pool.invalid), 'invalid row')} ({listed}{more}); fix them, or pass --drop-invalid"
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
