"""Workbooks of Excel 97: as those of today."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import xlwt
import xlwt.CompoundDoc

from groundwork.documents.file_types import examine_file_type
from groundwork.errors import BadDocument
from tests.documents.conftest import Folder


def test_an_old_workbook_reads_as_a_new_one(folder: Folder, tmp_path: Path) -> None:
    """Units, dates, merged cells, empty ones and several sheets; nothing that says NaN or Unnamed."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Boats")
    sheet.write_merge(0, 0, 1, 2, "Season")
    for row, values in enumerate([("Name", "Share", "Since"), ("Heron", 0.25, 43000), ("Swift", 2004, True)], start=1):
        for column, value in enumerate(values):
            number_format = {0.25: "0%", 43000: "yyyy-mm-dd"}.get(value, "General")
            sheet.write(row, column, value, xlwt.easyxf(num_format_str=number_format))
    sheet.write(9, 0, datetime.time(8, 30), xlwt.easyxf(num_format_str="hh:mm"))
    sheet.write(9, 1, 38.5 / 24, xlwt.easyxf(num_format_str="[h]:mm"))
    book.add_sheet("Empty")
    book.add_sheet("More").write(70, 200, "far")
    path = tmp_path / "boats.xls"
    book.save(str(path))
    folder.add("boats.xls", path.read_bytes())
    assert folder.ingest() == 0
    assert folder.text("boats").strip() == (
        "## Boats\n\n|  | Season | Season |\n| --- | --- | --- |\n| Name | Share | Since |\n"
        "| Heron | 25% | 2017-09-22 |\n| Swift | 2004 | True |\n"
        "| 08:30:00 | 38:30:00 |  |\n\n## More\n\n| far |\n| --- |"
    )


@pytest.mark.parametrize(
    ("name", "content", "ending"),
    [
        ("stock.xls", b"<html><table><tr><td>Oar</td><td>2</td></tr></table></html>", ".html"),
        ("stock.xls", b"Oar\t2\nRope\t5\n", ".tsv"),
        ("stock.xls", "Oar\t2\nRope\t5\n".encode("utf-16"), ".tsv"),
        ("page.doc", b"Date: Mon, 1 Jan 2024 08:00:00 +0000\nSubject: Page\nMIME-Version: 1.0\n\nRow.\n", ".eml"),
        ("page.doc", b"<!DOCTYPE html><p>Row.</p>", ".html"),
    ],
)
def test_what_programs_save_under_an_office_name_is_read_as_what_it_is(
    tmp_path: Path, name: str, content: bytes, ending: str
) -> None:
    """Web pages, mails and tables of text under the endings of Excel and Word."""
    path = tmp_path / name
    path.write_bytes(content)
    assert examine_file_type(path, 10)[0] == ending


@pytest.mark.parametrize("content", [b"just words\nno tabs", b"\x00\x01\x02" * 40])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    """A damaged file is named, and not read as text."""
    path = tmp_path / "broken.xls"
    path.write_bytes(content)
    with pytest.raises(BadDocument, match="no XLS file"):
        examine_file_type(path, 10)


def _old_file(path: Path, stream: str, content: bytes) -> Path:
    """A compound file as old office programs write it, with one stream of any name."""
    xlwt.CompoundDoc.XlsDoc().save(str(path), content.ljust(5000, b"\x00"))
    old, new = ("Workbook".encode("utf-16-le"), stream.encode("utf-16-le"))
    entry = path.read_bytes().index(old)
    written = bytearray(path.read_bytes())
    written[entry : entry + 66] = new.ljust(64, b"\x00") + (len(new) + 2).to_bytes(2, "little")
    path.write_bytes(written)
    return path


def test_a_workbook_named_as_a_letter_is_read_as_a_workbook(tmp_path: Path) -> None:
    """Its content says what it is, whatever the ending of an office program."""
    for name in ("boats.doc", "boats.xlsx"):
        book = xlwt.Workbook()
        book.add_sheet("Boats").write(0, 0, "Heron")
        book.save(str(tmp_path / name))
        assert examine_file_type(tmp_path / name, 10)[0] == ".xls"


def test_letters_of_old_programs_name_the_remedy_once(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """Word 95 and Word 2 are not read: one line says how to convert them, and no second converter is tried."""
    _old_file(folder.documents / "word95.doc", "WordDocument", b"\xdc\xa5" + bytes(40))
    folder.add("word2.doc", b"\xdb\xa5\x2d\x00" + bytes(200))
    assert folder.ingest() == 1
    failures = [line for line in capsys.readouterr().out.splitlines() if "failed  word" in line]
    assert len(failures) == 2
    for line in failures:
        assert line.endswith("; save it as DOCX, or convert it: soffice --headless --convert-to docx FILE")
        assert "markitdown" not in line and "1997" in line
