"""Formulas of web pages (MathML) as LaTeX, by anydoc, which reads them in books (EPUB)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from groundwork.documents.formats.office.anydoc_markdown import markdown, parse
from groundwork.documents.formats.office.package_parts import zip_package
from groundwork.errors import BadDocument

_BOOK_CONTAINER = (
    b'<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile'
    b' full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
_BOOK_PACKAGE = (
    b'<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/><manifest><item id="page"'
    b' href="page.xhtml" media-type="application/xhtml+xml"/></manifest>'
    b'<spine><itemref idref="page"/></spine></package>'
)
_BOOK_PAGE = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{}</body></html>'
_NUMBERED_FORMULA = re.compile(r"(?m)^(\d+): (\$[^\n]*\$)$")


def replace_formulas(soup: Any) -> None:
    """Put LaTeX in place of each formula of a parsed page; one that cannot be read gives its letters on one line.

    What pages show in place of a formula, hidden from readers aloud, says it a second time and is left out.
    """
    formulas = soup.find_all("math")
    latex = _read_formulas(formulas)
    for k, formula in enumerate(formulas):
        for place in (formula, formula.parent):
            for copy in place.find_next_siblings(attrs={"aria-hidden": "true"}):
                copy.decompose()
        formula.replace_with(latex.get(k) or "".join(formula.get_text("").split()) or " ")


def _read_formulas(formulas: Sequence[Any]) -> dict[int, str]:
    """The number of a formula, from 0: its LaTeX between dollar signs."""
    if not formulas:
        return {}
    for formula in formulas:
        formula["xmlns"] = "http://www.w3.org/1998/Math/MathML"
        formula.attrs.pop("display", None)  # which would part it from its number
    page = _BOOK_PAGE.format(
        "".join(f"<p>{k}: {formula.decode(formatter='minimal')}</p>" for k, formula in enumerate(formulas))
    )
    package = {"META-INF/container.xml": _BOOK_CONTAINER, "book.opf": _BOOK_PACKAGE, "page.xhtml": page.encode()}
    try:
        text = markdown(parse(zip_package({"mimetype": b"application/epub+zip", **package}), "epub"))
    except BadDocument:
        return {}
    return {int(number): latex for number, latex in _NUMBERED_FORMULA.findall(text)}
