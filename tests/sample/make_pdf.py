"""Set the handbook's Markdown as the PDF that the project ships as its sample document.

Reads   tests/sample/ellary-sound-rowing-handbook.md
Writes  data/documents/ellary-sound-rowing-handbook.pdf, the same bytes on every run
Run     uv run tests/sample/make_pdf.py
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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

from tests.sample.drawings import Course, Fraction, Waves  # noqa: E402
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
from tests.sample.styles import (  # noqa: E402
    BODY,
    BOTTOM,
    BOXED,
    CAPTION,
    CELL,
    CHAPTER,
    FOOTNOTE,
    GROUP,
    HEAD,
    HEAD_NUMBER,
    INDENT,
    INK,
    ITEM,
    LEAD,
    LEFT,
    MIST,
    NAVY,
    NOTE_HEIGHT,
    NUMBER,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    RIGHT,
    RULE,
    SEA,
    SECTION,
    SMALL_ITEM,
    SOFT_HYPHENS,
    TABLES,
    TERM,
    TITLE,
    TOP,
    WIDTH,
    style,
)

PDF = ROOT / "data" / "documents" / "ellary-sound-rowing-handbook.pdf"


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


if __name__ == "__main__":
    print(f"wrote {build().relative_to(ROOT)}")
