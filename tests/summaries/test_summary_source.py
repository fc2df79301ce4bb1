"""Counts of what a text holds, which a summary may say and the text need not."""

from __future__ import annotations

from groundwork.markdown.list_and_table_lengths import list_and_table_lengths
from groundwork.summaries import SummarySource, summary_faults

TEXT = """# Ferry

## Lines

1. Ellary
2. Skerrow
3. Mull
   - North Mull
   - South Mull
   - West Mull
   - East Mull
   - Inner Mull

4. Jura

## Boats

| Boat | Cars |
| --- | --- |
| Gannet | 12 |
| Skua | 30 |

The ferries sail Fri and Sun. Bookings close at noon.

## Fares

## Rules

## Dogs

## Bicycles
"""


def test_lists_tables_and_parts_are_counted() -> None:
    """Four lines, five ports of one of them, two boats, six chapters."""
    assert {count for count in list_and_table_lengths(TEXT) if count > 1} == {2, 4, 5, 6}


def test_a_list_of_another_mark_is_another_list() -> None:
    assert list_and_table_lengths("- a\n- b\n- c\n\n1. one\n2. two\n") == {2, 3}


def test_a_summary_may_count_and_write_days_out() -> None:
    source = SummarySource(TEXT)
    sentence = "The Ferry has four lines and two boats, sails on Friday and Sunday, and its rules come in six chapters."
    assert summary_faults(sentence, source, 60) == []
    assert summary_faults("The Ferry has seven boats, which sail on Monday.", source, 60) == [
        "the number 7 is not in the text",
        'the name "Monday" is not in the text',
    ]
    assert summary_faults("The Ferry sails for four hours.", source, 60) != []
