"""Models of sentence-transformers: loaded from a folder, the Hub's cache or the Hub."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from groundwork.errors import ConfigError, MissingExtra, UnitError
from groundwork.settings.embedding_and_map_settings import STATIC_MODEL

_STATIC_FLAGS = f"--set embeddings.backend=static --set embeddings.model={STATIC_MODEL}"
_HUB_ID = re.compile(r"^(\w[\w.-]*/)?\w[\w.-]*$")


@lru_cache(maxsize=1)
def load_model(model: str) -> Any:
    """The model from a folder, the Hub's cache, or the Hub, in this order; the network only when it must be.

    Raises MissingExtra, ConfigError (no such model, or none that can be loaded), UnitError (the Hub is out of reach).
    """
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar
    except ImportError as error:
        remedy = f"use the model that ships with Groundwork: {_STATIC_FLAGS}"
        raise MissingExtra(f"the embedder {model}", "embed", remedy) from error
    disable_progress_bar()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)  # else it tells of prompts, which we name
    folder = local_folder(model)
    if folder is not None:
        return _load_or_explain(SentenceTransformer, str(folder), local_files_only=True)
    try:
        return SentenceTransformer(model, local_files_only=True)
    except (OSError, ValueError):
        _check_hub_access(model)
        return _load_or_explain(SentenceTransformer, model)


def local_folder(model: str) -> Path | None:
    """The local folder that `model` is; None for a Hub id. Raises ConfigError for what can be neither."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        if (folder / "modules.json").is_file():
            return folder
        raise ConfigError([f"embeddings.model: {model} has no modules.json, so it is no sentence-transformers model"])
    if not _HUB_ID.match(model):
        raise ConfigError(
            [f"embeddings.model: {model} is no local folder and no Hub id (org/name); or {_STATIC_FLAGS}"]
        )
    return None


def hub_id(model: str) -> str:
    """`model` in full: sentence-transformers finds its own models without their organisation too."""
    return model if "/" in model else f"sentence-transformers/{model}"


def _load_or_explain(model_class: Any, model: str, **options: Any) -> Any:
    """Raises ConfigError where the files are there and make no model: cut off, of another library, or with own code."""
    try:
        return model_class(model, **options)
    except Exception as error:  # of transformers, safetensors, tokenizers or torch, by what is wrong
        cause = " ".join(str(error).split())[:300]
        remedy_step = "ask for access on its page, then: hf auth login" if "gated repo" in cause else "fetch it again"
        remedy = f"{remedy_step}; or give another model, or {_STATIC_FLAGS}"
        raise ConfigError([f"embeddings.model: {model} cannot be loaded: {cause}; {remedy}"]) from error


def _check_hub_access(model: str) -> None:
    """Fail in seconds where sentence-transformers would retry for over a minute, and say why."""
    import huggingface_hub
    from huggingface_hub.errors import RepositoryNotFoundError

    remedy = f"give a local folder, or {_STATIC_FLAGS}"
    try:
        huggingface_hub.HfApi().model_info(hub_id(model), timeout=10)
    except RepositoryNotFoundError as error:
        raise ConfigError(
            [f"embeddings.model: the Hub has no model {model!r} that you may read (log in: hf auth login); {remedy}"]
        ) from error
    except Exception as error:
        raise UnitError(
            f"embeddings.model: {model} is not in the cache, and the Hub is out of reach; {remedy}"
        ) from error
