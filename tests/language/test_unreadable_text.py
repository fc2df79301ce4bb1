"""A text layer in other letters than the page shows is told from text, from names and from lists of codes."""

from __future__ import annotations

import random

import pytest

from groundwork.language.unreadable_text import (
    is_misread,
    is_unreadable,
    reads_as_text,
    reads_the_same,
    runs_backward,
)

ENGLISH = """The harbour master opens the barrier only when the tide on both sides of it has turned and lowers it again
as soon as the last ferry has left the basin because the swell would otherwise break against its gates during every
winter storm that comes from the north over the open water between these islands and their lighthouse"""
CZECH = """Správce přístavu otevírá zábranu pouze tehdy když se příliv na obou stranách obrátil a spouští ji znovu
jakmile poslední trajekt opustil nádrž protože vlny by se jinak rozbily o vrata během každé zimní bouře která přichází
ze severu přes otevřené moře mezi těmito ostrovy a jejich majákem strčil prst skrz krk vlk zmrzl čtvrt hrst zrn"""

TURKISH = """Liman şefi bariyeri ancak iki taraftaki gelgit döndüğünde açar ve son feribot havuzdan ayrılır ayrılmaz
yeniden indirir çünkü dalgalar aksi halde kuzeyden adaların ve deniz fenerlerinin arasındaki açık sudan gelen her kış
fırtınasında kapılarına çarpıp kırılırdı bekçiler bunun için geceleri sırayla nöbet tutarlar ve deftere yazarlar"""
ESTONIAN = """Sadamakapten avab tõkke alles siis kui mõõn mõlemal pool on pöördunud ja laseb selle jälle alla niipea kui
viimane praam on basseinist lahkunud sest lained murduksid muidu igas talvises tormis vastu väravaid mis tuleb
põhjast üle avamere nende saarte ja nende tuletornide vahelt valvurid seisavad öösiti kordamööda vahis ja kirjutavad"""
PROGRAM = "def opened(barrier, tide, ferries):\n    return tide.turned and not any(ferry.inside for ferry in ferries)\n"
NAMES = "Aalto Abdullah Achterberg Adeyemi Ahlgren Akselrod Alvarado Andriessen Bjerregaard Boonstra Castellanos"


@pytest.mark.parametrize("text", [TURKISH, ESTONIAN, PROGRAM * 9, f"{NAMES} {NAMES.upper()} {ENGLISH[:150]}"])
def test_words_of_any_kind_are_text(text):
    """Long words of languages with many endings, programs and names are told from letters by chance."""
    assert not is_unreadable(text)


def shifted(text: str, by: int) -> str:
    """Each Latin letter as the one so many places behind it."""
    low, high = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return text.translate(str.maketrans(low + high, low[by:] + low[:by] + high[by:] + high[:by]))


@pytest.mark.parametrize("by", [1, 3, 13, 25])
def test_shifted_capitals_and_small_letters_can_not_be_read(by):
    """WKLV LV is THIS IS in a font that tells each letter three places on; so in any language, and by any number."""
    for text in (ENGLISH, ENGLISH.upper(), CZECH, ESTONIAN.upper()):
        assert is_unreadable(shifted(text, by))


def test_the_letters_of_a_bad_ocr_are_told_by_their_words():
    """Short words by chance, and words with half of their letters wrong, are those of a misread scan."""
    chance = random.Random(5)
    junk = ["l1I", "rn", "vv", "cl", "ne", "ot", "fi", "ii", "aud", "wcre", "T1ie", "vith", "Of", "tlie"]
    assert is_misread(" ".join(chance.choice(junk) for _ in range(200)))
    wrong = "".join(
        chance.choice("abcdefghilmnorstuv") if c.isalpha() and chance.random() < 0.5 else c for c in ENGLISH
    )
    assert is_misread(wrong)
    assert not any(map(is_misread, (ENGLISH, CZECH, TURKISH, ESTONIAN)))


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


def test_a_text_of_two_characters_without_a_meaning_can_not_be_read():
    """A page may hold a few letters only: where most of them are none, it says nothing."""
    assert is_unreadable("\x19\x12")
    assert not is_unreadable("\uf0b7 Tide \uf0b7 Port")


@pytest.mark.parametrize(
    ("text", "is_text"),
    [
        ("Ferry to Tarn Harbour", True),
        ("Xli jivvc", False),
        ('!" %$! #', False),
        ("Паром до города", True),
        ("לוח זמנים", True),
        ("35 633 960 60 36 479 601 13", True),
        ("Week 35 633 960 Ferry 36 479", True),
        ("Xli jivvc 35 633 960 60", False),
        ('!" 7% $! 5#', False),
    ],
)
def test_a_few_words_read_as_text(text, is_text):
    """A few words are enough where a script's words are known; of others the letters count."""
    assert reads_as_text(text) is is_text


def test_two_texts_say_the_same_whatever_their_spaces():
    """What two engines make of one font is compared letter by letter; another reading of the page differs."""
    assert reads_the_same("# Uif mpdl lffqfs", "Uif\nmpdllffqfs")
    assert not reads_the_same("The lock keeper", "Uif mpdl lffqfs")


HEBREW = "רב החובל של הנמל פותח את המחסום רק כאשר הגאות משני צדדיו עומדים במקום לאורך המים הפתוחים"
ARABIC = "يفتح حارس القفل البوابة العليا فقط عندما يكون الماء على الجانبين في غرفة واحدة من المدينة القديمة"


@pytest.mark.parametrize("text", [ENGLISH, HEBREW, ARABIC])
def test_words_turned_around_are_known(text):
    """Words that are words only when turned around, or begin with letters that end words, run backward."""
    assert not runs_backward(text)
    assert runs_backward(" ".join(word[::-1] for word in text.split()))


@pytest.mark.parametrize("text", [CZECH, TURKISH, ESTONIAN, "", "12 34", "abcdef ghijkl"])
def test_words_of_rare_subwords_do_not_run_backward(text):
    """Languages whose words are made of many subwords, and texts of a few words, tell nothing."""
    assert not runs_backward(text)
