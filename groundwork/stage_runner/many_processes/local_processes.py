"""One stage over several processes of this machine, each with its share of the units.

The processes share the manifest and the journal. The parent shows one progress line and one ledger, divides the
endpoint's limits among them, and passes a Ctrl-C on. (`ray_cluster` does the same over several machines.)
"""

from __future__ import annotations

import argparse
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import connection, get_context
from typing import TYPE_CHECKING, Any, Protocol

from groundwork.console.stop_signals import STOP_SIGNALS, STOPPED_MESSAGE, SignalHandler
from groundwork.data_folder.shards import Shard
from groundwork.processes.worker_pool import end_with_parent
from groundwork.stage_runner.many_processes.process_reports import (
    REPORT_SECONDS,
    ProgressSnapshot,
    ReportChannel,
    ShardResult,
    show_snapshots,
)
from groundwork.stage_table import BY_NAME

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from groundwork.settings.config_schema import Config
    from groundwork.stage_runner.job import Job

Share = Shard | frozenset[str]  # of the units: those of a shard's documents, or by name
LOST_PROCESS_MESSAGE = (
    "the process of this share ended without a message (killed, or out of memory); run again to go on"
)
_SPAWNED_PROCESSES = get_context("spawn")  # fork would copy threads and locks of Rust and C++ libraries


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
            for pipe in connection.wait(list(self._process_by_pipe), timeout=REPORT_SECONDS):
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
        return [
            self._result_by_process.get(index, self._result_of_lost_process()) for index in range(len(self._processes))
        ]

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
        shard_of_process = {"shard": share} if isinstance(share, Shard) else {}
        return argparse.Namespace(
            **(vars(self._job.flags) | {"budget": self._job.budget.share(among)} | shard_of_process)
        )

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


def _run_share(
    parent_pipe: connection.Connection, stage: str, flags: argparse.Namespace, share: Share, among: int
) -> None:
    """A process's life: its share of the stage's units."""
    end_with_parent()
    for stop_signal in STOP_SIGNALS:
        signal.signal(stop_signal, signal.SIG_IGN)  # the parent says when to stop
    pipe_channel = _PipeChannel(parent_pipe)
    command: DivisibleStage = BY_NAME[stage].load_command()
    shard_result = command.run_shard(flags, share, pipe_channel, among=among)
    pipe_channel.send(("result", shard_result))
