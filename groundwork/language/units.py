"""The units of measurement and the currencies that numbers stand beside: km, kilometres, %, euros."""

from __future__ import annotations

UNITS = {
    name: names.split()[0]
    for names in (
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
        "percent % percentage",
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
    for name in names.split()
}
"""Every name of a unit, in lower case, with the unit's canonical name."""


def canonical_unit(word: str) -> str:
    """The canonical name of a unit of measurement, or ""."""
    return UNITS.get(word.lower(), "")
