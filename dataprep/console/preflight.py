"""What a whole run needs, checked before its first stage: keys, the local model, extras. Every problem at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec

from dataprep.schema.errors import ConfigError, GroundworkError, MissingExtra
from dataprep.schema.settings import Config, Provider


def check(config: Config) -> None:
    """Raises ConfigError with a line for everything that is missing."""
    problems: list[str] = []
    for provider in _providers(config):
        _note(problems, lambda provider=provider: _reachable(provider, config))  # type: ignore[misc]  # bound now
    if config.embeddings.backend == "sentence-transformers":
        _note(problems, _embedder)
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))


def _providers(config: Config) -> list[Provider]:
    """The endpoints that the stages of a run use, each once."""
    calls = [config.summarize, config.qa, config.curate, config.tags]
    names = [call.provider for call in calls]
    if config.dataset.rephrase_qa:
        names.append(config.dataset.rephrase.provider)
    if config.embeddings.backend == "endpoint":
        names.append(config.embeddings.provider)
    return [config.llm.providers[name] if name else config.llm for name in dict.fromkeys(names)]


def _reachable(provider: Provider, config: Config) -> None:
    from dataprep.llm.endpoint import Endpoint
    from dataprep.llm.local import PACKAGES, carrier_parts

    if provider.base_url != "local":
        Endpoint(provider, config.llm.local, os.environ).key()
        return
    if find_spec("xllamacpp") is None:
        raise MissingExtra("the local model", "local")
    if config.llm.local.model == PACKAGES:
        carrier_parts()


def _embedder() -> None:
    if find_spec("sentence_transformers") is None:
        extra = MissingExtra("embeddings.backend sentence-transformers", "embed")
        raise ConfigError([f"{extra}; or use the model that ships with Groundwork: --set embeddings.backend=static"])


def _note(problems: list[str], look: Callable[[], None]) -> None:
    try:
        look()
    except GroundworkError as error:
        problems.append(str(error))
