"""One stage over several processes of this machine, each with its share of the units.

The processes share the manifest and the journal. The parent shows one progress line and one ledger, divides the
endpoint's limits among them, and passes a Ctrl-C on. (`ray_cluster` does the same over several machines.)
"""

from __future__ import annotations

import argparse
import heapq
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import connection, get_context
from typing import TYPE_CHECKING, Any, Protocol

from groundwork.console.progress import Progress
from groundwork.console.stop_signals import STOP_SIGNALS, STOPPED_MESSAGE, SignalHandler
from groundwork.data_folder.shards import Shard
from groundwork.errors import BudgetReached, ConfigError, GroundworkError, ProviderRefused, Stopped, StopRun, UsageError
from groundwork.processes.worker_pool import end_with_parent
from groundwork.stage_runner.unit_and_outcome import Outcome
from groundwork.stage_table import BY_NAME

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from groundwork.llm.calls.costs_and_budget import UsageRow
    from groundwork.settings.config_schema import Config
    from groundwork.stage_runner.job import Job
    from groundwork.stage_runner.unit_and_outcome import Unit

REPORT_SECONDS = 0.5  # seconds between a process's words on how far it is
Share = Shard | frozenset[str]  # of the units: those of a shard's documents, or by name
LOST_MESSAGE = "the process of this share ended without a message (killed, or out of memory); run again to go on"
_SPAWN = get_context("spawn")  # fork would copy threads and locks of Rust and C++ libraries
_ERROR_CLASSES = {kind.__name__: kind for kind in (BudgetReached, ProviderRefused, Stopped, StopRun, UsageError)}


@dataclass
class ShardResult:
    """What a process did: its part of the ledger, what its calls used, and why it stopped early, if it did."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    up_to_date: int = 0  # units that the shard found done
    usage: list[UsageRow] = field(default_factory=list)
    stopped: tuple[str, str] | None = None  # the class of the error and its text

    def error(self) -> GroundworkError | None:
        if self.stopped is None:
            return None
        kind, text = self.stopped
        return ConfigError([text]) if kind == "ConfigError" else _ERROR_CLASSES.get(kind, StopRun)(text)


@dataclass(frozen=True)
class Snapshot:
    """How far a process is."""

    done_count: float
    total: int
    counted: str
    calls: int
    tokens: int
    cost: float
    expected_calls: int


class Channel(Protocol):
    """What connects a process with its parent."""

    def tell(self, snapshot: Snapshot) -> None: ...
    def say(self, line: str) -> None: ...
    def is_stopping(self) -> bool: ...


class RelayedProgress(Progress):
    """The progress of a process: told to the parent in place of a terminal."""

    def __init__(self, channel: Channel, stop: Callable[[], object]) -> None:
        super().__init__("", quiet=True)
        self._channel, self._stop = channel, stop

    def begin(self, total: int) -> None:
        self.total = total
        threading.Thread(target=self._relay, daemon=True).start()

    def _relay(self) -> None:
        while not self._ended.wait(REPORT_SECONDS):
            self._channel.tell(self.snapshot())
            if self._channel.is_stopping():
                self._stop()

    def snapshot(self) -> Snapshot:
        counts = self.done_count, self.total, self.counted, self.calls, self.tokens, self.cost
        return Snapshot(*counts, self.expected_calls)

    def say(self, line: str) -> None:
        self._channel.say(line)


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

    def run_shard(self, flags: argparse.Namespace, shard: Share, channel: Channel, *, among: int) -> ShardResult: ...


def run_processes(stage: str, job: Job, units: list[Unit], count: int) -> list[ShardResult]:
    """The `units` of `stage` by `count` processes of this machine, which share one state."""
    with SignalHandler() as stopping:
        return _ProcessGroup(stage, job, equal_shares(units, count), stopping).run()


def equal_shares(units: Sequence[Unit], count: int) -> list[frozenset[str]]:
    """The names of `units` in `count` shares of about as many bytes to read: the largest first, each to the least."""
    sizes = {unit.name: 1 + sum(path.stat().st_size for path in unit.reads if path.exists()) for unit in units}
    shares: list[tuple[int, int, set[str]]] = [(0, index, set()) for index in range(count)]
    for unit_name in sorted(sizes, key=lambda unit_name: -sizes[unit_name]):
        total, index, unit_names = shares[0]
        unit_names.add(unit_name)
        heapq.heapreplace(shares, (total + sizes[unit_name], index, unit_names))
    return [frozenset(unit_names) for _, _, unit_names in sorted(shares, key=lambda share: share[1])]


def run_in_separate_states(stage: str, job: Job, count: int) -> list[ShardResult]:
    """`stage` by `count` processes, each with its shard's state of its own; the caches that they fill are joined.

    For stages whose units are whole runs, which every shard has a part of.
    """
    from groundwork.data_folder.join_shards import join_shards, shard_folders

    earlier_shards = set(shard_folders(job.data))
    with SignalHandler() as stopping:
        shard_results = _ProcessGroup(stage, job, Shard.all(count), stopping).run()
    join_shards(job.data)
    for shard, folder in shard_folders(job.data).items():
        if shard not in earlier_shards and shard.count == count:
            shutil.rmtree(folder)
    return shard_results


class _ProcessGroup:
    """The processes and what they have told."""

    def __init__(self, stage: str, job: Job, shares: Sequence[Share], stopping: SignalHandler) -> None:
        self._job, self._stopping = job, stopping
        self._snapshots: dict[int, Snapshot] = {}
        self._results: dict[int, ShardResult] = {}
        self._pipes: dict[connection.Connection, int] = {}
        self._processes = [self._start(stage, index, share, len(shares)) for index, share in enumerate(shares)]

    def run(self) -> list[ShardResult]:
        """What each of them did, in the order of the shares."""
        while self._pipes:
            for pipe in connection.wait(list(self._pipes), timeout=REPORT_SECONDS):
                self._receive(pipe)  # type: ignore[arg-type]  # only pipes are waited for
            if self._stopping.announce_first(self._job.progress.say):
                for pipe in self._pipes:
                    with suppress(OSError):  # its process has just ended
                        pipe.send("stop")
            if self._stopping.count > 1:
                for process in self._processes:
                    process.kill()
        for process in self._processes:
            process.join()
        return [self._results.get(index, self._result_of_lost()) for index in range(len(self._processes))]

    def _start(self, stage: str, index: int, share: Share, among: int) -> BaseProcess:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_run_share, args=(theirs, stage, self._flags(share, among), share, among))
        process.start()
        theirs.close()
        self._pipes[ours] = index
        return process

    def _flags(self, share: Share, among: int) -> argparse.Namespace:
        """A process has its share of the money; a shard has a state of its own."""
        shard_flag = {"shard": share} if isinstance(share, Shard) else {}
        return argparse.Namespace(**(vars(self._job.flags) | {"budget": self._job.budget.share(among)} | shard_flag))

    def _receive(self, pipe: connection.Connection) -> None:
        try:
            message_type, content = pipe.recv()
        except (EOFError, OSError):  # it has ended
            del self._pipes[pipe]
            return
        if message_type == "snapshot":
            self._snapshots[self._pipes[pipe]] = content
            show_snapshots(self._job.progress, list(self._snapshots.values()))
        elif message_type == "say":
            self._job.progress.say(content)
        else:
            self._results[self._pipes[pipe]] = content

    def _result_of_lost(self) -> ShardResult:
        is_killed = self._stopping.count > 1
        return ShardResult(stopped=("Stopped", STOPPED_MESSAGE) if is_killed else ("StopRun", LOST_MESSAGE))


def show_snapshots(progress: Progress, snapshots: Sequence[Snapshot]) -> None:
    """One line for all: sums of the same count."""
    progress.take_counts(
        done_count=sum(snapshot.done_count for snapshot in snapshots),
        total=sum(snapshot.total for snapshot in snapshots),
        counted=snapshots[0].counted,
        calls=sum(snapshot.calls for snapshot in snapshots),
        tokens=sum(snapshot.tokens for snapshot in snapshots),
        cost=sum(snapshot.cost for snapshot in snapshots),
    )
    progress.expected_calls = sum(snapshot.expected_calls for snapshot in snapshots)


class _PipeChannel:
    """A process's end of the pipe. Its progress thread and its work both speak."""

    def __init__(self, pipe: connection.Connection) -> None:
        self._pipe, self._lock = pipe, threading.Lock()

    def tell(self, snapshot: Snapshot) -> None:
        self.send(("snapshot", snapshot))

    def say(self, line: str) -> None:
        self.send(("say", line))

    def send(self, message: tuple[str, Any]) -> None:
        with self._lock:
            self._pipe.send(message)

    def is_stopping(self) -> bool:
        with self._lock:
            return self._pipe.poll() and self._pipe.recv() == "stop"


def _run_share(pipe: connection.Connection, stage: str, flags: argparse.Namespace, share: Share, among: int) -> None:
    """A process's life: its share of the stage's units."""
    end_with_parent()
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # the parent says when to stop
    channel = _PipeChannel(pipe)
    command: DivisibleStage = BY_NAME[stage].load_command()
    shard_result = command.run_shard(flags, share, channel, among=among)
    channel.send(("result", shard_result))
