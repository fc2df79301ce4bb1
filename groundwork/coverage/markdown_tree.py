"""A document's Markdown as a tree of blocks and pieces of text that a page can show as it reads.

Nothing of it is HTML: a piece is a text with a style and the places it belongs to, and the page makes elements of it
by textContent. Pieces know their offsets, so that sentences and numbers can be marked wherever the markup stands."""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from groundwork.coverage.document_coverage import (
    CoverageItem,
    FigureItem,
)
from groundwork.language.list_and_rule_labels import BULLETS
from groundwork.markdown.blocks import Block, blocks
from groundwork.markdown.table_rows_and_cells import Cell, read_table


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
    | (?P<break><br\s*/?> | (?<!\ )\ {2,}\r?\n | \\\r?\n)
    | (?P<comment><!--.*?-->) | </?(?P<tag>[a-zA-Z][a-zA-Z0-9]*)\b[^<>\n]*>
    | (?P<entity>&(?:\#\d{1,7}|\#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)
    """,
    re.VERBOSE | re.DOTALL,
)
DEEPEST_NESTING = 16  # tags of one style within each other; those of a broken page, never closed, count no further
LINE_BREAK = "\u2028"  # as the page reads it; a plain line end of the source is a blank
_TAG_STYLES = {"b": "b", "strong": "b", "i": "i", "em": "i", "sub": "sub", "sup": "sup", "code": "code", "u": "u"}
_TOKEN_STYLES = {"escaped": "", "image": "image", "link": "link", "formula": "math"}
_MARK_STYLES = {"strong": "b", "em": "i", "strike": "s"}
_LIST_ITEM = re.compile(
    rf"(?P<indent>[ \t>]*)(?P<marker>[-*+{BULLETS}–]|\(?\w{{1,4}}[.)]|\d{{1,3}}(?:\.\d{{1,3}})+\.?)[ \t]+"
)
_ENTRY = re.compile(r"(?P<indent>[ \t>]*)(?P<marker>\d{1,3})[ \t]+(?=\D)")  # of a table of contents


def markdown_tree(
    markdown: str, coverage_items: Sequence[CoverageItem], figures: Sequence[FigureItem] = ()
) -> list[dict[str, Any]]:
    """The document as blocks for the page.

    Each has `kind` and `start`; its `pieces` are [text, style, statement, number], the last two being indices into
    `coverage_items` or -1. Tables have `head` and `rows`, a row `statement` and `cells`; a list item has `depth` and
    `marker`; a `figure` is an index into `figures`.
    """
    item_edges = _ItemEdges(coverage_items)
    figure_starts = [figure.start for figure in figures]
    nodes: list[dict[str, Any]] = []
    for block in blocks(markdown):
        nodes += _block_nodes(markdown, block, item_edges)
        figures_inside = range(bisect_left(figure_starts, block.start), bisect_left(figure_starts, block.end))
        first_figure = figures[figures_inside[0]] if figures_inside else None
        if (
            first_figure
            and markdown[block.start : block.end].strip() == markdown[first_figure.start : first_figure.end]
        ):
            nodes[-1:] = []  # the block is nothing but the figure
        nodes += [{"kind": "figure", "start": figure_starts[index], "figure": index} for index in figures_inside]
    return nodes


def _block_nodes(markdown: str, block: Block, item_edges: _ItemEdges) -> Iterator[dict[str, Any]]:
    start, end = block.start, block.start + len(markdown[block.start : block.end].rstrip())
    if not markdown[start:end].strip() or (end - start >= 3 and not markdown[start:end].strip("-*_")):
        return
    node: dict[str, Any] = {"kind": block.kind, "start": start}
    if block.kind == "heading":
        yield {**node, "level": block.level, "pieces": item_edges.cut(_heading_pieces(markdown, start, end))}
    elif block.kind == "table":
        yield {**node, **_table_node(markdown, start, end, item_edges)}
    elif block.kind in ("list", "contents"):
        yield from _list_nodes(markdown, start, end, item_edges, each_line=block.kind == "contents")
    elif block.kind == "formula":
        block_text = markdown[start:end].strip("$ \n")
        body_start = markdown.find(block_text, start)
        yield {**node, "pieces": item_edges.cut([Piece(body_start, body_start + len(block_text), block_text, "math")])}
    elif block.kind == "code":
        yield {**node, "pieces": item_edges.cut(_code_pieces(markdown, start, end))}
    else:
        yield {**node, "pieces": item_edges.cut(list(pieces(markdown, start, end)))}


def pieces(markdown: str, start: int, end: int) -> Iterator[Piece]:
    """The inline Markdown of [start, end) without its marks. A mark without a partner is text."""
    styles: list[str] = []
    piece_start = start
    for inline_match in _INLINE.finditer(markdown, start, end):
        if inline_match.start() < piece_start:
            continue
        token = inline_match.lastgroup or ""
        piece_kind = "code" if inline_match["code"] else token
        previous_styles = list(styles)
        piece = _token_piece(markdown, inline_match, piece_kind, styles, end)
        if piece is None:
            continue
        yield from _plain_piece(markdown, piece_start, inline_match.start(), previous_styles)
        if piece:
            yield Piece(*piece[:3], _join_styles([*styles, piece.style]))
        piece_start = inline_match.end()
    yield from _plain_piece(markdown, piece_start, end, styles)


def _token_piece(
    markdown: str, match: re.Match[str], kind: str, styles: list[str], end: int
) -> Piece | tuple[()] | None:
    """What a token stands for: a piece, nothing (a mark, which changes `styles`), or None when it is plain text."""
    for token in _TOKEN_STYLES:
        if match[token] is not None:
            return Piece(*match.span(token), match[token], _TOKEN_STYLES[token])
    if kind == "code":
        return Piece(*match.span("in_code"), match["in_code"], "code")
    if kind in _MARK_STYLES:
        return () if _toggle_style(markdown, match, _MARK_STYLES[kind], styles, end) else None
    if kind == "break":
        return Piece(match.start(), match.end(), LINE_BREAK)
    if kind == "entity":
        return Piece(match.start(), match.end(), html.unescape(match["entity"]))
    if kind == "tag" and (style := _TAG_STYLES.get(match["tag"].lower())):
        _set_style(styles, style, on=not match[0].startswith("</"))
        return ()
    return () if kind in ("tag", "comment") and _is_hidden_markup(match) else None


def _is_hidden_markup(match: re.Match[str]) -> bool:
    """Known layout tags vanish; anything else between angle brackets is what the author wrote, and is shown."""
    layout_tags = "p div span a img font small big center ul ol li table tbody thead tr td th hr mark figure figcaption"
    return bool(match["comment"]) or (match["tag"] or "").lower() in layout_tags.split()


def _toggle_style(markdown: str, match: re.Match[str], style: str, styles: list[str], end: int) -> bool:
    """Open or close a style at a mark; False when the mark is text."""
    if style in styles:
        if markdown[match.start() - 1].isspace():
            return False
        _set_style(styles, style, on=False)
        return True
    previous_character, after = markdown[match.start() - 1 : match.start()], match.end()
    if previous_character.isdigit() and markdown[after : after + 1].isdigit():  # 2*3*4
        return False
    closing_mark = markdown.find(match[0], after + 1, end)
    if closing_mark < 0 or markdown[after : after + 1].isspace() or markdown[closing_mark - 1].isspace():
        return False
    _set_style(styles, style, on=True)
    return True


def _set_style(styles: list[str], style: str, *, on: bool) -> None:
    if on:
        styles += [style] * (styles.count(style) < DEEPEST_NESTING)
    elif style in styles:
        styles.remove(style)


def _plain_piece(markdown: str, start: int, end: int, styles: list[str]) -> Iterator[Piece]:
    if start < end:
        yield Piece(start, end, markdown[start:end], _join_styles(styles))


def _join_styles(styles: list[str]) -> str:
    return " ".join(dict.fromkeys(style for style in styles if style))


def _heading_pieces(markdown: str, start: int, end: int) -> list[Piece]:
    """Without the # in front and behind, or the underline."""
    heading_line = markdown[start:end]
    leading = len(heading_line) - len(heading_line.lstrip("# \t\ufeff"))
    heading_text = re.sub(r"(?<!\s)[^\S\n]*\n\s*[-=]{2,}\s*$|(?:(?<!\s)\s++)?(?<=\s)#+\s*$", "", heading_line[leading:])
    return list(pieces(markdown, start + leading, start + leading + len(heading_text)))


def _code_pieces(markdown: str, code_start: int, code_end: int) -> list[Piece]:
    """The lines between the fences."""
    if markdown[code_start:code_end].lstrip().startswith(("```", "~~~")):
        code_start = markdown.find("\n", code_start, code_end) + 1 or code_end
        last_line = markdown.rfind("\n", code_start, code_end)
        if last_line >= 0 and markdown[last_line:code_end].strip().startswith(("```", "~~~")):
            code_end = last_line
    return [Piece(code_start, code_end, markdown[code_start:code_end])] if code_start < code_end else []


def _list_nodes(
    markdown: str, start: int, end: int, item_edges: _ItemEdges, *, each_line: bool
) -> Iterator[dict[str, Any]]:
    """A list's items, each with the lines that go on behind it; `each_line` is an item of its own."""
    list_items: list[tuple[str, int, int, int]] = []  # marker, depth, start, end
    position = start
    while position < end:
        line_end = markdown.find("\n", position, end) + 1 or end
        item_match = _LIST_ITEM.match(markdown, position, line_end)
        if item_match := item_match or (_ENTRY.match(markdown, position, line_end) if each_line else None):
            depth = len(item_match["indent"].replace("\t", "    ")) // 2
            list_items.append((item_match["marker"], depth, item_match.end(), line_end))
        elif list_items and not (each_line and markdown[position:line_end].strip()):
            list_items[-1] = (*list_items[-1][:3], line_end)
        else:
            list_items.append(("", 0, position, line_end))
        position = line_end
    for marker, depth, item_start, item_end in list_items:
        yield {
            "kind": "item",
            "start": item_start,
            "marker": "•" if marker and marker in f"-*+–{BULLETS}" else marker,
            "depth": depth,
            "pieces": item_edges.cut(list(pieces(markdown, item_start, item_end))),
        }


def _table_node(markdown: str, start: int, end: int, item_edges: _ItemEdges) -> dict[str, Any]:
    table = read_table(markdown, start, end)
    return {
        "head": [
            [item_edges.cut(_cell_pieces(markdown, cell)) for cell in table_row.cells] for table_row in table.header
        ],
        "rows": [
            {
                "start": table_row.start,
                "statement": item_edges.row_statement(table_row.start, table_row.end),
                "cells": [item_edges.cut(_cell_pieces(markdown, cell), numbers_only=True) for cell in table_row.cells],
            }
            for table_row in table.data
        ],
    }


def _cell_pieces(markdown: str, cell: Cell) -> list[Piece]:
    """The pieces of a cell; a blank between the lines of one in a grid."""
    cell_pieces: list[Piece] = []
    for start, end in cell.spans:
        cell_pieces += [Piece(start, start, " ")] if cell_pieces else []
        cell_pieces += pieces(markdown, start, end)
    return cell_pieces


class _ItemEdges:
    """The edges of a document's statements and numbers, at which pieces are cut."""

    def __init__(self, coverage_items: Sequence[CoverageItem]) -> None:
        self.statements = [
            (p.start, p.end, item_index) for item_index, p in enumerate(coverage_items) if p.kind != "number"
        ]
        self.numbers = [
            (p.start, p.end, item_index) for item_index, p in enumerate(coverage_items) if p.kind == "number"
        ]
        self.edges = sorted({edge for p in coverage_items for edge in (p.start, p.end)})

    def cut(self, text_pieces: list[Piece], *, numbers_only: bool = False) -> list[list[Any]]:
        """[text, style, statement, number] for the text between two edges; neighbours alike are joined."""
        marked_pieces: list[list[Any]] = []
        for piece in text_pieces:
            for start, piece_text in self._at_edges(piece):
                statement = -1 if numbers_only else _span_at(self.statements, start)
                marked_piece = [piece_text, piece.style, statement, _span_at(self.numbers, start)]
                if marked_pieces and marked_pieces[-1][1:] == marked_piece[1:]:
                    marked_pieces[-1][0] += piece_text
                else:
                    marked_pieces.append(marked_piece)
        return marked_pieces

    def row_statement(self, start: int, end: int) -> int:
        """The statement that a table row is."""
        statement_spans = self._statements_between(start, end)
        return next((item_index for a, b, item_index in statement_spans if min(b, end) - max(a, start) > 1), -1)

    def _statements_between(self, start: int, end: int) -> list[tuple[int, int, int]]:
        first_statement = max(0, bisect_left(self.statements, (start, 0, 0)) - 1)
        return self.statements[first_statement : bisect_left(self.statements, (end, 0, 0))]

    def _at_edges(self, piece: Piece) -> Iterator[tuple[int, str]]:
        if piece.end - piece.start != len(piece.text):  # an entity or a break: whole
            yield piece.start, piece.text
            return
        inner_edges = self.edges[bisect_right(self.edges, piece.start) : bisect_left(self.edges, piece.end)]
        for start, end in pairwise([piece.start, *inner_edges, piece.end]):
            yield start, piece.text[start - piece.start : end - piece.start]


def _span_at(spans: list[tuple[int, int, int]], position: int) -> int:
    """The index of the span that holds `position`, or -1."""
    nearest = bisect_left(spans, (position + 1, 0, 0)) - 1
    return spans[nearest][2] if nearest >= 0 and position < spans[nearest][1] else -1
