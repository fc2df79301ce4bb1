"""Leading dots are known in all the forms in which files have them, and prose with dots is left as it is."""

import pytest

from groundwork.documents.dot_leaders import is_contents_entry, shortened_leaders, without_cell_leaders, without_leaders


@pytest.mark.parametrize(
    ("line", "shortened"),
    [
        ("Locks and weirs ........ 12", "Locks and weirs … 12"),
        ("Locks and weirs . . . . . 12", "Locks and weirs … 12"),
        ("Locks and weirs …… 12", "Locks and weirs … 12"),
        ("Locks and weirs ______ 12", "Locks and weirs … 12"),
        ("Name: ______ Date: ______", "Name: ______ Date: ______"),
        ("The barge waits... and waits.", "The barge waits... and waits."),
    ],
)
def test_leaders_become_one_sign(line: str, shortened: str) -> None:
    """Dots of a row and underscores before a number lead; a field to fill in and three dots of a sentence do not."""
    assert shortened_leaders(line) == shortened


@pytest.mark.parametrize(
    ("line", "is_entry"),
    [
        ("Tolls .... 7", True),
        ("Tolls … 7", True),
        ("Tolls . . . . 7", True),
        ("Tolls 7", False),
        ("Tolls ... 7", False),
    ],
)
def test_an_entry_has_leaders_and_a_page(line: str, is_entry: bool) -> None:
    """A number alone makes no entry of a table of contents."""
    assert is_contents_entry(line) is is_entry


def test_leaders_are_left_out_of_a_text_and_of_a_cell() -> None:
    """A text keeps its number behind them; a cell ends where they begin."""
    assert without_leaders("Tolls ..... 7").split() == ["Tolls", "7"]
    assert [without_cell_leaders(text) for text in ("Tolls ...", "Tolls ______", "3.5")] == ["Tolls", "Tolls", "3.5"]
