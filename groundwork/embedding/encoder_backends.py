"""What turns texts into raw vectors: a table of token vectors, a sentence-transformers model, or an endpoint."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from groundwork.embedding.embedder_model import load_model
from groundwork.embedding.vector_types import Vectors
from groundwork.language.wordllama_subwords import wordllama_folder, wordllama_tokenizer
from groundwork.settings.config_schema import Embeddings

_MODEL_LOCK = threading.Lock()  # datasets embedded side by side share one model, and its threads all processors


class EmbeddingClient(Protocol):
    """The part of groundwork.llm.client.Client that the backend `endpoint` uses."""

    def embed(self, call: Embeddings, texts: list[str]) -> Awaitable[list[list[float]]]: ...


class EncoderBackend(Protocol):
    """What turns texts, each behind `prefix`, into raw vectors (n, d)."""

    async def vectors(self, texts: list[str], prefix: str) -> Vectors: ...


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
