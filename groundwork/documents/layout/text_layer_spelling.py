"""The spelling of a page's text layer for the boxes that an engine gives: its spaces, its quotes, its dashes.

Engines guess spaces from distances, and put some into numbers: "2025-0 1-0 1". The text layer holds the same letters
in much the same order, so each box takes its text from there.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from groundwork.documents.layout.superscripts import DIGITS, with_superscripts
from groundwork.language.numbers import digit_runs
from groundwork.language.words import WRITTEN_OUT

_SIMPLE = dict(zip("“”„‟‘’‚‛‐‑‒–—−\u00a0\u2009\u202f\n\t", "\"\"\"\"''''------     ", strict=True))
_BLANKS = re.compile(r"\s+")
_SOLID = re.compile(r"\S+")


class Speller:
    """One page's text layer, read from its start to its end as the boxes ask for their text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._simple = _simplified(text)
        self._position = 0
        self._squeezed = ""
        self._offsets: list[int] = []

    def spell(self, text: str) -> str:
        """A box's text as the text layer has it, but for raised digits; as it is where the layer does not hold its
        letters."""
        plain = text if text.isascii() else text.translate(DIGITS)
        spelt = self._spell(plain)
        return spelt if plain == text else with_superscripts(spelt, text)

    def _spell(self, text: str) -> str:
        simple = text if text.isascii() and text.isprintable() else _simplified(text)
        offset = self._simple.find(simple, self._position)
        if offset < 0:
            offset = self._simple.find(simple)
        if offset >= 0 and (len(simple) > 3 or self._stands_alone(offset, len(simple))):
            self._position = offset + len(simple)
            spelt = self._text[offset : self._position]
            is_plain = spelt.isascii() and spelt.isprintable() and "  " not in spelt
            return spelt if is_plain else _BLANKS.sub(" ", spelt)
        spelt = self._respaced(simple)
        return spelt if spelt and _is_better(spelt, text) else text

    def _stands_alone(self, start: int, length: int) -> bool:
        around = self._simple[max(0, start - 1) : start] + self._simple[start + length : start + length + 1]
        return not any(c.isalnum() for c in around)

    def _respaced(self, simple: str) -> str:
        """The stretch of the text layer with the same letters and other spaces; "" where there is none."""
        if not self._squeezed:
            solids = list(_SOLID.finditer(self._simple))
            self._offsets = [i for solid in solids for i in range(*solid.span())]
            self._squeezed = "".join(solid[0] for solid in solids)
        letters = "".join(simple.split())
        for ending in ("", "-"):  # a hyphen at a line's end, which the text layer leaves out
            stretch = letters.removesuffix(ending) if ending else letters
            if len(stretch) > 1 and (offset := self._find(stretch)) >= 0:
                start, end = self._offsets[offset], self._offsets[offset + len(stretch) - 1] + 1
                self._position = end
                return _BLANKS.sub(" ", self._text[start:end]) + ending * (stretch != letters)
        return ""

    def _find(self, stretch: str) -> int:
        offset = self._squeezed.find(stretch, bisect_left(self._offsets, self._position))
        return offset if offset >= 0 else self._squeezed.find(stretch)


def _simplified(text: str) -> str:
    """The text with one kind of quotes, dashes and blanks."""
    for sign, plain_sign in _SIMPLE.items():  # much faster than str.translate
        text = text.replace(sign, plain_sign)
    return text


def _is_better(spelt: str, text: str) -> bool:
    """Whether a layer's spaces tell words apart or numbers; it also parts raised figures, which changes neither."""
    if spelt.count(" ") <= text.count(" ") or digit_runs(spelt) != digit_runs(text):
        return True
    return len(WRITTEN_OUT.findall(spelt)) > len(WRITTEN_OUT.findall(text))
