"""What a spreadsheet's number format adds to a number: a percent sign, a currency, a unit."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

_PARTS = re.compile(r'"([^"]*+)"|\\(.)|\[\$([^\[\]-]*+)[^\[\]]*+\]|_.|\*.|\[([^\[\]]*+)\]|(.)')
_DIGITS = "0#?"
_PLAIN = "$€£¥₹%‰ "  # what is shown as it stands, of what needs no quotes
_CONDITION = ("<", ">", "=")
_LEAST_PLACES = 2  # of a percentage
_DIGITS_KEPT = 15  # of a number, as spreadsheets calculate


class Affixes(NamedTuple):
    """What stands before and behind a number; `places`: behind the point, of a percentage; `width`: the digits of a
    code, with zeros before them."""

    before: str = ""
    behind: str = ""
    places: int = 0
    width: int = 0


def shown_number(value: float, number_format: str) -> str:
    """A number in all its digits, with what its format says of its unit."""
    before, behind, places, width = affixes(number_format)
    size = round(abs(value) * 100, places) if "%" in before + behind else abs(value)
    digits = str(int(size)) if float(size).is_integer() else f"{size:.{_DIGITS_KEPT}g}"
    return f"{'-' * (value < 0)}{before}{digits.zfill(width)}{behind}"


@functools.cache
def affixes(number_format: str) -> Affixes:
    """Of the first section; none of a format that scales by thousands, has conditions, or puts text in its digits."""
    sides: list[list[str]] = [[], []]
    seen = ""
    for quoted, escaped, currency, bracket, plain in _PARTS.findall(number_format):
        if plain == ";":
            break
        if plain in ("E", "e", "/", "@") or (bracket and bracket.startswith(_CONDITION)):
            return Affixes()
        if plain and (plain in _DIGITS or (plain in ",." and seen)):
            if sides[1]:
                return Affixes()
            seen += plain
        elif text := quoted or escaped or currency or (plain if plain in _PLAIN else ""):
            sides[bool(seen)].append(text)
    if seen.endswith(",") or not seen:
        return Affixes()
    before, behind = ("".join(side).strip(" ()-") for side in sides)
    if any(map(str.isdecimal, before + behind)):
        return Affixes()
    spaced = " " if "".join(sides[1]).startswith(" ") or behind[:1].isalpha() else ""
    width = len(seen) if set(seen) == {"0"} else 0
    places = max(_LEAST_PLACES, len(seen.partition(".")[2]))
    return Affixes(before, f"{spaced}{behind}" if behind else "", places, width)
