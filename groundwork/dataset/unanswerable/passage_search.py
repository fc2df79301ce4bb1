"""The passages nearest to a question, by vectors and by rare words, and whether a row asks the question already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from groundwork.dataset.split.eval_selection import Encode
from groundwork.embedding.nearest_neighbours import (
    VectorBuffer,
    calibrate_by_script,
    calibrate_threshold,
    find_nearest,
    threshold_of,
)
from groundwork.records import Chunk, Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from groundwork.embedding.nearest_neighbours import Vectors

WHOLE_DOCUMENT_LENGTH = 40_000  # characters of a document up to which a question is looked up in all of it
NEAREST_CHUNKS = 3  # chunks of a longer one: so many by their text, by their words, and by what is asked of them


class _TfidfIndex:
    """Texts by their words, rare ones weighing more (tf-idf)."""

    def __init__(self, texts: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=r"\w+")  # noqa: S106  no password
        self._texts = self._vectorizer.fit_transform(texts)

    def scores(self, question: str) -> NDArray[np.float64]:
        """The cosine of each text to the question, (texts,)."""
        tfidf_cosines: NDArray[np.float64] = (self._texts @ self._vectorizer.transform([question]).T).toarray()[:, 0]
        return tfidf_cosines


def _nearest_passage_indices(scores: NDArray[Any]) -> list[int]:
    """The places of the NEAREST_CHUNKS highest scores, the highest first."""
    return np.argsort(-scores, kind="stable")[:NEAREST_CHUNKS].tolist()  # type: ignore[no-any-return]


@dataclass
class QuestionSearch:
    """What a question is compared with: the dataset's rows and the chunks, with their vectors."""

    rows: Sequence[Row]
    chunks: Sequence[Chunk]
    encode: Encode
    threshold_of: Callable[[str], float]
    row_vectors: VectorBuffer
    chunk_vectors: Vectors

    @classmethod
    async def over(cls, rows: Sequence[Row], chunks: Sequence[Chunk], encode: Encode, seed: int) -> QuestionSearch:
        questions = [row.question for row in rows]
        row_question_vectors = await encode(questions, "query")
        overall_threshold = calibrate_threshold(row_question_vectors, seed)
        thresholds_by_script = calibrate_by_script(row_question_vectors, questions, overall_threshold, seed)
        return cls(
            rows,
            chunks,
            encode,
            partial(threshold_of, by_script=thresholds_by_script, overall=overall_threshold),
            VectorBuffer(row_question_vectors),
            await encode([chunk.text for chunk in chunks], "document"),
        )

    async def open_questions(self, searched_questions: list[str]) -> tuple[list[str], Vectors]:
        """Those of `searched_questions` that no row asks, with their vectors (m, d)."""
        if not searched_questions:
            return [], np.empty((0, self.chunk_vectors.shape[1]), dtype=np.float32)
        question_vectors = await self.encode(searched_questions, "query")
        is_unasked = find_nearest(question_vectors, self.row_vectors.rows)[1] < [
            *map(self.threshold_of, searched_questions)
        ]
        return [
            searched_question
            for searched_question, unasked in zip(searched_questions, is_unasked, strict=True)
            if unasked
        ], question_vectors[is_unasked]

    def passages(
        self, searched_questions: Sequence[str], question_vectors: Vectors, source_chunk: Chunk
    ) -> list[Chunk]:
        """All chunks of the chunk's document where it is short; else the chunk itself and those nearest to the
        questions, whose `question_vectors` are (m, d): by vectors of texts, by rare words, and by what rows ask of
        them.
        """
        document_chunks = [chunk for chunk in self.chunks if chunk.document == source_chunk.document]
        if sum(len(chunk.text) for chunk in document_chunks) <= WHOLE_DOCUMENT_LENGTH:
            return document_chunks
        passages_by_id = {source_chunk.id: source_chunk}
        for searched_question, question_vector in zip(searched_questions, question_vectors, strict=True):
            nearest_rows = _nearest_passage_indices(self.row_vectors.rows[: len(self.rows)] @ question_vector)
            nearest_chunks = [
                *_nearest_passage_indices(self.chunk_vectors @ question_vector),
                *_nearest_passage_indices(self._tfidf_index.scores(searched_question)),
            ]
            passage_chunks = [self.chunks[index] for index in nearest_chunks]
            passage_chunks += [
                self._chunks_by_id[self.rows[index].chunk]
                for index in nearest_rows
                if self.rows[index].chunk in self._chunks_by_id
            ]
            passages_by_id |= {chunk.id: chunk for chunk in passage_chunks if chunk.id not in passages_by_id}
        return list(passages_by_id.values())

    @cached_property
    def _chunks_by_id(self) -> dict[str, Chunk]:
        return {chunk.id: chunk for chunk in self.chunks}

    @cached_property
    def _tfidf_index(self) -> _TfidfIndex:
        return _TfidfIndex([chunk.text for chunk in self.chunks])
