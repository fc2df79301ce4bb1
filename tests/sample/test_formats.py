"""The sample in other formats is what its maker says: whole where it is readable, broken as announced."""

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from markitdown import MarkItDown

from tests.sample import formats


def pages_of(path: Path, password: str | None = None) -> list[str]:
    with pypdfium2.PdfDocument(path, password=password) as document:
        return [page.get_textpage().get_text_range().strip() for page in document]


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every readable format, read back by markitdown."""
    folder, markitdown = tmp_path_factory.mktemp("formats"), MarkItDown(enable_plugins=False)
    return {name: markitdown.convert(write(folder)).text_content for name, write in formats.READABLE.items()}


@pytest.mark.parametrize("name", formats.READABLE)
def test_a_readable_format_holds_the_penalties(converted: dict[str, str], name: str) -> None:
    """Each format has the last row of Table 6."""
    assert "| 7.2.1 | Racing without an entry | No points, €24 due | Recorder |" in converted[name]


@pytest.mark.parametrize("name", ["docx", "html", "epub", "pptx"])
def test_a_text_format_holds_every_chapter(converted: dict[str, str], name: str) -> None:
    """From the first chapter to the last."""
    assert all(f"# {chapter}" in converted[name] for chapter in ("1 The league", "4 Racing", "7 Season and fees"))


def test_a_scan_has_no_text_layer(tmp_path: Path) -> None:
    """Two pages, both without a character; in the partly scanned file only the second."""
    assert pages_of(formats.write_scanned_pdf(tmp_path)) == ["", ""]
    assert [bool(page) for page in pages_of(formats.write_partly_scanned_pdf(tmp_path))] == [True, False, True]


def test_an_encrypted_pdf_wants_its_password_and_a_locked_one_does_not(tmp_path: Path) -> None:
    """The encrypted file opens with the password only; the locked one opens as it is."""
    encrypted = formats.write_encrypted_pdf(tmp_path)
    with pytest.raises(pypdfium2.PdfiumError, match="password"):
        pages_of(encrypted)
    assert (
        pages_of(encrypted, formats.PASSWORD) == pages_of(formats.PDF) == pages_of(formats.write_locked_pdf(tmp_path))
    )


def test_turned_pages_lie_on_their_side_and_rotated_ones_stand(tmp_path: Path) -> None:
    """Both hold the words of the original, in whatever order."""
    shapes = []
    for path in (formats.write_turned_pdf(tmp_path), formats.write_rotated_pdf(tmp_path)):
        with pypdfium2.PdfDocument(path) as document:
            shapes.append({page.get_width() > page.get_height() for page in document})
        assert sorted(pages_of(path)[3].split()) == sorted(pages_of(formats.PDF)[3].split())
    assert shapes == [{True}, {False}]


@pytest.mark.parametrize("write", [formats.write_truncated_pdf, formats.write_empty_pdf])
def test_a_broken_pdf_does_not_open(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    """Half a file and an empty one are no PDFs."""
    with pytest.raises(pypdfium2.PdfiumError):
        pages_of(write(tmp_path))


def test_a_blank_pdf_opens_and_says_nothing(tmp_path: Path) -> None:
    """One page, no text."""
    assert pages_of(formats.write_blank_pdf(tmp_path)) == [""]
