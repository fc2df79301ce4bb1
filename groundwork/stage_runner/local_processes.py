"""A stage by several processes of this machine, each with its share of the units or its shard.

They share the manifest and the journal. The parent shows one progress line and one ledger, divides the endpoint's
limits among them, and passes a Ctrl-C on.
"""

from __future__ import annotations

import argparse
import heapq
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import connection, get_context
from typing import TYPE_CHECKING, Any

from groundwork.console.stop_signals import STOP_SIGNALS, STOPPED_MESSAGE, SignalHandler
from groundwork.data_folder.shards import Shard
from groundwork.processes.machine_resources import core_count
from groundwork.processes.worker_pool import end_with_parent
from groundwork.stage_runner.job import Unit
from groundwork.stage_runner.shard_progress import (
    PROCESS_REPORT_SECONDS,
    ProgressSnapshot,
    ShardResult,
    Share,
    show_snapshots,
)
from groundwork.stage_table import BY_NAME

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from groundwork.settings.config_schema import Config
    from groundwork.stage_runner.job import Job

LOST_PROCESS_MESSAGE = (
    "the process of this share ended without a message (killed, or out of memory); run again to go on"
)
_SPAWNED_PROCESSES = get_context("spawn")  # fork would copy threads and locks of Rust and C++ libraries


def count_processes(job: Job, process_units: int, units_a_process: int) -> int:
    """How many processes do `process_units` units: those asked for, else as many cores as are faster than one.

    `units_a_process`: how many units one more process pays for; 0: it never does.
    """
    process_settings = job.config.engine
    if units_a_process == 0 or job.data.shard is not None or process_units < 2:
        return 1
    if process_settings.workers:
        return min(process_settings.workers, process_units)
    if job.flags.max_cost is not None or _uses_local_model(job.config):
        return 1  # one budget and one model in memory are not for several
    return max(1, min(core_count(), process_units // units_a_process))


def _uses_local_model(config: Config) -> bool:
    model_providers = (config.llm, *config.llm.providers.values())
    return any(provider.base_url == "local" for provider in model_providers)


def equal_shares(units: Sequence[Unit], process_count: int) -> list[frozenset[str]]:
    """The names of `units` in `process_count` shares of about as many bytes to read: the largest first, each to the
    least."""
    unit_sizes = {unit.name: 1 + sum(path.stat().st_size for path in unit.reads if path.exists()) for unit in units}
    process_shares: list[tuple[int, int, set[str]]] = [(0, number, set()) for number in range(process_count)]
    for unit_name in sorted(unit_sizes, key=lambda unit_name: -unit_sizes[unit_name]):
        process_share_size, number, process_unit_names = process_shares[0]
        process_unit_names.add(unit_name)
        heapq.heapreplace(process_shares, (process_share_size + unit_sizes[unit_name], number, process_unit_names))
    return [
        frozenset(process_unit_names)
        for _, _, process_unit_names in sorted(process_shares, key=lambda process_share: process_share[1])
    ]


def divide_limits(config: Config, process_count: int) -> Config:
    """The settings of one of `process_count` processes: the endpoint's limits divided among them."""
    from msgspec.structs import replace

    def process_limit(limit: int | None) -> int | None:
        return None if limit is None else max(1, limit // process_count)

    def process_provider(provider: Any) -> Any:
        return replace(
            provider,
            max_concurrency=max(1, provider.max_concurrency // process_count),
            requests_per_minute=process_limit(provider.requests_per_minute),
            tokens_per_minute=process_limit(provider.tokens_per_minute),
        )

    process_providers = {name: process_provider(provider) for name, provider in config.llm.providers.items()}
    return replace(config, llm=replace(process_provider(config.llm), providers=process_providers))


def run_processes(stage: str, job: Job, shares: Sequence[frozenset[str]]) -> list[ShardResult]:
    """The units of `stage` by a process of this machine for each share of them; they share one state."""
    with SignalHandler() as stop_signals:
        return _ProcessGroup(stage, job, shares, stop_signals).run()


def run_in_separate_states(stage: str, job: Job, process_count: int) -> list[ShardResult]:
    """`stage` by `process_count` processes, each with its shard's state of its own; the caches that they fill are
    joined.

    For stages whose units are whole runs, which every shard has a part of.
    """
    from groundwork.data_folder.join_shards import join_shards, shard_folders

    shards_before = set(shard_folders(job.data))
    with SignalHandler() as stop_signals:
        process_results = _ProcessGroup(stage, job, Shard.all(process_count), stop_signals).run()
    join_shards(job.data)
    for shard, shard_folder in shard_folders(job.data).items():
        if shard not in shards_before and shard.count == process_count:
            shutil.rmtree(shard_folder)
    return process_results


class _ProcessGroup:
    """The processes and what they have told."""

    def __init__(self, stage: str, job: Job, shares: Sequence[Share], stopping: SignalHandler) -> None:
        self._job, self._stop_signals = job, stopping
        self._snapshot_by_process: dict[int, ProgressSnapshot] = {}
        self._result_by_process: dict[int, ShardResult] = {}
        self._process_by_pipe: dict[connection.Connection, int] = {}
        self._processes = [self._start_process(stage, index, share, len(shares)) for index, share in enumerate(shares)]

    def run(self) -> list[ShardResult]:
        """What each of them did, in the order of the shares."""
        while self._process_by_pipe:
            for process_pipe in connection.wait(list(self._process_by_pipe), timeout=PROCESS_REPORT_SECONDS):
                self._receive_message(process_pipe)  # type: ignore[arg-type]  # only pipes are waited for
            if self._stop_signals.announce_first(self._job.progress.say):
                for process_pipe in self._process_by_pipe:
                    with suppress(OSError):  # its process has just ended
                        process_pipe.send("stop")
            if self._stop_signals.count > 1:
                for process in self._processes:
                    process.kill()
        for process in self._processes:
            process.join()
        return [self._result_by_process.get(i, self._result_of_lost_process()) for i in range(len(self._processes))]

    def _start_process(self, stage: str, index: int, share: Share, among: int) -> BaseProcess:
        parent_pipe, child_pipe = _SPAWNED_PROCESSES.Pipe()
        process = _SPAWNED_PROCESSES.Process(
            target=_run_share, args=(child_pipe, stage, self._flags_of_process(share, among), share, among)
        )
        process.start()
        child_pipe.close()
        self._process_by_pipe[parent_pipe] = index
        return process

    def _flags_of_process(self, share: Share, among: int) -> argparse.Namespace:
        """A process has its share of the money; a shard has a state of its own."""
        own_shard = {"shard": share} if isinstance(share, Shard) else {}
        return argparse.Namespace(**(vars(self._job.flags) | {"budget": self._job.budget.share(among)} | own_shard))

    def _receive_message(self, process_pipe: connection.Connection) -> None:
        try:
            message_type, message_content = process_pipe.recv()
        except (EOFError, OSError):  # it has ended
            del self._process_by_pipe[process_pipe]
            return
        if message_type == "snapshot":
            self._snapshot_by_process[self._process_by_pipe[process_pipe]] = message_content
            show_snapshots(self._job.progress, list(self._snapshot_by_process.values()))
        elif message_type == "say":
            self._job.progress.say(message_content)
        else:
            self._result_by_process[self._process_by_pipe[process_pipe]] = message_content

    def _result_of_lost_process(self) -> ShardResult:
        is_killed = self._stop_signals.count > 1
        return ShardResult(stopped=("Stopped", STOPPED_MESSAGE) if is_killed else ("StopRun", LOST_PROCESS_MESSAGE))


class _PipeChannel:
    """A process's end of the pipe. Its progress thread and its work both speak."""

    def __init__(self, process_pipe: connection.Connection) -> None:
        self._process_pipe, self._lock = process_pipe, threading.Lock()

    def tell(self, snapshot: ProgressSnapshot) -> None:
        self.send(("snapshot", snapshot))

    def say(self, line: str) -> None:
        self.send(("say", line))

    def send(self, message: tuple[str, Any]) -> None:
        with self._lock:
            self._process_pipe.send(message)

    def is_stopping(self) -> bool:
        with self._lock:
            return self._process_pipe.poll() and self._process_pipe.recv() == "stop"


def _run_share(
    process_pipe: connection.Connection, stage: str, flags: argparse.Namespace, share: Share, among: int
) -> None:
    """A process's life: its share of the stage's units."""
    end_with_parent()
    for stop_signal in STOP_SIGNALS:
        signal.signal(stop_signal, signal.SIG_IGN)  # the parent says when to stop
    pipe_channel = _PipeChannel(process_pipe)
    run_process_share: Callable[..., ShardResult] = BY_NAME[stage].load_command().run_shard
    process_result = run_process_share(flags, share, pipe_channel, among=among)
    pipe_channel.send(("result", process_result))
