"""office: office formats, web pages and mail, each by the library that reads it best.

Each has a place in formats/: DOCX, PPTX, OpenDocument, RTF, EPUB, DOC and PPT by anydoc (office), XLSX by openpyxl, XLS
by xlrd and CSV by the standard library (spreadsheets), HTML by BeautifulSoup and markdownify (web_pages), mail by the
standard library.
"""

from __future__ import annotations

from pathlib import Path

from groundwork.documents.conversion.converter_table import Conversion, ConversionRequest
from groundwork.documents.formats.mail import mail_to_markdown
from groundwork.documents.formats.office.anydoc_markdown import Pictures, collect_pictures
from groundwork.documents.formats.office.office_file import FORMATS, OfficeFilePages, read_office_file
from groundwork.documents.formats.spreadsheets.csv_files import csv_to_markdown
from groundwork.documents.formats.spreadsheets.xlsx_and_xls_sheets import read_xls, read_xlsx
from groundwork.documents.formats.web_pages.html_to_markdown import html_title, html_to_markdown
from groundwork.documents.pictures.kept_pictures import keep_pictures


def convert(request: ConversionRequest) -> Conversion:
    """A page for each slide; other formats in one piece. Raises BadDocument with the cause."""
    ending, source = request.ending, request.source
    if ending in FORMATS:
        pages, warnings = (
            _read_with_pictures(request) if request.settings.pictures else read_office_file(source, ending)
        )
        return Conversion(pages=[page.strip() for page in pages], warnings=warnings)
    if ending == ".eml":
        office_markdown, warnings = mail_to_markdown(Path(source).read_bytes())
        return Conversion(pages=[office_markdown.strip()], warnings=warnings)
    if ending in (".xlsx", ".xlsm", ".xls"):
        office_markdown, warnings = (read_xls if ending == ".xls" else read_xlsx)(source)
        return Conversion(pages=[office_markdown.strip()], warnings=warnings)
    if ending in (".csv", ".tsv"):
        office_markdown = csv_to_markdown(source)
    else:
        html_bytes = Path(source).read_bytes()
        return Conversion(pages=[html_to_markdown(html_bytes).strip()], title=html_title(html_bytes))
    return Conversion(pages=[office_markdown.strip()])


def _read_with_pictures(request: ConversionRequest) -> OfficeFilePages:
    """The pages with the pictures of the document, which are written into the folder of the request."""
    pictures = Pictures()
    with collect_pictures(pictures):
        pages, warnings = read_office_file(request.source, request.ending)
    picture_bytes = pictures.by_address
    pages, picture_warnings = keep_pictures(picture_bytes, pages, Path(request.images), known_addresses=picture_bytes)
    return OfficeFilePages(pages, [*warnings, *picture_warnings])
