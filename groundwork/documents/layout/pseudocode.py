"""Programs in words and signs, as papers set them in the letters of the text: an algorithm's lines are no table's rows,
though comments stand at their right, and no paragraph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.text_lines import Line

_STEP_NUMBER = r"(?:\d{1,3}[:.]?\s+)?"
_PSEUDOCODE_STEP = re.compile(
    rf"{_STEP_NUMBER}(?:(?:for|foreach|forall|while|with)\b.*\bdo|(?:else\s*)?if\b.*\bthen|else:?|repeat|begin|loop|do"
    r"|end(?:\s?(?:for|while|if|function|procedure|loop|foreach))?)[;.]?(?:\s+(?://|▷|▹|\{).*)?$"
    rf"|{_STEP_NUMBER}(?:(?:return|until|procedure|Require:|Ensure:)\s"
    rf"|[^\s,.;]+(?:\s[^\s,.;]+){{0,2}}\s?(?:←|:=|⇐)\s?\S)"
    r"|\$[^$]{1,60}\\(?:left|Left)arrow"
)
_NUMBERED_STEP = re.compile(r"(\d{1,3}):(?:\s|$)")
_PSEUDOCODE_COMMENT = re.compile(r"\S\s+(?://|▷|▹)\s?\S")
_LEAST_PSEUDOCODE_LINES = 4
_LEAST_STEP_SHARE = 0.6  # of the lines, which are steps of a program
_MOST_LINES_BETWEEN_STEPS = 2  # lines in a row that are none
_PSEUDOCODE_LINE_GAP = 1.9  # of the usual steps, from one line to the next at the most


def pseudocode_end(lines: Sequence[Line], program_start: int, leading: float) -> int:
    """Where the program that begins at a line ends; `program_start` where none does. `leading`: sizes from line to
    line."""
    if not _is_pseudocode_step(lines, program_start):
        return program_start
    step_count, step_line, program_end = 1, program_start + 1, program_start + 1
    while (
        step_line < len(lines)
        and step_line - program_end <= _MOST_LINES_BETWEEN_STEPS
        and _is_next_pseudocode_line(lines[step_line - 1], lines[step_line], leading)
    ):
        if _is_pseudocode_step(lines, step_line):
            step_count, program_end = step_count + 1, step_line + 1
        step_line += 1
    return (
        program_end
        if program_end - program_start >= _LEAST_PSEUDOCODE_LINES
        and step_count >= _LEAST_STEP_SHARE * (program_end - program_start)
        else program_start
    )


def _is_next_pseudocode_line(above: Line, line: Line, leading: float) -> bool:
    return bool(line.cells) and line.y - above.y < _PSEUDOCODE_LINE_GAP * leading * line.main.size


def _is_pseudocode_step(lines: Sequence[Line], step_line: int) -> bool:
    """Whether a line is a step of a program, by its words, its comment or its number after the one above."""
    program_line = lines[step_line]
    if not program_line.cells:
        return False
    has_pseudocode_comment = len(program_line.cells) > 1 and _PSEUDOCODE_COMMENT.search(program_line.text) is not None
    if has_pseudocode_comment or _PSEUDOCODE_STEP.match(program_line.text):
        return True
    if not _NUMBERED_STEP.match(program_line.text):
        return False
    return any(
        _is_next_step_number(above, below) for above, below in pairwise(lines[max(0, step_line - 1) : step_line + 2])
    )


def _is_next_step_number(above: Line, line: Line) -> bool:
    """Whether two lines are numbered with a colon, one after the other."""
    upper_step, lower_step = _NUMBERED_STEP.match(above.text), _NUMBERED_STEP.match(line.text)
    return upper_step is not None and lower_step is not None and int(lower_step[1]) == int(upper_step[1]) + 1
