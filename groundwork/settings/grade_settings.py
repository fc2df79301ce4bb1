"""Settings of grade: the judge, the model that answers, and what counts as learnt."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from groundwork.settings.field_types import Count, Name, Positive, Settings, Share
from groundwork.settings.llm_settings import ModelCall


class JudgeSettings(ModelCall, frozen=True):
    """The model that gives verdicts."""

    prompts: Annotated[list[Name], Meta(min_length=1, description="wordings, taken in turn; files of config/prompts")]
    second: Annotated[str, Meta(description="NAME or NAME@PROVIDER, to see how far two judges agree; empty: none")]
    repeats: Annotated[int, Meta(ge=1, le=50, description="draws an answer; the majority counts")]
    longest_answer: Annotated[Positive, Meta(description="characters of an answer that it is shown")]
    check_rows: Annotated[Count, Meta(description="rows whose spoiled answers check it; 0: no check")]
    least_trust: Annotated[
        Share, Meta(description="mean of its sensitivity and specificity below which nothing is graded")
    ]


class AnswerSettings(ModelCall, frozen=True):
    """The model that is graded where no --model and no --answers is given; others are asked in the same way."""

    prompt: Annotated[Name, Meta(description="what it is asked; a file of config/prompts")]
    open_book_prompt: Annotated[Name, Meta(description="the same with the evidence; a file of config/prompts")]


class GradeSettings(Settings, frozen=True):
    """Answers graded by the criteria of their questions."""

    judge: JudgeSettings
    answer: AnswerSettings
    splits: Annotated[
        list[Name], Meta(description="which splits are asked; those that a dataset lacks are passed over")
    ]
    open_book: Annotated[bool, Meta(description="show the evidence to the model and the judge")]
    margin: Annotated[Share, Meta(description="gap between mirror and eval from which on something is learnt by heart")]
    floor: Annotated[Share, Meta(description="score on the mirror below which nothing was learnt")]
    seed: Annotated[Count, Meta(description="of the criteria's order and of the rows that check the judge")]
