"""Texts to vectors, by one of three backends, each text embedded once.

    encoder = encoder_for(config.embeddings, data / "embeddings")
    vectors = encoder.encode(questions, "query")            # float32 (n, d), rows of length 1
    vectors = await encoder.aencode(questions, "query")     # the same inside an event loop; the one for `endpoint`

Vectors are kept in one SQLite file a model, keyed by text, model, prefix and dimensions: adding ten questions
embeds ten.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from groundwork.data_folder.databases import cache_database, read_only_database
from groundwork.embedding.embedder_model import Kind, embedding_prefix, load_model
from groundwork.errors import BadRecord, ConfigError, UnitError
from groundwork.language.wordllama_subwords import wordllama_folder, wordllama_tokenizer
from groundwork.settings.config_schema import Embeddings

Vectors = npt.NDArray[np.float32]
EncodeTexts = Callable[[list[str]], Awaitable[Vectors]]
Progress = Callable[[int], None]
T = TypeVar("T")

_MODEL_LOCK = threading.Lock()  # datasets embedded side by side share one model, and its threads all processors
TEXTS_AT_ONCE = 20_000  # texts whose vectors are looked up and made together
_BATCHES_PER_SAVE = 16  # batches between two writes to the cache: what a kill can cost
_KEYS_PER_QUERY = 500  # SQLite takes 999 variables in old builds


class EmbeddingClient(Protocol):
    """The part of groundwork.llm.client.Client that the backend `endpoint` uses."""

    def embed(self, call: Embeddings, texts: list[str]) -> Awaitable[list[list[float]]]: ...


class EncoderBackend(Protocol):
    """What turns texts, each behind `prefix`, into raw vectors (n, d)."""

    async def vectors(self, texts: list[str], prefix: str) -> Vectors: ...


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
        self._file = cache / f"{_vector_cache_name(settings)}.vectors.db"
        self._joined = None if joined is None else joined / self._file.name
        fingerprint = _weights_fingerprint(settings)
        self._identity = f"{settings.backend}\0{settings.model}\0{fingerprint}\0{settings.dimensions}"

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
                raise _mixed_lengths_error(self._file)
            vectors[batch_start : batch_start + len(batch_vectors)] = batch_vectors
        assert vectors is not None  # noqa: S101  # there is more than one batch
        return vectors

    async def _encode_batch(self, texts: list[str], kind: Kind, progress: Progress | None) -> Vectors:
        """The vectors of one batch of texts, read from the cache or computed."""
        model_prefix = await asyncio.to_thread(self.prefix, kind) if texts else ""
        cache_keys = [self._cache_key(text, model_prefix) for text in texts]
        cached_vectors = await asyncio.to_thread(self._read_cached, cache_keys)
        texts_by_key = dict(zip(cache_keys, texts, strict=True))
        uncached_texts = {k: _replace_surrogates(text) for k, text in texts_by_key.items() if k not in cached_vectors}
        if progress:
            progress(len(texts) - sum(cache_key in uncached_texts for cache_key in cache_keys))
        for batch_keys in _split_batches(list(uncached_texts), self.settings.batch * _BATCHES_PER_SAVE):
            raw_vectors = await self.backend.vectors([uncached_texts[key] for key in batch_keys], model_prefix)
            unit_vectors = _scale_to_unit_length(raw_vectors, self.settings.dimensions)
            computed_vectors = dict(zip(batch_keys, unit_vectors, strict=True))
            self._check_lengths(cached_vectors, computed_vectors)
            await asyncio.to_thread(self._write_cached, computed_vectors)
            cached_vectors |= computed_vectors
            self.computed += len(batch_keys)
            if progress:
                progress(len(batch_keys))
        return _stack_vectors([cached_vectors[cache_key] for cache_key in cache_keys], self._file)

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
                f"or delete {self._file} to embed everything again"
            )

    def _cache_key(self, text: str, prefix: str) -> bytes:
        """sha256 of everything that shapes the vector."""
        identity = f"{self._identity}\0{prefix}\0{text}"
        return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()

    def _read_cached(self, cache_keys: list[bytes]) -> dict[bytes, Vectors]:
        distinct_cache_keys, cached_vectors = list(dict.fromkeys(cache_keys)), {}
        if self._file.exists():
            with self._vector_cache() as vector_cache:
                cached_vectors = _select_vectors(vector_cache, distinct_cache_keys)
        if self._joined is not None and self._joined.exists():
            with suppress(sqlite3.Error), closing(read_only_database(self._joined)) as vector_cache:
                cached_vectors |= _select_vectors(
                    vector_cache, [cache_key for cache_key in distinct_cache_keys if cache_key not in cached_vectors]
                )
        return cached_vectors

    def _write_cached(self, computed_vectors: dict[bytes, Vectors]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        cached_rows = [(key, vector.tobytes()) for key, vector in computed_vectors.items()]
        with self._vector_cache() as vector_cache:
            vector_cache.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", cached_rows)

    def _vector_cache(self) -> AbstractContextManager[sqlite3.Connection]:
        return cache_database(
            self._file, "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)", "a vector cache"
        )


class StaticBackend:
    """WordLlama: a table of 32,000 token vectors, averaged over a text's tokens. Numpy only, no hub, no torch.

    Built from the two files in WordLlama's wheel; its own `load()` looks for the tokenizer in a folder that the
    wheel does not have and then asks the hub, and importing it turns on logging for everybody.
    """

    async def vectors(self, texts: list[str], prefix: str) -> Vectors:  # noqa: ARG002  # takes none
        return await asyncio.to_thread(self._mean_of_tokens, texts)

    def _mean_of_tokens(self, texts: list[str]) -> Vectors:
        with _MODEL_LOCK:
            token_vectors, tokenizer = _load_static()
        token_means = np.zeros((len(texts), token_vectors.shape[1]), dtype=np.float32)
        for row, encoded_texts in enumerate(tokenizer.encode_batch_fast(texts, add_special_tokens=False)):
            if encoded_texts.ids:
                token_means[row] = token_vectors[encoded_texts.ids].mean(axis=0)
        return token_means


@lru_cache(maxsize=1)
def _load_static() -> tuple[Vectors, Any]:
    """WordLlama's table (32,000, 256) and its tokenizer: 40 MB, one for all documents that are under way."""
    from safetensors.numpy import load_file

    weights = wordllama_folder() / "weights" / "l2_supercat_256.safetensors"
    return load_file(weights)["embedding.weight"].astype(np.float32), wordllama_tokenizer()


class SentenceTransformersBackend:
    """Any sentence-transformers model: a Hub id, or a local folder."""

    def __init__(self, settings: Embeddings) -> None:
        self.settings = settings

    async def vectors(self, texts: list[str], prefix: str) -> Vectors:
        return await asyncio.to_thread(self._encode, texts, prefix)

    def _encode(self, texts: list[str], prefix: str) -> Vectors:
        with _MODEL_LOCK:
            embedder = load_model(self.settings.model)
            # As a prompt, even "": else a model's own default prompt would come before it, and one that leaves its
            # prompt out of the mean would not know where that ends.
            vectors = embedder.encode(texts, prompt=prefix, batch_size=self.settings.batch, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


class EndpointBackend:
    """An OpenAI-compatible /embeddings endpoint."""

    def __init__(self, settings: Embeddings, client: EmbeddingClient) -> None:
        self.settings = settings
        self.client = client

    async def vectors(self, texts: list[str], prefix: str) -> Vectors:
        return np.asarray(await self.client.embed(self.settings, [prefix + text for text in texts]), dtype=np.float32)


def _select_vectors(vector_cache: sqlite3.Connection, cache_keys: list[bytes]) -> dict[bytes, Vectors]:
    cached_vectors: dict[bytes, Vectors] = {}
    for key_batch in _split_batches(cache_keys, _KEYS_PER_QUERY):
        key_marks = ",".join("?" * len(key_batch))
        cached_rows = vector_cache.execute(f"SELECT key, vector FROM vectors WHERE key IN ({key_marks})", key_batch)  # noqa: S608  # only question marks
        cached_vectors |= {key: np.frombuffer(vector, dtype=np.float32) for key, vector in cached_rows}
    return cached_vectors


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


def _vector_cache_name(settings: Embeddings) -> str:
    """A name for the model's cache file: readable, and distinct for distinct models."""
    readable_model_name = "".join(letter if letter.isalnum() else "-" for letter in Path(settings.model).name.lower())
    settings_digest = hashlib.sha256(f"{settings.backend}\0{settings.model}".encode()).hexdigest()[:8]
    return f"{readable_model_name}-{settings_digest}"


def _weights_fingerprint(settings: Embeddings) -> str:
    """For a model in a local folder: its weight files' sizes and times, so that retraining it makes vectors anew."""
    embedder_folder = Path(settings.model).expanduser()
    if settings.backend != "sentence-transformers" or not embedder_folder.is_dir():
        return ""
    weight_files = [*embedder_folder.rglob("*.safetensors"), *embedder_folder.rglob("*.bin")]
    return ";".join(f"{f.name}:{f.stat().st_size}:{f.stat().st_mtime_ns}" for f in sorted(weight_files))


def _split_batches(cache_keys: list[T], batch_size: int) -> Iterator[list[T]]:
    for batch_start in range(0, len(cache_keys), batch_size):
        yield cache_keys[batch_start : batch_start + batch_size]
