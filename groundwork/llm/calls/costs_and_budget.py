"""The money of calls: their tokens, what they may cost and did cost, the cost report, and the budget of --max-cost.

How many tokens a request is, is estimated without its model's tokenizer, for worst cases and tokens a minute.

What a call may cost at the worst is set aside before it starts, and settled after it. The worst is told by a call's
estimate and by what the replies so far teach. What earlier calls cost, and how long they took, is read from the
journal's files.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from contextvars import ContextVar
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import msgspec

from groundwork.errors import BudgetReached, ConfigError
from groundwork.llm.calls.rate_limit import RateLimiter
from groundwork.llm.endpoint.chat_response import Usage
from groundwork.llm.endpoint.endpoint_connection import Endpoint
from groundwork.llm.endpoint.http_errors import CallFailed
from groundwork.llm.endpoint.request_body_parameters import Json
from groundwork.llm.prompt_templates import parts_of_turns
from groundwork.llm.replies.reply_schema import ReplyRequirements, strict_schema
from groundwork.llm.reply_journal import FROM_START
from groundwork.llm.reply_segments import JournalPosition, list_segments
from groundwork.settings.config_schema import LLM, ModelCall

# The document that the calls of this task are for; whoever runs the units sets it, the cost report adds up by it.
CURRENT_DOCUMENT: ContextVar[str] = ContextVar("DOCUMENT", default="")
_SPENDING_BY_MODEL = (
    "SELECT model, COUNT(*), SUM(cost IS NOT NULL), TOTAL(cost), TOTAL(seconds) FROM replies WHERE stage = ? "
    "GROUP BY model"
)


# One token each: words in pieces of seven letters, single digits, runs of two signs, line ends; letters beyond ASCII
# one by one, Greek and Cyrillic by three. Over prose, tables, JSON, code and German that is 0.87 to 1.05 of what
# Llama 2's tokenizer counts and 0.89 to 1.23 of what Qwen 2.5's does; characters / 3.5 is 0.44 to 1.32 of them.
_TYPICAL_TOKEN = re.compile(r"[A-Za-z]{1,7}|\d|[\u0370-\u052f]{1,3}|[^\W\d_]|[^\w\s]{1,2}|_+|\n+")
# As few tokens as any tokenizer makes of a text: whole words, three digits at once, three letters of Chinese.
_LARGEST_TOKEN = re.compile(r"[A-Za-z]{1,12}|\d{1,3}|[\u0370-\u052f]{1,8}|[^\W\d_]{1,3}|[^\w\s]{1,4}")
IMAGE_TOKENS = 1_100  # a page at 1288 px: 1,032 for gemini-2.5 (four tiles of 258), 1,105 for gpt-4o
TURN_TOKENS = 4  # the marks around a turn


def tokens_in(text: str) -> int:
    """About how many tokens `text` is."""
    return len(_TYPICAL_TOKEN.findall(text))


def min_token_count(text: str) -> int:
    """How many tokens `text` is at the least, whatever the tokenizer."""
    return len(_LARGEST_TOKEN.findall(text))


def estimate_tokens(messages: Sequence[dict[str, Any]], schema: dict[str, Any] | None = None) -> int:
    """About how many tokens `messages` (OpenAI chat) are, images and the reply's schema included."""
    message_parts = parts_of_turns(messages)
    image_count: int = sum(message_part.get("type") == "image_url" for message_part in message_parts)
    text_tokens: int = sum(tokens_in(message_part.get("text") or "") for message_part in message_parts)
    schema_tokens = tokens_in(msgspec.json.encode(schema).decode()) if schema else 0
    return text_tokens + schema_tokens + image_count * IMAGE_TOKENS + TURN_TOKENS * len(messages)


def request_tokens(
    llm: LLM, call: ModelCall, messages: Sequence[dict[str, Any]], schema: type | dict[str, Any] | None = None
) -> int:
    """About how many tokens a request has. The model on this machine gets the schema as a grammar, not as text."""
    provider = llm.providers[call.provider] if call.provider else llm
    sent_schema = strict_schema(schema) if isinstance(schema, type) else schema
    return estimate_tokens(messages, None if provider.base_url == "local" else sent_schema)


class Price(msgspec.Struct, frozen=True):
    """USD a token."""

    prompt: float
    completion: float

    def cost_of(self, input_tokens: float, output_tokens: float) -> float:
        """USD for so many tokens in and out."""
        return self.prompt * input_tokens + self.completion * output_tokens


FREE = Price(0.0, 0.0)


def parse_price(pricing: Any) -> Price | None:
    """The price in an entry of /models, whose numbers are strings of USD a token; None where there is none.

    OpenRouter writes -1 for a model that stands for several, whose price is known once it has replied.
    """
    try:
        token_price = Price(float(pricing["prompt"]), float(pricing["completion"]))
    except (TypeError, KeyError, ValueError):
        return None
    return token_price if all(0 <= usd < float("inf") for usd in (token_price.prompt, token_price.completion)) else None


class PriceList:
    """The token prices of an endpoint's models, read from its /models once one is asked for."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._token_prices: dict[str, Price] | None = None
        self._price_lock = asyncio.Lock()
        self.problem = ""  # why no price could be read

    async def price(self, model: str) -> Price | None:
        """USD a token of `model`; None where the endpoint names none."""
        if self._endpoint.dialect == "local":
            return FREE
        async with self._price_lock:
            if self._token_prices is None:
                self._token_prices = await self._fetch_token_prices()
        return self._token_prices.get(model) or self._token_prices.get(model.partition(":")[0])

    async def _fetch_token_prices(self) -> dict[str, Price]:
        try:
            price_entries = (await self._endpoint.get("/models")).get("data")
        except CallFailed as price_failure:
            self.problem = f" (its /models: {price_failure})"
            return {}
        price_entries = price_entries if isinstance(price_entries, list) else []
        token_prices = {str(e.get("id")): parse_price(e.get("pricing")) for e in price_entries if isinstance(e, dict)}
        return {model: token_price for model, token_price in token_prices.items() if token_price}


class ReplyUsage(msgspec.Struct, frozen=True):
    """What one reply used; `replayed`: it came from the journal and nothing was paid now."""

    usage: Usage
    replayed: bool


class CallContext(msgspec.Struct):
    """One question on its way: whom to ask, for which stage and unit, and what it has taken so far."""

    endpoint: Endpoint
    limiter: RateLimiter
    model: str
    stage: str
    unit: str
    sample: int = 0
    since: JournalPosition = FROM_START  # no older reply of the journal is replayed
    reply_usages: list[ReplyUsage] = []
    cut_off_at: int = 0  # tokens at which the reply was cut off that is asked for once more
    full_limit: bool = False  # a reply was cut off for want of money: the next one gets all that the stage allows
    remaining_characters: int = 0  # characters that are still to be asked about: what has most of them goes first
    requirements: ReplyRequirements[Any] = ReplyRequirements()

    @property
    def replayed(self) -> bool:
        """Whether everything so far came from the journal."""
        return all(usage.replayed for usage in self.reply_usages)

    def total_usage(self) -> Usage:
        """What all replies so far used; no cost where none of them has one."""
        usages = [reply_usage.usage for reply_usage in self.reply_usages]
        costs = [usage.cost for usage in usages if usage.cost is not None]
        input_tokens = sum(usage.input_tokens for usage in usages)
        output_tokens = sum(usage.output_tokens for usage in usages)
        cached_tokens = sum(usage.cached_tokens for usage in usages)
        return Usage(input_tokens, output_tokens, cached_tokens, sum(costs) if costs else None)


class Reservation:
    """What one call set aside, the tokens that its reply may have for it, and what it did cost once that is known."""

    def __init__(self, reserved: float, reply_tokens: int) -> None:
        self.cost = 0.0
        self.reserved, self.reply_tokens = reserved, reply_tokens


class Budget:
    """USD that a command may spend, over all of its stages. `limit` None: no limit, and nothing is ever set aside."""

    def __init__(self, limit: float | None = None, name: str = "") -> None:
        """`name`: what the limit is in a message, where it is not all of --max-cost."""
        self.limit = limit
        self.name = name or f"--max-cost {limit or 0:g}"
        self.spent = 0.0
        self._reserved = 0.0
        self._reserved_calls = 0
        # no Event: a budget outlives the loops of several stages
        self._calls_over_budget: list[asyncio.Future[None]] = []

    def share(self, process_count: int) -> Budget:
        """One of `process_count` equal parts of what is left, for a process that cannot see what the others spend."""
        if self.limit is None or process_count == 1:
            return self
        budget_left = max(0.0, self.limit - self.spent) / process_count
        return Budget(budget_left, f"{self.name}, of which each of {process_count} processes has {budget_left:.4f}")

    @asynccontextmanager
    async def reserve(self, worst_case: WorstCase) -> AsyncIterator[Reservation]:
        """Hold one call's worst case, waiting for others to settle when it does not fit beside them.

        When the whole of it does not fit even alone, the reply gets less room. Raises BudgetReached when that would
        be too little.
        """
        reservation = await self._reserve_affordable_cost(worst_case)
        self._reserved += reservation.reserved
        self._reserved_calls += 1
        try:
            yield reservation
        finally:
            self._reserved_calls -= 1
            # No crumbs of rounding stay behind.
            self._reserved = self._reserved - reservation.reserved if self._reserved_calls else 0.0
            self.spent += reservation.cost
            self._wake_calls_waiting_for_budget()

    async def _reserve_affordable_cost(self, worst_case: WorstCase) -> Reservation:
        while self.limit is not None:
            reply_tokens = worst_case.affordable_tokens(self.limit - self.spent)
            worst_cost = worst_case.cost(reply_tokens)
            if self.spent + self._reserved + worst_cost <= self.limit:
                return Reservation(worst_cost, reply_tokens)
            if not self._reserved_calls:
                raise BudgetReached(
                    f"{self.name}: {self.spent:.4f} USD are spent and the next call could cost "
                    f"{worst_cost:.4f}; everything finished is kept, a higher --max-cost goes on from here "
                    "(--dry-run tells what all of it takes)"
                )
            self._calls_over_budget.append(asyncio.get_running_loop().create_future())
            await self._calls_over_budget[-1]
        return Reservation(0.0, worst_case.max_reply_tokens)

    def _wake_calls_waiting_for_budget(self) -> None:
        calls_over_budget, self._calls_over_budget = self._calls_over_budget, []
        for call_over_budget in calls_over_budget:
            if not call_over_budget.done():
                call_over_budget.set_result(None)


PROMPT_MARGIN = 2.0  # times the estimate of a prompt's tokens, and times the most by which one ever exceeded it
REPLY_GROWTH = 4  # times the longest reply so far: how long the next one may become while money is short
MIN_REPLY_TOKENS = 2_048  # tokens; less room cuts off replies that are paid for in vain


class WorstCase(msgspec.Struct, frozen=True):
    """What a call may cost: its prompt at the worst, a reply of `min_reply_tokens` to `max_reply_tokens`."""

    price: Price
    worst_prompt_tokens: float
    max_reply_tokens: int
    min_reply_tokens: int

    def cost(self, reply_tokens: int) -> float:
        """USD at the worst, when the reply may have so many tokens."""
        return self.price.cost_of(self.worst_prompt_tokens, reply_tokens)

    def affordable_tokens(self, usd: float) -> int:
        """How many tokens the reply may have for `usd`, from `min_reply_tokens` to `max_reply_tokens`."""
        if self.cost(self.max_reply_tokens) <= usd:
            return self.max_reply_tokens
        usd_for_reply = usd - self.price.cost_of(self.worst_prompt_tokens, 0)
        tokens_for_budget = usd_for_reply / self.price.completion if self.price.completion else 0
        return max(self.min_reply_tokens, min(self.max_reply_tokens, int(tokens_for_budget)))


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

    def record(self, estimated_prompt_tokens: int, usage: Usage) -> None:
        """Take in a reply whose prompt was estimated at so many tokens."""
        self._replies += 1
        self._longest_reply = max(self._longest_reply, usage.output_tokens)
        self._prompt_growth = max(self._prompt_growth, usage.input_tokens / max(1, estimated_prompt_tokens))

    def worst_case(
        self, price: Price, estimated_prompt_tokens: int, reply_limit: int, *, full_limit: bool = False
    ) -> WorstCase:
        """The worst case of a call: a reply of `REPLY_GROWTH` times the longest; `full_limit`: of all of
        `reply_limit`."""
        limit_by_history = self.has_replies() and not full_limit
        max_reply_tokens = (
            min(reply_limit, max(MIN_REPLY_TOKENS, REPLY_GROWTH * self._longest_reply))
            if limit_by_history
            else reply_limit
        )
        min_reply_tokens = (
            max_reply_tokens if full_limit else min(max_reply_tokens, max(MIN_REPLY_TOKENS, 2 * self._longest_reply))
        )
        return WorstCase(
            price, estimated_prompt_tokens * self._prompt_growth * PROMPT_MARGIN, max_reply_tokens, min_reply_tokens
        )


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
        self._price_lists: dict[Endpoint, PriceList] = {}
        self._usage_histories: defaultdict[tuple[str, str, str], UsageHistory] = defaultdict(UsageHistory)

    @asynccontextmanager
    async def first_call_alone(self, priced_call: CallContext) -> AsyncIterator[None]:
        """Under a limit the first call of a stage goes alone: it tells how much to hold for each of the others."""
        usage_history = self._usage_history(priced_call)
        async with AsyncExitStack() as first_call_lock:
            if self._budget.limit is not None and not usage_history.has_replies():
                await first_call_lock.enter_async_context(usage_history.first_call)
                if usage_history.has_replies():
                    await first_call_lock.aclose()
            yield

    def learn_usage(self, priced_call: CallContext, prompt_tokens: int, usage: Usage) -> None:
        """Take in what a call used whose prompt was estimated at so many tokens."""
        self._usage_history(priced_call).record(prompt_tokens, usage)

    def _usage_history(self, priced_call: CallContext) -> UsageHistory:
        """What the replies so far of the context's stage and model teach."""
        return self._usage_histories[priced_call.endpoint.identity, priced_call.model, priced_call.stage]

    def price_list(self, endpoint: Endpoint) -> PriceList:
        """The prices of the endpoint's models."""
        if endpoint not in self._price_lists:
            self._price_lists[endpoint] = PriceList(endpoint)
        return self._price_lists[endpoint]

    def estimate_prompt_tokens(self, priced_call: CallContext, request_body: Json) -> int:
        """About how many tokens the prompt has, where anything hangs on it."""
        if self._budget.limit is None and priced_call.endpoint.settings.tokens_per_minute is None:
            return 0
        return estimate_tokens(request_body["messages"], request_body.get("response_format"))

    async def worst_case(self, priced_call: CallContext, prompt_tokens: int, reply_limit: int) -> WorstCase:
        """What the call may cost. Raises ConfigError when there is a limit and no price to hold against it."""
        if self._budget.limit is None:
            return msgspec.structs.replace(NO_COST, max_reply_tokens=reply_limit)
        price_list = self.price_list(priced_call.endpoint)
        token_price = await price_list.price(priced_call.model)
        if token_price is None:
            price_remedy = "run again" if price_list.problem else "leave the flag out"
            no_price = (
                f"{priced_call.endpoint.settings.base_url} names no price for {priced_call.model}{price_list.problem}"
            )
            raise ConfigError([f"--max-cost: {no_price}; {price_remedy}"])
        return self._usage_history(priced_call).worst_case(
            token_price, prompt_tokens, reply_limit, full_limit=priced_call.full_limit
        )

    async def with_cost(self, priced_call: CallContext, usage: Usage) -> Usage:
        """`usage` with its cost: the endpoint's own word, else tokens times the price of its /models."""
        if usage.cost is not None:
            return usage
        token_price = await self.price_list(priced_call.endpoint).price(priced_call.model)
        reply_cost = token_price.cost_of(usage.input_tokens, usage.output_tokens) if token_price else None
        return msgspec.structs.replace(usage, cost=reply_cost)

    def record_reply(self, priced_call: CallContext, usage: Usage, *, replayed: bool) -> None:
        """Enter one reply."""
        priced_call.reply_usages.append(ReplyUsage(usage, replayed))
        usage_row_key = (priced_call.stage, priced_call.model, CURRENT_DOCUMENT.get() or priced_call.unit)
        self.rows.setdefault(usage_row_key, UsageRow(*usage_row_key)).add(usage, replayed)
        if self._on_usage and not replayed:
            self._on_usage(usage)


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
        for replies_db in [*([journal] if journal.is_file() else []), *list_segments(journal)]:
            with closing(
                sqlite3.connect(f"{replies_db.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
            ) as spending_db:
                for spending_row in spending_db.execute(_SPENDING_BY_MODEL, (stage,)):
                    rows_by_model[spending_row[0]].append(Spending(*spending_row))
    except sqlite3.Error:
        return []
    return [_sum_spending_rows(model, spending_rows) for model, spending_rows in sorted(rows_by_model.items())]


def _sum_spending_rows(model: str, spending_rows: list[Spending]) -> Spending:
    spending_columns = zip(*(astuple(spending_row)[1:] for spending_row in spending_rows), strict=True)
    call_count, priced_calls, total_cost, call_seconds = map(sum, spending_columns)
    return Spending(model, call_count, priced_calls, total_cost, call_seconds)
