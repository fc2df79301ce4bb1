"""PDFs of which single pages cannot be opened: the others are read, and these are named."""

from __future__ import annotations

from pathlib import Path

from groundwork.documents.pdf_files.text_layer import read_text_layer
from groundwork.documents.pictures.pdf_pictures import take_pictures
from tests.documents.conftest import Folder
from tests.sample.formats import page_of, write_plain_pdf

TEXT = "The harbour master rings the bell at noon and notes the height of the tide."


def write_damaged_pdf(path: Path) -> Path:
    """Two pages, the second of which is an object that the file lacks."""
    content = write_plain_pdf(path, [page_of([TEXT]), page_of(["lost"])]).read_bytes()
    assert content.count(b"[3 0 R 5 0 R]") == 1
    path.write_bytes(content.replace(b"[3 0 R 5 0 R]", b"[3 0 R 9 0 R]"))
    return path


def test_a_page_that_cannot_be_opened_costs_no_other(folder: Folder) -> None:
    """The text of the other pages is read, by their converter, and a warning names the page that is lost."""
    write_damaged_pdf(folder.documents / "log.pdf")
    assert folder.ingest("--set", 'ingest.converters={"pdf": ["layout"]}') == 0
    assert folder.text("log").strip() == TEXT
    record = folder.record("log")
    assert [page.converter.partition(":")[0] for page in record.pages] == ["layout"]
    assert any("page 2 cannot be opened" in warning for warning in record.warnings)


def test_a_damaged_page_has_no_text_and_no_pictures(tmp_path: Path) -> None:
    """Its text layer is empty, it is no scan, and the pictures of the other pages are looked for all the same."""
    path = str(write_damaged_pdf(tmp_path / "log.pdf"))
    layer = read_text_layer(path)
    assert (layer.pages, layer.scans, layer.damaged) == ([TEXT, ""], [False, False], [2])
    assert take_pictures(path, [1, 2], str(tmp_path / "pictures")).pictures == []
