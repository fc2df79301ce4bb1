"""The limiter alone: who goes in, when, and what it learns. Its time is that of a loop which never waits."""

import asyncio
import functools
import selectors
from typing import Any

import pytest

from groundwork.errors import ProviderRefused
from groundwork.llm.calls.rate_limit import RateLimiter


class Idle(selectors.DefaultSelector):
    """Where the loop would wait, its clock is put on instead."""

    waited = 0.0

    def select(self, timeout=None):
        assert timeout is not None, "everybody waits for somebody"
        self.waited += timeout
        return super().select(0)


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time is the sum of what was slept, however busy the machine is."""

    def __init__(self):
        self._idle = Idle()
        super().__init__(self._idle)

    def time(self):
        return self._idle.waited


def timed(test):
    """Runs a test on a `Clock`."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        with asyncio.Runner(loop_factory=Clock) as runner:
            runner.run(test(*args, **kwargs))

    return run


async def hold(limiter: RateLimiter, seconds: float, log: list[int], number: int = 0, tokens: int = 0) -> None:
    async with limiter.slot(tokens):
        log.append(number)
        await asyncio.sleep(seconds)
        limiter.record_success()


@timed
async def test_first_come_first_served_and_never_more_than_the_ceiling():
    """Calls start in the order in which they asked, at most `max_calls` at once."""
    limiter, log, peak = RateLimiter("g", 3, 10), [], 0

    async def one(number: int) -> None:
        nonlocal peak
        async with limiter.slot():
            log.append(number)
            peak = max(peak, limiter.in_flight)
            await asyncio.sleep(0.001 * (number % 3))

    await asyncio.gather(*(one(number) for number in range(40)))
    assert log == list(range(40)) and peak == 3 and limiter.in_flight == 0


@timed
async def test_a_slow_call_holds_up_nobody():
    """There are no batches: while one call takes long, the other slot does all the rest."""
    limiter, log = RateLimiter("g", 2, 10), []
    slow = asyncio.create_task(hold(limiter, 0.3, log, 99))
    await asyncio.sleep(0)
    await asyncio.gather(*(hold(limiter, 0.001, log, number) for number in range(30)))
    assert not slow.done() and log == [99, *range(30)]
    await slow


@timed
async def test_it_opens_to_the_ceiling_while_all_goes_well():
    """Slow start from 16, wider every tenth of a second, without waiting for replies."""
    limiter, log = RateLimiter("g", 64, 10), []
    tasks = [asyncio.create_task(hold(limiter, 5, log)) for _ in range(100)]
    await asyncio.sleep(0)
    assert limiter.in_flight == 16
    await asyncio.sleep(0.55)
    assert limiter.in_flight == 64
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert limiter.in_flight == 0


@timed
async def test_a_burst_of_429s_narrows_it_once_and_success_widens_it():
    """x0.85 for a burst however many 429s it has; +1 for a quarter window of replies."""
    limiter = RateLimiter("g", 16, 10)
    async with asyncio.TaskGroup() as group:
        for _ in range(16):
            group.create_task(_refused(limiter))
    assert limiter.window == pytest.approx(16 * 0.85)
    before = limiter.window
    for _ in range(round(before / 4)):
        limiter.record_success()
    assert before + 0.7 < limiter.window < before + 1.1


async def _refused(limiter: RateLimiter) -> None:
    async with limiter.slot():
        await asyncio.sleep(0.01)
        limiter.record_429(None)


@timed
async def test_nobody_starts_before_the_pause_is_over():
    """After a 429 the limiter stays shut for Retry-After, and the refused call goes before all who wait."""
    limiter, log = RateLimiter("g", 1, 10), []
    async with limiter.slot():
        waiting = asyncio.create_task(hold(limiter, 0, log, 1))
        await asyncio.sleep(0)
        limiter.record_429(0.6)
    begun = asyncio.get_running_loop().time()
    async with limiter.slot(is_retry=True):
        assert asyncio.get_running_loop().time() - begun >= 0.59 and not log
    await waiting


@timed
async def test_patience_has_an_end():
    """Nothing but 429s for longer than the patience stops the run; so does a Retry-After beyond it, at once."""
    limiter = RateLimiter("g", 4, 0.05)
    async with limiter.slot():
        limiter.record_429(None)
        await asyncio.sleep(0.06)
        with pytest.raises(ProviderRefused, match="nothing but 429"):
            limiter.record_429(None)
        limiter.record_success()
        limiter.record_429(None)
        with pytest.raises(ProviderRefused, match="asks to wait 1 s"):
            limiter.record_429(1)


@pytest.mark.parametrize(("rpm", "tpm", "tokens"), [(1200, None, 0), (None, 120_000, 100)])
@timed
async def test_requests_and_tokens_a_minute_are_spread(rpm, tpm, tokens):
    """20 a second: one second's worth starts at once, the rest at that pace."""
    limiter, log = RateLimiter("g", 100, 10, rpm, tpm), []
    begun = asyncio.get_running_loop().time()
    await asyncio.gather(*(hold(limiter, 0, log, tokens=tokens) for _ in range(28)))
    assert asyncio.get_running_loop().time() - begun == pytest.approx(7 / 20, abs=0.01)


@timed
async def test_tokens_not_used_are_given_back():
    """A call books its worst case; what it did not use lets the next one start sooner."""
    limiter, log = RateLimiter("g", 10, 10, None, 60_000), []
    async with limiter.slot(10_000):
        limiter.return_unused(10_000, 100)
    begun = asyncio.get_running_loop().time()
    await hold(limiter, 0, log)
    assert asyncio.get_running_loop().time() == begun


@timed
async def test_those_turned_away_learn_why():
    """When the run stops, everyone who waits gets the reason, and slots in use end by themselves."""
    limiter, log = RateLimiter("g", 1, 10), []
    running = asyncio.create_task(hold(limiter, 0.05, log))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(hold(limiter, 0, log)) for _ in range(3)]
    await asyncio.sleep(0)
    limiter.fail_waiting(ProviderRefused("no credit"))
    ended = await asyncio.gather(running, *waiting, return_exceptions=True)
    assert [str(end) for end in ended] == ["None", "no credit", "no credit", "no credit"] and limiter.in_flight == 0


async def test_the_call_with_most_ahead_goes_first():
    """Of those that wait; a call that goes again comes before all of them, and equals keep their order."""
    limiter, order = RateLimiter("x", 1, 10), []

    async def call(name: str, **options: Any) -> None:
        async with limiter.slot(**options):
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(
        call("holds the slot"),
        call("short", remaining=100),
        call("long", remaining=900),
        call("nothing ahead"),
        call("long too", remaining=900),
        call("again", is_retry=True),
    )
    assert order == ["holds the slot", "again", "long", "long too", "short", "nothing ahead"]
