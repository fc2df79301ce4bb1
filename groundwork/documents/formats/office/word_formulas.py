"""The formulas of a DOCX that anydoc cannot read as LaTeX, given by their letters."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundwork.documents.formats.office.package_parts import OfficePackage
from groundwork.documents.formats.office.xml_elements import Element, child, new_element, tags, write_xml
from groundwork.errors import BadDocument

if TYPE_CHECKING:
    from anydoc import Block
from groundwork.documents.formats.office.anydoc_markdown import inner_blocks, markdown, parse

_NUMBERED_FORMULA = re.compile(r"(?m)^(\d+):\s*\$")


def unread_formulas(package: OfficePackage, formulas: Sequence[Element]) -> list[Element]:
    """The formulas that anydoc gives nothing for; each is tried in a paragraph of its own."""
    main_part = package.main_part("docx")
    trial = copy.deepcopy(package.root(main_part))
    body = child(trial, "w", "body")
    if body is None:
        return list(formulas)
    for k, formula in enumerate(formulas):
        number = new_element(body, "r", [new_element(body, "t", text=f"{k}:")])
        body.append(new_element(body, "p", [number, copy.deepcopy(formula)]))
    try:
        formulas_text = markdown(parse(package.to_bytes({main_part: write_xml(trial)}), "docx"))
    except BadDocument:
        return list(formulas)
    read_numbers = {int(number) for number in _NUMBERED_FORMULA.findall(formulas_text)}
    return [formula for k, formula in enumerate(formulas) if k not in read_numbers]


def replace_by_letters(package: OfficePackage, formulas: Sequence[Element]) -> None:
    main_part = package.main_part("docx")
    root = package.root(main_part)
    for formula in formulas:
        text = new_element(root, "t", text=_formula_text(formula))
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        formula.getparent().replace(formula, new_element(root, "r", [text]))
    package.mark_edited(main_part)


def find_formulas(package: OfficePackage) -> list[Element]:
    """The formulas of the text, those without any letter left out."""
    root = package.root_with(package.main_part("docx"), "oMath")
    return [] if root is None else list(filter(_formula_text, root.iter(*tags("m", "oMath"))))


def _formula_text(formula: Element) -> str:
    return "".join(text.text or "" for text in formula.iter(*tags("m", "t")))


def count_math(blocks: Sequence[Block]) -> int:
    return sum(_count_math_in(block) for block in blocks)


def _count_math_in(block: Block) -> int:
    if block.kind == "math":
        return _count_formula_rows(block.text or "")
    inner = [*inner_blocks(block), *(b for item in (block.list.items if block.list else []) for b in item.blocks)]
    if block.table:
        inner += [b for row in block.table.grid for slot in row if slot.cell for b in slot.cell.blocks]
    return count_math(inner) + sum(inline.kind == "math" and bool(inline.text) for inline in block.content or [])


def _count_formula_rows(latex: str) -> int:
    """Formulas in one block: a paragraph of several gives one, its rows parted by a double backslash."""
    return 1 + latex.count(r"\\") if latex.strip() else 0
