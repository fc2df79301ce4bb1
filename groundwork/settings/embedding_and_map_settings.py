"""Settings of embeddings and of the maps that are drawn of them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from groundwork.settings.field_types import Count, Name, Positive, Settings

STATIC_MODEL = "wordllama"  # the one model of the embeddings backend `static`


class Embeddings(Settings, frozen=True):
    """Vectors of questions and sentences."""

    backend: Annotated[
        Literal["sentence-transformers", "endpoint", "static"],
        Meta(description="static: the small model that ships with the base install"),
    ]
    model: Annotated[Name, Meta(description="a Hub id, a local folder, the endpoint's model, or wordllama")]
    provider: Annotated[str, Meta(description="backend endpoint: a key of llm.providers; empty: llm itself")]
    query_prefix: Annotated[str | None, Meta(description="put before questions; null: what the model itself asks for")]
    document_prefix: Annotated[str | None, Meta(description="put before sentences; null: the same")]
    dimensions: Annotated[Count, Meta(description="keep so many dimensions and renormalise; 0: all")]
    batch: Positive


class Maps(Settings, frozen=True):
    """The 2-D maps."""

    perplexity: Annotated[float, Meta(gt=0, description="at the most; (n - 1) // 3 for few rows")]
    seed: Count
    interactive: Annotated[bool, Meta(description="also write the HTML page")]
    plotly: Annotated[bool, Meta(description="also write the map as a plotly figure")]
    size: Annotated[
        Literal["page", "readme", "paper"],
        Meta(description="of the PNG; readme: 2:1, paper: a column, both with the map and its legend alone"),
    ]
