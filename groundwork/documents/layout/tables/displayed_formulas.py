"""Formulas displayed below each other, whose signs and numbers stand apart as the cells of a table do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundwork.documents.layout.tables.borderless_rows_and_columns import SpacedLine
from groundwork.documents.layout.text_lines import is_number

_EQUATION_NUMBER = re.compile(r"[(\[](?:[A-Z]\.?)?\d{1,3}(?:\.\d{1,3})?[a-z]?[)\]]")
_RELATION = re.compile(
    r"[=≤≥≡≈≃≅∼∝∈⊂⊆→←⇒⇔≪≫<>]|:=|\\(?:leq|geq|equiv|approx|sim|propto|in|subset|to|neq|(?:left|right|Right)arrow)\b"
)
_FORMULA_SHARE = 0.5  # of the rows, which are formulas
_NUMBER_SHARE = 0.3  # of the texts of formulas, which are plain figures at the most


def are_formulas(body: Sequence[SpacedLine]) -> bool:
    """Whether rows are formulas: one ends with its number, or half of them have a sign of relation alone in a cell."""
    texts = [[text.text for text in row.texts] for row in body]
    formulas = [row for row in texts if _RELATION.search(" ".join(row))]
    if len(formulas) < _FORMULA_SHARE * len(texts):
        return False
    has_number = any(_EQUATION_NUMBER.fullmatch(row[-1]) for row in formulas)
    lone_signs = sum(any(_RELATION.fullmatch(text) for text in row) for row in texts)
    figures = sum(is_number(text) and not _EQUATION_NUMBER.fullmatch(text) for row in texts for text in row)
    has_figures = figures > _NUMBER_SHARE * sum(map(len, texts))
    return (has_number or 2 * lone_signs >= len(texts)) and not has_figures
