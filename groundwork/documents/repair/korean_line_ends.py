"""Whether a line of Korean ends with a word or within one, which a page does not show: Korean has spaces, and lines end
between any two syllables (as browsers print) or between words alone (as word processors do).

Naive Bayes over the last syllable of a line and the first of the next one: how often they end and begin words within
the document's lines, and whether it writes there the words that would come of it. The share of lines that end with a
word is estimated from the same syllables by expectation maximization; where it is high, lines end between words alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise, takewhile

_HANGUL = re.compile("[\uac00-\ud7a3]+")
_PARTICLES = frozenset(
    "을를은는이가의에로와과고며면서게지다한할된될도만요나려니해여"
)  # and endings, which end most words
_NEVER_FIRST = frozenset("을를은는의")
_PRIOR_WEIGHT = 120.0  # syllables of a document that count as much as what is expected beforehand
_END_SHARES = {True: 0.036, False: 0.003}  # of the syllables that end words, one that is such a particle, and another
_INNER_SHARES = {True: 0.010, False: 0.006}  # the same, of those within words
_FIRST_SHARES = {True: 0.3, False: 1.0}  # of that, as the first syllable, one that never is one
_WHOLE_WORDS, _WORDS_LEAST = 0.7, 2.0  # the share of lines expected to end with a word, and lines that it counts as
_WORDS_ALONE = 0.7  # from which share on all do
_ROUNDS = 20
_JOINED, _PARTED = 3.0, 2.0  # log-likelihoods of a word that the document writes elsewhere
_FULL = 0.8  # of a long line's letters, which a line has that may go on
_LONG_RANK = 0.9


class KoreanLineEnds:
    """The words and syllables of a document's lines, and how its lines end."""

    def __init__(self, korean_lines: Sequence[str]) -> None:
        self._words: Counter[str] = Counter()
        self._last, self._not_last, self._first, self._not_first = (Counter[str]() for _ in range(4))
        for korean_line in korean_lines:
            for token in korean_line.split()[1:-1]:  # the outer ones may be parts of words
                for word in _HANGUL.findall(token):
                    self._add(word)
        self._share = self._estimate_share(_full_pairs(korean_lines))

    def _add(self, word: str) -> None:
        self._words[word] += 1
        self._first[word[0]] += 1
        self._last[word[-1]] += 1
        self._not_last.update(word[:-1])
        self._not_first.update(word[1:])

    def is_space(self, above: str, below: str) -> bool:
        """Whether a space stands between two lines, the first of which ends and the second begins in Hangul."""
        if self._share > _WORDS_ALONE:
            return True
        left = "".join(takewhile(_HANGUL.match, reversed(above)))[::-1]
        right = "".join(takewhile(_HANGUL.match, below))
        odds = self._syllable_odds(left[-1], right[0]) + math.log(self._share / (1 - self._share))
        odds -= _JOINED * (left + right in self._words)
        odds += _PARTED * sum(len(part) > 1 and part in self._words for part in (left, right))
        return odds > 0

    def _estimate_share(self, pairs: Sequence[tuple[str, str]]) -> float:
        ratios = [math.exp(self._syllable_odds(last, first)) for last, first in pairs]
        share = _WHOLE_WORDS
        for _ in range(_ROUNDS):
            expected = sum(share * ratio / (share * ratio + 1 - share) for ratio in ratios)
            share = (expected + _WORDS_LEAST * _WHOLE_WORDS) / (len(ratios) + _WORDS_LEAST)
        return share

    def _syllable_odds(self, last: str, first: str) -> float:
        """The log-odds that one syllable ends a word and the next one begins another."""
        is_particle, is_no_start = last in _PARTICLES, first in _NEVER_FIRST
        inner_share = _INNER_SHARES[False]
        ends = _share(self._last, last, _END_SHARES[is_particle]) / _share(
            self._not_last, last, _INNER_SHARES[is_particle]
        )
        starts = _share(self._first, first, inner_share * _FIRST_SHARES[is_no_start]) / _share(
            self._not_first, first, inner_share
        )
        return math.log(ends) + math.log(starts)


def _share(counts: Counter[str], syllable: str, expected: float) -> float:
    return (counts[syllable] + _PRIOR_WEIGHT * expected) / (counts.total() + _PRIOR_WEIGHT)


def _full_pairs(korean_lines: Sequence[str]) -> list[tuple[str, str]]:
    """The last and the first syllable where a full line of Korean is followed by another line."""
    lengths = sorted(map(len, korean_lines))
    full = _FULL * lengths[int(_LONG_RANK * (len(lengths) - 1))] if lengths else 0
    pairs = [(above[-1], below[0]) for above, below in pairwise(korean_lines) if above and below and len(above) >= full]
    return [pair for pair in pairs if all(map(_HANGUL.match, pair))]
