"""Formulas of web pages (MathML) as LaTeX, by anydoc, which reads them in books (EPUB)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from groundwork.documents.formats.office.anydoc_markdown import document_markdown, parse_with_anydoc
from groundwork.documents.formats.office.office_package import zip_package
from groundwork.errors import BadDocument

_FORMULA_BOOK_CONTAINER = (
    b'<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile'
    b' full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
_FORMULA_BOOK_PACKAGE = (
    b'<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/><manifest><item id="page"'
    b' href="page.xhtml" media-type="application/xhtml+xml"/></manifest>'
    b'<spine><itemref idref="page"/></spine></package>'
)
_FORMULA_BOOK_PAGE = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{}</body></html>'
_NUMBERED_LATEX = re.compile(r"(?m)^(\d+): (\$[^\n]*\$)$")


def replace_formulas(html_soup: Any) -> None:
    """Put LaTeX in place of each formula of a parsed page; one that cannot be read gives its letters on one line.

    What pages show in place of a formula, hidden from readers aloud, says it a second time and is left out.
    """
    math_elements = html_soup.find_all("math")
    latex_of_formulas = _read_mathml(math_elements)
    for k, math_element in enumerate(math_elements):
        if math_element.decomposed:  # in the hidden copy of another
            continue
        for element_before in (math_element, math_element.parent):
            for hidden_copy in element_before.find_next_siblings(attrs={"aria-hidden": "true"}):
                hidden_copy.decompose()
        math_element.replace_with(latex_of_formulas.get(k) or "".join(math_element.get_text("").split()) or " ")


def _read_mathml(math_elements: Sequence[Any]) -> dict[int, str]:
    """The number of a formula, from 0: its LaTeX between dollar signs."""
    if not math_elements:
        return {}
    for math_element in math_elements:
        math_element["xmlns"] = "http://www.w3.org/1998/Math/MathML"
        math_element.attrs.pop("display", None)  # which would part it from its number
    math_paragraphs = [
        f"<p>{math_index}: {math_element.decode(formatter='minimal')}</p>"
        for math_index, math_element in enumerate(math_elements)
    ]
    formula_book = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": _FORMULA_BOOK_CONTAINER,
        "book.opf": _FORMULA_BOOK_PACKAGE,
        "page.xhtml": _FORMULA_BOOK_PAGE.format("".join(math_paragraphs)).encode(),
    }
    try:
        formula_text = document_markdown(parse_with_anydoc(zip_package(formula_book), "epub"))
    except BadDocument:
        return {}
    return {int(formula_number): latex for formula_number, latex in _NUMBERED_LATEX.findall(formula_text)}
