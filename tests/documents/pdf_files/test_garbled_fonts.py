"""A text layer in other letters than the page shows is told from text, from names and from lists of codes."""

from __future__ import annotations

import pytest

from groundwork.documents.pdf_files.garbled_fonts import is_misread, is_unreadable

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


def test_control_characters_are_no_letters():
    """A font without a mapping tells glyph numbers: those of figures and dots are control characters."""
    rules = ENGLISH.replace(" the ", ", 2.1 the ").replace(" and ", ". 14 and ")
    shifted = "".join(chr(ord(c) - 29) if " " < c <= "~" else c for c in rules)
    assert is_unreadable(shifted)
    assert not is_unreadable(ENGLISH.replace(" north ", " nor\x02 th \x0f "))


def test_signs_among_letters_are_a_bad_ocr():
    """Where a third of the words hold signs that no word has, an OCR misread the page; a few say nothing."""
    words = ENGLISH.split()
    assert is_misread(" ".join(word[:2] + "~" + word[2:] if k % 3 == 0 else word for k, word in enumerate(words)))
    assert not is_misread(" ".join(word + "~" if k % 20 == 0 else word for k, word in enumerate(words)))
