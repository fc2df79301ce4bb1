"""Names, codes, quoted terms and abbreviations, and the words that turn a meaning round."""

from __future__ import annotations

import pytest

from groundwork.language.names_and_codes import abbreviations, codes, names_as_written, quoted_terms
from groundwork.language.negations_and_duties import find_contradicted_word, is_negated
from groundwork.language.opposites import find_opposite
from tests.growth import steep


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The file /etc/fstab, not /etc/mtab.", ["/etc/fstab", "/etc/mtab"]),
        ("Pass --depth or set max_length in config.json.", ["--depth", "max_length", "config.json"]),
        ("See https://example.org/a?b=c.", ["https://example.org/a"]),
        ("What is in /lib<qual>/cpp?", ["/lib<qual>/cpp"]),
        ("It costs 1.234,56 Euro, 1/2 of it at 7:30, a read-only price.", []),
        ("One sentence ends. Another begins.", []),
    ],
)
def test_codes_are_paths_options_and_identifiers(text: str, expected: list[str]) -> None:
    """What holds a slash, an underscore, a dot or a sign inside, with letters; numbers and hyphened words are none."""
    assert codes(text) == expected


def test_what_stands_between_two_quoted_terms_is_no_quoted_term() -> None:
    """Quotes pair up from the left, whatever the length of what they hold; single signs are no terms."""
    assert quoted_terms('enclosed in "<" and ">" signs, and "optional" ones') == ["optional"]
    assert quoted_terms(f'"{"a long quotation " * 9}" and then "a term"') == ["a term"]


def test_an_abbreviation_stands_behind_its_name() -> None:
    """Capitals in brackets that begin like the name in front of them."""
    assert abbreviations("the Filesystem Hierarchy Standard (FHS)") == {"FHS": "Filesystem Hierarchy Standard"}
    assert abbreviations("the River Orrin (UK) and a note (NB)") == {}


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("It must not enter the field.", "It must enter the field.", "enter"),
        ("It opens on Sundays.", "It never opens on Sundays.", "opens"),
        ("It is not allowed.", "It is forbidden.", ""),
        ("No. It stays.", "It does not leave.", ""),
        ("At most 4 grams.", "Never more than 4 grams.", ""),
        ("No more of the history than four commits.", "Four commits of the history.", ""),
    ],
)
def test_a_negation_that_came_or_went(old: str, new: str, word: str) -> None:
    """What the one denies and the other says; limits and other words of denying turn nothing."""
    assert find_contradicted_word(old, new) == word


@pytest.mark.parametrize("is_question", [False, True])
def test_a_text_of_many_negations_is_read_once(is_question: bool) -> None:
    """However often a text without a full stop denies, the time grows in proportion to its length."""

    def call(text: str) -> None:
        denials = text.replace("x", "not ")
        find_contradicted_word("" if is_question else denials, "It opens.", question=denials if is_question else "")

    assert not steep(call, "one letter")


@pytest.mark.parametrize(
    ("old", "word"),
    [
        ("It does not open until noon.", ""),
        ("Until noon it does not open.", "open"),
        ("It does not close; it does not open. Until then, wait.", "open"),
    ],
)
def test_not_until_is_a_time(old: str, word: str) -> None:
    """What is denied until a time is said of the time behind it, within the clause."""
    assert find_contradicted_word(old, "It opens at noon first.") == word


def test_limits_and_particles_turn_nothing() -> None:
    """ "No smaller" is a limit, and "leaves out" is not the opposite of "in"."""
    assert not is_negated("as small as possible, but no smaller") and is_negated("it is no longer allowed")
    assert find_opposite("What counts in the mean?", "What is left out of the mean?") is None
    assert find_opposite("the maximum load", "the minimum load") == ("maximum", "minimum")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How does a D.C. Delegate vote?", ["D", "C", "Delegate"]),
        ("Who sits in the U.S. Senate?", ["U", "S", "Senate"]),
        ("It is Plan B. Boats wait.", ["Plan", "B"]),
        ("It ends. Boats wait in Port Ellary.", ["Port", "Ellary"]),
    ],
)
def test_the_stops_of_an_initialism_end_no_sentence(text: str, expected: list[str]) -> None:
    """The word behind "D.C." is a name; behind a single letter and a stop a sentence starts."""
    assert names_as_written(text) == expected
