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
from groundwork.documents.layout.text_lines import Box, Run, level
from groundwork.documents.pdf_files.pdfium import letter_box, letter_signs
from groundwork.language.language_and_script import is_right_to_left, runs_right_to_left
from groundwork.language.units import canonical_unit

_LATIN_LETTER = regex.compile(r"\p{Bidi_Class=L}")
_DIRECTIONS = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}\p{M}]+|[^\p{Bidi_Class=R}\p{Bidi_Class=AL}\p{M}]+")
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_STOPS = ".,:!\u060c\u061b\u061f"  # the comma, semicolon and question mark of Arabic among them
_STOP_BEFORE_WORD = regex.compile(rf"([{_STOPS}]+)([\p{{Bidi_Class=R}}\p{{Bidi_Class=AL}}\p{{M}}]+)")
_PLAIN_SIGNS = str.maketrans(")]}»–—−‐‑“”„‘’‚", "([{«-----\"\"\"'''")
_MINUS_BEHIND = regex.compile(r"(\d[\d.,]*+)([-−])")  # as it is drawn where it is read first
_BETWEEN = r"\{0}[ ]?+([^\{0}\{1}\n]{{1,80}}?)[ ]?\{1}"
_BRACKET_PAIRS = [  # with the patterns of a pair as it is read, and as it is drawn
    (
        opening,
        closing,
        regex.compile(_BETWEEN.format(opening, closing)),
        regex.compile(_BETWEEN.format(closing, opening)),
    )
    for opening, closing in ("«»", "()")
]
_HYPHEN_BEHIND_NUMBER = regex.compile(r"(?<=\p{Hebrew})(\d+(?:[.,:]\d+)*+)([-\u05be])(?![\w-])")
_MARK_BEFORE_LATIN = regex.compile(rf"[{_STOPS}]+(?=\p{{Bidi_Class=L}})")
_MARK_SPACE = 0.4  # sizes between a word and a mark that ends it, at the most
_DRAWN_NUMBER = regex.compile(r"([-–.:])(\d+(?:[-–.]\d+)*)")  # as it is drawn: what ends a number stands left of it
_ROW = 8  # points of the height in which letters are looked up
_PART_GAP = 1.0  # points between the parts of a word, or by which they reach over each other
_ROUNDING = 0.02  # points by which the places of two letters that touch may differ
_WORD_GAP = 1.1  # sizes between words of one line, at the most


class PlacedLetter(NamedTuple):
    """A letter of a page's text, the middle of what is drawn of it and the line on which it stands, in points from the
    page's top left."""

    x: float
    y: float
    sign: str
    baseline: float


class Spelling:
    """How a page's letters are read, by their places, and by the stretches of letters where those tell nothing."""

    def __init__(self, letters: Sequence[PlacedLetter], stretches: Mapping[str, str] | None = None) -> None:
        """`letters`: in the order in which they are read; `stretches`: of letters, as pdfium gives them and as read."""
        self._stretches = stretches or {}
        self._rows: dict[int, list[tuple[int, PlacedLetter]]] = {}
        for k, letter in enumerate(letters):
            self._rows.setdefault(int(letter.y // _ROW), []).append((k, letter))

    def _letters(self, box: Box) -> list[tuple[int, PlacedLetter]]:
        rows = range(int(box.y1 // _ROW), int(box.y2 // _ROW) + 1)
        return sorted(
            (k, letter)
            for row in rows
            for k, letter in self._rows.get(row, [])
            if box.x1 <= letter.x <= box.x2 and box.y1 <= letter.y <= box.y2
        )

    def places(self, box: Box) -> list[int]:
        return [k for k, letter in self._letters(box) if letter.sign.strip()]

    def levelled(self, boxes: Sequence[Box]) -> list[Box]:
        """Words that stand on one line with one height: that of what is drawn of a word depends on its letters."""
        baselines = [self._baseline(box) for box in boxes]
        sides: dict[int, tuple[float, float]] = {}
        for box, baseline in zip(boxes, baselines, strict=True):
            if baseline is not None:
                top, bottom = sides.get(baseline, (box.y1, box.y2))
                sides[baseline] = (min(top, box.y1), max(bottom, box.y2))
        return [
            box if baseline is None else box._replace(y1=sides[baseline][0], y2=sides[baseline][1])
            for box, baseline in zip(boxes, baselines, strict=True)
        ]

    def _baseline(self, box: Box) -> int | None:
        letters = [letter for _, letter in self._letters(box) if letter.sign.isalnum()]  # a mark stands above it
        return round(letters[0].baseline) if letters else None

    def spell(self, box: Box) -> str:
        """A drawn word as it is read: by its letters' order on the page where it has those and no others."""
        whole = "".join(letter.sign for _, letter in self._letters(box)).split()
        if _sorted_signs("".join(whole)) == _sorted_signs("".join(box.text.split())):
            minus = _MINUS_BEHIND.fullmatch(" ".join(whole))
            return f"{minus[2]}{minus[1]}" if minus else " ".join(whole)
        return _reading_order(self._spell_stretches(box))

    def _spell_stretches(self, box: Box) -> str:
        stretches = _LETTERS.findall(box.text)
        if len(stretches) == 1:
            read = "".join(letter.sign for _, letter in self._letters(box) if _LETTERS.fullmatch(letter.sign))
            if sorted(read) == sorted(stretches[0]):
                return box.text.replace(stretches[0], read)
        return _LETTERS.sub(lambda letters: self._stretches.get(letters[0], letters[0]), box.text)


def _sorted_signs(text: str) -> list[str]:
    """The signs of a text whatever their order; a bracket counts as its mirror, a dash as a hyphen."""
    return sorted(text.translate(_PLAIN_SIGNS))


def page_spelling(page: Any, drawn: DrawnLetters) -> Spelling:
    """How the letters of a liteparse page from right to left are read."""
    textpage = drawn.textpage(page)
    text = textpage.get_text_range()
    placed = [
        PlacedLetter((letter.x1 + letter.x2) / 2, (letter.y1 + letter.y2) / 2, letter.sign, drawn.baseline_of(k, page))
        for k, letter in enumerate(drawn.letters_of(page))
    ]
    in_order = [placed[k] for k in reading_order(textpage)]
    return Spelling(in_order, letters_in_order(text, with_ligatures(textpage, text)))


def word_runs(text_runs: Sequence[tuple[Any, Run]], spelling: Spelling) -> list[Run]:
    """The words of a page's liteparse text items, each read as its run, spelt as in the page's text layer.

    liteparse parts some words where their letters reach over each other: these are joined.
    """
    words = [
        (Box(word.x, word.y, word.x + word.width, word.y + word.height, word.text), run)
        for text_item, run in text_runs
        for word in text_item.words
        if word.text.strip()
    ]
    joined: list[tuple[Box, Run]] = []
    last = -2  # the place of the last letter of the word before
    for places, (box, run) in sorted(((spelling.places(word[0]), word) for word in words), key=lambda pair: pair[0]):
        if places and places[0] == last + 1 and _goes_on(box, joined[-1][0], run.size):
            before, before_run = joined.pop()
            sides = (min(box.x1, before.x1), min(before.y1, box.y1), max(box.x2, before.x2), max(before.y2, box.y2))
            text = box.text + before.text if box.x1 < before.x1 else before.text + box.text
            joined.append((Box(*sides, text), before_run))
        else:
            joined.append((box, run))
        last = places[-1] if places else -2
    boxes = spelling.levelled([box for box, _ in joined])
    return [
        _word_run(box._replace(text=spelling.spell(spelt)), run)
        for box, (spelt, run) in zip(boxes, joined, strict=True)
    ]


def _goes_on(box: Box, before: Box, size: float) -> bool:
    """Whether a box touches the one right of it, and both hold letters that run from right to left and no others; or
    the one left of it, and both hold figures."""
    if abs(before.y1 - box.y1) > size:
        return False
    if before.text.isdecimal() and box.text.isdecimal():
        return abs(box.x1 - before.x2) < _PART_GAP
    return -size < before.x1 - box.x2 < _PART_GAP and all(
        runs_right_to_left(text) and not _LATIN_LETTER.search(text) for text in (box.text, before.text)
    )


def letters_in_order(drawn: str, read: str) -> dict[str, str]:
    """The stretches of letters of a page's text as pdfium gives them, and with their ligatures in order."""
    return dict(zip(_LETTERS.findall(drawn), _LETTERS.findall(read), strict=False))


def mirrored_runs(runs: Sequence[Run], width: float) -> list[Run]:
    """Words of a page so many points wide, each in its place in the mirror."""
    mirrored: list[Run] = []
    for line in level(runs):
        for words in _split_at_gaps(sorted(line)):
            mirrored += _mirror_words(words, width)
    return mirrored


def mirrored_strokes(strokes: Strokes, width: float) -> Strokes:
    return Strokes([_mirror(stroke, width) for stroke in strokes.flat], [_mirror(s, width) for s in strokes.steep])


def mirrored_box(box: Box, width: float) -> Box:
    return box._replace(x1=width - box.x2, x2=width - box.x1)


def _mirror(stroke: Stroke, width: float) -> Stroke:
    flat = stroke.x2 > stroke.x1
    ends = tuple(width - x for x in reversed(stroke.ends)) if flat else stroke.ends
    return stroke._replace(x1=width - stroke.x2, x2=width - stroke.x1, ends=ends)


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


def _word_run(box: Box, run: Run) -> Run:
    return run._replace(x1=box.x1, y1=box.y1, x2=box.x2, y2=box.y2, text=box.text, words=(box,))


def _reading_order(word: str) -> str:
    """A drawn word as it is read: its parts of different directions from right to left."""
    if not runs_right_to_left(word) or not _LATIN_LETTER.search(word):
        match = _STOP_BEFORE_WORD.fullmatch(word)
        return f"{match[2]}{match[1]}" if match else word
    return "".join(reversed(_DIRECTIONS.findall(word)))


def _split_at_gaps(line: Sequence[Run]) -> list[list[Run]]:
    groups = [[line[0]]]
    for run in line[1:]:
        if run.x1 - groups[-1][-1].x2 > _WORD_GAP * run.size:
            groups.append([])
        groups[-1].append(run)
    return groups


def _mirror_words(words: Sequence[Run], width: float) -> list[Run]:
    """Words side by side, from left to right as they are drawn, in the mirror."""
    has_rtl = any(runs_right_to_left(run.text) for run in words)
    mirrored = []
    for is_latin, group in itertools.groupby(_mark_latin(words), key=lambda pair: pair[0]):
        runs = [run for _, run in group]
        left, right = runs[0].x1, runs[-1].x2
        for run in _with_marks_behind(runs) if is_latin and has_rtl else runs:
            x = width - right + run.x1 - left if is_latin else width - run.x2
            if not run.text.strip(_STOPS):
                x -= _space_before(run, words)
            text = _DRAWN_NUMBER.sub(r"\2\1", run.text) if has_rtl and _DRAWN_NUMBER.fullmatch(run.text) else run.text
            box = Box(x, run.y1, x + run.x2 - run.x1, run.y2, text)
            mirrored.append(_word_run(box, run))
    return mirrored


def _with_marks_behind(runs: Sequence[Run]) -> list[Run]:
    """Latin words side by side on a line from right to left: a mark left of the first one ends the last one."""
    match = _MARK_BEFORE_LATIN.match(runs[0].text)
    if not match:
        return list(runs)
    bare = [runs[0]._replace(text=runs[0].text[match.end() :]), *runs[1:]]
    return [*bare[:-1], bare[-1]._replace(text=bare[-1].text + match[0])]


def _space_before(mark: Run, words: Sequence[Run]) -> float:
    """The space between a mark and the word that it ends, which stands right of it; 0 where that is far."""
    space = next((neighbour.x1 - mark.x2 for neighbour in words if neighbour.x1 >= mark.x2 - 1), 0.0)
    return space if space < _MARK_SPACE * mark.size else 0.0


def _mark_latin(words: Sequence[Run]) -> list[tuple[bool, Run]]:
    """Each word, and whether it belongs to Latin words side by side, with the numbers right of them."""
    marked: list[tuple[bool, Run]] = []
    is_latin = False
    for run in words:
        is_foreign = not runs_right_to_left(run.text)
        has_letter = _LATIN_LETTER.search(run.text) is not None
        # a number right of a unit stands before it: "4 MB"
        is_latin = is_foreign and (has_letter or (is_latin and not canonical_unit(marked[-1][1].text.strip(_STOPS))))
        marked.append((is_latin, run))
    return marked


_ALEFS = "\u0622\u0623\u0625\u0627"
_LAM = "\u0644"


def with_ligatures(textpage: Any, text: str) -> str:
    """The `text` of a pypdfium2 text page with the letters of each glyph in their order; other scripts as they are."""
    if not is_right_to_left(text):
        return text
    signs = letter_signs(textpage.raw)
    if "".join(signs) != text:  # letters beyond 16 bits, or some that pdfium made up: the places do not fit
        return text
    return unmirrored("".join(signs[k] for k in reading_order(textpage)))


def reading_order(textpage: Any) -> list[int]:
    """The numbers of a text page's letters as they are read: those of one glyph are put in order."""
    signs = letter_signs(textpage.raw)
    boxes = [_letter_place(textpage, k) if runs_right_to_left(sign) else () for k, sign in enumerate(signs)]
    ordered: list[int] = []
    start = 0
    while start < len(signs):
        end = start + 1
        while end < len(signs) and boxes[start] and boxes[end] and is_same_glyph(boxes[end - 1], boxes[end]):
            end += 1
        glyph = range(start, end)
        ordered += glyph if signs[start] == _LAM and signs[end - 1] in _ALEFS else reversed(glyph)
        start = end
    return marks_behind_glyphs(marks_behind_letters(ordered, signs), signs, lambda k: _letter_place(textpage, k))


def marks_behind_glyphs(
    ordered: list[int], signs: Sequence[str], place: Callable[[int], tuple[float, ...]]
) -> list[int]:
    """The letters with each vowel sign that is a part of the next letter's glyph behind that letter."""
    for i, k in enumerate(ordered[:-1]):
        letter = ordered[i + 1]
        if not _MARK.match(signs[k]) or not runs_right_to_left(signs[letter]):
            continue
        if is_same_glyph(place(k), place(letter)) or is_same_glyph(place(letter), place(k)):
            ordered[i : i + 2] = [letter, k]
    return ordered


_MARK = regex.compile(r"\p{Mn}")
_MARK_FIRST = regex.compile(r"(?<![\p{L}\p{M}])\p{Mn}(?=\p{Arabic}|\p{Hebrew})")
_MARK_LAST = regex.compile(r"[\p{Arabic}\p{Hebrew}]\p{Mn}(?![\p{L}\p{M}])")
_MARKS_BEFORE_LETTER = regex.compile(r"\p{Mn}++\p{L}")


def marks_behind_letters(ordered: list[int], signs: Sequence[str]) -> list[int]:
    """The letters with each vowel sign behind its letter; browsers draw it before, so that it may begin a word."""
    text = "".join(signs[k] for k in ordered)
    if len(text) != len(ordered) or len(_MARK_FIRST.findall(text)) <= len(_MARK_LAST.findall(text)):
        return ordered
    for match in _MARKS_BEFORE_LETTER.finditer(text):
        start, end = match.span()
        ordered[start:end] = [ordered[end - 1], *ordered[start : end - 1]]
    return ordered


def is_same_glyph(box: Sequence[float], after: Sequence[float]) -> bool:
    """Whether two letters have one place, or parts of one: pdfium cuts a glyph's into equal parts, the first one at the
    left."""
    if box[2:] != after[2:]:
        return False
    widths = box[1] - box[0], after[1] - after[0]
    return box == after or (abs(box[1] - after[0]) < _ROUNDING and abs(widths[0] - widths[1]) < 2 * _ROUNDING)


def _letter_place(textpage: Any, k: int) -> tuple[float, ...]:
    """Left, right, bottom and top of a letter in points from the page's bottom left."""
    left, bottom, right, top = letter_box(textpage.raw, k)
    return tuple(round(side, 2) for side in (left, right, bottom, top))
