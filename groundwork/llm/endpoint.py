"""One endpoint that speaks the OpenAI chat API: what it understands, how it is called, what it charges."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import msgspec

from groundwork.errors import ConfigError
from groundwork.llm.budget import FREE, Price
from groundwork.llm.failures import Broken, CallFailed, Unreachable, trouble_of
from groundwork.llm.local import LocalServer, identity
from groundwork.settings.settings import LocalModel, ModelCall, Provider, Routing

if TYPE_CHECKING:
    from openai import AsyncOpenAI

Json = dict[str, Any]
Dialect = Literal["openrouter", "openai", "local", "generic"]
LOCAL = "local"
SHORTEST_SECRET = 8  # characters; what is shorter is no key, and may be a word of the reply


def dialect_of(base_url: str) -> Dialect:
    """Who listens there. OpenRouter and what imitates it serve under /api/v1; vLLM, Ollama and others under /v1."""
    if base_url == LOCAL:
        return "local"
    url = urlsplit(base_url)
    if (url.hostname or "").endswith("openrouter.ai") or url.path.rstrip("/").endswith("/api/v1"):
        return "openrouter"
    return "openai" if url.hostname == "api.openai.com" else "generic"


def chat_body(dialect: Dialect, routing: Routing, call: ModelCall, messages: list[Json], schema: Json | None) -> Json:
    """The request's JSON, with no more in it than `dialect` understands."""
    limit = "max_completion_tokens" if dialect == "openai" else "max_tokens"
    sampling: Json = {"temperature": call.temperature, "top_p": call.top_p}
    if dialect != "openai":
        sampling |= {"top_k": call.top_k, "min_p": call.min_p}
    sent = {name: value for name, value in sampling.items() if value is not None and name not in call.omit}
    body: Json = {"model": call.model, "messages": messages, **sent, limit: call.max_tokens}
    if schema is not None:
        wrapped = {"name": str(schema.get("title") or "reply"), "strict": True, "schema": schema}
        body["response_format"] = {"type": "json_schema", "json_schema": wrapped}
    if call.reasoning_effort is not None and "reasoning_effort" not in call.omit:
        if dialect == "openrouter":
            body["reasoning"] = {"effort": call.reasoning_effort}
        else:
            body["reasoning_effort"] = call.reasoning_effort
    if dialect == "openrouter" and (provider := _routing(routing, schema is not None)):
        body["provider"] = provider
    return body


def _routing(routing: Routing, has_schema: bool) -> Json:
    """OpenRouter's `provider` object: only what differs from its own defaults."""
    chosen = {
        "order": routing.order,
        "only": routing.only,
        "allow_fallbacks": None if routing.allow_fallbacks else False,
        "require_parameters": routing.require_parameters and has_schema,
        "data_collection": None if routing.data_collection == "allow" else routing.data_collection,
        "zdr": routing.zdr,
        "max_price": routing.max_price,
        "enforce_distillable_text": routing.enforce_distillable_text,
    }
    return {key: value for key, value in chosen.items() if (value is False and key == "allow_fallbacks") or value}


class Endpoint:
    """A provider block of the config, connected on the first call. Close it when done."""

    def __init__(self, settings: Provider, local: LocalModel, env: Mapping[str, str]) -> None:
        self.settings = settings
        self.dialect = dialect_of(settings.base_url)
        self.identity = identity(local) if self.dialect == "local" else settings.base_url.rstrip("/")
        self.tells_cost = self.dialect == "openrouter"  # in the usage of every reply
        self.concurrency = 1 if self.dialect == "local" else settings.max_concurrency
        self._local, self._env = local, env
        self._server: LocalServer | None = None
        self._openai: AsyncOpenAI | None = None
        self._prices: dict[str, Price] | None = None
        self._connecting, self._pricing = asyncio.Lock(), asyncio.Lock()

    def key(self) -> str:
        """The API key. Raises ConfigError when the config names a variable that is not set, or holds no key."""
        variable = self.settings.api_key_env
        if not variable or self.dialect == "local":
            return "none"
        if key := self._env.get(variable, "").strip():
            if re.fullmatch(r"[!#-~]+", key):
                return key
            raise ConfigError([f"{variable} holds a space or a sign that no key has: check it in .env"])
        raise ConfigError(
            [
                f"{variable} is not set, and {self.settings.base_url} needs a key: put {variable}=... into .env, "
                "or work without one: --config local"
            ]
        )

    async def post(self, path: str, body: Json) -> bytes:
        """The raw body of a 200. Raises CallFailed for everything else, hangs and dropped connections included."""
        return await self._call("POST", path, body, self.settings.timeout)

    async def get(self, path: str) -> Json:
        """The JSON object at `path`, such as /models. Raises CallFailed."""
        raw = await self._call("GET", path, None, min(30.0, self.settings.timeout))
        try:
            content = msgspec.json.decode(raw)
        except msgspec.DecodeError as error:
            raise Broken(f"{path}: no JSON ({error})") from None
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

    async def _call(self, method: str, path: str, body: Json | None, seconds: float) -> bytes:
        import httpx2
        import openai

        client = self._openai or await self._connect()
        try:
            async with asyncio.timeout(seconds):
                if method == "GET":
                    response = await client.get(path, cast_to=httpx2.Response)
                else:
                    response = await client.post(path, cast_to=httpx2.Response, body=body)
        except TimeoutError:
            raise _hung(seconds) from None
        except openai.APIStatusError as error:
            said = self._without_key(error.response.content)
            raise _failed(error.response.status_code, error.response.headers, said) from None
        except openai.APIConnectionError as error:
            cause = error.__cause__
            if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
                raise Unreachable(str(cause)) from None
            raise (
                _hung(seconds)
                if isinstance(error, openai.APITimeoutError)
                else Broken(f"the connection broke: {cause or error}")
            ) from None
        return self._without_key(response.content)

    def _without_key(self, body: bytes) -> bytes:
        """`body` as it may be kept and shown: there are endpoints that repeat the key when they turn it down."""
        key = self.key().encode()
        return body.replace(key, b"[the key]") if len(key) >= SHORTEST_SECRET else body

    async def _connect(self) -> AsyncOpenAI:
        """The client, made by the first caller while the others wait; starts the local model."""
        async with self._connecting:
            if self._openai is None:
                self._openai = await self._open()
        return self._openai

    async def _open(self) -> AsyncOpenAI:
        import httpx2
        from openai import AsyncOpenAI, DefaultAioHttpClient

        key, base_url = self.key(), self.settings.base_url
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
            http_client=DefaultAioHttpClient(limits=limits, verify=base_url.startswith("https")),
            default_headers={"X-OpenRouter-Title": "Groundwork"} if self.dialect == "openrouter" else None,
        )

    async def _fetch_prices(self) -> dict[str, Price]:
        try:
            listed = (await self.get("/models")).get("data")
        except CallFailed:
            return {}
        models = [model for model in listed if isinstance(model, dict)] if isinstance(listed, list) else []
        return {str(model.get("id")): price for model in models if (price := price_of(model.get("pricing")))}


def _hung(seconds: float) -> Broken:
    return Broken(f"no answer within {seconds:g} s (llm.timeout)")


def price_of(pricing: Any) -> Price | None:
    """The price in an entry of /models, whose numbers are strings of USD a token; None where there is none."""
    try:
        return Price(float(pricing["prompt"]), float(pricing["completion"]))
    except (TypeError, KeyError, ValueError):
        return None


def _failed(status: int, headers: Mapping[str, str], body: bytes) -> CallFailed:
    try:
        content = msgspec.json.decode(body)
    except msgspec.DecodeError:
        content = body[:200].decode(errors="replace").strip()
    if isinstance(content, list) and len(content) == 1:  # Gemini's errors come in a list
        content = content[0]
    error = content.get("error", content) if isinstance(content, dict) else content
    return trouble_of(status, headers, error or "no message")
