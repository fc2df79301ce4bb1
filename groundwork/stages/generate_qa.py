"""Ask about every chunk, once or (--iterate) until nothing new comes: question, evaluation criteria, answer, evidence.

Reads   data/chunks/<document>.jsonl, data/summaries/<document>.json, the title in data/text/<document>.json, and what
        readers want asked: data/qa/<run>/wishes/<document>.jsonl
Writes  data/qa/<run>/<document>.jsonl, rejected/<document>.jsonl and coverage/<document>.json
Run     uv run dataprep/generate_qa.py --iterate
"""

from __future__ import annotations

import argparse
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from groundwork.console.command import Command, Estimate, Failure, Job, Outcome, Unit, setting
from groundwork.console.job import TEST_CHUNKS
from groundwork.records.artifacts import read_json, write_json, write_jsonl
from groundwork.records.runs import new_run, run_of_model
from groundwork.records.wishes import read_wishes, wishes_file

if TYPE_CHECKING:
    from pathlib import Path

    from groundwork.markdown.chunk_reading import Reading
    from groundwork.questions.document_interviews import Interviews
    from groundwork.questions.interview_material import Material
    from groundwork.records.types import Chunk, DocumentCoverage
    from groundwork.settings.whole_config import Config


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
    found = job.documents_in("chunks", ".jsonl")
    return [_unit(job, run, document) for document in (found[:1] if job.test else found)]


def _unit(job: Job, run: str, document: str) -> Unit:
    folder = job.data.path("qa", run)
    wishes = wishes_file(job.data, run, document)
    return Unit(
        name=f"{run}/{document}",
        reads=(job.data.path("chunks", f"{document}.jsonl"), *_about(job, document), *[wishes] * wishes.exists()),
        writes=(
            folder / f"{document}.jsonl",
            folder / "rejected" / f"{document}.jsonl",
            folder / "coverage" / f"{document}.json",
        ),
        payload=document,
    )


def _about(job: Job, document: str) -> list[Path]:
    """The files that help to name things; a document without them can be asked about all the same."""
    paths = (job.data.path("summaries", f"{document}.json"), job.data.path("text", f"{document}.json"))
    return [path for path in paths if path.exists()]


async def process(job: Job, unit: Unit) -> Outcome:
    """Interview all chunks of a document side by side, and write what came of it."""
    from groundwork.llm.concurrency import together
    from groundwork.questions.document_interviews import prepare

    material = read_material(job, unit)
    caches = job.data.cache("embeddings"), job.data.joined_cache("embeddings")
    made = await prepare(job.config, material, job.prompt, lambda: job.client, *caches)
    if made.notice:
        job.progress.say(made.notice)
    job.progress.start(len(made.states), "chunks")
    await together(_interview(job, made, i) for i in range(len(made.states)))
    await made.ask_across_chunks()
    covered = made.covered()
    write_jsonl(unit.writes[0], made.pairs())
    write_jsonl(unit.writes[1], made.rejected())
    write_json(unit.writes[2], covered)
    return _outcome(made, covered)


async def _interview(job: Job, made: Interviews, number: int) -> None:
    await made.run(number)
    if job.in_detail:
        job.progress.say(made.line(number))
    job.progress.advance()


def read_material(job: Job, unit: Unit) -> Material:
    """The chunks of a document that may be asked about, its title, its summary and its wishes. Raises BadRecord."""
    from groundwork.markdown.chunk_reading import read_chunks
    from groundwork.questions.interview_material import Material
    from groundwork.records.types import Document, Summary

    document = unit.payload
    readings = read_chunks(job.data.path("chunks", f"{document}.jsonl"))
    wanted = [reading for reading in readings if _wanted(reading.chunk, job.config)]
    summary = title = ""
    for path in _about(job, document):
        if path.parent.name == "summaries":
            summary = read_json(path, Summary).summary
        else:
            title = read_json(path, Document).title
    return Material(
        document=document,
        title=title or _first_heading(readings) or document.replace("-", " "),
        summary=summary,
        readings=wanted[:TEST_CHUNKS] if job.test else wanted,
        left_out=len(readings) - len(wanted),
        wishes=read_wishes(unit.writes[0].with_name("wishes") / f"{document}.jsonl"),
    )


def _wanted(chunk: Chunk, config: Config) -> bool:
    if chunk.kind == "table" and config.qa.skip_tables:
        return False
    return not (chunk.skip and config.qa.skip_marked)


def _first_heading(readings: list[Reading]) -> str:
    return next((reading.chunk.headings[0] for reading in readings if reading.chunk.headings), "")


def _outcome(made: Interviews, covered: DocumentCoverage) -> Outcome:
    return Outcome(
        status="ok" if covered.pairs else "empty",
        note=summary_line(covered),
        counts={"pairs": covered.pairs, "rejected": sum(covered.rejected.values()), "calls": covered.calls},
        warnings=made.warnings(),
        failures=[Failure(part, error.status, str(error)) for part, error in made.failures()],
    )


def summary_line(covered: DocumentCoverage) -> str:
    """`61 pairs (50 + 11 + 0), covers 94% (sentences 96%, numbers 91%), 7 rejected (evidence 4, ...), 12 calls`.

    The sum is the saturation curve of the document: new pairs of each iteration, over all chunks.
    """
    curve = [sum(column) for column in zip_longest(*(run.new for run in covered.runs), fillvalue=0)]
    shares = {name: getattr(covered, name) for name in ("sentences", "numbers", "rows")}
    by_kind = ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share is not None)
    parts = [f"{covered.pairs} pairs" + (f" ({' + '.join(map(str, curve))})" if curve else "")]
    if covered.touched is not None:
        parts.append(f"covers {covered.touched:.0%} ({by_kind})")
        if covered.declined:
            parts.append(f"{covered.declined:.0%} declined, {1 - covered.touched - covered.declined:.0%} open")
    if covered.rejected:
        reasons = ", ".join(f"{reason} {n}" for reason, n in covered.rejected.items())
        parts.append(f"{sum(covered.rejected.values())} rejected ({reasons})")
    return ", ".join([*parts, f"{covered.calls} calls"])


def estimate(job: Job, unit: Unit) -> Estimate:
    """Calls and tokens for --dry-run, from the real prompts."""
    from groundwork.questions.interview_estimate import calls

    call = job.config.qa

    def tokens(messages: list[Any], schema: type | None) -> int:
        return job.tokens(call, messages, schema)

    made = list(calls(call, read_material(job, unit), job.prompt, tokens))
    return Estimate(len(made), sum(asked for asked, _ in made), sum(told for _, told in made), call)


def shaping(config: Config) -> Any:
    """What of the config decides about the pairs."""
    return config.qa, config.embeddings


def prompts(config: Config) -> list[str]:
    from groundwork.questions.strategies import prompt_files

    return prompt_files(config.qa)


main = Command(
    name="generate_qa",
    units=units,
    process=process,
    settings=shaping,
    prompts=prompts,
    flags=add_flags,
    estimate=estimate,
    shards="documents",
    units_a_process=8,
)
