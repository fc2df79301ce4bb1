"""Numbers of workbooks with the units of their formats."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pytest

from groundwork.documents.formats.spreadsheets import cell_text, format_number, read_xlsx


@pytest.mark.parametrize(
    ("value", "number_format", "right"),
    [
        (0.025, "0.00%", "2.5%"),
        (1 / 3, "0%", "33.33%"),
        (1599.99, '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)', "$1599.99"),
        (-1599.99, '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)', "-$1599.99"),
        (1234.5, "[$€-407] #,##0.00", "€1234.5"),
        (1234.5, "#,##0.00 [$€-407]", "1234.5 €"),
        (75, '0"kg"', "75 kg"),
        (7, "00000", "00007"),
        (0.1 + 0.2, "General", "0.3"),
        (1e20, "General", "1" + 20 * "0"),
        (5e6, '0.0,,"M"', "5000000"),  # the unit is that of what is shown, 5.0
        (5, "# ?/?", "5"),
        (3.0, "0.00E+00", "3"),
        (7, '_(* #,##0_);_(* \\(#,##0\\);_(* "—"_);_(@_)', "7"),
        (19, '[<1]0.0" m";0" km"', "19"),
        (7, "\\1\\.0#", "7"),
    ],
)
def test_a_number_keeps_its_unit_and_its_digits(value: float, number_format: str, right: str) -> None:
    """Percent, currency and units are shown; a format that would make another number of it adds nothing."""
    assert format_number(value, number_format) == right


def test_a_workbook_shows_units_and_whole_seconds(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Share", "Start"])
    book.active.append([0.5, datetime.datetime(2020, 1, 2, 6, 15, 0, 703)])
    book.active["A2"].number_format = "0%"
    book.save(tmp_path / "units.xlsx")
    assert "| 50% | 2020-01-02 06:15:00 |" in read_xlsx(str(tmp_path / "units.xlsx")).text


def test_formulas_without_a_value_are_told(tmp_path: Path) -> None:
    """What a program writes without calculating has empty cells for sums, and nobody would know."""
    book = openpyxl.Workbook()
    for row in (["Boat", "Crew"], ["Skiff", 4], ["Gig", 6], ["All", "=SUM(B2:B3)"], ["Mean", "=B4/2"]):
        book.active.append(row)
    book.save(tmp_path / "crews.xlsx")
    text, warnings = read_xlsx(str(tmp_path / "crews.xlsx"))
    assert text.endswith("| Gig | 6 |\n| All |  |\n| Mean |  |")
    assert [warning.partition(":")[0] for warning in warnings] == ["2 formulas have no value"]
    book.active["B4"], book.active["B5"] = 10, None
    book.save(tmp_path / "crews.xlsx")
    assert read_xlsx(str(tmp_path / "crews.xlsx")).warnings == []


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (datetime.timedelta(hours=38, minutes=30), "[h]:mm", "38:30:00"),
        (datetime.timedelta(minutes=-15), "[h]:mm", "-0:15:00"),
        (datetime.timedelta(seconds=3599.9996), "[mm]:ss", "1:00:00"),
        (datetime.timedelta(seconds=62.451), "[m]:ss.00", "0:01:02.45"),
        (datetime.time(13, 30, 54, 999_000), "h:mm", "13:30:55"),
        (datetime.time(0, 1, 2, 450_000), "mm:ss.00", "00:01:02.45"),
        (datetime.datetime(2024, 1, 2, 3, 4, 5, 600_000), "yyyy-mm-dd", "2024-01-02 03:04:06"),
        (datetime.datetime(2024, 1, 2, 3, 4, 5, 600_000), "yyyy-mm-dd hh:mm:ss.000", "2024-01-02 03:04:05.6"),
        (datetime.datetime(2024, 1, 1, 23, 59, 59, 999_900), "yyyy-mm-dd", "2024-01-02"),
        (0.1 + 0.2 - 0.21, "0.000", "0.09"),
        (40.0000000000001, "General", "40"),
        (1 / 3, "0.0", "0.333333333333333"),
        (7, 'General" kg"', "7 kg"),
    ],
)
def test_times_and_calculated_numbers_are_as_a_reader_sees_them(value: object, number_format: str, text: str) -> None:
    """Durations in hours, times in the decimals of their format, and no trace of a subtraction."""
    assert cell_text(value, number_format) == text
