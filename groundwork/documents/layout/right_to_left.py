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
from groundwork.documents.layout.text_runs_and_lines import Box, Run, runs_by_line
from groundwork.documents.pdf_files.textpage_letters import letter_box, letter_signs
from groundwork.language.language_and_script import is_right_to_left, runs_right_to_left
from groundwork.language.units_and_currencies import canonical_unit

_LATIN_LETTER = regex.compile(r"\p{Bidi_Class=L}")
_RTL_OR_LTR_STRETCH = regex.compile(
    r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}\p{M}]+|[^\p{Bidi_Class=R}\p{Bidi_Class=AL}\p{M}]+"
)
_RTL_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_RTL_STOPS = ".,:!\u060c\u061b\u061f"  # the comma, semicolon and question mark of Arabic among them
_STOP_BEFORE_WORD = regex.compile(rf"([{_RTL_STOPS}]+)([\p{{Bidi_Class=R}}\p{{Bidi_Class=AL}}\p{{M}}]+)")
_UNMIRRORED_SIGNS = str.maketrans(")]}»–—−‐‑“”„‘’‚", "([{«-----\"\"\"'''")
_MINUS_BEHIND_RTL = regex.compile(r"(\d[\d.,]*+)([-−])")  # as it is drawn where it is read first
_BETWEEN_MIRRORED_BRACKETS = r"\{0}[ ]?+([^\{0}\{1}\n]{{1,80}}?)[ ]?\{1}"
_MIRRORED_BRACKETS = [  # with the patterns of a pair as it is read, and as it is drawn
    (
        opening,
        closing,
        regex.compile(_BETWEEN_MIRRORED_BRACKETS.format(opening, closing)),
        regex.compile(_BETWEEN_MIRRORED_BRACKETS.format(closing, opening)),
    )
    for opening, closing in ("«»", "()")
]
_HYPHEN_BEHIND_RTL = regex.compile(r"(?<=\p{Hebrew})(\d+(?:[.,:]\d+)*+)([-\u05be])(?![\w-])")
_STOP_BEFORE_LATIN = regex.compile(rf"[{_RTL_STOPS}]+(?=\p{{Bidi_Class=L}})")
_RTL_STOP_SPACE = 0.4  # sizes between a word and a mark that ends it, at the most
_MIRRORED_NUMBER = regex.compile(r"([-–.:])(\d+(?:[-–.]\d+)*)")  # as it is drawn: what ends a number stands left of it
_RTL_LETTER_ROW = 8  # points of the height in which letters are looked up
_RTL_WORD_PART_GAP = 1.0  # points between the parts of a word, or by which they reach over each other
_RTL_GLYPH_ROUNDING = 0.02  # points by which the places of two letters that touch may differ
_MIRRORED_WORD_GAP = 1.1  # sizes between words of one line, at the most


class RtlLetter(NamedTuple):
    """A letter of a page's text, the middle of what is drawn of it and the line on which it stands, in points from the
    page's top left."""

    x: float
    y: float
    sign: str
    baseline: float


class RtlSpelling:
    """How a page's letters are read, by their places, and by the stretches of letters where those tell nothing."""

    def __init__(self, rtl_letters: Sequence[RtlLetter], stretches: Mapping[str, str] | None = None) -> None:
        """`rtl_letters`: in the order in which they are read; `stretches`: of letters, as pdfium gives them, and as
        read."""
        self._rtl_stretches = stretches or {}
        self._rtl_letter_rows: dict[int, list[tuple[int, RtlLetter]]] = {}
        for k, rtl_letter in enumerate(rtl_letters):
            self._rtl_letter_rows.setdefault(int(rtl_letter.y // _RTL_LETTER_ROW), []).append((k, rtl_letter))

    def _rtl_letters_in(self, rtl_word: Box) -> list[tuple[int, RtlLetter]]:
        row_numbers = range(int(rtl_word.y1 // _RTL_LETTER_ROW), int(rtl_word.y2 // _RTL_LETTER_ROW) + 1)
        return sorted(
            (k, letter)
            for rtl_row in row_numbers
            for k, letter in self._rtl_letter_rows.get(rtl_row, [])
            if rtl_word.x1 <= letter.x <= rtl_word.x2 and rtl_word.y1 <= letter.y <= rtl_word.y2
        )

    def places(self, rtl_word: Box) -> list[int]:
        return [k for k, letter in self._rtl_letters_in(rtl_word) if letter.sign.strip()]

    def levelled(self, rtl_words: Sequence[Box]) -> list[Box]:
        """Words that stand on one line with one height: that of what is drawn of a word depends on its letters."""
        rtl_baselines = [self._rtl_word_baseline(rtl_word) for rtl_word in rtl_words]
        heights_by_rtl_baseline: dict[int, tuple[float, float]] = {}
        for rtl_word, baseline in zip(rtl_words, rtl_baselines, strict=True):
            if baseline is not None:
                top, bottom = heights_by_rtl_baseline.get(baseline, (rtl_word.y1, rtl_word.y2))
                heights_by_rtl_baseline[baseline] = (min(top, rtl_word.y1), max(bottom, rtl_word.y2))
        return [
            rtl_word
            if baseline is None
            else rtl_word._replace(y1=heights_by_rtl_baseline[baseline][0], y2=heights_by_rtl_baseline[baseline][1])
            for rtl_word, baseline in zip(rtl_words, rtl_baselines, strict=True)
        ]

    def _rtl_word_baseline(self, rtl_word: Box) -> int | None:
        # a mark stands above it
        rtl_letters = [letter for _, letter in self._rtl_letters_in(rtl_word) if letter.sign.isalnum()]
        return round(rtl_letters[0].baseline) if rtl_letters else None

    def spell(self, rtl_word: Box) -> str:
        """A drawn word as it is read: by its letters' order on the page where it has those and no others."""
        rtl_letters = "".join(letter.sign for _, letter in self._rtl_letters_in(rtl_word)).split()
        if _sorted_unmirrored_signs("".join(rtl_letters)) == _sorted_unmirrored_signs("".join(rtl_word.text.split())):
            rtl_number = _MINUS_BEHIND_RTL.fullmatch(" ".join(rtl_letters))
            return f"{rtl_number[2]}{rtl_number[1]}" if rtl_number else " ".join(rtl_letters)
        return _spelt_right_to_left(self._spell_rtl_stretches(rtl_word))

    def _spell_rtl_stretches(self, rtl_word: Box) -> str:
        rtl_stretches = _RTL_LETTERS.findall(rtl_word.text)
        if len(rtl_stretches) == 1:
            rtl_letters = "".join(
                letter.sign for _, letter in self._rtl_letters_in(rtl_word) if _RTL_LETTERS.fullmatch(letter.sign)
            )
            if sorted(rtl_letters) == sorted(rtl_stretches[0]):
                return rtl_word.text.replace(rtl_stretches[0], rtl_letters)
        return _RTL_LETTERS.sub(lambda letters: self._rtl_stretches.get(letters[0], letters[0]), rtl_word.text)


def _sorted_unmirrored_signs(text: str) -> list[str]:
    """The signs of a text whatever their order; a bracket counts as its mirror, a dash as a hyphen."""
    return sorted(text.translate(_UNMIRRORED_SIGNS))


def rtl_page_spelling(page: Any, drawn: DrawnLetters) -> RtlSpelling:
    """How the letters of a liteparse page from right to left are read."""
    rtl_textpage = drawn.textpage(page)
    rtl_text = rtl_textpage.get_text_range()
    rtl_letters = [
        RtlLetter((letter.x1 + letter.x2) / 2, (letter.y1 + letter.y2) / 2, letter.sign, drawn.letter_baseline(k, page))
        for k, letter in enumerate(drawn.letters_of(page))
    ]
    rtl_letters_in_order = [rtl_letters[k] for k in rtl_reading_order(rtl_textpage)]
    return RtlSpelling(rtl_letters_in_order, letters_in_order(rtl_text, with_rtl_ligatures(rtl_textpage, rtl_text)))


def rtl_word_runs(rtl_runs: Sequence[tuple[Any, Run]], rtl_spelling: RtlSpelling) -> list[Run]:
    """The words of a page's liteparse text items, each read as its run, spelt as in the page's text layer.

    liteparse parts some words where their letters reach over each other: these are joined.
    """
    drawn_words = [
        (Box(rtl_part.x, rtl_part.y, rtl_part.x + rtl_part.width, rtl_part.y + rtl_part.height, rtl_part.text), run)
        for text_item, run in rtl_runs
        for rtl_part in text_item.words
        if rtl_part.text.strip()
    ]
    joined_rtl_words = _join_rtl_words(drawn_words, rtl_spelling)
    levelled_rtl_words = rtl_spelling.levelled([rtl_word for rtl_word, _ in joined_rtl_words])
    return [
        _run_of_rtl_word(rtl_word._replace(text=rtl_spelling.spell(spelt)), run)
        for rtl_word, (spelt, run) in zip(levelled_rtl_words, joined_rtl_words, strict=True)
    ]


def _join_rtl_words(drawn_words: Sequence[tuple[Box, Run]], rtl_spelling: RtlSpelling) -> list[tuple[Box, Run]]:
    """Words in the order in which their letters are read, those that are parts of one as one."""
    joined_rtl_words: list[tuple[Box, Run]] = []
    last_rtl_letter = -2  # the place of the last letter of the word before
    for rtl_places, (rtl_word, run) in sorted(
        ((rtl_spelling.places(rtl_part[0]), rtl_part) for rtl_part in drawn_words), key=lambda pair: pair[0]
    ):
        goes_on_with_word = bool(rtl_places) and rtl_places[0] == last_rtl_letter + 1
        if goes_on_with_word and _is_part_of_rtl_word(rtl_word, joined_rtl_words[-1][0], run.size):
            word_before, run_before = joined_rtl_words.pop()
            joined_rtl_words.append((_join_parts_of_rtl_word(word_before, rtl_word), run_before))
        else:
            joined_rtl_words.append((rtl_word, run))
        last_rtl_letter = rtl_places[-1] if rtl_places else -2
    return joined_rtl_words


def _join_parts_of_rtl_word(rtl_part_before: Box, rtl_part: Box) -> Box:
    left_part, right_part = sorted((rtl_part_before, rtl_part), key=lambda part: part.x1)
    x2, y1 = max(rtl_part.x2, rtl_part_before.x2), min(rtl_part.y1, rtl_part_before.y1)
    return Box(left_part.x1, y1, x2, max(rtl_part.y2, rtl_part_before.y2), left_part.text + right_part.text)


def _is_part_of_rtl_word(rtl_part: Box, rtl_part_before: Box, size: float) -> bool:
    """Whether a box touches the one right of it, and both hold letters that run from right to left and no others; or
    the one left of it, and both hold figures."""
    if abs(rtl_part_before.y1 - rtl_part.y1) > size:
        return False
    if rtl_part_before.text.isdecimal() and rtl_part.text.isdecimal():
        return abs(rtl_part.x1 - rtl_part_before.x2) < _RTL_WORD_PART_GAP
    return -size < rtl_part_before.x1 - rtl_part.x2 < _RTL_WORD_PART_GAP and all(
        runs_right_to_left(text) and not _LATIN_LETTER.search(text) for text in (rtl_part.text, rtl_part_before.text)
    )


def letters_in_order(drawn: str, read: str) -> dict[str, str]:
    """The stretches of letters of a page's text as pdfium gives them, and with their ligatures in order."""
    return dict(zip(_RTL_LETTERS.findall(drawn), _RTL_LETTERS.findall(read), strict=False))


def mirrored_runs(runs: Sequence[Run], width: float) -> list[Run]:
    """Words of a page so many points wide, each in its place in the mirror."""
    mirrored_words: list[Run] = []
    for rtl_line in runs_by_line(runs):
        for words in _split_rtl_words_at_gaps(sorted(rtl_line)):
            mirrored_words += _mirrored_words(words, width)
    return mirrored_words


def mirrored_strokes(strokes: Strokes, width: float) -> Strokes:
    return Strokes(
        [_mirrored_stroke(stroke, width) for stroke in strokes.flat],
        [_mirrored_stroke(s, width) for s in strokes.steep],
    )


def mirrored_box(mirrored: Box, width: float) -> Box:
    return mirrored._replace(x1=width - mirrored.x2, x2=width - mirrored.x1)


def _mirrored_stroke(stroke: Stroke, width: float) -> Stroke:
    is_mirrored_flat = stroke.x2 > stroke.x1
    mirrored_ends = tuple(width - x for x in reversed(stroke.ends)) if is_mirrored_flat else stroke.ends
    return stroke._replace(x1=width - stroke.x2, x2=width - stroke.x1, ends=mirrored_ends)


def unmirrored(rtl_text: str) -> str:
    """Text from right to left whose brackets and quotes are given as they are drawn, with each pair as it is read; and
    the hyphen between a Hebrew prefix and its number, which is drawn left of the number's place."""
    if not is_right_to_left(rtl_text):
        return rtl_text
    rtl_text = _HYPHEN_BEHIND_RTL.sub(r"\2\1", rtl_text)
    for rtl_opening, rtl_closing, brackets_as_read, mirrored_brackets in _MIRRORED_BRACKETS:
        if len(mirrored_brackets.findall(rtl_text)) > len(brackets_as_read.findall(rtl_text)):
            rtl_text = mirrored_brackets.sub(rf"{rtl_opening}\1{rtl_closing}", rtl_text)
    return rtl_text


def _run_of_rtl_word(box: Box, run: Run) -> Run:
    return run._replace(x1=box.x1, y1=box.y1, x2=box.x2, y2=box.y2, text=box.text, words=(box,))


def _spelt_right_to_left(drawn_rtl_word: str) -> str:
    """A drawn word as it is read: its parts of different directions from right to left."""
    if not runs_right_to_left(drawn_rtl_word) or not _LATIN_LETTER.search(drawn_rtl_word):
        rtl_stop_and_word = _STOP_BEFORE_WORD.fullmatch(drawn_rtl_word)
        return f"{rtl_stop_and_word[2]}{rtl_stop_and_word[1]}" if rtl_stop_and_word else drawn_rtl_word
    return "".join(reversed(_RTL_OR_LTR_STRETCH.findall(drawn_rtl_word)))


def _split_rtl_words_at_gaps(rtl_line: Sequence[Run]) -> list[list[Run]]:
    rtl_word_groups = [[rtl_line[0]]]
    for run in rtl_line[1:]:
        if run.x1 - rtl_word_groups[-1][-1].x2 > _MIRRORED_WORD_GAP * run.size:
            rtl_word_groups.append([])
        rtl_word_groups[-1].append(run)
    return rtl_word_groups


def _mirrored_words(words: Sequence[Run], width: float) -> list[Run]:
    """Words side by side, from left to right as they are drawn, in the mirror."""
    has_rtl_word = any(runs_right_to_left(run.text) for run in words)
    mirrored_words = []
    for is_latin, group in itertools.groupby(_words_marked_latin(words), key=lambda pair: pair[0]):
        same_rtl_script = [run for _, run in group]
        words_left, words_right = same_rtl_script[0].x1, same_rtl_script[-1].x2
        for run in _with_stops_behind_latin(same_rtl_script) if is_latin and has_rtl_word else same_rtl_script:
            mirrored_x = width - words_right + run.x1 - words_left if is_latin else width - run.x2
            if not run.text.strip(_RTL_STOPS):
                mirrored_x -= _space_before_rtl_stop(run, words)
            unmirrored_text = (
                _MIRRORED_NUMBER.sub(r"\2\1", run.text)
                if has_rtl_word and _MIRRORED_NUMBER.fullmatch(run.text)
                else run.text
            )
            mirrored_word = Box(mirrored_x, run.y1, mirrored_x + run.x2 - run.x1, run.y2, unmirrored_text)
            mirrored_words.append(_run_of_rtl_word(mirrored_word, run))
    return mirrored_words


def _with_stops_behind_latin(latin_words: Sequence[Run]) -> list[Run]:
    """Latin words side by side on a line from right to left: a mark left of the first one ends the last one."""
    stop_before_latin = _STOP_BEFORE_LATIN.match(latin_words[0].text)
    if not stop_before_latin:
        return list(latin_words)
    bare_latin = [
        latin_words[0]._replace(text=latin_words[0].text[stop_before_latin.end() :]),
        *latin_words[1:],
    ]
    return [
        *bare_latin[:-1],
        bare_latin[-1]._replace(text=bare_latin[-1].text + stop_before_latin[0]),
    ]


def _space_before_rtl_stop(rtl_stop: Run, rtl_words: Sequence[Run]) -> float:
    """The space between a mark and the word that it ends, which stands right of it; 0 where that is far."""
    stop_space = next((neighbour.x1 - rtl_stop.x2 for neighbour in rtl_words if neighbour.x1 >= rtl_stop.x2 - 1), 0.0)
    return stop_space if stop_space < _RTL_STOP_SPACE * rtl_stop.size else 0.0


def _words_marked_latin(words: Sequence[Run]) -> list[tuple[bool, Run]]:
    """Each word, and whether it belongs to Latin words side by side, with the numbers right of them."""
    words_marked_latin: list[tuple[bool, Run]] = []
    is_latin = False
    for rtl_run in words:
        is_no_rtl_word = not runs_right_to_left(rtl_run.text)
        has_latin_letter = _LATIN_LETTER.search(rtl_run.text) is not None
        # a number right of a unit stands before it: "4 MB"
        is_latin = is_no_rtl_word and (
            has_latin_letter or (is_latin and not canonical_unit(words_marked_latin[-1][1].text.strip(_RTL_STOPS)))
        )
        words_marked_latin.append((is_latin, rtl_run))
    return words_marked_latin


_ALEFS = "\u0622\u0623\u0625\u0627"
_LAM = "\u0644"


def with_rtl_ligatures(textpage: Any, rtl_text: str) -> str:
    """The `rtl_text` of a pypdfium2 text page with the letters of each glyph in order; other scripts as they are."""
    if not is_right_to_left(rtl_text):
        return rtl_text
    glyph_letters = letter_signs(textpage.raw)
    if "".join(glyph_letters) != rtl_text:  # letters beyond 16 bits, or some that pdfium made up: the places do not fit
        return rtl_text
    return unmirrored("".join(glyph_letters[k] for k in rtl_reading_order(textpage)))


def rtl_reading_order(textpage: Any) -> list[int]:
    """The numbers of a text page's letters as they are read: those of one glyph are put in order."""
    rtl_signs = letter_signs(textpage.raw)
    rtl_letter_places = [
        _rtl_letter_place(textpage, k) if runs_right_to_left(sign) else () for k, sign in enumerate(rtl_signs)
    ]
    rtl_letters: list[int] = []
    glyph_start = 0
    while glyph_start < len(rtl_signs):
        glyph = range(glyph_start, _rtl_glyph_end(rtl_letter_places, glyph_start))
        is_lam_alef = rtl_signs[glyph[0]] == _LAM and rtl_signs[glyph[-1]] in _ALEFS
        rtl_letters += glyph if is_lam_alef else reversed(glyph)
        glyph_start = glyph.stop
    return vowel_signs_behind_glyphs(
        vowel_signs_behind_letters(rtl_letters, rtl_signs), rtl_signs, lambda k: _rtl_letter_place(textpage, k)
    )


def _rtl_glyph_end(rtl_places: Sequence[tuple[float, ...]], glyph_start: int) -> int:
    """The end of the letters from one on that are of its glyph; `rtl_places` are empty for those of other scripts."""
    glyph_end = glyph_start + 1
    while (
        glyph_end < len(rtl_places)
        and rtl_places[glyph_start]
        and rtl_places[glyph_end]
        and is_same_rtl_glyph(rtl_places[glyph_end - 1], rtl_places[glyph_end])
    ):
        glyph_end += 1
    return glyph_end


def vowel_signs_behind_glyphs(
    rtl_letters: list[int], rtl_signs: Sequence[str], rtl_place: Callable[[int], tuple[float, ...]]
) -> list[int]:
    """The letters with each vowel sign that is a part of the next letter's glyph behind that letter."""
    for i, k in enumerate(rtl_letters[:-1]):
        next_rtl = rtl_letters[i + 1]
        if not _RTL_VOWEL_SIGN.match(rtl_signs[k]) or not runs_right_to_left(rtl_signs[next_rtl]):
            continue
        if is_same_rtl_glyph(rtl_place(k), rtl_place(next_rtl)) or is_same_rtl_glyph(rtl_place(next_rtl), rtl_place(k)):
            rtl_letters[i : i + 2] = [next_rtl, k]
    return rtl_letters


_RTL_VOWEL_SIGN = regex.compile(r"\p{Mn}")
_RTL_VOWEL_SIGN_FIRST = regex.compile(r"(?<![\p{L}\p{M}])\p{Mn}(?=\p{Arabic}|\p{Hebrew})")
_RTL_VOWEL_SIGN_LAST = regex.compile(r"[\p{Arabic}\p{Hebrew}]\p{Mn}(?![\p{L}\p{M}])")
_RTL_VOWELS_BEFORE_LETTER = regex.compile(r"\p{Mn}++\p{L}")


def vowel_signs_behind_letters(rtl_letters: list[int], rtl_signs: Sequence[str]) -> list[int]:
    """The letters with each vowel sign behind its letter; browsers draw it before, so that it may begin a word."""
    rtl_text = "".join(rtl_signs[k] for k in rtl_letters)
    if len(rtl_text) != len(rtl_letters) or len(_RTL_VOWEL_SIGN_FIRST.findall(rtl_text)) <= len(
        _RTL_VOWEL_SIGN_LAST.findall(rtl_text)
    ):
        return rtl_letters
    for rtl_vowels in _RTL_VOWELS_BEFORE_LETTER.finditer(rtl_text):
        rtl_vowels_start, rtl_vowels_end = rtl_vowels.span()
        rtl_letters[rtl_vowels_start:rtl_vowels_end] = [
            rtl_letters[rtl_vowels_end - 1],
            *rtl_letters[rtl_vowels_start : rtl_vowels_end - 1],
        ]
    return rtl_letters


def is_same_rtl_glyph(rtl_place: Sequence[float], next_rtl_place: Sequence[float]) -> bool:
    """Whether two letters have one place, or parts of one: pdfium cuts a glyph's into equal parts, the first one at the
    left."""
    if rtl_place[2:] != next_rtl_place[2:]:
        return False
    rtl_widths = rtl_place[1] - rtl_place[0], next_rtl_place[1] - next_rtl_place[0]
    return rtl_place == next_rtl_place or (
        abs(rtl_place[1] - next_rtl_place[0]) < _RTL_GLYPH_ROUNDING
        and abs(rtl_widths[0] - rtl_widths[1]) < 2 * _RTL_GLYPH_ROUNDING
    )


def _rtl_letter_place(textpage: Any, k: int) -> tuple[float, ...]:
    """Left, right, bottom and top of a letter in points from the page's bottom left."""
    left, bottom, right, top = letter_box(textpage.raw, k)
    return tuple(round(rtl_side, 2) for rtl_side in (left, right, bottom, top))
