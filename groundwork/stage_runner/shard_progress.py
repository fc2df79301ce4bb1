"""How far a process is with its shard of a stage, told to the parent's progress line, and what it did at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from groundwork.console.progress_line import ProgressLine
from groundwork.data_folder.shards import Shard
from groundwork.errors import (
    BudgetReached,
    ConfigError,
    GroundworkError,
    ProviderRefused,
    Stopped,
    StopRun,
    UsageError,
)
from groundwork.stage_runner.ledger import Outcome

if TYPE_CHECKING:
    from groundwork.llm.calls.costs_and_budget import UsageRow

_SHARD_ERROR_CLASSES = {kind.__name__: kind for kind in (BudgetReached, ProviderRefused, Stopped, StopRun, UsageError)}
PROCESS_REPORT_SECONDS = 0.5  # seconds between a process's words on how far it is

Share = Shard | frozenset[str]  # of the units: those of a shard's documents, or by name


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


class ShardChannel(Protocol):
    """What connects the process of a shard with its parent."""

    def tell(self, snapshot: ProgressSnapshot) -> None: ...
    def say(self, line: str) -> None: ...
    def is_stopping(self) -> bool: ...


class RelayedProgress(ProgressLine):
    """The progress of a process: told to the parent in place of a terminal."""

    def __init__(self, channel: ShardChannel, stop: Callable[[], object]) -> None:
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


def show_snapshots(progress: ProgressLine, shard_snapshots: Sequence[ProgressSnapshot]) -> None:
    """One line for all: sums of the same count."""
    progress.take_counts(
        done_count=sum(shard_snapshot.done_count for shard_snapshot in shard_snapshots),
        total=sum(shard_snapshot.total for shard_snapshot in shard_snapshots),
        counted=shard_snapshots[0].counted,
        calls=sum(shard_snapshot.calls for shard_snapshot in shard_snapshots),
        tokens=sum(shard_snapshot.tokens for shard_snapshot in shard_snapshots),
        cost=sum(shard_snapshot.cost for shard_snapshot in shard_snapshots),
    )
    progress.expected_calls = sum(shard_snapshot.expected_calls for shard_snapshot in shard_snapshots)
