"""The one way to a language model: `ask` for a value, `embed` for vectors.

A question goes through the journal (answered before? then no call), the budget, the gate and the endpoint. What
comes back is stored before it is read. A reply that cannot be used gets one correction turn that shows the model its
error, then one fresh draw.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from dataprep.llm.budget import CHARACTERS_PER_TOKEN, WORST, Budget, Price, estimate_tokens
from dataprep.llm.endpoint import Endpoint, chat_body
from dataprep.llm.gate import Gate
from dataprep.llm.journal import Journal, Row, key_of
from dataprep.llm.replies import (
    Blocked,
    Broken,
    Busy,
    Envelope,
    Reader,
    Refused,
    Rejected,
    Unusable,
    Usage,
    explain,
    read_envelope,
    read_vectors,
    strict_schema,
)
from dataprep.schema.errors import (
    ConfigError,
    Filtered,
    InvalidReply,
    ProviderRefused,
    Stopped,
    StopRun,
    TransportFailed,
    UnitError,
)
from dataprep.schema.settings import LLM, Embeddings, ModelCall

T = TypeVar("T")
Json = dict[str, Any]
Message = dict[str, Any]

FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0
POLL = 0.2  # seconds between looks at what another process is asking


class Reply(msgspec.Struct, Generic[T], frozen=True):
    """A value and what it took. Tokens and cost are of all calls that led to it; `replayed`: none was made."""

    value: T
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float | None
    replayed: bool
    finish_reason: str


class Spent(msgspec.Struct, frozen=True):
    """What one reply used; `replayed`: it came from the journal and nothing was paid now."""

    usage: Usage
    replayed: bool


class UsageRow(msgspec.Struct):
    """A line of the cost report. `cost` is USD; `unpriced` counts the calls whose price nobody named."""

    stage: str
    model: str
    unit: str
    calls: int = 0
    replayed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0


class _Task(msgspec.Struct):
    """One `ask` on its way: whom to ask, for whom, and what it has taken so far."""

    endpoint: Endpoint
    gate: Gate
    model: str
    stage: str
    unit: str
    sample: int
    since: float
    spent: list[Spent] = []

    def reply(self, value: T, envelope: Envelope) -> Reply[T]:
        usages = [spent.usage for spent in self.spent]
        costs = [usage.cost for usage in usages if usage.cost is not None]
        return Reply(
            value,
            self.model,
            sum(usage.input_tokens for usage in usages),
            sum(usage.output_tokens for usage in usages),
            sum(usage.cached_tokens for usage in usages),
            sum(costs) if costs else None,
            all(spent.replayed for spent in self.spent),
            envelope.finish_reason,
        )


class Client:
    """All endpoints of a config with their gates, one journal and one budget. Use it from one event loop."""

    def __init__(
        self,
        settings: LLM,
        journal: Path,
        *,
        fresh: bool = False,
        budget: Budget | None = None,
        on_usage: Callable[[Usage], None] | None = None,
        stopping: asyncio.Event | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        """`fresh`: draw anew what was stored before now. `on_usage` hears of every call, not of replays.

        `stopping`: once set, no further call is launched; those in flight end and are kept.
        """
        self._settings, self._env = settings, env
        self._journal = Journal(journal)
        self._since = time.time() if fresh else 0.0
        self._budget = budget or Budget()
        self._on_usage = on_usage
        self._stopping = stopping or asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None
        self._fatal: StopRun | None = None
        self._endpoints: dict[str, Endpoint] = {}
        self._gates: dict[tuple[str, str], Gate] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        self._waiting_for: Counter[str] = Counter()
        self._rows: dict[tuple[str, str, str], UsageRow] = {}

    async def ask(
        self,
        call: ModelCall,
        messages: list[Message],
        *,
        stage: str,
        unit: str,
        schema: type[T] | None = None,
        json_schema: Json | None = None,
        check: Callable[[T], str | None] | None = None,
        sample: int = 0,
    ) -> Reply[T]:
        """The model's reply to `messages` (OpenAI chat), decoded into `schema`, or its text where that is None.

        `json_schema` is sent instead of the one of `schema`; `check` returns a problem for the correction turn, or
        None; another `sample` is another draw of the same request. A reply that was stored before is read again.

        Raises InvalidReply, Filtered, TransportFailed or UnitError for this unit; ProviderRefused, BudgetReached or
        Stopped (StopRun) and ConfigError for all of them.
        """
        sent = json_schema or (strict_schema(schema) if schema else None)
        endpoint = self._endpoint(call.provider)
        gate = self._gate(endpoint, call.model)
        body = chat_body(endpoint.dialect, endpoint.settings.routing, call, messages, sent)
        reader = Reader(schema, check)
        task = _Task(endpoint, gate, call.model, stage, unit, sample, self._since, [])
        try:
            return await self._converse(task, body, reader)
        except InvalidReply:
            if not all(spent.replayed for spent in task.spent):
                raise
        # Everything was replayed from an earlier run that ended here too: only a new draw can do better.
        return await self._converse(msgspec.structs.replace(task, since=time.time()), body, reader)

    async def embed(
        self, call: Embeddings, texts: list[str], *, stage: str = "embed", unit: str = ""
    ) -> list[list[float]]:
        """One vector for each of `texts`, in their order, by the endpoint's /embeddings. Raises like `ask`."""
        endpoint = self._endpoint(call.provider)
        if endpoint.dialect == "local":
            raise ConfigError(['embeddings.provider: the local model makes no embeddings; use backend "static"'])
        task = _Task(endpoint, self._gate(endpoint, call.model), call.model, stage, unit, 0, 0.0, [])
        batches = [texts[start : start + call.batch] for start in range(0, len(texts), call.batch)]
        vectors = await asyncio.gather(*(self._embed(task, batch) for batch in batches))
        return [vector for batch in vectors for vector in batch]

    async def price(self, call: ModelCall) -> Price | None:
        """USD a prompt and a completion token of the call's model; None where its endpoint names no price."""
        return await self._endpoint(call.provider).price(call.model)

    def report(self) -> list[UsageRow]:
        """What this client's calls used, by stage, model and unit, in the order of their first call."""
        return list(self._rows.values())

    async def close(self) -> None:
        """Close every endpoint (and the local model) and the journal."""
        if self._watcher is not None:
            self._watcher.cancel()
        await asyncio.gather(*(endpoint.close() for endpoint in self._endpoints.values()))
        self._journal.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # The conversation: as asked, corrected, drawn afresh.

    async def _converse(self, task: _Task, body: Json, reader: Reader[T]) -> Reply[T]:
        problems: list[str] = []
        turns, draw = body, 0
        for _ in range(3):
            envelope = await self._whole(task, turns, draw)
            try:
                return task.reply(reader.read(envelope.content), envelope)
            except Unusable as problem:
                problems.append(str(problem))
            if len(problems) == 1 and envelope.content.strip():
                turns = {**body, "messages": [*body["messages"], *_correction(envelope.content, problems[0])]}
            else:
                turns, draw = body, draw + 1
        raise InvalidReply(f"{task.unit}: {task.model}: no usable reply in 3 calls; {' / '.join(problems)}")

    async def _whole(self, task: _Task, body: Json, draw: int) -> Envelope:
        """A reply that ended by itself; one that was cut off is asked for again, once, with twice the room."""
        envelope = await self._reply(task, body, draw)
        if envelope.finish_reason != "length":
            return envelope
        limit = "max_tokens" if "max_tokens" in body else "max_completion_tokens"
        roomy = {**body, limit: body[limit] * 2}
        envelope = await self._reply(task, roomy, draw)
        if envelope.finish_reason == "length":
            raise InvalidReply(
                f"{task.unit}: {task.model}: cut off at {body[limit]} tokens and again at {roomy[limit]}; "
                f"raise max_tokens of {task.stage}, or ask for less"
            )
        return envelope

    # One reply: from the journal, or by a call.

    async def _reply(self, task: _Task, body: Json, draw: int) -> Envelope:
        key = key_of(task.endpoint.identity, body, (task.sample, draw))
        async with self._alone(key):
            row = self._journal.find(key, task.since) or await self._claim(key, task)
            if row is None:
                try:
                    return await self._live(task, body, key)
                finally:
                    self._journal.release(key)
        envelope = read_envelope(row.body)
        usage = Usage(row.input_tokens, row.output_tokens, row.cached_tokens, row.cost)
        self._count(task, usage, replayed=True)
        if isinstance(envelope.trouble, Blocked):
            raise Filtered(f"{task.unit}: {task.model}: {envelope.trouble}")
        return envelope

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        """Two askers of one request share one reply: the second waits and finds the first one's in the journal."""
        lock = self._asking.setdefault(key, asyncio.Lock())
        self._waiting_for[key] += 1
        try:
            async with lock:
                yield
        finally:
            self._waiting_for[key] -= 1
            if not self._waiting_for[key]:
                del self._asking[key], self._waiting_for[key]

    async def _claim(self, key: str, task: _Task) -> Row | None:
        """Wait while another process asks the same; its reply, or None once the call is ours to make."""
        while not self._journal.claim(key, task.endpoint.settings.timeout * 2):
            await self._pause(POLL)
            if row := self._journal.find(key, task.since):
                return row
        return self._journal.find(key, task.since)

    async def _live(self, task: _Task, body: Json, key: str) -> Envelope:
        return await self._persist(task, lambda: self._once(task, body, key))

    async def _persist(self, task: _Task, once: Callable[[], Awaitable[T]]) -> T:
        """Call until a reply comes. 429s are free; other failures have `transport_retries`."""
        settings, failures = task.endpoint.settings, 0
        while True:
            try:
                return await once()
            except Busy as busy:
                self._narrow(task.gate, busy)
            except Broken as broken:
                failures += 1
                if failures > settings.transport_retries:
                    raise TransportFailed(
                        f"{task.unit}: {settings.base_url}: {failures} tries failed, the last by: {broken}"
                    ) from broken
                await self._pause(_backoff(failures, broken.retry_after, settings.max_retry_after))
            except Blocked as blocked:
                raise Filtered(f"{task.unit}: {task.model}: {blocked}") from blocked
            except Rejected as rejected:
                raise UnitError(
                    f"{task.unit}: {task.model}: the endpoint refused the request: {rejected}"
                ) from rejected
            except Refused as refused:
                raise self._stop(
                    ProviderRefused(explain(refused, settings.base_url, settings.api_key_env, task.model))
                ) from refused

    async def _once(self, task: _Task, body: Json, key: str) -> Envelope:
        """One call through gate and budget; its reply is stored whatever it holds. Raises CallFailed."""
        await self._ready()
        asked, limit = estimate_tokens(body["messages"], body.get("response_format")), _limit(body)
        async with task.gate.slot(asked + limit):
            async with self._budget.reserve(await self._worst(task, asked, limit)) as settlement:
                self._check_running()
                begun = time.monotonic()
                raw = await task.endpoint.post("/chat/completions", body)
                envelope = read_envelope(raw)
                usage = await self._priced(task, envelope.usage)
                settlement.cost = usage.cost or 0.0
                usable = envelope.trouble is None or isinstance(envelope.trouble, Blocked)
                self._journal.store(key, _row(task, raw, usable, usage, time.monotonic() - begun))
            task.gate.used(asked + limit, usage.input_tokens + usage.output_tokens)
            if isinstance(envelope.trouble, Busy):
                raise envelope.trouble
            task.gate.succeeded()
        self._count(task, usage, replayed=False)
        if envelope.trouble is not None:
            raise envelope.trouble
        return envelope

    async def _embed(self, task: _Task, texts: list[str]) -> list[list[float]]:
        """One batch of `embed`; vectors are not journaled, for the encoder keeps them in its cache."""
        body: Json = {"model": task.model, "input": texts, "encoding_format": "float"}

        async def once() -> list[list[float]]:
            return await self._vectors(task, body)

        return await self._persist(task, once)

    async def _vectors(self, task: _Task, body: Json) -> list[list[float]]:
        await self._ready()
        tokens = sum(map(len, body["input"])) // CHARACTERS_PER_TOKEN
        async with task.gate.slot(tokens), self._budget.reserve(await self._worst(task, tokens, 0)) as settlement:
            self._check_running()
            raw = await task.endpoint.post("/embeddings", body)
            vectors, usage = read_vectors(raw, len(body["input"]))
            usage = await self._priced(task, usage)
            settlement.cost = usage.cost or 0.0
            task.gate.succeeded()
        self._count(task, usage, replayed=False)
        return vectors

    # What a call needs before and after.

    def _endpoint(self, name: str) -> Endpoint:
        if name not in self._endpoints:
            provider = self._settings.providers[name] if name else self._settings
            self._endpoints[name] = Endpoint(provider, self._settings.local, self._env)
        return self._endpoints[name]

    def _gate(self, endpoint: Endpoint, model: str) -> Gate:
        where = (endpoint.settings.base_url, model)
        if where not in self._gates:
            settings = endpoint.settings
            self._gates[where] = Gate(
                f"{settings.base_url} ({model})",
                endpoint.concurrency,
                settings.max_retry_after,
                settings.requests_per_minute,
                settings.tokens_per_minute,
            )
        return self._gates[where]

    async def _ready(self) -> None:
        """Start watching for the stop, and fail before the gate rather than behind it."""
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())
        self._check_running()

    async def _watch(self) -> None:
        await self._stopping.wait()
        self._stop(Stopped("stopped: no further call was launched; run the same command again to go on"))

    def _check_running(self) -> None:
        if self._stopping.is_set() and self._fatal is None:
            self._fatal = Stopped("stopped: no further call was launched; run the same command again to go on")
        if self._fatal is not None:
            raise self._fatal

    def _stop(self, error: StopRun) -> StopRun:
        """From now on nobody launches a call; those who wait for the gate learn why."""
        self._fatal = self._fatal or error
        for gate in self._gates.values():
            gate.fail_waiting(self._fatal)
        return error

    def _narrow(self, gate: Gate, busy: Busy) -> None:
        try:
            gate.refused(busy.retry_after)
        except ProviderRefused as error:
            raise self._stop(error) from busy

    async def _pause(self, seconds: float) -> None:
        """Sleep, unless the run is stopping."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        self._check_running()

    async def _worst(self, task: _Task, input_tokens: int, output_tokens: int) -> float:
        """USD that the call may cost. Raises ConfigError when there is a limit and no price to hold against it."""
        if self._budget.limit is None:
            return 0.0
        price = await task.endpoint.price(task.model)
        if price is None:
            raise ConfigError(
                [f"--max-cost: {task.endpoint.settings.base_url} names no price for {task.model}; leave the flag out"]
            )
        return price.of(input_tokens * WORST, output_tokens)

    async def _priced(self, task: _Task, usage: Usage) -> Usage:
        """`usage` with its cost: the endpoint's own word, else tokens times the price of its /models."""
        if usage.cost is not None:
            return usage
        price = await task.endpoint.price(task.model)
        cost = price.of(usage.input_tokens, usage.output_tokens) if price else None
        return msgspec.structs.replace(usage, cost=cost)

    def _count(self, task: _Task, usage: Usage, *, replayed: bool) -> None:
        task.spent.append(Spent(usage, replayed))
        row = self._rows.setdefault((task.stage, task.model, task.unit), UsageRow(task.stage, task.model, task.unit))
        if replayed:
            row.replayed += 1
            return
        row.calls += 1
        row.input_tokens += usage.input_tokens
        row.output_tokens += usage.output_tokens
        row.cached_tokens += usage.cached_tokens
        row.cost += usage.cost or 0.0
        row.unpriced += usage.cost is None
        if self._on_usage:
            self._on_usage(usage)


def _correction(content: str, problem: str) -> list[Message]:
    return [
        {"role": "assistant", "content": content},
        {
            "role": "user",
            "content": f"This reply cannot be used. {problem} Send the whole reply again, corrected, and nothing else.",
        },
    ]


def _limit(body: Json) -> int:
    return int(body.get("max_tokens") or body.get("max_completion_tokens") or 0)


def _row(task: _Task, raw: bytes, usable: bool, usage: Usage, seconds: float) -> Row:
    return Row(
        raw,
        usable,
        task.model,
        task.stage,
        task.unit,
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
        usage.cost,
        seconds,
    )


def _backoff(failures: int, retry_after: float | None, most: float) -> float:
    """Full jitter (doubling), or what the endpoint asks for, up to `most` seconds."""
    if retry_after is not None:
        return min(retry_after, most)
    return random.uniform(0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**failures))
