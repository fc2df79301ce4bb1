"""A stage divided among several processes: whether it is, and what comes of that for the one ledger and budget."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from groundwork.stage_runner.local_processes import count_processes, equal_shares, run_in_separate_states, run_processes
from groundwork.stage_runner.ray_cluster import run_on_ray
from groundwork.stage_runner.shard_progress import ShardChannel, ShardResult, Share

if TYPE_CHECKING:
    from groundwork.settings.config_schema import Config
    from groundwork.stage_runner.job import Job, Unit
    from groundwork.stage_runner.ledger import Ledger
    from groundwork.stage_runner.unit_loop import UnitLoop

MAX_CACHE_SHARDS = 64  # of a stage whose units are whole runs


class DivisibleStage(Protocol):
    """What a stage's StageCommand offers for being done by several processes."""

    @property
    def name(self) -> str: ...

    @property
    def shards(self) -> str: ...

    @property
    def units_a_process(self) -> int: ...

    @property
    def divides(self) -> Callable[[Config], bool]: ...

    @property
    def needs_gpu(self) -> Callable[[Config], bool]: ...

    def run_shard(
        self, flags: argparse.Namespace, shard: Share, channel: ShardChannel, *, among: int
    ) -> ShardResult: ...


def run_divided_stage(divided_stage: DivisibleStage, job: Job, unit_loop: UnitLoop, units: list[Unit]) -> Ledger | None:
    """The ledger of several processes, on this machine or on a Ray cluster; None: this process does it all."""
    ray_url = job.flags.ray or job.config.engine.ray_address
    if job.data.shard is not None or divided_stage.shards == "none" or not (ray_url or divided_stage.units_a_process):
        return None
    if divided_stage.shards == "caches":
        _fill_caches(divided_stage, job, unit_loop.due(units), ray_url)
        return None
    if ray_url:
        on_ray = partial(_run_on_ray, divided_stage, job, ray_address=ray_url)
        return divide_units(unit_loop, units, lambda due: on_ray(len(due)), by_shards=True)
    process_count = count_processes(job, len(unit_loop.due(units)), _units_a_process(divided_stage, job.config))
    if process_count == 1:
        return None
    job.data.fetch_databases()  # which the processes share
    in_processes = partial(run_processes, divided_stage.name, job)
    return divide_units(unit_loop, units, lambda due: in_processes(equal_shares(due, process_count)))


def divide_units(
    unit_loop: UnitLoop,
    units: list[Unit],
    run_shards: Callable[[list[Unit]], list[ShardResult]],
    *,
    by_shards: bool = False,
) -> Ledger:
    """Have other processes do what is not current, which `run_shards` takes. Raises what stopped one of them.

    `by_shards`: what they found up to date is told of all units, not of those that `run_shards` takes.
    """
    ledger = unit_loop.ledger
    with unit_loop.count_progress(units) as due_units:
        shard_results = run_shards(due_units) if due_units else []
        unit_loop.keep_fingerprints(due_units)
        for shard_result in shard_results:
            ledger.outcomes |= shard_result.outcomes
            unit_loop.job.add_usage(shard_result.usage)
        # A shard whose node died finds, as it runs again, what it had done before: no outcome tells of that.
        up_to_date_in_shards = sum(shard_result.up_to_date for shard_result in shard_results)
        up_to_date = ledger.up_to_date
        ledger.up_to_date = max(up_to_date, up_to_date_in_shards) if by_shards else up_to_date + up_to_date_in_shards
    _raise_shard_error(shard_results)
    return ledger


def _raise_shard_error(shard_results: list[ShardResult]) -> None:
    for shard_error in filter(None, (shard_result.error() for shard_result in shard_results)):
        raise shard_error


def _fill_caches(divided_stage: DivisibleStage, job: Job, due_units: list[Unit], ray_address: str | None) -> None:
    """Have others fill the caches, from which this process then makes the whole. Raises what stopped one."""
    if not due_units:
        return
    document_count = sum(unit.documents for unit in due_units)
    if ray_address:
        shard_results = _run_on_ray(divided_stage, job, MAX_CACHE_SHARDS, ray_address)
    elif (process_count := count_processes(job, document_count, _units_a_process(divided_stage, job.config))) > 1:
        shard_results = run_in_separate_states(divided_stage.name, job, process_count)
    else:
        return
    for shard_result in shard_results:
        job.add_usage(shard_result.usage)
        job.retagged_questions |= shard_result.retagged_questions
    _raise_shard_error(shard_results)
    job.caches_refreshed = True


def _run_on_ray(divided_stage: DivisibleStage, job: Job, unit_count: int, ray_address: str) -> list[ShardResult]:
    from groundwork.data_folder.join_shards import join_shards

    gpus = 1 if divided_stage.needs_gpu(job.config) else 0
    ray_results = run_on_ray(divided_stage.name, job, unit_count, ray_address, gpus)
    if job.data.mirror:
        job.data.mirror.pull_shards()
    join_shards(job.data)
    return ray_results


def _units_a_process(divided_stage: DivisibleStage, config: Config) -> int:
    """From how many due units one more process pays; 0: none ever does, by these settings."""
    return divided_stage.units_a_process if divided_stage.divides(config) else 0
