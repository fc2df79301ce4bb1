"""Pages drawn for one rule each: sizes, columns, turned text, stamps, forms, titles."""

from __future__ import annotations

import pytest
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.layout.heading_styles_and_footnotes import HeadingStyles
from groundwork.documents.layout.text_runs_and_lines import Line, Run
from tests.documents.layout.drawing import PROSE, prose, table


def test_a_size_in_the_text_matrix_is_a_size(drawn):
    """Letters of Tf 1 in a matrix of 10 are as large as letters of Tf 10: three lines are one paragraph."""

    def draw(canvas: Canvas) -> None:
        for k, line in enumerate(PROSE):
            text = canvas.beginText()
            text.setFont("Helvetica", 1)
            text.setTextTransform(10, 0, 0, 10, 72, 780 - 12 * k)
            text.textOut(line)
            canvas.drawText(text)

    assert drawn(draw).markdown == " ".join(PROSE)


def test_turned_text_beside_upright_text_stays_out_of_its_lines(drawn):
    """A stamp in the margin is a paragraph of its own, below the text."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.saveState()
        canvas.translate(40, 640)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Received 21 June")
        canvas.restoreState()

    assert drawn(draw).markdown == f"{' '.join(PROSE)}\n\nReceived 21 June"


def test_a_stamp_that_reaches_over_the_page_is_whole(drawn):
    """liteparse cuts turned text that reaches over the edge of the page; the text layer has all of it."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.saveState()
        canvas.setFont("Helvetica", 20)
        canvas.translate(40, 640)
        canvas.rotate(90)
        canvas.drawString(0, 0, "arXiv:2103.15348v2 [cs.CV] 21 Jun 2021")
        canvas.restoreState()

    assert drawn(draw).markdown.endswith("\n\narXiv:2103.15348v2 [cs.CV] 21 Jun 2021")


@pytest.mark.parametrize("angle", [30, 45, 60])
def test_a_watermark_stays_out_of_the_lines_that_it_crosses(drawn, angle):
    """Large letters at a slant are a paragraph below the text, and no heading of the line that they begin on."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.saveState()
        canvas.setFont("Helvetica-Bold", 60)
        canvas.translate(160, 640)
        canvas.rotate(angle)
        canvas.drawString(0, 0, "DRAFT")
        canvas.restoreState()

    assert drawn(draw).markdown == f"{' '.join(PROSE)}\n\nDRAFT"


def test_what_is_said_of_marked_words_is_read(drawn):
    """A reader's remark is a paragraph below the text; marked words that a program copied into it are none."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.highlightAnnotation("Since 2027 the pilot does this.", Rect=[72, 778, 200, 792])
        canvas.highlightAnnotation("he lowers it again", Rect=[200, 766, 300, 780])
        canvas.textAnnotation("Ask the keeper.", Rect=[400, 600, 420, 620])

    assert drawn(draw).markdown == f"{' '.join(PROSE)}\n\nSince 2027 the pilot does this.\n\nAsk the keeper."


@pytest.mark.parametrize("angle", [90, -90])
def test_turned_names_of_narrow_columns_stand_in_their_cells(drawn, angle):
    """And none of them is a paragraph beside the table."""
    names, xs, ys = ["Reads", "Writes PDF", "Open Source"], [72, 200, 230, 260, 290], [700, 620, 600, 580]

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        for x in xs:
            canvas.line(x, ys[0], x, ys[-1])
        for y in ys:
            canvas.line(xs[0], y, xs[-1], y)
        canvas.drawString(76, 630, "Library")
        for name, x in zip(names, xs[1:], strict=False):
            canvas.saveState()
            canvas.translate(x + 18 if angle > 0 else x + 10, 624 if angle > 0 else 696)
            canvas.rotate(angle)
            canvas.drawString(0, 0, name)
            canvas.restoreState()
        for y, row in zip(ys[1:], (("Ellary", "yes", "no", "yes"), ("Tarn", "no", "no", "yes")), strict=False):
            for x, text in zip(xs, row, strict=False):
                canvas.drawString(x + 4, y - 14, text)

    page = drawn(draw)
    assert page.rows[0] == ["Library", *names]
    assert page.markdown.startswith(" ".join(PROSE) + "\n\n|")


@pytest.mark.parametrize("angle", [90, 180, -90])
def test_a_turned_page_is_read_upright(drawn, angle):
    """A table drawn sideways has its rows as rows."""
    rows = [("Port", "2003", "2004"), ("Ellary", "13", "14"), ("Tarn", "34", "33")]

    def draw(canvas: Canvas) -> None:
        canvas.translate(300, 400)
        canvas.rotate(angle)
        table(canvas, (0, 120, 200), rows, y=0)

    assert drawn(draw).rows == [list(row) for row in rows]


def test_columns_whose_lines_do_not_meet_are_read_one_after_the_other(drawn):
    """Two columns of text at different heights of their lines, under a line over both of them."""
    words = PROSE[0].lower().split() + PROSE[1].split()
    left = ["The keeper waits for the tide", *(" ".join(words[k : k + 5]) for k in range(0, 15, 3))]
    right = ["The pilot waits for the keeper", *(" ".join(words[k : k + 5]) for k in range(1, 16, 3))]

    def draw(canvas: Canvas) -> None:
        canvas.drawString(
            72, 780, "The rules of the harbour, which all who enter it are to read before they do so at all"
        )
        for k, (a, b) in enumerate(zip(left, right, strict=True)):
            canvas.drawString(72, 740 - 12 * k, a)
            canvas.drawString(300, 734 - 12 * k, b)

    markdown = drawn(draw).markdown
    assert markdown.index(left[-1]) < markdown.index(right[0])


def test_a_page_s_label_is_no_lost_number(drawn):
    """A number alone at the foot of a single page is its label: nothing is lost without it."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.drawString(290, 30, "61")

    page = drawn(draw)
    assert page.audit.lost_numbers == []
    assert page.makers == ["layout:lines"]


def test_what_was_typed_into_a_form_is_read(drawn):
    """The value of a field stands beside its label, and in the text layer that pages are held against."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        canvas.drawString(72, 600, "Boat")
        canvas.acroForm.textfield(name="boat", value="Grey Heron", x=110, y=594, width=150, height=18)

    page = drawn(draw)
    assert "Grey Heron" in page.layer.pages[0]
    assert "Boat Grey Heron" in page.markdown


def test_a_title_is_the_property_that_the_pages_bear_out(drawn):
    """A property that the pages do not hold gives way to the largest text; one that they hold is the title."""

    def draw(canvas: Canvas, title: str) -> None:
        canvas.setTitle(title)
        prose(canvas, y=600)
        canvas.setFont("Helvetica", 22)
        canvas.drawString(72, 780, "Rules of Ellary Harbour")

    assert drawn(lambda canvas: draw(canvas, "Rules of Ellary Harbour")).layer.title == "Rules of Ellary Harbour"
    assert drawn(lambda canvas: draw(canvas, "Layout 1 untitled template")).layer.title == "Rules of Ellary Harbour"


def test_a_title_in_small_capitals_is_whole(drawn):
    """Its smaller capitals belong to it; a figure's letters overleaf, a little larger, do not take its place."""

    def draw(canvas: Canvas) -> None:
        prose(canvas, y=600)
        x = 72.0
        for text, size in (("R", 18), ("ULES OF ", 14), ("T", 18), ("ARN", 14)):
            canvas.setFont("Helvetica", size)
            canvas.drawString(x, 780, text)
            x += canvas.stringWidth(text, "Helvetica", size)
        canvas.showPage()
        prose(canvas, y=600)
        canvas.setFont("Helvetica", 20)
        canvas.drawString(72, 780, "Gate of the lock")

    assert drawn(draw).layer.title == "RULES OF TARN"


def test_a_page_of_ten_thousand_lines_is_a_drawing(drawn):
    """A drawing costs no more than its lines, and the words below it are read."""

    def draw(canvas: Canvas) -> None:
        for k in range(10_000):
            x, y = 40 + (k * 37) % 500, 100 + (k * 91) % 650
            canvas.line(x, y, x + (k % 3) * 11, y + (k % 2) * 13)
        canvas.drawString(72, 40, "The chart of the basin.")

    assert drawn(draw).markdown.endswith("The chart of the basin.")


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["41", "Rules of Tarn Harbour"], "Rules of Tarn Harbour"),
        (["6", "TABLE 4: BERTHS OF TARN BY DEPTH"], ""),
        (["Tabelle 3. Liegeplätze nach Tiefe"], ""),
        (["The depth that each berth needs is given below:"], ""),
        (["Boats longer than that lie at the outer quay."], ""),
        (["It is given below:", "", "", "Depth of berths"], ""),
        (["Birds of Tarn and Carex nigra Roth."], "Birds of Tarn and Carex nigra Roth."),
        (["2021", "Harbour of Tarn, Inc."], "2021 Harbour of Tarn, Inc."),
        (["7 Rules of Tarn Harbour"], "7 Rules of Tarn Harbour"),
    ],
)
def test_a_title_is_no_sentence_caption_or_page_number(drawn, lines: list[str], title: str):
    """The largest text of a page of running text may be one; then there is no title."""

    def draw(canvas: Canvas) -> None:
        prose(canvas, y=600)
        canvas.setFont("Helvetica", 16)
        for k, line in enumerate(lines):
            canvas.drawString(72, 780 - 24 * k, line)

    assert drawn(draw).layer.title == title


def test_contents_without_leaders_are_lines_of_titles_and_pages(drawn):
    """Numbers that never fall beside titles are pages: each entry is a line of its own, and no row of a table."""
    titles = ["What the harbour is for", "How to enter the basin", "Where the pilots wait", "When the barrier opens",
              "Who pays for the lamps", "What the log must hold"]  # fmt: skip
    rows = [(title, str(2 + 3 * k)) for k, title in enumerate(titles)]
    page = drawn(lambda canvas: table(canvas, (72, 500), rows))
    assert page.rows == []
    assert page.markdown.split("\n\n") == [f"{title} … {number}" for title, number in rows]


def test_contents_in_two_columns_are_read_down_each(drawn):
    """Titles and pages without leaders, in two columns whose pages count on, are lines; equal counts are a table."""
    left = ["The barrier and its gates", "Ferries and their pilots", "Signals used at night", "Repairs of the quay"]
    right = ["Berths for all guests", "Warnings of a storm", "The office and its hours", "Index of all places"]

    def draw(canvas, pages):
        rows = [(a, str(pages[k]), b, str(pages[k + 4])) for k, (a, b) in enumerate(zip(left, right, strict=True))]
        table(canvas, (72, 240, 300, 480), rows)

    contents = drawn(lambda canvas: draw(canvas, [1, 4, 9, 15, 22, 30, 31, 40])).markdown
    assert contents.split("\n\n")[3:5] == ["Repairs of the quay … 15", "Berths for all guests … 22"]
    assert drawn(lambda canvas: draw(canvas, [7, 4, 9, 2, 3, 8, 31, 4])).markdown.startswith("|")


def test_contents_with_numbered_sections_are_lines_too(drawn):
    """A section's number may stand apart from its title; titles of two words and few pages are enough then."""
    rows = [("2", "The harbour", "3"), ("2.1", "Entering it", "3"), ("2.1.1", "Where pilots wait", "4"),
            ("2.1.2", "The barrier", "4"), ("2.2", "Lamps", "4"), ("2.3", "The log", "4")]  # fmt: skip
    page = drawn(lambda canvas: table(canvas, (72, 110, 500), rows))
    assert page.rows == []
    assert page.markdown.split("\n\n") == [f"{number} {title} … {last}" for number, title, last in rows]


def test_a_bold_start_that_runs_into_its_text_is_no_heading(drawn):
    """Also where the bold words begin on the line above; a bold line of its own is a heading."""
    font = ("Helvetica-Bold", "Helvetica")

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        parts = [[("Ferries at night.", 0), ("Nobody may pass the light at night, whatever", 1)],
                 [("the draught, unless the pilot is on board.", 1)],
                 [("Ships above forty tons that wait for the tide on both", 0)],
                 [("sides of it.", 0), ("They call the office, which answers until ten.", 1)]]  # fmt: skip
        for k, line in enumerate(parts):
            text = canvas.beginText(72, 730 - 12 * k - 20 * (k > 1))
            for words, weight in line:
                text.setFont(font[weight], 10)
                text.textOut(f"{words} ")
            canvas.drawText(text)
        canvas.setFont(font[0], 10)
        canvas.drawString(72, 640, "Pilots")
        canvas.setFont(font[1], 10)
        prose(canvas, 620)

    headings = [line for line in drawn(draw).markdown.split("\n") if line.startswith("#")]
    assert [heading.strip("# ") for heading in headings] == ["Pilots"]


def test_a_long_paragraph_in_large_letters_is_text_to_its_end(drawn):
    """What is too long for a heading ends in none."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        prose(canvas, 700)
        canvas.setFont("Helvetica", 13)
        for k, line in enumerate(PROSE * 2):
            canvas.drawString(72, 640 - 16 * k, line)

    page = drawn(draw)
    assert "#" not in page.markdown


REFERENCES = [
    ("4", "Marlow, T. and Ebb, R. The tides of narrow harbours"),
    ("", "and what they carry. Journal of Basins 12, 31"),
    ("5", "Quill, A. A barrier that opens twice a day, and the"),
    ("", "people who wait for it. Harbour Letters 3, 8"),
    ("6", "Strand, O. On the swell in front of a closed gate"),
]


@pytest.mark.parametrize("label", ["{}", "[{}]"])
def test_long_texts_beside_numbers_that_go_up_by_one_are_a_list(drawn, label: str):
    """References with numbers, bare or in brackets, are paragraphs with these, each in one piece, and no table."""
    rows = [(label.format(number) if number else "", text) for number, text in REFERENCES]
    page = drawn(lambda canvas: table(canvas, [72, 96], rows))
    texts = [" ".join(text for _, text in REFERENCES[k : k + 2]) for k in (0, 2, 4)]
    assert page.markdown == "\n\n".join(f"{label.format(k)} {text}" for k, text in enumerate(texts, start=4))


def test_numbers_under_a_head_are_a_table(drawn):
    """The same rows under the heads of their columns, or with short texts, stay a table."""
    headed = drawn(lambda canvas: table(canvas, [72, 120], [("No.", "Rule"), *[row for row in REFERENCES if row[0]]]))
    short = drawn(lambda canvas: table(canvas, [72, 120], [("1", "Ellary"), ("2", "Tarn"), ("3", "Skerry")]))
    assert headed.markdown.startswith("| No. | Rule |") and short.markdown.startswith("| 1 | Ellary |")


def test_a_title_of_two_lines_is_led_like_the_text(drawn):
    """Where lines of the text stand far apart, as in a browser, those of a heading do too."""

    def draw(canvas: Canvas) -> None:
        for k, line in enumerate(PROSE * 3):
            canvas.drawString(72, 640 - 17 * k, line)
        canvas.setFont("Helvetica", 20)
        canvas.drawString(72, 780, "Rules of Ellary Harbour and of")
        canvas.drawString(72, 746, "the Old Mole")

    assert drawn(draw).markdown.startswith("# Rules of Ellary Harbour and of the Old Mole\n\n")


@pytest.mark.parametrize(("font", "level"), [("", 1), ("Serif", 0)])
def test_a_little_larger_type_heads_where_fonts_have_no_names(font: str, level: int) -> None:
    """Browsers embed Chinese fonts without a name, so that no line is known to be bold."""
    texts = ("第一条 本办法适用于全体员工。", "申请步骤", "第二条 病假期间发给工资。")
    sizes = (11.5, 13.0, 11.5)
    lines = [
        Line(20.0 * k, [Run(42, 20.0 * k - 12, 300, 20.0 * k, text, size, font)])
        for k, (text, size) in enumerate(zip(texts, sizes, strict=True))
    ]
    assert HeadingStyles([lines]).heading(lines[1]) == level


@pytest.mark.parametrize(("x", "is_list"), [(60, True), (20, False)])
def test_discs_before_lines_are_bullets(drawn, x: int, is_list: bool) -> None:
    """Browsers draw the bullets of a list; a disc far from any line is none."""
    items = ("whole for the first 15 days,", "by half for other 60 days,", "none after that.")

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        for k, item in enumerate(items):
            canvas.circle(x, 603.5 - 14 * k, 1.9, stroke=0, fill=1)
            canvas.drawString(72, 600 - 14 * k, item)

    listed = "\n".join(f"- {item}" for item in items)
    assert drawn(draw).markdown.endswith(f"\n\n{listed}") == is_list
    assert drawn(draw).markdown.count("\n- ") == (3 if is_list else 0)


def test_marks_of_a_legend_are_no_bullets(drawn) -> None:
    """Where texts stand left of the discs as well, they are marks beside their names."""

    def draw(canvas: Canvas) -> None:
        prose(canvas)
        for k, (left, right) in enumerate((("Gig", "Skiff"), ("Yawl", "Dory"))):
            canvas.drawString(72, 600 - 14 * k, left)
            canvas.circle(102, 603.5 - 14 * k, 1.9, stroke=0, fill=1)
            canvas.drawString(110, 600 - 14 * k, right)

    assert "- " not in drawn(draw).markdown
