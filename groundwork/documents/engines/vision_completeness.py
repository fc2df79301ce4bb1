"""Whether a vision model's Markdown of a page is complete, by its text layer, and what to ask for where it is not.

A page that was told to leave out running headers is not blamed for it: what runs along the edge of a short document
is settled from the reply itself. Formulas are compared by their letters, for LaTeX parts what the layer runs together.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

import msgspec

from groundwork.documents.auditing.page_audit import Reference, digits, words
from groundwork.documents.repair.page_joining import plain_contents, tidy
from groundwork.documents.repair.running_headers import page_labels
from groundwork.records.document_record import PageAudit

WORDS_TO_JUDGE = 20  # a text layer with fewer words says too little about the page
SHORT = 3  # pages of a document whose running headers cannot be told by their coming back
_EDGE = 2  # lines at the head and at the foot that may be running ones there
_LONGEST = 12  # words of such a line
_QUOTED, _NAMED = 6, 10  # lines and numbers that are named in a reason
_LINE = 80  # characters of a line that is quoted
_MISSING = 0.5  # of a line's neighbouring words
_BY_CHANCE = 0.25  # of a lost line's neighbouring words, which stand elsewhere on the page
_RUNNING = 6  # words of a line of running text
_LONG = 5  # letters of a word that is found by chance nowhere
_SAME = 0.95  # of the words of two draws: they say the same
_EXTRA = 0.7  # of the words that the layer alone has: so many others stand in their place

_FENCED = re.compile(r"^```(?:markdown|md)?\s*\n(.*?)\n?```\s*$", re.DOTALL)
_TAIL = re.compile(r"(.{1,120}?)\1{7,}\s*$", re.DOTALL)
_SENTENCE = re.compile(r"[.!?:;]\W*$")
_COMMAND = re.compile(r"\\[a-zA-Z]+|[{}^_$]")
_MATH = re.compile(r"\$[^$]*\$")


class Completeness(NamedTuple):
    """A page's Markdown with its audit; `trouble` says in short why it cannot be used, `reasons` tell the model."""

    markdown: str
    audit: PageAudit
    trouble: str = ""
    reasons: str = ""
    words: tuple[str, ...] = ()


class PageLayer:
    """The text layer of a page, without what runs through the document. `pages`: how many the document has."""

    def __init__(self, text: str, pages: int) -> None:
        self._text, self._is_short = text, pages <= SHORT

    def judge(self, reply: str, threshold: float) -> Completeness:
        """The reply as the page's Markdown; below `threshold` of the text kept it is in trouble."""
        text = _FENCED.sub(r"\1", reply.strip()).strip()
        markdown = "" if text.strip("`*_ .") == "EMPTY" else plain_contents(tidy(text))
        if repeated := self._repeated(markdown):
            told = f"It repeats {repeated!r} without end."
            return Completeness("", Reference(self._text).audit(""), f"it repeats itself: {repeated!r}", told)
        layer = self._without_edges(markdown)
        reference = Reference(layer)
        audit = _lenient(reference, reference.audit(markdown), markdown)
        whole = audit.text_kept >= threshold and not audit.lost_numbers and not _lost_stretch(layer, markdown)
        if len(reference.words) < WORDS_TO_JUDGE or whole:
            return Completeness(markdown, audit, words=tuple(words(markdown)))
        lost = f"; numbers lost: {', '.join(audit.lost_numbers[:5])}" if audit.lost_numbers else ""
        below = f"text kept {audit.text_kept:.2f}, words kept {audit.words_kept:.2f}{lost}"
        trouble = below if audit.text_kept < threshold else ""
        return Completeness(markdown, audit, trouble, _reasons(layer, markdown, audit), tuple(words(markdown)))

    def _repeated(self, markdown: str) -> str:
        """What the reply ends in again and again; not the blanks of a form, nor what the page itself repeats."""
        tail = _TAIL.search(markdown[-4000:])
        unit = words(tail[1]) if tail else []
        if not tail or not unit or f" {' '.join(unit * 8)} " in _spaced(self._text):
            return ""
        return " ".join(tail[1].split())[:30]

    def _without_edges(self, markdown: str) -> str:
        """The layer without the lines at its edges that the reply leaves out as it was told: page labels, and in a
        short document up to two lines that are no sentence."""
        lines = [line for line in self._text.split("\n") if any(map(str.isalnum, line))]
        told = _spaced(markdown)
        gone: set[int] = set()
        for inward in (range(min(_EDGE, len(lines))), range(len(lines) - 1, max(-1, len(lines) - 1 - _EDGE), -1)):
            for k in inward:
                if not (page_labels(lines[k]) or self._is_running(lines[k], told, lines)):
                    break
                gone.add(k)
        return "\n".join(line for k, line in enumerate(lines) if k not in gone)

    def _is_running(self, line: str, told: str, lines: list[str]) -> bool:
        found = words(line)
        if not self._is_short or not found or len(found) > _LONGEST or _SENTENCE.search(line):
            return False
        if 2 * sum(word.isdigit() for word in found) > len(found):
            return False  # a row of a table
        own = f" {' '.join(found)} "
        return told.count(own) < sum(f" {' '.join(words(other))} ".count(own) for other in lines)


def same_reading(first: Completeness, second: Completeness, layer: str) -> bool:
    """Whether two draws say the same, and the layer has other words in place of theirs: then the layer is wrong.

    So it is with hidden letters of a bad OCR, and with fonts whose codes are shifted. A reply that leaves words out
    has none in their place.
    """
    a, b = Counter(first.words), Counter(second.words)
    if not a or 2 * (a & b).total() < _SAME * (a.total() + b.total()):
        return False
    wanted = Counter(words(layer))
    lost, extra = (wanted - b).total(), (b - wanted).total()
    return extra >= _EXTRA * lost


def _lenient(reference: Reference, audit: PageAudit, markdown: str) -> PageAudit:
    """The audit with words and numbers counted as kept that stand in the reply in other pieces, as formulas do."""
    if reference.shaped or (audit.words_kept == 1 and audit.numbers_kept == 1):
        return audit
    pieces = _Pieces(markdown)
    lost = reference.counts - Counter(words(markdown))
    again = sum(min(n, pieces.count(word)) for word, n in lost.items())
    gone = Counter(digits(reference.text)) - Counter(digits(markdown)) - Counter(page_labels(reference.text))
    still = {number: n for number, n in gone.items() if pieces.count(re.sub(r"\D", "", number)) < n}
    words_kept = min(1.0, audit.words_kept + again / max(len(reference.words), 1))
    numbers_kept = 1 - sum(still.values()) / max(len(reference.numbers), 1)
    rest = audit.text_kept / max(audit.words_kept * audit.numbers_kept, 1e-9) if audit.text_kept else 0.0
    return msgspec.structs.replace(
        audit,
        words_kept=round(words_kept, 4),
        numbers_kept=round(numbers_kept, 4),
        text_kept=round(min(1.0, words_kept * numbers_kept * rest), 4),
        lost_numbers=sorted(still)[:20],
    )


class _Pieces:
    """The letters and digits of a reply without what parts them: of its formulas, and of all of it for long words."""

    def __init__(self, markdown: str) -> None:
        bare = _COMMAND.sub("", markdown)
        self._all = "".join(words(bare))
        self._formulas = "".join(words(_COMMAND.sub("", " ".join(_MATH.findall(markdown)))))
        self._whole = Counter(words(markdown))

    def count(self, word: str) -> int:
        """How often a word stands in pieces; a short one is looked for in formulas alone, for any text holds it."""
        if len(word) < _LONG:
            return self._formulas.count(word)
        return max(0, self._all.count(word) - self._whole[word])


def _reasons(layer: str, markdown: str, audit: PageAudit) -> str:
    """What is missing, for the model to look at: whole lines first, then numbers."""
    pairs = set(pairwise(words(markdown)))
    missing = [line for line in layer.split("\n") if _is_missing(words(line), pairs)]
    parts = [f"- This line is missing or stands there otherwise: {' '.join(line.split())[:_LINE]}" for line in missing]
    del parts[_QUOTED:]
    if audit.lost_numbers:
        parts.append(f"- These numbers are missing: {', '.join(audit.lost_numbers[:_NAMED])}")
    if audit.repeated > 1 - _SAME:
        parts.append("- Parts of it are written more than once.")
    return "\n".join(parts) or "- Words of the page are missing."


def _lost_stretch(layer: str, markdown: str) -> bool:
    """Whether two lines of running text below each other are gone, such as a short paragraph of a long page."""
    pairs = set(pairwise(words(markdown)))
    lines = [found for line in layer.split("\n") if (found := words(line))]
    gone = [
        len(line) >= _RUNNING and sum(pair in pairs for pair in pairwise(line)) < _BY_CHANCE * len(line)
        for line in lines
    ]
    return any(map(all, pairwise(gone)))


def _is_missing(line: list[str], pairs: set[tuple[str, str]]) -> bool:
    own = list(pairwise(line))
    return bool(own) and sum(pair not in pairs for pair in own) >= _MISSING * len(own)


def _spaced(markdown: str) -> str:
    return f" {' '.join(words(markdown))} "
