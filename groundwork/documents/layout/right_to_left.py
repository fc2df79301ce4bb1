"""Pages that are read from right to left, turned into a mirror so that all that reads lines and tables fits them.

A word's letters come in their order from pdfium; where the words stand tells their order. In the mirror the rightmost
word and the rightmost column come first. Latin words side by side keep their order, as the Unicode algorithm for
bidirectional text (UAX 9) has it.

pdfium turns the letters of such a line around, and with them those of a glyph that stands for several, such as lam and
alef: these are put back in order. liteparse leaves some words as they are drawn, and parts those whose letters overlap:
its words take their letters from pdfium, by their places.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import regex

from groundwork.documents.layout.drawn_letters import DrawnLetters
from groundwork.documents.layout.ruling_strokes_and_shades import Stroke, Strokes
from groundwork.documents.layout.text_lines import Box, Run, runs_by_line
from groundwork.documents.pdf_files.pdfium import letter_box, letter_signs
from groundwork.language.language_and_script import is_right_to_left, runs_right_to_left
from groundwork.language.units import canonical_unit

_LATIN_LETTER = regex.compile(r"\p{Bidi_Class=L}")
_DIRECTION_STRETCH = regex.compile(
    r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}\p{M}]+|[^\p{Bidi_Class=R}\p{Bidi_Class=AL}\p{M}]+"
)
_LETTER_STRETCH = regex.compile(r"[\p{L}\p{M}]+")
_RTL_STOPS = ".,:!\u060c\u061b\u061f"  # the comma, semicolon and question mark of Arabic among them
_STOP_BEFORE_WORD = regex.compile(rf"([{_RTL_STOPS}]+)([\p{{Bidi_Class=R}}\p{{Bidi_Class=AL}}\p{{M}}]+)")
_UNMIRRORED_SIGNS = str.maketrans(")]}»–—−‐‑“”„‘’‚", "([{«-----\"\"\"'''")
_MINUS_BEHIND = regex.compile(r"(\d[\d.,]*+)([-−])")  # as it is drawn where it is read first
_BETWEEN_BRACKETS = r"\{0}[ ]?+([^\{0}\{1}\n]{{1,80}}?)[ ]?\{1}"
_BRACKET_PAIRS = [  # with the patterns of a pair as it is read, and as it is drawn
    (
        opening,
        closing,
        regex.compile(_BETWEEN_BRACKETS.format(opening, closing)),
        regex.compile(_BETWEEN_BRACKETS.format(closing, opening)),
    )
    for opening, closing in ("«»", "()")
]
_HYPHEN_BEHIND_NUMBER = regex.compile(r"(?<=\p{Hebrew})(\d+(?:[.,:]\d+)*+)([-\u05be])(?![\w-])")
_STOP_BEFORE_LATIN = regex.compile(rf"[{_RTL_STOPS}]+(?=\p{{Bidi_Class=L}})")
_STOP_SPACE = 0.4  # sizes between a word and a mark that ends it, at the most
_DRAWN_NUMBER = regex.compile(r"([-–.:])(\d+(?:[-–.]\d+)*)")  # as it is drawn: what ends a number stands left of it
_LETTER_ROW_HEIGHT = 8  # points of the height in which letters are looked up
_WORD_PART_GAP = 1.0  # points between the parts of a word, or by which they reach over each other
_GLYPH_ROUNDING = 0.02  # points by which the places of two letters that touch may differ
_MIRRORED_WORD_GAP = 1.1  # sizes between words of one line, at the most


class PlacedLetter(NamedTuple):
    """A letter of a page's text, the middle of what is drawn of it and the line on which it stands, in points from the
    page's top left."""

    x: float
    y: float
    sign: str
    baseline: float


class RightToLeftSpelling:
    """How a page's letters are read, by their places, and by the stretches of letters where those tell nothing."""

    def __init__(self, letters: Sequence[PlacedLetter], stretches: Mapping[str, str] | None = None) -> None:
        """`letters`: in the order in which they are read; `stretches`: of letters, as pdfium gives them and as read."""
        self._letter_stretches = stretches or {}
        self._letter_rows: dict[int, list[tuple[int, PlacedLetter]]] = {}
        for k, letter in enumerate(letters):
            self._letter_rows.setdefault(int(letter.y // _LETTER_ROW_HEIGHT), []).append((k, letter))

    def _letters_in(self, word_box: Box) -> list[tuple[int, PlacedLetter]]:
        row_numbers = range(int(word_box.y1 // _LETTER_ROW_HEIGHT), int(word_box.y2 // _LETTER_ROW_HEIGHT) + 1)
        return sorted(
            (k, letter)
            for row in row_numbers
            for k, letter in self._letter_rows.get(row, [])
            if word_box.x1 <= letter.x <= word_box.x2 and word_box.y1 <= letter.y <= word_box.y2
        )

    def places(self, word_box: Box) -> list[int]:
        return [k for k, letter in self._letters_in(word_box) if letter.sign.strip()]

    def levelled(self, word_boxes: Sequence[Box]) -> list[Box]:
        """Words that stand on one line with one height: that of what is drawn of a word depends on its letters."""
        baselines = [self._word_baseline(word_box) for word_box in word_boxes]
        heights_by_baseline: dict[int, tuple[float, float]] = {}
        for word_box, baseline in zip(word_boxes, baselines, strict=True):
            if baseline is not None:
                top, bottom = heights_by_baseline.get(baseline, (word_box.y1, word_box.y2))
                heights_by_baseline[baseline] = (min(top, word_box.y1), max(bottom, word_box.y2))
        return [
            word_box
            if baseline is None
            else word_box._replace(y1=heights_by_baseline[baseline][0], y2=heights_by_baseline[baseline][1])
            for word_box, baseline in zip(word_boxes, baselines, strict=True)
        ]

    def _word_baseline(self, word_box: Box) -> int | None:
        # a mark stands above it
        letters_on_line = [letter for _, letter in self._letters_in(word_box) if letter.sign.isalnum()]
        return round(letters_on_line[0].baseline) if letters_on_line else None

    def spell(self, word_box: Box) -> str:
        """A drawn word as it is read: by its letters' order on the page where it has those and no others."""
        drawn_letters = "".join(letter.sign for _, letter in self._letters_in(word_box)).split()
        if _sorted_unmirrored_signs("".join(drawn_letters)) == _sorted_unmirrored_signs("".join(word_box.text.split())):
            minus_behind = _MINUS_BEHIND.fullmatch(" ".join(drawn_letters))
            return f"{minus_behind[2]}{minus_behind[1]}" if minus_behind else " ".join(drawn_letters)
        return _spelt_in_reading_order(self._spell_stretches(word_box))

    def _spell_stretches(self, word_box: Box) -> str:
        letter_stretches = _LETTER_STRETCH.findall(word_box.text)
        if len(letter_stretches) == 1:
            letters_read = "".join(
                letter.sign for _, letter in self._letters_in(word_box) if _LETTER_STRETCH.fullmatch(letter.sign)
            )
            if sorted(letters_read) == sorted(letter_stretches[0]):
                return word_box.text.replace(letter_stretches[0], letters_read)
        return _LETTER_STRETCH.sub(lambda letters: self._letter_stretches.get(letters[0], letters[0]), word_box.text)


def _sorted_unmirrored_signs(text: str) -> list[str]:
    """The signs of a text whatever their order; a bracket counts as its mirror, a dash as a hyphen."""
    return sorted(text.translate(_UNMIRRORED_SIGNS))


def page_spelling(page: Any, drawn: DrawnLetters) -> RightToLeftSpelling:
    """How the letters of a liteparse page from right to left are read."""
    textpage = drawn.textpage(page)
    text = textpage.get_text_range()
    placed = [
        PlacedLetter((letter.x1 + letter.x2) / 2, (letter.y1 + letter.y2) / 2, letter.sign, drawn.baseline_of(k, page))
        for k, letter in enumerate(drawn.letters_of(page))
    ]
    in_order = [placed[k] for k in reading_order(textpage)]
    return RightToLeftSpelling(in_order, letters_in_order(text, with_ligatures(textpage, text)))


def word_runs(text_runs: Sequence[tuple[Any, Run]], spelling: RightToLeftSpelling) -> list[Run]:
    """The words of a page's liteparse text items, each read as its run, spelt as in the page's text layer.

    liteparse parts some words where their letters reach over each other: these are joined.
    """
    drawn_words = [
        (Box(word.x, word.y, word.x + word.width, word.y + word.height, word.text), run)
        for text_item, run in text_runs
        for word in text_item.words
        if word.text.strip()
    ]
    joined_words: list[tuple[Box, Run]] = []
    last_letter = -2  # the place of the last letter of the word before
    for letter_places, (word_box, run) in sorted(
        ((spelling.places(word[0]), word) for word in drawn_words), key=lambda pair: pair[0]
    ):
        if (
            letter_places
            and letter_places[0] == last_letter + 1
            and _is_part_of_rtl_word(word_box, joined_words[-1][0], run.size)
        ):
            word_before, run_before = joined_words.pop()
            joined_sides = (
                min(word_box.x1, word_before.x1),
                min(word_before.y1, word_box.y1),
                max(word_box.x2, word_before.x2),
                max(word_before.y2, word_box.y2),
            )
            joined_text = (
                word_box.text + word_before.text if word_box.x1 < word_before.x1 else word_before.text + word_box.text
            )
            joined_words.append((Box(*joined_sides, joined_text), run_before))
        else:
            joined_words.append((word_box, run))
        last_letter = letter_places[-1] if letter_places else -2
    levelled_words = spelling.levelled([word_box for word_box, _ in joined_words])
    return [
        _run_of_word(word_box._replace(text=spelling.spell(spelt)), run)
        for word_box, (spelt, run) in zip(levelled_words, joined_words, strict=True)
    ]


def _is_part_of_rtl_word(word_part: Box, part_before: Box, size: float) -> bool:
    """Whether a box touches the one right of it, and both hold letters that run from right to left and no others; or
    the one left of it, and both hold figures."""
    if abs(part_before.y1 - word_part.y1) > size:
        return False
    if part_before.text.isdecimal() and word_part.text.isdecimal():
        return abs(word_part.x1 - part_before.x2) < _WORD_PART_GAP
    return -size < part_before.x1 - word_part.x2 < _WORD_PART_GAP and all(
        runs_right_to_left(text) and not _LATIN_LETTER.search(text) for text in (word_part.text, part_before.text)
    )


def letters_in_order(drawn: str, read: str) -> dict[str, str]:
    """The stretches of letters of a page's text as pdfium gives them, and with their ligatures in order."""
    return dict(zip(_LETTER_STRETCH.findall(drawn), _LETTER_STRETCH.findall(read), strict=False))


def mirrored_runs(runs: Sequence[Run], width: float) -> list[Run]:
    """Words of a page so many points wide, each in its place in the mirror."""
    mirrored_words: list[Run] = []
    for line in runs_by_line(runs):
        for words in _split_words_at_gaps(sorted(line)):
            mirrored_words += _mirrored_words(words, width)
    return mirrored_words


def mirrored_strokes(strokes: Strokes, width: float) -> Strokes:
    return Strokes(
        [_mirrored_stroke(stroke, width) for stroke in strokes.flat],
        [_mirrored_stroke(s, width) for s in strokes.steep],
    )


def mirrored_box(box: Box, width: float) -> Box:
    return box._replace(x1=width - box.x2, x2=width - box.x1)


def _mirrored_stroke(stroke: Stroke, width: float) -> Stroke:
    is_flat = stroke.x2 > stroke.x1
    mirrored_ends = tuple(width - x for x in reversed(stroke.ends)) if is_flat else stroke.ends
    return stroke._replace(x1=width - stroke.x2, x2=width - stroke.x1, ends=mirrored_ends)


def unmirrored(text: str) -> str:
    """Text from right to left whose brackets and quotes are given as they are drawn, with each pair as it is read; and
    the hyphen between a Hebrew prefix and its number, which is drawn left of the number's place."""
    if not is_right_to_left(text):
        return text
    text = _HYPHEN_BEHIND_NUMBER.sub(r"\2\1", text)
    for opening, closing, as_read, as_drawn in _BRACKET_PAIRS:
        if len(as_drawn.findall(text)) > len(as_read.findall(text)):
            text = as_drawn.sub(rf"{opening}\1{closing}", text)
    return text


def _run_of_word(box: Box, run: Run) -> Run:
    return run._replace(x1=box.x1, y1=box.y1, x2=box.x2, y2=box.y2, text=box.text, words=(box,))


def _spelt_in_reading_order(word: str) -> str:
    """A drawn word as it is read: its parts of different directions from right to left."""
    if not runs_right_to_left(word) or not _LATIN_LETTER.search(word):
        stop_before_word = _STOP_BEFORE_WORD.fullmatch(word)
        return f"{stop_before_word[2]}{stop_before_word[1]}" if stop_before_word else word
    return "".join(reversed(_DIRECTION_STRETCH.findall(word)))


def _split_words_at_gaps(line: Sequence[Run]) -> list[list[Run]]:
    word_groups = [[line[0]]]
    for run in line[1:]:
        if run.x1 - word_groups[-1][-1].x2 > _MIRRORED_WORD_GAP * run.size:
            word_groups.append([])
        word_groups[-1].append(run)
    return word_groups


def _mirrored_words(words: Sequence[Run], width: float) -> list[Run]:
    """Words side by side, from left to right as they are drawn, in the mirror."""
    has_rtl_word = any(runs_right_to_left(run.text) for run in words)
    mirrored_words = []
    for is_latin, group in itertools.groupby(_words_marked_latin(words), key=lambda pair: pair[0]):
        same_script_words = [run for _, run in group]
        words_left, words_right = same_script_words[0].x1, same_script_words[-1].x2
        for run in _with_stops_behind_latin(same_script_words) if is_latin and has_rtl_word else same_script_words:
            mirrored_x = width - words_right + run.x1 - words_left if is_latin else width - run.x2
            if not run.text.strip(_RTL_STOPS):
                mirrored_x -= _space_before_stop(run, words)
            unmirrored_text = (
                _DRAWN_NUMBER.sub(r"\2\1", run.text) if has_rtl_word and _DRAWN_NUMBER.fullmatch(run.text) else run.text
            )
            mirrored_word = Box(mirrored_x, run.y1, mirrored_x + run.x2 - run.x1, run.y2, unmirrored_text)
            mirrored_words.append(_run_of_word(mirrored_word, run))
    return mirrored_words


def _with_stops_behind_latin(latin_words: Sequence[Run]) -> list[Run]:
    """Latin words side by side on a line from right to left: a mark left of the first one ends the last one."""
    stop_before_latin = _STOP_BEFORE_LATIN.match(latin_words[0].text)
    if not stop_before_latin:
        return list(latin_words)
    words_without_stop = [
        latin_words[0]._replace(text=latin_words[0].text[stop_before_latin.end() :]),
        *latin_words[1:],
    ]
    return [
        *words_without_stop[:-1],
        words_without_stop[-1]._replace(text=words_without_stop[-1].text + stop_before_latin[0]),
    ]


def _space_before_stop(stop: Run, words: Sequence[Run]) -> float:
    """The space between a mark and the word that it ends, which stands right of it; 0 where that is far."""
    space_before_stop = next((neighbour.x1 - stop.x2 for neighbour in words if neighbour.x1 >= stop.x2 - 1), 0.0)
    return space_before_stop if space_before_stop < _STOP_SPACE * stop.size else 0.0


def _words_marked_latin(words: Sequence[Run]) -> list[tuple[bool, Run]]:
    """Each word, and whether it belongs to Latin words side by side, with the numbers right of them."""
    marked_words: list[tuple[bool, Run]] = []
    is_latin = False
    for run in words:
        is_no_rtl_word = not runs_right_to_left(run.text)
        has_latin_letter = _LATIN_LETTER.search(run.text) is not None
        # a number right of a unit stands before it: "4 MB"
        is_latin = is_no_rtl_word and (
            has_latin_letter or (is_latin and not canonical_unit(marked_words[-1][1].text.strip(_RTL_STOPS)))
        )
        marked_words.append((is_latin, run))
    return marked_words


_ALEFS = "\u0622\u0623\u0625\u0627"
_LAM = "\u0644"


def with_ligatures(textpage: Any, text: str) -> str:
    """The `text` of a pypdfium2 text page with the letters of each glyph in their order; other scripts as they are."""
    if not is_right_to_left(text):
        return text
    glyph_letters = letter_signs(textpage.raw)
    if "".join(glyph_letters) != text:  # letters beyond 16 bits, or some that pdfium made up: the places do not fit
        return text
    return unmirrored("".join(glyph_letters[k] for k in reading_order(textpage)))


def reading_order(textpage: Any) -> list[int]:
    """The numbers of a text page's letters as they are read: those of one glyph are put in order."""
    page_signs = letter_signs(textpage.raw)
    rtl_letter_places = [
        _letter_place(textpage, k) if runs_right_to_left(sign) else () for k, sign in enumerate(page_signs)
    ]
    letters_as_read: list[int] = []
    glyph_start = 0
    while glyph_start < len(page_signs):
        glyph_end = glyph_start + 1
        while (
            glyph_end < len(page_signs)
            and rtl_letter_places[glyph_start]
            and rtl_letter_places[glyph_end]
            and is_same_glyph(rtl_letter_places[glyph_end - 1], rtl_letter_places[glyph_end])
        ):
            glyph_end += 1
        glyph = range(glyph_start, glyph_end)
        letters_as_read += (
            glyph if page_signs[glyph_start] == _LAM and page_signs[glyph_end - 1] in _ALEFS else reversed(glyph)
        )
        glyph_start = glyph_end
    return vowel_signs_behind_glyphs(
        vowel_signs_behind_letters(letters_as_read, page_signs), page_signs, lambda k: _letter_place(textpage, k)
    )


def vowel_signs_behind_glyphs(
    letters_as_read: list[int], signs: Sequence[str], place: Callable[[int], tuple[float, ...]]
) -> list[int]:
    """The letters with each vowel sign that is a part of the next letter's glyph behind that letter."""
    for i, k in enumerate(letters_as_read[:-1]):
        letter = letters_as_read[i + 1]
        if not _VOWEL_SIGN.match(signs[k]) or not runs_right_to_left(signs[letter]):
            continue
        if is_same_glyph(place(k), place(letter)) or is_same_glyph(place(letter), place(k)):
            letters_as_read[i : i + 2] = [letter, k]
    return letters_as_read


_VOWEL_SIGN = regex.compile(r"\p{Mn}")
_VOWEL_SIGN_FIRST = regex.compile(r"(?<![\p{L}\p{M}])\p{Mn}(?=\p{Arabic}|\p{Hebrew})")
_VOWEL_SIGN_LAST = regex.compile(r"[\p{Arabic}\p{Hebrew}]\p{Mn}(?![\p{L}\p{M}])")
_VOWEL_SIGNS_BEFORE_LETTER = regex.compile(r"\p{Mn}++\p{L}")


def vowel_signs_behind_letters(letters_as_read: list[int], signs: Sequence[str]) -> list[int]:
    """The letters with each vowel sign behind its letter; browsers draw it before, so that it may begin a word."""
    text_as_read = "".join(signs[k] for k in letters_as_read)
    if len(text_as_read) != len(letters_as_read) or len(_VOWEL_SIGN_FIRST.findall(text_as_read)) <= len(
        _VOWEL_SIGN_LAST.findall(text_as_read)
    ):
        return letters_as_read
    for vowel_signs in _VOWEL_SIGNS_BEFORE_LETTER.finditer(text_as_read):
        vowel_signs_start, vowel_signs_end = vowel_signs.span()
        letters_as_read[vowel_signs_start:vowel_signs_end] = [
            letters_as_read[vowel_signs_end - 1],
            *letters_as_read[vowel_signs_start : vowel_signs_end - 1],
        ]
    return letters_as_read


def is_same_glyph(letter_place: Sequence[float], next_place: Sequence[float]) -> bool:
    """Whether two letters have one place, or parts of one: pdfium cuts a glyph's into equal parts, the first one at the
    left."""
    if letter_place[2:] != next_place[2:]:
        return False
    letter_widths = letter_place[1] - letter_place[0], next_place[1] - next_place[0]
    return letter_place == next_place or (
        abs(letter_place[1] - next_place[0]) < _GLYPH_ROUNDING
        and abs(letter_widths[0] - letter_widths[1]) < 2 * _GLYPH_ROUNDING
    )


def _letter_place(textpage: Any, k: int) -> tuple[float, ...]:
    """Left, right, bottom and top of a letter in points from the page's bottom left."""
    left, bottom, right, top = letter_box(textpage.raw, k)
    return tuple(round(side, 2) for side in (left, right, bottom, top))
