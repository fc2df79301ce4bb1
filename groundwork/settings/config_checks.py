"""Checks of a config: unknown keys and wrong types, then values that contradict each other or that there are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import msgspec

from groundwork.message_wording import nearest_name
from groundwork.settings.config_schema import (
    CURATE_PROMPTS,
    STATIC_MODEL,
    Check,
    Config,
    Embeddings,
    ModelCall,
    Settings,
    field_types,
    inherits,
    settings_class,
    strip_annotations,
)

LEAST_MEMORY_MB = 500  # Python and a converter's libraries take 150 to 400 MB of addresses before they read a page

# ISO 639-1, all 184 codes.
LANGUAGES = tuple(
    re.findall(
        "..",
        "aaabaeafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagdglgngugv"
        "hahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulvmgmhmimkmlmnmrmsmtmy"
        "nanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsascsdsesgsiskslsmsnsosqsrssstsusvswtatetgthtitktltntotr"
        "tstttwtyugukuruzvevivowawoxhyiyozazhzu",
    )
)


def find_unknown_values(config: Config) -> list[str]:
    """What the settings name that there is not, one message each with what there is."""
    languages = {"chunk.language": config.chunk.language}
    languages |= {
        f"ingest.overrides.{pattern}.language": override.language
        for pattern, override in config.ingest.overrides.items()
        if override.language is not None
    }
    problems = [
        f"{path}: no language {language!r}; write its code of ISO 639-1, or of 639-3 where that has none, "
        "such as en, de, es, fr, zh; auto: each document's own"
        for path, language in languages.items()
        if language != "auto" and language not in LANGUAGES and not re.fullmatch("[a-z]{3}", language)
    ]
    if 0 < config.ingest.memory_mb < LEAST_MEMORY_MB:
        problems.append(
            f"ingest.memory_mb: {config.ingest.memory_mb} MB hold no converter; give at least {LEAST_MEMORY_MB}, "
            "or 0 for no limit"
        )
    return problems


def _choices(kind: Any) -> list[str]:
    """The values that a setting of the annotated type `kind`, or each item of it, may take; [] where any will do."""
    return [str(value) for value in _literals(kind)]


def _literals(kind: Any) -> Iterator[Any]:
    bare_type = strip_annotations(kind)
    if get_origin(bare_type) is Literal:
        yield from get_args(bare_type)
    else:
        for inner in get_args(bare_type):
            yield from _literals(inner)


def find_contradictions(config: Config) -> list[str]:
    """Values that are each of the right type and cannot stand together, one message each."""
    problems = []
    if config.chunk.min_length > config.chunk.max_length // 2:
        problems.append(
            f"chunk.min_length: {config.chunk.min_length} is more than half of chunk.max_length "
            f"({config.chunk.max_length}); lower the one or raise the other"
        )
    all_checks = get_args(Check)
    for path, keys, checks in (
        ("curate.thresholds", config.curate.thresholds, all_checks),
        ("curate.prompts", config.curate.prompts, CURATE_PROMPTS),
    ):
        problems += [f"{path}.{key}: no such check; there are {', '.join(checks)}" for key in keys if key not in checks]
    problems += [f"curate.prompts.{key}: is missing" for key in CURATE_PROMPTS if key not in config.curate.prompts]
    if config.embeddings.backend == "static" and config.embeddings.model != STATIC_MODEL:
        problems.append(
            f"embeddings.model: the backend static is {STATIC_MODEL}, not {config.embeddings.model}; "
            f"add --set embeddings.model={STATIC_MODEL}, or choose another embeddings.backend"
        )
    stages: dict[str, ModelCall | Embeddings] = {
        "llm.defaults": config.llm.defaults,
        "ingest.vision": config.ingest.vision,
        "summarize": config.summarize,
        "qa": config.qa,
        "curate": config.curate,
        "tags": config.tags,
        "dataset.rephrase": config.dataset.rephrase,
        "grade.judge": config.grade.judge,
        "grade.answer": config.grade.answer,
        "embeddings": config.embeddings,
    }
    inherited = config.llm.defaults.provider
    for path, call in stages.items():
        if call.provider == inherited and path != "llm.defaults":
            continue  # reported once, where it is set
        if call.provider and call.provider not in config.llm.providers:
            defined = ", ".join(config.llm.providers) or "none is defined"
            problems.append(f"{path}.provider: {call.provider!r} is not one of llm.providers ({defined})")
    return problems


def find_problems(content: Any, kind: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, what is wrong) for everything in `content` that the type `kind` does not allow."""
    bare_type, prefix = strip_annotations(kind), f"{path}." if path else ""
    if block := settings_class(kind):
        if not isinstance(content, dict):
            yield path, f"expected an object, got {content!r}"
            return
        fields = field_types(block)
        for key in sorted(content.keys() - fields.keys()):
            yield f"{prefix}{key}", f"no such setting{_suggest_path(f'{prefix}{key}')}"
        for field_name, field_type in fields.items():
            if field_name in content and content[field_name] is None and inherits(block, field_name):
                continue
            if field_name in content:
                yield from find_problems(content[field_name], field_type, f"{prefix}{field_name}")
            else:
                yield f"{prefix}{field_name}", "missing"
    elif get_origin(bare_type) is dict and isinstance(content, dict):
        for key, content_value in content.items():
            yield from find_problems(content_value, get_args(bare_type)[1], f"{prefix}{key}")
    else:
        try:
            msgspec.convert(content, kind)
        except msgspec.ValidationError as error:
            yield path, f"{_strip_root_path(str(error))} (it is {content!r}){_allowed_values(str(error), kind)}"


def _strip_root_path(message: str) -> str:
    """msgspec's message, without its note on the place inside the value when that is the value itself."""
    return message.removesuffix(" - at `$`")


def _allowed_values(message: str, kind: Any) -> str:
    """What may stand there instead, where the value is none of a few."""
    allowed = _choices(kind) if "enum value" in message else []
    return f"; there are {', '.join(allowed)}" if allowed else ""


def _suggest_path(path: str) -> str:
    paths = list(setting_paths())
    same_name = [candidate for candidate in paths if candidate.rpartition(".")[2] == path.rpartition(".")[2]]
    nearest = nearest_name(path, paths) or next(iter(same_name), "")
    return f"; did you mean {nearest}?" if nearest else ""


def setting_paths(kind: type[Settings] = Config, prefix: str = "") -> Iterator[str]:
    for name, field_type in field_types(kind).items():
        yield f"{prefix}{name}"
        if block := settings_class(field_type):
            yield from setting_paths(block, f"{prefix}{name}.")
