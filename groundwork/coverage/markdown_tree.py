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

from groundwork.coverage.document_coverage import CoverageItem, FigureItem
from groundwork.language.list_labels import BULLETS
from groundwork.markdown.blocks import Block, blocks
from groundwork.markdown.markdown_tables import MarkdownCell, read_table

_LIST_ITEM = re.compile(
    rf"(?P<indent>[ \t>]*)(?P<marker>[-*+{BULLETS}–]|\(?\w{{1,4}}[.)]|\d{{1,3}}(?:\.\d{{1,3}})+\.?)[ \t]+"
)
_CONTENTS_ENTRY = re.compile(r"(?P<indent>[ \t>]*)(?P<marker>\d{1,3})[ \t]+(?=\D)")  # of a table of contents


class InlinePiece(NamedTuple):
    """Text as it is shown, its style ("b", "i", "code", "link", ... in any combination) and its source [start, end)."""

    start: int
    end: int
    text: str
    style: str = ""


_INLINE_MARKUP = re.compile(
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


def inline_pieces(markdown: str, start: int, end: int) -> Iterator[InlinePiece]:
    """The inline Markdown of [start, end) without its marks. A mark without a partner is text."""
    open_inline_styles: list[str] = []
    piece_start = start
    for inline_match in _INLINE_MARKUP.finditer(markdown, start, end):
        if inline_match.start() < piece_start:
            continue
        inline_token = inline_match.lastgroup or ""
        piece_kind = "code" if inline_match["code"] else inline_token
        previous_styles = list(open_inline_styles)
        inline_piece = _token_piece(markdown, inline_match, piece_kind, open_inline_styles, end)
        if inline_piece is None:
            continue
        yield from _plain_piece(markdown, piece_start, inline_match.start(), previous_styles)
        if inline_piece:
            yield InlinePiece(*inline_piece[:3], _join_inline_styles([*open_inline_styles, inline_piece.style]))
        piece_start = inline_match.end()
    yield from _plain_piece(markdown, piece_start, end, open_inline_styles)


def _token_piece(
    markdown: str, inline_match: re.Match[str], inline_kind: str, open_inline_styles: list[str], end: int
) -> InlinePiece | tuple[()] | None:
    """What a token stands for: a piece, nothing (a mark, which changes `open_inline_styles`), or None when it is plain
    text."""
    for inline_token in _TOKEN_STYLES:
        if inline_match[inline_token] is not None:
            token_span, token_style = inline_match.span(inline_token), _TOKEN_STYLES[inline_token]
            return InlinePiece(*token_span, inline_match[inline_token], token_style)
    if inline_kind == "code":
        return InlinePiece(*inline_match.span("in_code"), inline_match["in_code"], "code")
    if mark_style := _MARK_STYLES.get(inline_kind):
        is_mark = _toggle_inline_style(markdown, inline_match, mark_style, open_inline_styles, end)
        return () if is_mark else None
    if inline_kind == "break":
        return InlinePiece(*inline_match.span(), LINE_BREAK)
    if inline_kind == "entity":
        return InlinePiece(*inline_match.span(), html.unescape(inline_match["entity"]))
    if inline_kind == "tag" and (piece_style := _TAG_STYLES.get(inline_match["tag"].lower())):
        _set_inline_style(open_inline_styles, piece_style, on=not inline_match[0].startswith("</"))
        return ()
    return () if inline_kind in ("tag", "comment") and _is_hidden_markup(inline_match) else None


def _is_hidden_markup(inline_match: re.Match[str]) -> bool:
    """Known layout tags vanish; anything else between angle brackets is what the author wrote, and is shown."""
    layout_tags = "p div span a img font small big center ul ol li table tbody thead tr td th hr mark figure figcaption"
    return bool(inline_match["comment"]) or (inline_match["tag"] or "").lower() in layout_tags.split()


def _toggle_inline_style(
    markdown: str, inline_match: re.Match[str], piece_style: str, open_inline_styles: list[str], end: int
) -> bool:
    """Open or close a style at a mark; False when the mark is text."""
    if piece_style in open_inline_styles:
        if markdown[inline_match.start() - 1].isspace():
            return False
        _set_inline_style(open_inline_styles, piece_style, on=False)
        return True
    previous_character, after = markdown[inline_match.start() - 1 : inline_match.start()], inline_match.end()
    if previous_character.isdigit() and markdown[after : after + 1].isdigit():  # 2*3*4
        return False
    closing_mark = markdown.find(inline_match[0], after + 1, end)
    if closing_mark < 0 or markdown[after : after + 1].isspace() or markdown[closing_mark - 1].isspace():
        return False
    _set_inline_style(open_inline_styles, piece_style, on=True)
    return True


def _set_inline_style(open_inline_styles: list[str], piece_style: str, *, on: bool) -> None:
    if on:
        open_inline_styles += [piece_style] * (open_inline_styles.count(piece_style) < DEEPEST_NESTING)
    elif piece_style in open_inline_styles:
        open_inline_styles.remove(piece_style)


def _plain_piece(markdown: str, start: int, end: int, open_inline_styles: list[str]) -> Iterator[InlinePiece]:
    if start < end:
        yield InlinePiece(start, end, markdown[start:end], _join_inline_styles(open_inline_styles))


def _join_inline_styles(open_inline_styles: list[str]) -> str:
    return " ".join(dict.fromkeys(piece_style for piece_style in open_inline_styles if piece_style))


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
    tree_nodes: list[dict[str, Any]] = []
    for block in blocks(markdown):
        tree_nodes += _block_nodes(markdown, block, item_edges)
        figures_inside = range(bisect_left(figure_starts, block.start), bisect_left(figure_starts, block.end))
        block_text, first_figure = (
            markdown[block.start : block.end],
            figures[figures_inside[0]] if figures_inside else None,
        )
        if first_figure and block_text.strip() == markdown[first_figure.start : first_figure.end]:
            tree_nodes[-1:] = []  # the block is nothing but the figure
        tree_nodes += [{"kind": "figure", "start": figure_starts[index], "figure": index} for index in figures_inside]
    return tree_nodes


def _block_nodes(markdown: str, block: Block, item_edges: _ItemEdges) -> Iterator[dict[str, Any]]:
    start, end = block.start, block.start + len(markdown[block.start : block.end].rstrip())
    is_rule = end - start >= 3 and not markdown[start:end].strip("-*_")
    if is_rule or not markdown[start:end].strip():
        return
    block_node: dict[str, Any] = {"kind": block.kind, "start": start}
    if block.kind == "heading":
        yield {**block_node, "level": block.level, "pieces": item_edges.cut(_heading_pieces(markdown, start, end))}
    elif block.kind == "table":
        yield {**block_node, **_table_node(markdown, start, end, item_edges)}
    elif block.kind in ("list", "contents"):
        yield from _list_nodes(markdown, start, end, item_edges, each_line=block.kind == "contents")
    elif block.kind == "formula":
        yield {**block_node, "pieces": item_edges.cut([_formula_piece(markdown, start, end)])}
    elif block.kind == "code":
        yield {**block_node, "pieces": item_edges.cut(_code_pieces(markdown, start, end))}
    else:
        yield {**block_node, "pieces": item_edges.cut(list(inline_pieces(markdown, start, end)))}


def _formula_piece(markdown: str, start: int, end: int) -> InlinePiece:
    formula_text = markdown[start:end].strip("$ \n")
    formula_start = markdown.find(formula_text, start)
    return InlinePiece(formula_start, formula_start + len(formula_text), formula_text, "math")


def _heading_pieces(markdown: str, start: int, end: int) -> list[InlinePiece]:
    """Without the # in front and behind, or the underline."""
    heading_line = markdown[start:end]
    leading = len(heading_line) - len(heading_line.lstrip("# \t\ufeff"))
    heading_content = re.sub(
        r"(?<!\s)[^\S\n]*\n\s*[-=]{2,}\s*$|(?:(?<!\s)\s++)?(?<=\s)#+\s*$", "", heading_line[leading:]
    )
    return list(inline_pieces(markdown, start + leading, start + leading + len(heading_content)))


def _code_pieces(markdown: str, code_start: int, code_end: int) -> list[InlinePiece]:
    """The lines between the fences."""
    if markdown[code_start:code_end].lstrip().startswith(("```", "~~~")):
        code_start = markdown.find("\n", code_start, code_end) + 1 or code_end
        last_line = markdown.rfind("\n", code_start, code_end)
        if last_line >= 0 and markdown[last_line:code_end].strip().startswith(("```", "~~~")):
            code_end = last_line
    return [InlinePiece(code_start, code_end, markdown[code_start:code_end])] if code_start < code_end else []


def _list_nodes(
    markdown: str, start: int, end: int, item_edges: _ItemEdges, *, each_line: bool
) -> Iterator[dict[str, Any]]:
    """A list's items, each with the lines that go on behind it; `each_line` is an item of its own."""
    for item_marker, item_depth, item_start, item_end in _list_items(markdown, start, end, each_line=each_line):
        yield {
            "kind": "item",
            "start": item_start,
            "marker": "•" if item_marker and item_marker in f"-*+–{BULLETS}" else item_marker,
            "depth": item_depth,
            "pieces": item_edges.cut(list(inline_pieces(markdown, item_start, item_end))),
        }


def _list_items(markdown: str, start: int, end: int, *, each_line: bool) -> list[tuple[str, int, int, int]]:
    """(marker, depth, start, end) of each item."""
    list_items: list[tuple[str, int, int, int]] = []
    line_start = start
    while line_start < end:
        line_end = markdown.find("\n", line_start, end) + 1 or end
        item_match = _LIST_ITEM.match(markdown, line_start, line_end)
        if item_match := item_match or (_CONTENTS_ENTRY.match(markdown, line_start, line_end) if each_line else None):
            item_depth = len(item_match["indent"].replace("\t", "    ")) // 2
            list_items.append((item_match["marker"], item_depth, item_match.end(), line_end))
        elif list_items and not (each_line and markdown[line_start:line_end].strip()):
            list_items[-1] = (*list_items[-1][:3], line_end)
        else:
            list_items.append(("", 0, line_start, line_end))
        line_start = line_end
    return list_items


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


def _cell_pieces(markdown: str, cell: MarkdownCell) -> list[InlinePiece]:
    """The pieces of a cell; a blank between the lines of one in a grid."""
    pieces_of_cell: list[InlinePiece] = []
    for start, end in cell.spans:
        pieces_of_cell += [InlinePiece(start, start, " ")] if pieces_of_cell else []
        pieces_of_cell += inline_pieces(markdown, start, end)
    return pieces_of_cell


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

    def cut(self, text_pieces: list[InlinePiece], *, numbers_only: bool = False) -> list[list[Any]]:
        """[text, style, statement, number] for the text between two edges; neighbours alike are joined."""
        marked_pieces: list[list[Any]] = []
        for inline_piece in text_pieces:
            for start, piece_text in self._at_edges(inline_piece):
                statement = -1 if numbers_only else _item_index_at(self.statements, start)
                marked_piece = [piece_text, inline_piece.style, statement, _item_index_at(self.numbers, start)]
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

    def _at_edges(self, inline_piece: InlinePiece) -> Iterator[tuple[int, str]]:
        if inline_piece.end - inline_piece.start != len(inline_piece.text):  # an entity or a break: whole
            yield inline_piece.start, inline_piece.text
            return
        inner_edges = self.edges[
            bisect_right(self.edges, inline_piece.start) : bisect_left(self.edges, inline_piece.end)
        ]
        for start, end in pairwise([inline_piece.start, *inner_edges, inline_piece.end]):
            yield start, inline_piece.text[start - inline_piece.start : end - inline_piece.start]


def _item_index_at(item_spans: list[tuple[int, int, int]], position: int) -> int:
    """The index of the span that holds `position`, or -1."""
    nearest_span = bisect_left(item_spans, (position + 1, 0, 0)) - 1
    return item_spans[nearest_span][2] if nearest_span >= 0 and position < item_spans[nearest_span][1] else -1
