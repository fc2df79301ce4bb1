"""office: office formats, web pages and mail, each by the library that reads it best.

Each has a module in formats/: DOCX, PPTX, OpenDocument, RTF, EPUB, DOC and PPT by anydoc, XLSX by openpyxl, XLS by xlrd
and CSV by the standard library (spreadsheets), HTML by BeautifulSoup and markdownify (html_documents), mail by the
standard library.
"""

from __future__ import annotations

from pathlib import Path

from groundwork.documents.conversion.converter_table import Conversion, Request
from groundwork.documents.formats import anydoc, html_documents, mail, spreadsheets
from groundwork.documents.pictures.kept_pictures import keep_pictures


def convert(request: Request) -> Conversion:
    """A page for each slide; other formats in one piece. Raises BadDocument with the cause."""
    ending, source = request.ending, request.source
    if ending in anydoc.FORMATS:
        pages, warnings = _read_with_pictures(request) if request.settings.pictures else anydoc.read(source, ending)
        return Conversion(pages=[page.strip() for page in pages], warnings=warnings)
    if ending == ".eml":
        text, warnings = mail.mail_to_markdown(Path(source).read_bytes())
        return Conversion(pages=[text.strip()], warnings=warnings)
    if ending in (".xlsx", ".xlsm", ".xls"):
        text, warnings = (spreadsheets.read_xls if ending == ".xls" else spreadsheets.read_xlsx)(source)
        return Conversion(pages=[text.strip()], warnings=warnings)
    if ending in (".csv", ".tsv"):
        text = spreadsheets.csv_to_markdown(source)
    else:
        html = Path(source).read_bytes()
        return Conversion(pages=[html_documents.html_to_markdown(html).strip()], title=html_documents.html_title(html))
    return Conversion(pages=[text.strip()])


def _read_with_pictures(request: Request) -> anydoc.AnydocReading:
    """The pages with the pictures of the document, which are written into the folder of the request."""
    pictures = anydoc.Pictures()
    with anydoc.collect_pictures(pictures):
        pages, warnings = anydoc.read(request.source, request.ending)
    picture_bytes = pictures.by_address
    pages, picture_warnings = keep_pictures(picture_bytes, pages, Path(request.images), known_addresses=picture_bytes)
    return anydoc.AnydocReading(pages, [*warnings, *picture_warnings])
