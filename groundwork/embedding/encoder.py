"""Texts to vectors, by one of three backends, each text embedded once.

    encoder = encoder_for(config.embeddings, data / "embeddings")
    vectors = encoder.encode(questions, "query")            # float32 (n, d), rows of length 1
    vectors = await encoder.aencode(questions, "query")     # the same inside an event loop; the one for `endpoint`

Vectors are kept in one SQLite file a model, keyed by text, model, prefix and dimensions: adding ten questions
embeds ten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from groundwork.embedding.embedder_model import Kind, embedding_prefix
from groundwork.embedding.encoder_backends import (
    EmbeddingClient,
    EncoderBackend,
    EndpointBackend,
    SentenceTransformersBackend,
    StaticBackend,
)
from groundwork.embedding.vector_cache import VectorCache
from groundwork.embedding.vector_types import Vectors
from groundwork.errors import BadRecord, ConfigError, UnitError
from groundwork.settings.config_schema import Embeddings

EncodeTexts = Callable[[list[str]], Awaitable[Vectors]]
Progress = Callable[[int], None]
T = TypeVar("T")

TEXTS_AT_ONCE = 20_000  # texts whose vectors are looked up and made together
_BATCHES_PER_SAVE = 16  # batches between two writes to the cache: what a kill can cost


def encoder_for(
    settings: Embeddings, cache: Path, client: EmbeddingClient | None = None, joined: Path | None = None
) -> Encoder:
    """The encoder that `settings` describes, keeping vectors in the folder `cache`.

    `joined`: a folder whose vectors are known as well, and which is only read: the one that a shard's is joined to.

    Nothing is loaded before the first text that the cache does not hold.
    Raises ConfigError for the backend `endpoint` without a client.
    """
    if settings.backend == "static":
        return Encoder(settings, StaticBackend(), cache, joined)
    if settings.backend == "sentence-transformers":
        return Encoder(settings, SentenceTransformersBackend(settings), cache, joined)
    if client is None:
        raise ConfigError(["embeddings.backend: 'endpoint' cannot be used here; choose another backend"])
    return Encoder(settings, EndpointBackend(settings, client), cache, joined)


class Encoder:
    """A backend behind its cache. `computed` counts the texts that the cache did not hold."""

    def __init__(self, settings: Embeddings, backend: EncoderBackend, cache: Path, joined: Path | None = None) -> None:
        self.settings = settings
        self.backend = backend
        self.computed = 0
        self._cache = VectorCache(settings, cache, joined)

    @property
    def name(self) -> str:
        """What tells vectors of one encoder from another's, such as `static/wordllama`."""
        dimensions = f"/{self.settings.dimensions}" if self.settings.dimensions else ""
        return f"{self.settings.backend}/{self.settings.model}{dimensions}"

    def encode(self, texts: list[str], kind: Kind = "query", progress: Progress | None = None) -> Vectors:
        """Vectors (n, d) of `texts` in their order, each of length 1; an empty text gives zeros.

        Inside an event loop it blocks that loop, and the backend `endpoint`, whose client belongs to the loop,
        cannot work: use `aencode` there.
        """
        with ThreadPoolExecutor(max_workers=1) as embedding_thread:  # a thread of its own has no running loop
            return embedding_thread.submit(lambda: asyncio.run(self.aencode(texts, kind, progress))).result()

    async def aencode(self, texts: list[str], kind: Kind = "query", progress: Progress | None = None) -> Vectors:
        """As `encode`. `progress` is called with the number of texts just finished."""
        if len(texts) <= TEXTS_AT_ONCE:
            return await self._encode_batch(texts, kind, progress)
        vectors: Vectors | None = None  # filled batch by batch: a million vectors are not to be in memory twice
        for batch_start in range(0, len(texts), TEXTS_AT_ONCE):
            batch_vectors = await self._encode_batch(texts[batch_start : batch_start + TEXTS_AT_ONCE], kind, progress)
            vectors = np.empty((len(texts), batch_vectors.shape[1]), dtype=np.float32) if vectors is None else vectors
            if batch_vectors.shape[1] != vectors.shape[1]:
                raise _mixed_lengths_error(self._cache.file)
            vectors[batch_start : batch_start + len(batch_vectors)] = batch_vectors
        assert vectors is not None  # noqa: S101  # there is more than one batch
        return vectors

    async def _encode_batch(self, texts: list[str], kind: Kind, progress: Progress | None) -> Vectors:
        """The vectors of one batch of texts, read from the cache or computed."""
        model_prefix = await asyncio.to_thread(self.prefix, kind) if texts else ""
        cache_keys = [self._cache.key(text, model_prefix) for text in texts]
        cached_vectors = await asyncio.to_thread(self._cache.read, cache_keys)
        texts_by_key = dict(zip(cache_keys, texts, strict=True))
        uncached_texts = {k: _replace_surrogates(text) for k, text in texts_by_key.items() if k not in cached_vectors}
        if progress:
            progress(len(texts) - sum(cache_key in uncached_texts for cache_key in cache_keys))
        for batch_keys in _split_batches(list(uncached_texts), self.settings.batch * _BATCHES_PER_SAVE):
            raw_vectors = await self.backend.vectors([uncached_texts[key] for key in batch_keys], model_prefix)
            unit_vectors = _scale_to_unit_length(raw_vectors, self.settings.dimensions)
            computed_vectors = dict(zip(batch_keys, unit_vectors, strict=True))
            self._check_lengths(cached_vectors, computed_vectors)
            await asyncio.to_thread(self._cache.write, computed_vectors)
            cached_vectors |= computed_vectors
            self.computed += len(batch_keys)
            if progress:
                progress(len(batch_keys))
        return _stack_vectors([cached_vectors[cache_key] for cache_key in cache_keys], self._cache.file)

    def prefix(self, kind: Kind) -> str:
        """What stands before every text of this kind. Raises as load_model does."""
        return embedding_prefix(self.settings, kind)

    def _check_lengths(self, cached_vectors: dict[bytes, Vectors], computed_vectors: dict[bytes, Vectors]) -> None:
        """Raises UnitError before vectors are kept that cannot stand beside those of the same model."""
        cached_lengths, computed_lengths = (
            {len(vector) for vector in vectors.values()} for vectors in (cached_vectors, computed_vectors)
        )
        if cached_lengths and cached_lengths != computed_lengths:
            raise UnitError(
                f"{self.name} gives vectors of {_join_lengths(computed_lengths)} numbers where it gave "
                f"{_join_lengths(cached_lengths)}: another model answers by that name; name the right one, "
                f"or delete {self._cache.file} to embed everything again"
            )


def _replace_surrogates(text_to_embed: str) -> str:
    """The text with lone surrogates, which no tokenizer takes, as question marks."""
    return text_to_embed.encode("utf-8", "replace").decode("utf-8")


def _scale_to_unit_length(vectors: Vectors, dimensions: int) -> Vectors:
    """Rows cut to the first `dimensions` (0: all) and scaled to length 1; rows of zeros stay so."""
    if dimensions > vectors.shape[1]:
        raise ConfigError([f"embeddings.dimensions: {dimensions}, but the model's vectors have {vectors.shape[1]}"])
    shortened_vectors = vectors[:, : dimensions or vectors.shape[1]]
    vector_lengths = np.linalg.norm(shortened_vectors, axis=1, keepdims=True)
    unit_vectors: Vectors = np.divide(
        shortened_vectors, vector_lengths, out=np.zeros_like(shortened_vectors), where=vector_lengths > 0
    )
    return unit_vectors


def _join_lengths(lengths: set[int]) -> str:
    return " and ".join(map(str, sorted(lengths)))


def _stack_vectors(vectors: list[Vectors], vector_store: Path) -> Vectors:
    if not vectors:
        return np.zeros((0, 0), dtype=np.float32)
    if len({len(vector) for vector in vectors}) > 1:
        raise _mixed_lengths_error(vector_store)
    return np.stack(vectors)


def _mixed_lengths_error(cache_file: Path) -> BadRecord:
    return BadRecord(f"{cache_file}: holds vectors of different lengths for one model; delete it; it is made again")


def _split_batches(cache_keys: list[T], batch_size: int) -> Iterator[list[T]]:
    for batch_start in range(0, len(cache_keys), batch_size):
        yield cache_keys[batch_start : batch_start + batch_size]
