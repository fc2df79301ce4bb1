"""Ask about every chunk, once or (--iterate) until nothing new comes: question, evaluation criteria, answer, evidence.

Reads   data/chunks/<document>.jsonl, data/summaries/<document>.json, the title in data/text/<document>.json, and what
        readers want asked: data/qa/<run>/wishes/<document>.jsonl
Writes  data/qa/<run>/<document>.jsonl, rejected/<document>.jsonl and coverage/<document>.json
Run     uv run dataprep/generate_qa.py --iterate
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from groundwork.data_folder.file_names import slug
from groundwork.data_folder.read_write import write_json, write_jsonl
from groundwork.data_folder.runs.reader_wishes import WISHES, wishes_file
from groundwork.data_folder.runs.run_files import coverage_path_parts, model_of_run, new_run, run_of_model
from groundwork.data_folder.spread_folders import unsorted_names_in_folder
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.errors import UsageError
from groundwork.stage_runner.chosen_documents import list_documents
from groundwork.stage_runner.job import TEST_CHUNKS
from groundwork.stage_runner.stage_command import Estimate, Failure, Job, Outcome, StageCommand, Unit, setting_flag

if TYPE_CHECKING:
    from collections.abc import KeysView
    from pathlib import Path

    from groundwork.data_folder.manifest import Manifest
    from groundwork.questions.document_interviews import DocumentInterviews
    from groundwork.questions.interview_material import InterviewMaterial
    from groundwork.records import DocumentCoverage
    from groundwork.settings.config_schema import Config

QA_NAMING_FOLDERS = ("summaries", "text")  # folders of files that help to name things


def add_qa_flags(parser: argparse.ArgumentParser) -> None:
    qa_flag = parser.add_argument
    qa_flag("--iterate", help="ask again until nothing new comes; else once", **setting_flag("qa.iterate", True))
    qa_flag("--max-iterations", help="rounds a chunk at most", **setting_flag("qa.max_iterations"))
    qa_flag("--questions", help="a fixed number of pairs a chunk", **setting_flag("qa.questions"))
    qa_flag("--limit", help="pairs a document at most", **setting_flag("qa.limit"))
    qa_flag("--skip-tables", help="do not ask about tables", **setting_flag("qa.skip_tables", True))
    qa_flag("--run", metavar="NAME", help="the folder below data/qa; default: the model's name")


def refuse_other_qa_run(job: Job, _: Manifest) -> None:
    """Raises UsageError where the run is one that a merge has made, or has the pairs of another maker's model of that
    name: they would be replaced.
    """
    if job.flags.force:
        return
    from groundwork.data_folder.runs.run_files import MERGED

    qa_run = _qa_run(job)
    qa_folder = job.data.path("qa", qa_run)
    if (qa_folder / MERGED).exists():
        raise UsageError(
            f"{job.data.folder_address(f'qa/{qa_run}')} is made by merge and would be lost; name another --run"
        )
    qa_model = job.config.qa.model
    model_of_qa_run = model_of_run(qa_folder) or qa_model
    # where one has none it may be the same
    qa_makers = {name.rpartition("/")[0] for name in (qa_model, model_of_qa_run)} - {""}
    if getattr(job.flags, "run", None) is None and run_of_model(model_of_qa_run) == qa_run and len(qa_makers) > 1:
        raise UsageError(
            f"{job.data.folder_address(f'qa/{qa_run}')} holds the pairs of {model_of_qa_run}, and "
            f"{qa_model} would replace them; name its run: --run {slug(qa_model)}"
        )


def _qa_run(job: Job) -> str:
    qa_run_flag = getattr(job.flags, "run", None)
    return run_of_model(job.config.qa.model) if qa_run_flag is None else new_run(qa_run_flag)


def qa_units(job: Job) -> list[Unit]:
    qa_run = _qa_run(job)
    qa_documents = list_documents(job, "chunks", ".jsonl")
    qa_wish_files = unsorted_names_in_folder(job.data.path("qa", qa_run, WISHES))
    qa_naming_names = {folder: unsorted_names_in_folder(job.data.path(folder), ".json") for folder in QA_NAMING_FOLDERS}
    qa_documents = qa_documents[:1] if job.test else qa_documents
    return [_qa_unit(job, qa_run, qa_document, qa_naming_names, qa_wish_files) for qa_document in qa_documents]


def _qa_unit(
    job: Job, qa_run: str, qa_document: str, qa_naming_names: dict[str, KeysView[str]], qa_wish_files: KeysView[str]
) -> Unit:
    qa_record, qa_rows = f"{qa_document}.json", f"{qa_document}.jsonl"
    qa_naming_paths = [(name, qa_record) for name in QA_NAMING_FOLDERS if qa_record in qa_naming_names[name]]
    qa_wishes = [("qa", qa_run, WISHES, qa_rows)] if qa_rows in qa_wish_files else []
    return Unit(
        name=f"{qa_run}/{qa_document}",
        reads=job.data.paths(("chunks", qa_rows), *qa_naming_paths, *qa_wishes),
        writes=job.data.paths(
            ("qa", qa_run, qa_rows), ("qa", qa_run, "rejected", qa_rows), coverage_path_parts(qa_run, qa_document)
        ),
        payload=qa_document,
    )


def _qa_naming_files(job: Job, qa_document: str) -> list[Path]:
    """The files that help to name things; a document without them can be asked about all the same."""
    return [path for folder in QA_NAMING_FOLDERS if (path := job.data.path(folder, f"{qa_document}.json")).exists()]


async def generate_qa_pairs(job: Job, unit: Unit) -> Outcome:
    """Interview all chunks of a document side by side, and write what came of it."""
    from groundwork.llm.calls.task_group import gather_all
    from groundwork.questions.document_interviews import prepare_document_interviews

    if job.config.qa.images:
        job.data.fetch([job.data.path("text", unit.payload)])
    qa_material = _qa_material(job, unit)
    job.data.fetch_databases("embeddings")
    qa_caches = job.data.cache("embeddings"), job.data.joined_cache("embeddings")
    qa_interviews = await prepare_document_interviews(
        job.config, qa_material, job.prompt, lambda: job.client, *qa_caches
    )
    if qa_interviews.pair_limit_notice:
        job.progress.say(qa_interviews.pair_limit_notice)
    job.progress.start(len(qa_interviews.interviews), "chunks")
    await gather_all(_ask_about_qa_chunk(job, qa_interviews, i) for i in range(len(qa_interviews.interviews)))
    await qa_interviews.ask_across_chunks()
    qa_coverage = qa_interviews.coverage()
    write_jsonl(unit.writes[0], qa_interviews.pairs())
    write_jsonl(unit.writes[1], qa_interviews.rejected())
    write_json(unit.writes[2], qa_coverage)
    return _qa_outcome(qa_interviews, qa_coverage)


def _qa_material(job: Job, unit: Unit) -> InterviewMaterial:
    from groundwork.questions.interview_material import InterviewMaterialFiles, read_interview_material

    qa_document = unit.payload
    qa_run = unit.name.rpartition("/")[0]
    qa_material_files = InterviewMaterialFiles(
        chunks=job.data.path("chunks", f"{qa_document}.jsonl"),
        naming=_qa_naming_files(job, qa_document),
        wishes=wishes_file(job.data, qa_run, qa_document),
        texts=job.data.path("text"),
    )
    return read_interview_material(qa_document, qa_material_files, job.config.qa, TEST_CHUNKS if job.test else None)


async def _ask_about_qa_chunk(job: Job, qa_interviews: DocumentInterviews, chunk_number: int) -> None:
    await qa_interviews.ask_about_chunk(chunk_number)
    if job.is_detailed:
        job.progress.say(qa_interviews.chunk_log_line(chunk_number))
    job.progress.advance()


def _qa_outcome(qa_interviews: DocumentInterviews, qa_coverage: DocumentCoverage) -> Outcome:
    from groundwork.questions.document_interviews import interviews_summary_line

    return Outcome(
        status="ok" if qa_coverage.pairs else "empty",
        note=interviews_summary_line(qa_coverage),
        counts={"pairs": qa_coverage.pairs, "rejected": sum(qa_coverage.rejected.values()), "calls": qa_coverage.calls},
        warnings=qa_interviews.interview_warnings(),
        failures=[
            Failure(unit_name, error.status, str(error)) for unit_name, error in qa_interviews.interview_failures()
        ],
    )


def estimate_qa(job: Job, unit: Unit) -> Estimate:
    """Calls and tokens for --dry-run, from the real prompts."""
    from groundwork.questions.document_interviews import forecast_interview_calls
    from groundwork.questions.interview_strategy import ForecastBasis

    qa_call = job.config.qa

    def qa_tokens(messages: list[Any], schema: type | None) -> int:
        return job.tokens(qa_call, messages, schema)

    qa_calls = list(forecast_interview_calls(ForecastBasis(qa_call, _qa_material(job, unit), job.prompt, qa_tokens)))
    return Estimate(len(qa_calls), sum(prompt for prompt, _ in qa_calls), sum(reply for _, reply in qa_calls), qa_call)


def shaping_qa_settings(config: Config) -> Any:
    """What of the config decides about the pairs; nothing of pictures where none are shown."""
    import msgspec

    qa_settings = msgspec.to_builtins(config.qa)
    if not config.qa.images:
        for name in ("images", "images_prompt", "max_images", "image_size"):
            del qa_settings[name]
    return qa_settings, config.embeddings


def qa_prompts(config: Config) -> list[str]:
    from groundwork.questions.document_interviews import prompt_files

    return prompt_files(config.qa)


main = StageCommand(
    name="generate_qa",
    units=qa_units,
    process=generate_qa_pairs,
    settings=shaping_qa_settings,
    config_names=names_in_order("qa", "embeddings"),
    prompts=qa_prompts,
    flags=add_qa_flags,
    estimate=estimate_qa,
    before=refuse_other_qa_run,
    shards="documents",
    units_a_process=8,
)
