"""Programs in words and signs, as papers set them in the letters of the text: an algorithm's lines are no table's rows,
though comments stand at their right, and no paragraph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.text_lines import Line

_NUMBER = r"(?:\d{1,3}[:.]?\s+)?"
_STEP = re.compile(
    rf"{_NUMBER}(?:(?:for|foreach|forall|while|with)\b.*\bdo|(?:else\s*)?if\b.*\bthen|else:?|repeat|begin|loop|do"
    r"|end(?:\s?(?:for|while|if|function|procedure|loop|foreach))?)[;.]?(?:\s+(?://|▷|▹|\{).*)?$"
    rf"|{_NUMBER}(?:(?:return|until|procedure|Require:|Ensure:)\s"
    rf"|[^\s,.;]+(?:\s[^\s,.;]+){{0,2}}\s?(?:←|:=|⇐)\s?\S)"
    r"|\$[^$]{1,60}\\(?:left|Left)arrow"
)
_NUMBERED = re.compile(r"(\d{1,3}):(?:\s|$)")
_COMMENT = re.compile(r"\S\s+(?://|▷|▹)\s?\S")
_LEAST_LINES = 4
_LEAST_SHARE = 0.6  # of the lines, which are steps of a program
_MOST_OTHERS = 2  # lines in a row that are none
_LINE_GAP = 1.9  # of the usual steps, from one line to the next at the most


def pseudocode_end(lines: Sequence[Line], start: int, leading: float) -> int:
    """Where the program that begins at a line ends; `start` where none does. `leading`: sizes from line to line."""
    if not _is_step(lines, start):
        return start
    steps, at, end = 1, start + 1, start + 1
    while at < len(lines) and at - end <= _MOST_OTHERS and _is_near(lines[at - 1], lines[at], leading):
        if _is_step(lines, at):
            steps, end = steps + 1, at + 1
        at += 1
    return end if end - start >= _LEAST_LINES and steps >= _LEAST_SHARE * (end - start) else start


def _is_near(above: Line, line: Line, leading: float) -> bool:
    return bool(line.cells) and line.y - above.y < _LINE_GAP * leading * line.main.size


def _is_step(lines: Sequence[Line], at: int) -> bool:
    """Whether a line is a step of a program, by its words, its comment or its number after the one above."""
    line = lines[at]
    if not line.cells:
        return False
    has_comment = len(line.cells) > 1 and _COMMENT.search(line.text) is not None
    if has_comment or _STEP.match(line.text):
        return True
    if not _NUMBERED.match(line.text):
        return False
    return any(_follows(above, below) for above, below in pairwise(lines[max(0, at - 1) : at + 2]))


def _follows(above: Line, line: Line) -> bool:
    """Whether two lines are numbered with a colon, one after the other."""
    upper, lower = _NUMBERED.match(above.text), _NUMBERED.match(line.text)
    return upper is not None and lower is not None and int(lower[1]) == int(upper[1]) + 1
