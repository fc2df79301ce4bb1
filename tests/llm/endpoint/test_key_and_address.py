"""What is said where a key is missing, or where nothing answers at the address."""

import pytest

from groundwork.errors import ConfigError
from groundwork.llm.client import Client
from groundwork.llm.endpoint.http_request import Endpoint, unreachable_remedy
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
