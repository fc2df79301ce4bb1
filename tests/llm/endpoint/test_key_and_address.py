"""What is said where a key is missing, or where nothing answers at the address."""

import pytest

from groundwork.errors import ConfigError
from groundwork.llm.client import Client
from groundwork.llm.endpoint.endpoint_connection import Endpoint, unreachable_remedy
from tests.llm.conftest import ask_text


async def test_a_missing_key_is_named_before_any_call(fake, config_for, journal):
    """The config names the variable; when it is empty nothing is sent."""
    config = config_for(fake, llm__api_key_env="NO_SUCH_KEY")
    async with Client(config.llm, journal, env={}) as client:
        with pytest.raises(ConfigError, match="NO_SUCH_KEY is not set"):
            await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")
    assert not fake.requests


@pytest.mark.parametrize(
    ("base_url", "remedy"),
    [
        ("https://openrouter.ai/api/v1", "--config local"),
        ("http://127.0.0.1:8000/v1", 'api_key_env=""'),
        ("https://models.example.org/v1", 'api_key_env=""'),
    ],
)
def test_what_to_do_without_a_key_depends_on_the_endpoint(config_for, fake, base_url, remedy):
    """A server of one's own may need none; OpenRouter always does."""
    config = config_for(fake, llm__api_key_env="NO_SUCH_KEY", llm__base_url=base_url)
    with pytest.raises(ConfigError, match=remedy):
        Endpoint(config.llm, config.llm.local, {}).key()


def test_where_nothing_answers_the_remedy_depends_on_the_place():
    """Nobody asks whether OpenRouter is running there."""
    assert "running" in unreachable_remedy("http://localhost:8000/v1")
    assert "network" in unreachable_remedy("https://openrouter.ai/api/v1")


def test_a_proxy_is_named_where_nothing_answers(monkeypatch):
    """Without its password, and not where NO_PROXY has calls go past it."""
    monkeypatch.setenv("HTTPS_PROXY", "http://una:secret@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    remedy = unreachable_remedy("https://models.example.org/v1")
    assert "proxy proxy.example:3128" in remedy and "NO_PROXY=models.example.org" in remedy and "secret" not in remedy
    assert "proxy" not in unreachable_remedy("https://inside.example/v1")


async def test_no_proxy_is_asked_for_this_machine(fake, config_for, journal, monkeypatch):
    """A model of one's own answers in a shell whose variables name a proxy."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    config = config_for(fake)
    async with Client(config.llm, journal) as client:
        await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")
    assert fake.requests
