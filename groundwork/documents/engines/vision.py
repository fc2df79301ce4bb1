"""gemini: each page as a picture to a vision model, all pages of all documents through the one rate limiter.

Every reply is stored in the journal before it is read, so a run that is killed repeats no finished page. A reply
that is cut off, empty or refused is drawn again at a higher temperature; one that is not the whole page is asked for
again with what is missing. What stays unusable is left to the next converter, and in the end to the page's text layer.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from groundwork.documents.auditing.page_audit import AuditReference, digits, page_words
from groundwork.documents.conversion.page_renditions import AuditedPages
from groundwork.documents.repair.broken_lines import mend_broken_lines
from groundwork.documents.repair.outline_and_contents import plain_contents
from groundwork.errors import StopRun, TransportFailed, UnitError
from groundwork.language.unreadable_text import is_misread, is_unreadable
from groundwork.llm.calls.task_group import gather_all
from groundwork.llm.prompts import assistant_turn, attach_images, render_turns
from groundwork.markdown.running_page_lines import page_labels, running_keys, strip_running, unrepeated_keys
from groundwork.records import PageAudit

if TYPE_CHECKING:
    from groundwork.llm.client import Client, Reply
    from groundwork.settings.config_schema import Vision

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
        page_numbers: list[int],
        layer: list[str],
        threshold: float,
        picture_slots: asyncio.Semaphore,
        on_page: Callable[[], None] = lambda: None,
    ) -> AuditedPages:
        """The pages `page_numbers` at once, `picture_slots` bounding how many pictures wait. Raises StopRun."""
        keys = running_keys(layer)
        first_page_keys = unrepeated_keys(layer, keys)  # not asked for again where the model leaves them out
        all_numbers = range(1, len(layer) + 1)
        stripped_layer = strip_running(layer, keys, all_numbers)
        kept_layer = strip_running(layer, keys, all_numbers, first_page_keys)

        async def read_page(page_number: int) -> Completeness:
            page_layer, text, kept_text = (
                pages[page_number - 1] if page_number <= len(layer) else ""
                for pages in (layer, stripped_layer, kept_layer)
            )
            async with picture_slots:
                reply = await self.read(page_number, text, len(layer), threshold)
            on_page()
            return reply._replace(markdown=_without_running_edges(reply.markdown, page_layer, kept_text))

        replies = await gather_all(map(read_page, page_numbers))
        pages = strip_running([reply.markdown for reply in replies], keys, page_numbers, first_page_keys)
        return AuditedPages(
            pages=pages,
            audits=[reply.audit for reply in replies],
            makers=[f"gemini:{self._call.model}"] * len(replies),
            warnings=[],
            troubles=[reply.trouble for reply in replies],
        )

    async def read(self, page_number: int, layer_text: str, pages: int, threshold: float) -> Completeness:
        """One page, asked for again with the reason while the reply can not be used. Raises StopRun."""
        layer = PageLayer(layer_text, pages)
        troubles: list[str] = []
        verdicts: list[Completeness] = []
        rotation = 0
        correction: list[dict[str, str]] = []  # the last reply and what is wrong with it
        for draw in range(self._call.tries):
            try:
                reply, asked_rotation = await self._ask(page_number, rotation, draw, correction)
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
            if verdicts and _is_good_enough(verdict, verdicts, layer_text):
                return _best_kept([*verdicts, verdict])._replace(trouble="")
            verdicts.append(verdict)
            troubles.append(verdict.trouble or f"numbers lost: {', '.join(verdict.audit.lost_numbers[:5])}")
            correction = self._correction(reply, verdict)
        if not verdicts:
            return Completeness(
                "", AuditReference(layer_text).audit(""), troubles[-1] if troubles else "no upright reply"
            )
        return _best_kept(verdicts)

    def _correction(self, reply: str, verdict: Completeness) -> list[dict[str, str]]:
        """The turns that ask for the page again. A reply that repeats itself without end is not shown to the model."""
        assistant_turns = [assistant_turn(reply)] if verdict.markdown else []
        return [*assistant_turns, *render_turns(self._correction_prompt, reasons=verdict.reasons)]

    async def _ask(
        self, page_number: int, rotation: int, draw: int, correction: list[dict[str, str]]
    ) -> tuple[str, int]:
        """(reply, degrees by which the model wants the page turned)."""
        temperature_step = TEMPERATURE_STEPS[min(draw, len(TEMPERATURE_STEPS) - 1)]
        base = self._call.temperature  # null: the model takes none, and each draw differs without it
        call = msgspec.structs.replace(
            self._call, temperature=None if base is None else min(2.0, base + temperature_step)
        )
        messages = [*attach_images(self._turns, [await self._picture(page_number, rotation)]), *correction]
        unit = f"{self._document} page {page_number}"
        reply: Reply[str] = await self._client.ask(call, messages, stage="ingest", unit=unit, sample=draw)
        reply_text = reply.value.strip()
        if match := _ROTATE.match(reply_text):
            return "", int(match[1])
        return reply_text, 0


def _is_good_enough(verdict: Completeness, earlier: list[Completeness], layer: str) -> bool:
    """Nothing but numbers is missing for the second time, or two readings agree against a text layer that is wrong."""
    return not verdict.trouble or (
        is_same_reading(earlier[-1], verdict, layer) and not is_other_page(verdict.audit, layer)
    )


def _without_running_edges(markdown: str, layer: str, stripped_layer: str) -> str:
    """The reply without lines at its edges that the model took over from the running lines of the page, in other
    signs or order ("- 5 -" for "Page 5 of 9"); `stripped_layer` is the page's layer without these."""
    running_words = Counter(_bare_words(layer)) - Counter(_bare_words(stripped_layer))
    text_lines = [_bare_words(layer_line) for layer_line in stripped_layer.split("\n")]
    reply_lines = markdown.split("\n")
    filled_indices = [i for i, layer_line in enumerate(reply_lines) if layer_line.strip()]
    dropped: set[int] = set()
    for indices in (filled_indices[:_EDGE_LINES], filled_indices[: -_EDGE_LINES - 1 : -1]):
        for i in indices:
            words = _bare_words(reply_lines[i])
            is_running = bool(words) and Counter(words) <= running_words and words not in text_lines
            if not is_running or reply_lines[i].startswith(("#", "|", "`")):
                break
            dropped.add(i)
    return (
        "\n".join(layer_line for i, layer_line in enumerate(reply_lines) if i not in dropped).strip("\n")
        if dropped
        else markdown
    )


def _bare_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _best_kept(verdicts: list[Completeness]) -> Completeness:
    return max(verdicts, key=lambda verdict: verdict.audit.text_kept)


WORDS_TO_JUDGE = 20  # a text layer with fewer words says too little about the page
SHORT_DOCUMENT = 3  # pages of a document whose running headers cannot be told by their coming back
_EDGE_LINES = 2  # lines at the head and at the foot that may be running ones there
_MOST_RUNNING_WORDS = 12  # words of such a line
_LINES_QUOTED, _NUMBERS_NAMED = 6, 10  # lines and numbers that are named in a reason
_QUOTED_CHARACTERS = 80  # characters of a line that is quoted
_MISSING_SHARE = 0.5  # of a line's neighbouring words
_CHANCE_SHARE = 0.25  # of a lost line's neighbouring words, which stand elsewhere on the page
_RUNNING_TEXT_WORDS = 6  # words of a line of running text
_LONG_WORD_LETTERS = 5  # letters of a word that is found by chance nowhere
_SAME_SHARE = 0.95  # of the words of two draws: they say the same
_OTHER_PAGE_SHARE = 0.3  # of the text; two pages of one document share up to 0.26
_EXTRA_SHARE = 0.7  # of the words that the layer alone has: so many others stand in their place

_FENCED = re.compile(r"^```(?:markdown|md)?\s*\n(.*?)\n?```\s*$", re.DOTALL)
_REPEATED_TAIL = re.compile(r"(.{1,120}?)\1{7,}\s*$", re.DOTALL)
_SENTENCE_END = re.compile(r"[.!?:;]\W*$")
_LATEX_COMMAND = re.compile(r"\\[a-zA-Z]+|[{}^_$]")
_INLINE_FORMULA = re.compile(r"\$[^$]*\$")


class Completeness(NamedTuple):
    """A page's Markdown with its audit; `trouble` says in short why it cannot be used, `reasons` tell the model."""

    markdown: str
    audit: PageAudit
    trouble: str = ""
    reasons: str = ""
    words: tuple[str, ...] = ()


class PageLayer:
    """The text layer of a page, without what runs through the document. `pages`: how many the document has."""

    def __init__(self, layer_text: str, pages: int) -> None:
        self._text, self._is_short = layer_text, pages <= SHORT_DOCUMENT

    def judge(self, reply: str, threshold: float) -> Completeness:
        """The reply as the page's Markdown; below `threshold` of the text kept it is in trouble."""
        unfenced = _FENCED.sub(r"\1", reply.strip()).strip()
        markdown = "" if unfenced.strip("`*_ .") == "EMPTY" else plain_contents(mend_broken_lines(unfenced))
        if repeated := self._repeated(markdown):
            reason = f"It repeats {repeated!r} without end."
            return Completeness("", AuditReference(self._text).audit(""), f"it repeats itself: {repeated!r}", reason)
        layer = self._without_edges(markdown)
        reference = AuditReference(layer)
        audit = _audit_leniently(reference, reference.audit(markdown), markdown)
        is_whole = audit.text_kept >= threshold and not audit.lost_numbers and not _has_lost_stretch(layer, markdown)
        if len(reference.words) < WORDS_TO_JUDGE or is_whole:
            return Completeness(markdown, audit, words=tuple(page_words(markdown)))
        lost_note = f"; numbers lost: {', '.join(audit.lost_numbers[:5])}" if audit.lost_numbers else ""
        summary = f"text kept {audit.text_kept:.2f}, words kept {audit.words_kept:.2f}{lost_note}"
        trouble = summary if audit.text_kept < threshold else ""
        return Completeness(markdown, audit, trouble, _reasons(layer, markdown, audit), tuple(page_words(markdown)))

    def _repeated(self, markdown: str) -> str:
        """What the reply ends in again and again; not the blanks of a form, nor what the page itself repeats."""
        tail = _REPEATED_TAIL.search(markdown[-4000:])
        unit = page_words(tail[1]) if tail else []
        if not tail or not unit or f" {' '.join(unit * 8)} " in _padded_words(self._text):
            return ""
        return " ".join(tail[1].split())[:30]

    def _without_edges(self, markdown: str) -> str:
        """The layer without the lines at its edges that the reply leaves out as it was told: page labels, and in a
        short document up to two lines that are no sentence."""
        layer_lines = [layer_line for layer_line in self._text.split("\n") if any(map(str.isalnum, layer_line))]
        reply_words = _padded_words(markdown)
        dropped: set[int] = set()
        for edge_indices in (
            range(min(_EDGE_LINES, len(layer_lines))),
            range(len(layer_lines) - 1, max(-1, len(layer_lines) - 1 - _EDGE_LINES), -1),
        ):
            for i in edge_indices:
                if not (page_labels(layer_lines[i]) or self._is_running(layer_lines[i], reply_words, layer_lines)):
                    break
                dropped.add(i)
        return "\n".join(layer_line for i, layer_line in enumerate(layer_lines) if i not in dropped)

    def _is_running(self, line: str, reply_words: str, layer_lines: list[str]) -> bool:
        line_words = page_words(line)
        if not self._is_short or not line_words or len(line_words) > _MOST_RUNNING_WORDS or _SENTENCE_END.search(line):
            return False
        if 2 * sum(word.isdigit() for word in line_words) > len(line_words):
            return False  # a row of a table
        phrase = f" {' '.join(line_words)} "
        return reply_words.count(phrase) < sum(
            f" {' '.join(page_words(layer_line))} ".count(phrase) for layer_line in layer_lines
        )


def is_same_reading(first_draw: Completeness, second_draw: Completeness, layer: str) -> bool:
    """Whether two draws say the same, and the layer has other words in place of theirs: then the layer is wrong.

    So it is with hidden letters of a bad OCR, and with fonts whose codes are shifted. A reply that leaves words out
    has none in their place.
    """
    a, b = Counter(first_draw.words), Counter(second_draw.words)
    if not a or 2 * (a & b).total() < _SAME_SHARE * (a.total() + b.total()):
        return False
    layer_counts = Counter(page_words(layer))
    lost, extra = (layer_counts - b).total(), (b - layer_counts).total()
    return extra >= _EXTRA_SHARE * lost


def is_other_page(audit: PageAudit, layer: str) -> bool:
    """Whether hardly any text of a layer that can be read is in the reply: the model describes another page."""
    return audit.text_kept < _OTHER_PAGE_SHARE and not is_unreadable(layer) and not is_misread(layer)


def _audit_leniently(reference: AuditReference, audit: PageAudit, markdown: str) -> PageAudit:
    """The audit with words and numbers counted as kept that stand in the reply in other pieces, as formulas do."""
    if reference.shaped or (audit.words_kept == 1 and audit.numbers_kept == 1):
        return audit
    letters = _ReplyLetters(markdown)
    lost_words = reference.counts - Counter(page_words(markdown))
    words_in_pieces = sum(min(n, letters.count(word)) for word, n in lost_words.items())
    missing_numbers = Counter(digits(reference.text)) - Counter(digits(markdown)) - Counter(page_labels(reference.text))
    lost_numbers = {
        page_number: n
        for page_number, n in missing_numbers.items()
        if letters.count(re.sub(r"\D", "", page_number)) < n
    }
    words_kept = min(1.0, audit.words_kept + words_in_pieces / max(len(reference.words), 1))
    numbers_kept = 1 - sum(lost_numbers.values()) / max(len(reference.numbers), 1)
    other_factors = audit.text_kept / max(audit.words_kept * audit.numbers_kept, 1e-9) if audit.text_kept else 0.0
    return msgspec.structs.replace(
        audit,
        words_kept=round(words_kept, 4),
        numbers_kept=round(numbers_kept, 4),
        text_kept=round(min(1.0, words_kept * numbers_kept * other_factors), 4),
        lost_numbers=sorted(lost_numbers)[:20],
    )


class _ReplyLetters:
    """The letters and digits of a reply without what parts them: of its formulas, and of all of it for long words."""

    def __init__(self, markdown: str) -> None:
        bare = _LATEX_COMMAND.sub("", markdown)
        self._letters = "".join(page_words(bare))
        self._formulas = "".join(page_words(_LATEX_COMMAND.sub("", " ".join(_INLINE_FORMULA.findall(markdown)))))
        self._word_counts = Counter(page_words(markdown))

    def count(self, word: str) -> int:
        """How often a word stands in pieces; a short one is looked for in formulas alone, for any text holds it."""
        if len(word) < _LONG_WORD_LETTERS:
            return self._formulas.count(word)
        return max(0, self._letters.count(word) - self._word_counts[word])


def _reasons(layer: str, markdown: str, audit: PageAudit) -> str:
    """What is missing, for the model to look at: whole lines first, then numbers."""
    reply_pairs = set(pairwise(page_words(markdown)))
    missing_lines = [layer_line for layer_line in layer.split("\n") if _is_missing(page_words(layer_line), reply_pairs)]
    reasons = [
        f"- This line is missing or stands there otherwise: {' '.join(layer_line.split())[:_QUOTED_CHARACTERS]}"
        for layer_line in missing_lines
    ]
    del reasons[_LINES_QUOTED:]
    if audit.lost_numbers:
        reasons.append(f"- These numbers are missing: {', '.join(audit.lost_numbers[:_NUMBERS_NAMED])}")
    if audit.repeated > 1 - _SAME_SHARE:
        reasons.append("- Parts of it are written more than once.")
    return "\n".join(reasons) or "- Words of the page are missing."


def _has_lost_stretch(layer: str, markdown: str) -> bool:
    """Whether two lines of running text below each other are gone, such as a short paragraph of a long page."""
    reply_pairs = set(pairwise(page_words(markdown)))
    word_lines = [line_words for layer_line in layer.split("\n") if (line_words := page_words(layer_line))]
    is_lost = [
        len(layer_line) >= _RUNNING_TEXT_WORDS
        and sum(pair in reply_pairs for pair in pairwise(layer_line)) < _CHANCE_SHARE * len(layer_line)
        for layer_line in word_lines
    ]
    return any(map(all, pairwise(is_lost)))


def _is_missing(line_words: list[str], reply_pairs: set[tuple[str, str]]) -> bool:
    line_pairs = list(pairwise(line_words))
    return bool(line_pairs) and sum(pair not in reply_pairs for pair in line_pairs) >= _MISSING_SHARE * len(line_pairs)


def _padded_words(markdown: str) -> str:
    return f" {' '.join(page_words(markdown))} "
