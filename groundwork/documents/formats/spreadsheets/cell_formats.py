"""Values of cells as a reader sees them: a number format adds a percent sign, a currency, a unit to its number."""

from __future__ import annotations

import datetime
import functools
import re
from typing import Any, NamedTuple

_NUMBER_FORMAT_TOKEN = re.compile(r'"([^"]*+)"|\\(.)|\[\$([^\[\]-]*+)[^\[\]]*+\]|_.|\*.|\[([^\[\]]*+)\]|(.)')
_FORMAT_DIGIT_SIGNS = "0#?"
_FORMAT_LITERAL_SIGNS = "$€£¥₹%‰ "  # what is shown as it stands, of what needs no quotes
_FORMAT_CONDITION_SIGNS = ("<", ">", "=")
_LEAST_PERCENT_DECIMALS = 2  # of a percentage
_NUMBER_NOISE_DIGITS = 3  # behind which a calculated number may hold what is no part of it
_SIGNIFICANT_NUMBER_DIGITS = 15  # of a number, as spreadsheets calculate


class NumberAffixes(NamedTuple):
    """What stands before and behind a number; `places`: behind the point, of a percentage; `width`: the digits of a
    code, with zeros before them."""

    before: str = ""
    behind: str = ""
    places: int = 0
    width: int = 0


def format_number(number: float, number_format: str) -> str:
    """A number in all its digits, with what its format says of its unit."""
    before, behind, decimals, zero_padded_width = number_affixes(number_format)
    magnitude = round(abs(number) * 100, decimals) if "%" in before + behind else abs(number)
    number_digits = str(int(magnitude)) if float(magnitude).is_integer() else _number_digits(magnitude)
    return f"{'-' * (number < 0)}{before}{number_digits.zfill(zero_padded_width)}{behind}"


def _number_digits(magnitude: float) -> str:
    """As spreadsheets calculate; without the trace of a subtraction: 0.09 for 0.0899999999999999."""
    exact_number, short_number = (
        f"{magnitude:.{_SIGNIFICANT_NUMBER_DIGITS}g}",
        f"{magnitude:.{_SIGNIFICANT_NUMBER_DIGITS - _NUMBER_NOISE_DIGITS}g}",
    )
    return short_number if len(short_number) <= len(exact_number) - 2 * _NUMBER_NOISE_DIGITS else exact_number


@functools.cache
def number_affixes(number_format: str) -> NumberAffixes:
    """Of the first section; none of a format that scales by thousands, has conditions, or puts text in its digits."""
    number_sides: list[list[str]] = [[], []]
    digit_pattern = ""
    for quoted_unit, escaped_sign, currency, bracketed_condition, format_character in _NUMBER_FORMAT_TOKEN.findall(
        number_format.replace("General", "#")
    ):
        if format_character == ";":
            break
        if format_character in ("E", "e", "/", "@") or (
            bracketed_condition and bracketed_condition.startswith(_FORMAT_CONDITION_SIGNS)
        ):
            return NumberAffixes()
        if format_character and (
            format_character in _FORMAT_DIGIT_SIGNS or (format_character in ",." and digit_pattern)
        ):
            if number_sides[1]:
                return NumberAffixes()
            digit_pattern += format_character
        elif (
            affix_text := quoted_unit
            or escaped_sign
            or currency
            or (format_character if format_character in _FORMAT_LITERAL_SIGNS else "")
        ):
            number_sides[bool(digit_pattern)].append(affix_text)
    if digit_pattern.endswith(",") or not digit_pattern:
        return NumberAffixes()
    affix_before, affix_behind = ("".join(number_side).strip(" ()-") for number_side in number_sides)
    if any(map(str.isdecimal, affix_before + affix_behind)):
        return NumberAffixes()
    space = " " if "".join(number_sides[1]).startswith(" ") or affix_behind[:1].isalpha() else ""
    zero_padded_width = len(digit_pattern) if set(digit_pattern) == {"0"} else 0
    decimals = max(_LEAST_PERCENT_DECIMALS, len(digit_pattern.partition(".")[2]))
    return NumberAffixes(affix_before, f"{space}{affix_behind}" if affix_behind else "", decimals, zero_padded_width)


_SECOND_DECIMALS = re.compile(r"s\]?\.(0{1,6})")


def cell_text(cell_value: Any, number_format: str) -> str:
    """A cell as a reader sees it; "" for an empty one, whose value is None."""
    if cell_value is None:
        return ""
    if isinstance(cell_value, int | float) and not isinstance(cell_value, bool):
        return format_number(cell_value, number_format)
    if isinstance(cell_value, datetime.timedelta):
        return _duration_text(cell_value, _smallest_time_step(number_format))
    if isinstance(cell_value, datetime.time):
        time_of_day = datetime.datetime.combine(datetime.date.min, cell_value)
        return _rounded_time(time_of_day, _smallest_time_step(number_format)).partition(" ")[2]
    if isinstance(cell_value, datetime.datetime):
        return _rounded_time(cell_value, _smallest_time_step(number_format)).removesuffix(" 00:00:00")
    return str(cell_value)


def _smallest_time_step(number_format: str) -> int:
    """The microseconds in the smallest unit that a format of times shows; those of a second at the most."""
    second_decimals = _SECOND_DECIMALS.search(number_format)
    return 10 ** (6 - len(second_decimals[1])) if second_decimals else 10**6


def _rounded_time(time_of_day: datetime.datetime, time_step: int) -> str:
    """To so many microseconds: days are counted in fractions that are not exact."""
    nearest_time = time_of_day + datetime.timedelta(microseconds=time_step // 2)
    time_text = str(nearest_time.replace(microsecond=nearest_time.microsecond // time_step * time_step))
    return time_text.rstrip("0") if "." in time_text else time_text


def _duration_text(duration: datetime.timedelta, time_step: int) -> str:
    """Hours, minutes and seconds: 38:30:00."""
    time_microseconds = round(abs(duration.total_seconds()) * 10**6 / time_step) * time_step
    hours, rest = divmod(time_microseconds, 3600 * 10**6)
    time_of_day = _rounded_time(datetime.datetime.min + datetime.timedelta(microseconds=rest), time_step)
    return f"{'-' * (duration.days < 0)}{hours}{time_of_day[time_of_day.index(':') :]}"
