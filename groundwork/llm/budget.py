"""The money of --max-cost: what a call may cost at the worst is set aside before it starts, and settled after it.

The worst is told by a call's estimate and by what the replies so far teach.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from groundwork.errors import BudgetReached
from groundwork.llm.http_response import Usage
from groundwork.llm.prices import FREE, Price


class Settlement:
    """What one call set aside, the tokens that its reply may have for it, and what it did cost once that is known."""

    def __init__(self, reserved: float, room: int) -> None:
        self.cost = 0.0
        self.reserved, self.room = reserved, room


class Budget:
    """USD that a run may spend. `limit` None: no limit, and nothing is ever set aside."""

    def __init__(self, limit: float | None = None) -> None:
        self.limit = limit
        self.spent = 0.0
        self._reserved = 0.0
        self._in_flight = 0
        self._waiting: list[asyncio.Future[None]] = []  # no Event: a budget outlives the loops of several stages

    @asynccontextmanager
    async def reserve(self, stake: Stake) -> AsyncIterator[Settlement]:
        """Hold one call's worst case, waiting for others to settle when it does not fit beside them.

        When the whole of it does not fit even alone, the reply gets less room. Raises BudgetReached when that would
        be too little.
        """
        settlement = await self._settlement(stake)
        self._reserved += settlement.reserved
        self._in_flight += 1
        try:
            yield settlement
        finally:
            self._in_flight -= 1
            # No crumbs of rounding stay behind.
            self._reserved = self._reserved - settlement.reserved if self._in_flight else 0.0
            self.spent += settlement.cost
            self._wake_all()

    async def _settlement(self, stake: Stake) -> Settlement:
        while self.limit is not None:
            room = stake.room(self.limit - self.spent)
            worst = stake.cost(room)
            if self.spent + self._reserved + worst <= self.limit:
                return Settlement(worst, room)
            if not self._in_flight:
                raise BudgetReached(
                    f"--max-cost {self.limit:g}: {self.spent:.4f} USD are spent and the next call could cost "
                    f"{worst:.4f}; everything finished is kept, a higher --max-cost goes on from here "
                    "(--dry-run tells what all of it takes)"
                )
            self._waiting.append(asyncio.get_running_loop().create_future())
            await self._waiting[-1]
        return Settlement(0.0, stake.most)

    def _wake_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)


WORST = 2.0  # times the estimate of a prompt's tokens, and times the most by which one was ever beyond its estimate
AMPLE = 4  # times the longest reply so far: how long the next one may become while money is short
LEAST_ROOM = 2_048  # tokens; less room cuts off replies that are paid for in vain


class Stake(msgspec.Struct, frozen=True):
    """What a call may cost: its prompt of `input_tokens` at the worst, and a reply of `least` to `most` tokens."""

    price: Price
    input_tokens: float
    most: int
    least: int

    def cost(self, room: int) -> float:
        """USD at the worst, when the reply may have `room` tokens."""
        return self.price.of(self.input_tokens, room)

    def room(self, usd: float) -> int:
        """How many tokens the reply may have for `usd`, from `least` to `most`."""
        if self.cost(self.most) <= usd:
            return self.most
        affordable = (usd - self.price.of(self.input_tokens, 0)) / self.price.completion if self.price.completion else 0
        return max(self.least, min(self.most, int(affordable)))


FREE_STAKE = Stake(FREE, 0, 0, 0)


class Experience:
    """What the replies so far, of one stage and model, teach of the next one's worst case."""

    def __init__(self) -> None:
        self.first = asyncio.Lock()  # held by the first call, which goes alone
        self._replies = 0
        self._longest = 0  # tokens
        self._swell = 1.0  # most tokens that a prompt ever was, over their estimate

    def any(self) -> bool:
        """Whether there was a reply yet."""
        return self._replies > 0

    def learn(self, estimated: int, usage: Usage) -> None:
        """Take in a reply whose prompt was estimated at so many tokens."""
        self._replies += 1
        self._longest = max(self._longest, usage.output_tokens)
        self._swell = max(self._swell, usage.input_tokens / max(1, estimated))

    def stake(self, price: Price, estimated: int, limit: int, *, roomy: bool = False) -> Stake:
        """The worst case of a call. Its reply gets `AMPLE` times the longest so far; `roomy`: all of `limit`."""
        known = self.any() and not roomy
        most = min(limit, max(LEAST_ROOM, AMPLE * self._longest)) if known else limit
        least = most if roomy else min(most, max(LEAST_ROOM, 2 * self._longest))
        return Stake(price, estimated * self._swell * WORST, most, least)
