"""What a run holds over all of its calls: how much they may cost, when they stop, and who hears of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from groundwork.llm.calls.costs_and_budget import Budget
from groundwork.llm.endpoint.http_response import Usage


@dataclass(frozen=True)
class RunControls:
    """The money, the stop and the listeners that the calls of a run share.

    `stopping`: once set, no further call is launched; those in flight end and are kept. `on_usage` hears of every call,
    not of replays. `say` is told what a run waits for where that is not the endpoint.
    """

    budget: Budget = field(default_factory=Budget)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    on_usage: Callable[[Usage], None] | None = None
    say: Callable[[str], None] | None = None
