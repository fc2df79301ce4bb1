"""What an endpoint takes, by a tiny call of each kind; `doctor --provider` prints it as settings for the config."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from groundwork.llm.endpoint.chat_response import ChatResponse, read_response
from groundwork.llm.endpoint.endpoint_connection import Endpoint
from groundwork.llm.endpoint.http_errors import AccessRefused, BrokenCall, CallFailed
from groundwork.llm.endpoint.request_body_parameters import LIMIT_PARAMETERS, Json, chat_request_body
from groundwork.llm.prompt_templates import user_turn
from groundwork.llm.replies.reply_json import decode_json
from groundwork.llm.replies.thoughts_and_wrappings import remove_thoughts
from groundwork.message_wording import counted
from groundwork.settings.config_schema import ModelCall

PROBE_TOKENS = 600  # tokens of a reply, for models that think first
PROBE_QUESTION = "How many legs does a spider have? Answer in JSON."
PROBE_SCHEMA: Json = {  # of a name that nothing in the prompt gives away
    "type": "object",
    "properties": {"spider_leg_total": {"type": "integer"}},
    "required": ["spider_leg_total"],
    "additionalProperties": False,
}
PROBE_FORMATS: dict[str, Json] = {
    "json_schema": {"type": "json_schema", "json_schema": {"name": "legs", "strict": True, "schema": PROBE_SCHEMA}},
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
        self._probe_body: Json = {"model": call.model, "messages": [user_turn(PROBE_QUESTION)]}
        self.provider: dict[str, Any] = {}
        self.omit: list[str] = []

    async def results(self) -> AsyncIterator[ProbeResult]:
        """One a kind, as they come; only the first where nothing gets through at all."""
        plain_call_probe = await self._probe_plain_call()
        yield plain_call_probe
        if not plain_call_probe.takes:
            return
        yield await self._probe_limit_parameters()
        for probe_format in PROBE_FORMATS:
            yield await self._probe_json_format(probe_format)
        yield await self._probe_stream()
        for probed_parameter, probed_value in PROBE_PARAMETERS.items():
            yield await self._probe_parameter(probed_parameter, probed_value)
        yield await self._probe_temperature_with_top_p()
        yield self._probe_usage_result()
        yield await self._probe_context_length()

    async def _probe_plain_call(self) -> ProbeResult:
        """A call with nothing in it but the question; as a stream where that is asked for."""
        probe_reply = await self._post_probe({})
        is_rejected = isinstance(probe_reply, CallFailed) and not isinstance(probe_reply, AccessRefused | BrokenCall)
        if is_rejected and "stream" in str(probe_reply).lower():
            self._probe_body["stream"], self.provider["stream"] = True, True
            probe_reply = await self._post_probe({})
        if isinstance(probe_reply, CallFailed):
            return ProbeResult("a call", False, str(probe_reply))
        self._reply = probe_reply
        side_place = f", its text stands in {probe_reply.side_text[0]}" if probe_reply.side_text[1] else ""
        probe_detail = (
            f"{counted(len(probe_reply.content), 'character')}, finish_reason {probe_reply.finish_reason}{side_place}"
        )
        return ProbeResult("a call", True, probe_detail)

    async def _probe_limit_parameters(self) -> ProbeResult:
        probed_parameters = [
            parameter
            for parameter in LIMIT_PARAMETERS
            if not isinstance(await self._post_probe({parameter: PROBE_TOKENS}), CallFailed)
        ]
        default_body = chat_request_body(self._endpoint.settings, self._call, [], None)
        default_parameter = next(parameter for parameter in LIMIT_PARAMETERS if parameter in default_body)
        if probed_parameters and default_parameter not in probed_parameters:
            self.provider["limit_parameter"] = probed_parameters[0]
        probe_detail = " and ".join(probed_parameters) or "neither max_tokens nor its successor"
        return ProbeResult("limit of a reply", bool(probed_parameters), probe_detail)

    async def _probe_json_format(self, format_name: str) -> ProbeResult:
        """json_schema first; what is set is the strongest that works."""
        probe_reply = await self._post_probe({"response_format": PROBE_FORMATS[format_name]})
        if isinstance(probe_reply, CallFailed):
            is_valid, probe_detail = False, str(probe_reply)
        else:
            probe_text = remove_thoughts(probe_reply.content or probe_reply.side_text[1]).text
            reply_json = decode_json(probe_text)
            is_valid = isinstance(reply_json, dict) and (
                format_name == "json_object" or set(reply_json) == {"spider_leg_total"}
            )
            probe_detail = "" if is_valid else f"taken and ignored: {probe_text[:60]!r}"
        if is_valid and self.provider.get("structured") == "prompt":
            self.provider["structured"] = format_name
        if not is_valid and format_name == "json_schema":
            self.provider["structured"] = "prompt"
        return ProbeResult(format_name, is_valid, probe_detail)

    async def _probe_stream(self) -> ProbeResult:
        probe_reply = await self._post_probe({"stream": True})
        if isinstance(probe_reply, CallFailed):
            return ProbeResult("a stream", False, str(probe_reply))
        return ProbeResult("a stream", True, "and nothing else" if self.provider.get("stream") else "")

    async def _probe_parameter(self, probed_parameter: str, probed_value: Any) -> ProbeResult:
        probe_reply = await self._post_probe({probed_parameter: probed_value})
        if not isinstance(probe_reply, CallFailed):
            return ProbeResult(probed_parameter, True, "")
        self.omit.append(probed_parameter)
        return ProbeResult(probed_parameter, False, str(probe_reply))

    async def _probe_temperature_with_top_p(self) -> ProbeResult:
        probe_kind = "temperature with top_p"
        if self.omit[:1] in (["temperature"], ["top_p"]):
            return ProbeResult(probe_kind, None, "")
        probe_reply = await self._post_probe({name: PROBE_PARAMETERS[name] for name in ("temperature", "top_p")})
        if not isinstance(probe_reply, CallFailed):
            return ProbeResult(probe_kind, True, "")
        self.omit.append("top_p")
        return ProbeResult(probe_kind, False, str(probe_reply))

    def _probe_usage_result(self) -> ProbeResult:
        probe_usage = self._reply.usage
        cost_text = "" if probe_usage.cost is None else f", {probe_usage.cost:.6f} USD"
        usage_text = f"{counted(probe_usage.input_tokens, 'token')} in, {probe_usage.output_tokens} out{cost_text}"
        is_told = probe_usage.input_tokens > 0
        return ProbeResult("usage", is_told, usage_text if is_told else "not told")

    async def _probe_context_length(self) -> ProbeResult:
        """As the endpoint's list of models says, in the words of OpenRouter, vLLM or llama.cpp."""
        try:
            probed_models = (await self._endpoint.get("/models")).get("data")
        except CallFailed as failure:
            return ProbeResult("context", None, str(failure))
        probed_entries = [e for e in probed_models if isinstance(e, dict)] if isinstance(probed_models, list) else []
        probed_entry = next((entry for entry in probed_entries if entry.get("id") == self._call.model), {})
        probed_context = probed_entry.get("context_length") or probed_entry.get("max_model_len")
        if not probed_context and isinstance(model_meta := probed_entry.get("meta"), dict):
            probed_context = model_meta.get("n_ctx_train")
        context_text = counted(probed_context, "token") if isinstance(probed_context, int) else "not told by /models"
        return ProbeResult("context", None, context_text)

    async def _post_probe(self, parameters: Json) -> ChatResponse | CallFailed:
        try:
            probe_reply = read_response(
                await self._endpoint.post("/chat/completions", {**self._probe_body, **parameters})
            )
        except CallFailed as failure:
            return failure
        return probe_reply.failure or probe_reply
