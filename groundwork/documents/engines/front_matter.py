"""The metadata at the head of a Markdown file, as Jekyll, Hugo, Docusaurus and Pandoc read it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

_YAML = re.compile(
    r"\A\ufeff?---[ \t]*\n(?P<inside>(?:(?!(?:---|\.\.\.)[ \t]*$)[^\n]*+\n){1,200}+)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.M
)
_TOML = re.compile(
    r"\A\ufeff?\+\+\+[ \t]*\n(?P<inside>(?:(?!\+\+\+[ \t]*$)[^\n]*+\n){1,200}+)\+\+\+[ \t]*(?:\n|\Z)", re.M
)
_LONGEST = 20_000  # characters
_HEADING = re.compile(r"\s*# ")


def with_title(text: str) -> str:
    """`text` without its front matter, whose title becomes the first heading unless one stands there already.

    A text that only begins with a line of dashes stays as it is.
    """
    for form, read in ((_YAML, _yaml), (_TOML, _toml)):
        match = form.match(text[:_LONGEST])
        metadata = read(match["inside"]) if match else None
        if match and isinstance(metadata, dict):
            body = text[match.end() :].lstrip("\n")
            title = " ".join(str(metadata.get("title") or "").split())
            return body if not title or _HEADING.match(body) else f"# {title}\n\n{body}"
    return text


def _yaml(inside: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(inside)
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date such as 2026-02-31
        return None


def _toml(inside: str) -> Any:
    try:
        return tomllib.loads(inside)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
