"""One stage over several processes: of this machine, each with its share of the units, or of a Ray cluster.

The processes of this machine share the manifest and the journal. The parent shows one progress line and one ledger,
divides the endpoint's limits among them, and passes a Ctrl-C on.

On a Ray cluster every node sees the same data folder, and a task does a shard, with a manifest, a journal and caches of
its own. The shards of a node that dies run again on another one, where what their manifest has as done is not done
again; at the end they are joined as by `dataprep gather`.
"""

from __future__ import annotations

import argparse
import heapq
import importlib
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import connection, get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from groundwork.console.progress_line import ProgressLine
from groundwork.console.stop_signals import STOP_SIGNALS, STOPPED_MESSAGE, SignalHandler
from groundwork.data_folder.shards import Shard
from groundwork.errors import (
    BudgetReached,
    ConfigError,
    GroundworkError,
    MissingExtra,
    ProviderRefused,
    Stopped,
    StopRun,
    UsageError,
)
from groundwork.processes.worker_pool import core_count, end_with_parent
from groundwork.stage_runner.job import Unit
from groundwork.stage_runner.ledger import Outcome
from groundwork.stage_table import BY_NAME

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from groundwork.llm.calls.costs_and_budget import UsageRow
    from groundwork.settings.config_schema import Config
    from groundwork.stage_runner.job import Job
    from groundwork.stage_runner.ledger import Ledger
    from groundwork.stage_runner.unit_loop import UnitLoop

MAX_CACHE_SHARDS = 64  # of a stage whose units are whole runs

_SHARD_ERROR_CLASSES = {kind.__name__: kind for kind in (BudgetReached, ProviderRefused, Stopped, StopRun, UsageError)}
PROCESS_REPORT_SECONDS = 0.5  # seconds between a process's words on how far it is

Share = Shard | frozenset[str]  # of the units: those of a shard's documents, or by name
LOST_PROCESS_MESSAGE = (
    "the process of this share ended without a message (killed, or out of memory); run again to go on"
)
_SPAWNED_PROCESSES = get_context("spawn")  # fork would copy threads and locks of Rust and C++ libraries

RAY_SHARDS_PER_PROCESSOR = 4  # so that a shard that is lost, or longer than the others, costs little
RAY_SHARDS_PER_WORKER = 16  # after which a new process takes over, which costs a second
START_CLUSTER_REMEDY = "start a cluster there: ray start --head"
CLUSTER_CONNECT_SECONDS = 10.0  # seconds
MAX_RAY_TASK_RETRIES = 5  # of a shard: how often a node may die under it


def run_in_processes(command: DivisibleStage, job: Job, unit_loop: UnitLoop, units: list[Unit]) -> Ledger | None:
    """The ledger of several processes, on this machine or on a Ray cluster; None: this process does it all."""
    ray_url = job.flags.ray or job.config.engine.ray_address
    if job.data.shard is not None or command.shards == "none" or not (ray_url or command.units_a_process):
        return None
    if command.shards == "caches":
        _fill_caches(command, job, unit_loop.due(units), ray_url)
        return None
    if ray_url:
        return divide_units(unit_loop, units, lambda due: _run_on_ray(command, job, len(due), ray_url), by_shards=True)
    processes = count_processes(command, job, len(unit_loop.due(units)))
    if processes == 1:
        return None
    job.data.fetch_databases()  # which the processes share
    return divide_units(unit_loop, units, lambda due: run_processes(command.name, job, equal_shares(due, processes)))


@dataclass
class ShardResult:
    """What a process did: its part of the ledger, what its calls used, and why it stopped early, if it did."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    up_to_date: int = 0  # units that the shard found done
    usage: list[UsageRow] = field(default_factory=list)
    retagged_questions: set[str] = field(default_factory=set)  # which --force had it tag anew
    stopped: tuple[str, str] | None = None  # the class of the error and its text

    def error(self) -> GroundworkError | None:
        if self.stopped is None:
            return None
        shard_error_class, shard_error = self.stopped
        return (
            ConfigError([shard_error])
            if shard_error_class == "ConfigError"
            else _SHARD_ERROR_CLASSES.get(shard_error_class, StopRun)(shard_error)
        )


def divide_units(
    unit_loop: UnitLoop,
    units: list[Unit],
    divided_work: Callable[[list[Unit]], list[ShardResult]],
    *,
    by_shards: bool = False,
) -> Ledger:
    """Have other processes do what is not current, which `divided_work` takes. Raises what stopped one of them.

    `by_shards`: what they found up to date is told of all units, not of those that `divided_work` takes.
    """
    ledger = unit_loop.ledger
    with unit_loop.count_progress(units) as due_units:
        shard_results = divided_work(due_units) if due_units else []
        unit_loop.keep_fingerprints(due_units)
        for shard_result in shard_results:
            ledger.outcomes |= shard_result.outcomes
            unit_loop.job.add_usage(shard_result.usage)
        # A shard whose node died finds, as it runs again, what it had done before: no outcome tells of that.
        up_to_date_in_shards = sum(shard_result.up_to_date for shard_result in shard_results)
        up_to_date = ledger.up_to_date
        ledger.up_to_date = max(up_to_date, up_to_date_in_shards) if by_shards else up_to_date + up_to_date_in_shards
    for shard_error in filter(None, (shard_result.error() for shard_result in shard_results)):
        raise shard_error
    return ledger


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
        job.retagged_questions |= process_result.retagged_questions
    for process_error in filter(None, (process_result.error() for process_result in process_results)):
        raise process_error
    job.caches_refreshed = True


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


def _run_on_ray(command: DivisibleStage, job: Job, unit_count: int, ray_address: str) -> list[ShardResult]:
    from groundwork.data_folder.join_shards import join_shards

    ray_results = run_on_ray(command.name, job, unit_count, ray_address, gpus=1 if command.needs_gpu(job.config) else 0)
    if job.data.mirror:
        job.data.mirror.pull_shards()
    join_shards(job.data)
    return ray_results


def count_processes(command: DivisibleStage, job: Job, process_units: int) -> int:
    """How many processes do `process_units` units: those asked for, else as many cores as are faster than one."""
    process_settings = job.config.engine
    if (
        command.units_a_process == 0
        or job.data.shard is not None
        or process_units < 2
        or not command.divides(job.config)
    ):
        return 1
    if process_settings.workers:
        return min(process_settings.workers, process_units)
    if job.flags.max_cost is not None or _uses_local_model(job.config):
        return 1  # one budget and one model in memory are not for several
    return max(1, min(core_count(), process_units // command.units_a_process))


def _uses_local_model(config: Config) -> bool:
    model_providers = (config.llm, *config.llm.providers.values())
    return any(provider.base_url == "local" for provider in model_providers)


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


@dataclass(frozen=True)
class ProgressSnapshot:
    """How far a process is."""

    done_count: float
    total: int
    counted: str
    calls: int
    tokens: int
    cost: float
    expected_calls: int


class ReportChannel(Protocol):
    """What connects a process with its parent."""

    def tell(self, snapshot: ProgressSnapshot) -> None: ...
    def say(self, line: str) -> None: ...
    def is_stopping(self) -> bool: ...


class RelayedProgress(ProgressLine):
    """The progress of a process: told to the parent in place of a terminal."""

    def __init__(self, channel: ReportChannel, stop: Callable[[], object]) -> None:
        super().__init__("", quiet=True)
        self._channel, self._stop = channel, stop

    def begin(self, total: int) -> None:
        self.total = total
        threading.Thread(target=self._relay, daemon=True).start()

    def _relay(self) -> None:
        while not self._ended.wait(PROCESS_REPORT_SECONDS):
            self._channel.tell(self.snapshot())
            if self._channel.is_stopping():
                self._stop()

    def snapshot(self) -> ProgressSnapshot:
        snapshot_counts = self.done_count, self.total, self.counted, self.calls, self.tokens, self.cost
        return ProgressSnapshot(*snapshot_counts, self.expected_calls)

    def say(self, line: str) -> None:
        self._channel.say(line)


def show_snapshots(progress: ProgressLine, process_snapshots: Sequence[ProgressSnapshot]) -> None:
    """One line for all: sums of the same count."""
    progress.take_counts(
        done_count=sum(process_snapshot.done_count for process_snapshot in process_snapshots),
        total=sum(process_snapshot.total for process_snapshot in process_snapshots),
        counted=process_snapshots[0].counted,
        calls=sum(process_snapshot.calls for process_snapshot in process_snapshots),
        tokens=sum(process_snapshot.tokens for process_snapshot in process_snapshots),
        cost=sum(process_snapshot.cost for process_snapshot in process_snapshots),
    )
    progress.expected_calls = sum(process_snapshot.expected_calls for process_snapshot in process_snapshots)


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
        self, flags: argparse.Namespace, shard: Share, channel: ReportChannel, *, among: int
    ) -> ShardResult: ...


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
            for pipe in connection.wait(list(self._process_by_pipe), timeout=PROCESS_REPORT_SECONDS):
                self._receive_message(pipe)  # type: ignore[arg-type]  # only pipes are waited for
            if self._stop_signals.announce_first(self._job.progress.say):
                for pipe in self._process_by_pipe:
                    with suppress(OSError):  # its process has just ended
                        pipe.send("stop")
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

    def _receive_message(self, pipe: connection.Connection) -> None:
        try:
            message_type, message_content = pipe.recv()
        except (EOFError, OSError):  # it has ended
            del self._process_by_pipe[pipe]
            return
        if message_type == "snapshot":
            self._snapshot_by_process[self._process_by_pipe[pipe]] = message_content
            show_snapshots(self._job.progress, list(self._snapshot_by_process.values()))
        elif message_type == "say":
            self._job.progress.say(message_content)
        else:
            self._result_by_process[self._process_by_pipe[pipe]] = message_content

    def _result_of_lost_process(self) -> ShardResult:
        is_killed = self._stop_signals.count > 1
        return ShardResult(stopped=("Stopped", STOPPED_MESSAGE) if is_killed else ("StopRun", LOST_PROCESS_MESSAGE))


class _PipeChannel:
    """A process's end of the pipe. Its progress thread and its work both speak."""

    def __init__(self, pipe: connection.Connection) -> None:
        self._parent_pipe, self._lock = pipe, threading.Lock()

    def tell(self, snapshot: ProgressSnapshot) -> None:
        self.send(("snapshot", snapshot))

    def say(self, line: str) -> None:
        self.send(("say", line))

    def send(self, message: tuple[str, Any]) -> None:
        with self._lock:
            self._parent_pipe.send(message)

    def is_stopping(self) -> bool:
        with self._lock:
            return self._parent_pipe.poll() and self._parent_pipe.recv() == "stop"


def _run_share(pipe: connection.Connection, stage: str, flags: argparse.Namespace, share: Share, among: int) -> None:
    """A process's life: its share of the stage's units."""
    end_with_parent()
    for stop_signal in STOP_SIGNALS:
        signal.signal(stop_signal, signal.SIG_IGN)  # the parent says when to stop
    pipe_channel = _PipeChannel(pipe)
    process_command: DivisibleStage = BY_NAME[stage].load_command()
    process_result = process_command.run_shard(flags, share, pipe_channel, among=among)
    pipe_channel.send(("result", process_result))


def run_on_ray(stage: str, job: Job, ray_units: int, address: str, gpus: float) -> list[ShardResult]:
    """`stage` on the cluster at `address`, its `ray_units` in as many shards as the settings ask for.

    Raises UsageError where the extra or the cluster is missing.
    """
    ray = connect_to_ray(address)
    cluster_processors = int(ray.cluster_resources().get("CPU", 1))
    shard_count = max(1, min(job.config.engine.shards or RAY_SHARDS_PER_PROCESSOR * cluster_processors, ray_units))
    # a full memory may take the board, and progress alone is lost
    lasting_ray_board = {"max_restarts": -1, "max_task_retries": -1}
    ray_board = (
        ray.remote(num_cpus=0, **lasting_ray_board)(_RayBoard).options(scheduling_strategy=_on_this_node(ray)).remote()
    )
    ray_task = ray.remote(**ray_task_options(gpus))(_run_ray_task)
    shards_at_once = min(shard_count, cluster_processors)
    ray_flags = argparse.Namespace(**(vars(job.flags) | {"budget": job.budget.share(shard_count)}))
    shards_by_ray_task = {
        ray_task.remote(stage, ray_flags, shard, shards_at_once, ray_board): shard for shard in Shard.all(shard_count)
    }
    ray_results: list[ShardResult] = []
    with SignalHandler() as ray_stop_signals:
        while shards_by_ray_task:
            ready_tasks, _ = ray.wait(list(shards_by_ray_task), num_returns=1, timeout=PROCESS_REPORT_SECONDS)
            ray_results += [
                _fetch_ray_result(ray, task_reference, shards_by_ray_task.pop(task_reference))
                for task_reference in ready_tasks
            ]
            ray_stop_signals.announce_first(job.progress.say)
            if ray_stop_signals.count:  # again and again: a board that began anew has not heard it
                ray_board.stop.remote()
            if ray_stop_signals.count > 1:
                for task_reference in shards_by_ray_task:
                    ray.cancel(task_reference, force=True)
                return [*ray_results, *(ShardResult(stopped=("Stopped", STOPPED_MESSAGE)) for _ in shards_by_ray_task)]
            _show_board(ray, ray_board, job.progress)
    return ray_results


def ray_task_options(gpus: float) -> dict[str, float]:
    """How Ray runs a shard: a worker's process does several, one after the other, unless it holds memory of a GPU."""
    shards_per_ray_worker = 1 if gpus else RAY_SHARDS_PER_WORKER
    return {"num_cpus": 1, "num_gpus": gpus, "max_retries": MAX_RAY_TASK_RETRIES, "max_calls": shards_per_ray_worker}


def connect_to_ray(address: str) -> Any:
    """Ray, connected to the cluster at `address` (`local`: one of its own on this machine)."""
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError:
        raise MissingExtra("--ray", "ray") from None
    if not ray.is_initialized():
        _check_cluster_port(address)
        cluster_address = {} if address == "local" else {"address": address}
        try:
            ray.init(log_to_driver=False, **cluster_address)
        except Exception as ray_error:
            raise UsageError(f"--ray {address}: no cluster there ({ray_error}); {START_CLUSTER_REMEDY}") from None
    return ray


def _check_cluster_port(address: str) -> None:
    """Raise UsageError at once where nothing answers at HOST:PORT: Ray itself would try for minutes."""
    cluster_host, _, cluster_port = address.removeprefix("ray://").rpartition(":")
    if cluster_host and cluster_port.isdigit():
        try:
            socket.create_connection((cluster_host, int(cluster_port)), timeout=CLUSTER_CONNECT_SECONDS).close()
        except OSError as cluster_error:
            raise UsageError(
                f"--ray {address}: nothing answers there ({cluster_error}); {START_CLUSTER_REMEDY}"
            ) from None


def _on_this_node(ray: Any) -> Any:
    """On this node, which lives as long as the run."""
    strategies: Any = importlib.import_module("ray.util.scheduling_strategies")
    return strategies.NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)


class _RayBoard:
    """The actor that holds what the tasks tell, and whether to stop."""

    def __init__(self) -> None:
        self._snapshot_by_shard: dict[str, ProgressSnapshot] = {}
        self._board_lines: list[str] = []
        self._stop = False

    def tell(self, shard: str, snapshot: ProgressSnapshot) -> bool:
        self._snapshot_by_shard[shard] = snapshot
        return self._stop

    def say(self, line: str) -> None:
        self._board_lines.append(line)

    def stop(self) -> None:
        self._stop = True

    def is_stopping(self) -> bool:
        return self._stop

    def news(self) -> tuple[list[ProgressSnapshot], list[str]]:
        board_lines, self._board_lines = self._board_lines, []
        return list(self._snapshot_by_shard.values()), board_lines


class _RayBoardChannel:
    """A task's way to the board."""

    def __init__(self, shard: Shard, board: Any) -> None:
        self._shard, self._board, self._stop = str(shard), board, False

    def tell(self, snapshot: ProgressSnapshot) -> None:
        ray: Any = importlib.import_module("ray")
        self._stop = self._stop or ray.get(self._board.tell.remote(self._shard, snapshot))

    def say(self, line: str) -> None:
        self._board.say.remote(line)

    def is_stopping(self) -> bool:
        return self._stop


def _run_ray_task(stage: str, flags: argparse.Namespace, shard: Shard, among: int, ray_board: Any) -> ShardResult:
    """A task: the shard in this worker's process."""
    import os

    folder_on_node = Path(flags.data) if flags.data and "://" not in str(flags.data) else None
    if folder_on_node is not None and not folder_on_node.is_dir():
        missing_on_node = (
            f"{folder_on_node}: not there on the node {os.uname().nodename}; every node needs the same data folder"
        )
        return ShardResult(stopped=("UsageError", missing_on_node))
    ray: Any = importlib.import_module("ray")
    if ray.get(ray_board.is_stopping.remote()):  # its first news come too late: the calls of a short shard are out
        return ShardResult(stopped=("Stopped", STOPPED_MESSAGE))
    flags.shard, flags.ray = shard, None
    ray_command: DivisibleStage = BY_NAME[stage].load_command()
    return ray_command.run_shard(flags, shard, _RayBoardChannel(shard, ray_board), among=among)


def _fetch_ray_result(ray: Any, task_reference: Any, shard: Shard) -> ShardResult:
    try:
        ray_result: ShardResult = ray.get(task_reference)
    except ray.exceptions.RayError as error:
        failure = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return ShardResult(stopped=("StopRun", f"shard {shard} failed on the cluster: {failure}; run again to go on"))
    return ray_result


def _show_board(ray: Any, ray_board: Any, progress: ProgressLine) -> None:
    board_snapshots, board_lines = ray.get(ray_board.news.remote())
    for board_line in board_lines:
        progress.say(board_line)
    if board_snapshots:
        show_snapshots(progress, board_snapshots)
