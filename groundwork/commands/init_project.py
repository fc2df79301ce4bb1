"""`dataprep init`: what a folder needs to work in it, and nothing that is there already is touched."""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec

from groundwork import installation
from groundwork.console.flags import flag_parser
from groundwork.data_folder.read_write import write_json
from groundwork.errors import EXIT_OK, UsageError
from groundwork.settings import config_files
from groundwork.settings.config_schema import STATIC_MODEL, json_schema

# What people change first. The rest is in config.schema.json, where editors find it.
PROJECT_SETTINGS = (
    "llm.base_url",
    "llm.api_key_env",
    "llm.defaults.model",
    "qa.context",
    "embeddings.backend",
    "embeddings.model",
    "dataset.name",
    "dataset.license",
)
INIT_NEXT_STEPS = """
next: put documents into {documents}, then

  {run} --config local     with the small model on this machine (install {distribution}[local])
  {run}                    with the model in config/config.json (copy .env.example to .env, and put your key there)
"""


def init_project_parser() -> argparse.ArgumentParser:
    purpose = "Write config/, data/documents/ and .env.example into the current folder; keep what is there."
    parser = flag_parser("dataprep init", purpose)
    parser.add_argument("--prompts", action="store_true", help="also copy the prompts into config/prompts, to edit")
    return parser


def init_project(flags: argparse.Namespace) -> int:
    """Write config/, data/documents/ and .env.example into the current folder; with --prompts, those to edit too."""
    if installation.IN_REPOSITORY:
        raise UsageError(f"{installation.PROJECT}: is Groundwork's own repository; config/ and data/ are there")
    project_documents = installation.PROJECT / "data" / "documents"
    project_documents.mkdir(parents=True, exist_ok=True)
    project_config_folder, packed_defaults = installation.CONFIG_DIR, installation.DEFAULTS
    (project_config_folder / "prompts").mkdir(parents=True, exist_ok=True)
    _write_missing(project_config_folder / "config.json", _project_config())
    _write_missing(project_config_folder / "config.schema.json", json_schema())
    _copy_missing(packed_defaults / "env.example", installation.PROJECT / ".env.example")
    (installation.PROJECT / ".env.example").chmod(0o600)  # so that a copy with a key in it has these rights too
    if flags.prompts:
        for project_prompt in sorted((packed_defaults / "prompts").rglob("*.md")):
            _copy_missing(project_prompt, project_config_folder / project_prompt.relative_to(packed_defaults))
    project_run_command = installation.as_typed("uv run dataprep run")
    print(
        INIT_NEXT_STEPS.format(
            documents=_project_path_shown(project_documents),
            run=project_run_command,
            distribution=installation.DISTRIBUTION,
        ),
        end="",
    )
    return EXIT_OK


def _project_config() -> dict[str, Any]:
    """The settings that people change first, at their defaults; an embedder that is installed."""
    project_defaults = msgspec.to_builtins(config_files.load())
    if importlib.util.find_spec("sentence_transformers") is None:
        project_defaults["embeddings"] |= {"backend": "static", "model": STATIC_MODEL}
    project_config: dict[str, Any] = {"$schema": "config.schema.json"}
    for project_setting in PROJECT_SETTINGS:
        *block_names, project_setting_name = project_setting.split(".")
        default_block, project_block = project_defaults, project_config
        for project_block_name in block_names:
            default_block, project_block = (
                default_block[project_block_name],
                project_block.setdefault(project_block_name, {}),
            )
        project_block[project_setting_name] = default_block[project_setting_name]
    return project_config


def _write_missing(project_file: Path, file_content: Any) -> None:
    if not _report_existing(project_file):
        write_json(project_file, json.loads(json.dumps(file_content)))


def _copy_missing(default_file: Path, project_file: Path) -> None:
    if not _report_existing(project_file):
        project_file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(default_file, project_file)


def _report_existing(project_file: Path) -> bool:
    print(f"{'kept' if project_file.exists() else 'wrote'}  {_project_path_shown(project_file)}")
    return project_file.exists()


def _project_path_shown(project_file: Path) -> str:
    return str(project_file.relative_to(installation.PROJECT))
