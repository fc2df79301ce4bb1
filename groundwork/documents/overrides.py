"""Settings of single documents: what `ingest.overrides` says of a file, and the pages that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwork.errors import BadDocument
from groundwork.records.name_patterns import matches

if TYPE_CHECKING:
    from groundwork.settings.document_settings import Ingest


def override_of(settings: Ingest, name: str) -> dict[str, Any]:
    """What `ingest.overrides` sets for the file `name`; of several patterns that fit, the later wins."""
    import msgspec  # 40 ms that --help does without

    found: dict[str, Any] = {}
    for pattern, override in settings.overrides.items():
        if matches(name, pattern):
            found |= {key: value for key, value in msgspec.structs.asdict(override).items() if value is not None}
    return found


def settings_with(settings: Ingest, override: dict[str, Any]) -> Ingest:
    """`settings` as they hold for a document with this override."""
    import msgspec

    changed = {key: value for key, value in override.items() if key in settings.__struct_fields__}
    if override.get("ocr"):
        changed["converter"] = "ocr"
    elif override.get("ocr") is False:
        without = {ending: [name for name in names if name != "ocr"] for ending, names in settings.converters.items()}
        changed["converters"] = without
    return msgspec.structs.replace(settings, **changed)


def page_numbers(text: str, count: int) -> list[int]:
    """The pages that `text` ("1-3, 7, 9-") names of a document that has `count`; all for "".

    Raises BadDocument where it names none of them.
    """
    if not text:
        return list(range(1, count + 1))
    numbers: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        numbers.update(range(int(first), min(count, int(last or count) if dash else int(first)) + 1))
    if not (named := sorted(numbers & set(range(1, count + 1)))):
        raise BadDocument(f"ingest.overrides names the pages {text}, but it has {count}")
    return named
