"""One request until its reply: from the journal, or through budget, gate and endpoint, with retries by cause."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, TypeVar

import msgspec

from groundwork.errors import Filtered, ProviderRefused, StopRun
from groundwork.llm.accounts import Accounts
from groundwork.llm.adaptation import Adaptation
from groundwork.llm.budget import Budget, Experience, Settlement, UsageRow
from groundwork.llm.endpoint import Endpoint
from groundwork.llm.envelope import Envelope, Usage, read_envelope, read_vectors
from groundwork.llm.errand import Errand
from groundwork.llm.failures import Blocked, Broken, Busy, CallFailed, Refused, Rejected, explain
from groundwork.llm.gate import Gate
from groundwork.llm.journal import Journal, StoredReply, key_of
from groundwork.llm.stopping import Stopping
from groundwork.llm.token_estimate import tokens_in
from groundwork.records.processes import spoken

T = TypeVar("T")
Json = dict[str, Any]

POLL = 0.2  # seconds between looks at what another process is asking


class _AskedElsewhere(Exception):  # a signal between two functions here, never seen outside
    """Another process is making this very call."""


class _CutShort(Exception):  # likewise
    """The reply needed more room than it was given to save money."""


class _Adapted(Exception):  # likewise
    """The endpoint refused a parameter; without it the call may do."""


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
        self._journal, self._budget, self._say = journal, budget, say
        self._accounts = Accounts(budget, on_usage)
        self._gates: dict[tuple[str, str], Gate] = {}
        self._stopping = Stopping(stopping, self._gates)
        self._adaptations: dict[Gate, Adaptation] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        self._askers: Counter[str] = Counter()
        self._noticed: set[tuple[Gate | None, str]] = set()

    @property
    def rows(self) -> dict[tuple[str, str, str], UsageRow]:
        """The cost report's lines, by stage, model and unit."""
        return self._accounts.rows

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
                if row := self._journal.find(key, errand.after):
                    return self._replay(errand, row)
                with suppress(_AskedElsewhere):
                    return await self._persist(errand, lambda again: self._chat(errand, body, key, again))
                self._tell_of_wait(key, errand)
                await self._stopping.pause(POLL)

    def _tell_of_wait(self, key: str, errand: Errand) -> None:
        """Once a run, say whose reply it waits for: without a word that would look like a hang."""
        if owner := self._journal.owner(key):
            self._once(
                (None, "waiting"),
                f"waiting for {spoken(owner)}, which asks the same ({errand.unit}); end it if it is not wanted",
            )

    def notice(self, errand: Errand, kind: str, what: str) -> None:
        """Say once a run, of each endpoint and model, what is odd about its replies."""
        self._once((errand.gate, kind), f"{errand.endpoint.settings.base_url} ({errand.model}): {what}")

    def _once(self, key: tuple[Gate | None, str], line: str) -> None:
        if self._say is not None and key not in self._noticed:
            self._noticed.add(key)
            self._say(line)

    async def vectors(self, errand: Errand, texts: list[str]) -> list[list[float]]:
        """One vector a text, by one call. They are not journaled: whoever asks keeps them."""
        body: Json = {"model": errand.model, "input": texts, "encoding_format": "float"}
        return await self._persist(errand, lambda again: self._embeddings(errand, body, again))

    async def close(self) -> None:
        """Stop watching for the stop."""
        await self._stopping.close()

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

    def _replay(self, errand: Errand, row: StoredReply) -> Envelope:
        usage = Usage(row.input_tokens, row.output_tokens, row.cached_tokens, row.cost)
        self._accounts.count(errand, usage, replayed=True)
        envelope = read_envelope(row.body)
        if envelope.trouble is not None:
            raise Filtered(f"{errand.unit}: {errand.model}: {envelope.trouble}")
        return envelope

    async def _persist(self, errand: Errand, once: Callable[[bool], Awaitable[T]]) -> T:
        """Call until a reply comes. 429s are free; other failures have `transport_retries`."""
        settings, failures, again = errand.endpoint.settings, 0, False
        self._stopping.watch()
        while True:
            self._stopping.check()
            try:
                result = await once(again)
            except Busy:
                again = True
            except _Adapted:
                again = True
            except _CutShort:
                errand.roomy = again = True
            except Broken as broken:
                failures, again = failures + 1, True
                if error := self._stopping.given_up(errand, failures, broken):
                    raise error from broken
                await self._stopping.pause(self._stopping.backoff(errand, failures, broken))
            except Blocked as blocked:
                raise Filtered(f"{errand.unit}: {errand.model}: {blocked}") from blocked
            except Rejected as rejected:
                raise self._stopping.turned_down(errand, rejected) from rejected
            except Refused as refused:
                reason = explain(refused, settings.base_url, settings.api_key_env, errand.model)
                raise self._stopping.stop(ProviderRefused(reason)) from refused
            except StopRun as stop:
                raise self._stopping.stop(stop) from stop.__cause__
            else:
                self._stopping.heard(errand.gate)
                return result

    async def _chat(self, errand: Errand, body: Json, key: str, again: bool) -> Envelope:
        """One call; its reply is stored whatever it holds. Raises CallFailed, or _CutShort."""
        asked, limit = self._accounts.size(errand, body), token_limit(body)
        experience = self._accounts.experience(errand)
        async with (
            self._scouted(experience),
            self._admitted(errand, asked, limit, again) as settlement,
            self._claimed(key, errand),
        ):
            if not errand.endpoint.tells_cost:
                await errand.endpoint.price(errand.model)  # now, so that nothing comes between a reply and its storing
            begun = time.monotonic()
            raw = await self._post(errand, _with_room(body, settlement.room))
            envelope = _ended(read_envelope(raw), min(limit, settlement.room))
            usage = await self._accounts.priced(errand, envelope.usage)
            settlement.cost = usage.cost or 0.0
            cut = settlement.room < limit and envelope.finish_reason == "length"
            usable = (envelope.trouble is None or isinstance(envelope.trouble, Blocked)) and not cut
            self._journal.store(key, _row(errand, raw, usable, usage, time.monotonic() - begun))
            errand.gate.used(asked + limit, usage.input_tokens + usage.output_tokens)
            self._accounts.count(errand, usage, replayed=False)
            if envelope.trouble is not None:
                raise envelope.trouble
            experience.learn(asked, usage)
            if cut:
                raise _CutShort
        return envelope

    async def _post(self, errand: Errand, body: Json) -> bytes:
        """The reply's body. Raises CallFailed, or _Adapted where the refusal told what to leave out."""
        adaptation = self._adaptations.setdefault(errand.gate, Adaptation(errand.endpoint.settings))
        sent = adaptation.applied(body)
        try:
            return await errand.endpoint.post("/chat/completions", sent)
        except CallFailed as failure:
            if (change := adaptation.learn(failure, sent, body)) is None:
                raise
            if change:
                self.notice(errand, change, change)
            raise _Adapted from failure

    async def _embeddings(self, errand: Errand, body: Json, again: bool) -> list[list[float]]:
        tokens = sum(map(tokens_in, body["input"]))
        async with self._admitted(errand, tokens, 0, again) as settlement:
            vectors, usage = read_vectors(await errand.endpoint.post("/embeddings", body), len(body["input"]))
            usage = await self._accounts.priced(errand, usage)
            settlement.cost = usage.cost or 0.0
            self._accounts.count(errand, usage, replayed=False)
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
        async with errand.gate.slot(asked + limit, again=again, ahead=errand.ahead):
            async with self._budget.reserve(await self._accounts.stake(errand, asked, limit)) as settlement:
                self._stopping.check()
                try:
                    yield settlement
                except Busy as busy:
                    self._stopping.narrow(errand.gate, busy)
                    raise
            errand.gate.succeeded()

    @asynccontextmanager
    async def _claimed(self, key: str, errand: Errand) -> AsyncIterator[None]:
        """This process alone makes the call, and only if no other has its reply by now. Raises _AskedElsewhere."""
        if not self._journal.claim(key, errand.after, errand.endpoint.settings.timeout + 10):
            raise _AskedElsewhere
        try:
            yield
        except BaseException:
            self._journal.release(key)
            raise


def limit_name(body: Json) -> str:
    """The key of the request that limits the reply."""
    return "max_tokens" if "max_tokens" in body else "max_completion_tokens"


def token_limit(body: Json) -> int:
    """How many tokens the request lets the reply have."""
    return int(body.get(limit_name(body)) or 0)


def _with_room(body: Json, room: int) -> Json:
    """The request as it is sent. A reply that ends by itself is the same with less room, so its key stays too."""
    return body if room >= token_limit(body) else {**body, limit_name(body): room}


def _ended(envelope: Envelope, room: int) -> Envelope:
    """A reply without a finish_reason that filled its room was cut off."""
    if envelope.finish_reason or not 0 < room <= envelope.usage.output_tokens:
        return envelope
    return msgspec.structs.replace(envelope, finish_reason="length")


def _row(errand: Errand, raw: bytes, usable: bool, usage: Usage, seconds: float) -> StoredReply:
    tokens = (usage.input_tokens, usage.output_tokens, usage.cached_tokens)
    return StoredReply(raw, usable, errand.model, errand.stage, errand.unit, *tokens, usage.cost, seconds)
