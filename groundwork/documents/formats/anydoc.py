"""DOCX, PPTX, ODT, ODS, ODP, RTF, EPUB, DOC and PPT by anydoc, which reads them all into one document model.

Its model is written as Markdown by us (anydoc_markdown.py) and not by anydoc, one page a slide. It runs offline; its
hosted OCR is for PDFs and never asked for.
"""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from groundwork.counted_nouns import counted
from groundwork.documents.formats.anydoc_markdown import inner_blocks, markdown
from groundwork.documents.formats.docx_comments import comment_quotes
from groundwork.documents.formats.office_xml_repair import repaired_package, with_style_numbers, zip_package
from groundwork.documents.pictures import kept_pictures
from groundwork.errors import BadDocument

if TYPE_CHECKING:
    from anydoc import Block, Document

FORMATS = {
    ".docx": "docx", ".docm": "docx", ".doc": "doc", ".pptx": "pptx", ".pptm": "pptx", ".ppt": "ppt",
    ".odt": "odt", ".ods": "ods", ".odp": "odp", ".rtf": "rtf", ".epub": "epub",
}  # fmt: skip
_FORMULA = re.compile(rb"<m:oMath[ >].*?</m:oMath>", re.DOTALL)
_BODY = re.compile(rb"(<w:body>).*(</w:body>)", re.DOTALL)
_NUMBERED_FORMULA = re.compile(r"(?m)^(\d+):\s*\$")
_FORMULA_TEXT = re.compile(rb"<m:t(?: [^>]*)?>([^<]*)</m:t>")
_SLIDE_IDS = re.compile(rb"<p:sldId [^>]*/>|<p:sldId [^>]*>.*?</p:sldId>", re.DOTALL)
_RELATION_ID = re.compile(rb'r:id="([^"]+)"')


class AnydocReading(NamedTuple):
    """Markdown by page (slides; one page for all other formats) and what was not kept as it was."""

    pages: list[str]
    warnings: list[str]


def read(source: str, ending: str) -> AnydocReading:
    """The document as Markdown. Raises BadDocument where anydoc cannot read it."""
    content = repaired_package(Path(source).read_bytes(), FORMATS[ending])
    if FORMATS[ending] == "pptx":
        slides = [markdown(parse(slide, "pptx")) for slide in _split_slides(content)]
        return AnydocReading(slides or [""], [])
    quotes: list[str] = []
    if FORMATS[ending] == "docx" and zipfile.is_zipfile(io.BytesIO(content)):
        main_part = _find_main_part(content)
        content, quotes = with_style_numbers(content, main_part), comment_quotes(content, main_part)
    document = parse(content, FORMATS[ending])
    warnings: list[str] = []
    if FORMATS[ending] == "docx" and (formulas := _count_formulas(content)) > _count_math(document.blocks):
        unread = _unread_formulas(content)
        document = parse(_replace_formulas(content, unread), "docx")
        warning = (
            f"{len(unread)} of {counted(formulas, 'formula is', 'formulas are')} given as plain text: "
            "they could not be read as LaTeX"
        )
        warnings = [warning] if unread else []
    return AnydocReading(["\n\n".join(filter(None, [markdown(document), *quotes]))], warnings)


def parse(content: bytes, kind: str) -> Document:
    import anydoc

    try:
        document = anydoc.to_document(content, kind)  # type: ignore[arg-type]  # a key of its formats
    except anydoc.EncryptedError:
        raise BadDocument("it is encrypted; save it without a password") from None
    except anydoc.ConvertError as error:
        raise BadDocument(str(error)) from None
    kept_pictures.note_pictures(document)
    return document


# --- parts of packages ----------------------------------------------------------------------------------------------


def _split_slides(content: bytes) -> Iterator[bytes]:
    """A presentation for each slide: the model does not say where one ends.

    Other slides are left out, and pictures too unless they are kept.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            package = {path: archive.read(path) for path in archive.namelist() if _is_part_read(path)}
    except (zipfile.BadZipFile, OSError) as error:
        raise BadDocument(f"it is damaged ({error})") from None
    deck = package.get("ppt/presentation.xml", b"")
    targets = _relation_targets(package.get("ppt/_rels/presentation.xml.rels", b""))
    slide_folders = ("ppt/slides/", "ppt/notesSlides/", "ppt/media/")
    shared_parts = {path: content for path, content in package.items() if not path.startswith(slide_folders)}
    ids = _SLIDE_IDS.findall(deck)
    if not ids and not deck:
        yield content
    for slide_id in ids:
        relation = _RELATION_ID.search(slide_id)
        slide_path = f"ppt/{targets.get(relation[1].decode(), '')}" if relation else ""
        slide_parts = {path: package[path] for path in _slide_part_paths(package, slide_path) if path in package}
        deck_xml = deck.replace(b"".join(ids), slide_id) if b"".join(ids) in deck else _only_slide(deck, slide_id)
        yield zip_package({**shared_parts, **slide_parts, "ppt/presentation.xml": deck_xml})


def _only_slide(deck: bytes, slide_id: bytes) -> bytes:
    return _SLIDE_IDS.sub(lambda match: match[0] if match[0] == slide_id else b"", deck)


def _relation_targets(relations: bytes) -> dict[str, str]:
    """Relation id: the part it names, relative to ppt/."""
    relation_tags = re.findall(rb"<Relationship\b[^>]*>", relations)
    pairs = [(re.search(rb'\bId="([^"]+)"', tag), re.search(rb'\bTarget="([^"]+)"', tag)) for tag in relation_tags]
    return {key[1].decode(): target[1].decode().removeprefix("/ppt/") for key, target in pairs if key and target}


def _is_part_read(path: str) -> bool:
    return kept_pictures.are_pictures_kept() or not path.startswith("ppt/media/")


def _slide_part_paths(package: dict[str, bytes], slide: str) -> Iterator[str]:
    """The slide's own parts: itself, its notes, its pictures."""
    folder, _, file_name = slide.rpartition("/")
    relations = f"{folder}/_rels/{file_name}.rels"
    yield slide
    yield relations
    for target in _relation_targets(package.get(relations, b"")).values():
        if "notesSlides/" in target:
            note = f"ppt/{target.removeprefix('../')}"
            yield note
            yield note.replace("notesSlides/", "notesSlides/_rels/") + ".rels"
        elif "media/" in target:
            yield f"ppt/{target.removeprefix('../')}"


def _count_formulas(docx: bytes) -> int:
    """How many formulas the text holds, those without any letter left out."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        path = _main_part_name(archive)
        return sum(bool(_formula_text(formula)) for formula in _FORMULA.findall(archive.read(path))) if path else 0


def _unread_formulas(docx: bytes) -> set[int]:
    """Which formulas of the text, counted from 0, anydoc gives nothing for; each is tried in a paragraph of its own."""
    main_part, package = _read_package(docx)
    formulas = _FORMULA.findall(package[main_part])
    paragraphs = [b"<w:p><w:r><w:t>%d:</w:t></w:r>%b</w:p>" % pair for pair in enumerate(formulas)]
    numbered_text = _BODY.sub(lambda body: body[1] + b"".join(paragraphs) + body[2], package[main_part])
    with_letters = {k for k, formula in enumerate(formulas) if _formula_text(formula)}
    try:
        text = markdown(parse(zip_package({**package, main_part: numbered_text}), "docx"))
    except BadDocument:
        return with_letters
    return with_letters - {int(number) for number in _NUMBERED_FORMULA.findall(text)}


def _replace_formulas(docx: bytes, formula_numbers: set[int]) -> bytes:
    """The file with the letters of the formulas `formula_numbers`, counted from 0, in place of them."""
    main_part, package = _read_package(docx)
    counter = itertools.count()
    package[main_part] = _FORMULA.sub(
        lambda match: (
            b'<w:r><w:t xml:space="preserve">' + _formula_text(match[0]) + b"</w:t></w:r>"
            if next(counter) in formula_numbers
            else match[0]
        ),
        package[main_part],
    )
    return zip_package(package)


def _read_package(docx: bytes) -> tuple[str, dict[str, bytes]]:
    """The name of the part that holds the text, and all parts."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return _main_part_name(archive), {part_name: archive.read(part_name) for part_name in archive.namelist()}


def _find_main_part(docx: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return _main_part_name(archive)


def _main_part_name(archive: zipfile.ZipFile) -> str:
    main_parts = [part_name for part_name in archive.namelist() if re.fullmatch(r"word/document\d*\.xml", part_name)]
    return main_parts[0] if main_parts else ""


def _formula_text(formula: bytes) -> bytes:
    return b"".join(_FORMULA_TEXT.findall(formula))


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
