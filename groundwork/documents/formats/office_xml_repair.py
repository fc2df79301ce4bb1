"""The XML of office files, mended for anydoc: markup that it does not read, or reads into the text around it.

The numbers that Word shows before headings and items are written out where a style alone says so: anydoc counts by the
numbering of a paragraph itself; one that comes from its style is read as of the first level.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import NamedTuple

from groundwork.documents.formats.office_charts import simplify_chart
from groundwork.documents.formats.office_package import OfficePackage
from groundwork.documents.formats.office_xml import (
    Element,
    attribute,
    child,
    new_element,
    new_name,
    remove_elements,
    tags,
)
from groundwork.documents.formats.word_forms import write_form_values, write_odt_form_values

_MOST_BASE_STYLES = 10  # styles that one is based on


def repair_package(package: OfficePackage, kind: str) -> None:
    """Write that markup otherwise, in a file of a format of anydoc's."""
    if kind in ("odt", "ods", "odp"):
        _strip_annotations(package, "content.xml")
        _write_forms(package, "content.xml", "fieldmark", write_odt_form_values)
        return
    main_part = package.main_part(kind)
    folder = posixpath.dirname(main_part)
    for part_name in package.parts_in(posixpath.join(folder, "charts")):
        _simplify_chart(package, part_name)
    if kind == "docx":
        for part_name in package.parts_in(folder):
            _strip_ruby(package, part_name)
            _write_forms(package, part_name, "ffData", write_form_values)
            _strip_deleted_rows(package, part_name)
        _number_styled_paragraphs(package, main_part)


def _strip_ruby(package: OfficePackage, part_name: str) -> None:
    """Text with a reading above it, as Japanese has, as the text alone."""
    root = package.root_with(part_name, "ruby")
    for ruby in [] if root is None else list(root.iter(*tags("w", "ruby"))):
        base = child(ruby, "w", "rubyBase")
        for text in [] if base is None else list(base.iter(*tags("w", "t"))):
            ruby.addprevious(text)
        ruby.getparent().remove(ruby)
        package.mark_edited(part_name)


def _write_forms(package: OfficePackage, part_name: str, element_name: str, write: Callable[[Element], bool]) -> None:
    root = package.root_with(part_name, element_name)
    if root is not None and write(root):
        package.mark_edited(part_name)


def _strip_deleted_rows(package: OfficePackage, part_name: str) -> None:
    """Rows of tables that a reader deleted while changes were tracked, whose text is passed over anyway."""
    root = package.root_with(part_name, "delText")
    properties = [] if root is None else list(root.iter(*tags("w", "trPr")))
    for deleted in (row for row in properties if child(row, "w", "del") is not None):
        row = deleted.getparent()
        row.getparent().remove(row)
        package.mark_edited(part_name)


def _strip_annotations(package: OfficePackage, part_name: str) -> None:
    root = package.root_with(part_name, "annotation")
    if root is not None:
        remove_elements(root, tags("office", "annotation"))
        package.mark_edited(part_name)


def _simplify_chart(package: OfficePackage, part_name: str) -> None:
    root = package.root_with(part_name, "chartSpace")
    if root is not None and root.tag in tags("c", "chartSpace"):
        simplify_chart(root)
        package.mark_edited(part_name)


# --- the numbers of styles ------------------------------------------------------------------------------------------


class Numbering(NamedTuple):
    """Which list a paragraph belongs to, and on which level from 0; "" where the style leaves it open."""

    level: str
    list_id: str


def _number_styled_paragraphs(package: OfficePackage, main_part: str) -> None:
    """Put the numbering of styles into the paragraphs themselves, where these have none."""
    numberings = _read_numberings(package.root_with(package.related(main_part, "styles", "word/styles.xml"), "numPr"))
    if not any(numbering.level not in ("", "0") for numbering in numberings.values()):
        return
    root = package.root_with(main_part, "pStyle")
    for style in [] if root is None else list(root.iter(*tags("w", "pStyle"))):
        numbering = numberings.get(_value(style))
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
    numberings: dict[str, Numbering] = {}
    bases: dict[str, str] = {}
    for style in [] if styles is None else styles.iter(*tags("w", "style")):
        if not (style_id := attribute(style, "w", "styleId")):
            continue
        numbering = child(child(style, "w", "pPr"), "w", "numPr")
        numberings[style_id] = Numbering(_value(child(numbering, "w", "ilvl")), _value(child(numbering, "w", "numId")))
        bases[style_id] = _value(child(style, "w", "basedOn"))
    return {style_id: _inherited_numbering(style_id, numberings, bases) for style_id in numberings}


def _value(element: Element | None) -> str:
    return "" if element is None else attribute(element, "w", "val")


def _inherited_numbering(style_id: str, numberings: dict[str, Numbering], bases: dict[str, str]) -> Numbering:
    level = list_id = ""
    for _ in range(_MOST_BASE_STYLES):
        numbering = numberings.get(style_id, Numbering("", ""))
        level, list_id = level or numbering.level, list_id or numbering.list_id
        style_id = bases.get(style_id, "")
    return Numbering(level, "" if list_id == "0" else list_id)
