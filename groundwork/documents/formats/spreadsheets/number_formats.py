"""Values of cells as a reader sees them: a number format adds a percent sign, a currency, a unit to its number."""

from __future__ import annotations

import datetime
import functools
import re
from typing import Any, NamedTuple

_FORMAT_TOKEN = re.compile(r'"([^"]*+)"|\\(.)|\[\$([^\[\]-]*+)[^\[\]]*+\]|_.|\*.|\[([^\[\]]*+)\]|(.)')
_DIGIT_SIGNS = "0#?"
_LITERAL_SIGNS = "$€£¥₹%‰ "  # what is shown as it stands, of what needs no quotes
_CONDITION_SIGNS = ("<", ">", "=")
_LEAST_DECIMALS = 2  # of a percentage
_NOISE_DIGITS = 3  # behind which a calculated number may hold what is no part of it
_SIGNIFICANT_DIGITS = 15  # of a number, as spreadsheets calculate


class Affixes(NamedTuple):
    """What stands before and behind a number; `places`: behind the point, of a percentage; `width`: the digits of a
    code, with zeros before them."""

    before: str = ""
    behind: str = ""
    places: int = 0
    width: int = 0


def format_number(value: float, number_format: str) -> str:
    """A number in all its digits, with what its format says of its unit."""
    before, behind, decimals, width = number_affixes(number_format)
    magnitude = round(abs(value) * 100, decimals) if "%" in before + behind else abs(value)
    digits = str(int(magnitude)) if float(magnitude).is_integer() else _decimal_digits(magnitude)
    return f"{'-' * (value < 0)}{before}{digits.zfill(width)}{behind}"


def _decimal_digits(magnitude: float) -> str:
    """As spreadsheets calculate; without the trace of a subtraction: 0.09 for 0.0899999999999999."""
    exact, short = f"{magnitude:.{_SIGNIFICANT_DIGITS}g}", f"{magnitude:.{_SIGNIFICANT_DIGITS - _NOISE_DIGITS}g}"
    return short if len(short) <= len(exact) - 2 * _NOISE_DIGITS else exact


@functools.cache
def number_affixes(number_format: str) -> Affixes:
    """Of the first section; none of a format that scales by thousands, has conditions, or puts text in its digits."""
    sides: list[list[str]] = [[], []]
    digit_pattern = ""
    for quoted, escaped, currency, bracket, character in _FORMAT_TOKEN.findall(number_format.replace("General", "#")):
        if character == ";":
            break
        if character in ("E", "e", "/", "@") or (bracket and bracket.startswith(_CONDITION_SIGNS)):
            return Affixes()
        if character and (character in _DIGIT_SIGNS or (character in ",." and digit_pattern)):
            if sides[1]:
                return Affixes()
            digit_pattern += character
        elif text := quoted or escaped or currency or (character if character in _LITERAL_SIGNS else ""):
            sides[bool(digit_pattern)].append(text)
    if digit_pattern.endswith(",") or not digit_pattern:
        return Affixes()
    before, behind = ("".join(side).strip(" ()-") for side in sides)
    if any(map(str.isdecimal, before + behind)):
        return Affixes()
    space = " " if "".join(sides[1]).startswith(" ") or behind[:1].isalpha() else ""
    width = len(digit_pattern) if set(digit_pattern) == {"0"} else 0
    decimals = max(_LEAST_DECIMALS, len(digit_pattern.partition(".")[2]))
    return Affixes(before, f"{space}{behind}" if behind else "", decimals, width)


_SECOND_DECIMALS = re.compile(r"s\]?\.(0{1,6})")


def cell_text(cell_value: Any, number_format: str) -> str:
    """A cell as a reader sees it; "" for an empty one, whose value is None."""
    if cell_value is None:
        return ""
    if isinstance(cell_value, int | float) and not isinstance(cell_value, bool):
        return format_number(cell_value, number_format)
    if isinstance(cell_value, datetime.timedelta):
        return _duration_text(cell_value, _second_step(number_format))
    if isinstance(cell_value, datetime.time):
        moment = datetime.datetime.combine(datetime.date.min, cell_value)
        return _round_to(moment, _second_step(number_format)).partition(" ")[2]
    if isinstance(cell_value, datetime.datetime):
        return _round_to(cell_value, _second_step(number_format)).removesuffix(" 00:00:00")
    return str(cell_value)


def _second_step(number_format: str) -> int:
    """The microseconds in the smallest unit that a format of times shows; those of a second at the most."""
    decimals = _SECOND_DECIMALS.search(number_format)
    return 10 ** (6 - len(decimals[1])) if decimals else 10**6


def _round_to(moment: datetime.datetime, step: int) -> str:
    """To so many microseconds: days are counted in fractions that are not exact."""
    nearest = moment + datetime.timedelta(microseconds=step // 2)
    text = str(nearest.replace(microsecond=nearest.microsecond // step * step))
    return text.rstrip("0") if "." in text else text


def _duration_text(duration: datetime.timedelta, step: int) -> str:
    """Hours, minutes and seconds: 38:30:00."""
    microseconds = round(abs(duration.total_seconds()) * 10**6 / step) * step
    hours, rest = divmod(microseconds, 3600 * 10**6)
    moment = _round_to(datetime.datetime.min + datetime.timedelta(microseconds=rest), step)
    return f"{'-' * (duration.days < 0)}{hours}{moment[moment.index(':') :]}"
