"""Calls side by side: all of them come to their end before what one of them raised goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar, cast

from groundwork.errors import Stopped, StopRun

T = TypeVar("T")


async def gather_all(calls: Iterable[Awaitable[T]]) -> list[T]:
    """What `calls` return, in their order.

    Raises, once all have ended, what stops the run where one raised that, or else the first of what they raised. Were
    it raised at once, as by a bare `gather`, the others would lose replies that are on their way and are paid for.
    """
    task_outcomes = await asyncio.gather(*calls, return_exceptions=True)
    if task_errors := [task_outcome for task_outcome in task_outcomes if isinstance(task_outcome, BaseException)]:
        raise min(task_errors, key=_stop_rank)
    return cast("list[T]", task_outcomes)


def _stop_rank(task_error: BaseException) -> int:
    """The cause of a stop comes before the stop, and that before what is wrong with one unit."""
    if isinstance(task_error, StopRun):
        return 1 if isinstance(task_error, Stopped) else 0
    return 2
