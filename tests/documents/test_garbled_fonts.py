"""A text layer in other letters than the page shows is told from text, from names and from lists of codes."""

from __future__ import annotations

import pytest

from groundwork.documents.garbled_fonts import is_unreadable

ENGLISH = """The harbour master opens the barrier only when the tide on both sides of it has turned and lowers it again
as soon as the last ferry has left the basin because the swell would otherwise break against its gates during every
winter storm that comes from the north over the open water between these islands and their lighthouse"""
CZECH = """Správce přístavu otevírá zábranu pouze tehdy když se příliv na obou stranách obrátil a spouští ji znovu
jakmile poslední trajekt opustil nádrž protože vlny by se jinak rozbily o vrata během každé zimní bouře která přichází
ze severu přes otevřené moře mezi těmito ostrovy a jejich majákem strčil prst skrz krk vlk zmrzl čtvrt hrst zrn"""


@pytest.mark.parametrize("text", [ENGLISH, CZECH, ENGLISH.upper(), "GmbH HSV DFB NATO " * 40, "13,278 x 4 = y " * 80])
def test_text_can_be_read(text):
    """Words of any language in Latin letters, capitals, abbreviations and numbers are text."""
    assert not is_unreadable(text)


def test_shifted_letters_can_not_be_read():
    """Each letter as the one before it, as a font without a right mapping tells it."""
    before = str.maketrans("abcdefghijklmnopqrstuvwxyz", "zabcdefghijklmnopqrstuvwxy")
    assert is_unreadable(ENGLISH.lower().translate(before))


def test_letters_without_a_meaning_can_not_be_read():
    """Characters of the private use area say nothing to anybody."""
    assert is_unreadable("".join(chr(0xE000 + ord(c)) if c.isalpha() else c for c in ENGLISH))
