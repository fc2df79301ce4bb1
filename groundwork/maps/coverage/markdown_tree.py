"""A document's Markdown as a tree of blocks and pieces of text that a page can show as it reads.

Nothing of it is HTML: a piece is a text with a style and the places it belongs to, and the page makes elements of it
by textContent. Pieces know their offsets, so that sentences and numbers can be marked wherever the markup stands.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from groundwork.language.labels import BULLETS
from groundwork.maps.coverage.document_coverage import CoverageItem, FigureItem
from groundwork.markdown.blocks import Block, blocks
from groundwork.markdown.tables import Cell, read_table


class Piece(NamedTuple):
    """Text as it is shown, its style ("b", "i", "code", "link", ... in any combination) and its source [start, end)."""

    start: int
    end: int
    text: str
    style: str = ""


_INLINE = re.compile(
    r"""
      \\(?P<escaped>[\\`*_{}\[\]()\#+.!|<>~$&-])
    | (?P<code>(?P<ticks>`{1,3})(?!`)(?P<in_code>[^`\n]+)(?P=ticks)(?!`))
    | !\[(?P<image>[^\]\n]*)\]\([^)\n]*\)
    | \[(?P<link>[^\[\]\n]+)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\ "[^"\n]*")?\)
    | (?P<formula>\$\$?(?=\S)[^$\n]{1,300}(?<=\S)\$\$?(?![\d$]))
    | (?P<strong>\*\*|__) | (?P<em>\*|(?<!\w)_(?=\w)|(?<=[\w.,;:!?)])_(?!\w)) | (?P<strike>~~)
    | (?P<break><br\s*/?>) | (?P<comment><!--.*?-->) | </?(?P<tag>[a-zA-Z][a-zA-Z0-9]*)\b[^<>\n]*>
    | (?P<entity>&(?:\#\d{1,7}|\#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)
    """,
    re.VERBOSE | re.DOTALL,
)
LINE_BREAK = "\u2028"  # as the page reads it; a plain line end of the source is a blank
_TAG_STYLES = {"b": "b", "strong": "b", "i": "i", "em": "i", "sub": "sub", "sup": "sup", "code": "code", "u": "u"}
_TOKEN_STYLES = {"escaped": "", "image": "image", "link": "link", "formula": "math"}
_MARKS = {"strong": "b", "em": "i", "strike": "s"}
_ITEM = re.compile(
    rf"(?P<indent>[ \t>]*)(?P<marker>[-*+{BULLETS}–]|\(?\w{{1,4}}[.)]|\d{{1,3}}(?:\.\d{{1,3}})+\.?)[ \t]+"
)
_RULE = re.compile(r"[-*_]{3,}\s*")


def markdown_tree(
    text: str, places: Sequence[CoverageItem], figures: Sequence[FigureItem] = ()
) -> list[dict[str, Any]]:
    """The document as blocks for the page.

    Each has `kind` and `start`; its `pieces` are [text, style, statement, number], the last two being indices into
    `places` or -1. Tables have `head` and `rows`, a row `statement` and `cells`; a list item has `depth` and `marker`;
    a `figure` is an index into `figures`.
    """
    marks = _Marks(places)
    starts = [one.start for one in figures]
    shown: list[dict[str, Any]] = []
    for block in blocks(text):
        shown += _block(text, block, marks)
        held = range(bisect_left(starts, block.start), bisect_left(starts, block.end))
        alone = held and text[block.start : block.end].strip() == text[figures[held[0]].start : figures[held[0]].end]
        shown[-1:] = [] if alone else shown[-1:]
        shown += [{"kind": "figure", "start": starts[index], "figure": index} for index in held]
    return shown


def _block(text: str, block: Block, marks: _Marks) -> Iterator[dict[str, Any]]:
    start, end = block.start, block.start + len(text[block.start : block.end].rstrip())
    if not text[start:end].strip() or _RULE.fullmatch(text, start, end):
        return
    shown: dict[str, Any] = {"kind": block.kind, "start": start}
    if block.kind == "heading":
        yield {**shown, "level": block.level, "pieces": marks.cut(_heading_pieces(text, start, end))}
    elif block.kind == "table":
        yield {**shown, **_table(text, start, end, marks)}
    elif block.kind in ("list", "contents"):
        yield from _items(text, start, end, marks)
    elif block.kind == "formula":
        body = text[start:end].strip("$ \n")
        first = text.find(body, start)
        yield {**shown, "pieces": marks.cut([Piece(first, first + len(body), body, "math")])}
    elif block.kind == "code":
        yield {**shown, "pieces": marks.cut(_code_pieces(text, start, end))}
    else:
        yield {**shown, "pieces": marks.cut(list(pieces(text, start, end)))}


def pieces(text: str, start: int, end: int) -> Iterator[Piece]:
    """The inline Markdown of [start, end) without its marks. A mark without a partner is text."""
    styles: list[str] = []
    position = start
    for match in _INLINE.finditer(text, start, end):
        if match.start() < position:
            continue
        name = match.lastgroup or ""
        kind = "code" if match["code"] else name
        before = list(styles)
        shown = _shown(text, match, kind, styles, end)
        if shown is None:
            continue
        yield from _plain(text, position, match.start(), before)
        if shown:
            yield Piece(*shown[:3], _joined([*styles, shown.style]))
        position = match.end()
    yield from _plain(text, position, end, styles)


def _shown(text: str, match: re.Match[str], kind: str, styles: list[str], end: int) -> Piece | tuple[()] | None:
    """What a token stands for: a piece, nothing (a mark, which changes `styles`), or None when it is plain text."""
    for name in _TOKEN_STYLES:
        if match[name] is not None:
            return Piece(*match.span(name), match[name], _TOKEN_STYLES[name])
    if kind == "code":
        return Piece(*match.span("in_code"), match["in_code"], "code")
    if kind in _MARKS:
        return () if _toggle(text, match, _MARKS[kind], styles, end) else None
    if kind == "break":
        return Piece(match.start(), match.end(), LINE_BREAK)
    if kind == "entity":
        return Piece(match.start(), match.end(), html.unescape(match["entity"]))
    if kind == "tag" and (style := _TAG_STYLES.get(match["tag"].lower())):
        _set(styles, style, on=not match[0].startswith("</"))
        return ()
    return () if kind in ("tag", "comment") and _is_markup(match) else None


def _is_markup(match: re.Match[str]) -> bool:
    """Known layout tags vanish; anything else between angle brackets is what the author wrote, and is shown."""
    known = "p div span a img font small big center ul ol li table tbody thead tr td th hr mark figure figcaption"
    return bool(match["comment"]) or (match["tag"] or "").lower() in known.split()


def _toggle(text: str, match: re.Match[str], style: str, styles: list[str], end: int) -> bool:
    """Open or close a style at a mark; False when the mark is text."""
    if style in styles:
        if text[match.start() - 1].isspace():
            return False
        _set(styles, style, on=False)
        return True
    before, after = text[match.start() - 1 : match.start()], match.end()
    if before.isdigit() and text[after : after + 1].isdigit():  # 2*3*4
        return False
    closes = text.find(match[0], after + 1, end)
    if closes < 0 or text[after : after + 1].isspace() or text[closes - 1].isspace():
        return False
    _set(styles, style, on=True)
    return True


def _set(styles: list[str], style: str, *, on: bool) -> None:
    if on:
        styles.append(style)
    elif style in styles:
        styles.remove(style)


def _plain(text: str, start: int, end: int, styles: list[str]) -> Iterator[Piece]:
    if start < end:
        yield Piece(start, end, text[start:end], _joined(styles))


def _joined(styles: list[str]) -> str:
    return " ".join(dict.fromkeys(style for style in styles if style))


def _heading_pieces(text: str, start: int, end: int) -> list[Piece]:
    """Without the # in front and behind, or the underline."""
    line = text[start:end]
    first = len(line) - len(line.lstrip("# \t\ufeff"))
    body = re.sub(r"(?<!\s)[^\S\n]*\n\s*[-=]{2,}\s*$|(?:(?<!\s)\s++)?(?<=\s)#+\s*$", "", line[first:])
    return list(pieces(text, start + first, start + first + len(body)))


def _code_pieces(text: str, start: int, end: int) -> list[Piece]:
    """The lines between the fences."""
    if text[start:end].lstrip().startswith(("```", "~~~")):
        start = text.find("\n", start, end) + 1 or end
        last = text.rfind("\n", start, end)
        if last >= 0 and text[last:end].strip().startswith(("```", "~~~")):
            end = last
    return [Piece(start, end, text[start:end])] if start < end else []


def _items(text: str, start: int, end: int, marks: _Marks) -> Iterator[dict[str, Any]]:
    """A list's items, each with the lines that go on behind it."""
    items: list[tuple[str, int, int, int]] = []  # marker, depth, start, end
    position = start
    while position < end:
        stop = text.find("\n", position, end) + 1 or end
        if match := _ITEM.match(text, position, stop):
            depth = len(match["indent"].replace("\t", "    ")) // 2
            items.append((match["marker"], depth, match.end(), stop))
        elif items:
            items[-1] = (*items[-1][:3], stop)
        else:
            items.append(("", 0, position, stop))
        position = stop
    for marker, depth, first, last in items:
        yield {
            "kind": "item",
            "start": first,
            "marker": "•" if marker in f"-*+–{BULLETS}" else marker,
            "depth": depth,
            "pieces": marks.cut(list(pieces(text, first, last))),
        }


def _table(text: str, start: int, end: int, marks: _Marks) -> dict[str, Any]:
    table = read_table(text, start, end)
    return {
        "head": [[marks.cut(_cell(text, cell)) for cell in row.cells] for row in table.header],
        "rows": [
            {
                "start": row.start,
                "statement": marks.row(row.start, row.end),
                "cells": [marks.cut(_cell(text, cell), numbers_only=True) for cell in row.cells],
            }
            for row in table.data
        ],
    }


def _cell(text: str, cell: Cell) -> list[Piece]:
    """The pieces of a cell; a blank between the lines of one in a grid."""
    shown: list[Piece] = []
    for start, end in cell.spans:
        shown += [Piece(start, start, " ")] if shown else []
        shown += pieces(text, start, end)
    return shown


class _Marks:
    """The places of a document, to cut pieces at their edges."""

    def __init__(self, places: Sequence[CoverageItem]) -> None:
        self.statements = [(p.start, p.end, index) for index, p in enumerate(places) if p.kind != "number"]
        self.numbers = [(p.start, p.end, index) for index, p in enumerate(places) if p.kind == "number"]
        self.edges = sorted({edge for p in places for edge in (p.start, p.end)})

    def cut(self, parts: list[Piece], *, numbers_only: bool = False) -> list[list[Any]]:
        """[text, style, statement, number] for each part between two edges; neighbours alike are joined."""
        result: list[list[Any]] = []
        for part in parts:
            for start, shown in self._at_edges(part):
                statement = -1 if numbers_only else _at(self.statements, start)
                row = [shown, part.style, statement, _at(self.numbers, start)]
                if result and result[-1][1:] == row[1:]:
                    result[-1][0] += shown
                else:
                    result.append(row)
        return result

    def row(self, start: int, end: int) -> int:
        """The statement that a table row is."""
        return next((index for a, b, index in self._between(start, end) if min(b, end) - max(a, start) > 1), -1)

    def _between(self, start: int, end: int) -> list[tuple[int, int, int]]:
        first = max(0, bisect_left(self.statements, (start, 0, 0)) - 1)
        return self.statements[first : bisect_left(self.statements, (end, 0, 0))]

    def _at_edges(self, part: Piece) -> Iterator[tuple[int, str]]:
        if part.end - part.start != len(part.text):  # an entity or a break: whole
            yield part.start, part.text
            return
        inner = self.edges[bisect_right(self.edges, part.start) : bisect_left(self.edges, part.end)]
        for start, end in pairwise([part.start, *inner, part.end]):
            yield start, part.text[start - part.start : end - part.start]


def _at(spans: list[tuple[int, int, int]], position: int) -> int:
    """The index of the span that holds `position`, or -1."""
    near = bisect_left(spans, (position + 1, 0, 0)) - 1
    return spans[near][2] if near >= 0 and position < spans[near][1] else -1
