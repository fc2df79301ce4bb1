"""The strategy for small local models: one statement, one call, one pair, the answer first.

The evidence is the statement by construction; criteria, difficulty and category follow from question and answer by
rule. What the model invents is caught by its words, which must stand in the statement or near it, and, if asked for, by
a round trip: the model answers its own question again from the statement, and both answers must agree.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise, zip_longest
from typing import Any, NamedTuple, TypeVar

import msgspec

from dataprep.llm.client import Client
from dataprep.llm.prompts import conversation
from dataprep.qa import facts
from dataprep.qa.criteria import category_of, criteria_for, difficulty_of
from dataprep.qa.drafts import Draft, Fault
from dataprep.qa.iterate import Judged
from dataprep.qa.statements import Statement, cells, statements
from dataprep.schema.errors import UnitError
from dataprep.schema.records import Chunk, Pair
from dataprep.schema.settings import QA

T = TypeVar("T")

STRANGE_WORDS = 0.3  # of an answer's content words, or one, may stand neither in the statement nor near it
STRANGE_WORDS_OF_ROW = 0.15  # where a small model is quick to make up what the numbers mean
ABOUT = 1 / 3  # of a question's content words beyond the title's must stand in its statement
AGREEING_WORDS = 0.5  # of the shorter answer's content words that both answers of a round trip share
CELLS = 2  # of a row in one call, besides the first
LONGEST_LIST = 600  # characters of a list that is asked about as a whole
_REFERENCE = re.compile(
    r"\b\d{1,2}\.\d{1,2}(?:\.\d+)*\b(?!\s*(?:%|[a-z]+\b))|\b(?:Table|Figure|Section|Appendix|Rule) [A-Z]?\d"
)
_FURNITURE = re.compile(r"(?i)\bpage \d+\s*$|^\W*page \d+\b|\bcopyright\b|©|all rights reserved|\bISBN\b")
_KINDS_OF_DOCUMENT = facts.content_words("rules regulations handbook guide manual policy report standard")
_DUTIES = frozenset(["must", "shall", "may", "cannot", "only", "never", "required", "should", "forbidden"])


class Target(NamedTuple):
    """What one call is about: a statement, or a list under its lead, as its reader would say it.

    `subject` is the cell that names a row, which the question must hold, and `told` the cells for the answer.
    """

    statements: tuple[Statement, ...]
    plain: str
    subject: str = ""
    told: str = ""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The model's reply, in the order in which it writes."""

    answer: str
    question: str


@dataclass
class Sentences:
    """Asks about the statements of one chunk. `document` is its title, `caption` that of the chunk's table."""

    client: Client
    settings: QA
    chunk: Chunk
    prompt: str
    round_trip: str
    document: str
    caption: str = ""
    language: str = "en"
    calls: int = 0
    at_once: int = 1_000_000
    failures: list[UnitError] = field(default_factory=list)

    async def ask(self, iteration: int, pairs: Sequence[Pair], gaps: Sequence[Statement], count: int) -> list[Judged]:
        """One pair for each of the `count` targets that matter most, spread over the chunk."""
        del pairs  # a statement that has its pair is no gap any more
        text = self.chunk.text
        worth = [target for target in targets(gaps, text, iteration - 1) if importance(target, text) > 0]
        asked = await asyncio.gather(
            *(self._one(target, iteration) for target in spread(worth, text, count)), return_exceptions=True
        )
        failed = [error for error in asked if isinstance(error, UnitError)]
        if unexpected := [error for error in asked if isinstance(error, BaseException) and error not in failed]:
            raise unexpected[0]
        if failed and len(failed) == len(asked):
            raise failed[0]
        self.failures += failed
        return [one for one in asked if not isinstance(one, BaseException)]

    async def correct(self, faulty: Sequence[Judged]) -> list[Draft | None]:
        """A small model does not mend what it wrote; the next iteration asks about the statement anew."""
        return [None] * len(faulty)

    async def _one(self, target: Target, iteration: int) -> Judged:
        section = " > ".join([*self.chunk.headings, *([self.caption] if target.statements[0].kind == "row" else [])])
        near = self._before(target.statements[0])
        messages = conversation(
            self.prompt,
            document=self.document,
            section=section or "(none)",
            before=near or "(nothing)",
            statement=target.plain,
        )
        unit = f"{self.chunk.id} at {target.statements[0].start}"
        reply = await self._call(messages, Reply, unit, iteration)
        question = named(without_columns(reply.question, target), self.document)
        answer = without_columns(told(reply.answer.strip(), target), target)
        draft = Draft(
            evidence=[self.chunk.text[statement.start : statement.end] for statement in target.statements],
            question=question,
            answer=answer,
            evaluation_criteria=criteria_for(question, answer),
            difficulty=difficulty_of(answer),
            category=category_of(reply.question, answer),
        )
        faults = invented(draft, target, " ".join([target.plain, near, self.document, section]), self.document)
        if self.settings.round_trip and not faults:
            faults = await self._round_trip(draft, target.plain, unit, iteration)
        return draft, faults

    async def _round_trip(self, draft: Draft, plain: str, unit: str, iteration: int) -> list[Fault]:
        messages = conversation(self.round_trip, statement=plain, question=draft.question)
        again: str = await self._call(messages, None, f"{unit} round trip", iteration)
        if agree(draft.answer, again):
            return []
        return [Fault("round trip", f"answered again from the statement: {again.strip()}")]

    def _before(self, statement: Statement) -> str:
        """The sentence before, where the statement has no lead of its own to be understood by."""
        if statement.lead or statement.kind == "row":
            return ""
        found = statements(self.chunk.text, self.language)
        before = found[found.index(statement) - 1] if found[0] != statement else None
        return simple(before.plain(self.chunk.text)) if before and before.kind == "sentence" else ""

    async def _call(self, messages: list[dict[str, Any]], schema: type[T] | None, unit: str, sample: int) -> T:
        self.calls += 1
        reply = await self.client.ask(
            self.settings, messages, stage="generate_qa", unit=unit, schema=schema, sample=sample
        )
        return reply.value


def targets(gaps: Sequence[Statement], text: str, turn: int = 0) -> list[Target]:
    """What to ask about: short lists as a whole together with their lead, everything else one by one.

    Of a wide row one call is about some of the cells, other ones in every row and at every `turn`.
    """
    found: list[Target] = []
    for lead, group in groupby(gaps, key=lambda gap: gap.lead):
        members = tuple(group)
        whole = simple(" ".join([lead, *(" ".join(text[m.start : m.end].split()) for m in members)]))
        if lead and len(members) > 1 and len(whole) <= LONGEST_LIST:
            if found and not found[-1].statements[0].lead and found[-1].plain.endswith(":"):
                members = (*found.pop().statements, *members)
            found.append(Target(members, whole))
        else:
            for member in members:
                if member.kind == "row":
                    rows = sum(bool(target.subject) for target in found)
                    found.append(_row(member, text, turn + rows))
                else:
                    found.append(Target((member,), simple(member.plain(text))))
    return found


def _row(row: Statement, text: str, turn: int) -> Target:
    """The cells that name the row, up to the first with a word, and CELLS of the others."""
    by_column = list(zip_longest(row.header, cells(text[row.start : row.end]), fillvalue=""))
    filled = [(name, cell) for name, cell in by_column if re.search(r"\w", cell)]
    key = next((i for i, (_, cell) in enumerate(filled) if facts.words(cell)), 0)
    naming, others = filled[: key + 1], filled[key + 1 :]
    if len(others) > CELLS:
        first = turn * CELLS % len(others)
        others = (others + others)[first : first + CELLS]
    head = ", ".join(f"{cell} ({name})" if name else cell for name, cell in naming)
    rest = "; ".join(f"{name}: {cell}" if name else cell for name, cell in others)
    return Target((row,), simple(f"{head}: {rest}" if rest else head), naming[-1][1], rest)


def simple(text: str) -> str:
    """`text` with plain single quotes, so that a small model does not stumble over quotes inside its JSON."""
    return re.sub(r"[\"“”„«»]", "'", re.sub(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", "", text))


def named(question: str, document: str) -> str:
    """The question; where it shares no word with the title, so that nobody could tell what it is about, the title
    goes in front.
    """
    if facts.content_words(question) & (facts.content_words(document) - _KINDS_OF_DOCUMENT):
        return question
    title = document if re.match(r"(?i)the\b", document) else f"the {document}"
    return f"According to {title}, {question[:1].lower()}{question[1:]}"


def without_columns(text: str, target: Target) -> str:
    """`text` without the names of columns in brackets, which the model takes over from a row: "Pear (Tree)"."""
    for name in target.statements[0].header:
        text = text.replace(f" ({name})", "") if name else text
    return text.strip()


def told(answer: str, target: Target) -> str:
    """The answer; one that repeats a row as it stands gives way to the cells that were asked about."""
    return f"{target.told}." if target.told and ": " in answer and ";" in answer else answer


def invented(draft: Draft, target: Target, around: str, title: str) -> list[Fault]:
    """What the pair says that neither the statement nor its surroundings say, or leaves out of what it is about."""
    known, answer = facts.content_words(around), facts.content_words(draft.answer)
    strange = answer - known
    allowed = max(1, (STRANGE_WORDS_OF_ROW if target.subject else STRANGE_WORDS) * len(answer))
    if len(strange) > allowed:
        return [Fault("unsupported", f"the answer's words are not the text's: {', '.join(sorted(strange))}")]
    if not answer & facts.content_words(target.plain) and not facts.numbers(draft.answer, spelled=True):
        return [Fault("unsupported", "the answer says nothing of the statement")]
    asked = facts.content_words(draft.question)
    subject = facts.content_words(target.subject)
    if subject and not subject & asked:
        return [Fault("dangling", f"the question does not name its row: {target.subject}")]
    own = asked - facts.content_words(title)
    if len(own & facts.content_words(target.plain)) < max(1, ABOUT * len(own)):
        return [Fault("unsupported", "the question is not about the statement")]
    if target.told and not _shares(draft.answer, target.told):
        return [Fault("unsupported", f"the answer leaves out what is told of {target.subject}")]
    return []


def _shares(answer: str, told: str) -> bool:
    """Does the answer hold a number or a content word of `told`?"""
    values = [{number.value for number in facts.numbers(text, spelled=True)} for text in (answer, told)]
    return bool(values[0] & values[1] or facts.content_words(answer) & facts.content_words(told))


def agree(answer: str, again: str) -> bool:
    """Do two answers share their words, without different numbers?"""
    one, other = facts.content_words(answer), facts.content_words(again)
    numbers = [{number.value for number in facts.numbers(text, spelled=True)} for text in (answer, again)]
    if numbers[0] and numbers[1] and not (numbers[0] <= numbers[1] or numbers[1] <= numbers[0]):
        return False
    if not one or not other:
        return bool(numbers[0] & numbers[1])
    return len(one & other) >= AGREEING_WORDS * min(len(one), len(other))


def importance(target: Target, text: str) -> int:
    """How much there is to ask about: numbers, table rows, lists, duties and definitions count; 0 or less: nothing."""
    own = " ".join(text[statement.start : statement.end] for statement in target.statements)
    words = facts.words(target.plain)
    too_short = len(facts.content_words(own)) < (2 if target.subject else 3)
    if too_short or target.plain.rstrip(" '").endswith(":") or _FURNITURE.search(own):
        return 0
    score = 1 + 2 * bool(facts.numbers(own)) + 2 * (target.statements[0].kind == "row" or len(target.statements) > 1)
    score += bool(_DUTIES & set(words)) + bool(facts.quoted(own)) + (8 <= len(words) <= 45)
    alone = target.statements[0] if len(target.statements) == 1 and not target.subject else None
    scrap = alone and not alone.label and not re.search(r"[.!?:;][\"'”’)*_]*$", own)  # of a figure
    return max(1, score - 3 * bool(_REFERENCE.search(own)) - 3 * bool(scrap))


def spread(found: Sequence[Target], text: str, count: int) -> list[Target]:
    """`count` of the targets, the most important of each of `count` even stretches, in their order."""
    if count >= len(found):
        return list(found)
    edges = [round(i * len(found) / count) for i in range(count + 1)]
    return [
        max(found[start:end], key=lambda target: importance(target, text))
        for start, end in pairwise(edges)
        if start < end
    ]
