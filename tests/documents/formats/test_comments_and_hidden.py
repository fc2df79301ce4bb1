"""Comments of workbooks and slides are quotes below what they are about; hidden sheets and slides are named."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pptx
import pytest
import xlwt
from openpyxl.comments import Comment
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI

from groundwork.documents.engines.office import read_office_file
from groundwork.documents.formats.spreadsheets.workbooks import WorkbookText, read_xlsx
from groundwork.documents.formats.spreadsheets.xls_workbooks import read_xls
from tests.documents.formats.office_files import open_document

THREADS = (
    '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
    '<threadedComment ref="B2" id="{1}"><text>Two were sold.</text></threadedComment>'
    '<threadedComment ref="B2" id="{2}" parentId="{1}"><text>In May.</text></threadedComment></ThreadedComments>'
)
THREAD_RELATION = (
    '<Relationship Id="rT" Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"'
    ' Target="../threadedComments/threadedComment1.xml"/></Relationships>'
)
OLD_COMMENT = (
    '<p:cmLst xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:cm><p:text>Too long?</p:text>'
    "</p:cm></p:cmLst>"
)
NEW_COMMENT = (
    '<c:cmLst xmlns:c="http://schemas.microsoft.com/office/powerpoint/2018/8/main"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><c:cm><c:replyLst><c:reply><c:txBody><a:p><a:r>'
    "<a:t>No.</a:t></a:r></a:p></c:txBody></c:reply></c:replyLst><c:txBody><a:p><a:r><a:t>Too lo</a:t></a:r><a:r>"
    "<a:t>ng?</a:t></a:r></a:p></c:txBody></c:cm></c:cmLst>"
)


def _boats(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Boats"
    for row in [("Name", "Number"), ("Skiff", 4), ("Gig", 1)]:
        sheet.append(row)
    sheet["A2"].comment = Comment("Una:\nFor juniors.", "Una")
    sheet["B2"].comment = Comment("[Threaded comment] Your program cannot show it.", "tc={1}")
    sheet["D9"].comment = Comment("Add the punts.", "Una")
    book.create_sheet("Lists").append(["north"])
    book["Lists"].sheet_state = "hidden"
    book.save(str(path))
    return path


def test_comments_of_a_sheet_stand_below_its_table(tmp_path: Path) -> None:
    """With the text of the cell, without the name above; of a thread its comments, and not what stands in for it."""
    path = _boats(tmp_path / "boats.xlsx")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    relations = "xl/worksheets/_rels/sheet1.xml.rels"
    parts[relations] = parts[relations].replace(b"</Relationships>", THREAD_RELATION.encode())
    parts["xl/threadedComments/threadedComment1.xml"] = THREADS.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    text, warnings = read_xlsx(str(path))
    assert text.partition("| Gig | 1 |\n\n")[2].partition("\n\n## Lists")[0].split("\n\n") == [
        "> On “Skiff”: For juniors.", "> On “D9”: Add the punts.", "> On “4”: Two were sold.", "> On “4”: In May."
    ]  # fmt: skip
    assert warnings == ["1 sheet is hidden, and read all the same: Lists"]


def test_a_hidden_sheet_of_an_old_workbook_is_named(tmp_path: Path) -> None:
    """It is read like the others."""
    book = xlwt.Workbook()
    for title in ("Boats", "Lists", "Codes"):
        sheet = book.add_sheet(title)
        sheet.write(0, 0, title.lower())
        sheet.visibility = title != "Boats"
    book.save(str(tmp_path / "a.xls"))
    text, warnings = read_xls(str(tmp_path / "a.xls"))
    assert isinstance(text, str) and "lists" in text and "codes" in text
    assert warnings == ["2 sheets are hidden, and read all the same: Lists, Codes"]
    assert WorkbookText("", []).warnings == []


@pytest.mark.parametrize(("comment", "quotes"), [(OLD_COMMENT, ["Too long?"]), (NEW_COMMENT, ["Too long?", "No."])])
def test_comments_of_a_slide_stand_on_its_page(tmp_path: Path, comment: str, quotes: list[str]) -> None:
    """As PowerPoint writes them now and wrote them before; a hidden slide is named."""
    deck = pptx.Presentation()
    for title in ("Boats", "Crews"):
        deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = title
    name = PackURI("/ppt/comments/comment1.xml")
    part = Part(name, "application/xml", deck.part.package, comment.encode())
    deck.slides[0].part.relate_to(part, RELATIONSHIP_TYPE.COMMENTS)
    deck.slides[1].element.set("show", "0")
    deck.save(str(tmp_path / "a.pptx"))
    pages, warnings = read_office_file(str(tmp_path / "a.pptx"), ".pptx")
    first, second = pages
    assert first.split("\n\n") == ["## Boats", *(f"> Comment: {quote}" for quote in quotes)] and second == "## Crews"
    assert warnings == ["1 slide is hidden, and read all the same: 2"]


def test_comments_of_an_open_document_sheet_have_the_text_of_their_cell(tmp_path: Path) -> None:
    """Below the sheets, and not in the cells."""
    cell = '<table:table-cell office:value-type="string">{}<text:p>{}</text:p></table:table-cell>'
    note = "<office:annotation><text:p>Two <text:span>were</text:span> sold.</text:p></office:annotation>"
    cells = cell.format("", "Skiff") + cell.format(note, "fo<text:span>ur</text:span>")
    row = f"<table:table-row>{cells}</table:table-row>"
    path = open_document(tmp_path / "a.ods", "spreadsheet", f'<table:table table:name="Boats">{row}</table:table>')
    assert read_office_file(str(path), ".ods").pages[0].split("\n\n") == [
        "| Skiff | four |\n| --- | --- |", "> On “four”: Two were sold."
    ]  # fmt: skip
