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
from weakref import WeakKeyDictionary

import msgspec

from groundwork.documents.auditing.page_audit import AuditReference
from groundwork.documents.conversion.page_renditions import PageRenditions
from groundwork.documents.engines.vision_replies import (
    VisionReply,
    VisionReplyJudge,
    best_vision_reply,
    is_good_enough_reply,
    reply_without_running_edges,
)
from groundwork.errors import StopRun, TransportFailed, UnitError
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.prompt_templates import assistant_turn, attach_images_to_prompt, render_turns
from groundwork.markdown.running_page_lines import running_keys, strip_running, unrepeated_keys

if TYPE_CHECKING:
    from groundwork.llm.calls.reply_corrections import Reply
    from groundwork.llm.client import Client
    from groundwork.settings.config_schema import Vision

VISION_TEMPERATURE_STEPS = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8)  # added to the call's own, after olmOCR's ladder
_ROTATE_VISION_REPLY = re.compile(r"^\W*ROTATE\W+(90|180|270)\W*$")

VisionPicture = Callable[[int, int], Awaitable[bytes]]  # (page number, degrees clockwise) -> JPEG
_VISION_SLOTS_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def vision_picture_slots(calls: int) -> asyncio.Semaphore:
    """One for all documents of a run: as many pages are drawn as calls can be in flight, and as many again wait."""
    return _VISION_SLOTS_BY_LOOP.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(2 * calls))


class VisionPageReader:
    """Asks one model for the pages of one document."""

    def __init__(
        self, client: Client, call: Vision, prompts: tuple[str, str], document: str, picture: VisionPicture
    ) -> None:
        """`prompts`: the one for a page, and the one that asks for it again, with {{reasons}}."""
        self._client, self._vision_call, self._vision_document, self._vision_picture = client, call, document, picture
        self._vision_turns, self._correction_prompt = render_turns(prompts[0]), prompts[1]

    async def read_pages(
        self,
        page_numbers: list[int],
        layer: list[str],
        threshold: float,
        picture_slots: asyncio.Semaphore,
        on_page: Callable[[], None] = lambda: None,
    ) -> PageRenditions:
        """The pages `page_numbers` at once, `picture_slots` bounding how many pictures wait. Raises StopRun."""
        header_keys = running_keys(layer)
        first_page_keys = unrepeated_keys(layer, header_keys)  # not asked for again where the model leaves them out
        vision_layer_numbers = range(1, len(layer) + 1)
        stripped_layer = strip_running(layer, header_keys, vision_layer_numbers)
        kept_layer = strip_running(layer, header_keys, vision_layer_numbers, first_page_keys)

        async def read_page(vision_page_number: int) -> VisionReply:
            page_layer, text, kept = (
                pages[vision_page_number - 1] if vision_page_number <= len(layer) else ""
                for pages in (layer, stripped_layer, kept_layer)
            )
            async with picture_slots:
                vision_page = await self.read(vision_page_number, text, len(layer), threshold)
            on_page()
            return vision_page._replace(markdown=reply_without_running_edges(vision_page.markdown, page_layer, kept))

        vision_pages = await gather_all(map(read_page, page_numbers))
        pages = strip_running([page.markdown for page in vision_pages], header_keys, page_numbers, first_page_keys)
        return PageRenditions(
            pages=pages,
            audits=[vision_page.audit for vision_page in vision_pages],
            makers=[f"gemini:{self._vision_call.model}"] * len(vision_pages),
            warnings=[],
            troubles=[vision_page.trouble for vision_page in vision_pages],
        )

    async def read(self, page_number: int, layer_text: str, pages: int, threshold: float) -> VisionReply:
        """One page, asked for again with the reason while the reply can not be used. Raises StopRun."""
        vision_judge = VisionReplyJudge(layer_text, pages)
        troubles: list[str] = []
        vision_draws: list[VisionReply] = []
        vision_turn = 0
        vision_correction: list[dict[str, str]] = []  # the last reply and what is wrong with it
        for draw in range(self._vision_call.tries):
            try:
                reply, vision_rotation = await self._ask_vision_model(page_number, vision_turn, draw, vision_correction)
            except StopRun:
                raise
            except TransportFailed as error:  # the call had its tries
                troubles.append(f"{error.status}: {error}")
                break
            except UnitError as error:
                troubles.append(f"{error.status}: {error}")
                continue
            if vision_rotation and not vision_turn:
                vision_turn = vision_rotation
                continue
            vision_draw = vision_judge.judge(reply, threshold)
            if not vision_draw.reasons:
                return vision_draw
            if vision_draws and is_good_enough_reply(vision_draw, vision_draws, layer_text):
                return best_vision_reply([*vision_draws, vision_draw])._replace(trouble="")
            vision_draws.append(vision_draw)
            troubles.append(vision_draw.trouble or f"numbers lost: {', '.join(vision_draw.audit.lost_numbers[:5])}")
            vision_correction = self._vision_correction(reply, vision_draw)
        if not vision_draws:
            return VisionReply(
                "", AuditReference(layer_text).audit(""), troubles[-1] if troubles else "no upright reply"
            )
        return best_vision_reply(vision_draws)

    def _vision_correction(self, reply: str, vision_page: VisionReply) -> list[dict[str, str]]:
        """The turns that ask for the page again. A reply that repeats itself without end is not shown to the model."""
        assistant_turns = [assistant_turn(reply)] if vision_page.markdown else []
        return [*assistant_turns, *render_turns(self._correction_prompt, reasons=vision_page.reasons)]

    async def _ask_vision_model(
        self, vision_page_number: int, vision_turn: int, draw: int, vision_correction: list[dict[str, str]]
    ) -> tuple[str, int]:
        """(reply, degrees by which the model wants the page turned)."""
        temperature_step = VISION_TEMPERATURE_STEPS[min(draw, len(VISION_TEMPERATURE_STEPS) - 1)]
        temperature = self._vision_call.temperature  # null: the model takes none, and each draw differs without it
        vision_call = msgspec.structs.replace(
            self._vision_call, temperature=None if temperature is None else min(2.0, temperature + temperature_step)
        )
        vision_messages = [
            *attach_images_to_prompt(self._vision_turns, [await self._vision_picture(vision_page_number, vision_turn)]),
            *vision_correction,
        ]
        vision_unit = f"{self._vision_document} page {vision_page_number}"
        vision_reply: Reply[str] = await self._client.ask(
            vision_call, vision_messages, stage="ingest", unit=vision_unit, sample=draw
        )
        vision_text = vision_reply.value.strip()
        if match := _ROTATE_VISION_REPLY.match(vision_text):
            return "", int(match[1])
        return vision_text, 0
