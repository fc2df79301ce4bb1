"""The checks of curate.py on one pair: each by rule first, then by a model that sees only what the check is about.

A check's column is {"score": 0..1, "passed": true or false, "why": "..."}; `checker` says who found it, rule or model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import msgspec

from groundwork.language import references as wording
from groundwork.language.numbers import numbers
from groundwork.language.scripts import is_question
from groundwork.llm.client import Client
from groundwork.llm.prompts import conversation, placeholders
from groundwork.markdown.grounding import faults
from groundwork.questions.repeats import normalised
from groundwork.records.types import Pair
from groundwork.settings.settings import Curate

T = TypeVar("T")
Column = dict[str, Any]

PASSES = 0.5  # where curate.thresholds names none
_TRIVIAL = re.compile(
    r"""(?ix)\b(?: copyright | all\ rights\ reserved | isbn | licen[cs]ed?\ under | page\ numbers? | table\ of\ contents
        | (?:which|what)\ (?:page|section|chapter|heading|table|figure)
        | how\ many\ (?:pages|sections|chapters)
        | (?:title|author|publisher|edition|version)\ of\ (?:the|this)\ (?:document|handbook|book|guide|manual|report)
        | name\ of\ (?:the|this)\ (?:document|handbook|book|guide|manual|report)
        | who\ (?:wrote|published)\ (?:the|this) )\b"""
)


class StandAlone(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    missing: str
    score: float


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    reason: str
    score: float


@cache
def marks(count: int) -> type[msgspec.Struct]:
    """The reply that marks `count` criteria, a field for each, so that none can be left out or made up."""
    return msgspec.defstruct(f"Marks{count}", [(f"criterion_{i}", bool) for i in range(1, count + 1)], frozen=True)


class Rewritten(msgspec.Struct, frozen=True, kw_only=True):
    question: str


@dataclass(frozen=True)
class Place:
    """Where a pair comes from: its chunk's text, and what names its document."""

    text: str
    document: str
    summary: str
    context: str


@dataclass
class Checker:
    """Runs the checks that `settings` names. `other_answer` is one that belongs to another question of the run."""

    client: Callable[[], Client]
    settings: Curate
    prompt: Callable[[str], str]

    async def stand_alone(self, pair: Pair) -> Column:
        """Can the question be understood by itself?"""
        if reference := wording.dangling(pair.question):
            return self._column("stand_alone", 0.0, f'points at something its reader cannot see: "{reference}"', "rule")
        if self.settings.rules_only:
            return self._column("stand_alone", 1.0, "", "rule")
        told = await self._ask("stand_alone", pair, StandAlone, scored, question=pair.question)
        return self._column("stand_alone", told.score, told.missing) | {"subject": told.subject}

    async def rewritten(self, pair: Pair, place: Place, missing: str) -> Pair:
        """The pair with its question reworded so that it names what it is about."""
        told = await self._ask(
            "rewrite",
            pair,
            Rewritten,
            lambda reply: None if is_question(reply.question) else "The question must end with a question mark.",
            context=place.context or "(not told)",
            document=place.document,
            summary=place.summary or "(none)",
            section=" > ".join(pair.headings) or "(none)",
            evidence=" / ".join(pair.evidence),
            answer=pair.answer,
            question=pair.question,
            missing=missing or "(not told)",
        )
        return msgspec.structs.replace(pair, question=told.question.strip(), original_question=pair.question)

    async def supported(self, pair: Pair, place: Place) -> Column:
        """Does the answer follow from the chunk alone?"""
        if found := faults(pair.question, pair.answer, pair.evidence, place.text):
            return self._column("supported", 0.0, "; ".join(found), "rule")
        if self.settings.rules_only:
            return self._column("supported", 1.0, "", "rule")
        told = await self._ask(
            "supported", pair, Judgement, scored, chunk=place.text, question=pair.question, answer=pair.answer
        )
        return self._column("supported", told.score, told.reason)

    async def criteria(self, pair: Pair, other_answer: str) -> Column:
        """Does the reference answer meet every criterion, and a wrong answer not?"""
        if not pair.evaluation_criteria:
            return self._column("criteria", 0.0, "there are none", "rule")
        if strange := foreign_numbers(pair):
            return self._column("criteria", 0.0, f"the reference answer does not hold: {', '.join(strange)}", "rule")
        if self.settings.rules_only:
            return self._column("criteria", 1.0, "", "rule")
        wrong = wrong_answer(pair, other_answer)
        right, false = [await self._marks(pair, answer) for answer in (pair.answer, wrong)]
        missed = [text for text, met in zip(pair.evaluation_criteria, right, strict=True) if not met]
        score = sum(right) / len(right)
        if missed:
            return self._column("criteria", score, f"the reference answer does not meet: {missed[0]}")
        if all(false):
            return self._column("criteria", 0.0, f"a wrong answer meets every criterion: {wrong}")
        return self._column("criteria", 1.0, "")

    async def trivial(self, pair: Pair) -> Column:
        """Is it worth learning, or about the furniture of the document?"""
        if match := _TRIVIAL.search(pair.question):
            return self._column("trivial", 0.0, f'asks about the document\'s furniture: "{match.group()}"', "rule")
        if self.settings.rules_only:
            return self._column("trivial", 1.0, "", "rule")
        told = await self._ask("trivial", pair, Judgement, scored, question=pair.question, answer=pair.answer)
        return self._column("trivial", told.score, told.reason)

    async def _marks(self, pair: Pair, answer: str) -> list[bool]:
        """For each criterion whether `answer` meets it."""
        told = await self._ask(
            "criteria",
            pair,
            marks(len(pair.evaluation_criteria)),
            None,
            question=pair.question,
            criteria=numbered(pair.evaluation_criteria),
            answer=answer,
        )
        return list(msgspec.structs.astuple(told))

    async def _ask(
        self, name: str, pair: Pair, schema: type[T], check: Callable[[T], str | None] | None, **variables: str
    ) -> T:
        messages = conversation(self.prompt(self.settings.prompts[name]), **variables)
        reply = await self.client().ask(
            self.settings, messages, stage="curate", unit=f"{pair.id} {name}", schema=schema, check=check
        )
        return reply.value

    def _column(self, check: str, score: float, why: str, checker: str = "model") -> Column:
        passed = score >= self.settings.thresholds.get(check, PASSES)
        return {"score": round(score, 3), "passed": passed, "why": why.strip(), "checker": checker}


def asked_about(
    pair: Pair, place: Place | None, settings: Curate, prompt: Callable[[str], str]
) -> list[tuple[list[Any], type, int]]:
    """For --dry-run: the conversations about a pair that no rule turns down, their schemas, tokens of the replies."""
    told: dict[str, tuple[type, int]] = {
        "stand_alone": (StandAlone, 30),
        "supported": (Judgement, 35),
        "criteria": (marks(len(pair.evaluation_criteria)), 6 * len(pair.evaluation_criteria)),
        "trivial": (Judgement, 35),
    }
    known = {
        "question": pair.question,
        "answer": pair.answer,
        "chunk": place.text if place else "",
        "criteria": numbered(pair.evaluation_criteria),
    }
    made: list[tuple[list[Any], type, int]] = []
    for check in [] if settings.rules_only else settings.checks:
        if check not in told:  # duplicates are found by embeddings
            continue
        template = prompt(settings.prompts[check])
        messages = conversation(template, **{name: known[name] for name in placeholders(template)})
        made += [(messages, *told[check])] * (2 if check == "criteria" else 1)  # the right answer, and a wrong one
    return made


def numbered(criteria: Sequence[str]) -> str:
    return "\n".join(f"criterion_{i}: {criterion}" for i, criterion in enumerate(criteria, 1))


def scored(told: Any) -> str | None:
    """The problem of a reply whose score is no share."""
    return None if 0 <= told.score <= 1 else "score must lie between 0 and 1."


def foreign_numbers(pair: Pair) -> list[str]:
    """The numbers of the criteria that neither answer nor question holds, so that no right answer can meet them."""
    known = {number.value for number in numbers(f"{pair.question} {pair.answer}", spelled=True)}
    told = [number.value for text in pair.evaluation_criteria for number in numbers(text)]
    return sorted({value for value in told if value not in known})


def wrong_answer(pair: Pair, other_answer: str) -> str:
    """The answer with every number changed; one without numbers gives way to the answer to another question."""
    changed, last = "", 0
    for number in numbers(pair.answer):
        digits = pair.answer[number.start : number.end]
        changed += pair.answer[last : number.start] + _another(digits)
        last = number.end
    return changed + pair.answer[last:] if changed else other_answer or "That is not told."


def _another(digits: str) -> str:
    """A number of the same form and another value: 75 becomes 86."""
    return "".join(str((int(c) + 1) % 10) if c.isdigit() else c for c in digits)


def other_answers(pairs: Sequence[Pair]) -> list[str]:
    """For each pair the answer of the next one that says something else; "" where there is none."""
    found = []
    for i, pair in enumerate(pairs):
        others = (pairs[(i + k) % len(pairs)].answer for k in range(1, min(len(pairs), 50)))
        found.append(next((answer for answer in others if normalised(answer) != normalised(pair.answer)), ""))
    return found
