"""Money: what a call may cost at the worst is set aside before it starts, and settled with what it did cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import msgspec

from dataprep.llm.replies import Usage
from dataprep.schema.errors import BudgetReached

CHARACTERS_PER_TOKEN = 3.5  # Llama's 32K vocabulary: prompts 4.0, a rulebook with its tables and numbers 3.0
IMAGE_TOKENS = 1_100  # a page at 1288 px: 1,032 for gemini-2.5 (four tiles of 258), 1,105 for gpt-4o
WORST = 2  # times the estimate, for the worst case


class Price(msgspec.Struct, frozen=True):
    """USD a token."""

    prompt: float
    completion: float

    def of(self, input_tokens: float, output_tokens: float) -> float:
        """USD for so many tokens in and out."""
        return self.prompt * input_tokens + self.completion * output_tokens


FREE = Price(0.0, 0.0)


def estimate_tokens(messages: Sequence[dict[str, Any]], schema: dict[str, Any] | None = None) -> int:
    """About how many tokens `messages` are, by their length: 3.5 characters a token, 1,100 tokens an image."""
    parts = [part for message in messages for part in _parts(message.get("content"))]
    images: int = sum(part.get("type") == "image_url" for part in parts)
    text: int = sum(len(part.get("text") or "") for part in parts)
    sent = len(msgspec.json.encode(schema)) if schema else 0
    return int((text + sent) / CHARACTERS_PER_TOKEN) + images * IMAGE_TOKENS + 4 * len(messages)


def _parts(content: Any) -> list[dict[str, Any]]:
    return content if isinstance(content, list) else [{"type": "text", "text": content or ""}]


# The document that the calls of this task are for; whoever runs the units sets it, the cost report adds up by it.
DOCUMENT: ContextVar[str] = ContextVar("DOCUMENT", default="")


class UsageRow(msgspec.Struct):
    """A line of the cost report. `cost` is USD; `unpriced` counts the calls whose price nobody named.

    `unit` is the document (see DOCUMENT), or what the call itself was for where no document is set.
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


class Settlement:
    """What one call set aside, and what it did cost once that is known."""

    def __init__(self, reserved: float) -> None:
        self.cost = 0.0
        self.reserved = reserved


class Budget:
    """USD that a run may spend. `limit` None: no limit, and nothing is ever set aside."""

    def __init__(self, limit: float | None = None) -> None:
        self.limit = limit
        self.spent = 0.0
        self._reserved = 0.0
        self._in_flight = 0
        self._waiting: list[asyncio.Future[None]] = []  # no Event: a budget outlives the loops of several stages

    @asynccontextmanager
    async def reserve(self, worst: float) -> AsyncIterator[Settlement]:
        """Hold `worst` USD for one call, waiting for others to settle when it does not fit beside them.

        Raises BudgetReached when it would not fit even with nobody else in flight.
        """
        while self.limit is not None and self.spent + self._reserved + worst > self.limit:
            if not self._in_flight:
                raise BudgetReached(
                    f"--max-cost {self.limit:g}: {self.spent:.4f} USD are spent and the next call could cost "
                    f"{worst:.4f}; everything finished is kept, a higher --max-cost goes on from here"
                )
            self._waiting.append(asyncio.get_running_loop().create_future())
            await self._waiting[-1]
        settlement = Settlement(worst)
        self._reserved += worst
        self._in_flight += 1
        try:
            yield settlement
        finally:
            self._in_flight -= 1
            self._reserved = self._reserved - worst if self._in_flight else 0.0  # no crumbs of rounding stay behind
            self.spent += settlement.cost
            self._wake_all()

    def _wake_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
