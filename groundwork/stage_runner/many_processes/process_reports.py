"""What a process of a stage tells its parent: how far it is, lines for the user, and at its end what it did."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from groundwork.console.progress_line import ProgressLine
from groundwork.errors import BudgetReached, ConfigError, GroundworkError, ProviderRefused, Stopped, StopRun, UsageError
from groundwork.stage_runner.unit_and_outcome import Outcome

if TYPE_CHECKING:
    from groundwork.llm.calls.costs_and_budget import UsageRow

REPORT_SECONDS = 0.5  # seconds between a process's words on how far it is
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
        reported_error_class, reported_error = self.stopped
        return (
            ConfigError([reported_error])
            if reported_error_class == "ConfigError"
            else _ERROR_CLASSES.get(reported_error_class, StopRun)(reported_error)
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
        while not self._ended.wait(REPORT_SECONDS):
            self._channel.tell(self.snapshot())
            if self._channel.is_stopping():
                self._stop()

    def snapshot(self) -> ProgressSnapshot:
        snapshot_counts = self.done_count, self.total, self.counted, self.calls, self.tokens, self.cost
        return ProgressSnapshot(*snapshot_counts, self.expected_calls)

    def say(self, line: str) -> None:
        self._channel.say(line)


def show_snapshots(progress: ProgressLine, snapshots: Sequence[ProgressSnapshot]) -> None:
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
