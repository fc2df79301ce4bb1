"""The whole of config/config.json: every setting, its type, its limits and its meaning.

The values live in config/config.json and nowhere else: no field has a default, so that the file shows everything that
can be set. The blocks are in the modules beside, by stage.
"""

from __future__ import annotations

from typing import Annotated, Any, get_args

from msgspec import Meta

from groundwork.settings.curate_and_review_settings import CURATE_PROMPTS, Check, Curate, ReviewSettings
from groundwork.settings.dataset_settings import DatasetSettings
from groundwork.settings.embedding_and_map_settings import STATIC_MODEL, Embeddings, Maps
from groundwork.settings.engine_settings import Engine
from groundwork.settings.field_types import Name, Settings, field_types, settings_class
from groundwork.settings.generate_qa_settings import QA
from groundwork.settings.grade_settings import GradeSettings
from groundwork.settings.ingest_settings import Ingest
from groundwork.settings.llm_settings import LLM, ModelCall, inherits
from groundwork.settings.summarize_and_chunk_settings import ChunkSettings, Summarize
from groundwork.settings.tag_settings import TagSettings


class Config(Settings, frozen=True):
    """The whole of config/config.json."""

    data_dir: Annotated[Name, Meta(description="relative to the project, absolute, or a URL such as s3://bucket/data")]
    engine: Engine
    llm: LLM
    ingest: Ingest
    summarize: Summarize
    chunk: ChunkSettings
    qa: QA
    curate: Curate
    review: ReviewSettings
    tags: TagSettings
    embeddings: Embeddings
    maps: Maps
    dataset: DatasetSettings
    grade: GradeSettings


def fill_inherited(block: dict[str, Any], kind: type[Settings] = Config) -> None:
    """Put the value of llm.defaults wherever a stage's block, in the JSON of a whole config, says null."""
    defaults = block["llm"]["defaults"]

    def fill(values: dict[str, Any], kind: type[Settings]) -> None:
        for name, field_type in field_types(kind).items():
            if (inner_class := settings_class(field_type)) and inner_class is not ModelCall:
                fill(values[name], inner_class)
            elif values[name] is None and inherits(kind, name):
                values[name] = defaults[name]

    fill(block, kind)


def find_contradictions(config: Config) -> list[str]:
    """Values that are each of the right type and cannot stand together, one message each."""
    problems = []
    if config.chunk.min_length > config.chunk.max_length // 2:
        problems.append(
            f"chunk.min_length: {config.chunk.min_length} is more than half of chunk.max_length "
            f"({config.chunk.max_length}); lower the one or raise the other"
        )
    all_checks = get_args(Check)
    for path, keys, checks in (
        ("curate.thresholds", config.curate.thresholds, all_checks),
        ("curate.prompts", config.curate.prompts, CURATE_PROMPTS),
    ):
        problems += [f"{path}.{key}: no such check; there are {', '.join(checks)}" for key in keys if key not in checks]
    problems += [f"curate.prompts.{key}: is missing" for key in CURATE_PROMPTS if key not in config.curate.prompts]
    if config.embeddings.backend == "static" and config.embeddings.model != STATIC_MODEL:
        problems.append(
            f"embeddings.model: the backend static is {STATIC_MODEL}, not {config.embeddings.model}; "
            f"add --set embeddings.model={STATIC_MODEL}, or choose another embeddings.backend"
        )
    stages: dict[str, ModelCall | Embeddings] = {
        "llm.defaults": config.llm.defaults,
        "ingest.vision": config.ingest.vision,
        "summarize": config.summarize,
        "qa": config.qa,
        "curate": config.curate,
        "tags": config.tags,
        "dataset.rephrase": config.dataset.rephrase,
        "grade.judge": config.grade.judge,
        "grade.answer": config.grade.answer,
        "embeddings": config.embeddings,
    }
    inherited = config.llm.defaults.provider
    for path, call in stages.items():
        if call.provider == inherited and path != "llm.defaults":
            continue  # reported once, where it is set
        if call.provider and call.provider not in config.llm.providers:
            defined = ", ".join(config.llm.providers) or "none is defined"
            problems.append(f"{path}.provider: {call.provider!r} is not one of llm.providers ({defined})")
    return problems
