"""What a 200 holds: the reply's text, how it ended and what it used, as far as it can be read."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from groundwork.llm.endpoint.http_errors import BrokenCall, CallFailed, ReplyBlocked, classify_failure

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
FILTER_REASONS = (
    "content_filter", "content_filtered", "safety", "recitation", "blocklist", "prohibited_content", "spii", "refusal",
    "image_safety", "sensitive", "guardrail_intervened", "moderation", "flagged", "blocked",
)  # fmt: skip
FAILURE_REASONS = (
    "error", "network_error", "insufficient_system_resource", "abort", "aborted", "cancelled", "failed", "load",
)  # fmt: skip
COMPLETE_REASONS = (
    "stop", "end_turn", "eos", "eos_token", "stop_sequence", "stop_token", "complete", "completed", "done", "end",
    "tool_calls", "tool_use", "tool_call", "function_call",
)  # fmt: skip


_WRAPPERS = ("result", "data", "response")  # around a whole chat completion, by gateways
_MESSAGES = ("message", "detail", "error_msg", "msg")  # an error's, where there is no object for it
_THOUGHT_PARTS = ("thinking", "reasoning", "redacted_thinking")  # of a content in parts


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
        return ChatResponse(failure=BrokenCall(f"a 200 that is no JSON: {_excerpt(response_body)}"))
    if isinstance(completion, list) and len(completion) == 1:  # Gemini's errors come in a list
        completion = completion[0]
    if not isinstance(completion, dict):
        return ChatResponse(failure=BrokenCall(f"a 200 that is no object: {_excerpt(response_body)}"))
    completion = _unwrap_completion(completion)
    usage = _parse_usage(completion.get("usage") or _object(completion.get("x_groq")).get("usage"))
    choice = _best_choice(completion.get("choices"))
    if (error := completion.get("error")) and (choice is None or _has_message(error)):
        return ChatResponse(usage=usage, failure=classify_failure(200, {}, error))
    if choice is None:
        return ChatResponse(usage=usage, failure=_failure_without_choices(completion, response_body))
    message = _choice_message(choice)
    text = _content_text(message.get("content"))
    return ChatResponse(
        content=text,
        finish_reason=_finish_reason(choice),
        model=str(completion.get("model") or ""),
        usage=usage,
        failure=_choice_failure(choice, message),
        side_text=("", "") if text.strip() else _side_text(message),
    )


def _unwrap_completion(completion: dict[str, Any]) -> dict[str, Any]:
    """The chat completion that a gateway put into an object of its own, or `completion` itself."""
    inner = (_object(completion.get(key)) for key in _WRAPPERS)
    return completion if "choices" in completion else next((value for value in inner if "choices" in value), completion)


def _failure_without_choices(completion: dict[str, Any], response_body: bytes) -> CallFailed:
    """What an object without a reply says: some gateways put their errors beside where OpenAI has them."""
    errors = completion.get("errors")
    error = _object(errors[0]) if isinstance(errors, list) and errors else completion
    status = _object(completion.get("base_resp"))  # MiniMax
    message = next((error[key] for key in _MESSAGES if error.get(key)), status.get("status_msg"))
    if not message:
        return BrokenCall(f"a 200 without choices: {_excerpt(response_body)}")
    code = error.get("code") or error.get("error_code")
    return classify_failure(200, {}, {"code": code, "type": error.get("type"), "message": message})


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def read_vectors(response_body: bytes, vector_count: int) -> tuple[list[list[float]], Usage]:
    """The vectors of an embeddings reply in the order of their texts. Raises CallFailed unless there are so many."""
    embeddings_reply = decode_body(response_body)
    if embeddings_reply is None:
        raise BrokenCall(f"a 200 that is no JSON: {_excerpt(response_body)}")
    if isinstance(embeddings_reply, dict) and (error := embeddings_reply.get("error")):
        raise classify_failure(200, {}, error)
    try:
        embedding_entries = sorted(embeddings_reply["data"], key=lambda entry: entry["index"])
        vectors = [msgspec.convert(entry["embedding"], list[float], strict=False) for entry in embedding_entries]
    except (TypeError, KeyError, msgspec.ValidationError) as error:
        raise BrokenCall(f"a 200 without embeddings: {_excerpt(response_body)}") from error
    if len(vectors) != vector_count or len({len(vector) for vector in vectors}) != 1:
        raise BrokenCall(f"{len(vectors)} embeddings for {vector_count} texts, or not all of one length")
    return vectors, _parse_usage(embeddings_reply.get("usage"))


def decode_body(response_body: bytes) -> Any:
    """The JSON of a body, a byte order mark, NaN, lone surrogates and a stream's events included; None where none.

    Comments before it are passed over, and so is what comes after the first object of a body that is more than JSON.
    """
    text = response_body.decode("utf-8-sig", errors="replace").strip()
    if text.startswith(("data:", "event:", ":")):
        events = text.splitlines()
        text = "\n".join(line for line in events if not line.startswith(":")).strip()
        if not text.startswith("{"):
            return join_events(*parse_events(events))
    content = _decode_json(text.encode())
    return _decode_first_object(text) if content is None else content


def _decode_first_object(text: str) -> Any:
    """The object that `text` begins with, where it has choices or an error; else None."""
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and ("choices" in value or "error" in value) else None


def _decode_json(response_body: bytes) -> Any:
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
    payloads = [payload[5:].strip() for payload in event_lines if payload.startswith("data:")]
    chunks = [chunk for payload in payloads if isinstance(chunk := _decode_json(payload.encode()), dict)]
    return chunks, "[DONE]" in payloads


def join_events(chunks: list[dict[str, Any]], is_over: bool) -> dict[str, Any] | None:
    """The chat completion that a stream's chunks are parts of; one of them with an error is all of it.

    None where the stream broke off: neither `is_over` nor a finish_reason.
    """
    for chunk in chunks:
        if chunk.get("error"):
            return chunk
    merged: dict[str, Any] = {"model": next((c["model"] for c in chunks if c.get("model")), ""), "usage": None}
    message_texts: dict[str, list[str]] = {"content": [], "reasoning_content": [], "refusal": [], "arguments": []}
    finish_reason: Any = None
    for chunk in chunks:
        merged["usage"] = chunk.get("usage") or merged["usage"]
        choices = chunk.get("choices")
        choices = choices if isinstance(choices, list) else []
        if choice := next((c for c in choices if isinstance(c, dict) and not c.get("index")), None):
            finish_reason = choice.get("finish_reason") or finish_reason
            _append_delta(message_texts, _choice_message(choice))
    if finish_reason is None and not is_over:
        return None
    message = {name: "".join(pieces) or None for name, pieces in message_texts.items()}
    if arguments := message.pop("arguments"):
        message["tool_calls"] = [{"function": {"arguments": arguments}}]  # type: ignore[assignment]  # JSON of any kind
    return {**merged, "choices": [{"index": 0, "finish_reason": finish_reason, "message": message}]}


def _append_delta(message_texts: dict[str, list[str]], delta: dict[str, Any]) -> None:
    message_texts["content"].append(_content_text(delta.get("content")))
    message_texts["reasoning_content"].append(_content_text(delta.get("reasoning_content") or delta.get("reasoning")))
    message_texts["refusal"].append(_content_text(delta.get("refusal")))
    message_texts["arguments"].append(_tool_arguments(delta))


def _has_message(error: Any) -> bool:
    """Whether an error beside a reply says anything: there are endpoints that send an empty one with each."""
    return bool(error.get("message") or error.get("code")) if isinstance(error, dict) else bool(str(error).strip())


def _best_choice(choices: Any) -> dict[str, Any] | None:
    """The first choice with text, else the first."""
    valid_choices = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    readable = [choice for choice in valid_choices if _choice_message(choice)]
    with_text = (choice for choice in readable if _content_text(_choice_message(choice).get("content")).strip())
    return next(with_text, next(iter(readable), None))


def _choice_message(choice: dict[str, Any]) -> dict[str, Any]:
    for key in ("message", "delta"):
        if isinstance(message := choice.get(key), dict):
            return message or {"content": ""}
    return {"content": choice["text"]} if isinstance(choice.get("text"), str) else {}


def _finish_reason(choice: dict[str, Any]) -> str:
    """ "stop", "length", or the endpoint's own word."""
    reason = str(choice.get("finish_reason") or "")
    word = reason.casefold().removeprefix("finish_reason_")
    if word in CUT_OFF_REASONS or "context_window" in word or "context_length" in word:
        return "length"
    return "stop" if word in COMPLETE_REASONS else reason


def _choice_failure(choice: dict[str, Any], message: dict[str, Any]) -> CallFailed | None:
    if error := choice.get("error"):
        return classify_failure(200, {}, error)
    reason = str(choice.get("finish_reason") or "").casefold().removeprefix("finish_reason_")
    if reason in FAILURE_REASONS:
        return BrokenCall(f"finish_reason {reason} ({choice.get('native_finish_reason') or 'no detail'})")
    if reason.partition(":")[0].strip() in FILTER_REASONS:
        return ReplyBlocked(f"the provider's content filter stopped the reply ({choice.get('finish_reason')})")
    refusal = message.get("refusal")
    return ReplyBlocked(f"the model refused: {refusal}") if refusal else None


def _side_text(message: dict[str, Any]) -> tuple[str, str]:
    """(place, text) of what came beside an empty content."""
    for key in ("parsed", "reasoning_content", "reasoning", "thinking", "reasoning_details"):
        if text := _content_text(message.get(key)):
            return key, text
    return ("a tool call", text) if (text := _tool_arguments(message)) else ("", "")


def _tool_arguments(message: dict[str, Any]) -> str:
    calls = message.get("tool_calls")
    call = calls[0] if isinstance(calls, list) and calls else {"function": message.get("function_call")}
    function = call.get("function") if isinstance(call, dict) else None
    arguments = function.get("arguments") if isinstance(function, dict) else None
    return json.dumps(arguments) if isinstance(arguments, dict) else _content_text(arguments)


def _parse_usage(usage: Any) -> Usage:
    """By OpenAI's names, or those of its newer interface and Anthropic's."""
    if not isinstance(usage, dict):
        return Usage()
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    cached = _object(details).get("cached_tokens") or usage.get("prompt_cache_hit_tokens")  # DeepSeek
    cost = usage.get("cost")
    input_tokens = _token_count(usage.get("prompt_tokens", usage.get("input_tokens")))
    output_tokens = _token_count(usage.get("completion_tokens", usage.get("output_tokens")))
    thought_tokens = _token_count(usage.get("total_tokens")) - input_tokens - output_tokens  # Gemini, xAI: in none else
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens + (max(0, thought_tokens) if input_tokens else 0),
        cached_tokens=_token_count(cached),
        cost=_non_negative(cost.get("total_cost") if isinstance(cost, dict) else cost),  # Perplexity
    )


def _non_negative(value: Any) -> float | None:
    """A finite number of 0 or more, also where it comes as a string; True is none."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else -1.0
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < float("inf") else None


def _token_count(value: Any) -> int:
    return min(int(_non_negative(value) or 0), 2**53)  # what SQLite and JSON both hold


def _content_text(content: Any) -> str:
    """The text of a content: of its parts but for thoughts, or the JSON that some send as an object."""
    if isinstance(content, list):
        return "".join(_part_text(content_part) for content_part in content)
    if isinstance(content, dict):
        return _part_text(content) if "type" in content or "text" in content else json.dumps(content)
    return content if isinstance(content, str) else ""


def _part_text(content_part: Any) -> str:
    if not isinstance(content_part, dict):
        return content_part if isinstance(content_part, str) else ""
    text = "" if content_part.get("type") in _THOUGHT_PARTS else content_part.get("text")
    return str((text.get("value") if isinstance(text, dict) else text) or "")


def _excerpt(response_body: bytes) -> str:
    return repr(response_body[:80].decode(errors="replace"))


def mark_cut_off(response: ChatResponse, reply_limit: int) -> ChatResponse:
    """A reply without a finish_reason that filled its room was cut off."""
    if response.finish_reason or not 0 < reply_limit <= response.usage.output_tokens:
        return response
    return msgspec.structs.replace(response, finish_reason="length")
