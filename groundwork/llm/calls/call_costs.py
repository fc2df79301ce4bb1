"""What calls may cost and did cost: their size, their worst case, their price, and the lines of the cost report.

What earlier calls cost, and how long they took, is read from the journal's files.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from contextvars import ContextVar
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import msgspec

from groundwork.errors import ConfigError
from groundwork.llm.calls.budget import NO_COST, Budget, UsageHistory, WorstCase
from groundwork.llm.calls.call_context import CallContext, ReplyUsage
from groundwork.llm.calls.token_estimate import estimate_tokens
from groundwork.llm.endpoint.http_response import Usage
from groundwork.llm.journal.journal_segments import list_segments

Json = dict[str, Any]

# The document that the calls of this task are for; whoever runs the units sets it, the cost report adds up by it.
CURRENT_DOCUMENT: ContextVar[str] = ContextVar("DOCUMENT", default="")


class UsageRow(msgspec.Struct):
    """A line of the cost report. `cost` is USD; `unpriced` counts the calls whose price nobody named.

    `unit` is the document (see CURRENT_DOCUMENT), or what the call itself was for where no document is set.
    """

    stage: str
    model: str
    unit: str
    calls: int = 0
    replayed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    pages: int = 0  # of a service that is paid by the page

    def add(self, usage: Usage, replayed: bool) -> None:
        """Count one reply; one from the journal cost nothing now."""
        if replayed:
            self.replayed += 1
            return
        self.calls += 1
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        self.cached_tokens += usage.cached_tokens
        self.cost += usage.cost or 0.0
        self.unpriced += usage.cost is None


class CostAccounts:
    """The money side of all calls of a run. `on_usage` hears of every call, not of replays."""

    def __init__(self, budget: Budget, on_usage: Callable[[Usage], None] | None) -> None:
        self.rows: dict[tuple[str, str, str], UsageRow] = {}
        self._budget, self._on_usage = budget, on_usage
        self._histories: defaultdict[tuple[str, str, str], UsageHistory] = defaultdict(UsageHistory)

    def history(self, context: CallContext) -> UsageHistory:
        """What the replies so far of the context's stage and model teach."""
        return self._histories[context.endpoint.identity, context.model, context.stage]

    def estimate_prompt_tokens(self, context: CallContext, body: Json) -> int:
        """About how many tokens the prompt has, where anything hangs on it."""
        if self._budget.limit is None and context.endpoint.settings.tokens_per_minute is None:
            return 0
        return estimate_tokens(body["messages"], body.get("response_format"))

    async def worst_case(self, context: CallContext, prompt_tokens: int, limit: int) -> WorstCase:
        """What the call may cost. Raises ConfigError when there is a limit and no price to hold against it."""
        if self._budget.limit is None:
            return msgspec.structs.replace(NO_COST, max_tokens=limit)
        price = await context.endpoint.price(context.model)
        if price is None:
            url = context.endpoint.settings.base_url
            raise ConfigError([f"--max-cost: {url} names no price for {context.model}; leave the flag out"])
        return self.history(context).worst_case(price, prompt_tokens, limit, full_limit=context.full_limit)

    async def with_cost(self, context: CallContext, usage: Usage) -> Usage:
        """`usage` with its cost: the endpoint's own word, else tokens times the price of its /models."""
        if usage.cost is not None:
            return usage
        price = await context.endpoint.price(context.model)
        cost = price.of(usage.input_tokens, usage.output_tokens) if price else None
        return msgspec.structs.replace(usage, cost=cost)

    def record_reply(self, context: CallContext, usage: Usage, *, replayed: bool) -> None:
        """Enter one reply."""
        context.reply_usages.append(ReplyUsage(usage, replayed))
        row_key = (context.stage, context.model, CURRENT_DOCUMENT.get() or context.unit)
        self.rows.setdefault(row_key, UsageRow(*row_key)).add(usage, replayed)
        if self._on_usage and not replayed:
            self._on_usage(usage)


_SPENDING_BY_MODEL = (
    "SELECT model, COUNT(*), SUM(cost IS NOT NULL), TOTAL(cost), TOTAL(seconds) FROM replies WHERE stage = ? "
    "GROUP BY model"
)


@dataclass(frozen=True)
class Spending:
    """The calls of one model: how many, those with a price, USD, and seconds from request to reply, added up."""

    model: str
    calls: int
    priced: int
    cost: float
    seconds: float


def read_spending(journal: Path, stage: str) -> list[Spending]:
    """By model, from the journal's file and its segments; nothing where there is none or one is damaged."""
    rows_by_model: dict[str, list[Spending]] = defaultdict(list)
    try:
        for path in [*([journal] if journal.is_file() else []), *list_segments(journal)]:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as database:
                for row in database.execute(_SPENDING_BY_MODEL, (stage,)):
                    rows_by_model[row[0]].append(Spending(*row))
    except sqlite3.Error:
        return []
    return [_sum_spending(model, rows) for model, rows in sorted(rows_by_model.items())]


def _sum_spending(model: str, rows: list[Spending]) -> Spending:
    calls, priced, cost, seconds = (sum(column) for column in zip(*(astuple(row)[1:] for row in rows), strict=True))
    return Spending(model, calls, priced, cost, seconds)
