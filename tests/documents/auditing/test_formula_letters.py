"""Formulas in LaTeX against a text layer that has them bare."""

from __future__ import annotations

from collections import Counter

from groundwork.documents.auditing.formula_letters import FormulaLetters
from groundwork.documents.auditing.page_audit import AuditReference
from groundwork.documents.repair.text_layer_repair import restore_lost_lines

LAYER = "The model of the errors is\nTi = β0 + β1xi + σ0ui\nHC0 : ωi = ˆu2i\nwith diag(ω1, . . . , ωn) as above."
MARKDOWN = (
    "The model of the errors is\n\n$T_{i}=\\beta _{0}+\\beta _{1}x_{i}+\\sigma _{0}u_{i}$\n\n"
    "HC0 : $\\omega _{i}$ = $\\hat{u}_{i}^{2}$\n\nwith diag$(\\omega _{1},\\ldots ,\\omega _{n})$ as above."
)


def test_formulas_in_latex_keep_the_words_of_the_layer():
    """Greek letters, indices and exponents count as kept in whatever order, and no line of them is written again."""
    audit = AuditReference(LAYER).audit(MARKDOWN)
    assert audit.words_kept == 1
    assert audit.lost_numbers == []
    assert restore_lost_lines(MARKDOWN, AuditReference(LAYER)) == MARKDOWN


def test_letters_of_a_formula_stand_for_no_second_word_and_for_no_prose():
    """A formula that is gone is lost though another has its letters, and so is a word that only its letters make."""
    without = MARKDOWN.replace("$T_{i}=\\beta _{0}+\\beta _{1}x_{i}+\\sigma _{0}u_{i}$\n\n", "")
    assert AuditReference(LAYER).audit(without).words_kept < 1
    assert "Ti = β0" in restore_lost_lines(without, AuditReference(LAYER))
    assert FormulaLetters("$s+e+d+i+t$").take(Counter(["tides", "des"])) == Counter(["des"])
