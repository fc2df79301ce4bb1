"""The files of data/documents: which there are, what each is called, and what it really is.

Nothing here trusts a name: a file's first bytes say what it is, and a link, a pipe or an archive that unpacks to too
much is refused before any converter sees it.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import string
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from groundwork.data_folder.file_names import matches_any, printable_path, slug
from groundwork.data_folder.runs.run_lookup import DECISIONS
from groundwork.documents.conversion.converter_table import IMAGES, TEXT
from groundwork.documents.decompression_bombs import refuse_archive, refuse_pdf
from groundwork.documents.formats.text_encodings import decode_text
from groundwork.errors import BadDocument

TABLES_AND_DATA = (".csv", ".tsv", ".json", ".jsonl", ".xml", ".ipynb", ".html", ".htm", ".xhtml")
OFFICE = (".docx", ".pptx", ".xlsx", ".xls", ".epub", ".msg", ".odt", ".ods", ".odp", ".rtf", ".doc", ".ppt")

_SAVE_AS = {
    ".pages": "DOCX or PDF", ".key": "PPTX or PDF", ".numbers": "XLSX", ".xlsb": "XLSX", ".djvu": "PDF", ".ps": "PDF",
    ".mobi": "EPUB", ".azw3": "EPUB",
}  # fmt: skip
_IMAGE_SIGNATURES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"BM": ".bmp", b"II*\x00": ".tif",
                     b"MM\x00*": ".tif"}  # fmt: skip
_ARCHIVE_PARTS = {
    "word/document.xml": ".docx",
    "ppt/presentation.xml": ".pptx",
    "xl/workbook.xml": ".xlsx",
    "xl/workbook.bin": ".xlsb",
    "META-INF/container.xml": ".epub",
}
_OPEN_DOCUMENT = {"text": ".odt", "spreadsheet": ".ods", "presentation": ".odp"}  # by the file `mimetype` in it
_OPEN_DOCUMENT_TYPE = b"application/vnd.oasis.opendocument."
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SYNONYMS = ({".htm", ".html", ".xhtml"}, {".jpg", ".jpeg"}, {".tif", ".tiff"}, {".docx", ".docm"}, {".xlsx", ".xlsm"},
             {".pptx", ".pptm"})  # fmt: skip


class DocumentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of data/documents. `name`: its path below that folder; `problem`: why it must not be opened."""

    id: str
    name: str
    path: str
    problem: str = ""
    warnings: list[str] = []


def find_sources(folder: Path, ignore: Sequence[str] = ()) -> list[DocumentFile]:
    """Every document below `folder`, in order, but those that a pattern of `ignore` means.

    Hidden files and the lock files of office programs are passed over.
    """
    files = [(path, _name_below(path, folder), problem) for path, problem in _walk_files(folder)]
    files = [file for file in files if not (ignore and matches_any(file[1], ignore))]
    ids, warnings = _unique_ids([name for _, name, _ in files])
    return [
        DocumentFile(id=ids[i], name=name, path=path, problem=problem, warnings=warnings[i])
        for i, (path, name, problem) in enumerate(files)
    ]


def ignored_files(folder: Path, ignore: Sequence[str]) -> list[str]:
    """The files below `folder`, by name, that a pattern of `ignore` means."""
    if not ignore:
        return []
    return [name for path, _ in _walk_files(folder) if matches_any(name := _name_below(path, folder), ignore)]


def _name_below(path: str, folder: Path) -> str:
    """Its path below the folder."""
    return printable_path(path[len(str(folder)) + 1 :])


def examine(path: Path, max_unpacked_mb: int) -> tuple[str, list[str]]:
    """(the ending that fits the content, warnings). Raises BadDocument with the cause and the remedy."""
    if path.stat().st_size == 0:
        raise BadDocument("the file is empty (0 bytes); fetch it again or remove it")
    with path.open("rb") as file:
        head = file.read(4096)
    suffix = path.suffix.lower()
    ending = _detect_ending(path, head, suffix)
    if zipfile.is_zipfile(path) and ending in OFFICE:
        refuse_archive(path, max_unpacked_mb)
    if ending == ".pdf":
        refuse_pdf(path, max_unpacked_mb)
    if ending == suffix or any({ending, suffix} <= synonyms for synonyms in _SYNONYMS):
        return ending, []
    return ending, [f"its name ends in {suffix or 'nothing'}, but it holds {ending[1:].upper()}; read as that"]


def utf8_path(path: Path, scratch: Path) -> Path:
    """`path`, or a link to it in `scratch` where its letters are no UTF-8, which some of the libraries cannot open."""
    if printable_path(path) == str(path):
        return path
    link = scratch / printable_path(path.name)
    link.symlink_to(path.resolve())
    return link


def _walk_files(folder: Path) -> Iterator[tuple[str, str]]:
    """(path, problem) of every file below the folder that may be a document, and of folders that cannot be opened."""
    return _walk_folder(str(folder), folder)


def _walk_folder(folder: str, root: Path) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(folder) as entries:
            entries_by_name = sorted((entry.name, entry) for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        if folder != str(root):
            yield folder, f"the folder cannot be opened ({error.strerror}); allow it (chmod +rx), move it or remove it"
        return
    subfolders = []
    for name, entry in entries_by_name:
        if entry.is_dir() and not entry.is_symlink():
            subfolders.append(entry.path)
        elif not name.startswith("~$") and name not in ("Thumbs.db", "desktop.ini"):
            yield entry.path, _file_problem(entry, root)
    for path in subfolders:
        yield from _walk_folder(path, root)


def _file_problem(entry: os.DirEntry[str], folder: Path) -> str:
    if entry.is_symlink():
        path = Path(entry.path)
        if not path.exists():
            return "it is a broken link; remove it"
        if not path.resolve().is_relative_to(folder.resolve()):
            return "it is a link that leads out of the documents folder; copy the file there instead"
        if path.is_dir():
            return "it is a link to a folder; its documents are read where they are, so remove the link"
    if not entry.is_file():
        return "it is a pipe, socket or device, not a file; remove it"
    if not os.access(entry.path, os.R_OK):
        return "it cannot be read: no permission; change it (chmod +r)"
    return ""


def _unique_ids(names: list[str]) -> tuple[list[str], list[list[str]]]:
    """Ids by name, and warnings: where two files would share an id, each gets its ending."""
    stems = [slug(name.removesuffix(_ending(name))) for name in names]
    shared = Counter([*stems, DECISIONS, DECISIONS])  # whose name is taken
    ids, warnings = [], []
    for name, stem in zip(names, stems, strict=True):
        ids.append(slug(f"{stem} {_ending(name)[1:]}") if shared[stem] > 1 else stem)
        warnings.append(
            [f"another file would be named {stem} too, so this one is {ids[-1]}"] if shared[stem] > 1 else []
        )
    id_counts = Counter([*ids, DECISIONS])
    for i, name in enumerate(names):
        if id_counts[ids[i]] > 1:
            ids[i] += "-" + hashlib.sha256(name.encode()).hexdigest()[:6]
            warnings[i] = [f"another file would have the same name, so this one is {ids[i]}"]
    return ids, warnings


def _ending(name: str) -> str:
    """`.pdf` of `reports/may.pdf`; "" where there is none. Path's own rule, in a tenth of its time."""
    file_name = name[name.rfind("/") + 1 :]
    dot_index = file_name.rfind(".")
    return file_name[dot_index:] if 0 < dot_index < len(file_name) - 1 else ""


def _detect_ending(path: Path, head: bytes, suffix: str) -> str:
    if b"%PDF-" in head[:1024]:
        return ".pdf"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _archive_ending(path, suffix)
    if head.startswith(_OLE_SIGNATURE):
        return _ole_ending(path, suffix)
    if head.startswith(b"{\\rtf"):
        return ".rtf"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    for signature, ending in _IMAGE_SIGNATURES.items():
        if head.startswith(signature) and not (signature == b"BM" and suffix != ".bmp"):
            return ending
    return _text_ending(path, head, suffix)


def _text_ending(path: Path, head: bytes, suffix: str) -> str:
    from groundwork.documents.formats.mail import is_mail

    if suffix == ".pdf":
        raise BadDocument("it is not a PDF (no %PDF mark); it may be truncated or misnamed: fetch it again")
    if suffix in _SAVE_AS:
        raise BadDocument(f"{suffix} files are not read; save it as {_SAVE_AS[suffix]}")
    if suffix in IMAGES or (suffix in OFFICE and b"\x00" in head and not head.startswith(_UTF_16_MARKS)):
        raise BadDocument(_no_such_file(suffix))
    start = _start_of_text(path, head, suffix)
    if start.lower().startswith(("<!doctype html", "<html")):
        return suffix if suffix in (".html", ".htm", ".xhtml") else ".html"
    if suffix == ".eml" or (suffix not in TEXT + TABLES_AND_DATA and is_mail(start)):
        return ".eml"
    if suffix in OFFICE:  # of office programs that write pages, mails and tables under such names
        if suffix == ".xls" and "\t" in start.split("\n", 1)[0]:
            return ".tsv"
        raise BadDocument(_no_such_file(suffix))
    return suffix if suffix in TEXT + TABLES_AND_DATA else ".txt"


def _no_such_file(suffix: str) -> str:
    return f"it is no {suffix[1:].upper()} file, or a damaged one; fetch it again or save it again"


def _start_of_text(path: Path, head: bytes, suffix: str) -> str:
    """Raises BadDocument for bytes that are no text."""
    try:
        is_whole = head[-1:] < b"\x80" and len(head) % 2 == 0
        return (decode_text(head) if is_whole else decode_text(path.read_bytes()))[0].lstrip()
    except BadDocument:
        if b"\x00" in head:
            cause = (
                f"{suffix or 'such'} files are not read" if suffix not in TEXT + TABLES_AND_DATA else "it holds no text"
            )
            raise BadDocument(f"{cause}; save it as PDF, DOCX or Markdown") from None
        raise


def _archive_ending(path: Path, suffix: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            part_names = set(archive.namelist())
            if "mimetype" in part_names and archive.getinfo("mimetype").file_size < 200:
                kind = archive.read("mimetype").strip().removeprefix(_OPEN_DOCUMENT_TYPE).decode(errors="replace")
                if kind in _OPEN_DOCUMENT:
                    return _OPEN_DOCUMENT[kind]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadDocument(f"it is damaged or truncated ({error}); fetch it again") from None
    stems = {(stem.rstrip(string.digits), ending) for stem, _, ending in (name.rpartition(".") for name in part_names)}
    for part_name, ending in _ARCHIVE_PARTS.items():
        if tuple(part_name.rsplit(".", 1)) in stems:  # with a number as well, which Office on the web gives it
            return ending
    if suffix in _SAVE_AS:
        raise BadDocument(f"{suffix} files are not read; save it as {_SAVE_AS[suffix]}")
    raise BadDocument("it is an archive; unpack it and put the documents in the folder")


def _ole_ending(path: Path, suffix: str) -> str:
    """An old office file by the streams in it, or one of today's that is encrypted."""
    from anydoc import format_from_bytes

    kind = format_from_bytes(path.read_bytes())
    if kind in ("doc", "ppt"):
        return f".{kind}"
    if suffix in (".docx", ".pptx", ".xlsx"):
        raise BadDocument("it is encrypted, or of an old format by its content; save it without a password")
    if suffix in _SAVE_AS:
        raise BadDocument(f"{suffix} files are not read; save it as {_SAVE_AS[suffix]}")
    if suffix in (".xls", ".msg"):
        return suffix
    raise BadDocument("it is an old office file; save it as DOCX, PPTX or XLSX")
