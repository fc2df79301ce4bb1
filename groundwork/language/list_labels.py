"""The labels of rules, headings and list items: 7. A4.1 1.3.2 b) (iv), which are no numbers of the text.

The patterns are pieces for other modules' patterns, without groups that capture.
"""

from __future__ import annotations

import re

from groundwork.language.text_spans import Span
from groundwork.language.units_and_currencies import ALL_CURRENCY_SIGNS, CURRENCY_NAMES, UNIT_WORDS

SECTION_NUMBER = r"\d+(?:\.\d+)*"
"""7, 1.3.2: a label of numbers alone."""

RULE_LABEL = rf"[A-Z]?{SECTION_NUMBER}"
"""7, A4, 1.3.2: the label itself, which may as well be a number."""

DOTTED_LABEL = r"[A-Z]?\d+(?:\.\d+)+"
"""1.3.2, A4.1: a label of two parts and more."""

STOPPED_LABEL = r"[A-Z]?(?:\d+\.)+\d*"
"""7. A4. 1.3.2: a label with a stop behind its first part."""

GLUED_LABEL = r"(?:[A-Z]?(?:\d+\.){2,}\d*(?=[A-Z“\"(])|[A-Z]?\d{1,3}\.(?=[A-Z][a-z]{2}))"
"""1.3.2.Boats 7.Boats: a label that its text touches."""

BULLETS = "•‣⁃◦▪"
"""Marks that are nothing but bullets."""

BULLET_SHAPES = "●○■"
"""Bullets at the beginning of a line; elsewhere they stand for yes and no, or for the end of a proof."""

LIST_LABEL = rf"(?:[A-Z]?\d+\.(?:\d+\.)*\d*|\d+\)|\(?[a-z]\)|[{BULLETS}{BULLET_SHAPES}–])"
"""7. 1.3.2 A4.1. 2) (b) •: what a list item or a rule begins with."""

_SMALL_LETTERS = "".join(letter for letter in map(chr, range(0x2000)) if letter.islower())

MARKDOWN_ITEM = rf"""(?: [A-Z]?\d{{1,3}} (?: \.[ \t]                                # 1. item, A1. item
                           | (?:\.\d{{1,3}})++ (?: \.(?=\D)                       # 1.2. rule
                                                 | [ \t]++(?=[^\W\d_{_SMALL_LETTERS}])))  # 1.2.3 Rule
               | [-*+{BULLETS}][ \t]                                              # - item
               | \(?+ (?:\d{{1,3}}|[a-zA-Z]|[ivxIVX]{{2,6}}) \) [ \t]             # 1) a) (iv)
             )"""
"""The same at the beginning of a line of Markdown, where a number without a stop is a rule only before a capital; for
re.VERBOSE, and possessive throughout."""

LABEL_ALONE = rf"\s*+(?:[-*+>#{BULLETS}]\s*+)*+\(?(?:[A-Z]?\d{{1,3}}(?:\.\d{{1,3}})*+|\p{{L}})[.)]{{1,2}}\s*+"
"""All of a text that is the label of an item and nothing else: "1.2. ", "- ", "(a) "; for the package regex."""

PAGE_LABEL = rf"(?:[A-Z]?\d{{1,3}}\.(?:\d{{1,3}}\.)*\d{{0,3}}|\d{{1,3}}\)|\(?[a-z]\)|[{BULLETS}{BULLET_SHAPES}])"
"""1.3. 2) (b) •: what begins a line of a PDF's text layer, where years and amounts begin lines as well."""

DRAWN_BULLET_LABEL = rf"[-–—∗\uf020-\uf0ff{BULLETS}{BULLET_SHAPES}](?=\s|$)"
"""A bullet as fonts of PDFs draw it, the letters of a font of signs among them."""

DRAWN_LABEL = (
    r"(?:(?:[A-Z] ?)?(?:\d{1,3}\.)+(?:\d{1,3})?\.?(?=\s|$)"
    r"|(?:[A-Z] ?)?(?:(?:\d{1,3}\.){2,}(?=[^\W\d]|[“\"(])|\d{1,3}\.(?=[A-Z][a-z]{2}))"  # run together with the text
    r"|\(?(?:[a-zA-Z]|[ivx]{2,4}|\d{1,3})\)(?=\s|$)|(?:[a-zA-Z]|[ivx]{2,4})\.(?=\s|$))"
)
"""1.3 B 2. (iv) a.: a label on a drawn page, where the text may follow without a space."""

_AMOUNT_SCALES = "million|billion|Millionen|Milliarden|Mio|Mrd|millions|milliards|millones|milioni|milhões|miljoen"
_AMOUNT_NOT_LABEL = (
    rf"(?:\d++(?:\.\d++|(?:\.\d{{3}}){{2,}})"
    rf"(?:\s*[{ALL_CURRENCY_SIGNS}%‰°]|[ \t]++(?:{UNIT_WORDS}|{_AMOUNT_SCALES}|{CURRENCY_NAMES})\b)"
    rf"|\d{{1,3}}+(?:\.\d{{3}})++(?![\d.])(?:(?<=\.000)|[ \t]++(?=[{_SMALL_LETTERS}])))"
)

LABEL_AT_START = rf"(?:{RULE_LABEL}[.)]|(?!{_AMOUNT_NOT_LABEL}){DOTTED_LABEL})"
"""7. A4) 1.3.2: what stands in front of a rule's text. "3.2 Points" is a label; 2.50 €, 5.2 metres and 2.500 thành viên
are amounts."""

_LABEL_AT_LINE_START = re.compile(rf"(?m)^[ \t>]*(?:#{{1,6}}[ \t]+)?[*_]{{0,2}}{LABEL_AT_START}[*_]{{0,2}}(?=\s|[A-Z])")


def label_spans(text: str) -> list[Span]:
    """(start, end) of the labels at the beginning of lines, in order, with the marks of headings and emphasis."""
    return [match.span() for match in _LABEL_AT_LINE_START.finditer(text)]


def labels(text: str) -> set[str]:
    """The labels of rules and headings at the beginning of lines: "1.3.2" of "1.3.2. be fair"."""
    return {text[start:end].strip("# \t>*_.)") for start, end in label_spans(text)}


CAPTION_START = re.compile(  # Table 3: Entry fees
    r"[\s*_>]{0,20}+(?:table|tab\.|tabelle|tableau|tabla|tabella|tabela|figure|fig\.|listing|abbildung|表|图|جدول)\s*+[\w.-]*\d",
    re.IGNORECASE,
)
SOURCE_START = re.compile(  # Source: Annual Report 2009, below a table
    r"[\s*_>]{0,20}+(?:(?:data )?sources?|notes?|quellen?|anmerkung(?:en)?|fuentes?|font[ei]s?|notas?|bron(?:nen)?|"
    r"källa|kilder?|lähde|źródło|zdroj|источник|资料来源|数据来源|出典|資料)[*_]*+ ?[:：][*_]*+[^\S\n]*+\S",
    re.IGNORECASE,
)
