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

from groundwork.coverage.covered_document import CoverageItem, FigureItem
from groundwork.language.list_labels import BULLETS
from groundwork.markdown.blocks import Block, blocks
from groundwork.markdown.markdown_tables import MarkdownCell, read_table

_TREE_LIST_ITEM = re.compile(
    rf"(?P<indent>[ \t>]*)(?P<marker>[-*+{BULLETS}–]|\(?\w{{1,4}}[.)]|\d{{1,3}}(?:\.\d{{1,3}})+\.?)[ \t]+"
)
_TREE_CONTENTS_ENTRY = re.compile(r"(?P<indent>[ \t>]*)(?P<marker>\d{1,3})[ \t]+(?=\D)")  # of a table of contents


class TreePiece(NamedTuple):
    """Text as it is shown, its style ("b", "i", "code", "link", ... in any combination) and its source [start, end)."""

    start: int
    end: int
    text: str
    style: str = ""


_TREE_INLINE = re.compile(
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
_TREE_TAG_STYLES = {"b": "b", "strong": "b", "i": "i", "em": "i", "sub": "sub", "sup": "sup", "code": "code", "u": "u"}
_TREE_TOKEN_STYLES = {"escaped": "", "image": "image", "link": "link", "formula": "math"}
_TREE_MARK_STYLES = {"strong": "b", "em": "i", "strike": "s"}


def inline_pieces(markdown: str, start: int, end: int) -> Iterator[TreePiece]:
    """The inline Markdown of [start, end) without its marks. A mark without a partner is text."""
    open_tree_styles: list[str] = []
    tree_start = start
    for tree_match in _TREE_INLINE.finditer(markdown, start, end):
        if tree_match.start() < tree_start:
            continue
        tree_token = tree_match.lastgroup or ""
        tree_piece_kind = "code" if tree_match["code"] else tree_token
        previous_tree_styles = list(open_tree_styles)
        tree_piece = _token_piece(markdown, tree_match, tree_piece_kind, open_tree_styles, end)
        if tree_piece is None:
            continue
        yield from _plain_piece(markdown, tree_start, tree_match.start(), previous_tree_styles)
        if tree_piece:
            yield TreePiece(*tree_piece[:3], _join_tree_styles([*open_tree_styles, tree_piece.style]))
        tree_start = tree_match.end()
    yield from _plain_piece(markdown, tree_start, end, open_tree_styles)


def _token_piece(
    markdown: str, tree_match: re.Match[str], tree_kind: str, open_tree_styles: list[str], end: int
) -> TreePiece | tuple[()] | None:
    """What a token stands for: a piece, nothing (a mark, which changes `open_tree_styles`), or None when it is plain
    text."""
    for tree_token in _TREE_TOKEN_STYLES:
        if tree_match[tree_token] is not None:
            tree_span, token_tree_style = tree_match.span(tree_token), _TREE_TOKEN_STYLES[tree_token]
            return TreePiece(*tree_span, tree_match[tree_token], token_tree_style)
    if tree_kind == "code":
        return TreePiece(*tree_match.span("in_code"), tree_match["in_code"], "code")
    if tree_mark := _TREE_MARK_STYLES.get(tree_kind):
        is_mark = _toggle_tree_style(markdown, tree_match, tree_mark, open_tree_styles, end)
        return () if is_mark else None
    if tree_kind == "break":
        return TreePiece(*tree_match.span(), LINE_BREAK)
    if tree_kind == "entity":
        return TreePiece(*tree_match.span(), html.unescape(tree_match["entity"]))
    if tree_kind == "tag" and (tree_style := _TREE_TAG_STYLES.get(tree_match["tag"].lower())):
        _set_tree_style(open_tree_styles, tree_style, on=not tree_match[0].startswith("</"))
        return ()
    return () if tree_kind in ("tag", "comment") and _is_hidden_markup(tree_match) else None


def _is_hidden_markup(tree_match: re.Match[str]) -> bool:
    """Known layout tags vanish; anything else between angle brackets is what the author wrote, and is shown."""
    tree_tags = "p div span a img font small big center ul ol li table tbody thead tr td th hr mark figure figcaption"
    return bool(tree_match["comment"]) or (tree_match["tag"] or "").lower() in tree_tags.split()


def _toggle_tree_style(
    markdown: str, tree_match: re.Match[str], tree_style: str, open_tree_styles: list[str], end: int
) -> bool:
    """Open or close a style at a mark; False when the mark is text."""
    if tree_style in open_tree_styles:
        if markdown[tree_match.start() - 1].isspace():
            return False
        _set_tree_style(open_tree_styles, tree_style, on=False)
        return True
    previous_character, after = markdown[tree_match.start() - 1 : tree_match.start()], tree_match.end()
    if previous_character.isdigit() and markdown[after : after + 1].isdigit():  # 2*3*4
        return False
    closing_mark = markdown.find(tree_match[0], after + 1, end)
    if closing_mark < 0 or markdown[after : after + 1].isspace() or markdown[closing_mark - 1].isspace():
        return False
    _set_tree_style(open_tree_styles, tree_style, on=True)
    return True


def _set_tree_style(open_tree_styles: list[str], tree_style: str, *, on: bool) -> None:
    if on:
        open_tree_styles += [tree_style] * (open_tree_styles.count(tree_style) < DEEPEST_NESTING)
    elif tree_style in open_tree_styles:
        open_tree_styles.remove(tree_style)


def _plain_piece(markdown: str, start: int, end: int, open_tree_styles: list[str]) -> Iterator[TreePiece]:
    if start < end:
        yield TreePiece(start, end, markdown[start:end], _join_tree_styles(open_tree_styles))


def _join_tree_styles(open_tree_styles: list[str]) -> str:
    return " ".join(dict.fromkeys(tree_style for tree_style in open_tree_styles if tree_style))


def markdown_tree(
    markdown: str, coverage_items: Sequence[CoverageItem], figures: Sequence[FigureItem] = ()
) -> list[dict[str, Any]]:
    """The document as blocks for the page.

    Each has `kind` and `start`; its `pieces` are [text, style, statement, number], the last two being indices into
    `coverage_items` or -1. Tables have `head` and `rows`, a row `statement` and `cells`; a list item has `depth` and
    `marker`; a `figure` is an index into `figures`.
    """
    tree_edges = _TreeEdges(coverage_items)
    figure_starts = [figure.start for figure in figures]
    tree_nodes: list[dict[str, Any]] = []
    for tree_block in blocks(markdown):
        tree_nodes += _block_nodes(markdown, tree_block, tree_edges)
        figures_inside = range(bisect_left(figure_starts, tree_block.start), bisect_left(figure_starts, tree_block.end))
        tree_block_text = markdown[tree_block.start : tree_block.end].strip()
        first_figure = figures[figures_inside[0]] if figures_inside else None
        if first_figure and tree_block_text == markdown[first_figure.start : first_figure.end]:
            tree_nodes[-1:] = []  # the block is nothing but the figure
        tree_nodes += [{"kind": "figure", "start": figure_starts[index], "figure": index} for index in figures_inside]
    return tree_nodes


def _block_nodes(markdown: str, tree_block: Block, tree_edges: _TreeEdges) -> Iterator[dict[str, Any]]:
    start, end = tree_block.start, tree_block.start + len(markdown[tree_block.start : tree_block.end].rstrip())
    is_rule = end - start >= 3 and not markdown[start:end].strip("-*_")
    if is_rule or not markdown[start:end].strip():
        return
    tree_node: dict[str, Any] = {"kind": tree_block.kind, "start": start}
    if tree_block.kind == "heading":
        yield {**tree_node, "level": tree_block.level, "pieces": tree_edges.cut(_heading_pieces(markdown, start, end))}
    elif tree_block.kind == "table":
        yield {**tree_node, **_table_node(markdown, start, end, tree_edges)}
    elif tree_block.kind in ("list", "contents"):
        yield from _list_nodes(markdown, start, end, tree_edges, each_line=tree_block.kind == "contents")
    elif tree_block.kind == "formula":
        yield {**tree_node, "pieces": tree_edges.cut([_formula_piece(markdown, start, end)])}
    elif tree_block.kind == "code":
        yield {**tree_node, "pieces": tree_edges.cut(_code_pieces(markdown, start, end))}
    else:
        yield {**tree_node, "pieces": tree_edges.cut(list(inline_pieces(markdown, start, end)))}


def _formula_piece(markdown: str, start: int, end: int) -> TreePiece:
    formula_text = markdown[start:end].strip("$ \n")
    formula_start = markdown.find(formula_text, start)
    return TreePiece(formula_start, formula_start + len(formula_text), formula_text, "math")


def _heading_pieces(markdown: str, start: int, end: int) -> list[TreePiece]:
    """Without the # in front and behind, or the underline."""
    tree_heading_line = markdown[start:end]
    leading = len(tree_heading_line) - len(tree_heading_line.lstrip("# \t\ufeff"))
    heading_content = re.sub(
        r"(?<!\s)[^\S\n]*\n\s*[-=]{2,}\s*$|(?:(?<!\s)\s++)?(?<=\s)#+\s*$", "", tree_heading_line[leading:]
    )
    return list(inline_pieces(markdown, start + leading, start + leading + len(heading_content)))


def _code_pieces(markdown: str, code_start: int, code_end: int) -> list[TreePiece]:
    """The lines between the fences."""
    if markdown[code_start:code_end].lstrip().startswith(("```", "~~~")):
        code_start = markdown.find("\n", code_start, code_end) + 1 or code_end
        last_line = markdown.rfind("\n", code_start, code_end)
        if last_line >= 0 and markdown[last_line:code_end].strip().startswith(("```", "~~~")):
            code_end = last_line
    return [TreePiece(code_start, code_end, markdown[code_start:code_end])] if code_start < code_end else []


def _list_nodes(markdown: str, start: int, end: int, edges: _TreeEdges, *, each_line: bool) -> Iterator[dict[str, Any]]:
    """A list's items, each with the lines that go on behind it; `each_line` is an item of its own."""
    for tree_marker, tree_depth, item_start, item_end in _list_items(markdown, start, end, each_line=each_line):
        yield {
            "kind": "item",
            "start": item_start,
            "marker": "•" if tree_marker and tree_marker in f"-*+–{BULLETS}" else tree_marker,
            "depth": tree_depth,
            "pieces": edges.cut(list(inline_pieces(markdown, item_start, item_end))),
        }


def _list_items(markdown: str, start: int, end: int, *, each_line: bool) -> list[tuple[str, int, int, int]]:
    """(marker, depth, start, end) of each item."""
    tree_list_items: list[tuple[str, int, int, int]] = []
    line_start = start
    while line_start < end:
        line_end = markdown.find("\n", line_start, end) + 1 or end
        tree_match = _TREE_LIST_ITEM.match(markdown, line_start, line_end)
        if not tree_match and each_line:
            tree_match = _TREE_CONTENTS_ENTRY.match(markdown, line_start, line_end)
        if tree_match:
            tree_depth = len(tree_match["indent"].replace("\t", "    ")) // 2
            tree_list_items.append((tree_match["marker"], tree_depth, tree_match.end(), line_end))
        elif tree_list_items and not (each_line and markdown[line_start:line_end].strip()):
            tree_list_items[-1] = (*tree_list_items[-1][:3], line_end)
        else:
            tree_list_items.append(("", 0, line_start, line_end))
        line_start = line_end
    return tree_list_items


def _table_node(markdown: str, start: int, end: int, tree_edges: _TreeEdges) -> dict[str, Any]:
    table = read_table(markdown, start, end)
    return {
        "head": [[tree_edges.cut(_cell_pieces(markdown, cell)) for cell in row.cells] for row in table.header],
        "rows": [
            {
                "start": row.start,
                "statement": tree_edges.row_statement(row.start, row.end),
                "cells": [tree_edges.cut(_cell_pieces(markdown, cell), numbers_only=True) for cell in row.cells],
            }
            for row in table.data
        ],
    }


def _cell_pieces(markdown: str, cell: MarkdownCell) -> list[TreePiece]:
    """The pieces of a cell; a blank between the lines of one in a grid."""
    tree_cell_pieces: list[TreePiece] = []
    for start, end in cell.spans:
        tree_cell_pieces += [TreePiece(start, start, " ")] if tree_cell_pieces else []
        tree_cell_pieces += inline_pieces(markdown, start, end)
    return tree_cell_pieces


class _TreeEdges:
    """The edges of a document's statements and numbers, at which pieces are cut."""

    def __init__(self, coverage_items: Sequence[CoverageItem]) -> None:
        self.tree_statements = [(p.start, p.end, index) for index, p in enumerate(coverage_items) if p.kind != "number"]
        self.numbers = [(p.start, p.end, index) for index, p in enumerate(coverage_items) if p.kind == "number"]
        self.tree_edges = sorted({tree_edge for p in coverage_items for tree_edge in (p.start, p.end)})

    def cut(self, tree_pieces: list[TreePiece], *, numbers_only: bool = False) -> list[list[Any]]:
        """[text, style, statement, number] for the text between two edges; neighbours alike are joined."""
        marked_tree_pieces: list[list[Any]] = []
        for tree_piece in tree_pieces:
            for start, piece_text in self._at_edges(tree_piece):
                statement = -1 if numbers_only else _item_index_at(self.tree_statements, start)
                marked_tree_piece = [piece_text, tree_piece.style, statement, _item_index_at(self.numbers, start)]
                if marked_tree_pieces and marked_tree_pieces[-1][1:] == marked_tree_piece[1:]:
                    marked_tree_pieces[-1][0] += piece_text
                else:
                    marked_tree_pieces.append(marked_tree_piece)
        return marked_tree_pieces

    def row_statement(self, start: int, end: int) -> int:
        """The statement that a table row is."""
        statement_spans = self._statements_between(start, end)
        return next((index for a, b, index in statement_spans if min(b, end) - max(a, start) > 1), -1)

    def _statements_between(self, start: int, end: int) -> list[tuple[int, int, int]]:
        first_in_tree = max(0, bisect_left(self.tree_statements, (start, 0, 0)) - 1)
        return self.tree_statements[first_in_tree : bisect_left(self.tree_statements, (end, 0, 0))]

    def _at_edges(self, tree_piece: TreePiece) -> Iterator[tuple[int, str]]:
        if tree_piece.end - tree_piece.start != len(tree_piece.text):  # an entity or a break: whole
            yield tree_piece.start, tree_piece.text
            return
        edges = self.tree_edges
        inner_edges = edges[bisect_right(edges, tree_piece.start) : bisect_left(edges, tree_piece.end)]
        for start, end in pairwise([tree_piece.start, *inner_edges, tree_piece.end]):
            yield start, tree_piece.text[start - tree_piece.start : end - tree_piece.start]


def _item_index_at(tree_spans: list[tuple[int, int, int]], position: int) -> int:
    """The index of the span that holds `position`, or -1."""
    nearest_span = bisect_left(tree_spans, (position + 1, 0, 0)) - 1
    return tree_spans[nearest_span][2] if nearest_span >= 0 and position < tree_spans[nearest_span][1] else -1
