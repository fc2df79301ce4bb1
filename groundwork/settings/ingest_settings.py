"""Settings of ingest: documents to Markdown, its converters, and what holds for single documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from groundwork.settings.field_types import Count, Name, Positive, Seconds, Settings, Share
from groundwork.settings.llm_settings import ModelCall


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
        Annotated[str, Meta(pattern=_PAGE_RANGES)] | None,
        Meta(description='only these, such as "1-3, 7, 9-"'),
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


def complete_overrides(block: dict[str, Any]) -> None:
    """Put null wherever an entry of ingest.overrides, in the JSON of a whole config, leaves a key out."""
    ingest = block["ingest"] if isinstance(block.get("ingest"), dict) else {}
    overrides = ingest["overrides"] if isinstance(ingest.get("overrides"), dict) else {}
    for override in overrides.values():
        if isinstance(override, dict):
            for field in DocumentOverride.__struct_fields__:
                override.setdefault(field, None)
