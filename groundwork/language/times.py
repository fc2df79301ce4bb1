"""The times of day of a text: 14:30, 2.30 p.m., 14 h 30, 14.30 Uhr."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TIME = re.compile(
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
    for match in _TIME.finditer(text):
        minute = match["minute"] or match["minute_behind"]
        if not (match["mark"] or match["minute_behind"] or (minute and match["separator"] == ":")):
            continue
        hour = int(match["hour"])
        if match["half"] and 1 <= hour <= 12:
            hour = hour % 12 + 12 * (match["half"].lower() == "p")
        yield Time(match.start(), match.end(), 60 * hour + int(minute or 0))
