"""The numbers of headings and items that a style of Word alone gives, written into the paragraphs themselves.

anydoc counts by the numbering of a paragraph; one that comes from its style is read as of the first level.
"""

from __future__ import annotations

from typing import NamedTuple

from groundwork.documents.formats.office.office_package import OfficePackage
from groundwork.documents.formats.office.office_xml import Element, attribute, child, new_element, new_name, tags

_MOST_BASE_STYLES = 10  # styles that one is based on


class Numbering(NamedTuple):
    """Which list a paragraph belongs to, and on which level from 0; "" where the style leaves it open."""

    level: str
    list_id: str


def number_styled_paragraphs(package: OfficePackage, main_part: str, styles_part: str) -> None:
    """Put the numbering of styles into the paragraphs themselves, where these have none."""
    style_numberings = _read_numberings(package.root_with(styles_part, "numPr"))
    if not any(numbering.level not in ("", "0") for numbering in style_numberings.values()):
        return
    document_root = package.root_with(main_part, "pStyle")
    for style in [] if document_root is None else list(document_root.iter(*tags("w", "pStyle"))):
        numbering = style_numberings.get(_numbering_value(style))
        if numbering and numbering.list_id and child(style.getparent(), "w", "numPr") is None:
            style.addnext(_numbering_element(style, numbering))
            package.mark_edited(main_part)


def _numbering_element(like: Element, numbering: Numbering) -> Element:
    level, list_id = new_element(like, "ilvl"), new_element(like, "numId")
    level.set(new_name(like, "val"), numbering.level or "0")
    list_id.set(new_name(like, "val"), numbering.list_id)
    return new_element(like, "numPr", [level, list_id])


def _read_numberings(styles: Element | None) -> dict[str, Numbering]:
    """The numbering of each style by its name, that of the styles which it is based on included."""
    style_numberings: dict[str, Numbering] = {}
    base_styles: dict[str, str] = {}
    for style in [] if styles is None else styles.iter(*tags("w", "style")):
        if not (style_id := attribute(style, "w", "styleId")):
            continue
        numbering = child(child(style, "w", "pPr"), "w", "numPr")
        style_numberings[style_id] = Numbering(
            _numbering_value(child(numbering, "w", "ilvl")), _numbering_value(child(numbering, "w", "numId"))
        )
        base_styles[style_id] = _numbering_value(child(style, "w", "basedOn"))
    return {style_id: _inherited_numbering(style_id, style_numberings, base_styles) for style_id in style_numberings}


def _numbering_value(element: Element | None) -> str:
    return "" if element is None else attribute(element, "w", "val")


def _inherited_numbering(style_id: str, numberings: dict[str, Numbering], base_styles: dict[str, str]) -> Numbering:
    level = list_id = ""
    for _ in range(_MOST_BASE_STYLES):
        numbering = numberings.get(style_id, Numbering("", ""))
        level, list_id = level or numbering.level, list_id or numbering.list_id
        style_id = base_styles.get(style_id, "")
    return Numbering(level, "" if list_id == "0" else list_id)
