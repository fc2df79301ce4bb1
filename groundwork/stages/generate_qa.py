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
from groundwork.data_folder.unit_states import names_in_order
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

NAMING_FOLDERS = ("summaries", "text")  # folders of files that help to name things


def add_interview_flags(parser: argparse.ArgumentParser) -> None:
    flag = parser.add_argument
    flag("--iterate", help="ask again until nothing new comes; else once", **setting_flag("qa.iterate", True))
    flag("--max-iterations", help="rounds a chunk at most", **setting_flag("qa.max_iterations"))
    flag("--questions", help="a fixed number of pairs a chunk", **setting_flag("qa.questions"))
    flag("--limit", help="pairs a document at most", **setting_flag("qa.limit"))
    flag("--skip-tables", help="do not ask about tables", **setting_flag("qa.skip_tables", True))
    flag("--run", metavar="NAME", help="the folder below data/qa; default: the model's name")


def refuse_other_run(job: Job, _: Manifest) -> None:
    """Raises UsageError where the run is one that a merge has made, or has the pairs of another maker's model of that
    name: they would be replaced.
    """
    if job.flags.force:
        return
    from groundwork.data_folder.runs.run_files import MERGED

    run_to_write = _run_to_generate(job)
    folder_to_generate = job.data.path("qa", run_to_write)
    if (folder_to_generate / MERGED).exists():
        raise UsageError(
            f"{job.data.folder_address(f'qa/{run_to_write}')} is made by merge and would be lost; name another --run"
        )
    generating_model = job.config.qa.model
    model_of_pairs = model_of_run(folder_to_generate) or generating_model
    # where one has none it may be the same
    makers = {name.rpartition("/")[0] for name in (generating_model, model_of_pairs)} - {""}
    if getattr(job.flags, "run", None) is None and run_of_model(model_of_pairs) == run_to_write and len(makers) > 1:
        raise UsageError(
            f"{job.data.folder_address(f'qa/{run_to_write}')} holds the pairs of {model_of_pairs}, and "
            f"{generating_model} would replace them; name its run: --run {slug(generating_model)}"
        )


def _run_to_generate(job: Job) -> str:
    generated_run_flag = getattr(job.flags, "run", None)
    return run_of_model(job.config.qa.model) if generated_run_flag is None else new_run(generated_run_flag)


def interview_units(job: Job) -> list[Unit]:
    interviewed_run = _run_to_generate(job)
    documents_to_interview = list_documents(job, "chunks", ".jsonl")
    wish_files = unsorted_names_in_folder(job.data.path("qa", interviewed_run, WISHES))
    names_by_folder = {folder: unsorted_names_in_folder(job.data.path(folder), ".json") for folder in NAMING_FOLDERS}
    documents_to_interview = documents_to_interview[:1] if job.test else documents_to_interview
    return [
        _interview_unit(job, interviewed_run, document_to_interview, names_by_folder, wish_files)
        for document_to_interview in documents_to_interview
    ]


def _interview_unit(
    job: Job,
    interviewed_run: str,
    interviewed_document: str,
    names_by_folder: dict[str, KeysView[str]],
    wish_files: KeysView[str],
) -> Unit:
    record_name, rows_name = f"{interviewed_document}.json", f"{interviewed_document}.jsonl"
    naming_paths = [(name, record_name) for name in NAMING_FOLDERS if record_name in names_by_folder[name]]
    wishes = [("qa", interviewed_run, WISHES, rows_name)] if rows_name in wish_files else []
    return Unit(
        name=f"{interviewed_run}/{interviewed_document}",
        reads=job.data.paths(("chunks", rows_name), *naming_paths, *wishes),
        writes=job.data.paths(
            ("qa", interviewed_run, rows_name),
            ("qa", interviewed_run, "rejected", rows_name),
            coverage_path_parts(interviewed_run, interviewed_document),
        ),
        payload=interviewed_document,
    )


def _naming_files(job: Job, interviewed: str) -> list[Path]:
    """The files that help to name things; a document without them can be asked about all the same."""
    return [path for folder in NAMING_FOLDERS if (path := job.data.path(folder, f"{interviewed}.json")).exists()]


async def generate_pairs(job: Job, unit: Unit) -> Outcome:
    """Interview all chunks of a document side by side, and write what came of it."""
    from groundwork.llm.calls.task_group import gather_all
    from groundwork.questions.document_interviews import prepare_document_interviews

    if job.config.qa.images:
        job.data.fetch([job.data.path("text", unit.payload)])
    interview_material = _material_of_unit(job, unit)
    job.data.fetch_databases("embeddings")
    caches = job.data.cache("embeddings"), job.data.joined_cache("embeddings")
    interviews = await prepare_document_interviews(
        job.config, interview_material, job.prompt, lambda: job.client, *caches
    )
    if interviews.pair_limit_notice:
        job.progress.say(interviews.pair_limit_notice)
    job.progress.start(len(interviews.chunk_interviews), "chunks")
    await gather_all(_interview_chunk(job, interviews, i) for i in range(len(interviews.chunk_interviews)))
    await interviews.ask_across_chunks()
    coverage = interviews.coverage()
    write_jsonl(unit.writes[0], interviews.pairs())
    write_jsonl(unit.writes[1], interviews.rejected())
    write_json(unit.writes[2], coverage)
    return _interview_outcome(interviews, coverage)


def _material_of_unit(job: Job, unit: Unit) -> InterviewMaterial:
    from groundwork.questions.interview_material import InterviewMaterialFiles, read_interview_material

    interviewed = unit.payload
    interviewed_run = unit.name.rpartition("/")[0]
    material_files = InterviewMaterialFiles(
        chunks=job.data.path("chunks", f"{interviewed}.jsonl"),
        naming=_naming_files(job, interviewed),
        wishes=wishes_file(job.data, interviewed_run, interviewed),
        texts=job.data.path("text"),
    )
    return read_interview_material(interviewed, material_files, job.config.qa, TEST_CHUNKS if job.test else None)


async def _interview_chunk(job: Job, interviews: DocumentInterviews, chunk_number: int) -> None:
    await interviews.ask_about_chunk(chunk_number)
    if job.is_detailed:
        job.progress.say(interviews.chunk_log_line(chunk_number))
    job.progress.advance()


def _interview_outcome(interviews: DocumentInterviews, coverage: DocumentCoverage) -> Outcome:
    from groundwork.questions.document_interviews import interviews_summary_line

    return Outcome(
        status="ok" if coverage.pairs else "empty",
        note=interviews_summary_line(coverage),
        counts={"pairs": coverage.pairs, "rejected": sum(coverage.rejected.values()), "calls": coverage.calls},
        warnings=interviews.warnings(),
        failures=[Failure(unit_name, error.status, str(error)) for unit_name, error in interviews.failures()],
    )


def estimate_interviews(job: Job, unit: Unit) -> Estimate:
    """Calls and tokens for --dry-run, from the real prompts."""
    from groundwork.questions.chunk_interviews import ForecastBasis
    from groundwork.questions.document_interviews import forecast_interview_calls

    qa_call = job.config.qa

    def qa_tokens(messages: list[Any], schema: type | None) -> int:
        return job.tokens(qa_call, messages, schema)

    interview_tokens = list(
        forecast_interview_calls(ForecastBasis(qa_call, _material_of_unit(job, unit), job.prompt, qa_tokens))
    )
    return Estimate(
        len(interview_tokens),
        sum(prompt for prompt, _ in interview_tokens),
        sum(reply for _, reply in interview_tokens),
        qa_call,
    )


def interview_settings(config: Config) -> Any:
    """What of the config decides about the pairs; nothing of pictures where none are shown."""
    import msgspec

    qa_settings = msgspec.to_builtins(config.qa)
    if not config.qa.images:
        for name in ("images", "images_prompt", "max_images", "image_size"):
            del qa_settings[name]
    return qa_settings, config.embeddings


def interview_prompts(config: Config) -> list[str]:
    from groundwork.questions.document_interviews import prompt_files

    return prompt_files(config.qa)


main = StageCommand(
    name="generate_qa",
    units=interview_units,
    process=generate_pairs,
    settings=interview_settings,
    config_names=names_in_order("qa", "embeddings"),
    prompts=interview_prompts,
    flags=add_interview_flags,
    estimate=estimate_interviews,
    before=refuse_other_run,
    shards="documents",
    units_a_process=8,
)
