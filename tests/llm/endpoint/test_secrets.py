"""A key goes into one header and nowhere else."""

from pathlib import Path

import pytest

from groundwork.console.flags import load_config
from groundwork.errors import ConfigError, GroundworkError, UsageError
from groundwork.llm.client import Client
from groundwork.settings import config_files
from tests.llm.conftest import ask_text

KEY = "sk-or-v1-0123456789abcdef"


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize("status", [400, 401, 403, 500, 200])
async def test_a_key_that_the_endpoint_repeats_is_neither_shown_nor_kept(status, fake, config_for, journal: Path):
    """Some endpoints say which key they turned down; messages and the journal do not."""
    error = {"code": status if status != 200 else 400, "message": f"Incorrect API key provided: {KEY}."}
    fake.script.extend([{"status": status, "error": error}] * 9)
    settings = config_for(fake, llm__api_key_env="SECRET", llm__transport_retries=1)
    async with Client(settings.llm, journal, env={"SECRET": KEY}) as client:
        with pytest.raises(GroundworkError) as caught:
            await client.ask(settings.qa, ask_text("hi"), stage="qa", unit="d")
    assert "[the key]" in str(caught.value) and KEY not in str(caught.value)
    assert fake.headers[0]["Authorization"] == f"Bearer {KEY}"
    kept = b"".join(path.read_bytes() for path in journal.parent.iterdir())
    assert KEY.encode() not in kept


@pytest.mark.parametrize("key", ["sk one two", "sk-ü", "sk\nX-Header: 1", '"sk', "sk\x00"])
async def test_what_is_no_key_is_not_sent(key, fake, config_for, journal: Path):
    """A value with spaces, line ends or letters beyond ASCII is an error that names the variable, not the value."""
    settings = config_for(fake, llm__api_key_env="SECRET")
    async with Client(settings.llm, journal, env={"SECRET": key}) as client:
        with pytest.raises(ConfigError, match="SECRET contains") as caught:
            await client.ask(settings.qa, ask_text("hi"), stage="qa", unit="d")
    assert key not in str(caught.value) and not fake.requests


def test_an_env_file_in_another_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """.env that is not UTF-8 is named."""
    import argparse

    (tmp_path / ".env").write_bytes("KEY=schlüssel".encode("latin-1"))
    monkeypatch.setattr(config_files, "PROJECT", tmp_path)
    with pytest.raises(UsageError, match=r"\.env: not UTF-8"):
        load_config(argparse.Namespace(config=[], assignments=[]))


def test_an_address_holds_no_password():
    """User and password in base_url would stand in the journal and in messages."""
    with pytest.raises(ConfigError, match=r"llm\.base_url"):
        config_files.load([], ["llm.base_url=https://me:secret@example.org/v1"])
