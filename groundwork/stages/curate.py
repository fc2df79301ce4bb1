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
from groundwork.data_folder.recipe_changes import names_in_order
from groundwork.data_folder.runs.run_names_and_files import DECISIONS, document_of, run_of_flag, run_pair_files
from groundwork.stage_runner.chosen_documents import select_documents
from groundwork.stage_runner.stage_command import Estimate, Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from groundwork.settings.config_schema import Config


PAIRS_AT_ONCE = 10_000  # in memory, and asked about side by side
ESTIMATE_DOCUMENTS = 24  # documents that tell, as a run begins, how many calls there will be
DOCUMENTS_A_PROCESS = 150  # from which another process pays


def add_curation_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", metavar="NAME", help="only this folder below data/qa; default: every run")


def curation_units(job: Job) -> list[Unit]:
    """A unit a run: near-duplicates are looked for across its documents."""
    run_flag = getattr(job.flags, "run", None)
    run_to_curate = run_of_flag(run_flag, job.data) if run_flag is not None else ""
    documents_by_run = {
        run_folder: [document_of(file) for file in run_pair_files(run_folder).texts]
        for run_folder in sorted(filter(Path.is_dir, job.data.path("qa").glob(run_to_curate or "*")))
    }
    chosen_documents = set(select_documents(job, list(dict.fromkeys(chain(*documents_by_run.values())))))
    chosen_by_run = {
        run_folder: [name for name in documents if name in chosen_documents]
        for run_folder, documents in documents_by_run.items()
    }
    return [_curation_unit(job, run_folder, documents) for run_folder, documents in chosen_by_run.items() if documents]


def _curation_unit(job: Job, run_folder: Path, documents: list[str]) -> Unit:
    from groundwork.questions.curation.curated_run import context_files

    run_parts = "qa", run_folder.name
    pair_files = job.data.paths(*((*run_parts, f"{document}.jsonl") for document in documents))
    context_of_pairs = job.data.existing_paths(
        [path_parts for document in documents for path_parts in context_files(document)]
    )
    curated_from = Paths(
        (*pair_files.texts, *context_of_pairs.texts, *path_strings_of(_review_inputs(job, run_folder.name, documents)))
    )
    if job.data.shard is not None:
        documents = [name for name in documents if job.data.shard.holds(name)]
        return Unit(
            run_folder.name, curated_from, (job.data.cache("curated") / f"{run_folder.name}.json",), payload=documents
        )
    curated_parts = *run_parts, "curated"
    curated_files = job.data.paths(
        (*curated_parts, "report.html"),  # the one to open
        *((*curated_parts, f"{document}.jsonl") for document in documents),
        *((*curated_parts, "rejected", f"{document}.jsonl") for document in documents),
    )
    return Unit(
        run_folder.name,
        curated_from,
        curated_files,
        payload=documents,
        documents=len(documents),
    )


def _review_inputs(job: Job, run: str, documents: list[str]) -> list[Path]:
    if not (job.data.path("qa", run) / f"{DECISIONS}.jsonl").exists():
        return []
    from groundwork.data_folder.runs.review_decisions import review_files

    return review_files(job.data, run, documents, curated=False)


async def curate_pairs(job: Job, unit: Unit, at_once: int = PAIRS_AT_ONCE) -> Outcome:
    """Check all pairs of a run, and find repeats among those that stay."""
    from groundwork.questions.curation.curated_run import curate_run

    return await curate_run(job, unit, at_once)


def estimate_curation(job: Job, unit: Unit) -> Estimate:
    """Calls and tokens from the real prompts (as a run begins, of some documents); without rewordings not yet known."""
    curate_call, documents = job.config.curate, unit.payload
    if curate_call.rules_only or not documents:  # a shard need not have any of the run
        return Estimate(0, 0, 0, curate_call)
    if not (job.flags.dry_run or job.test):
        documents = documents[:: -(-len(documents) // ESTIMATE_DOCUMENTS)]
    from groundwork.questions.curation.checked_pairs import read_pairs_of_documents, split_settled_pairs
    from groundwork.questions.curation.curated_run import TEST_PAIRS, columns_before_merge, curation_of_pairs

    run_pairs = read_pairs_of_documents(job.data.path("qa", unit.name), documents)
    checked_columns = columns_before_merge(job, unit.name)
    pairs_to_check, _ = split_settled_pairs(run_pairs[: TEST_PAIRS if job.test else None], checked_columns)
    curation, curation_cases = curation_of_pairs(job, pairs_to_check, documents)
    judge_requests = curation.requests(curation_cases)
    prompt_tokens = sum(job.tokens(curate_call, messages, schema) for messages, schema, _ in judge_requests)
    document_scale = len(unit.payload) / len(documents)
    reply_token_count = sum(reply_tokens for _, _, reply_tokens in judge_requests)
    return Estimate(
        round(len(judge_requests) * document_scale),
        round(prompt_tokens * document_scale),
        round(reply_token_count * document_scale),
        curate_call,
    )


def curation_settings(config: Config) -> Any:
    """What of the config decides about the result."""
    disagreement = [config.review.disagreement] if config.review.disagreement != "rejected" else []
    return config.curate, config.embeddings, config.qa.context, config.qa.duplicate_threshold, *disagreement


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
    units_a_process=DOCUMENTS_A_PROCESS,
    divides=lambda config: not config.curate.rules_only,  # rules are applied by the process that makes the whole
)
