"""Curation's calls: as few as the pairs' number and tokens allow, and one more for those that a reply left out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.errors import Filtered, InvalidReply, UnitError
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.calls.token_estimate import estimate_tokens
from groundwork.llm.client import Client
from groundwork.questions.curation.judge_forms import Form, call_order, field_name, reply_schema
from groundwork.questions.curation.rule_checks import CurationCase
from groundwork.settings.curate_and_review_settings import Curate

Json = dict[str, Any]

_REMARK = re.compile(r"p?(\d{1,6})[:.]?\s+(.+)", re.DOTALL)  # "p3: which sport's field is meant"


@dataclass(frozen=True)
class CheckResults:
    """What a reply says of one pair: the form's value, and the remark."""

    value: Any
    remark: str


Verdicts = dict[int, CheckResults | UnitError]  # by the case's number


def pack_batches(form: Form, cases: Sequence[CurationCase], settings: Curate) -> list[list[CurationCase]]:
    """The cases of each call: of one document, as many as fit, those of a chunk together where the form shows it."""
    documents: dict[str, dict[str, list[CurationCase]]] = {}
    for case in cases:
        documents.setdefault(case.pair.document, {}).setdefault(case.origin.text, []).append(case)
    packed_batches = []
    for chunks in documents.values():
        remaining_cases = [case for chunk_cases in chunks.values() for case in call_order(chunk_cases)]
        while remaining_cases:
            count = _next_batch_size(form, remaining_cases, settings)
            packed_batches.append(remaining_cases[:count] if form.shows_text else call_order(remaining_cases[:count]))
            remaining_cases = remaining_cases[count:]
    return packed_batches


def _next_batch_size(form: Form, cases: list[CurationCase], settings: Curate) -> int:
    """How many of `cases`, from the first, go into a call: at least one, and no chunk cut that fits into the next."""
    sizes = range(1, min(len(cases), settings.batch) + 1)
    max_size = max(1, bisect_left(sizes, True, key=lambda size: not _fits(form, cases[:size], settings)))
    if not form.shows_text or max_size == len(cases) or cases[max_size - 1].origin != cases[max_size].origin:
        return max_size
    chunk_start = next(i for i, case in enumerate(cases) if case.origin == cases[max_size].origin)
    following = cases[chunk_start : chunk_start + settings.batch + 1]
    chunk_size = sum(case.origin == cases[max_size].origin for case in following)
    return chunk_start if chunk_start and chunk_size <= settings.batch else max_size


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
        self, form: Form, cases: Sequence[CurationCase], on_progress: Callable[[int], None] = lambda _: None
    ) -> Verdicts:
        """A verdict, or an error, for every case; `on_progress` hears of the pairs of each call as it ends."""

        async def judge_batch(batch: list[CurationCase]) -> Verdicts:
            verdicts = await self._judge_batch(form, batch)
            on_progress(len(batch))
            return verdicts

        replies = await gather_all(judge_batch(batch) for batch in pack_batches(form, cases, self.settings))
        return {number: verdict for verdicts in replies for number, verdict in verdicts.items()}

    async def _judge_batch(self, form: Form, cases: list[CurationCase]) -> Verdicts:
        """The verdicts of one call; where it stays unusable, of its halves, until the culprit is alone."""
        try:
            verdicts = await self._ask_model(form, cases)
        except (InvalidReply, Filtered) as error:
            if len(cases) == 1:
                return {cases[0].number: error}
            middle = len(cases) // 2
            halves = await gather_all(self._judge_batch(form, half) for half in (cases[:middle], cases[middle:]))
            return halves[0] | halves[1]
        except UnitError as error:
            return {case.number: error for case in cases}
        missing = [case for case in cases if case.number not in verdicts]
        return verdicts | await self._retry_missing(form, missing) if missing else verdicts

    async def _retry_missing(self, form: Form, missing: list[CurationCase]) -> Verdicts:
        """One further call for those that a reply left out."""
        lost_verdicts: Verdicts = {
            case.number: InvalidReply(f"{case.pair.id} {form.name}: left out by the reply, twice") for case in missing
        }
        try:
            return lost_verdicts | await self._ask_model(form, missing)
        except UnitError as error:
            return {case.number: error for case in missing}

    async def _ask_model(self, form: Form, cases: Sequence[CurationCase]) -> Verdicts:
        """The verdicts of the pairs that the reply marks as it should. Raises like Client.ask."""
        verdicts: Verdicts = {}

        def check(reply: Json) -> str | None:
            verdicts.update(_read_verdicts(form, cases, reply))
            return (
                None
                if verdicts
                else f"Give every pair, {field_name(1)} to {field_name(len(cases))}, {form.field_description}."
            )

        await self.client().ask(
            self.settings,
            form.messages(cases),
            stage="curate",
            unit=f"{cases[0].pair.id} {form.name}" + (f" and {len(cases) - 1} more" if cases[1:] else ""),
            schema=Json,
            json_schema=reply_schema(form, cases),
            check=check,
        )
        return verdicts


def _read_verdicts(form: Form, cases: Sequence[CurationCase], reply: Json) -> Verdicts:
    remarks = _read_remarks(reply.get("remarks"))
    # An object in a single field may come, or be read, without the field.
    bare_reply = reply if len(cases) == 1 else None
    field_values = {
        number: form.read(case, reply.get(field_name(number), bare_reply)) for number, case in enumerate(cases, 1)
    }
    return {
        case.number: CheckResults(field_values[number], remarks.get(number, ""))
        for number, case in enumerate(cases, 1)
        if field_values[number] is not None
    }


def _read_remarks(raw_remarks: Any) -> dict[int, str]:
    """The remarks by the pair's number; a list that is none costs the remarks, not the marks."""
    remarks: dict[int, str] = {}
    for remark in raw_remarks if isinstance(raw_remarks, list) else []:
        if isinstance(remark, str) and (match := _REMARK.fullmatch(remark.strip())):
            number = int(match[1])
            remarks[number] = "; ".join(filter(None, [remarks.get(number, ""), match[2]]))
    return remarks
