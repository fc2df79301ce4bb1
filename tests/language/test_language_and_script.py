"""Which language a text is in, and that a text that does not tell has none."""

from __future__ import annotations

import pytest

from groundwork.language.language_and_script import (
    detect_language,
    detect_part_language,
    foreign_language,
    is_english,
    may_be_language,
)

ENGLISH = ["What is the fee?", "Is a horn required aboard?", "How many boats may start?", "The miller.", "Yes, always."]
TELLS_NOTHING = ["90 kg", "42", "Q4 WFDF 2024", "UTF-8 JSON API", "def f(x): return x+1", "Holm, Sarn, Orrin, Skerrow"]
OTHERS = [
    "Hvornår skal båden være ved startlinjen?", "Når skal båten være ved startlinjen?", "Hvad koster pladsen?",
    "Milloin veneen on oltava lähtöviivalla?", "Mikor kell a hajónak a rajtvonalnál lennie?", "Cât costă locul?",
    "Khi nào thuyền phải có mặt?", "Hoeveel kost een ligplaats?", "La barca resta in porto.", "Kui palju koht maksab?",
    "Kdaj mora biti čoln na startu?", "Kur atrodas laivu osta?", "Hvar er báturinn geymdur?", "Ku ndodhet varka?",
    "Non è permesso nuotare qui.", "Où se trouve le port ?", "Wo liegt das Boot?", "Gdzie stoi łódź?",
    "Где стоит лодка?", "Πού είναι το σκάφος;", "ボートはどこにありますか？", "القارب في الميناء",
]  # fmt: skip


@pytest.mark.parametrize("text", [*ENGLISH, *TELLS_NOTHING])
def test_english_and_what_tells_nothing_are_read_by_english_rules(text: str) -> None:
    """A question of a few words is English by its likelihood; a number or a name is no other language."""
    assert is_english(text)


@pytest.mark.parametrize("text", OTHERS)
def test_other_languages_are_not_english(text: str) -> None:
    """Also where a text is too short to say which of several it is."""
    assert not is_english(text)


@pytest.mark.parametrize("text", TELLS_NOTHING)
def test_what_tells_nothing_has_no_language(text: str) -> None:
    """Silence stands for doubt."""
    assert detect_language(text) == ""


def test_letters_without_a_name_do_not_stop_it() -> None:
    """Unicode names no Tangut character; beside Chinese ones they count for no language."""
    assert detect_language("城市中的西夏文字" + "\U00017000" * 2) == "zh"


def test_neighbours_may_be_each_other() -> None:
    """A text in Danish is not refused where Norwegian is wanted, one in German is."""
    assert may_be_language(OTHERS[0], "no") and may_be_language(OTHERS[1], "da")
    assert not may_be_language("Wo liegt das Boot?", "no")


def test_a_table_is_in_the_language_of_its_document() -> None:
    """Words in cells look like many languages; a part counts as another one only where it cannot be the whole's."""
    table = "Points for each place\n\n| Place | 1st | 2nd | 3rd |\n|---|---|---|---|\n| Points | 10 | 8 | 6 |\n"
    assert detect_part_language(table, "en") == "en"
    assert detect_part_language("Das Boot muss fünf Minuten vor dem Start an der Startlinie liegen.", "en") == "de"


def test_languages_are_told_apart_where_it_is_plain() -> None:
    """Function words and script tell the language; a short or mixed text tells none."""
    english = "The disc must be returned to the thrower when the players cannot agree on what is the case."
    german = "Die Scheibe wird dem Werfer zurückgegeben, wenn die Spieler sich nicht einigen."
    assert (detect_language(english), detect_language(german)) == ("en", "de")
    assert detect_language("Диск возвращается игроку") == "ru"
    assert detect_language("Brick, stall, pull") == ""
    assert foreign_language(german, "en") == "de"
    assert foreign_language("Brick, stall, pull", "en") == ""
