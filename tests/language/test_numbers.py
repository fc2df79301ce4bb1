"""Rules of numbers, dates, labels and words: groundwork/language/."""

import pytest

from groundwork.language.dates_and_times import dates
from groundwork.language.list_labels import labels
from groundwork.language.names_and_codes import names, quoted_terms
from groundwork.language.numbers import change_digits, numbers
from groundwork.language.words import content_words, stem


def values(text: str, *, spelled: str = "") -> list[str]:
    return [number.value for number in numbers(text, spelled=spelled)]


def test_number_spellings_meet() -> None:
    """1,000 is 1000, 07 is 7, 2,5 is 2.5; spelled numbers count where asked for."""
    assert values("1,000 of 07 and 2,5 and 3.25") == ["1000", "7", "2.5", "3.25"]
    assert values("seven (7) goals", spelled="en") == ["7", "7"]
    assert values("seven goals") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("twenty-five boats", ["25"]),
        ("two hundred and six boats", ["206"]),
        ("three thousand four hundred", ["3400"]),
        ("seven eight nine", ["7", "8", "9"]),
        ("between one and two", ["1", "2"]),
        ("five, six or sixty", ["5", "6", "60"]),
        ("twice a day, someone often", ["2"]),
        ("5 million crowns", ["5000000"]),
        ("1.234,56 Euro at 07:30", ["1234.56", "7", "30"]),
        ("2 000 of 10", ["2", "0", "10"]),
        ("0,575 of 1,575", ["0.575", "1575"]),
        ("CHF 14'200 and 6’350", ["14200", "6350"]),
    ],
)
def test_spelled_numbers_are_read_whole(text: str, value: list[str]) -> None:
    """Words of one number are one number, and neighbours are several."""
    assert values(text, spelled="en") == value


def test_names_are_capitals_inside_a_sentence_and_codes() -> None:
    """The first word of a sentence is no name unless its form says so."""
    assert names('What does GPT-4 do in Paris? It runs "as is" on x86.') == {"gpt", "paris", "x86"}
    assert quoted_terms('It runs "as is" on x86.') == ["as is"]


def test_labels_of_rules_are_no_numbers() -> None:
    """The label at the beginning of a rule is not one of its numbers, but can be looked up."""
    text = "1.3.2. wait 5 seconds\nA4.1 wait 6 seconds\n2024 was dry"
    assert values(text) == ["5", "6", "2024"]
    assert labels(text) == {"1.3.2", "A4.1"}


def test_an_amount_at_the_beginning_is_no_label() -> None:
    """What has a unit behind it is a number; a title behind it makes it a label."""
    for text, value in (
        ("18.90 euros.", "18.90"),
        ("5.2 metres", "5.2"),
        ("14.60 Euro", "14.60"),
        ("2.5 kg a day", "2.5"),
        ("2.4 million people", "2400000"),
        ("2.50 zł za osobę", "2.50"),
        ("15.000.000 đồng", "15000000"),
    ):
        assert values(text) == [value] and not labels(text), text
    for text in ("2.000 đồng mỗi lượt", "2.500 medlemmer", "10.000 Euro", "12.000 членов"):
        assert len(values(text)) == 1 and not labels(text), text
    for text in ("1.907 Definitions", "3.2 Points", "1.3.2 days off", "2.1 Metres and feet", "4.5 The course"):
        assert values(text) == [] and labels(text), text


def test_units_follow_their_number() -> None:
    """The unit behind a number, or the currency before it, is read under one name."""
    found = {n.value: n.unit for n in numbers("75 secs, 20-metre line, 5 %, $40, 9 boats")}
    assert found == {"75": "second", "20": "metre", "5": "percent", "40": "dollar", "9": ""}


def test_dates_in_three_spellings() -> None:
    """One date is one date however it is written."""
    assert dates("2025-01-31") == dates("31 January 2025") == dates("Jan 31st, 2025") == {(2025, 1, 31)}
    assert dates("January 2025") == set()


def test_stems_meet() -> None:
    """Inflected forms of a word share a stem, different words do not."""
    assert content_words("throws the disc", "en") == content_words("throwing discs", "en")
    assert len({stem(word, "en") for word in ("move", "moves", "moved", "moving")}) == 1
    assert stem("goal", "en") != stem("goat", "en")


def test_changed_digits_are_another_number_of_the_same_form() -> None:
    """Each digit becomes the next; separators and script stay, days and years stay such."""
    numbers_said = ("75", "1,290.5", "90", "٣٩", "1", "9", "30")
    assert [change_digits(digits) for digits in numbers_said] == ["86", "2,381.6", "81", "٤٨", "2", "8", "29"]
    assert [change_digits(year) for year in ("2023", "1931", "1,931")] == ["2020", "1928", "2,842"]
