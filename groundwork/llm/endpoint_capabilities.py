"""What an endpoint takes: told by its refusals, so that no further call is refused, or by a tiny call of each kind.

A refusal that names a parameter is met by leaving that parameter out, or by the next weaker way to ask for JSON, or by
streaming; the call goes again, and a line says so once. What shapes a reply's place in the journal is the request as
the config wants it, so that a later run finds it whatever had to be left out.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from groundwork.llm.call_failures import Broken, CallFailed, Refused, Rejected
from groundwork.llm.endpoint import Endpoint
from groundwork.llm.http_request import SAMPLING, Level, chat_body, level_of
from groundwork.llm.http_response import ChatResponse, read_response
from groundwork.llm.prompts import user_turn
from groundwork.llm.reply_cleaning import without_thoughts
from groundwork.llm.reply_json import decoded
from groundwork.settings.model_settings import ModelCall, Provider

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


ROOM = 600  # tokens of a reply, for models that think first
ASKED = "How many legs does a spider have? Answer in JSON."
SCHEMA: Json = {  # of a name that nothing in the prompt gives away
    "type": "object",
    "properties": {"spider_leg_total": {"type": "integer"}},
    "required": ["spider_leg_total"],
    "additionalProperties": False,
}
FORMATS: dict[str, Json] = {
    "json_schema": {
        "type": "json_schema",
        "json_schema": {"name": "legs", "strict": True, "schema": SCHEMA},
    },
    "json_object": {"type": "json_object"},
}
TRIED: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 40,
    "min_p": 0.05,
    "reasoning_effort": "low",
}


class Finding(msgspec.Struct, frozen=True):
    """One kind of call: does the endpoint take it (None: not to be told), and what it said."""

    kind: str
    takes: bool | None
    said: str


class Probe:
    """Asks one endpoint, and keeps what it learns as settings of the provider and of the model."""

    def __init__(self, endpoint: Endpoint, call: ModelCall) -> None:
        self._endpoint, self._call = endpoint, call
        self._body: Json = {"model": call.model, "messages": [user_turn(ASKED)]}
        self.provider: dict[str, Any] = {}
        self.omit: list[str] = []

    async def findings(self) -> AsyncIterator[Finding]:
        """One a kind, as they come; only the first where nothing gets through at all."""
        first = await self._plain()
        yield first
        if not first.takes:
            return
        yield await self._limit()
        for name in FORMATS:
            yield await self._format(name)
        yield await self._stream()
        for name, value in TRIED.items():
            yield await self._parameter(name, value)
        yield await self._both()
        yield self._usage()
        yield await self._context()

    async def _plain(self) -> Finding:
        """A call with nothing in it but the question; as a stream where that is asked for."""
        reply = await self._post({})
        if isinstance(reply, CallFailed) and not isinstance(reply, Refused | Broken) and "stream" in str(reply).lower():
            self._body["stream"], self.provider["stream"] = True, True
            reply = await self._post({})
        if isinstance(reply, CallFailed):
            return Finding("a call", False, str(reply))
        self._reply = reply
        place = f", its text stands in {reply.aside[0]}" if reply.aside[1] else ""
        return Finding("a call", True, f"{len(reply.content)} characters, finish_reason {reply.finish_reason}{place}")

    async def _limit(self) -> Finding:
        taken = [name for name in LIMITS if not isinstance(await self._post({name: ROOM}), CallFailed)]
        own = next(name for name in LIMITS if name in chat_body(self._endpoint.settings, self._call, [], None))
        if taken and own not in taken:
            self.provider["limit_parameter"] = taken[0]
        return Finding("limit of a reply", bool(taken), " and ".join(taken) or "neither max_tokens nor its successor")

    async def _format(self, name: str) -> Finding:
        """json_schema first; what is set is the strongest that works."""
        reply = await self._post({"response_format": FORMATS[name]})
        if isinstance(reply, CallFailed):
            right, said = False, str(reply)
        else:
            text = without_thoughts(reply.content or reply.aside[1]).text
            value = decoded(text)
            right = isinstance(value, dict) and (name == "json_object" or set(value) == {"spider_leg_total"})
            said = "" if right else f"taken and ignored: {text[:60]!r}"
        if right and self.provider.get("structured") == "prompt":
            self.provider["structured"] = name
        if not right and name == "json_schema":
            self.provider["structured"] = "prompt"
        return Finding(name, right, said)

    async def _stream(self) -> Finding:
        reply = await self._post({"stream": True})
        if isinstance(reply, CallFailed):
            return Finding("a stream", False, str(reply))
        return Finding("a stream", True, "and nothing else" if self.provider.get("stream") else "")

    async def _parameter(self, name: str, value: Any) -> Finding:
        reply = await self._post({name: value})
        if not isinstance(reply, CallFailed):
            return Finding(name, True, "")
        self.omit.append(name)
        return Finding(name, False, str(reply))

    async def _both(self) -> Finding:
        kind = "temperature with top_p"
        if self.omit[:1] in (["temperature"], ["top_p"]):
            return Finding(kind, None, "")
        reply = await self._post({name: TRIED[name] for name in ("temperature", "top_p")})
        if not isinstance(reply, CallFailed):
            return Finding(kind, True, "")
        self.omit.append("top_p")
        return Finding(kind, False, str(reply))

    def _usage(self) -> Finding:
        usage = self._reply.usage
        cost = "" if usage.cost is None else f", {usage.cost:.6f} USD"
        said = f"{usage.input_tokens} tokens in, {usage.output_tokens} out{cost}"
        return Finding("usage", usage.input_tokens > 0, said if usage.input_tokens else "not told")

    async def _context(self) -> Finding:
        """As the endpoint's list of models says, in the words of OpenRouter, vLLM or llama.cpp."""
        try:
            listed = (await self._endpoint.get("/models")).get("data")
        except CallFailed as failure:
            return Finding("context", None, str(failure))
        models = [model for model in listed if isinstance(model, dict)] if isinstance(listed, list) else []
        model = next((model for model in models if model.get("id") == self._call.model), {})
        size = model.get("context_length") or model.get("max_model_len")
        if not size and isinstance(meta := model.get("meta"), dict):
            size = meta.get("n_ctx_train")
        return Finding("context", None, f"{size:,} tokens" if isinstance(size, int) else "not told by /models")

    async def _post(self, more: Json) -> ChatResponse | CallFailed:
        try:
            reply = read_response(await self._endpoint.post("/chat/completions", {**self._body, **more}))
        except CallFailed as failure:
            return failure
        return reply.trouble or reply
