"""What is made of a vision model's reply: the page's Markdown, how much of the text layer it keeps, and what to ask for
again."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

import msgspec

from groundwork.documents.auditing.page_audit import AuditReference, page_digits, page_words
from groundwork.documents.repair.broken_lines import mend_broken_lines
from groundwork.documents.repair.outline_and_contents import plain_contents
from groundwork.language.unreadable_text import is_misread, is_unreadable
from groundwork.markdown.running_page_lines import page_labels
from groundwork.records import PageAudit

LAYER_WORDS_TO_JUDGE = 20  # a text layer with fewer words says too little about the page
SHORT_DOCUMENT = 3  # pages of a document whose running headers cannot be told by their coming back
_VISION_EDGE_LINES = 2  # lines at the head and at the foot that may be running ones there
_MOST_EDGE_WORDS = 12  # words of such a line
_LINES_QUOTED_TO_MODEL, _NUMBERS_NAMED_TO_MODEL = 6, 10  # lines and numbers that are named in a reason
_LETTERS_QUOTED_TO_MODEL = 80  # characters of a line that is quoted
_MISSING_IN_VISION_SHARE = 0.5  # of a line's neighbouring words
_CHANCE_IN_VISION_SHARE = 0.25  # of a lost line's neighbouring words, which stand elsewhere on the page
_VISION_TEXT_WORDS = 6  # words of a line of running text
_LONG_VISION_WORD = 5  # letters of a word that is found by chance nowhere
_SAME_DRAW_SHARE = 0.95  # of the words of two draws: they say the same
_OTHER_PAGE_SHARE = 0.3  # of the text; two pages of one document share up to 0.26
_EXTRA_REPLY_SHARE = 0.7  # of the words that the layer alone has: so many others stand in their place
_FENCED_VISION_REPLY = re.compile(r"^```(?:markdown|md)?\s*\n(.*?)\n?```\s*$", re.DOTALL)
_REPEATED_VISION_TAIL = re.compile(r"(.{1,120}?)\1{7,}\s*$", re.DOTALL)
_VISION_SENTENCE_END = re.compile(r"[.!?:;]\W*$")
_VISION_LATEX = re.compile(r"\\[a-zA-Z]+|[{}^_$]")
_VISION_FORMULA = re.compile(r"\$[^$]*\$")


def is_good_enough_reply(vision_reply: VisionReply, earlier_replies: list[VisionReply], layer: str) -> bool:
    """Nothing but numbers is missing for the second time, or two readings agree against a text layer that is wrong."""
    return not vision_reply.trouble or (
        are_draws_alike(earlier_replies[-1], vision_reply, layer) and not is_other_page(vision_reply.audit, layer)
    )


def reply_without_running_edges(vision_text: str, layer: str, stripped_layer: str) -> str:
    """The reply without lines at its edges that the model took over from the running lines of the page, in other
    signs or order ("- 5 -" for "Page 5 of 9"); `stripped_layer` is the page's layer without these."""
    running_words = Counter(_plain_vision_words(layer)) - Counter(_plain_vision_words(stripped_layer))
    text_lines = [_plain_vision_words(vision_line) for vision_line in stripped_layer.split("\n")]
    vision_lines = vision_text.split("\n")
    filled_vision_lines = [i for i, vision_line in enumerate(vision_lines) if vision_line.strip()]
    dropped_vision_lines: set[int] = set()
    for vision_edges in (filled_vision_lines[:_VISION_EDGE_LINES], filled_vision_lines[: -_VISION_EDGE_LINES - 1 : -1]):
        for i in vision_edges:
            vision_words = _plain_vision_words(vision_lines[i])
            is_running_line = vision_words and Counter(vision_words) <= running_words and vision_words not in text_lines
            if not is_running_line or vision_lines[i].startswith(("#", "|", "`")):
                break
            dropped_vision_lines.add(i)
    return (
        "\n".join(line for i, line in enumerate(vision_lines) if i not in dropped_vision_lines).strip("\n")
        if dropped_vision_lines
        else vision_text
    )


def _plain_vision_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def best_vision_reply(vision_replies: list[VisionReply]) -> VisionReply:
    return max(vision_replies, key=lambda vision_reply: vision_reply.audit.text_kept)


class VisionReply(NamedTuple):
    """A page's Markdown with its audit; `trouble` says in short why it cannot be used, `reasons` tell the model."""

    markdown: str
    audit: PageAudit
    trouble: str = ""
    reasons: str = ""
    words: tuple[str, ...] = ()


class VisionReplyJudge:
    """The text layer of a page, without what runs through the document. `pages`: how many the document has."""

    def __init__(self, layer_text: str, pages: int) -> None:
        self._layer_text, self._is_short_document = layer_text, pages <= SHORT_DOCUMENT

    def judge(self, reply: str, threshold: float) -> VisionReply:
        """The reply as the page's Markdown; below `threshold` of the text kept it is in trouble."""
        unfenced_reply = _FENCED_VISION_REPLY.sub(r"\1", reply.strip()).strip()
        is_empty_page = unfenced_reply.strip("`*_ .") == "EMPTY"
        vision_text = "" if is_empty_page else plain_contents(mend_broken_lines(unfenced_reply))
        if repeated := self._repeated_in_reply(vision_text):
            reply_reason = f"It repeats {repeated!r} without end."
            empty_audit = AuditReference(self._layer_text).audit("")
            return VisionReply("", empty_audit, f"it repeats itself: {repeated!r}", reply_reason)
        kept_layer = self._layer_without_edges(vision_text)
        reference = AuditReference(kept_layer)
        vision_audit = _audit_reply_leniently(reference, reference.audit(vision_text), vision_text)
        vision_words = tuple(page_words(vision_text))
        keeps_enough = vision_audit.text_kept >= threshold
        is_whole = keeps_enough and not vision_audit.lost_numbers and not _reply_lost_stretch(kept_layer, vision_text)
        if len(reference.words) < LAYER_WORDS_TO_JUDGE or is_whole:
            return VisionReply(vision_text, vision_audit, words=vision_words)
        lost = f"; numbers lost: {', '.join(vision_audit.lost_numbers[:5])}" if vision_audit.lost_numbers else ""
        trouble = f"text kept {vision_audit.text_kept:.2f}, words kept {vision_audit.words_kept:.2f}{lost}"
        vision_reasons = _reasons_for_the_model(kept_layer, vision_text, vision_audit)
        return VisionReply(vision_text, vision_audit, "" if keeps_enough else trouble, vision_reasons, vision_words)

    def _repeated_in_reply(self, vision_text: str) -> str:
        """What the reply ends in again and again; not the blanks of a form, nor what the page itself repeats."""
        repeated_reply_tail = _REPEATED_VISION_TAIL.search(vision_text[-4000:])
        repeated_reply_words = page_words(repeated_reply_tail[1]) if repeated_reply_tail else []
        if (
            not repeated_reply_tail
            or not repeated_reply_words
            or f" {' '.join(repeated_reply_words * 8)} " in _padded_vision_words(self._layer_text)
        ):
            return ""
        return " ".join(repeated_reply_tail[1].split())[:30]

    def _layer_without_edges(self, vision_text: str) -> str:
        """The layer without the lines at its edges that the reply leaves out as it was told: page labels, and in a
        short document up to two lines that are no sentence."""
        layer_lines = [layer_line for layer_line in self._layer_text.split("\n") if any(map(str.isalnum, layer_line))]
        vision_words = _padded_vision_words(vision_text)
        dropped_layer_lines: set[int] = set()
        for layer_edges in (
            range(min(_VISION_EDGE_LINES, len(layer_lines))),
            range(len(layer_lines) - 1, max(-1, len(layer_lines) - 1 - _VISION_EDGE_LINES), -1),
        ):
            for i in layer_edges:
                if not (
                    page_labels(layer_lines[i]) or self._is_running_in_reply(layer_lines[i], vision_words, layer_lines)
                ):
                    break
                dropped_layer_lines.add(i)
        return "\n".join(layer_line for i, layer_line in enumerate(layer_lines) if i not in dropped_layer_lines)

    def _is_running_in_reply(self, line: str, vision_words: str, layer_lines: list[str]) -> bool:
        line_words = page_words(line)
        if (
            not self._is_short_document
            or not line_words
            or len(line_words) > _MOST_EDGE_WORDS
            or _VISION_SENTENCE_END.search(line)
        ):
            return False
        if 2 * sum(word.isdigit() for word in line_words) > len(line_words):
            return False  # a row of a table
        phrase = f" {' '.join(line_words)} "
        return vision_words.count(phrase) < sum(
            f" {' '.join(page_words(layer_line))} ".count(phrase) for layer_line in layer_lines
        )


def are_draws_alike(first_reply: VisionReply, second_reply: VisionReply, layer: str) -> bool:
    """Whether two draws say the same, and the layer has other words in place of theirs: then the layer is wrong.

    So it is with hidden letters of a bad OCR, and with fonts whose codes are shifted. A reply that leaves words out
    has none in their place.
    """
    first_vision_words, second_vision_words = Counter(first_reply.words), Counter(second_reply.words)
    if not first_vision_words or 2 * (first_vision_words & second_vision_words).total() < _SAME_DRAW_SHARE * (
        first_vision_words.total() + second_vision_words.total()
    ):
        return False
    layer_counts = Counter(page_words(layer))
    lost, extra = (layer_counts - second_vision_words).total(), (second_vision_words - layer_counts).total()
    return extra >= _EXTRA_REPLY_SHARE * lost


def is_other_page(vision_audit: PageAudit, layer: str) -> bool:
    """Whether hardly any text of a layer that can be read is in the reply: the model describes another page."""
    return vision_audit.text_kept < _OTHER_PAGE_SHARE and not is_unreadable(layer) and not is_misread(layer)


def _audit_reply_leniently(reference: AuditReference, vision_audit: PageAudit, vision_text: str) -> PageAudit:
    """The audit with words and numbers counted as kept that stand in the reply in other pieces, as formulas do."""
    if reference.shaped or (vision_audit.words_kept == 1 and vision_audit.numbers_kept == 1):
        return vision_audit
    vision_letters = _VisionReplyLetters(vision_text)
    lost_vision_words = reference.counts - Counter(page_words(vision_text))
    words_in_pieces = sum(min(n, vision_letters.count(word)) for word, n in lost_vision_words.items())
    layer_digits = Counter(page_digits(reference.text)) - Counter(page_labels(reference.text))
    missing_in_vision = layer_digits - Counter(page_digits(vision_text))
    lost_in_vision = {
        digits: n for digits, n in missing_in_vision.items() if vision_letters.count(re.sub(r"\D", "", digits)) < n
    }
    words_kept = min(1.0, vision_audit.words_kept + words_in_pieces / max(len(reference.words), 1))
    numbers_kept = 1 - sum(lost_in_vision.values()) / max(len(reference.numbers), 1)
    known_factors = max(vision_audit.words_kept * vision_audit.numbers_kept, 1e-9)
    other_factors = vision_audit.text_kept / known_factors
    return msgspec.structs.replace(
        vision_audit,
        words_kept=round(words_kept, 4),
        numbers_kept=round(numbers_kept, 4),
        text_kept=round(min(1.0, words_kept * numbers_kept * other_factors), 4),
        lost_numbers=sorted(lost_in_vision)[:20],
    )


class _VisionReplyLetters:
    """The letters and digits of a reply without what parts them: of its formulas, and of all of it for long words."""

    def __init__(self, vision_text: str) -> None:
        reply_without_latex = _VISION_LATEX.sub("", vision_text)
        self._reply_letters = "".join(page_words(reply_without_latex))
        self._formulas = "".join(page_words(_VISION_LATEX.sub("", " ".join(_VISION_FORMULA.findall(vision_text)))))
        self._reply_word_counts = Counter(page_words(vision_text))

    def count(self, word: str) -> int:
        """How often a word stands in pieces; a short one is looked for in formulas alone, for any text holds it."""
        if len(word) < _LONG_VISION_WORD:
            return self._formulas.count(word)
        return max(0, self._reply_letters.count(word) - self._reply_word_counts[word])


def _reasons_for_the_model(layer: str, vision_text: str, vision_audit: PageAudit) -> str:
    """What is missing, for the model to look at: whole lines first, then numbers."""
    vision_pairs = set(pairwise(page_words(vision_text)))
    lines_missing_in_reply = [
        layer_line for layer_line in layer.split("\n") if _is_missing_in_reply(page_words(layer_line), vision_pairs)
    ]
    vision_reasons = [
        f"- This line is missing or stands there otherwise: {' '.join(layer_line.split())[:_LETTERS_QUOTED_TO_MODEL]}"
        for layer_line in lines_missing_in_reply
    ]
    del vision_reasons[_LINES_QUOTED_TO_MODEL:]
    if vision_audit.lost_numbers:
        vision_reasons.append(
            f"- These numbers are missing: {', '.join(vision_audit.lost_numbers[:_NUMBERS_NAMED_TO_MODEL])}"
        )
    if vision_audit.repeated > 1 - _SAME_DRAW_SHARE:
        vision_reasons.append("- Parts of it are written more than once.")
    return "\n".join(vision_reasons) or "- Words of the page are missing."


def _reply_lost_stretch(layer: str, vision_text: str) -> bool:
    """Whether two lines of running text below each other are gone, such as a short paragraph of a long page."""
    vision_pairs = set(pairwise(page_words(vision_text)))
    layer_line_words = [line_words for layer_line in layer.split("\n") if (line_words := page_words(layer_line))]
    is_lost_in_reply = [
        len(layer_line) >= _VISION_TEXT_WORDS
        and sum(pair in vision_pairs for pair in pairwise(layer_line)) < _CHANCE_IN_VISION_SHARE * len(layer_line)
        for layer_line in layer_line_words
    ]
    return any(map(all, pairwise(is_lost_in_reply)))


def _is_missing_in_reply(layer_line_words: list[str], vision_pairs: set[tuple[str, str]]) -> bool:
    layer_line_pairs = list(pairwise(layer_line_words))
    return bool(layer_line_pairs) and sum(
        pair not in vision_pairs for pair in layer_line_pairs
    ) >= _MISSING_IN_VISION_SHARE * len(layer_line_pairs)


def _padded_vision_words(vision_text: str) -> str:
    return f" {' '.join(page_words(vision_text))} "
