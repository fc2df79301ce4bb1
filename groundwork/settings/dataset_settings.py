"""Settings of the finished dataset: create_dataset."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta

from groundwork.settings.field_types import Count, Name, Positive, Settings, Share
from groundwork.settings.llm_settings import ModelCall

ExportFormat = Literal[
    "messages", "prompt-completion", "alpaca", "sharegpt", "inspect", "lighteval", "lm-eval", "openai-eval"
]
EvalStrategy = Literal["clusters", "tags", "category", "difficulty", "random", "clone", "second-run"]
EVAL_STRATEGIES: tuple[EvalStrategy, ...] = get_args(EvalStrategy)
EXPORT_FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
HARNESSES = ("inspect", "lighteval", "lm-eval")  # exports that are tasks, judged by the prompts of grade


class DatasetSettings(Settings, frozen=True):
    """The finished dataset."""

    name: Name
    strategy: EvalStrategy
    train: Annotated[
        Literal["auto", "whole", "held-out"],
        Meta(description="do eval rows stay in train; auto: they stay, but for the strategy random"),
    ]
    eval_split: Annotated[bool, Meta(description="make an eval split")]
    eval_fraction: Annotated[float, Meta(gt=0, lt=1)]
    eval_max: Positive
    eval_mirror: Annotated[bool, Meta(description="a third split: the rows of eval verbatim as train has them")]
    rephrase_qa: Annotated[bool, Meta(description="reword the questions and answers of eval")]
    phrasings: Annotated[
        int, Meta(ge=1, le=20, description="wordings of each row of train: itself and reworded copies; 1: itself alone")
    ]
    mix: Annotated[str, Meta(description="a general dataset (DATASET) whose rows join train; empty: none")]
    mix_share: Annotated[float, Meta(gt=0, lt=1, description="the mixed rows as a share of train's rows")]
    unanswerable: Annotated[
        float,
        Meta(
            ge=0,
            lt=1,
            description="questions that the documents do not answer, as a share of train and of eval; 0: none",
        ),
    ]
    absent: AbsentQuestions
    drop_invalid: Annotated[bool, Meta(description="leave invalid rows out instead of stopping")]
    grades: Annotated[list[Name], Meta(description="folders of data/grades whose measurements become columns")]
    leave_out_flipping: Annotated[
        bool, Meta(description="leave out rows on whose criteria the judge of `grades` flips")
    ]
    clusters: Annotated[Count, Meta(description="k; 0: the elbow picks it")]
    seed: Count
    rephrase: Rephrase
    exports: list[ExportFormat]
    system_prompt: str
    include_chunk: Annotated[bool, Meta(description="the source chunk as a column, and in exports")]
    license: Annotated[str, Meta(description="of the dataset, for its card, such as cc-by-4.0")]
    source_licenses: Annotated[dict[str, str], Meta(description="by document, for the card")]
    organization: Annotated[str, Meta(description="on the Hub; empty: your own account")]
    private: bool

    @property
    def rewords_eval(self) -> bool:
        return self.eval_split and self.rephrase_qa

    @property
    def asks_rewordings(self) -> bool:
        """Whether a model is asked to reword: eval, or rows of train once more."""
        return self.rewords_eval or self.phrasings > 1

    @property
    def asks_model(self) -> bool:
        """Is a model asked at all?"""
        return self.asks_rewordings or self.unanswerable > 0


class AbsentQuestions(ModelCall, frozen=True):
    """The model that proposes questions without an answer, and looks them up in the passages."""

    prompt: Annotated[Name, Meta(description="what proposes them; a file of config/prompts")]
    check_prompt: Annotated[Name, Meta(description="what looks them up; a file of config/prompts")]


class Rephrase(ModelCall, frozen=True):
    """Rewording of the eval split."""

    strategy: Annotated[
        Literal["pair", "question"],
        Meta(description="pair: question and answer; question: that alone, in a frame given, for small models"),
    ]
    prompt: Annotated[Name, Meta(description="a file of config/prompts")]
    check_prompt: Annotated[
        str,
        Meta(description="what judges reworded rows of eval (natural, same meaning); a prompt file; empty: none"),
    ]
    max_copied: Annotated[
        Share, Meta(description="share of a rewording's words that may stand in copied stretches of five and more")
    ]
    tries: Positive
