"""The JSON of a chat request: what the config says, in the words of whoever listens, without what was refused before.

A refusal that names a parameter is met by leaving that parameter out, or by the next weaker way to ask for JSON, or by
streaming; the call goes again, and a line says so once. What shapes a reply's place in the journal is the request as
the config wants it, so that a later run finds it whatever had to be left out.
"""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from groundwork.llm.endpoint.http_errors import AccessRefused, CallFailed, RequestRejected
from groundwork.settings.config_schema import ModelCall, Provider, Routing

Json = dict[str, Any]
Dialect = Literal["openrouter", "openai", "azure", "local", "generic"]
JsonLevel = Literal["json_schema", "json_object", "prompt"]
LOCAL = "local"
SAMPLING_PARAMETERS = ("temperature", "top_p", "top_k", "min_p")
# What switches a model's thinking on and off, by host: OpenAI's own models and Gemini know degrees alone.
_THINKING_TYPE_HOSTS = ("api.deepseek.com", "api.z.ai", "open.bigmodel.cn", "api.moonshot.ai", "api.anthropic.com")
_REASONING_EFFORT_HOSTS = ("api.openai.com", "generativelanguage.googleapis.com")


def host_of(base_url: str) -> str:
    """The host in an address, in lower case."""
    return (urlsplit(base_url).hostname or "").casefold()


def dialect_of(base_url: str) -> Dialect:
    """Who listens there. OpenRouter and what imitates it serve under /api/v1; vLLM, Ollama and others under /v1."""
    if base_url == LOCAL:
        return "local"
    request_host = host_of(base_url)
    if request_host.endswith("openrouter.ai") or urlsplit(base_url).path.rstrip("/").endswith("/api/v1"):
        return "openrouter"
    if request_host.endswith((".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")):
        return "azure"
    return "openai" if request_host == "api.openai.com" else "generic"


def json_level(provider_settings: Provider) -> JsonLevel:
    """How a schema is asked for at first: Anthropic ignores a response_format, DeepSeek knows no schema in it."""
    if provider_settings.structured != "auto":
        return provider_settings.structured
    request_host = host_of(provider_settings.base_url)
    if request_host == "api.anthropic.com":
        return "prompt"
    return "json_object" if request_host == "api.deepseek.com" else "json_schema"


def chat_request_body(provider_settings: Provider, call: ModelCall, messages: list[Json], schema: Json | None) -> Json:
    """The request's JSON: what the config says, in the words of whoever listens at its address."""
    dialect = dialect_of(provider_settings.base_url)
    supported_sampling = SAMPLING_PARAMETERS[:2] if dialect in ("openai", "azure") else SAMPLING_PARAMETERS
    sampling = {parameter: getattr(call, parameter) for parameter in supported_sampling if parameter not in call.omit}
    sampling = {parameter: value for parameter, value in sampling.items() if value is not None}
    reply_limit = {_limit_parameter(provider_settings, dialect): call.max_tokens}
    request_body: Json = {"model": call.model, "messages": messages, **sampling, **reply_limit}
    if schema is not None:
        schema_parameter = {"name": str(schema.get("title") or "reply"), "strict": True, "schema": schema}
        request_body["response_format"] = {"type": "json_schema", "json_schema": schema_parameter}
    request_body |= _thinking_parameters(host_of(provider_settings.base_url), dialect, call)
    if dialect == "openrouter" and (
        provider_routing := _provider_routing(provider_settings.routing, schema is not None)
    ):
        request_body["provider"] = provider_routing
    return request_body | provider_settings.extra_body


def _limit_parameter(provider_settings: Provider, dialect: Dialect) -> str:
    if provider_settings.limit_parameter != "auto":
        return provider_settings.limit_parameter
    return "max_completion_tokens" if dialect in ("openai", "azure") else "max_tokens"


def _thinking_parameters(request_host: str, dialect: Dialect, call: ModelCall) -> Json:
    """What sets how much a model thinks; nothing where the config leaves that to the model."""
    reasoning_effort = None if "reasoning_effort" in call.omit else call.reasoning_effort
    thinking_parameter = None if "thinking" in call.omit else call.thinking
    if dialect == "openrouter":
        reasoning_parameters = {"effort": reasoning_effort, "enabled": thinking_parameter}
        reasoning_parameters = {name: value for name, value in reasoning_parameters.items() if value is not None}
        return {"reasoning": reasoning_parameters} if reasoning_parameters else {}
    request_body: Json = {} if reasoning_effort is None else {"reasoning_effort": reasoning_effort}
    if thinking_parameter is None:
        return request_body
    if request_host in _REASONING_EFFORT_HOSTS or dialect == "azure":
        return request_body if thinking_parameter else {"reasoning_effort": "none"}
    if request_host in _THINKING_TYPE_HOSTS:
        return {**request_body, "thinking": {"type": "enabled" if thinking_parameter else "disabled"}}
    if request_host.endswith("aliyuncs.com"):
        return {**request_body, "enable_thinking": thinking_parameter}
    # vLLM, SGLang and llama.cpp hand this to the chat template; Qwen's and GLM's call it the one, DeepSeek's the other.
    return {**request_body, "chat_template_kwargs": dict.fromkeys(("enable_thinking", "thinking"), thinking_parameter)}


def _provider_routing(routing: Routing, has_schema: bool) -> Json:
    """OpenRouter's `provider` object: only what differs from its own defaults."""
    routing_parameters = {
        "order": routing.order,
        "only": routing.only,
        "allow_fallbacks": None if routing.allow_fallbacks else False,
        "require_parameters": routing.require_parameters and has_schema,
        "data_collection": None if routing.data_collection == "allow" else routing.data_collection,
        "zdr": routing.zdr,
        "max_price": routing.max_price,
        "enforce_distillable_text": routing.enforce_distillable_text,
    }
    return {
        name: value
        for name, value in routing_parameters.items()
        if value or (value is False and name == "allow_fallbacks")
    }


def limit_parameter(request_body: Json) -> str:
    """The key of the request that limits the reply."""
    return "max_tokens" if "max_tokens" in request_body else "max_completion_tokens"


def token_limit(request_body: Json) -> int:
    """How many tokens the request lets the reply have."""
    return int(request_body.get(limit_parameter(request_body)) or 0)


def with_reply_limit(request_body: Json, reply_limit: int) -> Json:
    """The request as it is sent. A reply that ends by itself is the same with less room, so its key stays too."""
    is_within_limit = reply_limit >= token_limit(request_body)
    return request_body if is_within_limit else {**request_body, limit_parameter(request_body): reply_limit}


JSON_LEVELS: tuple[JsonLevel, ...] = ("json_schema", "json_object", "prompt")
LIMIT_PARAMETERS = ("max_tokens", "max_completion_tokens")
# Named by the refusal, left out: the parameter as it is sent, and the setting that keeps it out for good.
OPTIONAL_PARAMETERS = {
    **dict.fromkeys(SAMPLING_PARAMETERS),
    "reasoning_effort": "reasoning_effort",
    "reasoning": "reasoning_effort",
    "chat_template_kwargs": "thinking",
    "enable_thinking": "thinking",
    "thinking": "thinking",
    "stream_options": None,
}
RARE_PARAMETERS = ("top_k", "min_p")  # few providers take them; the first to be left out where a refusal names none
MIN_TOKEN_LIMIT = 256  # tokens; a smaller number in a refusal is no limit of a reply
_SCHEMA_WORDS = re.compile(
    r"response_?format|json_schema|response_schema|structured.?output|guided|grammar|additionalproperties|\bschema\b"
)
_CONTEXT_WORDS = re.compile(r"context.?(?:length|window|size)")


class RequestAdapter:
    """What one model at one endpoint takes."""

    def __init__(self, provider_settings: Provider) -> None:
        self._provider_settings = provider_settings
        self.level: JsonLevel = json_level(provider_settings)
        self.stream = provider_settings.stream is True
        self.dropped_parameters: set[str] = set()
        self.limit_parameter = ""  # "": as the request has it
        self.max_tokens = 0  # of a reply; 0: as the request has it

    def adapt(self, request_body: Json) -> Json:
        """The request as this endpoint takes it."""
        dropped_parameters = self.dropped_parameters
        adapted_body = {name: value for name, value in request_body.items() if name not in dropped_parameters}
        for parameter in LIMIT_PARAMETERS:
            if parameter in adapted_body:
                reply_limit = adapted_body.pop(parameter)
                adapted_body[self.limit_parameter or parameter] = (
                    min(reply_limit, self.max_tokens) if self.max_tokens else reply_limit
                )
        if self.stream:
            adapted_body["stream"] = True
            if "stream_options" not in self.dropped_parameters:
                adapted_body["stream_options"] = {"include_usage": True}
        if "response_format" in adapted_body and self.level != "json_schema":
            adapted_body = _move_schema_to_prompt(adapted_body, self.level)
        return adapted_body

    def learn(self, call_failure: CallFailed, sent_body: Json, request_body: Json) -> str | None:
        """What was changed because of a refusal of `sent_body`, for the user; "" where another call changed it already.

        None: nothing in it tells what to change.
        """
        if sent_body != self.adapt(request_body):
            return ""
        if isinstance(call_failure, AccessRefused):
            return self._learn_from_routing_refusal(str(call_failure).casefold(), sent_body)
        if not isinstance(call_failure, RequestRejected):
            return None
        parameter_refusal = f"{call_failure.parameter} {call_failure}".casefold()
        adapted_parameter = (
            self._learn_reply_limit(parameter_refusal, call_failure.parameter, sent_body)
            or self._learn_to_stream(parameter_refusal)
            or self._learn_refused_parameters(parameter_refusal, call_failure.parameter, sent_body)
            or self._learn_json_level(parameter_refusal, sent_body)
        )
        return f"{adapted_parameter} (the endpoint: {str(call_failure)[:200]})" if adapted_parameter else None

    def _learn_from_routing_refusal(self, parameter_refusal: str, sent_body: Json) -> str | None:
        """OpenRouter finds no provider that takes every parameter of the request."""
        if not parameter_refusal.startswith("404") or "requested parameters" not in parameter_refusal:
            return None
        parameter_groups = (RARE_PARAMETERS, SAMPLING_PARAMETERS, ("reasoning",))
        sent_groups = ([parameter for parameter in group if parameter in sent_body] for group in parameter_groups)
        if refused_parameters := next(filter(None, sent_groups), None):
            return self._drop_parameters(refused_parameters)
        return self._learn_json_level("response_format", sent_body)

    def _learn_reply_limit(self, parameter_refusal: str, refused_parameter: str, sent_body: Json) -> str | None:
        limit_key = next((limit_key for limit_key in LIMIT_PARAMETERS if limit_key in sent_body), "")
        other_limit_key = LIMIT_PARAMETERS[1 - LIMIT_PARAMETERS.index(limit_key)] if limit_key else ""
        if not limit_key or limit_key not in parameter_refusal or _CONTEXT_WORDS.search(parameter_refusal):
            return None
        numbers_in_refusal = map(int, re.findall(r"\d{1,9}", parameter_refusal))
        token_limits = [number for number in numbers_in_refusal if MIN_TOKEN_LIMIT <= number < sent_body[limit_key]]
        if token_limits and not (other_limit_key in parameter_refusal and "instead" in parameter_refusal):
            self.max_tokens = max(token_limits)
            return f"takes at most {self.max_tokens} for {limit_key}; so much is asked for from now on"
        if (
            not self.limit_parameter
            and self._provider_settings.limit_parameter == "auto"
            and refused_parameter in ("", limit_key)
        ):
            self.limit_parameter = other_limit_key
            return f"takes {other_limit_key} in place of {limit_key} (llm.limit_parameter)"
        return None

    def _learn_to_stream(self, parameter_refusal: str) -> str | None:
        if (
            self.stream
            or self._provider_settings.stream != "auto"
            or not {"stream", "streaming"} & set(re.findall(r"\w+", parameter_refusal))
        ):
            return None
        self.stream = True
        return "answers only in streams; they are read from now on (llm.stream=true)"

    def _learn_refused_parameters(self, parameter_refusal: str, refused_parameter: str, sent_body: Json) -> str | None:
        sent_parameters = [parameter for parameter in OPTIONAL_PARAMETERS if parameter in sent_body]
        refused_parameters = [name for name in sent_parameters if re.search(rf"\b{name}\b", parameter_refusal)]
        if refused_parameter in refused_parameters:
            refused_parameters = [refused_parameter]
        if len(refused_parameters) > 1 and re.search(r"\bboth\b|only one|together", parameter_refusal):
            refused_parameters = refused_parameters[1:]
        return self._drop_parameters(refused_parameters) if refused_parameters else None

    def _learn_json_level(self, parameter_refusal: str, sent_body: Json) -> str | None:
        if "response_format" not in sent_body:
            return None
        if (
            self._provider_settings.structured != "auto"
            or not _SCHEMA_WORDS.search(parameter_refusal)
            or self.level == JSON_LEVELS[-1]
        ):
            return None
        self.level = JSON_LEVELS[JSON_LEVELS.index(self.level) + 1]
        return f"takes no such response_format; JSON is asked for by {self.level} from now on (llm.structured)"

    def _drop_parameters(self, refused_parameters: list[str]) -> str:
        self.dropped_parameters |= set(refused_parameters)
        omit = [OPTIONAL_PARAMETERS[parameter] or parameter for parameter in refused_parameters]
        parameter_change = f"refuses {', '.join(refused_parameters)}: not sent from now on (llm.defaults.omit={omit})"
        return parameter_change.replace("'", '"')


def _move_schema_to_prompt(request_body: Json, weaker_level: JsonLevel) -> Json:
    """The request with its schema in the prompt, where every model can read it."""
    response_format = request_body["response_format"]
    schema = response_format.get("json_schema", {}).get("schema")
    messages = list(request_body["messages"])
    if schema:
        schema_text = msgspec.json.encode(schema).decode()
        schema_instruction = (
            f"\n\nReply with JSON alone, nothing before or after it, that fits this JSON Schema:\n{schema_text}"
        )
        messages[0] = {**messages[0], "content": _append_to_content(messages[0].get("content"), schema_instruction)}
    request_body = {**request_body, "messages": messages}
    del request_body["response_format"]
    return (
        request_body | {"response_format": {"type": "json_object"}} if weaker_level == "json_object" else request_body
    )


def _append_to_content(request_content: Any, schema_instruction: str) -> Any:
    if isinstance(request_content, list):
        return [*request_content, {"type": "text", "text": schema_instruction}]
    return f"{request_content or ''}{schema_instruction}"
