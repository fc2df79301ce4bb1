"""Which endpoint a call goes to, and what is sent there."""

import asyncio
import time

import msgspec
import pytest

from groundwork.llm.client import Client
from tests.fake_openrouter import FakeOpenRouter
from tests.llm.conftest import Pair, ask_text

ROUTES = {
    "order": ["google-vertex", "google-ai-studio"],
    "only": ["google-vertex"],
    "allow_fallbacks": False,
    "data_collection": "deny",
    "zdr": True,
    "max_price": {"prompt": 1.0, "completion": 4.0},
    "enforce_distillable_text": True,
}


@pytest.mark.parametrize("option", ROUTES)
async def test_each_routing_option_is_sent_as_configured(option, fake, config_for, journal):
    """Every key of llm.routing arrives in `provider` under its own name."""
    config = config_for(fake, **{f"llm__routing__{option}": ROUTES[option]})
    async with Client(config.llm, journal) as client:
        await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")
    assert fake.requests[0]["provider"] == {option: ROUTES[option]}


async def test_parameters_are_required_where_there_is_a_schema(fake, config_for, tmp_path):
    """require_parameters goes with a JSON schema, nothing goes without one, and it can be turned off."""
    for number, required in enumerate((True, False)):
        config = config_for(fake, llm__routing__require_parameters=required)
        async with Client(config.llm, tmp_path / f"{number}.db") as client:
            await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d", schema=Pair)
            await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")
    routes = [request.get("provider") for request in fake.requests]
    assert routes == [{"require_parameters": True}, None, None, None]


async def test_a_plain_endpoint_gets_the_effort_by_its_own_name(config_for, journal):
    """Beyond OpenRouter reasoning is `reasoning_effort`."""
    async with FakeOpenRouter(prefix="/v1") as plain:
        config = config_for(plain, qa__reasoning_effort="high")
        async with Client(config.llm, journal) as client:
            await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")
    assert plain.requests[0]["reasoning_effort"] == "high"


async def test_a_parameter_that_is_null_or_omitted_is_not_sent(fake, config_for, journal):
    """Null in llm.defaults sends nothing, and what `omit` names is not sent whatever a stage says."""
    chosen = {"llm__defaults__omit": ["temperature", "reasoning_effort"], "qa__reasoning_effort": "low"}
    config = config_for(fake, llm__defaults__top_p=None, llm__defaults__top_k=None, qa__temperature=0.3, **chosen)
    async with Client(config.llm, journal) as client:
        await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")
    assert not {"temperature", "top_p", "reasoning", "top_k"} & fake.requests[0].keys()


async def test_the_limits_a_minute_hold_on_the_wire(fake, config_for, tmp_path):
    """requests_per_minute and tokens_per_minute: one second's worth at once, the rest at that pace."""
    fake.reply = lambda _: "word" * 99
    for key, value in {"llm__requests_per_minute": 600, "llm__tokens_per_minute": 60_000}.items():
        config = config_for(fake, **{key: value}, qa__max_tokens=100)
        begun = time.monotonic()
        async with Client(config.llm, tmp_path / f"{key}.db") as client:
            asks = [client.ask(config.qa, ask_text(f"{n}"), stage="qa", unit=f"d {n}") for n in range(16)]
            await asyncio.gather(*asks)
        assert time.monotonic() - begun > 0.4, key


async def test_only_openrouter_gets_its_routing(fake, config_for, tmp_path):
    """Routing and reasoning go to OpenRouter; a plain endpoint gets what it understands, and its limits by its name."""
    settings = {
        "qa__reasoning_effort": "low",
        "qa__top_k": 20,
        "llm__routing__order": ["Google"],
        "llm__routing__zdr": True,
    }
    config = config_for(fake, **settings)
    async with Client(config.llm, tmp_path / "a.db") as client:
        await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d", schema=Pair)
    sent = fake.requests[0]
    assert sent["provider"] == {"order": ["Google"], "require_parameters": True, "zdr": True}
    assert sent["reasoning"] == {"effort": "low"} and sent["top_k"] == 20
    assert sent["response_format"]["json_schema"]["strict"] is True
    async with FakeOpenRouter(prefix="/v1") as plain:
        config = config_for(plain, **settings)
        async with Client(config.llm, tmp_path / "b.db") as client:
            await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")
        assert not {"provider", "reasoning"} & plain.requests[0].keys() and plain.requests[0]["top_k"] == 20


async def test_a_stage_may_have_a_provider_of_its_own(fake, config_for, journal):
    """Tags from one endpoint and questions from another, each with its key."""
    async with FakeOpenRouter(key="sk-tags") as tagger:
        block = msgspec.to_builtins(config_for(fake).llm)
        del block["providers"], block["local"], block["defaults"]
        config = config_for(
            fake, llm__providers={"t": {**block, "base_url": tagger.url, "api_key_env": "T"}}, tags__provider="t"
        )
        async with Client(config.llm, journal, env={"T": "sk-tags"}) as client:
            await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")
            await client.ask(config.tags, ask_text("hi"), stage="tags", unit="d")
    assert len(fake.requests) == len(tagger.requests) == 1
    assert b"sk-tags" not in journal.read_bytes()
