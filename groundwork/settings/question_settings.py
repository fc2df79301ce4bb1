"""Settings of the stages that ask and check: generate_qa, curate, review, generate_tags."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from groundwork.settings.field_types import Count, Name, Positive, Settings, Share
from groundwork.settings.model_settings import ModelCall

Check = Literal["stand_alone", "supported", "criteria", "worth", "natural", "duplicates"]
CURATE_PROMPTS = ("pairs", "stand_alone", "worth", "natural", "criteria", "wrong_answer", "supported", "rewrite")


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


class Curate(ModelCall, frozen=True):
    """Checks on the pairs of a run."""

    checks: list[Check]
    rules_only: Annotated[bool, Meta(description="only what rules find; no model is asked")]
    rewrite: Annotated[bool, Meta(description="rewrite once a question that does not stand alone or is not natural")]
    batch: Annotated[Positive, Meta(description="pairs in one call, at the most")]
    max_input_tokens: Annotated[Positive, Meta(description="of one call; longer texts and lists are cut into several")]
    thresholds: Annotated[
        dict[str, Share],
        Meta(description="by check: the score from which a pair passes; duplicates: a cosine, absent: calibrated"),
    ]
    prompts: Annotated[
        dict[str, Name], Meta(description="by check; pairs: the frame around them; files of config/prompts")
    ]


class ReviewSettings(Settings, frozen=True):
    """How curate and create_dataset obey the decisions of review."""

    disagreement: Annotated[
        Literal["rejected", "last"],
        Meta(description="reviewers disagree on a pair: it is rejected, or the last decision holds"),
    ]


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
