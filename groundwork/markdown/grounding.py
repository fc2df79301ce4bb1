"""Is a pair grounded in its chunk? Checked without a model: quotes are looked up, facts compared."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from groundwork.language.dates import MONTHS, dates, without_dates
from groundwork.language.detection import is_english
from groundwork.language.labels import DOTTED, RULE, labels
from groundwork.language.names import quoted
from groundwork.language.numbers import Number, numbers, other_readings, unit_of
from groundwork.language.scripts import UNSPACED
from groundwork.markdown.blocks import blocks
from groundwork.markdown.tables import read_table

Span = tuple[int, int]

_MARKUP = frozenset("*_`~\\|#>\u00ad\u200b\ufeff\u200c\u200d\u200e\u200f\u061c\u0640\u2066\u2067\u2068\u2069")
_NO_SPACES = re.compile(f"[{UNSPACED}]")
_SAME = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "‚": "'"} | dict.fromkeys("‐‑‒–—−", "-")
)
_LABEL = re.compile(rf"(?m)^[ \t>]*(?:{RULE}[.)]|{DOTTED}|\(?[a-z][.)]|[-*+•])[ \t]+")
_TABLE_TAG = re.compile(r"</?(?:table|thead|tbody|tfoot|tr|t[dh]|br)\b[^<>]*>", re.IGNORECASE)
_ELLIPSIS = re.compile(r"\s*(?:\[\s*(?:\.\.\.|…)\s*\]|\.{3,}|…)\s*")
_EDGE = " \t\r\n\"'.,;:()[]。、،؛।"


def find(quote: str, text: str) -> Span | None:
    """Where `quote` stands in `text` as (start, end), or None.

    Exact first; then tolerant of white space, line breaks, case, typographic quotes and dashes, Markdown markup, labels
    of list items and outer punctuation; then with an ellipsis for what was left out; last as cells of one table row.
    """
    quote = unicodedata.normalize("NFC", quote.strip())
    if not any(character.isalnum() for character in quote):
        return None
    at = text.find(quote)
    if at >= 0 and _on_word_boundaries(text, at, at + len(quote)):
        return at, at + len(quote)
    parts = [part for part in _ELLIPSIS.split(quote) if part.strip(_EDGE)]
    if len(parts) > 1:
        return _find_parts(parts, text)
    return _find_loosely(quote, text) or _find_row(quote, text)


def faults(question: str, answer: str, evidence: Sequence[str], text: str) -> list[str]:
    """Why the pair does not rest on `text`, one reason each; empty when it does.

    Each quote must be found in the text, and every number, date, unit and quoted term of the answer must stand in the
    text or the question.
    """
    problems = [f"evidence is not in the text: {_short(quote)}" for quote in evidence if not find(quote, text)]
    if not evidence:
        problems.append("no evidence was given")
    return problems + unsupported(answer, text, question)


def unsupported(answer: str, *sources: str) -> list[str]:
    """The numbers, dates, units and quoted terms of `answer` that none of `sources` holds, as reasons."""
    english = is_english(sources[0])  # elsewhere "ten" is no number: it is "this" in Polish
    source, stated = "\n\n".join(sources), [_stated(one, english) for one in sources]
    problems = [
        f"the date {year:04d}-{month:02d}-{day:02d} is not in the text"
        for year, month, day in sorted(dates(answer).difference(*(one.dates for one in stated)))
        if not _date_in_parts(year, month, day, source)
    ]
    known = [number for one in stated for number in one.numbers]
    figures = {number.value for number in known}.union(*(one.labels for one in stated))
    others = {value for one in stated for value in one.others}
    for number in numbers(without_dates(answer), spelled=english):
        if number.value in others:
            continue
        if number.value not in figures:
            problems.append(f"the number {number.value} is not in the text")
        elif number.unit and not _unit_fits(number, known, source):
            problems.append(f"the text does not say {number.value} {number.unit}")
    problems += [f'the term "{term}" is not in the text' for term in quoted(answer) if not find(term, source)]
    return list(dict.fromkeys(problems))


class _Stated(NamedTuple):
    """The facts of a text."""

    dates: set[tuple[int, int, int]]
    numbers: list[Number]
    labels: set[str]
    others: set[str]  # other readings of its numbers


@lru_cache(maxsize=32)  # a chunk is looked at for every pair about it
def _stated(text: str, spelled: bool) -> _Stated:
    return _Stated(dates(text), numbers(text, spelled=spelled), labels(text), other_readings(text))


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
        span = _find_loosely(part, text[position:])
        if span is None:
            return None
        first = position + span[0] if first is None else first
        position += span[1]
    return None if first is None else (first, position)


def _find_loosely(quote: str, text: str) -> Span | None:
    for with_labels in (True, False):
        plain, offsets = _normalised(text, with_labels)
        wanted = _normalised(quote, with_labels)[0].strip(_EDGE)
        if not wanted:
            return None
        at = -1
        while (at := plain.find(wanted, at + 1)) >= 0:
            if _on_word_boundaries(plain, at, at + len(wanted)):
                return offsets[at], offsets[at + len(wanted) - 1] + 1
    return None


def _find_row(quote: str, text: str) -> Span | None:
    """A quote whose cells or words stand in this order in one table row, others between them."""
    wanted = re.findall(r"\w+", quote.casefold())
    if len(wanted) < 2:
        return None
    for block in blocks(text):
        for row in chain(*read_table(text, block.start, block.end)) if block.kind == "table" else ():
            have = iter(re.findall(r"\w+", " ".join(cell.text for cell in row.cells).casefold()))
            if all(word in have for word in wanted):
                return row.start, row.end
    return None


@lru_cache(maxsize=64)
def _normalised(text: str, with_labels: bool) -> tuple[str, tuple[int, ...]]:
    """Plain lower-case text and, for each of its characters, the offset it came from."""
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
    return "".join(characters), tuple(offsets)


def _on_word_boundaries(text: str, start: int, end: int) -> bool:
    return not (_one_word(text, start) or _one_word(text, end))


def _one_word(text: str, at: int) -> bool:
    """Do the characters around an offset belong to one word? Those of a script without spaces never do."""
    if not 0 < at < len(text) or not (text[at - 1].isalnum() and text[at].isalnum()):
        return False
    return text.isascii() or not (_NO_SPACES.match(text[at - 1]) or _NO_SPACES.match(text[at]))


def _short(text: str, limit: int = 80) -> str:
    plain = " ".join(text.split())
    return f'"{plain}"' if len(plain) <= limit else f'"{plain[:limit]}..."'
