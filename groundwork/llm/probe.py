"""What an endpoint takes, by one tiny call of each kind, and the settings that spare every later call a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from groundwork.llm.call_failures import Broken, CallFailed, Refused
from groundwork.llm.endpoint import Endpoint
from groundwork.llm.http_request import chat_body
from groundwork.llm.http_response import ChatResponse, read_response
from groundwork.llm.json_extraction import decoded
from groundwork.llm.reasoning_text import without_thoughts
from groundwork.llm.unsupported_parameters import LIMITS
from groundwork.settings.model_settings import ModelCall

Json = dict[str, Any]
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
SAMPLING: dict[str, Any] = {"temperature": 0.5, "top_p": 0.9, "top_k": 40, "min_p": 0.05, "reasoning_effort": "low"}


class Finding(msgspec.Struct, frozen=True):
    """One kind of call: does the endpoint take it (None: not to be told), and what it said."""

    kind: str
    takes: bool | None
    said: str


class Probe:
    """Asks one endpoint, and keeps what it learns as settings of the provider and of the model."""

    def __init__(self, endpoint: Endpoint, call: ModelCall) -> None:
        self._endpoint, self._call = endpoint, call
        self._body: Json = {"model": call.model, "messages": [{"role": "user", "content": ASKED}]}
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
        for name, value in SAMPLING.items():
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
        reply = await self._post({name: SAMPLING[name] for name in ("temperature", "top_p")})
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
