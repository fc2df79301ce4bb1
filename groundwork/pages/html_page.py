"""The one frame of every HTML page: head, content security policy, colours, and what each page adds.

A page is one file: markup, styles, scripts and data together, for file:// and no network. The data is JSON inside an
inert <script>, with `<`, `>` and `&` escaped, so that no text of a dataset can end the element; the scripts put text on
the page by textContent alone; and a content security policy lets nothing but our own script (by its hash) run and
nothing be fetched.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup

from groundwork.data_folder.read_write import write_text
from groundwork.pages.html_markup import from_html, join_markup, tag
from groundwork.pages.palette import SCRIPT_PALETTE

ASSETS = Path(__file__).parent / "assets"
_DARK_PAGE = re.compile(r':root\[data-theme="dark"\] \{(.*?)\n\}', re.DOTALL)
_IMAGE_POLICY = "img-src data: blob:"


def page_frame(
    title: str, styles: str, *body: Markup, kind: str = "", script: str = "", calls: bool = False, images: bool = False
) -> str:
    """A page in one file. `styles` and `script` are ours; only that script may run, and nothing is fetched.

    `calls`: the script may call the server that the page came from, and no other. `images`: it shows pictures that lie
    beside it, or on that server.
    """
    script_policy, script_elements = _own_script(script) if script else ("", [])
    framed_page = _page_template().format(
        title=title,
        calls="connect-src 'self'; " if calls else "",
        images=Markup(" 'self' file:") if images else "",
        scripts=script_policy,
        styles=from_html(f"{palette_css()}\n{styles.strip()}"),
        kind=Markup(' class="{}"').format(kind) if kind else "",
        body=Markup("\n").join([*body, *script_elements]),
    )
    return str(framed_page)


def _own_script(script: str) -> tuple[str, list[Markup]]:
    """What lets only this script run, and its element."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return from_html(f"script-src 'sha256-{digest}'; "), [tag("script", from_html(script))]


def is_groundwork_page(page: str) -> bool:
    """Was the page made by `page_frame`, so that its content security policy holds?"""
    return page.startswith(str(_page_template().partition("{scripts}")[0]))


def allow_calls(page: str) -> str:
    """A page of `page_frame` whose script may call the server that it came from, as its `calls` has it."""
    return page.replace(_IMAGE_POLICY, f"connect-src 'self'; {_IMAGE_POLICY}", 1)


def document_page(title: str, styles: str, *body: Markup | str, images: bool = False) -> str:
    """A page that is read from top to bottom and has no script; its colours follow the reader's system."""
    dark_page = _DARK_PAGE.search(palette_css())
    dark_mode = f"@media (prefers-color-scheme: dark) {{\n:root {{{dark_page[1]}\n}}\n}}" if dark_page else ""
    styles = "\n".join([dark_mode, read_asset("document.css"), styles])
    return page_frame(title, styles, tag("main", join_markup(body)), kind="document", images=images)


def _page_template() -> Markup:
    return from_html(f"{read_asset('page.html')}\n")


def palette_css() -> str:
    """The colours and fonts of all pages as CSS variables, light and dark."""
    return read_asset("palette.css")


def read_asset(name: str, folder: Path = ASSETS) -> str:
    """A file of `folder`, or else of pages/assets/."""
    asset_path = folder / name
    return (asset_path if asset_path.is_file() else ASSETS / name).read_text(encoding="utf-8").strip()


COMPRESS_ABOVE_BYTES = 1_000_000  # bytes of JSON; larger blocks are compressed, smaller ones stay readable in the file

SCRIPT_JSON_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@dataclass(frozen=True)
class PageKind:
    """A kind of page with scripts: its `name` for styles, and its `assets`.

    These are names in `folder`, or else in pages/assets/; the .css and .js files among them go in, in this order.
    """

    name: str
    assets: Sequence[str]
    folder: Path = ASSETS


def write_page(path: Path, kind: PageKind, *, title: str, data: dict[str, Any], images: bool = False) -> None:
    """Write one self-contained page to `path`, whole or not at all; the arguments are those of `page_text`."""
    write_text(path, page_text(kind, title=title, data=data, images=images))


def page_text(kind: PageKind, *, title: str, data: dict[str, Any], calls: bool = False, images: bool = False) -> str:
    """The page as text.

    data: block name -> anything msgspec encodes; the script reads it by `await block(name)`.
    calls: the script may call the server that the page came from.
    images: the page shows pictures that lie beside it.
    """
    page_styles = "\n".join(read_asset(name, kind.folder) for name in kind.assets if name.endswith(".css"))
    page_scripts = "\n".join(_script_code(kind.folder, name) for name in kind.assets if name.endswith(".js"))
    page_script = f'"use strict";\n(() => {{\n{page_scripts}\n}})();\n'
    data_blocks = [embed_data(name, value) for name, value in {"palette": SCRIPT_PALETTE, **data}.items()]
    body = [tag("noscript", "This page needs scripts; allow them to see it."), *data_blocks]
    return page_frame(title, page_styles, *body, kind=kind.name, script=page_script, calls=calls, images=images)


def embed_data(name: str, page_data: Any) -> Markup:
    """`page_data` as an inert element of the page: JSON, or gzip in base64 when that JSON is large."""
    page_json = msgspec.json.encode(page_data)
    if len(page_json) <= COMPRESS_ABOVE_BYTES:
        return tag("script", from_html(escape_json(page_json.decode())), type="application/json", id=f"data-{name}")
    packed_page_json = base64.b64encode(gzip.compress(page_json, 6, mtime=0)).decode()
    return tag("script", packed_page_json, type="application/gzip", id=f"data-{name}")


def escape_json(json_text: str) -> str:
    """JSON text that may stand inside <script>: the same JSON, without any character that HTML or old JS would read."""
    for character, escaped in SCRIPT_JSON_ESCAPES.items():
        json_text = json_text.replace(character, escaped)
    return json_text


def _script_code(folder: Path, name: str) -> str:
    """A script without its indentation and the lines that are comments; no string in it goes over several lines."""
    script_lines = (line.strip() for line in read_asset(name, folder).splitlines())
    return "\n".join(line for line in script_lines if line and not line.startswith("//"))
