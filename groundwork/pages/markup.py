"""HTML that escapes by itself: whatever is not markup yet becomes text."""

from __future__ import annotations

from collections.abc import Iterable
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
    opening = Markup("").join([Markup("<"), name, *(Markup(' {}="{}"').format(*pair) for pair in pairs), Markup(">")])
    if name in _VOID:
        return opening
    return Markup("").join([opening, join_markup(children), Markup("</"), name, Markup(">")])


def join_markup(children: Iterable[Any]) -> Markup:
    """One piece of markup; what is not markup in it is escaped, and an iterable in it is joined too."""
    pieces = [join_markup(child) if isinstance(child, (list, tuple)) or hasattr(child, "__next__") else escape(child)
              for child in children]  # fmt: skip
    return Markup("").join(pieces)


def from_html(html: str) -> Markup:
    """`html` as it is; only for what a library made that escapes what it was given."""
    return Markup(html)  # noqa: S704  the callers answer for it
