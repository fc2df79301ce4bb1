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

from groundwork.documents.auditing.formula_letters import FormulaLetters
from groundwork.documents.auditing.page_audit import AuditReference, digits, page_words
from groundwork.documents.repair.page_joining import ends_mid_sentence
from groundwork.language.language_and_script import WORD_OR_CHARACTER, words_or_characters
from groundwork.language.list_and_rule_labels import PAGE_LABEL

_SPLIT_WORD = re.compile(r"(?<![^\W_])([^\W_]+) ([^\W_]+)(?![^\W_])")
_ITEM_LABEL = re.compile(rf"\s*({PAGE_LABEL})\s+(\S+)")
_REPEATED_WORDS, _PARTED_LINE_WORDS = 3, 5  # words of a line that is known again
_BOLD_LINE_END = re.compile(r"(?<=[^\s|*]) +(\*{2,3})([^\s*][^*\n]{1,58})\1$", re.MULTILINE)
_SENTENCE_OR_LIST_END = re.compile(r"(?:[.:;!?”\")\]…]|\b(?:and|or|and/or))\W*$")


def respell_words(markdown: str, reference: AuditReference) -> str:
    """The Markdown with the words, numbers and item starts of the text layer."""
    if not reference.words:
        return markdown
    if unknown := {word for word in set(words_or_characters(markdown)) if word.casefold() not in reference.counts}:
        markdown = _respace(markdown, unknown, reference)
    markdown = _start_items(_join_digits(markdown, reference), reference.text)
    return _separate_headings(markdown, reference.text)


def restore_lost_lines(markdown: str, reference: AuditReference) -> str:
    """The Markdown, and below it the lines of the text layer that it lacks, such as those that run off the page; not
    those that the layer holds twice, one above the other. A sentence that goes on overleaf stays the last."""
    markdown_words = page_words(markdown)
    missing = Counter[str]() if markdown_words == reference.words else reference.counts - Counter(markdown_words)
    missing -= FormulaLetters(markdown if missing else "").take(missing)
    if missing.total() < 2:
        return markdown
    lost_lines = _lost_lines(reference.text, missing, f" {' '.join(markdown_words)} ")
    head, _, last_block = markdown.rpartition("\n\n")
    blocks = [head, *lost_lines, last_block] if head and ends_mid_sentence(last_block) else [markdown, *lost_lines]
    return "\n\n".join(blocks) if lost_lines else markdown


def _lost_lines(layer: str, missing: Counter[str], markdown: str) -> list[str]:
    """The lines of a text layer that lack most of their words; those below each other are one paragraph."""
    lost_paragraphs: list[list[str]] = [[]]
    for layer_line in layer.split("\n"):
        line_words = page_words(layer_line)
        word_counts = Counter(line_words)
        is_lacking = word_counts.total() > 2 and (word_counts & missing).total() > 0.6 * word_counts.total()
        inner_words = line_words[1:-1] if len(line_words) > _PARTED_LINE_WORDS else line_words  # its ends may be parts
        if is_lacking and not (len(line_words) > _REPEATED_WORDS and f" {' '.join(inner_words)} " in markdown):
            lost_paragraphs[-1].append(layer_line.strip())
            missing -= word_counts
        elif line_words and lost_paragraphs[-1]:
            lost_paragraphs.append([])
    return ["\n".join(lines) for lines in lost_paragraphs if lines]


def _separate_headings(markdown: str, layer_text: str) -> str:
    """A heading that an engine hung on to the paragraph before it, in bold, as the line of its own that it is."""
    layer_lines = {" ".join(line.split()) for line in layer_text.split("\n")}
    return _BOLD_LINE_END.sub(
        lambda m: f"\n\n#### {m[2]}\n" if " ".join(m[2].split()) in layer_lines else m[0], markdown
    )


def _respace(markdown: str, unknown: set[str], reference: AuditReference) -> str:
    """Split what runs known words together; join what are parts of a known word."""
    boundaries = _Boundaries(reference)
    spaced = {word: boundaries.spaced(word) for word in unknown}
    if any(word != text for word, text in spaced.items()):
        markdown = WORD_OR_CHARACTER.sub(lambda match: spaced.get(match[0], match[0]), markdown)
    if any(word == text for word, text in spaced.items()):
        markdown = _SPLIT_WORD.sub(lambda match: _join_split_word(match, reference), markdown)
    return markdown


class _Boundaries:
    """The text layer without its spaces, and where words begin and end in it."""

    def __init__(self, reference: AuditReference) -> None:
        layer_text = unicodedata.normalize("NFKC", reference.text)
        self._words = words_or_characters(layer_text)
        self._known = {word.casefold() for word in self._words} | set(reference.counts)
        self._squeezed = "".join(self._words)
        self._starts: dict[int, int] = {}
        position = 0
        for i, word in enumerate(self._words):
            self._starts[position] = i
            position += len(word)

    def spaced(self, word: str) -> str:
        """`word`, or the words of the text layer that it runs together."""
        letters = unicodedata.normalize("NFKC", word)
        if len(letters) < 4 or letters.casefold() in self._known:
            return word
        offset = self._squeezed.find(letters)
        while offset >= 0:
            first_word = self._starts.get(offset)
            last_word = self._starts.get(
                offset + len(letters), len(self._words) if offset + len(letters) == len(self._squeezed) else -1
            )
            if first_word is not None and last_word is not None and last_word > first_word + 1:
                return " ".join(self._words[first_word:last_word])
            offset = self._squeezed.find(letters, offset + 1)
        return word


def _join_split_word(match: re.Match[str], reference: AuditReference) -> str:
    """Two tokens as one where the text layer knows the whole, and not both of the parts."""
    left, right = match[1].casefold(), match[2].casefold()
    word_counts = reference.counts
    return (
        match[1] + match[2]
        if left + right in word_counts and not (left in word_counts and right in word_counts)
        else match[0]
    )


def _join_digits(markdown: str, reference: AuditReference) -> str:
    """Numbers of the text layer that the Markdown lacks, where it holds them with spaces between the digits."""
    for number in Counter(reference.numbers) - Counter(digits(markdown)):
        if len(number) > 1:
            spaced_digits = " ?".join(map(re.escape, number))
            for occurrence in set(re.findall(rf"(?<![\d.]){spaced_digits}(?!\d)", markdown)):
                standalone = re.compile(rf"(?<![\d.]){re.escape(occurrence)}(?!\d)")
                if not standalone.search(reference.text):
                    markdown = standalone.sub(number, markdown)
    return markdown


def _start_items(markdown: str, layer_text: str) -> str:
    """A new paragraph before each label that begins a line of the text layer and stands within one of the Markdown."""
    for label, word in _item_starts(layer_text):
        start = rf"{re.escape(label)}(?:\*\*)? *{re.escape(word)}"
        if label not in markdown or re.search(rf"^[*#> ]*{start}", markdown, re.MULTILINE):
            continue
        label_within_line = re.compile(rf"(?<=[^\s|#>*-])((?:\*\*|</?u>|[↑\s])*?) +(?=(?:\*\*)?{start})")
        matches = label_within_line.finditer(markdown)
        if match := next((match for match in matches if not _is_in_row(markdown, match.start())), None):
            markdown = f"{markdown[: match.start()]}{match[1].rstrip()}\n\n{markdown[match.end() :]}"
    return markdown


def _is_in_row(markdown: str, position: int) -> bool:
    """Whether a place lies in a row of a table, which can be cut nowhere."""
    return markdown.startswith("|", markdown.rfind("\n", 0, position) + 1)


def _item_starts(layer_text: str) -> Iterator[tuple[str, str]]:
    layer_lines = [layer_line for layer_line in layer_text.split("\n") if layer_line.strip()]
    for above, layer_line in pairwise(["", *layer_lines]):
        if (match := _ITEM_LABEL.match(layer_line)) and (_SENTENCE_OR_LIST_END.search(above) or len(above) < 60):
            yield match[1], match[2]
