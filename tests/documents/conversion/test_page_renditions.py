"""Mending by the text layer, drawn tables, office files, and the choice between renditions."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from groundwork.documents.auditing.page_audit import AuditReference
from groundwork.documents.conversion.converter_table import (
    Conversion,
    ConversionRequest,
    check_converters,
    choose_converters,
)
from groundwork.documents.conversion.page_drafts import PageDraft, is_unreadable_draft
from groundwork.documents.conversion.page_renditions import audit_pages, convert_pages
from groundwork.documents.engines import pdf_inspector
from groundwork.documents.formats.spreadsheets.csv_files import csv_to_markdown
from groundwork.documents.formats.spreadsheets.workbooks import read_xlsx
from groundwork.documents.formats.web_pages.html_to_markdown import html_to_markdown
from groundwork.documents.pdf_files.text_layer import TextLayer, read_text_layer
from groundwork.documents.repair.text_layer_repair import respell_words, restore_lost_lines
from groundwork.errors import ConfigError
from groundwork.settings.config_files import load
from tests.documents.conftest import SAMPLE

LAYER = "A1.1. The disc has been put into play.\nA1.2. The pool has 11 teams in 2025.\nA1.3. All is well."


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("The dischas been", "The disc has been"),
        ("pool has 1 1 teams in 20 25.", "pool has 11 teams in 2025."),
        ("All is we ll.", "All is well."),
        ("put into play. A1.2. The pool", "put into play.\n\nA1.2. The pool"),
    ],
)
def test_the_text_layer_mends_what_it_contradicts(broken, whole):
    """Glued words part, parted numbers and words join, and a rule within a paragraph begins its own."""
    assert respell_words(broken, AuditReference(LAYER)) == whole


def test_what_the_text_layer_holds_is_left_alone():
    """A faithful page comes back letter for letter."""
    page = LAYER.replace("\n", "\n\n")
    assert respell_words(page, AuditReference(LAYER)) == page


def test_items_in_a_cell_do_not_part_their_row():
    """A list within a cell stays in its row; the same items in a paragraph become lines."""
    layer = AuditReference("Harbour Ellary\n• Deep water.\n• Two piers.\nBerths forty")
    row = "| Harbour Ellary | • Deep water. • Two piers. |"
    table = f"| Name | Text |\n| --- | --- |\n{row}"
    assert respell_words(table, layer) == table
    assert respell_words("Harbour Ellary • Deep water. • Two piers.", layer).count("\n\n•") > 0


def test_the_better_rendition_of_a_page_wins():
    """Of two engines each page keeps the one that loses no number and reads better."""
    layer = ["1.1. The field is 75 metres long.\n1.2. Play begins with a pull.", "2.1. Thirteen goals win the game."]
    good = [page.replace("\n", "\n\n") for page in layer]
    conversion = Conversion(
        renditions={"a": [good[0], "2.1. Thirteen goals"], "b": ["1.1. The field is long.", good[1]]}
    )
    done = audit_pages("layout", conversion, [1, 2], layer)
    assert done.makers == ["layout:a", "layout:b"]
    assert done.pages == good


def test_a_rendition_that_merges_columns_is_no_better():
    """A number more does not outweigh cells that hold two columns each; a rendition with whole columns wins by it."""
    figures = [("1954", "11", "12"), ("1955", "13", "14"), ("1956", "15", "16")]
    layer = ["\n".join(" ".join(row) for row in figures)]
    whole = "| Year | Jan | Feb |\n| --- | --- | --- |\n" + "\n".join(f"| {' | '.join(row)} |" for row in figures)
    merged = "| Year | Jan Feb |\n| --- | --- |\n" + "\n".join(f"| {a} | {b} {c} |" for a, b, c in figures)
    done = audit_pages("layout", Conversion(renditions={"a": [whole.replace("16", "")], "b": [merged]}), [1], layer)
    assert done.makers == ["layout:a"]
    done = audit_pages("layout", Conversion(renditions={"a": [merged.replace("16", "")], "b": [whole]}), [1], layer)
    assert done.makers == ["layout:b"]


def test_a_costly_engine_reads_at_once_the_pages_that_need_it(monkeypatch):
    """pdf-inspector, which opens the whole file at each call, is called once, and for the pages that lost a number."""
    numbers = [2, 3, 4, 5]
    sentences = ("Play begins with a pull.", "A game has 2 halves of 45 minutes.", "Thirteen goals win the game.",
                 "The field is 75 metres long.", "Each team wears shirts of 1 colour.")  # fmt: skip
    texts = dict(enumerate(sentences, 1))
    calls: list[list[int]] = []

    def read_pages(request: ConversionRequest) -> list[str]:
        calls.append(request.pages)
        return [texts[number] for number in request.pages]

    monkeypatch.setattr(pdf_inspector, "pdf_inspector_pages", read_pages)
    request = ConversionRequest(source="none.pdf", ending=".pdf", settings=load().ingest, pages=numbers, page_count=5)
    late_pages = pdf_inspector.PdfInspectorPages(request, 4, [])
    lines = [texts[2], "Thirteen goals win.", texts[4], "Each team wears shirts."]
    conversion = Conversion(renditions={"lines": lines, "late": late_pages}, read_due=late_pages.read_due)
    done = audit_pages("layout", conversion, numbers, list(texts.values()))
    assert calls == [[3, 5]]
    assert done.makers == ["layout:lines", "layout:late"] * 2
    assert done.pages == [texts[number] for number in numbers]


def test_an_empty_rendition_gives_way_to_any_other():
    """A page that the first engine does not read at all is the next one's, though that repeats itself."""
    layer = ["The field is long and wide and flat and green."]
    conversion = Conversion(renditions={"a": [""], "b": [f"{layer[0]}\n\n{layer[0]}"]})
    assert audit_pages("layout", conversion, [1], layer).makers == ["layout:b"]


def test_the_sample_page_with_a_figure_and_turned_labels_keeps_its_rules():
    """Page 4 of the sample: rules around a figure with turned labels are whole and in order."""
    request = ConversionRequest(source=str(SAMPLE), ending=".pdf", settings=load().ingest, pages=[4], page_count=9)
    done = convert_pages("layout", request, read_text_layer(str(SAMPLE)).pages)
    assert done.audits[0].text_kept >= 0.97
    positions = [done.pages[0].find(label) for label in ("4.1.1", "4.1.2", "4.1.3", "4.1.4")]
    assert positions == sorted(positions)
    assert -1 not in positions


def test_html_tables_are_squared():
    """Merged cells are repeated, the first row is the header, `|` is escaped, scripts are left out."""
    html = (
        "<h1>T</h1><script>x()</script><table><tr><td>Pool</td><td colspan=2>Teams</td></tr>"
        "<tr><td rowspan=2>A</td><td>1</td><td>2|3</td></tr><tr><td>4</td><td>5</td></tr></table>"
    )
    lines = html_to_markdown(html).strip().split("\n")
    assert lines[0] == "# T"
    assert lines[2:] == ["| Pool | Teams | Teams |", "| --- | --- | --- |", "| A | 1 | 2\\|3 |", "| A | 4 | 5 |"]


@pytest.mark.parametrize("span", ["²", "x", "0", "9" * 5000])
def test_html_spans_that_are_none_or_huge(span):
    """What is no number of cells counts as one, and a huge one is bounded: the table is read all the same."""
    rows = f"<tr><td colspan='{span}'>A</td><td rowspan='{span}'>B</td></tr><tr><td>1</td></tr>"
    assert "| A |" in html_to_markdown(f"<table>{rows}</table>")
    assert "| A |" in html_to_markdown(f"<table><tr><td><table>{rows}</table></td></tr></table>")


def test_xlsx_shows_what_a_reader_sees(tmp_path):
    """Whole numbers without .0, empty cells empty, dates as dates, merged cells filled, empty sheets left out."""
    import datetime

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Fees"
    sheet.append(["Year", "Fee", None, "From"])
    sheet.append([1998.0, 12.5, None, datetime.datetime(2027, 1, 1)])
    sheet.append(["both", None, None, None])
    sheet.merge_cells("A3:B3")
    book.create_sheet("Empty")
    path = tmp_path / "fees.xlsx"
    book.save(path)
    assert read_xlsx(str(path)).text.split("\n") == [
        "## Fees",
        "",
        "| Year | Fee | From |",
        "| --- | --- | --- |",
        "| 1998 | 12.5 | 2027-01-01 |",
        "| both | both |  |",
    ]


def test_csv_finds_its_delimiter(tmp_path: Path):
    """Semicolons, quotes and a line break in a cell: still one row a record."""
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["rule", "text"], ["1", "two\nlines; and more"], ["2", "b"]])
    assert csv_to_markdown(str(path)).split("\n")[2:] == ["| 1 | two lines; and more |", "| 2 | b |"]


def test_csv_keeps_what_comes_late_and_what_is_long(tmp_path: Path):
    """A quote within a cell far below the first lines does not shift its row, and a cell may be of any length."""
    path, story = tmp_path / "a.csv", "tide " * 40_000
    rows = [["rule", "text"], *([str(n), "plain, short"] for n in range(500)), ["last", 'a "dry" race, at noon']]
    with path.open("w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([*rows, ["long", story]])
    lines = csv_to_markdown(str(path)).split("\n")
    assert lines[-2:] == ['| last | a "dry" race, at noon |', f"| long | {story.strip()} |"]


def test_converters_are_chosen_by_what_they_read():
    """The converter asked for comes first where it reads the format; a name that is not in the table is an error."""
    settings = load([], ["ingest.converter=pymupdf"]).ingest
    assert choose_converters(settings, ".pdf")[:2] == ["pymupdf", "layout"]
    assert choose_converters(settings, ".docx") == ["office", "markitdown"]
    assert choose_converters(settings, ".md") == ["plain"]
    with pytest.raises(ConfigError, match="docling"):
        check_converters(load([], ["ingest.converter=docling"]).ingest)
    with pytest.raises(
        ConfigError, match=r"ingest\.overrides\.\*\.pdf\.converter: no converter 'layuot'; did you mean layout"
    ):
        check_converters(load([], ['ingest.overrides={"*.pdf": {"converter": "layuot"}}']).ingest)


def test_a_pdf_whose_name_is_no_utf8_is_read_by_the_first_converter(folder, short_pdf):
    """A library that cannot open such a name is given another one."""
    try:
        folder.add("p\udcff.pdf", short_pdf(3))
    except OSError:
        pytest.skip("this file system takes no such names")
    assert folder.ingest() == 0
    assert folder.record("p-xff").converter == "layout"


def test_lost_lines_stand_before_a_sentence_that_goes_on_overleaf():
    """The lines of the layer that a rendition lacks are one paragraph where they follow each other, and come last but
    for running text that ends in the middle of a sentence."""
    last = "The harbour master opens the barrier only when the tide on both sides of it"
    lost = "Slip seven has no light.\nSlip eight has a lamp."
    reference = AuditReference(f"Boats lie here.\n{lost}\n{last}")
    assert restore_lost_lines(f"Boats lie here.\n\n{last}", reference) == f"Boats lie here.\n\n{lost}\n\n{last}"
    assert restore_lost_lines(f"{last}\n\nBoats lie here.", reference).endswith(lost)


@pytest.mark.parametrize(("title", "maker"), [("❛❧❣♦✐❤♠❡", "lines"), ("algorithm", "other"), ("✓ algorithm", "other")])
def test_a_rendition_with_symbols_for_letters_is_not_taken(title, maker):
    """Symbols in the place of a word's letters outweigh what another rendition says twice; a tick does not."""
    sentence = "The harbour opens at eight and all boats wait in line before its gate."
    renditions = {
        "lines": [f"# algorithm\n\n{sentence}\n\n{sentence}"],
        "other": [f"# {title}\n\nalgorithm\n\n{sentence}"],
    }
    audited = audit_pages("layout", Conversion(renditions=renditions), [1], [f"algorithm\n{sentence}"])
    assert audited.makers == [f"layout:{maker}"]


def test_headers_of_a_shaped_script_go_however_the_text_layer_spells_them():
    """pdfium doubles letters of Thai, and not alike on each page: the Markdown itself tells what runs through it."""
    header = "ราคาห้องพักของโรงแรม"
    texts = ["ห้องเล็กราคา 350 บาท", "ห้องกลางราคา 480 บาท", "ห้องใหญ่ราคา 650 บาท"]
    layer = [f"{header[:k]}{header[k - 2 :]}\n{text}\nหน้าน้ {k}" for k, text in enumerate(texts, 3)]
    pages = [f"{header}\n\n{text}\n\nหน้า {k}" for k, text in enumerate(texts, 1)]
    pages[0] = pages[0].replace("\n\n", f"\n\n# {header}\n\n", 1)
    done = audit_pages("layout", Conversion(renditions={"pdf-inspector": pages}), [1, 2, 3], layer)
    assert done.pages == [f"# {header}\n\n{texts[0]}", *texts[1:]]


@pytest.mark.parametrize(
    ("markdown", "converter", "is_told"),
    [
        ("Uif mpdl lffqfs", "layout:lines", True),
        ("", "layout:lines", True),
        ("לוח זמנים", "layout:liteparse", True),
        ("The lock keeper opens", "layout:pdf-inspector", False),
        ("לוח זמנים", "gemini", False),
    ],
)
def test_a_page_in_misleading_fonts_is_readable_only_if_an_engine_reads_its_words(markdown, converter, is_told):
    """What says the same as the text layer, nothing, or words whose order nothing tells is not believed; sight is."""
    layer = TextLayer(
        page_count=1, title="", pages=[""], scans=[False], unreadable=[True], misleading={1: "Uif mpdl lffqfs pqfot"}
    )
    assert is_unreadable_draft(PageDraft(markdown=markdown, converter=converter), layer, 1) is is_told
