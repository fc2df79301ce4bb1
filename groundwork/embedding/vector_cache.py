"""Vectors that were made before, kept in one SQLite file a model."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path

import numpy as np

from groundwork.data_folder.databases import cache_database, read_only_database
from groundwork.embedding.vector_types import Vectors
from groundwork.settings.config_schema import Embeddings

_KEYS_PER_QUERY = 500  # SQLite takes 999 variables in old builds


class VectorCache:
    """The vectors of one model in `file`, by a key that holds all that shapes them; `joined`: a folder whose vectors
    of that model are known as well, and which is only read."""

    def __init__(self, settings: Embeddings, cache_folder: Path, joined: Path | None = None) -> None:
        self.file = cache_folder / f"{_vector_cache_name(settings)}.vectors.db"
        self._joined_file = None if joined is None else joined / self.file.name
        fingerprint = _weights_fingerprint(settings)
        self._identity = f"{settings.backend}\0{settings.model}\0{fingerprint}\0{settings.dimensions}"

    def key(self, text: str, prefix: str) -> bytes:
        """sha256 of everything that shapes the vector."""
        identity = f"{self._identity}\0{prefix}\0{text}"
        return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()

    def read(self, cache_keys: list[bytes]) -> dict[bytes, Vectors]:
        """The vectors (d,) of those keys that have one."""
        distinct_cache_keys, cached_vectors = list(dict.fromkeys(cache_keys)), {}
        if self.file.exists():
            with self._vector_cache() as vector_cache:
                cached_vectors = _select_vectors(vector_cache, distinct_cache_keys)
        if self._joined_file is not None and self._joined_file.exists():
            with suppress(sqlite3.Error), closing(read_only_database(self._joined_file)) as vector_cache:
                cached_vectors |= _select_vectors(
                    vector_cache, [cache_key for cache_key in distinct_cache_keys if cache_key not in cached_vectors]
                )
        return cached_vectors

    def write(self, computed_vectors: dict[bytes, Vectors]) -> None:
        """Keep these vectors under their keys."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        cached_rows = [(key, vector.tobytes()) for key, vector in computed_vectors.items()]
        with self._vector_cache() as vector_cache:
            vector_cache.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", cached_rows)

    def _vector_cache(self) -> AbstractContextManager[sqlite3.Connection]:
        return cache_database(
            self.file, "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)", "a vector cache"
        )


def _select_vectors(vector_cache: sqlite3.Connection, cache_keys: list[bytes]) -> dict[bytes, Vectors]:
    cached_vectors: dict[bytes, Vectors] = {}
    for batch_start in range(0, len(cache_keys), _KEYS_PER_QUERY):
        key_batch = cache_keys[batch_start : batch_start + _KEYS_PER_QUERY]
        key_marks = ",".join("?" * len(key_batch))
        cached_rows = vector_cache.execute(f"SELECT key, vector FROM vectors WHERE key IN ({key_marks})", key_batch)  # noqa: S608  # only question marks
        cached_vectors |= {key: np.frombuffer(vector, dtype=np.float32) for key, vector in cached_rows}
    return cached_vectors


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
