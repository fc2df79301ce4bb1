"""HTML and XHTML as Markdown: tables with one header row and merged cells filled, pictures as alternative text.

Formulas (MathML) become LaTeX by anydoc, which reads them in books (EPUB). What is no content of a web page is left
out, by its elements, their roles and their names: the words of an element's class and id, as themes of content
management systems have given them for twenty years (sidebar, related-posts, shareButtons). Words that content has as
well count only where links are much of the text.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from groundwork.documents.formats.anydoc import markdown, parse
from groundwork.documents.formats.office_package import zip_package
from groundwork.documents.formats.raised_text import raise_html
from groundwork.documents.pictures.kept_pictures import picture_words
from groundwork.documents.pipe_tables import join_head
from groundwork.errors import BadDocument

_FURNITURE_TAGS = [
    *("script", "style", "noscript", "template", "nav", "dialog", "rt", "rp"),
    *("select", "textarea", "input", "svg", "iframe", "object", "embed"),
]
_FURNITURE_ROLES = ["navigation", "search", "dialog", "alertdialog", "menu", "menubar", "toolbar", "tablist"]
_EDGE_TAGS, _EDGE_ROLES = ["footer", "aside"], ["contentinfo", "complementary"]  # notes, where the content holds them
CONTENT_TAGS = ["main", "article"]
_HEADING_TAGS = ["h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary", "legend"]
_NAMED_TAGS = ["div", "section", "ul", "ol", "aside", "form", "footer"]
_CONSENT = re.compile(r"cookie|consent|gdpr", re.IGNORECASE)
MAX_BANNER_LENGTH = 1500  # characters of a banner that asks for consent
_SHARE_LINK = re.compile(
    r"""facebook\.com/(?:sharer|dialog/share) | (?:twitter|x)\.com/(?:share|intent) | linkedin\.com/(?:share|sharing)
      | pinterest\.\w{2,3}/pin/create | reddit\.com/submit | whatsapp\.com/send | \Awhatsapp: | //wa\.me/\?text
      | t\.me/share | getpocket\.com/(?:save|edit) | xing\.com/(?:app|spi)/ | tumblr\.com/(?:share|widgets)
      | \Amailto:\?""",
    re.VERBOSE,
)
_SCRIPT_LINK = re.compile(r"\A\s*javascript:", re.IGNORECASE)
_NAME_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_FURNITURE_NAMES = frozenset({
    "sidebar", "footer", "colophon", "copyright", "share", "sharing", "sharedaddy", "addtoany", "sociable",
    "newsletter", "subscribe", "respond", "commentform", "disqus", "tagcloud", "modal", "popup", "advert",
    "advertisement", "ad", "ads", "outbrain", "taboola", "captcha", "skiplink", "skiplinks", "pagination", "pager",
    "breadcrumb", "breadcrumbs", "searchform", "yarpp", "masthead", "navbar"
})  # fmt: skip
_LINKING_NAMES = frozenset({
    "related", "relatedposts", "relatedlinks", "recommended", "recommendation", "recommendations", "upsell",
    "teaser", "teasers", "promo", "sponsored", "social", "menu", "nav", "navigation", "toolbar", "banner"
})  # fmt: skip
_LEAST_LINK_SHARE = 0.3  # of the text of an element with such a name
_MOST_SHARE = 0.3  # of the page's text in one named element: more is content
_MOST_NAMED_SHARE = 0.5  # in all of them: more is a page whose names mean something else


def drop_page_furniture(soup: Any) -> None:
    """Take out what is about the page or the site: scripts, menus, controls, banners, sidebars and footers.

    What a browser hides stays, since answers fold away below their questions; so does a button that is a heading.
    """
    furniture = [*soup(_FURNITURE_TAGS), *filter(_is_bare, soup.find_all(role=_FURNITURE_ROLES))]
    furniture += [element for element in [*soup(_EDGE_TAGS), *soup(role=_EDGE_ROLES)] if _is_edge(element)]
    furniture += [button for button in soup("button") if not button.find_parent(_HEADING_TAGS)]
    furniture += [element for element in soup(["div", "section", "form"]) if _is_consent_banner(element)]
    _decompose([*furniture, *soup("a", href=_SHARE_LINK)])
    for link in soup("a", href=_SCRIPT_LINK):
        link.unwrap()


def drop_named_furniture(content_element: Any) -> None:
    """Take out of the content what its names call furniture, unless that is much of it."""
    length = _text_length(content_element)
    elements = [
        element for element in content_element(_NAMED_TAGS) if _is_named_furniture(element, _MOST_SHARE * length)
    ]
    numbers = set(map(id, elements))
    outer_parts = [element for element in elements if numbers.isdisjoint(map(id, element.parents))]
    if sum(map(_text_length, outer_parts)) <= _MOST_NAMED_SHARE * length:
        _decompose(outer_parts)


def _is_edge(element: Any) -> bool:
    """Whether a footer or sidebar is the page's own; one that is never closed holds the content of the page."""
    return not element.find_parent(CONTENT_TAGS) and not element.find(["h1", "main"])


def _is_bare(element: Any) -> bool:
    """Whether a list of tabs or a menu holds nothing but itself: panels of an accordion are content."""
    return element.find(role="tabpanel") is None


def _is_named_furniture(element: Any, most_length: float) -> bool:
    class_names = _name_words(element)
    if class_names.isdisjoint(_FURNITURE_NAMES | _LINKING_NAMES) or element.find(["h1", *CONTENT_TAGS]):
        return False
    length = _text_length(element)
    links = sum(_text_length(link) for link in element("a"))
    return length <= most_length and (
        not class_names.isdisjoint(_FURNITURE_NAMES) or links >= _LEAST_LINK_SHARE * length
    )


def _name_words(element: Any) -> set[str]:
    """The words of its names, and two that stand side by side as one: commentForm, comment-form and commentform."""
    words: set[str] = set()
    for name in [str(element.get("id") or ""), *element.get("class", [])]:
        elements = [word.lower() for word in _NAME_WORD.findall(name)]
        words.update(elements, map("".join, pairwise(elements)))
    return words


def _is_consent_banner(element: Any) -> bool:
    class_names = " ".join([str(element.get("id") or ""), *element.get("class", [])])
    return bool(_CONSENT.search(class_names)) and len(element.get_text(" ", strip=True)) <= MAX_BANNER_LENGTH


def _text_length(element: Any) -> int:
    return len(element.get_text(" ", strip=True))


def _decompose(elements: Iterable[Any]) -> None:
    for element in elements:
        if not element.decomposed:
            element.decompose()


_PIPE = "\ue000"  # stands for a `|` of the text while markdownify writes tables
_BLOCK_TAGS = [
    *("address", "aside", "center", "details", "fieldset", "figure", "footer", "form", "header", "hgroup"),
    *("legend", "main", "summary"),
]
_CELL_BLOCKS = [
    *("blockquote", "br", "button", "dd", "div", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "label", "li"),
    *("option", "p", "pre", "summary"),
]
_CELL_PARTS = ("a", "b", "em", "i", "small", "span", "strong")
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
            cell[attribute] = str(_span(cell, attribute))  # markdownify takes what looks like digits for a number
    raise_html(soup)
    replace_formulas(soup)
    for table in soup.find_all("table"):
        if _is_layout(table):
            _unwrap_table(table)
        else:
            _square_table(table, soup)
    writer = MarkdownConverter(heading_style="ATX", bullets="-", escape_asterisks=False, escape_underscores=False)
    markdown: str = writer.convert_soup(content_element)
    return re.sub(r"\n{3,}", "\n\n", markdown.replace(_PIPE, "\\|"))


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


def _is_layout(html_table: Any) -> bool:
    """Whether a table places parts of the page: it holds tables, says so, or has one text a row and no head."""
    if html_table.find("table") or str(html_table.get("role", "")).lower() in ("presentation", "none"):
        return True
    texts_by_row = (
        sum(bool(cell.get_text(strip=True)) for cell in tr.find_all("td")) for tr in html_table.find_all("tr")
    )
    return not html_table.find("th") and all(texts < 2 for texts in texts_by_row)


def _unwrap_table(html_table: Any) -> None:
    """Its cells as blocks, one after the other; tables in them stay."""
    elements = html_table.find_all(["caption", "colgroup", "thead", "tbody", "tfoot", "tr", "td", "th"])
    for element in [html_table, *(element for element in elements if element.find_parent("table") is html_table)]:
        element.name, element.attrs = "div", {}


def _square_table(html_table: Any, soup: Any) -> None:
    """The table with a cell for every row and column, and header cells in its first row."""
    if all(len(tr.find_all(["td", "th"])) < 2 for tr in html_table.find_all("tr")):
        return
    filled_rows = list(_filled_rows(html_table))
    width = max(map(len, filled_rows))
    filled_rows = [cells + [""] * (width - len(cells)) for cells in filled_rows]
    filled_columns = [j for j in range(width) if any(cells[j] for cells in filled_rows)]
    filled_rows = join_head([[cells[j] for j in filled_columns] for cells in filled_rows if any(cells)])
    for caption in html_table("caption"):
        title = soup.new_tag("p")
        title.string = _cell_text(caption)
        html_table.insert_before(title)
    html_table.clear()
    for i, cells in enumerate(filled_rows):
        tr = soup.new_tag("tr")
        for cell_text in cells:
            cell = soup.new_tag("td" if i else "th")
            cell.string = cell_text.replace("|", _PIPE)
            tr.append(cell)
        html_table.append(tr)


def _filled_rows(html_table: Any) -> Iterator[list[str]]:
    """The text of each row's cells, spanning cells repeated."""
    spans_below: dict[int, tuple[int, str]] = {}  # column: rows still to fill, text
    for tr in html_table.find_all("tr"):
        cell_texts: list[str] = []
        cells = iter(tr.find_all(["td", "th"]))
        while True:
            if len(cell_texts) in spans_below:
                rows_left, cell_text = spans_below.pop(len(cell_texts))
                if rows_left > 1:
                    spans_below[len(cell_texts)] = (rows_left - 1, cell_text)
                cell_texts.append(cell_text)
                continue
            cell = next(cells, None)
            if cell is None:
                break
            cell_text = _cell_text(cell)
            for _ in range(_span(cell, "colspan")):
                if (rows := _span(cell, "rowspan")) > 1:
                    spans_below[len(cell_texts)] = (rows - 1, cell_text)
                cell_texts.append(cell_text)
        yield cell_texts


def _cell_text(cell: Any) -> str:
    """On one line: blocks are parted, so are spans and links that touch one another, and words stay whole."""
    for element in cell.find_all([*_CELL_BLOCKS, *_CELL_PARTS]):
        is_part = element.name in _CELL_PARTS
        if not is_part or getattr(element.previous_sibling, "name", None) in _CELL_PARTS:
            element.insert_before(" ")
        if not is_part:
            element.insert_after(" ")
    return " ".join(cell.get_text().split())


def _span(cell: Any, attribute: str) -> int:
    span = str(cell.get(attribute, "1"))
    return min(int(span[:5]), 1000) or 1 if span.isascii() and span.isdigit() else 1


_BOOK_CONTAINER = (
    b'<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile'
    b' full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
_BOOK_PACKAGE = (
    b'<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/><manifest><item id="page"'
    b' href="page.xhtml" media-type="application/xhtml+xml"/></manifest>'
    b'<spine><itemref idref="page"/></spine></package>'
)
_BOOK_PAGE = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{}</body></html>'
_NUMBERED_FORMULA = re.compile(r"(?m)^(\d+): (\$[^\n]*\$)$")


def replace_formulas(soup: Any) -> None:
    """Put LaTeX in place of each formula of a parsed page; one that cannot be read gives its letters on one line.

    What pages show in place of a formula, hidden from readers aloud, says it a second time and is left out.
    """
    formulas = soup.find_all("math")
    latex = _read_formulas(formulas)
    for k, formula in enumerate(formulas):
        for place in (formula, formula.parent):
            for copy in place.find_next_siblings(attrs={"aria-hidden": "true"}):
                copy.decompose()
        formula.replace_with(latex.get(k) or "".join(formula.get_text("").split()) or " ")


def _read_formulas(formulas: Sequence[Any]) -> dict[int, str]:
    """The number of a formula, from 0: its LaTeX between dollar signs."""
    if not formulas:
        return {}
    for formula in formulas:
        formula["xmlns"] = "http://www.w3.org/1998/Math/MathML"
        formula.attrs.pop("display", None)  # which would part it from its number
    page = _BOOK_PAGE.format(
        "".join(f"<p>{k}: {formula.decode(formatter='minimal')}</p>" for k, formula in enumerate(formulas))
    )
    package = {"META-INF/container.xml": _BOOK_CONTAINER, "book.opf": _BOOK_PACKAGE, "page.xhtml": page.encode()}
    try:
        text = markdown(parse(zip_package({"mimetype": b"application/epub+zip", **package}), "epub"))
    except BadDocument:
        return {}
    return {int(number): latex for number, latex in _NUMBERED_FORMULA.findall(text)}
