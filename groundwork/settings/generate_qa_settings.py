"""Settings of generate_qa, the block `qa`: how chunks are asked about."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from groundwork.settings.field_types import Count, Name, Positive, Share
from groundwork.settings.llm_settings import ModelCall


class QA(ModelCall, frozen=True):
    """Chunks to question-answer pairs."""

    strategy: Annotated[
        Literal["batch", "sentence"],
        Meta(description="batch: many pairs a call; sentence: one pair a call, answer first, for small models"),
    ]
    prompt: Annotated[Name, Meta(description="a file of config/prompts")]
    correction_prompt: Annotated[Name, Meta(description="strategy batch: when pairs have faults; of config/prompts")]
    two_chunk_prompt: Annotated[Name, Meta(description="for multi_chunk; a file of config/prompts")]
    round_trip_prompt: Annotated[Name, Meta(description="for round_trip; a file of config/prompts")]
    context: Annotated[str, Meta(description="what every document is about, such as: rules of touch rugby")]
    skip_tables: bool
    skip_marked: Annotated[
        bool, Meta(description="leave out chunks marked as contents page, boilerplate or unreadable")
    ]
    iterate: Annotated[bool, Meta(description="ask again until nothing new comes")]
    max_iterations: Positive
    batch: Annotated[Positive, Meta(description="pairs to ask for in one call at the most")]
    stop: Literal["exhausted", "coverage", "fixed"]
    target_coverage: Annotated[Share, Meta(description="for stop coverage")]
    show_gaps: Annotated[bool, Meta(description="show the model what no question covers yet")]
    questions: Annotated[Count, Meta(description="pairs of a chunk, a fixed number; 0: as many as there is to ask")]
    limit: Annotated[Count, Meta(description="pairs of a document at the most; 0: no limit")]
    multi_chunk: Annotated[bool, Meta(description="also ask what needs two related chunks")]
    duplicate_threshold: Annotated[
        Share | None, Meta(description="cosine from which two questions without evidence are one; null: calibrated")
    ]
    correct: Annotated[bool, Meta(description="strategy batch: give pairs with faults back once, with the reasons")]
    round_trip: Annotated[bool, Meta(description="strategy sentence: answer the question again and compare")]
    images: Annotated[
        bool, Meta(description="strategy batch: show a vision model the pictures that ingest --pictures kept")
    ]
    images_prompt: Annotated[Name, Meta(description="for images: what is said of them; a file of config/prompts")]
    max_images: Annotated[Positive, Meta(description="pictures in one call at the most, the first of the chunk")]
    image_size: Annotated[int, Meta(ge=64, le=4096, description="pixels of a picture's longer side, as it is sent")]
