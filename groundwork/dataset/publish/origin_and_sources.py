"""What a dataset was made with: the documents that its rows come from, models, settings and prompts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from groundwork.data_folder.manifest import Manifest
from groundwork.data_folder.read_write import read_json
from groundwork.language.language_and_script import detect_language
from groundwork.message_wording import name_order
from groundwork.records import Document, DocumentCoverage, Record, Row
from groundwork.settings.config_schema import DatasetSettings

if TYPE_CHECKING:
    from groundwork.dataset.creation.build_inputs import BuildInputs
    from groundwork.dataset.split_report.report_schema import BuiltDataset
    from groundwork.stage_runner.job import Job


@dataclass(frozen=True)
class Recipes:
    """Settings by stage, and the sha256 of prompts by file name, as the manifest has them."""

    settings: dict[str, Any]
    prompts: dict[str, str]


def read_recipes(manifest: Path, stages: Sequence[str]) -> Recipes:
    """What shaped the artifacts of `stages`; of a stage with several recipes, the one of its last unit by name."""
    stage_settings: dict[str, Any] = {}
    origin_prompts: dict[str, str] = {}
    recipe_manifest = Manifest(manifest)
    try:
        for stage in stages:
            for _, unit_entry in sorted(recipe_manifest.entries(stage).items()):
                stage_settings[stage] = unit_entry.recipe.get("settings")
                origin_prompts |= unit_entry.recipe.get("prompts", {})
    finally:
        recipe_manifest.close()
    return Recipes(stage_settings, dict(sorted(origin_prompts.items())))


def source_documents(
    rows: Sequence[Row], text_files: Sequence[Path], coverage_files: Sequence[Path], licenses: Mapping[str, str]
) -> list[SourceDocument]:
    """The documents of `rows`, with what is known about each."""
    documents_by_source = {source_file.stem: read_json(source_file, Document) for source_file in text_files}
    source_coverage: dict[str, list[str]] = {}
    for source_file in coverage_files:
        covered_percent = _source_coverage_percent(read_json(source_file, DocumentCoverage).touched)
        source_coverage.setdefault(source_file.stem, []).append(covered_percent)
    row_counts, source_list = Counter(row.document for row in rows), []
    for source_name in sorted(row_counts):
        source = documents_by_source.get(source_name)
        converter = f"{source.converter} {source.converter_version}" if source else ""
        covered = ", ".join(filter(None, source_coverage.get(source_name, [])))
        source_list.append(
            SourceDocument(
                document=source_name,
                file=source.source if source else "",
                title=source.title if source else "",
                license=licenses.get(source_name, ""),
                rows=row_counts[source_name],
                converter=converter,
                covered=covered,
            )
        )
    return source_list


def _source_coverage_percent(covered_share: float | None) -> str:
    return "" if covered_share is None else f"{covered_share:.0%}"


RECIPE_STAGES = ("summarize", "chunk", "generate_qa", "curate")  # whose settings and prompts made the rows


class SourceDocument(Record, frozen=True):
    """A document that rows came from."""

    document: str
    file: str
    title: str
    converter: str
    license: str
    rows: int
    covered: str  # share of its sentences, numbers and table rows that a question covers, or ""


class Origin(Record, frozen=True):
    """What a dataset was made with."""

    repository: str  # org/name on the Hub, or the folder's name
    license: str
    languages: list[str]  # ISO 639-1, those that could be told
    models: list[str]
    prompts: dict[str, str]  # sha256 by file name
    settings: dict[str, Any]
    sources: list[SourceDocument]
    version: str


def card_origin(job: Job, inputs: BuildInputs, built: BuiltDataset) -> Origin:
    """What the card says of how the dataset was made."""
    origin_settings = job.config.dataset
    origin_recipes = read_recipes(job.data.state / "manifest.db", RECIPE_STAGES)
    origin_prompts = dict(origin_recipes.prompts)
    origin_rows = [row for source_rows in built.splits.values() for row in source_rows if not row.mixed]
    origin_models = {row.model for row in origin_rows if not row.unanswerable}
    for origin_prompt, origin_model in _models_by_prompt(origin_settings).items():
        origin_prompts[origin_prompt] = hashlib.sha256(job.prompt(origin_prompt).encode()).hexdigest()
        origin_models.add(origin_model)
    source_rows = list({row.id: row for row in origin_rows}.values())
    chunk_language, organization = job.config.chunk.language, origin_settings.organization
    return Origin(
        repository=f"{organization}/{origin_settings.name}" if organization else origin_settings.name,
        license=origin_settings.license,
        languages=document_languages(source_rows) if chunk_language == "auto" else [chunk_language],
        models=sorted(origin_models, key=name_order),
        prompts=origin_prompts,
        settings={**origin_recipes.settings, "dataset": msgspec.to_builtins(origin_settings)},
        sources=source_documents(
            source_rows, inputs.text_files, inputs.coverage_files, origin_settings.source_licenses
        ),
        version=version("groundwork-data"),
    )


def _models_by_prompt(origin_settings: DatasetSettings) -> dict[str, str]:
    """The models by the prompt that the build asked them with."""
    models_by_prompt: dict[str, str] = {}
    rephrase, absent = origin_settings.rephrase, origin_settings.absent
    if origin_settings.asks_rewordings:
        for origin_prompt in filter(None, (rephrase.prompt, rephrase.check_prompt)):
            models_by_prompt[origin_prompt] = f"{rephrase.model} (rewording)"
    if origin_settings.unanswerable:
        for origin_prompt in (absent.prompt, absent.check_prompt):
            models_by_prompt[origin_prompt] = f"{absent.model} (questions without an answer)"
    return models_by_prompt


def document_languages(source_rows: Sequence[Row]) -> list[str]:
    """The languages of the documents that `source_rows` come from, told by their questions."""
    questions_by_source: dict[str, str] = {}
    for source_row in source_rows:
        earlier_questions = questions_by_source.get(source_row.document, "")
        questions_by_source[source_row.document] = f"{earlier_questions} {source_row.question}"
    return sorted({detect_language(questions) for questions in questions_by_source.values()} - {""})
