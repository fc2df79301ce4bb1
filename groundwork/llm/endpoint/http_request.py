"""One endpoint that speaks the OpenAI chat API: address and key, the JSON of a request, how it is sent, the price.

There is no more in the JSON than the endpoint understands.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

from groundwork.errors import ConfigError
from groundwork.llm.endpoint.http_errors import (
    AccessRefused,
    BrokenCall,
    CallFailed,
    Unreachable,
    status_failure,
    timeout_failure,
)
from groundwork.llm.endpoint.local_model import LocalServer, model_identity
from groundwork.settings.config_schema import LocalModel, ModelCall, Provider, Routing

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class Price(msgspec.Struct, frozen=True):
    """USD a token."""

    prompt: float
    completion: float

    def of(self, input_tokens: float, output_tokens: float) -> float:
        """USD for so many tokens in and out."""
        return self.prompt * input_tokens + self.completion * output_tokens


FREE = Price(0.0, 0.0)


def parse_price(pricing: Any) -> Price | None:
    """The price in an entry of /models, whose numbers are strings of USD a token; None where there is none.

    OpenRouter writes -1 for a model that stands for several, whose price is known once it has replied.
    """
    try:
        price = Price(float(pricing["prompt"]), float(pricing["completion"]))
    except (TypeError, KeyError, ValueError):
        return None
    return price if all(0 <= usd < float("inf") for usd in (price.prompt, price.completion)) else None


Json = dict[str, Any]
Dialect = Literal["openrouter", "openai", "azure", "local", "generic"]
JsonLevel = Literal["json_schema", "json_object", "prompt"]
LOCAL = "local"
SAMPLING = ("temperature", "top_p", "top_k", "min_p")
# What switches a model's thinking on and off, by host: OpenAI's own models and Gemini know degrees alone.
_THINKING_TYPE_HOSTS = ("api.deepseek.com", "api.z.ai", "open.bigmodel.cn", "api.moonshot.ai", "api.anthropic.com")
_REASONING_EFFORT_HOSTS = ("api.openai.com", "generativelanguage.googleapis.com")

MAX_REDIRECTS = 4
MIN_SECRET_LENGTH = 8  # characters; what is shorter is no key, and may be a word of the reply


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


class Endpoint:
    """A provider block of the config, connected on the first call. Close it when done."""

    def __init__(self, settings: Provider, local: LocalModel, env: Mapping[str, str]) -> None:
        self.settings = settings
        self.dialect = dialect_of(settings.base_url)
        self._address, self._query = (LOCAL, {}) if self.dialect == "local" else split_address(settings.base_url)
        self.identity = model_identity(local) if self.dialect == "local" else settings.base_url.rstrip("/")
        self.reports_cost = self.dialect == "openrouter"  # in the usage of every reply
        self.concurrency = 1 if self.dialect == "local" else settings.max_concurrency
        self._local, self._env = local, env
        self._server: LocalServer | None = None
        self._openai: AsyncOpenAI | None = None
        self._prices: dict[str, Price] | None = None
        self.price_problem = ""  # why none could be read
        self._connecting, self._pricing = asyncio.Lock(), asyncio.Lock()

    def key(self) -> str:
        """The API key. Raises ConfigError when the config names a variable that is not set, or holds no key."""
        variable = self.settings.api_key_env
        if not variable or self.dialect == "local":
            return "none"
        if key := self._env.get(variable, "").strip():
            if not re.fullmatch(r"[!#-~]+", key):
                raise ConfigError(
                    [f"{variable} contains a space or another character that no API key has; check it in .env"]
                )
            self._check_privacy()
            return key
        raise ConfigError(
            [
                f"{variable} is not set: put {variable}=... into .env, the key for {self.settings.base_url}; "
                f"{self._without_key()}"
            ]
        )

    def _without_key(self) -> str:
        if self.dialect == "openrouter":
            return "or work without one: --config local"
        return 'or, where this endpoint needs none, set api_key_env="" beside its base_url'

    def _check_privacy(self) -> None:
        """Raises ConfigError where the key would travel unencrypted to another machine."""
        host = host_of(self.settings.base_url)
        if self.settings.base_url.startswith("https") or self.settings.allow_http or _is_loopback(host):
            return
        raise ConfigError(
            [
                f"llm.base_url: {self.settings.base_url} would get the key {self.settings.api_key_env} unencrypted, "
                'for all on the way to read: use https, or api_key_env="" where no key is needed, or allow_http=true'
            ]
        )

    def _request_options(self) -> Any:
        """The request's options: the config's own headers, with what their variables hold, and the key's header."""
        from openai import omit

        headers: dict[str, Any] = {}
        if self.dialect == "openrouter":
            headers["X-OpenRouter-Title"] = "Groundwork"
        if self.settings.key_header == "api-key" or (self.settings.key_header == "auto" and self.dialect == "azure"):
            headers |= {"Authorization": omit, "api-key": self.key()}
        headers |= {header: self._header_value(value) for header, value in self.settings.extra_headers.items()}
        return {"headers": headers}

    def _header_value(self, value: str) -> str:
        """`value`, or that of the variable that it names: $MY_TOKEN. Raises ConfigError where it is not set."""
        if not value.startswith("$"):
            return value
        if not (secret := self._env.get(value[1:], "").strip()):
            raise ConfigError([f"llm.extra_headers: {value[1:]} is not set: put {value[1:]}=... into .env"])
        self._check_privacy()
        return secret

    async def post(self, path: str, request_body: Json) -> bytes:
        """The raw body of a 200. Raises CallFailed for everything else, hangs and dropped connections included."""
        return await self._request("POST", path, request_body, self.settings.timeout)

    async def get(self, path: str) -> Json:
        """The JSON object at `path`, such as /models. Raises CallFailed."""
        raw = await self._request("GET", path, None, min(30.0, self.settings.timeout))
        try:
            content = msgspec.json.decode(raw)
        except msgspec.DecodeError as error:
            raise BrokenCall(f"{path}: no JSON ({error})") from None
        return content if isinstance(content, dict) else {"data": content}

    async def price(self, model: str) -> Price | None:
        """USD a token of `model` by the endpoint's /models; None where it names none."""
        if self.dialect == "local":
            return FREE
        if self._prices is None:
            async with self._pricing:
                self._prices = self._prices if self._prices is not None else await self._fetch_prices()
        return self._prices.get(model) or self._prices.get(model.partition(":")[0])

    async def close(self) -> None:
        """Close the connections, and stop the local model if it runs."""
        if self._openai is not None:
            await self._openai.close()
        if self._server is not None:
            await asyncio.to_thread(self._server.close)

    async def _request(self, method: str, path: str, request_body: Json | None, seconds: float) -> bytes:
        import httpx2
        import openai

        client, options = self._openai or await self._connect(), self._request_options()
        try:
            async with asyncio.timeout(seconds):
                for _ in range(MAX_REDIRECTS):
                    try:
                        if method == "GET":
                            response = await client.get(path, cast_to=httpx2.Response, options=options)
                        else:
                            response = await client.post(
                                path, cast_to=httpx2.Response, body=request_body, options=options
                            )
                        break
                    except openai.APIStatusError as error:
                        path = self._redirect_target(error.response)
                else:
                    raise AccessRefused(f"310: it redirects more than {MAX_REDIRECTS} times, the last time to {path}")
        except TimeoutError:
            raise timeout_failure(seconds) from None
        except openai.APIConnectionError as error:
            cause = error.__cause__
            if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
                raise Unreachable(str(cause)) from None
            raise (
                timeout_failure(seconds)
                if isinstance(error, openai.APITimeoutError)
                else BrokenCall(f"the connection broke: {cause or error}")
            ) from None
        else:
            return self._redact_secrets(response.content)

    def _redirect_target(self, response: Any) -> str:
        """Where a redirect of a POST leads on the same host. Raises CallFailed for everything else that is no 200."""
        source = str(response.url)
        target = str(urljoin(source, response.headers.get("location") or ""))
        is_same_host = host_of(source) == host_of(target) and (target.startswith("https") or source.startswith("http:"))
        if response.status_code in (307, 308) and is_same_host and target != source:
            return target
        headers = {**response.headers, "location": target.removesuffix("/chat/completions")}
        raise status_failure(response.status_code, headers, self._redact_secrets(response.content)) from None

    def _redact_secrets(self, raw_reply: bytes) -> bytes:
        """`raw_reply` as it may be kept and shown: there are endpoints that repeat the key when they turn it down."""
        for secret in self._secrets():
            raw_reply = raw_reply.replace(secret, b"[the key]")
        return raw_reply

    def _secrets(self) -> list[bytes]:
        variables = [secret[1:] for secret in self.settings.extra_headers.values() if secret.startswith("$")]
        secrets = [self.key(), *(self._env.get(variable, "").strip() for variable in variables)]
        return [secret.encode() for secret in secrets if len(secret) >= MIN_SECRET_LENGTH]

    async def _connect(self) -> AsyncOpenAI:
        """The client, made by the first caller while the others wait; starts the local model."""
        async with self._connecting:
            if self._openai is None:
                self._openai = await self._create_client()
        return self._openai

    async def _create_client(self) -> AsyncOpenAI:
        import httpx2
        from openai import AsyncOpenAI, DefaultAioHttpClient

        key, base_url = self.key(), self._address
        if self.dialect == "local":
            self._server = await asyncio.to_thread(LocalServer, self._local)
            base_url = f"{self._server.address}/v1"
        limits = httpx2.Limits(max_connections=self.concurrency + 2, max_keepalive_connections=self.concurrency + 2)
        return AsyncOpenAI(
            api_key=key,
            base_url=base_url,
            max_retries=0,  # its own retries do not see half of what fails, and count 429s as tries
            timeout=httpx2.Timeout(self.settings.timeout + 5, connect=min(20.0, self.settings.timeout)),
            # Without TLS there is nothing to verify, and reading the certificates takes a tenth of a second.
            http_client=DefaultAioHttpClient(
                limits=limits,
                verify=base_url.startswith("https"),
                follow_redirects=False,
                trust_env=not _is_loopback(host_of(base_url)),  # no proxy reaches this machine's own addresses
            ),
            default_query={**self._query, **self.settings.extra_query},
        )

    async def _fetch_prices(self) -> dict[str, Price]:
        try:
            entries = (await self.get("/models")).get("data")
        except CallFailed as failure:
            self.price_problem = f" (its /models: {failure})"
            return {}
        model_entries = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        return {str(entry.get("id")): price for entry in model_entries if (price := parse_price(entry.get("pricing")))}


def _is_loopback(host: str) -> bool:
    return (
        host in ("localhost", "::1") or host.endswith(".localhost") or re.fullmatch(r"127(\.\d+){3}", host) is not None
    )


def _proxy_of(address: str) -> str:
    """Host and port of the proxy that the environment names for an address; "" for none."""
    proxies = getproxies()
    proxy = proxies.get(urlsplit(address).scheme) or proxies.get("all") or ""
    if not proxy or proxy_bypass(host_of(address)):
        return ""
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}").netloc.rpartition("@")[2]


def unreachable_remedy(base_url: str) -> str:
    """What to look at where no connection to `base_url` could be made."""
    if _is_loopback(host_of(base_url)):
        return "is it running there?"
    if proxy := _proxy_of(base_url):
        return f"calls go through the proxy {proxy} of this shell; NO_PROXY={host_of(base_url)} has them go past it"
    return "check the network of this machine, and the address (base_url)"
