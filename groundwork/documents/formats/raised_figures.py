"""Raised figures of office files, books and web pages as ², where they would be read as the next digit of a number.

A run of letters that is raised, as in 1st, stays as it is. Sources: ECMA-376 part 1, 17.3.2.42 (vertAlign), 18.4.14
(of workbooks) and 21.1.2.3.9 (baseline); OpenDocument 1.3, 20.396 (style:text-position).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from groundwork.documents.formats.office.office_xml import Element, attribute, child, tags

_RAISED_SIGNS = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_RAISED_FIGURES = re.compile(r"\s*+(?:[+−-]|[+−-]?[0-9]++(?:[.,;–-]\s?[0-9]++)*+[+−-]?)\s*+")
_RTF_FIGURES = re.compile(rb"(\\super(?![a-z0-9])(?:\\[a-z]++-?[0-9]*+)*+ ?)([0-9+-]{1,9})(?=[\\}])")
_RAISED_DIGIT_OR_SIGN = re.compile(r"[0-9]|(?<![0-9])[+−-]|[+−-](?=\s*+$)")


def raise_figures(text: str) -> str:
    """Figures and their signs as superscripts, a range's dash as it is; a text that holds letters as it is."""
    if not _RAISED_FIGURES.fullmatch(text):
        return text
    return _RAISED_DIGIT_OR_SIGN.sub(lambda match: match[0].translate(_RAISED_SIGNS), text)


def raise_word_runs(root: Element, raised_styles: Collection[str]) -> bool:
    """Of a part of a DOCX; `raised_styles`: those of characters that are raised. Whether there were any."""
    raised_runs = [mark.getparent().getparent() for mark in root.iter(*tags("w", "vertAlign")) if _is_raised_mark(mark)]
    run_styles = [s for s in root.iter(*tags("w", "rStyle")) if attribute(s, "w", "val") in raised_styles]
    raised_runs += [s.getparent().getparent() for s in run_styles if child(s.getparent(), "w", "vertAlign") is None]
    return _raise_figures_in(text for run in raised_runs for text in run.iterchildren(*tags("w", "t")))


def raised_word_styles(styles: Element | None) -> set[str]:
    """The styles of characters in a DOCX that raise their text."""
    raised_marks = () if styles is None else styles.iter(*tags("w", "vertAlign"))
    raising_styles = (mark.getparent().getparent() for mark in raised_marks if _is_raised_mark(mark))
    return {attribute(s, "w", "styleId") for s in raising_styles if attribute(s, "w", "type") == "character"}


def raise_slide_runs(root: Element) -> bool:
    raised_runs = [run.getparent() for run in root.iter(*tags("a", "rPr")) if run.get("baseline", "-")[:1] not in "-0"]
    return _raise_figures_in(text for run in raised_runs for text in run.iterchildren(*tags("a", "t")))


def raise_odt_spans(root: Element) -> bool:
    """Of OpenDocument text, by the styles of its own part."""
    text_properties = root.iter(*tags("style", "text-properties"))
    raising_styles = [s for s in text_properties if _is_raised_position(attribute(s, "style", "text-position"))]
    raised_style_names = {attribute(s.getparent(), "style", "name") for s in raising_styles} - {""}
    spans = root.iter(*tags("text", "span")) if raised_style_names else ()
    return _raise_figures_in(span for span in spans if attribute(span, "text", "style-name") in raised_style_names)


def raised_workbook_texts(shared_strings: Element) -> dict[int, str]:
    """The texts of a workbook's cells that hold raised figures, by their number from 0."""
    raised_texts: dict[int, str] = {}
    for raised_string_number, shared_string in enumerate(shared_strings.iterchildren(*tags("x", "si"))):
        raised_runs = [
            raised_mark.getparent().getparent()
            for raised_mark in shared_string.iter(*tags("x", "vertAlign"))
            if _is_raised_mark(raised_mark)
        ]
        if _raise_figures_in(text for run in raised_runs for text in run.iterchildren(*tags("x", "t"))):
            shown_texts = shared_string.iter(*tags("x", "t"))
            raised_texts[raised_string_number] = "".join(
                text.text or "" for text in shown_texts if text.getparent().tag not in tags("x", "rPh")
            )
    return raised_texts


def raise_rtf(rtf: bytes) -> bytes:
    """RTF with its raised figures as superscripts, each as the number of its letter."""
    return _RTF_FIGURES.sub(
        lambda match: match[1] + b"".join(b"{\\uc1\\u%d?}" % ord(sign) for sign in raise_figures(match[2].decode())),
        rtf,
    )


def raise_html(soup: Any) -> None:
    """Of a parsed page."""
    for element in soup("sup"):
        for text in element.find_all(string=True):
            if (raised_figures := raise_figures(text)) != text:
                text.replace_with(raised_figures)


def raise_book_page(root: Element) -> bool:
    return _raise_figures_in(element for element in root.iter("{*}sup") for element in element.iter("{*}*"))


def _raise_figures_in(elements: Iterable[Element]) -> bool:
    """Whether any of their texts changed."""
    is_any_raised = False
    for element in elements:
        if element.text and (raised_figures := raise_figures(element.text)) != element.text:
            element.text, is_any_raised = raised_figures, True
    return is_any_raised


def _is_raised_mark(raised_mark: Element) -> bool:
    return "superscript" in (attribute(raised_mark, "w", "val"), raised_mark.get("val"))


def _is_raised_position(position: str) -> bool:
    """Of "super 58%", or a share of the line's height: "33% 58%"."""
    return position.startswith("super") or (position[:1].isdigit() and not position.startswith("0%"))
