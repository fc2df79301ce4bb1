"""Columns of currency and percent signs, as annual reports set them beside their figures."""

from __future__ import annotations

import pytest

from groundwork.documents.pipe_tables import join_table_head, with_sign_columns_joined


@pytest.mark.parametrize(
    ("rows", "joined"),
    [
        (
            [["", "2026", "2026", "2025"], ["Fees", "$", "12", "9"], ["Oars", "", "(3)", "2"], ["All", "$", "9", "11"]],
            [["", "2026", "2025"], ["Fees", "$ 12", "9"], ["Oars", "(3)", "2"], ["All", "$ 9", "11"]],
        ),
        (
            [["Crew", "Share", ""], ["Gig", "12", "%"], ["Skiff", "(3", ")%"], ["Cutter", "", ""]],
            [["Crew", "Share"], ["Gig", "12 %"], ["Skiff", "(3)%"], ["Cutter", ""]],
        ),
    ],
)
def test_signs_stand_with_their_figures(rows: list[list[str]], joined: list[list[str]]) -> None:
    assert with_sign_columns_joined(rows) == joined


@pytest.mark.parametrize(
    "rows",
    [
        [["Fare", "Currency", "Amount"], ["Gig", "EUR", "12"], ["Skiff", "USD", "9"]],  # a column with a name
        [["Fare", "", "Amount"], ["Gig", "$", "12"], ["Skiff", "free", "9"]],
        [["Sign", ""], ["$", ""], ["%", "hundredths"]],  # which a table explains
        [["Fare", "", "Amount"], ["Gig", "$", "12"], ["Skiff", "", "9"]],  # a single sign
    ],
)
def test_other_columns_stay(rows: list[list[str]]) -> None:
    assert with_sign_columns_joined(rows) == rows


@pytest.mark.parametrize(
    ("rows", "head"),
    [
        ([["", "2023", "2023"], ["", "Q1", "Q2"], ["Gigs", "4", "5"]], ["", "2023 Q1", "2023 Q2"]),
        ([["Boat", "Fee", "Fee"], ["Boat", "A", "B"], ["Gig", "4", "5"]], ["Boat", "Fee A", "Fee B"]),
        (
            [["", "Fee", "Fee", "Fee"], ["", "2023", "2023", "2024"], ["", "Q1", "Q2", "Q1"], ["Gig", "4", "5", "6"]],
            ["", "Fee 2023 Q1", "Fee 2023 Q2", "Fee 2024 Q1"],
        ),
    ],
)
def test_heads_over_several_columns_are_part_of_the_names_below_them(rows: list[list[str]], head: list[str]) -> None:
    assert join_table_head(rows) == [head, rows[-1]]
    title = ["Rates"] * len(head)
    assert join_table_head([title, *rows]) == [title, head, rows[-1]]


@pytest.mark.parametrize(
    "rows",
    [
        [["Boat", "Crew", "Crew"], ["Gig", "Ada", "Una"]],
        [["", "Crew", "Crew"], ["", "4", "5"]],
        [["", "Start", "Start"], ["", "End", "End"]],
        [["Crew", "Crew", ""], ["Ada", "Una", ""]],
        [["Boat", "Fee"], ["", "9"]],
        [["Boat"]],
        [],
    ],
)
def test_a_row_of_data_is_no_part_of_the_head(rows: list[list[str]]) -> None:
    """It names something of its own, has numbers, parts nothing, or stands below a head over the first column."""
    assert join_table_head(rows) == rows
