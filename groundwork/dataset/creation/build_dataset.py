"""Build a dataset: rows read, splits drawn and reworded, others mixed in; and what its calls will cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from groundwork.dataset.creation.build_inputs import BuildInputs, read_input_chunks
from groundwork.dataset.creation.build_tools import BuildTools, job_build_tools
from groundwork.dataset.creation.document_subjects import read_subjects
from groundwork.dataset.creation.measured_rows import add_measurements, read_measured_rows
from groundwork.dataset.creation.row_pool import RowPool, read_row_pool, valid_row_pool
from groundwork.dataset.general_data_mix import mix_in_general_rows, select_usable_rows
from groundwork.dataset.load_dataset import load_dataset
from groundwork.dataset.reword.eval_rewording import (
    AskRewording,
    EvalRewording,
    Reworded,
    Reworder,
    reword_eval,
    rewording_check,
    rewording_messages,
)
from groundwork.dataset.reword.rewording_judge import rewording_judge_estimate
from groundwork.dataset.reword.train_phrasings import EvalBorder, PhrasedRows, is_phrasing, reword_train_rows
from groundwork.dataset.split.eval_leakage import count_near_copies
from groundwork.dataset.split.eval_selection import (
    CannotSplit,
    EvalDraw,
    ThresholdOf,
    draw_eval_split,
    eval_size,
    train_size,
)
from groundwork.dataset.split_report.report_schema import BuiltDataset, ReplacedRow
from groundwork.dataset.split_report.split_measures import measure_split, unmeasured_report, value_shares
from groundwork.dataset.unanswerable_rows import add_unanswerable, unanswerable_estimate
from groundwork.embedding.cosine_threshold import calibrated_thresholds
from groundwork.embedding.vector_types import Vectors
from groundwork.errors import UnitError
from groundwork.llm.calls.costs_and_budget import tokens_in
from groundwork.message_wording import counted
from groundwork.records import Row
from groundwork.settings.config_schema import DatasetSettings
from groundwork.stage_runner.estimates_and_usage import Estimate
from groundwork.stage_runner.job import Job


async def build_dataset(job: Job, inputs: BuildInputs) -> BuiltDataset:
    """The rows of all splits and their report. Raises UnitError where no split can be made of the rows."""
    build_settings, pool = job.config.dataset, valid_row_pool(read_row_pool(inputs, job), job)
    build_measurements = read_measured_rows(inputs.measured_files)
    pool = add_measurements(pool, build_measurements, leave_out_flipping=build_settings.leave_out_flipping)
    mix_dataset = load_dataset(inputs.mix_source) if inputs.mix_source else None
    if mix_dataset:
        select_usable_rows(mix_dataset)  # before a model is asked
    document_subjects = read_subjects(job.config.qa.context, inputs.text_files, inputs.summary_files)
    build_tools = job_build_tools(job, document_subjects)
    try:
        built_dataset = await build_splits(pool, inputs.runs, build_settings, build_tools)
    except CannotSplit as error:
        raise UnitError(str(error)) from error
    if build_settings.unanswerable:
        build_chunks = read_input_chunks(inputs)
        built_dataset = await add_unanswerable(job, built_dataset, build_chunks, document_subjects, build_tools.encode)
    if mix_dataset:
        job.progress.start_phase(f"mixing in rows of {counted(len(mix_dataset.rows), 'pair')}")
        share, seed = build_settings.mix_share, build_settings.seed
        built_dataset = await mix_in_general_rows(built_dataset, mix_dataset, share, seed, build_tools.encode)
    return built_dataset


def estimate_build(job: Job, inputs: BuildInputs) -> list[Estimate]:
    """One call a row of eval and a copy of a row of train, by the mean of all; what fails its checks needs more.
    One for several rows of eval that are judged, two calls a chunk that is asked for questions without an answer."""
    build_settings, call = job.config.dataset, job.config.dataset.rephrase
    pool_rows = read_row_pool(inputs, job).rows
    if not pool_rows or not job.config.dataset.asks_model:
        return []
    build_estimates = [unanswerable_estimate(job, inputs, pool_rows)] if build_settings.unanswerable else []
    if not job.config.dataset.asks_rewordings:
        return build_estimates
    template = job.prompt(call.prompt)
    document_subjects = read_subjects(job.config.qa.context, inputs.text_files, inputs.summary_files)
    build_requests = (rewording_messages(call, template, document_subjects.of(row.document), row) for row in pool_rows)
    prompt_tokens = sum(job.tokens(call, turns, Reworded) for turns in build_requests) / len(pool_rows)
    field_names_tokens = 12
    reply_tokens = sum(tokens_in(row.question + row.answer) for row in pool_rows) / len(pool_rows) + field_names_tokens
    eval_rows = eval_size(len(pool_rows), build_settings.eval_fraction, build_settings.eval_max)
    build_calls = eval_rows if build_settings.rewords_eval else 0
    is_judged = build_calls and call.check_prompt
    judge_estimates = [rewording_judge_estimate(job, pool_rows, build_calls)] if is_judged else []
    build_calls += train_size(pool_rows, inputs.runs, build_settings) * (build_settings.phrasings - 1)
    rewording_estimate = Estimate(build_calls, int(build_calls * prompt_tokens), int(build_calls * reply_tokens), call)
    return [rewording_estimate, *judge_estimates, *build_estimates]


async def build_splits(
    pool: RowPool, runs: Sequence[str], build_settings: DatasetSettings, build_tools: BuildTools
) -> BuiltDataset:
    """The splits of `pool`. Raises CannotSplit."""
    if not pool.rows:
        raise CannotSplit("there are no pairs")
    if not build_settings.eval_split:
        return await _build_train_alone(pool, build_settings, build_tools)
    build_tools.start_step(f"splitting {counted(len(pool.rows), 'pair')}")
    eval_draw = await draw_eval_split(pool.rows, runs, build_settings, build_tools.encode)
    reworded_eval = None
    if build_tools.ask_rewordings:
        build_tools.start_step(f"rewording {counted(len(eval_draw.split.eval), 'row')} of eval")
        reworded_eval = await _build_reworded_eval(eval_draw, build_tools.ask_rewordings, build_settings, build_tools)
        eval_draw = replace(eval_draw, split=replace(eval_draw.split, eval=list(reworded_eval.rows)))
    splits = {
        "train": eval_draw.train,
        "eval": reworded_eval.reworded_rows(eval_draw.eval_rows) if reworded_eval else eval_draw.eval_rows,
    }
    if build_settings.eval_mirror:
        splits["eval_mirror"] = eval_draw.eval_rows
    build_tools.start_step(f"measuring the splits of {counted(len(pool.rows), 'pair')}")
    split_report = await measure_split(eval_draw, reworded_eval, splits, pool, build_settings, build_tools)
    built_splits = BuiltDataset(splits, split_report)
    return (
        await _build_beside_eval(built_splits, eval_draw, build_settings, build_tools)
        if build_tools.ask_phrasings
        else built_splits
    )


async def _build_beside_eval(
    built_splits: BuiltDataset, eval_draw: EvalDraw, build_settings: DatasetSettings, build_tools: BuildTools
) -> BuiltDataset:
    """The dataset with copies in train that stay clear of what eval says."""
    eval_rows, thresholds = built_splits.splits["eval"], eval_draw.split.threshold_of
    phrased_rows = await _build_phrased_rows(
        eval_draw.train, eval_draw.train_vectors, thresholds, EvalBorder.of(eval_rows), build_settings, build_tools
    )
    near_copy_count = await count_near_copies(eval_rows, phrased_rows.rows, thresholds, build_tools.encode)
    return _add_phrasings(built_splits, phrased_rows, build_settings, near_copy_count)


async def _build_train_alone(pool: RowPool, build_settings: DatasetSettings, build_tools: BuildTools) -> BuiltDataset:
    """A dataset without eval."""
    built_splits = {"train": pool.rows}
    train_report = unmeasured_report(build_settings, built_splits, pool, build_tools.embedder)
    built_train = BuiltDataset(built_splits, msgspec.structs.replace(train_report, shares=value_shares(pool.rows, [])))
    if not build_tools.ask_phrasings:
        return built_train
    pool_questions = [row.question for row in pool.rows]
    pool_vectors = await build_tools.encode(pool_questions, "query")
    thresholds = calibrated_thresholds(pool_vectors, pool_questions, build_settings.seed)
    no_border = EvalBorder.of([])
    phrased_rows = await _build_phrased_rows(
        pool.rows, pool_vectors, thresholds, no_border, build_settings, build_tools
    )
    return _add_phrasings(built_train, phrased_rows, build_settings)


async def _build_reworded_eval(
    eval_draw: EvalDraw, ask: AskRewording, build_settings: DatasetSettings, build_tools: BuildTools
) -> EvalRewording:
    """The rows of eval in other words. Raises CannotSplit where that succeeds with none of them."""
    pool, vectors, thresholds = eval_draw.pool, eval_draw.vectors, eval_draw.split.threshold_of
    check_rewording = rewording_check(
        pool, vectors, thresholds, build_settings.rephrase, build_tools.subjects, build_tools.encode
    )
    reworder = Reworder(ask, check_rewording, build_settings.rephrase.tries, build_tools.judge_rewordings)
    reworded_eval = await reword_eval(pool, vectors, eval_draw.split, reworder)
    if not reworded_eval.rows:
        raise CannotSplit(
            "no row could be reworded; set a larger model as dataset.rephrase.model, or a higher "
            f"dataset.rephrase.max_copied. The last reason: {reworded_eval.replaced[-1][1]}"
        )
    return reworded_eval


async def _build_phrased_rows(
    train_rows: list[Row],
    train_vectors: Vectors,
    thresholds: ThresholdOf,
    eval_border: EvalBorder,
    build_settings: DatasetSettings,
    build_tools: BuildTools,
) -> PhrasedRows:
    assert build_tools.ask_phrasings is not None  # noqa: S101  # the caller looked
    build_tools.start_step(f"rewording {counted(len(train_rows), 'row')} of train")
    check_phrasing = rewording_check(
        train_rows, train_vectors, thresholds, build_settings.rephrase, build_tools.subjects, build_tools.encode
    )
    phrasing_reworder = Reworder(build_tools.ask_phrasings, check_phrasing, build_settings.rephrase.tries)
    return await reword_train_rows(
        train_rows, build_settings.phrasings, phrasing_reworder, build_settings.rephrase.max_copied, eval_border
    )


def _add_phrasings(
    built_dataset: BuiltDataset,
    phrased_rows: PhrasedRows,
    build_settings: DatasetSettings,
    near_copy_count: int | None = None,
) -> BuiltDataset:
    """The dataset with the copies in train; eval was drawn and measured without them."""
    return built_dataset.extended(
        {**built_dataset.splits, "train": phrased_rows.rows},
        [row for row in phrased_rows.rows if is_phrasing(row)],
        phrasings=build_settings.phrasings,
        copies=phrased_rows.copies,
        near_copies=near_copy_count,
        fewer=[ReplacedRow(row_id, reason) for row_id, reason in phrased_rows.missing],
    )
