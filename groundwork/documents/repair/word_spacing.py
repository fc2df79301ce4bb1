"""Mend a rendition by the text layer: spaces lost between words, spaces put into words and numbers, items run together.

PDF engines guess spaces from distances and paragraphs from indents; the text layer often knows better. Only what it
contradicts is touched: words and numbers that it does not hold, and lines that it begins with an item's label.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from groundwork.documents.auditing.page_audit import Reference, digits, words
from groundwork.documents.repair.page_joining import is_open
from groundwork.language.labels import PAGE_ITEM
from groundwork.language.writing_systems import WORD_OR_CHARACTER

_SPLIT = re.compile(r"(?<![^\W_])([^\W_]+) ([^\W_]+)(?![^\W_])")
_LABEL = re.compile(rf"\s*({PAGE_ITEM})\s+(\S+)")
_REPEATED, _PARTED = 3, 5  # words of a line that is known again
_BOLD_END = re.compile(r"(?<=[^\s|*]) +(\*{2,3})([^\s*][^*\n]{1,58})\1$", re.MULTILINE)
_LINE_ENDS = re.compile(r"(?:[.:;!?”\")\]…]|\b(?:and|or|and/or))\W*$")


def respell(markdown: str, reference: Reference) -> str:
    """The Markdown with the words, numbers and item starts of the text layer."""
    if not reference.words:
        return markdown
    if unknown := {
        word for word in set(WORD_OR_CHARACTER.findall(markdown)) if word.casefold() not in reference.counts
    }:
        markdown = _respace(markdown, unknown, reference)
    markdown = _start_items(_join_digits(markdown, reference), reference.text)
    return _free_headings(markdown, reference.text)


def restore(markdown: str, reference: Reference) -> str:
    """The Markdown, and below it the lines of the text layer that it lacks, such as those that run off the page; not
    those that the layer holds twice, one above the other. A sentence that goes on overleaf stays the last."""
    found = words(markdown)
    missing = Counter[str]() if found == reference.words else reference.counts - Counter(found)
    if missing.total() < 2:
        return markdown
    lost = _lost_lines(reference.text, missing, f" {' '.join(found)} ")
    before, _, last = markdown.rpartition("\n\n")
    blocks = [before, *lost, last] if before and is_open(last) else [markdown, *lost]
    return "\n\n".join(blocks) if lost else markdown


def _lost_lines(layer: str, missing: Counter[str], text: str) -> list[str]:
    """The lines of a text layer that lack most of their words; those below each other are one paragraph."""
    lost: list[list[str]] = [[]]
    for line in layer.split("\n"):
        inner = words(line)
        wanted = Counter(inner)
        lacking = wanted.total() > 2 and (wanted & missing).total() > 0.6 * wanted.total()
        within = inner[1:-1] if len(inner) > _PARTED else inner  # the line's ends may part its outer words
        if lacking and not (len(inner) > _REPEATED and f" {' '.join(within)} " in text):
            lost[-1].append(line.strip())
            missing -= wanted
        elif inner and lost[-1]:
            lost.append([])
    return ["\n".join(lines) for lines in lost if lines]


def _free_headings(markdown: str, text: str) -> str:
    """A heading that an engine hung on to the paragraph before it, in bold, as the line of its own that it is."""
    lines = {" ".join(line.split()) for line in text.split("\n")}
    return _BOLD_END.sub(lambda m: f"\n\n#### {m[2]}\n" if " ".join(m[2].split()) in lines else m[0], markdown)


def _respace(markdown: str, unknown: set[str], reference: Reference) -> str:
    """Split what runs known words together; join what are parts of a known word."""
    boundaries = _Boundaries(reference)
    spaced = {word: boundaries.spaced(word) for word in unknown}
    if any(word != text for word, text in spaced.items()):
        markdown = WORD_OR_CHARACTER.sub(lambda match: spaced.get(match[0], match[0]), markdown)
    if any(word == text for word, text in spaced.items()):
        markdown = _SPLIT.sub(lambda match: _joined(match, reference), markdown)
    return markdown


class _Boundaries:
    """The text layer without its spaces, and where words begin and end in it."""

    def __init__(self, reference: Reference) -> None:
        text = unicodedata.normalize("NFKC", reference.text)
        self._words = WORD_OR_CHARACTER.findall(text)
        self._known = {word.casefold() for word in self._words} | set(reference.counts)
        self._squeezed = "".join(self._words)
        self._starts: dict[int, int] = {}
        position = 0
        for i, word in enumerate(self._words):
            self._starts[position] = i
            position += len(word)

    def spaced(self, word: str) -> str:
        """`word`, or the words of the text layer that it runs together."""
        plain = unicodedata.normalize("NFKC", word)
        if len(plain) < 4 or plain.casefold() in self._known:
            return word
        at = self._squeezed.find(plain)
        while at >= 0:
            first = self._starts.get(at)
            last = self._starts.get(at + len(plain), len(self._words) if at + len(plain) == len(self._squeezed) else -1)
            if first is not None and last is not None and last > first + 1:
                return " ".join(self._words[first:last])
            at = self._squeezed.find(plain, at + 1)
        return word


def _joined(match: re.Match[str], reference: Reference) -> str:
    """Two tokens as one where the text layer knows the whole, and not both of the parts."""
    left, right = match[1].casefold(), match[2].casefold()
    known = reference.counts
    return match[1] + match[2] if left + right in known and not (left in known and right in known) else match[0]


def _join_digits(markdown: str, reference: Reference) -> str:
    """Numbers of the text layer that the Markdown lacks, where it holds them with spaces between the digits."""
    for number in Counter(reference.numbers) - Counter(digits(markdown)):
        if len(number) > 1:
            spaced = " ?".join(map(re.escape, number))
            for found in set(re.findall(rf"(?<![\d.]){spaced}(?!\d)", markdown)):
                alone = re.compile(rf"(?<![\d.]){re.escape(found)}(?!\d)")
                if not alone.search(reference.text):
                    markdown = alone.sub(number, markdown)
    return markdown


def _start_items(markdown: str, text: str) -> str:
    """A new paragraph before each label that begins a line of the text layer and stands within one of the Markdown."""
    for label, word in _labels(text):
        start = rf"{re.escape(label)}(?:\*\*)? *{re.escape(word)}"
        if label not in markdown or re.search(rf"^[*#> ]*{start}", markdown, re.MULTILINE):
            continue
        within = re.compile(rf"(?<=[^\s|#>*-])((?:\*\*|</?u>|[↑\s])*?) +(?=(?:\*\*)?{start})")
        markdown = within.sub(lambda match: f"{match[1].rstrip()}\n\n", markdown, count=1)
    return markdown


def _labels(text: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in text.split("\n") if line.strip()]
    for above, line in pairwise(["", *lines]):
        if (match := _LABEL.match(line)) and (_LINE_ENDS.search(above) or len(above) < 60):
            yield match[1], match[2]
