"""Sentences that go on behind a figure or a table: its rows, its labels and its caption stand outside of the text.

A page is set so that figures stand at the head or the foot of a column, wherever the sentence beside them has got to.
So do displayed formulas, in whose fractions the numerators and the denominators stand on lines of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from groundwork.documents.layout.text_runs_and_lines import Box, Line, Run, item_label
from groundwork.documents.repair.page_joining import begins_mid_sentence, ends_mid_sentence
from groundwork.language.words import LONG_WORD

_FLOAT_TYPE_SIZE = 0.95  # of the body's size, which captions and notes have at the most
_FLOAT_CAPTION = re.compile(r"[^\W\d_]{3,}\.? (?:[A-Z]?\d[\d.-]*|[IVX]+)\b")
# a caption, whatever it ends in
_TITLED_FLOAT_CAPTION = re.compile(r"[^\W\d_]{3,}\.? (?:[A-Z]?\d[\d.-]*|[IVX]+)[.:] ?[A-Z]")
_LEAST_CAPTION_WORDS = 3  # of a caption or note; a formula in small letters has fewer
_LEAST_LETTERS_BEHIND_FLOAT = 40  # letters of what goes on behind a float


_FORMULA_SIGN = re.compile(r"[=≤≥≈≡∈∉∑∏∫√±×·^∂∇∀∃→∝∼⊂⊆∪∩\u0370-\u03ff$]| [<>] ")  # a sign or letter of formulas
_INLINE_FORMULA = re.compile(r"\$[^$]*\$")
_NO_FORMULA_START = re.compile(r"#|\||```|[-*+>] |\\?\[")  # a heading, table, fence or item
_NUMERAL_BUT_FORMULA = re.compile(r"[IVXLC]+|[A-Z]")  # of an outline
_FORMULA_PIECE_LETTERS = 25  # letters of a piece of a formula at the most
_FORMULA_LETTERS = 200  # letters of a formula at the most
_FLOAT_FIGURE_CAPTION = re.compile(r"(?:Fig|FIG|Abb|Rys|Obr|Рис|Chart|Graph|Scheme|图|図)[^\W\d_]*\.? ?[A-Z]?[\dIVX]")
_FLOAT_LABEL_WORDS = 4  # of a figure's label at the most


class PageBlock(NamedTuple):
    """A paragraph, heading, list, table or fence of a page, the number of the part in which it stands, and whether it
    is a float, which no sentence runs through; `is_full`: no further word had its place on its last line."""

    text: str
    is_float: bool = False
    part: int = 0
    is_full: bool = True


def is_float(paragraph: str, paragraph_size: float, body_size: float) -> bool:
    """Whether a paragraph, given with the size of its largest line, is a caption or a note of a table."""
    if _TITLED_FLOAT_CAPTION.match(paragraph) or (_FLOAT_CAPTION.match(paragraph) and not ends_mid_sentence(paragraph)):
        return True
    return (
        paragraph_size < _FLOAT_TYPE_SIZE * body_size
        and "=" not in paragraph
        and len(LONG_WORD.findall(paragraph)) >= _LEAST_CAPTION_WORDS
    )


def is_formula(paragraph: str) -> bool:
    """Whether hardly a word stands beside the letters and signs of a paragraph."""
    if len(paragraph) > _FORMULA_LETTERS or _NO_FORMULA_START.match(paragraph):
        return False
    return bool(_FORMULA_SIGN.search(paragraph)) and len(LONG_WORD.findall(_INLINE_FORMULA.sub(" ", paragraph))) < 2


def join_sentences_around_floats(blocks: Sequence[PageBlock], join: Callable[[str, str], str]) -> list[PageBlock]:
    """The blocks of a page with each sentence that goes on behind floats before them, and around formulas with these.

    What goes on from the page before comes first, and what goes on overleaf last.
    """
    blocks_around_floats: list[PageBlock] = []
    for floating_block in _join_around_formulas(blocks, join):
        last_text_block = _last_block_but_floats(blocks_around_floats)
        behind_floats = last_text_block < len(blocks_around_floats) - 1 and _is_sentence_but_float(floating_block)
        if behind_floats and begins_mid_sentence(floating_block.text):
            _join_before_floats(blocks_around_floats, floating_block, last_text_block, join)
        else:
            blocks_around_floats.append(floating_block)
    last_text_block = _last_block_but_floats(blocks_around_floats)
    is_before_floats = 0 <= last_text_block < len(blocks_around_floats) - 1
    if is_before_floats and _goes_on_behind_floats(blocks_around_floats[last_text_block]):
        part_of_floats = blocks_around_floats[-1].part
        blocks_around_floats.append(blocks_around_floats.pop(last_text_block)._replace(part=part_of_floats))
    return blocks_around_floats


def _join_before_floats(
    blocks_around_floats: list[PageBlock],
    floating_block: PageBlock,
    last_text_block: int,
    join: Callable[[str, str], str],
) -> None:
    """Add a block that goes on with a sentence to the caption right above it, or to the last text before the floats."""
    float_above, text_before_floats = blocks_around_floats[-1], blocks_around_floats[last_text_block]
    if _TITLED_FLOAT_CAPTION.match(float_above.text) and ends_mid_sentence(float_above.text):
        blocks_around_floats[-1] = float_above._replace(text=join(float_above.text, floating_block.text))
    elif last_text_block < 0:
        blocks_around_floats.insert(0, floating_block._replace(part=blocks_around_floats[0].part))
    elif ends_mid_sentence(text_before_floats.text):
        blocks_around_floats[last_text_block] = text_before_floats._replace(
            text=join(text_before_floats.text, floating_block.text), is_full=floating_block.is_full
        )
    else:
        blocks_around_floats.append(floating_block)


def _goes_on_behind_floats(block_before_floats: PageBlock) -> bool:
    """Whether the text of a page ends in a sentence that fills its last line; a title of lines does neither."""
    return block_before_floats.is_full and ends_mid_sentence(block_before_floats.text)


def _join_around_formulas(blocks: Sequence[PageBlock], join: Callable[[str, str], str]) -> list[PageBlock]:
    """The blocks with the pieces of a formula as one, and a sentence that goes on below a formula as one with it."""
    blocks_around_formulas: list[PageBlock] = []
    for block in blocks:
        formula_above = blocks_around_formulas[-1] if blocks_around_formulas else None
        if formula_above and _are_formula_pieces(formula_above, block):
            blocks_around_formulas[-1] = formula_above._replace(text=f"{formula_above.text} {block.text}")
            continue
        is_below_formula = formula_above is not None and _is_displayed_formula(formula_above)
        text_and_formula = blocks_around_formulas[-2 if is_below_formula else -1 :]
        if (
            len(text_and_formula) == 1 + is_below_formula
            and _sentence_goes_on_below_formula(text_and_formula[0], block)
            and (is_below_formula or _parts_only_by_formula(text_and_formula[0], block))
        ):
            text_with_formula = " ".join(piece.text for piece in text_and_formula)
            whole_sentence = text_and_formula[0]._replace(text=join(text_with_formula, block.text))
            blocks_around_formulas[-len(text_and_formula) :] = [whole_sentence]
        else:
            blocks_around_formulas.append(block)
    return blocks_around_formulas


def _sentence_goes_on_below_formula(above: PageBlock, block: PageBlock) -> bool:
    if above.is_float or _is_displayed_formula(above) or not _is_sentence_but_float(block) or above.part != block.part:
        return False
    return ends_mid_sentence(above.text) and begins_mid_sentence(block.text) and not item_label(block.text)


def _parts_only_by_formula(above: PageBlock, below: PageBlock) -> bool:
    """Whether nothing but a line's end parts two blocks, or a formula, at which lines are short."""
    return above.is_full or bool(
        _FORMULA_SIGN.search(above.text[-_LEAST_LETTERS_BEHIND_FLOAT:] + below.text[:_LEAST_LETTERS_BEHIND_FLOAT])
    )


def _is_sentence_but_float(block: PageBlock) -> bool:
    return not block.is_float and (len(block.text) > _LEAST_LETTERS_BEHIND_FLOAT or block.text.endswith("."))


def _are_formula_pieces(above: PageBlock, below: PageBlock) -> bool:
    """Whether two blocks are labels of one figure, or one of two formulas is a piece of the other, such as the limits
    below a sum."""
    if above.is_float != below.is_float or above.part != below.part or item_label(below.text):
        return False
    if is_formula(above.text) and is_formula(below.text):
        return min(len(above.text), len(below.text)) <= _FORMULA_PIECE_LETTERS
    return _is_float_label_text(above.text) and _is_float_label_text(below.text)


def _is_float_label_text(paragraph: str) -> bool:
    """Whether a paragraph is labels, such as those of a figure's nodes or of an axis."""
    return not (
        LONG_WORD.search(paragraph) or _NO_FORMULA_START.match(paragraph) or _NUMERAL_BUT_FORMULA.fullmatch(paragraph)
    )


def _is_displayed_formula(block: PageBlock) -> bool:
    return not block.is_float and (is_formula(block.text) or _is_float_label_text(block.text))


def _last_block_but_floats(blocks: Sequence[PageBlock]) -> int:
    """The place of the last block that is no float; -1 where all are."""
    return max((i for i, block in enumerate(blocks) if not block.is_float), default=-1)


def with_float_labels(lines: Sequence[Line], body_size: float, body_font: str) -> list[Line]:
    """Lines of which those above a figure's caption that are no text are its labels: short, and in another size or font
    than the body's. Rows above a table's caption are rows."""
    lines_above_float: list[Line] = []
    for float_line in lines:
        if float_line.runs and _FLOAT_FIGURE_CAPTION.match(float_line.text):
            first_label = len(lines_above_float)
            while first_label and _is_float_label(lines_above_float[first_label - 1], body_size, body_font):
                first_label -= 1
            if first_label < len(lines_above_float):
                float_labels = " ".join(label.text for label in lines_above_float[first_label:])
                lines_above_float[first_label:] = [Line(lines_above_float[first_label].y, [], labels=float_labels)]
        lines_above_float.append(float_line)
    return lines_above_float


def _is_float_label(float_line: Line, body_size: float, body_font: str) -> bool:
    if not float_line.runs:
        return False
    if not LONG_WORD.search(float_line.text):
        return True
    has_other_type = (
        float_line.main.font != body_font or abs(float_line.main.size - body_size) > (1 - _FLOAT_TYPE_SIZE) * body_size
    )
    return has_other_type and all(len(run.text.split()) <= _FLOAT_LABEL_WORDS for run in float_line.runs)


_FORMULA_RELATION_AT_END = re.compile(r"(?:^|\s)(?:[=≤≥≡≈≃≅∼∝<>]|:=)$")
_MOST_FRACTION_RISE = 1.6  # sizes from the middle of a line to that of a numerator or a denominator
_LEAST_FRACTION_RISE = 0.45  # and the least, since less is a raised sign
_FRACTION_CENTRE_SPREAD = 3.0  # by which the middles of a numerator and its denominator lie apart at the most
_MOST_FRACTION_GAP = 3.0  # sizes from the relation sign to the fraction
_MOST_FRACTION_WIDTH = 12  # sizes of a fraction, which a line of text is wider than


def with_fractions(runs: Sequence[Run]) -> list[Run]:
    """The runs of a page, with each fraction behind a relation sign that has nothing else behind it as a run of its
    line."""
    formula_runs = list(runs)
    for formula_relation in runs:
        if _FORMULA_RELATION_AT_END.search(formula_relation.text) and (
            numerator_and_denominator := _fraction(formula_relation, formula_runs)
        ):
            formula_runs = [run for run in formula_runs if run not in numerator_and_denominator]
            formula_runs.append(_fraction_run(formula_relation, *numerator_and_denominator))
    return formula_runs


def _fraction(formula_relation: Run, formula_runs: Sequence[Run]) -> tuple[Run, Run] | None:
    """The numerator and the denominator right behind a relation sign; None where a text stands between them."""
    fraction_reach = formula_relation.x2 + (_MOST_FRACTION_GAP + _MOST_FRACTION_WIDTH) * formula_relation.size
    formula_rises = [
        (_rise_above_relation(run, formula_relation), run)
        for run in formula_runs
        if formula_relation.x2 - 1 < run.x1 and run.x2 < fraction_reach
    ]
    numerators = [run for rise, run in formula_rises if _LEAST_FRACTION_RISE < rise < _MOST_FRACTION_RISE]
    denominators = [run for rise, run in formula_rises if _LEAST_FRACTION_RISE < -rise < _MOST_FRACTION_RISE]
    if not numerators or not denominators:
        return None
    numerator, denominator = (min(part, key=lambda run: run.x1) for part in (numerators, denominators))
    formula_line = [run for rise, run in formula_rises if abs(rise) <= _LEAST_FRACTION_RISE]
    is_fraction = _is_fraction(formula_relation, numerator, denominator, formula_line)
    return (numerator, denominator) if is_fraction else None


def _is_fraction(formula_relation: Run, numerator: Run, denominator: Run, formula_line: Sequence[Run]) -> bool:
    """Whether two runs stand one above the other near a relation sign, with no text of its line between them."""
    fraction_left, fraction_right = min(numerator.x1, denominator.x1), max(numerator.x2, denominator.x2)
    is_fraction_near = fraction_left - formula_relation.x2 <= _MOST_FRACTION_GAP * formula_relation.size
    is_centred = abs((numerator.x1 + numerator.x2) - (denominator.x1 + denominator.x2)) / 2 < _FRACTION_CENTRE_SPREAD
    is_fraction_free = not any(run.x1 < fraction_right and run.x2 > fraction_left for run in formula_line)
    return is_fraction_near and is_centred and is_fraction_free


def _rise_above_relation(run: Run, formula_relation: Run) -> float:
    """How many sizes of a line a run stands over its middle."""
    return ((formula_relation.y1 + formula_relation.y2) - (run.y1 + run.y2)) / 2 / formula_relation.size


def _fraction_run(formula_relation: Run, numerator: Run, denominator: Run) -> Run:
    formula = f"$\\frac{{{numerator.text.strip('$')}}}{{{denominator.text.strip('$')}}}$"
    x1, x2 = min(numerator.x1, denominator.x1), max(numerator.x2, denominator.x2)
    return formula_relation._replace(
        x1=x1, x2=x2, text=formula, words=(Box(x1, formula_relation.y1, x2, formula_relation.y2, formula),)
    )
