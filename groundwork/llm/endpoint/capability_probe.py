"""What an endpoint takes, by a tiny call of each kind; `doctor --provider` prints it as settings for the config."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from groundwork.llm.endpoint.endpoint_connection import Endpoint
from groundwork.llm.endpoint.http_errors import AccessRefused, BrokenCall, CallFailed
from groundwork.llm.endpoint.http_response import ChatResponse, read_response
from groundwork.llm.endpoint.request_body import LIMIT_KEYS, chat_body
from groundwork.llm.prompts import user_turn
from groundwork.llm.replies.reply_json import decode_json
from groundwork.llm.replies.thoughts_and_wrappings import remove_thoughts
from groundwork.message_wording import counted
from groundwork.settings.config_schema import ModelCall

Json = dict[str, Any]


PROBE_TOKENS = 600  # tokens of a reply, for models that think first
PROBE_QUESTION = "How many legs does a spider have? Answer in JSON."
PROBE_SCHEMA: Json = {  # of a name that nothing in the prompt gives away
    "type": "object",
    "properties": {"spider_leg_total": {"type": "integer"}},
    "required": ["spider_leg_total"],
    "additionalProperties": False,
}
PROBE_FORMATS: dict[str, Json] = {
    "json_schema": {
        "type": "json_schema",
        "json_schema": {"name": "legs", "strict": True, "schema": PROBE_SCHEMA},
    },
    "json_object": {"type": "json_object"},
}
PROBE_PARAMETERS: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 40,
    "min_p": 0.05,
    "reasoning_effort": "low",
}


class ProbeResult(msgspec.Struct, frozen=True):
    """One kind of call: does the endpoint take it (None: not to be told), and what it said."""

    kind: str
    takes: bool | None
    detail: str


class Probe:
    """Asks one endpoint, and keeps what it learns as settings of the provider and of the model."""

    def __init__(self, endpoint: Endpoint, call: ModelCall) -> None:
        self._endpoint, self._call = endpoint, call
        self._body: Json = {"model": call.model, "messages": [user_turn(PROBE_QUESTION)]}
        self.provider: dict[str, Any] = {}
        self.omit: list[str] = []

    async def results(self) -> AsyncIterator[ProbeResult]:
        """One a kind, as they come; only the first where nothing gets through at all."""
        plain_call = await self._try_plain_call()
        yield plain_call
        if not plain_call.takes:
            return
        yield await self._try_limit_parameters()
        for parameter in PROBE_FORMATS:
            yield await self._try_format(parameter)
        yield await self._try_stream()
        for parameter, value in PROBE_PARAMETERS.items():
            yield await self._try_parameter(parameter, value)
        yield await self._try_temperature_with_top_p()
        yield self._report_usage()
        yield await self._look_up_context()

    async def _try_plain_call(self) -> ProbeResult:
        """A call with nothing in it but the question; as a stream where that is asked for."""
        reply = await self._post({})
        is_rejected = isinstance(reply, CallFailed) and not isinstance(reply, AccessRefused | BrokenCall)
        if is_rejected and "stream" in str(reply).lower():
            self._body["stream"], self.provider["stream"] = True, True
            reply = await self._post({})
        if isinstance(reply, CallFailed):
            return ProbeResult("a call", False, str(reply))
        self._reply = reply
        field = f", its text stands in {reply.side_text[0]}" if reply.side_text[1] else ""
        detail = f"{counted(len(reply.content), 'character')}, finish_reason {reply.finish_reason}{field}"
        return ProbeResult("a call", True, detail)

    async def _try_limit_parameters(self) -> ProbeResult:
        accepted = [name for name in LIMIT_KEYS if not isinstance(await self._post({name: PROBE_TOKENS}), CallFailed)]
        default = next(name for name in LIMIT_KEYS if name in chat_body(self._endpoint.settings, self._call, [], None))
        if accepted and default not in accepted:
            self.provider["limit_parameter"] = accepted[0]
        detail = " and ".join(accepted) or "neither max_tokens nor its successor"
        return ProbeResult("limit of a reply", bool(accepted), detail)

    async def _try_format(self, format_name: str) -> ProbeResult:
        """json_schema first; what is set is the strongest that works."""
        reply = await self._post({"response_format": PROBE_FORMATS[format_name]})
        if isinstance(reply, CallFailed):
            is_valid, detail = False, str(reply)
        else:
            text = remove_thoughts(reply.content or reply.side_text[1]).text
            reply_json = decode_json(text)
            is_valid = isinstance(reply_json, dict) and (
                format_name == "json_object" or set(reply_json) == {"spider_leg_total"}
            )
            detail = "" if is_valid else f"taken and ignored: {text[:60]!r}"
        if is_valid and self.provider.get("structured") == "prompt":
            self.provider["structured"] = format_name
        if not is_valid and format_name == "json_schema":
            self.provider["structured"] = "prompt"
        return ProbeResult(format_name, is_valid, detail)

    async def _try_stream(self) -> ProbeResult:
        reply = await self._post({"stream": True})
        if isinstance(reply, CallFailed):
            return ProbeResult("a stream", False, str(reply))
        return ProbeResult("a stream", True, "and nothing else" if self.provider.get("stream") else "")

    async def _try_parameter(self, parameter: str, parameter_value: Any) -> ProbeResult:
        reply = await self._post({parameter: parameter_value})
        if not isinstance(reply, CallFailed):
            return ProbeResult(parameter, True, "")
        self.omit.append(parameter)
        return ProbeResult(parameter, False, str(reply))

    async def _try_temperature_with_top_p(self) -> ProbeResult:
        kind = "temperature with top_p"
        if self.omit[:1] in (["temperature"], ["top_p"]):
            return ProbeResult(kind, None, "")
        reply = await self._post({name: PROBE_PARAMETERS[name] for name in ("temperature", "top_p")})
        if not isinstance(reply, CallFailed):
            return ProbeResult(kind, True, "")
        self.omit.append("top_p")
        return ProbeResult(kind, False, str(reply))

    def _report_usage(self) -> ProbeResult:
        usage = self._reply.usage
        cost = "" if usage.cost is None else f", {usage.cost:.6f} USD"
        detail = f"{counted(usage.input_tokens, 'token')} in, {usage.output_tokens} out{cost}"
        return ProbeResult("usage", usage.input_tokens > 0, detail if usage.input_tokens else "not told")

    async def _look_up_context(self) -> ProbeResult:
        """As the endpoint's list of models says, in the words of OpenRouter, vLLM or llama.cpp."""
        try:
            model_list = (await self._endpoint.get("/models")).get("data")
        except CallFailed as failure:
            return ProbeResult("context", None, str(failure))
        model_entries = (
            [entry for entry in model_list if isinstance(entry, dict)] if isinstance(model_list, list) else []
        )
        entry = next((entry for entry in model_entries if entry.get("id") == self._call.model), {})
        size = entry.get("context_length") or entry.get("max_model_len")
        if not size and isinstance(meta := entry.get("meta"), dict):
            size = meta.get("n_ctx_train")
        return ProbeResult("context", None, counted(size, "token") if isinstance(size, int) else "not told by /models")

    async def _post(self, parameters: Json) -> ChatResponse | CallFailed:
        try:
            reply = read_response(await self._endpoint.post("/chat/completions", {**self._body, **parameters}))
        except CallFailed as failure:
            return failure
        return reply.failure or reply
