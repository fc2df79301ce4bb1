"""Passages that questions leave out by default: contents pages, legal boilerplate, and letters that no one can read.

A passage is boilerplate by what it does: it grants or reserves rights, in words that perform the act ("permission is
hereby granted", "this work is licensed under", © 2021). A section about licences describes them and is kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import regex

from groundwork.markdown.blocks import Block
from groundwork.records.document_record import Document, Page

_PER = 400  # characters of a paragraph for each act of law in it
_DENSITY = 0.8  # hits for each _PER characters of a licence text; measured: 54 licences .86 to 3.6
_LICENCE_WORDS = 3  # the least that a licence has
_SPREAD = 0.5  # of a licence's text, the least share that stands in paragraphs with a hit
_GAP = 600  # characters between two legal passages that belong to them
LONGEST = 100_000  # characters of a section that may be a licence; the longest known has 36,000
_MOST = 0.5  # of a document: one that is mostly licence text is about it

_PHRASES = (  # acts in fixed words
    *("all rights reserved", "alle rechte vorbehalten", "tous droits réservés", "todos los derechos reservados"),
    *("tutti i diritti riservati", "todos os direitos reservados", "hereby grant", "public domain dedication"),
    *("permission is granted", "permission is hereby granted", "rights are granted", "license is granted"),
    *("licence is granted", "license is hereby granted", "licence is hereby granted", "under the terms of the gnu"),
    *("without warranty", "without any warranty", "without even the implied warranty", "without warranties"),
)
_ACTS = {  # acts in words between others, each with what it cannot do without
    ("under",): regex.compile(
        r"\bth(?:is|ese) [^.]{2,120}?\b(?:is|are) (?:licen[cs]ed|(?:made )?available) under"
        r"|(?:\A|[.!?:] )[*_> -]*licen[cs]ed under"
    ),
    ("permitted",): regex.compile(
        r"(?:redistribution|reproduction|copying|use)\b[^.]{0,80}\b(?:is|are) (?:hereby )?permitted"
    ),
    ("as is", "as-is"): regex.compile(r"\b(?:is|are) provided\b[^.]{0,80}\bas[ -]is\b"),
    ("©", "(c)", "copyright"): regex.compile(r"(?:©|\(c\)|copyright)[ ©]*+(?:\(c\) *+)?(?:19|20)\d\d"),
}
_LICENCE_WORD = regex.compile(  # of a text that is a licence: it speaks of itself, of its parties and of liability
    r"""\bth(?:is|e\s+present)\s+(?:\w+\s+){0,2}licen[cs]e\b | \b(?:sub)?licens(?:or|ee)s?\b
      | \blicen[cs]ed\s+(?:material|work|rights) | \bhere(?:by|in|under|of|to|inafter)\b | \bthereof\b
      | \bwarrant(?:y|ies|s)\b | \bliab(?:le|ility)\b | \bmerchantab | \bnotwithstanding\b | \bshall\s+not\b
      | \bterms\s+and\s+conditions\b | \byou\s+may\s+not\b
      | \byou\s+are\s+free\s+to\b | \blicen[cs]e\s+terms\b | \bfair\s+use\b""",
    regex.VERBOSE | regex.IGNORECASE,
)
_HINTS = (  # one of them is in every act
    *(
        "©",
        "(c)",
        "(C)",
        "opyright",
        "OPYRIGHT",
        "icensed",
        "icenced",
        "ermission",
        "ERMISSION",
        "ermitted",
        "ERMITTED",
    ),
    *("arrant", "ARRANT", " is granted", "provided", "PROVIDED", "eserved", "ESERVED", "roits", "ervados"),
    *("iservati", "vorbehalten", "omain dedication", "ereby grant", "the GNU", "available under"),
)
_PROSE = ("paragraph", "quote", "list")


def passages_left_out(text: str, found: list[Block], document: Document, unreadable: Sequence[bool]) -> list[str]:
    """For each block "contents", "boilerplate", "unreadable" or ""; a heading is what the block below it is."""
    pages = [page for page in document.pages if page.contents]
    starts = [page.start for page in pages]
    garbled = [page for page in document.pages if page.unreadable]
    legal = _legal(text, found)
    result = []
    for block, is_legal, is_unreadable in zip(found, legal, unreadable, strict=True):
        on_contents = block.kind == "contents" or (
            block.kind != "heading" and bool(starts) and _on_contents_page(text, block, pages, starts)
        )
        mark = "boilerplate" if is_legal else "contents" if on_contents else ""
        result.append("unreadable" if is_unreadable or _lies_on(block, garbled) else mark)
    for k in range(len(found) - 2, -1, -1):
        if found[k].kind == "heading" and not result[k]:
            result[k] = result[k + 1]
    return result


def _lies_on(block: Block, pages: Sequence[Page]) -> bool:
    """Whether most of a block lies on one of the pages."""
    k = bisect_right(pages, block.start + block.end, key=lambda page: 2 * page.start) - 1
    return k >= 0 and block.start + block.end < 2 * pages[k].end


def _on_contents_page(text: str, block: Block, pages: list[Page], starts: list[int]) -> bool:
    """On a page that ingest took for a contents page, and no prose that shares the page with it."""
    k = bisect_right(starts, block.start) - 1
    if k < 0 or block.start >= pages[k].end:
        return False
    return not text[block.start : block.end].rstrip("*_ \t\r\n").endswith((".", "!", "?", ":", "。", "؟"))


class _Hits(NamedTuple):
    """What a block holds of law: acts that grant or reserve rights, and words of a licence."""

    length: int = 0
    acts: int = 0
    words: int = 0


def _legal(text: str, found: Sequence[Block]) -> list[bool]:
    """Which blocks grant or reserve rights; none where that would be most of the document, which is then about it."""
    hits = _hits(text, found)
    if not hits:
        return [False] * len(found)
    legal = [one.acts > 0 and (one.acts + one.words) * _PER >= one.length for one in hits]
    for first, behind in _licences(found, hits):
        legal[first:behind] = [True] * (behind - first)
    _fill_gaps(found, legal)
    length = sum(block.end - block.start for block, is_legal in zip(found, legal, strict=True) if is_legal)
    return legal if length <= _MOST * len(text) else [False] * len(legal)


def _hits(text: str, found: Sequence[Block]) -> list[_Hits]:
    """By block; an empty list where the text holds no act at all."""
    hints = _Finder(text, _HINTS)
    acts = [
        _count_acts(text[block.start : block.end])
        if block.kind in _PROSE and hints.any_in(block.start, block.end)
        else 0
        for block in found
    ]
    if not any(acts):
        return []
    near = _near_acts(found, acts)
    return [
        _block_hits(text, block, n) if k in near else _Hits()
        for k, (block, n) in enumerate(zip(found, acts, strict=True))
    ]


def _near_acts(found: Sequence[Block], acts: Sequence[int]) -> set[int]:
    """The blocks that have an act, and those of sections with one that are no longer than a licence can be."""
    near = {k for k, n in enumerate(acts) if n}
    sums = [0, *accumulate(acts)]
    for first, behind in _sections(found):
        if sums[behind] > sums[first] and found[behind - 1].end - found[first].start <= LONGEST:
            near.update(range(first, behind))
    return near


def _count_acts(body: str) -> int:
    body = " ".join(body.lower().split())
    counts = sum(map(body.count, _PHRASES))
    return counts + sum(
        len(pattern.findall(body)) for needed, pattern in _ACTS.items() if any(part in body for part in needed)
    )


def _block_hits(text: str, block: Block, acts: int) -> _Hits:
    if block.kind not in _PROSE:
        return _Hits()
    body = text[block.start : block.end].rstrip()
    return _Hits(len(body), acts, len(_LICENCE_WORD.findall(body)))


def _licences(found: Sequence[Block], hits: Sequence[_Hits]) -> Iterator[tuple[int, int]]:
    """[first, behind) of the sections, with their sub-sections, that are the text of a licence; outermost only."""
    sections = list(_sections(found))
    sums = _Sums(hits)
    done = 0
    for first, behind in sections:
        small = found[behind - 1].end - found[first].start <= LONGEST
        if first >= done and small and sums.is_licence(first, behind):
            yield first, behind
            done = behind


def _sections(found: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """[first, behind) of every section, by its start."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    for k, block in enumerate(found):
        if block.kind == "heading":
            while opened and found[opened[-1]].level >= block.level:
                ends[opened.pop()] = k
            opened.append(k)
    ends.update((k, len(found)) for k in opened)
    yield from sorted(ends.items())


class _Sums:
    """Sums over stretches of blocks, each in constant time."""

    def __init__(self, hits: Sequence[_Hits]) -> None:
        self._rows: list[tuple[int, ...]] = [
            (0, 0, 0, 0)
        ]  # up to each block: characters, acts, words, characters of blocks with either
        for one in hits:
            touched = one.length if one.acts or one.words else 0
            row = (*one, touched)
            self._rows.append((*map(sum, zip(self._rows[-1], row, strict=True)),))

    def is_licence(self, first: int, behind: int) -> bool:
        length, acts, words, touched = (b - a for a, b in zip(self._rows[first], self._rows[behind], strict=True))
        dense = (acts + words) * _PER >= _DENSITY * length and touched >= _SPREAD * length
        return acts > 0 and words >= _LICENCE_WORDS and dense


def _fill_gaps(found: Sequence[Block], legal: list[bool]) -> None:
    """A few lines between two legal passages of one section are of their kind."""
    last = -1  # the last legal block
    for k, block in enumerate(found):
        if block.kind == "heading" and not legal[k]:
            last = -1
        elif legal[k]:
            if 0 <= last < k - 1 and block.start - found[last].end <= _GAP:
                legal[last:k] = [True] * (k - last)
            last = k


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
