"""The labels of rules, headings and list items: 7. A4.1 1.3.2 b) (iv), which are no numbers of the text.

The patterns are pieces for other modules' patterns, without groups that capture.
"""

from __future__ import annotations

import re

RULE = r"[A-Z]?\d+(?:\.\d+)*"
"""7, A4, 1.3.2: the label itself, which may as well be a number."""

DOTTED = r"[A-Z]?\d+(?:\.\d+)+"
"""1.3.2, A4.1: a label of two parts and more."""

ITEM = r"(?:[A-Z]?\d+\.(?:\d+\.)*\d*|\d+\)|\(?[a-z]\)|[•●▪◦‣–])"
"""7. 1.3.2 A4.1. 2) (b) •: what a list item or a rule begins with."""

AT_START = rf"(?:{RULE}[.)]|{DOTTED}(?!\s*[€$£¥%‰°]))"
"""7. A4) 1.3.2: what stands in front of a rule's text; 2.50 € is an amount."""

_LABEL = re.compile(rf"(?m)^[ \t>]*(?:#{{1,6}}[ \t]+)?[*_]{{0,2}}{AT_START}[*_]{{0,2}}(?=\s|[A-Z])")


def label_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of the labels at the beginning of lines, in order, with the marks of headings and emphasis."""
    return [match.span() for match in _LABEL.finditer(text)]


def labels(text: str) -> set[str]:
    """The labels of rules and headings at the beginning of lines: "1.3.2" of "1.3.2. be fair"."""
    return {text[start:end].strip("# \t>*_.)") for start, end in label_spans(text)}
