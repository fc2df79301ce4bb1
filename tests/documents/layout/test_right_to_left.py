"""Pages in Hebrew and Arabic: the order of words, columns and letters, in small PDFs drawn as such PDFs are."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from groundwork.documents.auditing.doubtful_pages import markdown_to_html
from groundwork.documents.auditing.page_audit import AuditReference
from groundwork.documents.layout.right_to_left import (
    RtlLetter,
    RtlSpelling,
    is_same_rtl_glyph,
    letters_in_order,
    mirrored_runs,
    rtl_word_runs,
    unmirrored,
    vowel_signs_behind_glyphs,
    vowel_signs_behind_letters,
)
from groundwork.documents.layout.text_runs_and_lines import Box, Run

ROWS = [["סירה", "נמל", "דמי עגינה"], ["אנפה אפורה", "אלרי", "120.50"], ["שחף", "טארן", "98.00"]]


def write(canvas: Canvas, x: float, y: float, text: str) -> None:
    """A text of Hebrew words as it is drawn, its right end at `x`: the last letter first, numbers as they are."""
    pdfmetrics.registerFont(TTFont("DejaVu", Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"))
    canvas.setFont("DejaVu", 10)
    canvas.drawRightString(x, y, text if text[0].isdigit() else text[::-1])


@pytest.mark.parametrize("is_framed", [True, False])
def test_the_rightmost_column_is_the_first(drawn, is_framed):
    """A table from right to left has its columns and the words of its cells in the order in which they are read."""

    def draw(canvas: Canvas) -> None:
        for k, row in enumerate(ROWS):
            for x, text in zip((500, 380, 260), row, strict=True):
                write(canvas, x, 700 - 20 * k, text)
        if is_framed:
            for k in range(4):
                canvas.line(160, 714 - 20 * k, 510, 714 - 20 * k)
            for x in (160, 270, 390, 510):
                canvas.line(x, 714, x, 654)

    page = drawn(draw)
    assert page.rows == ROWS
    assert page.makers == ["layout:lines"]
    assert page.audit.text_kept == 1


def test_dashes_and_minus_signs_of_a_table_stay(drawn):
    """An empty cell's em dash is no hyphen, and a minus, drawn right of its number, stands before it."""
    rows = [["סירה", "נמל", "תעריף"], ["אנפה", "—", "120.50"], ["שחף", "טארן — אלרי", "5-"], ["נורס", "–", "98.00"]]

    def draw(canvas: Canvas) -> None:
        for k, row in enumerate(rows):
            for x, text in zip((500, 380, 220), row, strict=True):
                write(canvas, x, 700 - 20 * k, text)

    rows_read = drawn(draw).rows
    assert [row[1:] for row in rows_read[1:]] == [["—", "120.50"], ["טארן — אלרי", "-5"], ["–", "98.00"]]


def test_lines_from_right_to_left_are_one_paragraph(drawn):
    """The lines of a paragraph begin at the right, and are joined as those of other scripts are."""
    lines = ["רב החובל של הנמל פותח את המחסום רק כאשר הגאות משני צדדיו", "התהפכה והוא מוריד אותו שוב."]
    page = drawn(lambda canvas: [write(canvas, 520, 700 - 14 * k, line) for k, line in enumerate(lines)])
    assert page.markdown == " ".join(lines)


def test_turned_letters_and_turned_word_order_are_seen(drawn):
    """A rendition whose words are turned around, or whose lines run the other way, keeps all letters and is no good."""
    page = drawn(lambda canvas: write(canvas, 520, 700, "רב החובל של הנמל פותח את המחסום רק כאשר הגאות משני צדדיו"))
    reference = AuditReference(page.layer.pages[0])
    assert page.audit.text_kept == 1
    assert reference.audit(" ".join(word[::-1] for word in page.markdown.split())).text_kept < 0.3
    assert reference.audit(" ".join(reversed(page.markdown.split()))).text_kept < 0.3


@pytest.mark.parametrize(
    ("layer", "markdown", "least"),
    [
        ("السفينة على الرصيف", "السفينة عىل الرصيف", 1.0),
        ("يُدفع الرسم كاملًا", "يدفع الرسم كاملا", 1.0),
        ("سفينة نورس رصيف ثالث", "| سفينة | رصيف |\n| --- | --- |\n| نورس | ثالث |", 1.0),
    ],
)
def test_glyphs_vowel_signs_and_cells_are_no_turned_words(layer, markdown, least):
    """Letters of one glyph in another order, vowel signs left out, and the columns of a table keep the text."""
    assert AuditReference(layer).audit(markdown).text_kept == least


def test_a_page_shows_such_a_table_from_the_right():
    """The first column of a table in Hebrew stands at the right of the page that shows the Markdown."""
    assert '<table dir="rtl">' in str(markdown_to_html("| סירה | נמל |\n| --- | --- |\n| שחף | טארן |", []))
    assert "<table>" in str(markdown_to_html("| Boat | Port |\n| --- | --- |\n| Gig | Tarn |", []))


def words(*texts: tuple[float, str]) -> list[Run]:
    return [Run(x, 10, x + 5 * len(text), 20, text, 10) for x, text in texts]


@pytest.mark.parametrize(
    ("drawn_words", "read"),
    [
        ([(100, "אחרי"), (124, "Port"), (148, "Ellary"), (182, "לפני")], ["לפני", "Port", "Ellary", "אחרי"]),
        ([(100, "2026"), (124, "-"), (132, "2024"), (156, "בשנים")], ["בשנים", "2024", "-", "2026"]),
        ([(100, "תקן"), (118, "-2-5")], ["2-5-", "תקן"]),
        ([(100, "-5")], ["-5"]),
        ([(100, "،PDF"), (122, "בצורת")], ["בצורת", "PDF،"]),
        ([(100, ".Port"), (128, "Ellary"), (162, "בנמל")], ["בנמל", "Port", "Ellary."]),
        ([(100, ".MB"), (118, "4"), (126, "על")], ["על", "4", "MB."]),
        ([(100, "PDF"), (118, "4"), (126, "על")], ["על", "PDF", "4"]),
    ],
)
def test_words_side_by_side_are_read_from_the_right(drawn_words, read):
    """Latin words keep their order, and what ends them is drawn left of them; a number stands before its unit; a
    number's hyphen is read behind it beside words, and is a minus alone."""
    assert [run.text for run in sorted(mirrored_runs(words(*drawn_words), 400))] == read


def test_a_mark_is_read_behind_the_word_that_it_ends():
    """A comma drawn left of a word, in its box or beside it, ends the word without a space."""
    runs = mirrored_runs(words((100, "שלום"), (122, ","), (129, "קודם")), 400)
    first, mark, _ = sorted(runs)
    assert mark.text == ","
    assert mark.x1 == pytest.approx(first.x2)


class Item:
    """A text item as liteparse gives it: words from left to right."""

    class Word:
        def __init__(self, text: str) -> None:
            self.text, self.x, self.y, self.width, self.height = text, 0.0, 0.0, 10.0, 10.0

    def __init__(self, *texts: str) -> None:
        self.words = [self.Word(text) for text in texts]


def test_letters_of_one_glyph_take_the_order_of_the_text_layer():
    """Lam and alef are one glyph, and turned around with their line; words of two scripts come part by part."""
    spelling = RtlSpelling([], letters_in_order("المشكالت خاص", "المشكلات خاص"))
    item = Item("المشكالت.", "Pythonو", ",خاص")
    assert [run.text for run in rtl_word_runs([(item, Run(0, 0, 1, 1, "", 10))], spelling)] == [
        "المشكلات.",
        "وPython",
        "خاص,",
    ]


def test_words_take_the_order_of_their_letters_on_the_page():
    """A number in two boxes is one, and a word with signs is read as its letters follow each other on the page."""
    signs = [(45, "1"), (51, "4"), (57, "8"), (39, " "), (33, "ס"), (30, '"'), (26, "מ")]
    item = Item('מ"ס', "1", "48")
    for word, x, width in zip(item.words, (24, 42, 48), (12, 6, 12), strict=True):
        word.x, word.width = x, width
    spelling = RtlSpelling([RtlLetter(x, 5, sign, 9) for x, sign in signs])
    runs = rtl_word_runs([(item, Run(0, 0, 1, 1, "", 10))], spelling)
    assert sorted((run.text, run.x1, run.x2) for run in runs) == [("148", 42, 60), ('ס"מ', 24, 36)]


def test_parts_of_a_word_are_joined_where_its_letters_follow_each_other():
    """A word that comes in two items, each with its letters as drawn, is one; the next word is another."""
    letters = [RtlLetter(x, 5, sign, 9) for x, sign in [(37, "ع"), (33, "د"), (30, " "), (27, "ق"), (23, "ب")]]
    item = Item("ع", "د", "بق")
    for word, x, width in zip(item.words, (35, 31, 21), (4, 4, 8), strict=True):
        word.x, word.width = x, width
    runs = rtl_word_runs([(item, Run(0, 0, 1, 1, "", 10))], RtlSpelling(letters))
    assert [(run.text, run.x1, run.x2) for run in runs] == [("عد", 31, 39), ("قب", 21, 29)]


def test_words_on_one_line_have_one_height():
    """A word without high letters stands beside one with them, however high what is drawn of it."""
    letters = [RtlLetter(27, 5, "ل", 10.2), RtlLetter(17, 8, "ب", 10.1), RtlLetter(7, 30, "ب", 32)]
    boxes = [Box(25, 1, 29, 10, "ل"), Box(15, 6, 19, 12, "ب"), Box(5, 28, 9, 34, "ب")]
    levelled = RtlSpelling(letters).levelled(boxes)
    assert [(box.y1, box.y2) for box in levelled] == [(1, 12), (1, 12), (28, 34)]


@pytest.mark.parametrize(
    ("box", "after", "is_same"),
    [
        ((10, 13, 1, 9), (13, 16, 1, 9), True),
        ((10, 13, 1, 9), (10, 13, 1, 9), True),
        ((13, 16, 1, 9), (10, 13, 1, 9), False),
        ((10, 13, 1, 9), (13, 18, 1, 9), False),
        ((10, 13, 1, 9), (13, 16, 1, 8), False),
    ],
)
def test_letters_of_one_glyph_are_equal_parts_of_its_place(box, after, is_same):
    """Letters of one glyph have its place, or equal parts of it from left to right, against the way of the script."""
    assert is_same_rtl_glyph(box, after) is is_same


@pytest.mark.parametrize(
    ("drawn_first", "read"),
    [
        ("ُيرجى تقديم الطلب ويوقَّع", "يُرجى تقديم الطلب ويوقعَّ"),
        ("ابتداءً من اليوم يُدفع الأجر كاملاً", "ابتداءً من اليوم يُدفع الأجر كاملاً"),
    ],
)
def test_vowel_signs_stand_behind_their_letters(drawn_first: str, read: str) -> None:
    """A sign that begins a word tells that all are drawn before their letters, as browsers do; else all stay."""
    signs = list(drawn_first)
    assert "".join(signs[k] for k in vowel_signs_behind_letters(list(range(len(signs))), signs)) == read


def test_a_vowel_sign_of_the_next_letters_glyph_stands_behind_it():
    """A sign that shares its letter's glyph comes behind it, one that has a place of its own stays."""
    signs = "زٔه باحثً"
    places = {1: (10, 13, 1, 9), 2: (13, 16, 1, 9), 7: (30, 33, 1, 9), 8: (27, 30, 1, 9)}
    ordered = vowel_signs_behind_glyphs(list(range(len(signs))), signs, lambda k: places[k])
    assert "".join(signs[k] for k in ordered) == "زهٔ باحثً"


@pytest.mark.parametrize(
    ("drawn_pair", "read"),
    [
        ("في بوابة »نخيل« الإلكترونية", "في بوابة «نخيل» الإلكترونية"),
        ("في بوابة »نخيل « الإلكترونية", "في بوابة «نخيل» الإلكترونية"),
        ("الحد )الأعلى( ثلاثة", "الحد (الأعلى) ثلاثة"),
        ("البند (أ) والبند (ب) والبند (ج)", "البند (أ) والبند (ب) والبند (ج)"),
        ("أ) البند الأول (شرح)", "أ) البند الأول (شرح)"),
        ("see )a( there", "see )a( there"),
        ("מתחילה ב1- בינואר ומסתיימת ב31- בדצמבר", "מתחילה ב-1 בינואר ומסתיימת ב-31 בדצמבר"),
        ("בשנים 2024-2026 ובשנת 2027", "בשנים 2024-2026 ובשנת 2027"),
    ],
)
def test_brackets_and_hyphens_are_as_they_are_read(drawn_pair: str, read: str) -> None:
    """Fonts may give the bracket that is seen, the mirror of the one that is meant, and a prefix has its hyphen."""
    assert unmirrored(drawn_pair) == read
