"""Is a pair grounded in its chunk? Checked without a model: quotes are looked up, facts compared."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from groundwork.language.dates import MONTHS, dates, without_dates
from groundwork.language.detection import is_english
from groundwork.language.labels import BULLETS, DOTTED, RULE, labels
from groundwork.language.names import quoted
from groundwork.language.numbers import Number, numbers, other_readings, unit_of
from groundwork.language.writing_systems import has_unspaced
from groundwork.markdown.blocks import blocks
from groundwork.markdown.tables import TableRow, read_table

Span = tuple[int, int]

_MARKUP = frozenset("*_`~\\|#>\u00ad\u200b\ufeff\u200c\u200d\u200e\u200f\u061c\u0640\u2066\u2067\u2068\u2069")
_SAME = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "‚": "'"} | dict.fromkeys("‐‑‒–—−", "-")
)
_LABEL = re.compile(rf"(?m)^[ \t>]*(?:{RULE}[.)]|{DOTTED}|\(?[a-z][.)]|[-*+{BULLETS}])[ \t]+")
_TABLE_TAG = re.compile(r"</?(?:table|thead|tbody|tfoot|tr|t[dh]|br)\b[^<>]*>", re.IGNORECASE)
_ELLIPSIS = re.compile(r"(?:(?<!\s)\s++)?(?:\[\s*(?:\.\.\.|…)\s*\]|\.{3,}|…)\s*")
_EDGE = " \t\r\n\"'.,;:()[]。、،؛।"


class Grounds:
    """A text that quotes are looked up in and answers are held against, prepared once for all of them.

    `language` is its ISO 639-1 code, "" where that is not known.
    """

    def __init__(self, text: str, language: str) -> None:
        self.text, self.language = text, language

    @cached_property
    def english(self) -> bool:
        """Do the English names of numbers count? Elsewhere "ten" is no number: it is "this" in Polish."""
        return self.language == "en" if self.language else is_english(self.text)

    def find(self, quote: str) -> Span | None:
        """Where `quote` stands in the text as (start, end), or None.

        Exact first; then tolerant of white space, line breaks, case, typographic quotes and dashes, Markdown markup,
        labels of list items and outer punctuation; then with an ellipsis for what was left out; last as cells of one
        table row.
        """
        quote = unicodedata.normalize("NFC", quote.strip())
        if not any(character.isalnum() for character in quote):  # "%:" of a makefile; never a mark of a sentence
            at = self.text.find(quote) if len(quote) > 1 else -1
            return (at, at + len(quote)) if at >= 0 else None
        at = self.text.find(quote)
        if at >= 0 and _on_word_boundaries(self.text, at, at + len(quote)):
            return at, at + len(quote)
        parts = [part for part in _ELLIPSIS.split(quote) if part.strip(_EDGE)]
        if len(parts) > 1:
            return _find_parts(parts, self.text)
        return _find_loosely(quote, (self._plain, self._plain_without_labels)) or _find_row(quote, self._rows)

    def faults(self, question: str, answer: str, evidence: Sequence[str]) -> list[str]:
        """Why the pair does not rest on the text, one reason each; empty when it does.

        Each quote must be found in the text, and every number, date, unit and quoted term of the answer must stand in
        the text or the question.
        """
        problems = [f"evidence is not in the text: {_short(quote)}" for quote in evidence if not self.find(quote)]
        if not evidence:
            problems.append("no evidence was given")
        return problems + self.unsupported(answer, question)

    def unsupported(self, answer: str, question: str = "") -> list[str]:
        """The numbers, dates, units and quoted terms of `answer` that neither text nor question holds, as reasons."""
        sources = [self._stated, *([_stated(question, self.english)] if question else [])]
        whole = f"{self.text}\n\n{question}"
        problems = [
            f"the date {year:04d}-{month:02d}-{day:02d} is not in the text"
            for year, month, day in sorted(dates(answer).difference(*(one.dates for one in sources)))
            if not _date_in_parts(year, month, day, whole)
        ]
        known = [number for one in sources for number in one.numbers]
        figures = {number.value for number in known}.union(*(one.labels for one in sources))
        others = {value for one in sources for value in one.others}
        for number in numbers(without_dates(answer), spelled=self.english):
            if number.value in others:
                continue
            if number.value not in figures:
                problems.append(f"the number {number.value} is not in the text")
            elif number.unit and not _unit_fits(number, known, whole):
                problems.append(f"the text does not say {number.value} {number.unit}")
        for term in quoted(answer):
            if not self.find(term) and not (question and find_quote(term, question)):
                problems.append(f'the term "{term}" is not in the text')
        return list(dict.fromkeys(problems))

    @cached_property
    def _stated(self) -> _Stated:
        return _stated(self.text, self.english)

    @cached_property
    def _plain(self) -> _Plain:
        return _normalised(self.text, with_labels=True)

    @cached_property
    def _plain_without_labels(self) -> _Plain:
        return _normalised(self.text, with_labels=False)

    @cached_property
    def _rows(self) -> list[tuple[Span, list[str]]]:
        """(place, words) of every row of the text's tables."""
        tables = (read_table(self.text, one.start, one.end) for one in blocks(self.text) if one.kind == "table")
        return [((row.start, row.end), _words_of(row)) for table in tables for row in chain(*table)]


def find_quote(quote: str, text: str) -> Span | None:
    """Where `quote` stands in `text`, as `Grounds.find` tells it, for a text that is looked at once."""
    return Grounds(text, "").find(quote)  # in any language alike


class _Stated(NamedTuple):
    """The facts of a text."""

    dates: set[tuple[int, int, int]]
    numbers: list[Number]
    labels: set[str]
    others: set[str]  # other readings of its numbers


def _stated(text: str, spelled: bool) -> _Stated:
    return _Stated(dates(text), numbers(text, spelled=spelled), labels(text), other_readings(text, spelled))


def _date_in_parts(year: int, month: int, day: int, source: str) -> bool:
    """The parts may stand apart ("from 3 to 5 May 2025"): year, day and the month's name are there."""
    values = {number.value for number in numbers(source)}
    return {str(year), str(day)} <= values and (re.search(rf"(?i)\b{MONTHS[month - 1]}", source) is not None)


def _unit_fits(number: Number, known: Sequence[Number], source: str) -> bool:
    """The text has this number with this unit, or bare (a table's cell) and the unit elsewhere."""
    units = {other.unit for other in known if other.value == number.value}
    if number.unit in units:
        return True
    return "" in units and any(unit_of(word) == number.unit for word in re.findall(r"[^\W\d_]+|[%°$€£]", source))


def _find_parts(parts: Sequence[str], text: str) -> Span | None:
    first, position = None, 0
    for part in parts:
        rest = text[position:]
        span = _find_loosely(part, [_normalised(rest, with_labels) for with_labels in (True, False)])
        if span is None:
            return None
        first = position + span[0] if first is None else first
        position += span[1]
    return None if first is None else (first, position)


def _find_loosely(quote: str, plains: Sequence[_Plain]) -> Span | None:
    for plain in plains:
        wanted = _normalised(quote, plain.with_labels).text.strip(_EDGE)
        if not wanted:
            return None
        at = -1
        while (at := plain.text.find(wanted, at + 1)) >= 0:
            if _on_word_boundaries(plain.text, at, at + len(wanted)):
                return plain.offsets[at], plain.offsets[at + len(wanted) - 1] + 1
    return None


def _words_of(row: TableRow) -> list[str]:
    return re.findall(r"\w+", " ".join(cell.text for cell in row.cells).casefold())


def _find_row(quote: str, rows: Iterable[tuple[Span, list[str]]]) -> Span | None:
    """A quote whose cells or words stand in this order in one table row, others between them."""
    wanted = re.findall(r"\w+", quote.casefold())
    if len(wanted) < 2:
        return None
    return next((place for place, words in rows if _in_order(wanted, words)), None)


def _in_order(wanted: Sequence[str], words: Sequence[str]) -> bool:
    rest = iter(words)
    return all(word in rest for word in wanted)


class _Plain(NamedTuple):
    """Plain lower-case text and, for each of its characters, the offset it came from."""

    text: str
    offsets: tuple[int, ...]
    with_labels: bool


def _normalised(text: str, with_labels: bool) -> _Plain:
    if "<" in text:
        text = _TABLE_TAG.sub(lambda tag: " " * len(tag.group()), text)
    dropped = [] if with_labels else [match.span() for match in _LABEL.finditer(text)]
    starts = [start for start, _ in dropped]
    characters: list[str] = []
    offsets: list[int] = []
    for i, original in enumerate(text):
        place = bisect_left(starts, i + 1) - 1
        if place >= 0 and i < dropped[place][1]:
            continue
        if original.isspace():
            if characters and characters[-1] != " ":
                characters.append(" ")
                offsets.append(i)
            continue
        if original in _MARKUP:
            continue
        for character in unicodedata.normalize("NFKC", original.translate(_SAME)).casefold():
            characters.append(character)
            offsets.append(i)
    return _Plain("".join(characters), tuple(offsets), with_labels)


def _on_word_boundaries(text: str, start: int, end: int) -> bool:
    return not (_one_word(text, start) or _one_word(text, end))


def _one_word(text: str, at: int) -> bool:
    """Do the characters around an offset belong to one word? Those of a script without spaces never do."""
    if not 0 < at < len(text) or not (text[at - 1].isalnum() and text[at].isalnum()):
        return False
    return not has_unspaced(text[at - 1 : at + 1])


def _short(text: str, limit: int = 80) -> str:
    plain = " ".join(text.split())
    return f'"{plain}"' if len(plain) <= limit else f'"{plain[:limit]}..."'
