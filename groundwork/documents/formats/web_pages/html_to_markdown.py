"""The content of HTML and XHTML pages as Markdown by markdownify, pictures as their alternative text."""

from __future__ import annotations

import re
import warnings
from typing import Any

from groundwork.documents.formats.raised_figures import raise_html
from groundwork.documents.formats.web_pages.html_tables import PIPE, is_layout, span, square_table, unwrap_table
from groundwork.documents.formats.web_pages.mathml_formulas import replace_formulas
from groundwork.documents.formats.web_pages.page_furniture import drop_named_furniture, drop_page_furniture
from groundwork.documents.pictures.kept_pictures import picture_words

_BLOCK_TAGS = [
    *("address", "aside", "center", "details", "fieldset", "figure", "footer", "form", "header", "hgroup"),
    *("legend", "main", "summary"),
]
MAX_HEADER_LENGTH = 1000  # characters of a title with its subtitle
MAIN_SHARE, ARTICLE_SHARE = 0.3, 0.5  # of a page's text, from which an element that is named its content is all of it


def html_to_markdown(html: str | bytes) -> str:
    """The content of a page as Markdown, its tables with one header row and merged cells filled."""
    from markdownify import MarkdownConverter

    soup = _parse_html(html)
    drop_page_furniture(soup)
    content_element = _main_content(soup)
    drop_named_furniture(content_element)
    for block in soup(_BLOCK_TAGS):
        block.name = "div"  # markdownify would join them to their neighbours: "insurerSeen 2024"
    for image in soup("img"):  # its words, not its bytes
        alt = picture_words(str(image.get("alt") or ""))
        image.replace_with(f" {alt} " if alt else "")
    for cell in soup(["td", "th"]):
        for attribute in {"colspan", "rowspan"} & cell.attrs.keys():
            cell[attribute] = str(span(cell, attribute))  # markdownify takes what looks like digits for a number
    raise_html(soup)
    replace_formulas(soup)
    for table in soup.find_all("table"):
        if is_layout(table):
            unwrap_table(table)
        else:
            square_table(table, soup)
    writer = MarkdownConverter(heading_style="ATX", bullets="-", escape_asterisks=False, escape_underscores=False)
    markdown: str = writer.convert_soup(content_element)
    return re.sub(r"\n{3,}", "\n\n", markdown.replace(PIPE, "\\|"))


def _main_content(soup: Any) -> Any:
    """The one element that a page names as its content and that holds much of its text; the body of another page.

    The page's heading comes along where it stands above.
    """
    body_element = soup.body or soup
    length = len(body_element.get_text(" ", strip=True))
    for elements, least_share in (([*soup("main"), *soup(role="main")], MAIN_SHARE), (soup("article"), ARTICLE_SHARE)):
        outer_parts = [
            element
            for element in elements
            if not any(element is not other and other in element.parents for other in elements)
        ]
        if len(outer_parts) == 1 and len(outer_parts[0].get_text(" ", strip=True)) > least_share * length:
            heading = None if outer_parts[0].h1 else body_element.h1
            if heading:
                outer_parts[0].insert(0, _with_header(heading, outer_parts[0]).extract())
            return outer_parts[0]
    return body_element


def _with_header(heading: Any, content_element: Any) -> Any:
    """The header that a heading stands in, with its subtitle, where it is short and holds no more than that."""
    header = heading.find_parent(["header", "hgroup"])
    is_its_own = header is not None and content_element not in header.descendants and not header.find("a")
    return header if is_its_own and len(header.get_text(" ", strip=True)) <= MAX_HEADER_LENGTH else heading


def html_title(html: str | bytes) -> str:
    """What the page says of itself that it is called; "" where it says nothing."""
    title = _parse_html(html).title
    return " ".join(title.get_text(" ").split()) if title else ""


def _parse_html(html: str | bytes) -> Any:
    from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XHTML is read as HTML, which keeps what is not valid
        return BeautifulSoup(html, "lxml")
