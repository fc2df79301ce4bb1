"""liteparse's pages with what is read of them.

They are taken from the objects of its Rust extension. The copies that liteparse makes of those in Python hold a good
deal more, and take a third of the time of the parsing itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from groundwork.documents.conversion.converter_table import ConversionRequest
from groundwork.documents.layout.turned_text import main_turn


class LiteparseWord(msgspec.Struct, gc=False):
    """A word, in points from the page's top left."""

    text: str
    x: float
    y: float
    width: float
    height: float


class LiteparseText(msgspec.Struct):
    """Text on one line, in points from the page's top left; `font_size`: the operand of `Tf`; `rotation`: degrees."""

    text: str
    x: float
    y: float
    width: float
    height: float
    font_name: str | None
    font_size: float | None
    rotation: float
    words: list[LiteparseWord]


class LiteparseLine(msgspec.Struct, gc=False):
    """A line from left to right and from top to bottom: a stroke, or the edge of a filled shape."""

    x1: float
    y1: float
    x2: float
    y2: float
    stroke: bool


class LiteparseShape(msgspec.Struct, gc=False):
    """A drawn path, by the left, top, width and height of its bounds."""

    bbox: tuple[float, float, float, float]
    stroke: bool
    fill: bool
    fill_color: str | None
    has_curve: bool


class LiteparseGraphics(msgspec.Struct):
    shapes: list[LiteparseShape]
    lines: list[LiteparseLine]


class LiteparseRect(msgspec.Struct, gc=False):
    """Where a form field or an annotation lies, in points from the page's top left."""

    x: float
    y: float
    width: float
    height: float


class LiteparseAnnotation(msgspec.Struct):
    """An annotation of liteparse's."""

    subtype: str
    contents: str | None
    rect: LiteparseRect | None


class LiteparseField(msgspec.Struct):
    """A form field of liteparse's."""

    type: str
    value: str | None
    checked: bool | None
    rect: LiteparseRect | None


class LiteparsePage(msgspec.Struct):
    page_num: int
    width: float
    height: float
    markdown: str
    text_items: list[LiteparseText]
    vector_graphics: LiteparseGraphics | None
    annotations: list[LiteparseAnnotation]
    form_fields: list[LiteparseField]


def parse_with_liteparse(parser: Any, source: str) -> list[LiteparsePage]:
    """The pages of a PDF by a `liteparse.LiteParse`. Raises liteparse's ParseError."""
    from liteparse import ParseError

    # no part of its interface: where it is gone, the copies do as well
    native_liteparse = getattr(parser, "_native", None)
    try:
        return [read_liteparse_page(page) for page in (native_liteparse or parser).parse(source).pages]
    except ParseError:
        raise
    except Exception as error:  # of the extension, as liteparse itself takes them
        raise ParseError(str(error)) from error


def read_liteparse_page(page: Any) -> LiteparsePage:
    """What is read of a page of liteparse's, of its extension or of its copies in Python."""
    return LiteparsePage(
        page.page_num,
        page.width,
        page.height,
        page.markdown or "",
        list(map(_read_liteparse_text, page.text_items)),
        _read_liteparse_graphics(page.vector_graphics),
        list(map(_read_liteparse_annotation, page.annotations or ())),
        list(map(_read_liteparse_field, page.form_fields or ())),
    )


def _read_liteparse_text(liteparse_item: Any) -> LiteparseText:
    item_words = [LiteparseWord(word.text, word.x, word.y, word.width, word.height) for word in liteparse_item.words]
    item_font = (liteparse_item.font_name, liteparse_item.font_size)
    return LiteparseText(
        liteparse_item.text,
        liteparse_item.x,
        liteparse_item.y,
        liteparse_item.width,
        liteparse_item.height,
        *item_font,
        liteparse_item.rotation or 0.0,
        item_words,
    )


def _read_liteparse_graphics(graphics: Any) -> LiteparseGraphics | None:
    if graphics is None:
        return None
    drawn_lines = [_liteparse_line(line.x1, line.y1, line.x2, line.y2, line.stroke) for line in graphics.lines]
    return LiteparseGraphics(list(map(_read_liteparse_shape, graphics.shapes)), drawn_lines)


def _liteparse_line(x1: float, y1: float, x2: float, y2: float, stroke: bool) -> LiteparseLine:
    if x1 > x2:
        x1, x2 = x2, x1
    if y1 > y2:
        y1, y2 = y2, y1
    return LiteparseLine(x1, y1, x2, y2, stroke)


def _read_liteparse_shape(shape: Any) -> LiteparseShape:
    bounds = shape.bbox
    bbox = bounds if isinstance(bounds, tuple) else (bounds.x, bounds.y, bounds.width, bounds.height)
    return LiteparseShape(bbox, shape.stroke, shape.fill, shape.fill_color, shape.has_curve)


def _read_liteparse_annotation(annotation: Any) -> LiteparseAnnotation:
    return LiteparseAnnotation(annotation.subtype, annotation.contents, _read_liteparse_rect(annotation.rect))


def _read_liteparse_field(form_field: Any) -> LiteparseField:
    liteparse_type = form_field.type if hasattr(form_field, "type") else form_field.field_type
    return LiteparseField(liteparse_type, form_field.value, form_field.checked, _read_liteparse_rect(form_field.rect))


def _read_liteparse_rect(rect: Any) -> LiteparseRect | None:
    return LiteparseRect(rect.x, rect.y, rect.width, rect.height) if rect is not None else None


def liteparse_texts(page: Any) -> list[str]:
    return [liteparse_text.text for liteparse_text in page.text_items]


def liteparse_markdown_pages(request: ConversionRequest) -> list[str]:
    return [liteparse_markdown(page) for page in read_liteparse_pages(request)]


def liteparse_markdown(page: Any) -> str:
    """liteparse's Markdown of a page; of one without text it makes an empty fence, which is none."""
    liteparse_text = page.markdown or "" if page else ""
    return liteparse_text if re.search(r"\w", liteparse_text.replace("```text", "")) else ""


def read_liteparse_pages(request: ConversionRequest) -> list[Any]:
    """liteparse's pages in the order asked for, turned upright; None for one that it does not give."""
    return read_liteparse_pages_upright(request)[0]


def read_liteparse_pages_upright(request: ConversionRequest) -> tuple[list[Any], dict[int, int]]:
    """liteparse's pages, and by how many degrees those were turned whose text does not stand upright."""
    liteparse_numbers = list(request.pages or range(1, request.page_count + 1))
    liteparse_pages = _parse_liteparse_pages(request, request.pages)
    liteparse_turns = {
        number: page_turn
        for number, page in liteparse_pages.items()
        if number in liteparse_numbers and (page_turn := main_turn(page))
    }
    if liteparse_turns:
        liteparse_pages.update(
            _parse_liteparse_pages(
                request, sorted(liteparse_turns), page_orientation_corrections=tuple(sorted(liteparse_turns.items()))
            )
        )
    return [liteparse_pages.get(number) for number in liteparse_numbers], liteparse_turns


def _parse_liteparse_pages(request: ConversionRequest, numbers: Sequence[int] | None, **options: Any) -> dict[int, Any]:
    """Page number: liteparse's page."""
    liteparse_range = None if numbers is None else ",".join(map(str, numbers))
    parser = _liteparse_parser(target_pages=liteparse_range, max_pages=request.settings.max_pages, **options)
    return {page.page_num: page for page in parse_with_liteparse(parser, request.source)}


@lru_cache(maxsize=1)  # to build one takes as long as half a page, and nearly all documents are asked for whole
def _liteparse_parser(**options: Any) -> Any:
    from liteparse import LiteParse

    return LiteParse(
        ocr_enabled=False,  # it would fetch its language data from the network
        image_mode="off",
        output_format="markdown",
        extract_vector_graphics=True,
        extract_form_fields=True,
        extract_annotations=True,
        emit_word_boxes=True,
        extract_links=False,
        quiet=True,
        **options,
    )
