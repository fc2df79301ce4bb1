"""Check every pair of a run, each check in a column of its own; fix or set aside what fails, delete nothing.

Reads   data/qa/<run>/<document>.jsonl, the chunks, summaries and titles of these documents
Writes  data/qa/<run>/curated/<document>.jsonl, rejected/<document>.jsonl and report.html there
Run     uv run dataprep/curate.py [--run NAME]
"""

from __future__ import annotations

import argparse
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.data_folder.file_names import Paths, path_strings_of
from groundwork.data_folder.runs.run_files import DECISIONS, document_of, run_of_flag, run_pair_files
from groundwork.data_folder.unit_states import names_in_order
from groundwork.stage_runner.chosen_documents import select_documents, workable_documents
from groundwork.stage_runner.stage_command import Estimate, Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from groundwork.settings.config_schema import Config


PAIRS_CURATED_AT_ONCE = 10_000  # in memory, and asked about side by side
ESTIMATED_CURATION_DOCUMENTS = 24  # documents that tell, as a run begins, how many calls there will be
CURATED_DOCUMENTS_A_PROCESS = 150  # from which another process pays


def add_curation_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", metavar="NAME", help="only this folder below data/qa; default: every run")


def curation_units(job: Job) -> list[Unit]:
    """A unit a run: near-duplicates are looked for across its documents."""
    curated_run_flag = getattr(job.flags, "run", None)
    run_to_curate = run_of_flag(curated_run_flag, job.data) if curated_run_flag is not None else ""
    documents_by_run = {
        run_folder_to_curate: [document_of(file) for file in run_pair_files(run_folder_to_curate).path_strings]
        for run_folder_to_curate in sorted(filter(Path.is_dir, job.data.path("qa").glob(run_to_curate or "*")))
    }
    all_documents = list(dict.fromkeys(chain(*documents_by_run.values())))
    documents_chosen = set(select_documents(job, all_documents))
    documents_left = set(workable_documents(job, all_documents)) - documents_chosen
    return [
        _curation_unit(
            job,
            run_folder_to_curate,
            [name for name in documents_of_run if name in documents_chosen],
            [name for name in documents_of_run if name in documents_left],
        )
        for run_folder_to_curate, documents_of_run in documents_by_run.items()
        if not documents_chosen.isdisjoint(documents_of_run)
    ]


def _curation_unit(
    job: Job, run_folder_to_curate: Path, documents_to_curate: list[str], documents_left: list[str]
) -> Unit:
    from groundwork.questions.curation.curated_run import RunDocuments, context_files

    run_parts = "qa", run_folder_to_curate.name
    pair_files = job.data.paths(*((*run_parts, f"{document}.jsonl") for document in documents_to_curate))
    context_of_pairs = job.data.existing_paths(
        [path_parts for document in documents_to_curate for path_parts in context_files(document)]
    )
    curated_from = Paths(
        (
            *pair_files.path_strings,
            *context_of_pairs.path_strings,
            *path_strings_of(_review_inputs(job, run_folder_to_curate.name, [*documents_to_curate, *documents_left])),
        )
    )
    if job.data.shard is not None:
        documents_to_curate = [name for name in documents_to_curate if job.data.shard.holds(name)]
        return Unit(
            run_folder_to_curate.name,
            curated_from,
            (job.data.cache("curated") / f"{run_folder_to_curate.name}.json",),
            payload=RunDocuments(documents_to_curate),
        )
    curated_parts = *run_parts, "curated"
    curated_files = job.data.paths(
        (*curated_parts, "report.html"),  # the one to open
        *((*curated_parts, f"{document}.jsonl") for document in documents_to_curate),
        *((*curated_parts, "rejected", f"{document}.jsonl") for document in documents_to_curate),
    )
    return Unit(
        run_folder_to_curate.name,
        curated_from,
        curated_files,
        payload=RunDocuments(documents_to_curate, documents_left),
        documents=len(documents_to_curate),
        chosen=frozenset(documents_to_curate) if documents_left else frozenset(),
    )


def _review_inputs(job: Job, run: str, documents: list[str]) -> list[Path]:
    if not (job.data.path("qa", run) / f"{DECISIONS}.jsonl").exists():
        return []
    from groundwork.data_folder.runs.review_decisions import review_files

    return review_files(job.data, run, documents, curated=False)


async def curate_pairs(job: Job, unit: Unit, at_once: int = PAIRS_CURATED_AT_ONCE) -> Outcome:
    """Check all pairs of a run, and find repeats among those that stay."""
    from groundwork.questions.curation.curated_run import curate_run

    return await curate_run(job, unit, at_once)


def estimate_curation(job: Job, unit: Unit) -> Estimate:
    """Calls and tokens from the real prompts (as a run begins, of some documents); without rewordings not yet known."""
    curate_call, documents_to_curate = job.config.curate, unit.payload.chosen
    if curate_call.rules_only or not documents_to_curate:  # a shard need not have any of the run
        return Estimate(0, 0, 0, curate_call)
    if not (job.flags.dry_run or job.test):
        documents_to_curate = documents_to_curate[:: -(-len(documents_to_curate) // ESTIMATED_CURATION_DOCUMENTS)]
    from groundwork.questions.curation.checked_pairs import read_pairs_of_documents, split_settled_pairs
    from groundwork.questions.curation.curated_run import TEST_PAIRS_OF_RUN, columns_before_merge, curation_of_pairs

    curated_run_pairs = read_pairs_of_documents(job.data.path("qa", unit.name), documents_to_curate)
    checked_columns = columns_before_merge(job, unit.name)
    pairs_to_check, _ = split_settled_pairs(
        curated_run_pairs[: TEST_PAIRS_OF_RUN if job.test else None], checked_columns
    )
    curation, curation_cases = curation_of_pairs(job, pairs_to_check, documents_to_curate)
    judge_requests = curation.requests(curation_cases)
    curation_prompt_tokens = sum(job.tokens(curate_call, messages, schema) for messages, schema, _ in judge_requests)
    curation_scale = len(unit.payload.chosen) / len(documents_to_curate)
    curation_reply_tokens = sum(reply_tokens for _, _, reply_tokens in judge_requests)
    return Estimate(
        round(len(judge_requests) * curation_scale),
        round(curation_prompt_tokens * curation_scale),
        round(curation_reply_tokens * curation_scale),
        curate_call,
    )


def curation_settings(config: Config) -> Any:
    """What of the config decides about the result."""
    curation_disagreement = [config.review.disagreement] if config.review.disagreement != "rejected" else []
    return config.curate, config.embeddings, config.qa.context, config.qa.duplicate_threshold, *curation_disagreement


def curation_prompts(config: Config) -> list[str]:
    return [] if config.curate.rules_only else list(config.curate.prompts.values())


main = StageCommand(
    name="curate",
    units=curation_units,
    process=curate_pairs,
    settings=curation_settings,
    config_names=names_in_order("curate", "embeddings", "qa.context", "qa.duplicate_threshold", "review.disagreement"),
    prompts=curation_prompts,
    version="3",
    flags=add_curation_flags,
    estimate=estimate_curation,
    shards="caches",
    units_a_process=CURATED_DOCUMENTS_A_PROCESS,
    divides=lambda config: not config.curate.rules_only,  # rules are applied by the process that makes the whole
)
