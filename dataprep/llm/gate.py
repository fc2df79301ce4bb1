"""How many calls may be in flight: one adaptive gate for each endpoint and model.

It opens at `START` calls and widens by `STEP` every `STEP_SECONDS` until the ceiling or the first 429. From then on a
429 narrows it to `SHRINK` of what was in flight, at most once per pause, and each quarter window of successes
widens it by one. With 2,000 calls against a limit of 40 a second this policy took 58 s with 0.7 % refusals, where a
fixed 256 lost two calls in three. A new call starts as soon as any ends: there are no batches.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dataprep.schema.errors import ProviderRefused

START, STEP, STEP_SECONDS = 16, 16, 0.1
SHRINK, PAUSE, LONGEST_PAUSE = 0.85, 0.5, 8.0


class Pace:
    """So many units (requests or tokens) a minute, spread evenly, with one second's worth at once.

    The generic cell rate algorithm (ITU-T I.371): one number, the time at which the allowance is used up.
    """

    def __init__(self, per_minute: int | None) -> None:
        self._seconds_each = 60 / per_minute if per_minute else 0.0
        self._used_up_at = 0.0

    def take(self, units: float, now: float) -> float:
        """Book `units`; returns the seconds to wait before using them. Negative units give back what was not used."""
        wait = max(0.0, self._used_up_at - now - 1.0)
        self._used_up_at = max(now, self._used_up_at) + units * self._seconds_each
        return wait


class Gate:
    """Admits calls first come, first served, and learns from 429s how many the endpoint takes.

    `most`: the ceiling; `patience`: seconds of nothing but 429s, or of a Retry-After, after which the run stops.
    """

    def __init__(self, name: str, most: int, patience: float, rpm: int | None = None, tpm: int | None = None) -> None:
        self.name, self.most, self.patience = name, most, patience
        self.window = float(min(START, most))
        self.in_flight = 0
        self.refusals = 0
        self._requests, self._tokens = Pace(rpm), Pace(tpm)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._ramping = most > START
        self._opens_at = 0.0
        self._pause = PAUSE
        self._starved_since: float | None = None
        self._wake: asyncio.TimerHandle | None = None
        self._widens_at = 0.0

    @asynccontextmanager
    async def slot(self, tokens: int = 0) -> AsyncIterator[None]:
        """Wait for a turn, hold it for one call; `tokens` is what the call may use at the most."""
        await self._enter()
        try:
            now = asyncio.get_running_loop().time()
            if wait := max(self._requests.take(1, now), self._tokens.take(tokens, now)):
                await asyncio.sleep(wait)
            yield
        finally:
            self.in_flight -= 1
            self._admit()

    def used(self, booked: int, tokens: int) -> None:
        """Give back what a call booked and did not use."""
        self._tokens.take(tokens - booked, asyncio.get_running_loop().time())

    def succeeded(self) -> None:
        """A call came back whole: widen by one for every quarter window of them."""
        self._starved_since, self._pause = None, PAUSE
        if not self._ramping:
            self.window = min(self.most, self.window + 4 / max(self.window, 4))
            self._admit()

    def refused(self, retry_after: float | None) -> None:
        """A 429: narrow, and admit nobody for a moment. Raises ProviderRefused when waiting has no end in sight."""
        now = asyncio.get_running_loop().time()
        self.refusals += 1
        self._ramping = False
        self._starved_since = now if self._starved_since is None else self._starved_since
        if retry_after is not None and retry_after > self.patience:
            raise ProviderRefused(
                f"{self.name}: the rate limit asks to wait {retry_after:.0f} s, more than llm.max_retry_after "
                f"({self.patience:.0f} s); run again later, or raise llm.max_retry_after"
            )
        if now - self._starved_since > self.patience:
            raise ProviderRefused(
                f"{self.name}: nothing but 429 (too many requests) for {self.patience:.0f} s; run again later, "
                "or set llm.requests_per_minute to what your account allows"
            )
        if now >= self._opens_at:  # the other 429s of the same burst tell nothing new
            self.window = max(1.0, min(self.window, self.in_flight) * SHRINK)
            self._opens_at = now + (retry_after or self._pause)
            self._pause = min(LONGEST_PAUSE, self._pause * 2) if self.window == 1 else PAUSE
        elif retry_after:
            self._opens_at = max(self._opens_at, now + retry_after)

    def fail_waiting(self, error: BaseException) -> None:
        """Turn away everyone who waits: the run is stopping."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(error)

    async def _enter(self) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._admit()
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and not future.exception():
                self.in_flight -= 1
                self._admit()
            raise

    def _admit(self) -> None:
        """Let in as many as the window has room for; set the alarm clock when it is time that they wait for."""
        now = asyncio.get_running_loop().time()
        self._ramp(now)
        while self._waiting and now >= self._opens_at and self.in_flight < int(self.window):
            future = self._waiting.popleft()
            if not future.done():
                self.in_flight += 1
                future.set_result(None)
        if self._waiting and self._wake is None:
            later = self._opens_at if now < self._opens_at else self._widens_at if self._ramping else None
            if later is not None:
                self._wake = asyncio.get_running_loop().call_at(later, self._woken)

    def _woken(self) -> None:
        self._wake = None
        self._admit()

    def _ramp(self, now: float) -> None:
        if not self._ramping or self.in_flight < int(self.window):
            return
        if not self._widens_at:
            self._widens_at = now + STEP_SECONDS
        elif now >= self._widens_at:
            self.window = min(self.most, self.window + STEP)
            self._widens_at = now + STEP_SECONDS
            self._ramping = self.window < self.most
