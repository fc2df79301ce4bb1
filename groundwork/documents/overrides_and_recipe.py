"""Settings of single documents (`ingest.overrides`, the pages that it names), and which settings shape a text.

Those that shape it are all but how the work is done, and what converters are told that are not used.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from groundwork.data_folder.file_names import matches
from groundwork.errors import BadDocument

if TYPE_CHECKING:
    from groundwork.settings.config_schema import Config, Ingest

_OVERRIDE_PAGE_RANGE = re.compile(r"([1-9][0-9]{0,8}) *(?:(-) *([1-9][0-9]{0,8})?)?")


def override_of(settings: Ingest, file_name: str) -> dict[str, Any]:
    """What `ingest.overrides` sets for the file `file_name`; of several patterns that fit, the later wins."""
    import msgspec  # 40 ms that --help does without

    override: dict[str, Any] = {}
    for pattern, options in settings.overrides.items():
        if matches(file_name, pattern):
            override |= {key: value for key, value in msgspec.structs.asdict(options).items() if value is not None}
    return override


def settings_with_override(settings: Ingest, override: dict[str, Any]) -> Ingest:
    """`settings` as they hold for a document with this override."""
    import msgspec

    overridden_settings = {key: value for key, value in override.items() if key in settings.__struct_fields__}
    if override.get("ocr"):
        overridden_settings["converter"] = "ocr"
    elif override.get("ocr") is False:
        no_ocr = {ending: [name for name in names if name != "ocr"] for ending, names in settings.converters.items()}
        overridden_settings["converters"] = no_ocr
    return msgspec.structs.replace(settings, **overridden_settings)


def override_pages(text: str, count: int) -> list[int]:
    """The pages that an override names of a document that has `count`. Raises BadDocument where it has none of them."""
    if not (override_numbers := override_page_numbers(text, count)) and text:
        raise BadDocument(f"ingest.overrides names the pages {text}, but it has {count}")
    return override_numbers


def override_page_numbers(text: str, count: int) -> list[int]:
    """The pages, in order, that `text` names of a document that has `count`; all for "", and none where it has none.

    Raises ValueError where `text` is not written as ranges.
    """
    if not text:
        return list(range(1, count + 1))
    override_numbers: set[int] = set()
    for override_range in text.split(","):
        match = _OVERRIDE_PAGE_RANGE.fullmatch(override_range.strip(" "))
        if not match:
            raise ValueError(f"{text}: write the pages as 1-3, 7, 9-")
        first_page, is_range, last_page = int(match[1]), match[2], match[3]
        override_numbers.update(range(first_page, min(count, int(last_page or count) if is_range else first_page) + 1))
    return sorted(override_numbers)


def recipe_settings(config: Config) -> Any:
    """The settings that shape the texts: not how many processes there are, nor what an unused converter is told."""
    import msgspec

    recipe = msgspec.to_builtins(config.ingest)
    unused_by_recipe = [] if uses_vision(config.ingest) else ["vision"]
    for name in ("workers", "memory_mb", "timeout", "ignore", "overrides", "marker_api", *unused_by_recipe):
        del recipe[name]
    # texts whose pictures have no drawn figures are made anew; "keep_images", as it was called: earlier texts stay
    recipe["marker"]["keep_images"] = recipe.pop("pictures") and "drawn figures too"
    return recipe | ({"marker_api": _service_recipe(config.ingest)} if uses_service(config.ingest) else {})


def recipe_config_names(settings: Any) -> dict[str, Any]:
    """What `recipe_settings` gives, by the names of config.json."""
    marker = dict(settings["marker"])
    return {"ingest": {**settings, "pictures": marker.pop("keep_images", None), "marker": marker}}


def document_recipe(common: Ingest, override: dict[str, Any], prompt: Callable[[str], str]) -> dict[str, Any]:
    """What of the settings shapes this document alone: its override, and the vision model where only it uses that.

    `common`: the settings of all documents; `prompt`: the text of a prompt by its name.
    """
    if not override:
        return {}
    import hashlib  # these two take 40 ms that --help does without

    import msgspec

    overridden_settings = settings_with_override(common, override)
    recipe: dict[str, Any] = {"ingest.overrides": override}
    if uses_service(overridden_settings) and not uses_service(common):
        recipe["ingest.marker_api"] = _service_recipe(overridden_settings)
    if not uses_vision(overridden_settings) or uses_vision(common):
        return recipe
    vision_settings = overridden_settings.vision
    prompt_digests = [hashlib.sha256(prompt(name).encode()).hexdigest() for name in recipe_prompts(overridden_settings)]
    return {**recipe, "ingest.vision": msgspec.to_builtins(vision_settings), "prompts": prompt_digests}


def _service_recipe(settings: Ingest) -> dict[str, Any]:
    """What of ingest.marker_api shapes a text."""
    return {"mode": settings.marker_api.mode, "options": settings.marker_api.options}


def recipe_prompts(settings: Ingest) -> list[str]:
    """The names of the prompts that shape a text."""
    return [settings.vision.prompt, settings.vision.correction_prompt] if uses_vision(settings) else []


def uses_service(settings: Ingest) -> bool:
    """Whether documents may be sent to the service of ingest.marker_api."""
    return "marker-api" in _configured_converters(settings)


def uses_vision(settings: Ingest) -> bool:
    """Whether the model of ingest.vision may be asked: for whole pages, or by marker for their tables."""
    converter_names = _configured_converters(settings)
    return "gemini" in converter_names or ("marker" in converter_names and settings.marker.use_llm)


def _configured_converters(settings: Ingest) -> set[str]:
    return {settings.converter, *(name for converters in settings.converters.values() for name in converters)}
