"""Set the handbook's Markdown as the PDF that the project ships as its sample document.

Reads   tests/sample/ellary-sound-rowing-handbook.md
Writes  data/documents/ellary-sound-rowing-handbook.pdf, the same bytes on every run
Run     uv run tests/sample/make_pdf.py
"""

import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.enums import TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Paragraph as Text
from reportlab.platypus import Table as Grid
from reportlab.platypus.tableofcontents import TableOfContents

ROOT = Path(__file__).resolve().parents[2]
if not __package__:  # run as a file: the tests' package is not on the path
    sys.path.insert(0, str(ROOT))

from tests.sample.source import (  # noqa: E402 - only now is it on the path
    Block,
    Caption,
    Figure,
    Footnote,
    Formula,
    Heading,
    Items,
    Note,
    Paragraph,
    Table,
    read_handbook,
)

PDF = ROOT / "data" / "documents" / "ellary-sound-rowing-handbook.pdf"

NAVY, SEA, MIST, INK = HexColor("#17375E"), HexColor("#2F7D95"), HexColor("#E9F0F4"), HexColor("#1A1A1A")
PAGE_WIDTH, PAGE_HEIGHT = A4
LEFT = RIGHT = 26 * mm
TOP, BOTTOM = 27 * mm, 22 * mm
WIDTH = PAGE_WIDTH - LEFT - RIGHT
NOTE_HEIGHT = 15 * mm  # kept free above the footer of a page with a footnote
INDENT = 34.0  # of a rule's text, right of its number

# Where a long word may be broken; the fonts' engine breaks only at soft hyphens.
BREAKS = [
    "any-body", "cate-gories", "cate-gory", "certifi-cate", "commit-tee", "com-pulsory", "con-sent", "dis-agree",
    "dis-qualified", "dis-qualification", "every-body", "equip-ment", "excep-tion", "follow-ing", "guard-ian",
    "handi-cap", "hand-book", "in-spected", "life-jacket", "measure-ment", "over-takes", "penal-ised",
    "penal-ties", "regis-tered", "re-corded", "re-corder", "re-gatta", "re-gattas", "re-places", "re-turned",
    "sec-onds", "secre-tary", "spec-tators", "sub-scription", "treas-urer",
]  # fmt: skip
SOFT_HYPHENS = {word.replace("-", ""): word.replace("-", "\u00ad") for word in BREAKS}


def style(name: str, font: str, size: float, leading: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=leading, **({"textColor": INK} | more))


TITLE = style("title", "Helvetica-Bold", 26, 31, textColor=NAVY, spaceBefore=16, spaceAfter=6)
LEAD = style("lead", "Helvetica", 13, 18, textColor=SEA, spaceAfter=10)
CHAPTER = style("chapter", "Helvetica-Bold", 16, 20, textColor=NAVY, spaceBefore=15, spaceAfter=3, keepWithNext=1)
SECTION = style("section", "Helvetica-Bold", 11.5, 15, textColor=NAVY, spaceBefore=11, spaceAfter=4, keepWithNext=1)
GROUP = style("group", "Helvetica-BoldOblique", 9.5, 13, textColor=SEA, spaceBefore=5, spaceAfter=3, keepWithNext=1)
BODY = style("body", "Times-Roman", 10.4, 13.2, alignment=TA_JUSTIFY, spaceAfter=5.5, embeddedHyphenation=1)
RULE = ParagraphStyle("rule", BODY, leftIndent=INDENT, bulletFontName="Helvetica-Bold", bulletFontSize=8.8)
ITEM = ParagraphStyle("item", BODY, leftIndent=INDENT + 14, bulletIndent=INDENT, bulletFontName="Times-Roman")
ITEM = ParagraphStyle("item", ITEM, bulletFontSize=10.5, spaceAfter=2.5)
SMALL_ITEM = ParagraphStyle("small item", ITEM, leftIndent=11, bulletIndent=0, fontSize=10, leading=12.6, alignment=0)
CAPTION = style("caption", "Helvetica-Oblique", 8.8, 12, textColor=NAVY, spaceBefore=7, spaceAfter=4, keepWithNext=1)
CELL = style("cell", "Helvetica", 8.6, 11)
NUMBER = ParagraphStyle("number", CELL, alignment=TA_RIGHT)
HEAD = ParagraphStyle("head", CELL, fontName="Helvetica-Bold", textColor=NAVY)
HEAD_NUMBER = ParagraphStyle("head number", HEAD, alignment=TA_RIGHT)
TERM = ParagraphStyle("term", CELL, fontName="Helvetica-Bold")
BOXED = ParagraphStyle("boxed", BODY, spaceAfter=0)
FOOTNOTE = style("footnote", "Times-Roman", 8.6, 10.4)

# Widths as shares of the line, and how the rows are set apart: by a grid, by lines or by nothing.
TABLES = {
    "Table 1": ([19, 9, 11, 9, 13, 39], "grid"),
    "Table 2": ([44, 20, 20], "grid"),
    "Table 3": ([15, 41, 10, 17, 17], "lines"),
    "Table 4": ([12, 10, 10, 10, 10, 10, 10, 20], "grid"),
    "Table 5": ([25, 12], "lines"),
    "Table 6": ([9, 46, 27, 18], "grid"),
    "Table 7": ([19, 36, 19, 13, 13], "lines"),
    "Table 8": ([44, 14, 30], "bare"),
    "Term": ([20, 80], "bare"),
}


class Handbook(BaseDocTemplate):
    """Pages with running headers, contents gathered from the headings, and footnotes at the foot of their page."""

    def __init__(self, path: Path, footnotes: dict[str, str], **more: Any) -> None:
        super().__init__(
            str(path), pagesize=A4, invariant=1, pageCompression=0, lang="en-GB",
            title="Ellary Sound Rowing League Handbook", author="The Groundwork contributors",
            subject="Rules, safety and fixtures for the 2027 season", **more,
        )  # fmt: skip
        self.footnotes = footnotes
        self.noted: dict[int, str] = {}  # page -> mark; known from the second pass on
        plain_frame = Frame(LEFT, BOTTOM, WIDTH, PAGE_HEIGHT - TOP - BOTTOM, 0, 0, 0, 0)
        short_frame = Frame(LEFT, BOTTOM + NOTE_HEIGHT, WIDTH, PAGE_HEIGHT - TOP - BOTTOM - NOTE_HEIGHT, 0, 0, 0, 0)
        self.addPageTemplates([
            PageTemplate("plain", [plain_frame], onPage=draw_margins),
            PageTemplate("noted", [short_frame], onPage=draw_margins, onPageEnd=draw_footnote),
        ])  # fmt: skip

    def afterPage(self) -> None:  # noqa: N802 - reportlab's name
        self._handle_nextPageTemplate("noted" if self.page + 1 in self.noted else "plain")

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - reportlab's name
        if mark := getattr(flowable, "footnote", None):
            self.noted = {self.page: mark}
        if getattr(flowable, "style", None) in (CHAPTER, SECTION):
            level, text = (CHAPTER, SECTION).index(flowable.style), flowable.getPlainText()
            key = text.split()[0]
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(text, key, level)
            self.notify("TOCEntry", (level, text, self.page, key))


def draw_margins(canvas: Any, document: Handbook) -> None:
    """The running header (not on the first page) and the footer."""
    canvas.setFont("Helvetica", 8)
    canvas.setFillColor(SEA)
    if document.page > 1:
        canvas.drawString(LEFT, PAGE_HEIGHT - 18 * mm, "Ellary Sound Rowing League")
        canvas.drawRightString(PAGE_WIDTH - RIGHT, PAGE_HEIGHT - 18 * mm, "Handbook 2027")
    canvas.drawString(LEFT, 13 * mm, "Ninth edition")
    canvas.drawRightString(PAGE_WIDTH - RIGHT, 13 * mm, f"Page {document.page}")


def draw_footnote(canvas: Any, document: Handbook) -> None:
    mark = document.noted[document.page]
    text = Text(f"<super size=6.5>{mark}</super> {markup(document.footnotes[mark])}", FOOTNOTE)
    _, height = text.wrap(WIDTH, NOTE_HEIGHT)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.4)
    canvas.line(LEFT, BOTTOM + height + 4, LEFT + 45 * mm, BOTTOM + height + 4)
    text.drawOn(canvas, LEFT, BOTTOM)


def build(path: Path = PDF, **more: Any) -> Path:
    """Write the PDF to `path`; `more` goes to reportlab's document, such as `encrypt="password"`."""
    blocks = read_handbook()
    footnotes = {block.mark: block.text for block in blocks if isinstance(block, Footnote)}
    path.parent.mkdir(parents=True, exist_ok=True)
    Handbook(path, footnotes, **more).multiBuild(list(story(blocks)))
    return path


def story(blocks: list[Block]) -> Iterator[Flowable]:
    """The handbook as reportlab's flowables, the title page and its contents first."""
    first_chapter = next(i for i, block in enumerate(blocks) if isinstance(block, Heading) and block.level == 2)
    title, lead, *opening = blocks[:first_chapter]
    yield Waves(WIDTH, 44)
    yield Text(markup(title.text), TITLE)
    yield Text(markup(lead.text), LEAD)
    for block in opening:
        yield from flowables(block)
    yield Spacer(1, 10)
    yield Text("Contents", ParagraphStyle("contents", SECTION))
    yield contents()
    yield PageBreak()
    rest = blocks[first_chapter:]
    while rest:
        taken, made = take(rest)
        yield from made
        rest = rest[taken:]


def take(blocks: list[Block]) -> tuple[int, list[Flowable]]:
    """How many blocks come next as one, and their flowables."""
    match blocks:
        case [Caption(text), Table() as table, *_]:
            return 2, captioned(text, grid(table, text.split(".")[0]))
        case [Figure() as figure, Caption(text), *_]:
            course = Course(figure.labels)
            return 2, [KeepTogether([Spacer(1, 5), course, Text(markup(text), CAPTION), Spacer(1, 4)])]
        case [Heading(4) as left, Items() as one, Heading(4) as right, Items() as other, *_]:
            return 4, [two_columns(column(left, one), column(right, other))]
        case [Formula(text), Paragraph() as terms, *_]:
            return 2, [Fraction(text), Text(markup(terms.text), RULE)]
        case [block, *_]:
            return 1, list(flowables(block))
    raise AssertionError("no blocks")


def captioned(text: str, table: Grid) -> list[Flowable]:
    """A table under its caption, kept together unless it is too long to be worth a gap on the page before."""
    if len(table._cellvalues) > 15:
        # A caption that is kept with its table would move a table that fits a page whole to the next one.
        caption = Text(markup(text), ParagraphStyle("long caption", CAPTION, keepWithNext=0))
        return [CondPageBreak(40 * mm), caption, table, Spacer(1, 7)]
    return [KeepTogether([Text(markup(text), CAPTION), table, Spacer(1, 7)])]


def flowables(block: Block) -> Iterator[Flowable]:
    match block:
        case Heading(level, text):
            yield Text(markup(text), {2: CHAPTER, 3: SECTION, 4: GROUP}[level])
        case Paragraph(text, number):
            paragraph = Text(markup(text), RULE if number else BODY, bulletText=number or None)
            if found := re.search(r"\[\^(\d+)\]", text):
                paragraph.footnote = found[1]
            yield paragraph
        case Items(texts):
            for item in texts:
                bullet, text = item.split(" ", 1) if item.startswith("(") else ("\u2022", item)
                yield Text(markup(text), ITEM, bulletText=bullet)
            yield Spacer(1, 3.5)
        case Table():
            yield grid(block, block.rows[0][0])
            yield Spacer(1, 2)
        case Note(text):
            yield box(text)


def markup(text: str) -> str:
    """The text with reportlab's tags for Markdown's marks, and soft hyphens in long words."""
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"\*(.+?)\*", r"<i>\1</i>", text)
    text = re.sub(r"\[\^(\d+)\]", r"<super size=7>\1</super>", text)
    return re.sub(r"[a-z]{6,}", lambda found: SOFT_HYPHENS.get(found[0], found[0]), text)


def contents() -> TableOfContents:
    paddings = {"TOPPADDING": 0, "BOTTOMPADDING": 1.5, "LEFTPADDING": 0, "RIGHTPADDING": 0}
    close = TableStyle([(name, (0, 0), (-1, -1), size) for name, size in paddings.items()])
    table = TableOfContents(dotsMinLevel=0, tableStyle=close)
    table.levelStyles = [
        style("contents chapter", "Helvetica-Bold", 10, 13.5, textColor=NAVY, spaceBefore=5),
        style("contents section", "Times-Roman", 10.5, 13.5, leftIndent=14),
    ]
    return table


def grid(table: Table, name: str) -> Grid:
    """A table with a header that is repeated on every page it runs over."""
    shares, lines = TABLES[name]
    full = WIDTH - INDENT if lines == "bare" and name != "Term" else WIDTH
    widths = [share / max(sum(shares), 100) * full for share in shares]
    air = 3.4 if len(table.rows) > 15 else 2.5  # a long table needs more to be read along its rows
    look = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), air),
        ("BOTTOMPADDING", (0, 0), (-1, -1), air + 0.5),
        ("LEFTPADDING", (0, 0), (-1, -1), 5),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
    ]
    if lines == "grid":
        look += [("GRID", (0, 0), (-1, -1), 0.4, SEA), ("BACKGROUND", (0, 0), (-1, 0), MIST)]
    if lines == "lines":
        look += [("LINEABOVE", (0, 0), (-1, 0), 0.9, NAVY), ("LINEBELOW", (0, 0), (-1, 0), 0.5, NAVY)]
        look += [("LINEBELOW", (0, -1), (-1, -1), 0.9, NAVY)]
    if name == "Term":  # in smaller type than its meaning, on the same line
        look += [("TOPPADDING", (0, 1), (0, -1), air + BODY.fontSize - TERM.fontSize)]
    if lines == "bare":
        look += [("LEFTPADDING", (-1, 0), (-1, -1), 12)]
    cells = [[cell(table, name, row, column) for column in range(len(shares))] for row in range(len(table.rows))]
    return Grid(cells, widths, style=look, repeatRows=1, hAlign="LEFT")


def cell(table: Table, name: str, row: int, column: int) -> Text:
    number = table.alignments[column] == "right"
    if row == 0:
        look = HEAD_NUMBER if number else HEAD
    elif name == "Term":
        look = BOXED if column else TERM
    else:
        look = NUMBER if number else CELL
    return Text(markup(table.rows[row][column]), look)


def box(text: str) -> Grid:
    look = [
        ("BOX", (0, 0), (-1, -1), 0.8, SEA),
        ("BACKGROUND", (0, 0), (-1, -1), MIST),
        ("LINEBEFORE", (0, 0), (0, -1), 4, SEA),
        ("LEFTPADDING", (0, 0), (-1, -1), 12),
        ("RIGHTPADDING", (0, 0), (-1, -1), 10),
        ("TOPPADDING", (0, 0), (-1, -1), 6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
    ]
    return Grid([[Text(markup(text), BOXED)]], [WIDTH], style=look, spaceBefore=9, spaceAfter=10)


def column(heading: Heading, items: Items) -> list[Flowable]:
    bullets = [Text(markup(text), SMALL_ITEM, bulletText="\u2022") for text in items.texts]
    return [Text(markup(heading.text), GROUP), *bullets]


def two_columns(left: list[Flowable], right: list[Flowable]) -> Grid:
    look = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, 0), 0),
        ("LEFTPADDING", (1, 0), (1, 0), 12),
        ("RIGHTPADDING", (1, 0), (1, 0), 0),
    ]
    return Grid([[left, right]], [WIDTH / 2, WIDTH / 2], style=look, spaceAfter=8)


class Fraction(Flowable):
    """A formula `C = a / b`, with b below a line."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.left, over = text.split(" = ")
        self.above, self.below = over.split(" / ")
        self.width, self.height, self.spaceAfter = WIDTH, 30, 8

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        c = self.canv
        wide = c.stringWidth(self.above, "Times-Italic", 11.5) + 8
        start = (self.width - wide) / 2
        c.setFillColor(INK)
        c.setFont("Times-Italic", 11.5)
        c.setStrokeColor(INK)
        c.setLineWidth(0.6)
        c.drawRightString(start - 4, 11, f"{self.left} =")
        c.drawCentredString(start + wide / 2, 18, self.above)
        c.drawCentredString(start + wide / 2, 3, self.below)
        c.line(start, 14.5, start + wide, 14.5)


class Waves(Flowable):
    """Three lines of waves across the head of the title page."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__()
        self.width, self.height = width, height

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        for row, colour in enumerate((NAVY, SEA, HexColor("#A9CBD6"))):
            self.canv.setStrokeColor(colour)
            self.canv.setLineWidth(3 - row * 0.6)
            path = self.canv.beginPath()
            y, step = self.height - 12 - row * 11, self.width / 24
            path.moveTo(0, y)
            for i in range(24):
                bend = 7 if i % 2 else -7
                path.curveTo((i + 0.35) * step, y + bend, (i + 0.65) * step, y + bend, (i + 1) * step, y)
            self.canv.drawPath(path)


class Course(Flowable):
    """Figure 1, drawn to scale: 0.29 pt for a metre."""

    SCALE = 0.29
    TURN = math.radians(-2)  # of leg 1 from due east

    def __init__(self, labels: tuple[str, ...]) -> None:
        super().__init__()
        self.labels = dict(zip(("name", "boat", "pin", "line", "leg1", "mark1", "leg2", "mark2", "leg3", "shoal",
                                "station", "scale", "north"), labels, strict=True))  # fmt: skip
        self.width, self.height = WIDTH, 214

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        c, s = self.canv, self.SCALE
        # The triangle with sides of 1,000, 600 and 900 m: the angle at the line by the law of cosines.
        corner = math.acos((1000**2 + 900**2 - 600**2) / (2 * 1000 * 900))
        start = (64.0, 52.0)
        mark1 = polar(start, 1000 * s, self.TURN)
        mark2 = polar(start, 900 * s, self.TURN + corner)
        c.setFillColor(HexColor("#F5F9FB"))
        c.setStrokeColor(SEA)
        c.setLineWidth(0.5)
        c.roundRect(0, 0, self.width, self.height, 6, fill=1)
        self.write(12, self.height - 20, self.labels["name"], 10, bold=True)
        self.draw_shoal((222, 98))
        for one, other, label in ((start, mark1, "leg1"), (mark1, mark2, "leg2"), (mark2, start, "leg3")):
            self.draw_leg(one, other, self.labels[label])
        self.draw_line(start)
        for at, label, shift in ((mark1, "mark1", (-30, -18)), (mark2, "mark2", (10, 1))):
            self.draw_buoy(at, HexColor("#E8C021"), 5)
            self.write(at[0] + shift[0], at[1] + shift[1], self.labels[label], 8.2)
        self.draw_station((262, 60))
        self.draw_scale_and_north()

    def write(self, x: float, y: float, text: str, size: float, bold: bool = False, colour: Color = INK) -> None:
        self.canv.setFillColor(colour)
        self.canv.setFont("Helvetica-Bold" if bold else "Helvetica", size)
        self.canv.drawString(x, y, text)

    def draw_leg(self, one: tuple[float, float], other: tuple[float, float], label: str) -> None:
        """A line with an arrow on it and its label along it."""
        c = self.canv
        angle = math.atan2(other[1] - one[1], other[0] - one[0])
        middle = ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
        c.setStrokeColor(NAVY)
        c.setFillColor(NAVY)
        c.setLineWidth(1.1)
        c.line(*one, *other)
        c.saveState()
        c.translate(*middle)
        c.rotate(math.degrees(angle))
        c.translate(math.dist(one, other) / 5, 0)
        path = c.beginPath()
        path.moveTo(6, 0)
        path.lineTo(-4, 4)
        path.lineTo(-4, -4)
        path.close()
        c.drawPath(path, fill=1, stroke=0)
        c.translate(-math.dist(one, other) / 5, 0)
        upside_down = abs(angle) > math.pi / 2
        if upside_down:
            c.rotate(180)
        c.setFont("Helvetica", 8.6)
        c.drawCentredString(0, 6 if upside_down and angle < 0 else -12, label)
        c.restoreState()

    def draw_line(self, start: tuple[float, float]) -> None:
        """The start and finish line across the first leg, 80 m long, with its dimension."""
        half, c = 40 * self.SCALE, self.canv
        pin, boat = (start[0], start[1] + half), (start[0], start[1] - half)
        c.setStrokeColor(HexColor("#C4472B"))
        c.setLineWidth(1.4)
        c.setDash(3, 2)
        c.line(*pin, *boat)
        c.setDash()
        self.draw_buoy(pin, HexColor("#E57A1F"), 3.5)
        c.setFillColor(NAVY)
        c.rect(boat[0] - 4, boat[1] - 9, 8, 9, fill=1, stroke=0)
        c.setStrokeColor(INK)
        c.setLineWidth(0.4)
        for end in (pin, boat):
            c.line(end[0] - 16, end[1], end[0] - 5, end[1])
        c.line(start[0] - 13, pin[1], start[0] - 13, boat[1])
        self.write(12, pin[1] + 26, self.labels["line"], 8.2)
        c.line(start[0] - 13, start[1], start[0] - 30, pin[1] + 23)
        self.write(pin[0] - 7, pin[1] + 9, self.labels["pin"], 8.2)
        self.write(boat[0] - 30, boat[1] - 19, self.labels["boat"], 8.2)

    def draw_buoy(self, at: tuple[float, float], colour: Color, radius: float) -> None:
        self.canv.setFillColor(colour)
        self.canv.setStrokeColor(INK)
        self.canv.setLineWidth(0.6)
        self.canv.circle(*at, radius, fill=1)

    def draw_shoal(self, at: tuple[float, float]) -> None:
        c = self.canv
        c.setFillColor(HexColor("#DDD3B4"))
        c.setStrokeColor(HexColor("#9C8C57"))
        c.setLineWidth(0.5)
        c.ellipse(at[0] - 34, at[1] - 11, at[0] + 34, at[1] + 13, fill=1)
        self.write(at[0] - 46, at[1] - 21, self.labels["shoal"], 8)

    def draw_station(self, at: tuple[float, float]) -> None:
        c = self.canv
        c.setFillColor(white)
        c.setStrokeColor(SEA)
        c.setLineWidth(1.2)
        c.circle(*at, 5, fill=1)
        c.line(at[0] - 3, at[1], at[0] + 3, at[1])
        c.line(at[0], at[1] - 3, at[0], at[1] + 3)
        self.write(at[0] + 9, at[1] - 3, self.labels["station"], 8)

    def draw_scale_and_north(self) -> None:
        c, length = self.canv, 200 * self.SCALE
        x, y = self.width - length - 16, 8
        c.setStrokeColor(INK)
        c.setLineWidth(0.8)
        c.line(x, y, x + length, y)
        for end in (x, x + length / 2, x + length):
            c.line(end, y - 3, end, y + 3)
        self.write(x - 72, y - 3, self.labels["scale"], 8)
        top = self.height - 14
        c.line(self.width - 24, top - 28, self.width - 24, top - 8)
        c.line(self.width - 24, top - 8, self.width - 27, top - 15)
        c.line(self.width - 24, top - 8, self.width - 21, top - 15)
        self.write(self.width - 27, top - 5, self.labels["north"], 9, bold=True)


def polar(origin: tuple[float, float], length: float, angle: float) -> tuple[float, float]:
    return origin[0] + length * math.cos(angle), origin[1] + length * math.sin(angle)


if __name__ == "__main__":
    print(f"wrote {build().relative_to(ROOT)}")
