"""Which quotes of evidence share their words: an index for a few questions, and a set similarity join for a large run.

The join is one in arrays, with prefixes (Chaudhuri et al., "A Primitive Operator for Similarity Joins", ICDE 2006), for
the share of the smaller set. Of the smaller of two sets at most 1 - SAME_EVIDENCE_SHARE of the words may be missing in
the larger, so of any choice of so many words and two more at least two are there: of each set the pairs of its rarest
words are kept, and looked up with all pairs of words of the others.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from groundwork.questions.duplicates.question_comparison import (
    SAME_EVIDENCE_SHARE,
    AskedQuestion,
    WordSet,
    shared_word_share,
)

Rows = npt.NDArray[np.int64]

MAX_KEY_LOOKUPS = 2_000_000  # held at once


def prefix_length(word_count: int) -> int:
    """Of a statement of so many words, how many of its rarest lead to it."""
    return int((1 - SAME_EVIDENCE_SHARE) * word_count + 1e-9) + 2


class EvidenceIndex:
    """Finds, among the pairs so far, those whose evidence shares SAME_EVIDENCE_SHARE of the words of the smaller one.

    A pair is looked up by its rarest words: of the words of the smaller at most a fifth may be missing in the larger,
    so of any choice of a fifth and two more at least two are there.
    """

    def __init__(self) -> None:
        self._rows_by_evidence_word: dict[str, list[int]] = defaultdict(list)  # all words
        self._rows_by_rare_evidence_word: dict[str, list[int]] = defaultdict(list)
        self._word_counts: Counter[str] = Counter()
        self._evidence_words: dict[int, WordSet] = {}

    def expect(self, word_sets: Iterable[WordSet]) -> None:
        """Count the words of those to come: the better it is known which words are rare, the fewer are candidates."""
        for evidence_words in word_sets:
            self._word_counts.update(evidence_words)

    def add(self, evidence_row: int, evidence_words: WordSet) -> None:
        self._evidence_words[evidence_row] = evidence_words
        for word in evidence_words:
            self._rows_by_evidence_word[word].append(evidence_row)
        for word in self._rarest_words(evidence_words):
            self._rows_by_rare_evidence_word[word].append(evidence_row)

    def rows_sharing_words(self, evidence_words: WordSet) -> set[int]:
        """The rows whose evidence has enough words in common with this one."""
        rare_evidence_hits = self._count_word_hits(self._rows_by_rare_evidence_word, evidence_words)
        sharing = {row for row, hits in rare_evidence_hits.items() if hits > 1 or len(self._evidence_words[row]) == 1}
        rarest_evidence_hits = self._count_word_hits(self._rows_by_evidence_word, self._rarest_words(evidence_words))
        sharing.update(row for row, hits in rarest_evidence_hits.items() if hits > 1 or len(evidence_words) == 1)
        return {
            row
            for row in sharing
            if shared_word_share(evidence_words, self._evidence_words[row]) >= SAME_EVIDENCE_SHARE
        }

    def _count_word_hits(self, rows_by_word: Mapping[str, list[int]], evidence_words: Iterable[str]) -> Counter[int]:
        """How many of `evidence_words` lead to each row."""
        return Counter(chain.from_iterable(rows_by_word.get(word, ()) for word in evidence_words))

    def _rarest_words(self, evidence_words: WordSet) -> list[str]:
        rarest_first = sorted(evidence_words, key=lambda word: (self._word_counts[word], word))
        return rarest_first[: prefix_length(len(evidence_words))]


class SetSimilarityJoin:
    """For each of some statements the others that hold SAME_EVIDENCE_SHARE of the words of the smaller of the two."""

    def __init__(self, word_sets: Iterable[WordSet]) -> None:
        self._read_word_sets(word_sets)
        self._sorted_prefix_keys, self._prefix_key_sets = self._prefix_keys()
        set_pair_codes = np.concatenate([np.zeros(0, np.int64), *self._overlapping_set_pairs()])
        set_count = len(self._set_starts) - 1
        set_pair_codes = np.unique(
            np.concatenate(
                [set_pair_codes, set_pair_codes % max(set_count, 1) * set_count + set_pair_codes // max(set_count, 1)]
            )
        )
        self._overlapping_rows = (set_pair_codes % max(set_count, 1)).astype(np.int32)
        self._overlapping_row_bounds = np.searchsorted(set_pair_codes, np.arange(set_count + 1) * set_count)
        del self._sorted_prefix_keys, self._prefix_key_sets, self._set_word_keys

    def rows_overlapping(self, set_row: int) -> Rows:
        """The other rows, ascending."""
        return self._overlapping_rows[
            self._overlapping_row_bounds[set_row] : self._overlapping_row_bounds[set_row + 1]
        ].astype(np.int64)

    def _read_word_sets(self, word_sets: Iterable[WordSet]) -> None:
        """The words of all statements by their rank among all, the rarest first, statement by statement."""
        word_ids: dict[str, int] = {}
        evidence_word_ids, set_starts = array("i"), array("q", [0])
        for word_set in word_sets:
            evidence_word_ids.extend(word_ids.setdefault(word, len(word_ids)) for word in word_set)
            set_starts.append(len(evidence_word_ids))
        word_ids_of_sets, self._set_starts = np.array(evidence_word_ids, dtype=np.int32), np.array(set_starts)
        self._vocabulary_size = len(word_ids)
        word_ranks = np.empty(self._vocabulary_size, dtype=np.int64)
        word_counts = np.bincount(word_ids_of_sets, minlength=self._vocabulary_size)
        word_ranks[np.argsort(word_counts, kind="stable")] = np.arange(self._vocabulary_size)
        set_rows_of_words = np.repeat(np.arange(len(self._set_starts) - 1), np.diff(self._set_starts))
        # One number a word of a statement, ascending: the statement, then the rank of the word.
        self._set_word_keys = (
            np.sort(set_rows_of_words * self._vocabulary_size + word_ranks[word_ids_of_sets])
            if len(word_ids_of_sets)
            else np.zeros(0, np.int64)
        )

    def _prefix_keys(self) -> tuple[Rows, Rows]:
        """The keys of the rarest words of each statement, ascending, and whose they are."""
        prefix_keys_by_length, prefix_sets_by_length = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for set_rows, word_ranks in self._sets_by_length():
            prefix_keys = self._word_pair_keys(
                word_ranks[:, : prefix_length(word_ranks.shape[1])], with_single_words=word_ranks.shape[1] == 1
            )
            prefix_keys_by_length.append(prefix_keys.ravel())
            prefix_sets_by_length.append(np.repeat(set_rows, prefix_keys.shape[1]))
        joined_prefix_keys = np.concatenate(prefix_keys_by_length)
        joined_prefix_sets = np.concatenate(prefix_sets_by_length)
        prefix_key_order = np.argsort(joined_prefix_keys, kind="stable")
        return joined_prefix_keys[prefix_key_order], joined_prefix_sets[prefix_key_order]

    def _overlapping_set_pairs(self) -> Iterator[Rows]:
        """(larger * statements + smaller) of what shares enough words, in parts."""
        has_single_words = bool((np.diff(self._set_starts) == 1).any())
        for set_rows, word_ranks in self._sets_by_length():
            sets_at_once = max(1, MAX_KEY_LOOKUPS // (word_ranks.shape[1] * (word_ranks.shape[1] + 1) // 2))
            for first_set_row in range(0, len(set_rows), sets_at_once):
                yield from self._look_up_set_pairs(
                    set_rows[first_set_row : first_set_row + sets_at_once],
                    word_ranks[first_set_row : first_set_row + sets_at_once],
                    has_single_words,
                )

    def _look_up_set_pairs(self, set_rows: Rows, word_ranks: Rows, has_single_words: bool) -> Iterator[Rows]:
        prefix_keys = self._word_pair_keys(word_ranks, with_single_words=has_single_words)
        first_hit = np.searchsorted(self._sorted_prefix_keys, prefix_keys.ravel())
        hit_counts = np.searchsorted(self._sorted_prefix_keys, prefix_keys.ravel(), side="right") - first_hit
        if len(set_rows) > 1 and hit_counts.sum() > MAX_KEY_LOOKUPS:
            half_of_sets = len(set_rows) // 2
            yield from self._look_up_set_pairs(set_rows[:half_of_sets], word_ranks[:half_of_sets], has_single_words)
            yield from self._look_up_set_pairs(set_rows[half_of_sets:], word_ranks[half_of_sets:], has_single_words)
            return
        hit_offsets = np.repeat(first_hit - np.cumsum(hit_counts) + hit_counts, hit_counts)
        prefix_hit_positions = hit_offsets + np.arange(hit_counts.sum())
        seeking_set_rows = np.repeat(np.repeat(set_rows, prefix_keys.shape[1]), hit_counts)
        set_sizes = np.diff(self._set_starts)
        hit_set_rows = self._prefix_key_sets[prefix_hit_positions]
        is_smaller_set = (hit_set_rows != seeking_set_rows) & (set_sizes[hit_set_rows] <= set_sizes[seeking_set_rows])
        set_pair_codes = np.unique(seeking_set_rows[is_smaller_set] * len(set_sizes) + hit_set_rows[is_smaller_set])
        larger_rows, smaller_rows = np.divmod(set_pair_codes, len(set_sizes))
        yield set_pair_codes[self._held_word_shares(larger_rows, smaller_rows, set_sizes) >= SAME_EVIDENCE_SHARE]

    def _held_word_shares(self, larger_set_rows: Rows, smaller_rows: Rows, set_sizes: Rows) -> npt.NDArray[np.float64]:
        """The share of the smaller's words that the larger holds, pair by pair."""
        smaller_set_sizes = set_sizes[smaller_rows]
        pair_index = np.repeat(np.arange(len(smaller_rows)), smaller_set_sizes)
        positions = np.arange(smaller_set_sizes.sum()) - np.repeat(
            np.cumsum(smaller_set_sizes) - smaller_set_sizes, smaller_set_sizes
        )
        word_ranks = self._set_word_keys[self._set_starts[smaller_rows][pair_index] + positions] % self._vocabulary_size
        word_keys = larger_set_rows[pair_index] * self._vocabulary_size + word_ranks
        key_places = np.minimum(np.searchsorted(self._set_word_keys, word_keys), len(self._set_word_keys) - 1)
        is_word_held = self._set_word_keys[key_places] == word_keys
        held_word_counts = np.bincount(pair_index, weights=is_word_held, minlength=len(smaller_rows))
        held_word_shares: npt.NDArray[np.float64] = held_word_counts / np.maximum(smaller_set_sizes, 1)
        return held_word_shares

    def _sets_by_length(self) -> Iterator[tuple[Rows, Rows]]:
        """(rows, the ranks of their words, ascending) of the statements of each length but 0."""
        set_sizes = np.diff(self._set_starts)
        for set_size in np.unique(set_sizes[set_sizes > 0]).tolist():
            set_rows = np.flatnonzero(set_sizes == set_size)
            for sets in np.array_split(set_rows, max(1, len(set_rows) * set_size // MAX_KEY_LOOKUPS)):
                yield (
                    sets,
                    self._set_word_keys[self._set_starts[sets][:, None] + np.arange(set_size)] % self._vocabulary_size,
                )

    def _word_pair_keys(self, word_ranks: Rows, *, with_single_words: bool) -> Rows:
        """A key for each pair of words of a row, and with `with_single_words` for each word; ranks are (rows,
        words)."""
        first_column, second_column = np.triu_indices(word_ranks.shape[1], 0 if with_single_words else 1)
        prefix_keys: Rows = word_ranks[:, first_column] * self._vocabulary_size + word_ranks[:, second_column]
        return prefix_keys


def rows_sharing_evidence(questions: Sequence[AskedQuestion], indexed_rows: Sequence[int]) -> Callable[[int], Rows]:
    """What gives, for one of `indexed_rows`, those whose evidence shares its words; all are read once for few."""
    evidence_index = EvidenceIndex()
    evidence_index.expect(questions[indexed_row].evidence_words for indexed_row in indexed_rows)
    for indexed_row in indexed_rows:
        evidence_index.add(indexed_row, questions[indexed_row].evidence_words)
    sharing_rows: dict[int, list[int]] = {indexed_row: [] for indexed_row in indexed_rows}
    for evidence_row, question in enumerate(questions):
        for indexed_row in evidence_index.rows_sharing_words(question.without_cached_words().evidence_words):
            sharing_rows[indexed_row].append(evidence_row)
    return lambda indexed_row: np.array(sharing_rows[indexed_row], dtype=np.int64)
