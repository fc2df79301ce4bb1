"""Columns of currency and percent signs, as annual reports set them beside their figures."""

from __future__ import annotations

import pytest

from groundwork.documents.pipe_tables import with_signs_joined


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
    assert with_signs_joined(rows) == joined


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
    assert with_signs_joined(rows) == rows
