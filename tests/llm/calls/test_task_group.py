"""Calls side by side: what is on its way comes in, whatever happens to one of them."""

import ast
import asyncio

import pytest

from groundwork.errors import InvalidReply, ProviderRefused, Stopped
from groundwork.llm.calls.call_runner import RunControls
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.client import Client
from groundwork.settings.config_files import PROJECT
from tests.llm.conftest import ask_text, until


async def fails(error):
    raise error


async def test_the_results_come_in_order():
    """What each returns, whichever ends first."""

    async def later(turns):
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    assert await gather_all(later(turns) for turns in (3, 1, 2)) == [3, 1, 2]


@pytest.mark.parametrize("order", [1, -1])
async def test_what_stops_the_run_is_raised_first_with_its_cause(order):
    """No credit, then that the run stops, then what is wrong with one unit."""
    errors = [InvalidReply("d 1"), Stopped("stopped"), ProviderRefused("no credit")][::order]
    with pytest.raises(ProviderRefused, match="no credit"):
        await gather_all(map(fails, errors))
    with pytest.raises(Stopped):
        await gather_all(map(fails, [error for error in errors if not isinstance(error, ProviderRefused)]))


async def test_a_stop_waits_for_the_replies_under_way(fake, config_for, journal):
    """Some calls are in flight and some wait when the run stops: the replies of the first are kept, none is lost."""
    config = config_for(fake, llm__max_concurrency=3)
    stopping, held = asyncio.Event(), [True]
    fake.held = lambda: bool(held)

    def asks(client):
        return gather_all(client.ask(config.qa, ask_text(f"{n}"), stage="qa", unit=f"d {n}") for n in range(9))

    async with Client(config.llm, journal, RunControls(stopping=stopping)) as client:
        run = asyncio.ensure_future(asks(client))
        await until(lambda: fake.in_flight == 3)
        stopping.set()
        await asyncio.sleep(0.05)
        held.clear()
        with pytest.raises(Stopped):
            await run
    assert fake.abandoned == 0
    async with Client(config.llm, journal) as client:
        assert sum(reply.replayed for reply in await asks(client)) == 3
    assert len(fake.requests) == 9


def test_nothing_asks_side_by_side_in_another_way():
    """A bare gather drops the replies under way as soon as one call fails."""
    bare = {
        file.name
        for file in (PROJECT / "groundwork").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "asyncio.gather"
        if "return_exceptions" not in {keyword.arg for keyword in node.keywords}
    }
    assert bare == {"client.py"}, "which closes its endpoints so"
