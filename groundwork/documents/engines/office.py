"""office: office formats, web pages and mail, each by the library that reads it best.

Each has a place in formats/: DOCX, PPTX, OpenDocument, RTF, EPUB, DOC and PPT by anydoc (office), XLSX by openpyxl, XLS
by xlrd and CSV by the standard library (spreadsheets), HTML by BeautifulSoup and markdownify (web_pages), mail by the
standard library.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from groundwork.documents.conversion.converter_table import Conversion, ConversionRequest
from groundwork.documents.formats.epub_footnotes import mark_footnotes, repair_epub_pages
from groundwork.documents.formats.mail import mail_to_markdown
from groundwork.documents.formats.office.anydoc_markdown import document_markdown, parse_with_anydoc
from groundwork.documents.formats.office.office_markup_repairs import repair_package
from groundwork.documents.formats.office.office_package import OfficePackage, open_package
from groundwork.documents.formats.office.presentation_slides import read_slides
from groundwork.documents.formats.office.reader_comments import docx_comments, ods_comments, odt_comments, with_comments
from groundwork.documents.formats.office.word_formulas import (
    count_formulas,
    find_formulas,
    replace_formulas_by_letters,
    unread_formulas,
)
from groundwork.documents.formats.outlook_mail import outlook_to_markdown
from groundwork.documents.formats.raised_figures import raise_rtf
from groundwork.documents.formats.spreadsheets.csv_files import csv_to_markdown
from groundwork.documents.formats.spreadsheets.workbooks import read_xlsx
from groundwork.documents.formats.spreadsheets.xls_workbooks import read_xls
from groundwork.documents.formats.web_pages.html_to_markdown import html_title, html_to_markdown
from groundwork.documents.pictures.kept_pictures import PicturesToKeep, collect_pictures_to_keep, keep_pictures
from groundwork.markdown.footnotes import place_footnotes
from groundwork.message_wording import counted


def convert(request: ConversionRequest) -> Conversion:
    """A page for each slide; other formats in one piece. Raises BadDocument with the cause."""
    office_ending, source = request.ending, request.source
    office_title, warnings = "", list[str]()
    if office_ending in OFFICE_FORMATS:
        office_pages, warnings = (
            _read_with_pictures(request) if request.settings.pictures else read_office_file(source, office_ending)
        )
        return Conversion(pages=[office_page.strip() for office_page in office_pages], warnings=warnings)
    if office_ending == ".eml":
        office_markdown, warnings = mail_to_markdown(Path(source).read_bytes())
    elif office_ending == ".msg":
        office_markdown, warnings = outlook_to_markdown(Path(source).read_bytes())
    elif office_ending in (".xlsx", ".xlsm", ".xls"):
        office_markdown, warnings = (read_xls if office_ending == ".xls" else read_xlsx)(source)
    elif office_ending in (".csv", ".tsv"):
        office_markdown = csv_to_markdown(source)
    else:
        office_bytes = Path(source).read_bytes()
        office_markdown, office_title = html_to_markdown(office_bytes), html_title(office_bytes)
    return Conversion(pages=[office_markdown.strip()], warnings=warnings, title=office_title)


def _read_with_pictures(request: ConversionRequest) -> OfficeFilePages:
    """The pages with the pictures of the document, which are written into the folder of the request."""
    pictures = PicturesToKeep()
    with collect_pictures_to_keep(pictures):
        pages, warnings = read_office_file(request.source, request.ending)
    picture_bytes = pictures.by_address
    pages, picture_warnings = keep_pictures(picture_bytes, pages, Path(request.images), known_addresses=picture_bytes)
    return OfficeFilePages(pages, [*warnings, *picture_warnings])


OFFICE_FORMATS = {
    ".docx": "docx", ".docm": "docx", ".doc": "doc", ".pptx": "pptx", ".pptm": "pptx", ".ppt": "ppt",
    ".odt": "odt", ".ods": "ods", ".odp": "odp", ".rtf": "rtf", ".epub": "epub",
}  # fmt: skip
_OFFICE_PACKAGES = ("docx", "pptx", "odt", "ods", "odp", "epub")


class OfficeFilePages(NamedTuple):
    """Markdown by page (slides; one page for all other formats) and what was not kept as it was."""

    pages: list[str]
    warnings: list[str]


def read_office_file(office_file: str, ending: str) -> OfficeFilePages:
    """The document as Markdown. Raises BadDocument where anydoc cannot read it."""
    office_bytes, office_format = Path(office_file).read_bytes(), OFFICE_FORMATS[ending]
    office_package = open_package(office_bytes) if office_format in _OFFICE_PACKAGES else None
    if office_package is None:
        raised_bytes = raise_rtf(office_bytes) if office_format == "rtf" else office_bytes
        return OfficeFilePages([document_markdown(parse_with_anydoc(raised_bytes, office_format))], [])
    if office_format == "epub":
        mark_footnotes(office_package)
        repair_epub_pages(office_package)
        book_markdown = document_markdown(parse_with_anydoc(office_package.to_bytes(), office_format))
        return OfficeFilePages([place_footnotes(book_markdown)], [])
    if office_format in ("odt", "ods", "odp"):
        return _read_open_document(office_package, office_format)
    repair_package(office_package, office_format)
    if office_format == "pptx":
        return OfficeFilePages(*read_slides(office_package))
    return _read_office_docx(office_package)


def _read_open_document(office_package: OfficePackage, office_format: str) -> OfficeFilePages:
    is_workbook = office_format == "ods"
    comment_quotes = ods_comments(office_package) if is_workbook else odt_comments(office_package)
    repair_package(office_package, office_format)
    open_document = parse_with_anydoc(office_package.to_bytes(), office_format)
    return OfficeFilePages([with_comments(document_markdown(open_document, of_sheets=is_workbook), comment_quotes)], [])


def _read_office_docx(office_package: OfficePackage) -> OfficeFilePages:
    comment_quotes = docx_comments(office_package)
    office_package.free_trees()  # of a long document as large as anydoc's model of it, which comes next
    docx_model = parse_with_anydoc(office_package.to_bytes(), "docx")
    formulas = find_formulas(office_package)
    unread = unread_formulas(office_package, formulas) if len(formulas) > count_formulas(docx_model.blocks) else []
    formula_warnings = []
    if unread:
        replace_formulas_by_letters(office_package, unread)
        docx_model = parse_with_anydoc(office_package.to_bytes(), "docx")
        formula_warnings = [
            f"{len(unread)} of {counted(len(formulas), 'formula is', 'formulas are')} given as plain text: "
            "they could not be read as LaTeX"
        ]
    return OfficeFilePages([with_comments(document_markdown(docx_model), comment_quotes)], formula_warnings)
