"""Numbers of workbooks with the units of their formats."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path

import openpyxl
import pytest

from groundwork.documents.formats.spreadsheets.cell_formats import cell_text, format_number
from groundwork.documents.formats.spreadsheets.workbooks import read_xlsx
from tests.documents.formats.office_files import workbook


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


def test_the_text_boxes_of_a_sheet_stand_below_its_table(tmp_path: Path) -> None:
    """Each paragraph once, also where no cell holds anything; a box that shows a cell, and lines to sign on, do not."""
    path = workbook(tmp_path / "boxes.xlsx", {"A1": "Boat", "B1": "Fee", "A2": "Gig", "B2": 4})
    book = openpyxl.load_workbook(path)
    book.create_sheet("Rules")
    book.save(str(path))
    space = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:x="x" xmlns:m="m"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    box = "<x:sp{}><x:txBody>{}</x:txBody></x:sp>".format
    lines = ["<a:r><a:t>Paid by </a:t></a:r><a:r><a:t>1 May</a:t></a:r><a:br/><a:t>2027.</a:t>", "<a:t>____</a:t>"]
    words = "".join(f"<a:p>{line}</a:p>" for line in lines)
    linked = box(' textlink="$A$1"', "<a:p><a:t>Boat</a:t></a:p>")
    again = f"<m:AlternateContent><m:Fallback>{box('', '<a:p><a:t>Old</a:t></a:p>')}</m:Fallback></m:AlternateContent>"
    target = f"<Relationship Id='d' Type='{office}/drawing' Target='../drawings/drawing1.xml'/>"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/drawings/drawing1.xml", f"<x:wsDr {space}>{box('', words) * 2}{linked}{again}</x:wsDr>")
        for number in (1, 2):
            rels = f"<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>{target}"
            archive.writestr(f"xl/worksheets/_rels/sheet{number}.xml.rels", f"{rels}</Relationships>")
    table = "## Crews\n\n| Boat | Fee |\n| --- | --- |\n| Gig | 4 |"
    assert read_xlsx(str(path)).text == f"{table}\n\nPaid by 1 May 2027.\n\n## Rules\n\nPaid by 1 May 2027."
