"""The search for duplicates: which questions ask what an earlier one has asked."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from groundwork.embedding.nearest_neighbours import (
    EXACT_ROWS,
    VectorBuffer,
    calibrate_by_script,
    calibrate_threshold,
    random_cosines,
    similar_rows,
)
from groundwork.errors import MissingExtra
from groundwork.language.words import normalised_words
from groundwork.questions.duplicates.duplicate_rule import (
    SAME_EVIDENCE_SHARE,
    AskedQuestion,
    Likeness,
    WordSet,
    ask_the_same,
    shared_word_share,
)
from groundwork.questions.duplicates.set_similarity_join import SetSimilarityJoin, prefix_length
from groundwork.settings.config_schema import Embeddings

if TYPE_CHECKING:
    from groundwork.embedding.encoder import EncodeTexts
    from groundwork.llm.client import Client

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

CALIBRATION_QUESTIONS = 400  # texts at the most
MIN_CALIBRATION_QUESTIONS = 20  # texts to calibrate on
DEFAULT_THRESHOLD, DEFAULT_ALIKE_COSINE = 0.92, 0.3  # for those few
ALIKE_COSINE_DISTANCE = (
    0.12  # on a scale from 0 (two random texts) to 1 (the same text); the same fact reworded begins at 0.15
)
MANY_QUESTIONS = 1_000  # questions at once from which statements are held against each other in arrays
CACHED_QUESTIONS = 4_096  # questions whose words are kept, of many
BLOCK_ROWS = 256  # new questions held against all earlier ones at once: 100 MB of cosines for 100,000

_NO_ROWS: Rows = np.zeros(0, dtype=np.int64)


def calibrated_likeness(
    vectors: Vectors, threshold: float | None = None, seed: int = 0, questions: Sequence[str] = ()
) -> Likeness:
    """Calibrated on the vectors (n, d) of some `questions`; `threshold` stands for `same_cosine` where given."""
    same_cosine = calibrate_threshold(vectors, seed) if threshold is None else threshold
    if len(vectors) < 2:
        return Likeness(same_cosine)
    random_cosine = float(np.median(random_cosines(vectors, seed)))
    by_script = calibrate_by_script(vectors, questions, same_cosine, seed) if threshold is None else {}
    return Likeness(same_cosine, random_cosine + ALIKE_COSINE_DISTANCE * (1 - random_cosine), by_script)


class EvidenceIndex:
    """Finds, among the pairs so far, those whose evidence shares SAME_EVIDENCE_SHARE of the words of the smaller one.

    A pair is looked up by its rarest words: of the words of the smaller at most a fifth may be missing in the larger,
    so of any choice of a fifth and two more at least two are there.
    """

    def __init__(self) -> None:
        self._rows_by_word: dict[str, list[int]] = defaultdict(list)  # all words
        self._rows_by_rare_word: dict[str, list[int]] = defaultdict(list)
        self._word_counts: Counter[str] = Counter()
        self._words: dict[int, WordSet] = {}

    def expect(self, word_sets: Iterable[WordSet]) -> None:
        """Count the words of those to come: the better it is known which words are rare, the fewer are candidates."""
        for evidence_words in word_sets:
            self._word_counts.update(evidence_words)

    def add(self, question_row: int, evidence_words: WordSet) -> None:
        self._words[question_row] = evidence_words
        for word in evidence_words:
            self._rows_by_word[word].append(question_row)
        for word in self._rarest_words(evidence_words):
            self._rows_by_rare_word[word].append(question_row)

    def rows_sharing_words(self, evidence_words: WordSet) -> set[int]:
        """The rows whose evidence has enough words in common with this one."""
        rare_word_hits = self._count_word_hits(self._rows_by_rare_word, evidence_words)
        candidate_rows = {row for row, hits in rare_word_hits.items() if hits > 1 or len(self._words[row]) == 1}
        hits_of_rarest_words = self._count_word_hits(self._rows_by_word, self._rarest_words(evidence_words))
        candidate_rows.update(row for row, hits in hits_of_rarest_words.items() if hits > 1 or len(evidence_words) == 1)
        return {
            row for row in candidate_rows if shared_word_share(evidence_words, self._words[row]) >= SAME_EVIDENCE_SHARE
        }

    def _count_word_hits(self, rows_by_word: Mapping[str, list[int]], words: Iterable[str]) -> Counter[int]:
        """How many of `words` lead to each row."""
        return Counter(chain.from_iterable(rows_by_word.get(word, ()) for word in words))

    def _rarest_words(self, evidence_words: WordSet) -> list[str]:
        return sorted(evidence_words, key=lambda word: (self._word_counts[word], word))[
            : prefix_length(len(evidence_words))
        ]


def _without_cached_words(question: AskedQuestion) -> AskedQuestion:
    """The same without the words that were read of it, which take some kB: what is read of this is soon gone."""
    return replace(question)


def wording_hash(question: str) -> bytes:
    """16 bytes in place of a wording: two of a million are the same once in 10^26 runs."""
    return hashlib.blake2b(normalised_words(question).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class _ConcatenatedSequences:
    """Sequences one after the other, none of them copied."""

    def __init__(self) -> None:
        self._sequences: list[Sequence[AskedQuestion]] = []
        self._starts: list[int] = []
        self._length = 0

    def append(self, sequence: Sequence[AskedQuestion]) -> None:
        self._sequences.append(sequence)
        self._starts.append(self._length)
        self._length += len(sequence)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, question_row: int) -> AskedQuestion:
        k = bisect_right(self._starts, question_row) - 1
        return self._sequences[k][question_row - self._starts[k]]


class EarlierQuestions:
    """The questions so far. `encode` gives vectors of length 1; without it the evidence alone tells, or the wording."""

    def __init__(self, encode: EncodeTexts | None = None, likeness: Likeness | None = None) -> None:
        self._encode_questions, self._likeness = encode, likeness or Likeness()
        self._rows_by_wording: dict[bytes, int] = {}  # the row of each wording, by its hash
        self._asked_questions = _ConcatenatedSequences()  # one a row of _vectors
        self._is_new_question = bytearray()  # of each row: does it repeat no other?
        self._evidence_index = EvidenceIndex()
        self._indexed_count = 0  # of _questions, those that _statements knows
        self._question_vectors: VectorBuffer | None = None
        self._cached_question = lru_cache(maxsize=CACHED_QUESTIONS)(self._question_of_row)

    async def find_duplicates(self, questions: Sequence[AskedQuestion]) -> list[str]:
        """For each the earlier question that it repeats, or "" where it is new; the new ones are remembered.

        Of many, `questions` may be read from a file again and again: it is kept as it is, and no words of it.
        """
        question_vectors = None
        if self._encode_questions and len(questions):
            question_vectors = await self._encode_questions([question.question for question in questions])
        are_many_questions, duplicated_questions = (
            not len(self._asked_questions) and len(questions) > MANY_QUESTIONS,
            list[str](),
        )
        self._asked_questions.append(questions)
        similar_rows_by_question, sharing_rows_by_question = (
            self._similar_question_rows(len(questions), question_vectors),
            self._rows_sharing(questions, are_many_questions),
        )
        for question, close_rows, sharing_rows in zip(
            questions, similar_rows_by_question, sharing_rows_by_question, strict=True
        ):
            question_row, wording_key = len(self._is_new_question), wording_hash(question.question)
            if (earlier_row := self._rows_by_wording.get(wording_key)) is not None:
                duplicated_question = self._asked_questions[earlier_row].question
            else:
                question = _without_cached_words(question) if are_many_questions else question
                duplicated_question = self._find_duplicated_question(question, close_rows, sharing_rows())
            duplicated_questions.append(duplicated_question)
            if not duplicated_question:
                self._rows_by_wording[wording_key] = question_row
            self._is_new_question.append(not duplicated_question)
        return duplicated_questions

    def _rows_sharing(
        self, questions: Sequence[AskedQuestion], are_many_questions: bool
    ) -> Iterator[Callable[[], Iterable[int]]]:
        """For each of `questions` what gives the earlier ones whose evidence shares its words."""
        if are_many_questions:
            similarity_join = SetSimilarityJoin(
                _without_cached_words(question).evidence_words for question in questions
            )
            yield from (partial(similarity_join.rows_joined_with, row) for row in range(len(questions)))
            return
        self._evidence_index.expect(question.evidence_words for question in questions)
        for question in questions:
            self._index_new_evidence()
            yield partial(self._evidence_index.rows_sharing_words, question.evidence_words)

    def _index_new_evidence(self) -> None:
        """Add to the index of evidence what it lacks."""
        for question_row in range(self._indexed_count, len(self._is_new_question)):
            if self._is_new_question[question_row]:
                self._evidence_index.add(question_row, self._asked_questions[question_row].evidence_words)
        self._indexed_count = len(self._is_new_question)

    def _question_of_row(self, question_row: int) -> AskedQuestion:
        """The question with its words: those of a few are kept with it, those of many only for a while."""
        return (
            self._asked_questions[question_row]
            if question_row < self._indexed_count
            else _without_cached_words(self._asked_questions[question_row])
        )

    def _similar_question_rows(self, question_count: int, new_vectors: Vectors | None) -> Iterator[Rows]:
        """For each new vector the earlier ones with a cosine from which questions are one."""
        if new_vectors is None:
            yield from [_NO_ROWS] * question_count
            return
        first_new_row = 0 if self._question_vectors is None else len(self._question_vectors.rows)
        if self._question_vectors is None:
            self._question_vectors = VectorBuffer(new_vectors)
        else:
            self._question_vectors.extend(new_vectors)
        earlier_and_new_vectors = self._question_vectors.rows
        if len(earlier_and_new_vectors) > EXACT_ROWS:
            new_rows = np.arange(first_new_row, len(earlier_and_new_vectors))
            for row, close_rows in zip(
                new_rows.tolist(),
                similar_rows(earlier_and_new_vectors, new_rows, self._likeness.same_cosine),
                strict=True,
            ):
                yield close_rows[close_rows < row]
            return
        for start in range(first_new_row, len(earlier_and_new_vectors), BLOCK_ROWS):
            new_vector_block = earlier_and_new_vectors[start : start + BLOCK_ROWS]
            cosines = new_vector_block @ earlier_and_new_vectors[: start + len(new_vector_block)].T
            for offset, row_cosines in enumerate(cosines):
                yield np.flatnonzero(row_cosines[: start + offset] >= self._likeness.same_cosine)

    def _find_duplicated_question(self, question: AskedQuestion, close_rows: Rows, sharing_rows: Iterable[int]) -> str:
        """The earlier question most like it that asks the same, or ""; `sharing_rows`: those with its evidence."""
        question_row = len(self._is_new_question)
        earlier_rows = np.array(
            sorted(earlier_row for earlier_row in sharing_rows if earlier_row < question_row), dtype=np.int64
        )
        if self._question_vectors is None:
            earlier_cosines = np.ones(len(earlier_rows), dtype=np.float32)
        else:
            question_vectors = self._question_vectors.rows
            question_vector = question_vectors[question_row]
            alike_rows = (
                earlier_rows[question_vectors[earlier_rows] @ question_vector >= self._likeness.alike_cosine]
                if len(earlier_rows)
                else earlier_rows
            )
            earlier_rows = np.union1d(alike_rows, close_rows)
            earlier_cosines = question_vectors[earlier_rows] @ question_vector
        for index in np.argsort(-earlier_cosines, kind="stable").tolist():
            earlier_row = int(earlier_rows[index])
            if self._is_new_question[earlier_row] and ask_the_same(
                question, self._cached_question(earlier_row), float(earlier_cosines[index]), self._likeness
            ):
                return self._cached_question(earlier_row).question
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
        vector_rows = np.arange(len(vectors)) if rows is None else np.array(rows, dtype=np.int64)
        self._similar_question_rows = similar_rows(vectors, vector_rows, likeness.same_cosine)
        self._vector_row_of = None if rows is None else {row: index for index, row in enumerate(rows)}
        evidence_word_sets = (_without_cached_words(question).evidence_words for question in questions)
        self._rows_sharing = (
            SetSimilarityJoin(evidence_word_sets).rows_joined_with
            if rows is None
            else _rows_sharing_evidence(questions, rows)
        )
        self._cached_question = lru_cache(maxsize=CACHED_QUESTIONS)(lambda row: _without_cached_words(questions[row]))

    def of(self, question_row: int) -> list[int]:
        """The other rows that ask what `question_row` asks, in order."""
        close_rows = self._similar_question_rows[
            question_row if self._vector_row_of is None else self._vector_row_of[question_row]
        ]
        sharing_rows = np.union1d(self._rows_sharing(question_row), close_rows)
        sharing_rows = sharing_rows[sharing_rows != question_row].astype(np.int64)
        question_cosines = self._question_vectors[sharing_rows] @ self._question_vectors[question_row]
        min_cosine = min(self._likeness.same_cosine, self._likeness.alike_cosine)
        return [
            int(sharing_rows[index])
            for index in np.flatnonzero(question_cosines >= min_cosine).tolist()
            if ask_the_same(
                self._cached_question(question_row),
                self._cached_question(int(sharing_rows[index])),
                float(question_cosines[index]),
                self._likeness,
            )
        ]


def _rows_sharing_evidence(questions: Sequence[AskedQuestion], question_rows: Sequence[int]) -> Callable[[int], Rows]:
    """What gives, for one of `question_rows`, those whose evidence shares its words; all are read once for few."""
    evidence_index = EvidenceIndex()
    evidence_index.expect(questions[question_row].evidence_words for question_row in question_rows)
    for question_row in question_rows:
        evidence_index.add(question_row, questions[question_row].evidence_words)
    sharing_rows: dict[int, list[int]] = {question_row: [] for question_row in question_rows}
    for other_row, question in enumerate(questions):
        for question_row in evidence_index.rows_sharing_words(_without_cached_words(question).evidence_words):
            sharing_rows[question_row].append(other_row)
    return lambda question_row: np.array(sharing_rows[question_row], dtype=np.int64)


async def encoder_and_likeness(
    settings: Embeddings,
    threshold: float | None,
    sample: Sequence[str],
    vectors: Path,
    client: Callable[[], Client],
    joined: Path | None = None,
) -> tuple[EncodeTexts, Likeness, str]:
    """(encode, from which cosines questions are alike, note for the ledger).

    Without a `threshold` it is calibrated for the embedder on `sample`. `vectors` is the folder of the vectors' cache,
    `joined` one that is only read.
    Where the embedder's extra is not installed, the embedder of the base install stands in, and the note says so.
    """
    from groundwork.embedding.encoder import encoder_for
    from groundwork.settings.config_schema import STATIC_MODEL

    calibration_texts = list(sample[:: max(1, len(sample) // CALIBRATION_QUESTIONS)])
    encoder, encoder_note = (
        encoder_for(settings, vectors, client() if settings.backend == "endpoint" else None, joined),
        "",
    )
    try:
        calibration_vectors = await encoder.aencode(calibration_texts, "query")
    except MissingExtra as missing_extra:
        stand_in = msgspec.structs.replace(settings, backend="static", model=STATIC_MODEL)
        encoder, encoder_note = (
            encoder_for(stand_in, vectors, joined=joined),
            f"{STATIC_MODEL} judges what is a duplicate: {missing_extra.need}",
        )
        calibration_vectors = await encoder.aencode(calibration_texts, "query")

    async def encode(questions: list[str]) -> Vectors:
        return await encoder.aencode(questions, "query")

    return encode, _calibrate_likeness(calibration_texts, calibration_vectors, threshold), encoder_note


def _calibrate_likeness(questions: Sequence[str], vectors: Vectors, threshold: float | None) -> Likeness:
    if len(questions) >= MIN_CALIBRATION_QUESTIONS:
        return calibrated_likeness(vectors, threshold, questions=questions)
    same_cosine = threshold or DEFAULT_THRESHOLD
    by_script = calibrate_by_script(vectors, questions, same_cosine) if threshold is None else {}
    return Likeness(same_cosine, DEFAULT_ALIKE_COSINE, by_script)
