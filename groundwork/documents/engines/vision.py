"""gemini: each page as a picture to a vision model, all pages of all documents through the one rate limiter.

Every reply is stored in the journal before it is read, so a run that is killed repeats no finished page. A reply
that is cut off, empty or refused is drawn again at a higher temperature; one that is not the whole page is asked for
again with what is missing. What stays unusable is left to the next converter, and in the end to the page's text layer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec

from groundwork.documents.auditing.page_audit import Reference
from groundwork.documents.conversion.page_renditions import AuditedPages
from groundwork.documents.engines.vision_completeness import Completeness, PageLayer, is_same_reading
from groundwork.documents.repair.running_headers import running_keys, strip_running
from groundwork.errors import StopRun, TransportFailed, UnitError
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.prompts import assistant_turn, attach_images, render_turns

if TYPE_CHECKING:
    from groundwork.llm.client import Client, Reply
    from groundwork.settings.ingest_settings import Vision

TEMPERATURE_STEPS = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8)  # added to the call's own, after olmOCR's ladder
_ROTATE = re.compile(r"^\W*ROTATE\W+(90|180|270)\W*$")

Picture = Callable[[int, int], Awaitable[bytes]]  # (page number, degrees clockwise) -> JPEG


class PageReader:
    """Asks one model for the pages of one document."""

    def __init__(self, client: Client, call: Vision, prompts: tuple[str, str], document: str, picture: Picture) -> None:
        """`prompts`: the one for a page, and the one that asks for it again, with {{reasons}}."""
        self._client, self._call, self._document, self._picture = client, call, document, picture
        self._turns, self._correction_prompt = render_turns(prompts[0]), prompts[1]

    async def read_pages(
        self,
        numbers: list[int],
        layer: list[str],
        threshold: float,
        picture_slots: asyncio.Semaphore,
        on_page: Callable[[], None] = lambda: None,
    ) -> AuditedPages:
        """The pages `numbers` at once, `picture_slots` bounding how many pictures wait. Raises StopRun."""
        keys = running_keys(layer)

        async def read_one(number: int) -> Completeness:
            text = strip_running([layer[number - 1]], keys, [number])[0] if number <= len(layer) else ""
            async with picture_slots:
                reply = await self.read(number, text, len(layer), threshold)
            on_page()
            return reply

        replies = await gather_all(map(read_one, numbers))
        pages = strip_running([reply.markdown for reply in replies], keys, numbers)
        return AuditedPages(
            pages=pages,
            audits=[reply.audit for reply in replies],
            makers=[f"gemini:{self._call.model}"] * len(replies),
            warnings=[],
            troubles=[reply.trouble for reply in replies],
        )

    async def read(self, number: int, text: str, pages: int, threshold: float) -> Completeness:
        """One page, asked for again with the reason while the reply can not be used. Raises StopRun."""
        layer = PageLayer(text, pages)
        troubles: list[str] = []
        verdicts: list[Completeness] = []
        rotation = 0
        correction: list[dict[str, str]] = []  # the last reply and what is wrong with it
        for draw in range(self._call.tries):
            try:
                reply, asked_rotation = await self._ask(number, rotation, draw, correction)
            except StopRun:
                raise
            except TransportFailed as error:  # the call had its tries
                troubles.append(f"{error.status}: {error}")
                break
            except UnitError as error:
                troubles.append(f"{error.status}: {error}")
                continue
            if asked_rotation and not rotation:
                rotation = asked_rotation
                continue
            verdict = layer.judge(reply, threshold)
            if not verdict.reasons:
                return verdict
            if verdicts and _is_good_enough(verdict, verdicts, text):
                return _best_kept([*verdicts, verdict])._replace(trouble="")
            verdicts.append(verdict)
            troubles.append(verdict.trouble or f"numbers lost: {', '.join(verdict.audit.lost_numbers[:5])}")
            correction = self._correction(reply, verdict)
        if not verdicts:
            return Completeness("", Reference(text).audit(""), troubles[-1] if troubles else "no upright reply")
        return _best_kept(verdicts)

    def _correction(self, reply: str, verdict: Completeness) -> list[dict[str, str]]:
        """The turns that ask for the page again. A reply that repeats itself without end is not shown to the model."""
        assistant_turns = [assistant_turn(reply)] if verdict.markdown else []
        return [*assistant_turns, *render_turns(self._correction_prompt, reasons=verdict.reasons)]

    async def _ask(self, number: int, rotation: int, draw: int, correction: list[dict[str, str]]) -> tuple[str, int]:
        """(reply, degrees by which the model wants the page turned)."""
        step = TEMPERATURE_STEPS[min(draw, len(TEMPERATURE_STEPS) - 1)]
        base = self._call.temperature  # null: the model takes none, and each draw differs without it
        call = msgspec.structs.replace(self._call, temperature=None if base is None else min(2.0, base + step))
        messages = [*attach_images(self._turns, [await self._picture(number, rotation)]), *correction]
        unit = f"{self._document} page {number}"
        reply: Reply[str] = await self._client.ask(call, messages, stage="ingest", unit=unit, sample=draw)
        text = reply.value.strip()
        if match := _ROTATE.match(text):
            return "", int(match[1])
        return text, 0


def _is_good_enough(verdict: Completeness, earlier: list[Completeness], layer: str) -> bool:
    """Nothing but numbers is missing for the second time, or two readings agree against the text layer."""
    return not verdict.trouble or is_same_reading(earlier[-1], verdict, layer)


def _best_kept(verdicts: list[Completeness]) -> Completeness:
    return max(verdicts, key=lambda verdict: verdict.audit.text_kept)
