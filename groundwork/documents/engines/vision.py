"""gemini: each page as a picture to a vision model, all pages of all documents through the one gate.

Every reply is stored in the journal before it is read, so a run that is killed repeats no finished page. A reply
that is cut off, empty, refused, that repeats itself or fails the audit is drawn again at a higher temperature; what
stays unusable is left to the next converter, and in the end to the page's text layer.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from groundwork.documents.audit import Reference
from groundwork.documents.page_reading import Audited
from groundwork.documents.repair.page_joining import plain_contents, tidy
from groundwork.documents.repair.running_headers import running_keys, strip_running
from groundwork.errors import StopRun, TransportFailed, UnitError
from groundwork.llm.concurrency import together
from groundwork.llm.prompts import conversation
from groundwork.records.types import PageAudit

if TYPE_CHECKING:
    from groundwork.llm.client import Client, Reply
    from groundwork.settings.settings import Vision

TEMPERATURE_STEPS = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8)  # added to the call's own, after olmOCR's ladder
WORDS_TO_JUDGE = 20  # a text layer with fewer words says too little about the page
_ROTATE = re.compile(r"^\W*ROTATE\W+(90|180|270)\W*$")
_FENCED = re.compile(r"^```(?:markdown|md)?\s*\n(.*?)\n?```\s*$", re.DOTALL)
_TAIL = re.compile(r"(.{1,120}?)\1{7,}\s*$", re.DOTALL)

Picture = Callable[[int, int], Awaitable[bytes]]  # (page number, degrees clockwise) -> JPEG


class PageReply(NamedTuple):
    """A page's Markdown, and why it can not be used where it can not."""

    markdown: str
    audit: PageAudit
    trouble: str = ""


class PageReader:
    """Asks one model for the pages of one document."""

    def __init__(self, client: Client, call: Vision, prompt: str, document: str, picture: Picture) -> None:
        self._client, self._call, self._document, self._picture = client, call, document, picture
        self._turns = conversation(prompt)

    async def read_pages(
        self,
        numbers: list[int],
        layer: list[str],
        threshold: float,
        places: asyncio.Semaphore,
        on_page: Callable[[], None] = lambda: None,
    ) -> Audited:
        """The pages `numbers` at once, `places` bounding how many pictures wait. Raises StopRun."""
        keys = running_keys(layer)

        async def one(number: int) -> PageReply:
            text = strip_running([layer[number - 1]], keys, [number])[0] if number <= len(layer) else ""
            async with places:
                reply = await self.read(number, Reference(text), threshold)
            on_page()
            return reply

        done = await together(map(one, numbers))
        pages = strip_running([reply.markdown for reply in done], keys, numbers)
        return Audited(
            pages=pages,
            audits=[reply.audit for reply in done],
            makers=[f"gemini:{self._call.model}"] * len(done),
            warnings=[],
            troubles=[reply.trouble for reply in done],
        )

    async def read(self, number: int, reference: Reference, threshold: float) -> PageReply:
        """One page, drawn again while the reply can not be used. Raises StopRun."""
        troubles: list[str] = []
        best: PageReply | None = None
        turn = 0
        for draw in range(self._call.tries):
            try:
                markdown, turned = await self._ask(number, turn, draw)
            except StopRun:
                raise
            except TransportFailed as error:  # the call had its tries
                troubles.append(f"{error.status}: {error}")
                break
            except UnitError as error:
                troubles.append(f"{error.status}: {error}")
                continue
            if turned and not turn:
                turn = turned
                continue
            reply = _judge(markdown, reference, threshold)
            if not reply.trouble:
                return reply
            troubles.append(reply.trouble)
            if best is None or reply.audit.text_kept > best.audit.text_kept:
                best = reply
        trouble = troubles[-1] if troubles else "no upright reply"
        return PageReply("", reference.audit(""), trouble) if best is None else best._replace(trouble=trouble)

    async def _ask(self, number: int, turn: int, draw: int) -> tuple[str, int]:
        """(Markdown, degrees by which the model wants the page turned)."""
        step = TEMPERATURE_STEPS[min(draw, len(TEMPERATURE_STEPS) - 1)]
        own = self._call.temperature  # null: the model takes none, and each draw differs without it
        call = msgspec.structs.replace(self._call, temperature=None if own is None else min(2.0, own + step))
        messages = with_picture(self._turns, await self._picture(number, turn))
        unit = f"{self._document} page {number}"
        reply: Reply[str] = await self._client.ask(call, messages, stage="ingest", unit=unit, sample=draw)
        text = reply.value.strip()
        if match := _ROTATE.match(text):
            return "", int(match[1])
        return text, 0


def with_picture(turns: list[dict[str, Any]], jpeg: bytes) -> list[dict[str, Any]]:
    """The prompt's turns, the last with the picture behind its text."""
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    *before, last = turns
    parts = [{"type": "text", "text": last["content"]}, {"type": "image_url", "image_url": {"url": url}}]
    return [*before, {**last, "content": parts}]


def _judge(reply: str, reference: Reference, threshold: float) -> PageReply:
    text = _FENCED.sub(r"\1", reply).strip()
    markdown = "" if text.strip("`*_ .") == "EMPTY" else plain_contents(tidy(text))
    if tail := _TAIL.search(markdown[-4000:]):
        return PageReply("", reference.audit(""), f"it repeats itself: {' '.join(tail[1].split())[:30]!r}")
    audit = reference.audit(markdown)
    return PageReply(markdown, audit, _trouble(audit, reference, threshold))


def _trouble(audit: PageAudit, reference: Reference, threshold: float) -> str:
    if len(reference.words) >= WORDS_TO_JUDGE and audit.text_kept < threshold:
        lost = f"; numbers lost: {', '.join(audit.lost_numbers[:5])}" if audit.lost_numbers else ""
        return f"text kept {audit.text_kept:.2f}, words kept {audit.words_kept:.2f}{lost}"
    return ""
