"""Signals that ask a run to stop: the first lets what is under way finish, the second ends it at once."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

# Ctrl-C, and what schedulers, spot machines and closed terminals send.
STOP_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
STOPPING_MESSAGE = "stopping: what is under way finishes; press Ctrl-C again to stop at once"
STOPPED_MESSAGE = "stopped; what is finished is kept"


class SignalHandler:
    """Counts the signals that ask to stop: Ctrl-C, and what schedulers and closed terminals send."""

    def __init__(self) -> None:
        self.count = self._announced_count = 0
        self._earlier_handlers: dict[int, Any] = {}

    def __enter__(self) -> SignalHandler:
        if threading.current_thread() is threading.main_thread():
            for signal_number in STOP_SIGNALS:
                self._earlier_handlers[signal_number] = signal.signal(signal_number, self._count_signal)
        return self

    def __exit__(self, *exc: object) -> None:
        for signal_number, earlier_handler in self._earlier_handlers.items():
            signal.signal(signal_number, earlier_handler)

    def _count_signal(self, *_: object) -> None:
        self.count += 1

    def announce_first(self, say: Callable[[str], object]) -> bool:
        """Whether the first signal came since the last look; says so to the user."""
        announced_signals, self._announced_count = self._announced_count, self.count
        if announced_signals or not self.count:
            return False
        say(STOPPING_MESSAGE)
        return True


class KeyboardInterrupts:
    """SIGTERM and SIGHUP are KeyboardInterrupts, as Ctrl-C is, where nothing better handles them."""

    def __enter__(self) -> None:
        self._earlier_handlers: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for signal_number in STOP_SIGNALS:
                if signal_number != signal.SIGINT:
                    self._earlier_handlers[signal_number] = signal.signal(signal_number, signal.default_int_handler)

    def __exit__(self, *exc: object) -> None:
        for signal_number, earlier_handler in self._earlier_handlers.items():
            signal.signal(signal_number, earlier_handler)


class InterruptedTasks:
    """Ctrl-C, SIGTERM or SIGHUP while calls are in flight: once to drain, twice to cancel.

    A stage that computes stops at once.
    """

    def __init__(
        self, tasks: Sequence[asyncio.Future[None]], stopping: asyncio.Event, say: Callable[[str], object]
    ) -> None:
        self._tasks, self._stopping, self._say = tasks, stopping, say

    def __enter__(self) -> None:
        import asyncio  # 40 ms that --help does without

        self._loop = asyncio.get_running_loop()
        try:
            for signal_number in STOP_SIGNALS:
                self._loop.add_signal_handler(signal_number, self._interrupt)
        except (NotImplementedError, RuntimeError, ValueError):
            return  # Windows, or not the main thread: Ctrl-C is a KeyboardInterrupt there

    def __exit__(self, *exc: object) -> None:
        try:
            for signal_number in STOP_SIGNALS:
                self._loop.remove_signal_handler(signal_number)
        except (NotImplementedError, RuntimeError, ValueError):
            return

    def _interrupt(self) -> None:
        if self._stopping.is_set():
            for interrupted_task in self._tasks:
                interrupted_task.cancel()
            return
        self._stopping.set()
        self._say(STOPPING_MESSAGE)
