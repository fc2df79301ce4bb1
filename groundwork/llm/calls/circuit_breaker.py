"""When calls stop: for the user, for a refusal that every further call would meet, or for one call its tries."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from contextlib import suppress

from groundwork.errors import ProviderRefused, Stopped, StopRun, TransportFailed, UnitError
from groundwork.llm.calls.costs_and_budget import CallContext
from groundwork.llm.calls.rate_limit import RateLimiter
from groundwork.llm.endpoint.endpoint_connection import unreachable_remedy
from groundwork.llm.endpoint.http_errors import (
    AccessRefused,
    BrokenCall,
    RequestRejected,
    TooManyRequests,
    Unreachable,
    explain_access_error,
)

FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0  # seconds
MAX_CONNECT_TRIES = 3  # tries to reach an endpoint that never answered
MAX_LOST_UNITS = 10  # units lost to transport, with no reply between them, after which the endpoint counts as down
MAX_SAME_REJECTIONS = 5  # of the first calls, with no reply at all, after which every further one would be refused too


class CircuitBreaker:
    """What ends the run, and what ends one call. `limiters` are those whose waiting calls are turned away then."""

    def __init__(self, stopping: asyncio.Event, limiters: dict[tuple[str, str], RateLimiter]) -> None:
        self._stopping, self._call_limiters = stopping, limiters
        self._call_stop_error: StopRun | None = None
        self._stop_watcher: asyncio.Task[None] | None = None
        self._limiters_with_replies: set[RateLimiter] = set()  # those that ever answered
        self._units_lost_in_row: Counter[RateLimiter] = Counter()  # units in a row
        self._call_rejections: Counter[tuple[RateLimiter, str]] = Counter()

    def start_watching(self) -> None:
        """From the first call on, turn away those who wait at a limiter as soon as the run stops."""
        if self._stop_watcher is None:
            self._stop_watcher = asyncio.create_task(self._watch_for_stop())

    async def _watch_for_stop(self) -> None:
        await self._stopping.wait()
        self.stop_calls(Stopped("stopped: no further call was launched"))

    async def close(self) -> None:
        """Stop watching for the stop."""
        if self._stop_watcher is not None:
            self._stop_watcher.cancel()
            await asyncio.gather(self._stop_watcher, return_exceptions=True)

    def raise_if_calls_stopped(self) -> None:
        """Raise what stopped the run, if anything did."""
        if self._call_stop_error is None and self._stopping.is_set():
            self._call_stop_error = Stopped("stopped: no further call was launched")
        if self._call_stop_error is not None:
            raise self._call_stop_error

    def stop_calls(self, call_stop_error: StopRun) -> StopRun:
        """From now on nobody launches a call; those who wait for the limiter learn why."""
        self._call_stop_error = self._call_stop_error or call_stop_error
        for tripped_limiter in self._call_limiters.values():
            tripped_limiter.fail_waiting(self._call_stop_error)
        return call_stop_error

    def record_429(self, tripped_limiter: RateLimiter, busy: TooManyRequests) -> None:
        """A 429. Raises ProviderRefused, for the whole run, when the wait has no end in sight."""
        try:
            tripped_limiter.record_429(busy.retry_after)
        except ProviderRefused as error:
            raise self.stop_calls(error) from busy

    def record_reply(self, tripped_limiter: RateLimiter) -> None:
        """A reply came through."""
        self._limiters_with_replies.add(tripped_limiter)
        self._units_lost_in_row[tripped_limiter] = 0

    def error_after_retries(
        self, failed_call: CallContext, failed_tries: int, broken_call: BrokenCall
    ) -> UnitError | StopRun | None:
        """What becomes of a call whose tries are used up, and of the run when nothing gets through; None: try again."""
        endpoint_settings, limiter = failed_call.endpoint.settings, failed_call.limiter
        base_url, never_answered = endpoint_settings.base_url, limiter not in self._limiters_with_replies
        if failed_tries >= MAX_CONNECT_TRIES and isinstance(broken_call, Unreachable) and never_answered:
            return self.stop_calls(ProviderRefused(f"{base_url}: {broken_call}; {unreachable_remedy(base_url)}"))
        if failed_tries <= endpoint_settings.transport_retries:
            return None
        self._units_lost_in_row[limiter] += 1
        if self._units_lost_in_row[limiter] >= MAX_LOST_UNITS:
            no_reply = f"{MAX_LOST_UNITS} requests in a row got no reply: {broken_call}"
            return self.stop_calls(ProviderRefused(f"{base_url} ({failed_call.model}): {no_reply}"))
        tries_failed = f"{failed_tries} tries failed, the last with: {broken_call}"
        return TransportFailed(f"{failed_call.unit}: {base_url}: {tries_failed}")

    def error_of_rejected_call(self, rejected_call: CallContext, rejection: RequestRejected) -> UnitError | StopRun:
        """The unit's error; the run's, when the first calls all met the same and none ever got a reply."""
        remedy = rejection.remedy()
        rejection_kind = (rejected_call.limiter, re.sub(r"\d+", "0", str(rejection)))
        self._call_rejections[rejection_kind] += 1
        if (
            rejected_call.limiter not in self._limiters_with_replies
            and self._call_rejections[rejection_kind] >= MAX_SAME_REJECTIONS
        ):
            endpoint_url = rejected_call.endpoint.settings.base_url
            return self.stop_calls(
                ProviderRefused(
                    f"{endpoint_url} ({rejected_call.model}): the first {MAX_SAME_REJECTIONS} calls met "
                    f"{rejection}{remedy}"
                )
            )
        return UnitError(f"{rejected_call.unit}: {rejected_call.model}: the endpoint says {rejection}{remedy}")

    def error_of_refused_access(self, refused_call: CallContext, refused_access: AccessRefused) -> StopRun:
        """The run's error: every further call would meet the same."""
        provider, model = refused_call.endpoint.settings, refused_call.model
        refusal = explain_access_error(refused_access, provider.base_url, provider.api_key_env, model)
        return self.stop_calls(ProviderRefused(refusal))

    async def back_off(self, failed_call: CallContext, failed_tries: int, broken_call: BrokenCall) -> None:
        """Wait before the call is tried again. Raises what becomes of it where it is not, UnitError or StopRun."""
        if error := self.error_after_retries(failed_call, failed_tries, broken_call):
            raise error from broken_call
        await self.pause(self.backoff_seconds(failed_call, failed_tries, broken_call))

    def backoff_seconds(self, failed_call: CallContext, failed_tries: int, broken_call: BrokenCall) -> float:
        """Seconds: what the endpoint asks for, else full jitter (AWS, 2015), doubling."""
        if broken_call.retry_after is None:
            return random.uniform(0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**failed_tries))
        try:
            failed_call.limiter.check_patience(broken_call.retry_after)
        except ProviderRefused as patience_error:
            raise self.stop_calls(patience_error) from broken_call
        return broken_call.retry_after

    async def pause(self, seconds: float) -> None:
        """Sleep, unless the run is stopping."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        self.raise_if_calls_stopped()
