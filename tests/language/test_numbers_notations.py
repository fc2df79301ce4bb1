"""Numbers, dates and times in several notations: groundwork/language/numbers.py and dates_and_times.py."""

import pytest

from groundwork.language.dates_and_times import dates, slashed_dates, times
from groundwork.language.numbers import (
    alternative_readings,
    fractions,
    numbers,
    plain_fractions,
    roman_values,
    without_latex,
)
from groundwork.markdown.grounding import SourceText


def values(text: str) -> list[str]:
    return [number.value for number in numbers(text)]


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (["1.2e-3", "1.2 × 10⁻³", "1,2 · 10⁻³", "$1.2 \\times 10^{-3}$", "\\num{1.2e-3}"], "0.0012"),
        (["10^-3", "10⁻³", "$10^{-3}$", "1e-3"], "0.001"),
        (
            ["3×10^8", "3 × 10⁸", "3e8", "300 million", "3億", "3亿", "30 crore", "300 Millionen", "300 млн"],
            "300000000",
        ),
        (["120万", "1.2 million", "1,200,000", "1,2 Mio."], "1200000"),
    ],
)
def test_a_number_is_one_value_in_every_notation(texts: list[str], value: str) -> None:
    """Powers of ten and scales are part of their number."""
    for text in texts:
        assert values(without_latex(f"= {text}")) == [value], text


def test_what_only_looks_like_a_power_or_a_scale_is_none() -> None:
    """Codes, products and words that begin like a scale."""
    assert values("= A1e5, 3 × 10, 5 milligrams, 4 mild days, 2.5 m") == ["1", "5", "3", "10", "5", "4", "2.5"]


def test_latex_is_read_as_text() -> None:
    """Fractions, quantities of siunitx and decimal commas in braces."""
    assert without_latex("$\\frac{1}{2}$") == "(1) / (2)"
    assert without_latex("\\SI{5}{\\kilo\\metre\\per\\hour}") == "5 kilometre per hour"
    assert without_latex("$12{,}5~\\%$") == "12,5 %"
    assert without_latex("$x_1$ costs US$5 or A$6, $3 + 4$ and $5\\$") == "x_1 costs US$5 or A$6, 3 + 4 and $5$"


def test_fractions_and_roman_numerals_have_values() -> None:
    """½ is 1/2 and 0.5; thirds have no few decimals; a pronoun is no numeral."""
    assert plain_fractions("½ and 2¾") == "1/2 and 2 3/4"
    assert list(fractions("3/4, 2 1/2, 1/3")) == [("3/4", "0.75"), ("2 1/2", "2.5")]
    assert list(roman_values("I read IV, XII, XC and V; LIVID MIX IIII")) == [4, 12, 90, 5]
    assert "4" in alternative_readings("Chapter IV", "en")


def test_dates_are_read_in_nine_languages() -> None:
    """One date in figures and in words; where the month may be the day, both are told."""
    for text in ("3. Mai 2024", "03.05.2024", "3 mai 2024", "3 de mayo de 2024", "3 maggio 2024", "3 de maio de 2024",
                 "3 mei 2024", "3. maj 2024", "2024年5月3日", "May 3, 2024"):  # fmt: skip
        assert dates(text) == {(2024, 5, 3)}, text
    assert list(slashed_dates("03/05/2024")) == [("03/05/2024", {(2024, 5, 3), (2024, 3, 5)})]


def test_times_of_day_are_one_value() -> None:
    """With a colon, an h, am and pm, or the word for it; an amount is no time."""
    texts = ("14:30", "2:30 pm", "2.30 p.m.", "14h30", "14 h 30", "14.30 Uhr")
    assert [[time.minutes for time in times(text)] for text in texts] == [[870]] * len(texts)
    assert not list(times("14.30 euros, 12:30:15, 1/2"))


@pytest.mark.parametrize(
    ("language", "text", "right", "wrong"),
    [
        ("en", "Half: 1/2 of the class.", "$\\frac{1}{2}$ of it.", "$\\frac{1}{3}$ of it."),
        ("en", "Water: 0.5 l", "½ l of water.", "¼ l of water."),
        ("en", "Start: 14:30", "At 2:30 pm.", "At 4:30 pm."),
        ("en", "The rate is twelve per cent.", "It is 12%.", "It is 21%."),
        ("en", "Sales in millions: 1.5", "Sales of 1.5 million.", "Sales of 1.5 billion."),
        ("en", "US$125/ton, an extra US$15 billion\n\n\\# Hub", "US$125 a ton, 15 billion dollars.", "US$152 a ton."),
        ("en", "It costs \\$20, a C$7 fee and A$5m more.", "$20, C$7 and A$5 million.", "$7 million"),
        ("en", "| (Dollars in Thousands) |\n| $71,050 |", "$71,050 thousand, so $71.05 million.", "$71.05 billion."),
        ("en", "In millions of CHF: 1,234.5", "About CHF 1.23 billion.", "CHF 1.23 billion."),
        ("en", "In millions of CHF: 1,234.5", "CHF 1,234,500,000", "CHF 1,234,500"),
        ("en", "Thousands of people, of them 67.8 percent ill.", "About 68 percent.", "About 67 percent, 67,800."),
        ("de", "Angaben in Tsd. EUR: 154.206", "154.206 Tsd. Euro, rund 154,2 Mio. Euro.", "154,3 Mio. Euro."),
        ("de", "T€: 154.206", "154.206.000 Euro", "154.206.000.000 Euro"),
        ("fr", "En milliers d'euros : 154 206", "154 206 000 euros", "154 206 000 000 euros"),
        ("es", "En miles de euros: 154.206", "154.206.000 euros.", "154.206.000.000 euros."),
        ("en", "Rod: 5 m", "It is $\\SI{5}{\\metre}$ long.", "It is $\\SI{6}{\\metre}$ long."),
        ("de", "Eröffnung: 03.05.2024", "Am 3. Mai 2024.", "Am 5. Mai 2024."),
        ("de", "Anteil: 12,5 %", "12,5 Prozent.", "15,2 Prozent."),
        ("fr", "Ouverture : 03/05/2024", "Le 3 mai 2024.", "Le 4 mai 2024."),
        ("fr", "Début : 14h30", "À 14 h 30.", "À 15 h 30."),
        ("zh", "该市人口为1200000人。", "人口约120万。", "人口约12万。"),
        ("hi", "बजट: 5,00,000 रुपये", "बजट 5 लाख रुपये है।", "बजट 6 लाख रुपये है।"),
    ],
)
def test_an_answer_in_another_notation_is_held_against_its_text(
    language: str, text: str, right: str, wrong: str
) -> None:
    """What means the same is supported, and what means something else is not."""
    grounds = SourceText(text, language)
    assert grounds.ungrounded_facts(right) == []
    assert grounds.ungrounded_facts(wrong)
