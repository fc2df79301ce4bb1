"""Titles, remarks and several tables on one sheet, of workbooks and of comma-separated files."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from groundwork.documents.formats.spreadsheets.csv_files import csv_to_markdown
from groundwork.documents.formats.spreadsheets.sheet_titles_and_remarks import (
    SheetRows,
    sheet_to_markdown,
    single_sheet_cells,
)
from groundwork.documents.formats.spreadsheets.workbooks import read_xlsx

PRICES = """
Canoe hire, prices in euros

Boat;Persons;Half day;Full day
Kayak;1;24;35
Canoe;2;36;52

Children under 12 ride free.
"""
PRICE_TABLE = """| Boat | Persons | Half day | Full day |
| --- | --- | --- | --- |
| Kayak | 1 | 24 | 35 |
| Canoe | 2 | 36 | 52 |"""
TRANSPORT = """
From;To;Per trip
Heidau;Burgsteg;45
Heidau;Seebrück;95
"""


def _rows(text: str) -> SheetRows:
    cells = {i: line.split(";") for i, line in enumerate(text.strip("\n").split("\n"), 1)}
    rows = {i: {j: cell for j, cell in enumerate(row, 1) if cell} for i, row in cells.items()}
    return {i: row for i, row in rows.items() if row}


def _markdown(text: str) -> str:
    rows = _rows(text)
    return sheet_to_markdown(rows, single_sheet_cells(rows))


def test_a_title_and_a_remark_are_no_rows_of_the_table() -> None:
    assert _markdown(PRICES) == (f"Canoe hire, prices in euros\n\n{PRICE_TABLE}\n\nChildren under 12 ride free.")


def test_a_second_table_has_a_header_of_its_own() -> None:
    text = _markdown(PRICES + "\nTransport\n" + TRANSPORT)
    assert text.endswith(
        "\n\nTransport\n\n| From | To | Per trip |\n| --- | --- | --- |\n| Heidau | Burgsteg | 45 |\n"
        "| Heidau | Seebrück | 95 |"
    )
    assert _markdown(PRICES + TRANSPORT).count("\n| --- |") == 2


def test_a_header_of_two_rows_begins_a_table() -> None:
    years = "In francs;;2022\n;Sales;Profit\nBoats;5;1\nOars;7;2"
    text = _markdown(
        f"{years.replace('2022', 'January to June 2023')}\n\n{years.replace('2022', 'January to June 2022')}"
    )
    assert text.count("\n| --- | --- | --- |") == 2
    assert "\n\n| In francs |  | January to June 2022 |\n" in text


@pytest.mark.parametrize(
    "text",
    [
        "Item\nOars;8\nRopes;12",  # the header of the first column
        ";2019\nSeason;Season\nName;Trips\nGig;4",  # of the second
        "Boat;Trips\nGig;4\n\nCutter;6\nSkiff;9",  # groups of rows apart
        # a group with its name
        "Office;One;Two;All\nMayor;4;5;9\nClerk;6;7;13\n\nTreasurer;vote for one\nMiller;3;9;12\nBaker;4;1;5",
        "Boat;Trips\nGig;4\nCutter",  # a row whose value is missing
        "Boat;Trips\nGig;4\n\n08:30:00",
    ],
)
def test_what_belongs_to_a_table_stays_in_it(text: str) -> None:
    lines = _markdown(text).split("\n")
    assert all(line.startswith("|") for line in lines)
    assert len(lines) == len(_rows(text)) + 1


def test_a_title_looks_like_text_and_nothing_else() -> None:
    assert _markdown("# 1 price list\n\nBoat;Trips\nGig;4").startswith("\\# 1 price list\n\n| Boat")


def test_a_merged_title_of_a_workbook_stands_once(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["Trips of the season"], ["Boat", "May", "June"], ["Gig", 4, 6], ["Cutter", 2, 3]):
        book.active.append(row)
    book.active.merge_cells("A1:C1")
    book.active.title = "2026"
    book.save(tmp_path / "trips.xlsx")
    assert read_xlsx(str(tmp_path / "trips.xlsx")).text.startswith(
        "## 2026\n\nTrips of the season\n\n| Boat | May | June |\n| --- |"
    )


def test_the_lines_above_a_comma_separated_table_are_its_title(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(PRICES, encoding="utf-8")
    assert csv_to_markdown(str(tmp_path / "prices.csv")) == _markdown(PRICES)
