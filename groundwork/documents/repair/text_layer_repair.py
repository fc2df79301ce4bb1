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
from groundwork.documents.auditing.page_audit import AuditReference, page_digits, page_words
from groundwork.documents.repair.page_joining import ends_mid_sentence
from groundwork.language.list_labels import PAGE_LABEL
from groundwork.language.words import WORD_OR_CHARACTER, words_or_characters

_LAYER_WORD_SPLIT = re.compile(r"(?<![^\W_])([^\W_]+) ([^\W_]+)(?![^\W_])")
_LAYER_ITEM_LABEL = re.compile(rf"\s*({PAGE_LABEL})\s+(\S+)")
_REPEATED_LAYER_WORDS, _PARTED_LINE_WORDS = 3, 5  # words of a line that is known again
_LAYER_HEADING_IN_BOLD = re.compile(r"(?<=[^\s|*]) +(\*{2,3})([^\s*][^*\n]{1,58})\1$", re.MULTILINE)
_LAYER_SENTENCE_OR_LIST_END = re.compile(r"(?:[.:;!?”\")\]…]|\b(?:and|or|and/or))\W*$")


def respell_words(repaired: str, reference: AuditReference) -> str:
    """The Markdown with the words, numbers and item starts of the text layer."""
    if not reference.words:
        return repaired
    if words_to_repair := {
        word for word in set(words_or_characters(repaired)) if word.casefold() not in reference.counts
    }:
        repaired = _respace_by_layer(repaired, words_to_repair, reference)
    repaired = _start_items_of_layer(_join_digits_of_layer(repaired, reference), reference.text)
    return _separate_layer_headings(repaired, reference.text)


def restore_lost_lines(repaired: str, reference: AuditReference) -> str:
    """The Markdown, and below it the lines of the text layer that it lacks, such as those that run off the page; not
    those that the layer holds twice, one above the other. A sentence that goes on overleaf stays the last."""
    repaired_words = page_words(repaired)
    missing_words = Counter[str]() if repaired_words == reference.words else reference.counts - Counter(repaired_words)
    missing_words -= FormulaLetters(repaired if missing_words else "").take(missing_words)
    if missing_words.total() < 2:
        return repaired
    lost_layer_lines = _lost_layer_lines(reference.text, missing_words, f" {' '.join(repaired_words)} ")
    repaired_head, _, last_repaired_block = repaired.rpartition("\n\n")
    restored_layer_blocks = (
        [repaired_head, *lost_layer_lines, last_repaired_block]
        if repaired_head and ends_mid_sentence(last_repaired_block)
        else [repaired, *lost_layer_lines]
    )
    return "\n\n".join(restored_layer_blocks) if lost_layer_lines else repaired


def _lost_layer_lines(layer: str, missing_layer_words: Counter[str], repaired: str) -> list[str]:
    """The lines of a text layer that lack most of their words; those below each other are one paragraph."""
    lost_layer_paragraphs: list[list[str]] = [[]]
    for layer_line in layer.split("\n"):
        layer_words = page_words(layer_line)
        layer_counts = Counter(layer_words)
        is_lost = layer_counts.total() > 2 and (layer_counts & missing_layer_words).total() > 0.6 * layer_counts.total()
        # Its ends may be parts.
        inner_words = layer_words[1:-1] if len(layer_words) > _PARTED_LINE_WORDS else layer_words
        if is_lost and not (len(layer_words) > _REPEATED_LAYER_WORDS and f" {' '.join(inner_words)} " in repaired):
            lost_layer_paragraphs[-1].append(layer_line.strip())
            missing_layer_words -= layer_counts
        elif layer_words and lost_layer_paragraphs[-1]:
            lost_layer_paragraphs.append([])
    return ["\n".join(lines) for lines in lost_layer_paragraphs if lines]


def _separate_layer_headings(repaired: str, layer_text: str) -> str:
    """A heading that an engine hung on to the paragraph before it, in bold, as the line of its own that it is."""
    layer_lines = {" ".join(line.split()) for line in layer_text.split("\n")}
    return _LAYER_HEADING_IN_BOLD.sub(
        lambda m: f"\n\n#### {m[2]}\n" if " ".join(m[2].split()) in layer_lines else m[0], repaired
    )


def _respace_by_layer(repaired: str, words_to_repair: set[str], reference: AuditReference) -> str:
    """Split what runs known words together; join what are parts of a known word."""
    layer_boundaries = _LayerWordBoundaries(reference)
    respaced_by_layer = {word: layer_boundaries.words_of_layer(word) for word in words_to_repair}
    if any(word != text for word, text in respaced_by_layer.items()):
        repaired = WORD_OR_CHARACTER.sub(lambda match: respaced_by_layer.get(match[0], match[0]), repaired)
    if any(word == text for word, text in respaced_by_layer.items()):
        repaired = _LAYER_WORD_SPLIT.sub(lambda match: _join_word_by_layer(match, reference), repaired)
    return repaired


class _LayerWordBoundaries:
    """The text layer without its spaces, and where words begin and end in it."""

    def __init__(self, layer_reference: AuditReference) -> None:
        layer_text = unicodedata.normalize("NFKC", layer_reference.text)
        self._repair_words = words_or_characters(layer_text)
        self._known_layer_words = {word.casefold() for word in self._repair_words} | set(layer_reference.counts)
        self._repair_letters = "".join(self._repair_words)
        self._layer_word_starts: dict[int, int] = {}
        layer_offset = 0
        for i, word in enumerate(self._repair_words):
            self._layer_word_starts[layer_offset] = i
            layer_offset += len(word)

    def words_of_layer(self, word_to_repair: str) -> str:
        """`word_to_repair`, or the words of the text layer that it runs together."""
        glued_letters = unicodedata.normalize("NFKC", word_to_repair)
        if len(glued_letters) < 4 or glued_letters.casefold() in self._known_layer_words:
            return word_to_repair
        layer_offset = self._repair_letters.find(glued_letters)
        while layer_offset >= 0:
            first_layer_word = self._layer_word_starts.get(layer_offset)
            last_layer_word = self._layer_word_starts.get(
                layer_offset + len(glued_letters),
                len(self._repair_words) if layer_offset + len(glued_letters) == len(self._repair_letters) else -1,
            )
            if first_layer_word is not None and last_layer_word is not None and last_layer_word > first_layer_word + 1:
                return " ".join(self._repair_words[first_layer_word:last_layer_word])
            layer_offset = self._repair_letters.find(glued_letters, layer_offset + 1)
        return word_to_repair


def _join_word_by_layer(match: re.Match[str], reference: AuditReference) -> str:
    """Two tokens as one where the text layer knows the whole, and not both of the parts."""
    left_part, right_part = match[1].casefold(), match[2].casefold()
    layer_counts = reference.counts
    return (
        match[1] + match[2]
        if left_part + right_part in layer_counts and not (left_part in layer_counts and right_part in layer_counts)
        else match[0]
    )


def _join_digits_of_layer(repaired: str, reference: AuditReference) -> str:
    """Numbers of the text layer that the Markdown lacks, where it holds them with spaces between the digits."""
    for layer_number in Counter(reference.numbers) - Counter(page_digits(repaired)):
        if len(layer_number) > 1:
            spaced_digits = " ?".join(map(re.escape, layer_number))
            for spaced_layer_number in set(re.findall(rf"(?<![\d.]){spaced_digits}(?!\d)", repaired)):
                standalone_layer_number = re.compile(rf"(?<![\d.]){re.escape(spaced_layer_number)}(?!\d)")
                if not standalone_layer_number.search(reference.text):
                    repaired = standalone_layer_number.sub(layer_number, repaired)
    return repaired


def _start_items_of_layer(repaired: str, layer_text: str) -> str:
    """A new paragraph before each label that begins a line of the text layer and stands within one of the Markdown."""
    for item_label, item_word in _item_starts_of_layer(layer_text):
        item_start = rf"{re.escape(item_label)}(?:\*\*)? *{re.escape(item_word)}"
        if item_label not in repaired or re.search(rf"^[*#> ]*{item_start}", repaired, re.MULTILINE):
            continue
        label_in_line = re.compile(rf"(?<=[^\s|#>*-])((?:\*\*|</?u>|[↑\s])*?) +(?=(?:\*\*)?{item_start})")
        matches = label_in_line.finditer(repaired)
        if match := next((match for match in matches if not _is_in_table_row(repaired, match.start())), None):
            repaired = f"{repaired[: match.start()]}{match[1].rstrip()}\n\n{repaired[match.end() :]}"
    return repaired


def _is_in_table_row(repaired: str, position: int) -> bool:
    """Whether a place lies in a row of a table, which can be cut nowhere."""
    return repaired.startswith("|", repaired.rfind("\n", 0, position) + 1)


def _item_starts_of_layer(layer_text: str) -> Iterator[tuple[str, str]]:
    layer_lines = [layer_line for layer_line in layer_text.split("\n") if layer_line.strip()]
    for line_above, layer_line in pairwise(["", *layer_lines]):
        if (match := _LAYER_ITEM_LABEL.match(layer_line)) and (
            _LAYER_SENTENCE_OR_LIST_END.search(line_above) or len(line_above) < 60
        ):
            yield match[1], match[2]
