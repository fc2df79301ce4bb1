"""The one frame of every HTML page: head, content security policy, colours, and what each page adds."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from groundwork.pages.markup import Markup, joined, tag

ASSETS = Path(__file__).parent / "assets"
_DARK = re.compile(r':root\[data-theme="dark"\] \{(.*?)\n\}', re.DOTALL)
_IMAGES = "img-src data: blob:"
_FRAME = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; {scripts}style-src 'unsafe-inline'; \
{calls}img-src data: blob:{images}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Groundwork">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{styles}
</style>
</head>
<body{kind}>
{body}
</body>
</html>
""")


def page_frame(
    title: str, styles: str, *body: Markup, kind: str = "", script: str = "", calls: bool = False, images: bool = False
) -> str:
    """A page in one file. `styles` and `script` are ours; only that script may run, and nothing is fetched.

    `calls`: the script may call the server that the page came from, and no other. `images`: it shows pictures that lie
    beside it, or on that server.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = [*body, *([tag("script", Markup(script))] if script else [])]
    return str(
        _FRAME.format(
            title=title,
            calls="connect-src 'self'; " if calls else "",
            images=Markup(" 'self' file:") if images else "",
            scripts=Markup(f"script-src 'sha256-{digest}'; ") if script else "",
            styles=Markup(f"{palette()}\n{styles.strip()}"),
            kind=Markup(' class="{}"').format(kind) if kind else "",
            body=Markup("\n").join(parts),
        )
    )


def is_ours(page: str) -> bool:
    """Was the page made by `frame`, so that its content security policy holds?"""
    return page.startswith(str(_FRAME.partition("{scripts}")[0]))


def calling(page: str) -> str:
    """A page of `frame` whose script may call the server that it came from, as `calls` has it."""
    return page.replace(_IMAGES, f"connect-src 'self'; {_IMAGES}", 1)


def document(title: str, styles: str, *body: Markup | str, images: bool = False) -> str:
    """A page that is read from top to bottom and has no script; its colours follow the reader's system."""
    dark = _DARK.search(palette())
    follow = f"@media (prefers-color-scheme: dark) {{\n:root {{{dark[1]}\n}}\n}}" if dark else ""
    styles = "\n".join([follow, asset("document.css"), styles])
    return page_frame(title, styles, tag("main", joined(body)), kind="document", images=images)


def palette() -> str:
    """The colours and fonts of all pages as CSS variables, light and dark."""
    return asset("palette.css")


def asset(name: str, folder: Path = ASSETS) -> str:
    """A file of `folder`, or else of pages/assets/."""
    path = folder / name
    return (path if path.is_file() else ASSETS / name).read_text(encoding="utf-8").strip()


def wide(table: Markup) -> Markup:
    """A table that is scrolled on a narrow screen, not squeezed."""
    return tag("div", table, class_="scroll", tabindex=0, role="group", aria_label="table")


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Container[int] = (),
    class_: str = "",
    stacked: bool = False,
) -> Markup:
    """A table under its titles; the columns whose index is in `numbers` are set to the right.

    `stacked`: on a narrow screen each row becomes a block, its cells below each other behind their titles.
    """

    def cell(name: str, content: str, column: int) -> Markup:
        title = head[column] if stacked and name == "td" else None
        role = {"th": "columnheader", "td": "cell"}[name] if stacked else None
        return tag(name, content, class_="number" if column in numbers else None, data_title=title, role=role)

    row_role = "row" if stacked else None  # which cells keep that are laid out as blocks
    titles = tag("tr", [cell("th", title, column) for column, title in enumerate(head)], role=row_role)
    lines = [tag("tr", [cell("td", text, column) for column, text in enumerate(row)], role=row_role) for row in rows]
    classes = " ".join(filter(None, (class_, "stacked" if stacked else ""))) or None
    role = "table" if stacked else None
    return wide(tag("table", tag("thead", titles), tag("tbody", lines), class_=classes, role=role))
