"""Small office files made for a test: DOCX and PPTX by their libraries, OpenDocument and RTF by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import openpyxl
import pptx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
# a sum whose sign is not told, as Word writes the default, and a fraction
FORMULAS = [
    f"<m:oMath {MATH}><m:nary><m:naryPr/><m:sub><m:r><m:t>i</m:t></m:r></m:sub><m:sup><m:r><m:t>n</m:t></m:r></m:sup>"
    "<m:e><m:r><m:t>w</m:t></m:r></m:e></m:nary></m:oMath>",
    f"<m:oMath {MATH}><m:f><m:num><m:r><m:t>d</m:t></m:r></m:num><m:den><m:r><m:t>t</m:t></m:r></m:den></m:f>"
    "</m:oMath>",
]


def word(path: Path, *, linked: bool = True) -> Path:
    """Numbered headings, two formulas in a sentence, a checkbox of a form, a table with merged cells."""
    document = docx.Document()
    _number_headings(document, linked)
    document.add_heading("Handbook of the lake", 0)
    document.add_heading("Boats", 1)
    document.add_heading("Weight", 2)
    paragraph = document.add_paragraph("The weight is ")
    paragraph._p.append(parse_xml(FORMULAS[0]))
    paragraph.add_run(" and the speed ")
    paragraph._p.append(parse_xml(FORMULAS[1]))
    paragraph.add_run(".")
    box = document.add_paragraph()
    box._p.append(parse_xml(_checkbox("☒")))
    box.add_run(" Lifejackets on board")
    document.add_heading("Crews", 1)
    table = document.add_table(3, 3)
    for i, row in enumerate([["Class", "Crew", "Crew"], ["Skiff", "4", "1"], ["Gig", "6", "1"]]):
        for j, text in enumerate(row):
            table.cell(i, j).text = text
    table.cell(0, 1).merge(table.cell(0, 2)).text = "Crew"
    document.save(str(path))
    return path


def with_formulas_side_by_side(path: Path) -> Path:
    document = docx.Document()
    paragraph = document.add_paragraph("Twice: ")
    for _ in range(2):
        paragraph._p.append(parse_xml(FORMULAS[1]))
    document.save(str(path))
    return path


def with_unknown_formula(path: Path) -> Path:
    """A DOCX with two formulas in a sentence, the first with its letters where no reader looks for them."""
    document = docx.Document()
    paragraph = document.add_paragraph("The weight is ")
    hidden = "<m:ctrlPr><m:r><m:t>x=9</m:t></m:r></m:ctrlPr>"
    paragraph._p.append(parse_xml(f"<m:oMath {MATH}>{hidden}</m:oMath>"))
    paragraph.add_run(" and the speed ")
    paragraph._p.append(parse_xml(FORMULAS[1]))
    document.save(str(path))
    return path


def with_form(path: Path) -> Path:
    """Old form fields: boxes by their state and by their default, a text, lists; and rows, one of them deleted."""
    document = docx.Document()
    for label, field, shown in [
        ("Vegan", "<w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox>", ""),
        ("Fish", "<w:checkBox><w:default w:val='1'/><w:checked w:val='0'/></w:checkBox>", ""),
        ("Swims", "<w:checkBox><w:default w:val='1'/></w:checkBox>", ""),
        ("Name", "<w:textInput/>", "Ada Reed"),
        ("Boat", "<w:ddList><w:result w:val='1'/>{}</w:ddList>", ""),
        ("Oars", "<w:ddList>{}</w:ddList>", ""),
        ("Club", "<w:ddList>{}</w:ddList>", "Heron"),
    ]:
        paragraph = document.add_paragraph()
        entries = "<w:listEntry w:val='Gig'/><w:listEntry w:val='Skiff'/>"
        for xml in (
            f"<w:r {nsdecls('w')}><w:t xml:space='preserve'>{label}: </w:t></w:r>",
            f"<w:r {nsdecls('w')}><w:fldChar w:fldCharType='begin'><w:ffData>{field.format(entries)}</w:ffData>"
            "</w:fldChar></w:r>",
            f"<w:r {nsdecls('w')}><w:instrText>FORM</w:instrText></w:r>",
            f"<w:r {nsdecls('w')}><w:fldChar w:fldCharType='separate'/><w:t>{shown}</w:t></w:r>",
            f"<w:r {nsdecls('w')}><w:fldChar w:fldCharType='end'/></w:r>",
        ):
            paragraph._p.append(parse_xml(xml))
    table = document.add_table(3, 2)
    for i, text in enumerate(["Class", "Punt", "Gig"]):
        table.cell(i, 0).text, table.cell(i, 1).text = text, str(i)
    deletion = f"<w:trPr {nsdecls('w')}><w:del w:id='1' w:author='Una'/></w:trPr>"
    table.rows[1]._tr.insert(0, parse_xml(deletion))
    deleted = f"<w:del {nsdecls('w')} w:id='2' w:author='Una'><w:r><w:delText>gone</w:delText></w:r></w:del>"
    document.add_paragraph("Kept")._p.append(parse_xml(deleted))
    document.save(str(path))
    return path


def _number_headings(document: docx.document.Document, linked: bool) -> None:
    """`linked`: the levels of the numbering name the styles, as the styles name the numbering."""
    levels = "".join(
        f'<w:lvl w:ilvl="{k}"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
        f'{f"""<w:pStyle w:val="Heading{k + 1}"/>""" if linked else ""}'
        f'<w:lvlText w:val="{".".join(f"%{n + 1}" for n in range(k + 1))}"/></w:lvl>'
        for k in range(2)
    )
    numbering = document.part.numbering_part.element
    numbering.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{levels}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for k in range(2):
        level = f'<w:ilvl w:val="{k}"/>' if k else ""
        properties = document.styles[f"Heading {k + 1}"].element.get_or_add_pPr()
        properties.insert(0, parse_xml(f'<w:numPr {nsdecls("w")}>{level}<w:numId w:val="77"/></w:numPr>'))


def _checkbox(mark: str) -> str:
    return (
        f'<w:sdt {nsdecls("w")} xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"><w:sdtPr><w14:checkbox>'
        f'<w14:checked w14:val="1"/></w14:checkbox></w:sdtPr><w:sdtContent><w:r><w:t>{mark}</w:t></w:r></w:sdtContent>'
        "</w:sdt>"
    )


def with_linked_picture(path: Path, target: str) -> Path:
    """A DOCX whose picture lies elsewhere: its relation is external."""
    document = docx.Document()
    document.add_paragraph("Before the picture.")
    picture = io.BytesIO()
    from PIL import Image

    Image.new("RGB", (4, 4)).save(picture, "PNG")
    document.add_picture(picture)
    document.add_paragraph("Behind the picture.")
    buffer = io.BytesIO()
    document.save(buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "word/_rels/document.xml.rels":
                part = part.replace(b'Target="media/image1.png"', f'Target="{target}" TargetMode="External"'.encode())
            if name == "word/document.xml":
                part = part.replace(b"r:embed=", b"r:link=")
            if not name.startswith("word/media/"):
                new.writestr(name, part)
    return path


def slides(path: Path, shape: bytes = b"") -> Path:
    """Two slides: bullets on two levels with speaker notes, and a title with `shape` put in as XML."""
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Safety"
    frame = first.placeholders[1].text_frame
    frame.text = "Wear a lifejacket"
    for text, level in (("on the water", 1), ("Row with a light", 0)):
        paragraph = frame.add_paragraph()
        paragraph.text, paragraph.level = text, level
    first.notes_slide.notes_text_frame.text = "Say it twice."
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Odd shapes"
    buffer = io.BytesIO()
    deck.save(buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b"</p:spTree>", shape + b"</p:spTree>") if "slide2.xml" in name else part)
    return path


def open_document(path: Path, kind: str, body: str, styles: str = "") -> Path:
    """An OpenDocument file of this kind, text or spreadsheet, with automatic styles where it has some."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "style")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.3">'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body>"
        f"<office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.{kind}"/>'
        "</manifest:manifest>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return path


def workbook(path: Path, cells: dict[str, object], merged: str = "") -> Path:
    """A sheet with these cells; `merged` is put in as XML, for openpyxl would create every cell of a large area."""
    book = openpyxl.Workbook()
    book.active.title = "Crews"
    for place, value in cells.items():
        book.active[place] = value
    buffer = io.BytesIO()
    book.save(buffer)
    tag = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>'.encode() if merged else b""
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            is_sheet = name.startswith("xl/worksheets/sheet")
            new.writestr(name, part.replace(b"</sheetData>", b"</sheetData>" + tag) if is_sheet else part)
    return path


def respelt(
    path: Path,
    respell: Callable[[str, bytes], bytes] = lambda _, part: part,
    *,
    rename: Callable[[str], str] = str,
    skipped: tuple[str, ...] = (),
) -> Path:
    """The file with each of its parts as `respell` gives it, from name and content; `skipped` are left out."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name not in skipped}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(rename(name), respell(name, part))
    return path
