"""Every way in which a call can bring no reply, and what an endpoint's error says about it.

CallFailed
├── TooManyRequests   429: the limiter narrows, the call goes again and loses none of its tries
├── BrokenCall        dropped, hung, 5xx, an HTML page, half a body, no choices: tried again, llm.transport_retries
│   └── Unreachable   nobody listens there; when nobody ever did, the run stops
├── RequestRejected   400, 413, 422: this request is at fault, the next one may do
├── ReplyBlocked      a content filter or a refusal: recorded, not asked again
└── AccessRefused     401, 402, 403, 404, a redirect: every further call would meet the same, the run stops
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec


class CallFailed(Exception):
    """A call that brought no reply, and why; `retry_after` in seconds where the endpoint named it."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class TooManyRequests(CallFailed):
    """Too many requests."""


class BrokenCall(CallFailed):
    """Transport, or a reply that is none."""


class Unreachable(BrokenCall):
    """No connection could be made."""


class RequestRejected(CallFailed):
    """This request cannot be answered as it is. `parameter`: the one that the endpoint names, or ""."""

    def __init__(self, reason: str, parameter: str = "") -> None:
        super().__init__(reason)
        self.parameter = parameter

    def remedy(self) -> str:
        """The setting to change, to be put behind the message; "" where nothing is known."""
        rejection_message = f"{self.parameter} {self}".casefold()
        return next(
            (
                f"; {remedy}"
                for remedy_keywords, remedy in _REMEDIES
                if any(word in rejection_message for word in remedy_keywords)
            ),
            "",
        )


class ReplyBlocked(CallFailed):
    """Content filter or refusal."""


class AccessRefused(CallFailed):
    """Key, credit, rights, address or model."""


# How replies fail, in the words of the providers named in chat_response.
FILTER_REASONS = (
    "content_filter", "content_filtered", "safety", "recitation", "blocklist", "prohibited_content", "spii", "refusal",
    "image_safety", "sensitive", "guardrail_intervened", "moderation", "flagged", "blocked",
)  # fmt: skip
FAILURE_REASONS = (
    "error", "network_error", "insufficient_system_resource", "abort", "aborted", "cancelled", "failed", "load",
)  # fmt: skip
_ERROR_MESSAGE_KEYS = ("message", "detail", "error_msg", "msg")  # an error's, where there is no object for it

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
_BAD_KEY_MESSAGE = re.compile(
    r"api[ _-]?key[^.]{0,40}\b(?:not valid|invalid|incorrect|expired|wrong|unknown|not found|missing)"
    r"|\b(?:invalid|incorrect|expired|wrong|unknown|missing)\b[^.]{0,20}api[ _-]?key"
    r"|(?:invalid|expired)[^.]{0,20}(?:access |auth\w* )?token\b"
    r"|unauthenticated|unauthorized|authentication[ _](?:error|fail)",
    re.IGNORECASE,
)
_BAD_KEY_CODES = frozenset(["api_key_invalid", "invalid_api_key", "authentication_error", "unauthenticated"])
_TOO_MANY_REQUESTS_MESSAGE = re.compile(r"rate[ _-]?limit|throttl|too many requests|\bqps\b", re.IGNORECASE)
_GOOGLE_RETRY_SECONDS = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s")


def classify_failure(status: int, headers: Mapping[str, str], error_json: Any) -> CallFailed:
    """The class of a failed call, by the HTTP status or by the code that an error inside a 200 names."""
    error_json = error_json if isinstance(error_json, dict) else {"message": str(error_json)}
    error_metadata = error_json.get("metadata") if isinstance(error_json.get("metadata"), dict) else {}
    status_code = status if status != 200 else _status_code(error_json)
    error_message = f"{status_code}: {_error_message(error_json, error_metadata)}"
    if 300 <= status_code < 400:
        return _address_moved(status_code, headers)
    if status_code in (400, 422) and _is_key_error(error_json):
        return AccessRefused(error_message.replace(f"{status_code}:", "401:", 1))
    if status_code == 429:
        return _classify_429(error_message, error_json, retry_after(headers, error_json))
    if status_code == 403 and ("reasons" in error_metadata or "flagged_input" in error_metadata):
        return _input_flagged(error_message, error_metadata)
    if status_code in (401, 402, 403, 404) or (status_code == 400 and "not a valid model" in error_message):
        return AccessRefused(error_message.replace("400:", "404:", 1))
    if 400 <= status_code < 500 and status_code not in (408, 409, 425):
        return RequestRejected(error_message, str(error_json.get("param") or ""))
    return BrokenCall(error_message, retry_after(headers, error_json))


def _address_moved(status_code: int, headers: Mapping[str, str]) -> AccessRefused:
    new_address = headers.get("location") or "nowhere that it names"
    return AccessRefused(f"{status_code}: the address has moved to {new_address}")


def _input_flagged(error_message: str, error_metadata: dict[str, Any]) -> ReplyBlocked:
    flag_reasons = error_metadata.get("reasons")
    listed_reasons = ", ".join(map(str, flag_reasons)) if isinstance(flag_reasons, list) else ""
    return ReplyBlocked(f"the input was flagged: {listed_reasons or error_message}")


def _classify_429(error_message: str, error_json: dict[str, Any], retry_delay: float | None) -> CallFailed:
    """A 429 that waiting mends, or one of a used-up quota."""
    key_availability = error_json.get("availability")
    is_final = isinstance(key_availability, dict) and key_availability.get("retryable") is False
    if is_final or "insufficient_quota" in (error_json.get("code"), error_json.get("type")):
        return AccessRefused(f"402: {error_message}")
    return TooManyRequests(error_message, retry_delay)


def _is_key_error(error_json: dict[str, Any]) -> bool:
    """Gemini and others turn a key down with a 400."""
    error_codes = [error_json.get(name) for name in ("code", "type", "status")]
    error_codes += [detail.get("reason") for detail in _google_error_details(error_json)]
    if any(str(error_code).casefold() in _BAD_KEY_CODES for error_code in error_codes):
        return True
    return _BAD_KEY_MESSAGE.search(str(error_json.get("message") or "")[:1000]) is not None


def _google_error_details(error_json: dict[str, Any]) -> list[dict[str, Any]]:
    """Google's `details`."""
    error_details = error_json.get("details")
    return [d for d in error_details if isinstance(d, dict)] if isinstance(error_details, list) else []


def retry_after(headers: Mapping[str, str], error_json: dict[str, Any]) -> float | None:
    """Seconds to wait: Retry-After(-ms), error.availability, Google's RetryInfo, OpenRouter's X-RateLimit-Reset."""
    if (header_seconds := _retry_header_seconds(headers)) is not None:
        return header_seconds
    availability = error_json.get("availability")
    if isinstance(availability, dict) and isinstance(retry_seconds := availability.get("retry_after"), int | float):
        return float(retry_seconds)
    for error_detail in _google_error_details(error_json):
        if retry_delay := _GOOGLE_RETRY_SECONDS.fullmatch(str(error_detail.get("retryDelay"))):
            return float(retry_delay[1])
    rate_limit_reset = headers.get("x-ratelimit-reset", "")  # milliseconds since 1970
    return max(0.0, int(rate_limit_reset) / 1000 - time.time()) if re.fullmatch(r"\d{13}", rate_limit_reset) else None


def _retry_header_seconds(headers: Mapping[str, str]) -> float | None:
    import email.utils

    for retry_header, units_per_second in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        retry_header_text = headers.get(retry_header, "")
        if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", retry_header_text):
            return float(retry_header_text) / units_per_second
        with suppress(ValueError, OverflowError):  # a year beyond all calendars
            if retry_date := email.utils.parsedate_tz(retry_header_text):
                return max(0.0, email.utils.mktime_tz(retry_date) - time.time())
    return None


def _status_code(error_json: dict[str, Any]) -> int:
    """The HTTP status that an error inside a 200 stands for: its code, or what it says in words."""
    error_code = str(error_json.get("code"))
    if re.fullmatch(r"[1-5]\d\d", error_code):
        return int(error_code)
    error_text = f"{error_code} {error_json.get('type')} {str(error_json.get('message'))[:1000]}"
    return 429 if _TOO_MANY_REQUESTS_MESSAGE.search(error_text) else 500


def _error_message(error_json: dict[str, Any], error_metadata: dict[str, Any]) -> str:
    provider_error = error_metadata.get("raw") or ""
    provider_name = error_metadata.get("provider_name")
    error_message = error_json.get("message") or error_json.get("detail") or error_json
    provider_hint = f"({provider_name})" if provider_name else ""
    message_fragments = [str(error_message)[:1000], provider_hint, str(provider_error)[:200]]
    return " ".join(" ".join(message_fragments).split())  # in one line, whatever came


def explain_access_error(refused_access: AccessRefused, base_url: str, key_variable: str, model: str) -> str:
    """One line for a refusal: where, what the endpoint said, and what to do about it."""
    access_error_message = str(refused_access)
    status_remedy = _remedy_for_error_status(access_error_message, base_url, key_variable or "llm.api_key_env")
    return f"{base_url} ({model}): {access_error_message}; {status_remedy}"


def _remedy_for_error_status(access_error_message: str, base_url: str, key_variable: str) -> str:
    match access_error_message[:3]:
        case "401":
            return f"the key is not accepted: check {key_variable} in .env"
        case "402":
            return "no credit is left: add some at the provider, then run again; what is finished is kept"
        case "403":
            return "the key has no right to this model or provider: check the account's settings"
        case "404":
            return _remedy_for_404_error(access_error_message.lower(), base_url)
        case _:
            return "set llm.base_url to where it is now, without /chat/completions"


def _remedy_for_404_error(access_error_message: str, base_url: str) -> str:
    """What a 404 usually means, the likeliest first."""
    if "requested parameters" in access_error_message:
        return (
            "no provider of this model takes every parameter: set temperature and top_p of the stage to null, "
            "or llm.routing.require_parameters=false"
        )
    url_hint = f"does llm.base_url ({base_url}) end where it should (most servers: .../v1, without /chat/completions)?"
    if (
        "model" in access_error_message
        or "deployment" in access_error_message
        or "no endpoints found" in access_error_message
    ):
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
    response_error = error_json.get("error", error_json) if isinstance(error_json, dict) else error_json
    return classify_failure(status, headers, response_error or "no message")


def failure_inside_200(error_json: Any) -> CallFailed:
    """The class of an error that came with the HTTP status of a reply."""
    return classify_failure(200, {}, error_json)


def failure_without_choices(completion: dict[str, Any], body_excerpt: str) -> CallFailed:
    """What an object without a reply says: some gateways put their errors beside where OpenAI has them."""
    completion_errors = completion.get("errors")
    completion_errors = completion_errors if isinstance(completion_errors, list) else []
    completion_error = _error_object(completion_errors[0]) if completion_errors else completion
    minimax_status = _error_object(completion.get("base_resp"))  # MiniMax
    error_messages = (completion_error[key] for key in _ERROR_MESSAGE_KEYS if completion_error.get(key))
    error_message = next(error_messages, minimax_status.get("status_msg"))
    if not error_message:
        return BrokenCall(f"a 200 without choices: {body_excerpt}")
    error_code = completion_error.get("code") or completion_error.get("error_code")
    return failure_inside_200({"code": error_code, "type": completion_error.get("type"), "message": error_message})


def has_error_message(completion_error: Any) -> bool:
    """Whether an error beside a reply says anything: there are endpoints that send an empty one with each."""
    if isinstance(completion_error, dict):
        return bool(completion_error.get("message") or completion_error.get("code"))
    return bool(str(completion_error).strip())


def choice_failure(choice: dict[str, Any], choice_message: dict[str, Any]) -> CallFailed | None:
    """Why a choice holds no reply: an error of its own, a finish_reason that means one, or a refusal."""
    if choice_error := choice.get("error"):
        return failure_inside_200(choice_error)
    finish_reason = str(choice.get("finish_reason") or "").casefold().removeprefix("finish_reason_")
    if finish_reason in FAILURE_REASONS:
        return BrokenCall(f"finish_reason {finish_reason} ({choice.get('native_finish_reason') or 'no detail'})")
    if finish_reason.partition(":")[0].strip() in FILTER_REASONS:
        return ReplyBlocked(f"the provider's content filter stopped the reply ({choice.get('finish_reason')})")
    refusal = choice_message.get("refusal")
    return ReplyBlocked(f"the model refused: {refusal}") if refusal else None


def _error_object(error_json: Any) -> dict[str, Any]:
    return error_json if isinstance(error_json, dict) else {}
