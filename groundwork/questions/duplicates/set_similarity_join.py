"""A set similarity join in arrays: which of the statements of a large run share their words.

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

from groundwork.questions.duplicates.duplicate_rule import SAME_STATEMENT_SHARE, Words

Rows = npt.NDArray[np.int64]

MAX_KEY_LOOKUPS = 2_000_000  # held at once


def prefix_length(word_count: int) -> int:
    """Of a statement of so many words, how many of its rarest lead to it."""
    return int((1 - SAME_STATEMENT_SHARE) * word_count + 1e-9) + 2


class SharedStatements:
    """For each of some statements the others that hold SAME_STATEMENT of the words of the smaller of the two."""

    def __init__(self, statements: Iterable[Words]) -> None:
        self._read_statements(statements)
        self._sorted_keys, self._key_owners = self._prefix_keys()
        row_pair_codes = np.concatenate([np.zeros(0, np.int64), *self._sharing_pairs()])
        statement_count = len(self._statement_starts) - 1
        row_pair_codes = np.unique(
            np.concatenate(
                [
                    row_pair_codes,
                    row_pair_codes % max(statement_count, 1) * statement_count
                    + row_pair_codes // max(statement_count, 1),
                ]
            )
        )
        self._joined_rows = (row_pair_codes % max(statement_count, 1)).astype(np.int32)
        self._joined_row_bounds = np.searchsorted(row_pair_codes, np.arange(statement_count + 1) * statement_count)
        del self._sorted_keys, self._key_owners, self._word_keys

    def of(self, statement_row: int) -> Rows:
        """The other rows, ascending."""
        return self._joined_rows[
            self._joined_row_bounds[statement_row] : self._joined_row_bounds[statement_row + 1]
        ].astype(np.int64)

    def _read_statements(self, statements: Iterable[Words]) -> None:
        """The words of all statements by their rank among all, the rarest first, statement by statement."""
        word_ids: dict[str, int] = {}
        words_in_order, statement_starts = array("i"), array("q", [0])
        for statement in statements:
            words_in_order.extend(word_ids.setdefault(word, len(word_ids)) for word in statement)
            statement_starts.append(len(words_in_order))
        word_ids_in_order, self._statement_starts = np.array(words_in_order, dtype=np.int32), np.array(statement_starts)
        self._vocabulary_size = len(word_ids)
        word_ranks = np.empty(self._vocabulary_size, dtype=np.int64)
        word_ranks[np.argsort(np.bincount(word_ids_in_order, minlength=self._vocabulary_size), kind="stable")] = (
            np.arange(self._vocabulary_size)
        )
        word_owners = np.repeat(np.arange(len(self._statement_starts) - 1), np.diff(self._statement_starts))
        # One number a word of a statement, ascending: the statement, then the rank of the word.
        self._word_keys = (
            np.sort(word_owners * self._vocabulary_size + word_ranks[word_ids_in_order])
            if len(word_ids_in_order)
            else np.zeros(0, np.int64)
        )

    def _prefix_keys(self) -> tuple[Rows, Rows]:
        """The keys of the rarest words of each statement, ascending, and whose they are."""
        keys_by_length, owners_by_length = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for statement_rows, word_ranks in self._statements_by_length():
            prefix_keys = self._word_pair_keys(
                word_ranks[:, : prefix_length(word_ranks.shape[1])], with_single_words=word_ranks.shape[1] == 1
            )
            keys_by_length.append(prefix_keys.ravel())
            owners_by_length.append(np.repeat(statement_rows, prefix_keys.shape[1]))
        flat_keys, flat_owners = np.concatenate(keys_by_length), np.concatenate(owners_by_length)
        key_order = np.argsort(flat_keys, kind="stable")
        return flat_keys[key_order], flat_owners[key_order]

    def _sharing_pairs(self) -> Iterator[Rows]:
        """(larger * statements + smaller) of what shares enough words, in parts."""
        has_single_words = bool((np.diff(self._statement_starts) == 1).any())
        for statement_rows, word_ranks in self._statements_by_length():
            rows_at_once = max(1, MAX_KEY_LOOKUPS // (word_ranks.shape[1] * (word_ranks.shape[1] + 1) // 2))
            for first_row in range(0, len(statement_rows), rows_at_once):
                yield from self._look_up_pairs(
                    statement_rows[first_row : first_row + rows_at_once],
                    word_ranks[first_row : first_row + rows_at_once],
                    has_single_words,
                )

    def _look_up_pairs(self, statement_rows: Rows, word_ranks: Rows, has_single_words: bool) -> Iterator[Rows]:
        prefix_keys = self._word_pair_keys(word_ranks, with_single_words=has_single_words)
        first_hit = np.searchsorted(self._sorted_keys, prefix_keys.ravel())
        hit_counts = np.searchsorted(self._sorted_keys, prefix_keys.ravel(), side="right") - first_hit
        if len(statement_rows) > 1 and hit_counts.sum() > MAX_KEY_LOOKUPS:
            half_count = len(statement_rows) // 2
            yield from self._look_up_pairs(statement_rows[:half_count], word_ranks[:half_count], has_single_words)
            yield from self._look_up_pairs(statement_rows[half_count:], word_ranks[half_count:], has_single_words)
            return
        hit_positions = np.repeat(first_hit - np.cumsum(hit_counts) + hit_counts, hit_counts) + np.arange(
            hit_counts.sum()
        )
        seeking_rows = np.repeat(np.repeat(statement_rows, prefix_keys.shape[1]), hit_counts)
        statement_sizes = np.diff(self._statement_starts)
        hit_rows = self._key_owners[hit_positions]
        is_hit_smaller = (hit_rows != seeking_rows) & (statement_sizes[hit_rows] <= statement_sizes[seeking_rows])
        row_pair_codes = np.unique(seeking_rows[is_hit_smaller] * len(statement_sizes) + hit_rows[is_hit_smaller])
        yield row_pair_codes[
            self._held_word_shares(
                row_pair_codes // len(statement_sizes), row_pair_codes % len(statement_sizes), statement_sizes
            )
            >= SAME_STATEMENT_SHARE
        ]

    def _held_word_shares(
        self, larger_rows: Rows, smaller_rows: Rows, statement_sizes: Rows
    ) -> npt.NDArray[np.float64]:
        """The share of the smaller's words that the larger holds, pair by pair."""
        word_counts = statement_sizes[smaller_rows]
        pair_index = np.repeat(np.arange(len(smaller_rows)), word_counts)
        word_positions = np.arange(word_counts.sum()) - np.repeat(np.cumsum(word_counts) - word_counts, word_counts)
        word_ranks = (
            self._word_keys[self._statement_starts[smaller_rows][pair_index] + word_positions] % self._vocabulary_size
        )
        word_keys = larger_rows[pair_index] * self._vocabulary_size + word_ranks
        is_held = (
            self._word_keys[np.minimum(np.searchsorted(self._word_keys, word_keys), len(self._word_keys) - 1)]
            == word_keys
        )
        held_counts = np.bincount(pair_index, weights=is_held, minlength=len(smaller_rows))
        held_shares: npt.NDArray[np.float64] = held_counts / np.maximum(word_counts, 1)
        return held_shares

    def _statements_by_length(self) -> Iterator[tuple[Rows, Rows]]:
        """(rows, the ranks of their words, ascending) of the statements of each length but 0."""
        statement_sizes = np.diff(self._statement_starts)
        for statement_size in np.unique(statement_sizes[statement_sizes > 0]).tolist():
            statement_rows = np.flatnonzero(statement_sizes == statement_size)
            for row_block in np.array_split(
                statement_rows, max(1, len(statement_rows) * statement_size // MAX_KEY_LOOKUPS)
            ):
                yield (
                    row_block,
                    self._word_keys[self._statement_starts[row_block][:, None] + np.arange(statement_size)]
                    % self._vocabulary_size,
                )

    def _word_pair_keys(self, word_ranks: Rows, *, with_single_words: bool) -> Rows:
        """A key for each pair of words of a row, and with `alone` for each word; ranks are (rows, words)."""
        first_column, second_column = np.triu_indices(word_ranks.shape[1], 0 if with_single_words else 1)
        prefix_keys: Rows = word_ranks[:, first_column] * self._vocabulary_size + word_ranks[:, second_column]
        return prefix_keys
