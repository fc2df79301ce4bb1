"""Markup of HTML: elements and tables, their texts escaped."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any

from markupsafe import Markup, escape

__all__ = ["Markup", "from_html", "join_markup", "tag"]
_VOID = {"br", "col", "img"}


def tag(name: str, *children: Any, **attributes: Any) -> Markup:
    """An element: `tag("p", text, class_="soft")`. Texts and values are escaped, Markup stays as it is.

    A name's last underscore is dropped and the others are hyphens (`class_`, `aria_label`); a value of None drops the
    attribute. Iterables of children are joined.
    """
    pairs = [(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None]
    tag_parts = [Markup("<"), name, *(Markup(' {}="{}"').format(*pair) for pair in pairs), Markup(">")]
    opening_tag = Markup("").join(tag_parts)
    if name in _VOID:
        return opening_tag
    return Markup("").join([opening_tag, join_markup(children), Markup("</"), name, Markup(">")])


def join_markup(children: Iterable[Any]) -> Markup:
    """One piece of markup; what is not markup in it is escaped, and an iterable in it is joined too."""
    markups = [join_markup(child) if isinstance(child, (list, tuple)) or hasattr(child, "__next__") else escape(child)
               for child in children]  # fmt: skip
    return Markup("").join(markups)


def from_html(html: str) -> Markup:
    """`html` as it is; only for what a library made that escapes what it was given."""
    return Markup(html)  # noqa: S704  the callers answer for it


def scrollable_table(table: Markup) -> Markup:
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
    body = [tag("tr", [cell("td", text, column) for column, text in enumerate(row)], role=row_role) for row in rows]
    classes = " ".join(filter(None, (class_, "stacked" if stacked else ""))) or None
    role = "table" if stacked else None
    return scrollable_table(tag("table", tag("thead", titles), tag("tbody", body), class_=classes, role=role))
