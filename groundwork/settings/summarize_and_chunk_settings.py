"""Settings of the stages between text and questions: summarize, chunk."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from groundwork.settings.field_types import Count, Name, Positive, Settings
from groundwork.settings.llm_settings import ModelCall


class Summarize(ModelCall, frozen=True):
    """One summary a document."""

    prompt: Annotated[Name, Meta(description="a file of config/prompts")]
    section_prompt: Annotated[Name, Meta(description="for the sections of a document that is too long for one call")]
    correction_prompt: Annotated[Name, Meta(description="when a summary says what the document does not")]
    max_words: Annotated[Positive, Meta(description="of the longest summary; a short document gets a shorter one")]
    max_input_tokens: Annotated[Positive, Meta(description="a longer document is summarised by sections first")]


class ChunkSettings(Settings, frozen=True):
    """Markdown to chunks."""

    unit: Literal["characters", "tokens"]
    tokenizer: Annotated[str, Meta(description="for unit tokens: a folder, a tokenizer.json or a Hub id")]
    min_length: Count
    max_length: Annotated[int, Meta(ge=20)]
    overlap_sentences: Count
    sentences: Literal["sentencex", "regex"]
    language: Annotated[str, Meta(description="ISO 639-1, such as en; auto: each document's own")]
