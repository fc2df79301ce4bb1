"""What a 200 holds: the reply's text, how it ended and what it used, as far as it can be read."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from groundwork.llm.endpoint.call_failures import BrokenCall, CallFailed, ReplyBlocked, classify_failure

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


def read_response(body: bytes) -> ChatResponse:
    """The first choice of a chat completion that says anything, and its usage; never raises, whatever `body` holds."""
    content = decode_body(body)
    if content is None:
        return ChatResponse(failure=BrokenCall(f"a 200 that is no JSON: {_excerpt(body)}"))
    if isinstance(content, list) and len(content) == 1:  # Gemini's errors come in a list
        content = content[0]
    if not isinstance(content, dict):
        return ChatResponse(failure=BrokenCall(f"a 200 that is no object: {_excerpt(body)}"))
    usage = _parse_usage(content.get("usage"))
    choice = _best_choice(content.get("choices"))
    if (error := content.get("error")) and (choice is None or _has_message(error)):
        return ChatResponse(usage=usage, failure=classify_failure(200, {}, error))
    if choice is None:
        return ChatResponse(usage=usage, failure=BrokenCall("a 200 without choices"))
    message = _choice_message(choice)
    text = _content_text(message.get("content"))
    return ChatResponse(
        content=text,
        finish_reason=_finish_reason(choice),
        model=str(content.get("model") or ""),
        usage=usage,
        failure=_choice_failure(choice, message),
        side_text=("", "") if text.strip() else _side_text(message),
    )


def read_vectors(body: bytes, count: int) -> tuple[list[list[float]], Usage]:
    """The vectors of an embeddings reply in the order of their texts. Raises CallFailed unless there are `count`."""
    content = decode_body(body)
    if content is None:
        raise BrokenCall(f"a 200 that is no JSON: {_excerpt(body)}")
    if isinstance(content, dict) and (error := content.get("error")):
        raise classify_failure(200, {}, error)
    try:
        entries = sorted(content["data"], key=lambda entry: entry["index"])
        vectors = [msgspec.convert(entry["embedding"], list[float], strict=False) for entry in entries]
    except (TypeError, KeyError, msgspec.ValidationError) as error:
        raise BrokenCall(f"a 200 without embeddings: {_excerpt(body)}") from error
    if len(vectors) != count or len({len(vector) for vector in vectors}) != 1:
        raise BrokenCall(f"{len(vectors)} embeddings for {count} texts, or not all of one length")
    return vectors, _parse_usage(content.get("usage"))


def decode_body(body: bytes) -> Any:
    """The JSON of a body, a byte order mark, NaN, lone surrogates and a stream's events included; None where none."""
    text = body.decode("utf-8-sig", errors="replace").strip()
    if text.startswith(("data:", "event:", ":")):
        return join_events(*parse_events(text.splitlines()))
    return _decode_json(body)


def _decode_json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        return json.loads(body.decode("utf-8-sig", errors="replace").strip())
    except (ValueError, RecursionError):
        return None


def parse_events(lines: list[str]) -> tuple[list[dict[str, Any]], bool]:
    """The JSON objects of server-sent events, and whether the stream says that it is over."""
    payloads = [payload[5:].strip() for payload in lines if payload.startswith("data:")]
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
    texts: dict[str, list[str]] = {"content": [], "reasoning_content": [], "refusal": [], "arguments": []}
    finish_reason: Any = None
    for chunk in chunks:
        merged["usage"] = chunk.get("usage") or merged["usage"]
        choices = chunk.get("choices")
        choices = choices if isinstance(choices, list) else []
        if choice := next((c for c in choices if isinstance(c, dict) and not c.get("index")), None):
            finish_reason = choice.get("finish_reason") or finish_reason
            _append_delta(texts, _choice_message(choice))
    if finish_reason is None and not is_over:
        return None
    message = {name: "".join(pieces) or None for name, pieces in texts.items()}
    if arguments := message.pop("arguments"):
        message["tool_calls"] = [{"function": {"arguments": arguments}}]  # type: ignore[assignment]  # JSON of any kind
    return {**merged, "choices": [{"index": 0, "finish_reason": finish_reason, "message": message}]}


def _append_delta(texts: dict[str, list[str]], delta: dict[str, Any]) -> None:
    texts["content"].append(_content_text(delta.get("content")))
    texts["reasoning_content"].append(_content_text(delta.get("reasoning_content") or delta.get("reasoning")))
    texts["refusal"].append(_content_text(delta.get("refusal")))
    texts["arguments"].append(_tool_arguments(delta))


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
    for key in ("reasoning_content", "reasoning"):
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
    if not isinstance(usage, dict):
        return Usage()
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return Usage(
        input_tokens=_token_count(usage.get("prompt_tokens")),
        output_tokens=_token_count(usage.get("completion_tokens")),
        cached_tokens=_token_count(cached),
        cost=_non_negative(usage.get("cost")),
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
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _excerpt(body: bytes) -> str:
    return repr(body[:80].decode(errors="replace"))
