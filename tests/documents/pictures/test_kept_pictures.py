"""Pictures that ingest keeps: which, where they stand in the text, and under which names."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import docx
import pptx
import pytest
from pptx.util import Inches
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from groundwork.data_folder.read_write import read_jsonl
from groundwork.documents.pictures import kept_pictures
from groundwork.documents.pictures.kept_pictures import (
    ORNAMENT_NOT_KEPT,
    decoded_kept_picture,
    encoded_kept_picture,
    keep_pictures,
)
from groundwork.documents.pictures.pdf_pictures import PagePicture
from groundwork.documents.pictures.picture_places import with_pictures
from groundwork.markdown.figures import figure_markdown, figures, is_figure_name, text_with_captions
from groundwork.raster_images import UnusableImage, open_image
from groundwork.records import Chunk, Page
from groundwork.stages.chunk import main as chunk
from tests.documents.conftest import Folder
from tests.growth import steep
from tests.sample.pictures import chart, even, huge_png

PARAGRAPHS = (
    "The tide mill of Orrin grinds barley while the water falls.",
    "Its wheel turns for five hours after each high water.",
    "Visitors meet the miller at the upper door on Sundays.",
    "The granary behind the mill holds forty sacks of meal.",
)


def written(*lines: tuple[float, str], pictures: tuple[tuple[bytes, float, float, float, float], ...] = ()) -> Callable:
    """A page of a PDF: lines by their height, pictures by left, bottom, width and height."""

    def draw(canvas: Canvas) -> None:
        for content, *place in pictures:
            canvas.drawImage(ImageReader(io.BytesIO(content)), *place)
        canvas.setFont("Helvetica", 11)
        for height, line in lines:
            canvas.drawString(72, height, line)

    return draw


def pdf(path: Path, *pages: Callable[[Canvas], None]) -> Path:
    canvas = Canvas(str(path), pagesize=(595, 842))
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return path


@pytest.fixture
def mill_pdf(tmp_path: Path) -> Path:
    """Three pages: a chart with a caption and the same once more; a logo on each; a background; an icon; a blank."""
    logo = (chart(7), 480, 780, 80, 50)
    shown = (chart(1), 72, 560, 240, 160)
    return pdf(
        tmp_path / "mill.pdf",
        written(
            (740, PARAGRAPHS[0]),
            (540, "Figure 1. Sacks of meal by month"),
            (500, PARAGRAPHS[1]),
            pictures=(logo, shown, (chart(3), 400, 300, 20, 20), (even(), 300, 100, 100, 100)),
        ),
        written((740, PARAGRAPHS[2]), (500, PARAGRAPHS[3]), pictures=(logo, shown, (chart(2), 72, 300, 200, 120))),
        written((740, "The end of the year."), pictures=((chart(9), 0, 0, 595, 842), logo)),
    )


def test_a_pdf_keeps_its_pictures(folder: Folder, mill_pdf: Path) -> None:
    """Charts stand beside their captions or the words above; logos, icons, blanks and backgrounds are left out."""
    folder.add("mill.pdf", mill_pdf)
    assert folder.ingest() == 0
    plain, pages = folder.text("mill"), folder.record("mill").pages
    assert folder.ingest("--pictures") == 0
    text = folder.text("mill")
    found = figures(text, "mill")
    assert len(found) == 3 and len({one.file for one in found}) == 2
    assert found[0].file == found[1].file
    assert {path.name for path in (folder.root / "text" / "mill").iterdir()} == {Path(one.file).name for one in found}
    blocks = text.split("\n\n")
    assert blocks.index(text[found[0].start : found[0].end]) == blocks.index("Figure 1. Sacks of meal by month") - 1
    assert found[0].caption == "Figure 1. Sacks of meal by month"
    assert [block for block in blocks if not block.startswith("![")] == plain.split("\n\n")
    assert blocks[blocks.index(PARAGRAPHS[2]) + 1].startswith("![")
    assert blocks[blocks.index(PARAGRAPHS[3]) + 1].startswith("![")
    for before, page in zip(pages, folder.record("mill").pages, strict=True):
        own = [block for block in text[page.start : page.end].split("\n\n") if not block.startswith("![")]
        assert "\n\n".join(own) == plain[before.start : before.end]


def test_without_the_flag_nothing_is_left_of_them(folder: Folder, mill_pdf: Path) -> None:
    """A run without --pictures writes the text as it always was, and removes the pictures of the run before."""
    folder.add("mill.pdf", mill_pdf)
    assert folder.ingest() == 0
    text, record = folder.text("mill"), (folder.root / "text" / "mill.json").read_bytes()
    assert folder.ingest("--pictures") == 0
    assert (folder.root / "text" / "mill").is_dir()
    assert folder.ingest() == 0
    assert (folder.text("mill"), (folder.root / "text" / "mill.json").read_bytes()) == (text, record)
    assert not (folder.root / "text" / "mill").exists()
    assert chunk(["--data", str(folder.root)]) == 0
    assert b"figures" not in (folder.root / "chunks" / "mill.jsonl").read_bytes()


def test_turned_pages_and_strips(folder: Folder, tmp_path: Path) -> None:
    """A picture in strips is one; on a page that is shown turned it stands upright."""

    def strips(canvas: Canvas) -> None:
        canvas.setPageRotation(90)
        written((540, PARAGRAPHS[0]))(canvas)
        for number in range(4):
            strip = chart(number, (240, 60))
            canvas.drawImage(ImageReader(io.BytesIO(strip)), 72, 300 + 50 * number, 200, 50)

    folder.add("mill.pdf", pdf(tmp_path / "mill.pdf", strips))
    assert folder.ingest("--pictures") == 0
    (kept,) = (folder.root / "text" / "mill").iterdir()
    image = open_image(kept.read_bytes(), ("PNG",))
    assert image.width == pytest.approx(image.height, abs=2)


def test_word_and_slides_keep_theirs(folder: Folder, tmp_path: Path) -> None:
    """A picture of a DOCX or PPTX stands behind its paragraph with its alternative text; no logo does."""
    word = docx.Document()
    word.add_paragraph(PARAGRAPHS[0])
    word.add_picture(io.BytesIO(chart(1)))
    word.add_paragraph(PARAGRAPHS[1]).add_run().add_picture(io.BytesIO(chart(2, kind="GIF")))
    word.save(str(tmp_path / "a.docx"))
    deck = pptx.Presentation()
    for number in range(3):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = f"Slide {number}"
        slide.shapes.add_picture(io.BytesIO(chart(7)), Inches(1), Inches(6), Inches(1))
        if number == 1:
            shown = slide.shapes.add_picture(io.BytesIO(chart(3, kind="JPEG")), Inches(1), Inches(1), Inches(4))
            shown._element.nvPicPr.cNvPr.set("descr", "Sacks [of meal] by month")
    deck.save(str(tmp_path / "deck.pptx"))
    folder.add("mill.docx", tmp_path / "a.docx")
    folder.add("deck.pptx", tmp_path / "deck.pptx")
    assert folder.ingest("--pictures") == 0
    one, two = figures(folder.text("mill"), "mill")
    assert folder.text("mill").split("\n\n")[1::2] == [f"![]({one.file})", f"![]({two.file})"]
    assert (folder.root / "text" / one.file).read_bytes() == chart(1)
    assert two.file.endswith(".png")
    (only,) = figures(folder.text("deck"), "deck")
    assert only.caption == "Sacks (of meal) by month" and only.file.endswith(".jpg")
    assert chunk(["--data", str(folder.root)]) == 0
    chunks = read_jsonl(folder.root / "chunks" / "mill.jsonl", Chunk)
    assert [file for one in chunks for file in one.figures or ()] == [one.file, two.file]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (huge_png(), "more than 50,000,000 pixels"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG, a drawing"),
        (b"\x01\0\0\0" + bytes(36) + b" EMF" + bytes(60), "EMF, a drawing"),
        (b"\xd7\xcd\xc6\x9a" + bytes(40), "WMF, a drawing"),
        (b"\x01\0\x09\0\0\x03" + bytes(40), "WMF, a drawing"),
        (chart()[:200], "not to be read as"),
        (b"", "not to be read as"),
        (chart(size=(40, 200)), ORNAMENT_NOT_KEPT),
        (chart(size=(1000, 60)), ORNAMENT_NOT_KEPT),
        (even(), ORNAMENT_NOT_KEPT),
    ],
)
def test_what_is_not_kept(content: bytes, why: str) -> None:
    """A picture that unpacks to gigabytes, is damaged, drawn by an office program, or an ornament is refused."""
    with pytest.raises(UnusableImage, match=why):
        decoded_kept_picture(content)


@pytest.mark.parametrize(
    ("content", "ending", "same"),
    [
        (chart(), "png", True),
        (chart(kind="JPEG"), "jpg", True),
        (chart(kind="WEBP"), "png", False),
        (chart(kind="TIFF"), "png", False),
        (chart(size=(3000, 2000)), "png", False),
    ],
)
def test_only_png_and_jpeg_are_written(content: bytes, ending: str, same: bool) -> None:
    """PNG and JPEG of a fair size stay as they are; whatever else can be read is written anew, within bounds."""
    kept = decoded_kept_picture(content)
    assert (kept.ending, kept.content == content) == (ending, same)
    image = open_image(kept.content, ("PNG", "JPEG"))
    assert max(image.size) <= 2000 and is_figure_name(kept.name)
    assert (
        decoded_kept_picture(encoded_kept_picture(image).content).name
        == decoded_kept_picture(encoded_kept_picture(image).content).name
    )


def test_names_are_ours(tmp_path: Path) -> None:
    """Whatever a converter calls a picture, its file is named by its content, and no address of the text survives."""
    given = {"../../etc/boat.png": chart(1), "C:\\b.svg": b"<svg/>", "same": chart(1)}
    pages = ["![A [boat](../../etc/boat.png)", "![Plan](C:\\b.svg) and ![](same)"]
    (first, second), warnings = keep_pictures(given, pages, tmp_path / "mill")
    (file,) = (tmp_path / "mill").iterdir()
    assert is_figure_name(file.name)
    assert f"(mill/{file.name})" in second and "svg" not in second and "Plan" in second
    assert "etc" not in first or "[boat](" in first
    assert warnings == [
        "pictures left out: 1 (SVG, a drawing that is not converted; make a PDF of the document to keep it)"
    ]


def test_many_addresses_of_pictures_take_time_in_proportion(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was kept so far is not gone through again for each picture; decoding and writing are not measured."""
    picture = kept_pictures.KeptPicture(b"boat", "png")
    monkeypatch.setattr(kept_pictures, "decoded_kept_picture", lambda _: picture)
    monkeypatch.setattr(kept_pictures, "write_kept_picture", lambda *_: None)

    def call(text: str) -> None:
        keep_pictures({str(i): picture.content for i in range(len(text))}, [], tmp_path)

    assert not steep(call, "one letter")


@pytest.mark.parametrize(
    ("text", "shown", "read"),
    [
        ("A.\n\n{fig}\n\nB.", {1}, "A.\n\n[figure 1: Plan of the mill]\n\nB."),
        ("A.\n\n{fig}\n\nB.", (), "A.\n\nPlan of the mill\n\nB."),
        ("A.\n\n{fig}\n\nPlan of the mill, 1931.", (), "A.\n\nPlan of the mill, 1931."),
        ("A.\n\n{none}\n\nB. {none} C.", {2}, "A.\n\nB. [figure 2] C."),
        ("No figure: ![x](other/figure-0123456789ab.png)", {1}, "No figure: ![x](other/figure-0123456789ab.png)"),
        ("{fig}", (), "Plan of the mill"),
        ("{none}", (), ""),
    ],
)
def test_a_model_reads_no_address(text: str, shown: set[int], read: str) -> None:
    """A figure is its number where the model sees it, else its caption, once; pictures of other folders stay text."""
    file = "mill/figure-0123456789ab.png"
    filled = text.format(fig=figure_markdown("Plan of the mill", file), none=figure_markdown("", file))
    assert text_with_captions(filled, "mill", shown) == read


@pytest.mark.parametrize(
    ("told", "placed"),
    [
        ({"caption": "FIG. 1 – Sacks"}, ["A wheel turns.", "*", "FIG. 1 – Sacks by month", "Fig. 12 is another."]),
        ({"above": "A wheel turns"}, ["A wheel turns.", "*", "FIG. 1 – Sacks by month", "Fig. 12 is another."]),
        ({"below": "is another"}, ["A wheel turns.", "FIG. 1 – Sacks by month", "*", "Fig. 12 is another."]),
        ({"caption": "Fig. 7. Mills"}, ["*", "A wheel turns.", "FIG. 1 – Sacks by month", "Fig. 12 is another."]),
        ({"above": "nowhere"}, ["A wheel turns.", "FIG. 1 – Sacks by month", "Fig. 12 is another.", "*"]),
    ],
)
def test_where_a_picture_stands(told: dict[str, str], placed: list[str]) -> None:
    """In front of the block that begins with its caption, else beside the words around it, else at the page's edge."""
    text = "A wheel turns.\n\nFIG. 1 – Sacks by month\n\nFig. 12 is another."
    page = Page(number=1, start=0, end=len(text), converter="layout")
    picture = PagePicture(page=1, file="mill/figure-0123456789ab.png", **told)
    whole, (moved,) = with_pictures(text, [page], [picture])
    assert ["*" if block.startswith("![") else block for block in whole.split("\n\n")] == placed
    assert (moved.start, moved.end) == (0, len(whole))
