"""Tables of office files that frame text, stand in the cells of others or hold their rows as lines of cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import docx
import pytest
from docx.table import Table, _Cell

from groundwork.documents.engines.office import read_office_file
from tests.documents.formats.office_files import open_document

PROSE = "Boats are hired by the hour, and whoever hires one leaves a name and a telephone number at the desk. " * 3


def fill(table: Table, rows: Sequence[Sequence[str]]) -> None:
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            put_lines(cell, *text.split("\n"))


def put_lines(cell: _Cell, *lines: str) -> None:
    """Each as a paragraph."""
    cell.text = lines[0]
    for line in lines[1:]:
        cell.add_paragraph(line)


def markdown_of(document: docx.document.Document, path: Path) -> str:
    document.save(str(path))
    return read_office_file(str(path), ".docx").pages[0]


def test_a_frame_with_empty_cells_beside_its_text_is_read_as_the_text(tmp_path: Path) -> None:
    """With its heading, list and table; all of it was one cell on one line."""
    document = docx.Document()
    frame = document.add_table(2, 2)
    frame.cell(0, 0).paragraphs[0].text = "Hire"
    frame.cell(0, 0).paragraphs[0].style = "Heading 1"
    frame.cell(0, 0).add_paragraph("Lifejackets", style="List Bullet")
    frame.cell(0, 0).add_paragraph("Oars", style="List Bullet")
    fill(frame.cell(1, 1).add_table(2, 2), [["Boat", "Fee"], ["Gig", "9"]])
    assert markdown_of(document, tmp_path / "a.docx") == (
        "# Hire\n\n- Lifejackets\n- Oars\n\n| Boat | Fee |\n| --- | --- |\n| Gig | 9 |"
    )


@pytest.mark.parametrize(
    ("texts", "markdown"),
    [
        (["Rules", PROSE.strip()], f"Rules\n\n{PROSE.strip()}"),
        (["Name", "Date of birth"], "| Name |\n| --- |\n| Date of birth |"),
        (["Notice", ""], "Notice"),
    ],
)
def test_labels_of_a_form_with_empty_cells_stay_rows(tmp_path: Path, texts: list[str], markdown: str) -> None:
    """Running text, and one text alone, are none."""
    document = docx.Document()
    fill(document.add_table(2, 2), [[text, ""] for text in texts])
    assert markdown_of(document, tmp_path / "a.docx") == markdown


def test_a_cell_that_reaches_into_rows_is_beside_their_texts(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(2, 2)
    fill(table, [["", "Gig"], ["", PROSE]])
    table.cell(0, 0).merge(table.cell(1, 0)).text = "Boats"
    rows = ["| Boats | Gig |", "| --- | --- |", f"| Boats | {PROSE.strip()} |"]
    assert markdown_of(document, tmp_path / "a.docx") == "\n".join(rows)


def test_the_cells_of_a_table_in_a_cell_are_parted(tmp_path: Path) -> None:
    """Those of a row by commas, rows by semicolons; all ran together."""
    document = docx.Document()
    table = document.add_table(2, 2)
    fill(table, [["Season", "Fees"], ["Summer", ""]])
    fill(table.cell(1, 1).add_table(2, 2), [["Gig", "9"], ["Punt", "7"]])
    assert markdown_of(document, tmp_path / "a.docx").endswith("\n| Summer | Gig, 9; Punt, 7 |")


def test_a_frame_of_an_open_document_text_is_read_as_its_text(tmp_path: Path) -> None:
    texts = ("Notice", f"{PROSE}</text:p><text:p>Ada Reed")
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>".format
    rows = "".join(f"<table:table-row>{cell(text)}{cell('')}</table:table-row>" for text in texts)
    text = open_document(tmp_path / "a.odt", "text", f"<table:table>{rows}</table:table>")
    assert read_office_file(str(text), ".odt").pages[0] == f"Notice\n\n{PROSE.strip()}\n\nAda Reed"


@pytest.mark.parametrize("is_one_paragraph", [False, True])
def test_rows_that_were_typed_as_lines_of_cells_are_rows(tmp_path: Path, is_one_paragraph: bool) -> None:
    """As paragraphs or line breaks, with a unit above them and blank lines at the end."""
    document = docx.Document()
    table = document.add_table(2, 3)
    fill(table, [["", "2006", "2007"], ["", "", ""]])
    texts = ["\nIncome\nTax\nLevy", "€\n900\n90.5\n6", "€\n950\n–\n7\n\n"]
    for cell, text in zip(table.rows[1].cells, texts, strict=True):
        put_lines(cell, *([text] if is_one_paragraph else text.split("\n")))
    assert markdown_of(document, tmp_path / "a.docx").split("\n")[2:] == [
        "|  | € | € |",
        "| Income | 900 | 950 |",
        "| Tax | 90.5 | – |",
        "| Levy | 6 | 7 |",
    ]


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        (["Income\nTax\nLevy", "900\n90"], "| Income Tax Levy | 900 90 |"),
        (["Ada\nthe mate\nof it", "Bo\nthe cox\nof it"], "| Ada the mate of it | Bo the cox of it |"),
        (["Income\nTax", "900\n90"], "| Income Tax | 900 90 |"),
        (["Boat\nClub\nHouse", "1 Quay Street, in the harbour\n2 Sea Street\n3 High Street"],
         "| Boat Club House | 1 Quay Street, in the harbour 2 Sea Street 3 High Street |"),
    ],
)  # fmt: skip
def test_cells_of_several_lines_that_are_no_rows_stay(tmp_path: Path, row: list[str], cells: str) -> None:
    """Cells of unlike lengths, of words alone, of two lines or with longer texts."""
    document = docx.Document()
    fill(document.add_table(2, 2), [["Item", "Sum"], row])
    assert markdown_of(document, tmp_path / "a.docx").split("\n")[2:] == [cells]
