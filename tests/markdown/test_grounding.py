"""Rules of groundwork/markdown/grounding.py."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwork.markdown.grounding import SourceText, find_quote

TEXT = """The *North* berth is **12 m** long and costs “forty dollars”.
Boats must:
5.1. show a light – always;
5.2. carry a horn.

| Berth | Length | Fee |
|---|---|---|
| North | 12 m | $40 |
| South | 8 m | $1,025 |

The rule holds from 2025-01-31. Pilots wait seven (7) minutes."""


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("carry a horn", "carry a horn"),
        ("The North berth is 12 m long", "The *North* berth is **12 m** long"),
        ('costs "forty dollars".', "costs “forty dollars"),
        ("show a light - always", "show a light – always"),
        ("Boats must: show a light", "Boats must:\n5.1. show a light"),
        ("The North berth ... forty dollars", "The *North* berth is **12 m** long and costs “forty dollars"),
        ("| South | $1,025 |", "| South | 8 m | $1,025 |"),
        ("BOATS   MUST", "Boats must"),
    ],
)
def test_quotes_are_found_through_markup(quote: str, found: str) -> None:
    """A verbatim quote is found whatever markup, white space, quotes, dashes or labels stand in between."""
    span = find_quote(quote, TEXT)
    assert span is not None
    assert TEXT[slice(*span)] == found


@pytest.mark.parametrize(
    "quote", ["carry a bell", "arry a horn", "forty dollars ... The North berth", "8 m North", "", "...", "| |"]
)
def test_what_is_not_there_is_not_found(quote: str) -> None:
    """Other words, parts of words, a changed order and empty quotes are not found."""
    assert find_quote(quote, TEXT) is None


@settings(max_examples=60)
@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)), st.sampled_from([" ", "\n\n", " **"]))
def test_every_slice_between_spaces_is_found(a: int, b: int, space: str) -> None:
    """Law: a slice of the text cut at spaces is found, even when its spaces are changed."""
    words = TEXT[min(a, b) : max(a, b)].split()[1:-1]
    quote = space.join(words)
    assert find_quote(quote, TEXT) is not None or not any(c.isalnum() for c in quote)


@pytest.mark.parametrize(
    "answer",
    [
        "It is 12 m long.",
        "It costs $1025.",
        "Seven minutes.",
        "7 min",
        "Since 31 January 2025.",
        'It is called "North".',
        "Rule 5.1 says so.",
        "12.0 m.",
    ],
)
def test_supported_answers_have_no_fault(answer: str) -> None:
    """Numbers, units, dates, quoted terms and rule labels that the text holds, in any spelling, are no fault."""
    assert SourceText(TEXT, "en").faults("How?", answer, ["carry a horn"]) == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("It is 14 m long.", "the number 14 is not in the text"),
        ("It is 12 minutes long.", "the text does not say 12 minute"),
        ("Since 1 February 2025.", "the date 2025-02-01 is not in the text"),
        ('It is called "West".', 'the term "West" is not in the text'),
        ("Nine boats.", "the number 9 is not in the text"),
    ],
)
def test_invented_facts_are_named(answer: str, reason: str) -> None:
    """A number, unit, date or quoted term that the text does not hold is a fault that names it."""
    assert SourceText(TEXT, "en").faults("How?", answer, ["carry a horn"]) == [reason]


def test_the_question_may_bring_its_own_numbers() -> None:
    """A number of the question may be repeated in the answer."""
    assert SourceText(TEXT, "en").faults("May 3 boats moor?", "Yes, 3 boats may.", ["carry a horn"]) == []


@pytest.mark.parametrize(("text_space", "answer_space"), [("\u00a0", " "), (" ", "\u202f"), (" ", " ")])
def test_thousands_may_be_parted_by_another_space(text_space: str, answer_space: str) -> None:
    """A document has no-break spaces in its numbers, a model writes plain ones, or the other way round."""
    grounds = SourceText(f"Le budget est de 10{text_space}000 €.", "fr")
    assert grounds.ungrounded_facts(f"10{answer_space}000 €") == []
    assert grounds.ungrounded_facts(f"30{answer_space}000 €") != []


def test_evidence_is_required_and_checked() -> None:
    """No evidence is a fault, and so is evidence from elsewhere."""
    assert SourceText(TEXT, "en").faults("Q?", "Yes.", []) == ["no evidence was given"]
    assert SourceText(TEXT, "en").faults("Q?", "Yes.", ["The lamp burns oil"]) == [
        'evidence is not in the text: "The lamp burns oil"'
    ]


def test_the_quotes_of_a_long_run_take_no_more_memory() -> None:
    """A prompt is asked for the quotes of every document; it remembers a few."""
    source = SourceText(TEXT, "en")

    def bytes_after(quotes: range) -> int:
        for number in quotes:
            source.find(f"a quote of document {number} that stands nowhere in the text at all")
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        assert bytes_after(range(1_500)) + 200_000 > bytes_after(range(1_500, 5_500))
    finally:
        tracemalloc.stop()


def test_a_unit_may_stand_in_an_adverb() -> None:
    """ "two-yearly" says two years, and no two months."""
    source = SourceText("Core does a two-yearly service.", "en")
    assert source.ungrounded_facts("Every two years.") == []
    assert source.ungrounded_facts("Every two months.") == ["the text does not say 2 month"]


def test_a_row_is_quoted_with_the_names_of_its_columns() -> None:
    source = SourceText("Prices.\n\n| Boat | Day |\n| --- | --- |\n| Gig | 35 |\n| Skiff | 54 |\n", "en")
    assert source.with_columns("| Skiff | 54 |") == "| Skiff | 54 | (columns: Boat | Day)"
    assert source.with_columns("Prices.") == "Prices."
    assert source.with_columns("| Boat | Day |") == "| Boat | Day |"


@pytest.mark.parametrize(
    ("quote", "is_there"),
    [
        ("Juniors | 5 | 60 minutes", True),
        ("Juniors 60 minutes", True),
        ("**Juniors:** may not row after dark", True),
        ("Juniors may row after dark", False),
        ("Juniors | may row after dark | 5", False),
        ("Seniors may row after dark 60 minutes", False),
        ("60 minutes Juniors", False),
        ("Juniors 5 minutes", True),  # the pieces of cells are whole, whatever they leave out at their ends
        ("Juniors after", True),
    ],
)
def test_cells_of_a_row_may_be_left_out_and_no_word_within_one(quote: str, is_there: bool) -> None:
    """A "not" that is left out of a cell turns it around: what says the opposite of a row is no quote of it."""
    table = "| Class | Rule | Crews | Rest |\n|---|---|---|---|\n"
    table += "| Juniors | may not row after dark | 5 | 60 minutes |\n| Seniors | may row after dark | 9 | none |\n"
    assert (SourceText(table, "en").find(quote) is not None) == is_there
