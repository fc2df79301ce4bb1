"""The places of a PDF's pictures in its Markdown, by the captions and the words beside them."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from groundwork.documents.pictures.pdf_pictures import PagePicture
from groundwork.language.words import WORD
from groundwork.markdown.blocks import blocks
from groundwork.markdown.figures import figure_markdown
from groundwork.records import Page

LEAST_SHARE_BESIDE_PICTURE = 0.5  # of the neighbouring words beside a picture that its block must hold
_BLANK_BETWEEN_PICTURES = re.compile(r"\n[^\S\n]*\n\s*")


def with_pictures(markdown: str, pages: Sequence[Page], pictures: Sequence[PagePicture]) -> tuple[str, list[Page]]:
    """The text with each picture as a paragraph of its own, and where the pages stand in it then."""
    picture_pieces = list(_pieces_between_pictures(markdown))
    picture_pages = {page.number: page for page in pages}
    inserted_pictures: dict[int, list[tuple[int, str]]] = defaultdict(list)  # by offset: the page and what is put there
    for picture in pictures:
        page = picture_pages[picture.page]
        pieces_of_page = [piece for piece in picture_pieces if piece[0] < page.end and piece[1] > page.start]
        pieces_of_page = pieces_of_page or [piece for piece in picture_pieces if piece[0] < page.end <= piece[1]]
        offset, caption, is_before = _find_picture_position(picture, markdown, pieces_of_page, page)
        picture_markdown, blank_line = figure_markdown(caption, picture.file), "\n\n" if markdown else ""
        inserted_picture = f"{picture_markdown}\n\n" if is_before else f"{blank_line}{picture_markdown}"
        inserted_pictures[offset].append((picture.page, inserted_picture))
    parts, offset = [], 0
    for picture_offset in sorted(inserted_pictures):
        parts += [markdown[offset:picture_offset], *(text for _, text in inserted_pictures[picture_offset])]
        offset = picture_offset
    return "".join([*parts, markdown[offset:]]), [_page_moved_by_pictures(page, inserted_pictures) for page in pages]


def _page_moved_by_pictures(page: Page, inserted_pictures: dict[int, list[tuple[int, str]]]) -> Page:
    """The page's place once the pictures are in; those at its edges are its own where they are of this page."""

    def picture_shift(offset: int, *, is_end: bool) -> int:
        return sum(
            len(text)
            for picture_offset, texts in inserted_pictures.items()
            for page_number, text in texts
            if picture_offset < offset
            or (picture_offset == offset and (page_number <= page.number if is_end else page_number < page.number))
        )

    start, end = page.start + picture_shift(page.start, is_end=False), page.end + picture_shift(page.end, is_end=True)
    return msgspec.structs.replace(page, start=start, end=end)


def _pieces_between_pictures(markdown: str) -> Iterator[tuple[int, int]]:
    """(start, end) of what a picture may stand between: tables and code whole, of other blocks each paragraph."""
    for block in blocks(markdown):
        picture_piece_start = block.start
        picture_piece_end = picture_piece_start + len(markdown[picture_piece_start : block.end].rstrip())
        if block.kind not in ("table", "code", "formula"):
            for blank in _BLANK_BETWEEN_PICTURES.finditer(markdown, picture_piece_start, picture_piece_end):
                yield picture_piece_start, blank.start()
                picture_piece_start = blank.end()
        if picture_piece_start < picture_piece_end:
            yield picture_piece_start, picture_piece_end


def _find_picture_position(
    picture: PagePicture, markdown: str, picture_pieces: Sequence[tuple[int, int]], page: Page
) -> tuple[int, str, bool]:
    """(offset, caption, whether the offset is in front of a block) for a picture among its page's `picture_pieces`."""
    if picture.caption:
        picture_caption_pieces = [
            picture_piece
            for picture_piece in picture_pieces
            if _begins_with_picture_caption(markdown[slice(*picture_piece)], picture.caption)
        ]
        if picture_piece := _piece_beside_picture(picture.caption, markdown, picture_caption_pieces, last=False):
            return picture_piece[0], _plain_picture_caption(markdown[slice(*picture_piece)]), True
    if picture.above and (picture_piece := _piece_beside_picture(picture.above, markdown, picture_pieces, last=True)):
        return picture_piece[1], picture.caption, False
    if picture.below and (picture_piece := _piece_beside_picture(picture.below, markdown, picture_pieces, last=False)):
        return picture_piece[0], picture.caption, True
    if picture.above or not picture_pieces:
        return (picture_pieces[-1][1] if picture_pieces else page.end), picture.caption, False
    return picture_pieces[0][0], picture.caption, True


def _piece_beside_picture(
    text_beside_picture: str, markdown: str, picture_pieces: Sequence[tuple[int, int]], *, last: bool
) -> tuple[int, int] | None:
    """The piece that holds most of the words of `text_beside_picture`; of several the last or the first."""
    if not (picture_pairs := _picture_pairs(text_beside_picture)):
        return None
    shares_beside_picture = [
        len(picture_pairs & _picture_pairs(markdown[slice(*picture_piece)])) / len(picture_pairs)
        for picture_piece in picture_pieces
    ]
    best_picture_share = max(shares_beside_picture, default=0.0)
    if best_picture_share < LEAST_SHARE_BESIDE_PICTURE:
        return None
    best_picture_pieces = [i for i, share in enumerate(shares_beside_picture) if share == best_picture_share]
    return picture_pieces[best_picture_pieces[-1] if last else best_picture_pieces[0]]


def _begins_with_picture_caption(block: str, caption: str) -> bool:
    """Does the block begin with the caption's word and number?"""
    start_beside_picture, picture_caption_start = (WORD.findall(text.casefold())[:2] for text in (block[:200], caption))
    return start_beside_picture == picture_caption_start


def _picture_pairs(text: str) -> set[tuple[str, str]]:
    picture_words = [word.casefold() for word in WORD.findall(text)]
    return set(itertools.pairwise(picture_words)) or {(word, "") for word in picture_words}


def _plain_picture_caption(caption_block: str) -> str:
    return " ".join(caption_block.translate(str.maketrans("", "", "*_#>`|\\")).split())
