"""Write the handbook in other formats, and its PDF with what goes wrong with PDFs, into a folder of a test.

Each function takes a folder that exists, writes one file named `handbook` there and returns its path.
Nothing of this is committed: the files are made when a test asks for them.
"""

import csv
import html
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import docx
import openpyxl
import pptx
import pypdf
import pypdfium2

from tests.sample.make_pdf import PDF
from tests.sample.source import (
    Block,
    Caption,
    Figure,
    Footnote,
    Formula,
    Heading,
    Items,
    Note,
    Paragraph,
    Table,
    plain,
    read_handbook,
)

PASSWORD = "harbour"  # noqa: S105 - it is meant to be known


def write_docx(folder: Path) -> Path:
    """The whole text with Word's own heading, list and table styles."""
    document = docx.Document()
    for block in read_handbook():
        match block:
            case Heading(level, text):
                document.add_heading(plain(text), level - 1)  # 0 is Word's title
            case Items(texts):
                for item in texts:
                    document.add_paragraph(plain(item), style="List Bullet")
            case Table(_, rows):
                table = document.add_table(0, len(rows[0]), style="Table Grid")
                for row in rows:
                    for cell, text in zip(table.add_row().cells, row, strict=True):
                        cell.text = plain(text)
            case _:
                document.add_paragraph(line(block))
    path = folder / "handbook.docx"
    document.save(str(path))
    return path


def write_pptx(folder: Path) -> Path:
    """A slide for each section with its rules, and one for each table."""
    slides = pptx.Presentation()
    body, title = None, ""
    for block in read_handbook():
        if isinstance(block, Table):
            add_table_slide(slides, title, block)
        elif isinstance(block, Heading) and block.level <= 3:
            slide = slides.slides.add_slide(slides.slide_layouts[1])
            title = slide.shapes.title.text = plain(block.text)
            body = slide.placeholders[1].text_frame
        else:
            body.add_paragraph().text = line(block)
    path = folder / "handbook.pptx"
    slides.save(str(path))
    return path


def add_table_slide(slides: pptx.presentation.Presentation, title: str, table: Table) -> None:
    slide = slides.slides.add_slide(slides.slide_layouts[5])
    slide.shapes.title.text = title
    size = (0, slides.slide_height // 4, slides.slide_width, slides.slide_height // 2)
    grid = slide.shapes.add_table(len(table.rows), len(table.rows[0]), *size).table
    for i, row in enumerate(table.rows):
        for j, text in enumerate(row):
            grid.cell(i, j).text = plain(text)


def write_xlsx(folder: Path) -> Path:
    """A sheet for each table with a caption; whole numbers are numbers."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, table in captioned_tables():
        sheet = book.create_sheet(name)
        for row in table.rows:
            sheet.append([int(cell) if cell.isdecimal() else cell or None for cell in row])
    path = folder / "handbook.xlsx"
    book.save(path)
    return path


def write_csv(folder: Path) -> Path:
    """Table 6, the penalties."""
    path = folder / "handbook.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(dict(captioned_tables())["Table 6"].rows)
    return path


def write_html(folder: Path) -> Path:
    """The whole text as one page, with a script and a style sheet that are no part of it."""
    path = folder / "handbook.html"
    head = '<meta charset="utf-8"><title>Handbook</title><style>p { margin: 0 }</style><script>let visits = 1</script>'
    path.write_text(f"<!doctype html><html lang='en'><head>{head}</head><body>{html_body()}</body></html>", "utf-8")
    return path


def write_epub(folder: Path) -> Path:
    """The whole text as the one chapter of a book."""
    path = folder / "handbook.epub"
    files = {
        "META-INF/container.xml": '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles>'
        "</container>",
        "book.opf": '<package version="3.0" unique-identifier="id" xmlns="http://www.idpf.org/2007/opf">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">handbook</dc:identifier>'
        "<dc:title>Ellary Sound Rowing League Handbook</dc:title><dc:language>en</dc:language></metadata>"
        '<manifest><item id="text" href="text.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="text"/></spine></package>',
        "text.xhtml": '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
        f"<head><title>Handbook</title></head><body>{html_body()}</body></html>",
    }
    with ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip", ZIP_STORED)
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def write_scanned_pdf(folder: Path, pages: int = 2) -> Path:
    """The first pages as pictures (100 dpi), without a text layer."""
    path = folder / "handbook-scanned.pdf"
    path.write_bytes(scan(range(pages)))
    return path


def write_partly_scanned_pdf(folder: Path) -> Path:
    """Three pages; the second is a picture, the others have their text."""
    writer = pypdf.PdfWriter()
    writer.append(PDF, pages=(0, 1))
    writer.append(BytesIO(scan([1])))
    writer.append(PDF, pages=(2, 3))
    return save(writer, folder / "handbook-partly-scanned.pdf")


def write_encrypted_pdf(folder: Path) -> Path:
    """Opens only with PASSWORD."""
    writer = pypdf.PdfWriter(clone_from=PDF)
    writer.encrypt(PASSWORD, algorithm="RC4-128")  # AES would need another package
    return save(writer, folder / "handbook-encrypted.pdf")


def write_locked_pdf(folder: Path) -> Path:
    """Encrypted, but opens without a password: only changing it asks for one."""
    writer = pypdf.PdfWriter(clone_from=PDF)
    writer.encrypt("", owner_password=PASSWORD, algorithm="RC4-128")
    return save(writer, folder / "handbook-locked.pdf")


def write_turned_pdf(folder: Path) -> Path:
    """Every page lies on its side when it is shown, as from a scanner that was fed sideways."""
    writer = pypdf.PdfWriter(clone_from=PDF)
    for page in writer.pages:
        page.rotate(90)
    return save(writer, folder / "handbook-turned.pdf")


def write_rotated_pdf(folder: Path) -> Path:
    """Every page is stored on its side and shown upright by its /Rotate entry, as drawing programs do."""
    writer = pypdf.PdfWriter(clone_from=PDF)
    for page in writer.pages:
        page.rotate(-90)
        page.transfer_rotation_to_content()
        page.rotate(90)
    return save(writer, folder / "handbook-rotated.pdf")


def write_truncated_pdf(folder: Path) -> Path:
    """The first half of the file, as a broken download leaves it."""
    path = folder / "handbook-truncated.pdf"
    path.write_bytes(PDF.read_bytes()[: PDF.stat().st_size // 2])
    return path


def write_empty_pdf(folder: Path) -> Path:
    """No bytes at all."""
    path = folder / "handbook-empty.pdf"
    path.touch()
    return path


def write_blank_pdf(folder: Path) -> Path:
    """One page with nothing on it."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    return save(writer, folder / "handbook-blank.pdf")


READABLE: dict[str, Callable[[Path], Path]] = {
    "docx": write_docx,
    "pptx": write_pptx,
    "xlsx": write_xlsx,
    "csv": write_csv,
    "html": write_html,
    "epub": write_epub,
}
PDFS: dict[str, Callable[[Path], Path]] = {
    "scanned": write_scanned_pdf,
    "partly scanned": write_partly_scanned_pdf,
    "encrypted": write_encrypted_pdf,
    "locked": write_locked_pdf,
    "turned": write_turned_pdf,
    "rotated": write_rotated_pdf,
    "truncated": write_truncated_pdf,
    "empty": write_empty_pdf,
    "blank": write_blank_pdf,
}


def captioned_tables() -> Iterator[tuple[str, Table]]:
    """("Table 1", table) and so on."""
    for one, two in pairwise(read_handbook()):
        if isinstance(one, Caption) and isinstance(two, Table):
            yield one.text.split(".")[0], two


def line(block: Block) -> str:
    """A block other than a table as plain text."""
    match block:
        case Items(texts):
            return "\n".join(map(plain, texts))
        case Figure(labels):
            return f"[Figure: {'; '.join(labels)}]"
        case Footnote(mark, text):
            return f"{mark} {plain(text)}"
        case Paragraph(text, number):
            return f"{number} {plain(text)}".strip()
        case Heading(_, text) | Caption(text) | Formula(text) | Note(text):
            return plain(text)
    raise TypeError(f"no line of text: {block}")


def html_body() -> str:
    return "\n".join(map(html_block, read_handbook()))


def html_block(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{html_text(text)}</h{level}>"
        case Items(texts):
            return "<ul>" + "".join(f"<li>{html_text(text)}</li>" for text in texts) + "</ul>"
        case Table(_, (header, *rows)):
            return f"<table>{html_row(header, 'th')}{''.join(html_row(row, 'td') for row in rows)}</table>"
        case Note(text):
            return f"<blockquote>{html_text(text)}</blockquote>"
        case Paragraph(text, number):
            return f"<p>{f'<strong>{number}</strong> ' if number else ''}{html_text(text)}</p>"
        case _:
            return f"<p>{html_text(line(block))}</p>"


def html_row(row: tuple[str, ...], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{html_text(cell)}</{tag}>" for cell in row) + "</tr>"


def html_text(text: str) -> str:
    text = html.escape(text, quote=False)
    text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"\*(.+?)\*", r"<em>\1</em>", text)
    return re.sub(r"\[\^(\d+)\]", r"<sup>\1</sup>", text)


def scan(pages: range | list[int]) -> bytes:
    """A PDF of the pages' pictures."""
    with pypdfium2.PdfDocument(PDF) as document:
        first, *rest = [document[page].render(scale=100 / 72, grayscale=True).to_pil() for page in pages]
    out = BytesIO()
    first.save(out, "PDF", save_all=True, append_images=rest, resolution=100)
    return out.getvalue()


def save(writer: pypdf.PdfWriter, path: Path) -> Path:
    writer.write(path)
    return path


def write_plain_pdf(path: Path, pages: Sequence[bytes], packed: int = 1) -> Path:
    """A PDF of these content streams, each deflated `packed` times: for pages that no writer would make."""
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 << "
    page += "/Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
    kids = " ".join(f"{3 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()]
    for i, content in enumerate(pages):
        for _ in range(packed):
            content = zlib.compress(content, 9)
        head = f"<< /Length {len(content)} /Filter [{' /FlateDecode' * packed}] >>".encode()
        objects += [page.format(4 + 2 * i).encode(), head + b"\nstream\n" + content + b"\nendstream"]
    return write_pdf_objects(path, objects)


def write_pdf_objects(path: Path, objects: Sequence[bytes]) -> Path:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    path.write_bytes(out + end % (len(objects) + 1, table, len(objects) + 1, len(out)))
    return path


def page_of(lines: Sequence[str], size: float = 12) -> bytes:
    """A page's content: these lines, one below the other."""
    shown = "\n".join(f"({text}) Tj T*" for text in lines)
    return f"BT /F1 {size} Tf {1.2 * size} TL 20 820 Td\n{shown}\nET".encode()
