"""The full dates of a text, however they are written: 2025-01-31, 31 January 2025, January 31, 2025."""

from __future__ import annotations

import re

_ISO_DATE = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH},? (\d{{4}})\b", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b", re.IGNORECASE)
_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_BARE_DATE = re.compile(
    rf"(?:{_WEEKDAY},? )?(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}|{_MONTH},? \d{{4}}"
    rf"|(?:{_MONTH} (?:the )?{_DAY}|(?:the )?{_DAY}(?: of)? {_MONTH})(?:,? \d{{4}})?)",
    re.IGNORECASE,
)


def dates(text: str) -> set[tuple[int, int, int]]:
    """Every full date as (year, month, day), from 2025-01-31, 31 January 2025 and January 31, 2025."""
    full_dates = {(int(y), int(m), int(d)) for y, m, d in _ISO_DATE.findall(text)}
    full_dates |= {(int(y), MONTHS.index(m[:3].lower()) + 1, int(d)) for d, m, y in _DAY_MONTH.findall(text)}
    full_dates |= {(int(y), MONTHS.index(m[:3].lower()) + 1, int(d)) for m, d, y in _MONTH_DAY.findall(text)}
    return full_dates


def is_date(text: str) -> bool:
    """Is it a date, with or without its year or the name of its day, and nothing else: "JUNE 10TH."?"""
    return _BARE_DATE.fullmatch(" ".join(text.strip("*_()[].,:;–— \t\r\n").split())) is not None


def without_dates(text: str) -> str:
    """`text` with its full dates taken out, for checks of the other numbers."""
    for pattern in (_ISO_DATE, _DAY_MONTH, _MONTH_DAY):
        text = pattern.sub(" ", text)
    return text
