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
from groundwork.language.list_labels import PAGE_LABEL
from groundwork.language.words import WORD_OR_CHARACTER, words_or_characters

_WORD_SPLIT_BY_SPACE = re.compile(r"(?<![^\W_])([^\W_]+) ([^\W_]+)(?![^\W_])")
_ITEM_LABEL = re.compile(rf"\s*({PAGE_LABEL})\s+(\S+)")
_REPEATED_LAYER_WORDS, _PARTED_LINE_WORDS = 3, 5  # words of a line that is known again
_BOLD_LINE_END = re.compile(r"(?<=[^\s|*]) +(\*{2,3})([^\s*][^*\n]{1,58})\1$", re.MULTILINE)
_SENTENCE_OR_LIST_END = re.compile(r"(?:[.:;!?”\")\]…]|\b(?:and|or|and/or))\W*$")


def respell_words(markdown: str, reference: AuditReference) -> str:
    """The Markdown with the words, numbers and item starts of the text layer."""
    if not reference.words:
        return markdown
    if words_not_in_layer := {
        word for word in set(words_or_characters(markdown)) if word.casefold() not in reference.counts
    }:
        markdown = _respace_by_layer(markdown, words_not_in_layer, reference)
    markdown = _start_items_of_layer(_join_digits_of_layer(markdown, reference), reference.text)
    return _separate_layer_headings(markdown, reference.text)


def restore_lost_lines(markdown: str, reference: AuditReference) -> str:
    """The Markdown, and below it the lines of the text layer that it lacks, such as those that run off the page; not
    those that the layer holds twice, one above the other. A sentence that goes on overleaf stays the last."""
    markdown_words = page_words(markdown)
    missing_layer_words = (
        Counter[str]() if markdown_words == reference.words else reference.counts - Counter(markdown_words)
    )
    missing_layer_words -= FormulaLetters(markdown if missing_layer_words else "").take(missing_layer_words)
    if missing_layer_words.total() < 2:
        return markdown
    lost_layer_lines = _lost_layer_lines(reference.text, missing_layer_words, f" {' '.join(markdown_words)} ")
    head, _, last_block = markdown.rpartition("\n\n")
    restored_blocks = (
        [head, *lost_layer_lines, last_block]
        if head and ends_mid_sentence(last_block)
        else [markdown, *lost_layer_lines]
    )
    return "\n\n".join(restored_blocks) if lost_layer_lines else markdown


def _lost_layer_lines(layer: str, missing_layer_words: Counter[str], markdown: str) -> list[str]:
    """The lines of a text layer that lack most of their words; those below each other are one paragraph."""
    lost_paragraphs: list[list[str]] = [[]]
    for layer_line in layer.split("\n"):
        line_words = page_words(layer_line)
        word_counts = Counter(line_words)
        lacks_words = (
            word_counts.total() > 2 and (word_counts & missing_layer_words).total() > 0.6 * word_counts.total()
        )
        inner_words = line_words[1:-1] if len(line_words) > _PARTED_LINE_WORDS else line_words  # its ends may be parts
        if lacks_words and not (len(line_words) > _REPEATED_LAYER_WORDS and f" {' '.join(inner_words)} " in markdown):
            lost_paragraphs[-1].append(layer_line.strip())
            missing_layer_words -= word_counts
        elif line_words and lost_paragraphs[-1]:
            lost_paragraphs.append([])
    return ["\n".join(lines) for lines in lost_paragraphs if lines]


def _separate_layer_headings(markdown: str, layer_text: str) -> str:
    """A heading that an engine hung on to the paragraph before it, in bold, as the line of its own that it is."""
    layer_lines = {" ".join(line.split()) for line in layer_text.split("\n")}
    return _BOLD_LINE_END.sub(
        lambda m: f"\n\n#### {m[2]}\n" if " ".join(m[2].split()) in layer_lines else m[0], markdown
    )


def _respace_by_layer(markdown: str, words_not_in_layer: set[str], reference: AuditReference) -> str:
    """Split what runs known words together; join what are parts of a known word."""
    layer_boundaries = _LayerWordBoundaries(reference)
    respaced_words = {word: layer_boundaries.words_of_layer(word) for word in words_not_in_layer}
    if any(word != text for word, text in respaced_words.items()):
        markdown = WORD_OR_CHARACTER.sub(lambda match: respaced_words.get(match[0], match[0]), markdown)
    if any(word == text for word, text in respaced_words.items()):
        markdown = _WORD_SPLIT_BY_SPACE.sub(lambda match: _join_split_word(match, reference), markdown)
    return markdown


class _LayerWordBoundaries:
    """The text layer without its spaces, and where words begin and end in it."""

    def __init__(self, reference: AuditReference) -> None:
        layer_text = unicodedata.normalize("NFKC", reference.text)
        self._layer_words = words_or_characters(layer_text)
        self._known_layer_words = {word.casefold() for word in self._layer_words} | set(reference.counts)
        self._layer_letters = "".join(self._layer_words)
        self._layer_word_starts: dict[int, int] = {}
        position = 0
        for i, word in enumerate(self._layer_words):
            self._layer_word_starts[position] = i
            position += len(word)

    def words_of_layer(self, word: str) -> str:
        """`word`, or the words of the text layer that it runs together."""
        glued_letters = unicodedata.normalize("NFKC", word)
        if len(glued_letters) < 4 or glued_letters.casefold() in self._known_layer_words:
            return word
        layer_offset = self._layer_letters.find(glued_letters)
        while layer_offset >= 0:
            first_word = self._layer_word_starts.get(layer_offset)
            last_word = self._layer_word_starts.get(
                layer_offset + len(glued_letters),
                len(self._layer_words) if layer_offset + len(glued_letters) == len(self._layer_letters) else -1,
            )
            if first_word is not None and last_word is not None and last_word > first_word + 1:
                return " ".join(self._layer_words[first_word:last_word])
            layer_offset = self._layer_letters.find(glued_letters, layer_offset + 1)
        return word


def _join_split_word(match: re.Match[str], reference: AuditReference) -> str:
    """Two tokens as one where the text layer knows the whole, and not both of the parts."""
    left_part, right_part = match[1].casefold(), match[2].casefold()
    layer_counts = reference.counts
    return (
        match[1] + match[2]
        if left_part + right_part in layer_counts and not (left_part in layer_counts and right_part in layer_counts)
        else match[0]
    )


def _join_digits_of_layer(markdown: str, reference: AuditReference) -> str:
    """Numbers of the text layer that the Markdown lacks, where it holds them with spaces between the digits."""
    for layer_number in Counter(reference.numbers) - Counter(digits(markdown)):
        if len(layer_number) > 1:
            spaced_digits = " ?".join(map(re.escape, layer_number))
            for number_with_spaces in set(re.findall(rf"(?<![\d.]){spaced_digits}(?!\d)", markdown)):
                standalone = re.compile(rf"(?<![\d.]){re.escape(number_with_spaces)}(?!\d)")
                if not standalone.search(reference.text):
                    markdown = standalone.sub(layer_number, markdown)
    return markdown


def _start_items_of_layer(markdown: str, layer_text: str) -> str:
    """A new paragraph before each label that begins a line of the text layer and stands within one of the Markdown."""
    for item_label, item_word in _item_starts_of_layer(layer_text):
        item_start = rf"{re.escape(item_label)}(?:\*\*)? *{re.escape(item_word)}"
        if item_label not in markdown or re.search(rf"^[*#> ]*{item_start}", markdown, re.MULTILINE):
            continue
        label_within_line = re.compile(rf"(?<=[^\s|#>*-])((?:\*\*|</?u>|[↑\s])*?) +(?=(?:\*\*)?{item_start})")
        matches = label_within_line.finditer(markdown)
        if match := next((match for match in matches if not _is_in_table_row(markdown, match.start())), None):
            markdown = f"{markdown[: match.start()]}{match[1].rstrip()}\n\n{markdown[match.end() :]}"
    return markdown


def _is_in_table_row(markdown: str, position: int) -> bool:
    """Whether a place lies in a row of a table, which can be cut nowhere."""
    return markdown.startswith("|", markdown.rfind("\n", 0, position) + 1)


def _item_starts_of_layer(layer_text: str) -> Iterator[tuple[str, str]]:
    layer_lines = [layer_line for layer_line in layer_text.split("\n") if layer_line.strip()]
    for line_above, layer_line in pairwise(["", *layer_lines]):
        if (match := _ITEM_LABEL.match(layer_line)) and (
            _SENTENCE_OR_LIST_END.search(line_above) or len(line_above) < 60
        ):
            yield match[1], match[2]
