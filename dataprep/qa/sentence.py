"""The strategy for small local models: one statement, one call, one pair, the answer first.

The evidence is the statement by construction. Criteria without a fact are built anew from the answer. What the model
invents is caught by its words (they must stand in the statement or near it) and, if asked for, by a round trip: the
model answers its own question again from the statement, and both answers must agree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

import msgspec

from dataprep.llm.client import Client
from dataprep.llm.prompts import conversation
from dataprep.qa import facts
from dataprep.qa.criteria import with_facts
from dataprep.qa.drafts import Category, Draft, Fault
from dataprep.qa.iterate import Judged
from dataprep.qa.statements import Statement, statements
from dataprep.schema.errors import UnitError
from dataprep.schema.records import Chunk, Difficulty, Pair
from dataprep.schema.settings import QA

T = TypeVar("T")

KNOWN_WORDS = 0.6  # of an answer's content words that the statement or what stands near it must hold
AGREEING_WORDS = 0.5  # of the shorter answer's content words that both answers of a round trip share


class SentenceDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The model's reply, in the order in which it writes."""

    answer: str
    question: str
    evaluation_criteria: list[str]
    difficulty: Difficulty
    category: Category


@dataclass
class Sentences:
    """Asks about the statements of one chunk. `known` holds the document's title and what it is about."""

    client: Client
    settings: QA
    chunk: Chunk
    prompt: str
    round_trip: str
    document: str
    language: str = "en"
    calls: int = 0
    at_once: int = 1_000_000
    failures: list[UnitError] = field(default_factory=list)

    async def ask(self, iteration: int, pairs: Sequence[Pair], gaps: Sequence[Statement], count: int) -> list[Judged]:
        """One pair for each of the `count` gaps that matter most, spread over the chunk."""
        del pairs  # a statement that has its pair is no gap any more
        chosen = spread([gap for gap in gaps if importance(gap, self.chunk.text) > 0], self.chunk.text, count)
        asked = await asyncio.gather(*(self._one(gap, iteration) for gap in chosen), return_exceptions=True)
        failed = [error for error in asked if isinstance(error, UnitError)]
        if unexpected := [error for error in asked if isinstance(error, BaseException) and error not in failed]:
            raise unexpected[0]
        if failed and len(failed) == len(asked):
            raise failed[0]
        self.failures += failed
        return [one for one in asked if not isinstance(one, BaseException)]

    async def correct(self, faulty: Sequence[Judged]) -> list[Draft]:
        """A small model does not mend what it wrote; the next iteration asks about the statement anew."""
        return [draft for draft, _ in faulty]

    async def _one(self, statement: Statement, iteration: int) -> Judged:
        plain = statement.plain(self.chunk.text)
        near = self._before(statement)
        messages = conversation(
            self.prompt,
            document=self.document,
            section=" > ".join(self.chunk.headings) or "(none)",
            statement=plain,
            before=near or "(nothing)",
        )
        reply = await self._call(messages, SentenceDraft, f"{self.chunk.id} at {statement.start}", iteration)
        draft = Draft(
            evidence=[self.chunk.text[statement.start : statement.end]],
            question=reply.question,
            answer=reply.answer,
            evaluation_criteria=with_facts(reply.evaluation_criteria, reply.question, reply.answer),
            difficulty=reply.difficulty,
            category=reply.category,
        )
        around = " ".join([plain, near, self.document, *self.chunk.headings])
        faults = invented(draft, plain, around)
        if self.settings.round_trip and not faults:
            faults = await self._round_trip(draft, plain, iteration)
        return draft, faults

    async def _round_trip(self, draft: Draft, plain: str, iteration: int) -> list[Fault]:
        messages = conversation(self.round_trip, statement=plain, question=draft.question)
        again: str = await self._call(messages, None, f"{self.chunk.id} round trip", iteration)
        if agree(draft.answer, again):
            return []
        return [Fault("round trip", f"answered again from the statement: {again.strip()}")]

    def _before(self, statement: Statement) -> str:
        """The sentence before, where the statement has no lead of its own to be understood by."""
        if statement.lead or statement.kind == "row":
            return ""
        found = statements(self.chunk.text, self.language)
        place = found.index(statement)
        return found[place - 1].plain(self.chunk.text) if place and found[place - 1].kind == "sentence" else ""

    async def _call(self, messages: list[dict[str, Any]], schema: type[T] | None, unit: str, sample: int) -> T:
        self.calls += 1
        reply = await self.client.ask(
            self.settings, messages, stage="generate_qa", unit=unit, schema=schema, sample=sample
        )
        return reply.value


def invented(draft: Draft, plain: str, around: str) -> list[Fault]:
    """What the pair says that neither the statement nor its surroundings say."""
    known = facts.content_words(around)
    answer = facts.content_words(draft.answer)
    if answer and len(answer & known) < KNOWN_WORDS * len(answer):
        strange = ", ".join(sorted(answer - known))
        return [Fault("unsupported", f"the answer's words are not the text's: {strange}")]
    if not answer & facts.content_words(plain) and not facts.numbers(draft.answer, spelled=True):
        return [Fault("unsupported", "the answer says nothing of the statement")]
    return []


def agree(answer: str, again: str) -> bool:
    """Do two answers give the same numbers and share their words?"""
    one, other = facts.content_words(answer), facts.content_words(again)
    numbers = [{number.value for number in facts.numbers(text, spelled=True)} for text in (answer, again)]
    if numbers[0] and numbers[1] and not (numbers[0] <= numbers[1] or numbers[1] <= numbers[0]):
        return False
    if not one or not other:
        return bool(numbers[0] & numbers[1])
    return len(one & other) >= AGREEING_WORDS * min(len(one), len(other))


def importance(statement: Statement, text: str) -> int:
    """How much a statement has to ask about: numbers, table rows, duties and definitions count; 0 or less: nothing."""
    plain = statement.plain(text)
    words = facts.words(plain)
    if len(facts.content_words(text[statement.start : statement.end])) < 2:
        return 0
    score = 1 + 2 * bool(facts.numbers(text[statement.start : statement.end])) + 2 * (statement.kind == "row")
    score += bool({"must", "shall", "may", "cannot", "only", "never", "required", "should"} & set(words))
    score += bool(facts.quoted(plain)) + (8 <= len(words) <= 45)
    return score - (plain.rstrip().endswith(":") and 2)


def spread(gaps: Sequence[Statement], text: str, count: int) -> list[Statement]:
    """`count` of the statements, the most important of each of `count` even stretches, in their order."""
    if count >= len(gaps):
        return list(gaps)
    edges = [round(i * len(gaps) / count) for i in range(count + 1)]
    return [
        max(gaps[start:end], key=lambda gap: importance(gap, text)) for start, end in pairwise(edges) if start < end
    ]
