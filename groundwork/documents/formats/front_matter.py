"""Front matter of Markdown, whose title becomes a heading, and the tags of site generators (Jekyll, Hugo, kramdown)."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from groundwork.language.text_spans import span_index
from groundwork.markdown.blocks import blocks

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
