"""When calls stop: for the user, for a refusal that every further call would meet, or for one call its tries."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from contextlib import suppress

from groundwork.errors import ProviderRefused, Stopped, StopRun, TransportFailed, UnitError
from groundwork.llm.calls.call_context import CallContext
from groundwork.llm.calls.rate_limit import RateLimiter
from groundwork.llm.endpoint.call_failures import BrokenCall, RateLimited, RequestRejected, Unreachable
from groundwork.llm.endpoint.endpoint import unreachable_remedy

FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0  # seconds
CONNECT_TRIES = 3  # tries to reach an endpoint that never answered
MAX_LOST_UNITS = 10  # units lost to transport, with no reply between them, after which the endpoint counts as down
MAX_SAME_REJECTIONS = 5  # of the first calls, with no reply at all, after which every further one would be refused too


class CircuitBreaker:
    """What ends the run, and what ends one call. `limiters` are those whose waiting calls are turned away then."""

    def __init__(self, stopping: asyncio.Event, limiters: dict[tuple[str, str], RateLimiter]) -> None:
        self._stopping, self._limiters = stopping, limiters
        self._stop_error: StopRun | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._responsive: set[RateLimiter] = set()  # those that ever answered
        self._lost_units: Counter[RateLimiter] = Counter()  # units in a row
        self._rejections: Counter[tuple[RateLimiter, str]] = Counter()

    def start_watching(self) -> None:
        """From the first call on, turn away those who wait at a limiter as soon as the run stops."""
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch_for_stop())

    async def _watch_for_stop(self) -> None:
        await self._stopping.wait()
        self.stop(Stopped("stopped: no further call was launched"))

    async def close(self) -> None:
        """Stop watching for the stop."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)

    def raise_if_stopped(self) -> None:
        """Raise what stopped the run, if anything did."""
        if self._stop_error is None and self._stopping.is_set():
            self._stop_error = Stopped("stopped: no further call was launched")
        if self._stop_error is not None:
            raise self._stop_error

    def stop(self, error: StopRun) -> StopRun:
        """From now on nobody launches a call; those who wait for the limiter learn why."""
        self._stop_error = self._stop_error or error
        for limiter in self._limiters.values():
            limiter.fail_waiting(self._stop_error)
        return error

    def record_429(self, limiter: RateLimiter, busy: RateLimited) -> None:
        """A 429. Raises ProviderRefused, for the whole run, when the wait has no end in sight."""
        try:
            limiter.record_429(busy.retry_after)
        except ProviderRefused as error:
            raise self.stop(error) from busy

    def record_reply(self, limiter: RateLimiter) -> None:
        """A reply came through."""
        self._responsive.add(limiter)
        self._lost_units[limiter] = 0

    def error_after_retries(
        self, context: CallContext, failures: int, broken: BrokenCall
    ) -> UnitError | StopRun | None:
        """What becomes of a call whose tries are used up, and of the run when nothing gets through; None: try again."""
        settings = context.endpoint.settings
        if failures >= CONNECT_TRIES and isinstance(broken, Unreachable) and context.limiter not in self._responsive:
            return self.stop(ProviderRefused(f"{settings.base_url}: {broken}; {unreachable_remedy(settings.base_url)}"))
        if failures <= settings.transport_retries:
            return None
        self._lost_units[context.limiter] += 1
        if self._lost_units[context.limiter] >= MAX_LOST_UNITS:
            return self.stop(
                ProviderRefused(
                    f"{settings.base_url} ({context.model}): {MAX_LOST_UNITS} requests in a row got no reply: {broken}"
                )
            )
        return TransportFailed(f"{context.unit}: {settings.base_url}: {failures} tries failed, the last with: {broken}")

    def rejection_error(self, context: CallContext, rejected: RequestRejected) -> UnitError | StopRun:
        """The unit's error; the run's, when the first calls all met the same and none ever got a reply."""
        remedy = rejected.remedy()
        rejection_kind = (context.limiter, re.sub(r"\d+", "0", str(rejected)))
        self._rejections[rejection_kind] += 1
        if context.limiter not in self._responsive and self._rejections[rejection_kind] >= MAX_SAME_REJECTIONS:
            url = context.endpoint.settings.base_url
            return self.stop(
                ProviderRefused(
                    f"{url} ({context.model}): the first {MAX_SAME_REJECTIONS} calls met {rejected}{remedy}"
                )
            )
        return UnitError(f"{context.unit}: {context.model}: the endpoint says {rejected}{remedy}")

    def backoff_seconds(self, context: CallContext, failures: int, broken: BrokenCall) -> float:
        """Seconds: what the endpoint asks for, else full jitter (AWS, 2015), doubling."""
        if broken.retry_after is None:
            return random.uniform(0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**failures))
        try:
            context.limiter.check_patience(broken.retry_after)
        except ProviderRefused as error:
            raise self.stop(error) from broken
        return broken.retry_after

    async def pause(self, seconds: float) -> None:
        """Sleep, unless the run is stopping."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        self.raise_if_stopped()
