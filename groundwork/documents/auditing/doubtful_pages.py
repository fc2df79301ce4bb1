"""The HTML page of a document's doubtful pages: the picture of each beside its Markdown, and what is missing there.

The words that a page's text layer does not hold are marked.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundwork.data_folder.read_write import write_text
from groundwork.documents.auditing.page_audit import page_words
from groundwork.documents.auditing.structure_and_merged_cells import bare_letters
from groundwork.language.language_and_script import is_right_to_left
from groundwork.message_wording import counted
from groundwork.pages.html_markup import Markup, from_html, join_markup, tag
from groundwork.pages.html_page import document_page, read_asset

MOST_DOUBTFUL_PAGES = 40  # that are shown; a picture has some 100 KB
DOUBTFUL_PICTURE_SIDE = 1_100  # pixels of a picture's longer side
DOUBTFUL_PICTURE_QUALITY = 70
DOUBTFUL_PAGES_ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class DoubtfulPage:
    """A page that a reader should look at. `picture`: a JPEG, empty where it could not be drawn."""

    number: int
    why: str
    picture: bytes
    layer: str  # the page's own text layer
    markdown: str


def doubtful_html(source: str, pages: Sequence[DoubtfulPage], left_out: Sequence[int] = ()) -> str:
    """One file with everything in it. `source`: the document's file; `left_out`: doubtful pages that are not shown."""
    heading = f"{source}: pages to look at"
    introduction = (
        f"The audit has doubts about {counted(len(pages) + len(left_out), 'page')} of {source}. ",
        tag("mark", "Marked"),
        ": words that the text layer of the PDF does not hold. Correct the text in data/text, or read the file "
        "another way (--converter, ingest.overrides).",
    )
    not_shown_note = [tag("p", f"Not shown: pages {', '.join(map(str, left_out))}.", class_="soft")] if left_out else []
    return document_page(
        heading,
        read_asset("doubtful_pages.css", DOUBTFUL_PAGES_ASSETS),
        tag("h1", heading),
        tag("p", *introduction),
        page_links(page.number for page in pages),
        *not_shown_note,
        *map(_doubtful_page_section, pages),
    )


def page_links(page_numbers: Iterable[int]) -> Markup:
    """Links to the sections of a page of doubtful or compared pages."""
    return tag("nav", "Pages: ", [join_markup([tag("a", number, href=f"#p{number}"), " "]) for number in page_numbers])


def _doubtful_page_section(doubtful_page: DoubtfulPage) -> Markup:
    layer_words = page_words(doubtful_page.layer)
    lost_words = Counter(layer_words) - Counter(page_words(doubtful_page.markdown))
    lost_details = folded_details(f"{lost_words.total():,} words lost", tag("p", " ".join(lost_words.elements())))
    is_empty = not doubtful_page.markdown.strip()
    marked_markdown = tag("p", "no text") if is_empty else markdown_to_html(doubtful_page.markdown, set(layer_words))
    doubtful_article = tag("article", tag("div", marked_markdown, class_="text"), [lost_details] if lost_words else [])
    return tag(
        "section",
        tag("h2", f"Page {doubtful_page.number}"),
        tag("p", doubtful_page.why, class_="why"),
        tag("div", _doubtful_page_picture(doubtful_page), doubtful_article, class_="row"),
        id=f"p{doubtful_page.number}",
    )


def _doubtful_page_picture(doubtful_page: DoubtfulPage) -> Markup:
    if not doubtful_page.picture:
        return tag("p", "this page could not be drawn", class_="soft")
    picture_source = f"data:image/jpeg;base64,{base64.b64encode(doubtful_page.picture).decode()}"
    return tag("img", src=picture_source, alt=f"page {doubtful_page.number}", loading="lazy")


def folded_details(summary: str, content: Markup) -> Markup:
    return tag("details", tag("summary", summary), content)


def markdown_to_html(markdown: str, known_words: Collection[str], merged: Collection[str] = ()) -> Markup:
    """`markdown` rendered; HTML in it is shown as text. `known_words`: the words of the text layer; `merged`: the bare
    texts of cells that hold several cells."""
    from bs4 import BeautifulSoup
    from markdown_it import MarkdownIt

    doubtful_soup = BeautifulSoup(
        MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").render(markdown), "lxml"
    )
    for doubtful_text in list(doubtful_soup.find_all(string=True)):
        doubtful_pieces = str(doubtful_text).split(" ")
        marked_pieces = [tag("mark", piece) if _is_doubtful(piece, known_words) else piece for piece in doubtful_pieces]
        if marked_pieces != doubtful_pieces:
            marked_span = BeautifulSoup(tag("span", Markup(" ").join(marked_pieces)), "lxml").span
            doubtful_text.replace_with(marked_span or str(doubtful_text))
    for doubtful_table in doubtful_soup.find_all("table"):
        if is_right_to_left(doubtful_table.get_text()):
            doubtful_table["dir"] = "rtl"
    for doubtful_cell in doubtful_soup.find_all(["td", "th"]):
        if bare_letters(doubtful_cell.get_text()) in merged:
            doubtful_cell["class"] = "merged"
    return from_html(doubtful_soup.body.decode_contents() if doubtful_soup.body else "")


def _is_doubtful(piece: str, known_words: Collection[str]) -> bool:
    doubtful_words = page_words(piece)
    return any(word not in known_words for word in doubtful_words)


def write_doubtful_pages(
    audit_page: Path, source_name: str, doubtful_pages: Sequence[DoubtfulPage], not_shown: Sequence[int]
) -> None:
    """The page of what lost words or numbers; where nothing did, that of an earlier time goes."""
    if not doubtful_pages:
        audit_page.unlink(missing_ok=True)
        return
    write_text(audit_page, doubtful_html(source_name, doubtful_pages, not_shown))
