"""Money is set aside before a call and settled after it."""

import asyncio

import pytest

from dataprep.llm.budget import Budget, Price, estimate_tokens
from dataprep.schema.errors import BudgetReached


async def test_a_call_waits_for_others_to_settle_rather_than_stop():
    """What others have set aside may come back: only a call that does not fit alone ends the run."""
    budget, order = Budget(1.0), []

    async def call(name: str, worst: float, cost: float) -> None:
        async with budget.reserve(worst) as settlement:
            await asyncio.sleep(0.01)
            settlement.cost = cost
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
            async with budget.reserve(0.9):
                raise OSError
    assert budget.spent == 0


async def test_without_a_limit_nothing_is_held_up():
    """No limit: any number of calls at once, and the sum is known all the same."""
    budget = Budget()
    async with budget.reserve(1e9) as one, budget.reserve(1e9):
        one.cost = 0.25
    assert budget.spent == 0.25


def test_a_budget_serves_one_loop_after_the_other():
    """Stages of one run share a budget, each in an event loop of its own."""
    budget = Budget(1.0)

    async def stage() -> None:
        async def call() -> None:
            async with budget.reserve(0.4) as settlement:
                await asyncio.sleep(0.001)
                settlement.cost = 0.01

        await asyncio.gather(*(call() for _ in range(5)))

    asyncio.run(stage())
    asyncio.run(stage())
    assert budget.spent == pytest.approx(0.1)


def test_tokens_are_estimated_from_text_schema_and_images():
    """3.5 characters a token; an image counts as a page."""
    part = {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64," + "A" * 400_000}}
    text = estimate_tokens([{"role": "user", "content": "x" * 3500}])
    assert 1000 <= text <= 1010
    assert 1100 <= estimate_tokens([{"role": "user", "content": [{"type": "text", "text": "hi"}, part]}]) <= 1120
    assert Price(1e-6, 2e-6).of(1_000_000, 500_000) == pytest.approx(2.0)
