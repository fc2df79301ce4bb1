"""Every fault that the fake OpenRouter can show, by name, as OpenRouter or a provider behind it shows it.

A status fault is an error object under its status; a body fault bends a whole reply of status 200 out of shape; a wire
fault is no reply at all, or half of one.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

Json = dict[str, Any]
STATUS_FAULTS: dict[str, tuple[int, Json]] = {  # (status, error object)
    "400": (400, {"code": 400, "message": "Provider returned error", "metadata": {"raw": "context length exceeded"}}),
    "401": (401, {"code": 401, "message": "No auth credentials found"}),
    "402": (402, {"code": 402, "message": "Insufficient credits"}),
    "403": (403, {"code": 403, "message": "Key limit exceeded"}),
    "403-moderation": (
        403,
        {"code": 403, "message": "flagged", "metadata": {"reasons": ["violence"], "flagged_input": "x"}},
    ),
    "404": (404, {"code": 404, "message": "No endpoints found for the model."}),
    "408": (408, {"code": 408, "message": "Request timed out"}),
    "413": (413, {"code": 413, "message": "Payload too large"}),
    "429": (429, {"code": 429, "message": "Rate limit exceeded"}),
    "429-upstream": (429, {"code": 429, "message": "Provider returned error", "metadata": {"provider_name": "Google"}}),
    "429-quota": (429, {"code": "insufficient_quota", "message": "You exceeded your current quota"}),
    "500": (500, {"code": 500, "message": "Internal Server Error"}),
    "502": (502, {"code": 502, "message": "Provider returned error"}),
    "503": (503, {"code": 503, "message": "No instances available"}),
    "524": (524, {"code": 524, "message": "A timeout occurred"}),
    "529": (529, {"code": 529, "message": "Provider overloaded"}),
}
BODY_FAULTS = (
    "error-in-200", "429-in-200", "no-choices", "null-choices", "empty", "html", "not-object", "truncated-body",
    "broken-json", "wrong-schema", "fenced", "length", "finish-error", "choice-error", "content-filter",
    "refusal", "no-usage", "parts", "thoughts",
)  # fmt: skip
WIRE_FAULTS = ("hang", "drop", "drop-midway")
FAULTS = (*STATUS_FAULTS, *BODY_FAULTS, *WIRE_FAULTS)


def bent(fault: str, whole: Json) -> web.Response:
    """The reply `whole`, bent into the shape that the body fault names; changes `whole`."""
    choice = whole["choices"][0]
    content = choice["message"]["content"]
    match fault:
        case "error-in-200":
            return web.json_response({"error": {"code": 502, "message": "Provider returned error"}})
        case "429-in-200":
            return web.json_response({"error": {"code": 429, "message": "Rate limited upstream"}})
        case "no-choices":
            whole["choices"] = []
        case "null-choices":
            whole["choices"] = None
        case "empty":
            choice["message"]["content"] = None
        case "html":
            return web.Response(text="<html><body>Bad gateway</body></html>", content_type="text/html")
        case "not-object":
            return web.json_response([1, 2])
        case "truncated-body":
            raw = json.dumps(whole)
            return web.Response(text=raw[: len(raw) // 2], content_type="application/json")
        case "broken-json":
            choice["message"]["content"] = content[: len(content) // 2]
        case "wrong-schema":
            choice["message"]["content"] = '{"surprise": true}'
        case "fenced":
            choice["message"]["content"] = f"Here it is:\n```json\n{content}\n```"
        case "length":
            choice["message"]["content"], choice["finish_reason"] = content[: len(content) // 2], "length"
        case "finish-error":
            choice["message"]["content"], choice["finish_reason"] = "", "error"
        case "choice-error":
            choice["error"] = {"code": 502, "message": "Upstream error"}
        case "content-filter":
            choice["message"]["content"], choice["finish_reason"] = "", "content_filter"
        case "refusal":
            choice["message"]["refusal"] = "I cannot help with that."
        case "no-usage":
            del whole["usage"]
        case "parts":
            choice["message"]["content"] = [{"type": "text", "text": content}]
        case "thoughts":
            choice["message"]["content"] = f"<think>Let me see. {{}}</think>\n{content}"
        case _:
            raise ValueError(f"no such fault: {fault}")
    return web.json_response(whole)
