"""Models of sentence-transformers: loaded from a folder, the Hub's cache or the Hub, and the prompts that they name."""

from __future__ import annotations

import logging
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from groundwork.errors import ConfigError, MissingExtra, UnitError
from groundwork.settings.dataset_settings import STATIC_MODEL

_INSTEAD = f"--set embeddings.backend=static --set embeddings.model={STATIC_MODEL}"
_HUB_ID = re.compile(r"^(\w[\w.-]*/)?\w[\w.-]*$")
_SETTINGS_FILE = "config_sentence_transformers.json"


class _OwnSettings(msgspec.Struct):
    """The part of a model's own settings file that matters here."""

    prompts: dict[str, str | None] = {}
    default_prompt_name: str | None = None


@lru_cache(maxsize=1)
def load_model(model: str) -> Any:
    """The model from a folder, the Hub's cache, or the Hub, in this order; the network only when it must be.

    Raises MissingExtra, ConfigError (no such model, or none that can be loaded), UnitError (the Hub is out of reach).
    """
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar
    except ImportError as error:
        remedy = f"use the model that ships with Groundwork: {_INSTEAD}"
        raise MissingExtra(f"the embedder {model}", "embed", remedy) from error
    disable_progress_bar()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)  # else it tells of prompts, which we name
    folder = _folder(model)
    if folder is not None:
        return _loaded(SentenceTransformer, str(folder), local_files_only=True)
    try:
        return SentenceTransformer(model, local_files_only=True)
    except (OSError, ValueError):
        _ask_hub_for(model)
        return _loaded(SentenceTransformer, model)


def own_prompts(model: str) -> tuple[str, str] | None:
    """What the model's own settings put before (a question, a sentence), "" for nothing; None where it is not on disk.

    As encode_query and encode_document of sentence-transformers choose; a default prompt stands for both.
    """
    content = _own_settings(model)
    if content is None:
        return None
    try:
        own = msgspec.json.decode(content, type=_OwnSettings)
    except msgspec.DecodeError as error:
        raise ConfigError(
            [f"embeddings.model: {_SETTINGS_FILE} of {model} is damaged ({error}); fetch it again"]
        ) from error
    query = own.prompts.get("query") or ""
    document = next((text for name in ("document", "passage", "corpus") if (text := own.prompts.get(name))), "")
    default = own.prompts.get(own.default_prompt_name or "") or ""
    return (query, document) if query or document else (default, default)


def _own_settings(model: str) -> bytes | None:
    """The content of the model's own settings, "{}" where it has none; None where the model is not on disk."""
    from huggingface_hub import try_to_load_from_cache

    folder = _folder(model)
    if folder is not None:
        file = folder / _SETTINGS_FILE
        return file.read_bytes() if file.is_file() else b"{}"
    cache = os.environ.get("SENTENCE_TRANSFORMERS_HOME")
    found = try_to_load_from_cache(_hub_id(model), _SETTINGS_FILE, cache_dir=cache)
    if found is None:
        return None
    return Path(found).read_bytes() if isinstance(found, str) else b"{}"  # else a mark that the Hub has no such file


def _folder(model: str) -> Path | None:
    """The local folder that `model` is; None for a Hub id. Raises ConfigError for what can be neither."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        if (folder / "modules.json").is_file():
            return folder
        raise ConfigError([f"embeddings.model: {model} has no modules.json, so it is no sentence-transformers model"])
    if not _HUB_ID.match(model):
        raise ConfigError([f"embeddings.model: {model} is no local folder and no Hub id (org/name); or {_INSTEAD}"])
    return None


def _hub_id(model: str) -> str:
    """`model` in full: sentence-transformers finds its own models without their organisation too."""
    return model if "/" in model else f"sentence-transformers/{model}"


def _loaded(kind: Any, model: str, **options: Any) -> Any:
    """Raises ConfigError where the files are there and make no model: cut off, of another library, or with own code."""
    try:
        return kind(model, **options)
    except Exception as error:  # of transformers, safetensors, tokenizers or torch, by what is wrong
        cause = " ".join(str(error).split())[:300]
        way = "ask for access on its page, then: hf auth login" if "gated repo" in cause else "fetch it again"
        remedy = f"{way}; or give another model, or {_INSTEAD}"
        raise ConfigError([f"embeddings.model: {model} cannot be loaded: {cause}; {remedy}"]) from error


def _ask_hub_for(model: str) -> None:
    """Fail in seconds where sentence-transformers would retry for over a minute, and say why."""
    import huggingface_hub
    from huggingface_hub.errors import RepositoryNotFoundError

    remedy = f"give a local folder, or {_INSTEAD}"
    try:
        huggingface_hub.HfApi().model_info(_hub_id(model), timeout=10)
    except RepositoryNotFoundError as error:
        raise ConfigError(
            [f"embeddings.model: the Hub has no model {model!r} that you may read (log in: hf auth login); {remedy}"]
        ) from error
    except Exception as error:
        raise UnitError(
            f"embeddings.model: {model} is not in the cache, and the Hub is out of reach; {remedy}"
        ) from error
