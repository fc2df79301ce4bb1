"""The units of measurement and the currencies that numbers stand beside: km, kilometres, %, euros."""

from __future__ import annotations

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
