"""The units of measurement and the currencies that numbers stand beside: km, kilometres, %, euros."""

from __future__ import annotations

import re
import unicodedata

UNITS = {
    unit_name: unit_names.split()[0]
    for unit_names in (
        "second seconds sec secs s",
        "minute minutes min mins",
        "hour hours hr hrs h",
        "day days",
        "week weeks",
        "month months",
        "year years",
        "metre metres meter meters m",
        "centimetre centimetres centimeter centimeters cm",
        "millimetre millimetres millimeter millimeters mm",
        "kilometre kilometres kilometer kilometers km",
        "inch inches",
        "foot feet ft",
        "yard yards yd",
        "mile miles",
        "gram grams g",
        "kilogram kilograms kg",
        "milligram milligrams mg",
        "tonne tonnes",
        "litre litres liter liters l",
        "millilitre millilitres milliliter milliliters ml",
        "percent % ％ percentage prozent procent percento pourcent porciento porcento",
        "degree degrees °",
        "dollar dollars $ usd",
        "euro euros € eur",
        "pound pounds £ gbp",
        "kb kilobyte kilobytes",
        "mb megabyte megabytes",
        "gb gigabyte gigabytes",
        "watt watts w",
        "volt volts v",
        "point points",
        "goal goals",
    )
    for unit_name in unit_names.split()
}
"""Every name of a unit, in lower case, with the unit's canonical name."""

UNIT_NAME = r"(?:per|pour|por)[ \u00a0](?:cento?|ciento)(?!\w)|[^\W\d_]+|[%％°$€£]"
"""A word or a sign that may be a unit's name, for re.IGNORECASE."""

UNIT_WORDS = "|".join(sorted((name for name in UNITS if name.isalpha()), key=len, reverse=True))
"""The names of UNITS in letters, the longest first, parted by | for patterns."""

CURRENCY = r"(?:[A-Z]{0,3}[$€£¥]|EUR|USD|GBP|CHF|INR|Rs\.?)"
"""The sign or code of a currency in front of an amount."""

CURRENCY_SIGNS = frozenset("$€£")
"""Those of the currencies among UNITS."""

ALL_CURRENCY_SIGNS = "".join(sign for sign in map(chr, range(0x20D0)) if unicodedata.category(sign) == "Sc")
"""Those of all currencies of the world, for a class of characters."""

CURRENCY_NAMES = (
    "EUR|Euro|USD|GBP|CHF|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|TRY|RUB|UAH|JPY|CNY|KRW|INR|IDR|VND|BRL|MXN|ZAR|kr|zł|Kč|Ft"
    "|lei|đồng"
)
"""The codes and names of currencies behind an amount, parted by | for patterns."""

_UNIT_AFTER_NUMBER = re.compile(rf"[\s-]{{0,2}}({UNIT_NAME})", re.IGNORECASE)
_CURRENCY_BEFORE_NUMBER = re.compile(r"([$€£])\s?$")
_SIUNITX_UNIT = re.compile(r"\\([a-z]+)")
_SIUNITX_PREFIXES = frozenset({"nano", "micro", "milli", "centi", "deci", "hecto", "kilo", "mega", "giga"})
_UNIT_MEASURES = {  # unit -> (what it measures, how many of the smallest unit of that)
    "second": ("time", 1), "minute": ("time", 60), "hour": ("time", 3600), "day": ("time", 86_400),
    "week": ("time", 604_800),
    "millimetre": ("length", 1), "centimetre": ("length", 10), "metre": ("length", 1000),
    "kilometre": ("length", 1_000_000),
    "milligram": ("mass", 1), "gram": ("mass", 1000), "kilogram": ("mass", 1_000_000), "tonne": ("mass", 10**9),
    "millilitre": ("volume", 1), "litre": ("volume", 1000),
}  # fmt: skip
_UNIT_ADVERBS = {
    "hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "yearly": "year", "annual": "year",
    "annually": "year",
}  # fmt: skip


def canonical_unit(unit_name: str) -> str:
    """The canonical name of a unit of measurement, or ""."""
    return UNITS.get("".join(unit_name.lower().split()), "")


def unit_of_adverb(unit_adverb: str) -> str:
    """The unit that a word such as "yearly" counts in, or ""."""
    return _UNIT_ADVERBS.get(unit_adverb.lower(), "")


def in_smallest_units(value: float, unit: str) -> tuple[str, float] | None:
    """(what is measured, the value in the smallest unit of that): 2 hours as ("time", 7200.0).

    `unit` is a canonical name; None for one that converts into no other.
    """
    if unit not in _UNIT_MEASURES:
        return None
    measured_quantity, unit_size = _UNIT_MEASURES[unit]
    return measured_quantity, value * unit_size


def unit_beside(text: str, start: int, end: int) -> str:
    """The unit behind the number at [start, end) of `text`, or the currency before it, or ""."""
    if number_unit := _CURRENCY_BEFORE_NUMBER.search(text[max(0, start - 2) : start]):
        return canonical_unit(number_unit.group(1))
    number_unit = _UNIT_AFTER_NUMBER.match(text, end)
    return canonical_unit(number_unit.group(1)) if number_unit else ""


def siunitx_unit(macros: str) -> str:
    """The unit of siunitx in words: "kilometre per hour" for \\kilo\\metre\\per\\hour."""
    return _SIUNITX_UNIT.sub(
        lambda match: match[1] if match[1] in _SIUNITX_PREFIXES else f"{match[1]} ", macros
    ).strip()
