"""What is no content of a web page and left out: menus, banners, sidebars, footers, scripts and links to share.

It is told by its elements, their roles and their names: the words of an element's class and id, as themes of content
management systems have given them for twenty years (sidebar, related-posts, shareButtons). Words that content has as
well count only where links are much of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

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
