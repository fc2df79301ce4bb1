"""Is a pair grounded in its chunk? Checked without a model: quotes are looked up, facts compared."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence, Set
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from groundwork.language.dates_and_times import Date, dates, names_month, slashed_dates, times, without_dates
from groundwork.language.language_and_script import has_unspaced, is_english
from groundwork.language.list_labels import BULLETS, DOTTED_LABEL, RULE_LABEL, labels
from groundwork.language.names_and_codes import quoted_terms
from groundwork.language.numbers import (
    Number,
    alternative_readings,
    common_scales,
    fractions,
    has_other_meaning,
    is_called_rounded,
    is_rounding,
    join_thousands,
    mantissa_and_scale,
    number_values,
    numbers,
    plain_fractions,
    scaled_values,
    scales,
    without_last_zeros,
    without_latex,
)
from groundwork.language.text_spans import Span
from groundwork.language.units_and_currencies import UNIT_NAME, canonical_unit, unit_of_adverb
from groundwork.markdown.blocks import blocks
from groundwork.markdown.markdown_tables import MarkdownTable, read_table


def in_source_spelling(grounded_answer: str, ground: str, grounded_values: Set[str], grounded_dates: Set[Date]) -> str:
    """An answer without its full dates and the times of `ground`, with fractions and thousands as `ground` has them.

    `grounded_values` are those of the source's numbers, however they are written. What means something else stays.
    """
    for grounded_spelling, date_meanings in slashed_dates(grounded_answer):
        if date_meanings & grounded_dates:
            grounded_answer = grounded_answer.replace(grounded_spelling, " ")
    grounded_answer = _without_times(without_dates(grounded_answer), ground)
    grounded_answer = plain_fractions(grounded_answer)
    for grounded_spelling, fraction_value in fractions(grounded_answer):
        if fraction_value in grounded_values:
            grounded_answer = grounded_answer.replace(grounded_spelling, fraction_value)
    return _as_thousands(grounded_answer, grounded_values)


def _without_times(grounded_answer: str, ground: str) -> str:
    """An answer without the times of day that `ground` has in any spelling."""
    times_to_ground = list(times(grounded_answer))
    grounded_times = {grounded_time.minutes for grounded_time in times(ground)} if times_to_ground else set()
    for grounded_time in reversed(times_to_ground):
        if grounded_time.minutes in grounded_times:
            grounded_answer = f"{grounded_answer[: grounded_time.start]} {grounded_answer[grounded_time.end :]}"
    return grounded_answer


def _as_thousands(grounded_answer: str, grounded_values: Set[str]) -> str:
    """An answer with its thousands joined ("2 000") where the sources have such a number, with another space in it."""
    joined = join_thousands(grounded_answer)
    is_grounded = number_values(joined) - number_values(grounded_answer) <= grounded_values
    return joined if is_grounded else grounded_answer


_GROUNDED_UNIT = re.compile(UNIT_NAME, re.IGNORECASE)
_SIGNS_BESIDE_QUOTES = frozenset(
    "*_`~\\|#>\u00ad\u200b\ufeff\u200c\u200d\u200e\u200f\u061c\u0640\u2066\u2067\u2068\u2069"
)
_TYPOGRAPHIC_QUOTE_SIGNS = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "’": "'", "‘": "'", "‚": "'"} | dict.fromkeys("‐‑‒–—−", "-")
)
_QUOTE_LABEL = re.compile(rf"(?m)^[ \t>]*(?:{RULE_LABEL}[.)]|{DOTTED_LABEL}|\(?[a-z][.)]|[-*+{BULLETS}])[ \t]+")
_TAG_IN_QUOTE = re.compile(r"</?(?:table|thead|tbody|tfoot|tr|t[dh]|br)\b[^<>]*>", re.IGNORECASE)
_QUOTE_ELLIPSIS = re.compile(r"(?:(?<!\s)\s++)?(?:\[\s*(?:\.\.\.|…)\s*\]|\.{3,}|…)\s*")
_MOST_QUOTE_SPANS = 1_000  # quotes that a text remembers; a prompt is asked for those of a whole run
_PUNCTUATION_AROUND_QUOTE = " \t\r\n\"'.,;:()[]。、،؛।"


class SourceText:
    """A text that quotes are looked up in and answers are held against, prepared once for all of them.

    `language` is its ISO 639-1 code, "" where that is not known.
    """

    def __init__(self, text: str, language: str) -> None:
        self.text, self.language = text, language
        self._quote_spans: dict[str, list[Span]] = {}  # of the quotes that were looked up

    @cached_property
    def word_language(self) -> str:
        """The language whose number words count: "ten" is a number in English, and "this" in Polish."""
        return self.language or ("en" if is_english(self.text) else "")

    def find(self, quote: str) -> Span | None:
        """Where `quote` stands in the text as (start, end), or None.

        Exact first; then tolerant of white space, line breaks, case, typographic quotes and dashes, Markdown markup,
        labels of list items and outer punctuation; then with an ellipsis for what was left out; last as cells of one
        table row.
        """
        part_spans = self.find_parts(quote)
        return (part_spans[0][0], part_spans[-1][1]) if part_spans else None

    def find_parts(self, quote: str) -> list[Span]:
        """Where the parts of `quote` stand, between which an ellipsis leaves something out; [] where one is not there.

        What was left out may be nearly all of the text: a quote does not hold it.
        """
        if len(self._quote_spans) >= _MOST_QUOTE_SPANS:
            self._quote_spans.clear()
        if quote not in self._quote_spans:
            self._quote_spans[quote] = self._find_quote(unicodedata.normalize("NFC", quote.strip()))
        return self._quote_spans[quote]

    def _find_quote(self, quote: str) -> list[Span]:
        if not any(ground_sign.isalnum() for ground_sign in quote):  # "%:" of a makefile; never a mark of a sentence
            quote_start = self.text.find(quote) if len(quote) > 1 else -1
            return [(quote_start, quote_start + len(quote))] if quote_start >= 0 else []
        quote_start = self.text.find(quote)
        if quote_start >= 0 and _is_quote_of_whole_words(self.text, quote_start, quote_start + len(quote)):
            return [(quote_start, quote_start + len(quote))]
        quote_parts = [part for part in _QUOTE_ELLIPSIS.split(quote) if part.strip(_PUNCTUATION_AROUND_QUOTE)]
        if len(quote_parts) > 1:
            return _find_quote_parts(quote_parts, self.text)
        texts = (self._normalised_ground, self._normalised_without_labels)
        quote_span = _find_normalised_quote(quote, texts) or _find_quote_in_rows(quote, self._grounding_rows)
        return [quote_span] if quote_span else []

    def with_columns(self, quote: str) -> str:
        """A quote; a table's row with the names of its columns, which it does not hold itself."""
        start, _ = self.find(quote) or (-1, -1)
        for ground_table in self._grounding_tables:
            if ground_table.header and any(row.start <= start < row.end for row in ground_table.data):
                column_names = " | ".join(ground_cell.text for ground_cell in ground_table.header[-1].cells)
                return f"{quote} (columns: {column_names})"
        return quote

    def faults(self, question: str, grounded_answer: str, evidence: Sequence[str]) -> list[str]:
        """Why the pair does not rest on the text, one reason each; empty when it does.

        Each quote must be found in the text, and every number, date, unit and quoted term of the answer must stand in
        the text or the question.
        """
        faults = [f"evidence is not in the text: {_shorten_quote(quote)}" for quote in evidence if not self.find(quote)]
        if not evidence:
            faults.append("no evidence was given")
        return faults + self.ungrounded_facts(grounded_answer, question)

    def ungrounded_facts(self, grounded_answer: str, question: str = "", counts: Set[int] = frozenset()) -> list[str]:
        """The numbers, dates, units and quoted terms of the answer that neither text nor question holds, as reasons.

        `counts`: numbers that count something, which may stand there without a unit.
        """
        grounded_answer, grounded_terms = without_latex(grounded_answer), quoted_terms(grounded_answer)
        grounds = [self._grounding_facts, *([_read_facts(question, self.word_language)] if question else [])]
        grounding_text = without_latex(f"{self.text}\n\n{question}")
        ungrounded = _ungrounded_dates(grounded_answer, grounds, grounding_text)
        grounded_numbers = [number for facts in grounds for number in facts.numbers]
        groundable_values = {number.value for number in grounded_numbers}.union(*(facts.labels for facts in grounds))
        other_values = {value for facts in grounds for value in facts.other_readings}
        exact_numbers = [*grounded_numbers, *(Number(0, 0, value) for value in other_values)]
        grounded_powers, grounded_scales = common_scales(grounding_text), scales(grounding_text)
        other_values |= scaled_values(groundable_values | other_values, grounded_powers)
        grounded_values = groundable_values | other_values
        grounded_dates = {date for facts in grounds for date in facts.dates}
        grounded_answer = in_source_spelling(grounded_answer, grounding_text, grounded_values, grounded_dates)
        # only lists have labels: what an answer of one line begins with may be invented
        grounded_answer = grounded_answer if "\n" in grounded_answer.strip() else f"= {grounded_answer}"
        for number in numbers(grounded_answer, spelled=self.word_language):
            grounded_spelling = grounded_answer[number.start : number.end]
            if not number.unit and number.value.isdecimal() and int(number.value) in counts:
                continue
            if number.value in other_values or has_other_meaning(grounded_spelling, self.word_language):
                continue
            is_grounded_number = number.value in grounded_values
            if not is_grounded_number and _is_mantissa(grounded_spelling, grounded_values, grounded_scales):
                continue
            if number.value not in groundable_values and not _is_same_amount(number, grounded_numbers):
                is_rounded = is_rounding(number, grounded_spelling, exact_numbers, grounded_powers)
                if not (is_rounded and is_called_rounded(grounded_answer, number.start)):
                    rounding_hint = ', but a rounding of one: say "about"' if is_rounded else ""
                    ungrounded.append(f"the number {number.value} is not in the text{rounding_hint}")
            elif number.unit and not _has_unit(number, grounded_numbers, grounding_text):
                ungrounded.append(f"the text does not say {number.value} {number.unit}")
        for grounded_term in grounded_terms:
            if not self.find(grounded_term) and not (question and find_quote(grounded_term, question)):
                ungrounded.append(f'the term "{grounded_term}" is not in the text')
        return list(dict.fromkeys(ungrounded))

    @cached_property
    def _grounding_facts(self) -> _GroundingFacts:
        return _read_facts(self.text, self.word_language)

    @cached_property
    def _normalised_ground(self) -> _NormalisedGround:
        return _normalise_ground(self.text, with_labels=True)

    @cached_property
    def _normalised_without_labels(self) -> _NormalisedGround:
        return _normalise_ground(self.text, with_labels=False)

    @cached_property
    def _grounding_rows(self) -> list[tuple[Span, list[list[str]]]]:
        """(span, words of each cell) of every row of the text's tables."""
        return [
            ((ground_row.start, ground_row.end), [_ground_words(ground_cell.text) for ground_cell in ground_row.cells])
            for ground_table in self._grounding_tables
            for ground_row in chain(*ground_table)
        ]

    @cached_property
    def _grounding_tables(self) -> list[MarkdownTable]:
        return [read_table(self.text, block.start, block.end) for block in blocks(self.text) if block.kind == "table"]


def find_quote(quote: str, ground: str) -> Span | None:
    """Where `quote` stands in `ground`, as `SourceText.find` tells it, for a text that is looked at once."""
    return SourceText(ground, "").find(quote)  # in any language alike


class _GroundingFacts(NamedTuple):
    """The facts of a text."""

    dates: set[Date]
    numbers: list[Number]
    labels: set[str]
    other_readings: set[str]  # of its numbers


def _read_facts(ground: str, language: str) -> _GroundingFacts:
    ground = plain_fractions(without_latex(ground))
    text_dates = dates(ground).union(*(meanings for _, meanings in slashed_dates(ground)))
    return _GroundingFacts(
        text_dates, numbers(ground, spelled=language), labels(ground), alternative_readings(ground, language)
    )


def _ungrounded_dates(grounded_answer: str, grounds: Sequence[_GroundingFacts], grounding_text: str) -> list[str]:
    return [
        f"the date {year:04d}-{month:02d}-{day:02d} is not in the text"
        for year, month, day in sorted(dates(grounded_answer).difference(*(facts.dates for facts in grounds)))
        if not _has_date_parts(year, month, day, grounding_text)
    ]


def _has_date_parts(year: int, month: int, day: int, ground: str) -> bool:
    """The parts may stand apart ("from 3 to 5 May 2025"): year, day and the month's name are there."""
    grounded_values = number_values(ground)
    return {str(year), str(day)} <= grounded_values and names_month(ground, month)


def _is_mantissa(grounded_spelling: str, grounded_values: Set[str], grounded_scales: Set[int]) -> bool:
    """Is it a number whose scale stands elsewhere: "1.5 million" for a cell of 1.5 below "in millions"?"""
    mantissa_parts = mantissa_and_scale(grounded_spelling)
    return mantissa_parts is not None and mantissa_parts[0] in grounded_values and mantissa_parts[1] in grounded_scales


def _is_same_amount(answer_number: Number, grounded_numbers: Sequence[Number]) -> bool:
    """Is it an amount that the text writes with more or fewer zeros at its end: "5 euros" and 5.00 in a table?"""
    return bool(answer_number.unit) and any(
        answer_number.amount == without_last_zeros(ground_number.value) for ground_number in grounded_numbers
    )


def _has_unit(answer_number: Number, grounded_numbers: Sequence[Number], ground: str) -> bool:
    """The text has this number with this unit, or bare (a table's cell, "two-yearly") and the unit elsewhere."""
    grounded_units = {
        ground_number.unit
        for ground_number in grounded_numbers
        if without_last_zeros(ground_number.value) == answer_number.amount or ground_number.value == answer_number.value
    }
    if answer_number.unit in grounded_units:
        return True
    grounded_unit_names = _GROUNDED_UNIT.findall(ground) if "" in grounded_units else ()
    return any(answer_number.unit in (canonical_unit(name), unit_of_adverb(name)) for name in grounded_unit_names)


def _find_quote_parts(quote_parts: Sequence[str], ground: str) -> list[Span]:
    part_spans: list[Span] = []
    search_start = 0
    for quote_part in quote_parts:
        remaining_ground = ground[search_start:]
        part_span = _find_normalised_quote(
            quote_part, [_normalise_ground(remaining_ground, with_labels) for with_labels in (True, False)]
        )
        if part_span is None:
            return []
        part_spans.append((search_start + part_span[0], search_start + part_span[1]))
        search_start += part_span[1]
    return part_spans


def _find_normalised_quote(quote: str, normalised_grounds: Sequence[_NormalisedGround]) -> Span | None:
    for plain_ground in normalised_grounds:
        normalised_quote = _normalise_ground(quote, plain_ground.with_labels).text.strip(_PUNCTUATION_AROUND_QUOTE)
        if not normalised_quote:
            return None
        quote_start = -1
        while (quote_start := plain_ground.text.find(normalised_quote, quote_start + 1)) >= 0:
            if _is_quote_of_whole_words(plain_ground.text, quote_start, quote_start + len(normalised_quote)):
                last_offset = plain_ground.offsets[quote_start + len(normalised_quote) - 1]
                return plain_ground.offsets[quote_start], last_offset + 1
    return None


def _ground_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _find_quote_in_rows(quote: str, ground_rows: Iterable[tuple[Span, list[list[str]]]]) -> Span | None:
    """A quote of cells that stand in this order in one table row, others between them; none in a cell, where a word
    left out may be a "not".
    """
    quote_words = _ground_words(quote)
    if len(quote_words) < 2:
        return None
    return next((span for span, ground_cells in ground_rows if _is_quote_of_cells(quote_words, ground_cells)), None)


def _is_quote_of_cells(quote_words: Sequence[str], ground_cells: Sequence[Sequence[str]]) -> bool:
    """Is the quote made of a piece of each of these cells, or of some of them, in their order?"""
    matched_quote_words = 0
    for ground_cell in ground_cells:  # the longest piece of each: a shorter one leaves the others the same and more
        matched_quote_words += max(
            (
                _shared_word_count(quote_words[matched_quote_words:], ground_cell[start:])
                for start in range(len(ground_cell))
            ),
            default=0,
        )
    return matched_quote_words == len(quote_words)


def _shared_word_count(quote_words: Sequence[str], cell_words: Sequence[str]) -> int:
    """How many words two texts begin with alike."""
    return next(
        (i for i, (a, b) in enumerate(zip(quote_words, cell_words, strict=False)) if a != b),
        min(len(quote_words), len(cell_words)),
    )


class _NormalisedGround(NamedTuple):
    """Plain lower-case text and, for each of its characters, the offset it came from."""

    text: str
    offsets: tuple[int, ...]
    with_labels: bool


def _normalise_ground(ground: str, with_labels: bool) -> _NormalisedGround:
    if "<" in ground:
        ground = _TAG_IN_QUOTE.sub(lambda tag: " " * len(tag.group()), ground)
    quote_label_spans = [] if with_labels else [match.span() for match in _QUOTE_LABEL.finditer(ground)]
    quote_label_starts = [start for start, _ in quote_label_spans]
    normalised_characters: list[str] = []
    ground_offsets: list[int] = []
    for i, ground_character in enumerate(ground):
        label_index = bisect_left(quote_label_starts, i + 1) - 1
        if label_index >= 0 and i < quote_label_spans[label_index][1]:
            continue
        if ground_character.isspace():
            if normalised_characters and normalised_characters[-1] != " ":
                normalised_characters.append(" ")
                ground_offsets.append(i)
            continue
        if ground_character in _SIGNS_BESIDE_QUOTES:
            continue
        for ground_sign in _plain_quote_characters(ground_character):
            normalised_characters.append(ground_sign)
            ground_offsets.append(i)
    return _NormalisedGround("".join(normalised_characters), tuple(ground_offsets), with_labels)


@lru_cache(maxsize=4096)
def _plain_quote_characters(ground_sign: str) -> str:
    """A character, or those that it stands for, without typography and in lower case."""
    return unicodedata.normalize("NFKC", ground_sign.translate(_TYPOGRAPHIC_QUOTE_SIGNS)).casefold()


def _is_quote_of_whole_words(ground: str, quote_start: int, quote_end: int) -> bool:
    return not (_is_inside_word(ground, quote_start) or _is_inside_word(ground, quote_end))


def _is_inside_word(ground: str, border: int) -> bool:
    """Do the characters around an offset belong to one word? Those of a script without spaces never do."""
    if not 0 < border < len(ground) or not (ground[border - 1].isalnum() and ground[border].isalnum()):
        return False
    return not has_unspaced(ground[border - 1 : border + 1])


def _shorten_quote(quote: str, limit: int = 80) -> str:
    line = " ".join(quote.split())
    return f'"{line}"' if len(line) <= limit else f'"{line[:limit]}..."'
