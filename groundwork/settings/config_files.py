"""Read config/config.json, lay the overlays and --set over it, and report everything that is wrong at once.

Wrong are unknown keys and types, then values that contradict each other, or that there are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from groundwork.errors import ConfigError
from groundwork.installation import CONFIG_DIR, DEFAULTS, PROJECT
from groundwork.message_wording import nearest_name
from groundwork.settings.config_schema import (
    CURATE_PROMPTS,
    STATIC_MODEL,
    Check,
    Config,
    DocumentOverride,
    ModelCall,
    Provider,
    Settings,
    field_types,
    inherits,
    settings_class,
    strip_annotations,
)

__all__ = ["CONFIG_DIR", "PROJECT", "load"]

Json = dict[str, Any]
_NO_OVERLAYS = {"config", "config.schema"}


BASE_FILE = "config.json"  # the defaults: whatever lies over them is meant to
SETTINGS_NAMED = 5  # in one message


def load(overlays: Sequence[Path] = (), assignments: Sequence[str] = ()) -> Config:
    """Config from config/config.json, then each overlay, then each `key.path=value`; the later wins.

    Outside the repository the defaults are those of the wheel, and the project's config/config.json lies over them.

    Raises ConfigError with every problem: unreadable files, unknown keys, wrong types, impossible values.
    """
    merged_config, setting_origins = _merge_configs(overlays, assignments)
    if config_problems := [
        f"{setting_origins.get(setting_path, 'config')}: {setting_path}: {text}"
        for setting_path, text in find_setting_problems(merged_config, Config)
    ]:
        raise ConfigError(config_problems)
    fill_inherited(merged_config)
    config = msgspec.convert(merged_config, Config)
    if contradictions := [*find_contradicting_settings(config), *find_unknown_setting_values(config)]:
        raise ConfigError(contradictions)
    return config


def _merge_configs(overlays: Sequence[Path], assignments: Sequence[str]) -> tuple[Json, dict[str, str]]:
    """The JSON of the whole, and by setting the file that it is from."""
    merged_config: Json = {}
    setting_origins: dict[str, str] = {}
    project_file = CONFIG_DIR / "config.json"
    project_configs = [project_file] if CONFIG_DIR != DEFAULTS and project_file.is_file() else []
    base_configs = [DEFAULTS / project_file.name, *project_configs]
    for config_path in (*base_configs, *map(overlay_file, overlays)):
        overlay_content = _read_config_json(config_path)
        overlay_content.pop("$schema", None)
        _merge_overlay(merged_config, overlay_content, setting_origins, str(config_path))
    for assignment in assignments:
        _merge_overlay(merged_config, _parse_assignment(assignment), setting_origins, "--set")
    _complete_providers(merged_config)
    _complete_overrides(merged_config)
    return merged_config, setting_origins


def overridden_settings(overlays: Sequence[Path]) -> list[str]:
    """Where an overlay gives a setting another value than an overlay before it, a line for each two of them."""
    values_by_setting: dict[str, tuple[Path, Any]] = {}
    paths_by_files: dict[tuple[Path, Path], list[str]] = {}
    for overlay in map(overlay_file, overlays):
        for setting_path, setting_value in (
            _overlay_settings(_read_config_json(overlay)) if overlay.name != BASE_FILE else ()
        ):
            earlier, earlier_value = values_by_setting.get(setting_path, (overlay, setting_value))
            if earlier_value != setting_value:
                paths_by_files.setdefault((overlay, earlier), []).append(setting_path)
            values_by_setting[setting_path] = overlay, setting_value
    return [
        f"{later}, which comes after {earlier}, gives another value to {_list_settings(paths)}"
        for (later, earlier), paths in paths_by_files.items()
    ]


def _overlay_settings(overlay_content: Json, path_prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every setting in `overlay_content` that is no object."""
    for setting_name, setting_value in overlay_content.items():
        if isinstance(setting_value, dict):
            yield from _overlay_settings(setting_value, f"{path_prefix}{setting_name}.")
        elif setting_name != "$schema":
            yield f"{path_prefix}{setting_name}", setting_value


def _list_settings(setting_paths: list[str]) -> str:
    more_settings = f" and {len(setting_paths) - SETTINGS_NAMED:,} more" if len(setting_paths) > SETTINGS_NAMED else ""
    return f"{', '.join(setting_paths[:SETTINGS_NAMED])}{more_settings}"


def overlay_file(overlay: Path) -> Path:
    """The file that --config names: a path, or the name of one in config/ or packed in (`local`)."""
    with_suffix = overlay if overlay.suffix or not overlay.name else overlay.with_name(f"{overlay.name}.json")
    overlay_candidates = [overlay, with_suffix]
    if overlay.parent in (Path(), Path("config")):
        overlay_candidates += [CONFIG_DIR / with_suffix.name, DEFAULTS / with_suffix.name]
    return next((overlay_candidate for overlay_candidate in overlay_candidates if overlay_candidate.is_file()), overlay)


def _read_config_json(config_path: Path) -> Json:
    try:
        config_text = config_path.read_bytes().decode("utf-8-sig")
        config_json = json.loads(config_text, object_pairs_hook=_parse_object, parse_constant=_reject_json_constant)
    except FileNotFoundError:
        raise _no_such_config(config_path) from None
    except OSError as error:
        raise ConfigError([f"{config_path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{config_path}: not UTF-8 (byte {error.start}); save it as UTF-8"]) from error
    except (ValueError, RecursionError) as error:
        remedy = "JSON has no comments, and no comma after the last item"
        raise ConfigError([f"{config_path}: not valid JSON: {error} ({remedy})"]) from error
    if not isinstance(config_json, dict):
        raise ConfigError([f"{config_path}: must hold a JSON object"])
    return config_json


def _no_such_config(config_path: Path) -> ConfigError:
    config_files = (config_file for folder in (CONFIG_DIR, DEFAULTS) for config_file in folder.glob("*.json"))
    overlay_names = sorted({config_file.stem for config_file in config_files} - _NO_OVERLAYS)
    return ConfigError([f"{config_path}: no such file; by name there are: {', '.join(overlay_names) or 'none'}"])


def _parse_object(key_value_pairs: list[tuple[str, Any]]) -> Json:
    """An object of the file. Raises ValueError for a key that stands there twice: one of the two would be lost."""
    json_object = dict(key_value_pairs)
    if len(json_object) < len(key_value_pairs):
        duplicate_key = next(key for i, (key, _) in enumerate(key_value_pairs) if key in dict(key_value_pairs[:i]))
        raise ValueError(f"the key {duplicate_key!r} stands twice in one object")
    return json_object


def _reject_json_constant(text: str) -> None:
    raise ValueError(f"{text} is not a number")


def _parse_assignment(assignment: str) -> Json:
    """`qa.model=x` as {"qa": {"model": "x"}}; a value that is no JSON, or whose setting is a string, is a string."""
    setting_path, equals, value_text = assignment.partition("=")
    if not equals or not setting_path:
        raise ConfigError([f"--set {assignment}: write it as key.path=value"])
    assigned_value: Any
    try:
        assigned_value = msgspec.json.decode(value_text.encode(errors="surrogateescape"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        assigned_value = value_text
    settings_block, setting_type = _setting_at(setting_path)
    may_inherit = settings_block is not None and inherits(settings_block, setting_path.rpartition(".")[2])
    is_inherited = assigned_value is None and may_inherit
    if strip_annotations(setting_type) is str and not isinstance(assigned_value, str) and not is_inherited:
        assigned_value = value_text
    for setting_key in reversed(setting_path.split(".")):
        assigned_value = {setting_key: assigned_value}
    return assigned_value  # type: ignore[no-any-return]  # the loop above ran at least once, so it is a dict


def _setting_at(setting_path: str) -> tuple[type[Settings] | None, Any]:
    """The block that holds the setting at `setting_path` and its annotated type; None where there is none."""
    settings_block, setting_type = None, Config  # type: type[Settings] | None, Any
    for key in setting_path.split("."):
        settings_block = settings_class(setting_type)
        setting_type = field_types(settings_block).get(key) if settings_block else None
    return settings_block, setting_type


def _merge_overlay(
    merged_config: Json, overlay: Json, setting_origins: dict[str, str], overlay_name: str, path_prefix: str = ""
) -> None:
    """Put `overlay` over `merged_config` in place: objects merge, everything else replaces."""
    for overlay_key, overlay_value in overlay.items():
        setting_path = f"{path_prefix}{overlay_key}"
        setting_origins[setting_path] = overlay_name
        if isinstance(overlay_value, dict) and isinstance(merged_config.get(overlay_key), dict):
            _merge_overlay(merged_config[overlay_key], overlay_value, setting_origins, overlay_name, f"{setting_path}.")
        else:
            merged_config[overlay_key] = overlay_value
            setting_origins.update(
                dict.fromkeys(_overlay_setting_paths(overlay_value, f"{setting_path}."), overlay_name)
            )


def _overlay_setting_paths(overlay_value: Any, path_prefix: str) -> Iterator[str]:
    if isinstance(overlay_value, dict):
        for overlay_key, inner_value in overlay_value.items():
            yield f"{path_prefix}{overlay_key}"
            yield from _overlay_setting_paths(inner_value, f"{path_prefix}{overlay_key}.")


_PROVIDER_OWN_SETTINGS = {  # what an entry of llm.providers may leave out, and does not take over from llm itself
    "api_key_env": "",
    "key_header": "auto",
    "allow_http": False,
    "extra_body": {},
    "extra_headers": {},
    "extra_query": {},
}


def _complete_providers(config_json: dict[str, Any]) -> None:
    """Put the value of llm wherever an entry of llm.providers, in the JSON of a whole config, leaves a key out.

    Keys and what goes with them stay with the endpoint that they are for.
    """
    llm_config = config_json["llm"] if isinstance(config_json.get("llm"), dict) else {}
    provider_configs = llm_config["providers"] if isinstance(llm_config.get("providers"), dict) else {}
    for provider_config in provider_configs.values():
        if isinstance(provider_config, dict):
            for provider_setting in Provider.__struct_fields__:
                if provider_setting != "base_url" and provider_setting in llm_config:
                    provider_config.setdefault(
                        provider_setting, _PROVIDER_OWN_SETTINGS.get(provider_setting, llm_config[provider_setting])
                    )


def _complete_overrides(config_json: dict[str, Any]) -> None:
    """Put null wherever an entry of ingest.overrides, in the JSON of a whole config, leaves a key out."""
    ingest_config = config_json["ingest"] if isinstance(config_json.get("ingest"), dict) else {}
    override_configs = ingest_config["overrides"] if isinstance(ingest_config.get("overrides"), dict) else {}
    for override_config in override_configs.values():
        if isinstance(override_config, dict):
            for override_setting in DocumentOverride.__struct_fields__:
                override_config.setdefault(override_setting, None)


def fill_inherited(config_json: dict[str, Any], kind: type[Settings] = Config) -> None:
    """Put the value of llm.defaults wherever a stage's block, in the JSON of a whole config, says null."""
    llm_defaults = config_json["llm"]["defaults"]

    def fill(stage_config: dict[str, Any], kind: type[Settings]) -> None:
        for name, field_type in field_types(kind).items():
            if (inner_class := settings_class(field_type)) and inner_class is not ModelCall:
                fill(stage_config[name], inner_class)
            elif stage_config[name] is None and inherits(kind, name):
                stage_config[name] = llm_defaults[name]

    fill(config_json, kind)


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


def find_unknown_setting_values(config: Config) -> list[str]:
    """What the settings name that there is not, one message each with what there is."""
    unknown_values = [
        f"{setting_path}: no language {language_code!r}; write its code of ISO 639-1, or of 639-3 where that has none, "
        "such as en, de, es, fr, zh; auto: each document's own"
        for setting_path, language_code in _language_settings(config).items()
        if language_code != "auto" and language_code not in LANGUAGES and not re.fullmatch("[a-z]{3}", language_code)
    ]
    if 0 < config.ingest.memory_mb < LEAST_MEMORY_MB:
        unknown_values.append(
            f"ingest.memory_mb: {config.ingest.memory_mb} MB hold no converter; give at least {LEAST_MEMORY_MB}, "
            "or 0 for no limit"
        )
    return unknown_values


def _language_settings(config: Config) -> dict[str, str]:
    override_languages = {
        f"ingest.overrides.{pattern}.language": override.language
        for pattern, override in config.ingest.overrides.items()
        if override.language is not None
    }
    return {"chunk.language": config.chunk.language, **override_languages}


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
    bare_setting_type, path_prefix = strip_annotations(setting_type), f"{setting_path}." if setting_path else ""
    if settings_block := settings_class(setting_type):
        if not isinstance(config_value, dict):
            yield setting_path, f"expected an object, got {config_value!r}"
            return
        yield from _find_block_problems(config_value, settings_block, path_prefix)
    elif get_origin(bare_setting_type) is dict and isinstance(config_value, dict):
        for setting_name, entry_value in config_value.items():
            entry_type = get_args(bare_setting_type)[1]
            yield from find_setting_problems(entry_value, entry_type, f"{path_prefix}{setting_name}")
    else:
        try:
            msgspec.convert(config_value, setting_type)
        except msgspec.ValidationError as error:
            allowed_values = _allowed_values(str(error), setting_type)
            yield setting_path, f"{_strip_root_path(str(error))} (it is {config_value!r}){allowed_values}"


def _find_block_problems(
    block_value: Json, settings_block: type[Settings], path_prefix: str
) -> Iterator[tuple[str, str]]:
    block_fields = field_types(settings_block)
    for setting_name in sorted(block_value.keys() - block_fields.keys()):
        setting_path = f"{path_prefix}{setting_name}"
        yield setting_path, f"no such setting{_suggest_path(setting_path)}"
    for setting_name, field_type in block_fields.items():
        setting_path = f"{path_prefix}{setting_name}"
        if setting_name not in block_value:
            yield setting_path, "missing"
        elif block_value[setting_name] is not None or not inherits(settings_block, setting_name):
            yield from find_setting_problems(block_value[setting_name], field_type, setting_path)


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
