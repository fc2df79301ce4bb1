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
from groundwork.llm.calls.call_retries import CallRunner, RunControls
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.calls.tokens_costs_and_budget import CallContext, Price, message_text, min_token_count
from groundwork.llm.calls.tokens_costs_and_budget import UsageRow as UsageRow
from groundwork.llm.endpoint.endpoint_key_and_connection import Endpoint
from groundwork.llm.endpoint.request_body_parameters import Json, chat_request_body, limit_parameter, token_limit
from groundwork.llm.endpoint.response_choices_and_usage import ChatResponse
from groundwork.llm.prompt_templates_and_turns import follow_up_turns
from groundwork.llm.replies.reply_schema_and_items import (
    FaultyItem,
    Parsed,
    ReplyReader,
    ReplyRequirements,
    UnusableReply,
)
from groundwork.llm.reply_journal_and_segments import FROM_START, Journal
from groundwork.settings.config_schema import LLM, Embeddings, ModelCall

T = TypeVar("T")
Message = dict[str, Any]
SHORT_PROMPT_LENGTH = 8_000  # characters; a prompt that fits into any context
MIN_SHARE_OF_PROMPT_READ = 0.8  # of the fewest tokens that a prompt can be: below it the server did not read all of it


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
        self._client_calls = CallRunner(self._journal, controls or RunControls())
        self._endpoints: dict[str, Endpoint] = {}

    @property
    def in_flight(self) -> int:
        """How many calls were sent and are not answered yet."""
        return self._client_calls.in_flight

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
        endpoint = self._provider_endpoint(call.provider)
        requirements = schema if isinstance(schema, ReplyRequirements) else ReplyRequirements(schema)
        request_body = chat_request_body(endpoint.settings, call, messages, requirements.schema_sent)
        call_limiter = self._client_calls.limiter(endpoint, call.model)
        context = CallContext(endpoint, call_limiter, call.model, stage, unit, sample, self._since)
        context.remaining_characters, context.requirements = remaining_characters, requirements
        # without replies, in whose JSON "\\n" is no command
        prompt_turns = [message for message in messages if message["role"] != "assistant"]
        reply_reader = ReplyReader(requirements.schema, requirements.check, message_text(prompt_turns))
        return await self._replay_or_ask(context, request_body, reply_reader)

    async def _replay_or_ask(self, context: CallContext, request_body: Json, reply_reader: ReplyReader[T]) -> Reply[T]:
        """The reply, stored or new; where all of it is replayed from an earlier run that failed, it is drawn anew."""
        try:
            return await self._ask_repeatedly(context, request_body, reply_reader)
        except InvalidReply:
            if not context.replayed:
                raise
        context.since = self._journal.end_position()
        return await self._ask_repeatedly(context, request_body, reply_reader)

    async def embed(
        self, call: Embeddings, texts: list[str], *, stage: str = "embed", unit: str = "vectors"
    ) -> list[list[float]]:
        """One vector for each of `texts`, in their order, by the endpoint's /embeddings. Raises like `ask`."""
        endpoint = self._provider_endpoint(call.provider)
        if endpoint.dialect == "local":
            raise ConfigError(['embeddings.provider: the local model makes no embeddings; use backend "static"'])
        context = CallContext(endpoint, self._client_calls.limiter(endpoint, call.model), call.model, stage, unit)
        text_batches = [texts[start : start + call.batch] for start in range(0, len(texts), call.batch)]
        vectors = await gather_all(self._client_calls.vectors(context, text_batch) for text_batch in text_batches)
        return [vector for text_batch in vectors for vector in text_batch]

    async def price(self, call: ModelCall) -> Price | None:
        """USD a prompt and a completion token of the call's model; None where its endpoint names no price."""
        return await self._client_calls.price(self._provider_endpoint(call.provider), call.model)

    def report(self) -> list[UsageRow]:
        """What this client's calls used, by stage, model and unit, in the order of their first call."""
        return list(self._client_calls.rows.values())

    async def close(self) -> None:
        """Close every endpoint (and the local model) and the journal."""
        await self._client_calls.close()
        await asyncio.gather(*(endpoint.close() for endpoint in self._endpoints.values()))
        self._journal.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _provider_endpoint(self, provider_name: str) -> Endpoint:
        if provider_name not in self._endpoints:
            provider_settings = self._settings.providers[provider_name] if provider_name else self._settings
            self._endpoints[provider_name] = Endpoint(provider_settings, self._settings.local, self._env)
        return self._endpoints[provider_name]

    async def _ask_repeatedly(self, context: CallContext, request_body: Json, reply_reader: ReplyReader[T]) -> Reply[T]:
        """As asked; then, where that cannot be used, with the error shown; then drawn afresh."""
        reply_problems: list[str] = []
        asked_request, draw, ask_count = request_body, 0, 0
        while ask_count < 3:
            chat_response = await self._complete_reply(context, asked_request, draw, reply_reader)
            ask_count += 1
            try:
                parsed_reply = reply_reader.parse(chat_response.content, chat_response.side_text[1])
                if parsed_reply.faulty:
                    ask_count += 1
                    parsed_reply = await self._correct_items(
                        context, asked_request, reply_reader, parsed_reply, chat_response
                    )
                self._notice_odd_replies(context, chat_response)
                return _build_reply(parsed_reply, context, chat_response)
            except UnusableReply as reply_problem:
                reply_problems.append(str(reply_problem))
            if ask_count == 1 and chat_response.content.strip():
                correction_turns = _correction_turns(chat_response.content, reply_problems[0])
                asked_request = {**request_body, "messages": [*request_body["messages"], *correction_turns]}
            else:
                asked_request, draw = request_body, draw + 1
        raise InvalidReply(
            f"{context.unit}: {context.model}: no usable reply in {ask_count} calls; "
            f"{' / '.join(dict.fromkeys(reply_problems))}{_misplaced_text_hint(chat_response)}"
        )

    async def _correct_items(
        self,
        context: CallContext,
        asked_request: Json,
        reply_reader: ReplyReader[T],
        parsed_reply: Parsed[T],
        chat_response: ChatResponse,
    ) -> Parsed[T]:
        """Ask once for the faulty items alone. Raises UnusableReply where some stay faulty and none may be left out."""
        correction_request = {
            **asked_request,
            "messages": [*asked_request["messages"], *_item_correction_turns(chat_response.content, parsed_reply)],
        }
        correction_reply = await self._complete_reply(context, correction_request, 0, reply_reader)
        corrected_reply = reply_reader.merge_corrections(
            parsed_reply, correction_reply.content or correction_reply.side_text[1]
        )
        if corrected_reply.faulty and not context.requirements.partial:
            raise UnusableReply(
                f"{len(corrected_reply.faulty)} items do not fit the schema: {corrected_reply.faulty[0].problem}."
            )
        reply_reader.check(corrected_reply.value)
        return corrected_reply

    async def _complete_reply(
        self, context: CallContext, request_body: Json, draw: int, reply_reader: ReplyReader[T]
    ) -> ChatResponse:
        """A reply that ended by itself; one that did not is asked for once more with twice the room."""
        chat_response = await self._client_calls.reply(context, request_body, draw)
        self._check_prompt_was_read(context, request_body, chat_response)
        if not (premature_end := _premature_reply_end(chat_response, reply_reader)):
            return chat_response
        longer_request = {**request_body, limit_parameter(request_body): 2 * token_limit(request_body)}
        reply_limit = self._client_calls.reply_limit(context, request_body)
        cut_off_message = f"{context.unit}: {context.model}: {premature_end} at {reply_limit} tokens"
        try:
            context.cut_off_at = reply_limit
            chat_response = await self._client_calls.reply(context, longer_request, draw)
        except UnitError as error:
            if type(error) is not UnitError:  # filtered, or lost on the way
                raise
            raise InvalidReply(f"{cut_off_message}, and a higher limit is refused: {error}") from error
        finally:
            context.cut_off_at = 0
        if _premature_reply_end(chat_response, reply_reader):
            is_cut_in_reasoning = premature_end != "cut off" or bool(chat_response.side_text[1])
            raise InvalidReply(
                f"{cut_off_message} and again at {self._client_calls.reply_limit(context, longer_request)}; "
                f"raise max_tokens of {context.stage}, or ask for less at once"
                + (
                    "; its reasoning uses up the limit: lower reasoning_effort, or switch them off"
                    * is_cut_in_reasoning
                )
            )
        return chat_response

    def _check_prompt_was_read(self, context: CallContext, request_body: Json, chat_response: ChatResponse) -> None:
        """Raise or warn where the server read far less than it was sent: its context is too small for the prompt."""
        prompt_tokens_read = chat_response.usage.input_tokens + chat_response.usage.cached_tokens
        prompt_text = message_text(request_body["messages"])
        prompt_length = len(prompt_text)
        if not prompt_tokens_read or prompt_length < SHORT_PROMPT_LENGTH or prompt_tokens_read * 4 > prompt_length:
            return
        if prompt_tokens_read > MIN_SHARE_OF_PROMPT_READ * (min_prompt_tokens := min_token_count(prompt_text)):
            return
        prompt_problem = (
            f"the server read {chat_response.usage.input_tokens:,} tokens of a prompt of at least "
            f"{min_prompt_tokens:,}: its context is too small (Ollama: raise num_ctx, or OLLAMA_CONTEXT_LENGTH; "
            "llama.cpp: --ctx-size), or send less"
        )
        if context.requirements.whole_prompt:
            raise InvalidReply(f"{context.unit}: {context.model}: {prompt_problem}")
        self._client_calls.notice(context, "prompt cut", prompt_problem)

    def _notice_odd_replies(self, context: CallContext, chat_response: ChatResponse) -> None:
        """Say once what is odd about a reply that is kept all the same."""
        if chat_response.side_text[1] and not chat_response.content.strip():
            side_place = chat_response.side_text[0]
            self._client_calls.notice(
                context, side_place, f"the replies stand in {side_place}, with no content; they are read from there"
            )
        if (finish_reason := chat_response.finish_reason) not in ("", "stop", "length"):
            self._client_calls.notice(
                context, finish_reason, f"finish_reason {finish_reason!r} is not known here; what came with it is kept"
            )


def _premature_reply_end(chat_response: ChatResponse, reply_reader: ReplyReader[Any]) -> str:
    """How a reply ended before its end, or ""."""
    if chat_response.finish_reason == "length":
        return "cut off"
    return "ended within its reasoning" if reply_reader.is_unfinished(chat_response.content) else ""


def _misplaced_text_hint(chat_response: ChatResponse) -> str:
    """Where text came instead, when there was no content."""
    side_place, side_text = chat_response.side_text
    if chat_response.content.strip() or not side_text:
        return ""
    return (
        f" (there is text in {side_place}, where thoughts stand: switch the model's thinking off, or its parser of it)"
    )


def _correction_turns(reply_content: str, reply_problem: str) -> list[Message]:
    correction_request = (
        f"This reply cannot be used. {reply_problem} Send the whole reply again, corrected, and nothing else."
    )
    return follow_up_turns(_encodable_reply(reply_content), correction_request)


def _encodable_reply(reply_content: str) -> str:
    """A reply as it can be sent back: half a character cannot."""
    return reply_content.encode(errors="replace").decode()


def _item_correction_turns(reply_content: str, parsed_reply: Parsed[Any]) -> list[Message]:
    item_faults = "\n".join(
        f"- number {faulty_item.index + 1}: {faulty_item.problem}" for faulty_item in parsed_reply.faulty
    )
    correction_request = (
        f"These items of the reply cannot be used:\n{item_faults}\nSend these {len(parsed_reply.faulty)} alone again, "
        f'corrected, in their order, as {{"{parsed_reply.field}": [...]}}, and nothing else.'
    )
    return follow_up_turns(_encodable_reply(reply_content), correction_request)


def _build_reply(parsed_reply: Parsed[T], context: CallContext, chat_response: ChatResponse) -> Reply[T]:
    usage = context.total_usage()
    return Reply(
        value=parsed_reply.value,
        model=context.model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        cost=usage.cost,
        replayed=context.replayed,
        finish_reason=chat_response.finish_reason or "stop",
        dropped=parsed_reply.faulty,
    )
