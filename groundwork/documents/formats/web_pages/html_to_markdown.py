"""The content of HTML and XHTML pages as Markdown by markdownify, pictures as their alternative text."""

from __future__ import annotations

import re
import warnings
from typing import Any

from groundwork.documents.formats.raised_figures import raise_html
from groundwork.documents.formats.web_pages.html_tables import PIPE, html_span, square_tables
from groundwork.documents.formats.web_pages.mathml_formulas import replace_formulas
from groundwork.documents.formats.web_pages.page_furniture import drop_named_furniture, drop_page_furniture
from groundwork.documents.pictures.kept_pictures import picture_words

_HTML_BLOCK_TAGS = [
    *("address", "aside", "center", "details", "fieldset", "figure", "footer", "form", "header", "hgroup"),
    *("legend", "main", "summary"),
]
_LINK_WORD = re.compile(r"\w")
_WEB_LINK = re.compile(r"https?://|mailto:", re.IGNORECASE)
MAX_HTML_HEADER_LENGTH = 1000  # characters of a title with its subtitle
# shares of a page's text, from which an element that is named its content is all of it
MAIN_TEXT_SHARE, ARTICLE_TEXT_SHARE = 0.3, 0.5


def html_to_markdown(html: str | bytes) -> str:
    """The content of a page as Markdown, its tables with one header row and merged cells filled."""
    from markdownify import MarkdownConverter

    html_soup = _parse_html(html)
    drop_page_furniture(html_soup)
    html_content = _main_content(html_soup)
    drop_named_furniture(html_content)
    _prepare_for_markdownify(html_soup)
    raise_html(html_soup)
    replace_formulas(html_soup)
    square_tables(html_soup)
    _unwrap_links_within_site(html_soup)
    converter = MarkdownConverter(heading_style="ATX", bullets="-", escape_asterisks=False, escape_underscores=False)
    markdown_of_html: str = converter.convert_soup(html_content)
    return re.sub(r"\n{3,}", "\n\n", markdown_of_html.replace(PIPE, "\\|"))


def _prepare_for_markdownify(html_soup: Any) -> None:
    for html_block in html_soup(_HTML_BLOCK_TAGS):
        html_block.name = "div"  # markdownify would join them to their neighbours: "insurerSeen 2024"
    for html_image in html_soup("img"):  # its words, not its bytes
        alt_text = picture_words(str(html_image.get("alt") or ""))
        html_image.replace_with(f" {alt_text} " if alt_text else "")
    for html_list in html_soup(["ul", "ol"]):
        _nest_lists_between_items(html_list)
    for html_cell in html_soup(["td", "th"]):  # where markdownify takes what looks like digits for a number
        for span_attribute in {"colspan", "rowspan"} & html_cell.attrs.keys():
            html_cell[span_attribute] = str(html_span(html_cell, span_attribute))


def _nest_lists_between_items(html_list: Any) -> None:
    """A list that stands right in another one is not valid, and shown as a list of the item above it."""
    html_item = None
    for html_child in list(html_list.find_all(["li", "ul", "ol"], recursive=False)):
        if html_child.name == "li":
            html_item = html_child
        elif html_item:
            html_item.append(html_child.extract())


def _unwrap_links_within_site(html_soup: Any) -> None:
    """Of links that lead nowhere without the site the text alone; signs that lead to a place in the page, as ¶ behind
    a heading and ↩ at a note, are no text."""
    for html_link in html_soup("a"):
        if html_link.decomposed:  # with the link that it stood in
            continue
        html_address = str(html_link.get("href") or "").strip()
        if html_address.startswith("#") and not _LINK_WORD.search(html_link.get_text()):
            html_link.decompose()
        elif not _WEB_LINK.match(html_address):
            if _is_note_mark(html_link):
                html_link.insert(0, "[")  # else a mark behind a number would be its power
                html_link.append("]")
            html_link.unwrap()


def _is_note_mark(html_link: Any) -> bool:
    """Whether a link is a raised number, or several."""
    html_link_text = html_link.get_text(strip=True)
    return html_link_text.isdigit() and not html_link_text.isdecimal()


def _main_content(html_soup: Any) -> Any:
    """The one element that a page names as its content and that holds much of its text; the body of another page.

    The page's heading comes along where it stands above.
    """
    html_body = html_soup.body or html_soup
    html_length = len(html_body.get_text(" ", strip=True))
    for html_contents, least_share in (
        ([*html_soup("main"), *html_soup(role="main")], MAIN_TEXT_SHARE),
        (html_soup("article"), ARTICLE_TEXT_SHARE),
    ):
        outer_html = [
            candidate
            for candidate in html_contents
            if not any(candidate is not other and other in candidate.parents for other in html_contents)
        ]
        if len(outer_html) == 1 and len(outer_html[0].get_text(" ", strip=True)) > least_share * html_length:
            html_heading = None if outer_html[0].h1 else html_body.h1
            if html_heading:
                outer_html[0].insert(0, _with_header(html_heading, outer_html[0]).extract())
            return outer_html[0]
    return html_body


def _with_header(html_heading: Any, html_content: Any) -> Any:
    """The header that a heading stands in, with its subtitle, where it is short and holds no more than that."""
    header = html_heading.find_parent(["header", "hgroup"])
    is_its_own = header is not None and html_content not in header.descendants and not header.find("a")
    return header if is_its_own and len(header.get_text(" ", strip=True)) <= MAX_HTML_HEADER_LENGTH else html_heading


def html_title(html: str | bytes) -> str:
    """What the page says of itself that it is called; "" where it says nothing."""
    html_title_element = _parse_html(html).title
    return " ".join(html_title_element.get_text(" ").split()) if html_title_element else ""


def _parse_html(html: str | bytes) -> Any:
    from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)  # XHTML is read as HTML, which keeps what is not valid
        return BeautifulSoup(html, "lxml")
