"""The one way to a language model: `ask` for a value, `embed` for vectors.

A question goes through the journal (answered before? then no call), the limiter, the budget and the endpoint. What
comes back is stored before it is read. A reply that cannot be used gets one correction turn that shows the model its
error, then one fresh draw.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from groundwork.errors import ConfigError, InvalidReply, UnitError
from groundwork.llm.calls.call_context import CallContext
from groundwork.llm.calls.call_retries import CallRunner, RunControls
from groundwork.llm.calls.costs_and_budget import UsageRow as UsageRow
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.calls.token_estimate import message_text, min_token_count
from groundwork.llm.endpoint.endpoint_connection import Endpoint
from groundwork.llm.endpoint.http_response import ChatResponse
from groundwork.llm.endpoint.request_body import chat_body, limit_parameter, token_limit
from groundwork.llm.endpoint.token_prices import Price
from groundwork.llm.prompts import follow_up
from groundwork.llm.replies.structured_output import FaultyItem, Parsed, ReplyReader, ReplyRequirements, UnusableReply
from groundwork.llm.reply_journal import FROM_START, Journal
from groundwork.settings.config_schema import LLM, Embeddings, ModelCall

T = TypeVar("T")
Json = dict[str, Any]
Message = dict[str, Any]
SHORT_PROMPT = 8_000  # characters; a prompt that fits into any context
MIN_SHARE_READ = 0.8  # of the fewest tokens that a prompt can be, below which the server did not read all of it


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
    """All endpoints of a config with their limiters, one journal and one budget. Use it from one event loop."""

    def __init__(
        self,
        settings: LLM,
        journal: Path,
        controls: RunControls | None = None,
        *,
        joined: Path | None = None,
        fresh: bool = False,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        """`fresh`: draw anew what was stored before now. `joined`: see Journal."""
        self._settings, self._env = settings, env
        self._journal = Journal(journal, joined)
        self._since = self._journal.end_position() if fresh else FROM_START
        self._calls = CallRunner(self._journal, controls or RunControls())
        self._endpoints: dict[str, Endpoint] = {}

    @property
    def in_flight(self) -> int:
        """How many calls were sent and are not answered yet."""
        return self._calls.in_flight

    async def ask(
        self,
        call: ModelCall,
        messages: list[Message],
        *,
        stage: str,
        unit: str,
        schema: type[T] | ReplyRequirements[T] | None = None,
        sample: int = 0,
        remaining_characters: int = 0,
    ) -> Reply[T]:
        """The model's reply to `messages` (OpenAI chat), decoded into `schema`, or its text where that is None.

        A reply that was stored before is read again; another `sample` is another draw of the same request.
        `remaining_characters`: how many the caller has still to ask about; of the calls that wait, the one with most
        goes first.

        Raises InvalidReply, Filtered, TransportFailed or UnitError for this unit; ProviderRefused, BudgetReached or
        Stopped (StopRun) and ConfigError for all of them.
        """
        endpoint = self._endpoint(call.provider)
        requirements = schema if isinstance(schema, ReplyRequirements) else ReplyRequirements(schema)
        request_body = chat_body(endpoint.settings, call, messages, requirements.schema_sent)
        limiter = self._calls.limiter(endpoint, call.model)
        context = CallContext(endpoint, limiter, call.model, stage, unit, sample, self._since)
        context.remaining_characters, context.requirements = remaining_characters, requirements
        prompt = [message for message in messages if message["role"] != "assistant"]  # in JSON "\\n" is no command
        reader = ReplyReader(requirements.schema, requirements.check, message_text(prompt))
        return await self._replay_or_ask(context, request_body, reader)

    async def _replay_or_ask(self, context: CallContext, request_body: Json, reader: ReplyReader[T]) -> Reply[T]:
        """The reply, stored or new; where all of it is replayed from an earlier run that failed, it is drawn anew."""
        try:
            return await self._ask_repeatedly(context, request_body, reader)
        except InvalidReply:
            if not context.replayed:
                raise
        context.since = self._journal.end_position()
        return await self._ask_repeatedly(context, request_body, reader)

    async def embed(
        self, call: Embeddings, texts: list[str], *, stage: str = "embed", unit: str = "vectors"
    ) -> list[list[float]]:
        """One vector for each of `texts`, in their order, by the endpoint's /embeddings. Raises like `ask`."""
        endpoint = self._endpoint(call.provider)
        if endpoint.dialect == "local":
            raise ConfigError(['embeddings.provider: the local model makes no embeddings; use backend "static"'])
        context = CallContext(endpoint, self._calls.limiter(endpoint, call.model), call.model, stage, unit)
        batches = [texts[start : start + call.batch] for start in range(0, len(texts), call.batch)]
        vectors = await gather_all(self._calls.vectors(context, batch) for batch in batches)
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

    async def _ask_repeatedly(self, context: CallContext, request_body: Json, reader: ReplyReader[T]) -> Reply[T]:
        """As asked; then, where that cannot be used, with the error shown; then drawn afresh."""
        problems: list[str] = []
        request, draw, calls = request_body, 0, 0
        while calls < 3:
            response, calls = await self._complete_reply(context, request, draw, reader), calls + 1
            try:
                parsed = reader.parse(response.content, response.side_text[1])
                if parsed.faulty:
                    calls += 1
                    parsed = await self._correct_items(context, request, reader, parsed, response)
                self._notice_oddities(context, response)
                return _build_reply(parsed, context, response)
            except UnusableReply as problem:
                problems.append(str(problem))
            if calls == 1 and response.content.strip():
                request = {
                    **request_body,
                    "messages": [*request_body["messages"], *_correction_turns(response.content, problems[0])],
                }
            else:
                request, draw = request_body, draw + 1
        raise InvalidReply(
            f"{context.unit}: {context.model}: no usable reply in {calls} calls; "
            f"{' / '.join(dict.fromkeys(problems))}{_misplaced_text_hint(response)}"
        )

    async def _correct_items(
        self,
        context: CallContext,
        request: Json,
        reader: ReplyReader[T],
        parsed: Parsed[T],
        response: ChatResponse,
    ) -> Parsed[T]:
        """Ask once for the faulty items alone. Raises UnusableReply where some stay faulty and none may be left out."""
        request_body = {
            **request,
            "messages": [*request["messages"], *_item_correction_turns(response.content, parsed)],
        }
        reply = await self._complete_reply(context, request_body, 0, reader)
        corrected = reader.merge_corrections(parsed, reply.content or reply.side_text[1])
        if corrected.faulty and not context.requirements.partial:
            raise UnusableReply(f"{len(corrected.faulty)} items do not fit the schema: {corrected.faulty[0].problem}.")
        reader.check(corrected.value)
        return corrected

    async def _complete_reply(
        self, context: CallContext, request_body: Json, draw: int, reader: ReplyReader[T]
    ) -> ChatResponse:
        """A reply that ended by itself; one that did not is asked for once more with twice the room."""
        response = await self._calls.reply(context, request_body, draw)
        self._check_prompt_was_read(context, request_body, response)
        if not (ending := _premature_end(response, reader)):
            return response
        longer = {**request_body, limit_parameter(request_body): 2 * token_limit(request_body)}
        limit = self._calls.reply_limit(context, request_body)
        message = f"{context.unit}: {context.model}: {ending} at {limit} tokens"
        try:
            context.cut_off_at = limit
            response = await self._calls.reply(context, longer, draw)
        except UnitError as error:
            if type(error) is not UnitError:  # filtered, or lost on the way
                raise
            raise InvalidReply(f"{message}, and a higher limit is refused: {error}") from error
        finally:
            context.cut_off_at = 0
        if _premature_end(response, reader):
            reasons = ending != "cut off" or response.side_text[1]
            raise InvalidReply(
                f"{message} and again at {self._calls.reply_limit(context, longer)}; "
                f"raise max_tokens of {context.stage}, or ask for less at once"
                + ("; its reasoning uses up the limit: lower reasoning_effort, or switch them off" if reasons else "")
            )
        return response

    def _check_prompt_was_read(self, context: CallContext, request_body: Json, response: ChatResponse) -> None:
        """Raise or warn where the server read far less than it was sent: its context is too small for the prompt."""
        tokens_read, text = (
            response.usage.input_tokens + response.usage.cached_tokens,
            message_text(request_body["messages"]),
        )
        if not tokens_read or len(text) < SHORT_PROMPT or tokens_read * 4 > len(text):
            return
        if tokens_read > MIN_SHARE_READ * (least := min_token_count(text)):
            return
        problem = (
            f"the server read {response.usage.input_tokens:,} tokens of a prompt of at least {least:,}: its context "
            "is too small (Ollama: raise num_ctx, or OLLAMA_CONTEXT_LENGTH; llama.cpp: --ctx-size), or send less"
        )
        if context.requirements.whole_prompt:
            raise InvalidReply(f"{context.unit}: {context.model}: {problem}")
        self._calls.notice(context, "prompt cut", problem)

    def _notice_oddities(self, context: CallContext, response: ChatResponse) -> None:
        """Say once what is odd about a reply that is kept all the same."""
        if response.side_text[1] and not response.content.strip():
            key = response.side_text[0]
            self._calls.notice(context, key, f"the replies stand in {key}, with no content; they are read from there")
        if (reason := response.finish_reason) not in ("", "stop", "length"):
            self._calls.notice(
                context, reason, f"finish_reason {reason!r} is not known here; what came with it is kept"
            )


def _premature_end(response: ChatResponse, reader: ReplyReader[Any]) -> str:
    """How a reply ended before its end, or ""."""
    if response.finish_reason == "length":
        return "cut off"
    return "ended within its reasoning" if reader.is_unfinished(response.content) else ""


def _misplaced_text_hint(response: ChatResponse) -> str:
    """Where text came instead, when there was no content."""
    key, text = response.side_text
    if response.content.strip() or not text:
        return ""
    return f" (there is text in {key}, where thoughts stand: switch the model's thinking off, or its parser of it)"


def _correction_turns(content: str, problem: str) -> list[Message]:
    request = f"This reply cannot be used. {problem} Send the whole reply again, corrected, and nothing else."
    return follow_up(_encodable(content), request)


def _encodable(content: str) -> str:
    """A reply as it can be sent back: half a character cannot."""
    return content.encode(errors="replace").decode()


def _item_correction_turns(content: str, parsed: Parsed[Any]) -> list[Message]:
    faults = "\n".join(f"- number {item.index + 1}: {item.problem}" for item in parsed.faulty)
    request = (
        f"These items of the reply cannot be used:\n{faults}\nSend these {len(parsed.faulty)} alone again, corrected, "
        f'in their order, as {{"{parsed.field}": [...]}}, and nothing else.'
    )
    return follow_up(_encodable(content), request)


def _build_reply(parsed: Parsed[T], context: CallContext, response: ChatResponse) -> Reply[T]:
    usages = [reply_usage.usage for reply_usage in context.reply_usages]
    costs = [usage.cost for usage in usages if usage.cost is not None]
    return Reply(
        value=parsed.value,
        model=context.model,
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        cost=sum(costs) if costs else None,
        replayed=context.replayed,
        finish_reason=response.finish_reason or "stop",
        dropped=parsed.faulty,
    )
