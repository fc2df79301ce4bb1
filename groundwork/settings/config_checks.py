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


def find_unknown_setting_values(config: Config) -> list[str]:
    """What the settings name that there is not, one message each with what there is."""
    language_settings = {"chunk.language": config.chunk.language}
    language_settings |= {
        f"ingest.overrides.{pattern}.language": override.language
        for pattern, override in config.ingest.overrides.items()
        if override.language is not None
    }
    unknown_values = [
        f"{setting_path}: no language {language_code!r}; write its code of ISO 639-1, or of 639-3 where that has none, "
        "such as en, de, es, fr, zh; auto: each document's own"
        for setting_path, language_code in language_settings.items()
        if language_code != "auto" and language_code not in LANGUAGES and not re.fullmatch("[a-z]{3}", language_code)
    ]
    if 0 < config.ingest.memory_mb < LEAST_MEMORY_MB:
        unknown_values.append(
            f"ingest.memory_mb: {config.ingest.memory_mb} MB hold no converter; give at least {LEAST_MEMORY_MB}, "
            "or 0 for no limit"
        )
    return unknown_values


def _allowed_literals(setting_type: Any) -> list[str]:
    """The values that a setting of the annotated type `setting_type`, or each item of it, may take; [] where any will
    do."""
    return [str(literal) for literal in _iterate_literals(setting_type)]


def _iterate_literals(setting_type: Any) -> Iterator[Any]:
    bare_type = strip_annotations(setting_type)
    if get_origin(bare_type) is Literal:
        yield from get_args(bare_type)
    else:
        for inner_type in get_args(bare_type):
            yield from _iterate_literals(inner_type)


def _unknown_and_missing_checks(config: Config) -> list[str]:
    unknown_checks = [
        f"{setting_path}.{check_name}: no such check; there are {', '.join(known_checks)}"
        for setting_path, check_names, known_checks in (
            ("curate.thresholds", config.curate.thresholds, get_args(Check)),
            ("curate.prompts", config.curate.prompts, CURATE_PROMPTS),
        )
        for check_name in check_names
        if check_name not in known_checks
    ]
    missing_checks = [check_name for check_name in CURATE_PROMPTS if check_name not in config.curate.prompts]
    return [*unknown_checks, *(f"curate.prompts.{check_name}: is missing" for check_name in missing_checks)]


def find_contradicting_settings(config: Config) -> list[str]:
    """Values that are each of the right type and cannot stand together, one message each."""
    contradictions = []
    if config.chunk.min_length > config.chunk.max_length // 2:
        contradictions.append(
            f"chunk.min_length: {config.chunk.min_length} is more than half of chunk.max_length "
            f"({config.chunk.max_length}); lower the one or raise the other"
        )
    contradictions += _unknown_and_missing_checks(config)
    if config.embeddings.backend == "static" and config.embeddings.model != STATIC_MODEL:
        contradictions.append(
            f"embeddings.model: the backend static is {STATIC_MODEL}, not {config.embeddings.model}; "
            f"add --set embeddings.model={STATIC_MODEL}, or choose another embeddings.backend"
        )
    calls_by_setting: dict[str, ModelCall | Embeddings] = {
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
    default_provider = config.llm.defaults.provider
    for setting_path, model_call in calls_by_setting.items():
        if model_call.provider == default_provider and setting_path != "llm.defaults":
            continue  # reported once, where it is set
        if model_call.provider and model_call.provider not in config.llm.providers:
            defined_providers = ", ".join(config.llm.providers) or "none is defined"
            contradictions.append(
                f"{setting_path}.provider: {model_call.provider!r} is not one of llm.providers ({defined_providers})"
            )
    return contradictions


def find_setting_problems(config_value: Any, setting_type: Any, setting_path: str = "") -> Iterator[tuple[str, str]]:
    """(path, what is wrong) for everything in `config_value` that the type `setting_type` does not allow."""
    bare_setting_type, path_prefix = strip_annotations(setting_type), f"{setting_path}." if setting_path else ""
    if settings_block := settings_class(setting_type):
        if not isinstance(config_value, dict):
            yield setting_path, f"expected an object, got {config_value!r}"
            return
        block_fields = field_types(settings_block)
        for setting_name in sorted(config_value.keys() - block_fields.keys()):
            yield f"{path_prefix}{setting_name}", f"no such setting{_suggest_path(f'{path_prefix}{setting_name}')}"
        for field_name, field_type in block_fields.items():
            if field_name in config_value and config_value[field_name] is None and inherits(settings_block, field_name):
                continue
            if field_name in config_value:
                yield from find_setting_problems(config_value[field_name], field_type, f"{path_prefix}{field_name}")
            else:
                yield f"{path_prefix}{field_name}", "missing"
    elif get_origin(bare_setting_type) is dict and isinstance(config_value, dict):
        for setting_name, entry_value in config_value.items():
            yield from find_setting_problems(
                entry_value, get_args(bare_setting_type)[1], f"{path_prefix}{setting_name}"
            )
    else:
        try:
            msgspec.convert(config_value, setting_type)
        except msgspec.ValidationError as error:
            yield (
                setting_path,
                f"{_strip_root_path(str(error))} (it is {config_value!r}){_allowed_values(str(error), setting_type)}",
            )


def _strip_root_path(message: str) -> str:
    """msgspec's message, without its note on the place inside the value when that is the value itself."""
    return message.removesuffix(" - at `$`")


def _allowed_values(message: str, setting_type: Any) -> str:
    """What may stand there instead, where the value is none of a few."""
    allowed_literals = _allowed_literals(setting_type) if "enum value" in message else []
    return f"; there are {', '.join(allowed_literals)}" if allowed_literals else ""


def _suggest_path(unknown_path: str) -> str:
    known_paths = list(setting_paths())
    same_named_settings = [
        known_path for known_path in known_paths if known_path.rpartition(".")[2] == unknown_path.rpartition(".")[2]
    ]
    nearest_path = nearest_name(unknown_path, known_paths) or next(iter(same_named_settings), "")
    return f"; did you mean {nearest_path}?" if nearest_path else ""


def setting_paths(settings_block: type[Settings] = Config, path_prefix: str = "") -> Iterator[str]:
    for setting_name, field_type in field_types(settings_block).items():
        yield f"{path_prefix}{setting_name}"
        if inner_block := settings_class(field_type):
            yield from setting_paths(inner_block, f"{path_prefix}{setting_name}.")
