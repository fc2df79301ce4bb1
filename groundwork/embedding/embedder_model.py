"""The model behind an encoder: how it is loaded from a folder or the Hub, its prefixes, and its languages.

A model trained with prefixes gives poor vectors without them, and worse ones behind another model's; so where the
settings leave a prefix to the model (null), it is the one that the model names itself, else its family's, else none.
"""

from __future__ import annotations

import logging
import os
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from groundwork.errors import ConfigError, MissingExtra, UnitError
from groundwork.language.language_and_script import detect_language
from groundwork.settings.config_schema import STATIC_MODEL, Embeddings

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
_MODEL_SETTINGS_FILE = "config_sentence_transformers.json"
_STATIC_FLAGS = f"--set embeddings.backend=static --set embeddings.model={STATIC_MODEL}"
_HUB_ID = re.compile(r"^(\w[\w.-]*/)?\w[\w.-]*$")
_ENGLISH_MODELS = re.compile(
    r"wordllama|modernbert-embed|nomic-embed-text-v1|all-minilm|(?<!multilingual-)\be5-(?:small|base|large)\b|bge-\w+-en",
    re.IGNORECASE,
)
_QUESTIONS_READ = 200  # that tell the languages
_FOREIGN_SHARE = 0.5  # of the questions whose language is plain


def language_warning(embedder: str, questions: Sequence[str]) -> str:
    """What to do where most questions are in languages that a model trained on English hardly knows; "" elsewhere."""
    if not _ENGLISH_MODELS.search(embedder):
        return ""
    sample_step = max(1, len(questions) // _QUESTIONS_READ)
    embedded_languages = Counter(filter(None, map(detect_language, questions[::sample_step])))
    foreign = [language for language, _ in embedded_languages.most_common() if language != "en"]
    if sum(embedded_languages[language] for language in foreign) <= _FOREIGN_SHARE * embedded_languages.total():
        return ""
    return (
        f"{embedder} was trained on English and most questions are in {', '.join(foreign[:5])}: what it takes for "
        "repeats and topics means little; --set embeddings.model=intfloat/multilingual-e5-base, or another "
        "multilingual model"
    )


def embedding_prefix(settings: Embeddings, kind: Kind) -> str:
    """What `settings` put before a text of this kind. The static model takes none.

    A model of the Hub of an unknown family whose files are not here yet is fetched first. Raises as load_model does.
    """
    configured_prefix = settings.query_prefix if kind == "query" else settings.document_prefix
    if settings.backend == "static":
        return ""
    if configured_prefix is not None:
        return configured_prefix
    query_prefix, document_prefix = _model_prefixes(settings)
    return query_prefix if kind == "query" else document_prefix


def _model_prefixes(settings: Embeddings) -> tuple[str, str]:
    """(before a question, before a sentence) as the model wants it."""
    model_family = next((texts for name, *texts in MODEL_FAMILIES if re.search(name, settings.model.lower())), None)
    if settings.backend == "sentence-transformers":
        model_prefixes = model_prompts(settings.model)
        if model_prefixes is None and model_family is None:
            load_model(settings.model)  # fetches its files too
            model_prefixes = model_prompts(settings.model)
        if model_prefixes is not None and any(model_prefixes):
            return model_prefixes
    return (model_family[0], model_family[1]) if model_family else ("", "")


class _ModelSettings(msgspec.Struct):
    """The part of a model's own settings file that matters here."""

    prompts: dict[str, str | None] = {}
    default_prompt_name: str | None = None


def model_prompts(embedder: str) -> tuple[str, str] | None:
    """What the model's own settings put before (a question, a sentence), "" for nothing; None where it is not on disk.

    As encode_query and encode_document of sentence-transformers choose; a default prompt stands for both.
    """
    embedder_settings = _read_model_settings(embedder)
    if embedder_settings is None:
        return None
    try:
        settings = msgspec.json.decode(embedder_settings, type=_ModelSettings)
    except msgspec.DecodeError as error:
        raise ConfigError(
            [f"embeddings.model: {_MODEL_SETTINGS_FILE} of {embedder} is damaged ({error}); fetch it again"]
        ) from error
    query_prompt = settings.prompts.get("query") or ""
    document_prompts = map(settings.prompts.get, ("document", "passage", "corpus"))
    document_prompt = next(filter(None, document_prompts), "")
    default_prompt = settings.prompts.get(settings.default_prompt_name or "") or ""
    return (query_prompt, document_prompt) if query_prompt or document_prompt else (default_prompt, default_prompt)


def _read_model_settings(embedder: str) -> bytes | None:
    """The content of the model's own settings, "{}" where it has none; None where the model is not on disk."""
    from huggingface_hub import try_to_load_from_cache

    embedder_folder = local_folder(embedder)
    if embedder_folder is not None:
        model_file = embedder_folder / _MODEL_SETTINGS_FILE
        return model_file.read_bytes() if model_file.is_file() else b"{}"
    cache = os.environ.get("SENTENCE_TRANSFORMERS_HOME")
    cached_file = try_to_load_from_cache(hub_id(embedder), _MODEL_SETTINGS_FILE, cache_dir=cache)
    if cached_file is None:
        return None
    if isinstance(cached_file, str):
        return Path(cached_file).read_bytes()
    return b"{}"  # a mark that the Hub has no such file


@lru_cache(maxsize=1)
def load_model(embedder: str) -> Any:
    """The model from a folder, the Hub's cache, or the Hub, in this order; the network only when it must be.

    Raises MissingExtra, ConfigError (no such model, or none that can be loaded), UnitError (the Hub is out of reach).
    """
    embedder_class, embedder_folder = _sentence_transformer_class(embedder), local_folder(embedder)
    if embedder_folder is not None:
        return _load_or_explain(embedder_class, str(embedder_folder), local_files_only=True)
    try:
        return embedder_class(embedder, local_files_only=True)
    except (OSError, ValueError):
        _check_hub_access(embedder)
        return _load_or_explain(embedder_class, embedder)


def _sentence_transformer_class(embedder: str) -> Any:
    """Raises MissingExtra where it is not installed."""
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar
    except ImportError as error:
        embedder_remedy = f"use the model that ships with Groundwork: {_STATIC_FLAGS}"
        raise MissingExtra(f"the embedder {embedder}", "embed", embedder_remedy) from error
    disable_progress_bar()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)  # else it tells of prompts, which we name
    return SentenceTransformer


def local_folder(embedder: str) -> Path | None:
    """The local folder that `embedder` is; None for a Hub id. Raises ConfigError for what can be neither."""
    embedder_folder = Path(embedder).expanduser()
    if embedder_folder.is_dir():
        if (embedder_folder / "modules.json").is_file():
            return embedder_folder
        folder_problem = "has no modules.json, so it is no sentence-transformers model"
        raise ConfigError([f"embeddings.model: {embedder} {folder_problem}"])
    if not _HUB_ID.match(embedder):
        model_problem = f"is no local folder and no Hub id (org/name); or {_STATIC_FLAGS}"
        raise ConfigError([f"embeddings.model: {embedder} {model_problem}"])
    return None


def hub_id(embedder: str) -> str:
    """`embedder` in full: sentence-transformers finds its own models without their organisation too."""
    return embedder if "/" in embedder else f"sentence-transformers/{embedder}"


def _load_or_explain(embedder_class: Any, embedder: str, **options: Any) -> Any:
    """Raises ConfigError where the files are there and make no model: cut off, of another library, or with own code."""
    try:
        return embedder_class(embedder, **options)
    except Exception as error:  # of transformers, safetensors, tokenizers or torch, by what is wrong
        cause = " ".join(str(error).split())[:300]
        remedy_step = "ask for access on its page, then: hf auth login" if "gated repo" in cause else "fetch it again"
        embedder_remedy = f"{remedy_step}; or give another model, or {_STATIC_FLAGS}"
        raise ConfigError([f"embeddings.model: {embedder} cannot be loaded: {cause}; {embedder_remedy}"]) from error


def _check_hub_access(embedder: str) -> None:
    """Fail in seconds where sentence-transformers would retry for over a minute, and say why."""
    import huggingface_hub
    from huggingface_hub.errors import RepositoryNotFoundError

    remedy = f"give a local folder, or {_STATIC_FLAGS}"
    try:
        huggingface_hub.HfApi().model_info(hub_id(embedder), timeout=10)
    except RepositoryNotFoundError as error:
        raise ConfigError(
            [f"embeddings.model: the Hub has no model {embedder!r} that you may read (log in: hf auth login); {remedy}"]
        ) from error
    except Exception as error:
        hub_problem = "is not in the cache, and the Hub is out of reach"
        raise UnitError(f"embeddings.model: {embedder} {hub_problem}; {remedy}") from error
