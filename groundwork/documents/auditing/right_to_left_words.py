"""Pages from right to left held against their text layer word by word: turned letters, and turned word order.

A text layer may give the letters of one glyph, such as lam and alef, in another order than a rendition, and may leave
out vowel signs or set them elsewhere: a word with the same letters is the same word, unless it is the other one turned
around from end to end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import regex

from groundwork.language.language_and_script import words_or_characters

_MARKS = regex.compile(r"[\p{M}\u0640\u200c-\u200f\u2066-\u2069]")  # vowel signs, tatweel, joiners and directions


class WordShares(NamedTuple):
    """Shares between 0 and 1 of the text layer's words that are kept, of its neighbouring words that are still
    neighbours, and of those that stand the other way round."""

    kept: float
    neighbours: float
    turned: float


def bare_words(text: str) -> list[str]:
    """The words of a text without vowel signs."""
    return words_or_characters(_MARKS.sub("", text.casefold()))


def compare_words(layer: Sequence[str], markdown: Sequence[str], tables: Sequence[Sequence[str]]) -> WordShares:
    """A rendition's words against those of the layer; two words of one of its `tables` count as neighbours."""
    if layer == markdown or not layer:
        return WordShares(1.0, 1.0, 0.0)
    missing, extra = Counter(layer) - Counter(markdown), Counter(markdown) - Counter(layer)
    kept = 1 - (missing.total() - _count_respelt(missing, extra)) / len(layer)
    pairs, found_pairs = (Counter(pairwise(map(_letters, words))) for words in (layer, markdown))
    cells = [set(map(_letters, table)) for table in tables]
    lost_pairs, new_pairs = pairs - found_pairs, found_pairs - pairs
    lost = Counter({pair: n for pair, n in lost_pairs.items() if not any(set(pair) <= table for table in cells)})
    turned = sum(min(n, new_pairs[b, a]) for (a, b), n in lost.items())
    return WordShares(kept, 1 - lost.total() / max(1, pairs.total()), turned / max(1, pairs.total()))


def _letters(word: str) -> str:
    return "".join(sorted(word))


def _count_respelt(missing: Counter[str], extra: Counter[str]) -> int:
    """How many of the missing words are there with their letters in another order, which is not the turned one."""
    respelt = 0
    by_letters: dict[str, Counter[str]] = {}
    for word, n in extra.items():
        by_letters.setdefault(_letters(word), Counter())[word] = n
    for word, n in missing.items():
        others = by_letters.get(_letters(word), Counter())
        respelt += min(n, others.total() - others[word[::-1]])
    return respelt
