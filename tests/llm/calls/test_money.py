"""What calls cost, what is set aside for them, and what is told of it."""

import asyncio

import pytest

from groundwork.errors import BudgetReached, ConfigError
from groundwork.llm.calls.call_runner import RunControls
from groundwork.llm.calls.costs_and_budget import CURRENT_DOCUMENT, Budget
from groundwork.llm.client import Client
from tests.fake_openrouter import FakeOpenRouter
from tests.llm.conftest import ask_text


async def test_max_cost_is_never_passed_and_what_was_paid_for_is_kept(fake, config_for, journal):
    """The worst case is set aside before each call; when it does not fit, exit code 3 and a journal to go on from."""
    fake.latency = 0.01
    config = config_for(fake, qa__max_tokens=200)
    budget = Budget(0.003)
    async with Client(config.llm, journal, RunControls(budget=budget)) as client:
        asks = [client.ask(config.qa, ask_text(f"{n} " * 20), stage="qa", unit=f"d {n}") for n in range(100)]
        ended = await asyncio.gather(*asks, return_exceptions=True)
    stopped = [end for end in ended if isinstance(end, BudgetReached)]
    paid = [end for end in ended if not isinstance(end, Exception)]
    assert paid and stopped and len(paid) + len(stopped) == 100 and stopped[0].exit_code == 3
    assert sum(reply.cost for reply in paid) == pytest.approx(budget.spent) and budget.spent <= 0.003
    async with Client(config.llm, journal) as client:
        asks = [client.ask(config.qa, ask_text(f"{n} " * 20), stage="qa", unit=f"d {n}") for n in range(100)]
        assert sum(reply.replayed for reply in await asyncio.gather(*asks)) == len(paid)


async def test_max_cost_without_a_price_is_an_error(config_for, journal):
    """A limit that cannot be held is refused before the first call."""
    async with FakeOpenRouter(prefix="/v1") as plain:
        config = config_for(plain, qa__model="nobody/knows")
        async with Client(config.llm, journal, RunControls(budget=Budget(1.0))) as client:
            with pytest.raises(ConfigError, match="names no price for nobody/knows"):
                await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")


async def test_cost_comes_from_the_endpoint_or_its_price_list(config_for, tmp_path):
    """Where usage has no cost, tokens times the price of /models; the report adds up by stage, model and unit."""
    async with FakeOpenRouter(usage_cost=False, prefix="/v1") as plain, FakeOpenRouter() as router:
        for server in (plain, router):
            config = config_for(server)
            heard = []
            async with Client(config.llm, tmp_path / f"{server.port}.db", RunControls(on_usage=heard.append)) as client:
                reply = await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")
                again = await client.ask(config.qa, ask_text("hi"), stage="qa", unit="d")
                row = client.report()[0]
            expected = reply.input_tokens * 0.30e-6 + reply.output_tokens * 2.50e-6
            assert reply.cost == pytest.approx(expected) == pytest.approx(row.cost) == again.cost
            assert (row.stage, row.unit, row.calls, row.replayed) == ("qa", "d", 1, 1) and len(heard) == 1


async def test_the_report_adds_up_by_document(fake, client, config_for):
    """Calls for chunks of one document are one line, when whoever runs the units says which document it is."""

    async def document(name: str) -> None:
        CURRENT_DOCUMENT.set(name)
        asks = [client.ask(config_for(fake).qa, ask_text(f"{name} {n}"), stage="qa", unit=f"c {n}") for n in range(3)]
        await asyncio.gather(*asks)

    await asyncio.gather(*(asyncio.create_task(document(name)) for name in ("a", "b")))
    assert {(row.unit, row.calls) for row in client.report()} == {("a", 3), ("b", 3)}


async def test_a_small_budget_gets_work_done(fake, config_for, journal):
    """A budget that the worst case of three calls would use up: the first call tells that they are far from it."""
    config = config_for(fake)  # max_tokens 16,384: 0.041 USD a call at the worst
    fake.latency = 0.2
    fake.reply = lambda body: f"{body['messages'][-1]['content']}: " + "a few words " * 40
    budget = Budget(0.12)
    async with Client(config.llm, journal, RunControls(budget=budget)) as client:
        asks = [client.ask(config.qa, ask_text(f"{n}"), stage="qa", unit=f"d {n}") for n in range(60)]
        replies = await asyncio.gather(*asks)
    assert len(replies) == len(fake.requests) == 60 and budget.spent < 0.12
    assert [request["max_tokens"] for request in fake.requests[:2]] == [16_384, 2_048]
    assert fake.peak > 2, "more run side by side than their worst cases would let"


async def test_a_reply_that_outgrows_its_room_gets_all_of_it(fake, config_for, journal):
    """Cut off only because money was short: asked again with the stage's own limit, and found under one key."""
    config = config_for(fake)
    lengths = iter([100, 10_000, 10_000])
    fake.reply = lambda _: "word" * next(lengths)
    budget = Budget(1.0)
    async with Client(config.llm, journal, RunControls(budget=budget)) as client:
        for n in range(2):
            reply = await client.ask(config.qa, ask_text(f"{n}"), stage="qa", unit=f"d {n}")
    assert [request["max_tokens"] for request in fake.requests] == [16_384, 2_048, 16_384]
    assert len(reply.value) == 40_000 and client.report()[1].calls == 2


@pytest.mark.parametrize("limit", [0.004, 0.02, 0.05, 0.11])
async def test_the_longest_replies_there_can_be_stay_below_the_limit(limit, fake, config_for, journal):
    """Short replies first, then as long as each request allows: whatever is learned, the limit is never passed."""
    config = config_for(fake)
    lengths = iter([10, 10, 10])
    fake.reply = lambda _: "word" * next(lengths, 40_000)
    budget = Budget(limit)
    async with Client(config.llm, journal, RunControls(budget=budget)) as client:
        asks = [client.ask(config.qa, ask_text(f"{n}"), stage="qa", unit=f"d {n}") for n in range(40)]
        ended = await asyncio.gather(*asks, return_exceptions=True)
        billed = sum(row.cost for row in client.report())
    assert any(isinstance(end, BudgetReached) for end in ended)
    assert billed == pytest.approx(budget.spent) and budget.spent <= limit


async def test_tokens_from_the_cache_are_told(fake, client, config_for):
    """What the endpoint took from its cache of prompts is in the reply and in the report."""
    fake.script.append({"usage": {"prompt_tokens": 1500, "prompt_tokens_details": {"cached_tokens": 1024}}})
    reply = await client.ask(config_for(fake).qa, ask_text("hi"), stage="qa", unit="d")
    assert reply.cached_tokens == client.report()[0].cached_tokens == 1024
