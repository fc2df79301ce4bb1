"""A page's Markdown as HTML, with the words marked that its text layer does not hold."""

from __future__ import annotations

from collections.abc import Collection

from groundwork.documents.audit import words
from groundwork.documents.structure_score import bare
from groundwork.language.writing_systems import is_right_to_left
from groundwork.pages.markup import Markup, from_html, tag


def as_html(markdown: str, known: Collection[str], merged: Collection[str] = ()) -> Markup:
    """`markdown` rendered; HTML in it is shown as text. `known`: the words of the text layer; `merged`: the bare texts
    of cells that hold several cells."""
    from bs4 import BeautifulSoup
    from markdown_it import MarkdownIt

    soup = BeautifulSoup(
        MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").render(markdown), "lxml"
    )
    for node in list(soup.find_all(string=True)):
        pieces = str(node).split(" ")
        if any(_unknown(piece, known) for piece in pieces):
            marked = Markup(" ").join(tag("mark", piece) if _unknown(piece, known) else piece for piece in pieces)
            body = BeautifulSoup(tag("span", marked), "lxml").span
            node.replace_with(body or str(node))
    for table in soup.find_all("table"):
        if is_right_to_left(table.get_text()):
            table["dir"] = "rtl"
    for cell in soup.find_all(["td", "th"]):
        if bare(cell.get_text()) in merged:
            cell["class"] = "merged"
    return from_html(soup.body.decode_contents() if soup.body else "")


def _unknown(piece: str, known: Collection[str]) -> bool:
    found = words(piece)
    return bool(found) and not set(found) <= set(known)
