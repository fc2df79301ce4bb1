"""Passages that questions leave out by default: contents pages and legal boilerplate."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import regex

from groundwork.markdown.blocks import Block
from groundwork.records.types import Document, Page

_LEGAL_HEADING = regex.compile(  # Appendix B: Licence of the software
    r"""(?:(?:appendix|annex|section|chapter|part)\s+\w{1,3}[.:]?\s*+)?(?:[\da-z.]{1,5}\s++)?
        (?:(?:the|legal|software|document|content|public)\s+)*
        (?:licen[cs](?:e|es|ing)|copyrights?|legal\ (?:code|notices?|information)|creative\ commons)\b.{0,60}""",
    regex.VERBOSE,
)
_LEGAL_TITLES = ("licen", "copyright", "legal", "creative commons")  # one of them is in every such heading
_LEGAL_PHRASES = (
    *("all rights reserved", "alle rechte vorbehalten", "tous droits réservés", "todos los derechos reservados"),
    *(
        "permission is hereby granted",
        "permission is granted",
        "licensed under",
        "licenced under",
        "without warranty of",
    ),
    *(
        "creativecommons.org/licenses",
        "creative commons attribution",
        "general public license",
        "public domain dedication",
    ),
)
# © 2021, Copyright (c) 1998
_COPYRIGHT_YEAR = regex.compile(r"(?:©|\(c\)|copyright)[\s©]*+(?:\(c\)\s*+)?(?:19|20)\d\d")
_HINTS = ("©", "opyright", "icen")  # one of them is in every legal text


def marks(text: str, found: list[Block], document: Document) -> list[str]:
    """For each block "contents", "boilerplate" or ""; a heading is what the block below it is."""
    pages = [page for page in document.pages if page.contents]
    starts = [page.start for page in pages]
    hints = _Finder(text, _HINTS)
    result = []
    legal_level = 0  # of the heading whose section is boilerplate
    for block in found:
        mark = ""
        if block.kind == "heading":
            if not legal_level or block.level <= legal_level:
                legal_level = block.level if block.headings and _is_legal_title(block.headings[-1]) else 0
        elif block.kind == "contents" or (starts and _on_contents_page(text, block, pages, starts)):
            mark = "contents"
        elif block.kind in ("paragraph", "quote") and hints.any_in(block.start, block.end) and _is_legal(text, block):
            mark = "boilerplate"
        result.append("boilerplate" if legal_level else mark)
    for k in range(len(found) - 2, -1, -1):
        if found[k].kind == "heading" and not result[k]:
            result[k] = result[k + 1]
    return result


def _on_contents_page(text: str, block: Block, pages: list[Page], starts: list[int]) -> bool:
    """On a page that ingest took for a contents page, and no prose that shares the page with it."""
    k = bisect_right(starts, block.start) - 1
    if k < 0 or block.start >= pages[k].end:
        return False
    return not text[block.start : block.end].rstrip("*_ \t\r\n").endswith((".", "!", "?", ":", "。", "؟"))


def _is_legal_title(title: str) -> bool:
    title = title.lower()
    return any(word in title for word in _LEGAL_TITLES) and _LEGAL_HEADING.fullmatch(title) is not None


def _is_legal(text: str, block: Block) -> bool:
    """One phrase of law for every 400 characters."""
    body = text[block.start : block.end].lower()
    hits = sum(map(body.count, _LEGAL_PHRASES))
    if "©" in body or "(c)" in body or "copyright" in body:
        hits += len(_COPYRIGHT_YEAR.findall(body))
    return hits * 400 >= len(body)


class _Finder:
    """Tells whether one of some strings starts in a stretch; stretches are asked for from left to right.

    Each string is searched once over the text: far cheaper than a pattern tried on every block.
    """

    def __init__(self, text: str, strings: Sequence[str]) -> None:
        self._text = text
        self._next = dict.fromkeys(strings, -1)
        self._soonest = -1

    def any_in(self, start: int, end: int) -> bool:
        if self._soonest < start:
            for string, place in self._next.items():
                if place < start:
                    place = self._text.find(string, start)
                    self._next[string] = place if place >= 0 else len(self._text)
            self._soonest = min(self._next.values())
        return self._soonest < end
