"""Who does a stage's units: this process, several of this machine, or a Ray cluster; and how limits are divided."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from groundwork.processes.worker_pool import core_count
from groundwork.stage_runner.many_processes.local_processes import (
    DivisibleStage,
    run_in_separate_states,
    run_processes,
)
from groundwork.stage_runner.many_processes.process_reports import ShardResult

if TYPE_CHECKING:
    from groundwork.settings.config_schema import Config
    from groundwork.stage_runner.job import Job
    from groundwork.stage_runner.ledger import Ledger
    from groundwork.stage_runner.unit_and_outcome import Unit
    from groundwork.stage_runner.unit_loop import UnitLoop

MAX_CACHE_SHARDS = 64  # of a stage whose units are whole runs


def run_in_processes(command: DivisibleStage, job: Job, unit_loop: UnitLoop, units: list[Unit]) -> Ledger | None:
    """The ledger of several processes, on this machine or on a Ray cluster; None: this process does it all."""
    ray_address = job.flags.ray or job.config.engine.ray_address
    if job.data.shard is not None or command.shards == "none" or not (ray_address or command.units_a_process):
        return None
    if command.shards == "caches":
        _fill_caches(command, job, unit_loop.due(units), ray_address)
        return None
    if ray_address:
        return unit_loop.divide(units, lambda due: _run_on_ray(command, job, len(due), ray_address), by_shards=True)
    process_count = count_processes(command, job, len(unit_loop.due(units)))
    if process_count == 1:
        return None
    job.data.fetch_databases()  # which the processes share
    return unit_loop.divide(units, lambda due: run_processes(command.name, job, equal_shares(due, process_count)))


def _fill_caches(command: DivisibleStage, job: Job, due_units: list[Unit], ray_address: str | None) -> None:
    """Have others fill the caches, from which this process then makes the whole. Raises what stopped one."""
    if not due_units:
        return
    if ray_address:
        process_results = _run_on_ray(command, job, MAX_CACHE_SHARDS, ray_address)
    elif (process_count := count_processes(command, job, sum(unit.documents for unit in due_units))) > 1:
        process_results = run_in_separate_states(command.name, job, process_count)
    else:
        return
    for process_result in process_results:
        job.add_usage(process_result.usage)
    for process_error in filter(None, (process_result.error() for process_result in process_results)):
        raise process_error
    job.caches_refreshed = True


def equal_shares(units: Sequence[Unit], process_count: int) -> list[frozenset[str]]:
    """The names of `units` in `process_count` shares of about as many bytes to read: the largest first, each to the
    least."""
    unit_sizes = {unit.name: 1 + sum(path.stat().st_size for path in unit.reads if path.exists()) for unit in units}
    process_shares: list[tuple[int, int, set[str]]] = [
        (0, share_number, set()) for share_number in range(process_count)
    ]
    for unit_name in sorted(unit_sizes, key=lambda unit_name: -unit_sizes[unit_name]):
        share_size, share_number, unit_names = process_shares[0]
        unit_names.add(unit_name)
        heapq.heapreplace(process_shares, (share_size + unit_sizes[unit_name], share_number, unit_names))
    return [
        frozenset(unit_names) for _, _, unit_names in sorted(process_shares, key=lambda process_share: process_share[1])
    ]


def _run_on_ray(command: DivisibleStage, job: Job, unit_count: int, ray_address: str) -> list[ShardResult]:
    from groundwork.data_folder.join_shards import join_shards
    from groundwork.stage_runner.many_processes.ray_cluster import run_on_ray

    ray_results = run_on_ray(command.name, job, unit_count, ray_address, gpus=1 if command.needs_gpu(job.config) else 0)
    if job.data.mirror:
        job.data.mirror.pull_shards()
    join_shards(job.data)
    return ray_results


def count_processes(command: DivisibleStage, job: Job, due_units: int) -> int:
    """How many processes do `due_units` units: those asked for, else as many cores as are faster than one."""
    process_settings = job.config.engine
    if command.units_a_process == 0 or job.data.shard is not None or due_units < 2 or not command.divides(job.config):
        return 1
    if process_settings.workers:
        return min(process_settings.workers, due_units)
    if job.flags.max_cost is not None or _uses_local_model(job.config):
        return 1  # one budget and one model in memory are not for several
    return max(1, min(core_count(), due_units // command.units_a_process))


def _uses_local_model(config: Config) -> bool:
    model_providers = (config.llm, *config.llm.providers.values())
    return any(provider.base_url == "local" for provider in model_providers)


def divide_limits(config: Config, process_count: int) -> Config:
    """The settings of one of `process_count` processes: the endpoint's limits divided among them."""
    from msgspec.structs import replace

    def divided_limit(limit: int | None) -> int | None:
        return None if limit is None else max(1, limit // process_count)

    def divided_provider(provider: Any) -> Any:
        return replace(
            provider,
            max_concurrency=max(1, provider.max_concurrency // process_count),
            requests_per_minute=divided_limit(provider.requests_per_minute),
            tokens_per_minute=divided_limit(provider.tokens_per_minute),
        )

    divided_providers = {name: divided_provider(provider) for name, provider in config.llm.providers.items()}
    return replace(config, llm=replace(divided_provider(config.llm), providers=divided_providers))
