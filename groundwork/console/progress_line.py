"""A progress line on stderr: what, how many of how many, rate, time left, tokens and cost.

On a terminal it is redrawn in place; elsewhere, and on one that cannot (TERM=dumb), a plain line is written every ten
seconds.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from groundwork.console.terminal import terminal_text, write_line
from groundwork.message_wording import counted

if TYPE_CHECKING:
    from rich.live import Live

PLAIN_LINE_SECONDS = 10.0  # seconds between lines where there is no terminal
MIN_CALLS_FOR_LINE = 5  # whose pace foretells something
QUIET_LINE_SECONDS = 0.7  # seconds before anything is shown: short stages stay quiet
REDRAW_LINE_SECONDS = 0.5  # seconds between looks, so that the line is there while a first long call is still under way


class ProgressLine:
    """Counts of one stage: of documents or the like until it starts a finer count of its own, and of calls.

    `expected_calls`: about how many there will be, where that is known; 0: it is not. `calls_in_flight` tells how many
    were sent and are not answered yet.
    """

    def __init__(self, stage: str, *, quiet: bool) -> None:
        self.stage = stage
        self.quiet = quiet
        self.done_count: float = 0
        self.total = self.tokens = 0
        self.cost = 0.0
        self.counted = "documents"
        self.calls = self.expected_calls = 0
        self.calls_in_flight: Callable[[], int] = lambda: 0
        self._progress_calls_began: tuple[float, int] | None = None  # when the first were answered, and how many
        self._is_finer_progress = False
        self._progress_began: tuple[float, float] | None = None  # when the first were done, and how many
        self._line_started_at = self._last_plain_line_at = time.monotonic()
        self._live_line: Live | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def begin(self, total: int) -> None:
        """The count of the units; from now on the line is shown, until `end`."""
        self.total = total
        self._line_started_at = self._last_plain_line_at = time.monotonic()
        if total and not self.quiet:
            threading.Thread(target=self._redraw_line_in_ticks, daemon=True).start()

    def _redraw_line_in_ticks(self) -> None:
        while not self._ended.wait(REDRAW_LINE_SECONDS):
            self._redraw_line()

    def start(self, total: int, counted: str) -> None:
        """Count `total` more of `counted` (pages, chunks, questions) in place of that count."""
        if not self._is_finer_progress:
            self._is_finer_progress, self._progress_began, self.done_count, self.total = True, None, 0, 0
        self.total += total
        self.counted = counted

    def start_phase(self, counted: str) -> None:
        """Say `counted` is under way in place of a count, until the next `start`; its clock begins now."""
        self._is_finer_progress, self._progress_began, self.done_count, self.total, self.counted = (
            False,
            None,
            0,
            0,
            counted,
        )
        self._line_started_at = time.monotonic()

    def advance(self, n: float = 1) -> None:
        self.done_count += n
        if self._progress_began is None and self.done_count:
            self._progress_began = time.monotonic(), self.done_count

    def take_counts(self, *, done_count: float, total: int, counted: str, calls: int, tokens: int, cost: float) -> None:
        """Take over the counts of several processes, added up."""
        if self._progress_calls_began is None and calls:
            self._progress_calls_began = time.monotonic(), calls
        if self._progress_began is None and done_count:
            self._progress_began = time.monotonic(), done_count
        self._is_finer_progress, self.done_count, self.total, self.counted = True, done_count, total, counted
        self.calls, self.tokens, self.cost = calls, tokens, cost

    def unit_done(self) -> None:
        if not self._is_finer_progress:
            self.advance()

    def record_call(self, tokens: int, cost: float | None) -> None:
        """Count a call that was answered."""
        self.calls += 1
        self._progress_calls_began = self._progress_calls_began or (time.monotonic(), 1)
        self.tokens += tokens
        self.cost += cost or 0.0

    def say(self, line: str) -> None:
        """Print a line of the log, above the progress line."""
        if self.quiet:
            return
        line = terminal_text(line)
        with self._lock:
            if self._live_line:
                self._live_line.console.print(line, markup=False, highlight=False, soft_wrap=True)
            else:
                write_line(line, sys.stderr)

    def end(self) -> None:
        self._ended.set()
        with self._lock:
            if self._live_line:
                self._live_line.stop()
                self._live_line = None

    def line(self) -> str:
        """`generate_qa  12/40 chunks  72/180 calls  0:35 left  12,345 tokens  $0.0123`."""
        progress_rate = self._rate_on_line()
        line_parts = [f"{self.stage}  {self._count_on_line()}", *self._call_count_on_line()]
        if self._seconds_left_by_calls():
            line_parts.append(f"{_seconds_on_line(self._seconds_left_by_calls())} left")
        elif progress_rate:
            line_parts.append(f"{progress_rate:,.1f}/s" if progress_rate >= 0.1 else f"{1 / progress_rate:,.0f} s each")
            line_parts.append(f"{_seconds_on_line((self.total - self.done_count) / progress_rate)} left")
        else:
            line_parts.append(f"{_seconds_on_line(time.monotonic() - self._line_started_at)} so far")
        if self.tokens:
            line_parts.append(counted(self.tokens, "token"))
        if self.cost:
            line_parts.append(f"${self.cost:,.4f}")
        return "  ".join(line_parts)

    def _count_on_line(self) -> str:
        """`12/40 chunks`; of a single one, which counts nothing before it is done, `1 document`."""
        if not self.total:
            return self.counted
        if self.total == 1:
            return f"1 {self.counted.removesuffix('s')}"
        return f"{self.done_count:,.0f}/{self.total:,} {self.counted}"

    def _call_count_on_line(self) -> list[str]:
        if not self.calls:
            waiting_calls = self.calls_in_flight()
            return [f"{counted(waiting_calls, 'call')} under way"] if waiting_calls else []
        of_expected_calls = f"/{self.expected_calls:,}" if self.expected_calls >= self.calls else ""
        call_count = (
            f"{self.calls:,}{of_expected_calls} {'call' if self.calls == 1 and not of_expected_calls else 'calls'}"
        )
        return [
            call_count,
            *([f"{self.calls_in_flight():,} more under way"] if self._asks_more_than_expected() else []),
        ]

    def _asks_more_than_expected(self) -> bool:
        """Are replies asked for once more, after which nobody knows how many come?"""
        return 0 < self.expected_calls <= self.calls and self.calls_in_flight() > 0

    def _seconds_left_by_calls(self) -> float:
        """The time left by the pace of the calls; 0 where too few were answered, or nobody knows how many come."""
        first_call_at, first_call_count = self._progress_calls_began or (0.0, 0)
        later_calls = self.calls - first_call_count
        if later_calls < MIN_CALLS_FOR_LINE - 1 or self.expected_calls <= self.calls:
            return 0.0
        seconds_a_call = (time.monotonic() - first_call_at) / later_calls
        return seconds_a_call * (self.expected_calls - self.calls)

    def _rate_on_line(self) -> float:
        """How many are done a second since the first was; 0 while that would mislead.

        Those that ask models run side by side and are done late, all about the same time: half of them must be.
        """
        if self._progress_began is None or (self.tokens and self.done_count < self.total / 2):
            return 0.0
        if self._asks_more_than_expected():
            return 0.0
        first_done_at, first_done_count = self._progress_began
        return max(0.0, self.done_count - first_done_count) / max(time.monotonic() - first_done_at, 1e-9)

    def _redraw_line(self) -> None:
        now = time.monotonic()
        with self._lock:
            if self._ended.is_set() or now - self._line_started_at < QUIET_LINE_SECONDS:
                return
            if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
                self._start_live_line()
            elif now - self._last_plain_line_at >= PLAIN_LINE_SECONDS:
                self._last_plain_line_at = now
                write_line(self.line(), sys.stderr)

    def _start_live_line(self) -> None:
        if self._live_line is None:
            from rich.console import Console
            from rich.live import Live
            from rich.text import Text

            self._live_line = Live(
                get_renderable=lambda: Text(self.line(), no_wrap=True, overflow="ellipsis"),
                console=Console(stderr=True),
                refresh_per_second=4,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live_line.start()


def _seconds_on_line(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
