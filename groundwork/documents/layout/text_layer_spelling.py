"""The spelling of a page's text layer for the boxes that an engine gives: its spaces, its quotes, its dashes.

Engines guess spaces from distances, and put some into numbers: "2025-0 1-0 1". The text layer holds the same letters
in much the same order, so each box takes its text from there.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from groundwork.documents.layout.superscripts import SUPERSCRIPTS_TO_DIGITS, with_superscripts
from groundwork.language.numbers import digit_runs
from groundwork.language.words import WRITTEN_OUT_WORD

_SIMPLE_SPELLINGS = dict(zip("“”„‟‘’‚‛‐‑‒–—−\u00a0\u2009\u202f\n\t", "\"\"\"\"''''------     ", strict=True))
_LAYER_BLANKS = re.compile(r"\s+")
_LAYER_TOKEN = re.compile(r"\S+")


class Speller:
    """One page's text layer, read from its start to its end as the boxes ask for their text."""

    def __init__(self, text: str) -> None:
        self._layer_text = text
        self._simple_layer = _simply_spelt(text)
        self._layer_position = 0
        self._squeezed_layer = ""
        self._layer_offsets: list[int] = []

    def spell(self, text: str) -> str:
        """A box's text as the text layer has it, but for raised digits; as it is where the layer does not hold its
        letters."""
        plain_spelling = text if text.isascii() else text.translate(SUPERSCRIPTS_TO_DIGITS)
        layer_spelling = self._spell(plain_spelling)
        return layer_spelling if plain_spelling == text else with_superscripts(layer_spelling, text)

    def _spell(self, text: str) -> str:
        simple_spelling = text if text.isascii() and text.isprintable() else _simply_spelt(text)
        offset = self._simple_layer.find(simple_spelling, self._layer_position)
        if offset < 0:
            offset = self._simple_layer.find(simple_spelling)
        if offset >= 0 and (len(simple_spelling) > 3 or self._stands_alone_in_layer(offset, len(simple_spelling))):
            self._layer_position = offset + len(simple_spelling)
            layer_spelling = self._layer_text[offset : self._layer_position]
            is_plain_spelling = layer_spelling.isascii() and layer_spelling.isprintable() and "  " not in layer_spelling
            return layer_spelling if is_plain_spelling else _LAYER_BLANKS.sub(" ", layer_spelling)
        layer_spelling = self._respaced(simple_spelling)
        return layer_spelling if layer_spelling and _is_better_spelling(layer_spelling, text) else text

    def _stands_alone_in_layer(self, start: int, length: int) -> bool:
        layer_letters_around = (
            self._simple_layer[max(0, start - 1) : start] + self._simple_layer[start + length : start + length + 1]
        )
        return not any(c.isalnum() for c in layer_letters_around)

    def _respaced(self, simple_spelling: str) -> str:
        """The stretch of the text layer with the same letters and other spaces; "" where there is none."""
        if not self._squeezed_layer:
            layer_tokens = list(_LAYER_TOKEN.finditer(self._simple_layer))
            self._layer_offsets = [i for layer_token in layer_tokens for i in range(*layer_token.span())]
            self._squeezed_layer = "".join(layer_token[0] for layer_token in layer_tokens)
        squeezed_text = "".join(simple_spelling.split())
        for hyphen_ending in ("", "-"):  # a hyphen at a line's end, which the text layer leaves out
            squeezed_stretch = squeezed_text.removesuffix(hyphen_ending) if hyphen_ending else squeezed_text
            if len(squeezed_stretch) > 1 and (squeezed_offset := self._find_squeezed_in_layer(squeezed_stretch)) >= 0:
                layer_start, layer_end = (
                    self._layer_offsets[squeezed_offset],
                    self._layer_offsets[squeezed_offset + len(squeezed_stretch) - 1] + 1,
                )
                self._layer_position = layer_end
                return _LAYER_BLANKS.sub(" ", self._layer_text[layer_start:layer_end]) + hyphen_ending * (
                    squeezed_stretch != squeezed_text
                )
        return ""

    def _find_squeezed_in_layer(self, squeezed: str) -> int:
        squeezed_offset = self._squeezed_layer.find(squeezed, bisect_left(self._layer_offsets, self._layer_position))
        return squeezed_offset if squeezed_offset >= 0 else self._squeezed_layer.find(squeezed)


def _simply_spelt(text: str) -> str:
    """The text with one kind of quotes, dashes and blanks."""
    for sign, plain_sign in _SIMPLE_SPELLINGS.items():  # much faster than str.translate
        text = text.replace(sign, plain_sign)
    return text


def _is_better_spelling(layer_spelling: str, text: str) -> bool:
    """Whether a layer's spaces tell words apart or numbers; it also parts raised figures, which changes neither."""
    if layer_spelling.count(" ") <= text.count(" ") or digit_runs(layer_spelling) != digit_runs(text):
        return True
    return len(WRITTEN_OUT_WORD.findall(layer_spelling)) > len(WRITTEN_OUT_WORD.findall(text))
