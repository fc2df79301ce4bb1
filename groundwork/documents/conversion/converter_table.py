"""The table of converters: what each reads and needs, what it is asked for and what it gives.

A converter is a module of engines/ with `convert(request) -> Conversion`. It may crash, hang or lose text: it runs in a
process of its own, under a time limit, and what it gives is audited. --help reads this table, so nothing heavy is
imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from groundwork.errors import ConfigError, MissingExtra

if TYPE_CHECKING:
    from groundwork.documents.pdf_files.open_pdf import OpenPdf
    from groundwork.settings.config_schema import Ingest


@dataclass(frozen=True, kw_only=True)
class ConversionRequest:
    """What a converter is asked for. `pages` count from 1; None: all of them."""

    source: str
    ending: str  # what the content is, such as ".pdf", whatever the name says
    settings: Ingest
    pages: list[int] | None = None
    page_count: int = 0  # of a PDF; 0 where the format has no pages
    layer: list[str] = field(default_factory=list)  # the text layer of the pages asked for, where it is known
    opened: OpenPdf | None = None  # the PDF, where this process has it open
    images: str = ""  # the folder for pictures, where they are kept
    base_url: str = ""  # of the endpoint `llm`, for a converter that can ask a model by itself
    api_key_env: str = ""


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """Markdown by page, in the order asked for; a format without pages gives a single one.

    A converter of several engines gives the pages of each in `renditions`, for the audit to choose from. An engine that
    costs much gives "" for a page at first; `read_due` then reads all pages that were asked of it, and returns their
    indices. `running`: by page, the cells of each line.
    """

    pages: list[str] = field(default_factory=list)
    renditions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    read_due: Callable[[], list[int]] = list
    warnings: list[str] = field(default_factory=list)
    running: list[list[list[str]]] = field(default_factory=list)  # the running lines that were left out of a page
    title: str = ""  # what the document says of itself that it is called

    @property
    def first_page(self) -> str:
        """The first page, of several renditions in the first one."""
        return next(iter(next(iter(self.renditions.values()), self.pages)), "")


@dataclass(frozen=True, kw_only=True)
class Converter:
    """A row of the table. `endings`: file endings it reads, none for all; `paged`: it can do single pages of a PDF."""

    module: str
    packages: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    extra: str = ""
    paged: bool = False
    by_pdfium: bool = False  # asks pdfium about the pages, which are open when their text layer has been read
    by_sight: bool = False  # reads the picture of a page, whatever its text layer says
    remote: bool = False  # asks a model through the client and runs in this process
    hosted: bool = False  # sends the file to a service and waits for its text in this process
    models: bool = False  # holds models in memory: one process a device, no limit on memory
    singly: bool = False  # slow, and reads each page by itself: it is asked for one after the other


MARKDOWN_ENDINGS = (".md", ".markdown", ".mdx", ".qmd", ".rmd")
TEXT_ENDINGS = (*MARKDOWN_ENDINGS, ".txt", ".text", ".rst", ".log", ".tex", ".adoc", ".asciidoc", ".org")
IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")

OFFICE_CONVERTER_ENDINGS = (
    *(".docx", ".docm", ".doc", ".pptx", ".pptm", ".ppt", ".odt", ".odp", ".ods", ".rtf", ".epub"),
    *(".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".html", ".htm", ".xhtml", ".eml", ".msg"),
)
MARKITDOWN_ENDINGS = (
    *(".pdf", ".docx", ".pptx", ".xlsx", ".xls", ".csv", ".tsv", ".epub", ".html", ".htm", ".xhtml"),
    *(".msg", ".json", ".jsonl", ".xml", ".ipynb"),
)

CONVERTERS = {
    "layout": Converter(
        module="layout_converter",
        packages=("liteparse", "pdf-inspector"),
        endings=(".pdf",),
        paged=True,
        by_pdfium=True,
    ),
    "markitdown": Converter(
        module="markitdown", packages=("markitdown",), endings=MARKITDOWN_ENDINGS, paged=True, singly=True
    ),
    "gemini": Converter(module="vision", endings=(".pdf", *IMAGE_ENDINGS), paged=True, by_sight=True, remote=True),
    "office": Converter(
        module="office",
        packages=("firecrawl-anydoc", "openpyxl", "xlrd", "markdownify"),
        endings=OFFICE_CONVERTER_ENDINGS,
    ),
    "marker": Converter(
        module="marker", packages=("marker-pdf",), endings=(".pdf",), extra="marker", paged=True, models=True
    ),
    "marker-api": Converter(module="marker_service", endings=(".pdf", *IMAGE_ENDINGS), paged=True, hosted=True),
    "pymupdf": Converter(module="pymupdf", packages=("pymupdf",), endings=(".pdf",), extra="pymupdf", paged=True),
    "ocr": Converter(
        module="ocr",
        packages=("rapidocr", "onnxruntime"),
        endings=(".pdf", *IMAGE_ENDINGS),
        extra="ocr",
        paged=True,
        by_sight=True,
        singly=True,
    ),
    "plain": Converter(module="plain_text"),
}


def check_converters(settings: Ingest) -> None:
    """Raises ConfigError for names that are not in the table, whatever documents there are."""
    from groundwork.message_wording import no_such_message

    if unknown_converters := [
        f"{config_path}: {no_such_message(converter_name, 'converter', CONVERTERS)}"
        for config_path, converter_name in _converters_in_settings(settings)
        if converter_name not in CONVERTERS
    ]:
        raise ConfigError(unknown_converters)


def _converters_in_settings(settings: Ingest) -> Iterator[tuple[str, str]]:
    """(where a converter is named, its name)."""
    if settings.converter:
        yield "ingest.converter", settings.converter
    for ending, converter_names in settings.converters.items():
        yield from ((f"ingest.converters.{ending}", converter_name) for converter_name in converter_names)
    for pattern, override in settings.overrides.items():
        if override.converter:
            yield f"ingest.overrides.{pattern}.converter", override.converter


def choose_converters(settings: Ingest, file_ending: str) -> list[str]:
    """The converters for files of this ending, first choice first."""
    if file_ending in TEXT_ENDINGS:
        return ["plain"]
    listed = settings.converters.get(file_ending[1:]) or settings.converters.get(
        "image" if file_ending in IMAGE_ENDINGS else "*", []
    )
    converter_names = list(dict.fromkeys([settings.converter, *listed] if settings.converter else listed))
    return [
        converter_name
        for converter_name in converter_names
        if not CONVERTERS[converter_name].endings or file_ending in CONVERTERS[converter_name].endings
    ]


def run_converter(converter_name: str, request: ConversionRequest) -> Conversion:
    """The named converter's rendition. Raises whatever the converter raises."""
    import importlib

    converter_module = importlib.import_module(f"groundwork.documents.engines.{CONVERTERS[converter_name].module}")
    conversion: Conversion = converter_module.convert(request)
    return conversion


def require_converter(converter_name: str) -> None:
    """Raise MissingExtra where a package of the named converter is not installed."""
    for package in CONVERTERS[converter_name].packages:
        if not _converter_package_version(package):
            raise MissingExtra(f"The converter {converter_name}", CONVERTERS[converter_name].extra)


def is_installed(converter_name: str, *, needed: bool) -> bool:
    """Whether the packages of the named converter are there. Raises MissingExtra where one that is `needed` is not."""
    try:
        require_converter(converter_name)
    except MissingExtra:
        if needed:
            raise
        return False
    return True


def is_remote(converter_name: str) -> bool:
    return converter_name in CONVERTERS and CONVERTERS[converter_name].remote


def missing_converter_remedy(ending: str) -> str:
    return f'name one in ingest.converters, such as {{"{ending[1:]}": ["gemini"]}}, or pass --converter gemini'


def converter_versions(converter_name: str) -> str:
    """The versions of the packages behind a converter, such as "liteparse 2.18.0"; "" where a model does the work."""
    packages = CONVERTERS[converter_name].packages if converter_name in CONVERTERS else ()
    return ", ".join(f"{package} {_converter_package_version(package)}" for package in packages)


@cache
def _converter_package_version(package: str) -> str:
    """The installed version, "" where there is none; looked up once, for that reads a file as long as a README."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def is_read_by_sight(converter: str) -> bool:
    name = converter.partition(":")[0]
    return name in CONVERTERS and CONVERTERS[name].by_sight
