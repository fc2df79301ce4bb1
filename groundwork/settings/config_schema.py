"""Every setting of config/config.json, by block: its type, its limits and its meaning.

The values live in config/config.json and nowhere else: no field has a default, so that the file shows everything that
can be set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from inspect import cleandoc
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from groundwork.errors import UsageError

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
Name = Annotated[str, Meta(min_length=1)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every block of config/config.json."""


@cache  # evaluating the annotations was nine tenths of the time that a config took to load
def field_types(block: type[Settings]) -> Mapping[str, Any]:
    """The annotated type of each field of a block, by name."""
    return MappingProxyType({field.name: field.type for field in msgspec.structs.fields(block)})


def settings_class(annotated: Any) -> type[Settings] | None:
    """The block that a field of this type is, or None where it is a single value."""
    kind = strip_annotations(annotated)
    return kind if isinstance(kind, type) and issubclass(kind, Settings) else None


def strip_annotations(annotated: Any) -> Any:
    """The type without the limits and the description that come with it."""
    return get_args(annotated)[0] if hasattr(annotated, "__metadata__") else annotated


class Routing(Settings, frozen=True):
    """OpenRouter's `provider` object; null or an empty list leaves a choice to OpenRouter. Ignored elsewhere."""

    order: Annotated[list[str], Meta(description="providers to try, in this order")]
    only: Annotated[list[str], Meta(description="providers allowed; empty: all")]
    allow_fallbacks: Annotated[bool, Meta(description="may another provider take a call that the first refused")]
    require_parameters: Annotated[
        bool, Meta(description="only endpoints that know every parameter sent; on for calls with a JSON schema")
    ]
    data_collection: Annotated[Literal["allow", "deny"], Meta(description="deny: only providers that store nothing")]
    zdr: Annotated[bool, Meta(description="only endpoints with zero data retention")]
    max_price: Annotated[
        dict[str, Annotated[float, Meta(ge=0)]],
        Meta(description='USD per million tokens, such as {"prompt": 1, "completion": 4}'),
    ]
    enforce_distillable_text: Annotated[
        bool, Meta(description="only models whose makers allow training on their output")
    ]


class Provider(Settings, frozen=True):
    """One endpoint that speaks the OpenAI chat API."""

    base_url: Annotated[
        str,
        Meta(pattern=r"^(local|https?://[^\s@]+)$", description='a URL, or "local": the model of the extra `local`'),
    ]
    api_key_env: Annotated[
        str, Meta(pattern=r"^[A-Za-z_0-9]*$", description="the environment variable with the key; empty: none")
    ]
    max_concurrency: Annotated[int, Meta(ge=1, le=4096, description="calls in flight at the most")]
    requests_per_minute: Annotated[Positive | None, Meta(description="null: as many as the endpoint takes")]
    tokens_per_minute: Annotated[Positive | None, Meta(description="null: as many as the endpoint takes")]
    timeout: Annotated[Seconds, Meta(description="seconds until a silent call counts as hung")]
    max_retry_after: Annotated[Seconds, Meta(description="seconds; a longer Retry-After stops the run")]
    transport_retries: Annotated[Count, Meta(description="tries after a dropped connection, a hang or a 5xx")]
    structured: Annotated[
        Literal["auto", "json_schema", "json_object", "prompt"],
        Meta(description="how JSON is asked for; auto: by schema, and by less once that is refused"),
    ]
    stream: Annotated[
        bool | Literal["auto"], Meta(description="read replies as streams; auto: once the endpoint asks for it")
    ]
    limit_parameter: Annotated[
        Literal["auto", "max_tokens", "max_completion_tokens"], Meta(description="limits the reply's length")
    ]
    key_header: Annotated[
        Literal["auto", "bearer", "api-key"], Meta(description="which header holds the key; auto: api-key at Azure")
    ]
    allow_http: Annotated[bool, Meta(description="send the key unencrypted to another machine")]
    extra_body: Annotated[dict[str, Any], Meta(description="put into every request as it is, over what is there")]
    extra_headers: Annotated[
        dict[str, str], Meta(description="sent with every request; $NAME: the value of that environment variable")
    ]
    extra_query: Annotated[dict[str, str], Meta(description="put behind every address, such as api-version at Azure")]
    routing: Routing


class LocalModel(Settings, frozen=True):
    """The language model of the extra `local`."""

    model: Annotated[
        str, Meta(description='"packages" (the extra\'s carrier packages), a path of a .gguf, or "org/repo:file.gguf"')
    ]
    sha256: Annotated[str, Meta(description="of the .gguf; empty: not checked")]
    threads: Annotated[Count, Meta(description="0: one a core")]
    context_length: Annotated[int, Meta(ge=512, description="tokens")]


class ModelCall(Settings, frozen=True):
    """Which model is asked, where, and how it samples.

    `llm.defaults` holds them for all stages; in a stage's block a null stands for the value there (`fill_inherited`).
    """

    provider: Annotated[str, Meta(description="a key of llm.providers; empty: llm itself")]
    model: Name
    temperature: Annotated[Annotated[float, Meta(ge=0, le=2)] | None, Meta(description="null: not sent")]
    max_tokens: Annotated[Positive, Meta(description="of one reply")]
    top_p: Annotated[Annotated[float, Meta(gt=0, le=1)] | None, Meta(description="null: not sent")]
    top_k: Annotated[Count | None, Meta(description="null: not sent")]
    min_p: Annotated[Share | None, Meta(description="null: not sent")]
    reasoning_effort: Annotated[
        Literal["none", "minimal", "low", "medium", "high"] | None, Meta(description="null: not sent")
    ]
    thinking: Annotated[bool | None, Meta(description="switch the model's thinking on or off; null: not sent")]
    omit: Annotated[
        list[Literal["temperature", "top_p", "top_k", "min_p", "reasoning_effort", "thinking"]],
        Meta(description="parameters that the model refuses: never sent, whatever their value"),
    ]


class LLM(Provider, frozen=True):
    """The endpoint that every stage uses unless it names another one of `providers`."""

    defaults: Annotated[ModelCall, Meta(description="what a stage uses where its own block says null")]
    providers: Annotated[dict[str, Provider], Meta(description="further endpoints, for a stage's `provider`")]
    local: LocalModel


def inherits(block: type[Settings], field: str) -> bool:
    """Does a null in the `field` of the `block` stand for the value in llm.defaults?"""
    return block is not ModelCall and issubclass(block, ModelCall) and field in ModelCall.__struct_fields__


def named_call(call_settings: ModelCall, model_and_provider: str, providers: Collection[str]) -> ModelCall:
    """The settings of `call_settings` for NAME or NAME@PROVIDER. Raises UsageError where `providers` lack that one."""
    model_name, separator, provider_name = model_and_provider.rpartition("@")
    if not separator:
        return msgspec.structs.replace(call_settings, model=model_and_provider)
    if provider_name not in providers:
        defined_providers = ", ".join(providers) or "none is defined"
        raise UsageError(f"{model_and_provider}: {provider_name!r} is not one of llm.providers ({defined_providers})")
    return msgspec.structs.replace(call_settings, model=model_name, provider=provider_name)


class Vision(ModelCall, frozen=True):
    """The converter `gemini`: each page as an image to a vision model."""

    prompt: Annotated[Name, Meta(description="a file of config/prompts")]
    correction_prompt: Annotated[Name, Meta(description="when a page is not whole; a file of config/prompts")]
    image_size: Annotated[int, Meta(ge=256, le=8192, description="pixels of a page's longer side")]
    jpeg_quality: Annotated[int, Meta(ge=30, le=100)]
    tries: Annotated[Positive, Meta(description="draws for a page, the temperature rising, before its text layer")]


class Marker(Settings, frozen=True):
    """The converter `marker`."""

    use_llm: Annotated[bool, Meta(description="let marker repair tables and forms by ingest.vision's model")]
    layout_server_url: Annotated[str, Meta(description="a running layout server; empty: marker starts its own")]
    options: Annotated[dict[str, str | int | float | bool], Meta(description="passed on to marker as they are")]


KEYS_PAGE = "https://www.datalab.to/app/keys"


class MarkerApi(Settings, frozen=True):
    """The converter `marker-api`: marker as a service of Datalab, which gets the whole file."""

    url: Annotated[str, Meta(pattern=r"^https?://", description="where documents are sent")]
    api_key_env: Annotated[Name, Meta(description="the environment variable with the key")]
    mode: Annotated[Literal["fast", "balanced", "accurate"], Meta(description="the service's own; dearer to the right")]
    timeout: Annotated[Seconds, Meta(description="seconds from the upload of a document to its text")]
    price_per_1000_pages: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="USD, for --dry-run, and for the cost where the service does not tell it"),
    ]
    options: Annotated[dict[str, str | int | float | bool], Meta(description="passed on to the service as they are")]

    def missing_key(self, env: Mapping[str, str]) -> str:
        """What is missing where the key is not set in `env`; "" where it is."""
        if env.get(self.api_key_env, "").strip():
            return ""
        return f"marker-api: {self.api_key_env} is not set; put your key in .env, which {KEYS_PAGE} gives"


_PAGE_RANGE = "[1-9][0-9]{0,8}( *-( *[1-9][0-9]{0,8})?)?"
_PAGE_RANGES = f"^ *{_PAGE_RANGE}( *, *{_PAGE_RANGE})* *$"  # as documents/overrides_and_recipe.py reads them


class DocumentOverride(Settings, frozen=True):
    """What holds for single documents in place of the settings for all; null: as for all."""

    converter: Annotated[str | None, Meta(description="tried first, as ingest.converter")]
    ocr: Annotated[bool | None, Meta(description="true: read the pictures of the pages; false: never")]
    pages: Annotated[
        Annotated[str, Meta(pattern=_PAGE_RANGES)] | None, Meta(description='only these, such as "1-3, 7, 9-"')
    ]
    language: Annotated[str | None, Meta(description="ISO 639-1, such as da, in place of chunk.language")]
    title: Annotated[str | None, Meta(description="what the document is called")]
    audit_threshold: Annotated[Share | None, Meta(description="as ingest.audit_threshold")]
    timeout: Annotated[Seconds | None, Meta(description="as ingest.timeout")]


class Ingest(Settings, frozen=True):
    """Documents to Markdown."""

    converter: Annotated[str, Meta(description="tried before those of `converters`, where it reads such files")]
    converters: Annotated[
        dict[str, list[str]],
        Meta(description="by file ending, first choice first; `image`: every picture; `*`: every other ending"),
    ]
    audit_threshold: Annotated[Share, Meta(description="a page scoring below goes to the next converter")]
    timeout: Annotated[Seconds, Meta(description="seconds a converter may take without finishing a page")]
    workers: Annotated[Count, Meta(description="processes for converters; 0: one a core")]
    memory_mb: Annotated[Count, Meta(description="memory that a converter's process may take; 0: no limit")]
    pictures: Annotated[
        bool, Meta(description="keep a document's pictures in text/<document>/, and name them in its text")
    ]
    max_pages: Positive
    max_unpacked_mb: Annotated[Positive, Meta(description="a DOCX, PPTX, XLSX or EPUB that unpacks to more is refused")]
    ignore: Annotated[list[Name], Meta(description="patterns of files in documents/ to pass over, such as drafts/")]
    overrides: Annotated[
        dict[str, DocumentOverride],
        Meta(description='by pattern of file names, such as {"scans/*.pdf": {"converter": "gemini"}}'),
    ]
    vision: Vision
    marker: Marker
    marker_api: MarkerApi

    def uses(self, converter: str) -> bool:
        """Whether any document may go to the converter, by an override too."""
        converters = [self.converter, *(name for listed in self.converters.values() for name in listed)]
        return converter in [*converters, *(override.converter for override in self.overrides.values())]


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
        str, Meta(description="what judges reworded rows of eval (natural, same meaning); a prompt file; empty: none")
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


def setting_at(setting_path: str) -> tuple[type[Settings] | None, Any]:
    """The block that holds the setting at `setting_path` and its annotated type; None where there is none."""
    settings_block, setting_type = None, Config  # type: type[Settings] | None, Any
    for key in setting_path.split("."):
        settings_block = settings_class(setting_type)
        setting_type = field_types(settings_block).get(key) if settings_block else None
    return settings_block, setting_type


def setting_paths(settings_block: type[Settings] = Config, path_prefix: str = "") -> Iterator[str]:
    for setting_name, field_type in field_types(settings_block).items():
        yield f"{path_prefix}{setting_name}"
        if inner_block := settings_class(field_type):
            yield from setting_paths(inner_block, f"{path_prefix}{setting_name}.")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of config.json; in an overlay every key may be absent, so nothing is required."""
    config_schema = msgspec.json.schema(Config)
    for block_name, block_schema in config_schema["$defs"].items():
        block_schema.pop("required", None)
        block_schema.setdefault("additionalProperties", False)
        block_schema["description"] = cleandoc(block_schema["description"])  # Python 3.13 does so by itself
        if block_name in {model_call.__name__ for model_call in ModelCall.__subclasses__()}:
            _allow_null_for_defaults(block_schema["properties"])
    config_schema["$defs"]["Config"]["properties"]["$schema"] = {"type": "string"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **config_schema}


def _allow_null_for_defaults(field_schemas: dict[str, Any]) -> None:
    for field in ModelCall.__struct_fields__:
        field_schema = field_schemas[field]
        field_limits = {key: value for key, value in field_schema.items() if key != "description"}
        description = field_schema.get("description", "").replace("null: not sent", "").strip()
        nullable_description = f"{description}{'; ' if description else ''}null: as llm.defaults"
        alternatives = field_limits.get("anyOf", [field_limits])
        nullable_types = alternatives if {"type": "null"} in alternatives else [*alternatives, {"type": "null"}]
        field_schemas[field] = {"anyOf": nullable_types, "description": nullable_description}
