"""A set similarity join in arrays: which quotes of evidence of a large run share their words.

A set similarity join with prefixes (Chaudhuri et al., "A Primitive Operator for Similarity Joins", ICDE 2006), for the
share of the smaller set. Of the smaller of two sets at most 1 - SAME_EVIDENCE_SHARE of the words may be missing in the
larger, so of any choice of so many words and two more at least two are there: of each set the pairs of its rarest words
are kept, and looked up with all pairs of words of the others.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from groundwork.questions.duplicates.duplicate_rule import SAME_EVIDENCE_SHARE, WordSet

Rows = npt.NDArray[np.int64]

MAX_KEY_LOOKUPS = 2_000_000  # held at once


def prefix_length(word_count: int) -> int:
    """Of a statement of so many words, how many of its rarest lead to it."""
    return int((1 - SAME_EVIDENCE_SHARE) * word_count + 1e-9) + 2


class SetSimilarityJoin:
    """For each of some statements the others that hold SAME_EVIDENCE_SHARE of the words of the smaller of the two."""

    def __init__(self, word_sets: Iterable[WordSet]) -> None:
        self._read_word_sets(word_sets)
        self._sorted_keys, self._key_owners = self._prefix_keys()
        row_pair_codes = np.concatenate([np.zeros(0, np.int64), *self._sharing_pairs()])
        set_count = len(self._set_starts) - 1
        row_pair_codes = np.unique(
            np.concatenate(
                [row_pair_codes, row_pair_codes % max(set_count, 1) * set_count + row_pair_codes // max(set_count, 1)]
            )
        )
        self._joined_rows = (row_pair_codes % max(set_count, 1)).astype(np.int32)
        self._joined_row_bounds = np.searchsorted(row_pair_codes, np.arange(set_count + 1) * set_count)
        del self._sorted_keys, self._key_owners, self._word_keys

    def rows_joined_with(self, set_row: int) -> Rows:
        """The other rows, ascending."""
        return self._joined_rows[self._joined_row_bounds[set_row] : self._joined_row_bounds[set_row + 1]].astype(
            np.int64
        )

    def _read_word_sets(self, word_sets: Iterable[WordSet]) -> None:
        """The words of all statements by their rank among all, the rarest first, statement by statement."""
        word_ids: dict[str, int] = {}
        words_in_order, set_starts = array("i"), array("q", [0])
        for word_set in word_sets:
            words_in_order.extend(word_ids.setdefault(word, len(word_ids)) for word in word_set)
            set_starts.append(len(words_in_order))
        word_ids_in_order, self._set_starts = np.array(words_in_order, dtype=np.int32), np.array(set_starts)
        self._vocabulary_size = len(word_ids)
        word_ranks = np.empty(self._vocabulary_size, dtype=np.int64)
        word_ranks[np.argsort(np.bincount(word_ids_in_order, minlength=self._vocabulary_size), kind="stable")] = (
            np.arange(self._vocabulary_size)
        )
        word_owners = np.repeat(np.arange(len(self._set_starts) - 1), np.diff(self._set_starts))
        # One number a word of a statement, ascending: the statement, then the rank of the word.
        self._word_keys = (
            np.sort(word_owners * self._vocabulary_size + word_ranks[word_ids_in_order])
            if len(word_ids_in_order)
            else np.zeros(0, np.int64)
        )

    def _prefix_keys(self) -> tuple[Rows, Rows]:
        """The keys of the rarest words of each statement, ascending, and whose they are."""
        keys_by_length, owners_by_length = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for set_rows, word_ranks in self._sets_by_length():
            prefix_keys = self._word_pair_keys(
                word_ranks[:, : prefix_length(word_ranks.shape[1])], with_single_words=word_ranks.shape[1] == 1
            )
            keys_by_length.append(prefix_keys.ravel())
            owners_by_length.append(np.repeat(set_rows, prefix_keys.shape[1]))
        flat_keys, flat_owners = np.concatenate(keys_by_length), np.concatenate(owners_by_length)
        key_order = np.argsort(flat_keys, kind="stable")
        return flat_keys[key_order], flat_owners[key_order]

    def _sharing_pairs(self) -> Iterator[Rows]:
        """(larger * statements + smaller) of what shares enough words, in parts."""
        has_single_words = bool((np.diff(self._set_starts) == 1).any())
        for set_rows, word_ranks in self._sets_by_length():
            rows_at_once = max(1, MAX_KEY_LOOKUPS // (word_ranks.shape[1] * (word_ranks.shape[1] + 1) // 2))
            for first_row in range(0, len(set_rows), rows_at_once):
                yield from self._look_up_pairs(
                    set_rows[first_row : first_row + rows_at_once],
                    word_ranks[first_row : first_row + rows_at_once],
                    has_single_words,
                )

    def _look_up_pairs(self, set_rows: Rows, word_ranks: Rows, has_single_words: bool) -> Iterator[Rows]:
        prefix_keys = self._word_pair_keys(word_ranks, with_single_words=has_single_words)
        first_hit = np.searchsorted(self._sorted_keys, prefix_keys.ravel())
        hit_counts = np.searchsorted(self._sorted_keys, prefix_keys.ravel(), side="right") - first_hit
        if len(set_rows) > 1 and hit_counts.sum() > MAX_KEY_LOOKUPS:
            half_count = len(set_rows) // 2
            yield from self._look_up_pairs(set_rows[:half_count], word_ranks[:half_count], has_single_words)
            yield from self._look_up_pairs(set_rows[half_count:], word_ranks[half_count:], has_single_words)
            return
        hit_positions = np.repeat(first_hit - np.cumsum(hit_counts) + hit_counts, hit_counts) + np.arange(
            hit_counts.sum()
        )
        seeking_rows = np.repeat(np.repeat(set_rows, prefix_keys.shape[1]), hit_counts)
        set_sizes = np.diff(self._set_starts)
        hit_rows = self._key_owners[hit_positions]
        is_hit_smaller = (hit_rows != seeking_rows) & (set_sizes[hit_rows] <= set_sizes[seeking_rows])
        row_pair_codes = np.unique(seeking_rows[is_hit_smaller] * len(set_sizes) + hit_rows[is_hit_smaller])
        yield row_pair_codes[
            self._held_word_shares(row_pair_codes // len(set_sizes), row_pair_codes % len(set_sizes), set_sizes)
            >= SAME_EVIDENCE_SHARE
        ]

    def _held_word_shares(self, larger_rows: Rows, smaller_rows: Rows, set_sizes: Rows) -> npt.NDArray[np.float64]:
        """The share of the smaller's words that the larger holds, pair by pair."""
        word_counts = set_sizes[smaller_rows]
        pair_index = np.repeat(np.arange(len(smaller_rows)), word_counts)
        word_positions = np.arange(word_counts.sum()) - np.repeat(np.cumsum(word_counts) - word_counts, word_counts)
        word_ranks = (
            self._word_keys[self._set_starts[smaller_rows][pair_index] + word_positions] % self._vocabulary_size
        )
        word_keys = larger_rows[pair_index] * self._vocabulary_size + word_ranks
        is_held = (
            self._word_keys[np.minimum(np.searchsorted(self._word_keys, word_keys), len(self._word_keys) - 1)]
            == word_keys
        )
        held_counts = np.bincount(pair_index, weights=is_held, minlength=len(smaller_rows))
        held_shares: npt.NDArray[np.float64] = held_counts / np.maximum(word_counts, 1)
        return held_shares

    def _sets_by_length(self) -> Iterator[tuple[Rows, Rows]]:
        """(rows, the ranks of their words, ascending) of the statements of each length but 0."""
        set_sizes = np.diff(self._set_starts)
        for set_size in np.unique(set_sizes[set_sizes > 0]).tolist():
            set_rows = np.flatnonzero(set_sizes == set_size)
            for row_block in np.array_split(set_rows, max(1, len(set_rows) * set_size // MAX_KEY_LOOKUPS)):
                yield (
                    row_block,
                    self._word_keys[self._set_starts[row_block][:, None] + np.arange(set_size)] % self._vocabulary_size,
                )

    def _word_pair_keys(self, word_ranks: Rows, *, with_single_words: bool) -> Rows:
        """A key for each pair of words of a row, and with `with_single_words` for each word; ranks are (rows,
        words)."""
        first_column, second_column = np.triu_indices(word_ranks.shape[1], 0 if with_single_words else 1)
        prefix_keys: Rows = word_ranks[:, first_column] * self._vocabulary_size + word_ranks[:, second_column]
        return prefix_keys
