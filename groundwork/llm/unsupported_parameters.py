"""What an endpoint was found not to take, so that no further call sends it.

A refusal that names a parameter is met by leaving that parameter out, or by the next weaker way to ask for JSON, or by
streaming; the call goes again, and a line says so once. What shapes a reply's place in the journal is the request as
the config wants it, so that a later run finds it whatever had to be left out.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from groundwork.llm.call_failures import CallFailed, Refused, Rejected
from groundwork.llm.http_request import SAMPLING, Level, level_of
from groundwork.settings.model_settings import Provider

Json = dict[str, Any]
LEVELS: tuple[Level, ...] = ("json_schema", "json_object", "prompt")
LIMITS = ("max_tokens", "max_completion_tokens")
# Named by the refusal, left out: the parameter as it is sent, and the setting that keeps it out for good.
OPTIONAL = {
    **dict.fromkeys(SAMPLING),
    "reasoning_effort": "reasoning_effort",
    "reasoning": "reasoning_effort",
    "chat_template_kwargs": "thinking",
    "enable_thinking": "thinking",
    "thinking": "thinking",
    "stream_options": None,
}
GUARDS = ("top_k", "min_p")  # few providers take them; the first to be left out where a refusal names none
LEAST_LIMIT = 256  # tokens; a smaller number in a refusal is no limit of a reply
_SCHEMA = re.compile(
    r"response_?format|json_schema|response_schema|structured.?output|guided|grammar|additionalproperties|\bschema\b"
)
_STREAM = re.compile(r"\bstream(?:ing)?\b")
_CONTEXT = re.compile(r"context.?(?:length|window|size)")


class Adaptation:
    """What one model at one endpoint takes."""

    def __init__(self, settings: Provider) -> None:
        self._settings = settings
        self.level: Level = level_of(settings)
        self.stream = settings.stream is True
        self.dropped: set[str] = set()
        self.limit_name = ""  # "": as the request has it
        self.most_tokens = 0  # of a reply; 0: as the request has it

    def applied(self, body: Json) -> Json:
        """The request as this endpoint takes it."""
        sent = {name: value for name, value in body.items() if name not in self.dropped}
        for name in LIMITS:
            if name in sent:
                limit = sent.pop(name)
                sent[self.limit_name or name] = min(limit, self.most_tokens) if self.most_tokens else limit
        if self.stream:
            sent["stream"] = True
            if "stream_options" not in self.dropped:
                sent["stream_options"] = {"include_usage": True}
        if "response_format" in sent and self.level != "json_schema":
            sent = _without_schema(sent, self.level)
        return sent

    def learn(self, failure: CallFailed, sent: Json, body: Json) -> str | None:
        """What was changed because of a refusal of `sent`, for the user; "" where another call changed it already.

        None: nothing in it tells what to change.
        """
        if sent != self.applied(body):
            return ""
        if isinstance(failure, Refused):
            return self._learn_routing(str(failure).casefold(), sent)
        if not isinstance(failure, Rejected):
            return None
        said = f"{failure.parameter} {failure}".casefold()
        change = (
            self._learn_limit(said, failure.parameter, sent)
            or self._learn_stream(said)
            or self._learn_dropped(said, failure.parameter, sent)
            or self._learn_level(said, sent)
        )
        return f"{change} (the endpoint: {str(failure)[:200]})" if change else None

    def _learn_routing(self, said: str, sent: Json) -> str | None:
        """OpenRouter finds no provider that takes every parameter of the request."""
        if not said.startswith("404") or "requested parameters" not in said:
            return None
        groups = (GUARDS, SAMPLING, ("reasoning",))
        names = next((held for group in groups if (held := [name for name in group if name in sent])), [])
        return self._drop(names) if names else self._learn_level("response_format", sent)

    def _learn_limit(self, said: str, parameter: str, sent: Json) -> str | None:
        name = next((name for name in LIMITS if name in sent), "")
        other = LIMITS[1 - LIMITS.index(name)] if name else ""
        if not name or name not in said or _CONTEXT.search(said):
            return None
        limits = [number for text in re.findall(r"\d{1,9}", said) if LEAST_LIMIT <= (number := int(text)) < sent[name]]
        if limits and not (other in said and "instead" in said):
            self.most_tokens = max(limits)
            return f"takes at most {self.most_tokens} for {name}; so much is asked for from now on"
        if not self.limit_name and self._settings.limit_parameter == "auto" and parameter in ("", name):
            self.limit_name = other
            return f"takes {other} in place of {name} (llm.limit_parameter)"
        return None

    def _learn_stream(self, said: str) -> str | None:
        if self.stream or self._settings.stream != "auto" or not _STREAM.search(said):
            return None
        self.stream = True
        return "answers only in streams; they are read from now on (llm.stream=true)"

    def _learn_dropped(self, said: str, parameter: str, sent: Json) -> str | None:
        names = [name for name in OPTIONAL if name in sent and re.search(rf"\b{name}\b", said)]
        if parameter in names:
            names = [parameter]
        if len(names) > 1 and re.search(r"\bboth\b|only one|together", said):
            names = names[1:]
        return self._drop(names) if names else None

    def _learn_level(self, said: str, sent: Json) -> str | None:
        if "response_format" not in sent:
            return None
        if self._settings.structured != "auto" or not _SCHEMA.search(said) or self.level == LEVELS[-1]:
            return None
        self.level = LEVELS[LEVELS.index(self.level) + 1]
        return f"takes no such response_format; JSON is asked for by {self.level} from now on (llm.structured)"

    def _drop(self, names: list[str]) -> str:
        self.dropped |= set(names)
        settings = [OPTIONAL[name] or name for name in names]
        return f"refuses {', '.join(names)}: not sent from now on (llm.defaults.omit={settings})".replace("'", '"')


def _without_schema(sent: Json, level: Level) -> Json:
    """The request with its schema in the prompt, where every model can read it."""
    wanted = sent["response_format"]
    schema = wanted.get("json_schema", {}).get("schema")
    messages = list(sent["messages"])
    if schema:
        text = msgspec.json.encode(schema).decode()
        said = f"\n\nReply with JSON alone, nothing before or after it, that fits this JSON Schema:\n{text}"
        messages[0] = {**messages[0], "content": _with(messages[0].get("content"), said)}
    sent = {name: value for name, value in sent.items() if name != "response_format"} | {"messages": messages}
    return sent | {"response_format": {"type": "json_object"}} if level == "json_object" else sent


def _with(content: Any, said: str) -> Any:
    return [*content, {"type": "text", "text": said}] if isinstance(content, list) else f"{content or ''}{said}"
