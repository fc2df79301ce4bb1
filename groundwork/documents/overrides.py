"""Settings of single documents: what `ingest.overrides` says of a file, and the pages that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwork.data_folder.file_names import matches
from groundwork.documents.page_ranges import page_numbers
from groundwork.errors import BadDocument

if TYPE_CHECKING:
    from groundwork.settings.document_settings import Ingest


def override_of(settings: Ingest, file_name: str) -> dict[str, Any]:
    """What `ingest.overrides` sets for the file `file_name`; of several patterns that fit, the later wins."""
    import msgspec  # 40 ms that --help does without

    override: dict[str, Any] = {}
    for pattern, options in settings.overrides.items():
        if matches(file_name, pattern):
            override |= {key: value for key, value in msgspec.structs.asdict(options).items() if value is not None}
    return override


def settings_with(settings: Ingest, override: dict[str, Any]) -> Ingest:
    """`settings` as they hold for a document with this override."""
    import msgspec

    changes = {key: value for key, value in override.items() if key in settings.__struct_fields__}
    if override.get("ocr"):
        changes["converter"] = "ocr"
    elif override.get("ocr") is False:
        no_ocr = {ending: [name for name in names if name != "ocr"] for ending, names in settings.converters.items()}
        changes["converters"] = no_ocr
    return msgspec.structs.replace(settings, **changes)


def override_pages(text: str, count: int) -> list[int]:
    """The pages that an override names of a document that has `count`. Raises BadDocument where it has none of them."""
    if not (numbers := page_numbers(text, count)) and text:
        raise BadDocument(f"ingest.overrides names the pages {text}, but it has {count}")
    return numbers
