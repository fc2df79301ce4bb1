"""What a 200 holds: the reply's text, how it ended and what it used, as far as it can be read."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from groundwork.llm.call_failures import Blocked, Broken, CallFailed, trouble_of

# How replies end, in the words of OpenAI, Anthropic, Gemini, Mistral, Cohere, DeepSeek, Zhipu, Bedrock, vLLM, Ollama.
CUT = (
    "length",
    "max_tokens",
    "max_output_tokens",
    "max_completion_tokens",
    "model_length",
    "token_limit",
    "incomplete",
)
FILTERED = (
    "content_filter", "content_filtered", "safety", "recitation", "blocklist", "prohibited_content", "spii", "refusal",
    "image_safety", "sensitive", "guardrail_intervened", "moderation", "flagged", "blocked",
)  # fmt: skip
FAILED = ("error", "network_error", "insufficient_system_resource", "abort", "aborted", "cancelled", "failed", "load")
WHOLE = (
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
    """One 200 as far as it could be read. `trouble` is set when it holds no reply.

    `finish_reason` is "stop", "length", "" where none came, or the endpoint's own word that means neither. `aside`:
    (place, text) of what stands where no reply belongs, such as "reasoning_content".
    """

    content: str = ""
    finish_reason: str = ""
    model: str = ""
    usage: Usage = Usage()
    trouble: CallFailed | None = None
    aside: tuple[str, str] = ("", "")


def read_response(body: bytes) -> ChatResponse:
    """The first choice of a chat completion that says anything, and its usage; never raises, whatever `body` holds."""
    content = decoded_body(body)
    if content is None:
        return ChatResponse(trouble=Broken(f"a 200 that is no JSON: {_glimpse(body)}"))
    if isinstance(content, list) and len(content) == 1:  # Gemini's errors come in a list
        content = content[0]
    if not isinstance(content, dict):
        return ChatResponse(trouble=Broken(f"a 200 that is no object: {_glimpse(body)}"))
    usage = _usage(content.get("usage"))
    choice = _choice(content.get("choices"))
    if (error := content.get("error")) and (choice is None or _is_said(error)):
        return ChatResponse(usage=usage, trouble=trouble_of(200, {}, error))
    if choice is None:
        return ChatResponse(usage=usage, trouble=Broken("a 200 without choices"))
    message = _message(choice)
    text = _text(message.get("content"))
    return ChatResponse(
        content=text,
        finish_reason=_ending(choice),
        model=str(content.get("model") or ""),
        usage=usage,
        trouble=_choice_trouble(choice, message),
        aside=("", "") if text.strip() else _aside(message),
    )


def read_vectors(body: bytes, count: int) -> tuple[list[list[float]], Usage]:
    """The vectors of an embeddings reply in the order of their texts. Raises CallFailed unless there are `count`."""
    content = decoded_body(body)
    if content is None:
        raise Broken(f"a 200 that is no JSON: {_glimpse(body)}")
    if isinstance(content, dict) and (error := content.get("error")):
        raise trouble_of(200, {}, error)
    try:
        items = sorted(content["data"], key=lambda item: item["index"])
        vectors = [msgspec.convert(item["embedding"], list[float], strict=False) for item in items]
    except (TypeError, KeyError, msgspec.ValidationError) as error:
        raise Broken(f"a 200 without embeddings: {_glimpse(body)}") from error
    if len(vectors) != count or len({len(vector) for vector in vectors}) != 1:
        raise Broken(f"{len(vectors)} embeddings for {count} texts, or not all of one length")
    return vectors, _usage(content.get("usage"))


def decoded_body(body: bytes) -> Any:
    """The JSON of a body, a byte order mark, NaN, lone surrogates and a stream's events included; None where none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        pass
    text = body.decode("utf-8-sig", errors="replace").strip()
    if text.startswith(("data:", "event:", ":")):
        return join_events(*events(text.splitlines()))
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def events(lines: list[str]) -> tuple[list[dict[str, Any]], bool]:
    """The JSON objects of server-sent events, and whether the stream says that it is over."""
    data = [line[5:].strip() for line in lines if line.startswith("data:")]
    chunks = [chunk for line in data if isinstance(chunk := decoded_body(line.encode()), dict)]
    return chunks, "[DONE]" in data


def join_events(chunks: list[dict[str, Any]], done: bool) -> dict[str, Any] | None:
    """The chat completion that a stream's chunks are parts of; one of them with an error is all of it.

    None where the stream broke off: neither `done` nor a finish_reason.
    """
    for chunk in chunks:
        if chunk.get("error"):
            return chunk
    whole: dict[str, Any] = {"model": next((c["model"] for c in chunks if c.get("model")), ""), "usage": None}
    texts: dict[str, list[str]] = {"content": [], "reasoning_content": [], "refusal": [], "arguments": []}
    finish: Any = None
    for chunk in chunks:
        whole["usage"] = chunk.get("usage") or whole["usage"]
        choice = next((c for c in chunk.get("choices") or [] if isinstance(c, dict) and not c.get("index")), None)
        if choice:
            finish = choice.get("finish_reason") or finish
            _take(texts, _message(choice))
    if finish is None and not done:
        return None
    message = {name: "".join(parts) or None for name, parts in texts.items()}
    if arguments := message.pop("arguments"):
        message["tool_calls"] = [{"function": {"arguments": arguments}}]  # type: ignore[assignment]  # JSON of any kind
    return {**whole, "choices": [{"index": 0, "finish_reason": finish, "message": message}]}


def _take(texts: dict[str, list[str]], delta: dict[str, Any]) -> None:
    texts["content"].append(_text(delta.get("content")))
    texts["reasoning_content"].append(_text(delta.get("reasoning_content") or delta.get("reasoning")))
    texts["refusal"].append(_text(delta.get("refusal")))
    texts["arguments"].append(_arguments(delta))


def _is_said(error: Any) -> bool:
    """Whether an error beside a reply says anything: there are endpoints that send an empty one with each."""
    return bool(error.get("message") or error.get("code")) if isinstance(error, dict) else bool(str(error).strip())


def _choice(choices: Any) -> dict[str, Any] | None:
    """The first choice with text, else the first."""
    found = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    read = [choice for choice in found if _message(choice)]
    return next((choice for choice in read if _text(_message(choice).get("content")).strip()), next(iter(read), None))


def _message(choice: dict[str, Any]) -> dict[str, Any]:
    for name in ("message", "delta"):
        if isinstance(message := choice.get(name), dict):
            return message or {"content": ""}
    return {"content": choice["text"]} if isinstance(choice.get("text"), str) else {}


def _ending(choice: dict[str, Any]) -> str:
    """ "stop", "length", or the endpoint's own word."""
    own = str(choice.get("finish_reason") or "")
    word = own.casefold().removeprefix("finish_reason_")
    if word in CUT or "context_window" in word or "context_length" in word:
        return "length"
    return "stop" if word in WHOLE else own


def _choice_trouble(choice: dict[str, Any], message: dict[str, Any]) -> CallFailed | None:
    if error := choice.get("error"):
        return trouble_of(200, {}, error)
    word = str(choice.get("finish_reason") or "").casefold().removeprefix("finish_reason_")
    if word in FAILED:
        return Broken(f"finish_reason {word} ({choice.get('native_finish_reason') or 'no detail'})")
    if word.partition(":")[0].strip() in FILTERED:
        return Blocked(f"the provider's content filter stopped the reply ({choice.get('finish_reason')})")
    refusal = message.get("refusal")
    return Blocked(f"the model refused: {refusal}") if refusal else None


def _aside(message: dict[str, Any]) -> tuple[str, str]:
    """(place, text) of what came beside an empty content."""
    for name in ("reasoning_content", "reasoning"):
        if text := _text(message.get(name)):
            return name, text
    return ("a tool call", text) if (text := _arguments(message)) else ("", "")


def _arguments(message: dict[str, Any]) -> str:
    calls = message.get("tool_calls")
    first = calls[0] if isinstance(calls, list) and calls else {"function": message.get("function_call")}
    function = first.get("function") if isinstance(first, dict) else None
    arguments = function.get("arguments") if isinstance(function, dict) else None
    return json.dumps(arguments) if isinstance(arguments, dict) else _text(arguments)


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return Usage(
        input_tokens=_whole(usage.get("prompt_tokens")),
        output_tokens=_whole(usage.get("completion_tokens")),
        cached_tokens=_whole(cached),
        cost=_number(usage.get("cost")),
    )


def _number(value: Any) -> float | None:
    """A finite number of 0 or more, also where it comes as a string; True is none."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else -1.0
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < float("inf") else None


def _whole(value: Any) -> int:
    return min(int(_number(value) or 0), 2**53)  # what SQLite and JSON both hold


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _glimpse(body: bytes) -> str:
    return repr(body[:80].decode(errors="replace"))
