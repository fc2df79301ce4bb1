"""The search for duplicates: which questions ask what an earlier one has asked."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from groundwork.embedding.nearest_neighbours import EXACT_ROWS, VectorBuffer, similar_rows
from groundwork.language.words import normalised_words
from groundwork.questions.duplicates.likeness_calibration import Likeness
from groundwork.questions.duplicates.overlapping_word_sets import (
    EvidenceIndex,
    Rows,
    SetSimilarityJoin,
    rows_sharing_evidence,
)
from groundwork.questions.duplicates.question_comparison import AskedQuestion, ask_the_same

if TYPE_CHECKING:
    from groundwork.embedding.encoder import EncodeTexts
    from groundwork.embedding.vector_types import Vectors

MANY_QUESTIONS = 1_000  # questions at once from which statements are held against each other in arrays
CACHED_QUESTIONS = 4_096  # questions whose words are kept, of many
QUESTIONS_PER_BLOCK = 256  # new questions held against all earlier ones at once: 100 MB of cosines for 100,000

_NO_ROWS: Rows = np.zeros(0, dtype=np.int64)


def wording_hash(question: str) -> bytes:
    """16 bytes in place of a wording: two of a million are the same once in 10^26 runs."""
    return hashlib.blake2b(normalised_words(question).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class _QuestionSequences:
    """Sequences one after the other, none of them copied."""

    def __init__(self) -> None:
        self._sequences: list[Sequence[AskedQuestion]] = []
        self._starts: list[int] = []
        self._length = 0

    def append(self, asked_questions: Sequence[AskedQuestion]) -> None:
        self._sequences.append(asked_questions)
        self._starts.append(self._length)
        self._length += len(asked_questions)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, searched_row: int) -> AskedQuestion:
        sequence_index = bisect_right(self._starts, searched_row) - 1
        return self._sequences[sequence_index][searched_row - self._starts[sequence_index]]


class EarlierQuestions:
    """The questions so far. `encode` gives vectors of length 1; without it the evidence alone tells, or the wording."""

    def __init__(self, encode: EncodeTexts | None = None, likeness: Likeness | None = None) -> None:
        self._encode_questions, self._likeness = encode, likeness or Likeness()
        self._rows_by_wording: dict[bytes, int] = {}  # the row of each wording, by its hash
        self._asked_questions = _QuestionSequences()  # one a row of _question_vectors
        self._is_no_duplicate = bytearray()  # of each row: does it repeat no other?
        self._evidence_index = EvidenceIndex()
        self._indexed_count = 0  # of _asked_questions, those that _evidence_index knows
        self._question_vectors: VectorBuffer | None = None
        self._cached_question = lru_cache(maxsize=CACHED_QUESTIONS)(self._question_of_row)

    async def find_duplicates(self, searched_questions: Sequence[AskedQuestion]) -> list[str]:
        """For each the earlier question that it repeats, or "" where it is new; the new ones are remembered.

        Of many, `searched_questions` may be read from a file again and again: it is kept as it is, and no words of it.
        """
        question_vectors = None
        if self._encode_questions and len(searched_questions):
            question_vectors = await self._encode_questions([searched.question for searched in searched_questions])
        are_many_questions = not len(self._asked_questions) and len(searched_questions) > MANY_QUESTIONS
        duplicated_questions: list[str] = []
        self._asked_questions.append(searched_questions)
        close_rows = self._similar_question_rows(len(searched_questions), question_vectors)
        sharing_rows = self._rows_sharing(searched_questions, are_many_questions)
        for searched, close_candidates, sharing_candidates in zip(
            searched_questions, close_rows, sharing_rows, strict=True
        ):
            searched_row, wording_key = len(self._is_no_duplicate), wording_hash(searched.question)
            if (earlier_row := self._rows_by_wording.get(wording_key)) is not None:
                duplicated_question = self._asked_questions[earlier_row].question
            else:
                searched = searched.without_cached_words() if are_many_questions else searched
                duplicated_question = self._find_duplicated_question(searched, close_candidates, sharing_candidates())
            duplicated_questions.append(duplicated_question)
            if not duplicated_question:
                self._rows_by_wording[wording_key] = searched_row
            self._is_no_duplicate.append(not duplicated_question)
        return duplicated_questions

    def _rows_sharing(
        self, searched_questions: Sequence[AskedQuestion], are_many_questions: bool
    ) -> Iterator[Callable[[], Iterable[int]]]:
        """For each of `searched_questions` what gives the earlier ones whose evidence shares its words."""
        if are_many_questions:
            join = SetSimilarityJoin(searched.without_cached_words().evidence_words for searched in searched_questions)
            yield from (partial(join.rows_overlapping, row) for row in range(len(searched_questions)))
            return
        self._evidence_index.expect(searched.evidence_words for searched in searched_questions)
        for searched in searched_questions:
            self._index_new_evidence()
            yield partial(self._evidence_index.rows_sharing_words, searched.evidence_words)

    def _index_new_evidence(self) -> None:
        """Add to the index of evidence what it lacks."""
        for searched_row in range(self._indexed_count, len(self._is_no_duplicate)):
            if self._is_no_duplicate[searched_row]:
                self._evidence_index.add(searched_row, self._asked_questions[searched_row].evidence_words)
        self._indexed_count = len(self._is_no_duplicate)

    def _question_of_row(self, searched_row: int) -> AskedQuestion:
        """The question with its words: those of a few are kept with it, those of many only for a while."""
        return (
            self._asked_questions[searched_row]
            if searched_row < self._indexed_count
            else self._asked_questions[searched_row].without_cached_words()
        )

    def _similar_question_rows(self, question_count: int, searched_vectors: Vectors | None) -> Iterator[Rows]:
        """For each new vector the earlier ones with a cosine from which questions are one."""
        if searched_vectors is None:
            yield from [_NO_ROWS] * question_count
            return
        first_searched_row = 0 if self._question_vectors is None else len(self._question_vectors.rows)
        if self._question_vectors is None:
            self._question_vectors = VectorBuffer(searched_vectors)
        else:
            self._question_vectors.extend(searched_vectors)
        earlier_and_new_vectors = self._question_vectors.rows
        if len(earlier_and_new_vectors) > EXACT_ROWS:
            searched_rows = np.arange(first_searched_row, len(earlier_and_new_vectors))
            close_rows = similar_rows(earlier_and_new_vectors, searched_rows, self._likeness.same_cosine)
            for searched_row, close_candidates in zip(searched_rows.tolist(), close_rows, strict=True):
                yield close_candidates[close_candidates < searched_row]
            return
        for block_start in range(first_searched_row, len(earlier_and_new_vectors), QUESTIONS_PER_BLOCK):
            searched_block = earlier_and_new_vectors[block_start : block_start + QUESTIONS_PER_BLOCK]
            block_cosines = searched_block @ earlier_and_new_vectors[: block_start + len(searched_block)].T
            for searched_row, searched_cosines in enumerate(block_cosines, block_start):
                yield np.flatnonzero(searched_cosines[:searched_row] >= self._likeness.same_cosine)

    def _find_duplicated_question(
        self, searched_question: AskedQuestion, close_candidates: Rows, sharing_candidates: Iterable[int]
    ) -> str:
        """The earlier question most like it that asks the same, or ""; `sharing_candidates` have its evidence."""
        searched_row = len(self._is_no_duplicate)
        candidate_rows: Rows = np.array(sorted(row for row in sharing_candidates if row < searched_row), dtype=np.int64)
        if self._question_vectors is None:
            candidate_cosines = np.ones(len(candidate_rows), dtype=np.float32)
        else:
            question_vectors = self._question_vectors.rows
            searched_vector = question_vectors[searched_row]
            if len(candidate_rows):
                sharing_cosines = question_vectors[candidate_rows] @ searched_vector
                candidate_rows = candidate_rows[sharing_cosines >= self._likeness.alike_cosine]
            candidate_rows = np.union1d(candidate_rows, close_candidates)
            candidate_cosines = question_vectors[candidate_rows] @ searched_vector
        for candidate_index in np.argsort(-candidate_cosines, kind="stable").tolist():
            duplicate_row, cosine = int(candidate_rows[candidate_index]), float(candidate_cosines[candidate_index])
            if self._is_no_duplicate[duplicate_row]:
                duplicate_candidate = self._cached_question(duplicate_row)
                if ask_the_same(searched_question, duplicate_candidate, cosine, self._likeness):
                    return duplicate_candidate.question
        return ""


class SameQuestions:
    """Which of many pairs ask the same; `vectors` (n, d) are those of their questions, rows of length 1."""

    def __init__(
        self,
        questions: Sequence[AskedQuestion],
        vectors: Vectors,
        likeness: Likeness,
        rows: Sequence[int] | None = None,
    ) -> None:
        """`rows`: the only ones that `of` will be asked about."""
        self._asked_questions, self._question_vectors, self._likeness = questions, vectors, likeness
        searched_rows = np.arange(len(vectors)) if rows is None else np.array(rows, dtype=np.int64)
        self._similar_question_rows = similar_rows(vectors, searched_rows, likeness.same_cosine)
        self._vector_row_of = None if rows is None else {row: index for index, row in enumerate(rows)}
        evidence_words = (question.without_cached_words().evidence_words for question in questions)
        self._rows_sharing = (
            SetSimilarityJoin(evidence_words).rows_overlapping
            if rows is None
            else rows_sharing_evidence(questions, rows)
        )
        self._cached_question = lru_cache(maxsize=CACHED_QUESTIONS)(lambda row: questions[row].without_cached_words())

    def of(self, searched_row: int) -> list[int]:
        """The other rows that ask what `searched_row` asks, in order."""
        close_candidates = self._similar_question_rows[
            searched_row if self._vector_row_of is None else self._vector_row_of[searched_row]
        ]
        sharing_candidates = np.union1d(self._rows_sharing(searched_row), close_candidates)
        sharing_candidates = sharing_candidates[sharing_candidates != searched_row].astype(np.int64)
        question_cosines = self._question_vectors[sharing_candidates] @ self._question_vectors[searched_row]
        min_question_cosine = min(self._likeness.same_cosine, self._likeness.alike_cosine)
        return [
            int(sharing_candidates[candidate_index])
            for candidate_index in np.flatnonzero(question_cosines >= min_question_cosine).tolist()
            if ask_the_same(
                self._cached_question(searched_row),
                self._cached_question(int(sharing_candidates[candidate_index])),
                float(question_cosines[candidate_index]),
                self._likeness,
            )
        ]
