"""Where a PDF's pictures stand in its text, whatever made that text.

A picture is put beside its caption, else behind the words above it, and always between blocks: no other character of
the text changes.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from groundwork.documents.pictures.pdf_pictures import PagePicture
from groundwork.language.words import WORD
from groundwork.markdown.blocks import Block, blocks
from groundwork.records.document_record import Page
from groundwork.records.figures import figure_markdown

LEAST_LIKE = 0.5  # of the neighbouring words beside a picture that its block must hold
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")


def with_pictures(markdown: str, pages: Sequence[Page], pictures: Sequence[PagePicture]) -> tuple[str, list[Page]]:
    """The text with each picture as a paragraph of its own, and where the pages stand in it then."""
    pieces = _insertable_pieces(markdown)
    by_number = {page.number: page for page in pages}
    inserted: dict[int, list[tuple[int, str]]] = defaultdict(list)  # by offset: the page and what is put there
    for picture in pictures:
        page = by_number[picture.page]
        page_pieces = [piece for piece in pieces if piece[0] < page.end and piece[1] > page.start]
        page_pieces = page_pieces or [piece for piece in pieces if piece[0] < page.end <= piece[1]]  # an empty page
        offset, caption, is_before = _find_position(picture, markdown, page_pieces, page)
        figure = figure_markdown(caption, picture.file)
        inserted[offset].append(
            (picture.page, f"{figure}\n\n" if is_before else f"\n\n{figure}" if markdown else figure)
        )
    texts, offset = [], 0
    for insert_at in sorted(inserted):
        texts += [markdown[offset:insert_at], *(text for _, text in inserted[insert_at])]
        offset = insert_at
    return "".join([*texts, markdown[offset:]]), [_moved_page(page, inserted) for page in pages]


def _moved_page(page: Page, inserted: dict[int, list[tuple[int, str]]]) -> Page:
    """The page's place once the pictures are in; those at its edges are its own where they are of this page."""

    def shift(offset: int, *, is_end: bool) -> int:
        return sum(
            len(text)
            for insert_at, texts in inserted.items()
            for page_number, text in texts
            if insert_at < offset
            or (insert_at == offset and (page_number <= page.number if is_end else page_number < page.number))
        )

    start, end = page.start + shift(page.start, is_end=False), page.end + shift(page.end, is_end=True)
    return msgspec.structs.replace(page, start=start, end=end)


def _insertable_pieces(markdown: str) -> list[tuple[int, int]]:
    """(start, end) of what a picture may stand between: tables and code whole, of other blocks each paragraph."""
    return [piece for block in blocks(markdown) for piece in _pieces_of(block, markdown)]


def _pieces_of(block: Block, markdown: str) -> Iterator[tuple[int, int]]:
    start, end = block.start, block.start + len(markdown[block.start : block.end].rstrip())
    if block.kind not in ("table", "code", "formula"):
        for blank in _BLANK_LINE.finditer(markdown, start, end):
            yield start, blank.start()
            start = blank.end()
    if start < end:
        yield start, end


def _find_position(
    picture: PagePicture, markdown: str, pieces: Sequence[tuple[int, int]], page: Page
) -> tuple[int, str, bool]:
    """(offset, caption, whether the offset is in front of a block) for a picture among its page's `pieces`."""
    if picture.caption:
        caption_pieces = [piece for piece in pieces if _begins_with_caption(markdown[slice(*piece)], picture.caption)]
        if piece := _most_alike_piece(picture.caption, markdown, caption_pieces, last=False):
            return piece[0], _plain_text(markdown[slice(*piece)]), True
    if picture.above and (piece := _most_alike_piece(picture.above, markdown, pieces, last=True)):
        return piece[1], picture.caption, False
    if picture.below and (piece := _most_alike_piece(picture.below, markdown, pieces, last=False)):
        return piece[0], picture.caption, True
    if picture.above or not pieces:
        return (pieces[-1][1] if pieces else page.end), picture.caption, False
    return pieces[0][0], picture.caption, True


def _most_alike_piece(
    neighbouring_text: str, markdown: str, pieces: Sequence[tuple[int, int]], *, last: bool
) -> tuple[int, int] | None:
    """The piece that holds most of the words of `neighbouring_text`; of several the last or the first."""
    pairs = _word_pairs(neighbouring_text)
    shares = [len(pairs & _word_pairs(markdown[slice(*piece)])) / len(pairs) for piece in pieces] if pairs else []
    best_share = max(shares, default=0.0)
    if best_share < LEAST_LIKE:
        return None
    indices = [i for i, share in enumerate(shares) if share == best_share]
    return pieces[indices[-1] if last else indices[0]]


def _begins_with_caption(block: str, caption: str) -> bool:
    """Does the block begin with the caption's word and number?"""
    block_start, caption_start = (WORD.findall(text.casefold())[:2] for text in (block[:200], caption))
    return block_start == caption_start


def _word_pairs(text: str) -> set[tuple[str, str]]:
    words = [word.casefold() for word in WORD.findall(text)]
    return set(itertools.pairwise(words)) or {(word, "") for word in words}


def _plain_text(block: str) -> str:
    return " ".join(block.translate(str.maketrans("", "", "*_#>`|\\")).split())
