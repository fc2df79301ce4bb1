"""A page that is one file: markup, styles, scripts and data together, for file:// and no network.

The data is JSON inside an inert <script>, with `<`, `>` and `&` escaped, so that no text of a dataset can end the
element; the scripts put text on the page by textContent alone; and a content security policy lets nothing but our own
script (by its hash) run and nothing be fetched.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
from pathlib import Path
from typing import Any

import msgspec

from groundwork.pages import palette
from groundwork.records.artifacts import write_text

ASSETS = Path(__file__).parent / "assets"
PACK_ABOVE = 1_000_000  # bytes of JSON; larger blocks are compressed, smaller ones stay readable in the file

ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-{digest}'; \
style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Groundwork">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{styles}
</style>
</head>
<body class="{kind}">
<noscript>This page draws itself by a script; allow scripts to see it.</noscript>
{blocks}
<script>{script}</script>
</body>
</html>
"""


def write_page(
    path: Path, *, title: str, kind: str, data: dict[str, Any], assets: list[str], folder: Path = ASSETS
) -> None:
    """Write one self-contained page to `path`, whole or not at all.

    data: block name -> anything msgspec encodes; the script reads it by `await block(name)`.
    assets: names in `folder`, or else in pages/assets/; the .css and .js files among them go in, in this order.
    """
    styles = "\n".join(_asset(folder, name) for name in assets if name.endswith(".css"))
    code = "\n".join(_code(folder, name) for name in assets if name.endswith(".js"))
    script = f'"use strict";\n(() => {{\n{code}\n}})();\n'
    colours = {
        "light": palette.LIGHT,
        "dark": palette.DARK,
        "orderedLight": palette.ORDERED_LIGHT,
        "orderedDark": palette.ORDERED_DARK,
        "marks": palette.MARKS,
    }
    blocks = "\n".join(embed(name, value) for name, value in {"palette": colours, **data}.items())
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    write_text(
        path,
        PAGE.format(digest=digest, title=html.escape(title), styles=styles, kind=kind, blocks=blocks, script=script),
    )


def embed(name: str, value: Any) -> str:
    """`value` as an inert element of the page: JSON, or gzip in base64 when that JSON is large."""
    raw = msgspec.json.encode(value)
    if len(raw) <= PACK_ABOVE:
        return f'<script type="application/json" id="data-{name}">{escape(raw.decode())}</script>'
    packed = base64.b64encode(gzip.compress(raw, 6, mtime=0)).decode()
    return f'<script type="application/gzip" id="data-{name}">{packed}</script>'


def escape(text: str) -> str:
    """JSON text that may stand inside <script>: the same JSON, without any character that HTML or old JS would read."""
    for character, written in ESCAPES.items():
        text = text.replace(character, written)
    return text


def _asset(folder: Path, name: str) -> str:
    path = folder / name
    return (path if path.is_file() else ASSETS / name).read_text(encoding="utf-8").strip()


def _code(folder: Path, name: str) -> str:
    """A script without its indentation and the lines that are comments; no string in it goes over several lines."""
    lines = (line.strip() for line in _asset(folder, name).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
