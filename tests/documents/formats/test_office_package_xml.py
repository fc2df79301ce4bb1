"""Office files whose XML is spelt otherwise than by Word, or made to harm."""

from __future__ import annotations

import functools
import io
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE

from groundwork.documents.engines.office import read_office_file
from groundwork.documents.file_types import examine_file_type
from groundwork.documents.formats.office.chart_series import simplify_chart
from groundwork.documents.formats.office.office_xml import parse_xml as parse_safely
from groundwork.documents.formats.spreadsheets.workbooks import read_xlsx
from groundwork.errors import BadDocument
from tests.documents.formats import office_files
from tests.documents.formats.office_files import respelt

Respelling = Callable[[str, bytes], bytes]
_PREFIX = re.compile(rb"(</?|\s|xmlns:)([wcm])(?=[:=])")


def other_prefixes(name: str, part: bytes) -> bytes:
    return _PREFIX.sub(rb"\1ns\2", part) if "document" in name or "comments" in name or "charts" in name else part


def single_quotes(_name: str, part: bytes) -> bytes:
    return re.sub(rb"""="([^"']*)\"""", rb"='\1'", part)


def utf_16(name: str, part: bytes) -> bytes:
    if not re.search(r"(document|comments|chart\d+|styles|sheet1)\.xml$", name):
        return part
    return part.decode().replace("UTF-8", "UTF-16").replace("utf-8", "UTF-16").encode("utf-16")


def strict(_name: str, part: bytes) -> bytes:
    """As programs save "Strict Open XML": with names of the standard in place of the customary ones."""
    return re.sub(
        rb"http://schemas.openxmlformats.org/(\w+ml|officeDocument)/2006/", rb"http://purl.oclc.org/ooxml/\1/", part
    )


SPELLINGS = pytest.mark.parametrize("respell", [other_prefixes, single_quotes, utf_16, strict])


def _document(path: Path) -> Path:
    path.write_bytes(_document_bytes())
    return path


@functools.cache
def _document_bytes() -> bytes:
    """A heading whose number only its style gives, a reading above a word, a comment, a formula that nobody reads."""
    with tempfile.TemporaryDirectory() as folder:
        document = docx.Document(str(office_files.word(Path(folder) / "a.docx", linked=False)))
    paragraph = document.add_paragraph("Row to ")
    reading = '<w:rt><w:r><w:t>reading</w:t></w:r></w:rt><w:rubyBase w:rsidR="0"><w:r><w:t>港</w:t></w:r></w:rubyBase>'
    paragraph.add_run()._r.append(parse_xml(f"<w:ruby {nsdecls('w')}>{reading}</w:ruby>"))
    document.add_comment(paragraph.add_run("at low tide"), text="By whom?", author="Una")
    hidden = "<m:ctrlPr><m:r><m:t>x=9</m:t></m:r></m:ctrlPr>"
    document.add_paragraph("Weight ")._p.append(parse_xml(f"<m:oMath {office_files.MATH}>{hidden}</m:oMath>"))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@SPELLINGS
def test_a_document_reads_the_same_however_its_xml_is_spelt(tmp_path: Path, respell: Respelling) -> None:
    """Prefixes, quotes, the encoding and the edition of the standard are the writer's choice."""
    (text,), warnings = read_office_file(str(respelt(_document(tmp_path / "a.docx"), respell)), ".docx")
    assert "## 1.1 Weight" in text and "Row to 港at low tide\n\nWeight x=9" in text
    assert text.endswith("> On “at low tide”: By whom?") and warnings[0].startswith("1 of 3 formulas")


@SPELLINGS
def test_a_deck_reads_the_same_however_its_xml_is_spelt(tmp_path: Path, respell: Respelling) -> None:
    """Slides stay pages, and their charts tables with units."""
    deck, shares, path = pptx.Presentation(), CategoryChartData(number_format="0%"), tmp_path / "a.pptx"
    shares.categories = ["May", "June"]
    shares.add_series("North", (0.25, None))
    for _ in range(2):
        deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_chart(XL_CHART_TYPE.LINE, 0, 0, 999, 999, shares)
    deck.save(str(path))
    pages, _ = read_office_file(str(respelt(path, respell)), ".pptx")
    assert len(pages) == 2 and all("| May | 25% |\n| June |  |" in page for page in pages)


@pytest.mark.parametrize("respell", [single_quotes, utf_16, strict])
def test_a_workbook_reads_the_same_however_its_xml_is_spelt(tmp_path: Path, respell: Respelling) -> None:
    """A workbook saved as "Strict Open XML" is no empty one, and merged areas are found in any spelling."""
    cells: dict[str, object] = {"A1": "Class", "B1": "Crew", "A2": "Skiffs", "B2": 4, "B3": 6}
    path = respelt(office_files.workbook(tmp_path / "a.xlsx", cells, merged="A2:A3"), respell)
    assert read_xlsx(str(path)).text.endswith("| Class | Crew |\n| --- | --- |\n| Skiffs | 4 |\n| Skiffs | 6 |")


@pytest.mark.parametrize("head", [b"o:", b""])
def test_comments_of_open_document_text_by_any_prefix(tmp_path: Path, head: bytes) -> None:
    """They stand below the text, and the text behind a comment stays."""
    note = "<office:annotation><text:p>Too long?</text:p></office:annotation>"
    path = office_files.open_document(tmp_path / "a.odt", "text", f"<text:p>Boat {note}rules{note}.</text:p>")

    def respell(_name: str, part: bytes) -> bytes:
        part = re.sub(rb"(</?)office:", rb"\1" + head, part)
        return part.replace(b"xmlns:office=", b"xmlns:o=" if head else b"xmlns=").replace(b" office:", b" ")

    assert read_office_file(str(respelt(path, respell)), ".odt").pages == ["Boat rules.\n\n> Too long?\n\n> Too long?"]


def test_the_text_is_where_the_package_says(tmp_path: Path) -> None:
    """A main part of another name is read with its comments."""
    path = respelt(
        _document(tmp_path / "a.docx"),
        lambda _, part: part.replace(b"word/document.xml", b"word/text.xml"),
        rename=lambda name: name.replace("word/document.xml", "word/text.xml").replace(
            "document.xml.rels", "text.xml.rels"
        ),
    )
    assert examine_file_type(path, 10)[0] == ".docx"
    assert read_office_file(str(path), ".docx").pages[0].endswith("> On “at low tide”: By whom?")


@pytest.mark.parametrize("rename", [lambda name: name.replace("/", "\\"), str.title])
def test_names_of_parts_are_those_of_the_package(tmp_path: Path, rename: Callable[[str], str]) -> None:
    """Backslashes, as some programs on Windows write, and letters of another case name the same parts."""
    document = respelt(_document(tmp_path / "a.docx"), rename=lambda name: name if name[0] == "[" else rename(name))
    assert examine_file_type(document, 10)[0] == ".docx"
    assert read_office_file(str(document), ".docx").pages[0].endswith("> On “at low tide”: By whom?")
    book = office_files.workbook(tmp_path / "a.xlsx", {"A1": "Crew", "A2": "four"})
    respelt(book, rename=lambda name: name if name[0] == "[" else rename(name))
    assert examine_file_type(book, 10)[0] == ".xlsx"
    assert read_xlsx(str(book)).text.endswith("| Crew |\n| --- |\n| four |")


def test_styles_of_any_name_give_numbers_their_units(tmp_path: Path) -> None:
    """The package names the part of the styles; under another name than usual it is read too."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.append([0.5])
    book.active["A1"].number_format = "0%"
    book.save(path)
    rename = functools.partial(re.sub, r"xl/styles\.xml", "look.xml")
    respelt(path, lambda _, part: part.replace(b"/xl/styles.xml", b"/look.xml"), rename=rename)
    assert read_xlsx(str(path)).text.endswith("| 50% |\n| --- |")


def test_styles_that_openpyxl_refuses_cost_no_number_its_unit(tmp_path: Path) -> None:
    """A style without a name, as other programs than Excel write it, fails no workbook."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.append([0.5])
    book.active["A1"].number_format = "0%"
    book.save(path)
    respelt(path, lambda _, part: part.replace(b'name="Normal"', b""))
    with pytest.raises(TypeError):
        openpyxl.load_workbook(path, read_only=True)
    assert read_xlsx(str(path)).text.endswith("| 50% |\n| --- |")


def test_a_workbook_without_styles_is_read(tmp_path: Path) -> None:
    """Small programs write no styles, or cells that name an empty one."""
    path = office_files.workbook(tmp_path / "a.xlsx", {"A1": "Crew", "A2": 4})

    def respell(name: str, part: bytes) -> bytes:
        part = re.sub(rb"<(Override|Relationship)\b[^>]*styles[^>]*/>", b"", part)
        return part.replace(b'<c r="A2"', b'<c r="A2" s=""') if "sheet1" in name else part

    path = respelt(path, respell, skipped=("xl/styles.xml",))
    assert read_xlsx(str(path)).text.endswith("| Crew |\n| --- |\n| 4 |")
    assert openpyxl.load_workbook(path, read_only=True).worksheets


_LAUGHS = b"".join(b'<!ENTITY a%d "%b">' % (k, b"&a%d;" % (k - 1) * 10) for k in range(1, 12))


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE a [<!ENTITY a0 "ha">%b]><a>&a11;</a>' % _LAUGHS,
        b'<!DOCTYPE a [<!ENTITY a0 "ha">%b]><a b="&a11;"/>' % _LAUGHS,
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a',
        b"<a>" * 100_000 + b"</a>" * 100_000,
        b"<a><b>text</a></b>",
        b"<a>&#xD83D;</a>",
        b"<a>a & b</a>",
        b"<a>cut o",
        b"",
    ],
)
def test_xml_made_to_harm_has_no_tree(xml: bytes) -> None:
    """Nothing is expanded, fetched or nested without end, and what would lose text is left as it is."""
    began = time.process_time()
    assert parse_safely(xml) is None
    assert time.process_time() - began < 1


@pytest.mark.parametrize("index", ["60000", "9" * 5000, "x"])
def test_a_small_chart_fills_no_memory(index: str) -> None:
    """Points far from each other are filled up for one series, not for hundreds; a place that is none is no point."""
    series = (
        f'<c:ser><c:val><c:numRef><c:numCache><c:pt idx="{index}"><c:v>1</c:v></c:pt></c:numCache></c:numRef></c:val>'
    )
    space = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    chart = parse_safely(f'<c:chartSpace xmlns:c="{space}">{f"{series}</c:ser>" * 300}</c:chartSpace>'.encode())
    simplify_chart(chart)
    assert len(list(chart.iter(f"{{{space}}}pt"))) < 100_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<sheetData>", b"<sheetData"),
        (b"<worksheet ", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><worksheet '),
        (b"<workbook ", b'<!DOCTYPE a [<!ENTITY b "c">]><workbook d="&b;" '),
        (b"<workbook ", b"<a"),
    ],
)
def test_a_damaged_workbook_says_so(tmp_path: Path, old: bytes, new: bytes) -> None:
    """XML that is cut or declares entities is damage, in one line."""
    path = office_files.workbook(tmp_path / "a.xlsx", {"A1": "Crew"})
    with pytest.raises(BadDocument, match=r"^it is damaged [^\n]*$"):
        read_xlsx(str(respelt(path, lambda _, part: part.replace(old, new))))


def test_a_stray_byte_costs_no_comment(tmp_path: Path) -> None:
    """What anydoc passes over is passed over: a control character, bytes of no letter, an attribute said twice."""

    def respell(name: str, part: bytes) -> bytes:
        part = part.replace(b"<w:body>", b'<w:body w:a="1" w:a="2">')
        return part.replace(b"Row to ", b"Row \x0b\xffto ") if name == "word/document.xml" else part

    text = read_office_file(str(respelt(_document(tmp_path / "a.docx"), respell)), ".docx").pages[0]
    assert "Handbook of the lake" in text and text.endswith("> On “at low tide”: By whom?")


def test_entities_of_a_document_stay_unread(tmp_path: Path) -> None:
    """A document that names a file of this machine is read without it."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the code is 1234")

    def respell(name: str, part: bytes) -> bytes:
        if name != "word/document.xml":
            return part
        entity = f'?><!DOCTYPE a [<!ENTITY s SYSTEM "{secret.as_uri()}">]>'.encode()
        return part.replace(b"?>", entity, 1).replace(b"Row to ", b"Row to &s;")

    text = read_office_file(str(respelt(_document(tmp_path / "a.docx"), respell)), ".docx").pages[0]
    assert "Row to " in text and "1234" not in text


@pytest.mark.parametrize(("damaged", "is_read"), [("word/theme/theme1.xml", True), ("word/document.xml", False)])
def test_a_damaged_part_that_holds_no_text_costs_nothing(tmp_path: Path, damaged: str, is_read: bool) -> None:
    """A document without its colours is read; one without its text is damaged."""
    path = tmp_path / "a.docx"
    document = docx.Document()
    document.add_paragraph("Row.")
    document.save(str(path))
    respelt(path, lambda name, part: part.replace(b"<?xml ", b"<?xml  ") if name == damaged else part)
    path.write_bytes(path.read_bytes().replace(b"<?xml  ", b"<?xml \t"))
    if is_read:
        assert read_office_file(str(path), ".docx").pages == ["Row."]
    else:
        with pytest.raises(BadDocument, match="damaged"):
            read_office_file(str(path), ".docx")
