"""The files of data/documents: which there are, what each is called, and what it really is.

Nothing here trusts a name: a file's first bytes say what it is, and a link, a pipe or an archive that unpacks to too
much is refused before any converter sees it.
"""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from groundwork.documents.converters import IMAGES, TEXT
from groundwork.documents.decompression_bombs import refuse_archive, refuse_pdf
from groundwork.documents.engines.plain_text import decode_text
from groundwork.errors import BadDocument
from groundwork.records.artifacts import plain, slug
from groundwork.records.name_patterns import matches_any
from groundwork.records.run_lookup import DECISIONS

TABLES_AND_DATA = (".csv", ".tsv", ".json", ".jsonl", ".xml", ".ipynb", ".html", ".htm", ".xhtml")
OFFICE = (".docx", ".pptx", ".xlsx", ".xls", ".epub", ".msg", ".odt", ".ods", ".odp", ".rtf", ".doc", ".ppt")

_SAVE_AS = {
    ".pages": "DOCX or PDF", ".key": "PPTX or PDF", ".numbers": "XLSX", ".xlsb": "XLSX", ".djvu": "PDF", ".ps": "PDF",
    ".mobi": "EPUB", ".azw3": "EPUB",
}  # fmt: skip
_IMAGE_MARKS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"BM": ".bmp", b"II*\x00": ".tif",
                b"MM\x00*": ".tif"}  # fmt: skip
_ARCHIVE_PARTS = {  # Office on the web numbers the main part
    re.compile(r"word/document\d*\.xml"): ".docx",
    re.compile(r"ppt/presentation\d*\.xml"): ".pptx",
    re.compile(r"xl/workbook\d*\.xml"): ".xlsx",
    re.compile(r"xl/workbook\.bin"): ".xlsb",
    re.compile(r"META-INF/container\.xml"): ".epub",
}
_OPEN_DOCUMENT = {"text": ".odt", "spreadsheet": ".ods", "presentation": ".odp"}  # by the file `mimetype` in it
_OPEN_TYPE = b"application/vnd.oasis.opendocument."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAME = ({".htm", ".html", ".xhtml"}, {".jpg", ".jpeg"}, {".tif", ".tiff"}, {".docx", ".docm"}, {".xlsx", ".xlsm"},
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
    found = [(path, _name(path, folder), problem) for path, problem in _walk(folder)]
    found = [one for one in found if not (ignore and matches_any(one[1], ignore))]
    ids, warnings = _ids([name for _, name, _ in found])
    return [
        DocumentFile(id=ids[i], name=name, path=path, problem=problem, warnings=warnings[i])
        for i, (path, name, problem) in enumerate(found)
    ]


def ignored_files(folder: Path, ignore: Sequence[str]) -> list[str]:
    """The files below `folder`, by name, that a pattern of `ignore` means."""
    if not ignore:
        return []
    return [name for path, _ in _walk(folder) if matches_any(name := _name(path, folder), ignore)]


def _name(path: str, folder: Path) -> str:
    """Its path below the folder."""
    return plain(path[len(str(folder)) + 1 :])


def examine(path: Path, max_unpacked_mb: int) -> tuple[str, list[str]]:
    """(the ending that fits the content, warnings). Raises BadDocument with the cause and the remedy."""
    if path.stat().st_size == 0:
        raise BadDocument("the file is empty (0 bytes); fetch it again or remove it")
    with path.open("rb") as file:
        head = file.read(4096)
    named = path.suffix.lower()
    real = _kind(path, head, named)
    if zipfile.is_zipfile(path) and real in OFFICE:
        refuse_archive(path, max_unpacked_mb)
    if real == ".pdf":
        refuse_pdf(path, max_unpacked_mb)
    if real == named or any({real, named} <= same for same in _SAME):
        return real, []
    return real, [f"its name ends in {named or 'nothing'}, but it holds {real[1:].upper()}; read as that"]


def spelt(path: Path, scratch: Path) -> Path:
    """`path`, or a link to it in `scratch` where its letters are no UTF-8, which some of the libraries cannot open."""
    if plain(path) == str(path):
        return path
    link = scratch / plain(path.name)
    link.symlink_to(path.resolve())
    return link


def _walk(folder: Path) -> Iterator[tuple[str, str]]:
    """(path, problem) of every file below the folder that may be a document, in order."""
    return _below(str(folder), folder)


def _below(place: str, root: Path) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(place) as entries:
            named = sorted((entry.name, entry) for entry in entries if not entry.name.startswith("."))
    except OSError:
        return
    inner = []
    for name, entry in named:
        if entry.is_dir() and not entry.is_symlink():
            inner.append(entry.path)
        elif not name.startswith("~$") and name not in ("Thumbs.db", "desktop.ini"):
            yield entry.path, _problem(entry, root)
    for path in inner:
        yield from _below(path, root)


def _problem(entry: os.DirEntry[str], folder: Path) -> str:
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


def _ids(names: list[str]) -> tuple[list[str], list[list[str]]]:
    """Ids by name, and warnings: where two files would share an id, each gets its ending."""
    stems = [slug(name.removesuffix(_ending(name))) for name in names]
    shared = Counter([*stems, DECISIONS, DECISIONS])  # whose name is taken
    ids, warnings = [], []
    for name, stem in zip(names, stems, strict=True):
        ids.append(slug(f"{stem} {_ending(name)[1:]}") if shared[stem] > 1 else stem)
        warnings.append(
            [f"another file would be named {stem} too, so this one is {ids[-1]}"] if shared[stem] > 1 else []
        )
    again = Counter([*ids, DECISIONS])
    for i, name in enumerate(names):
        if again[ids[i]] > 1:
            ids[i] += "-" + hashlib.sha256(name.encode()).hexdigest()[:6]
            warnings[i] = [f"another file would have the same name, so this one is {ids[i]}"]
    return ids, warnings


def _ending(name: str) -> str:
    """`.pdf` of `reports/may.pdf`; "" where there is none. Path's own rule, in a tenth of its time."""
    last = name[name.rfind("/") + 1 :]
    dot = last.rfind(".")
    return last[dot:] if 0 < dot < len(last) - 1 else ""


def _kind(path: Path, head: bytes, named: str) -> str:
    if b"%PDF-" in head[:1024]:
        return ".pdf"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _archive_kind(path, named)
    if head.startswith(_OLE):
        return _ole_kind(path, named)
    if head.startswith(b"{\\rtf"):
        return ".rtf"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    for mark, ending in _IMAGE_MARKS.items():
        if head.startswith(mark) and not (mark == b"BM" and named != ".bmp"):
            return ending
    return _text_kind(path, head, named)


def _text_kind(path: Path, head: bytes, named: str) -> str:
    from groundwork.documents.engines.mail import is_mail

    if named == ".pdf":
        raise BadDocument("it is not a PDF (no %PDF mark); it may be truncated or misnamed: fetch it again")
    if named in _SAVE_AS:
        raise BadDocument(f"{named} files are not read; save it as {_SAVE_AS[named]}")
    if named in OFFICE or named in IMAGES:
        raise BadDocument(f"it is no {named[1:].upper()} file, or a damaged one; fetch it again or save it again")
    start = _start_of_text(path, head, named)
    if start.lower().startswith(("<!doctype html", "<html")):
        return named if named in (".html", ".htm", ".xhtml") else ".html"
    if named == ".eml" or (named not in TEXT + TABLES_AND_DATA and is_mail(start)):
        return ".eml"
    return named if named in TEXT + TABLES_AND_DATA else ".txt"


def _start_of_text(path: Path, head: bytes, named: str) -> str:
    """Raises BadDocument for bytes that are no text."""
    try:
        whole = head[-1:] < b"\x80" and len(head) % 2 == 0
        return (decode_text(head) if whole else decode_text(path.read_bytes()))[0].lstrip()
    except BadDocument:
        if b"\x00" in head:
            why = f"{named or 'such'} files are not read" if named not in TEXT + TABLES_AND_DATA else "it holds no text"
            raise BadDocument(f"{why}; save it as PDF, DOCX or Markdown") from None
        raise


def _archive_kind(path: Path, named: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = archive.read("mimetype").strip().removeprefix(_OPEN_TYPE).decode(errors="replace")
                if kind in _OPEN_DOCUMENT:
                    return _OPEN_DOCUMENT[kind]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadDocument(f"it is damaged or truncated ({error}); fetch it again") from None
    for part, ending in _ARCHIVE_PARTS.items():
        if any(part.fullmatch(name) for name in names):
            return ending
    if named in _SAVE_AS:
        raise BadDocument(f"{named} files are not read; save it as {_SAVE_AS[named]}")
    raise BadDocument("it is an archive; unpack it and put the documents in the folder")


def _ole_kind(path: Path, named: str) -> str:
    """An old office file by the streams in it, or one of today's that is encrypted."""
    from anydoc import format_from_bytes

    kind = format_from_bytes(path.read_bytes())
    if kind in ("doc", "ppt"):
        return f".{kind}"
    if named in (".docx", ".pptx", ".xlsx"):
        raise BadDocument("it is encrypted, or of an old format by its content; save it without a password")
    if named in _SAVE_AS:
        raise BadDocument(f"{named} files are not read; save it as {_SAVE_AS[named]}")
    if named in (".xls", ".msg"):
        return named
    raise BadDocument("it is an old office file; save it as DOCX, PPTX or XLSX")
