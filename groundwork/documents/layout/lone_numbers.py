"""Numbers that stand alone on a line, of which liteparse leaves some out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from groundwork.documents.layout.drawn_letters import DrawnLetters
from groundwork.documents.layout.liteparse_pages import LiteparseText, LiteparseWord
from groundwork.documents.pdf_files.textpage_letters import loose_letter_box

_LONE_NUMBER_LINE = re.compile(r"(?m)^[^\S\r\n]*(\d{1,2})[^\S\r\n]*\r?$")


def has_lone_numbers(layer: str, texts: Sequence[str]) -> bool:
    """Whether a text layer has a number alone on a line, but for its first and last, more often than an engine's texts
    hold it."""
    lone_number_lines = _lone_number_lines(layer)
    numbers = (
        Counter(match[1] for match in _LONE_NUMBER_LINE.finditer(lone_number_lines))
        if lone_number_lines
        else Counter[str]()
    )
    return bool(numbers) and bool(numbers - Counter(word for text in texts for word in text.split()))


def lone_numbers(text: str) -> list[tuple[int, int]]:
    """(start, end) of the numbers in pdfium's text of a page that stand alone on a line, but for its first and last."""
    lone_number_lines = _lone_number_lines(text)
    lone_numbers_offset = text.find(lone_number_lines) if lone_number_lines else 0
    return [
        (lone_numbers_offset + match.start(1), lone_numbers_offset + match.end(1))
        for match in _LONE_NUMBER_LINE.finditer(lone_number_lines)
    ]


def with_lone_numbers(page: Any, drawn: DrawnLetters) -> Any:
    """A liteparse page with the numbers that stand alone, of which it leaves some out."""
    lone_textpage = drawn.textpage(page)
    number_items = []
    for start, end in lone_numbers(text := lone_textpage.get_text_range()):
        lone_places = [drawn.place_of_letter(loose_letter_box(lone_textpage.raw, k), page) for k in range(start, end)]
        (x1, y1, *_), (_, _, x2, y2) = lone_places[0], lone_places[-1]
        if not any(_covers_lone_number(text_item, (x1 + x2) / 2, (y1 + y2) / 2) for text_item in page.text_items):
            lone_number = LiteparseWord(text[start:end], x1, y1, x2 - x1, y2 - y1)
            lone_font = drawn.letter_font(start, page)
            number_items.append(
                LiteparseText(
                    lone_number.text, x1, y1, lone_number.width, lone_number.height, *lone_font, 0.0, [lone_number]
                )
            )
    return msgspec.structs.replace(page, text_items=[*page.text_items, *number_items]) if number_items else page


def _lone_number_lines(text: str) -> str:
    lone_text = text.strip()
    start, end = lone_text.find("\n"), lone_text.rfind("\n")
    return lone_text[start + 1 : end] if 0 <= start < end else ""


def _covers_lone_number(item: Any, x: float, y: float) -> bool:
    return bool(item.x <= x <= item.x + item.width and item.y <= y <= item.y + item.height)
