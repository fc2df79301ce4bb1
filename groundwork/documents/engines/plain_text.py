"""plain: text and Markdown as they are, light markup with Markdown's headings, pictures given by their bytes as words.

reStructuredText, AsciiDoc and Org are read each by a module of its own: read as Markdown, a line of tildes below a
title would open a code block up to the next such line, and one of dashes around code would make a heading of it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from groundwork.documents.conversion.converter_table import MARKDOWN, Conversion, Request
from groundwork.documents.formats.markup.asciidoc import read_asciidoc
from groundwork.documents.formats.markup.markdown_dialects import plain_markdown
from groundwork.documents.formats.markup.org_mode import read_org
from groundwork.documents.formats.markup.restructured_text import read_rst
from groundwork.documents.formats.text_encodings import decode_text
from groundwork.language.text_spans import span_index
from groundwork.markdown.blocks import blocks
from groundwork.markdown.footnotes import place_notes
from groundwork.markdown.link_references import with_addresses
from groundwork.picture_links import without_data

_READERS: dict[str, Callable[[list[str]], Iterator[str]]] = {
    ".rst": read_rst,
    ".adoc": read_asciidoc,
    ".asciidoc": read_asciidoc,
    ".org": read_org,
}


def as_markdown(text: str, ending: str) -> str:
    """`text` as Markdown, where `ending` (".rst") names a markup that is read here."""
    read = _READERS.get(ending)
    return "\n".join(read(text.split("\n"))) if read else text


_YAML_FRONT_MATTER = re.compile(
    r"\A\ufeff?---[ \t]*\n(?P<inside>(?:(?!(?:---|\.\.\.)[ \t]*$)[^\n]*+\n){1,200}+)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.M
)
_TOML_FRONT_MATTER = re.compile(
    r"\A\ufeff?\+\+\+[ \t]*\n(?P<inside>(?:(?!\+\+\+[ \t]*$)[^\n]*+\n){1,200}+)\+\+\+[ \t]*(?:\n|\Z)", re.M
)
_TAG = r"(?:\{%[^%\n]*+%\}|\{\{[<%][^<>%\n]*+[>%]\}\})"  # of Liquid, a shortcode of Hugo
_SITE_TAG = re.compile(  # lines for the program that makes the site: kramdown's attributes, tags; and tags in a line
    rf"""^(?:[*-][ ]TOC[ \t]*\n)?[ \t]*(?:\{{:[^{{}}\n]*+\}}|{_TAG})[ \t]*(?:\n|\Z)
       | (?P<code>`[^`\n]+`) | \[(?P<words>[^\[\]\n]{{1,300}})\]\([ ]?{_TAG}[^()\s]*\) | {_TAG}
       | \{{:[ ]?[.#][^{{}}\n]*+\}}$""",
    re.MULTILINE | re.VERBOSE,
)
_PAGE_VARIABLE = re.compile(r"\{\{-?[ ]?page\.(\w{1,40})[ ]?-?\}\}")  # of Jekyll: what the front matter says
_HIGHLIGHT = re.compile(
    r"""^[ \t]*+(?:\{%-?[ ]*+highlight[ ]++([\w+-]++)[^%\n]*+%\}
                 |\{\{[<%][ ]*+highlight[ ]++"?([\w+-]++)[^>%\n]*+[>%]\}\})[ \t]*+$""",
    re.MULTILINE | re.VERBOSE,
)
_HIGHLIGHT_END = re.compile(
    r"^[ \t]*+(?:\{%-?[ ]*+endhighlight[^%\n]*+%\}|\{\{[<%][ ]*+/highlight[^>%\n]*+[>%]\}\})[ \t]*+$", re.MULTILINE
)
_MOST_FRONT_MATTER = 20_000  # characters
_MOST_BRACKETS = 500  # that front matter opens: reading them takes time in the square of their number


def convert(request: Request) -> Conversion:
    """The file's text. Raises BadDocument where it is no text in any encoding."""
    file_text, encoding = decode_text(Path(request.source).read_bytes())
    warnings = [] if encoding == "utf-8" else [f"read as {encoding}"]
    file_text = as_markdown(file_text.replace("\r\n", "\n").replace("\r", "\n"), request.ending)
    file_text = without_data(with_title(file_text))
    if request.ending in MARKDOWN:
        file_text = with_addresses(plain_markdown(file_text, request.ending))
    file_text = place_notes(file_text) if request.ending in (*MARKDOWN, ".rst") else file_text
    return Conversion(pages=[file_text], warnings=warnings)


def with_title(markdown: str) -> str:
    """`markdown` without its front matter, whose title becomes the first heading unless one stands there already.

    A text that only begins with a line of dashes stays as it is.
    """
    for front_matter, parse in ((_YAML_FRONT_MATTER, _parse_yaml), (_TOML_FRONT_MATTER, _parse_toml)):
        match = front_matter.match(markdown[:_MOST_FRONT_MATTER])
        metadata = parse(match["inside"]) if match else None
        if match and isinstance(metadata, dict):
            body = _without_site_lines(markdown[match.end() :].lstrip("\n"))
            body = _with_page_variables(body, metadata)
            title = " ".join(str(metadata.get("title") or "").split())
            return body if not title or body.lstrip().startswith("# ") else f"# {title}\n\n{body}"
    return markdown


def _with_page_variables(body: str, metadata: dict[str, Any]) -> str:
    return _PAGE_VARIABLE.sub(lambda variable: str(metadata.get(variable[1]) or variable[0]), body)


def _without_site_lines(markdown: str) -> str:
    """`markdown` of a page of a site without what is for the site's generator, but for what stands within code."""
    markdown = _HIGHLIGHT_END.sub("```", _HIGHLIGHT.sub(lambda match: f"```{match[1] or match[2]}", markdown))
    code = [(block.start, block.end) for block in blocks(markdown) if block.kind == "code"]

    def shown(match: re.Match[str]) -> str:
        return match[0] if span_index(match.start(), code) is not None else match["words"] or match["code"] or ""

    return _SITE_TAG.sub(shown, markdown)


def _parse_yaml(front_matter: str) -> Any:
    import yaml

    if front_matter.count("[") + front_matter.count("{") > _MOST_BRACKETS:
        return None
    try:
        return yaml.safe_load(front_matter)
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date such as 2026-02-31
        return None


def _parse_toml(front_matter: str) -> Any:
    try:
        return tomllib.loads(front_matter)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
