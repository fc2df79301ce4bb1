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
_TEMPLATE_TAG = r"(?:\{%[^%\n]*+%\}|\{\{[<%][^<>%\n]*+[>%]\}\})"  # of Liquid, a shortcode of Hugo
_SITE_TAG = re.compile(  # lines for the program that makes the site: kramdown's attributes, tags; and tags in a line
    rf"""^(?:[*-][ ]TOC[ \t]*\n)?[ \t]*(?:\{{:[^{{}}\n]*+\}}|{_TEMPLATE_TAG})[ \t]*(?:\n|\Z)
       | (?P<code>`[^`\n]+`) | \[(?P<words>[^\[\]\n]{{1,300}})\]\([ ]?{_TEMPLATE_TAG}[^()\s]*\) | {_TEMPLATE_TAG}
       | \{{:[ ]?[.#][^{{}}\n]*+\}}$""",
    re.MULTILINE | re.VERBOSE,
)
_PAGE_VARIABLE = re.compile(r"\{\{-?[ ]?page\.(\w{1,40})[ ]?-?\}\}")  # of Jekyll: what the front matter says
_SITE_HIGHLIGHT = re.compile(
    r"""^[ \t]*+(?:\{%-?[ ]*+highlight[ ]++([\w+-]++)[^%\n]*+%\}
                 |\{\{[<%][ ]*+highlight[ ]++"?([\w+-]++)[^>%\n]*+[>%]\}\})[ \t]*+$""",
    re.MULTILINE | re.VERBOSE,
)
_SITE_HIGHLIGHT_END = re.compile(
    r"^[ \t]*+(?:\{%-?[ ]*+endhighlight[^%\n]*+%\}|\{\{[<%][ ]*+/highlight[^>%\n]*+[>%]\}\})[ \t]*+$", re.MULTILINE
)
_MOST_FRONT_MATTER = 20_000  # characters
_MOST_FRONT_MATTER_BRACKETS = 500  # that front matter opens: reading them takes time in the square of their number


def with_front_matter_title(markdown: str) -> str:
    """`markdown` without its front matter, whose title becomes the first heading unless one stands there already.

    A text that only begins with a line of dashes stays as it is.
    """
    for front_matter, parse_front_matter in (
        (_YAML_FRONT_MATTER, _parse_yaml_front_matter),
        (_TOML_FRONT_MATTER, _parse_toml_front_matter),
    ):
        front_matter_match = front_matter.match(markdown[:_MOST_FRONT_MATTER])
        front_matter_fields = parse_front_matter(front_matter_match["inside"]) if front_matter_match else None
        if front_matter_match and isinstance(front_matter_fields, dict):
            return _titled_body(markdown[front_matter_match.end() :].lstrip("\n"), front_matter_fields)
    return markdown


def _titled_body(site_markdown: str, front_matter_fields: dict[str, Any]) -> str:
    body = _with_site_page_variables(_without_site_lines(site_markdown), front_matter_fields)
    front_matter_title = " ".join(str(front_matter_fields.get("title") or "").split())
    has_title = not front_matter_title or body.lstrip().startswith("# ")
    return body if has_title else f"# {front_matter_title}\n\n{body}"


def _with_site_page_variables(body: str, front_matter_fields: dict[str, Any]) -> str:
    return _PAGE_VARIABLE.sub(lambda variable: str(front_matter_fields.get(variable[1]) or variable[0]), body)


def _without_site_lines(markdown: str) -> str:
    """`markdown` of a page of a site without what is for the site's generator, but for what stands within code."""
    markdown = _SITE_HIGHLIGHT_END.sub("```", _SITE_HIGHLIGHT.sub(lambda match: f"```{match[1] or match[2]}", markdown))
    code_spans = [(block.start, block.end) for block in blocks(markdown) if block.kind == "code"]

    def shown(match: re.Match[str]) -> str:
        return match[0] if span_index(match.start(), code_spans) is not None else match["words"] or match["code"] or ""

    return _SITE_TAG.sub(shown, markdown)


def _parse_yaml_front_matter(front_matter: str) -> Any:
    import yaml

    if front_matter.count("[") + front_matter.count("{") > _MOST_FRONT_MATTER_BRACKETS:
        return None
    try:
        return yaml.safe_load(front_matter)
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date such as 2026-02-31
        return None


def _parse_toml_front_matter(front_matter: str) -> Any:
    try:
        return tomllib.loads(front_matter)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
