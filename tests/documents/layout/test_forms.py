from __future__ import annotations

from collections.abc import Callable

from reportlab.pdfgen.canvas import Canvas

from tests.documents.layout.conftest import Drawn

ENTRIES = [
    (
        [
            "Dues that you paid for your own boats in 2021, with those of the",
            "boats that you rent by the day or by the week",
        ],
        "310",
    ),
    (["Dues that your club paid for you"], "40"),
    (["Subtract line 2 from line 1"], "270"),
    (
        [
            "Members of two clubs: enter the smaller of line 3 and the dues of the",
            "second club; all others enter line 3 here as well",
        ],
        "",
    ),
]


def draw_account(canvas: Canvas) -> None:
    """Numbered lines, at whose right end a box holds the number once more and another one the amount."""
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(200, 800, "Harbour Dues Return")
    y = 700.0
    for number, (lines, amount) in enumerate(ENTRIES, 1):
        canvas.setFont("Helvetica-Bold", 9)
        canvas.drawString(60, y, str(number))
        canvas.setFont("Helvetica", 9)
        for k, line in enumerate(lines):
            canvas.drawString(85, y - 11 * k, line)
        y -= 11 * (len(lines) - 1)
        canvas.drawString(85 + canvas.stringWidth(lines[-1], "Helvetica", 9) + 15, y, ".   .   .   .   .")
        canvas.drawString(448, y, str(number))
        canvas.acroForm.textfield(name=f"a{number}", value=amount, x=461, y=y - 2, width=78, height=10, fontSize=8)
        canvas.line(440, y - 3, 540, y - 3)
        y -= 14
    for x in (440, 460, 540):
        canvas.line(x, 712, x, y + 11)


def draw_boxes(canvas: Canvas, top: float = 700) -> None:
    """Boxes with a label at the top and a value below it, and boxes to tick."""
    values = [("First name", "Ada"), ("Last name", "Marsh"), ("Town", "Ellary"), ("Postal code", "04417")]
    canvas.setFont("Helvetica", 8)
    for k, (label, value) in enumerate(values):
        x, y = 60 + 240 * (k % 2), top - 30 * (k // 2)
        canvas.rect(x, y - 18, 240, 30)
        canvas.drawString(x + 3, y + 2, label)
        canvas.acroForm.textfield(name=f"v{k}", value=value, x=x + 3, y=y - 15, width=200, height=13, fontSize=9)
    canvas.drawString(60, top - 70, "Kind of boat:")
    for k, (label, is_ticked) in enumerate([("Single", False), ("Double", True), ("Quad", False)]):
        canvas.acroForm.checkbox(name=f"t{k}", checked=is_ticked, x=130 + 100 * k, y=top - 72, size=9)
        canvas.drawString(145 + 100 * k, top - 70, label)


def test_a_numbered_line_of_a_form_ends_with_its_amount(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """A numbered line, its box's number and the amount stand in one line, in the order of the form."""

    def draw(canvas: Canvas) -> None:
        draw_account(canvas)
        draw_boxes(canvas, 500)

    blocks = drawn(draw).markdown.split("\n\n")
    assert blocks[0] == "# Harbour Dues Return"
    assert blocks[1:5] == [
        f"{number} {' '.join(lines)}; {number}{f': {amount}' if amount else ''}"
        for number, (lines, amount) in enumerate(ENTRIES, 1)
    ]


def test_a_box_of_a_form_is_its_label_and_its_value(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """What was typed into a box stands behind the box's label, and a box to tick before its text."""
    page = drawn(draw_boxes)
    assert page.markdown.split("\n\n") == [
        "First name: Ada; Last name: Marsh",
        "Town: Ellary; Postal code: 04417",
        "Kind of boat: ☐ Single; ☒ Double; ☐ Quad",
    ]
    assert page.audit.words_kept == 1


def test_two_fields_do_not_make_a_text_a_form(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """A table above a place to sign stays a table."""

    def draw(canvas: Canvas) -> None:
        rows = [("Boat", "Length", "Weight"), ("Single", "8.2", "14"), ("Double", "10.4", "27"), ("Quad", "13.4", "52")]
        for k, row in enumerate(rows):
            for x, text in zip((72, 200, 300), row, strict=True):
                canvas.drawString(x, 700 - 16 * k, text)
        for k, label in enumerate(("Name", "Date")):
            canvas.drawString(72 + 200 * k, 500, label)
            canvas.acroForm.textfield(name=label, value="", x=110 + 200 * k, y=496, width=120, height=15)

    assert drawn(draw).rows[0] == ["Boat", "Length", "Weight"]


def test_a_note_beside_numbered_lines_does_not_part_them(drawn: Callable[[Callable[[Canvas], None]], Drawn]) -> None:
    """A note at the side of several numbered lines leaves each of these with its amount."""

    def draw(canvas: Canvas) -> None:
        draw_account(canvas)
        draw_boxes(canvas, 500)
        canvas.setFont("Helvetica", 6)
        for k, text in enumerate(("Attach", "the list", "of boats,", "if there", "are more", "than two.")):
            canvas.drawString(22, 690 - 7 * k, text)

    blocks = drawn(draw).markdown.split("\n\n")
    assert [block.split("; ")[-1] for block in blocks if block[0] in "1234"] == ["1: 310", "2: 40", "3: 270", "4"]
    assert "Attach the list of boats, if there are more than two." in blocks
