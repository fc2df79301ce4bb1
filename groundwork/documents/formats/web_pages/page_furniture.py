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
# which are notes where the content holds them
_EDGE_FURNITURE, _EDGE_FURNITURE_ROLES = (["footer", "aside"], ["contentinfo", "complementary"])
CONTENT_TAGS = ["main", "article"]
_BUTTON_HEADING_TAGS = ["h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary", "legend"]
_NAMED_FURNITURE_TAGS = ["div", "section", "ul", "ol", "aside", "form", "footer"]
_CONSENT_FURNITURE = re.compile(r"cookie|consent|gdpr", re.IGNORECASE)
MAX_FURNITURE_BANNER = 1500  # characters of a banner that asks for consent
_FURNITURE_LINK = re.compile(
    r"""facebook\.com/(?:sharer|dialog/share) | (?:twitter|x)\.com/(?:share|intent) | linkedin\.com/(?:share|sharing)
      | pinterest\.\w{2,3}/pin/create | reddit\.com/submit | whatsapp\.com/send | \Awhatsapp: | //wa\.me/\?text
      | t\.me/share | getpocket\.com/(?:save|edit) | xing\.com/(?:app|spi)/ | tumblr\.com/(?:share|widgets)
      | \Amailto:\?""",
    re.VERBOSE,
)
_FURNITURE_SCRIPT = re.compile(r"\A\s*javascript:", re.IGNORECASE)
_FURNITURE_NAME_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_FURNITURE_NAMES = frozenset({
    "sidebar", "footer", "colophon", "copyright", "share", "sharing", "sharedaddy", "addtoany", "sociable",
    "newsletter", "subscribe", "respond", "commentform", "disqus", "tagcloud", "modal", "popup", "advert",
    "advertisement", "ad", "ads", "outbrain", "taboola", "captcha", "skiplink", "skiplinks", "pagination", "pager",
    "breadcrumb", "breadcrumbs", "searchform", "yarpp", "masthead", "navbar"
})  # fmt: skip
_LINKING_FURNITURE = frozenset({
    "related", "relatedposts", "relatedlinks", "recommended", "recommendation", "recommendations", "upsell",
    "teaser", "teasers", "promo", "sponsored", "social", "menu", "nav", "navigation", "toolbar", "banner"
})  # fmt: skip
_LEAST_LINK_SHARE = 0.3  # of the text of an element with such a name
_MOST_FURNITURE_SHARE = 0.3  # of the page's text in one named element: more is content
_MOST_NAMED_FURNITURE_SHARE = 0.5  # in all of them: more is a page whose names mean something else


def drop_page_furniture(soup: Any) -> None:
    """Take out what is about the page or the site: scripts, menus, controls, banners, sidebars and footers.

    What a browser hides stays, since answers fold away below their questions; so does a button that is a heading.
    """
    furniture_elements = [*soup(_FURNITURE_TAGS), *filter(_is_bare_menu, soup.find_all(role=_FURNITURE_ROLES))]
    furniture_elements += [e for e in [*soup(_EDGE_FURNITURE), *soup(role=_EDGE_FURNITURE_ROLES)] if _is_page_edge(e)]
    furniture_elements += [button for button in soup("button") if not button.find_parent(_BUTTON_HEADING_TAGS)]
    furniture_elements += [e for e in soup(["div", "section", "form"]) if _is_consent_banner(e)]
    _drop_furniture([*furniture_elements, *soup("a", href=_FURNITURE_LINK)])
    for script_link in soup("a", href=_FURNITURE_SCRIPT):
        script_link.unwrap()


def drop_named_furniture(content_element: Any) -> None:
    """Take out of the content what its names call furniture, unless that is much of it."""
    content_length = _furniture_length(content_element)
    named_furniture = [
        furniture_element
        for furniture_element in content_element(_NAMED_FURNITURE_TAGS)
        if _is_named_furniture(furniture_element, _MOST_FURNITURE_SHARE * content_length)
    ]
    furniture_ids = set(map(id, named_furniture))
    outer_furniture = [
        furniture_element
        for furniture_element in named_furniture
        if furniture_ids.isdisjoint(map(id, furniture_element.parents))
    ]
    if sum(map(_furniture_length, outer_furniture)) <= _MOST_NAMED_FURNITURE_SHARE * content_length:
        _drop_furniture(outer_furniture)


def _is_page_edge(furniture: Any) -> bool:
    """Whether a footer or sidebar is the page's own; one that is never closed holds the content of the page."""
    return not furniture.find_parent(CONTENT_TAGS) and not furniture.find(["h1", "main"])


def _is_bare_menu(furniture: Any) -> bool:
    """Whether a list of tabs or a menu holds nothing but itself: panels of an accordion are content."""
    return furniture.find(role="tabpanel") is None


def _is_named_furniture(furniture: Any, most_furniture_length: float) -> bool:
    names = _furniture_name_words(furniture)
    if names.isdisjoint(_FURNITURE_NAMES | _LINKING_FURNITURE) or furniture.find(["h1", *CONTENT_TAGS]):
        return False
    furniture_length = _furniture_length(furniture)
    link_length = sum(_furniture_length(link) for link in furniture("a"))
    return furniture_length <= most_furniture_length and (
        not names.isdisjoint(_FURNITURE_NAMES) or link_length >= _LEAST_LINK_SHARE * furniture_length
    )


def _furniture_name_words(furniture: Any) -> set[str]:
    """The words of its names, and two that stand side by side as one: commentForm, comment-form and commentform."""
    furniture_words: set[str] = set()
    for furniture_name in [str(furniture.get("id") or ""), *furniture.get("class", [])]:
        words_of_furniture = [word.lower() for word in _FURNITURE_NAME_WORD.findall(furniture_name)]
        furniture_words.update(words_of_furniture, map("".join, pairwise(words_of_furniture)))
    return furniture_words


def _is_consent_banner(furniture: Any) -> bool:
    names = " ".join([str(furniture.get("id") or ""), *furniture.get("class", [])])
    return bool(_CONSENT_FURNITURE.search(names)) and len(furniture.get_text(" ", strip=True)) <= MAX_FURNITURE_BANNER


def _furniture_length(furniture: Any) -> int:
    return len(furniture.get_text(" ", strip=True))


def _drop_furniture(furniture_elements: Iterable[Any]) -> None:
    for furniture in furniture_elements:
        if not furniture.decomposed:
            furniture.decompose()
