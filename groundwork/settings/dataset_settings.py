"""Settings of embeddings, maps, the finished dataset and grading."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta

from groundwork.settings.field_types import Count, Name, Positive, Settings, Share
from groundwork.settings.model_settings import ModelCall

STATIC_MODEL = "wordllama"  # the one model of the embeddings backend `static`
ExportFormat = Literal[
    "messages", "prompt-completion", "alpaca", "sharegpt", "inspect", "lighteval", "lm-eval", "openai-eval"
]
EvalStrategy = Literal["clusters", "tags", "category", "difficulty", "random", "clone", "second-run"]
EVAL_STRATEGIES: tuple[EvalStrategy, ...] = get_args(EvalStrategy)
EXPORT_FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
HARNESSES = ("inspect", "lighteval", "lm-eval")  # exports that are tasks, judged by the prompts of grade


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
