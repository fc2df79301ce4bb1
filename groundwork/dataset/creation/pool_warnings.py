"""What is to be warned of in the runs of a pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from groundwork.data_folder.runs.review_decisions import BY_PERSON
from groundwork.data_folder.spread_folders import folder_of
from groundwork.installation import as_typed
from groundwork.language.words import normalised_words
from groundwork.message_wording import counted
from groundwork.records import Pair


def unchecked_warnings(
    pool_pairs: Sequence[tuple[str, Pair]], pool_files_by_run: Mapping[str, Sequence[Path]], checks: Collection[str]
) -> list[str]:
    """Which runs hold pairs that curation kept because no call about them gave a usable reply."""
    if not checks:
        return []
    pool_files = [(run, pool_file) for run, run_files in pool_files_by_run.items() for pool_file in run_files]
    curated = {(run, pool_file.stem) for run, pool_file in pool_files if folder_of(pool_file).name == "curated"}
    curated_pairs = [(run, pool_pair) for run, pool_pair in pool_pairs if (run, pool_pair.document) in curated]
    unchecked_counts = Counter(
        run for run, pool_pair in curated_pairs if pool_pair.checks.keys().isdisjoint({*checks, BY_PERSON})
    )
    pool_pair_counts = Counter(run for run, _ in pool_pairs)
    return [
        f"{run}: {unchecked_pairs:,} of {counted(pool_pair_counts[run], 'pair was', 'pairs were')} kept unchecked"
        + as_typed(f"; run: uv run dataprep/curate.py --run {run} --retry-failed")
        for run, unchecked_pairs in unchecked_counts.items()
    ]


def repeats_warnings(pool_pairs: Sequence[tuple[str, Pair]], runs: Collection[str]) -> list[str]:
    """How many questions stand in several runs: train has them twice, and those of eval in another row."""
    pool_first_runs: dict[str, str] = {}
    repeated_questions = sum(
        pool_first_runs.setdefault(normalised_words(pool_pair.question), run) != run for run, pool_pair in pool_pairs
    )
    if not repeated_questions:
        return []
    merge_command = as_typed(f"uv run visualization/merge.py {' '.join(runs)} --out both")
    repeats_phrase = counted(repeated_questions, "question of a run stands", "questions of a run stand")
    return [f"{repeats_phrase} in an earlier one as well, word for word; to have each once: {merge_command}"]


def half_curated_warnings(pool_files_by_run: Mapping[str, Sequence[Path]]) -> list[str]:
    """Which runs are curated in part of their documents alone."""
    half_curated = []
    for run, pool_files in pool_files_by_run.items():
        curated_count = sum(folder_of(pool_file).name == "curated" for pool_file in pool_files)
        if 0 < curated_count < len(pool_files):
            curate_remedy = as_typed("for the rest: uv run dataprep/curate.py")
            half_curated.append(
                f"{run}: {curated_count} of {counted(len(pool_files), 'document is', 'documents are')} curated; "
                f"{curate_remedy}"
            )
    return half_curated
