"""DOCX, PPTX, ODT, ODS, ODP, RTF, EPUB, DOC and PPT by anydoc, which reads them all into one document model.

Its model is written as Markdown by us (anydoc_markdown.py) and not by anydoc, one page a slide. It runs offline; its
hosted OCR is for PDFs and never asked for.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from groundwork.documents.formats.anydoc_markdown import inner_blocks, markdown
from groundwork.documents.formats.book_notes import mark_notes
from groundwork.documents.formats.office_comments import docx_comments, ods_comments, odt_comments, slide_comments
from groundwork.documents.formats.office_package import OfficePackage, open_package, relations_name, zip_package
from groundwork.documents.formats.office_xml import (
    Element,
    attribute,
    child,
    new_element,
    tags,
    write_xml,
)
from groundwork.documents.formats.office_xml_repair import repair_package
from groundwork.documents.pictures import kept_pictures
from groundwork.errors import BadDocument
from groundwork.markdown.footnotes import place_notes
from groundwork.message_wording import counted

if TYPE_CHECKING:
    from anydoc import Block, Document

FORMATS = {
    ".docx": "docx", ".docm": "docx", ".doc": "doc", ".pptx": "pptx", ".pptm": "pptx", ".ppt": "ppt",
    ".odt": "odt", ".ods": "ods", ".odp": "odp", ".rtf": "rtf", ".epub": "epub",
}  # fmt: skip
_OLD_FORMATS = {"doc": "DOCX", "ppt": "PPTX"}
_PACKAGES = ("docx", "pptx", "odt", "ods", "odp", "epub")
_NUMBERED_FORMULA = re.compile(r"(?m)^(\d+):\s*\$")
_SLIDE_FOLDERS = ("ppt/slides/", "ppt/notesSlides/", "ppt/media/")


class AnydocReading(NamedTuple):
    """Markdown by page (slides; one page for all other formats) and what was not kept as it was."""

    pages: list[str]
    warnings: list[str]


def read(source: str, ending: str) -> AnydocReading:
    """The document as Markdown. Raises BadDocument where anydoc cannot read it."""
    content, kind = Path(source).read_bytes(), FORMATS[ending]
    package = open_package(content) if kind in _PACKAGES else None
    if kind == "epub" and package is not None:
        mark_notes(package)
        return AnydocReading([place_notes(markdown(parse(package.to_bytes(), kind)))], [])
    if package is None:
        return AnydocReading([markdown(parse(content, kind))], [])
    comments = ods_comments(package) if kind == "ods" else odt_comments(package) if kind in ("odt", "odp") else []
    repair_package(package, kind)
    if kind == "pptx":
        return _read_slides(package)
    if kind == "docx":
        return _read_docx(package)
    return AnydocReading(
        [_with_comments(markdown(parse(package.to_bytes(), kind), of_sheets=kind == "ods"), comments)], []
    )


def save_old_file_as(new_format: str) -> str:
    """The remedy for a file of a format that is not read: "save it as DOCX, or convert it: ..." (by LibreOffice)."""
    return f"save it as {new_format}, or convert it: soffice --headless --convert-to {new_format.lower()} FILE"


def _with_comments(text: str, comments: list[str]) -> str:
    return "\n\n".join(filter(None, [text, *comments]))


def _read_slides(package: OfficePackage) -> AnydocReading:
    slides, hidden = [], []
    for number, (slide, deck) in enumerate(_split_slides(package), start=1):
        slides.append(_with_comments(markdown(parse(deck, "pptx")), slide_comments(package, slide)))
        root = package.root_with(slide, "show=")
        hidden += [str(number)] * (root is not None and root.get("show") in ("0", "false"))
    warnings = [f"{counted(len(hidden), 'slide is', 'slides are')} hidden, and read all the same: {', '.join(hidden)}"]
    return AnydocReading(slides or [""], warnings if hidden else [])


def _read_docx(package: OfficePackage) -> AnydocReading:
    comments = docx_comments(package)
    package.free_trees()  # of a long document as large as anydoc's model of it, which comes next
    document = parse(package.to_bytes(), "docx")
    formulas = _find_formulas(package)
    unread = _unread_formulas(package, formulas) if len(formulas) > _count_math(document.blocks) else []
    warnings = []
    if unread:
        _replace_by_letters(package, unread)
        document = parse(package.to_bytes(), "docx")
        warnings = [
            f"{len(unread)} of {counted(len(formulas), 'formula is', 'formulas are')} given as plain text: "
            "they could not be read as LaTeX"
        ]
    return AnydocReading([_with_comments(markdown(document), comments)], warnings)


def parse(content: bytes, kind: str) -> Document:
    import anydoc

    try:
        document = anydoc.to_document(content, kind)  # type: ignore[arg-type]  # a key of its formats
    except anydoc.EncryptedError:
        raise BadDocument("it is encrypted; save it without a password") from None
    except anydoc.ConvertError as error:
        if kind in _OLD_FORMATS:
            cause = f"it is damaged, or of an Office before 1997 ({error})"
            raise BadDocument(f"{cause}; {save_old_file_as(_OLD_FORMATS[kind])}") from None
        raise BadDocument(str(error)) from None
    kept_pictures.note_pictures(document)
    return document


# --- slides ---------------------------------------------------------------------------------------------------------


def _split_slides(package: OfficePackage) -> Iterator[tuple[str, bytes]]:
    """The part of each slide, and a presentation with it alone: the model does not say where one ends.

    Other slides are left out, and pictures too unless they are kept.
    """
    deck_part = package.main_part("pptx")
    deck = package.root(deck_part)
    if deck is None:
        yield "", package.to_bytes()
        return
    shared_parts = {name: package.read(name) for name in package.part_names if not name.startswith(_SLIDE_FOLDERS)}
    targets = {relation.id: relation.target for relation in package.relations(deck_part)}
    slide_ids = list(deck.iter(*tags("p", "sldId")))
    slide_lists = [slide_id.getparent() for slide_id in slide_ids]
    for slide_id, slide_list in zip(slide_ids, slide_lists, strict=True):
        slide_list.remove(slide_id)
    for slide_id, slide_list in zip(slide_ids, slide_lists, strict=True):
        slide_list.append(slide_id)
        slide = targets.get(attribute(slide_id, "r", "id"), "")
        names = _slide_part_names(package, slide)
        slide_parts = {name: package.read(name) for name in names if name in package.part_names}
        yield slide, zip_package({**shared_parts, **slide_parts, deck_part: write_xml(deck)})
        slide_list.remove(slide_id)


def _slide_part_names(package: OfficePackage, slide: str) -> Iterator[str]:
    """The slide's own parts: itself, its notes, its pictures."""
    yield slide
    yield relations_name(slide)
    for relation in package.relations(slide):
        if relation.kind == "notesSlide":
            yield relation.target
            yield relations_name(relation.target)
        elif relation.target.startswith("ppt/media/") and kept_pictures.are_pictures_kept():
            yield relation.target


# --- formulas -------------------------------------------------------------------------------------------------------


def _unread_formulas(package: OfficePackage, formulas: Sequence[Element]) -> list[Element]:
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
        text = markdown(parse(package.to_bytes({main_part: write_xml(trial)}), "docx"))
    except BadDocument:
        return list(formulas)
    read_numbers = {int(number) for number in _NUMBERED_FORMULA.findall(text)}
    return [formula for k, formula in enumerate(formulas) if k not in read_numbers]


def _replace_by_letters(package: OfficePackage, formulas: Sequence[Element]) -> None:
    main_part = package.main_part("docx")
    root = package.root(main_part)
    for formula in formulas:
        text = new_element(root, "t", text=_formula_text(formula))
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        formula.getparent().replace(formula, new_element(root, "r", [text]))
    package.mark_edited(main_part)


def _find_formulas(package: OfficePackage) -> list[Element]:
    """The formulas of the text, those without any letter left out."""
    root = package.root_with(package.main_part("docx"), "oMath")
    return [] if root is None else list(filter(_formula_text, root.iter(*tags("m", "oMath"))))


def _formula_text(formula: Element) -> str:
    return "".join(text.text or "" for text in formula.iter(*tags("m", "t")))


def _count_math(blocks: Sequence[Block]) -> int:
    return sum(_count_math_in(block) for block in blocks)


def _count_math_in(block: Block) -> int:
    if block.kind == "math":
        return _count_formula_rows(block.text or "")
    inner = [*inner_blocks(block), *(b for item in (block.list.items if block.list else []) for b in item.blocks)]
    if block.table:
        inner += [b for row in block.table.grid for slot in row if slot.cell for b in slot.cell.blocks]
    return _count_math(inner) + sum(inline.kind == "math" and bool(inline.text) for inline in block.content or [])


def _count_formula_rows(latex: str) -> int:
    """Formulas in one block: a paragraph of several gives one, its rows parted by a double backslash."""
    return 1 + latex.count(r"\\") if latex.strip() else 0


# --- the model as Markdown ------------------------------------------------------------------------------------------
