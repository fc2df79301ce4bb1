"""Rules of groundwork/language/facts.py."""

from groundwork.language import facts


def values(text: str, *, spelled: bool = False) -> list[str]:
    return [number.value for number in facts.numbers(text, spelled=spelled)]


def test_number_spellings_meet() -> None:
    """1,000 is 1000, 07 is 7, 2,5 is 2.5; spelled numbers count where asked for."""
    assert values("1,000 of 07 and 2,5 and 3.25") == ["1000", "7", "2.5", "3.25"]
    assert values("seven (7) goals", spelled=True) == ["7", "7"]
    assert values("seven goals") == []


def test_labels_of_rules_are_no_numbers() -> None:
    """The label at the beginning of a rule is not one of its numbers, but can be looked up."""
    text = "1.3.2. wait 5 seconds\nA4.1 wait 6 seconds\n2024 was dry"
    assert values(text) == ["5", "6", "2024"]
    assert facts.labels(text) == {"1.3.2", "A4.1"}


def test_units_follow_their_number() -> None:
    """The unit behind a number, or the currency before it, is read under one name."""
    found = {n.value: n.unit for n in facts.numbers("75 secs, 20-metre line, 5 %, $40, 9 boats")}
    assert found == {"75": "second", "20": "metre", "5": "percent", "40": "dollar", "9": ""}


def test_dates_in_three_spellings() -> None:
    """One date is one date however it is written."""
    assert (
        facts.dates("2025-01-31") == facts.dates("31 January 2025") == facts.dates("Jan 31st, 2025") == {(2025, 1, 31)}
    )
    assert facts.dates("January 2025") == set()


def test_stems_meet() -> None:
    """Inflected forms of a word share a stem, different words do not."""
    assert facts.content_words("throws the disc") == facts.content_words("throwing discs")
    assert len({facts.stem(word) for word in ("move", "moves", "moved", "moving")}) == 1
    assert facts.stem("goal") != facts.stem("goat")
