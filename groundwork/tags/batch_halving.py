"""Batches of questions that are halved where a reply is unusable, until the culprit is alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from groundwork.errors import InvalidReply, UnitError
from groundwork.message_wording import counted

if TYPE_CHECKING:
    pass


HOPELESS_QUESTIONS = 5  # questions that failed one by one, after which a model that tagged none is asked no more
TagsByQuestion = dict[str, list[str]]
RequestTags = Callable[[list[str]], Awaitable[TagsByQuestion]]


@dataclass(frozen=True)
class BatchLimit:
    """What is known of a model: the largest batch worth asking for, and how it did with single questions."""

    largest: int
    failed_alone: int = 0
    has_tagged: bool = False

    @property
    def is_hopeless(self) -> bool:
        return not self.has_tagged and self.failed_alone >= HOPELESS_QUESTIONS

    def joined(self, others: Iterable[BatchLimit]) -> BatchLimit:
        """With what was learnt side by side by others that began with this one."""
        learnt_limits = list(others)
        return BatchLimit(
            min([self.largest, *(batch_limit.largest for batch_limit in learnt_limits)]),
            self.failed_alone + sum(batch_limit.failed_alone - self.failed_alone for batch_limit in learnt_limits),
            self.has_tagged or any(batch_limit.has_tagged for batch_limit in learnt_limits),
        )


@dataclass
class HalvingTagger:
    """Tags a batch by `request`; `limit` learns on the way.

    One bad question spoils one half of its batch. Where both halves fail, it is their size that the model cannot do.
    """

    request: RequestTags
    limit: BatchLimit
    tagged: TagsByQuestion = field(default_factory=dict)
    errors: dict[str, UnitError] = field(default_factory=dict)
    last_problem: str = ""

    async def tag(self, batch: list[str]) -> bool:
        """Fill `tagged` and `errors`, each question in one of them; returns whether the batch went well as it is."""
        if self.limit.is_hopeless:
            tag_problem = (
                f"not asked: no reply to the first {counted(self.limit.failed_alone, 'question')} could be used"
            )
            self.errors |= dict.fromkeys(batch, InvalidReply(f"{tag_problem}: {self.last_problem}"))
            return False
        try:
            self.tagged |= await self.request(batch)
        except InvalidReply as tagging_error:
            self.last_problem = str(tagging_error)
            await self._tag_halves(batch, tagging_error)
            return False
        except UnitError as tagging_error:
            self.errors |= dict.fromkeys(batch, tagging_error)
            return True  # which has nothing to do with its size
        self.limit = replace(self.limit, has_tagged=True)
        return True

    async def _tag_halves(self, question_batch: list[str], tagging_error: InvalidReply) -> None:
        if len(question_batch) == 1:
            self.errors[question_batch[0]] = tagging_error
            self.limit = replace(self.limit, failed_alone=self.limit.failed_alone + 1)
            return
        batch_middle = len(question_batch) // 2
        went_well = [
            await self._tag_within_limit(half)
            for half in (question_batch[:batch_middle], question_batch[batch_middle:])
        ]
        if not any(went_well):
            self.limit = replace(self.limit, largest=max(1, min(self.limit.largest, batch_middle // 2)))

    async def _tag_within_limit(self, question_batch: list[str]) -> bool:
        """As `tag`, in parts where the batch is larger than what the model can do by now."""
        size = self.limit.largest
        batch_parts = [question_batch[start : start + size] for start in range(0, len(question_batch), size)]
        went_well = [await self.tag(batch_part) for batch_part in batch_parts]
        return len(batch_parts) == 1 and went_well[0]
