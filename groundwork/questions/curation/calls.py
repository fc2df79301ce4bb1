"""Curation's calls: as few as the pairs' number and tokens allow, and one more for those that a reply left out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.errors import Filtered, InvalidReply, UnitError
from groundwork.llm.client import Client
from groundwork.llm.task_group import gather_all
from groundwork.llm.token_estimate import estimate_tokens
from groundwork.questions.curation.prompt_fields import Form, in_order, name_of, schema
from groundwork.questions.curation.rule_checks import CurationCase
from groundwork.settings.question_settings import Curate

Json = dict[str, Any]

_REMARK = re.compile(r"p?(\d{1,6})[:.]?\s+(.+)", re.DOTALL)  # "p3: which sport's field is meant"


@dataclass(frozen=True)
class CheckResults:
    """What a reply says of one pair: the form's value, and the remark."""

    value: Any
    remark: str


Verdicts = dict[int, CheckResults | UnitError]  # by the case's number


def batches(form: Form, cases: Sequence[CurationCase], settings: Curate) -> list[list[CurationCase]]:
    """The cases of each call: of one document, as many as fit, those of a chunk together where the form shows it."""
    documents: dict[str, dict[str, list[CurationCase]]] = {}
    for case in cases:
        documents.setdefault(case.pair.document, {}).setdefault(case.place.text, []).append(case)
    packed = []
    for chunks in documents.values():
        left = [case for members in chunks.values() for case in in_order(members)]
        while left:
            count = _room_for(form, left, settings)
            packed.append(left[:count] if form.shows_text else in_order(left[:count]))
            left = left[count:]
    return packed


def _room_for(form: Form, cases: list[CurationCase], settings: Curate) -> int:
    """How many of `cases`, from the first, go into a call: at least one, and no chunk cut that fits into the next."""
    sizes = range(1, min(len(cases), settings.batch) + 1)
    most = max(1, bisect_left(sizes, True, key=lambda size: not _fits(form, cases[:size], settings)))
    if not form.shows_text or most == len(cases) or cases[most - 1].place != cases[most].place:
        return most
    begun = next(i for i, case in enumerate(cases) if case.place == cases[most].place)
    whole = sum(case.place == cases[most].place for case in cases)
    return begun if begun and whole <= settings.batch else most


def _fits(form: Form, cases: Sequence[CurationCase], settings: Curate) -> bool:
    if form.reply_tokens(cases) > settings.max_tokens // 2:
        return False
    return estimate_tokens(form.messages(cases)) <= settings.max_input_tokens


@dataclass(frozen=True)
class CurationJudge:
    """Asks the model of `settings`."""

    client: Callable[[], Client]
    settings: Curate

    async def ask(
        self, form: Form, cases: Sequence[CurationCase], done: Callable[[int], None] = lambda _: None
    ) -> Verdicts:
        """A verdict, or an error, for every case; `done` hears of the pairs of each call as it ends."""

        async def about(batch: list[CurationCase]) -> Verdicts:
            verdicts = await self._about(form, batch)
            done(len(batch))
            return verdicts

        replies = await gather_all(about(batch) for batch in batches(form, cases, self.settings))
        return {number: verdict for verdicts in replies for number, verdict in verdicts.items()}

    async def _about(self, form: Form, cases: list[CurationCase]) -> Verdicts:
        """The verdicts of one call; where it stays unusable, of its halves, until the culprit is alone."""
        try:
            found = await self._reply(form, cases)
        except (InvalidReply, Filtered) as error:
            if len(cases) == 1:
                return {cases[0].number: error}
            middle = len(cases) // 2
            halves = await gather_all(self._about(form, half) for half in (cases[:middle], cases[middle:]))
            return halves[0] | halves[1]
        except UnitError as error:
            return {case.number: error for case in cases}
        missing = [case for case in cases if case.number not in found]
        return found | await self._once_more(form, missing) if missing else found

    async def _once_more(self, form: Form, missing: list[CurationCase]) -> Verdicts:
        """One further call for those that a reply left out."""
        lost: Verdicts = {
            case.number: InvalidReply(f"{case.pair.id} {form.name}: left out by the reply, twice") for case in missing
        }
        try:
            return lost | await self._reply(form, missing)
        except UnitError as error:
            return {case.number: error for case in missing}

    async def _reply(self, form: Form, cases: Sequence[CurationCase]) -> Verdicts:
        """The verdicts of the pairs that the reply marks as it should. Raises like Client.ask."""
        found: Verdicts = {}

        def check(reply: Json) -> str | None:
            found.update(_verdicts(form, cases, reply))
            return None if found else f"Give every pair, {name_of(1)} to {name_of(len(cases))}, {form.wanted}."

        await self.client().ask(
            self.settings,
            form.messages(cases),
            stage="curate",
            unit=f"{cases[0].pair.id} {form.name}" + (f" and {len(cases) - 1} more" if cases[1:] else ""),
            schema=Json,
            json_schema=schema(form, cases),
            check=check,
        )
        return found


def _verdicts(form: Form, cases: Sequence[CurationCase], reply: Json) -> Verdicts:
    remarks = _remarks(reply.get("remarks"))
    alone = reply if len(cases) == 1 else None  # an object in a single field may come, or be read, without the field
    values = {number: form.read(case, reply.get(name_of(number), alone)) for number, case in enumerate(cases, 1)}
    return {
        case.number: CheckResults(values[number], remarks.get(number, ""))
        for number, case in enumerate(cases, 1)
        if values[number] is not None
    }


def _remarks(listed: Any) -> dict[int, str]:
    """The remarks by the pair's number; a list that is none costs the remarks, not the marks."""
    found: dict[int, str] = {}
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, str) and (told := _REMARK.fullmatch(entry.strip())):
            number = int(told[1])
            found[number] = "; ".join(filter(None, [found.get(number, ""), told[2]]))
    return found
