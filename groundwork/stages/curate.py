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
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from groundwork.data_folder.file_names import Paths, path_strings_of
from groundwork.data_folder.read_write import write_json, write_text
from groundwork.data_folder.runs.run_files import DECISIONS, document_of, merged_from, run_of_flag, run_pair_files
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.message_wording import counted
from groundwork.stage_runner.chosen_documents import select_documents, workable_documents
from groundwork.stage_runner.ledger import Failure
from groundwork.stage_runner.stage_command import Estimate, Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from groundwork.data_folder.disk_backed_lists import DiskBackedList
    from groundwork.data_folder.runs.review_decisions import StandingReview
    from groundwork.questions.curation.checked_pairs import CheckedPair
    from groundwork.questions.curation.curation_rounds import CurationRounds
    from groundwork.questions.curation.documents_left_alone import DocumentsLeft
    from groundwork.questions.curation.pair_batches import PairsUnderCheck
    from groundwork.questions.curation.pair_judge import CurationCase
    from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
    from groundwork.records import Pair, Rejected
    from groundwork.settings.config_schema import Check, Config


T = TypeVar("T")

TEST_PAIRS_OF_RUN = 10
PAIRS_CURATED_AT_ONCE = 10_000  # in memory, and asked about side by side
ESTIMATED_CURATION_DOCUMENTS = 24  # documents that tell, as a run begins, how many calls there will be
CURATED_DOCUMENTS_A_PROCESS = 150  # from which another process pays


class SpooledForRun(Protocol):
    """Makes lists that lie in temporary files."""

    def __call__(self, kind: type[T], /) -> DiskBackedList[T]: ...


class RunDocuments(NamedTuple):
    """The documents of a run that are checked, and those that stay as they were since --document names others."""

    chosen: list[str]
    left: Sequence[str] = ()


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


def _curation_unit(job: Job, run_folder: Path, documents_to_curate: list[str], documents_left: list[str]) -> Unit:
    run_parts = "qa", run_folder.name
    pair_files = job.data.paths(*((*run_parts, f"{document}.jsonl") for document in documents_to_curate))
    context_of_pairs = job.data.existing_paths(
        [path_parts for document in documents_to_curate for path_parts in _origin_file_parts(document)]
    )
    curated_from = Paths(
        (
            *pair_files.path_strings,
            *context_of_pairs.path_strings,
            *path_strings_of(_review_inputs(job, run_folder.name, [*documents_to_curate, *documents_left])),
        )
    )
    if job.data.shard is not None:
        documents_to_curate = [name for name in documents_to_curate if job.data.shard.holds(name)]
        return Unit(
            run_folder.name,
            curated_from,
            (job.data.cache("curated") / f"{run_folder.name}.json",),
            payload=RunDocuments(documents_to_curate),
        )
    curated_parts = *run_parts, "curated"
    curated_files = job.data.paths(
        (*curated_parts, "report.html"),  # the one to open
        *((*curated_parts, f"{document}.jsonl") for document in documents_to_curate),
        *((*curated_parts, "rejected", f"{document}.jsonl") for document in documents_to_curate),
    )
    return Unit(
        run_folder.name,
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
    """Check all pairs of a run, many in a call, and find repeats among those that stay.

    With --document the pairs of the chosen documents: those of the others stay, and a pair may repeat one of these.

    What is asked about a document depends on that document alone. A shard asks about its own documents, keeps the
    replies, and writes no file: the whole run finds them there once they are gathered.

    A million pairs fill the memory: they are in temporary files, and only `at_once` of them here, or one document's.
    """
    import asyncio

    from groundwork.data_folder.disk_backed_lists import DiskBackedList
    from groundwork.data_folder.runs.review_decisions import read_standing_review
    from groundwork.questions.curation.checked_pairs import CheckedPair
    from groundwork.questions.curation.documents_left_alone import DocumentsLeft
    from groundwork.questions.curation.pair_batches import PairsUnderCheck
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
    from groundwork.questions.curation.pair_batches import check_pair_batches, read_pairs_by_document

    curated_batches = read_pairs_by_document(
        job.data.path("qa", unit.name),
        unit.payload.chosen,
        curated_review,
        pairs_under_check,
        batch_size=at_once,
        max_pairs=TEST_PAIRS_OF_RUN if job.test else None,
        looks_for_repeats="duplicates" in job.config.curate.checks,
        settled_by=_columns_before_merge(job, unit.name),
    )
    job.progress.start(len(pairs_under_check.unchecked), "pairs")
    cases_of_pairs = functools.partial(_curation_of_pairs, job)
    await check_pair_batches(curated_batches, pairs_under_check, cases_of_pairs, job.progress.advance)


def _columns_before_merge(job: Job, run: str) -> set[Check]:
    """The columns by which a pair of a merged run shows that its own run was curated; of other runs none."""
    return _checked_columns(job.config) if merged_from(job.data, run) else set()


def _checked_columns(config: Config) -> set[Check]:
    """The columns of a pair that no check has turned down, but for that of repeats."""
    from groundwork.questions.curation.rule_checks import RULE_CHECKS

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
    from groundwork.questions.curation.checked_pairs import write_curated_pairs
    from groundwork.questions.curation.curation_report import CurationResult, counts_and_note, curation_html
    from groundwork.questions.curation.pair_batches import generated_pairs
    from groundwork.questions.curation.repeated_pairs import lost_repeat_warnings
    from groundwork.records import Pair, Rejected

    curated_folder = job.data.path("qa", unit.name, "curated")
    kept_pairs, rejected_pairs, (chosen, left) = spooled(Pair), spooled(Rejected), unit.payload
    failures = _sort_pairs(job, unit, curated_review, checked_pairs, curated_repeats, (kept_pairs, rejected_pairs))
    write_curated_pairs(curated_folder, chosen, kept_pairs, rejected_pairs)
    kept_pairs.extend(curated_left.kept_pairs)
    rejected_pairs.extend(curated_left.rejected_pairs)
    decisions_obeyed = curated_left.obey(curated_review, curated_folder.parent)
    pairs_of_run = chain((checked.pair for checked in checked_pairs), generated_pairs(job.data, unit.name, left))
    merge_lines = _merge_lines(_columns_before_merge(job, unit.name), pairs_of_run)
    remarks = [*curated_review.summary_lines(), *merge_lines]
    curated_run = CurationResult(unit.name, job.config.curate.checks, kept_pairs, rejected_pairs, remarks)
    write_text(curated_folder / "report.html", curation_html(curated_run))
    curation_counts, curation_note = counts_and_note(curated_run)
    unmet_decisions = [] if job.test else curated_review.unmet_warnings([*chosen, *left])
    return Outcome(
        status="ok" if kept_pairs else "empty",
        note=curation_note,
        counts=curation_counts,
        failures=failures,
        warnings=[*lost_repeat_warnings(curated_left.lost_repeats), *unmet_decisions],
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
    from groundwork.questions.curation.checked_pairs import accepted_pairs, sort_checked_pairs
    from groundwork.questions.curation.repeated_pairs import mark_repeated_pair

    kept_pairs, _ = kept_and_rejected
    marked_pairs = (mark_repeated_pair(pair, k, curated_repeats) for k, pair in enumerate(checked_pairs))
    failed_curation_calls = sort_checked_pairs(marked_pairs, curated_review, *kept_and_rejected)
    if curated_review.verdicts:
        kept_ids = {pair.id for pair in kept_pairs}
        run_folder = job.data.path("qa", unit.name)
        kept_pairs.extend(accepted_pairs(run_folder, unit.payload.chosen, curated_review, kept_ids))
    return [Failure(*failed_call) for failed_call in failed_curation_calls]


def _shard_outcome(unit: Unit, checked_pairs: Sequence[CheckedPair]) -> Outcome:
    """What a shard has done: its file says for how many pairs the replies are there."""
    curated_shard_failures = [Failure(pair.pair.id, pair.status, pair.error) for pair in checked_pairs if pair.status]
    write_json(unit.writes[0], {"pairs": len(checked_pairs), "failed": len(curated_shard_failures)})
    return Outcome(note=f"{counted(len(checked_pairs), 'pair')} of this shard checked", failures=curated_shard_failures)


def _curation_of_pairs(
    job: Job, pairs: Sequence[Pair], documents: Sequence[str]
) -> tuple[CurationRounds, list[CurationCase]]:
    """The checks of the config, and the pairs as they go into them."""
    from groundwork.questions.curation.curation_rounds import CurationRounds
    from groundwork.questions.curation.pair_judge import PairJudge
    from groundwork.questions.curation.pair_origins import pair_origin, read_pair_origins

    curation_settings, context = job.config.curate, job.config.qa.context
    context_paths = {document: job.data.paths(*_origin_file_parts(document)) for document in documents}
    existing_files = {document: [path for path in files if path.exists()] for document, files in context_paths.items()}
    pair_origins = read_pair_origins(existing_files, context)
    curation_rounds = CurationRounds(PairJudge(lambda: job.client, curation_settings), curation_settings, job.prompt)
    return curation_rounds, curation_rounds.cases(pairs, [pair_origin(pair, pair_origins) for pair in pairs], context)


async def _find_repeats(
    job: Job,
    unit: Unit,
    curated_review: StandingReview,
    spooled: SpooledForRun,
    pairs_under_check: PairsUnderCheck,
    curated_left: DocumentsLeft,
) -> dict[int, str]:
    """By its place among the checked, of each pair that asks what an earlier one or one of the others asks: that."""
    from groundwork.questions.curation.pair_batches import generated_pairs
    from groundwork.questions.curation.repeated_pairs import count_lost_repeats, repeated_questions_by_index

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
    curated_repeats = await repeated_questions_by_index(pairs_under_check.checked, curated_review, repeat_search)
    if curated_left.rejected_pairs:
        rejected_earlier, checked_columns = curated_left.rejected_pairs, _checked_columns(job.config)
        curated_left.lost_repeats.update(
            await count_lost_repeats(curated_left.kept_pairs, rejected_earlier, repeat_search, checked_columns)
        )
    return curated_repeats


async def _search_for_repeats(job: Job, questions_of_run: Sequence[str]) -> EarlierQuestions:
    from groundwork.questions.duplicates.duplicate_search import EarlierQuestions
    from groundwork.questions.duplicates.likeness_calibration import encoder_and_likeness

    repeat_threshold = job.config.curate.thresholds.get("duplicates", job.config.qa.duplicate_threshold)
    encode, likeness, _ = await encoder_and_likeness(
        job.config.embeddings, repeat_threshold, questions_of_run, job.data.path("embeddings"), lambda: job.client
    )
    return EarlierQuestions(encode, likeness)


def _origin_file_parts(document: str) -> list[tuple[str, str]]:
    return [("chunks", f"{document}.jsonl"), ("summaries", f"{document}.json"), ("text", f"{document}.json")]


def estimate_curation(job: Job, unit: Unit) -> Estimate:
    """Calls and tokens from the real prompts (as a run begins, of some documents); without rewordings not yet known."""
    curate_call, documents_to_curate = job.config.curate, unit.payload.chosen
    if curate_call.rules_only or not documents_to_curate:  # a shard need not have any of the run
        return Estimate(0, 0, 0, curate_call)
    if not (job.flags.dry_run or job.test):
        documents_to_curate = documents_to_curate[:: -(-len(documents_to_curate) // ESTIMATED_CURATION_DOCUMENTS)]
    from groundwork.questions.curation.pair_batches import read_pairs_of_documents, split_settled_pairs

    curated_run_pairs = read_pairs_of_documents(job.data.path("qa", unit.name), documents_to_curate)
    run_pairs_to_check = curated_run_pairs[: TEST_PAIRS_OF_RUN if job.test else None]
    pairs_to_check, _ = split_settled_pairs(run_pairs_to_check, _columns_before_merge(job, unit.name))
    curation, curation_cases = _curation_of_pairs(job, pairs_to_check, documents_to_curate)
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
