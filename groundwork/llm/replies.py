"""What came back: the envelope around a reply, every way in which it can be none, and the value inside it.

CallFailed
├── Busy        429: the gate narrows, the call goes again and loses none of its tries
├── Broken      dropped, hung, 5xx, an HTML page, half a body, no choices: tried again up to llm.transport_retries
│   └── Unreachable   nobody listens there; when nobody ever did, the run stops
├── Rejected    400, 413, 422: this request is at fault, the next one may do
├── Blocked     a content filter or a refusal: recorded, not asked again
└── Refused     401, 402, 403, 404: every further call would meet the same, the run stops
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

import msgspec

T = TypeVar("T")


class CallFailed(Exception):
    """A call that brought no reply, and why; `retry_after` in seconds where the endpoint named it."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Busy(CallFailed):
    """Too many requests."""


class Broken(CallFailed):
    """Transport, or a reply that is none."""


class Unreachable(Broken):
    """No connection could be made."""


class Rejected(CallFailed):
    """This request cannot be answered as it is."""


class Blocked(CallFailed):
    """Content filter or refusal."""


class Refused(CallFailed):
    """Key, credit, rights or model."""


class Unusable(Exception):
    """A reply arrived and cannot be used; the message is what the correction turn tells the model."""


class Usage(msgspec.Struct, frozen=True):
    """What one call used: tokens, and USD where the endpoint says it."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None


class Envelope(msgspec.Struct, frozen=True):
    """One 200 as far as it could be read. `trouble` is set when it holds no reply."""

    content: str = ""
    finish_reason: str = ""
    model: str = ""
    usage: Usage = Usage()
    trouble: CallFailed | None = None


REMEDIES = {
    401: "the key is not accepted: check {key} in .env",
    402: "no credit is left: add some at the provider, then run again; what is finished is kept",
    403: "the key has no right to this model or provider: check the account's settings",
    404: "no such model, or no provider of it fits llm.routing: check the model's name",
}


def explain(refused: Refused, base_url: str, variable: str, model: str) -> str:
    """One line for a refusal: where, what the endpoint said, and what to do about it."""
    remedy = REMEDIES.get(int(str(refused)[:3]), "").format(key=variable or "llm.api_key_env")
    return f"{base_url} ({model}): {refused}; {remedy}"


def read_vectors(body: bytes, count: int) -> tuple[list[list[float]], Usage]:
    """The vectors of an embeddings reply in the order of their texts. Raises CallFailed unless there are `count`."""
    try:
        content = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise Broken(f"a 200 that is no JSON: {_glimpse(body)}") from None
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


def read_envelope(body: bytes) -> Envelope:
    """The first choice of a chat completion and its usage; never raises, whatever `body` holds."""
    try:
        content = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return Envelope(trouble=Broken(f"a 200 that is no JSON: {_glimpse(body)}"))
    if not isinstance(content, dict):
        return Envelope(trouble=Broken(f"a 200 that is no object: {_glimpse(body)}"))
    usage = _usage(content.get("usage"))
    if error := content.get("error"):
        return Envelope(usage=usage, trouble=trouble_of(200, {}, error))
    choices = content.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
        return Envelope(usage=usage, trouble=Broken("a 200 without choices"))
    return Envelope(
        content=_text(choice["message"].get("content")),
        finish_reason=str(choice.get("finish_reason") or ""),
        model=str(content.get("model") or ""),
        usage=usage,
        trouble=_choice_trouble(choice),
    )


def _choice_trouble(choice: dict[str, Any]) -> CallFailed | None:
    if error := choice.get("error"):
        return trouble_of(200, {}, error)
    match choice.get("finish_reason"):
        case "error":
            return Broken(f"finish_reason error ({choice.get('native_finish_reason') or 'no detail'})")
        case "content_filter":
            return Blocked("the provider's content filter stopped the reply")
    refusal = choice["message"].get("refusal")
    return Blocked(f"the model refused: {refusal}") if refusal else None


def trouble_of(status: int, headers: Mapping[str, str], error: Any) -> CallFailed:
    """The class of a failed call, by the HTTP status or by the code that an error inside a 200 names."""
    error = error if isinstance(error, dict) else {"message": str(error)}
    metadata = error.get("metadata") if isinstance(error.get("metadata"), dict) else {}
    code = status if status != 200 else _code(error.get("code"))
    message = f"{code}: {_message(error, metadata)}"
    wait = retry_after(headers, error)
    availability = error.get("availability")
    final = isinstance(availability, dict) and availability.get("retryable") is False
    if code == 429 and (
        final or error.get("code") == "insufficient_quota" or error.get("type") == "insufficient_quota"
    ):
        return Refused(f"402: {message}")
    if code == 429:
        return Busy(message, wait)
    if code == 403 and ("reasons" in metadata or "flagged_input" in metadata):
        return Blocked(f"the input was flagged: {', '.join(map(str, metadata.get('reasons') or [])) or message}")
    if code in REMEDIES or (code == 400 and "not a valid model" in message):
        return Refused(message.replace("400:", "404:", 1))
    if 400 <= code < 500 and code not in (408, 409, 425):
        return Rejected(message)
    return Broken(message, wait)


def retry_after(headers: Mapping[str, str], error: dict[str, Any]) -> float | None:
    """Seconds to wait, from Retry-After(-ms), error.availability, or OpenRouter's own X-RateLimit-Reset."""
    import email.utils
    import time

    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = headers.get(name, "")
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return float(text) / scale
        if parsed := email.utils.parsedate_tz(text):
            return max(0.0, email.utils.mktime_tz(parsed) - time.time())
    availability = error.get("availability")
    if isinstance(availability, dict) and isinstance(seconds := availability.get("retry_after"), int | float):
        return float(seconds)
    reset = headers.get("x-ratelimit-reset", "")  # milliseconds since 1970
    return max(0.0, int(reset) / 1000 - time.time()) if re.fullmatch(r"\d{13}", reset) else None


def _code(code: Any) -> int:
    text = str(code)
    return int(text) if re.fullmatch(r"[1-5]\d\d", text) else 500


def _message(error: dict[str, Any], metadata: dict[str, Any]) -> str:
    detail = metadata.get("raw") or ""
    provider = metadata.get("provider_name")
    parts = [str(error.get("message") or error), f"({provider})" if provider else "", str(detail)[:200]]
    return " ".join(" ".join(parts).split())  # in one line, whatever came


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    cost = usage.get("cost")
    return Usage(
        input_tokens=_whole(usage.get("prompt_tokens")),
        output_tokens=_whole(usage.get("completion_tokens")),
        cached_tokens=_whole(cached),
        cost=float(cost) if isinstance(cost, int | float) else None,
    )


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _glimpse(body: bytes) -> str:
    return repr(body[:80].decode(errors="replace"))


class Reader(Generic[T]):
    """Turns a reply's text into the value that a stage asked for, or says what is wrong with it.

    `schema` None: the text itself; else JSON decoded into that type. `check` returns a problem, or None.
    """

    def __init__(self, schema: type[T] | None, check: Callable[[T], str | None] | None = None) -> None:
        self._schema, self._check = schema, check

    def read(self, content: str) -> T:
        """Raises Unusable with a problem that the model can act upon."""
        text = _without_thoughts(content).strip()
        if not text:
            raise Unusable("The reply was empty.")
        value = cast("T", text) if self._schema is None else self._decode(text, self._schema)
        if self._check and (problem := self._check(value)):
            raise Unusable(problem)
        return value

    def _decode(self, text: str, schema: type[T]) -> T:
        try:
            return msgspec.json.decode(_without_wrapping(text), type=schema)
        except msgspec.ValidationError as error:
            raise Unusable(f"The JSON does not fit the schema: {error}.") from error
        except msgspec.DecodeError as error:
            raise Unusable(f"The reply is not valid JSON: {error}.") from error


def _without_thoughts(content: str) -> str:
    """Servers without a reasoning parser leave the model's thoughts in front of its reply."""
    return re.sub(r"\A\s*<think>.*?</think>", "", content, flags=re.DOTALL)


def _without_wrapping(text: str) -> str:
    """JSON without the fence or the words around it: from the first bracket to the last."""
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    return text[min(starts) : max(text.rfind("}"), text.rfind("]")) + 1] if starts else text


def strict_schema(schema: type[Any]) -> dict[str, Any]:
    """The JSON Schema of a msgspec type as strict structured outputs want it: closed objects, all fields required."""
    definitions = msgspec.json.schema(schema)
    defs = definitions.pop("$defs", {})
    if set(definitions) == {"$ref"}:  # the root must be the object itself
        definitions = defs[definitions["$ref"].rpartition("/")[2]]
    used = msgspec.json.encode([definitions, defs]).decode()
    kept = {name: body for name, body in defs.items() if f'"#/$defs/{name}"' in used}
    return cast("dict[str, Any]", _closed({**definitions, **({"$defs": kept} if kept else {})}))


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items() if not (key == "default" and "type" in node)}
    closed.pop("default", None) if "$ref" in closed or "anyOf" in closed else None
    if isinstance(properties := closed.get("properties"), dict) and closed.get("type") == "object":
        closed.update(required=list(properties), additionalProperties=False)
    return closed
