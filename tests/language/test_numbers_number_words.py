"""Numbers in words: groundwork/language/numbers.py, and answers held against them."""

import pytest

from groundwork.language.numbers import LANGUAGES, alternative_readings, number_words, numbers
from groundwork.markdown.grounding import SourceText

WRITTEN = {  # a text, its cardinals, its ordinals
    "en": ("a hundred and twenty-five, the third of 5 million; hundreds; two, three", ["125", "2", "3"], ["3"]),
    "de": ("hundertfünfunddreißig Stufen, fünf Komma zwei, am dritten Mai, 5 Millionen", ["135", "5.2"], ["3"]),
    "fr": ("vingt-trois pages, quatre-vingt-onze, dix pour cent, le deuxième", ["23", "91", "10"], ["2"]),
    "es": ("treinta y cinco, dos mil, diez por ciento, el tercero", ["35", "2000", "10"], ["3"]),
    "it": ("ventitré pagine, duecentocinquanta, dieci per cento", ["23", "250", "10"], []),
    "pt": ("trinta e cinco, duzentas e cinquenta, dez por cento", ["35", "250", "10"], []),
    "nl": ("vierennegentig treden, tweehonderdvijftig, de tweede", ["94", "250"], ["2"]),
    "da": ("femogtyve sider, tre", ["25", "3"], []),
}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_numbers_in_words_are_read_in_their_language(language: str) -> None:
    """Words of one number are one number; a scale behind digits and the hundred of a percentage are none."""
    text, cardinals, ordinals = WRITTEN[language]
    words = list(number_words(text, language))
    assert [word.value for word in words if not word.is_ordinal] == cardinals
    assert [word.value for word in words if word.is_ordinal] == ordinals
    assert not list(number_words(text, "pl"))


def test_cells_and_paragraphs_part_numbers() -> None:
    """Twenty in one cell and five in the next are no twenty-five; a line that wraps goes on."""
    for text, values in (("| twenty | five |", ["20", "5"]), ("twenty\n\nfive", ["20", "5"]), ("twenty\nfive", ["25"])):
        assert [number.value for number in numbers(text, spelled="en")] == values, text


def test_an_article_is_no_number_to_account_for() -> None:
    """ "Ein Tag" in a text says 1, and "an einem Tag" in an answer needs none; "one" is a number in English."""
    assert numbers("ein Tag, eine Stunde", spelled="de") == []
    assert "1" in alternative_readings("ein Tag", "de")
    assert [number.value for number in numbers("one day", spelled="en")] == ["1"]


@pytest.mark.parametrize(
    ("language", "text", "right", "wrong"),
    [
        ("de", "Es gilt eine Frist von acht Wochen.", "Die Frist beträgt 8 Wochen.", "Die Frist beträgt 9 Wochen."),
        ("de", "Frist: 30 Tage", "Die Frist beträgt dreißig Tage.", "Die Frist beträgt vierzig Tage."),
        ("fr", "La salle a quatre-vingts places.", "La salle a 80 places.", "La salle a 84 places."),
        ("fr", "Le plan est nouveau : 15 pages.", "Le plan neuf a quinze pages.", "Le plan neuf a cinq pages."),
        ("es", "Plazas: 22 alumnos", "Hay veintidós alumnos.", "Hay doce alumnos."),
        ("it", "Durata: 6 anni", "Dura sei anni, se sei socio.", "Dura sette anni."),
        ("pt", "A vila tem três mil habitantes.", "Tem 3000 habitantes.", "Tem 2000 habitantes."),
        ("nl", "Looptijd: 6 jaar", "Zes jaar.", "Zeven jaar."),
    ],
)
def test_words_and_figures_are_held_against_each_other(language: str, text: str, right: str, wrong: str) -> None:
    """A number is one value, in words and in figures, in the text and in the answer."""
    grounds = SourceText(text, language)
    assert grounds.ungrounded_facts(right) == []
    assert grounds.ungrounded_facts(wrong)
