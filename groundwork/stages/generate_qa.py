"""Ask about every chunk, once or (--iterate) until nothing new comes: question, evaluation criteria, answer, evidence.

Reads   data/chunks/<document>.jsonl, data/summaries/<document>.json, the title in data/text/<document>.json, and what
        readers want asked: data/qa/<run>/wishes/<document>.jsonl
Writes  data/qa/<run>/<document>.jsonl, rejected/<document>.jsonl and coverage/<document>.json
Run     uv run dataprep/generate_qa.py --iterate
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from groundwork.console.command import Command, Estimate, Failure, Job, Outcome, Unit, setting
from groundwork.console.job import TEST_CHUNKS
from groundwork.records.artifacts import write_json, write_jsonl
from groundwork.records.recipe_changes import in_order
from groundwork.records.run_lookup import new_run, run_of_model
from groundwork.records.spread_folders import names_in
from groundwork.records.wishes import WISHES, wishes_file

if TYPE_CHECKING:
    from pathlib import Path

    from groundwork.questions.document_interviews import Interviews
    from groundwork.questions.interview_material import Material
    from groundwork.records.coverage_record import DocumentCoverage
    from groundwork.settings.whole_config import Config

ABOUT = ("summaries", "text")  # folders of files that help to name things


def add_flags(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--iterate", help="ask again until nothing new comes; else once", **setting("qa.iterate", True))
    add("--max-iterations", help="rounds a chunk at most", **setting("qa.max_iterations") | {"metavar": "N"})
    add("--questions", help="a fixed number of pairs a chunk", **setting("qa.questions") | {"metavar": "N"})
    add("--limit", help="pairs a document at most", **setting("qa.limit"))
    add("--skip-tables", help="do not ask about tables", **setting("qa.skip_tables", True))
    add("--run", metavar="NAME", help="the folder below data/qa; default: the model's name")


def units(job: Job) -> list[Unit]:
    named = getattr(job.flags, "run", None)
    run = run_of_model(job.config.qa.model) if named is None else new_run(named)
    found = job.list_documents("chunks", ".jsonl")
    wished = set(names_in(job.data.path("qa", run, WISHES)))
    about = {folder: set(names_in(job.data.path(folder), ".json")) for folder in ABOUT}
    return [_unit(job, run, document, about, wished) for document in (found[:1] if job.test else found)]


def _unit(job: Job, run: str, document: str, about: dict[str, set[str]], wished: set[str]) -> Unit:
    record, rows = f"{document}.json", f"{document}.jsonl"
    helping = [(name, record) for name in ABOUT if record in about[name]]
    return Unit(
        name=f"{run}/{document}",
        reads=job.data.paths(("chunks", rows), *helping, *([("qa", run, WISHES, rows)] if rows in wished else [])),
        writes=job.data.paths(("qa", run, rows), ("qa", run, "rejected", rows), ("qa", run, "coverage", record)),
        payload=document,
    )


def _about(job: Job, document: str) -> list[Path]:
    """The files that help to name things; a document without them can be asked about all the same."""
    return [path for folder in ABOUT if (path := job.data.path(folder, f"{document}.json")).exists()]


async def process(job: Job, unit: Unit) -> Outcome:
    """Interview all chunks of a document side by side, and write what came of it."""
    from groundwork.llm.task_group import gather_all
    from groundwork.questions.document_interviews import prepare_interviews

    if job.config.qa.images:
        job.data.fetch([job.data.path("text", unit.payload)])
    material = _material(job, unit)
    job.data.fetch_databases("embeddings")
    caches = job.data.cache("embeddings"), job.data.joined_cache("embeddings")
    made = await prepare_interviews(job.config, material, job.prompt, lambda: job.client, *caches)
    if made.notice:
        job.progress.say(made.notice)
    job.progress.start(len(made.states), "chunks")
    await gather_all(_interview(job, made, i) for i in range(len(made.states)))
    await made.ask_across_chunks()
    covered = made.covered()
    write_jsonl(unit.writes[0], made.pairs())
    write_jsonl(unit.writes[1], made.rejected())
    write_json(unit.writes[2], covered)
    return _outcome(made, covered)


def _material(job: Job, unit: Unit) -> Material:
    from groundwork.questions.interview_material import read_material

    document = unit.payload
    run = unit.name.rpartition("/")[0]
    chunks, wishes = job.data.path("chunks", f"{document}.jsonl"), wishes_file(job.data, run, document)
    about, most = _about(job, document), TEST_CHUNKS if job.test else None
    texts = job.data.path("text")
    return read_material(document, chunks, about, wishes, job.config.qa, most, texts)


async def _interview(job: Job, made: Interviews, number: int) -> None:
    await made.run(number)
    if job.is_detailed:
        job.progress.say(made.line(number))
    job.progress.advance()


def _outcome(made: Interviews, covered: DocumentCoverage) -> Outcome:
    from groundwork.questions.chunk_coverage import summary_line

    return Outcome(
        status="ok" if covered.pairs else "empty",
        note=summary_line(covered),
        counts={"pairs": covered.pairs, "rejected": sum(covered.rejected.values()), "calls": covered.calls},
        warnings=made.warnings(),
        failures=[Failure(part, error.status, str(error)) for part, error in made.failures()],
    )


def estimate(job: Job, unit: Unit) -> Estimate:
    """Calls and tokens for --dry-run, from the real prompts."""
    from groundwork.questions.document_interviews import interview_calls

    call = job.config.qa

    def tokens(messages: list[Any], schema: type | None) -> int:
        return job.tokens(call, messages, schema)

    made = list(interview_calls(call, _material(job, unit), job.prompt, tokens))
    return Estimate(len(made), sum(asked for asked, _ in made), sum(told for _, told in made), call)


def shaping(config: Config) -> Any:
    """What of the config decides about the pairs; nothing of pictures where none are shown."""
    import msgspec

    qa = msgspec.to_builtins(config.qa)
    if not config.qa.images:
        for name in ("images", "images_prompt", "max_images", "image_size"):
            del qa[name]
    return qa, config.embeddings


def prompts(config: Config) -> list[str]:
    from groundwork.questions.strategy_choice import prompt_files

    return prompt_files(config.qa)


main = Command(
    name="generate_qa",
    units=units,
    process=process,
    settings=shaping,
    config_names=in_order("qa", "embeddings"),
    prompts=prompts,
    flags=add_flags,
    estimate=estimate,
    shards="documents",
    units_a_process=8,
)
