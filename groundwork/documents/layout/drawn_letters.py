"""The letters that pdfium draws on a page, in the places that they have on liteparse's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

from groundwork.documents.pdf_files.open_pdf import OpenPdf, OpenPdfPage
from groundwork.documents.pdf_files.textpage_letters import (
    device_point,
    font_size_operand,
    letter_at_device_point,
    letter_box,
    letter_font_name,
    letter_origin,
    letter_signs,
)

_LETTER_SCALE = 100  # parts of a point in which pdfium is asked for a place
_LETTER_PLACES = (1 / 2, 1 / 3, 2 / 3)  # of its width, at which a letter is looked for
_LETTER_TOLERANCE = 3  # points from such a place to the letter


class DrawnLetter(NamedTuple):
    """What is drawn of a letter, in points from the page's top left, with its font and the operand of `Tf`."""

    x1: float
    y1: float
    x2: float
    y2: float
    sign: str
    font: str
    size: float


class DrawnLetters:
    """The letters of a PDF, page by page of liteparse's."""

    def __init__(self, source: str, turns: Mapping[int, int] | None = None, opened: OpenPdf | None = None) -> None:
        """`turns`: by how many degrees clockwise the text of a page stands turned, where liteparse's is upright;
        `opened`: the PDF, where it is open."""
        self._letter_turns = turns or {}
        self._letters_source = source
        self._letters_pdf = opened
        self._opened_letters_pdf: OpenPdf | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened_letters_pdf is not None:
            self._opened_letters_pdf.__exit__()

    def letters_of(self, page: Any) -> Iterator[DrawnLetter]:
        """The letters that are drawn on a liteparse page."""
        raw_letters = self.textpage(page).raw
        for k, sign in enumerate(letter_signs(raw_letters)):
            letter_place = self.place_of_letter(letter_box(raw_letters, k), page)
            yield DrawnLetter(*letter_place, sign, *self.letter_font(k, page))

    def letter_font(self, k: int, page: Any) -> tuple[str, float]:
        """The name of a letter's font, and the operand of `Tf`."""
        raw_letters = self.textpage(page).raw
        return letter_font_name(raw_letters, k), font_size_operand(raw_letters, k)

    def letter_of_word(self, lettered_word: Any, page: Any) -> int:
        """Which letter is drawn in the middle of a word, or near it where a wide comma stands there, most of whose
        place is empty; -1 for none."""
        k = -1
        for letter_share in _LETTER_PLACES:
            x = int(_LETTER_SCALE * (lettered_word.x + lettered_word.width * letter_share))
            y = int(_LETTER_SCALE * (lettered_word.y + lettered_word.height / 2))
            k = letter_at_device_point(self.letters_page(page), self._letter_device(page), x, y, _LETTER_TOLERANCE)
            if k >= 0:
                break
        return k

    def letter_baseline(self, k: int, page: Any) -> float:
        """The height at which a letter stands, in points from the top of a liteparse page."""
        letter_origin_of = letter_origin(self.textpage(page).raw, k)
        return self.place_of_letter((*letter_origin_of, *letter_origin_of), page)[1]

    def place_of_letter(self, drawn_box: Sequence[float], page: Any) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of a box of pdfium's on a liteparse page."""
        raw_page, letter_device = self.letters_page(page).page.raw, self._letter_device(page)
        letter_corners = [device_point(raw_page, letter_device, *corner) for corner in (drawn_box[:2], drawn_box[2:])]
        (x1, x2), (y1, y2) = (
            sorted(letter_side / _LETTER_SCALE for letter_side in sides) for sides in zip(*letter_corners, strict=True)
        )
        return x1, y1, x2, y2

    def letter_unit(self, page: Any) -> float:
        """How many points a unit of a page is long, which liteparse counts in points and pdfium in units."""
        return float(round(max(page.width, page.height) / max(self.letters_page(page).page.get_size()), 2))

    def textpage(self, page: Any) -> Any:
        """pypdfium2's text page of a liteparse page."""
        return self.letters_page(page).text

    def letters_page(self, page: Any) -> OpenPdfPage:
        """What pypdfium2 opens for a liteparse page."""
        if self._letters_pdf is None:
            self._letters_pdf = self._opened_letters_pdf = OpenPdf(self._letters_source)
        return self._letters_pdf[page.page_num - 1]

    def _letter_device(self, page: Any) -> tuple[int, int, int, int, int]:
        """A liteparse page as pdfium draws it: left, top, width and height in parts of a point, quarters of a turn."""
        device_width, device_height = (int(_LETTER_SCALE * letter_side) for letter_side in (page.width, page.height))
        return 0, 0, device_width, device_height, -self._letter_turns.get(page.page_num, 0) // 90 % 4
