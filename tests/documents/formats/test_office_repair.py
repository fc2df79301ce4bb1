"""What anydoc does not read, or reads wrongly, in the markup of office files."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path

import docx
import pptx
import pytest
from PIL import Image
from pptx.chart.data import BubbleChartData, CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml import parse_xml
from pptx.util import Inches

from groundwork.documents.engines.office import read_office_file
from tests.documents.conftest import Folder
from tests.documents.formats.office_files import open_document, respelt, with_form

_BOX = (Inches(1), Inches(2), Inches(4), Inches(3))


def rows(markdown: str) -> list[str]:
    return [line for line in markdown.split("\n") if line.startswith("|") and "---" not in line]


def points(path: Path, series: dict[str, list[tuple[float, float]]]) -> Path:
    deck = pptx.Presentation()
    data = XyChartData()
    for name, pairs in series.items():
        one = data.add_series(name)
        for x, y in pairs:
            one.add_data_point(x, y)
    deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *_BOX, data)
    deck.save(str(path))
    return path


@pytest.mark.parametrize(
    ("series", "right"),
    [
        ({"North": [(1, 5), (2, 6)]}, ["| 1 | 5 |", "| 2 | 6 |"]),
        ({"North": [(1, 5), (2, 6)], "South": [(1, 3), (2, 4)]}, ["| 1 | 5 | 3 |", "| 2 | 6 | 4 |"]),
        ({"North": [(1, 5)], "South": [(4, 3)]}, ["| 1 | 5 |  |", "| 4 |  | 3 |"]),
    ],
)
def test_points_of_a_chart_are_rows(
    tmp_path: Path, series: dict[str, list[tuple[float, float]]], right: list[str]
) -> None:
    """A chart of points is a table of their places; series with other places have rows of their own."""
    assert rows(read_office_file(str(points(tmp_path / "points.pptx", series)), ".pptx").pages[0])[1:] == right


def test_numbers_of_a_chart_are_as_a_workbook_shows_them(tmp_path: Path) -> None:
    """15 digits and the unit of the format, so that 0.1 + 0.2 is 0.3 and a quarter of a percentage 25%."""
    deck = pptx.Presentation()
    sums, shares, prices = (CategoryChartData(number_format=code) for code in ("General", "0%", '"$"#,##0.00'))
    for data, values in ((sums, (0.1 + 0.2, -2.3999999999999995)), (shares, (0.25, 1)), (prices, (1599.99, 1e6))):
        data.categories = ["May", "June"]
        data.add_series("North", values)
        deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_chart(XL_CHART_TYPE.LINE, *_BOX, data)
    deck.save(str(tmp_path / "numbers.pptx"))
    first, second, third = read_office_file(str(tmp_path / "numbers.pptx"), ".pptx").pages
    assert rows(first)[1:] == ["| May | 0.3 |", "| June | -2.4 |"]
    assert rows(second)[1:] == ["| May | 25% |", "| June | 100% |"]
    assert rows(third)[1:] == ["| May | $1599.99 |", "| June | $1000000 |"]


def test_calculated_numbers_of_a_chart_are_rounded(tmp_path: Path) -> None:
    """Nobody sees the fifteen digits of a quotient in a bar; what was measured or counted keeps all of its digits."""
    deck = pptx.Presentation()
    quotients, shares, counts = (CategoryChartData(number_format=code) for code in ("General", "0.0%", "#,##0"))
    for data, values in (
        (quotients, (2 / 3, 82.29883410102, 0.00123456789012, -12345.678901)),
        (shares, (0.56309121925, 1 / 3)),
        (counts, (79.6263901037111, 1234567890.0, 12.345678, 4.2e-8)),
    ):
        data.categories = [f"Pier {i}" for i in range(1, len(values) + 1)]
        data.add_series("North", values)
        deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *_BOX, data)
    deck.save(str(tmp_path / "quotients.pptx"))
    pages = read_office_file(str(tmp_path / "quotients.pptx"), ".pptx").pages
    read = [[row.strip("| ").rpartition("| ")[2] for row in rows(page)[1:]] for page in pages]
    assert read == [
        ["0.6667", "82.3", "0.001235", "-12345.68"],
        ["56.31%", "33.33%"],
        ["79.63", "1234567890", "12.345678", "4.2e-08"],
    ]


def test_a_gap_in_a_chart_moves_no_value(tmp_path: Path) -> None:
    """A value stays in the row of its category where an earlier one is missing; days are dates, bubbles have sizes."""
    deck = pptx.Presentation()
    gaps, days, bubbles = CategoryChartData(), CategoryChartData(), BubbleChartData()
    gaps.categories = ["Jan", "Feb", "Mar"]
    gaps.add_series("North", (1, None, 3))
    gaps.add_series("South", (None, None, 7))
    days.categories = [datetime.date(2020, 1, 1), datetime.date(2020, 1, 3)]
    days.add_series("Water", (1.5, 2))
    bubbles.add_series("Boats").add_data_point(4, 5, 6)
    for kind, data in zip(
        (XL_CHART_TYPE.LINE, XL_CHART_TYPE.LINE, XL_CHART_TYPE.BUBBLE), (gaps, days, bubbles), strict=True
    ):
        deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_chart(kind, *_BOX, data)
    deck.save(str(tmp_path / "gaps.pptx"))
    first, second, third = read_office_file(str(tmp_path / "gaps.pptx"), ".pptx").pages
    assert rows(first)[1:] == ["| Jan | 1 |  |", "| Feb |  |  |", "| Mar | 3 | 7 |"]
    assert rows(second)[1:] == ["| 2020-01-01 | 1.5 |", "| 2020-01-03 | 2 |"]
    assert rows(third) == ["|  | Boats | Boats (size) |", "| 4 | 5 | 6 |"]


@pytest.mark.parametrize(
    ("old", "new", "right"),
    [
        (b"<c:v>43831.0</c:v>", b"<c:v>99999999</c:v>", ["| 99999999 | 1.5 |", "| 2020-01-03 | 2 |"]),
        (b'<c:date1904 val="0"/>', b'<c:date1904 val="1"/>', ["| 2024-01-02 | 1.5 |", "| 2024-01-04 | 2 |"]),
    ],
)
def test_days_of_a_chart_are_dates_of_its_calendar(tmp_path: Path, old: bytes, new: bytes, right: list[str]) -> None:
    """A number that is no day stays as it is and costs no other; files of a Mac may count the days from 1904 on."""
    deck, days, path = pptx.Presentation(), CategoryChartData(), tmp_path / "days.pptx"
    days.categories = [datetime.date(2020, 1, 1), datetime.date(2020, 1, 3)]
    days.add_series("Water", (1.5, 2))
    deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_chart(XL_CHART_TYPE.LINE, *_BOX, days)
    deck.save(str(path))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part.replace(old, new))
    assert rows(read_office_file(str(path), ".pptx").pages[0])[1:] == right


def test_charts_of_two_slides_stay_two_tables(folder: Folder) -> None:
    """Tables with equal heads on two slides are not one that goes on overleaf."""
    deck = pptx.Presentation()
    for name in ("Ashore", "Afloat"):
        table = deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_table(2, 2, *_BOX).table
        for k, text in enumerate(("Place", "Boats", name, "4")):
            table.cell(k // 2, k % 2).text = text
    deck.save(str(folder.documents / "two.pptx"))
    folder.ingest()
    assert folder.text("two").count("| Place | Boats |") == 2


def test_a_deck_without_slides_says_that_it_is_empty(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """A deck of no slides is empty, not damaged."""
    pptx.Presentation().save(str(folder.documents / "none.pptx"))
    assert folder.ingest() and "it holds no text" in capsys.readouterr().out


def test_text_with_a_reading_above_it_is_kept(tmp_path: Path) -> None:
    """Of ruby text the base is the text; its reading is left out."""
    path = tmp_path / "ruby.docx"
    document = docx.Document()
    document.add_paragraph("Row to HERE.")
    document.save(str(path))
    ruby = (
        "</w:t><w:ruby><w:rt><w:r><w:t>reading</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>港</w:t></w:r>"
        "</w:rubyBase></w:ruby><w:t>"
    )
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"HERE", ruby.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert read_office_file(str(path), ".docx").pages == ["Row to 港."]


def test_comments_stay_out_of_open_document_text(tmp_path: Path) -> None:
    """A comment, its author and its date are not woven into the heading that they are about, nor a reading above."""
    note = "<office:annotation><dc:date xmlns:dc='d'>2009-10-05</dc:date><text:p>Too long?</text:p></office:annotation>"
    ruby = "<text:ruby><text:ruby-base>Row</text:ruby-base><text:ruby-text>rō</text:ruby-text></text:ruby>"
    body = f'<text:h text:outline-level="1">Boat {note}rules</text:h><text:p>{ruby}.</text:p>'
    assert read_office_file(str(open_document(tmp_path / "noted.odt", "text", body)), ".odt").pages == [
        "# Boat rules\n\nRow.\n\n> Too long?"
    ]


def test_an_item_whose_sign_rtf_cannot_write_keeps_its_number(tmp_path: Path) -> None:
    """A question mark that stands for a sign beyond ASCII is no mark of an item."""
    path = tmp_path / "list.rtf"
    level = r"{\listlevel\levelnfc0\levelstartat1{\leveltext\'01\u8226 ?;}{\levelnumbers;}}"
    table = rf"{{\*\listtable{{\list\listtemplateid1{level}{{\listname ;}}\listid1}}}}"
    override = r"{\*\listoverridetable{\listoverride\listid1\listoverridecount0\ls1}}"
    items = "".join(
        rf"{{\pard\ls1\ilvl0{{\listtext\tab {n}.\tab}}{text}\par}}" for n, text in ((1, "Row"), (2, "Rest"))
    )
    path.write_text(rf"{{\rtf1\ansi{table}{override}{items}}}")
    assert read_office_file(str(path), ".rtf").pages == ["1. Row\n2. Rest"]


def test_boxes_and_lists_of_old_forms_have_their_value_in_the_text(tmp_path: Path) -> None:
    """By the state, else by the default; a list that shows its value says it once; deleted rows are gone."""
    (text,), _ = read_office_file(str(with_form(tmp_path / "a.docx")), ".docx")
    assert text.split("\n\n") == [
        *("Vegan: ☒", "Fish: ☐", "Swims: ☒", "Name: Ada Reed", "Boat: Skiff", "Oars: Gig", "Club: Heron"),
        *("| Class | 0 |\n| --- | --- |\n| Gig | 2 |", "Kept"),
    ]


def test_boxes_of_old_forms_in_open_document_text_have_their_value(tmp_path: Path) -> None:
    """As LibreOffice takes them over from Word."""
    space = 'xmlns:field="urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0"'
    kind = 'field:type="vnd.oasis.opendocument.field.FORMCHECKBOX"'
    checked = '<field:param field:name="Checkbox_Checked" field:value="true"/>'
    body = (
        f"<text:p {space}>Vegan <field:fieldmark {kind}>{checked}</field:fieldmark> or fish "
        f"<field:fieldmark {kind}/>.</text:p>"
    )
    path = open_document(tmp_path / "a.odt", "text", body)
    assert read_office_file(str(path), ".odt").pages == ["Vegan ☒ or fish ☐."]


def test_a_chart_whose_series_have_no_names_has_a_head_all_the_same(tmp_path: Path) -> None:
    """Its first row is no head; where one series has a name, the others stay without."""
    deck = pptx.Presentation()
    for names in (("", ""), ("", "South")):
        data = CategoryChartData()
        data.categories = ["May", "June"]
        for number, name in enumerate(names, start=1):
            data.add_series(name, (number, 5))
        deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_chart(XL_CHART_TYPE.LINE, *_BOX, data)
    deck.save(str(tmp_path / "a.pptx"))
    respelt(tmp_path / "a.pptx", lambda _, part: part.replace(b"<c:v></c:v>", b""))
    first, second = read_office_file(str(tmp_path / "a.pptx"), ".pptx").pages
    assert rows(first) == ["|  | Series 1 | Series 2 |", "| May | 1 | 2 |", "| June | 5 | 5 |"]
    assert rows(second)[0] == "|  |  | South |"


def test_the_number_of_a_slide_is_none_of_its_text(tmp_path: Path) -> None:
    """In a box of its own; within a sentence it is."""
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    space = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    number = f'<a:fld {space} id="{{1}}" type="slidenum"><a:t>7</a:t></a:fld>'
    for text in ("", "Slide "):
        frame = slide.shapes.add_textbox(*_BOX).text_frame
        frame.text = text
        frame.paragraphs[0]._p.append(parse_xml(number))
    deck.save(str(tmp_path / "a.pptx"))
    assert read_office_file(str(tmp_path / "a.pptx"), ".pptx").pages == ["Slide 7"]


@pytest.mark.parametrize(
    ("alt", "words"), [("D:\\boats\\gig.PNG", ""), (" A gig\n at sea ", "A gig at sea"), ("400px-gig.jpg", "")]
)
def test_the_name_of_its_file_is_no_text_of_a_picture(tmp_path: Path, alt: str, words: str) -> None:
    document, picture = docx.Document(), io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    document.add_picture(picture)
    document.inline_shapes[0]._inline.docPr.set("descr", alt)
    document.add_paragraph("Row.")
    document.save(str(tmp_path / "a.docx"))
    assert read_office_file(str(tmp_path / "a.docx"), ".docx").pages[0].strip() == f"{words}\n\nRow.".strip()
