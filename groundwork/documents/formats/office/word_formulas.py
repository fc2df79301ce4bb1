"""The formulas of a DOCX that anydoc cannot read as LaTeX, given by their letters."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundwork.documents.formats.office.office_package import OfficePackage
from groundwork.documents.formats.office.office_xml import Element, child, new_element, tags, write_xml
from groundwork.errors import BadDocument

if TYPE_CHECKING:
    from anydoc import Block
from groundwork.documents.formats.office.anydoc_markdown import document_markdown, inner_blocks, parse_with_anydoc

_TRIED_FORMULA = re.compile(r"(?m)^(\d+):\s*\$")


def unread_formulas(package: OfficePackage, formulas: Sequence[Element]) -> list[Element]:
    """The formulas that anydoc gives nothing for; each is tried in a paragraph of its own."""
    word_part = package.main_part("docx")
    trial = copy.deepcopy(package.root(word_part))
    trial_body = child(trial, "w", "body")
    if trial_body is None:
        return list(formulas)
    for k, formula in enumerate(formulas):
        number_run = new_element(trial_body, "r", [new_element(trial_body, "t", text=f"{k}:")])
        trial_body.append(new_element(trial_body, "p", [number_run, copy.deepcopy(formula)]))
    try:
        formulas_text = document_markdown(parse_with_anydoc(package.to_bytes({word_part: write_xml(trial)}), "docx"))
    except BadDocument:
        return list(formulas)
    read_formula_numbers = {int(number_run) for number_run in _TRIED_FORMULA.findall(formulas_text)}
    return [formula for k, formula in enumerate(formulas) if k not in read_formula_numbers]


def replace_formulas_by_letters(package: OfficePackage, formulas: Sequence[Element]) -> None:
    word_part = package.main_part("docx")
    word_root = package.root(word_part)
    for formula in formulas:
        formula_letters = new_element(word_root, "t", text=_formula_text(formula))
        formula_letters.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        formula.getparent().replace(formula, new_element(word_root, "r", [formula_letters]))
    package.mark_edited(word_part)


def find_formulas(package: OfficePackage) -> list[Element]:
    """The formulas of the text, those without any letter left out."""
    word_root = package.root_with(package.main_part("docx"), "oMath")
    return [] if word_root is None else list(filter(_formula_text, word_root.iter(*tags("m", "oMath"))))


def _formula_text(formula: Element) -> str:
    return "".join(text.text or "" for text in formula.iter(*tags("m", "t")))


def count_formulas(blocks: Sequence[Block]) -> int:
    return sum(_count_block_formulas(block) for block in blocks)


def _count_block_formulas(block: Block) -> int:
    if block.kind == "math":
        return _count_formula_rows(block.text or "")
    nested = [
        *inner_blocks(block),
        *(b for item in (block.list.items if block.list else []) for b in item.blocks),
    ]
    if block.table:
        nested += [b for row in block.table.grid for slot in row if slot.cell for b in slot.cell.blocks]
    return count_formulas(nested) + sum(inline.kind == "math" and bool(inline.text) for inline in block.content or [])


def _count_formula_rows(latex: str) -> int:
    """Formulas in one block: a paragraph of several gives one, its rows parted by a double backslash."""
    return 1 + latex.count(r"\\") if latex.strip() else 0
