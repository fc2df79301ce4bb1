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

from groundwork.documents.auditing.page_audit import AuditReference
from groundwork.documents.conversion.page_renditions import AuditedPages
from groundwork.errors import StopRun, TransportFailed, UnitError
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.prompts import assistant_turn, attach_images_to_prompt, render_turns
from groundwork.markdown.running_page_lines import running_keys, strip_running, unrepeated_keys

if TYPE_CHECKING:
    from groundwork.llm.client import Client, Reply
    from groundwork.settings.config_schema import Vision
from groundwork.documents.engines.vision_replies import (
    JudgedReply,
    PageReplyJudge,
    best_judged_reply,
    is_good_enough_reply,
    reply_without_running_edges,
)

TEMPERATURE_STEPS = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8)  # added to the call's own, after olmOCR's ladder
_ROTATE_REPLY = re.compile(r"^\W*ROTATE\W+(90|180|270)\W*$")

Picture = Callable[[int, int], Awaitable[bytes]]  # (page number, degrees clockwise) -> JPEG


class PageReader:
    """Asks one model for the pages of one document."""

    def __init__(self, client: Client, call: Vision, prompts: tuple[str, str], document: str, picture: Picture) -> None:
        """`prompts`: the one for a page, and the one that asks for it again, with {{reasons}}."""
        self._client, self._vision_call, self._document, self._picture = client, call, document, picture
        self._prompt_turns, self._correction_prompt = render_turns(prompts[0]), prompts[1]

    async def read_pages(
        self,
        page_numbers: list[int],
        layer: list[str],
        threshold: float,
        picture_slots: asyncio.Semaphore,
        on_page: Callable[[], None] = lambda: None,
    ) -> AuditedPages:
        """The pages `page_numbers` at once, `picture_slots` bounding how many pictures wait. Raises StopRun."""
        header_keys = running_keys(layer)
        first_page_keys = unrepeated_keys(layer, header_keys)  # not asked for again where the model leaves them out
        all_numbers = range(1, len(layer) + 1)
        stripped_layer = strip_running(layer, header_keys, all_numbers)
        kept_layer = strip_running(layer, header_keys, all_numbers, first_page_keys)

        async def read_page(page_number: int) -> JudgedReply:
            page_layer, text, kept_text = (
                pages[page_number - 1] if page_number <= len(layer) else ""
                for pages in (layer, stripped_layer, kept_layer)
            )
            async with picture_slots:
                judged_reply = await self.read(page_number, text, len(layer), threshold)
            on_page()
            return judged_reply._replace(
                markdown=reply_without_running_edges(judged_reply.markdown, page_layer, kept_text)
            )

        judged_replies = await gather_all(map(read_page, page_numbers))
        pages = strip_running(
            [judged_reply.markdown for judged_reply in judged_replies], header_keys, page_numbers, first_page_keys
        )
        return AuditedPages(
            pages=pages,
            audits=[judged_reply.audit for judged_reply in judged_replies],
            makers=[f"gemini:{self._vision_call.model}"] * len(judged_replies),
            warnings=[],
            troubles=[judged_reply.trouble for judged_reply in judged_replies],
        )

    async def read(self, page_number: int, layer_text: str, pages: int, threshold: float) -> JudgedReply:
        """One page, asked for again with the reason while the reply can not be used. Raises StopRun."""
        reply_judge = PageReplyJudge(layer_text, pages)
        draw_troubles: list[str] = []
        judged_draws: list[JudgedReply] = []
        picture_rotation = 0
        correction: list[dict[str, str]] = []  # the last reply and what is wrong with it
        for draw in range(self._vision_call.tries):
            try:
                reply, asked_rotation = await self._ask_vision_model(page_number, picture_rotation, draw, correction)
            except StopRun:
                raise
            except TransportFailed as error:  # the call had its tries
                draw_troubles.append(f"{error.status}: {error}")
                break
            except UnitError as error:
                draw_troubles.append(f"{error.status}: {error}")
                continue
            if asked_rotation and not picture_rotation:
                picture_rotation = asked_rotation
                continue
            judged_draw = reply_judge.judge(reply, threshold)
            if not judged_draw.reasons:
                return judged_draw
            if judged_draws and is_good_enough_reply(judged_draw, judged_draws, layer_text):
                return best_judged_reply([*judged_draws, judged_draw])._replace(trouble="")
            judged_draws.append(judged_draw)
            draw_troubles.append(
                judged_draw.trouble or f"numbers lost: {', '.join(judged_draw.audit.lost_numbers[:5])}"
            )
            correction = self._correction_turns(reply, judged_draw)
        if not judged_draws:
            return JudgedReply(
                "", AuditReference(layer_text).audit(""), draw_troubles[-1] if draw_troubles else "no upright reply"
            )
        return best_judged_reply(judged_draws)

    def _correction_turns(self, reply: str, judged_reply: JudgedReply) -> list[dict[str, str]]:
        """The turns that ask for the page again. A reply that repeats itself without end is not shown to the model."""
        assistant_turns = [assistant_turn(reply)] if judged_reply.markdown else []
        return [*assistant_turns, *render_turns(self._correction_prompt, reasons=judged_reply.reasons)]

    async def _ask_vision_model(
        self, page_number: int, picture_rotation: int, draw: int, correction: list[dict[str, str]]
    ) -> tuple[str, int]:
        """(reply, degrees by which the model wants the page turned)."""
        temperature_step = TEMPERATURE_STEPS[min(draw, len(TEMPERATURE_STEPS) - 1)]
        base = self._vision_call.temperature  # null: the model takes none, and each draw differs without it
        vision_call = msgspec.structs.replace(
            self._vision_call, temperature=None if base is None else min(2.0, base + temperature_step)
        )
        vision_messages = [
            *attach_images_to_prompt(self._prompt_turns, [await self._picture(page_number, picture_rotation)]),
            *correction,
        ]
        vision_unit = f"{self._document} page {page_number}"
        reply: Reply[str] = await self._client.ask(
            vision_call, vision_messages, stage="ingest", unit=vision_unit, sample=draw
        )
        reply_text = reply.value.strip()
        if match := _ROTATE_REPLY.match(reply_text):
            return "", int(match[1])
        return reply_text, 0
