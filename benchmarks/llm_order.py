"""How much of the ideal is left when chunks differ in length, and each takes several calls, one after another?

Run    uv run benchmarks/llm_order.py

24 documents, 32 calls in flight, 1 s a call, on a clock of its own: nothing counts but the order in which the limiter
admits calls, so the figure is the same on every machine. A chunk takes one call for every five facts and a last one
that finds none, ten at the most. The ideal: all calls over 32, or the longest chunk where that is more. Beside it, the
same calls first come, first served. Prints the mean and the least of eight draws, for documents of few and of many
chunks.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from typing import Any

from groundwork.llm.calls.rate_limit import RateLimiter

DOCUMENTS, SLOTS, LATENCY, DRAWS = 24, 32, 1.0, 8
SIZES = ((1, 3), (2, 4), (3, 6), (2, 12))  # chunks of a document, from and to
CHUNK = (500, 5000)  # characters
ASKED = 400  # characters that a call asks about: five facts of 80
MOST_CALLS = 10  # qa.max_iterations


class Clock(asyncio.SelectorEventLoop):
    """An event loop that does not wait: where nothing else is to be done, it is at once as late as the next timer."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        """Seconds since it began."""
        return self.now


class _Skipping(selectors.SelectSelector):
    def __init__(self, loop: Clock) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        self._loop.now += timeout or 0.0
        return super().select(0)


def chunks(seed: int, least: int, most: int) -> list[tuple[int, int]]:
    """(characters, calls) of every chunk of the documents, document by document."""
    draw = random.Random(seed)
    found = []
    for _ in range(DOCUMENTS):
        for _ in range(draw.randint(least, most)):
            length = int(min(CHUNK[1], max(CHUNK[0], draw.lognormvariate(7.4, 0.7))))
            found.append((length, min(MOST_CALLS, -(-length // ASKED) + 1)))
    return found


async def seconds(work: list[tuple[int, int]], *, most_first: bool) -> float:
    """How long all chunks take through the limiter."""
    limiter = RateLimiter("clock", SLOTS, patience=60)

    async def interview(length: int, calls: int) -> None:
        for number in range(calls):
            async with limiter.slot(remaining=max(0, length - ASKED * number) if most_first else 0):
                await asyncio.sleep(LATENCY)
            limiter.record_success()

    await asyncio.gather(*(interview(length, calls) for length, calls in work))
    return asyncio.get_running_loop().time()


def share(work: list[tuple[int, int]], *, most_first: bool) -> float:
    """Of the ideal, on a clock of its own."""
    calls = [calls for _, calls in work]
    with asyncio.Runner(loop_factory=Clock) as runner:
        return LATENCY * max(sum(calls) / SLOTS, max(calls)) / runner.run(seconds(work, most_first=most_first))


def main() -> None:
    """Measure and print."""
    print(f"{'chunks a document':>17}  {'first come, first served':>24}  {'most ahead first':>24}")
    for least, most in SIZES:
        draws = [chunks(seed, least, most) for seed in range(DRAWS)]
        row = f"{f'{least} to {most}':>17}"
        for first in (False, True):
            shares = [share(work, most_first=first) for work in draws]
            row += f"  {f'{sum(shares) / DRAWS:.1%}, at least {min(shares):.1%}':>24}"
        print(row)


if __name__ == "__main__":
    main()
