"""Settings of the tags of every question: generate_tags."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from groundwork.settings.field_types import Name, Positive
from groundwork.settings.llm_settings import ModelCall


class TagSettings(ModelCall, frozen=True):
    """Tags of every question, by one model for all datasets."""

    prompt: Annotated[Name, Meta(description="a file of config/prompts")]
    max_tags: Annotated[int, Meta(ge=1, le=20)]
    batch: Annotated[Positive, Meta(description="questions in one call")]
    vocabulary_prompt: Annotated[
        str,
        Meta(
            description="proposes the tags that all share; a file of config/prompts; empty: every call chooses freely"
        ),
    ]
    questions_per_tag: Annotated[Positive, Meta(description="how many questions there must be for a tag to be added")]
    max_vocabulary: Annotated[Positive, Meta(description="tags that all share, at the most: every call is shown them")]
