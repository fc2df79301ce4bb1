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

from groundwork.llm.endpoint.http_errors import AccessRefused, BrokenCall, CallFailed, RequestRejected
from groundwork.llm.endpoint.http_request import SAMPLING, Endpoint, JsonLevel, chat_body, json_level
from groundwork.llm.endpoint.http_response import ChatResponse, read_response
from groundwork.llm.prompts import user_turn
from groundwork.llm.replies.reply_json import decode_json
from groundwork.llm.replies.thoughts_and_wrappings import remove_thoughts
from groundwork.message_wording import counted
from groundwork.settings.config_schema import ModelCall, Provider

Json = dict[str, Any]
JSON_LEVELS: tuple[JsonLevel, ...] = ("json_schema", "json_object", "prompt")
LIMIT_KEYS = ("max_tokens", "max_completion_tokens")
# Named by the refusal, left out: the parameter as it is sent, and the setting that keeps it out for good.
OPTIONAL_KEYS = {
    **dict.fromkeys(SAMPLING),
    "reasoning_effort": "reasoning_effort",
    "reasoning": "reasoning_effort",
    "chat_template_kwargs": "thinking",
    "enable_thinking": "thinking",
    "thinking": "thinking",
    "stream_options": None,
}
RARE_KEYS = ("top_k", "min_p")  # few providers take them; the first to be left out where a refusal names none
MIN_TOKEN_LIMIT = 256  # tokens; a smaller number in a refusal is no limit of a reply
_SCHEMA_WORDS = re.compile(
    r"response_?format|json_schema|response_schema|structured.?output|guided|grammar|additionalproperties|\bschema\b"
)
_CONTEXT_WORDS = re.compile(r"context.?(?:length|window|size)")


class RequestAdapter:
    """What one model at one endpoint takes."""

    def __init__(self, settings: Provider) -> None:
        self._settings = settings
        self.level: JsonLevel = json_level(settings)
        self.stream = settings.stream is True
        self.dropped_parameters: set[str] = set()
        self.limit_parameter = ""  # "": as the request has it
        self.max_tokens = 0  # of a reply; 0: as the request has it

    def adapt(self, request_body: Json) -> Json:
        """The request as this endpoint takes it."""
        request = {
            parameter: parameter_value
            for parameter, parameter_value in request_body.items()
            if parameter not in self.dropped_parameters
        }
        for parameter in LIMIT_KEYS:
            if parameter in request:
                limit = request.pop(parameter)
                request[self.limit_parameter or parameter] = min(limit, self.max_tokens) if self.max_tokens else limit
        if self.stream:
            request["stream"] = True
            if "stream_options" not in self.dropped_parameters:
                request["stream_options"] = {"include_usage": True}
        if "response_format" in request and self.level != "json_schema":
            request = _move_schema_to_prompt(request, self.level)
        return request

    def learn(self, failure: CallFailed, sent: Json, request_body: Json) -> str | None:
        """What was changed because of a refusal of `sent`, for the user; "" where another call changed it already.

        None: nothing in it tells what to change.
        """
        if sent != self.adapt(request_body):
            return ""
        if isinstance(failure, AccessRefused):
            return self._learn_routing(str(failure).casefold(), sent)
        if not isinstance(failure, RequestRejected):
            return None
        message = f"{failure.parameter} {failure}".casefold()
        change = (
            self._learn_limit(message, failure.parameter, sent)
            or self._learn_stream(message)
            or self._learn_parameters(message, failure.parameter, sent)
            or self._learn_level(message, sent)
        )
        return f"{change} (the endpoint: {str(failure)[:200]})" if change else None

    def _learn_routing(self, message: str, sent: Json) -> str | None:
        """OpenRouter finds no provider that takes every parameter of the request."""
        if not message.startswith("404") or "requested parameters" not in message:
            return None
        parameter_groups = (RARE_KEYS, SAMPLING, ("reasoning",))
        parameters: list[str] = next(
            filter(None, ([name for name in group if name in sent] for group in parameter_groups)), []
        )
        return self._drop(parameters) if parameters else self._learn_level("response_format", sent)

    def _learn_limit(self, message: str, parameter: str, sent: Json) -> str | None:
        limit_key = next((limit_key for limit_key in LIMIT_KEYS if limit_key in sent), "")
        alternative = LIMIT_KEYS[1 - LIMIT_KEYS.index(limit_key)] if limit_key else ""
        if not limit_key or limit_key not in message or _CONTEXT_WORDS.search(message):
            return None
        message_numbers = map(int, re.findall(r"\d{1,9}", message))
        limits = [number for number in message_numbers if MIN_TOKEN_LIMIT <= number < sent[limit_key]]
        if limits and not (alternative in message and "instead" in message):
            self.max_tokens = max(limits)
            return f"takes at most {self.max_tokens} for {limit_key}; so much is asked for from now on"
        if not self.limit_parameter and self._settings.limit_parameter == "auto" and parameter in ("", limit_key):
            self.limit_parameter = alternative
            return f"takes {alternative} in place of {limit_key} (llm.limit_parameter)"
        return None

    def _learn_stream(self, message: str) -> str | None:
        if (
            self.stream
            or self._settings.stream != "auto"
            or not {"stream", "streaming"} & set(re.findall(r"\w+", message))
        ):
            return None
        self.stream = True
        return "answers only in streams; they are read from now on (llm.stream=true)"

    def _learn_parameters(self, message: str, parameter: str, sent: Json) -> str | None:
        parameters = [option for option in OPTIONAL_KEYS if option in sent and re.search(rf"\b{option}\b", message)]
        if parameter in parameters:
            parameters = [parameter]
        if len(parameters) > 1 and re.search(r"\bboth\b|only one|together", message):
            parameters = parameters[1:]
        return self._drop(parameters) if parameters else None

    def _learn_level(self, message: str, sent: Json) -> str | None:
        if "response_format" not in sent:
            return None
        if self._settings.structured != "auto" or not _SCHEMA_WORDS.search(message) or self.level == JSON_LEVELS[-1]:
            return None
        self.level = JSON_LEVELS[JSON_LEVELS.index(self.level) + 1]
        return f"takes no such response_format; JSON is asked for by {self.level} from now on (llm.structured)"

    def _drop(self, parameters: list[str]) -> str:
        self.dropped_parameters |= set(parameters)
        settings = [OPTIONAL_KEYS[parameter] or parameter for parameter in parameters]
        return f"refuses {', '.join(parameters)}: not sent from now on (llm.defaults.omit={settings})".replace("'", '"')


def _move_schema_to_prompt(request: Json, level: JsonLevel) -> Json:
    """The request with its schema in the prompt, where every model can read it."""
    response_format = request["response_format"]
    schema = response_format.get("json_schema", {}).get("schema")
    messages = list(request["messages"])
    if schema:
        text = msgspec.json.encode(schema).decode()
        instruction = f"\n\nReply with JSON alone, nothing before or after it, that fits this JSON Schema:\n{text}"
        messages[0] = {**messages[0], "content": _append_text(messages[0].get("content"), instruction)}
    request = {name: value for name, value in request.items() if name != "response_format"} | {"messages": messages}
    return request | {"response_format": {"type": "json_object"}} if level == "json_object" else request


def _append_text(content: Any, text: str) -> Any:
    return [*content, {"type": "text", "text": text}] if isinstance(content, list) else f"{content or ''}{text}"


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
