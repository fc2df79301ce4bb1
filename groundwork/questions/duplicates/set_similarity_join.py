"""Which of many statements share their words, found in arrays: what a large run has room and time for.

A set similarity join with prefixes (Chaudhuri et al., "A Primitive Operator for Similarity Joins", ICDE 2006), for the
share of the smaller set. Of the smaller of two statements at most 1 - SAME_STATEMENT of the words may be missing in the
larger, so of any choice of so many words and two more at least two are there: of each statement the pairs of its rarest
words are kept, and looked up with all pairs of words of the others.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from groundwork.questions.duplicates.duplicate_rule import SAME_STATEMENT, Words

Rows = npt.NDArray[np.int64]

LOOKUPS = 2_000_000  # held at once


def rarest(words: int) -> int:
    """Of a statement of so many words, how many of its rarest lead to it."""
    return int((1 - SAME_STATEMENT) * words + 1e-9) + 2


class SharedStatements:
    """For each of some statements the others that hold SAME_STATEMENT of the words of the smaller of the two."""

    def __init__(self, statements: Iterable[Words]) -> None:
        self._read(statements)
        self._keys, self._owners = self._prefixes()
        found = np.concatenate([np.zeros(0, np.int64), *self._pairs()])
        rows = len(self._starts) - 1
        found = np.unique(np.concatenate([found, found % max(rows, 1) * rows + found // max(rows, 1)]))
        self._others = (found % max(rows, 1)).astype(np.int32)
        self._bounds = np.searchsorted(found, np.arange(rows + 1) * rows)
        del self._keys, self._owners, self._words

    def of(self, row: int) -> Rows:
        """The other rows, ascending."""
        return self._others[self._bounds[row] : self._bounds[row + 1]].astype(np.int64)

    def _read(self, statements: Iterable[Words]) -> None:
        """The words of all statements by their rank among all, the rarest first, statement by statement."""
        numbers: dict[str, int] = {}
        words, starts = array("i"), array("q", [0])
        for statement in statements:
            words.extend(numbers.setdefault(word, len(numbers)) for word in statement)
            starts.append(len(words))
        flat, self._starts = np.array(words, dtype=np.int32), np.array(starts)
        self._vocabulary = len(numbers)
        rank = np.empty(self._vocabulary, dtype=np.int64)
        rank[np.argsort(np.bincount(flat, minlength=self._vocabulary), kind="stable")] = np.arange(self._vocabulary)
        owner = np.repeat(np.arange(len(self._starts) - 1), np.diff(self._starts))
        # One number a word of a statement, ascending: the statement, then the rank of the word.
        self._words = np.sort(owner * self._vocabulary + rank[flat]) if len(flat) else np.zeros(0, np.int64)

    def _prefixes(self) -> tuple[Rows, Rows]:
        """The keys of the rarest words of each statement, ascending, and whose they are."""
        keys, owners = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for rows, ranks in self._by_length():
            made = self._keys_of(ranks[:, : rarest(ranks.shape[1])], alone=ranks.shape[1] == 1)
            keys.append(made.ravel())
            owners.append(np.repeat(rows, made.shape[1]))
        flat, whose = np.concatenate(keys), np.concatenate(owners)
        order = np.argsort(flat, kind="stable")
        return flat[order], whose[order]

    def _pairs(self) -> Iterator[Rows]:
        """(larger * statements + smaller) of what shares enough words, in parts."""
        alone = bool((np.diff(self._starts) == 1).any())
        for rows, ranks in self._by_length():
            step = max(1, LOOKUPS // (ranks.shape[1] * (ranks.shape[1] + 1) // 2))
            for start in range(0, len(rows), step):
                yield from self._looked_up(rows[start : start + step], ranks[start : start + step], alone)

    def _looked_up(self, rows: Rows, ranks: Rows, alone: bool) -> Iterator[Rows]:
        keys = self._keys_of(ranks, alone=alone)
        first = np.searchsorted(self._keys, keys.ravel())
        hits = np.searchsorted(self._keys, keys.ravel(), side="right") - first
        if len(rows) > 1 and hits.sum() > LOOKUPS:
            half = len(rows) // 2
            yield from self._looked_up(rows[:half], ranks[:half], alone)
            yield from self._looked_up(rows[half:], ranks[half:], alone)
            return
        places = np.repeat(first - np.cumsum(hits) + hits, hits) + np.arange(hits.sum())
        seekers = np.repeat(np.repeat(rows, keys.shape[1]), hits)
        sizes = np.diff(self._starts)
        found = self._owners[places]
        fit = (found != seekers) & (sizes[found] <= sizes[seekers])
        pairs = np.unique(seekers[fit] * len(sizes) + found[fit])
        yield pairs[self._shares(pairs // len(sizes), pairs % len(sizes), sizes) >= SAME_STATEMENT]

    def _shares(self, larger: Rows, smaller: Rows, sizes: Rows) -> npt.NDArray[np.float64]:
        """The share of the smaller's words that the larger holds, pair by pair."""
        counts = sizes[smaller]
        pair = np.repeat(np.arange(len(smaller)), counts)
        places = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        ranks = self._words[self._starts[smaller][pair] + places] % self._vocabulary
        wanted = larger[pair] * self._vocabulary + ranks
        there = self._words[np.minimum(np.searchsorted(self._words, wanted), len(self._words) - 1)] == wanted
        held = np.bincount(pair, weights=there, minlength=len(smaller))
        shares: npt.NDArray[np.float64] = held / np.maximum(counts, 1)
        return shares

    def _by_length(self) -> Iterator[tuple[Rows, Rows]]:
        """(rows, the ranks of their words, ascending) of the statements of each length but 0."""
        sizes = np.diff(self._starts)
        for size in np.unique(sizes[sizes > 0]).tolist():
            rows = np.flatnonzero(sizes == size)
            for part in np.array_split(rows, max(1, len(rows) * size // LOOKUPS)):
                yield part, self._words[self._starts[part][:, None] + np.arange(size)] % self._vocabulary

    def _keys_of(self, ranks: Rows, *, alone: bool) -> Rows:
        """A key for each pair of words of a row, and with `alone` for each word; ranks are (rows, words)."""
        one, other = np.triu_indices(ranks.shape[1], 0 if alone else 1)
        keys: Rows = ranks[:, one] * self._vocabulary + ranks[:, other]
        return keys
