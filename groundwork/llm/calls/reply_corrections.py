"""Replies that can be used: what is wrong with one is shown to the model, and what was cut off is asked for once more.

A reply that cannot be used gets one correction turn, then one fresh draw; of a list with faulty items those alone are
asked for again.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

from groundwork.errors import InvalidReply, UnitError
from groundwork.llm.calls.call_runner import CallRunner
from groundwork.llm.calls.costs_and_budget import CallContext, min_token_count
from groundwork.llm.endpoint.chat_response import ChatResponse
from groundwork.llm.endpoint.request_body_parameters import Json, limit_parameter, token_limit
from groundwork.llm.prompt_templates import Message, follow_up_turns, text_of_turns
from groundwork.llm.replies.reply_schema import FaultyItem, Parsed, ReplyReader, UnusableReply
from groundwork.message_wording import counted

T = TypeVar("T")
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


class ReplyCorrector:
    """Asks by a `CallRunner` until a reply can be used, at most three times."""

    def __init__(self, uncorrected_calls: CallRunner) -> None:
        self._uncorrected_calls = uncorrected_calls

    async def ask_and_correct(
        self, reply_context: CallContext, request_body: Json, reply_reader: ReplyReader[T]
    ) -> Reply[T]:
        """As asked; then, where that cannot be used, with the error shown; then drawn afresh."""
        reply_problems: list[str] = []
        reply_request, draw, ask_count = request_body, 0, 0
        while ask_count < 3:
            uncorrected_reply = await self._ask_for_complete_reply(reply_context, reply_request, draw, reply_reader)
            ask_count += 1
            try:
                parsed_reply = reply_reader.parse(uncorrected_reply.content, uncorrected_reply.side_text[1])
                if parsed_reply.faulty:
                    ask_count += 1
                    parsed_reply = await self._correct_faulty_items(
                        reply_context, reply_request, reply_reader, parsed_reply, uncorrected_reply
                    )
                self._notice_odd_replies(reply_context, uncorrected_reply)
                return _build_reply(parsed_reply, reply_context, uncorrected_reply)
            except UnusableReply as reply_problem:
                reply_problems.append(str(reply_problem))
            if ask_count == 1 and uncorrected_reply.content.strip():
                correction_turns = _correction_turns(uncorrected_reply.content, reply_problems[0])
                reply_request = _with_turns(request_body, correction_turns)
            else:
                reply_request, draw = request_body, draw + 1
        raise InvalidReply(
            f"{reply_context.unit}: {reply_context.model}: no usable reply in {counted(ask_count, 'call')}; "
            f"{' / '.join(dict.fromkeys(reply_problems))}{_misplaced_text_hint(uncorrected_reply)}"
        )

    async def _correct_faulty_items(
        self,
        reply_context: CallContext,
        reply_request: Json,
        reply_reader: ReplyReader[T],
        parsed_reply: Parsed[T],
        uncorrected_reply: ChatResponse,
    ) -> Parsed[T]:
        """Ask once for the faulty items alone. Raises UnusableReply where some stay faulty and none may be left out."""
        correction_request = _with_turns(reply_request, _item_correction_turns(uncorrected_reply.content, parsed_reply))
        correction_reply = await self._ask_for_complete_reply(reply_context, correction_request, 0, reply_reader)
        corrected_items = correction_reply.content or correction_reply.side_text[1]
        corrected_reply = reply_reader.replace_faulty_items(parsed_reply, corrected_items)
        if corrected_reply.faulty and not reply_context.requirements.partial:
            raise UnusableReply(
                f"{len(corrected_reply.faulty)} items do not fit the schema: {corrected_reply.faulty[0].problem}."
            )
        reply_reader.check(corrected_reply.value)
        return corrected_reply

    async def _ask_for_complete_reply(
        self, reply_context: CallContext, request_body: Json, draw: int, reply_reader: ReplyReader[T]
    ) -> ChatResponse:
        """A reply that ended by itself; one that did not is asked for once more with twice the room."""
        uncorrected_reply = await self._uncorrected_calls.reply(reply_context, request_body, draw)
        self._check_reply_read_prompt(reply_context, request_body, uncorrected_reply)
        if not (premature_end := _premature_reply_end(uncorrected_reply, reply_reader)):
            return uncorrected_reply
        longer_reply_request = {**request_body, limit_parameter(request_body): 2 * token_limit(request_body)}
        reply_limit = self._uncorrected_calls.reply_limit(reply_context, request_body)
        cut_off_message = (
            f"{reply_context.unit}: {reply_context.model}: {premature_end} at {counted(reply_limit, 'token')}"
        )
        try:
            reply_context.cut_off_at = reply_limit
            uncorrected_reply = await self._uncorrected_calls.reply(reply_context, longer_reply_request, draw)
        except UnitError as error:
            if type(error) is not UnitError:  # filtered, or lost on the way
                raise
            raise InvalidReply(f"{cut_off_message}, and a higher limit is refused: {error}") from error
        finally:
            reply_context.cut_off_at = 0
        if _premature_reply_end(uncorrected_reply, reply_reader):
            higher_limit = self._uncorrected_calls.reply_limit(reply_context, longer_reply_request)
            is_cut_in_reasoning = premature_end != "cut off" or bool(uncorrected_reply.side_text[1])
            raise InvalidReply(
                f"{cut_off_message} and again at {higher_limit}; raise max_tokens of {reply_context.stage}, or ask for "
                "less at once"
                + "; its reasoning uses up the limit: lower reasoning_effort, or switch them off"
                * is_cut_in_reasoning
            )
        return uncorrected_reply

    def _check_reply_read_prompt(
        self, reply_context: CallContext, request_body: Json, uncorrected_reply: ChatResponse
    ) -> None:
        """Raise or warn where the server read far less than it was sent: its context is too small for the prompt."""
        prompt_tokens_read = uncorrected_reply.usage.input_tokens + uncorrected_reply.usage.cached_tokens
        asked_text = text_of_turns(request_body["messages"])
        prompt_length = len(asked_text)
        if not prompt_tokens_read or prompt_length < SHORT_PROMPT_LENGTH or prompt_tokens_read * 4 > prompt_length:
            return
        if prompt_tokens_read > MIN_SHARE_OF_PROMPT_READ * (min_prompt_tokens := min_token_count(asked_text)):
            return
        prompt_reading_problem = (
            f"the server read {counted(uncorrected_reply.usage.input_tokens, 'token')} of a prompt of at least "
            f"{min_prompt_tokens:,}: its context is too small (Ollama: raise num_ctx, or OLLAMA_CONTEXT_LENGTH; "
            "llama.cpp: --ctx-size), or send less"
        )
        if reply_context.requirements.whole_prompt:
            raise InvalidReply(f"{reply_context.unit}: {reply_context.model}: {prompt_reading_problem}")
        self._uncorrected_calls.notice(reply_context, "prompt cut", prompt_reading_problem)

    def _notice_odd_replies(self, reply_context: CallContext, uncorrected_reply: ChatResponse) -> None:
        """Say once what is odd about a reply that is kept all the same."""
        if uncorrected_reply.side_text[1] and not uncorrected_reply.content.strip():
            side_place = uncorrected_reply.side_text[0]
            self._uncorrected_calls.notice(
                reply_context,
                side_place,
                f"the replies stand in {side_place}, with no content; they are read from there",
            )
        if (finish_reason := uncorrected_reply.finish_reason) not in ("", "stop", "length"):
            self._uncorrected_calls.notice(
                reply_context,
                finish_reason,
                f"finish_reason {finish_reason!r} is not known here; what came with it is kept",
            )


def _premature_reply_end(uncorrected_reply: ChatResponse, reply_reader: ReplyReader[Any]) -> str:
    """How a reply ended before its end, or ""."""
    if uncorrected_reply.finish_reason == "length":
        return "cut off"
    return "ended within its reasoning" if reply_reader.is_unfinished(uncorrected_reply.content) else ""


def _misplaced_text_hint(uncorrected_reply: ChatResponse) -> str:
    """Where text came instead, when there was no content."""
    side_place, side_text = uncorrected_reply.side_text
    if uncorrected_reply.content.strip() or not side_text:
        return ""
    return (
        f" (there is text in {side_place}, where thoughts stand: switch the model's thinking off, or its parser of it)"
    )


def _with_turns(request_body: Json, correction_turns: list[Message]) -> Json:
    return {**request_body, "messages": [*request_body["messages"], *correction_turns]}


def _correction_turns(uncorrected_text: str, reply_problem: str) -> list[Message]:
    correction_request = (
        f"This reply cannot be used. {reply_problem} Send the whole reply again, corrected, and nothing else."
    )
    return follow_up_turns(_encodable_reply(uncorrected_text), correction_request)


def _encodable_reply(uncorrected_text: str) -> str:
    """A reply as it can be sent back: half a character cannot."""
    return uncorrected_text.encode(errors="replace").decode()


def _item_correction_turns(uncorrected_text: str, parsed_reply: Parsed[Any]) -> list[Message]:
    item_faults = "\n".join(f"- number {item.index + 1}: {item.problem}" for item in parsed_reply.faulty)
    correction_request = (
        f"These items of the reply cannot be used:\n{item_faults}\nSend these {len(parsed_reply.faulty)} alone again, "
        f'corrected, in their order, as {{"{parsed_reply.field}": [...]}}, and nothing else.'
    )
    return follow_up_turns(_encodable_reply(uncorrected_text), correction_request)


def _build_reply(parsed_reply: Parsed[T], reply_context: CallContext, uncorrected_reply: ChatResponse) -> Reply[T]:
    reply_usage = reply_context.total_usage()
    return Reply(
        value=parsed_reply.value,
        model=reply_context.model,
        input_tokens=reply_usage.input_tokens,
        output_tokens=reply_usage.output_tokens,
        cached_tokens=reply_usage.cached_tokens,
        cost=reply_usage.cost,
        replayed=reply_context.replayed,
        finish_reason=uncorrected_reply.finish_reason or "stop",
        dropped=parsed_reply.faulty,
    )
