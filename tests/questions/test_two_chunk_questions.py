"""Which two chunks of a document a question may need together."""

import tracemalloc

import numpy as np

from groundwork.questions.two_chunk_interviews import related_chunk_pairs
from tests.chunks import reading_of


async def test_each_chunk_goes_with_the_one_most_like_it():
    """Each couple once and in the order of the document, and a long document takes no memory by the square."""
    readings = [reading_of(f"Chunk {k}.", index=k) for k in range(3_000)]
    vectors = np.random.default_rng(1).normal(size=(3_000, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    async def encode(texts: list[str]) -> np.ndarray:
        return vectors[: len(texts)]

    tracemalloc.start()
    couples = await related_chunk_pairs(readings, encode)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000 < vectors.nbytes * len(readings) // 8
    indexes = [(first.chunk.index, second.chunk.index) for first, second in couples]
    assert indexes == sorted(set(indexes)) and {k for couple in indexes for k in couple} == set(range(3_000))
    cosines = vectors[:300] @ vectors.T - 2 * np.eye(300, 3_000)
    assert {tuple(sorted((k, int(row.argmax())))) for k, row in enumerate(cosines)} <= set(indexes)
    assert await related_chunk_pairs(readings[:1], encode) == []
