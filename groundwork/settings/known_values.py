"""Values that a type alone cannot tell from nonsense: codes of languages, sizes that hold nothing, names of choices."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Literal, get_args, get_origin

from groundwork.nearest_names import nearest_name
from groundwork.settings.field_types import strip_annotations
from groundwork.settings.whole_config import Config

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
