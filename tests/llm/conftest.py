"""A config whose endpoint is the fake, and clients on one journal."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from groundwork.llm.client import Client
from groundwork.settings.config_files import load
from groundwork.settings.config_schema import Config
from tests.fake_openrouter import FakeOpenRouter


class Pair(msgspec.Struct):
    question: str
    answer: str


class Pairs(msgspec.Struct):
    pairs: list[Pair]


@pytest.fixture
async def fake():
    """A fake OpenRouter without latency or limits; tests set its attributes."""
    async with FakeOpenRouter() as server:
        yield server


@pytest.fixture
def config_for() -> Callable[..., Config]:
    """The project's config against a fake; further settings as `llm__timeout=1`."""

    def build(server: FakeOpenRouter, **settings: Any) -> Config:
        chosen = {"llm__base_url": server.url, "llm__api_key_env": "", **settings}
        return load([], [f"{path.replace('__', '.')}={msgspec.json.encode(v).decode()}" for path, v in chosen.items()])

    return build


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / ".state" / "journal.db"


@pytest.fixture
async def client(fake, config_for, journal):
    async with Client(config_for(fake).llm, journal) as made:
        yield made


def ask_text(text: str) -> list[dict[str, Any]]:
    """A conversation of one turn."""
    return [{"role": "user", "content": text}]


async def until(condition: Callable[[], Any]) -> None:
    """Wait for what happens on the server's side of the socket."""
    while not condition():  # noqa: ASYNC110  # the server knows nothing of events
        await asyncio.sleep(0.01)


@pytest.fixture
def no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between tries of a hundredth of their length."""
    monkeypatch.setattr("groundwork.llm.calls.circuit_breaker.FIRST_BACKOFF", 0.005)
