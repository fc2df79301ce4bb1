"""The pairs of the runs that a dataset is built from, as people decided about them, and warnings about these runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from groundwork.data_folder.runs.kept_and_rejected_pairs import Candidate
from groundwork.data_folder.runs.review_decisions import BY_PERSON, StandingReview
from groundwork.data_folder.spread_folders import folder_of
from groundwork.installation import as_typed
from groundwork.language.words import normalised_words
from groundwork.message_wording import counted
from groundwork.records import InvalidRow, Pair

if TYPE_CHECKING:
    pass


class ReviewedRun(NamedTuple):
    """What people decided about a run, and the pairs that rules or models had turned down."""

    review: StandingReview
    turned_down: Sequence[Candidate]


def apply_reviews(
    run_pairs: list[tuple[str, Pair]],
    pair_locations: list[str],
    reviews: Mapping[str, ReviewedRun],
    files_by_run: Mapping[str, Sequence[Path]],
) -> tuple[list[tuple[str, Pair]], list[str], list[str], list[str]]:
    """(pairs by run, their places, what people decided, warnings) once each run's decisions are obeyed."""
    decided_pairs, decided_locations = [], []
    for (run, run_pair), location in zip(run_pairs, pair_locations, strict=True):
        decided_pair = reviews[run].review.apply_decision(run_pair) if run in reviews else run_pair
        if decided_pair is not None:
            decided_pairs.append((run, decided_pair))
            decided_locations.append(location)
    present_pairs = {(run, run_pair.id) for run, run_pair in run_pairs}
    decision_lines, review_warnings = [], []
    for run, (review, turned_down) in reviews.items():
        restored_pairs = review.restored_pairs(turned_down, lambda pair_id, run=run: (run, pair_id) in present_pairs)  # type: ignore[misc]
        decided_pairs += [(run, run_pair) for run_pair in restored_pairs]
        decided_locations += [f"{run}, accepted in review"] * len(restored_pairs)
        decision_lines += [
            f"{run}: {summary_line}" if len(reviews) > 1 else summary_line for summary_line in review.summary_lines()
        ]
        review_warnings += [
            *review.unmet_warnings(pair_path.stem for pair_path in files_by_run[run]),
            *review.outdated_warnings(),
        ]
    return decided_pairs, decided_locations, decision_lines, review_warnings


def read_run_pairs(
    files_by_run: Mapping[str, Sequence[Path]],
) -> tuple[list[tuple[str, Pair]], list[str], list[InvalidRow]]:
    """The pairs with their runs, where each stands, and the lines that are none."""
    run_pairs, pair_locations, invalid_rows = [], [], []
    for run, pair_paths in files_by_run.items():
        for pair_location, run_pair in (line for pair_path in pair_paths for line in _read_pairs(pair_path)):
            if isinstance(run_pair, Pair):
                run_pairs.append((run, run_pair))
                pair_locations.append(pair_location)
            else:
                invalid_rows.append(InvalidRow(id=pair_location, reason=run_pair))
    return run_pairs, pair_locations, invalid_rows


def _read_pairs(pair_path: Path) -> Iterator[tuple[str, Pair | str]]:
    """(file and line, the pair or what is wrong with it) for every line."""
    pair_decoder = msgspec.json.Decoder(Pair)
    for line_number, pair_line in enumerate(pair_path.read_bytes().split(b"\n"), start=1):
        if pair_line.strip():
            pair_location = f"{folder_of(pair_path).name}/{pair_path.name}:{line_number}"
            try:
                yield pair_location, pair_decoder.decode(pair_line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield pair_location, str(error)


def unchecked_warnings(
    run_pairs: Sequence[tuple[str, Pair]], files_by_run: Mapping[str, Sequence[Path]], checks: Collection[str]
) -> list[str]:
    """Which runs hold pairs that curation kept because no call about them gave a usable reply."""
    curated_documents = {
        (run, pair_file.stem)
        for run, run_files in files_by_run.items()
        for pair_file in run_files
        if folder_of(pair_file).name == "curated"
    }
    pair_counts = Counter(run for run, _ in run_pairs)
    unchecked_counts = Counter(
        run
        for run, run_pair in run_pairs
        if checks
        and (run, run_pair.document) in curated_documents
        and run_pair.checks.keys().isdisjoint({*checks, BY_PERSON})
    )
    return [
        f"{run}: {unchecked_pairs:,} of {counted(pair_counts[run], 'pair was', 'pairs were')} kept unchecked"
        + as_typed(f"; run: uv run dataprep/curate.py --run {run} --retry-failed")
        for run, unchecked_pairs in unchecked_counts.items()
    ]


def repeats_warnings(run_pairs: Sequence[tuple[str, Pair]], runs: Collection[str]) -> list[str]:
    """How many questions stand in several runs: train has them twice, and those of eval in another row."""
    first_runs: dict[str, str] = {}
    repeated_questions = sum(
        first_runs.setdefault(normalised_words(run_pair.question), run) != run for run, run_pair in run_pairs
    )
    if not repeated_questions:
        return []
    merge_command = as_typed(f"uv run visualization/merge.py {' '.join(runs)} --out both")
    repeats_phrase = counted(repeated_questions, "question of a run stands", "questions of a run stand")
    return [f"{repeats_phrase} in an earlier one as well, word for word; to have each once: {merge_command}"]


def half_curated_warnings(files_by_run: Mapping[str, Sequence[Path]]) -> list[str]:
    """Which runs are curated in part of their documents alone."""
    half_curated = []
    for run, pair_paths in files_by_run.items():
        curated_count = sum(folder_of(pair_path).name == "curated" for pair_path in pair_paths)
        if 0 < curated_count < len(pair_paths):
            curate_remedy = as_typed("for the rest: uv run dataprep/curate.py")
            half_curated.append(
                f"{run}: {curated_count} of {counted(len(pair_paths), 'document is', 'documents are')} curated; "
                f"{curate_remedy}"
            )
    return half_curated
