"""Names in the order in which people look for them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundwork.message_wording import name_order


def test_capitals_accents_and_numbers_stand_where_they_are_looked_for() -> None:
    """A capital or an accent puts no name behind z, and 10 comes after 2; other scripts keep their own order."""
    names = ["zebra", "Zebra 10", "part-10", "apple", "part-2", "Éclair", "10", "9", "änderung", "एक", "Über", "ferry"]
    assert sorted(names, key=name_order) == [
        "9", "10", "änderung", "apple", "Éclair", "ferry", "part-2", "part-10", "Über", "zebra", "Zebra 10", "एक",
    ]  # fmt: skip


@given(st.lists(st.text()))
def test_any_names_have_an_order(names: list[str]) -> None:
    """Of any two names one comes first, whatever letters and digits they hold, and equal keys are equal names."""
    assert len({str(name_order(name)) for name in names}) == len(set(names))
    backwards = names[::-1]
    assert sorted(backwards, key=name_order) == sorted(names, key=name_order)
