"""Settings of the stages that judge pairs: the checks of curate, and how decisions of review are obeyed."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from groundwork.settings.field_types import Name, Positive, Settings, Share
from groundwork.settings.llm_settings import ModelCall

Check = Literal["stand_alone", "supported", "criteria", "worth", "natural", "duplicates"]
CURATE_PROMPTS = ("pairs", "stand_alone", "worth", "natural", "criteria", "wrong_answer", "supported", "rewrite")


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
