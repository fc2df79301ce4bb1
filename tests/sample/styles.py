"""How the sample PDF looks: its measures, colours, type and tables."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

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
