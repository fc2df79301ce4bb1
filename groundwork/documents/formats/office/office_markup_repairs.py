"""Office files mended for anydoc: markup that it does not read, or reads into the text around.

Sources: ECMA-376 part 1, 17.3.3.18 (noBreakHyphen), 17.5.2.32 (sdt of rows), 17.13.5.15 (del).
"""

from __future__ import annotations

import copy
import functools
import posixpath
from collections.abc import Callable, Iterable, Mapping

from groundwork.documents.formats.office.chart_series import simplify_chart
from groundwork.documents.formats.office.checkboxes_and_dropdowns import (
    write_checkboxes_and_dropdowns,
    write_odt_checkboxes,
)
from groundwork.documents.formats.office.office_package import OfficePackage
from groundwork.documents.formats.office.office_xml import Element, child, new_element, remove_elements, tags
from groundwork.documents.formats.office.rows_in_cells import split_rows_of_lines
from groundwork.documents.formats.office.slide_titles import put_title_first
from groundwork.documents.formats.office.smart_art import write_diagrams_as_lists
from groundwork.documents.formats.office.style_numbering import number_styled_paragraphs
from groundwork.documents.formats.office.symbol_fonts import write_slide_symbols, write_symbols
from groundwork.documents.formats.raised_figures import (
    raise_odt_spans,
    raise_slide_runs,
    raise_word_runs,
    raised_word_styles,
)

Repair = Callable[[Element], bool]  # of a parsed part: whether anything was changed


def repair_package(package: OfficePackage, office_format: str) -> None:
    """Write that markup otherwise, in a file of a format of anydoc's."""
    if office_format in ("odt", "ods", "odp"):
        _repair_parts(package, ["content.xml"], _OPEN_DOCUMENT_REPAIRS)
        return
    main_part = package.main_part(office_format)
    part_folder = posixpath.dirname(main_part)
    _repair_parts(package, package.parts_in(posixpath.join(part_folder, "charts")), {("chartSpace",): _repair_chart})
    write_diagrams_as_lists(
        package, package.parts_in(posixpath.join(part_folder, "slides")) if office_format == "pptx" else [main_part]
    )
    if office_format == "pptx":
        for slide_folder, repairs in (("slides", _SLIDE_REPAIRS | _TITLE_REPAIR), ("notesSlides", _SLIDE_REPAIRS)):
            _repair_parts(package, package.parts_in(posixpath.join(part_folder, slide_folder)), repairs)
        return
    styles_part = package.related_part(main_part, "styles", "word/styles.xml")
    raised_styles = raised_word_styles(package.root_with(styles_part, "vertAlign"))
    raise_runs = functools.partial(raise_word_runs, raised_styles=raised_styles)
    repairs = _WORD_REPAIRS | {("vertAlign", *raised_styles): raise_runs}
    _repair_parts(package, [part for part in package.parts_in(part_folder) if part != styles_part], repairs)
    number_styled_paragraphs(package, main_part, styles_part)


def _repair_parts(package: OfficePackage, part_names: Iterable[str], repairs: Mapping[tuple[str, ...], Repair]) -> None:
    """`repairs`: by the names of which a part mentions one, where it has such markup."""
    for repaired_part in part_names:
        for markup_names, repair in repairs.items():
            markup = next(
                (
                    markup
                    for markup_name in markup_names
                    if (markup := package.root_with(repaired_part, markup_name)) is not None
                ),
                None,
            )
            if markup is not None and repair(markup):
                package.mark_edited(repaired_part)


def _repair_ruby(markup: Element) -> bool:
    """Text with a reading above it, as Japanese has, as the text alone."""
    ruby_markup = list(markup.iter(*tags("w", "ruby")))
    for ruby in ruby_markup:
        ruby_base = child(ruby, "w", "rubyBase")
        for ruby_text in [] if ruby_base is None else list(ruby_base.iter(*tags("w", "t"))):
            ruby.addprevious(ruby_text)
        ruby.getparent().remove(ruby)
    return bool(ruby_markup)


def _repair_deleted_rows(markup: Element) -> bool:
    """Rows of tables that a reader deleted while changes were tracked, whose text is passed over anyway."""
    deleted_markup = [row for row in markup.iter(*tags("w", "trPr")) if child(row, "w", "del") is not None]
    for row in (properties.getparent() for properties in deleted_markup):
        row.getparent().remove(row)
    return bool(deleted_markup)


def _repair_annotations(markup: Element) -> bool:
    """Comments, and the readings above a text."""
    remove_elements(markup, [*tags("office", "annotation"), *tags("text", "ruby-text")])
    return True


def _repair_slide_numbers(markup: Element) -> bool:
    """The number of a slide that stands by itself; the one of a sentence stays."""
    slide_number_fields = [field for field in markup.iter(*tags("a", "fld")) if field.get("type") == "slidenum"]
    lone_number_markup = [
        field for field in slide_number_fields if sum(1 for _ in field.getparent().iter(*tags("a", "t"))) == 1
    ]
    for field in lone_number_markup:
        field.getparent().remove(field)
    return bool(lone_number_markup)


def _repair_text_boxes(markup: Element) -> bool:
    """Boxes that stand on a page into paragraphs, in a cell into its text, on a sheet into rows below its table."""
    box_markup = [(box, list(box.iter(*tags("text", "p")))) for box in markup.iter("{*}frame", "{*}custom-shape")]
    for box, box_paragraphs in box_markup:
        if box_paragraphs and box.getparent().tag in tags("office", "text"):
            paragraph = new_element(box_paragraphs[0], "p")
            box.addprevious(paragraph)
            paragraph.append(box)
        elif box.getparent().tag in tags("table", "table-cell"):
            box.getparent().extend(map(copy.deepcopy, box_paragraphs))
    for sheet_shapes in list(markup.iter(*tags("table", "shapes"))):
        text_rows = [_row_of_text(sheet_shapes, paragraph) for paragraph in sheet_shapes.iter(*tags("text", "p"))]
        blank_row = new_element(sheet_shapes, "table-row", [new_element(sheet_shapes, "table-cell")])
        sheet_shapes.getparent().extend([blank_row, *text_rows] if text_rows else [])
    return bool(box_markup)


def _row_of_text(like: Element, paragraph: Element) -> Element:
    text_cell = new_element(like, "table-cell", [copy.deepcopy(paragraph)])
    text_cell.set(tags("office", "value-type")[0], "string")
    return new_element(like, "table-row", [text_cell])


def _repair_chart(markup: Element) -> bool:
    is_chart = markup.tag in tags("c", "chartSpace")
    if is_chart:
        simplify_chart(markup)
    return is_chart


def _repair_hyphens(markup: Element) -> bool:
    hyphen_markup = list(markup.iter(*tags("w", "noBreakHyphen")))
    for hyphen in hyphen_markup:
        hyphen.getparent().replace(hyphen, new_element(hyphen, "t", text="-"))
    return bool(hyphen_markup)


def _repair_wrapped_rows(markup: Element) -> bool:
    """Put the rows of tables that stand in content controls, as rows that repeat do, into the tables themselves."""
    wrapped_markup = [row for row in markup.iter(*tags("w", "tr")) if row.getparent().tag not in tags("w", "tbl")]
    for row in wrapped_markup:
        row_wrapper = row
        while (wrapper_markup := row_wrapper.getparent()) is not None and wrapper_markup.tag not in tags("w", "tbl"):
            row_wrapper = wrapper_markup
        if wrapper_markup is not None:
            row_wrapper.addprevious(row)
    return bool(wrapped_markup)


def _repair_deleted_paragraph_ends(markup: Element) -> bool:
    """Put the text of a paragraph whose end was deleted, or moved away, in front of the paragraph behind it."""
    deletion_marks = markup.iter(*tags("w", "del", "moveFrom"))
    end_markup = [mark.getparent().getparent() for mark in deletion_marks if mark.getparent().tag in tags("w", "rPr")]
    for ended_paragraph in (each.getparent() for each in end_markup if each.tag in tags("w", "pPr")):
        next_paragraph = next(ended_paragraph.itersiblings(*tags("w", "p", "tbl", "sdt")), None)
        if next_paragraph is not None and next_paragraph.tag in tags("w", "p"):
            next_properties = child(next_paragraph, "w", "pPr")
            index = 0 if next_properties is None else next_paragraph.index(next_properties) + 1
            next_paragraph[index:index] = [part for part in ended_paragraph if part.tag not in tags("w", "pPr")]
            ended_paragraph.getparent().remove(ended_paragraph)
    return bool(end_markup)


_OPEN_DOCUMENT_REPAIRS: dict[tuple[str, ...], Repair] = {
    ("annotation", "ruby-text"): _repair_annotations,
    ("fieldmark",): write_odt_checkboxes,
    ("frame", "custom-shape"): _repair_text_boxes,
    ("text-position",): raise_odt_spans,
}
_SLIDE_REPAIRS: dict[tuple[str, ...], Repair] = {
    ("Symbol", "ingdings", "ebdings"): write_slide_symbols,
    ("baseline",): raise_slide_runs,
    ("slidenum",): _repair_slide_numbers,
}
_TITLE_REPAIR: dict[tuple[str, ...], Repair] = {("spTree",): put_title_first}
_WORD_REPAIRS: dict[tuple[str, ...], Repair] = {
    ("ruby",): _repair_ruby,
    ("ffData",): write_checkboxes_and_dropdowns,
    ("delText",): _repair_deleted_rows,
    ("sdtContent", "customXml"): _repair_wrapped_rows,
    ("sym ", "Symbol", "ingdings", "SYMBOL"): write_symbols,
    ("noBreakHyphen",): _repair_hyphens,
    ("del ", "moveFrom "): _repair_deleted_paragraph_ends,
    ("tcPr",): split_rows_of_lines,
}
