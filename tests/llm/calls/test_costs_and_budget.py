"""Money is set aside before a call and settled after it."""

import asyncio

import pytest

from groundwork.errors import BudgetReached
from groundwork.llm.calls.costs_and_budget import (
    MIN_REPLY_TOKENS,
    REPLY_GROWTH,
    Budget,
    Price,
    UsageHistory,
    WorstCase,
    estimate_tokens,
    tokens_in,
)
from groundwork.llm.endpoint.chat_response import Usage


def worst_case(usd: float) -> WorstCase:
    """A call that may cost `usd` and no less."""
    return WorstCase(Price(0.0, usd), 0, 1, 1)


async def test_a_call_waits_for_others_to_settle_rather_than_stop():
    """What others have set aside may come back: only a call that does not fit alone ends the run."""
    budget, order = Budget(1.0), []

    async def call(name: str, worst: float, cost: float) -> None:
        async with budget.reserve(worst_case(worst)) as reservation:
            await asyncio.sleep(0.01)
            reservation.cost = cost
            order.append(name)

    await asyncio.gather(call("a", 0.9, 0.1), call("b", 0.9, 0.1), call("c", 0.5, 0.1))
    assert sorted(order) == ["a", "b", "c"] and budget.spent == pytest.approx(0.3)
    with pytest.raises(
        BudgetReached, match=r"--max-cost 1: 0\.3000 USD are spent and the next call could cost 0\.8000"
    ):
        await call("d", 0.8, 0.1)


async def test_a_failed_call_gives_its_money_back():
    """An error inside the reservation settles it with what is known to have been paid."""
    budget = Budget(1.0)
    for _ in range(3):
        with pytest.raises(OSError):
            async with budget.reserve(worst_case(0.9)):
                raise OSError
    assert budget.spent == 0


async def test_without_a_limit_nothing_is_held_up():
    """No limit: any number of calls at once, and the sum is known all the same."""
    budget = Budget()
    async with budget.reserve(worst_case(1e9)) as one, budget.reserve(worst_case(1e9)):
        one.cost = 0.25
    assert budget.spent == 0.25


def test_a_budget_serves_one_loop_after_the_other():
    """Stages of one run share a budget, each in an event loop of its own."""
    budget = Budget(1.0)

    async def stage() -> None:
        async def call() -> None:
            async with budget.reserve(worst_case(0.4)) as reservation:
                await asyncio.sleep(0.001)
                reservation.cost = 0.01

        await asyncio.gather(*(call() for _ in range(5)))

    asyncio.run(stage())
    asyncio.run(stage())
    assert budget.spent == pytest.approx(0.1)


async def test_a_reply_gets_as_much_room_as_is_left_for_it():
    """Where the whole of a call does not fit, its reply may be shorter, down to `min_reply_tokens`; or it ends."""
    wanted = WorstCase(Price(1e-6, 2e-6), 1_000, 16_000, 2_000)
    budget = Budget(0.02)
    async with budget.reserve(wanted) as reservation:
        assert reservation.reply_tokens == 9_500 and reservation.reserved == pytest.approx(0.02)
        reservation.cost = 0.016
    with pytest.raises(BudgetReached, match=r"0\.0160 USD are spent and the next call could cost 0\.0050"):
        async with budget.reserve(wanted):
            pass
    async with Budget(1.0).reserve(wanted) as reservation:
        assert reservation.reply_tokens == 16_000


def test_replies_teach_how_much_to_set_aside():
    """Room is the limit at first, then some times the longest reply; prompts longer than estimated count as such."""
    history, price = UsageHistory(), Price(1e-6, 2e-6)
    assert history.worst_case(price, 100, 16_384).max_reply_tokens == 16_384
    history.record(100, Usage(input_tokens=90, output_tokens=100))
    assert history.worst_case(price, 100, 16_384) == WorstCase(price, 200, MIN_REPLY_TOKENS, MIN_REPLY_TOKENS)
    history.record(100, Usage(input_tokens=300, output_tokens=1_500))
    assert history.worst_case(price, 100, 16_384) == WorstCase(price, 600, REPLY_GROWTH * 1_500, 3_000)
    assert history.worst_case(price, 100, 16_384, full_limit=True).min_reply_tokens == 16_384
    assert history.worst_case(price, 100, 500).max_reply_tokens == 500


def test_tokens_are_estimated_from_text_schema_and_images():
    """Pieces of words, digits one by one, signs by two; an image counts as a page."""
    assert tokens_in("The goals are 90 cm wide.") == 8
    assert tokens_in("internationalisation") == 3 and tokens_in("球门宽九十厘米") == 7
    part = {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64," + "A" * 400_000}}
    assert 1000 <= estimate_tokens([{"role": "user", "content": "word " * 1000}]) <= 1010
    assert 1100 <= estimate_tokens([{"role": "user", "content": [{"type": "text", "text": "hi"}, part]}]) <= 1120
    assert Price(1e-6, 2e-6).cost_of(1_000_000, 500_000) == pytest.approx(2.0)


def test_processes_get_equal_parts_of_what_is_left():
    """Together they spend no more than the whole; a message names the whole and the part."""
    budget = Budget(0.9)
    budget.spent = 0.3
    share = budget.share(3)
    assert share.limit == pytest.approx(0.2) and share.spent == 0
    assert share.name == "--max-cost 0.9, of which each of 3 processes has 0.2000"
    assert budget.share(1) is budget and Budget().share(3).limit is None
    budget.spent = 1.0  # a reply that cost more than it could
    assert budget.share(3).limit == 0
