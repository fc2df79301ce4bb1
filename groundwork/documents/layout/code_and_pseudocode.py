"""Code that is set in a font of its own, and pseudocode, as papers set it in the letters of the text: an algorithm's
lines are no table's rows, though comments stand at their right, and no paragraph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from groundwork.documents.layout.heading_styles_and_footnotes import HeadingStyles
from groundwork.documents.layout.text_runs_and_lines import Line

_CODE_STEP_NUMBER = r"(?:\d{1,3}[:.]?\s+)?"
_PSEUDOCODE_STEP = re.compile(
    rf"{_CODE_STEP_NUMBER}(?:(?:for|foreach|forall|while|with)\b.*\bdo|(?:else\s*)?if\b.*\bthen|else:?|repeat|begin|loop|do"
    r"|end(?:\s?(?:for|while|if|function|procedure|loop|foreach))?)[;.]?(?:\s+(?://|▷|▹|\{).*)?$"
    rf"|{_CODE_STEP_NUMBER}(?:(?:return|until|procedure|Require:|Ensure:)\s"
    rf"|[^\s,.;]+(?:\s[^\s,.;]+){{0,2}}\s?(?:←|:=|⇐)\s?\S)"
    r"|\$[^$]{1,60}\\(?:left|Left)arrow"
)
_NUMBERED_CODE_STEP = re.compile(r"(\d{1,3}):(?:\s|$)")
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
    pseudocode_steps, code_line, program_end = 1, program_start + 1, program_start + 1
    while (
        code_line < len(lines)
        and code_line - program_end <= _MOST_LINES_BETWEEN_STEPS
        and _is_next_pseudocode_line(lines[code_line - 1], lines[code_line], leading)
    ):
        if _is_pseudocode_step(lines, code_line):
            pseudocode_steps, program_end = pseudocode_steps + 1, code_line + 1
        code_line += 1
    program_length = program_end - program_start
    is_program = program_length >= _LEAST_PSEUDOCODE_LINES and pseudocode_steps >= _LEAST_STEP_SHARE * program_length
    return program_end if is_program else program_start


def _is_next_pseudocode_line(above: Line, line: Line, leading: float) -> bool:
    return bool(line.runs) and line.y - above.y < _PSEUDOCODE_LINE_GAP * leading * line.main.size


def _is_pseudocode_step(lines: Sequence[Line], step: int) -> bool:
    """Whether a line is a step of a program, by its words, its comment or its number after the one above."""
    program_line = lines[step]
    if not program_line.runs:
        return False
    has_pseudocode_comment = len(program_line.runs) > 1 and _PSEUDOCODE_COMMENT.search(program_line.text) is not None
    if has_pseudocode_comment or _PSEUDOCODE_STEP.match(program_line.text):
        return True
    if not _NUMBERED_CODE_STEP.match(program_line.text):
        return False
    return any(_is_next_step_number(above, below) for above, below in pairwise(lines[max(0, step - 1) : step + 2]))


def _is_next_step_number(above: Line, line: Line) -> bool:
    """Whether two lines are numbered with a colon, one after the other."""
    upper_step, lower_step = _NUMBERED_CODE_STEP.match(above.text), _NUMBERED_CODE_STEP.match(line.text)
    return upper_step is not None and lower_step is not None and int(lower_step[1]) == int(upper_step[1]) + 1


# --- code in a typewriter's font, or in one that is not the body's ---

_CODE_SIGN = re.compile(r"[{}]\s*\)*[,;]?$|^[^(){}=<>\n]*[(){}=<>].*;$| := |^\w+(?:\.\w+)+\(.*\)$|^</?\w[^<>]*>")
_PROGRAM_LINES = 3
_NO_CODE_ADDRESS = re.compile(r"https?://|www\.|\S+@\S+$")


def code_end(lines: Sequence[Line], code_start: int, styles: HeadingStyles) -> int:
    """Where the lines of a typewriter's font that begin at a line end."""
    if styles.mono or _NO_CODE_ADDRESS.match(lines[code_start].text):
        return code_start
    program_ends = (_program_end(lines, code_start, styles), pseudocode_end(lines, code_start, styles.leading))
    if (listing_end := max(program_ends)) > code_start:
        return listing_end
    listing_end = code_start
    while listing_end < len(lines) and _is_code_line(lines[listing_end], styles):
        listing_end += 1
    if listing_end - code_start != 1:
        return listing_end
    code_line = lines[code_start]
    code_line_step = 1.2 * styles.leading * code_line.main.size
    code_steps = [
        *(code_line.y - above.y for above in lines[max(0, code_start - 1) : code_start] if above.runs),
        *(below.y - code_line.y for below in lines[listing_end : listing_end + 1] if below.runs),
    ]
    return listing_end if all(step > code_line_step for step in code_steps) else code_start


def _program_end(lines: Sequence[Line], program_start: int, styles: HeadingStyles) -> int:
    """Where a program that begins at a line ends, set in a font that is neither the body's nor a typewriter's."""
    code_font = lines[program_start].runs[0].font if lines[program_start].runs else ""
    if not code_font or code_font == styles.font:
        return program_start
    program_end = program_start
    while program_end < len(lines) and _is_in_code_font(lines[program_end], code_font):
        program_end += 1
    code_signs = sum(_CODE_SIGN.search(line.text) is not None for line in lines[program_start:program_end])
    if program_end - program_start >= _PROGRAM_LINES and 2 * code_signs >= program_end - program_start:
        return program_end
    return program_start


def _is_in_code_font(line: Line, code_font: str) -> bool:
    code_runs = line.runs
    return bool(code_runs) and all(run.font == code_font and not run.bold and run.words for run in code_runs)


def _is_code_line(line: Line, styles: HeadingStyles) -> bool:
    return bool(line.runs) and all(run.mono for run in line.runs) and line.main.size < 1.1 * styles.body


def code_block(lines: Sequence[Line], leading: float) -> str:
    """Lines of code in a fence, each as far from its left as it is drawn. `leading`: sizes from line to line."""
    code_left = min(code_line.x1 for code_line in lines)
    longest_code_run = max((run for code_line in lines for run in code_line.runs), key=lambda run: len(run.text))
    code_letter_width = (longest_code_run.x2 - longest_code_run.x1) / max(1, len(longest_code_run.text)) or 1.0
    code_lines = []
    code_line_above = lines[0]
    for code_line in lines:
        if code_line.y - code_line_above.y > 1.7 * leading * code_line.main.size:
            code_lines.append("")
        code_text = ""
        for run in code_line.runs:
            run_indent = round((run.x1 - code_left) / code_letter_width) - len(code_text)
            code_text = f"{code_text}{' ' * max(1 if code_text else 0, run_indent)}{run.text}"
        code_lines.append(code_text)
        code_line_above = code_line
    return "\n".join(["```", *code_lines, "```"])
