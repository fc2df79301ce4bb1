"""Text of Word in elements that anydoc passes over, and raised figures of all formats."""

from __future__ import annotations

import functools
import zipfile
from pathlib import Path

import docx
import pptx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx.util import Inches

from groundwork.documents.engines.office import read_office_file
from groundwork.documents.formats.raised_figures import raise_figures
from groundwork.documents.formats.spreadsheets.workbooks import read_xlsx
from groundwork.documents.formats.web_pages.html_to_markdown import html_to_markdown
from tests.documents.formats.office_files import open_document, respelt, workbook

SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def word_text(path: Path, body: str) -> str:
    """What is read of a DOCX with this XML in its body."""
    document = docx.Document()
    for element in parse_xml(f"<w:body {nsdecls('w')}>{body}</w:body>"):
        document.element.body.insert(len(document.element.body) - 1, element)
    document.save(str(path))
    return read_office_file(str(path), ".docx").pages[0]


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def cell(text: str) -> str:
    return f"<w:tc><w:p>{run(text)}</w:p></w:tc>"


def test_a_hyphen_that_does_not_break_parts_two_numbers(tmp_path: Path) -> None:
    body = "<w:p><w:r><w:t>2010</w:t><w:noBreakHyphen/><w:t>2015</w:t></w:r></w:p>"
    assert word_text(tmp_path / "a.docx", body) == "2010-2015"


@pytest.mark.parametrize(
    ("font", "code", "sign"),
    [
        ("Symbol", "F0B1", "±"),
        ("Symbol", "00B3", "≥"),
        ("Symbol", "F0E2", "®"),
        ("Wingdings", "F0FE", "☒"),
        ("Wingdings", "F0E0", "→"),
        ("Segoe UI Symbol", "2610", "☐"),
        ("Arial", "F041", "A"),
        ("Arial", "D83D", ""),
        ("Arial", "zz", ""),
    ],
)
def test_a_sign_named_by_its_place_in_a_font_is_its_letter(tmp_path: Path, font: str, code: str, sign: str) -> None:
    """Also in a run that is set in the font itself, whose letters are places."""
    symbol = f"<w:r><w:rPr><w:rFonts w:hAnsi='Symbol'/></w:rPr><w:sym w:font='{font}' w:char='{code}'/></w:r>"
    micro = run("m", "<w:rFonts w:hAnsi='Symbol'/>")
    body = f"<w:p>{run('5.0')}{symbol}{run('0.5 ')}{micro}{run('g')}</w:p>"
    assert word_text(tmp_path / "a.docx", body) == f"5.0{sign}0.5 μg"


@pytest.mark.parametrize(
    "wrapped", ["<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", "<w:customXml w:element='row'>{}</w:customXml>"]
)
def test_rows_in_content_controls_are_rows(tmp_path: Path, wrapped: str) -> None:
    """As a control that repeats holds them, and one within another."""
    rows = [f"<w:tr>{cell(name)}{cell(price)}</w:tr>" for name, price in (("Boat", "Fee"), ("Gig", "9"), ("Punt", "7"))]
    table = rows[0] + wrapped.format(wrapped.format(rows[1])) + wrapped.format(rows[2])
    assert word_text(tmp_path / "a.docx", f"<w:tbl>{table}</w:tbl>").split("\n")[2:] == ["| Gig | 9 |", "| Punt | 7 |"]


def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next(tmp_path: Path) -> None:
    """As a table stands behind it, it ends there."""
    mark = "<w:pPr><w:rPr><w:del w:id='1' w:author='Una'/></w:rPr></w:pPr>"
    first, second = (f"<w:p>{mark}{run(text)}</w:p>" for text in ("Set the pH", " to"))
    table = f"<w:tbl><w:tr>{cell('Gig')}{cell('9')}</w:tr></w:tbl>"
    third, fourth = f"<w:p>{run(' 8.0.')}</w:p>", f"<w:p>{mark}{run('Boats:')}</w:p>"
    text = word_text(tmp_path / "a.docx", first + second + third + fourth + table)
    assert text.split("\n\n")[:2] == ["Set the pH to 8.0.", "Boats:"] and "| Gig | 9 |" in text


@pytest.mark.parametrize(
    ("text", "raised"),
    [("5", "⁵"), ("-3", "⁻³"), ("2+", "²⁺"), (" 1,2 ", " ¹,² "), ("3-5", "³-⁵"), ("st", "st"), ("[4]", "[4]")],
)
def test_raised_figures_are_superscripts(text: str, raised: str) -> None:
    """With their signs; a range's dash, letters and brackets stay."""
    assert raise_figures(text) == raised


def test_raised_figures_of_word_are_no_digits_of_the_number_before(tmp_path: Path) -> None:
    """Raised by themselves or by a style of characters; what is lowered stays."""
    document = docx.Document()
    document.styles.add_style("Mark", docx.enum.style.WD_STYLE_TYPE.CHARACTER).font.superscript = True
    paragraph = document.add_paragraph("10")
    paragraph.add_run("5").font.superscript = True
    paragraph.add_run(" cells of CO")
    paragraph.add_run("2").font.subscript = True
    paragraph.add_run(" in 2011")
    paragraph.add_run("1", "Mark")
    document.save(str(tmp_path / "a.docx"))
    assert read_office_file(str(tmp_path / "a.docx"), ".docx").pages == ["10⁵ cells of CO2 in 2011¹"]


def test_raised_figures_of_slides_are_superscripts(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    box = deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_textbox(*[Inches(1)] * 4)
    for text, baseline in (("3", "0"), ("2", "30000"), ("4", "-25000")):
        added = box.text_frame.paragraphs[0].add_run()
        added.text = text
        added.font._element.set("baseline", baseline)
    deck.save(str(tmp_path / "a.pptx"))
    assert read_office_file(str(tmp_path / "a.pptx"), ".pptx").pages == ["3²4"]


def test_raised_figures_of_workbooks_and_pages_are_superscripts(tmp_path: Path) -> None:
    """Of cells whose text is set in several ways, and of HTML."""
    path = workbook(tmp_path / "a.xlsx", {"A1": "@", "B1": "Fee", "A2": "Gig", "B2": 4})
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    target = b"<Relationship Id='s' Target='sharedStrings.xml' Type='" + kind + b"'/></Relationships>"
    typed = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = b"<Override PartName='/xl/sharedStrings.xml' ContentType='" + typed + b"'/></Types>"
    put = {b't="inlineStr"><is><t>@</t></is>': b't="s"><v>0</v>', b"</Relationships>": target, b"</Types>": override}
    respelt(path, lambda _, part: functools.reduce(lambda text, old: text.replace(old, put[old]), put, part))
    runs = "<r><t>Boats 2011</t></r><r><rPr><vertAlign val='superscript'/></rPr><t>1</t></r>"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst xmlns='{SHEETS}'><si>{runs}</si></sst>")
    assert "| Boats 2011¹ | Fee |" in read_xlsx(str(path)).text
    assert html_to_markdown("<p>10<sup>5</sup> on the 1<sup>st</sup>[<sup>4</sup>]</p>").strip() == "10⁵ on the 1st[⁴]"


@pytest.mark.parametrize(("position", "shown"), [("super 58%", "3²"), ("33% 58%", "3²"), ("sub 58%", "32")])
def test_raised_figures_of_open_document_text_are_superscripts(tmp_path: Path, position: str, shown: str) -> None:
    spaces = 'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    properties = f'<style:text-properties style:text-position="{position}"/>'
    style = f'<style:style {spaces} style:name="T1" style:family="text">{properties}</style:style>'
    path = open_document(tmp_path / "a.odt", "text", '<text:p>3<text:span text:style-name="T1">2</text:span></text:p>')
    styles = f"<office:automatic-styles>{style}</office:automatic-styles><office:body>".encode()
    respelt(path, lambda _, part: part.replace(b"<office:body>", styles))
    assert read_office_file(str(path), ".odt").pages == [shown]


@pytest.mark.parametrize(
    ("rtf", "shown"),
    [
        (rb"10{\super 5} cells", "10⁵ cells"),
        (rb"m{\rtlch\fcs1 \af0 \ltrch\fcs0 \super\insrsid12 -2}", "m⁻²"),
        (rb"1{\super st} of 3{\super0 4}", "1st of 34"),
    ],
)
def test_raised_figures_of_rtf_are_superscripts(tmp_path: Path, rtf: bytes, shown: str) -> None:
    """Also where other words of formatting stand between; letters, and what is raised no more, stay."""
    path = tmp_path / "a.rtf"
    path.write_bytes(rb"{\rtf1\ansi\pard " + rtf + rb"\par}")
    assert read_office_file(str(path), ".rtf").pages == [shown]


@pytest.mark.parametrize(("shown", "text"), [("", "5.0 ± 0.5"), (run("+-"), "5.0 +- 0.5")])
def test_a_field_that_names_a_sign_shows_it_once(tmp_path: Path, shown: str, text: str) -> None:
    """Where the field holds no text of its own."""
    begin, separate, end = (f"<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>" for kind in ("begin", "separate", "end"))
    code = "<w:r><w:instrText xml:space='preserve'> SYMBOL 177 \\f \"Symbol\" \\s 12 </w:instrText></w:r>"
    field = f"{begin}{code}{separate}{shown}{end}"
    assert word_text(tmp_path / "a.docx", f"<w:p>{run('5.0 ')}{field}{run(' 0.5')}</w:p>") == text


@pytest.mark.parametrize(
    ("font", "sign", "shown"),
    [
        ("<a:sym {} typeface='Wingdings'/>", "\uf0e0", "A → B"),
        ("<a:sym {} typeface='Wingdings'/>", "à", "A → B"),
        ("<a:latin {} typeface='Symbol'/>", "\uf0b1", "A ± B"),
        ("<a:latin {} typeface='Arial'/>", "à", "A à B"),
    ],
)
def test_signs_of_slides_are_letters(tmp_path: Path, font: str, sign: str, shown: str) -> None:
    deck = pptx.Presentation()
    box = deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_textbox(*[Inches(1)] * 4)
    for text in ("A ", sign, " B"):
        added = box.text_frame.paragraphs[0].add_run()
        added.text = text
    box.text_frame.paragraphs[0].runs[1].font._element.append(parse_xml(font.format(nsdecls("a"))))
    deck.save(str(tmp_path / "a.pptx"))
    assert read_office_file(str(tmp_path / "a.pptx"), ".pptx").pages == [shown]


def test_boxes_of_open_document_files_are_part_of_their_text(tmp_path: Path) -> None:
    """Of a page in a text; of a sheet below its table, of a cell in it."""
    space = 'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    box = f"<draw:frame {space}><draw:text-box><text:p>{{}}</text:p></draw:text-box></draw:frame>".format
    text = open_document(tmp_path / "a.odt", "text", f"{box('Ahoy.')}<text:p>Row.</text:p>")
    assert read_office_file(str(text), ".odt").pages == ["Ahoy.\n\nRow."]
    cells = "<table:table-cell office:value-type='string'><text:p>{}</text:p>{}</table:table-cell>".format
    rows = "".join(
        f"<table:table-row>{cells(name, '')}{cells(fee, note)}</table:table-row>"
        for name, fee, note in (("Boat", "Fee", ""), ("Gig", "4", box("a day")))
    )
    sheet = f"<table:table table:name='S'><table:shapes>{box('Paid by May.')}</table:shapes>{rows}</table:table>"
    assert read_office_file(str(open_document(tmp_path / "a.ods", "spreadsheet", sheet)), ".ods").pages == [
        "| Boat | Fee |\n| --- | --- |\n| Gig | 4 a day |\n\nPaid by May."
    ]
