"""The whole of config/config.json: every setting, its type, its limits and its meaning.

The values live in config/config.json and nowhere else: no field has a default, so that the file shows everything that
can be set. The blocks are in the modules beside, by stage; that of the work itself (processes, shards, Ray) is here.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from groundwork.settings.curate_and_review_settings import Curate, ReviewSettings
from groundwork.settings.dataset_settings import DatasetSettings
from groundwork.settings.embedding_and_map_settings import Embeddings, Maps
from groundwork.settings.field_types import Count, Name, Settings, field_types, settings_class
from groundwork.settings.generate_qa_settings import QA
from groundwork.settings.grade_settings import GradeSettings
from groundwork.settings.ingest_settings import Ingest
from groundwork.settings.llm_settings import LLM, ModelCall, inherits
from groundwork.settings.summarize_and_chunk_settings import ChunkSettings, Summarize
from groundwork.settings.tag_settings import TagSettings


class Engine(Settings, frozen=True):
    """Where the work runs."""

    workers: Annotated[Count, Meta(description="processes of a stage on this machine; 0: as many as are faster")]
    ray_address: Annotated[str, Meta(description="a Ray cluster (auto, HOST:PORT, or local); empty: this machine")]
    shards: Annotated[Count, Meta(description="shards of a stage on a Ray cluster; 0: four a processor")]
    cache_dir: Annotated[
        str, Meta(description="where copies of data folders elsewhere (s3://…) lie; empty: ~/.cache/groundwork")
    ]


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
