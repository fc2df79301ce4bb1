"""The building of a dataset: rows read, splits drawn and reworded, others mixed in; and what its calls will cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwork.dataset.creation.build_inputs import read_input_chunks
from groundwork.errors import UnitError
from groundwork.message_wording import counted
from groundwork.stage_runner.unit_and_outcome import Estimate

if TYPE_CHECKING:
    from groundwork.dataset.creation.build_inputs import BuildInputs, BuildTools
    from groundwork.dataset.creation.build_splits import BuiltDataset
    from groundwork.dataset.creation.document_subjects import Subjects
    from groundwork.dataset.reword.eval_rewording import AskRewording, JudgeRewordings
    from groundwork.stage_runner.job import Job


async def build_dataset(job: Job, inputs: BuildInputs) -> BuiltDataset:
    """The rows of all splits and their report. Raises UnitError where no split can be made of the rows."""
    from groundwork.dataset.creation.build_splits import build_splits
    from groundwork.dataset.creation.document_subjects import read_subjects
    from groundwork.dataset.creation.row_pool import read_row_pool, valid_row_pool
    from groundwork.dataset.general_data_mix import mix_in_general_rows, select_usable_rows
    from groundwork.dataset.load_dataset import load_dataset
    from groundwork.dataset.measured_rows import add_measurements, read_measured_rows
    from groundwork.dataset.split.eval_selection import CannotSplit
    from groundwork.dataset.unanswerable.unanswerable_rows import add_unanswerable

    settings, pool = job.config.dataset, valid_row_pool(read_row_pool(inputs, job), job)
    measured_rows = read_measured_rows(inputs.measured_files)
    pool = add_measurements(pool, measured_rows, leave_out_flipping=settings.leave_out_flipping)
    mix_dataset = load_dataset(inputs.mix_source) if inputs.mix_source else None
    if mix_dataset:
        select_usable_rows(mix_dataset)  # before a model is asked
    document_subjects = read_subjects(job.config.qa.context, inputs.text_files, inputs.summary_files)
    tools = _build_tools(job, document_subjects)
    try:
        dataset = await build_splits(pool, inputs.runs, settings, tools)
    except CannotSplit as error:
        raise UnitError(str(error)) from error
    if settings.unanswerable:
        dataset = await add_unanswerable(job, dataset, read_input_chunks(inputs), document_subjects, tools.encode)
    if mix_dataset:
        job.progress.start_phase(f"mixing in rows of {counted(len(mix_dataset.rows), 'pair')}")
        dataset = await mix_in_general_rows(dataset, mix_dataset, settings.mix_share, settings.seed, tools.encode)
    return dataset


def _build_tools(job: Job, document_subjects: Subjects) -> BuildTools:
    """The encoder, and the models that reword and judge where the settings ask for it."""
    from groundwork.dataset.creation.build_inputs import BuildTools
    from groundwork.dataset.question_vectors import job_encoder

    encoder = job_encoder(job)
    ask_model = _rewording_caller(job, document_subjects) if job.config.dataset.asks_rewordings else None
    ask_phrasings = ask_model if job.config.dataset.phrasings > 1 else None
    ask_rewordings = ask_model if job.config.dataset.rewords_eval else None
    judge = _rewording_judge(job) if ask_rewordings else None
    start_step = job.progress.start_phase
    return BuildTools(
        encoder.aencode, encoder.name, ask_rewordings, document_subjects, ask_phrasings, judge, start_step
    )


def _rewording_caller(job: Job, document_subjects: Subjects) -> AskRewording:
    from groundwork.dataset.reword.eval_rewording import build_rewording_asker

    call = job.config.dataset.rephrase
    return build_rewording_asker(job.client, call, job.prompt(call.prompt), document_subjects)


def _rewording_judge(job: Job) -> JudgeRewordings | None:
    from groundwork.dataset.reword.eval_rewording import build_rewording_judge

    call = job.config.dataset.rephrase
    return build_rewording_judge(job.client, call, job.prompt(call.check_prompt)) if call.check_prompt else None


def estimate_build(job: Job, inputs: BuildInputs) -> list[Estimate]:
    """One call a row of eval and a copy of a row of train, by the mean of all; what fails its checks needs more.
    One for several rows of eval that are judged, two calls a chunk that is asked for questions without an answer."""
    from groundwork.dataset.creation.document_subjects import read_subjects
    from groundwork.dataset.creation.row_pool import read_row_pool
    from groundwork.dataset.reword.eval_rewording import Reworded, rewording_judge_estimate, rewording_messages
    from groundwork.dataset.split.eval_selection import eval_size, train_size
    from groundwork.dataset.unanswerable.unanswerable_calls import unanswerable_estimate
    from groundwork.llm.calls.costs_and_budget import tokens_in

    settings, call = job.config.dataset, job.config.dataset.rephrase
    pool_rows = read_row_pool(inputs, job).rows
    if not pool_rows or not job.config.dataset.asks_model:
        return []
    estimates = [unanswerable_estimate(job, inputs, pool_rows)] if settings.unanswerable else []
    if not job.config.dataset.asks_rewordings:
        return estimates
    template = job.prompt(call.prompt)
    document_subjects = read_subjects(job.config.qa.context, inputs.text_files, inputs.summary_files)
    requests = (rewording_messages(call, template, document_subjects.of(row.document), row) for row in pool_rows)
    prompt_tokens = sum(job.tokens(call, turns, Reworded) for turns in requests) / len(pool_rows)
    reply_tokens = (
        sum(tokens_in(row.question + row.answer) for row in pool_rows) / len(pool_rows) + 12
    )  # for the fields' names
    calls = (
        eval_size(len(pool_rows), settings.eval_fraction, settings.eval_max) if job.config.dataset.rewords_eval else 0
    )
    judge_estimates = [rewording_judge_estimate(job, pool_rows, calls)] if calls and call.check_prompt else []
    calls += train_size(pool_rows, inputs.runs, settings) * (settings.phrasings - 1)
    return [Estimate(calls, int(calls * prompt_tokens), int(calls * reply_tokens), call), *judge_estimates, *estimates]
