"""plain: text and Markdown as they are, light markup with Markdown's headings, pictures given by their bytes as words.

reStructuredText, AsciiDoc and Org are read each by a module of its own: read as Markdown, a line of tildes below a
title would open a code block up to the next such line, and one of dashes around code would make a heading of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from groundwork.documents.conversion.converter_table import MARKDOWN_ENDINGS, Conversion, ConversionRequest
from groundwork.documents.formats.front_matter import with_front_matter_title
from groundwork.documents.formats.markup.asciidoc import read_asciidoc
from groundwork.documents.formats.markup.markdown_dialects import dialect_to_plain_markdown
from groundwork.documents.formats.markup.org_mode import read_org
from groundwork.documents.formats.markup.restructured_text import read_rst
from groundwork.documents.formats.text_encodings import decode_text
from groundwork.markdown.figures import without_data_pictures
from groundwork.markdown.footnotes import place_footnotes
from groundwork.markdown.link_references import with_link_addresses

_LIGHT_MARKUP_READERS: dict[str, Callable[[list[str]], Iterator[str]]] = {
    ".rst": read_rst,
    ".adoc": read_asciidoc,
    ".asciidoc": read_asciidoc,
    ".org": read_org,
}


def light_markup_to_markdown(markup_text: str, ending: str) -> str:
    """`markup_text` as Markdown, where `ending` (".rst") names a markup that is read here."""
    read_markup = _LIGHT_MARKUP_READERS.get(ending)
    return "\n".join(read_markup(markup_text.split("\n"))) if read_markup else markup_text


def convert(request: ConversionRequest) -> Conversion:
    """The file's text. Raises BadDocument where it is no text in any encoding."""
    plain_text, encoding = decode_text(Path(request.source).read_bytes())
    encoding_warnings = [] if encoding == "utf-8" else [f"read as {encoding}"]
    plain_text = light_markup_to_markdown(plain_text.replace("\r\n", "\n").replace("\r", "\n"), request.ending)
    plain_text = without_data_pictures(with_front_matter_title(plain_text))
    if request.ending in MARKDOWN_ENDINGS:
        plain_text = with_link_addresses(dialect_to_plain_markdown(plain_text, request.ending))
    plain_text = place_footnotes(plain_text) if request.ending in (*MARKDOWN_ENDINGS, ".rst") else plain_text
    return Conversion(pages=[plain_text], warnings=encoding_warnings)
