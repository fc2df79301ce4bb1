"""Checks of a config that types cannot make: values that contradict each other, unknown languages, sizes too small."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Literal, get_args, get_origin

from groundwork.message_wording import nearest_name
from groundwork.settings.config_schema import (
    CURATE_PROMPTS,
    STATIC_MODEL,
    Check,
    Config,
    Embeddings,
    ModelCall,
    strip_annotations,
)

LEAST_MEMORY_MB = 500  # Python and a converter's libraries take 150 to 400 MB of addresses before they read a page
MOST_NAMES = 20  # in one message

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


def no_such_message(name: str, kind: str, names: Collection[str]) -> str:
    """A message that there is no `kind` of that name: the nearest one, and those that there are."""
    nearest = nearest_name(name, names)
    question = f"did you mean {nearest}? " if nearest else ""
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return f"no {kind} {name!r}; {question}there are {', '.join(islice(names, MOST_NAMES))}{more}"


def choices(kind: Any) -> list[str]:
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
