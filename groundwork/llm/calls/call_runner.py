"""One request until its reply: from the journal, or through budget, limiter and endpoint, with retries by cause."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

from groundwork.errors import Filtered, StopRun, UnitError
from groundwork.llm.calls.circuit_breaker import CircuitBreaker
from groundwork.llm.calls.costs_and_budget import (
    Budget,
    CallContext,
    CostAccounts,
    Price,
    Reservation,
    UsageRow,
    tokens_in,
)
from groundwork.llm.calls.rate_limit import RateLimiter
from groundwork.llm.endpoint.chat_response import (
    ChatResponse,
    Usage,
    mark_cut_off,
    read_response,
    read_vectors_response,
)
from groundwork.llm.endpoint.endpoint_connection import Endpoint
from groundwork.llm.endpoint.http_errors import (
    AccessRefused,
    BrokenCall,
    CallFailed,
    ReplyBlocked,
    RequestRejected,
    TooManyRequests,
)
from groundwork.llm.endpoint.request_body_parameters import Json, RequestAdapter, token_limit, with_reply_limit
from groundwork.llm.reply_journal import Journal, StoredReply, request_key
from groundwork.message_wording import counted
from groundwork.processes.process_identity import process_label


@dataclass(frozen=True)
class RunControls:
    """The money, the stop and the listeners that the calls of a run share.

    `stopping`: once set, no further call is launched; those in flight end and are kept. `on_usage` hears of every call,
    not of replays. `say` is told what a run waits for where that is not the endpoint.
    """

    budget: Budget = field(default_factory=Budget)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    on_usage: Callable[[Usage], None] | None = None
    say: Callable[[str], None] | None = None


T = TypeVar("T")

CLAIMED_CALL_POLL_SECONDS = 0.2  # seconds between looks at a call that another process is making


class _ClaimedElsewhere(Exception):  # a signal between two functions here, never seen outside
    """Another process is making this very call."""


class _RetryWithMoreRoom(Exception):  # likewise
    """The reply needed more room than it was given to save money."""


class _RetryWithAdaptedRequest(Exception):  # likewise
    """The endpoint refused a parameter; without it the call may do."""


class CallRunner:
    """Makes calls and remembers them. When one is refused for good, or the run stops, no further one starts."""

    def __init__(self, journal: Journal, controls: RunControls) -> None:
        self._journal, self._budget, self._say = journal, controls.budget, controls.say
        self._cost_accounts = CostAccounts(controls.budget, controls.on_usage)
        self._call_limiters: dict[tuple[str, str], RateLimiter] = {}
        self._circuit_breaker = CircuitBreaker(controls.stopping, self._call_limiters)
        self._request_adapters: dict[RateLimiter, RequestAdapter] = {}
        self._call_locks: dict[str, asyncio.Lock] = {}
        self._call_lock_users: Counter[str] = Counter()
        self._said_call_notices: set[tuple[RateLimiter | None, str]] = set()

    @property
    def rows(self) -> dict[tuple[str, str, str], UsageRow]:
        """The cost report's lines, by stage, model and unit."""
        return self._cost_accounts.rows

    def reply_limit(self, call_context: CallContext, request_body: Json) -> int:
        """How many tokens the reply may have: those of the request, or fewer where the endpoint takes no more."""
        reply_limit, request_adapter = token_limit(request_body), self._request_adapters.get(call_context.limiter)
        adapted_limit = request_adapter.max_tokens if request_adapter else 0
        return min(reply_limit, adapted_limit) if adapted_limit else reply_limit

    @property
    def in_flight(self) -> int:
        return sum(call_limiter.in_flight for call_limiter in self._call_limiters.values())

    def limiter(self, endpoint: Endpoint, model: str) -> RateLimiter:
        """The one limiter of this endpoint and model."""
        endpoint_settings = endpoint.settings
        limiter_key = (endpoint_settings.base_url, model)
        if limiter_key not in self._call_limiters:
            limiter_rates = (endpoint_settings.requests_per_minute, endpoint_settings.tokens_per_minute)
            limiter_name = f"{endpoint_settings.base_url} ({model})"
            self._call_limiters[limiter_key] = RateLimiter(
                limiter_name, endpoint.concurrency, endpoint_settings.max_retry_after, *limiter_rates
            )
        return self._call_limiters[limiter_key]

    async def reply(self, call_context: CallContext, request_body: Json, draw: int) -> ChatResponse:
        """The reply to a chat completion: the journal's, or a new one. Raises UnitError, StopRun or ConfigError."""
        call_key = request_key(call_context.endpoint.identity, request_body, (call_context.sample, draw))
        async with self._lock_call(call_key):
            while True:
                if stored_reply := self._journal.find(call_key, call_context.since):
                    return self._replay(call_context, stored_reply)
                with suppress(_ClaimedElsewhere):
                    return await self._retry_call(
                        call_context, lambda retry: self._complete_chat(call_context, request_body, call_key, retry)
                    )
                self._announce_wait(call_key, call_context)
                await self._circuit_breaker.pause(CLAIMED_CALL_POLL_SECONDS)

    def _announce_wait(self, call_key: str, call_context: CallContext) -> None:
        """Once a run, say whose reply it waits for: without a word that would look like a hang."""
        if owner := self._journal.owner(call_key):
            self._say_notice_once(
                (None, "waiting"),
                f"waiting for {process_label(owner)}, which asks the same ({call_context.unit}); "
                "end it if it is not wanted",
            )

    def notice(self, call_context: CallContext, oddity: str, notice: str) -> None:
        """Say once a run, of each endpoint and model, what is odd about its replies."""
        self._say_notice_once(
            (call_context.limiter, oddity),
            f"{call_context.endpoint.settings.base_url} ({call_context.model}): {notice}",
        )

    def _say_notice_once(self, notice_key: tuple[RateLimiter | None, str], notice: str) -> None:
        if self._say is not None and notice_key not in self._said_call_notices:
            self._said_call_notices.add(notice_key)
            self._say(notice)

    async def vectors(self, call_context: CallContext, texts: list[str]) -> list[list[float]]:
        """One vector a text, by one call. They are not journaled: whoever asks keeps them."""
        request_body: Json = {"model": call_context.model, "input": texts, "encoding_format": "float"}
        return await self._retry_call(call_context, lambda retry: self._embed_texts(call_context, request_body, retry))

    async def price(self, endpoint: Endpoint, model: str) -> Price | None:
        """USD a token of the model; None where its endpoint names none."""
        return await self._cost_accounts.price_list(endpoint).price(model)

    async def close(self) -> None:
        """Stop watching for the stop."""
        await self._circuit_breaker.close()

    @asynccontextmanager
    async def _lock_call(self, call_key: str) -> AsyncIterator[None]:
        """Two askers of one request share one reply: the second waits and finds the first one's in the journal."""
        key_lock = self._call_locks.setdefault(call_key, asyncio.Lock())
        self._call_lock_users[call_key] += 1
        try:
            async with key_lock:
                yield
        finally:
            self._call_lock_users[call_key] -= 1
            if not self._call_lock_users[call_key]:
                del self._call_locks[call_key], self._call_lock_users[call_key]

    def _replay(self, call_context: CallContext, stored: StoredReply) -> ChatResponse:
        usage = Usage(stored.input_tokens, stored.output_tokens, stored.cached_tokens, stored.cost)
        self._cost_accounts.record_reply(call_context, usage, replayed=True)
        call_response = read_response(stored.body)
        if call_response.failure is not None:
            raise Filtered(f"{call_context.unit}: {call_context.model}: {call_response.failure}")
        return call_response

    async def _retry_call(self, call_context: CallContext, try_call: Callable[[bool], Awaitable[T]]) -> T:
        """Call until a reply comes. 429s are free; other failures have llm.transport_retries."""
        failed_tries, is_retry = 0, False
        self._circuit_breaker.start_watching()
        while True:
            self._circuit_breaker.raise_if_calls_stopped()
            try:
                reply = await try_call(is_retry)
            except (TooManyRequests, _RetryWithAdaptedRequest):
                is_retry = True
            except _RetryWithMoreRoom:
                call_context.full_limit = is_retry = True
            except BrokenCall as broken_call:
                failed_tries, is_retry = failed_tries + 1, True
                await self._circuit_breaker.back_off(call_context, failed_tries, broken_call)
            except ReplyBlocked as blocked_reply:
                raise Filtered(f"{call_context.unit}: {call_context.model}: {blocked_reply}") from blocked_reply
            except RequestRejected as rejected_request:
                raise self._circuit_breaker.error_of_rejected_call(call_context, rejected_request) from rejected_request
            except AccessRefused as refused_access:
                raise self._circuit_breaker.error_of_refused_access(call_context, refused_access) from refused_access
            except StopRun as call_stop_error:
                raise self._circuit_breaker.stop_calls(call_stop_error) from call_stop_error.__cause__
            else:
                self._circuit_breaker.record_reply(call_context.limiter)
                return reply

    async def _complete_chat(
        self, call_context: CallContext, request_body: Json, call_key: str, is_retry: bool
    ) -> ChatResponse:
        """One call; its reply is stored whatever it holds. Raises CallFailed, or _RetryWithMoreRoom."""
        prompt_tokens = self._cost_accounts.estimate_prompt_tokens(call_context, request_body)
        reply_limit = token_limit(request_body)
        async with (
            self._cost_accounts.first_call_alone(call_context),
            self._reserve_slot_and_money(call_context, prompt_tokens, reply_limit, is_retry) as reservation,
            self._claim_key(call_key, call_context),
        ):
            if not call_context.endpoint.reports_cost:
                # now, so that nothing comes between a reply and its storing
                await self._cost_accounts.price_list(call_context.endpoint).price(call_context.model)
            call_started_at = time.monotonic()
            raw_body = await self._post_adapted_request(
                call_context, with_reply_limit(request_body, reservation.reply_tokens)
            )
            call_response = mark_cut_off(read_response(raw_body), min(reply_limit, reservation.reply_tokens))
            usage = await self._cost_accounts.with_cost(call_context, call_response.usage)
            reservation.cost = usage.cost or 0.0
            is_cut_off = reservation.reply_tokens < reply_limit and call_response.finish_reason == "length"
            is_usable = (
                call_response.failure is None or isinstance(call_response.failure, ReplyBlocked)
            ) and not is_cut_off
            self._journal.store(
                call_key, _reply_to_store(call_context, raw_body, is_usable, usage, time.monotonic() - call_started_at)
            )
            call_context.limiter.return_unused(prompt_tokens + reply_limit, usage.input_tokens + usage.output_tokens)
            self._cost_accounts.record_reply(call_context, usage, replayed=False)
            if call_response.failure is not None:
                raise call_response.failure
            self._cost_accounts.learn_usage(call_context, prompt_tokens, usage)
            if is_cut_off:
                raise _RetryWithMoreRoom
        return call_response

    async def _post_adapted_request(self, call_context: CallContext, request_body: Json) -> bytes:
        """The reply's body. Raises CallFailed, or _RetryWithAdaptedRequest where the refusal told what to leave out."""
        request_adapter = self._request_adapters.setdefault(
            call_context.limiter, RequestAdapter(call_context.endpoint.settings)
        )
        if 0 < request_adapter.max_tokens <= call_context.cut_off_at:
            raise UnitError(
                f"the endpoint takes at most {counted(request_adapter.max_tokens, 'token')} a reply; ask for less at "
                f"once, or choose another model for {call_context.stage}"
            )
        sent_body = request_adapter.adapt(request_body)
        try:
            return await call_context.endpoint.post("/chat/completions", sent_body)
        except CallFailed as call_failure:
            if (adapted_parameter := request_adapter.learn(call_failure, sent_body, request_body)) is None:
                raise
            if adapted_parameter:
                self.notice(call_context, adapted_parameter, adapted_parameter)
            raise _RetryWithAdaptedRequest from call_failure

    async def _embed_texts(self, call_context: CallContext, request_body: Json, is_retry: bool) -> list[list[float]]:
        prompt_tokens = sum(map(tokens_in, request_body["input"]))
        async with self._reserve_slot_and_money(call_context, prompt_tokens, 0, is_retry) as reservation:
            vectors, usage = read_vectors_response(
                await call_context.endpoint.post("/embeddings", request_body), len(request_body["input"])
            )
            usage = await self._cost_accounts.with_cost(call_context, usage)
            reservation.cost = usage.cost or 0.0
            self._cost_accounts.record_reply(call_context, usage, replayed=False)
        return vectors

    @asynccontextmanager
    async def _reserve_slot_and_money(
        self, call_context: CallContext, prompt_tokens: int, reply_limit: int, is_retry: bool
    ) -> AsyncIterator[Reservation]:
        """A slot of the limiter and the money for one call; how the call ends teaches the limiter."""
        async with call_context.limiter.slot(
            prompt_tokens + reply_limit, is_retry=is_retry, remaining=call_context.remaining_characters
        ):
            async with self._budget.reserve(
                await self._cost_accounts.worst_case(call_context, prompt_tokens, reply_limit)
            ) as reservation:
                self._circuit_breaker.raise_if_calls_stopped()
                try:
                    yield reservation
                except TooManyRequests as busy:
                    self._circuit_breaker.record_429(call_context.limiter, busy)
                    raise
            call_context.limiter.record_success()

    @asynccontextmanager
    async def _claim_key(self, call_key: str, call_context: CallContext) -> AsyncIterator[None]:
        """This process alone makes the call, and only if no other has its reply by now. Raises _ClaimedElsewhere."""
        if not self._journal.claim(call_key, call_context.since, call_context.endpoint.settings.timeout + 10):
            raise _ClaimedElsewhere
        try:
            yield
        except BaseException:
            self._journal.release(call_key)
            raise


def _reply_to_store(
    call_context: CallContext, reply_body: bytes, is_usable: bool, usage: Usage, seconds: float
) -> StoredReply:
    token_counts = (usage.input_tokens, usage.output_tokens, usage.cached_tokens)
    call_names = (call_context.model, call_context.stage, call_context.unit)
    return StoredReply(reply_body, is_usable, *call_names, *token_counts, usage.cost, seconds)
