"""The request's JSON and its address: no more in it than the endpoint understands."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from groundwork.settings.llm_settings import ModelCall, Provider, Routing

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


def split_address(base_url: str) -> tuple[str, dict[str, str]]:
    """(the address without its query and without a pasted /chat/completions, the query)."""
    split_url = urlsplit(base_url)
    path = split_url.path.rstrip("/").removesuffix("/chat/completions")
    return urlunsplit((split_url.scheme, split_url.netloc, path, "", "")), dict(parse_qsl(split_url.query))


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
    body: Json = {"model": call.model, "messages": messages, **sampling, **limit}
    if schema is not None:
        named_schema = {"name": str(schema.get("title") or "reply"), "strict": True, "schema": schema}
        body["response_format"] = {"type": "json_schema", "json_schema": named_schema}
    body |= _thinking_parameters(host_of(settings.base_url), dialect, call)
    if dialect == "openrouter" and (provider := _provider_routing(settings.routing, schema is not None)):
        body["provider"] = provider
    return body | settings.extra_body


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
    body: Json = {} if effort is None else {"reasoning_effort": effort}
    if enabled is None:
        return body
    if host in _REASONING_EFFORT_HOSTS or dialect == "azure":
        return body if enabled else {"reasoning_effort": "none"}
    if host in _THINKING_TYPE_HOSTS:
        return {**body, "thinking": {"type": "enabled" if enabled else "disabled"}}
    if host.endswith("aliyuncs.com"):
        return {**body, "enable_thinking": enabled}
    # vLLM, SGLang and llama.cpp hand this to the chat template; Qwen's and GLM's call it the one, DeepSeek's the other.
    return {**body, "chat_template_kwargs": {"enable_thinking": enabled, "thinking": enabled}}


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
