"""Pages that are read from right to left, turned into a mirror so that all that reads lines and tables fits them.

A word's letters come in their order from pdfium; where the words stand tells their order. In the mirror the rightmost
word and the rightmost column come first. Latin words side by side keep their order, as the Unicode algorithm for
bidirectional text (UAX 9) has it.

pdfium turns the letters of such a line around, and with them those of a glyph that stands for several, such as lam and
alef: these are put back in order.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Sequence
from typing import Any

import regex

from groundwork.documents.layout.ruling_lines import Stroke, Strokes
from groundwork.documents.layout.text_lines import Box, Run, level
from groundwork.language.language_and_script import is_right_to_left, runs_right_to_left

_LATIN_LETTER = regex.compile(r"\p{Bidi_Class=L}")
_DIRECTIONS = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}\p{M}]+|[^\p{Bidi_Class=R}\p{Bidi_Class=AL}\p{M}]+")
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_STOPS = ".,:!\u060c\u061b\u061f"  # the comma, semicolon and question mark of Arabic among them
_STOP_BEFORE_WORD = regex.compile(rf"([{_STOPS}]+)([\p{{Bidi_Class=R}}\p{{Bidi_Class=AL}}\p{{M}}]+)")
_MARK_SPACE = 0.4  # sizes between a word and a mark that ends it, at the most
_DRAWN_NUMBER = regex.compile(r"([-–.:])(\d+(?:[-–.]\d+)*)")  # as it is drawn: what ends a number stands left of it
_WORD_GAP = 1.1  # sizes between words of one line, at the most


def word_runs(text_item: Any, run: Run, spelling: dict[str, str]) -> list[Run]:
    """A liteparse text item, read as `run`, word by word, spelt as in the page's text layer."""
    words = [(word, _spell_word(word.text, spelling)) for word in text_item.words if word.text.strip()]
    return [_word_run(Box(w.x, w.y, w.x + w.width, w.y + w.height, _reading_order(text)), run) for w, text in words]


def letters_in_order(drawn: str, read: str) -> dict[str, str]:
    """The stretches of letters of a page's text as pdfium gives them, and with their ligatures in order."""
    return dict(zip(_LETTERS.findall(drawn), _LETTERS.findall(read), strict=False))


def _spell_word(word: str, spelling: dict[str, str]) -> str:
    return _LETTERS.sub(lambda letters: spelling.get(letters[0], letters[0]), word)


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
        for run in runs:
            x = width - right + run.x1 - left if is_latin else width - run.x2
            if not run.text.strip(_STOPS):
                x -= _space_before(run, words)
            text = _DRAWN_NUMBER.sub(r"\2\1", run.text) if has_rtl and _DRAWN_NUMBER.fullmatch(run.text) else run.text
            box = Box(x, run.y1, x + run.x2 - run.x1, run.y2, text)
            mirrored.append(_word_run(box, run))
    return mirrored


def _space_before(mark: Run, words: Sequence[Run]) -> float:
    """The space between a mark and the word that it ends, which stands right of it; 0 where that is far."""
    space = next((neighbour.x1 - mark.x2 for neighbour in words if neighbour.x1 >= mark.x2 - 1), 0.0)
    return space if space < _MARK_SPACE * mark.size else 0.0


def _mark_latin(words: Sequence[Run]) -> list[tuple[bool, Run]]:
    """Each word, and whether it belongs to Latin words side by side, with the numbers right of them."""
    marked = []
    is_latin = False
    for run in words:
        is_foreign = not runs_right_to_left(run.text)
        is_latin = is_foreign and (is_latin or _LATIN_LETTER.search(run.text) is not None)
        marked.append((is_latin, run))
    return marked


_ALEFS = "\u0622\u0623\u0625\u0627"
_LAM = "\u0644"


def with_ligatures(textpage: Any, text: str) -> str:
    """The `text` of a pypdfium2 text page with the letters of each glyph in their order; other scripts as they are."""
    if not is_right_to_left(text):
        return text
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFText_CountChars(textpage.raw)
    letters = [chr(pdfium.FPDFText_GetUnicode(textpage.raw, k)) for k in range(count)]
    if "".join(letters) != text:  # letters beyond 16 bits, or some that pdfium made up: the places do not fit
        return text
    ordered: list[str] = []
    start = 0
    while start < count:
        end = start + 1
        if runs_right_to_left(letters[start]):
            box = _box(textpage, start)
            while end < count and runs_right_to_left(letters[end]) and _box(textpage, end) == box:
                end += 1
        glyph = letters[start:end]
        ordered += glyph if glyph[0] == _LAM and glyph[-1] in _ALEFS else reversed(glyph)
        start = end
    return "".join(ordered)


def _box(textpage: Any, k: int) -> tuple[float, ...]:
    import pypdfium2.raw as pdfium

    sides = [ctypes.c_double() for _ in range(4)]
    pdfium.FPDFText_GetCharBox(textpage.raw, k, *sides)
    return tuple(round(side.value, 2) for side in sides)
