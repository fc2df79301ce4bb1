"""Batches whose replies stay unusable: halved until the culprit is alone, and smaller from then on for a model that
cannot do batches of that size.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace

from groundwork.counted_nouns import counted
from groundwork.errors import InvalidReply, UnitError

HOPELESS = 5  # questions that failed one by one, after which a model that tagged none is asked no more

Tagged = dict[str, list[str]]
RequestTags = Callable[[list[str]], Awaitable[Tagged]]


@dataclass(frozen=True)
class BatchLimit:
    """What is known of a model: the largest batch worth asking for, and how it did with single questions."""

    largest: int
    failed_alone: int = 0
    has_tagged: bool = False

    @property
    def is_hopeless(self) -> bool:
        return not self.has_tagged and self.failed_alone >= HOPELESS

    def joined(self, others: Iterable[BatchLimit]) -> BatchLimit:
        """With what was learnt side by side by others that began with this one."""
        learnt = list(others)
        return BatchLimit(
            min([self.largest, *(limit.largest for limit in learnt)]),
            self.failed_alone + sum(limit.failed_alone - self.failed_alone for limit in learnt),
            self.has_tagged or any(limit.has_tagged for limit in learnt),
        )


@dataclass
class HalvingTagger:
    """Tags a batch by `request`; `limit` learns on the way.

    One bad question spoils one half of its batch. Where both halves fail, it is their size that the model cannot do.
    """

    request: RequestTags
    limit: BatchLimit
    tagged: Tagged = field(default_factory=dict)
    errors: dict[str, UnitError] = field(default_factory=dict)
    last_problem: str = ""

    async def tag(self, batch: list[str]) -> bool:
        """Fill `tagged` and `errors`, each question in one of them; returns whether the batch went well as it is."""
        if self.limit.is_hopeless:
            problem = f"not asked: no reply to the first {counted(self.limit.failed_alone, 'question')} could be used"
            self.errors |= dict.fromkeys(batch, InvalidReply(f"{problem}: {self.last_problem}"))
            return False
        try:
            self.tagged |= await self.request(batch)
        except InvalidReply as error:
            self.last_problem = str(error)
            await self._tag_apart(batch, error)
            return False
        except UnitError as error:
            self.errors |= dict.fromkeys(batch, error)
            return True  # which has nothing to do with its size
        self.limit = replace(self.limit, has_tagged=True)
        return True

    async def _tag_apart(self, batch: list[str], error: InvalidReply) -> None:
        if len(batch) == 1:
            self.errors[batch[0]] = error
            self.limit = replace(self.limit, failed_alone=self.limit.failed_alone + 1)
            return
        middle = len(batch) // 2
        went_well = [await self._tag_within_limit(half) for half in (batch[:middle], batch[middle:])]
        if not any(went_well):
            self.limit = replace(self.limit, largest=max(1, min(self.limit.largest, middle // 2)))

    async def _tag_within_limit(self, batch: list[str]) -> bool:
        """As `tag`, in parts where the batch is larger than what the model can do by now."""
        size = self.limit.largest
        parts = [batch[start : start + size] for start in range(0, len(batch), size)]
        went_well = [await self.tag(part) for part in parts]
        return len(parts) == 1 and went_well[0]
