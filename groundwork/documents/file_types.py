"""What a file of data/documents really is: its first bytes say it, not its name.

An archive that unpacks to too much is refused before any converter sees it.
"""

from __future__ import annotations

import codecs
import string
import zipfile
from pathlib import Path

from groundwork.documents.conversion.converter_table import IMAGE_ENDINGS, TEXT_ENDINGS
from groundwork.documents.formats.office.anydoc_markdown import save_old_file_as
from groundwork.documents.formats.text_encodings import decode_text
from groundwork.documents.unpacked_sizes import refuse_archive_bomb, refuse_pdf_bomb
from groundwork.errors import BadDocument

TABLE_AND_DATA_ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".xml", ".ipynb", ".html", ".htm", ".xhtml")
OFFICE_ENDINGS = (".docx", ".pptx", ".xlsx", ".xls", ".epub", ".msg", ".odt", ".ods", ".odp", ".rtf", ".doc", ".ppt")
_SAVE_FILE_AS = {
    ".pages": "DOCX or PDF", ".key": "PPTX or PDF", ".numbers": "XLSX", ".xlsb": "XLSX", ".djvu": "PDF", ".ps": "PDF",
    ".mobi": "EPUB", ".azw3": "EPUB",
}  # fmt: skip
_IMAGE_TYPES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"BM": ".bmp", b"II*\x00": ".tif",
                     b"MM\x00*": ".tif"}  # fmt: skip
_ARCHIVE_TYPE_PARTS = {
    "word/document.xml": ".docx",
    "ppt/presentation.xml": ".pptx",
    "xl/workbook.xml": ".xlsx",
    "xl/workbook.bin": ".xlsb",
    "meta-inf/container.xml": ".epub",
}
_OPEN_DOCUMENT_TYPES = {"text": ".odt", "spreadsheet": ".ods", "presentation": ".odp"}  # by the file `mimetype` in it
_OPEN_DOCUMENT_TYPE = b"application/vnd.oasis.opendocument."
_OLD_TYPES = {".doc": "DOCX", ".ppt": "PPTX", ".xls": "XLSX"}  # what to save each as
_OLE_TYPE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAME_FILE_TYPES = ({".htm", ".html", ".xhtml"}, {".jpg", ".jpeg"}, {".tif", ".tiff"}, {".docx", ".docm"},
                 {".xlsx", ".xlsm"}, {".pptx", ".pptm"})  # fmt: skip


def examine_file_type(path: Path, max_unpacked_mb: int) -> tuple[str, list[str]]:
    """(the ending that fits the content, warnings). Raises BadDocument with the cause and the remedy."""
    if path.stat().st_size == 0:
        raise BadDocument("the file is empty (0 bytes); fetch it again or remove it")
    with path.open("rb") as file:
        file_start = file.read(4096)
    named_type = path.suffix.lower()
    detected = _detect_file_type(path, file_start, named_type)
    if zipfile.is_zipfile(path) and detected in OFFICE_ENDINGS:
        refuse_archive_bomb(path, max_unpacked_mb)
    if detected == ".pdf":
        refuse_pdf_bomb(path, max_unpacked_mb)
    if detected == named_type or any({detected, named_type} <= synonyms for synonyms in _SAME_FILE_TYPES):
        return detected, []
    return detected, [f"its name ends in {named_type or 'nothing'}, but it holds {detected[1:].upper()}; read as that"]


def _detect_file_type(path: Path, file_start: bytes, suffix: str) -> str:
    if b"%PDF-" in file_start[:1024]:
        return ".pdf"
    if file_start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _archive_file_type(path, suffix)
    if file_start.startswith(_OLE_TYPE):
        return _ole_file_type(path, suffix)
    if file_start.startswith(b"{\\rtf"):
        return ".rtf"
    if file_start[:4] == b"RIFF" and file_start[8:12] == b"WEBP":
        return ".webp"
    for type_signature, file_ending in _IMAGE_TYPES.items():
        if file_start.startswith(type_signature) and not (type_signature == b"BM" and suffix != ".bmp"):
            return file_ending
    return _text_file_type(path, file_start, suffix)


def _text_file_type(path: Path, file_start: bytes, suffix: str) -> str:
    from groundwork.documents.formats.mail import is_mail

    if suffix == ".pdf":
        raise BadDocument("it is not a PDF (no %PDF mark); it may be truncated or misnamed: fetch it again")
    if suffix in _SAVE_FILE_AS:
        raise BadDocument(f"{suffix} files are not read; save it as {_SAVE_FILE_AS[suffix]}")
    if suffix in IMAGE_ENDINGS or (
        suffix in OFFICE_ENDINGS and b"\x00" in file_start and not file_start.startswith(_UTF_16_MARKS)
    ):
        raise BadDocument(_not_of_its_file_type(suffix))
    start_of_file = _start_of_text_file(path, file_start, suffix)
    if start_of_file.lower().startswith(("<!doctype html", "<html")):
        return suffix if suffix in (".html", ".htm", ".xhtml") else ".html"
    if suffix == ".eml" or (suffix not in TEXT_ENDINGS + TABLE_AND_DATA_ENDINGS and is_mail(start_of_file)):
        return ".eml"
    if suffix in OFFICE_ENDINGS:  # of office programs that write pages, mails and tables under such names
        if suffix == ".xls" and "\t" in start_of_file.split("\n", 1)[0]:
            return ".tsv"
        raise BadDocument(_not_of_its_file_type(suffix))
    return suffix if suffix in TEXT_ENDINGS + TABLE_AND_DATA_ENDINGS else ".txt"


def _not_of_its_file_type(suffix: str) -> str:
    if suffix in _OLD_TYPES:
        return f"it is no {suffix[1:].upper()} file of 1997 or later; {save_old_file_as(_OLD_TYPES[suffix])}"
    return f"it is no {suffix[1:].upper()} file, or a damaged one; fetch it again or save it again"


def _start_of_text_file(path: Path, file_start: bytes, suffix: str) -> str:
    """Raises BadDocument for bytes that are no text."""
    try:
        is_whole_file = file_start[-1:] < b"\x80" and len(file_start) % 2 == 0
        return (decode_text(file_start) if is_whole_file else decode_text(path.read_bytes()))[0].lstrip()
    except BadDocument:
        if b"\x00" in file_start:
            unreadable_cause = (
                f"{suffix or 'such'} files are not read"
                if suffix not in TEXT_ENDINGS + TABLE_AND_DATA_ENDINGS
                else "it holds no text"
            )
            raise BadDocument(f"{unreadable_cause}; save it as PDF, DOCX or Markdown") from None
        raise


def _archive_file_type(path: Path, suffix: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            part_names = set(archive.namelist())
            if "mimetype" in part_names and archive.getinfo("mimetype").file_size < 200:
                open_document_type = (
                    archive.read("mimetype").strip().removeprefix(_OPEN_DOCUMENT_TYPE).decode(errors="replace")
                )
                if open_document_type in _OPEN_DOCUMENT_TYPES:
                    return _OPEN_DOCUMENT_TYPES[open_document_type]
    except (zipfile.BadZipFile, OSError, ValueError) as file_error:
        raise BadDocument(f"it is damaged or truncated ({file_error}); fetch it again") from None
    # the case of letters does not count, and some programs on Windows part folders by a backslash
    archive_part_names = (name.replace("\\", "/").lower() for name in part_names)
    archive_part_stems = {
        (stem.rstrip(string.digits), file_ending)
        for stem, _, file_ending in (name.rpartition(".") for name in archive_part_names)
    }
    for part_name, file_ending in _ARCHIVE_TYPE_PARTS.items():
        if tuple(part_name.rsplit(".", 1)) in archive_part_stems:  # also with a number, as Office on the web has it
            return file_ending
    if suffix in (".docx", ".pptx", ".xlsx") and (file_ending := _ending_by_part_types(path)):
        return file_ending
    if suffix in _SAVE_FILE_AS:
        raise BadDocument(f"{suffix} files are not read; save it as {_SAVE_FILE_AS[suffix]}")
    raise BadDocument("it is an archive; unpack it and put the documents in the folder")


def _ending_by_part_types(path: Path) -> str:
    """By the types that a package gives its parts, which may have any names; "" where it gives none."""
    from anydoc import format_from_bytes

    file_kind = format_from_bytes(path.read_bytes())
    return f".{file_kind}" if file_kind in ("docx", "pptx", "xlsx") else ""


def _ole_file_type(path: Path, suffix: str) -> str:
    """An old office file by the streams in it, or one of today's that is encrypted."""
    from anydoc import format_from_bytes

    ole_type = format_from_bytes(path.read_bytes())
    if ole_type in ("doc", "ppt"):
        return f".{ole_type}"
    if ole_type == "xlsx":  # as anydoc calls a workbook of any age
        return ".xls"
    if suffix in (".docx", ".pptx", ".xlsx"):
        raise BadDocument("it is encrypted, or of an old format by its content; save it without a password")
    if suffix in _SAVE_FILE_AS:
        raise BadDocument(f"{suffix} files are not read; save it as {_SAVE_FILE_AS[suffix]}")
    if suffix in (".xls", ".msg"):
        return suffix
    new_format = _OLD_TYPES.get(suffix)
    save_as_remedy = save_old_file_as(new_format) if new_format else "save it as DOCX, PPTX or XLSX"
    raise BadDocument(f"it is an old office file; {save_as_remedy}")
