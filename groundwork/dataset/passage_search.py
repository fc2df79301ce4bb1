"""The passages that may answer a question, by vectors of texts, by rare words, and by what rows ask of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from groundwork.dataset.split.eval_selection import Encode
from groundwork.embedding.cosine_threshold import calibrated_thresholds
from groundwork.embedding.nearest_neighbours import VectorBuffer, find_nearest
from groundwork.records import Chunk, Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from groundwork.embedding.vector_types import Vectors

WHOLE_DOCUMENT_LENGTH = 40_000  # characters of a document up to which a question is looked up in all of it
NEAREST_CHUNKS = 3  # chunks of a longer one: so many by their text, by their words, and by what is asked of them


class _TfidfIndex:
    """Passages by their words, rare ones weighing more (tf-idf)."""

    def __init__(self, passages: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=r"\w+")  # noqa: S106  no password
        self._passages = self._vectorizer.fit_transform(passages)

    def scores(self, question: str) -> NDArray[np.float64]:
        """The cosine of each passage to the question, (passages,)."""
        tfidf_cosines: NDArray[np.float64] = (self._passages @ self._vectorizer.transform([question]).T).toarray()[:, 0]
        return tfidf_cosines


def _nearest_passage_indices(scores: NDArray[Any]) -> list[int]:
    """The places of the NEAREST_CHUNKS highest scores, the highest first."""
    return np.argsort(-scores, kind="stable")[:NEAREST_CHUNKS].tolist()  # type: ignore[no-any-return]


@dataclass
class PassageSearch:
    """What a question is compared with: the dataset's rows and the chunks, with their vectors."""

    rows: Sequence[Row]
    chunks: Sequence[Chunk]
    encode: Encode
    threshold_of: Callable[[str], float]
    row_vectors: VectorBuffer
    passage_vectors: Vectors

    @classmethod
    async def over(cls, rows: Sequence[Row], chunks: Sequence[Chunk], encode: Encode, seed: int) -> PassageSearch:
        questions = [row.question for row in rows]
        row_question_vectors = await encode(questions, "query")
        return cls(
            rows,
            chunks,
            encode,
            calibrated_thresholds(row_question_vectors, questions, seed),
            VectorBuffer(row_question_vectors),
            await encode([chunk.text for chunk in chunks], "document"),
        )

    async def open_questions(self, searched_questions: list[str]) -> tuple[list[str], Vectors]:
        """Those of `searched_questions` that no row asks, with their vectors (m, d)."""
        if not searched_questions:
            return [], np.empty((0, self.passage_vectors.shape[1]), dtype=np.float32)
        question_vectors = await self.encode(searched_questions, "query")
        nearest_cosines = find_nearest(question_vectors, self.row_vectors.rows)[1]
        is_unasked = nearest_cosines < [*map(self.threshold_of, searched_questions)]
        return list(compress(searched_questions, is_unasked)), question_vectors[is_unasked]

    def passages(
        self, searched_questions: Sequence[str], question_vectors: Vectors, source_chunk: Chunk
    ) -> list[Chunk]:
        """All chunks of the chunk's document where it is short; else the chunk itself and those nearest to the
        questions, whose `question_vectors` are (m, d): by vectors of texts, by rare words, and by what rows ask of
        them.
        """
        document_passages = [chunk for chunk in self.chunks if chunk.document == source_chunk.document]
        if sum(len(chunk.text) for chunk in document_passages) <= WHOLE_DOCUMENT_LENGTH:
            return document_passages
        passages_by_id = {source_chunk.id: source_chunk}
        for searched_question, question_vector in zip(searched_questions, question_vectors, strict=True):
            nearest_rows = _nearest_passage_indices(self.row_vectors.rows[: len(self.rows)] @ question_vector)
            nearest_passages = _nearest_passage_indices(self.passage_vectors @ question_vector)
            nearest_passages += _nearest_passage_indices(self._tfidf_index.scores(searched_question))
            asked_passages = [self._passages_by_id.get(self.rows[index].chunk) for index in nearest_rows]
            for chunk in [*(self.chunks[index] for index in nearest_passages), *filter(None, asked_passages)]:
                passages_by_id.setdefault(chunk.id, chunk)
        return list(passages_by_id.values())

    @cached_property
    def _passages_by_id(self) -> dict[str, Chunk]:
        return {chunk.id: chunk for chunk in self.chunks}

    @cached_property
    def _tfidf_index(self) -> _TfidfIndex:
        return _TfidfIndex([chunk.text for chunk in self.chunks])
