"""The money of --max-cost: what a call may cost at the worst is set aside before it starts, and settled after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from groundwork.errors import BudgetReached
from groundwork.llm.worst_case_cost import Stake


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
