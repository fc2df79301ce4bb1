"""One request until its reply: from the journal, or through budget, gate and endpoint, with retries by cause."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, TypeVar

import msgspec

from groundwork.errors import (
    ConfigError,
    Filtered,
    ProviderRefused,
    Stopped,
    StopRun,
    TransportFailed,
    UnitError,
)
from groundwork.llm.budget import DOCUMENT, FREE_STAKE, Budget, Experience, Settlement, Stake, UsageRow
from groundwork.llm.endpoint import Endpoint
from groundwork.llm.gate import Gate
from groundwork.llm.journal import Journal, Row, key_of
from groundwork.llm.replies import (
    Blocked,
    Broken,
    Busy,
    CallFailed,
    Envelope,
    Refused,
    Rejected,
    Unreachable,
    Usage,
    explain,
    read_envelope,
    read_vectors,
)
from groundwork.llm.token_estimate import estimate_tokens, tokens_in

T = TypeVar("T")
Json = dict[str, Any]

FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0  # seconds
KNOCKS = 3  # tries to reach an endpoint that never answered
POLL = 0.2  # seconds between looks at what another process is asking
LOST_IN_A_ROW = 10  # units lost to transport, with no reply between them, after which the endpoint counts as down


class Spent(msgspec.Struct, frozen=True):
    """What one reply used; `replayed`: it came from the journal and nothing was paid now."""

    usage: Usage
    replayed: bool


class Errand(msgspec.Struct):
    """One question on its way: whom to ask, for which stage and unit, and what it has taken so far."""

    endpoint: Endpoint
    gate: Gate
    model: str
    stage: str
    unit: str
    sample: int = 0
    since: float = 0.0  # seconds since 1970; older replies are not replayed
    spent: list[Spent] = []
    roomy: bool = False  # a reply was cut off for want of money: the next one gets all the room that the stage allows

    @property
    def replayed(self) -> bool:
        """Whether everything so far came from the journal."""
        return all(spent.replayed for spent in self.spent)


class _AskedElsewhere(Exception):  # a signal between two functions here, never seen outside
    """Another process is making this very call."""


class _CutShort(Exception):  # likewise
    """The reply needed more room than it was given to save money."""


class Calls:
    """Makes calls and remembers them. When one is refused for good, or `stopping` is set, no further one starts."""

    def __init__(
        self,
        journal: Journal,
        budget: Budget,
        stopping: asyncio.Event,
        on_usage: Callable[[Usage], None] | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.rows: dict[tuple[str, str, str], UsageRow] = {}
        self._journal, self._budget, self._stopping = journal, budget, stopping
        self._on_usage, self._say = on_usage, say
        self._gates: dict[tuple[str, str], Gate] = {}
        self._fatal: StopRun | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._asking: dict[str, asyncio.Lock] = {}
        self._askers: Counter[str] = Counter()
        self._lost: Counter[Gate] = Counter()  # units in a row
        self._experience: defaultdict[tuple[str, str, str], Experience] = defaultdict(Experience)
        self._heard: set[Gate] = set()  # those that ever answered

    def gate(self, endpoint: Endpoint, model: str) -> Gate:
        """The one gate of this endpoint and model."""
        settings = endpoint.settings
        where = (settings.base_url, model)
        if where not in self._gates:
            limits = (settings.requests_per_minute, settings.tokens_per_minute)
            name = f"{settings.base_url} ({model})"
            self._gates[where] = Gate(name, endpoint.concurrency, settings.max_retry_after, *limits)
        return self._gates[where]

    async def reply(self, errand: Errand, body: Json, draw: int) -> Envelope:
        """The reply to a chat completion: the journal's, or a new one. Raises UnitError, StopRun or ConfigError."""
        key = key_of(errand.endpoint.identity, body, (errand.sample, draw))
        async with self._alone(key):
            while True:
                if row := self._journal.find(key, errand.since):
                    return self._replay(errand, row)
                with suppress(_AskedElsewhere):
                    return await self._persist(errand, lambda again: self._chat(errand, body, key, again))
                self._tell_of_wait(key, errand)
                await self._pause(POLL)

    def _tell_of_wait(self, key: str, errand: Errand) -> None:
        """Once a run, say whose reply it waits for: without a word that would look like a hang."""
        if self._say is not None and (owner := self._journal.owner(key)):
            self._say(f"waiting for process {owner}, which asks the same ({errand.unit}); end it if it is not wanted")
            self._say = None

    async def vectors(self, errand: Errand, texts: list[str]) -> list[list[float]]:
        """One vector a text, by one call. They are not journaled: whoever asks keeps them."""
        body: Json = {"model": errand.model, "input": texts, "encoding_format": "float"}
        return await self._persist(errand, lambda again: self._embeddings(errand, body, again))

    async def close(self) -> None:
        """Stop watching for the stop."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        """Two askers of one request share one reply: the second waits and finds the first one's in the journal."""
        lock = self._asking.setdefault(key, asyncio.Lock())
        self._askers[key] += 1
        try:
            async with lock:
                yield
        finally:
            self._askers[key] -= 1
            if not self._askers[key]:
                del self._asking[key], self._askers[key]

    def _replay(self, errand: Errand, row: Row) -> Envelope:
        usage = Usage(row.input_tokens, row.output_tokens, row.cached_tokens, row.cost)
        self._count(errand, usage, replayed=True)
        envelope = read_envelope(row.body)
        if envelope.trouble is not None:
            raise Filtered(f"{errand.unit}: {errand.model}: {envelope.trouble}")
        return envelope

    async def _persist(self, errand: Errand, once: Callable[[bool], Awaitable[T]]) -> T:
        """Call until a reply comes. 429s are free; other failures have `transport_retries`."""
        settings, failures, again = errand.endpoint.settings, 0, False
        self._watch()
        while True:
            self._check_running()
            try:
                result = await once(again)
            except Busy:
                again = True
            except _CutShort:
                errand.roomy = again = True
            except Broken as broken:
                failures, again = failures + 1, True
                if failures >= KNOCKS and isinstance(broken, Unreachable) and errand.gate not in self._heard:
                    raise self._stop(
                        ProviderRefused(f"{settings.base_url}: {broken}; is it running there?")
                    ) from broken
                if failures > settings.transport_retries:
                    raise self._lose(errand, failures, broken) from broken
                await self._pause(self._backoff(errand, failures, broken))
            except Blocked as blocked:
                raise Filtered(f"{errand.unit}: {errand.model}: {blocked}") from blocked
            except Rejected as rejected:
                raise UnitError(f"{errand.unit}: {errand.model}: the endpoint says {rejected}") from rejected
            except Refused as refused:
                reason = explain(refused, settings.base_url, settings.api_key_env, errand.model)
                raise self._stop(ProviderRefused(reason)) from refused
            except StopRun as stop:
                raise self._stop(stop) from stop.__cause__
            else:
                self._heard.add(errand.gate)
                self._lost[errand.gate] = 0
                return result

    async def _chat(self, errand: Errand, body: Json, key: str, again: bool) -> Envelope:
        """One call; its reply is stored whatever it holds. Raises CallFailed, or _CutShort."""
        asked, limit = self._size(errand, body), token_limit(body)
        experience = self._experience[errand.endpoint.identity, errand.model, errand.stage]
        async with (
            self._scouted(experience),
            self._admitted(errand, asked, limit, again) as settlement,
            self._claimed(key, errand),
        ):
            if not errand.endpoint.tells_cost:
                await errand.endpoint.price(errand.model)  # now, so that nothing comes between a reply and its storing
            begun = time.monotonic()
            raw = await errand.endpoint.post("/chat/completions", _with_room(body, settlement.room))
            envelope = read_envelope(raw)
            usage = await self._priced(errand, envelope.usage)
            settlement.cost = usage.cost or 0.0
            cut = settlement.room < limit and envelope.finish_reason == "length"
            usable = (envelope.trouble is None or isinstance(envelope.trouble, Blocked)) and not cut
            self._journal.store(key, _row(errand, raw, usable, usage, time.monotonic() - begun))
            errand.gate.used(asked + limit, usage.input_tokens + usage.output_tokens)
            self._count(errand, usage, replayed=False)
            if envelope.trouble is not None:
                raise envelope.trouble
            experience.learn(asked, usage)
            if cut:
                raise _CutShort
        return envelope

    async def _embeddings(self, errand: Errand, body: Json, again: bool) -> list[list[float]]:
        tokens = sum(map(tokens_in, body["input"]))
        async with self._admitted(errand, tokens, 0, again) as settlement:
            vectors, usage = read_vectors(await errand.endpoint.post("/embeddings", body), len(body["input"]))
            usage = await self._priced(errand, usage)
            settlement.cost = usage.cost or 0.0
            self._count(errand, usage, replayed=False)
        return vectors

    @asynccontextmanager
    async def _scouted(self, experience: Experience) -> AsyncIterator[None]:
        """Under a limit the first call of a stage goes alone: it tells how much to hold for each of the others."""
        async with AsyncExitStack() as held:
            if self._budget.limit is not None and not experience.any():
                await held.enter_async_context(experience.first)
                if experience.any():
                    await held.aclose()
            yield

    @asynccontextmanager
    async def _admitted(self, errand: Errand, asked: int, limit: int, again: bool) -> AsyncIterator[Settlement]:
        """A slot of the gate and the money for one call; how the call ends teaches the gate."""
        async with errand.gate.slot(asked + limit, again=again):
            async with self._budget.reserve(await self._stake(errand, asked, limit)) as settlement:
                self._check_running()
                try:
                    yield settlement
                except Busy as busy:
                    self._narrow(errand.gate, busy)
                    raise
            errand.gate.succeeded()

    @asynccontextmanager
    async def _claimed(self, key: str, errand: Errand) -> AsyncIterator[None]:
        """This process alone makes the call, and only if no other has its reply by now. Raises _AskedElsewhere."""
        if not self._journal.claim(key, errand.since, errand.endpoint.settings.timeout + 10):
            raise _AskedElsewhere
        try:
            yield
        except BaseException:
            self._journal.release(key)
            raise

    # Money and accounts.

    def _size(self, errand: Errand, body: Json) -> int:
        """About how many tokens the prompt has, where anything hangs on it."""
        if self._budget.limit is None and errand.endpoint.settings.tokens_per_minute is None:
            return 0
        return estimate_tokens(body["messages"], body.get("response_format"))

    async def _stake(self, errand: Errand, asked: int, limit: int) -> Stake:
        """What the call may cost. Raises ConfigError when there is a limit and no price to hold against it."""
        if self._budget.limit is None:
            return msgspec.structs.replace(FREE_STAKE, most=limit)
        price = await errand.endpoint.price(errand.model)
        if price is None:
            url = errand.endpoint.settings.base_url
            raise ConfigError([f"--max-cost: {url} names no price for {errand.model}; leave the flag out"])
        experience = self._experience[errand.endpoint.identity, errand.model, errand.stage]
        return experience.stake(price, asked, limit, roomy=errand.roomy)

    async def _priced(self, errand: Errand, usage: Usage) -> Usage:
        """`usage` with its cost: the endpoint's own word, else tokens times the price of its /models."""
        if usage.cost is not None:
            return usage
        price = await errand.endpoint.price(errand.model)
        cost = price.of(usage.input_tokens, usage.output_tokens) if price else None
        return msgspec.structs.replace(usage, cost=cost)

    def _count(self, errand: Errand, usage: Usage, *, replayed: bool) -> None:
        errand.spent.append(Spent(usage, replayed))
        names = (errand.stage, errand.model, DOCUMENT.get() or errand.unit)
        self.rows.setdefault(names, UsageRow(*names)).add(usage, replayed)
        if self._on_usage and not replayed:
            self._on_usage(usage)

    # Stopping, waiting, giving up.

    def _watch(self) -> None:
        """From the first call on, turn away those who wait at a gate as soon as the run stops."""
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._until_stopping())

    async def _until_stopping(self) -> None:
        await self._stopping.wait()
        self._stop(Stopped("stopped: no further call was launched"))

    def _check_running(self) -> None:
        if self._fatal is None and self._stopping.is_set():
            self._fatal = Stopped("stopped: no further call was launched")
        if self._fatal is not None:
            raise self._fatal

    def _stop(self, error: StopRun) -> StopRun:
        """From now on nobody launches a call; those who wait for the gate learn why."""
        self._fatal = self._fatal or error
        for gate in self._gates.values():
            gate.turn_away(self._fatal)
        return error

    def _narrow(self, gate: Gate, busy: Busy) -> None:
        try:
            gate.refused(busy.retry_after)
        except ProviderRefused as error:
            raise self._stop(error) from busy

    def _lose(self, errand: Errand, failures: int, broken: Broken) -> UnitError | StopRun:
        """What becomes of a unit whose tries are used up; with it the run, when nothing gets through any more."""
        url = errand.endpoint.settings.base_url
        self._lost[errand.gate] += 1
        if self._lost[errand.gate] >= LOST_IN_A_ROW:
            return self._stop(
                ProviderRefused(f"{url} ({errand.model}): {LOST_IN_A_ROW} units in a row got no reply: {broken}")
            )
        return TransportFailed(f"{errand.unit}: {url}: {failures} tries failed, the last by: {broken}")

    def _backoff(self, errand: Errand, failures: int, broken: CallFailed) -> float:
        """Seconds: what the endpoint asks for, else full jitter (AWS, 2015), doubling."""
        if broken.retry_after is None:
            return random.uniform(0, min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**failures))
        try:
            errand.gate.bear(broken.retry_after)
        except ProviderRefused as error:
            raise self._stop(error) from broken
        return broken.retry_after

    async def _pause(self, seconds: float) -> None:
        """Sleep, unless the run is stopping."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        self._check_running()


def limit_name(body: Json) -> str:
    """The key of the request that limits the reply."""
    return "max_tokens" if "max_tokens" in body else "max_completion_tokens"


def token_limit(body: Json) -> int:
    """How many tokens the request lets the reply have."""
    return int(body.get(limit_name(body)) or 0)


def _with_room(body: Json, room: int) -> Json:
    """The request as it is sent. A reply that ends by itself is the same with less room, so its key stays too."""
    return body if room >= token_limit(body) else {**body, limit_name(body): room}


def _row(errand: Errand, raw: bytes, usable: bool, usage: Usage, seconds: float) -> Row:
    tokens = (usage.input_tokens, usage.output_tokens, usage.cached_tokens)
    return Row(raw, usable, errand.model, errand.stage, errand.unit, *tokens, usage.cost, seconds)
