"""The pieces of inline Markdown: text as it is shown, its style and its source, without the marks."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple


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
            return InlinePiece(
                *inline_match.span(inline_token), inline_match[inline_token], _TOKEN_STYLES[inline_token]
            )
    if inline_kind == "code":
        return InlinePiece(*inline_match.span("in_code"), inline_match["in_code"], "code")
    if inline_kind in _MARK_STYLES:
        return (
            ()
            if _toggle_inline_style(markdown, inline_match, _MARK_STYLES[inline_kind], open_inline_styles, end)
            else None
        )
    if inline_kind == "break":
        return InlinePiece(inline_match.start(), inline_match.end(), LINE_BREAK)
    if inline_kind == "entity":
        return InlinePiece(inline_match.start(), inline_match.end(), html.unescape(inline_match["entity"]))
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
