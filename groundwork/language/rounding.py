"""Numbers that stand for others: in the scale that a table gives all of them, or rounded, as "about" says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from groundwork.language.numbers import Number, mantissa_and_scale, times_power

MOST_ROUNDED_OFF = Decimal("0.05")  # of the exact number
LEAST_DIGITS = 2  # without zeros at the end, that a rounded number keeps
_YEARS = range(1900, 2101)
_DECIMAL = re.compile(r"\d{1,30}(?:\.\d{1,30})?")
_LONGEST_MARK = 30  # characters
_ROUNDED = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|some|over|under|(?:close|up) to"
    r"|(?:more|less) than|circa|ca\.?|c\.|rund|etwa|ungefähr|gut|knapp|fast|über|unter|(?:mehr|weniger) als|environ"
    r"|près de|quelque|presque|(?:plus|moins) de|un[oa]s|aproximadamente|alrededor de|cerca de|casi|más de|mais de"
    r"|quase|quasi|oltre|più di|ongeveer|bijna|ruim|meer dan|около|примерно|почти)|[~≈∼])"
    r"\s*(?:(?:[A-Z]{0,3} ?[$€£]|[A-Z]{3})\s?)?\Z",
    re.IGNORECASE,
)


def scaled_values(values: Iterable[str], powers: Iterable[int]) -> set[str]:
    """The values of cells in each of these scales, powers of ten: "71050000" for "71050" in thousands."""
    return {times_power(value, power) for value in values if _DECIMAL.fullmatch(value) for power in powers}


def is_called_rounded(text: str, start: int) -> bool:
    """Does a word or sign before the number at `start` say that it is not exact: "about US$5 billion"?"""
    return _ROUNDED.search(text[max(0, start - _LONGEST_MARK) : start]) is not None


def is_rounding(number: Number, written: str, exact_numbers: Iterable[Number], powers: Iterable[int]) -> bool:
    """Is it one of `exact_numbers`, as it stands or in one of the scales, with fewer digits: 154.2 million?"""
    if not _DECIMAL.fullmatch(number.value) or _digit_count(number.value) < LEAST_DIGITS:
        return False
    rounded, step = Decimal(number.value), _step(written, number.value)
    exact_values = {
        Decimal(exact.value).scaleb(power)
        for exact in exact_numbers
        if _DECIMAL.fullmatch(exact.value)
        and exact.unit in ("", number.unit)
        and _digit_count(exact.value) > _digit_count(number.value)
        for power in (0, *powers)
        if power or exact.unit or not (exact.value.isdecimal() and int(exact.value) in _YEARS)
    }
    return any(abs(exact - rounded) <= min(step / 2, MOST_ROUNDED_OFF * exact) for exact in exact_values)


def _digit_count(value: str) -> int:
    return len(value.replace(".", "").strip("0"))


def _step(written: str, value: str) -> Decimal:
    """The place to which a number is given: 100,000 for 154.2 million, 1,000 for 154,000."""
    mantissa, power = mantissa_and_scale(written) or (value, 0)
    _, dot, fraction = mantissa.partition(".")
    zeros = 0 if dot or power else len(value) - len(value.rstrip("0"))
    return Decimal(1).scaleb(power + zeros - len(fraction))
