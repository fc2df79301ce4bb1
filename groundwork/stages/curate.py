"""Check every pair of a run, each check in a column of its own; fix or set aside what fails, delete nothing.

Reads   data/qa/<run>/<document>.jsonl, the chunks, summaries and titles of these documents
Writes  data/qa/<run>/curated/<document>.jsonl, rejected/<document>.jsonl and report.html there
Run     uv run dataprep/curate.py [--run NAME]
"""

from __future__ import annotations

import argparse
import functools
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from groundwork.console.command import Command, Estimate, Failure, Job, Outcome, Unit
from groundwork.records.artifacts import write_json, write_text
from groundwork.records.paths import Paths, texts_of
from groundwork.records.recipe_changes import in_order
from groundwork.records.run_lookup import DECISIONS, document_of, files_of_documents, named_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwork.questions.curation.outcome import CheckedPair
    from groundwork.questions.curation.report_page import Curated
    from groundwork.questions.curation.rounds import Curation
    from groundwork.questions.curation.rule_checks import CurationCase
    from groundwork.questions.duplicates.duplicate_search import AskedSoFar
    from groundwork.records.disk_backed_lists import Spooled
    from groundwork.records.pair_record import Pair
    from groundwork.settings.whole_config import Config

T = TypeVar("T")
PAIRS_AT_ONCE = 10_000  # in memory, and asked about side by side
TEST_PAIRS = 10
FORETOLD = 24  # documents that tell, as a run begins, how many calls there will be
DOCUMENTS_A_PROCESS = 150  # from which another process pays


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", metavar="NAME", help="only this folder below data/qa; default: every run")


def units(job: Job) -> list[Unit]:
    """A unit a run: near-duplicates are looked for across its documents."""
    named = getattr(job.flags, "run", None)
    wanted = named_run(named, job.data) if named is not None else ""
    folders = sorted(path for path in job.data.path("qa").glob("*") if path.is_dir())
    found = []
    for folder in folders:
        documents = [document_of(file) for file in files_of_documents(folder).texts]
        documents = job.select_documents(documents) if documents else []
        if documents and (not wanted or folder.name == wanted):
            found.append(_unit(job, folder, documents))
    return found


def _unit(job: Job, folder: Path, documents: list[str]) -> Unit:
    run = "qa", folder.name
    pairs = job.data.paths(*((*run, f"{document}.jsonl") for document in documents))
    about = job.data.existing([parts for document in documents for parts in _about(document)])
    reads = Paths((*pairs.texts, *about.texts, *texts_of(_decided(job, folder.name, documents))))
    if job.data.shard is not None:
        documents = [name for name in documents if job.data.shard.holds(name)]
        return Unit(folder.name, reads, (job.data.cache("curated") / f"{folder.name}.json",), payload=documents)
    curated = *run, "curated"
    writes = job.data.paths(
        *((*curated, f"{document}.jsonl") for document in documents),
        *((*curated, "rejected", f"{document}.jsonl") for document in documents),
        (*curated, "report.html"),
    )
    return Unit(
        folder.name,
        reads,
        writes,
        payload=documents,
        documents=len(documents),
    )


def _decided(job: Job, run: str, documents: list[str]) -> list[Path]:
    if not (job.data.path("qa", run) / f"{DECISIONS}.jsonl").exists():
        return []
    from groundwork.records.run_pairs import review_files

    return review_files(job.data, run, documents, curated=False)


def _about(document: str) -> list[tuple[str, str]]:
    return [("chunks", f"{document}.jsonl"), ("summaries", f"{document}.json"), ("text", f"{document}.json")]


async def process(job: Job, unit: Unit, at_once: int = PAIRS_AT_ONCE) -> Outcome:
    """Check all pairs of a run, many in a call, and find repeats among those that stay.

    What is asked about a document depends on that document alone. A shard asks about its own documents, keeps the
    replies, and writes no file: the whole run finds them there once they are gathered.

    A million pairs fill the memory: they are in temporary files, and only `at_once` of them here, or one document's.
    """
    from groundwork.questions.curation.duplicate_removal import repeated_questions, with_repeats
    from groundwork.questions.curation.outcome import CheckedPair, restored, sort_out, write_curated
    from groundwork.questions.curation.pairs_by_document import check_parts, read_by_document
    from groundwork.questions.curation.report_page import Curated, curation_html
    from groundwork.records.disk_backed_lists import Spooled
    from groundwork.records.pair_record import Pair, Rejected
    from groundwork.records.run_pairs import read_review

    review = read_review(job.data, unit.name, job.config.review.disagreement)
    with ExitStack() as open_files:

        def spooled(kind: type[T]) -> Spooled[T]:
            return open_files.enter_context(closing(Spooled(kind, job.data.state)))

        questions, unique, judged = spooled(str), spooled(Pair), spooled(CheckedPair)
        parts = read_by_document(
            job.data.path("qa", unit.name),
            unit.payload,
            review,
            at_once=at_once,
            most=TEST_PAIRS if job.test else None,
            looks_for_repeats="duplicates" in job.config.curate.checks,
            questions=questions,
            unique=unique,
            judged=judged,
        )
        job.progress.start(len(unique), "pairs")
        await check_parts(parts, unique, judged, functools.partial(_curation, job), job.progress.advance)
        if job.data.shard is not None:
            return _checked(unit, judged)
        repeats: dict[int, str] = {}
        if "duplicates" in job.config.curate.checks and judged:
            repeats = await repeated_questions(judged, review, await _asked_so_far(job, questions))
        kept, rejected = spooled(Pair), spooled(Rejected)
        checked = (with_repeats(one, place, repeats) for place, one in enumerate(judged))
        failures = [Failure(*failed) for failed in sort_out(checked, review, kept, rejected)]
        if review.verdicts:
            kept.extend(restored(job.data.path("qa", unit.name), unit.payload, review, {pair.id for pair in kept}))
        warnings = [] if job.test else review.unmet(unit.payload)
        curated = Curated(unit.name, job.config.curate.checks, kept, rejected, review.describe())
        folder = job.data.path("qa", unit.name) / "curated"
        write_curated(folder, unit.payload, kept, rejected)
        write_text(folder / "report.html", curation_html(curated))
        return _outcome(curated, failures, warnings)


def _checked(unit: Unit, judged: Sequence[CheckedPair]) -> Outcome:
    """What a shard has done: its file says for how many pairs the replies are there."""
    failures = [Failure(one.pair.id, one.status, one.error) for one in judged if one.status]
    write_json(unit.writes[0], {"pairs": len(judged), "failed": len(failures)})
    return Outcome(note=f"{len(judged):,} pairs of this shard checked", failures=failures)


def _curation(job: Job, pairs: Sequence[Pair], documents: Sequence[str]) -> tuple[Curation, list[CurationCase]]:
    """The checks of the config, and the pairs as they go into them."""
    from groundwork.questions.curation.calls import CurationJudge
    from groundwork.questions.curation.rounds import Curation
    from groundwork.questions.curation.rule_checks import place_of, read_places

    settings, context = job.config.curate, job.config.qa.context
    about = {document: [path for path in job.data.paths(*_about(document)) if path.exists()] for document in documents}
    places = read_places(
        about,
        context,
    )
    curation = Curation(CurationJudge(lambda: job.client, settings), settings, job.prompt)
    return curation, curation.cases(pairs, [place_of(pair, places) for pair in pairs], context)


async def _asked_so_far(job: Job, questions: Sequence[str]) -> AskedSoFar:
    from groundwork.questions.duplicates.duplicate_search import AskedSoFar, similarity

    threshold = job.config.curate.thresholds.get("duplicates", job.config.qa.duplicate_threshold)
    encode, likeness, _ = await similarity(
        job.config.embeddings,
        threshold,
        questions,
        job.data.path("embeddings"),
        lambda: job.client,
    )
    return AskedSoFar(encode, likeness)


def _outcome(curated: Curated, failures: list[Failure], warnings: list[str]) -> Outcome:
    from collections import Counter

    from groundwork.questions.curation.report_page import by_rule_alone

    rewritten = sum(bool(pair.original_question) for pair in curated.kept)
    counts = {"kept": len(curated.kept) - rewritten, "rewritten": rewritten, "rejected": len(curated.rejected)}
    reasons = Counter(one.reason for one in curated.rejected)
    listed = [f"{reason} {n}" for reason, n in reasons.most_common()]
    if ruled := sum(by_rule_alone(one) for one in curated.rejected):
        counts["rejected by a rule"] = ruled
        listed.append(f"{ruled} of them by a rule, no model was asked")
    told = f" ({', '.join(listed)})" if listed else ""
    note = f"{counts['kept']} kept, {rewritten} rewritten, {counts['rejected']} rejected{told}"
    note = " ".join([f"{note}.", *curated.reviewed]) if curated.reviewed else note
    return Outcome(
        status="ok" if curated.kept else "empty", note=note, counts=counts, failures=failures, warnings=warnings
    )


def estimate(job: Job, unit: Unit) -> Estimate:
    """Calls and tokens from the real prompts (as a run begins, of some documents); without rewordings not yet known."""
    call, documents = job.config.curate, unit.payload
    if call.rules_only:
        return Estimate(0, 0, 0, call)
    if not (job.flags.dry_run or job.test):
        documents = documents[:: -(-len(documents) // FORETOLD)]
    from groundwork.questions.curation.pairs_by_document import pairs_of

    pairs = pairs_of(job.data.path("qa", unit.name), documents)[: TEST_PAIRS if job.test else None]
    curation, cases = _curation(job, pairs, documents)
    made = curation.requests(cases)
    tokens = sum(job.tokens(call, messages, schema) for messages, schema, _ in made)
    times = len(unit.payload) / len(documents)
    replies = sum(told for _, _, told in made)
    return Estimate(round(len(made) * times), round(tokens * times), round(replies * times), call)


def shaping(config: Config) -> Any:
    """What of the config decides about the result."""
    told = [config.review.disagreement] if config.review.disagreement != "rejected" else []
    return config.curate, config.embeddings, config.qa.context, config.qa.duplicate_threshold, *told


def prompts(config: Config) -> list[str]:
    return [] if config.curate.rules_only else list(config.curate.prompts.values())


main = Command(
    name="curate",
    units=units,
    process=process,
    settings=shaping,
    config_names=in_order("curate", "embeddings", "qa.context", "qa.duplicate_threshold", "review.disagreement"),
    prompts=prompts,
    version="3",
    flags=add_flags,
    estimate=estimate,
    shards="caches",
    units_a_process=DOCUMENTS_A_PROCESS,
    divides=lambda config: not config.curate.rules_only,  # rules are applied by the process that makes the whole
)
