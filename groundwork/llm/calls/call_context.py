"""One question on its way: whom to ask, and what it has taken so far."""

from __future__ import annotations

from typing import Any

import msgspec

from groundwork.llm.calls.rate_limit import RateLimiter
from groundwork.llm.endpoint.endpoint_connection import Endpoint
from groundwork.llm.endpoint.http_response import Usage
from groundwork.llm.replies.structured_output import ReplyRequirements
from groundwork.llm.reply_journal import FROM_START, JournalPosition


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
