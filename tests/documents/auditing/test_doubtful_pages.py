"""The page of doubtful pages: written for those alone, linked from where one looks, escaped."""

from __future__ import annotations

import pytest

from groundwork.__main__ import main
from groundwork.documents.auditing.doubtful_pages import DoubtfulPage, doubtful_html, markdown_to_html
from groundwork.documents.conversion.page_warnings import page_warning
from groundwork.records import Page, PageAudit
from tests.documents.conftest import Folder
from tests.growth import steep
from tests.sample import formats


def audit(kept: float, lost: list[str]) -> PageAudit:
    return PageAudit(words_kept=kept, pairs_kept=kept, numbers_kept=1, glued=0, text_kept=kept, lost_numbers=lost)


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (Page(number=1, start=0, end=9, converter="layout", audit=audit(0.99, [])), ""),
        (Page(number=1, start=0, end=9, converter="layout", audit=audit(0.8, [])), "text kept 0.80 is below 0.9"),
        (Page(number=1, start=0, end=9, converter="layout", audit=audit(0.99, ["75"])), "numbers not found: 75"),
        (Page(number=1, start=5, end=5, converter="layout", scan=True), "a scan without text"),
        (Page(number=1, start=0, end=9, converter="ocr", scan=True, audit=audit(0.1, [])), ""),
        (Page(number=1, start=0, end=9, converter="text layer", fell_back="layout: crashed"), "layout: crashed"),
    ],
)
def test_what_makes_a_page_doubtful(page: Page, why: str) -> None:
    """Too little kept, numbers lost, no text, or the bare text layer; nothing to hold a read scan against."""
    assert page_warning(page, 0.9) == why


def test_only_doubtful_pages_are_shown(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """A file with a scanned page gets a page that shows it; once the file is sound, the page goes."""
    source = formats.write_partly_scanned_pdf(folder.documents)
    folder.add("sound.md", "# Sound\n\nThe tide turns at noon.")
    folder.ingest("--set", 'ingest.converters={"pdf": ["layout"], "*": []}')
    shown = folder.root / "plots" / f"audit-{source.stem}.html"
    said = capsys.readouterr()
    assert [path.name for path in (folder.root / "plots").iterdir()] == [shown.name]
    assert f"look at its doubtful pages: {shown}" in said.err
    page = shown.read_text()
    assert page.count("data:image/jpeg;base64,") == page.count("<section") == 1 and "a scan without text" in page
    assert main(["--data", str(folder.root)]) == 0
    out = capsys.readouterr().out
    assert f"look at    {shown}" in out and "without text (scans)" in out
    assert main(["open", "--no-browser", "--data", str(folder.root)]) == 0
    assert f'href="plots/{shown.name}"' in (folder.root / "index.html").read_text()
    source.write_bytes(
        formats.write_plain_pdf(folder.root / "x.pdf", [formats.page_of(["The tide turns."])]).read_bytes()
    )
    assert folder.ingest() == 0 and not shown.exists()


def test_what_a_document_says_is_text() -> None:
    """Markup in names, Markdown and text layer is shown as text; words that are not in the layer are marked."""
    evil = "<script>alert(1)</script> <img src=x onerror=alert(2)>"
    page = DoubtfulPage(3, evil, b"", f"tide {evil}", f"# {evil}\n\nThe tide sinks [a](javascript:alert(3))")
    html = doubtful_html(evil, [page], left_out=[7, 9])
    assert "<script" not in html and "<img" not in html and "javascript:" not in html.replace("(javascript:alert", "")
    assert "<mark>sinks</mark>" in html and "Not shown: pages 7, 9." in html


def test_marking_words_is_linear_in_the_page() -> None:
    """A page of many different words takes no longer than in proportion to its length."""

    def mark(text: str) -> None:
        words = {f"word{number}" for number in range(len(text) // 8)}
        markdown_to_html(" ".join(words), words)

    mark("")  # which imports what it needs
    assert not steep(mark, "one letter", (4_000, 16_000, 64_000))
