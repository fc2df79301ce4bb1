"""The money of --max-cost: what a call may cost at the worst is set aside before it starts, and settled after it.

The worst is told by a call's estimate and by what the replies so far teach.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from groundwork.errors import BudgetReached
from groundwork.llm.endpoint.http_response import Usage
from groundwork.llm.endpoint.prices import FREE, Price


class Reservation:
    """What one call set aside, the tokens that its reply may have for it, and what it did cost once that is known."""

    def __init__(self, reserved: float, reply_tokens: int) -> None:
        self.cost = 0.0
        self.reserved, self.reply_tokens = reserved, reply_tokens


class Budget:
    """USD that a run may spend. `limit` None: no limit, and nothing is ever set aside."""

    def __init__(self, limit: float | None = None) -> None:
        self.limit = limit
        self.spent = 0.0
        self._reserved = 0.0
        self._calls_in_flight = 0
        self._waiting_calls: list[asyncio.Future[None]] = []  # no Event: a budget outlives the loops of several stages

    @asynccontextmanager
    async def reserve(self, worst_case: WorstCase) -> AsyncIterator[Reservation]:
        """Hold one call's worst case, waiting for others to settle when it does not fit beside them.

        When the whole of it does not fit even alone, the reply gets less room. Raises BudgetReached when that would
        be too little.
        """
        reservation = await self._reserve_when_affordable(worst_case)
        self._reserved += reservation.reserved
        self._calls_in_flight += 1
        try:
            yield reservation
        finally:
            self._calls_in_flight -= 1
            # No crumbs of rounding stay behind.
            self._reserved = self._reserved - reservation.reserved if self._calls_in_flight else 0.0
            self.spent += reservation.cost
            self._wake_waiting()

    async def _reserve_when_affordable(self, worst_case: WorstCase) -> Reservation:
        while self.limit is not None:
            reply_tokens = worst_case.affordable_tokens(self.limit - self.spent)
            worst_cost = worst_case.cost(reply_tokens)
            if self.spent + self._reserved + worst_cost <= self.limit:
                return Reservation(worst_cost, reply_tokens)
            if not self._calls_in_flight:
                raise BudgetReached(
                    f"--max-cost {self.limit:g}: {self.spent:.4f} USD are spent and the next call could cost "
                    f"{worst_cost:.4f}; everything finished is kept, a higher --max-cost goes on from here "
                    "(--dry-run tells what all of it takes)"
                )
            self._waiting_calls.append(asyncio.get_running_loop().create_future())
            await self._waiting_calls[-1]
        return Reservation(0.0, worst_case.max_tokens)

    def _wake_waiting(self) -> None:
        futures, self._waiting_calls = self._waiting_calls, []
        for future in futures:
            if not future.done():
                future.set_result(None)


PROMPT_MARGIN = 2.0  # times the estimate of a prompt's tokens, and times the most by which one ever exceeded it
REPLY_GROWTH = 4  # times the longest reply so far: how long the next one may become while money is short
MIN_REPLY_TOKENS = 2_048  # tokens; less room cuts off replies that are paid for in vain


class WorstCase(msgspec.Struct, frozen=True):
    """What a call may cost: its prompt of `input_tokens` at the worst, a reply of `min_tokens` to `max_tokens`."""

    price: Price
    input_tokens: float
    max_tokens: int
    min_tokens: int

    def cost(self, reply_tokens: int) -> float:
        """USD at the worst, when the reply may have so many tokens."""
        return self.price.of(self.input_tokens, reply_tokens)

    def affordable_tokens(self, usd: float) -> int:
        """How many tokens the reply may have for `usd`, from `min_tokens` to `max_tokens`."""
        if self.cost(self.max_tokens) <= usd:
            return self.max_tokens
        affordable = (usd - self.price.of(self.input_tokens, 0)) / self.price.completion if self.price.completion else 0
        return max(self.min_tokens, min(self.max_tokens, int(affordable)))


NO_COST = WorstCase(FREE, 0, 0, 0)


class UsageHistory:
    """What the replies so far, of one stage and model, teach of the next one's worst case."""

    def __init__(self) -> None:
        self.first_call = asyncio.Lock()  # held by the first call, which goes alone
        self._replies = 0
        self._longest_reply = 0  # tokens
        self._prompt_growth = 1.0  # most tokens that a prompt ever was, over their estimate

    def has_replies(self) -> bool:
        """Whether there was a reply yet."""
        return self._replies > 0

    def record(self, estimated: int, usage: Usage) -> None:
        """Take in a reply whose prompt was estimated at so many tokens."""
        self._replies += 1
        self._longest_reply = max(self._longest_reply, usage.output_tokens)
        self._prompt_growth = max(self._prompt_growth, usage.input_tokens / max(1, estimated))

    def worst_case(self, price: Price, estimated: int, limit: int, *, full_limit: bool = False) -> WorstCase:
        """The worst case of a call: a reply of `REPLY_GROWTH` times the longest; `full_limit`: of all of `limit`."""
        use_history = self.has_replies() and not full_limit
        max_tokens = min(limit, max(MIN_REPLY_TOKENS, REPLY_GROWTH * self._longest_reply)) if use_history else limit
        min_tokens = max_tokens if full_limit else min(max_tokens, max(MIN_REPLY_TOKENS, 2 * self._longest_reply))
        return WorstCase(price, estimated * self._prompt_growth * PROMPT_MARGIN, max_tokens, min_tokens)
