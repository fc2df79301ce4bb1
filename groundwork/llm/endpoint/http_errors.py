"""Every way in which a call can bring no reply, and what an endpoint's error says about it.

CallFailed
├── RateLimited       429: the limiter narrows, the call goes again and loses none of its tries
├── BrokenCall        dropped, hung, 5xx, an HTML page, half a body, no choices: tried again, llm.transport_retries
│   └── Unreachable   nobody listens there; when nobody ever did, the run stops
├── RequestRejected   400, 413, 422: this request is at fault, the next one may do
├── ReplyBlocked      a content filter or a refusal: recorded, not asked again
└── AccessRefused     401, 402, 403, 404, a redirect: every further call would meet the same, the run stops
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec


class CallFailed(Exception):
    """A call that brought no reply, and why; `retry_after` in seconds where the endpoint named it."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class RateLimited(CallFailed):
    """Too many requests."""


class BrokenCall(CallFailed):
    """Transport, or a reply that is none."""


class Unreachable(BrokenCall):
    """No connection could be made."""


class RequestRejected(CallFailed):
    """This request cannot be answered as it is. `parameter`: the one that the endpoint names, or ""."""

    parameter = ""

    def remedy(self) -> str:
        """The setting to change, to be put behind the message; "" where nothing is known."""
        message = f"{self.parameter} {self}".casefold()
        return next((f"; {remedy}" for keywords, remedy in _REMEDIES if any(word in message for word in keywords)), "")


class ReplyBlocked(CallFailed):
    """Content filter or refusal."""


class AccessRefused(CallFailed):
    """Key, credit, rights, address or model."""


# What a 400 speaks of, and what to do about it. The settings are those of the stage's own block.
_REMEDIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("context length", "context_length", "context window", "too many tokens"),
        "lower its max_tokens, or send less at once (chunk.max_length, summarize.max_input_tokens)",
    ),
    (("max_tokens", "max_completion_tokens"), "lower its max_tokens"),
    (("temperature", "top_p", "top_k", "min_p"), "set the parameter that it names to null"),
    (("reasoning", "thinking"), "set its reasoning_effort to null"),
    (("response_format", "json_schema", "response_schema", "structured", "grammar"), "it takes no such schema"),
)
_BAD_KEY = re.compile(
    r"api[ _-]?key[^.]{0,40}\b(?:not valid|invalid|incorrect|expired|wrong|unknown|not found|missing)"
    r"|\b(?:invalid|incorrect|expired|wrong|unknown|missing)\b[^.]{0,20}api[ _-]?key"
    r"|(?:invalid|expired)[^.]{0,20}(?:access |auth\w* )?token\b"
    r"|unauthenticated|unauthorized|authentication[ _](?:error|fail)",
    re.IGNORECASE,
)
_KEY_CODES = frozenset(["api_key_invalid", "invalid_api_key", "authentication_error", "unauthenticated"])
_RATE_LIMIT = re.compile(r"rate[ _-]?limit|throttl|too many requests|\bqps\b", re.IGNORECASE)
_SECONDS = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s")


def classify_failure(status: int, headers: Mapping[str, str], error: Any) -> CallFailed:
    """The class of a failed call, by the HTTP status or by the code that an error inside a 200 names."""
    error = error if isinstance(error, dict) else {"message": str(error)}
    metadata = error.get("metadata") if isinstance(error.get("metadata"), dict) else {}
    code = status if status != 200 else _status_code(error)
    message = f"{code}: {_error_message(error, metadata)}"
    if 300 <= code < 400:
        return AccessRefused(f"{code}: the address has moved to {headers.get('location') or 'nowhere that it names'}")
    if code in (400, 422) and _is_key_error(error):
        return AccessRefused(message.replace(f"{code}:", "401:", 1))
    if code == 429:
        return _classify_429(message, error, retry_after(headers, error))
    if code == 403 and ("reasons" in metadata or "flagged_input" in metadata):
        reasons = metadata.get("reasons")
        listed = ", ".join(map(str, reasons)) if isinstance(reasons, list) else ""
        return ReplyBlocked(f"the input was flagged: {listed or message}")
    if code in (401, 402, 403, 404) or (code == 400 and "not a valid model" in message):
        return AccessRefused(message.replace("400:", "404:", 1))
    if 400 <= code < 500 and code not in (408, 409, 425):
        rejected = RequestRejected(message)
        rejected.parameter = str(error.get("param") or "")
        return rejected
    return BrokenCall(message, retry_after(headers, error))


def _classify_429(message: str, error: dict[str, Any], wait: float | None) -> CallFailed:
    """A 429 that waiting mends, or one of a used-up quota."""
    availability = error.get("availability")
    is_final = isinstance(availability, dict) and availability.get("retryable") is False
    if is_final or "insufficient_quota" in (error.get("code"), error.get("type")):
        return AccessRefused(f"402: {message}")
    return RateLimited(message, wait)


def _is_key_error(error: dict[str, Any]) -> bool:
    """Gemini and others turn a key down with a 400."""
    codes = [
        error.get("code"),
        error.get("type"),
        error.get("status"),
        *(d.get("reason") for d in _google_details(error)),
    ]
    return any(str(code).casefold() in _KEY_CODES for code in codes) or bool(
        _BAD_KEY.search(str(error.get("message") or "")[:1000])
    )


def _google_details(error: dict[str, Any]) -> list[dict[str, Any]]:
    """Google's `details`."""
    details = error.get("details")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []


def retry_after(headers: Mapping[str, str], error: dict[str, Any]) -> float | None:
    """Seconds to wait: Retry-After(-ms), error.availability, Google's RetryInfo, OpenRouter's X-RateLimit-Reset."""
    import email.utils
    import time

    for header, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        header_text = headers.get(header, "")
        if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", header_text):
            return float(header_text) / scale
        with suppress(ValueError, OverflowError):  # a year beyond all calendars
            if parsed := email.utils.parsedate_tz(header_text):
                return max(0.0, email.utils.mktime_tz(parsed) - time.time())
    availability = error.get("availability")
    if isinstance(availability, dict) and isinstance(seconds := availability.get("retry_after"), int | float):
        return float(seconds)
    for detail in _google_details(error):
        if delay := _SECONDS.fullmatch(str(detail.get("retryDelay"))):
            return float(delay[1])
    reset = headers.get("x-ratelimit-reset", "")  # milliseconds since 1970
    return max(0.0, int(reset) / 1000 - time.time()) if re.fullmatch(r"\d{13}", reset) else None


def _status_code(error: dict[str, Any]) -> int:
    """The HTTP status that an error inside a 200 stands for: its code, or what it says in words."""
    code = str(error.get("code"))
    if re.fullmatch(r"[1-5]\d\d", code):
        return int(code)
    return 429 if _RATE_LIMIT.search(f"{code} {error.get('type')} {str(error.get('message'))[:1000]}") else 500


def _error_message(error: dict[str, Any], metadata: dict[str, Any]) -> str:
    detail = metadata.get("raw") or ""
    provider = metadata.get("provider_name")
    message = error.get("message") or error.get("detail") or error
    fragments = [str(message)[:1000], f"({provider})" if provider else "", str(detail)[:200]]
    return " ".join(" ".join(fragments).split())  # in one line, whatever came


def explain_refusal(refused: AccessRefused, base_url: str, variable: str, model: str) -> str:
    """One line for a refusal: where, what the endpoint said, and what to do about it."""
    message = str(refused)
    return f"{base_url} ({model}): {message}; {_remedy(message, base_url, variable or 'llm.api_key_env')}"


def _remedy(message: str, base_url: str, variable: str) -> str:
    match message[:3]:
        case "401":
            return f"the key is not accepted: check {variable} in .env"
        case "402":
            return "no credit is left: add some at the provider, then run again; what is finished is kept"
        case "403":
            return "the key has no right to this model or provider: check the account's settings"
        case "404":
            return _remedy_for_404(message.lower(), base_url)
        case _:
            return "set llm.base_url to where it is now, without /chat/completions"


def _remedy_for_404(message: str, base_url: str) -> str:
    """What a 404 usually means, the likeliest first."""
    if "requested parameters" in message:
        return (
            "no provider of this model takes every parameter: set temperature and top_p of the stage to null, "
            "or llm.routing.require_parameters=false"
        )
    url_hint = f"does llm.base_url ({base_url}) end where it should (most servers: .../v1, without /chat/completions)?"
    if "model" in message or "deployment" in message or "no endpoints found" in message:
        return f"check the model's name; {url_hint}"
    return f"{url_hint} If so, check the model's name"


def timeout_failure(seconds: float) -> BrokenCall:
    return BrokenCall(f"no answer within {seconds:g} s (llm.timeout)")


def status_failure(status: int, headers: Mapping[str, str], response_body: bytes) -> CallFailed:
    try:
        error_json = msgspec.json.decode(response_body)
    except msgspec.DecodeError:
        error_json = response_body[:200].decode(errors="replace").strip()
    if isinstance(error_json, list) and len(error_json) == 1:  # Gemini's errors come in a list
        error_json = error_json[0]
    error = error_json.get("error", error_json) if isinstance(error_json, dict) else error_json
    return classify_failure(status, headers, error or "no message")
