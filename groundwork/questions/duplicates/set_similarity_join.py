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


def prefix_length(words: int) -> int:
    """Of a statement of so many words, how many of its rarest lead to it."""
    return int((1 - SAME_STATEMENT_SHARE) * words + 1e-9) + 2


class SharedStatements:
    """For each of some statements the others that hold SAME_STATEMENT of the words of the smaller of the two."""

    def __init__(self, statements: Iterable[Words]) -> None:
        self._read_statements(statements)
        self._sorted_keys, self._key_owners = self._prefix_keys()
        codes = np.concatenate([np.zeros(0, np.int64), *self._sharing_pairs()])
        statement_count = len(self._statement_starts) - 1
        codes = np.unique(
            np.concatenate(
                [codes, codes % max(statement_count, 1) * statement_count + codes // max(statement_count, 1)]
            )
        )
        self._joined_rows = (codes % max(statement_count, 1)).astype(np.int32)
        self._joined_row_bounds = np.searchsorted(codes, np.arange(statement_count + 1) * statement_count)
        del self._sorted_keys, self._key_owners, self._word_keys

    def of(self, statement_row: int) -> Rows:
        """The other rows, ascending."""
        return self._joined_rows[
            self._joined_row_bounds[statement_row] : self._joined_row_bounds[statement_row + 1]
        ].astype(np.int64)

    def _read_statements(self, statements: Iterable[Words]) -> None:
        """The words of all statements by their rank among all, the rarest first, statement by statement."""
        word_ids: dict[str, int] = {}
        word_sequence, starts = array("i"), array("q", [0])
        for statement in statements:
            word_sequence.extend(word_ids.setdefault(word, len(word_ids)) for word in statement)
            starts.append(len(word_sequence))
        flat_ids, self._statement_starts = np.array(word_sequence, dtype=np.int32), np.array(starts)
        self._vocabulary_size = len(word_ids)
        ranks = np.empty(self._vocabulary_size, dtype=np.int64)
        ranks[np.argsort(np.bincount(flat_ids, minlength=self._vocabulary_size), kind="stable")] = np.arange(
            self._vocabulary_size
        )
        owners = np.repeat(np.arange(len(self._statement_starts) - 1), np.diff(self._statement_starts))
        # One number a word of a statement, ascending: the statement, then the rank of the word.
        self._word_keys = (
            np.sort(owners * self._vocabulary_size + ranks[flat_ids]) if len(flat_ids) else np.zeros(0, np.int64)
        )

    def _prefix_keys(self) -> tuple[Rows, Rows]:
        """The keys of the rarest words of each statement, ascending, and whose they are."""
        keys, owners = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for statement_rows, ranks in self._statements_by_length():
            prefix_keys = self._word_pair_keys(ranks[:, : prefix_length(ranks.shape[1])], alone=ranks.shape[1] == 1)
            keys.append(prefix_keys.ravel())
            owners.append(np.repeat(statement_rows, prefix_keys.shape[1]))
        flat_keys, flat_owners = np.concatenate(keys), np.concatenate(owners)
        order = np.argsort(flat_keys, kind="stable")
        return flat_keys[order], flat_owners[order]

    def _sharing_pairs(self) -> Iterator[Rows]:
        """(larger * statements + smaller) of what shares enough words, in parts."""
        has_single_words = bool((np.diff(self._statement_starts) == 1).any())
        for statement_rows, ranks in self._statements_by_length():
            step = max(1, MAX_KEY_LOOKUPS // (ranks.shape[1] * (ranks.shape[1] + 1) // 2))
            for start in range(0, len(statement_rows), step):
                yield from self._look_up_pairs(
                    statement_rows[start : start + step], ranks[start : start + step], has_single_words
                )

    def _look_up_pairs(self, statement_rows: Rows, ranks: Rows, has_single_words: bool) -> Iterator[Rows]:
        prefix_keys = self._word_pair_keys(ranks, alone=has_single_words)
        first_hit = np.searchsorted(self._sorted_keys, prefix_keys.ravel())
        hits = np.searchsorted(self._sorted_keys, prefix_keys.ravel(), side="right") - first_hit
        if len(statement_rows) > 1 and hits.sum() > MAX_KEY_LOOKUPS:
            half = len(statement_rows) // 2
            yield from self._look_up_pairs(statement_rows[:half], ranks[:half], has_single_words)
            yield from self._look_up_pairs(statement_rows[half:], ranks[half:], has_single_words)
            return
        positions = np.repeat(first_hit - np.cumsum(hits) + hits, hits) + np.arange(hits.sum())
        seeking_rows = np.repeat(np.repeat(statement_rows, prefix_keys.shape[1]), hits)
        statement_sizes = np.diff(self._statement_starts)
        hit_rows = self._key_owners[positions]
        is_smaller = (hit_rows != seeking_rows) & (statement_sizes[hit_rows] <= statement_sizes[seeking_rows])
        pairs = np.unique(seeking_rows[is_smaller] * len(statement_sizes) + hit_rows[is_smaller])
        yield pairs[
            self._held_word_shares(pairs // len(statement_sizes), pairs % len(statement_sizes), statement_sizes)
            >= SAME_STATEMENT_SHARE
        ]

    def _held_word_shares(self, larger: Rows, smaller: Rows, statement_sizes: Rows) -> npt.NDArray[np.float64]:
        """The share of the smaller's words that the larger holds, pair by pair."""
        word_counts = statement_sizes[smaller]
        pair_index = np.repeat(np.arange(len(smaller)), word_counts)
        positions = np.arange(word_counts.sum()) - np.repeat(np.cumsum(word_counts) - word_counts, word_counts)
        ranks = self._word_keys[self._statement_starts[smaller][pair_index] + positions] % self._vocabulary_size
        word_keys = larger[pair_index] * self._vocabulary_size + ranks
        is_held = (
            self._word_keys[np.minimum(np.searchsorted(self._word_keys, word_keys), len(self._word_keys) - 1)]
            == word_keys
        )
        held_counts = np.bincount(pair_index, weights=is_held, minlength=len(smaller))
        shares: npt.NDArray[np.float64] = held_counts / np.maximum(word_counts, 1)
        return shares

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

    def _word_pair_keys(self, ranks: Rows, *, alone: bool) -> Rows:
        """A key for each pair of words of a row, and with `alone` for each word; ranks are (rows, words)."""
        first_column, second_column = np.triu_indices(ranks.shape[1], 0 if alone else 1)
        prefix_keys: Rows = ranks[:, first_column] * self._vocabulary_size + ranks[:, second_column]
        return prefix_keys
