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
    pieces = _pieces(markdown)
    by_number = {page.number: page for page in pages}
    inserted: dict[int, list[tuple[int, str]]] = defaultdict(list)  # by offset: the page and what is put there
    for picture in pictures:
        page = by_number[picture.page]
        own = [one for one in pieces if one[0] < page.end and one[1] > page.start]
        own = own or [one for one in pieces if one[0] < page.end <= one[1]]  # an empty page within a sentence
        at, caption, is_before = _place(picture, markdown, own, page)
        shown = figure_markdown(caption, picture.file)
        inserted[at].append((picture.page, f"{shown}\n\n" if is_before else f"\n\n{shown}" if markdown else shown))
    parts, at = [], 0
    for offset in sorted(inserted):
        parts += [markdown[at:offset], *(text for _, text in inserted[offset])]
        at = offset
    return "".join([*parts, markdown[at:]]), [_moved(page, inserted) for page in pages]


def _moved(page: Page, inserted: dict[int, list[tuple[int, str]]]) -> Page:
    """The page's place once the pictures are in; those at its edges are its own where they are of this page."""

    def shift(offset: int, *, is_end: bool) -> int:
        return sum(
            len(text)
            for at, texts in inserted.items()
            for number, text in texts
            if at < offset or (at == offset and (number <= page.number if is_end else number < page.number))
        )

    start, end = page.start + shift(page.start, is_end=False), page.end + shift(page.end, is_end=True)
    return msgspec.structs.replace(page, start=start, end=end)


def _pieces(markdown: str) -> list[tuple[int, int]]:
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


def _place(picture: PagePicture, markdown: str, pieces: Sequence[tuple[int, int]], page: Page) -> tuple[int, str, bool]:
    """(offset, caption, whether the offset is in front of a block) for a picture among its page's `pieces`."""
    if picture.caption:
        begun = [piece for piece in pieces if _begins(markdown[slice(*piece)], picture.caption)]
        if piece := _likest(picture.caption, markdown, begun, last=False):
            return piece[0], _plain(markdown[slice(*piece)]), True
    if picture.above and (piece := _likest(picture.above, markdown, pieces, last=True)):
        return piece[1], picture.caption, False
    if picture.below and (piece := _likest(picture.below, markdown, pieces, last=False)):
        return piece[0], picture.caption, True
    if picture.above or not pieces:
        return (pieces[-1][1] if pieces else page.end), picture.caption, False
    return pieces[0][0], picture.caption, True


def _likest(said: str, markdown: str, pieces: Sequence[tuple[int, int]], *, last: bool) -> tuple[int, int] | None:
    """The piece that holds most of the neighbouring words of `said`; of several the last or the first."""
    wanted = _pairs(said)
    shares = [len(wanted & _pairs(markdown[slice(*piece)])) / len(wanted) for piece in pieces] if wanted else []
    best = max(shares, default=0.0)
    if best < LEAST_LIKE:
        return None
    at = [i for i, share in enumerate(shares) if share == best]
    return pieces[at[-1] if last else at[0]]


def _begins(block: str, caption: str) -> bool:
    """Does the block begin with the caption's word and number?"""
    first, wanted = (WORD.findall(text.casefold())[:2] for text in (block[:200], caption))
    return first == wanted


def _pairs(text: str) -> set[tuple[str, str]]:
    found = [word.casefold() for word in WORD.findall(text)]
    return set(itertools.pairwise(found)) or {(word, "") for word in found}


def _plain(block: str) -> str:
    return " ".join(block.translate(str.maketrans("", "", "*_#>`|\\")).split())
