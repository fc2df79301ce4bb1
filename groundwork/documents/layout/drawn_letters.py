"""Letters as they are drawn: their sizes, fonts and boxes, which pdfium knows for each, and text items made of them.

liteparse gives the operand of `Tf` alone. Many PDFs write 1 there and the size into the text matrix, so the two have
to be multiplied. A bitmap font (Type 3) may count in pixels: its size says nothing of its letters, whose height does,
and the places that liteparse makes from the size reach over the page. It then takes lines for the same and gives only
one of them, so that the items of such a page are made anew from its letters.
"""

from __future__ import annotations

import ctypes
import math
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple, Self

import msgspec

from groundwork.documents.layout.fonts import is_bold
from groundwork.documents.layout.liteparse_pages import TextItem, Word
from groundwork.documents.layout.raised_digits import may_have_raised_digits, with_raised_digits
from groundwork.documents.layout.right_to_left import (
    PlacedLetter,
    Spelling,
    letters_in_order,
    reading_order,
    with_ligatures,
)
from groundwork.documents.pdf_files.page_letters import backward_runs, may_run_backward, read_clusters, with_joints
from groundwork.documents.pdf_files.pdfium import OpenPage, OpenPdf

_NUMBER_LINE = re.compile(r"(?m)^[^\S\r\n]*(\d{1,2})[^\S\r\n]*\r?$")


def has_lone_numbers(layer: str, texts: Sequence[str]) -> bool:
    """Whether a text layer has a number alone on a line, but for its first and last, more often than an engine's texts
    hold it."""
    lines = _inner_lines(layer)
    numbers = Counter(match[1] for match in _NUMBER_LINE.finditer(lines)) if lines else Counter[str]()
    return bool(numbers) and bool(numbers - Counter(word for text in texts for word in text.split()))


def lone_numbers(text: str) -> list[tuple[int, int]]:
    """(start, end) of the numbers in pdfium's text of a page that stand alone on a line, but for its first and last."""
    lines = _inner_lines(text)
    offset = text.find(lines) if lines else 0
    return [(offset + match.start(1), offset + match.end(1)) for match in _NUMBER_LINE.finditer(lines)]


def _inner_lines(text: str) -> str:
    stripped = text.strip()
    start, end = stripped.find("\n"), stripped.rfind("\n")
    return stripped[start + 1 : end] if 0 <= start < end else ""


_SENTENCE_END = re.compile(r"[.:?!—–] +\S")  # within a line
_NAME_BYTES = 128  # bytes of a font's name
_SCALE = 100  # parts of a point in which pdfium is asked for a place
_PLACES_IN_WORD = (1 / 2, 1 / 3, 2 / 3)  # of its width, at which a letter is looked for
_MOST_HEIGHT = 4  # times its size, which no letter is high
_LETTER_HEIGHTS = (  # of letters, in font sizes
    (re.compile(r"[A-Zbdfhkl0-9]"), 0.7),
    (re.compile(r"[gpqy]"), 0.65),
    (re.compile(r"[acemnorsuvwxz]"), 0.45),
)


class LetterSizes:
    """The sizes in points of a PDF's letters; pdfium is asked once for letters of the same font and height."""

    def __init__(self, source: str, turns: Mapping[int, int] | None = None, opened: OpenPdf | None = None) -> None:
        """`turns`: by how many degrees clockwise the text of a page stands turned, where liteparse's is upright;
        `opened`: the PDF, where it is open."""
        self._turns = turns or {}
        self._source = source
        self._opened = opened
        self._own: OpenPdf | None = None
        self._sizes: dict[tuple[str | None, float | None, float], float] = {}
        self._pixels: set[tuple[str | None, float | None]] = set()  # fonts whose size says nothing of their letters

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._own is not None:
            self._own.__exit__()

    def spelling_of(self, page: Any) -> Spelling:
        """How the letters of a liteparse page from right to left are read."""
        textpage = self._text_of(page.page_num)[1]
        text = textpage.get_text_range()
        letters = enumerate(self._letters(page))
        middles = [
            PlacedLetter((x.x1 + x.x2) / 2, (x.y1 + x.y2) / 2, x.sign, self._baseline(k, page)) for k, x in letters
        ]
        ordered = [middles[k] for k in reading_order(textpage)]
        return Spelling(ordered, letters_in_order(text, with_ligatures(textpage, text)))

    def of(self, text_item: Any, page: Any) -> float:
        """The size of a liteparse text item of a liteparse page."""
        font = (text_item.font_name, text_item.font_size)
        key = (*font, round(text_item.height, 1))
        if font in self._pixels:
            return self._drawn(text_item, page) or _guess_size(text_item)
        if key not in self._sizes:
            self._sizes[key] = self._drawn(text_item, page) or _guess_size(text_item)
        return self._sizes[key]

    def with_all_letters(self, page: Any) -> Any:
        """A liteparse page; where boxes reach far out of their lines, its texts are made of pdfium's letters."""
        if not any(map(may_hide, page.text_items)):
            return page
        if not _any_reaches_out(self._text_of(page.page_num)[1].raw):
            return page
        return msgspec.structs.replace(page, text_items=to_items(self._letters(page)))

    def with_lone_numbers(self, page: Any) -> Any:
        """A liteparse page with the numbers that stand alone, of which it leaves some out."""
        textpage = self._text_of(page.page_num)[1]
        items = []
        for start, end in lone_numbers(text := textpage.get_text_range()):
            boxes = [self._in_page(_letter_box(textpage.raw, i, loose=True), page) for i in range(start, end)]
            (x1, y1, *_), (_, _, x2, y2) = boxes[0], boxes[-1]
            if not any(_covers(item, (x1 + x2) / 2, (y1 + y2) / 2) for item in page.text_items):
                word = Word(text[start:end], x1, y1, x2 - x1, y2 - y1)
                font = (_font_name(textpage.raw, start), _font_operand(textpage.raw, start))
                items.append(TextItem(word.text, x1, y1, word.width, word.height, *font, 0.0, [word]))
        return msgspec.structs.replace(page, text_items=[*page.text_items, *items]) if items else page

    def backward_lines(self, page: Any) -> list[list[Letter]]:
        """The letters of each line of a liteparse page that is drawn from right to left, in the order of reading."""
        if not any(may_run_backward(text_item.text) for text_item in page.text_items):
            return []
        runs = list(backward_runs(self._text_of(page.page_num)[1]))
        letters = list(self._letters(page)) if runs else []
        return [letters[start:end][::-1] for start, end in runs]

    def with_clusters(self, page: Any) -> Any:
        """A liteparse page whose texts are made of its clusters of glyphs; None where the PDF does not give them."""
        textpage = self._text_of(page.page_num)[1]
        letters: list[Letter] = []
        for joint, cluster in with_joints(read_clusters(textpage)):
            box = self._in_page(cluster[:4], page)
            if joint or not letters:
                font = _font_name(textpage.raw, cluster.letter), _font_operand(textpage.raw, cluster.letter)
                letters.append(Letter(box[0], box[1], box[0], box[3], joint, *font))
            letters.append(Letter(*box, cluster.text, *letters[-1][5:]))  # a word has one font: that of its first sign
        return msgspec.structs.replace(page, text_items=to_items(letters)) if letters else None

    def with_raised_digits(self, page: Any) -> Any:
        """A liteparse page whose small digits that are raised behind a number or a word are superscripts."""
        if not may_have_raised_digits(page.text_items):
            return page
        text = self._text_of(page.page_num)[1].raw
        return with_raised_digits(page, text, lambda letter: self._in_page(_letter_box(text, letter), page))

    def end_font(self, text_item: Any, page: Any) -> str:
        """The font of the last word of a liteparse text item where a stop within it may end a bold head that runs in;
        liteparse names the font of the first. "" elsewhere, and where pdfium finds no letter."""
        if len(text_item.words) < 2 or not is_bold(text_item) or not _SENTENCE_END.search(text_item.text):
            return ""
        text, letter = self._letter(text_item.words[-1], page)
        return _font_name(text, letter) if letter >= 0 else ""

    def _drawn(self, text_item: Any, page: Any) -> float:
        """`Tf` times the height of the text matrix, or the size that letters so high have where that can not be theirs;
        0 where pdfium finds no letter at the item's place."""
        import pypdfium2.raw as pdfium

        # the longest word, not a raised number before it
        word = max(text_item.words, key=lambda word: len(word.text), default=text_item)
        text, letter = self._letter(word, page)
        matrix = pdfium.FS_MATRIX()
        if letter < 0 or not pdfium.FPDFText_GetMatrix(text, letter, matrix):
            return 0.0
        size = _letter_size(text, letter)
        font = (text_item.font_name, text_item.font_size)
        across = abs(matrix.c) > abs(matrix.d)  # the height of the letters runs from side to side
        unit = self._user_unit(page)
        if font not in self._pixels and _letter_height(text, letter, across) <= _MOST_HEIGHT * size:
            return unit * size
        self._pixels.add(font)
        return unit * _size_by_height(text, letter, across)

    def _user_unit(self, page: Any) -> float:
        """How many points a unit of a page is long, which liteparse counts in points and pdfium in units."""
        return float(round(max(page.width, page.height) / max(self._text_of(page.page_num).page.get_size()), 2))

    def _letter(self, word: Any, page: Any) -> tuple[Any, int]:
        """pdfium's text of a liteparse page, and which of its letters stands in the middle of a word, or near it where
        a wide comma stands there, most of whose place is empty; -1 for none."""
        import pypdfium2.raw as pdfium

        raw, text = (handle.raw for handle in self._text_of(page.page_num))
        letter = -1
        for share in _PLACES_IN_WORD:
            x, y = ctypes.c_double(), ctypes.c_double()
            position = (int(_SCALE * (word.x + word.width * share)), int(_SCALE * (word.y + word.height / 2)))
            pdfium.FPDF_DeviceToPage(raw, *self._device(page), *position, x, y)
            if (letter := pdfium.FPDFText_GetCharIndexAtPos(text, x, y, 3, 3)) >= 0:
                break
        return text, letter

    def _device(self, page: Any) -> tuple[int, int, int, int, int]:
        """A liteparse page as pdfium draws it: left, top, width and height in parts of a point, quarters of a turn."""
        width, height = (int(_SCALE * side) for side in (page.width, page.height))
        return 0, 0, width, height, -self._turns.get(page.page_num, 0) // 90 % 4

    def _letters(self, page: Any) -> Iterator[Letter]:
        import pypdfium2.raw as pdfium

        text = self._text_of(page.page_num)[1].raw
        for i in range(pdfium.FPDFText_CountChars(text)):
            box = self._in_page(_letter_box(text, i), page)
            yield Letter(*box, chr(pdfium.FPDFText_GetUnicode(text, i)), _font_name(text, i), _font_operand(text, i))

    def _baseline(self, letter: int, page: Any) -> float:
        import pypdfium2.raw as pdfium

        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(self._text_of(page.page_num)[1].raw, letter, x, y)
        return self._in_page((x.value, y.value, x.value, y.value), page)[1]

    def _in_page(self, box: Sequence[float], page: Any) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of a box of pdfium's in a liteparse page."""
        import pypdfium2.raw as pdfium

        x, y = ctypes.c_int(), ctypes.c_int()
        corners = []
        for corner in (box[:2], box[2:]):
            pdfium.FPDF_PageToDevice(self._text_of(page.page_num)[0].raw, *self._device(page), *corner, x, y)
            corners.append((x.value / _SCALE, y.value / _SCALE))
        (x1, x2), (y1, y2) = (sorted(ends) for ends in zip(*corners, strict=True))
        return x1, y1, x2, y2

    def _text_of(self, number: int) -> OpenPage:
        if self._opened is None:
            self._opened = self._own = OpenPdf(self._source)
        return self._opened[number - 1]


def _guess_size(text_item: Any) -> float:
    """The operand of `Tf` where it can be the size of letters so high, else their height."""
    size = text_item.font_size or 0.0
    return float(size if 0.6 * size < text_item.height < 1.7 * size else text_item.height or 1.0)


def _covers(item: Any, x: float, y: float) -> bool:
    return bool(item.x <= x <= item.x + item.width and item.y <= y <= item.y + item.height)


def _letter_box(text: Any, letter: int, *, loose: bool = False) -> tuple[float, float, float, float]:
    """Left, bottom, right and top in points from the page's bottom left: of what is drawn, or (`loose`) of the
    letter's place in its line; of a space nothing."""
    import pypdfium2.raw as pdfium

    if loose:
        rect = pdfium.FS_RECTF()
        pdfium.FPDFText_GetLooseCharBox(text, letter, rect)
        return rect.left, rect.bottom, rect.right, rect.top
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text, letter, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value


def _any_reaches_out(text: Any) -> bool:
    """Whether the place of one of a page's letters reaches far out of what is drawn of it."""
    import pypdfium2.raw as pdfium

    rect, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()  # one for thousands of letters
    for letter in range(pdfium.FPDFText_CountChars(text)):
        pdfium.FPDFText_GetLooseCharBox(text, letter, rect)
        loose_box = (rect.left, rect.bottom, rect.right, rect.top)
        pdfium.FPDFText_GetMatrix(text, letter, matrix)
        size = pdfium.FPDFText_GetFontSize(text, letter) * math.hypot(matrix.c, matrix.d)
        if is_tall(loose_box, size) and reaches_out(loose_box, _letter_box(text, letter)):
            return True
    return False


def _font_name(text: Any, letter: int) -> str:
    """ "" where pdfium knows none."""
    import pypdfium2.raw as pdfium

    buffer = ctypes.create_string_buffer(_NAME_BYTES)
    pdfium.FPDFText_GetFontInfo(text, letter, buffer, _NAME_BYTES, None)
    return buffer.value.decode("utf-8", "replace")


def _font_operand(text: Any, letter: int) -> float:
    import pypdfium2.raw as pdfium

    return float(pdfium.FPDFText_GetFontSize(text, letter))


def _letter_size(text: Any, letter: int) -> float:
    """`Tf` times the height of the text matrix."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, letter, matrix)
    return _font_operand(text, letter) * math.hypot(matrix.c, matrix.d)


def _box_sides(box: Sequence[float]) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]


def _letter_height(text: Any, letter: int, across: bool) -> float:
    return _box_sides(_letter_box(text, letter))[0 if across else 1]


def _size_by_height(text: Any, letter: int, across: bool) -> float:
    """The font size that the heights of a word's letters and figures tell; 0 where it holds none."""
    import pypdfium2.raw as pdfium

    sizes = []
    for direction in (-1, 1):
        index = letter if direction > 0 else letter - 1
        while index >= 0 and (sign := chr(pdfium.FPDFText_GetUnicode(text, index))).isalnum():
            share = next((share for signs, share in _LETTER_HEIGHTS if signs.match(sign)), 0.0)
            sizes += [_letter_height(text, index, across) / share] if share else []
            index += direction
    return statistics.median(sizes) if sizes else 0.0


_ITEM_GAP = 1.0  # heights of a letter between two items
_BACKWARD_GAPS = 3  # such gaps to the left, where no sign is set below another
_LEAST_HEIGHT = 4.0  # points of a letter that is no stop
_TALL_RATIO = 10  # times the mean width of its letters, which no text's place is high
_MOST_PLACE_SIZE = 20  # font sizes, which no letter's place is high
_MOST_PLACE_RATIO = 2  # times a letter's own height, which its place is not high
_LEAST_WIDTH = 0.6  # points of a letter's width
_HYPHENS = {"\x02": "-", "\ufffe": "-", "\u00ad": "-"}  # as pdfium tells those at a line's end
_TURN_LETTERS = 3  # letters of a text whose way tells its turn


class Letter(NamedTuple):
    """What is drawn of a letter, in points from the page's top left, with its font and the operand of `Tf`."""

    x1: float
    y1: float
    x2: float
    y2: float
    sign: str
    font: str
    size: float


def may_hide(text_item: Any) -> bool:
    """Whether a liteparse text item is higher than letters of its width can be."""
    return bool(text_item.text) and text_item.height > _TALL_RATIO * text_item.width / len(text_item.text)


def is_tall(loose_box: Sequence[float], size: float) -> bool:
    """Whether a letter's place in its line (left, bottom, right, top) is far higher than its size, as where that is the
    size of a pixel."""
    width, height = loose_box[2] - loose_box[0], loose_box[3] - loose_box[1]
    return min(width, height) > _LEAST_WIDTH and max(width, height) > _MOST_PLACE_SIZE * size


def reaches_out(loose_box: Sequence[float], drawn_box: Sequence[float]) -> bool:
    """Whether a letter's place reaches far out of what is drawn of it; both as left, bottom, right and top."""
    longest = max(loose_box[2] - loose_box[0], loose_box[3] - loose_box[1])
    return longest > _MOST_PLACE_RATIO * max(drawn_box[2] - drawn_box[0], drawn_box[3] - drawn_box[1])


def to_items(letters: Iterable[Letter]) -> list[Any]:
    """liteparse's text items of letters in the order of the text layer, with its spaces and line ends."""
    items: list[list[Letter]] = [[]]
    for letter in letters:
        previous = next((earlier for earlier in reversed(items[-1]) if earlier.sign.strip()), None)
        if letter.sign in "\r\n" or (previous and letter.sign.strip() and _is_apart(previous, letter)):
            items.append([])
        if letter.sign not in "\r\n":
            items[-1].append(letter)
    return [_build_item(item_letters) for item_letters in items if any(letter.sign.strip() for letter in item_letters)]


def _is_apart(previous: Letter, letter: Letter) -> bool:
    """Whether a letter begins another item than the one before it, as below a hyphen, where no line ends."""
    gap = _ITEM_GAP * max(previous.y2 - previous.y1, _LEAST_HEIGHT)
    if min(previous.y2, letter.y2) > max(previous.y1, letter.y1):
        return previous.font != letter.font or letter.x1 - previous.x2 > gap
    return previous.font != letter.font or previous.x1 - letter.x2 > _BACKWARD_GAPS * gap


def _build_item(letters: Sequence[Letter]) -> Any:
    words = [
        list(group) for is_blank, group in groupby(letters, lambda letter: not letter.sign.strip()) if not is_blank
    ]
    word_bounds = [_bounds(word) for word in words]
    x, y, width, height = _bounds([letter for word in words for letter in word])
    return TextItem(
        text=" ".join(map(_letters_text, words)),
        x=x,
        y=y,
        width=width,
        height=height,
        font_name=words[0][0].font,
        font_size=words[0][0].size,
        rotation=_rotation([letter for word in words for letter in word]),
        words=[Word(_letters_text(word), *bounds) for word, bounds in zip(words, word_bounds, strict=True)],
    )


def _letters_text(letters: Sequence[Letter]) -> str:
    return "".join(_HYPHENS.get(letter.sign, letter.sign) for letter in letters)


def _bounds(letters: Sequence[Letter]) -> tuple[float, float, float, float]:
    """Left, top, width and height."""
    x1, y1 = min(letter.x1 for letter in letters), min(letter.y1 for letter in letters)
    return x1, y1, max(letter.x2 for letter in letters) - x1, max(letter.y2 for letter in letters) - y1


def _rotation(letters: Sequence[Letter]) -> float:
    """0 of a text that runs from side to side, else the degrees by which it stands turned."""
    _, _, width, height = _bounds(letters)
    if len(letters) < _TURN_LETTERS or height < len(letters) * width:
        return 0.0
    return 90.0 if letters[-1].y1 > letters[0].y1 else 270.0


def with_lines_turned(page: Any, backward: Sequence[Sequence[Letter]]) -> Any:
    """A liteparse page with the letters of its `backward` lines, in the order of reading, in place of what it has."""
    if not backward:
        return page
    lines = [_levelled(line) for line in backward]
    items = [item for item in page.text_items if not any(_stands_in(item, line) for line in lines)]
    return msgspec.structs.replace(page, text_items=[*items, *(item for line in lines for item in to_items(line))])


def _levelled(letters: Sequence[Letter]) -> list[Letter]:
    """Letters of one line with one height."""
    top, bottom = min(letter.y1 for letter in letters), max(letter.y2 for letter in letters)
    return [letter._replace(y1=top, y2=bottom) for letter in letters]


def _stands_in(text_item: TextItem, line: Sequence[Letter]) -> bool:
    """Whether the middle of a text item lies in a line."""
    x, y = text_item.x + text_item.width / 2, text_item.y + text_item.height / 2
    left, right = min(letter.x1 for letter in line), max(letter.x2 for letter in line)
    return left <= x <= right and line[0].y1 <= y <= line[0].y2
