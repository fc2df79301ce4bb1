"""The ingest stage as a user meets it: formats, names, and files that are not what they should be."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from groundwork.console.progress_line import ProgressLine
from groundwork.documents.conversion.converter_failures import find_crashing_pages
from groundwork.documents.conversion.page_renditions import convert_pages
from groundwork.documents.repair.page_joining import join_pages
from groundwork.processes import worker_pool as engine
from groundwork.settings.config_files import PROJECT
from groundwork.stages.ingest import main
from tests.documents.conftest import SAMPLE, Folder
from tests.sample import formats


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "data")


def test_every_format_keeps_the_rules_and_the_tables(folder):
    """PDF, DOCX, PPTX, XLSX, CSV, HTML, EPUB of one handbook: each text holds its rule or its table row whole."""
    for write in (formats.write_docx, formats.write_pptx, formats.write_html, formats.write_epub):
        write(folder.documents)
    for write in (formats.write_xlsx, formats.write_csv):
        write(folder.documents)
    assert folder.ingest("--set", "ingest.workers=1") == 0  # markitdown's import takes seconds in every process
    for name in ("handbook-docx", "handbook-pptx", "handbook-html", "handbook-epub"):
        assert "it is admitted if at least four member clubs vote for it" in folder.text(name).casefold(), name
        assert "| Tarn Quay | TNQ | 61 | 3 | 2003 | at any state of the tide |" in folder.text(name), name
    assert "| Tarn Quay | TNQ | 61 | 3 | 2003 | at any state of the tide |" in folder.text("handbook-xlsx")
    assert "| 4.2.3 | Over the line at the start | 20 s | Race officer |" in folder.text("handbook-csv")
    assert "NaN" not in "".join(map(folder.text, folder.written))
    assert folder.text("handbook-docx").startswith("# Ellary Sound Rowing League Handbook")
    assert len(folder.record("handbook-pptx").pages) > 10  # slides are pages


def test_the_sample_loses_no_number_and_keeps_its_tables(folder):
    """The shipped PDF: every page is audited, no number is lost, and the tables with and without lines are tables."""
    folder.add("handbook.pdf", SAMPLE)
    assert folder.ingest() == 0
    record, text = folder.record("handbook"), folder.text("handbook")
    assert [page.number for page in record.pages] == list(range(1, 10))
    assert all(page.audit and not page.audit.lost_numbers for page in record.pages)
    assert "| Boat length | The nominal length of a sound skiff, 6.7 m. |" in text
    assert "| Marrow Point | MRP | 17 | 1 | 2019 | 2 h 30 min either side of high water |" in text
    assert record.pages[0].contents is False or record.pages[0].end < 1500
    assert record.title == "Ellary Sound Rowing League Handbook"


def test_pages_slice_the_text(folder):
    """The spans of the pages lie in order, do not overlap, and hold what stands on them."""
    folder.add("handbook.pdf", SAMPLE)
    folder.ingest()
    record, text = folder.record("handbook"), folder.text("handbook")
    ends = [0] + [page.end for page in record.pages]
    assert all(end <= page.start <= page.end for end, page in zip(ends, record.pages, strict=False))
    assert record.characters == len(text) == record.pages[-1].end
    page_9 = text[record.pages[8].start : record.pages[8].end]
    assert "Closing Regatta and Ellary Bowl" in page_9


def test_test_mode_reads_two_pages(folder):
    """--test converts the first two pages of each document, in a folder of its own."""
    folder.add("handbook.pdf", SAMPLE)
    assert folder.ingest("--test") == 0
    assert not folder.written
    assert len(Folder_at(folder.root / "test").record("handbook").pages) == 2


def Folder_at(root: Path) -> Folder:  # noqa: N802  # it makes a Folder of what is there
    made = Folder.__new__(Folder)
    made.root, made.documents = root, root / "documents"
    return made


def test_bad_files_fail_by_name_and_the_others_go_on(folder, tmp_path, capsys):
    """Empty, truncated, encrypted, scanned, misnamed, unsupported, linked and piped: each named with a remedy."""
    formats.write_empty_pdf(folder.documents)
    formats.write_truncated_pdf(folder.documents)
    formats.write_encrypted_pdf(folder.documents)
    formats.write_scanned_pdf(folder.documents)
    folder.add("letter.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    folder.add("noise.docx", bytes(range(256)) * 8)
    folder.add("page.pdf", "no pdf at all")
    (tmp_path / "secret.txt").write_text("outside")
    (folder.documents / "link.txt").symlink_to(tmp_path / "secret.txt")
    os.mkfifo(folder.documents / "pipe.txt")
    folder.add("good.md", "# Good\n\nAll is well.\n")
    assert folder.ingest("--set", 'ingest.converters={"pdf": ["layout"]}') == 1  # no OCR, where that is installed
    out = capsys.readouterr().out
    for name, part in {
        "handbook-empty.pdf": "empty (0 bytes)",
        "handbook-truncated.pdf": "truncated",
        "handbook-encrypted.pdf": "--password",
        "handbook-scanned.pdf": "--converter gemini",
        "letter.doc": "save it as DOCX",
        "noise.docx": "no DOCX file",
        "page.pdf": "not a PDF",
        "link.txt": "leads out of the documents folder",
        "pipe.txt": "pipe",
    }.items():
        lines = [line for line in out.splitlines() if name in line and "failed" in line]
        assert len(lines) == 1, (name, out)
        assert part in lines[0]
    assert folder.written == {"good"}


def test_the_password_opens_an_encrypted_pdf(folder):
    """--password is all that an encrypted PDF needs; a wrong one is said to be wrong."""
    formats.write_encrypted_pdf(folder.documents)
    password = next(v for k, v in vars(formats).items() if "PASSWORD" in k)
    assert folder.ingest("--password", "wrong") == 1
    assert folder.ingest("--password", password) == 0
    assert "Port Ellary" in folder.text("handbook-encrypted")


def test_a_bomb_is_refused_before_it_is_unpacked(folder, capsys):
    """An archive that unpacks to more than ingest.max_unpacked_mb is named and not opened."""
    path = folder.documents / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * 30_000_000)
    assert folder.ingest("--set", "ingest.max_unpacked_mb=20") == 1
    assert "bomb.docx: it unpacks to 30 MB" in capsys.readouterr().out


@pytest.mark.parametrize("packed", [1, 2])
def test_a_bomb_in_a_pdf_is_refused_before_it_is_unpacked(folder, capsys, packed):
    """A stream of a PDF that unpacks to more than the limit is named within seconds, packed once or twice."""
    content = formats.page_of(["A harmless sentence."]) + b" " * 30_000_000
    formats.write_plain_pdf(folder.documents / "bomb.pdf", [content], packed)
    folder.add("good.md", "All is well.")
    assert folder.ingest("--set", "ingest.max_unpacked_mb=20") == 1
    assert "bomb.pdf: a stream in it unpacks to more than ingest.max_unpacked_mb (20)" in capsys.readouterr().out
    assert folder.written == {"good"}


def test_a_bomb_of_a_workbook_is_refused(folder, capsys):
    """The sheets of an XLSX count as well as the text of a DOCX."""
    with zipfile.ZipFile(folder.documents / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 30_000_000)
    assert folder.ingest("--set", "ingest.max_unpacked_mb=20") == 1
    assert "bomb.xlsx: it unpacks to 30 MB" in capsys.readouterr().out


def test_a_long_pdf_is_read_whole_and_its_pages_are_counted(folder, monkeypatch):
    """Of 300 pages each is counted as it is done, in order, and each is in the text at its place."""
    pages = [formats.page_of([f"The lamp of berth {7 * n % 997} is lit at dusk."]) for n in range(1, 301)]
    formats.write_plain_pdf(folder.documents / "long.pdf", pages)
    seen: list[int] = []
    advance = ProgressLine.advance
    monkeypatch.setattr(ProgressLine, "advance", lambda self, n=1: (advance(self, n), seen.append(self.done_count)))
    assert folder.ingest() == 0
    assert [done for done in seen if done][:3] == [1, 2, 3]
    assert seen[-1] == 300
    record, text = folder.record("long"), folder.text("long")
    assert len(record.pages) == 300
    assert f"berth {7 * 217 % 997} is lit" in text[record.pages[216].start : record.pages[216].end]


def test_pages_that_differ_by_their_number_alone_keep_their_text(folder):
    """Where every line of a PDF looks like a running header, the lines are all that it holds, and stay."""
    pages = [formats.page_of([f"Ticket {n}", f"Admit one at gate {n}"]) for n in range(1, 9)]
    formats.write_plain_pdf(folder.documents / "tickets.pdf", pages)
    assert folder.ingest() == 0
    assert "Admit one at gate 7" in folder.text("tickets")


def test_a_crowded_page_is_read_whole(folder):
    """Ten thousand words on a single page: every one of them is in the text."""
    words = [f"w{n}" for n in range(10_000)]
    lines = [" ".join(words[i : i + 40]) for i in range(0, len(words), 40)]
    formats.write_plain_pdf(folder.documents / "crowded.pdf", [formats.page_of(lines, 2)])
    assert folder.ingest() == 0
    assert set(words) <= set(folder.text("crowded").split())


def test_a_file_is_read_as_what_it_is(folder):
    """A PDF named .docx and an HTML page named .txt are converted by their content, with a warning."""
    folder.add("report.docx", SAMPLE)
    folder.add("page.txt", "<!DOCTYPE html><html><body><h1>Title</h1><p>Words.</p></body></html>")
    assert folder.ingest("--test") == 0
    test = Folder_at(folder.root / "test")
    assert "it holds PDF" in test.record("report").warnings[0]
    assert test.text("page").startswith("# Title")


@pytest.mark.parametrize(
    "name", ["a file.txt", "quo\"te's.txt", "Grüße 日本.txt", "-rf.txt", "..hidden? no.txt", "a\nb.txt"]
)
def test_names_of_every_kind(folder, name):
    """Spaces, quotes, unicode, a leading dash or a line break: one document, with a name that is a plain slug."""
    if name.startswith("."):
        name = name.lstrip(".")
    folder.add(name, "Some text.")
    assert folder.ingest() == 0
    (document,) = folder.written
    assert not set(document) & set(" /\"'\n?")
    assert not document.startswith("-")


def test_two_files_of_one_name_keep_both(folder):
    """rules.md and rules.txt become rules-md and rules-txt, and each says why."""
    folder.add("rules.md", "One.")
    folder.add("rules.txt", "Two.")
    assert folder.ingest() == 0
    assert folder.written == {"rules-md", "rules-txt"}
    assert "another file" in folder.record("rules-md").warnings[0]


def test_sub_folders_are_part_of_the_name(folder):
    """A document in a sub-folder is named by its path, so that two years' rules stay apart."""
    folder.add("2024/rules.md", "Old.")
    folder.add("2025/rules.md", "New.")
    assert folder.ingest() == 0
    assert folder.written == {"2024-rules", "2025-rules"}
    assert folder.record("2025-rules").source == "2025/rules.md"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252", "shift_jis"])
def test_encodings_are_found_out(folder, encoding):
    """Text in the encodings that Windows and the web leave behind is read as what it says."""
    text = "Die Größe des Feldes beträgt fünfundsiebzig Meter, und für Übungen gilt: höchstens zwölf Spieler.\n" * 5
    if encoding == "shift_jis":
        text = "フィールドの大きさは七十五メートルです。選手は五人です。\n" * 5
    folder.add("text.txt", text.encode(encoding))
    assert folder.ingest() == 0
    assert folder.text("text").strip() == text.strip()


def test_more_pages_than_allowed_are_refused(folder, capsys):
    """ingest.max_pages guards against a book of two thousand pages that nobody meant to convert."""
    folder.add("handbook.pdf", SAMPLE)
    assert folder.ingest("--set", "ingest.max_pages=5") == 1
    assert "9 pages, more than ingest.max_pages (5)" in capsys.readouterr().out


def test_an_unknown_converter_is_a_usage_error(folder, capsys):
    """A converter that is not in the table ends with exit code 2 before anything is read."""
    folder.add("a.pdf", SAMPLE)
    assert folder.ingest("--set", 'ingest.converters={"pdf": ["docling"]}') == 2
    assert "docling" in capsys.readouterr().err


def test_an_unknown_converter_is_named_whatever_documents_there_are(folder, capsys):
    """Markdown alone would never reach it: the name is refused all the same, with those that there are."""
    folder.add("a.md", b"# Rules\n\nEach team has six players on the field.\n")
    assert folder.ingest("--set", "ingest.converter=markitdon") == 2
    said = capsys.readouterr().err
    assert "no converter 'markitdon'; did you mean markitdown?" in said
    assert "layout" in said
    assert not (folder.root / "text").exists()


TWO_CONVERTERS = 'ingest.converters={"pdf": ["layout", "markitdown"], "*": ["markitdown"]}'


def test_help_imports_no_engine():
    """--help stays near the speed of a bare interpreter: no engine, no model client, no numpy."""
    code = "import sys; import groundwork.stages.ingest; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    for heavy in ("asyncio", "msgspec", "numpy", "openai", "markitdown", "liteparse", "pypdfium2", "bs4", "rich"):
        assert f"'{heavy}'" not in loaded
    assert main.name == "ingest"


@pytest.mark.slow
def test_a_converter_that_hangs_is_ended_and_the_next_takes_over(folder, monkeypatch):
    """A converter that outlives ingest.timeout loses its pages to the next one, with a warning."""
    monkeypatch.setattr("groundwork.documents.conversion.pdf_page_conversion.convert_pages", hang_unless_markitdown)
    folder.add("rules.pdf", SAMPLE)
    assert folder.ingest("--test", "--set", "ingest.timeout=3", "--set", TWO_CONVERTERS) == 0
    record = Folder_at(folder.root / "test").record("rules")
    assert record.characters > 1000
    assert any("no result after 3 s" in warning for warning in record.warnings)


@pytest.mark.slow
def test_a_converter_that_crashes_loses_its_pages_to_the_next(folder, monkeypatch):
    """A converter whose process dies fails by name; the text comes from the next, with a warning."""
    monkeypatch.setattr("groundwork.documents.conversion.pdf_page_conversion.convert_pages", crash_unless_markitdown)
    folder.add("rules.pdf", SAMPLE)
    assert folder.ingest("--set", TWO_CONVERTERS) == 0
    record = folder.record("rules")
    assert record.characters > 15_000
    assert any("SIGKILL" in warning for warning in record.warnings)


@pytest.mark.parametrize(
    ("crashing", "expected"),
    [
        ([], range(1, 21)),
        ([7], [7]),
        ([1], [1]),
        ([2, 9], [2, 9]),
        ([1, 20], range(1, 21)),
        (range(2, 20), range(1, 20)),
    ],
)
def test_pages_that_crash_are_found_half_by_half(crashing, expected):
    """Only the pages that crash alone; all where both ends do, or none; and those in question after many crashes."""
    numbers, calls = list(range(1, 21)), []

    async def crashes(part):
        calls.append(part)
        return any(number in crashing for number in part)

    found = asyncio.run(find_crashing_pages(numbers, crashes))
    assert found == list(expected)
    assert len(calls) < 75


def test_a_file_that_changes_while_it_is_read_fails(folder, monkeypatch, capsys):
    """A document that is not the same after the conversion is not written: its text would be of neither version."""
    path = folder.add("growing.md", "One.")
    changed = lambda texts, **how: (path.write_text("Two."), join_pages(texts, **how))[1]  # noqa: E731
    monkeypatch.setattr("groundwork.documents.conversion.document_conversion.join_pages", changed)
    assert folder.ingest() == 1
    assert "growing.md: it changed while it was read" in capsys.readouterr().out
    assert not folder.written


def crash_unless_markitdown(name: str, *args: Any) -> Any:
    """Dies as a native library dies, in the worker's process."""
    if name != "markitdown":
        os.kill(os.getpid(), signal.SIGKILL)
    return stand_in(*args)


def stand_in(*args: Any) -> Any:
    """For markitdown, whose import alone takes seconds: another real converter. It gives signs of life all the while,
    so that a busy machine is not taken for a hang.
    """
    done = threading.Event()

    def live() -> None:
        while not done.wait(0.2):
            engine.report_progress(0)

    sign = threading.Thread(target=live)
    sign.start()
    try:
        return convert_pages("layout", *args)
    finally:
        done.set()
        sign.join()


def hang_unless_markitdown(name: str, *args: Any) -> Any:
    if name != "markitdown":
        time.sleep(600)
    return stand_in(*args)
