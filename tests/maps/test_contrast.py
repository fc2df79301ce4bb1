"""The colours of the pages, as palette.css names them."""

from __future__ import annotations

import re

import pytest

from groundwork.pages.html_page import ASSETS


def colours(theme: str) -> dict[str, str]:
    """The variables of palette.css that hold a colour."""
    block = re.findall(r":root[^{]*\{(.*?)\n\}", (ASSETS / "palette.css").read_text(), re.DOTALL)[theme == "dark"]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_every_ground(theme: str) -> None:
    """Each colour of words has 4.5 to 1 on each ground that words stand on."""
    found = colours(theme)
    low = {
        (words, ground): round(contrast(found[words], found[ground]), 2)
        for words in ("ink", "soft", "faint", "accent", "good", "fair", "bad")
        for ground in ("paper", "ground", "map", "hold")
    }
    assert min(low.values()) >= 4.5, low
