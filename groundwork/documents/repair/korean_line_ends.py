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
# particles and endings, which end most words
_KOREAN_PARTICLES = frozenset("을를은는이가의에로와과고며면서게지다한할된될도만요나려니해여")
_NEVER_FIRST_KOREAN = frozenset("을를은는의")
_PRIOR_SYLLABLES = 120.0  # syllables of a document that count as much as what is expected beforehand
_KOREAN_END_SHARES = {True: 0.036, False: 0.003}  # of the last syllables, a particle and another
_KOREAN_INNER_SHARES = {True: 0.010, False: 0.006}  # the same, of those within words
_KOREAN_FIRST_SHARES = {True: 0.3, False: 1.0}  # of that, as the first syllable, one that never is one
# the share of lines expected to end with a word, and lines that it counts as
_WORD_END_LINES, _WORDS_LEAST = 0.7, 2.0
_KOREAN_WORDS_ALONE = 0.7  # from which share on all do
_MAXIMIZATION_ROUNDS = 20
_JOINED, _PARTED = 3.0, 2.0  # log-likelihoods of a word that the document writes elsewhere
_FULL_LINE_SHARE = 0.8  # of a long line's letters, which a line has that may go on
_LONG_LINE_RANK = 0.9


class KoreanLineEnds:
    """The words and syllables of a document's lines, and how its lines end."""

    def __init__(self, korean_lines: Sequence[str]) -> None:
        self._korean_words: Counter[str] = Counter()
        self._last_syllables, self._inner_syllables, self._first_syllables, self._later_syllables = (
            Counter[str]() for _ in range(4)
        )
        for korean_line in korean_lines:
            for korean_token in korean_line.split()[1:-1]:  # the outer ones may be parts of words
                for korean_word in _HANGUL.findall(korean_token):
                    self._count_syllables(korean_word)
        self._syllable_share = self._estimate_word_end_share(_syllables_at_full_line_ends(korean_lines))

    def _count_syllables(self, korean_word: str) -> None:
        self._korean_words[korean_word] += 1
        self._first_syllables[korean_word[0]] += 1
        self._last_syllables[korean_word[-1]] += 1
        self._inner_syllables.update(korean_word[:-1])
        self._later_syllables.update(korean_word[1:])

    def is_space(self, above: str, below: str) -> bool:
        """Whether a space stands between two lines, the first of which ends and the second begins in Hangul."""
        if self._syllable_share > _KOREAN_WORDS_ALONE:
            return True
        last_korean_word = "".join(takewhile(_HANGUL.match, reversed(above)))[::-1]
        first_korean_word = "".join(takewhile(_HANGUL.match, below))
        korean_space_odds = self._syllable_odds(last_korean_word[-1], first_korean_word[0]) + math.log(
            self._syllable_share / (1 - self._syllable_share)
        )
        korean_space_odds -= _JOINED * (last_korean_word + first_korean_word in self._korean_words)
        korean_space_odds += _PARTED * sum(
            len(part) > 1 and part in self._korean_words for part in (last_korean_word, first_korean_word)
        )
        return korean_space_odds > 0

    def _estimate_word_end_share(self, syllable_pairs: Sequence[tuple[str, str]]) -> float:
        syllable_ratios = [math.exp(self._syllable_odds(last, first)) for last, first in syllable_pairs]
        word_end_share = _WORD_END_LINES
        for _ in range(_MAXIMIZATION_ROUNDS):
            expected_ends = sum(
                word_end_share * ratio / (word_end_share * ratio + 1 - word_end_share) for ratio in syllable_ratios
            )
            word_end_share = (expected_ends + _WORDS_LEAST * _WORD_END_LINES) / (len(syllable_ratios) + _WORDS_LEAST)
        return word_end_share

    def _syllable_odds(self, last: str, first: str) -> float:
        """The log-odds that one syllable ends a word and the next one begins another."""
        is_particle, is_no_start = last in _KOREAN_PARTICLES, first in _NEVER_FIRST_KOREAN
        korean_inner_share = _KOREAN_INNER_SHARES[False]
        word_end_ratio = _syllable_share(self._last_syllables, last, _KOREAN_END_SHARES[is_particle]) / _syllable_share(
            self._inner_syllables, last, _KOREAN_INNER_SHARES[is_particle]
        )
        word_start_ratio = _syllable_share(
            self._first_syllables, first, korean_inner_share * _KOREAN_FIRST_SHARES[is_no_start]
        ) / _syllable_share(self._later_syllables, first, korean_inner_share)
        return math.log(word_end_ratio) + math.log(word_start_ratio)


def _syllable_share(syllable_counts: Counter[str], syllable: str, expected_share: float) -> float:
    return (syllable_counts[syllable] + _PRIOR_SYLLABLES * expected_share) / (
        syllable_counts.total() + _PRIOR_SYLLABLES
    )


def _syllables_at_full_line_ends(korean_lines: Sequence[str]) -> list[tuple[str, str]]:
    """The last and the first syllable where a full line of Korean is followed by another line."""
    line_lengths = sorted(map(len, korean_lines))
    full_length = _FULL_LINE_SHARE * line_lengths[int(_LONG_LINE_RANK * (len(line_lengths) - 1))] if line_lengths else 0
    syllable_pairs = [
        (above[-1], below[0])
        for above, below in pairwise(korean_lines)
        if above and below and len(above) >= full_length
    ]
    return [pair for pair in syllable_pairs if all(map(_HANGUL.match, pair))]
