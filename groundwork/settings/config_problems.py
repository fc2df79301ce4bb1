"""What is wrong with a config: unknown keys and types, then values that contradict each other or do not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import attrgetter
from typing import Any, Literal, get_args, get_origin

import msgspec

from groundwork.message_wording import nearest_name
from groundwork.settings.config_schema import (
    CURATE_PROMPTS,
    STATIC_MODEL,
    Check,
    Config,
    Settings,
    field_types,
    inherits,
    setting_paths,
    settings_class,
    strip_annotations,
)

PROVIDER_SETTINGS = (
    *("llm.defaults", "ingest.vision", "summarize", "qa", "curate", "tags", "dataset.rephrase"),
    *("grade.judge", "grade.answer", "embeddings"),
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


def find_value_problems(config: Config) -> list[str]:
    """Values that contradict each other, then those that there are not, one message each."""
    return [*_find_contradicting_settings(config), *_find_unknown_setting_values(config)]


def _find_unknown_setting_values(config: Config) -> list[str]:
    """What the settings name that there is not, one message each with what there is."""
    value_problems = [
        f"{setting_path}: no language {language_code!r}; write its code of ISO 639-1, or of 639-3 where that has none, "
        "such as en, de, es, fr, zh; auto: each document's own"
        for setting_path, language_code in _language_settings(config).items()
        if language_code != "auto" and language_code not in LANGUAGES and not re.fullmatch("[a-z]{3}", language_code)
    ]
    if 0 < config.ingest.memory_mb < LEAST_MEMORY_MB:
        value_problems.append(
            f"ingest.memory_mb: {config.ingest.memory_mb} MB hold no converter; give at least {LEAST_MEMORY_MB}, "
            "or 0 for no limit"
        )
    return value_problems


def _language_settings(config: Config) -> dict[str, str]:
    override_languages = {
        f"ingest.overrides.{pattern}.language": override.language
        for pattern, override in config.ingest.overrides.items()
        if override.language is not None
    }
    return {"chunk.language": config.chunk.language, **override_languages}


def _allowed_literals(setting_type: Any) -> Iterator[Any]:
    """The values that a setting of an annotated type, or each item of it, may take; none where any will do."""
    bare_type = strip_annotations(setting_type)
    if get_origin(bare_type) is Literal:
        yield from get_args(bare_type)
    else:
        for inner_type in get_args(bare_type):
            yield from _allowed_literals(inner_type)


def _unknown_and_missing_checks(config: Config) -> list[str]:
    check_problems = [
        f"{setting_path}.{check_name}: no such check; there are {', '.join(known_checks)}"
        for setting_path, check_names, known_checks in (
            ("curate.thresholds", config.curate.thresholds, get_args(Check)),
            ("curate.prompts", config.curate.prompts, CURATE_PROMPTS),
        )
        for check_name in check_names
        if check_name not in known_checks
    ]
    missing_checks = [check_name for check_name in CURATE_PROMPTS if check_name not in config.curate.prompts]
    return [*check_problems, *(f"curate.prompts.{check_name}: is missing" for check_name in missing_checks)]


def _find_contradicting_settings(config: Config) -> list[str]:
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
    return contradictions + list(_undefined_providers(config))


def _undefined_providers(config: Config) -> Iterator[str]:
    defined_providers = ", ".join(config.llm.providers) or "none is defined"
    for setting_path in PROVIDER_SETTINGS:
        provider: str = attrgetter(f"{setting_path}.provider")(config)
        if provider == config.llm.defaults.provider and setting_path != "llm.defaults":
            continue  # reported once, where it is set
        if provider and provider not in config.llm.providers:
            yield f"{setting_path}.provider: {provider!r} is not one of llm.providers ({defined_providers})"


def find_setting_problems(config_value: Any, setting_type: Any, setting_path: str = "") -> Iterator[tuple[str, str]]:
    """(path, what is wrong) for everything in `config_value` that the type `setting_type` does not allow."""
    bare_setting_type, problem_prefix = strip_annotations(setting_type), f"{setting_path}." if setting_path else ""
    if settings_block := settings_class(setting_type):
        if not isinstance(config_value, dict):
            yield setting_path, f"expected an object, got {config_value!r}"
            return
        yield from _find_block_problems(config_value, settings_block, problem_prefix)
    elif get_origin(bare_setting_type) is dict and isinstance(config_value, dict):
        for setting_name, entry_value in config_value.items():
            entry_type = get_args(bare_setting_type)[1]
            yield from find_setting_problems(entry_value, entry_type, f"{problem_prefix}{setting_name}")
    else:
        try:
            msgspec.convert(config_value, setting_type)
        except msgspec.ValidationError as error:
            type_problem = str(error).removesuffix(" - at `$`")  # the value itself, and no place inside it
            yield setting_path, f"{type_problem} (it is {config_value!r}){_allowed_values(type_problem, setting_type)}"


def _find_block_problems(
    config_block: dict[str, Any], settings_block: type[Settings], problem_prefix: str
) -> Iterator[tuple[str, str]]:
    known_settings = field_types(settings_block)
    for setting_name in sorted(config_block.keys() - known_settings.keys()):
        setting_path = f"{problem_prefix}{setting_name}"
        yield setting_path, f"no such setting{_suggest_path(setting_path)}"
    for setting_name, field_type in known_settings.items():
        setting_path = f"{problem_prefix}{setting_name}"
        if setting_name not in config_block:
            yield setting_path, "missing"
        elif config_block[setting_name] is not None or not inherits(settings_block, setting_name):
            yield from find_setting_problems(config_block[setting_name], field_type, setting_path)


def _allowed_values(type_problem: str, setting_type: Any) -> str:
    """What may stand there instead, where the value is none of a few."""
    allowed_values = ", ".join(map(str, _allowed_literals(setting_type))) if "enum value" in type_problem else ""
    return f"; there are {allowed_values}" if allowed_values else ""


def _suggest_path(unknown_path: str) -> str:
    known_paths = list(setting_paths())
    unknown_name = unknown_path.rpartition(".")[2]
    same_named_paths = (known_path for known_path in known_paths if known_path.rpartition(".")[2] == unknown_name)
    nearest_path = nearest_name(unknown_path, known_paths) or next(same_named_paths, "")
    return f"; did you mean {nearest_path}?" if nearest_path else ""
