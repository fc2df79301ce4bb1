"""What calls may cost and did cost: their size, their worst case, their price, and the lines of the cost report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import msgspec

from groundwork.errors import ConfigError
from groundwork.llm.budget import DOCUMENT, FREE_STAKE, Budget, Experience, Stake, UsageRow
from groundwork.llm.envelope import Usage
from groundwork.llm.errand import Errand, Spent
from groundwork.llm.token_estimate import estimate_tokens

Json = dict[str, Any]


class Accounts:
    """The money side of all calls of a run. `on_usage` hears of every call, not of replays."""

    def __init__(self, budget: Budget, on_usage: Callable[[Usage], None] | None) -> None:
        self.rows: dict[tuple[str, str, str], UsageRow] = {}
        self._budget, self._on_usage = budget, on_usage
        self._experience: defaultdict[tuple[str, str, str], Experience] = defaultdict(Experience)

    def experience(self, errand: Errand) -> Experience:
        """What the replies so far of the errand's stage and model teach."""
        return self._experience[errand.endpoint.identity, errand.model, errand.stage]

    def size(self, errand: Errand, body: Json) -> int:
        """About how many tokens the prompt has, where anything hangs on it."""
        if self._budget.limit is None and errand.endpoint.settings.tokens_per_minute is None:
            return 0
        return estimate_tokens(body["messages"], body.get("response_format"))

    async def stake(self, errand: Errand, asked: int, limit: int) -> Stake:
        """What the call may cost. Raises ConfigError when there is a limit and no price to hold against it."""
        if self._budget.limit is None:
            return msgspec.structs.replace(FREE_STAKE, most=limit)
        price = await errand.endpoint.price(errand.model)
        if price is None:
            url = errand.endpoint.settings.base_url
            raise ConfigError([f"--max-cost: {url} names no price for {errand.model}; leave the flag out"])
        return self.experience(errand).stake(price, asked, limit, roomy=errand.roomy)

    async def priced(self, errand: Errand, usage: Usage) -> Usage:
        """`usage` with its cost: the endpoint's own word, else tokens times the price of its /models."""
        if usage.cost is not None:
            return usage
        price = await errand.endpoint.price(errand.model)
        cost = price.of(usage.input_tokens, usage.output_tokens) if price else None
        return msgspec.structs.replace(usage, cost=cost)

    def count(self, errand: Errand, usage: Usage, *, replayed: bool) -> None:
        """Enter one reply."""
        errand.spent.append(Spent(usage, replayed))
        names = (errand.stage, errand.model, DOCUMENT.get() or errand.unit)
        self.rows.setdefault(names, UsageRow(*names)).add(usage, replayed)
        if self._on_usage and not replayed:
            self._on_usage(usage)
