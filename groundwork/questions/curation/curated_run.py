"""The curation of a whole run: pairs checked in batches, repeats taken out, and what is kept written with a report."""

from __future__ import annotations

import asyncio
import functools
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from groundwork.data_folder.read_write import write_json, write_text
from groundwork.data_folder.runs.run_files import merged_from
from groundwork.message_wording import counted
from groundwork.stage_runner.job import Unit
from groundwork.stage_runner.ledger import Failure, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from groundwork.data_folder.disk_backed_lists import DiskBackedList
    from groundwork.data_folder.runs.review_decisions import StandingReview
    from groundwork.questions.curation.checked_pairs import CheckedPair, DocumentsLeft, PairsUnderCheck
    from groundwork.questions.curation.curation_cases import CurationCase
    from groundwork.questions.curation.curation_report import CurationResult
    from groundwork.questions.curation.curation_rounds import CurationRounds
    from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
    from groundwork.records import Pair, Rejected
    from groundwork.settings.config_schema import Check, Config
    from groundwork.stage_runner.job import Job

T = TypeVar("T")

TEST_PAIRS_OF_RUN = 10


class SpooledForRun(Protocol):
    """Makes lists that lie in temporary files."""

    def __call__(self, kind: type[T], /) -> DiskBackedList[T]: ...


class RunDocuments(NamedTuple):
    """The documents of a run that are checked, and those that stay as they were since --document names others."""

    chosen: list[str]
    left: Sequence[str] = ()


async def curate_run(job: Job, unit: Unit, at_once: int) -> Outcome:
    """Check all pairs of a run, many in a call, and find repeats among those that stay.

    With --document the pairs of the chosen documents: those of the others stay, and a pair may repeat one of these.

    What is asked about a document depends on that document alone. A shard asks about its own documents, keeps the
    replies, and writes no file: the whole run finds them there once they are gathered.

    A million pairs fill the memory: they are in temporary files, and only `at_once` of them here, or one document's.
    """
    from groundwork.data_folder.disk_backed_lists import DiskBackedList
    from groundwork.data_folder.runs.review_decisions import read_standing_review
    from groundwork.questions.curation.checked_pairs import CheckedPair, DocumentsLeft, PairsUnderCheck
    from groundwork.records import Pair, Rejected

    curated_review = read_standing_review(job.data, unit.name, job.config.review.disagreement)
    with ExitStack() as curated_files:

        def spooled(kind: type[T]) -> DiskBackedList[T]:
            return curated_files.enter_context(closing(DiskBackedList(kind, job.data.state)))

        pairs_under_check = PairsUnderCheck(spooled(str), spooled(Pair), spooled(CheckedPair))
        checked_pairs = pairs_under_check.checked
        await _check_pairs_of_run(job, unit, curated_review, pairs_under_check, at_once)
        if job.data.shard is not None:
            return _shard_outcome(unit, checked_pairs)
        curated_left = DocumentsLeft(unit.payload.left, spooled(Pair), spooled(Rejected))
        await asyncio.to_thread(curated_left.read, job.data, unit.name)
        curated_repeats = await _find_repeats(job, unit, curated_review, spooled, pairs_under_check, curated_left)
        return _write_curated_run(job, unit, curated_review, spooled, checked_pairs, curated_repeats, curated_left)


async def _check_pairs_of_run(
    job: Job, unit: Unit, curated_review: StandingReview, pairs_under_check: PairsUnderCheck, at_once: int
) -> None:
    """Read every pair and check it."""
    from groundwork.questions.curation.checked_pairs import check_pair_batches, read_pairs_by_document

    curated_batches = read_pairs_by_document(
        job.data.path("qa", unit.name),
        unit.payload.chosen,
        curated_review,
        pairs_under_check,
        batch_size=at_once,
        max_pairs=TEST_PAIRS_OF_RUN if job.test else None,
        looks_for_repeats="duplicates" in job.config.curate.checks,
        settled_by=columns_before_merge(job, unit.name),
    )
    job.progress.start(len(pairs_under_check.unchecked), "pairs")
    cases_of_pairs = functools.partial(curation_of_pairs, job)
    await check_pair_batches(curated_batches, pairs_under_check, cases_of_pairs, job.progress.advance)


def columns_before_merge(job: Job, run: str) -> set[Check]:
    """The columns by which a pair of a merged run shows that its own run was curated; of other runs none."""
    return _checked_columns(job.config) if merged_from(job.data, run) else set()


def _checked_columns(config: Config) -> set[Check]:
    """The columns of a pair that no check has turned down, but for that of repeats."""
    from groundwork.questions.curation.curation_cases import RULE_CHECKS

    curation_of_run = config.curate
    checks_of_run = set(RULE_CHECKS if curation_of_run.rules_only else curation_of_run.checks)
    return checks_of_run & {*curation_of_run.checks} - {"duplicates"}


def _merge_lines(settled_by: set[Check], generated: Iterable[Pair]) -> list[str]:
    """How many pairs were checked before their runs were merged, in a sentence; nothing of a run that is no merge."""
    merged_count = sum(pair.checks.keys() >= settled_by for pair in generated) if settled_by else 0
    return [f"{counted(merged_count, 'pair was', 'pairs were')} checked before the merge."] if merged_count else []


def _write_curated_run(
    job: Job,
    unit: Unit,
    curated_review: StandingReview,
    spooled: SpooledForRun,
    checked_pairs: Sequence[CheckedPair],
    curated_repeats: Mapping[int, str],
    curated_left: DocumentsLeft,
) -> Outcome:
    """Sort the pairs into kept and rejected, as people decided where they did, and write both with the report."""
    from groundwork.data_folder.runs.review_decisions import review_files
    from groundwork.questions.curation.checked_pairs import generated_pairs, write_curated_pairs
    from groundwork.questions.curation.curation_report import CurationResult, curation_html
    from groundwork.records import Pair, Rejected

    curated_folder = job.data.path("qa", unit.name, "curated")
    kept_pairs, rejected_pairs, (chosen, left) = spooled(Pair), spooled(Rejected), unit.payload
    run_failures = _sort_pairs(job, unit, curated_review, checked_pairs, curated_repeats, (kept_pairs, rejected_pairs))
    write_curated_pairs(curated_folder, chosen, kept_pairs, rejected_pairs)
    kept_pairs.extend(curated_left.kept_pairs)
    rejected_pairs.extend(curated_left.rejected_pairs)
    decisions_obeyed = curated_left.obey(curated_review, curated_folder.parent)
    pairs_of_run = chain((checked.pair for checked in checked_pairs), generated_pairs(job.data, unit.name, left))
    merge_lines = _merge_lines(columns_before_merge(job, unit.name), pairs_of_run)
    curated_run_remarks = [*curated_review.summary_lines(), *merge_lines]
    curated_run = CurationResult(unit.name, job.config.curate.checks, kept_pairs, rejected_pairs, curated_run_remarks)
    write_text(curated_folder / "report.html", curation_html(curated_run))
    curated_run_warnings = curated_left.warnings + ([] if job.test else curated_review.unmet_warnings([*chosen, *left]))
    return replace(
        _curation_outcome_of_run(curated_run, run_failures, curated_run_warnings),
        unheeded=[] if decisions_obeyed else review_files(job.data, unit.name, left, curated=False),
        due_again=sorted(curated_left.lost_repeats),
    )


def _sort_pairs(
    job: Job,
    unit: Unit,
    curated_review: StandingReview,
    checked_pairs: Sequence[CheckedPair],
    curated_repeats: Mapping[int, str],
    kept_and_rejected: tuple[DiskBackedList[Pair], DiskBackedList[Rejected]],
) -> list[Failure]:
    """Fill the two lists with the checked pairs and what people brought back; returns what failed."""
    from groundwork.questions.curation import checked_pairs as run_pairs

    kept_pairs, _ = kept_and_rejected
    pairs_with_repeats = (
        run_pairs.mark_duplicate_pair(pair, k, curated_repeats) for k, pair in enumerate(checked_pairs)
    )
    failed_calls = run_pairs.sort_checked_pairs(pairs_with_repeats, curated_review, *kept_and_rejected)
    if curated_review.verdicts:
        kept_ids = {pair.id for pair in kept_pairs}
        run_folder = job.data.path("qa", unit.name)
        kept_pairs.extend(run_pairs.restore_accepted_pairs(run_folder, unit.payload.chosen, curated_review, kept_ids))
    return [Failure(*failed_call) for failed_call in failed_calls]


def _shard_outcome(unit: Unit, checked_pairs: Sequence[CheckedPair]) -> Outcome:
    """What a shard has done: its file says for how many pairs the replies are there."""
    curated_shard_failures = [
        Failure(curated_pair.pair.id, curated_pair.status, curated_pair.error)
        for curated_pair in checked_pairs
        if curated_pair.status
    ]
    write_json(unit.writes[0], {"pairs": len(checked_pairs), "failed": len(curated_shard_failures)})
    return Outcome(note=f"{counted(len(checked_pairs), 'pair')} of this shard checked", failures=curated_shard_failures)


def curation_of_pairs(
    job: Job, pairs: Sequence[Pair], documents: Sequence[str]
) -> tuple[CurationRounds, list[CurationCase]]:
    """The checks of the config, and the pairs as they go into them."""
    from groundwork.questions.curation.curation_cases import pair_origin, read_pair_origins
    from groundwork.questions.curation.curation_rounds import CurationRounds
    from groundwork.questions.curation.pair_judge import PairJudge

    curation_settings, context = job.config.curate, job.config.qa.context
    context_paths = {document: job.data.paths(*context_files(document)) for document in documents}
    existing_files = {document: [path for path in files if path.exists()] for document, files in context_paths.items()}
    pair_origins = read_pair_origins(existing_files, context)
    curation_rounds = CurationRounds(PairJudge(lambda: job.client, curation_settings), curation_settings, job.prompt)
    return curation_rounds, curation_rounds.cases(pairs, [pair_origin(pair, pair_origins) for pair in pairs], context)


def context_files(document: str) -> list[tuple[str, str]]:
    return [("chunks", f"{document}.jsonl"), ("summaries", f"{document}.json"), ("text", f"{document}.json")]


async def _find_repeats(
    job: Job,
    unit: Unit,
    curated_review: StandingReview,
    spooled: SpooledForRun,
    pairs_under_check: PairsUnderCheck,
    curated_left: DocumentsLeft,
) -> dict[int, str]:
    """By its place among the checked, of each pair that asks what an earlier one or one of the others asks: that."""
    from groundwork.questions.curation.checked_pairs import duplicated_pair_questions, generated_pairs

    if "duplicates" not in job.config.curate.checks:
        return {}
    run_questions, (chosen, left) = pairs_under_check.questions, unit.payload
    if left:  # what counts as alike is calibrated on the whole run
        run_questions = spooled(str)
        run_questions.extend(pair.question for pair in generated_pairs(job.data, unit.name, sorted([*chosen, *left])))
    if not run_questions:
        return {}
    repeat_search = await _search_for_repeats(job, run_questions)
    if curated_left.kept_pairs:
        await curated_left.add_to(repeat_search)
    curated_repeats = await duplicated_pair_questions(pairs_under_check.checked, curated_review, repeat_search)
    if curated_left.rejected_pairs:
        await curated_left.find_lost_repeats(repeat_search, _checked_columns(job.config))
    return curated_repeats


async def _search_for_repeats(job: Job, questions_of_run: Sequence[str]) -> EarlierQuestions:
    from groundwork.questions.duplicates.duplicate_search import EarlierQuestions, encoder_and_likeness

    repeat_threshold = job.config.curate.thresholds.get("duplicates", job.config.qa.duplicate_threshold)
    encode, likeness, _ = await encoder_and_likeness(
        job.config.embeddings, repeat_threshold, questions_of_run, job.data.path("embeddings"), lambda: job.client
    )
    return EarlierQuestions(encode, likeness)


def _curation_outcome_of_run(
    curated_run: CurationResult, curated_run_failures: list[Failure], curated_run_warnings: list[str]
) -> Outcome:
    from collections import Counter

    from groundwork.questions.curation.curation_report import curation_outcome, is_rejected_by_rule

    curation_kinds = Counter(curation_outcome(pair) for pair in curated_run.kept_pairs)
    curated_run_counts = {
        kind: curation_kinds[kind]
        for kind in ("kept", "rewritten", "corrected")
        if curation_kinds[kind] or kind != "corrected"
    }
    curated_run_counts["rejected"] = len(curated_run.rejected_pairs)
    curated_counts_text = ", ".join(f"{count} {name}" for name, count in curated_run_counts.items())
    rejection_reasons = Counter(rejected_in_run.reason for rejected_in_run in curated_run.rejected_pairs)
    curated_run_reasons = [f"{reason} {count}" for reason, count in rejection_reasons.most_common()]
    if rejected_by_rule := sum(is_rejected_by_rule(rejected_in_run) for rejected_in_run in curated_run.rejected_pairs):
        curated_run_counts["rejected by a rule"] = rejected_by_rule
        curated_run_reasons.append(f"{rejected_by_rule} of them by a rule, no model was asked")
    curated_reasons_text = f" ({', '.join(curated_run_reasons)})" if curated_run_reasons else ""
    run_note = f"{curated_counts_text}{curated_reasons_text}"
    run_note = " ".join([f"{run_note}.", *curated_run.reviewed]) if curated_run.reviewed else run_note
    return Outcome(
        status="ok" if curated_run.kept_pairs else "empty",
        note=run_note,
        counts=curated_run_counts,
        failures=curated_run_failures,
        warnings=curated_run_warnings,
    )
