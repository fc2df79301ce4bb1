"""The one way to a language model: `ask` for a value, `embed` for vectors.

A question goes through the journal (answered before? then no call), the gate, the budget and the endpoint. What
comes back is stored before it is read. A reply that cannot be used gets one correction turn that shows the model its
error, then one fresh draw.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from groundwork.errors import ConfigError, InvalidReply, UnitError
from groundwork.llm.budget import Budget, Price
from groundwork.llm.budget import UsageRow as UsageRow
from groundwork.llm.calls import Calls, limit_name, token_limit
from groundwork.llm.concurrency import together
from groundwork.llm.endpoint import Endpoint
from groundwork.llm.envelope import Envelope, Usage
from groundwork.llm.errand import Errand
from groundwork.llm.journal import ALL, Journal
from groundwork.llm.replies import FaultyItem, Parsed, Reader, Unusable, strict_schema
from groundwork.llm.request import chat_body
from groundwork.llm.token_estimate import fewest_tokens, texts_in
from groundwork.settings.settings import LLM, Embeddings, ModelCall

T = TypeVar("T")
Json = dict[str, Any]
Message = dict[str, Any]
SHORT = 8_000  # characters; a prompt that fits into any context
READ_SHARE = 0.8  # of the fewest tokens that a prompt can be, below which the server did not read all of it


class Reply(msgspec.Struct, Generic[T], frozen=True):
    """A value and what it took. Tokens and cost are of all replies that led to it; `replayed`: no call was made.

    `dropped`: items of the value's list that stayed faulty after their correction (only where `partial` was asked for).
    """

    value: T
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float | None
    replayed: bool
    finish_reason: str
    dropped: tuple[FaultyItem, ...] = ()


class Client:
    """All endpoints of a config with their gates, one journal and one budget. Use it from one event loop."""

    def __init__(
        self,
        settings: LLM,
        journal: Path,
        *,
        joined: Path | None = None,
        fresh: bool = False,
        budget: Budget | None = None,
        on_usage: Callable[[Usage], None] | None = None,
        stopping: asyncio.Event | None = None,
        say: Callable[[str], None] | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        """`fresh`: draw anew what was stored before now. `on_usage` hears of every call, not of replays.

        `stopping`: once set, no further call is launched; those in flight end and are kept. `say` is told what a
        run waits for where that is not the endpoint. `joined`: see Journal.
        """
        self._settings, self._env = settings, env
        self._journal = Journal(journal, joined)
        self._after = self._journal.last() if fresh else ALL
        self._calls = Calls(self._journal, budget or Budget(), stopping or asyncio.Event(), on_usage, say)
        self._endpoints: dict[str, Endpoint] = {}

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
        partial: bool = False,
        whole_prompt: bool = False,
        ahead: int = 0,
    ) -> Reply[T]:
        """The model's reply to `messages` (OpenAI chat), decoded into `schema`, or its text where that is None.

        `json_schema` is sent instead of the one of `schema`; `check` returns a problem for the correction turn, or
        None; another `sample` is another draw of the same request. A reply that was stored before is read again.
        Where `schema` has one list of objects, faulty items alone are corrected; `partial`: those that stay faulty are
        left out. `whole_prompt`: a reply by a server that cut the prompt off is a failure, not a warning. `ahead`: how
        many characters the caller has still to ask about; of the calls that wait, the one with most goes first.

        Raises InvalidReply, Filtered, TransportFailed or UnitError for this unit; ProviderRefused, BudgetReached or
        Stopped (StopRun) and ConfigError for all of them.
        """
        sent = json_schema or (strict_schema(schema) if schema else None)
        endpoint = self._endpoint(call.provider)
        body = chat_body(endpoint.settings, call, messages, sent)
        reader = Reader(schema, check, texts_in(messages))
        errand = Errand(
            endpoint, self._calls.gate(endpoint, call.model), call.model, stage, unit, sample, self._after, []
        )
        errand.ahead, errand.whole_prompt = ahead, whole_prompt
        try:
            return await self._converse(errand, body, reader, partial)
        except InvalidReply:
            if not errand.replayed:
                raise
        # All of it was replayed from an earlier run that ended here too: only new draws can do better.
        errand.after = self._journal.last()
        return await self._converse(errand, body, reader, partial)

    async def embed(
        self, call: Embeddings, texts: list[str], *, stage: str = "embed", unit: str = "vectors"
    ) -> list[list[float]]:
        """One vector for each of `texts`, in their order, by the endpoint's /embeddings. Raises like `ask`."""
        endpoint = self._endpoint(call.provider)
        if endpoint.dialect == "local":
            raise ConfigError(['embeddings.provider: the local model makes no embeddings; use backend "static"'])
        errand = Errand(endpoint, self._calls.gate(endpoint, call.model), call.model, stage, unit)
        batches = [texts[start : start + call.batch] for start in range(0, len(texts), call.batch)]
        vectors = await together(self._calls.vectors(errand, batch) for batch in batches)
        return [vector for batch in vectors for vector in batch]

    async def price(self, call: ModelCall) -> Price | None:
        """USD a prompt and a completion token of the call's model; None where its endpoint names no price."""
        return await self._endpoint(call.provider).price(call.model)

    def report(self) -> list[UsageRow]:
        """What this client's calls used, by stage, model and unit, in the order of their first call."""
        return list(self._calls.rows.values())

    async def close(self) -> None:
        """Close every endpoint (and the local model) and the journal."""
        await self._calls.close()
        await asyncio.gather(*(endpoint.close() for endpoint in self._endpoints.values()))
        self._journal.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _endpoint(self, name: str) -> Endpoint:
        if name not in self._endpoints:
            provider = self._settings.providers[name] if name else self._settings
            self._endpoints[name] = Endpoint(provider, self._settings.local, self._env)
        return self._endpoints[name]

    async def _converse(self, errand: Errand, body: Json, reader: Reader[T], partial: bool) -> Reply[T]:
        """As asked; then, where that cannot be used, with the error shown; then drawn afresh."""
        problems: list[str] = []
        turns, draw, calls = body, 0, 0
        while calls < 3:
            envelope, calls = await self._whole(errand, turns, draw, reader), calls + 1
            try:
                parsed = reader.parse(envelope.content, envelope.aside[1])
                if parsed.faulty:
                    calls += 1
                    parsed = await self._mend(errand, turns, reader, parsed, envelope, partial)
                self._heed(errand, envelope)
                return _reply(parsed, errand, envelope)
            except Unusable as problem:
                problems.append(str(problem))
            if calls == 1 and envelope.content.strip():
                turns = {**body, "messages": [*body["messages"], *_correction(envelope.content, problems[0])]}
            else:
                turns, draw = body, draw + 1
        raise InvalidReply(
            f"{errand.unit}: {errand.model}: no usable reply in {calls} calls; {' / '.join(problems)}{_where(envelope)}"
        )

    async def _mend(
        self, errand: Errand, turns: Json, reader: Reader[T], parsed: Parsed[T], envelope: Envelope, partial: bool
    ) -> Parsed[T]:
        """Ask once for the faulty items alone. Raises Unusable where some stay faulty and none may be left out."""
        asked = {**turns, "messages": [*turns["messages"], *_item_correction(envelope.content, parsed)]}
        later = await self._whole(errand, asked, 0, reader)
        mended = reader.mended(parsed, later.content or later.aside[1])
        if mended.faulty and not partial:
            raise Unusable(f"{len(mended.faulty)} items do not fit the schema: {mended.faulty[0].problem}.")
        reader.checked(mended.value)
        return mended

    async def _whole(self, errand: Errand, body: Json, draw: int, reader: Reader[T]) -> Envelope:
        """A reply that ended by itself; one that did not is asked for once more with twice the room."""
        envelope = await self._calls.reply(errand, body, draw)
        self._compare_prompt(errand, body, envelope)
        if not (how := _unended(envelope, reader)):
            return envelope
        roomy = {**body, limit_name(body): 2 * token_limit(body)}
        cut = f"{errand.unit}: {errand.model}: {how} at {token_limit(body)} tokens"
        try:
            envelope = await self._calls.reply(errand, roomy, draw)
        except UnitError as error:
            if type(error) is not UnitError:  # filtered, or lost on the way
                raise
            raise InvalidReply(f"{cut}, and more is not to be had: {error}") from error
        if _unended(envelope, reader):
            thinks = how != "cut off" or envelope.aside[1]
            raise InvalidReply(
                f"{cut} and again at {token_limit(roomy)}; raise max_tokens of {errand.stage}, or ask for less at once"
                + ("; its thoughts take the room: lower reasoning_effort, or switch them off" if thinks else "")
            )
        return envelope

    def _compare_prompt(self, errand: Errand, body: Json, envelope: Envelope) -> None:
        """Raise or warn where the server read far less than it was sent: its context is too small for the prompt."""
        read, text = envelope.usage.input_tokens + envelope.usage.cached_tokens, texts_in(body["messages"])
        if not read or len(text) < SHORT or read * 4 > len(text):
            return
        if read > READ_SHARE * (fewest := fewest_tokens(text)):
            return
        problem = (
            f"the server read {envelope.usage.input_tokens:,} tokens of a prompt of at least {fewest:,}: its context "
            "is too small (Ollama: raise num_ctx, or OLLAMA_CONTEXT_LENGTH; llama.cpp: --ctx-size), or send less"
        )
        if errand.whole_prompt:
            raise InvalidReply(f"{errand.unit}: {errand.model}: {problem}")
        self._calls.notice(errand, "prompt cut", problem)

    def _heed(self, errand: Errand, envelope: Envelope) -> None:
        """Say once what is odd about a reply that is kept all the same."""
        if envelope.aside[1] and not envelope.content.strip():
            place = envelope.aside[0]
            self._calls.notice(
                errand, place, f"the replies stand in {place}, with no content; they are read from there"
            )
        if envelope.finish_reason not in ("", "stop", "length"):
            own = envelope.finish_reason
            self._calls.notice(errand, own, f"finish_reason {own!r} is not known here; what came with it is kept")


def _unended(envelope: Envelope, reader: Reader[Any]) -> str:
    """How a reply ended before its end, or ""."""
    if envelope.finish_reason == "length":
        return "cut off"
    return "ended within its thoughts" if reader.is_unfinished(envelope.content) else ""


def _where(envelope: Envelope) -> str:
    """Where text came instead, when there was no content."""
    place, text = envelope.aside
    if envelope.content.strip() or not text:
        return ""
    return f" (there is text in {place}, where thoughts stand: switch the model's thinking off, or its parser of it)"


def _correction(content: str, problem: str) -> list[Message]:
    ask = f"This reply cannot be used. {problem} Send the whole reply again, corrected, and nothing else."
    return [{"role": "assistant", "content": _sendable(content)}, {"role": "user", "content": ask}]


def _sendable(content: str) -> str:
    """A reply as it can be sent back: half a character cannot."""
    return content.encode(errors="replace").decode()


def _item_correction(content: str, parsed: Parsed[Any]) -> list[Message]:
    faults = "\n".join(f"- number {faulty.index + 1}: {faulty.problem}" for faulty in parsed.faulty)
    ask = (
        f"These items of the reply cannot be used:\n{faults}\nSend these {len(parsed.faulty)} alone again, corrected, "
        f'in their order, as {{"{parsed.field}": [...]}}, and nothing else.'
    )
    return [{"role": "assistant", "content": _sendable(content)}, {"role": "user", "content": ask}]


def _reply(parsed: Parsed[T], errand: Errand, envelope: Envelope) -> Reply[T]:
    usages = [spent.usage for spent in errand.spent]
    costs = [usage.cost for usage in usages if usage.cost is not None]
    return Reply(
        value=parsed.value,
        model=errand.model,
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        cost=sum(costs) if costs else None,
        replayed=errand.replayed,
        finish_reason=envelope.finish_reason or "stop",
        dropped=parsed.faulty,
    )
