"""Check every pair of a run, each check in a column of its own; fix or set aside what fails, delete nothing.

Reads   data/qa/<run>/<document>.jsonl, the chunks, summaries and titles of these documents
Writes  data/qa/<run>/curated/<document>.jsonl, rejected/<document>.jsonl and report.html there
Run     uv run dataprep/curate.py [--run NAME]
"""

from __future__ import annotations

import argparse
import functools
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from groundwork.data_folder.file_names import Paths, path_strings_of
from groundwork.data_folder.read_write import write_json, write_text
from groundwork.data_folder.recipe_changes import names_in_order
from groundwork.data_folder.runs.run_lookup import DECISIONS, document_of, merged_from, run_of_flag, run_pair_files
from groundwork.message_wording import counted
from groundwork.stage_runner.chosen_documents import select_documents
from groundwork.stage_runner.stage_command import Estimate, Failure, Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundwork.data_folder.disk_backed_lists import DiskBackedList
    from groundwork.data_folder.runs.decisions import StandingReview
    from groundwork.questions.curation.cases_and_origins import CurationCase
    from groundwork.questions.curation.checked_pairs import CheckedPair, PairsUnderCheck
    from groundwork.questions.curation.curation_report import CurationResult
    from groundwork.questions.curation.curation_rounds import CurationRounds
    from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
    from groundwork.records import Pair
    from groundwork.settings.config_schema import Check, Config

T = TypeVar("T")

PAIRS_AT_ONCE = 10_000  # in memory, and asked about side by side
TEST_PAIRS = 10
ESTIMATE_DOCUMENTS = 24  # documents that tell, as a run begins, how many calls there will be
DOCUMENTS_A_PROCESS = 150  # from which another process pays


class Spooled(Protocol):
    """Makes lists that lie in temporary files."""

    def __call__(self, kind: type[T], /) -> DiskBackedList[T]: ...


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", metavar="NAME", help="only this folder below data/qa; default: every run")


def units(job: Job) -> list[Unit]:
    """A unit a run: near-duplicates are looked for across its documents."""
    run_flag = getattr(job.flags, "run", None)
    chosen_run = run_of_flag(run_flag, job.data) if run_flag is not None else ""
    documents_by_run = {
        run_folder: [document_of(file) for file in run_pair_files(run_folder).texts]
        for run_folder in sorted(filter(Path.is_dir, job.data.path("qa").glob(chosen_run or "*")))
    }
    chosen_documents = set(select_documents(job, list(dict.fromkeys(chain(*documents_by_run.values())))))
    chosen_by_run = {
        run_folder: [name for name in documents if name in chosen_documents]
        for run_folder, documents in documents_by_run.items()
    }
    return [_unit(job, run_folder, documents) for run_folder, documents in chosen_by_run.items() if documents]


def _unit(job: Job, run_folder: Path, documents: list[str]) -> Unit:
    run = "qa", run_folder.name
    pair_files = job.data.paths(*((*run, f"{document}.jsonl") for document in documents))
    context_paths = job.data.existing_paths(
        [path_parts for document in documents for path_parts in _context_files(document)]
    )
    reads = Paths(
        (*pair_files.texts, *context_paths.texts, *path_strings_of(_review_inputs(job, run_folder.name, documents)))
    )
    if job.data.shard is not None:
        documents = [name for name in documents if job.data.shard.holds(name)]
        return Unit(run_folder.name, reads, (job.data.cache("curated") / f"{run_folder.name}.json",), payload=documents)
    curated = *run, "curated"
    writes = job.data.paths(
        (*curated, "report.html"),  # the one to open
        *((*curated, f"{document}.jsonl") for document in documents),
        *((*curated, "rejected", f"{document}.jsonl") for document in documents),
    )
    return Unit(
        run_folder.name,
        reads,
        writes,
        payload=documents,
        documents=len(documents),
    )


def _review_inputs(job: Job, run: str, documents: list[str]) -> list[Path]:
    if not (job.data.path("qa", run) / f"{DECISIONS}.jsonl").exists():
        return []
    from groundwork.data_folder.runs.decisions import review_files

    return review_files(job.data, run, documents, curated=False)


def _context_files(document: str) -> list[tuple[str, str]]:
    return [("chunks", f"{document}.jsonl"), ("summaries", f"{document}.json"), ("text", f"{document}.json")]


async def process(job: Job, unit: Unit, at_once: int = PAIRS_AT_ONCE) -> Outcome:
    """Check all pairs of a run, many in a call, and find repeats among those that stay.

    What is asked about a document depends on that document alone. A shard asks about its own documents, keeps the
    replies, and writes no file: the whole run finds them there once they are gathered.

    A million pairs fill the memory: they are in temporary files, and only `at_once` of them here, or one document's.
    """
    from groundwork.data_folder.disk_backed_lists import DiskBackedList
    from groundwork.data_folder.runs.decisions import read_standing_review
    from groundwork.questions.curation.checked_pairs import CheckedPair, PairsUnderCheck
    from groundwork.records import Pair

    review = read_standing_review(job.data, unit.name, job.config.review.disagreement)
    with ExitStack() as open_files:

        def spooled(kind: type[T]) -> DiskBackedList[T]:
            return open_files.enter_context(closing(DiskBackedList(kind, job.data.state)))

        pairs_under_check = PairsUnderCheck(spooled(str), spooled(Pair), spooled(CheckedPair))
        checked_pairs = pairs_under_check.checked
        await _check_pairs(job, unit, review, pairs_under_check, at_once)
        if job.data.shard is not None:
            return _shard_outcome(unit, checked_pairs)
        repeats: dict[int, str] = {}
        if "duplicates" in job.config.curate.checks and checked_pairs:
            from groundwork.questions.curation.checked_pairs import duplicated_pair_questions

            search = await _duplicate_search(job, pairs_under_check.questions)
            repeats = await duplicated_pair_questions(checked_pairs, review, search)
        return _write_result(job, unit, review, spooled, checked_pairs, repeats)


async def _check_pairs(
    job: Job, unit: Unit, review: StandingReview, pairs_under_check: PairsUnderCheck, at_once: int
) -> None:
    """Read every pair and check it."""
    from groundwork.questions.curation.checked_pairs import check_pair_batches, read_pairs_by_document

    batches = read_pairs_by_document(
        job.data.path("qa", unit.name),
        unit.payload,
        review,
        pairs_under_check,
        batch_size=at_once,
        max_pairs=TEST_PAIRS if job.test else None,
        looks_for_repeats="duplicates" in job.config.curate.checks,
        settled_by=_columns_before_merge(job, unit.name),
    )
    job.progress.start(len(pairs_under_check.unchecked), "pairs")
    await check_pair_batches(batches, pairs_under_check, functools.partial(_curation, job), job.progress.advance)


def _columns_before_merge(job: Job, run: str) -> set[Check]:
    """The columns by which a pair of a merged run shows that its own run was curated; of other runs none."""
    if not merged_from(job.data, run):
        return set()
    from groundwork.questions.curation.rule_checks_and_columns import RULE_CHECKS

    settings = job.config.curate
    return set(RULE_CHECKS if settings.rules_only else settings.checks) & {*settings.checks} - {"duplicates"}


def _merge_lines(settled_by: set[Check], checked_pairs: Sequence[CheckedPair]) -> list[str]:
    """How many pairs were checked before their runs were merged, in a sentence; nothing of a run that is no merge."""
    count = sum(checked.pair.checks.keys() >= settled_by for checked in checked_pairs) if settled_by else 0
    return [f"{counted(count, 'pair was', 'pairs were')} checked before the merge."] if count else []


def _write_result(
    job: Job,
    unit: Unit,
    review: StandingReview,
    spooled: Spooled,
    checked_pairs: Sequence[CheckedPair],
    repeats: Mapping[int, str],
) -> Outcome:
    """Sort the pairs into kept and rejected, as people decided where they did, and write both with the report."""
    from groundwork.questions.curation.checked_pairs import (
        mark_duplicate_pair,
        restore_accepted_pairs,
        sort_checked_pairs,
        write_curated_pairs,
    )
    from groundwork.questions.curation.curation_report import CurationResult, curation_html
    from groundwork.records import Pair, Rejected

    run_folder = job.data.path("qa", unit.name)
    kept_pairs, rejected_pairs = spooled(Pair), spooled(Rejected)
    pairs = (mark_duplicate_pair(pair, index, repeats) for index, pair in enumerate(checked_pairs))
    failures = [Failure(*failure) for failure in sort_checked_pairs(pairs, review, kept_pairs, rejected_pairs)]
    if review.verdicts:
        kept_ids = {pair.id for pair in kept_pairs}
        kept_pairs.extend(restore_accepted_pairs(run_folder, unit.payload, review, kept_ids))
    warnings = [] if job.test else review.unmet_warnings(unit.payload)
    remarks = [*review.summary_lines(), *_merge_lines(_columns_before_merge(job, unit.name), checked_pairs)]
    curated = CurationResult(unit.name, job.config.curate.checks, kept_pairs, rejected_pairs, remarks)
    write_curated_pairs(run_folder / "curated", unit.payload, kept_pairs, rejected_pairs)
    write_text(run_folder / "curated" / "report.html", curation_html(curated))
    return _outcome(curated, failures, warnings)


def _shard_outcome(unit: Unit, checked_pairs: Sequence[CheckedPair]) -> Outcome:
    """What a shard has done: its file says for how many pairs the replies are there."""
    failures = [Failure(checked.pair.id, checked.status, checked.error) for checked in checked_pairs if checked.status]
    write_json(unit.writes[0], {"pairs": len(checked_pairs), "failed": len(failures)})
    return Outcome(note=f"{counted(len(checked_pairs), 'pair')} of this shard checked", failures=failures)


def _curation(job: Job, pairs: Sequence[Pair], documents: Sequence[str]) -> tuple[CurationRounds, list[CurationCase]]:
    """The checks of the config, and the pairs as they go into them."""
    from groundwork.questions.curation.cases_and_origins import pair_origin, read_pair_origins
    from groundwork.questions.curation.curation_rounds import CurationRounds
    from groundwork.questions.curation.pair_judge import PairJudge

    settings, context = job.config.curate, job.config.qa.context
    context_paths = {document: job.data.paths(*_context_files(document)) for document in documents}
    existing = {document: [path for path in files if path.exists()] for document, files in context_paths.items()}
    places = read_pair_origins(existing, context)
    curation = CurationRounds(PairJudge(lambda: job.client, settings), settings, job.prompt)
    return curation, curation.cases(pairs, [pair_origin(pair, places) for pair in pairs], context)


async def _duplicate_search(job: Job, questions: Sequence[str]) -> EarlierQuestions:
    from groundwork.questions.duplicates.duplicate_search import EarlierQuestions, encoder_and_likeness

    threshold = job.config.curate.thresholds.get("duplicates", job.config.qa.duplicate_threshold)
    encode, likeness, _ = await encoder_and_likeness(
        job.config.embeddings,
        threshold,
        questions,
        job.data.path("embeddings"),
        lambda: job.client,
    )
    return EarlierQuestions(encode, likeness)


def _outcome(curated: CurationResult, failures: list[Failure], warnings: list[str]) -> Outcome:
    from collections import Counter

    from groundwork.questions.curation.curation_report import curation_outcome, is_rejected_by_rule

    kinds = Counter(curation_outcome(pair) for pair in curated.kept_pairs)
    outcome_counts = {
        kind: kinds[kind] for kind in ("kept", "rewritten", "corrected") if kinds[kind] or kind != "corrected"
    }
    outcome_counts["rejected"] = len(curated.rejected_pairs)
    count_text = ", ".join(f"{count} {name}" for name, count in outcome_counts.items())
    reasons = Counter(rejected.reason for rejected in curated.rejected_pairs)
    reason_counts = [f"{reason} {count}" for reason, count in reasons.most_common()]
    if rejected_by_rule := sum(is_rejected_by_rule(rejected) for rejected in curated.rejected_pairs):
        outcome_counts["rejected by a rule"] = rejected_by_rule
        reason_counts.append(f"{rejected_by_rule} of them by a rule, no model was asked")
    reason_text = f" ({', '.join(reason_counts)})" if reason_counts else ""
    note = f"{count_text}{reason_text}"
    note = " ".join([f"{note}.", *curated.reviewed]) if curated.reviewed else note
    return Outcome(
        status="ok" if curated.kept_pairs else "empty",
        note=note,
        counts=outcome_counts,
        failures=failures,
        warnings=warnings,
    )


def estimate(job: Job, unit: Unit) -> Estimate:
    """Calls and tokens from the real prompts (as a run begins, of some documents); without rewordings not yet known."""
    call, documents = job.config.curate, unit.payload
    if call.rules_only or not documents:  # a shard need not have any of the run
        return Estimate(0, 0, 0, call)
    if not (job.flags.dry_run or job.test):
        documents = documents[:: -(-len(documents) // ESTIMATE_DOCUMENTS)]
    from groundwork.questions.curation.checked_pairs import read_pairs_of_documents, split_settled_pairs

    pairs = read_pairs_of_documents(job.data.path("qa", unit.name), documents)[: TEST_PAIRS if job.test else None]
    pairs, _ = split_settled_pairs(pairs, _columns_before_merge(job, unit.name))
    curation, cases = _curation(job, pairs, documents)
    requests = curation.requests(cases)
    prompt_tokens = sum(job.tokens(call, messages, schema) for messages, schema, _ in requests)
    scale = len(unit.payload) / len(documents)
    reply_token_count = sum(reply_tokens for _, _, reply_tokens in requests)
    return Estimate(round(len(requests) * scale), round(prompt_tokens * scale), round(reply_token_count * scale), call)


def recipe_settings(config: Config) -> Any:
    """What of the config decides about the result."""
    disagreement = [config.review.disagreement] if config.review.disagreement != "rejected" else []
    return config.curate, config.embeddings, config.qa.context, config.qa.duplicate_threshold, *disagreement


def prompts(config: Config) -> list[str]:
    return [] if config.curate.rules_only else list(config.curate.prompts.values())


main = StageCommand(
    name="curate",
    units=units,
    process=process,
    settings=recipe_settings,
    config_names=names_in_order("curate", "embeddings", "qa.context", "qa.duplicate_threshold", "review.disagreement"),
    prompts=prompts,
    version="3",
    flags=add_flags,
    estimate=estimate,
    shards="caches",
    units_a_process=DOCUMENTS_A_PROCESS,
    divides=lambda config: not config.curate.rules_only,  # rules are applied by the process that makes the whole
)
