"""Addresses as people paste them, keys that stay off the open wire, and what each endpoint is sent."""

import itertools

import pytest
from aiohttp import web

from groundwork.errors import ConfigError, ProviderRefused
from groundwork.llm.calls.costs_and_budget import Price, parse_price
from groundwork.llm.client import Client
from groundwork.llm.endpoint.endpoint_connection import Endpoint, split_address
from groundwork.llm.endpoint.request_body_parameters import chat_request_body, dialect_of, json_level
from groundwork.settings.config_files import load
from tests.fake_openrouter import FakeOpenRouter
from tests.llm.conftest import ask_text


def endpoint(*assignments: str, env: dict[str, str]) -> Endpoint:
    config = load([], list(assignments))
    return Endpoint(config.llm, config.llm.local, env)


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        ("http://a/v1", ("http://a/v1", {})),
        ("http://a/v1/", ("http://a/v1", {})),
        ("http://a/v1/chat/completions", ("http://a/v1", {})),
        (
            "https://r.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21",
            ("https://r.openai.azure.com/openai/deployments/gpt", {"api-version": "2024-10-21"}),
        ),
    ],
)
def test_pasted_addresses_are_understood(pasted, meant):
    """A query goes behind every path, and /chat/completions is put there once."""
    assert split_address(pasted) == meant


async def test_azure_gets_its_query_and_its_header(config_for, journal):
    """api-version behind the path, the key as api-key and not as a bearer's, a header of one's own from a variable."""
    async with FakeOpenRouter() as fake:
        config = config_for(
            fake,
            llm__base_url=f"{fake.url}/chat/completions?api-version=2024-10-21",
            llm__api_key_env="AZURE_KEY",
            llm__key_header="api-key",
            llm__extra_headers={"X-Team": "$TEAM", "X-Plain": "words"},
            llm__extra_query={"tier": "flex"},
            llm__extra_body={"service_tier": "flex"},
        )
        env = {"AZURE_KEY": "azure-secret", "TEAM": "team-secret"}
        async with Client(config.llm, journal, env=env) as client:
            await client.ask(config.qa, ask_text("a"), stage="qa", unit="u")
    headers = {name.lower(): value for name, value in fake.headers[0].items()}
    assert headers["api-key"] == "azure-secret" and "authorization" not in headers
    assert headers["x-team"] == "team-secret" and headers["x-plain"] == "words"
    assert fake.queries[0] == {"api-version": "2024-10-21", "tier": "flex"}
    assert fake.requests[0]["service_tier"] == "flex"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("https://example.com/v1", True),
        ("http://192.168.1.5:8000/v1", False),
        ("http://example.com/v1", False),
        ("http://127.example.com/v1", False),
        ("http://localhost.example.com/v1", False),
    ],
)
def test_a_key_is_not_sent_unencrypted_to_another_machine(url, sent):
    """Only an explicit setting lets it; without a key there is nothing to protect."""
    settings, env = (f"llm.base_url={url}", "llm.api_key_env=KEY"), {"KEY": "sk-12345678"}
    assert endpoint(*settings, "llm.allow_http=true", env=env).key() == "sk-12345678"
    assert endpoint(f"llm.base_url={url}", "llm.api_key_env=", env=env).key() == "none"
    if sent:
        assert endpoint(*settings, env=env).key() == "sk-12345678"
    else:
        with pytest.raises(ConfigError, match="unencrypted"):
            endpoint(*settings, env=env).key()


async def test_redirects_without_an_end_stop_the_run(config_for, journal):
    """Each leads to another address: the run ends, and says where they lead."""
    moved, hops = web.Application(), itertools.count()

    async def move(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": f"/v1/hop{next(hops)}"})

    moved.router.add_post("/{path:.*}", move)
    runner = web.AppRunner(moved)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    config = config_for(FakeOpenRouter(), llm__base_url=f"http://127.0.0.1:{runner.addresses[0][1]}/v1")
    async with Client(config.llm, journal) as client:
        with pytest.raises(ProviderRefused, match=r"redirects more than 4 times, the last time to .*/v1/hop3; set llm"):
            await client.ask(config.qa, ask_text("a"), stage="qa", unit="u")
    await runner.cleanup()


@pytest.mark.parametrize(
    ("pricing", "price"),
    [
        ({"prompt": "0.5", "completion": "2"}, Price(0.5, 2.0)),
        ({"prompt": "0", "completion": "0"}, Price(0.0, 0.0)),
        ({"prompt": "-1", "completion": "-1"}, None),
        ({"prompt": "nan", "completion": "1"}, None),
        ({"prompt": "1", "completion": "inf"}, None),
        ({"prompt": "1"}, None),
        (None, None),
    ],
)
def test_a_price_is_an_amount_of_money(pricing, price):
    """OpenRouter writes -1 for openrouter/auto: as a price it would let a budget grow with each call."""
    assert parse_price(pricing) == price


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_followed_as_posts_or_refused_with_the_address(status, config_for, journal):
    """307 and 308 on the same host keep the method; a 301 would lose it, so the run stops and says where to go."""
    async with FakeOpenRouter() as fake:
        moved = web.Application()

        async def move(_: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": f"{fake.url}/chat/completions"})

        moved.router.add_post("/old/chat/completions", move)
        runner = web.AppRunner(moved)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        config = config_for(fake, llm__base_url=f"http://127.0.0.1:{runner.addresses[0][1]}/old")
        async with Client(config.llm, journal) as client:
            ask = client.ask(config.qa, ask_text("a"), stage="qa", unit="u")
            if status in (307, 308):
                assert (await ask).value
            else:
                with pytest.raises(ProviderRefused, match=f"moved to {fake.url}; set llm.base_url"):
                    await ask
        await runner.cleanup()


@pytest.mark.parametrize(
    ("url", "thinking", "sent"),
    [
        ("https://openrouter.ai/api/v1", False, {"reasoning": {"enabled": False}}),
        ("https://api.openai.com/v1", False, {"reasoning_effort": "none"}),
        ("https://api.openai.com/v1", True, {}),
        ("https://generativelanguage.googleapis.com/v1beta/openai", False, {"reasoning_effort": "none"}),
        ("https://api.deepseek.com", True, {"thinking": {"type": "enabled"}}),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", False, {"enable_thinking": False}),
        ("http://127.0.0.1:8000/v1", False, {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}}),
    ],
)
def test_thinking_is_switched_in_the_words_of_each_endpoint(url, thinking, sent):
    """Null sends nothing at all."""
    config = load([], [f"llm.base_url={url}", f"llm.defaults.thinking={str(thinking).lower()}"])
    body = chat_request_body(config.llm, config.tags, [], None)
    names = {"reasoning", "reasoning_effort", "thinking", "enable_thinking", "chat_template_kwargs"}
    assert {name: value for name, value in body.items() if name in names} == sent
    plain = load([], [f"llm.base_url={url}"])
    assert not names & chat_request_body(plain.llm, plain.tags, [], None).keys()


def test_sampling_parameters_that_are_null_are_not_sent():
    """Each one alone, and all of them."""
    names = ("temperature", "top_p", "top_k", "min_p")
    config = load([], [f"llm.defaults.{name}=null" for name in names])
    assert not set(names) & chat_request_body(config.llm, config.qa, [], None).keys()


def test_dialects_and_levels_go_by_the_host():
    """Azure limits a reply as OpenAI does; who is known to ignore or refuse a schema is not asked with one."""
    assert dialect_of("https://x.openai.azure.com/openai/v1") == "azure"
    config = load([], ["llm.base_url=https://x.openai.azure.com/openai/v1"])
    assert "max_completion_tokens" in chat_request_body(config.llm, config.tags, [], None)
    for url, level in (("https://api.anthropic.com/v1", "prompt"), ("https://api.deepseek.com", "json_object")):
        assert json_level(load([], [f"llm.base_url={url}"]).llm) == level


def test_a_provider_names_only_what_differs():
    """Its other settings are those of llm, but for the key and what goes with it."""
    own = '{"base_url": "http://127.0.0.1:8000/v1", "timeout": 9}'
    config = load([], [f'llm.providers={{"here": {own}}}', 'llm.extra_headers={"X": "$SECRET"}'])
    here = config.llm.providers["here"]
    assert here.timeout == 9 and here.max_concurrency == config.llm.max_concurrency
    assert here.api_key_env == "" and here.extra_headers == {}
