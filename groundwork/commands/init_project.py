"""`dataprep init`: what a folder needs to work in it, and nothing that is there already is touched."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec

from groundwork import installation
from groundwork.data_folder.read_write import write_json
from groundwork.errors import EXIT_OK, UsageError
from groundwork.settings import config_files
from groundwork.settings.embedding_and_map_settings import STATIC_MODEL

# What people change first. The rest is in config.schema.json, where editors find it.
OFTEN_CHANGED = (
    "llm.base_url",
    "llm.api_key_env",
    "llm.defaults.model",
    "qa.context",
    "embeddings.backend",
    "embeddings.model",
    "dataset.name",
    "dataset.license",
)
NEXT_STEPS = """
next: put documents into {documents}, then

  {run} --config local     with the small model on this machine (install {distribution}[local])
  {run}                    with the model in config/config.json (copy .env.example to .env, and put your key there)
"""


def init_project(*, prompts: bool) -> int:
    """Write config/, data/documents/ and .env.example into the current folder; with `prompts`, those to edit too."""
    if installation.IN_REPOSITORY:
        raise UsageError(f"{installation.PROJECT}: is Groundwork's own repository; config/ and data/ are there")
    documents = installation.PROJECT / "data" / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    folder, defaults = installation.CONFIG_DIR, installation.DEFAULTS
    (folder / "prompts").mkdir(parents=True, exist_ok=True)
    _write_missing(folder / "config.json", _overlay())
    _write_missing(folder / "config.schema.json", config_files.json_schema())
    _copy_missing(defaults / "env.example", installation.PROJECT / ".env.example")
    (installation.PROJECT / ".env.example").chmod(0o600)  # so that a copy with a key in it has these rights too
    if prompts:
        for file in sorted((defaults / "prompts").rglob("*.md")):
            _copy_missing(file, folder / file.relative_to(defaults))
    run = installation.as_typed("uv run dataprep run")
    print(NEXT_STEPS.format(documents=_path_shown(documents), run=run, distribution=installation.DISTRIBUTION), end="")
    return EXIT_OK


def _overlay() -> dict[str, Any]:
    """The settings that people change first, at their defaults; an embedder that is installed."""
    settings = msgspec.to_builtins(config_files.load())
    if importlib.util.find_spec("sentence_transformers") is None:
        settings["embeddings"] |= {"backend": "static", "model": STATIC_MODEL}
    overlay: dict[str, Any] = {"$schema": "config.schema.json"}
    for path in OFTEN_CHANGED:
        *blocks, name = path.split(".")
        source, target = settings, overlay
        for block in blocks:
            source, target = source[block], target.setdefault(block, {})
        target[name] = source[name]
    return overlay


def _write_missing(path: Path, content: Any) -> None:
    if not _report_existing(path):
        write_json(path, json.loads(json.dumps(content)))


def _copy_missing(source: Path, path: Path) -> None:
    if not _report_existing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)


def _report_existing(path: Path) -> bool:
    print(f"{'kept' if path.exists() else 'wrote'}  {_path_shown(path)}")
    return path.exists()


def _path_shown(path: Path) -> str:
    return str(path.relative_to(installation.PROJECT))
