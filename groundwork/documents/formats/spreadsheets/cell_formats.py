"""Values of cells as a reader sees them: a number format adds a percent sign, a currency, a unit to its number."""

from __future__ import annotations

import datetime
import functools
import re
from typing import Any, NamedTuple

_NUMBER_FORMAT_TOKEN = re.compile(r'"([^"]*+)"|\\(.)|\[\$([^\[\]-]*+)[^\[\]]*+\]|_.|\*.|\[([^\[\]]*+)\]|(.)')
_NUMBER_FORMAT_DIGITS = "0#?"
_FORMAT_LITERAL_SIGNS = "$€£¥₹%‰ "  # what is shown as it stands, of what needs no quotes
_FORMAT_CONDITION_SIGNS = ("<", ">", "=")
_LEAST_FORMAT_DECIMALS = 2  # of a percentage
_FORMAT_NOISE_DIGITS = 3  # behind which a calculated number may hold what is no part of it
_FORMAT_DIGITS = 15  # of a number, as spreadsheets calculate
_FORMAT_SECOND_DECIMALS = re.compile(r"s\]?\.(0{1,6})")


class NumberFormatAffixes(NamedTuple):
    """What stands before and behind a number; `places`: behind the point, of a percentage; `width`: the digits of a
    code, with zeros before them."""

    before: str = ""
    behind: str = ""
    places: int = 0
    width: int = 0


def format_number(number: float, number_format: str) -> str:
    """A number in all its digits, with what its format says of its unit."""
    before, behind, format_decimals, format_width = format_affixes(number_format)
    magnitude = round(abs(number) * 100, format_decimals) if "%" in before + behind else abs(number)
    formatted_digits = str(int(magnitude)) if float(magnitude).is_integer() else _formatted_digits(magnitude)
    return f"{'-' * (number < 0)}{before}{formatted_digits.zfill(format_width)}{behind}"


def _formatted_digits(magnitude: float) -> str:
    """As spreadsheets calculate; without the trace of a subtraction: 0.09 for 0.0899999999999999."""
    exact_format = f"{magnitude:.{_FORMAT_DIGITS}g}"
    short_format = f"{magnitude:.{_FORMAT_DIGITS - _FORMAT_NOISE_DIGITS}g}"
    return short_format if len(short_format) <= len(exact_format) - 2 * _FORMAT_NOISE_DIGITS else exact_format


@functools.cache
def format_affixes(number_format: str) -> NumberFormatAffixes:
    """Of the first section; none of a format that scales by thousands, has conditions, or puts text in its digits."""
    format_sides: list[list[str]] = [[], []]
    format_digits = ""
    for quoted_unit, escaped_sign, currency, bracketed_condition, format_character in _NUMBER_FORMAT_TOKEN.findall(
        number_format.replace("General", "#")
    ):
        if format_character == ";":
            break
        if format_character in ("E", "e", "/", "@") or (
            bracketed_condition and bracketed_condition.startswith(_FORMAT_CONDITION_SIGNS)
        ):
            return NumberFormatAffixes()
        if format_character and (
            format_character in _NUMBER_FORMAT_DIGITS or (format_character in ",." and format_digits)
        ):
            if format_sides[1]:
                return NumberFormatAffixes()
            format_digits += format_character
        elif (
            format_text := quoted_unit
            or escaped_sign
            or currency
            or (format_character if format_character in _FORMAT_LITERAL_SIGNS else "")
        ):
            format_sides[bool(format_digits)].append(format_text)
    if format_digits.endswith(",") or not format_digits:
        return NumberFormatAffixes()
    before, behind = ("".join(format_side).strip(" ()-") for format_side in format_sides)
    if any(map(str.isdecimal, before + behind)):
        return NumberFormatAffixes()
    space = " " if "".join(format_sides[1]).startswith(" ") or behind[:1].isalpha() else ""
    format_width = len(format_digits) if set(format_digits) == {"0"} else 0
    format_decimals = max(_LEAST_FORMAT_DECIMALS, len(format_digits.partition(".")[2]))
    return NumberFormatAffixes(before, f"{space}{behind}" if behind else "", format_decimals, format_width)


def cell_text(cell_value: Any, number_format: str) -> str:
    """A cell as a reader sees it; "" for an empty one, whose value is None."""
    if cell_value is None:
        return ""
    if isinstance(cell_value, int | float) and not isinstance(cell_value, bool):
        return format_number(cell_value, number_format)
    if isinstance(cell_value, datetime.timedelta):
        return _formatted_duration(cell_value, _time_step_of_format(number_format))
    if isinstance(cell_value, datetime.time):
        time_of_day = datetime.datetime.combine(datetime.date.min, cell_value)
        return _formatted_time(time_of_day, _time_step_of_format(number_format)).partition(" ")[2]
    if isinstance(cell_value, datetime.datetime):
        return _formatted_time(cell_value, _time_step_of_format(number_format)).removesuffix(" 00:00:00")
    return str(cell_value)


def _time_step_of_format(number_format: str) -> int:
    """The microseconds in the smallest unit that a format of times shows; those of a second at the most."""
    second_decimals = _FORMAT_SECOND_DECIMALS.search(number_format)
    return 10 ** (6 - len(second_decimals[1])) if second_decimals else 10**6


def _formatted_time(time_of_day: datetime.datetime, time_step: int) -> str:
    """To so many microseconds: days are counted in fractions that are not exact."""
    nearest_time = time_of_day + datetime.timedelta(microseconds=time_step // 2)
    formatted_time = str(nearest_time.replace(microsecond=nearest_time.microsecond // time_step * time_step))
    return formatted_time.rstrip("0") if "." in formatted_time else formatted_time


def _formatted_duration(duration: datetime.timedelta, time_step: int) -> str:
    """Hours, minutes and seconds: 38:30:00."""
    formatted_microseconds = round(abs(duration.total_seconds()) * 10**6 / time_step) * time_step
    hours, rest = divmod(formatted_microseconds, 3600 * 10**6)
    formatted_time = _formatted_time(datetime.datetime.min + datetime.timedelta(microseconds=rest), time_step)
    return f"{'-' * (duration.days < 0)}{hours}{formatted_time[formatted_time.index(':') :]}"
