"""Fonts whose letters are all of one width, told by the lengths of their texts: names say it of some alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from statistics import median
from typing import Any

_LEAST = 6  # letters of a text that is measured
_TEXTS, _LENGTHS = 5, 3  # that a font is told by, and different numbers of letters among them, at least
_SAME = 0.005  # of a letter's width; lines that are spread to one length differ by a hundredth and more
_MOST = 0.9  # of the texts
_WIDEST = 0.75  # font sizes; Chinese and Japanese letters are wider


def typewriter_fonts(pages: Iterable[Any]) -> frozenset[str]:
    """The names, without the prefix of a subset, of such fonts in liteparse's pages."""
    widths: defaultdict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for item in chain.from_iterable(page.text_items for page in pages if page):
        text = item.text.strip()
        if len(text) >= _LEAST and item.font_size and text.isascii() and sum(map(str.isalpha, text)) >= _LEAST:
            name = (item.font_name or "").rpartition("+")[2]
            widths[name][len(text)].append(item.width / len(text) / item.font_size)
    return frozenset(name for name, by_length in widths.items() if name and _is_fixed(by_length))


def _is_fixed(by_length: dict[int, list[float]]) -> bool:
    found = list(chain.from_iterable(by_length.values()))
    middle = median(found)
    same = sum(abs(width - middle) <= _SAME * middle for width in found)
    enough = len(found) >= _TEXTS and len(by_length) >= _LENGTHS
    return enough and middle < _WIDEST and same >= _MOST * len(found)
