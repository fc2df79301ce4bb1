"""The connection to an endpoint: its address and key, proxies and redirects; it is made with the first call."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
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
from groundwork.llm.endpoint.local_model_weights import LocalServer, model_identity
from groundwork.llm.endpoint.request_body_parameters import LOCAL, Json, dialect_of, host_of
from groundwork.settings.config_schema import LocalModel, Provider

if TYPE_CHECKING:
    from openai import AsyncOpenAI


MAX_REDIRECTS = 4
MIN_SECRET_LENGTH = 8  # characters; what is shorter is no key, and may be a word of the reply


def split_address(base_url: str) -> tuple[str, dict[str, str]]:
    """(the address without its query and without a pasted /chat/completions, the query)."""
    split_url = urlsplit(base_url)
    base_path = split_url.path.rstrip("/").removesuffix("/chat/completions")
    return urlunsplit((split_url.scheme, split_url.netloc, base_path, "", "")), dict(parse_qsl(split_url.query))


class Endpoint:
    """A provider block of the config, connected on the first call. Close it when done."""

    def __init__(self, settings: Provider, local_model: LocalModel, env: Mapping[str, str]) -> None:
        self.settings = settings
        self.dialect = dialect_of(settings.base_url)
        self._address, self._query = (LOCAL, {}) if self.dialect == "local" else split_address(settings.base_url)
        self.identity = model_identity(local_model) if self.dialect == "local" else settings.base_url.rstrip("/")
        self.reports_cost = self.dialect == "openrouter"  # in the usage of every reply
        self.concurrency = 1 if self.dialect == "local" else settings.max_concurrency
        self._local_settings, self._env = local_model, env
        self._local_server: LocalServer | None = None
        self._openai_client: AsyncOpenAI | None = None
        self._connection_lock = asyncio.Lock()

    def key(self) -> str:
        """The API key. Raises ConfigError when the config names a variable that is not set, or holds no key."""
        key_variable = self.settings.api_key_env
        if not key_variable or self.dialect == "local":
            return "none"
        if api_key := self._env.get(key_variable, "").strip():
            if not re.fullmatch(r"[!#-~]+", api_key):
                raise ConfigError(
                    [f"{key_variable} contains a space or another character that no API key has; check it in .env"]
                )
            self._check_key_stays_private()
            return api_key
        raise ConfigError(
            [
                f"{key_variable} is not set: put {key_variable}=... into .env, the key for {self.settings.base_url}; "
                f"{self._hint_without_key()}"
            ]
        )

    def _hint_without_key(self) -> str:
        if self.dialect == "openrouter":
            return "or work without one: --config local"
        return 'or, where this endpoint needs none, set api_key_env="" beside its base_url'

    def _check_key_stays_private(self) -> None:
        """Raises ConfigError where the key would travel unencrypted to another machine."""
        endpoint_host = host_of(self.settings.base_url)
        if self.settings.base_url.startswith("https") or self.settings.allow_http or _is_loopback(endpoint_host):
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

        request_headers: dict[str, Any] = {}
        if self.dialect == "openrouter":
            request_headers["X-OpenRouter-Title"] = "Groundwork"
        if self.settings.key_header == "api-key" or (self.settings.key_header == "auto" and self.dialect == "azure"):
            request_headers |= {"Authorization": omit, "api-key": self.key()}
        request_headers |= {header: self._header_value(value) for header, value in self.settings.extra_headers.items()}
        return {"headers": request_headers}

    def _header_value(self, header_setting: str) -> str:
        """`header_setting`, or what its variable holds: $MY_TOKEN. Raises ConfigError where that is not set."""
        if not header_setting.startswith("$"):
            return header_setting
        if not (header_secret := self._env.get(header_setting[1:], "").strip()):
            raise ConfigError(
                [f"llm.extra_headers: {header_setting[1:]} is not set: put {header_setting[1:]}=... into .env"]
            )
        self._check_key_stays_private()
        return header_secret

    async def post(self, path: str, request_body: Json) -> bytes:
        """The raw body of a 200. Raises CallFailed for everything else, hangs and dropped connections included."""
        return await self._send_request("POST", path, request_body, self.settings.timeout)

    async def get(self, path: str) -> Json:
        """The JSON object at `path`, such as /models. Raises CallFailed."""
        endpoint_body = await self._send_request("GET", path, None, min(30.0, self.settings.timeout))
        try:
            endpoint_json = msgspec.json.decode(endpoint_body)
        except msgspec.DecodeError as error:
            raise BrokenCall(f"{path}: no JSON ({error})") from None
        return endpoint_json if isinstance(endpoint_json, dict) else {"data": endpoint_json}

    async def close(self) -> None:
        """Close the connections, and stop the local model if it runs."""
        if self._openai_client is not None:
            await self._openai_client.close()
        if self._local_server is not None:
            await asyncio.to_thread(self._local_server.close)

    async def _send_request(self, method: str, path: str, request_body: Json | None, request_timeout: float) -> bytes:
        import openai

        openai_client, connection_options = self._openai_client or await self._connect(), self._request_options()
        send = partial(openai_client.post, body=request_body) if method == "POST" else openai_client.get
        try:
            async with asyncio.timeout(request_timeout):
                endpoint_response = await self._follow_redirects(partial(send, options=connection_options), path)
        except TimeoutError:
            raise timeout_failure(request_timeout) from None
        except openai.APIConnectionError as connection_error:
            raise _connection_failure(connection_error, request_timeout) from None
        return self._redact_secrets(endpoint_response.content)

    async def _follow_redirects(self, send: Callable[..., Awaitable[Any]], path: str) -> Any:
        import httpx2
        import openai

        for _ in range(MAX_REDIRECTS):
            try:
                return await send(path, cast_to=httpx2.Response)
            except openai.APIStatusError as connection_error:
                path = self._redirect_target(connection_error.response)
        raise AccessRefused(f"310: it redirects more than {MAX_REDIRECTS} times, the last time to {path}")

    def _redirect_target(self, endpoint_response: Any) -> str:
        """Where a redirect of a POST leads on the same host. Raises CallFailed for everything else that is no 200."""
        redirect_source = str(endpoint_response.url)
        redirect_target = str(urljoin(redirect_source, endpoint_response.headers.get("location") or ""))
        is_same_host = host_of(redirect_source) == host_of(redirect_target) and (
            redirect_target.startswith("https") or redirect_source.startswith("http:")
        )
        if endpoint_response.status_code in (307, 308) and is_same_host and redirect_target != redirect_source:
            return redirect_target
        redirect_headers = {**endpoint_response.headers, "location": redirect_target.removesuffix("/chat/completions")}
        raise status_failure(
            endpoint_response.status_code, redirect_headers, self._redact_secrets(endpoint_response.content)
        ) from None

    def _redact_secrets(self, raw_response: bytes) -> bytes:
        """`raw_response` as it may be kept and shown: some endpoints repeat the key when they turn it down."""
        for secret in self._secret_keys():
            raw_response = raw_response.replace(secret, b"[the key]")
        return raw_response

    def _secret_keys(self) -> list[bytes]:
        header_variables = [secret[1:] for secret in self.settings.extra_headers.values() if secret.startswith("$")]
        secrets = [self.key(), *(self._env.get(header_variable, "").strip() for header_variable in header_variables)]
        return [secret.encode() for secret in secrets if len(secret) >= MIN_SECRET_LENGTH]

    async def _connect(self) -> AsyncOpenAI:
        """The client, made by the first caller while the others wait; starts the local model."""
        async with self._connection_lock:
            if self._openai_client is None:
                self._openai_client = await self._create_client()
        return self._openai_client

    async def _create_client(self) -> AsyncOpenAI:
        import httpx2
        from openai import AsyncOpenAI

        api_key, base_url = self.key(), self._address
        if self.dialect == "local":
            self._local_server = await asyncio.to_thread(LocalServer, self._local_settings)
            base_url = f"{self._local_server.address}/v1"
        return AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,  # its own retries do not see half of what fails, and count 429s as tries
            timeout=httpx2.Timeout(self.settings.timeout + 5, connect=min(20.0, self.settings.timeout)),
            http_client=self._http_client(base_url),
            default_query={**self._query, **self.settings.extra_query},
        )

    def _http_client(self, base_url: str) -> Any:
        import httpx2
        from openai import DefaultAioHttpClient

        connections = self.concurrency + 2
        return DefaultAioHttpClient(
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
            # Without TLS there is nothing to verify, and reading the certificates takes a tenth of a second.
            verify=base_url.startswith("https"),
            follow_redirects=False,
            trust_env=not _is_loopback(host_of(base_url)),  # no proxy reaches this machine's own addresses
        )


def _connection_failure(connection_error: Exception, request_timeout: float) -> CallFailed:
    import httpx2
    import openai

    connection_cause = connection_error.__cause__
    if isinstance(connection_cause, httpx2.ConnectError | httpx2.ConnectTimeout):
        return Unreachable(str(connection_cause))
    if isinstance(connection_error, openai.APITimeoutError):
        return timeout_failure(request_timeout)
    return BrokenCall(f"the connection broke: {connection_cause or connection_error}")


def _is_loopback(endpoint_host: str) -> bool:
    return (
        endpoint_host in ("localhost", "::1")
        or endpoint_host.endswith(".localhost")
        or re.fullmatch(r"127(\.\d+){3}", endpoint_host) is not None
    )


def _proxy_for_address(endpoint_address: str) -> str:
    """Host and port of the proxy that the environment names for an address; "" for none."""
    environment_proxies = getproxies()
    proxy = environment_proxies.get(urlsplit(endpoint_address).scheme) or environment_proxies.get("all") or ""
    if not proxy or proxy_bypass(host_of(endpoint_address)):
        return ""
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}").netloc.rpartition("@")[2]


def unreachable_remedy(base_url: str) -> str:
    """What to look at where no connection to `base_url` could be made."""
    if _is_loopback(host_of(base_url)):
        return "is it running there?"
    if proxy := _proxy_for_address(base_url):
        return f"calls go through the proxy {proxy} of this shell; NO_PROXY={host_of(base_url)} has them go past it"
    return "check the network of this machine, and the address (base_url)"
