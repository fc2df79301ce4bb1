"""data/index.html: every page, picture, dataset and report of a data folder, with when it was written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from groundwork.pages.html_frame import document, table
from groundwork.pages.markup import Markup, tag
from groundwork.records.artifacts import Workspace, write_text

_KINDS = (  # (title, where the files are)
    ("Maps and comparisons", "plots/*.html"),
    ("Pictures", "plots/*.png"),
    ("Datasets", "datasets/*/report.html"),
    ("Curation", "qa/*/curated/report.html"),
    ("Grades", "grades/*/report.html"),
)
_STYLES = (
    ".when { color: var(--soft); white-space: nowrap; } figure { margin: 0; } img { max-width: 22rem; width: 100%; }"
)


def write_index(data: Workspace) -> Path:
    """Write the page and return its path."""
    path = data.root / "index.html"
    sections = [section for title, pattern in _KINDS for section in _section(data, title, pattern)]
    body = sections or [tag("p", "Nothing was made yet.")]
    write_text(path, document(f"Groundwork: {data.root.name}", _STYLES, tag("h1", data.root.name), *body))
    return path


def _section(data: Workspace, title: str, pattern: str) -> Iterator[Markup]:
    files = sorted(data.root.glob(pattern), key=lambda file: -file.stat().st_mtime)
    if files:
        yield tag("h2", title)
        yield table(("page", "written"), [(_link(data, file), _when(file)) for file in files])


def _link(data: Workspace, file: Path) -> Markup:
    name = (
        file.stem
        if file.parent.name == "plots"
        else file.parent.parent.name
        if "curated" in file.parts
        else file.parent.name
    )
    return tag("a", name, href=quote(file.relative_to(data.root).as_posix()))


def _when(file: Path) -> Markup:
    return tag("span", time.strftime("%Y-%m-%d %H:%M", time.localtime(file.stat().st_mtime)), class_="when")
