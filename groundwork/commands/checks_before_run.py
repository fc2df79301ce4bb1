"""What `dataprep run` needs is checked before its first stage: documents, keys, the local model, extras."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from groundwork.commands.doctor import STATIC_EMBEDDER
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import ConfigError, GroundworkError, MissingExtra
from groundwork.stage_runner.chosen_documents import NO_DOCUMENTS

if TYPE_CHECKING:
    from groundwork.settings.config_schema import Config, Embeddings, ModelCall, Provider


def check_run(config: Config, data: Workspace) -> None:
    """Raises ConfigError with a line for everything that is missing."""
    missing_for_run: list[str] = []
    if not data.documents.is_dir() or not any(data.documents.iterdir()):
        missing_for_run.append(NO_DOCUMENTS.format(data.folder_address("documents")))
    for provider in _providers_of_run(config):
        _collect_missing(missing_for_run, lambda provider=provider: _check_reachable(provider, config))  # type: ignore[misc]  # bound now
    if config.ingest.uses("marker-api") and (missing := config.ingest.marker_api.missing_key(os.environ)):
        missing_for_run.append(missing)
    if config.embeddings.backend == "sentence-transformers":
        _collect_missing(missing_for_run, _check_embedder)
    if missing_for_run:
        raise ConfigError(list(dict.fromkeys(missing_for_run)))


def _providers_of_run(config: Config) -> list[Provider]:
    """The endpoints that the stages of a run ask by these settings, each once."""
    calls_of_run: list[tuple[ModelCall | Embeddings, bool]] = [
        (config.ingest.vision, config.ingest.uses("gemini")),
        (config.summarize, True),
        (config.qa, True),
        (config.curate, not config.curate.rules_only),
        (config.tags, True),
        (config.dataset.rephrase, config.dataset.asks_rewordings),
        (config.dataset.absent, config.dataset.unanswerable > 0),
        (config.embeddings, config.embeddings.backend == "endpoint"),
    ]
    provider_names = [call.provider for call, is_made in calls_of_run if is_made]
    return [
        config.llm.providers[provider_name] if provider_name else config.llm
        for provider_name in dict.fromkeys(provider_names)
    ]


def _check_reachable(provider: Provider, config: Config) -> None:
    from groundwork.llm.endpoint.endpoint_connection import Endpoint
    from groundwork.llm.endpoint.local_model_weights import CARRIER_PACKAGES, find_carrier_files

    if provider.base_url != "local":
        Endpoint(provider, config.llm.local, os.environ).key()
        return
    if find_spec("xllamacpp") is None:
        raise MissingExtra("the local model", "local")
    if config.llm.local.model == CARRIER_PACKAGES:
        find_carrier_files()


def _check_embedder() -> None:
    if find_spec("sentence_transformers") is None:
        missing_extra = MissingExtra("embeddings.backend sentence-transformers", "embed")
        raise ConfigError([f"{missing_extra}; or use the model that ships with Groundwork: {STATIC_EMBEDDER}"])


def _collect_missing(missing_for_run: list[str], check: Callable[[], None]) -> None:
    try:
        check()
    except GroundworkError as error:
        missing_for_run.append(str(error))
