"""compare_converters: the printed table and the page, on real converters."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext

from groundwork.documents.auditing.page_audit import AuditReference
from groundwork.documents.auditing.structure_and_merged_cells import merged_cells, structure_likeness
from groundwork.documents.converter_comparison import ComparisonColumn, comparison_html, with_structure_likeness
from groundwork.stages.compare_converters import main
from tests.documents.conftest import SAMPLE
from tests.fake_openrouter import FakeOpenRouter

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def test_it_prints_a_line_and_writes_a_column_for_each_converter(tmp_path, capsys):
    """Each converter has its figures; one that is not installed says how to install it; the page holds both."""
    assert main([str(SAMPLE), "--data", str(tmp_path), "--pages", "2-3", "--converters", "layout,marker"]) == 0
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if line.startswith("layout"))
    assert "1.000" in line
    assert "uv sync --inexact --extra marker" in out
    page = next((tmp_path / "plots").glob("compare-ellary-sound-rowing-handbook-*.html")).read_text()
    assert page.count("<section id=") == 2
    assert page.count("data:image/jpeg;base64,") == 2
    assert "<th>Club</th>" in page
    assert "prefers-color-scheme: dark" in page
    assert "://" not in page.replace("http://www.w3.org", "")  # it loads nothing from elsewhere


def test_a_vision_model_is_priced_by_what_its_calls_cost(tmp_path, capsys):
    """The cost of 1,000 pages is what the endpoint took for those shown, in the table and in the page."""
    server = FakeOpenRouter(reply=lambda _: "# 3 Skiffs and crews\n\nToo little of the page.", credit=1.0)
    with server.thread() as fake:
        settings = [f"llm.base_url={fake.url}", "llm.api_key_env=", "ingest.vision.tries=1"]
        flags = [part for setting in settings for part in ("--set", setting)]
        assert main([str(SAMPLE), "--data", str(tmp_path), "--pages", "2,4", "--converters", "gemini", *flags]) == 0
        assert len(fake.requests) == 2
        price = f"{1000 * (1.0 - fake.credit) / 2:.2f}"
    assert float(price) > 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("gemini"))
    assert line.split()[3] == price
    assert (
        f"<td>{price}</td>"
        in next((tmp_path / "plots").glob("compare-ellary-sound-rowing-handbook-*.html")).read_text()
    )


def test_a_dead_endpoint_costs_its_own_column_only(tmp_path, capsys, monkeypatch):
    """A converter whose endpoint does not answer says so in table and page; the others are shown; exit code 1."""
    monkeypatch.setattr(
        "groundwork.llm.calls.circuit_breaker.FIRST_BACKOFF", 0.005
    )  # tries as many, waits of a hundredth
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        flags = ["--set", f"llm.base_url=http://{address}/v1", "--set", "llm.api_key_env="]
        here = [str(SAMPLE), "--data", str(tmp_path), "--pages", "2", "--converters", "gemini,layout"]
        assert main([*here, *flags]) == 1
    out = capsys.readouterr().out
    lines = {line.split()[0]: line for line in out.splitlines() if not line.startswith(" ")}
    assert address in lines["gemini"] and "is it running there?" in lines["gemini"]
    assert "1.000" in lines["layout"]
    page = next((tmp_path / "plots").glob("compare-ellary-sound-rowing-handbook-*.html")).read_text()
    assert "is it running there?" in page and "<h3>layout" in page


def test_a_file_whose_name_is_no_utf8_is_compared_like_any_other(tmp_path, short_pdf, capsys):
    """A library that cannot open such a name is given another one."""
    file = tmp_path / "p\udcff.pdf"
    try:
        file.write_bytes(short_pdf(3).read_bytes())
    except OSError:
        pytest.skip("this file system takes no such names")
    assert main([str(file), "--data", str(tmp_path), "--pages", "1", "--converters", "layout"]) == 0
    assert "1.000" in next(line for line in capsys.readouterr().out.splitlines() if line.startswith("layout"))
    assert "p\\xff.pdf" in next((tmp_path / "plots").glob("*.html")).read_text()


def test_an_unknown_converter_or_page_is_a_usage_error(tmp_path, capsys):
    """A converter or a page that is not there ends with exit code 2 and names what there is."""
    assert main([str(SAMPLE), "--data", str(tmp_path), "--converters", "docling"]) == 2
    assert "there are layout" in capsys.readouterr().err
    for pages, message in (("40", "has pages 1 to"), ("2,²", "write the pages as"), ("40-999999999", "has pages 1 to")):
        assert main([str(SAMPLE), "--data", str(tmp_path), "--pages", pages]) == 2
        assert message in capsys.readouterr().err, pages


def test_each_choice_has_its_own_page_and_its_table_is_printed_again(tmp_path, capsys):
    """Another choice of pages writes another page, and a choice that is up to date prints its own table once more."""
    documents = tmp_path / "documents"
    documents.mkdir()
    shutil.copy(SAMPLE, documents / "handbook.pdf")

    def run(*flags: str) -> str:
        assert main(["handbook", "--data", str(tmp_path), "--converters", "layout", *flags]) == 0
        return capsys.readouterr().out

    first, second = run("--pages", "2"), run("--pages", "8-")
    assert {path.name for path in (tmp_path / "plots").glob("*.html")} == {
        "compare-handbook-layout-pages-2.html",
        "compare-handbook-layout-pages-8-end.html",
    }
    again = run("--pages", "2")
    assert "up to date" in again
    row = next(line for line in first.splitlines() if line.startswith("layout"))
    assert row in again and row not in second
    markdown = (tmp_path / "plots/compare-handbook-layout-pages-2.layout.md").read_text()
    assert markdown.startswith("<!-- page 2 -->") and "Tarn Quay" in markdown
    assert "<!-- page 9 -->" in (tmp_path / "plots/compare-handbook-layout-pages-8-end.layout.md").read_text()


def test_merged_columns_cost_structure_and_no_words():
    """A table whose columns run together keeps its text, loses its neighbouring cells, and is struck on the page."""
    yardstick = "## Fees\n\n| Class | Boats | Crew |\n|---|---|---|\n| Skiff | 86 | 4 |\n| Gig | 12 | 6 |\n"
    merged = "Fees\n\n| Class | Boats Crew |\n|---|---|\n| Skiff | 86 4 |\n| Gig | 12 6 |\n"
    assert structure_likeness(yardstick, yardstick) == 1.0
    assert structure_likeness(merged, yardstick) < 0.3
    assert structure_likeness("No table.", "No heading.") is None
    assert {"864", "126", "boatscrew"} <= merged_cells(yardstick)
    audit = AuditReference(yardstick).audit(merged)
    column = with_structure_likeness(
        ComparisonColumn(name="x", pages=[merged], makers=["x"], audits=[audit]), [yardstick]
    )
    page = comparison_html("t", [1], ["data:,"], [yardstick], [column], [yardstick])
    assert '<td class="merged">86 4</td>' in page and "1.000" in page


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_the_page_fits_a_phone(browser: BrowserContext, tmp_path: Path) -> None:
    """At 390 px three converters stand below one another; only tables scroll sideways, each in its own place."""
    wide = f"| {' | '.join('abcdefghijkl')} |\n|{'---|' * 12}\n| {' | '.join(['1998 at any state'] * 12)} |\n"
    audit = AuditReference(wide).audit(wide)
    columns = [
        ComparisonColumn(name=n, pages=[wide], makers=[n], audits=[audit]) for n in ("layout", "markitdown", "marker")
    ]
    (tmp_path / "page.html").write_text(comparison_html("t", [1], [PIXEL], [wide], columns, [wide]))
    page = await browser.new_page()
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto((tmp_path / "page.html").as_uri())
    await page.wait_for_function("document.documentElement.scrollWidth === 390")
    lefts = await page.locator("article").evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().left)")
    assert len(set(lefts)) == 1
    await page.close()


@pytest.mark.parametrize(
    "words",
    [
        ["a.pdf", "--converters", "layout", "ocr"],
        ["a.pdf", "--converters", "layout,ocr"],
        ["a.pdf", "--converters", "layout,", "ocr"],
        ["--converters", "layout", "ocr", "a.pdf"],
        ["--converters", "layout", "ocr", "--pages", "1", "a.pdf"],
    ],
)
def test_converters_are_parted_by_spaces_or_commas(words):
    """However the names are parted, and on whichever side the FILE stands, the same is meant."""
    flags = main.parse(words)
    assert (flags.file, flags.converters) == ("a.pdf", ["layout", "ocr"])


def test_a_comparison_without_a_file_or_a_name_is_a_usage_error(capsys):
    """What is missing is named, and of two files neither is chosen silently."""
    for words, message in (
        (["--converters", "layout", "ocr"], "required: FILE"),
        (["a.pdf", "--converters", ","], "names none"),
        (["a.pdf", "--converters", "layout", "b.pdf"], "one FILE at a time"),
    ):
        with pytest.raises(SystemExit):
            main.parse(words)
        assert message in capsys.readouterr().err
