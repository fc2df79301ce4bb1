"""What a 200 holds: the reply's text, how it ended and what it used, as far as it can be read."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from groundwork.llm.endpoint.http_errors import (
    BrokenCall,
    CallFailed,
    choice_failure,
    failure_inside_200,
    failure_without_choices,
    has_error_message,
)

# How replies end, in the words of OpenAI, Anthropic, Gemini, Mistral, Cohere, DeepSeek, Zhipu, Bedrock, vLLM, Ollama.
CUT_OFF_REASONS = (
    "length",
    "max_tokens",
    "max_output_tokens",
    "max_completion_tokens",
    "model_length",
    "token_limit",
    "incomplete",
)
COMPLETE_REASONS = (
    "stop", "end_turn", "eos", "eos_token", "stop_sequence", "stop_token", "complete", "completed", "done", "end",
    "tool_calls", "tool_use", "tool_call", "function_call",
)  # fmt: skip


_COMPLETION_WRAPPERS = ("result", "data", "response")  # around a whole chat completion, by gateways
_THOUGHT_PART_TYPES = ("thinking", "reasoning", "redacted_thinking")  # of a content in parts


class Usage(msgspec.Struct, frozen=True):
    """What one call used: tokens, and USD where the endpoint says it."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None


class ChatResponse(msgspec.Struct, frozen=True):
    """One 200 as far as it could be read. `failure` is set when it holds no reply.

    `finish_reason` is "stop", "length", "" where none came, or the endpoint's own word that means neither. `side_text`:
    (place, text) of what stands where no reply belongs, such as "reasoning_content".
    """

    content: str = ""
    finish_reason: str = ""
    model: str = ""
    usage: Usage = Usage()
    failure: CallFailed | None = None
    side_text: tuple[str, str] = ("", "")


def read_response(response_body: bytes) -> ChatResponse:
    """The first choice of a chat completion that says anything, and its usage; never raises, whatever there is."""
    completion = decode_body(response_body)
    if completion is None:
        return ChatResponse(failure=BrokenCall(f"a 200 that is no JSON: {_body_excerpt(response_body)}"))
    if isinstance(completion, list) and len(completion) == 1:  # Gemini's errors come in a list
        completion = completion[0]
    if not isinstance(completion, dict):
        return ChatResponse(failure=BrokenCall(f"a 200 that is no object: {_body_excerpt(response_body)}"))
    completion = _unwrap_completion(completion)
    usage = _parse_usage(completion.get("usage") or _as_object(completion.get("x_groq")).get("usage"))
    best_choice = _best_choice(completion.get("choices"))
    if (completion_error := completion.get("error")) and (best_choice is None or has_error_message(completion_error)):
        return ChatResponse(usage=usage, failure=failure_inside_200(completion_error))
    if best_choice is None:
        return ChatResponse(usage=usage, failure=failure_without_choices(completion, _body_excerpt(response_body)))
    return _read_choice(best_choice, str(completion.get("model") or ""), usage)


def _read_choice(best_choice: dict[str, Any], model: str, usage: Usage) -> ChatResponse:
    choice_message = _choice_message(best_choice)
    response_text = _content_text(choice_message.get("content"))
    return ChatResponse(
        content=response_text,
        finish_reason=_finish_reason(best_choice),
        model=model,
        usage=usage,
        failure=choice_failure(best_choice, choice_message),
        side_text=("", "") if response_text.strip() else _side_text(choice_message),
    )


def _unwrap_completion(completion: dict[str, Any]) -> dict[str, Any]:
    """The chat completion that a gateway put into an object of its own, or `completion` itself."""
    wrapped_objects = (_as_object(completion.get(key)) for key in _COMPLETION_WRAPPERS)
    if "choices" in completion:
        return completion
    return next((wrapped_object for wrapped_object in wrapped_objects if "choices" in wrapped_object), completion)


def _as_object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def read_vectors_response(response_body: bytes, vector_count: int) -> tuple[list[list[float]], Usage]:
    """The vectors of an embeddings reply in the order of their texts. Raises CallFailed unless there are so many."""
    response_json = decode_body(response_body)
    if response_json is None:
        raise BrokenCall(f"a 200 that is no JSON: {_body_excerpt(response_body)}")
    if isinstance(response_json, dict) and (response_error := response_json.get("error")):
        raise failure_inside_200(response_error)
    try:
        response_entries = sorted(response_json["data"], key=lambda response_entry: response_entry["index"])
        embeddings = [entry["embedding"] for entry in response_entries]
        response_vectors = msgspec.convert(embeddings, list[list[float]], strict=False)
    except (TypeError, KeyError, msgspec.ValidationError) as response_error:
        raise BrokenCall(f"a 200 without embeddings: {_body_excerpt(response_body)}") from response_error
    if len(response_vectors) != vector_count or len({len(vector) for vector in response_vectors}) != 1:
        raise BrokenCall(f"{len(response_vectors)} embeddings for {vector_count} texts, or not all of one length")
    return response_vectors, _parse_usage(response_json.get("usage"))


def decode_body(response_body: bytes) -> Any:
    """The JSON of a body, a byte order mark, NaN, lone surrogates and a stream's events included; None where none.

    Comments before it are passed over, and so is what comes after the first object of a body that is more than JSON.
    """
    response_text = response_body.decode("utf-8-sig", errors="replace").strip()
    if response_text.startswith(("data:", "event:", ":")):
        event_lines = response_text.splitlines()
        response_text = "\n".join(line for line in event_lines if not line.startswith(":")).strip()
        if not response_text.startswith("{"):
            return join_events(*parse_events(event_lines))
    response_json = _decode_response_json(response_text.encode())
    return _decode_first_completion(response_text) if response_json is None else response_json


def _decode_first_completion(response_text: str) -> Any:
    """The object that `response_text` begins with, where it has choices or an error; else None."""
    try:
        first_object, _ = json.JSONDecoder().raw_decode(response_text)
    except (ValueError, RecursionError):
        return None
    is_response = isinstance(first_object, dict) and ("choices" in first_object or "error" in first_object)
    return first_object if is_response else None


def _decode_response_json(response_body: bytes) -> Any:
    try:
        return msgspec.json.decode(response_body)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        return json.loads(response_body.decode("utf-8-sig", errors="replace").strip())
    except (ValueError, RecursionError):
        return None


def parse_events(event_lines: list[str]) -> tuple[list[dict[str, Any]], bool]:
    """The JSON objects of server-sent events, and whether the stream says that it is over."""
    event_payloads = [event_line[5:].strip() for event_line in event_lines if event_line.startswith("data:")]
    stream_json = [_decode_response_json(payload.encode()) for payload in event_payloads]
    return [stream_chunk for stream_chunk in stream_json if isinstance(stream_chunk, dict)], "[DONE]" in event_payloads


def join_events(stream_chunks: list[dict[str, Any]], is_stream_over: bool) -> dict[str, Any] | None:
    """The chat completion that a stream's chunks are parts of; one of them with an error is all of it.

    None where the stream broke off: neither `is_stream_over` nor a finish_reason.
    """
    for stream_chunk in stream_chunks:
        if stream_chunk.get("error"):
            return stream_chunk
    model = next((stream_chunk["model"] for stream_chunk in stream_chunks if stream_chunk.get("model")), "")
    joined_completion: dict[str, Any] = {"model": model, "usage": None}
    message_texts: dict[str, list[str]] = {"content": [], "reasoning_content": [], "refusal": [], "arguments": []}
    finish_reason: Any = None
    for stream_chunk in stream_chunks:
        joined_completion["usage"] = stream_chunk.get("usage") or joined_completion["usage"]
        chunk_choices = stream_chunk.get("choices")
        chunk_choices = chunk_choices if isinstance(chunk_choices, list) else []
        if chunk_choice := next((c for c in chunk_choices if isinstance(c, dict) and not c.get("index")), None):
            finish_reason = chunk_choice.get("finish_reason") or finish_reason
            _append_delta(message_texts, _choice_message(chunk_choice))
    if finish_reason is None and not is_stream_over:
        return None
    joined_message = {name: "".join(text_pieces) or None for name, text_pieces in message_texts.items()}
    if tool_arguments := joined_message.pop("arguments"):
        joined_message["tool_calls"] = [{"function": {"arguments": tool_arguments}}]  # type: ignore[assignment]  # JSON of any kind
    return {**joined_completion, "choices": [{"index": 0, "finish_reason": finish_reason, "message": joined_message}]}


def _append_delta(message_texts: dict[str, list[str]], delta: dict[str, Any]) -> None:
    message_texts["content"].append(_content_text(delta.get("content")))
    message_texts["reasoning_content"].append(_content_text(delta.get("reasoning_content") or delta.get("reasoning")))
    message_texts["refusal"].append(_content_text(delta.get("refusal")))
    message_texts["arguments"].append(_tool_arguments(delta))


def _best_choice(choices: Any) -> dict[str, Any] | None:
    """The first choice with text, else the first."""
    valid_choices = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    readable_choices = [choice for choice in valid_choices if _choice_message(choice)]
    choices_with_text = (c for c in readable_choices if _content_text(_choice_message(c).get("content")).strip())
    return next(choices_with_text, next(iter(readable_choices), None))


def _choice_message(choice: dict[str, Any]) -> dict[str, Any]:
    for message_key in ("message", "delta"):
        if isinstance(choice_message := choice.get(message_key), dict):
            return choice_message or {"content": ""}
    return {"content": choice["text"]} if isinstance(choice.get("text"), str) else {}


def _finish_reason(choice: dict[str, Any]) -> str:
    """ "stop", "length", or the endpoint's own word."""
    finish_reason = str(choice.get("finish_reason") or "")
    finish_word = finish_reason.casefold().removeprefix("finish_reason_")
    if finish_word in CUT_OFF_REASONS or "context_window" in finish_word or "context_length" in finish_word:
        return "length"
    return "stop" if finish_word in COMPLETE_REASONS else finish_reason


def _side_text(choice_message: dict[str, Any]) -> tuple[str, str]:
    """(place, text) of what came beside an empty content."""
    for side_key in ("parsed", "reasoning_content", "reasoning", "thinking", "reasoning_details"):
        if side_text := _content_text(choice_message.get(side_key)):
            return side_key, side_text
    return ("a tool call", side_text) if (side_text := _tool_arguments(choice_message)) else ("", "")


def _tool_arguments(choice_message: dict[str, Any]) -> str:
    tool_calls = choice_message.get("tool_calls")
    function_call = {"function": choice_message.get("function_call")}
    tool_call = tool_calls[0] if isinstance(tool_calls, list) and tool_calls else function_call
    tool_function = tool_call.get("function") if isinstance(tool_call, dict) else None
    tool_arguments = tool_function.get("arguments") if isinstance(tool_function, dict) else None
    return json.dumps(tool_arguments) if isinstance(tool_arguments, dict) else _content_text(tool_arguments)


def _parse_usage(usage_json: Any) -> Usage:
    """By OpenAI's names, or those of its newer interface and Anthropic's."""
    if not isinstance(usage_json, dict):
        return Usage()
    prompt_token_details = usage_json.get("prompt_tokens_details") or usage_json.get("input_tokens_details")
    deepseek_cached_tokens = usage_json.get("prompt_cache_hit_tokens")
    cached_tokens = _as_object(prompt_token_details).get("cached_tokens") or deepseek_cached_tokens
    usage_cost = usage_json.get("cost")
    input_tokens = _token_count(usage_json.get("prompt_tokens", usage_json.get("input_tokens")))
    output_tokens = _token_count(usage_json.get("completion_tokens", usage_json.get("output_tokens")))
    # Gemini and xAI count thoughts in the total alone
    thought_tokens = _token_count(usage_json.get("total_tokens")) - input_tokens - output_tokens
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens + (max(0, thought_tokens) if input_tokens else 0),
        cached_tokens=_token_count(cached_tokens),
        # an object is Perplexity's
        cost=_non_negative_number(usage_cost.get("total_cost") if isinstance(usage_cost, dict) else usage_cost),
    )


def _non_negative_number(value: Any) -> float | None:
    """A finite number of 0 or more, also where it comes as a string; True is none."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else -1.0
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < float("inf") else None


def _token_count(value: Any) -> int:
    return min(int(_non_negative_number(value) or 0), 2**53)  # what SQLite and JSON both hold


def _content_text(message_content: Any) -> str:
    """The text of a content: of its parts but for thoughts, or the JSON that some send as an object."""
    if isinstance(message_content, list):
        return "".join(_part_text(content_part) for content_part in message_content)
    if isinstance(message_content, dict):
        is_part = "type" in message_content or "text" in message_content
        return _part_text(message_content) if is_part else json.dumps(message_content)
    return message_content if isinstance(message_content, str) else ""


def _part_text(content_part: Any) -> str:
    if not isinstance(content_part, dict):
        return content_part if isinstance(content_part, str) else ""
    part_text = "" if content_part.get("type") in _THOUGHT_PART_TYPES else content_part.get("text")
    return str((part_text.get("value") if isinstance(part_text, dict) else part_text) or "")


def _body_excerpt(response_body: bytes) -> str:
    return repr(response_body[:80].decode(errors="replace"))


def mark_cut_off(response: ChatResponse, reply_limit: int) -> ChatResponse:
    """A reply without a finish_reason that filled its room was cut off."""
    if response.finish_reason or not 0 < reply_limit <= response.usage.output_tokens:
        return response
    return msgspec.structs.replace(response, finish_reason="length")
