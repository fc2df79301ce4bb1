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
SAMPLING = ("temperature", "top_p", "top_k", "min_p")
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
    host = host_of(base_url)
    if host.endswith("openrouter.ai") or urlsplit(base_url).path.rstrip("/").endswith("/api/v1"):
        return "openrouter"
    if host.endswith((".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")):
        return "azure"
    return "openai" if host == "api.openai.com" else "generic"


def json_level(settings: Provider) -> JsonLevel:
    """How a schema is asked for at first: Anthropic ignores a response_format, DeepSeek knows no schema in it."""
    if settings.structured != "auto":
        return settings.structured
    host = host_of(settings.base_url)
    return "prompt" if host == "api.anthropic.com" else "json_object" if host == "api.deepseek.com" else "json_schema"


def chat_body(settings: Provider, call: ModelCall, messages: list[Json], schema: Json | None) -> Json:
    """The request's JSON: what the config says, in the words of whoever listens at its address."""
    dialect = dialect_of(settings.base_url)
    supported = SAMPLING[:2] if dialect in ("openai", "azure") else SAMPLING
    sampling = {
        name: value for name in supported if (value := getattr(call, name)) is not None and name not in call.omit
    }
    limit = {_limit_parameter(settings, dialect): call.max_tokens}
    request_body: Json = {"model": call.model, "messages": messages, **sampling, **limit}
    if schema is not None:
        named_schema = {"name": str(schema.get("title") or "reply"), "strict": True, "schema": schema}
        request_body["response_format"] = {"type": "json_schema", "json_schema": named_schema}
    request_body |= _thinking_parameters(host_of(settings.base_url), dialect, call)
    if dialect == "openrouter" and (provider := _provider_routing(settings.routing, schema is not None)):
        request_body["provider"] = provider
    return request_body | settings.extra_body


def _limit_parameter(settings: Provider, dialect: Dialect) -> str:
    if settings.limit_parameter != "auto":
        return settings.limit_parameter
    return "max_completion_tokens" if dialect in ("openai", "azure") else "max_tokens"


def _thinking_parameters(host: str, dialect: Dialect, call: ModelCall) -> Json:
    """What sets how much a model thinks; nothing where the config leaves that to the model."""
    effort = None if "reasoning_effort" in call.omit else call.reasoning_effort
    enabled = None if "thinking" in call.omit else call.thinking
    if dialect == "openrouter":
        reasoning = {"effort": effort, "enabled": enabled}
        reasoning = {name: value for name, value in reasoning.items() if value is not None}
        return {"reasoning": reasoning} if reasoning else {}
    request_body: Json = {} if effort is None else {"reasoning_effort": effort}
    if enabled is None:
        return request_body
    if host in _REASONING_EFFORT_HOSTS or dialect == "azure":
        return request_body if enabled else {"reasoning_effort": "none"}
    if host in _THINKING_TYPE_HOSTS:
        return {**request_body, "thinking": {"type": "enabled" if enabled else "disabled"}}
    if host.endswith("aliyuncs.com"):
        return {**request_body, "enable_thinking": enabled}
    # vLLM, SGLang and llama.cpp hand this to the chat template; Qwen's and GLM's call it the one, DeepSeek's the other.
    return {**request_body, "chat_template_kwargs": {"enable_thinking": enabled, "thinking": enabled}}


def _provider_routing(routing: Routing, has_schema: bool) -> Json:
    """OpenRouter's `provider` object: only what differs from its own defaults."""
    options = {
        "order": routing.order,
        "only": routing.only,
        "allow_fallbacks": None if routing.allow_fallbacks else False,
        "require_parameters": routing.require_parameters and has_schema,
        "data_collection": None if routing.data_collection == "allow" else routing.data_collection,
        "zdr": routing.zdr,
        "max_price": routing.max_price,
        "enforce_distillable_text": routing.enforce_distillable_text,
    }
    return {key: value for key, value in options.items() if (value is False and key == "allow_fallbacks") or value}


def limit_parameter(request_body: Json) -> str:
    """The key of the request that limits the reply."""
    return "max_tokens" if "max_tokens" in request_body else "max_completion_tokens"


def token_limit(request_body: Json) -> int:
    """How many tokens the request lets the reply have."""
    return int(request_body.get(limit_parameter(request_body)) or 0)


def with_reply_limit(request_body: Json, reply_limit: int) -> Json:
    """The request as it is sent. A reply that ends by itself is the same with less room, so its key stays too."""
    return (
        request_body
        if reply_limit >= token_limit(request_body)
        else {**request_body, limit_parameter(request_body): reply_limit}
    )


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
