"""The full dates and times of day of a text, however they are written: 2025-01-31, 31. Januar 2025; 14:30, 2.30 p.m."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

Date = tuple[int, int, int]
"""Year, month, day."""

_MONTH_NAMES = (  # English in short too, Danish, Dutch, French, German, Italian, Portuguese, Spanish
    "january jan januar januari janvier gennaio janeiro enero jänner",
    "february feb februar februari février febbraio fevereiro febrero",
    "march mar marts maart mars märz marzo março",
    "april apr avril aprile abril",
    "may maj mei mai maggio maio mayo",
    "june jun juni juin giugno junho junio",
    "july jul juli juillet luglio julho julio",
    "august aug augustus août agosto",
    "september sep sept septembre settembre setembro septiembre setiembre",
    "october oct oktober octobre ottobre outubro octubre",
    "november nov novembre novembro noviembre",
    "december dec dezember décembre dicembre dezembro diciembre",
)
_MONTH_NUMBERS = {name: month for month, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_ISO_DATE = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b|\b(\d{4})年(\d{1,2})月(\d{1,2})日")
_DOTTED_DATE = re.compile(r"(?<![\d.])(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})(?![\d])")  # the day first
_SLASHED_DATE = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")
_MONTH_NAME = rf"({'|'.join(sorted(_MONTH_NUMBERS, key=len, reverse=True))})\b\.?"
_DAY_MONTH_YEAR = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.|er|º)?(?: of| de)?[ \u00a0]{_MONTH_NAME}(?: de| del)?,?[ \u00a0](\d{{4}})\b",
    re.IGNORECASE,
)
_MONTH_DAY_YEAR = re.compile(rf"\b{_MONTH_NAME} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b", re.IGNORECASE)
_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_DAY_OF_MONTH = r"\d{1,2}(?:st|nd|rd|th)?"
_BARE_DATE = re.compile(
    rf"(?:{_WEEKDAY},? )?(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}|{_MONTH_NAME},? \d{{4}}"
    rf"|(?:{_MONTH_NAME} (?:the )?{_DAY_OF_MONTH}|(?:the )?{_DAY_OF_MONTH}(?: of)? {_MONTH_NAME})(?:,? \d{{4}})?)",
    re.IGNORECASE,
)


def dates(text: str) -> set[Date]:
    """Every full date: 2025-01-31, 31 January 2025, January 31, 2025, 31.1.2025, 31. Januar 2025, 31 de enero de 2025.

    Of 3/5/2025 nobody knows which is the month: see `slashed_dates`.
    """
    iso_dates = ([part for part in iso_match.groups() if part] for iso_match in _ISO_DATE.finditer(text))
    full_dates = {(int(year), int(month), int(day)) for year, month, day in iso_dates}
    full_dates |= {(int(y), int(m), int(d)) for d, m, y in _DOTTED_DATE.findall(text) if 0 < int(m) <= 12}
    full_dates |= {(int(y), _month_number(m), int(d)) for d, m, y in _DAY_MONTH_YEAR.findall(text)}
    full_dates |= {(int(y), _month_number(m), int(d)) for m, d, y in _MONTH_DAY_YEAR.findall(text)}
    return full_dates


def _month_number(name: str) -> int:
    return _MONTH_NUMBERS.get(name.casefold(), 0)


def slashed_dates(text: str) -> Iterator[tuple[str, set[Date]]]:
    """(as it is written, what it may mean) of every 3/5/2025: the day first, and the month first."""
    for slashed_match in _SLASHED_DATE.finditer(text):
        first_part, second_part, year = (int(part) for part in slashed_match.groups())
        day_and_month = ((first_part, second_part), (second_part, first_part))
        yield slashed_match.group(), {(year, month, day) for day, month in day_and_month if 0 < month <= 12}


def is_date(text: str) -> bool:
    """Is it a date, with or without its year or the name of its day, and nothing else: "JUNE 10TH."?"""
    return _BARE_DATE.fullmatch(" ".join(text.strip("*_()[].,:;–— \t\r\n").split())) is not None


def without_dates(text: str) -> str:
    """`text` with its full dates taken out, for checks of the other numbers."""
    for date_pattern in (_ISO_DATE, _DOTTED_DATE, _DAY_MONTH_YEAR, _MONTH_DAY_YEAR):
        text = date_pattern.sub(" ", text)
    return text


def short_day_or_month(name: str) -> list[str]:
    """What "Friday" or "September" is in short, in lower case; none for another word."""
    day_or_month = name.lower()
    is_day_or_month = day_or_month in _MONTH_NUMBERS or re.fullmatch(_WEEKDAY, day_or_month, re.IGNORECASE)
    return [day_or_month[:length] for length in range(3, 6)] if is_day_or_month else []


def names_month(text: str, month: int) -> bool:
    """Does `text` name the month, in short or in full?"""
    return any(_month_number(word) == month for word in re.findall(r"[^\W\d_]+", text))


_TIME_OF_DAY = re.compile(
    r"""(?<![\d.,:/])(?P<hour>[01]?\d|2[0-4])
    (?: (?P<separator>[:.]) (?P<minute>[0-5]\d) (?![\d:/]|[.,]\d)
      | [ \u00a0\u202f]?h[ \u00a0\u202f]?(?P<minute_behind>[0-5]\d) (?!\d))?
    (?P<mark>[ \u00a0\u202f]?(?:(?P<half>[ap])\.?m\b\.?|Uhr\b|h\b|uur\b))?""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day at [start, end) of its text; `minutes` since midnight."""

    start: int
    end: int
    minutes: int


def times(text: str) -> Iterator[Time]:
    """The times in digits that a colon, an "h" or a word marks: not 14.30 alone, which may be an amount."""
    for time_match in _TIME_OF_DAY.finditer(text):
        minute = time_match["minute"] or time_match["minute_behind"]
        if not (time_match["mark"] or time_match["minute_behind"] or (minute and time_match["separator"] == ":")):
            continue
        hour = int(time_match["hour"])
        if time_match["half"] and 1 <= hour <= 12:
            hour = hour % 12 + 12 * (time_match["half"].lower() == "p")
        yield Time(time_match.start(), time_match.end(), 60 * hour + int(minute or 0))
