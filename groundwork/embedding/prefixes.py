"""Prefixes of embedding models: what stands before a question, or a sentence, when a model embeds it.

A model trained with prefixes gives poor vectors without them, and worse ones behind another model's; so where the
settings leave a prefix to the model (null), it is the one that the model names itself, else its family's, else none.
"""

from __future__ import annotations

import re
from typing import Literal

from groundwork.settings.dataset_settings import Embeddings

Kind = Literal["query", "document"]

# Models whose cards ask for prefixes that their files, or an endpoint that serves them, do not name: the name's
# pattern, what stands before a question, what before a sentence. Cards of nomic-ai/modernbert-embed-base,
# nomic-ai/nomic-embed-text-v1.5, intfloat/e5-small-v2, Qwen/Qwen3-Embedding-0.6B.
MODEL_FAMILIES = (
    (r"nomic-embed-text|modernbert-embed", "search_query: ", "search_document: "),
    (r"\be5-(small|base|large)\b(?!.*instruct)", "query: ", "passage: "),
    (
        r"qwen3-embedding",
        "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:",
        "",
    ),
)


def embedding_prefix(settings: Embeddings, kind: Kind) -> str:
    """What `settings` put before a text of this kind. The static model takes none.

    A model of the Hub of an unknown family whose files are not here yet is fetched first. Raises as load_model does.
    """
    configured = settings.query_prefix if kind == "query" else settings.document_prefix
    if settings.backend == "static":
        return ""
    if configured is not None:
        return configured
    question, sentence = _model_prefixes(settings)
    return question if kind == "query" else sentence


def _model_prefixes(settings: Embeddings) -> tuple[str, str]:
    """(before a question, before a sentence) as the model wants it."""
    family = next((texts for name, *texts in MODEL_FAMILIES if re.search(name, settings.model.lower())), None)
    if settings.backend == "sentence-transformers":
        from groundwork.embedding.transformer_models import load_model, model_prompts

        named_prefixes = model_prompts(settings.model)
        if named_prefixes is None and family is None:
            load_model(settings.model)  # fetches its files too
            named_prefixes = model_prompts(settings.model)
        if named_prefixes is not None and any(named_prefixes):
            return named_prefixes
    return (family[0], family[1]) if family else ("", "")
