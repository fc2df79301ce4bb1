"""A page that is one file: markup, styles, scripts and data together, for file:// and no network.

The data is JSON inside an inert <script>, with `<`, `>` and `&` escaped, so that no text of a dataset can end the
element; the scripts put text on the page by textContent alone; and a content security policy lets nothing but our own
script (by its hash) run and nothing be fetched.
"""

from __future__ import annotations

import base64
import gzip
from pathlib import Path
from typing import Any

import msgspec

from groundwork.pages import palette
from groundwork.pages.html_frame import ASSETS, asset, page_frame
from groundwork.pages.markup import Markup, tag
from groundwork.records.artifacts import write_text

PACK_ABOVE = 1_000_000  # bytes of JSON; larger blocks are compressed, smaller ones stay readable in the file

ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def write_page(
    path: Path,
    *,
    title: str,
    kind: str,
    data: dict[str, Any],
    assets: list[str],
    folder: Path = ASSETS,
    images: bool = False,
) -> None:
    """Write one self-contained page to `path`, whole or not at all; the arguments are those of `page_text`."""
    write_text(path, page_text(title=title, kind=kind, data=data, assets=assets, folder=folder, images=images))


def page_text(
    *,
    title: str,
    kind: str,
    data: dict[str, Any],
    assets: list[str],
    folder: Path = ASSETS,
    calls: bool = False,
    images: bool = False,
) -> str:
    """The page as text.

    data: block name -> anything msgspec encodes; the script reads it by `await block(name)`.
    assets: names in `folder`, or else in pages/assets/; the .css and .js files among them go in, in this order.
    calls: the script may call the server that the page came from.
    images: the page shows pictures that lie beside it.
    """
    styles = "\n".join(asset(name, folder) for name in assets if name.endswith(".css"))
    code = "\n".join(_code(folder, name) for name in assets if name.endswith(".js"))
    script = f'"use strict";\n(() => {{\n{code}\n}})();\n'
    colours = {
        "light": palette.LIGHT,
        "dark": palette.DARK,
        "orderedLight": palette.ORDERED_LIGHT,
        "orderedDark": palette.ORDERED_DARK,
        "marks": palette.MARKS,
    }
    blocks = [embed(name, value) for name, value in {"palette": colours, **data}.items()]
    unscripted = tag("noscript", "This page needs scripts; allow them to see it.")
    return page_frame(title, styles, unscripted, *blocks, kind=kind, script=script, calls=calls, images=images)


def embed(name: str, value: Any) -> Markup:
    """`value` as an inert element of the page: JSON, or gzip in base64 when that JSON is large."""
    raw = msgspec.json.encode(value)
    if len(raw) <= PACK_ABOVE:
        return tag("script", Markup(escape(raw.decode())), type="application/json", id=f"data-{name}")
    packed = base64.b64encode(gzip.compress(raw, 6, mtime=0)).decode()
    return tag("script", packed, type="application/gzip", id=f"data-{name}")


def escape(text: str) -> str:
    """JSON text that may stand inside <script>: the same JSON, without any character that HTML or old JS would read."""
    for character, written in ESCAPES.items():
        text = text.replace(character, written)
    return text


def _code(folder: Path, name: str) -> str:
    """A script without its indentation and the lines that are comments; no string in it goes over several lines."""
    lines = (line.strip() for line in asset(name, folder).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
