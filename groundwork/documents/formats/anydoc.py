"""DOCX, PPTX, ODT, ODS, ODP, RTF, EPUB, DOC and PPT by anydoc, which reads them all into one document model.

Its model is written as Markdown here and not by anydoc: pictures as their alternative text (with an address of ours
where they are kept) and nothing that could be fetched, merged cells filled, one page a slide. It runs offline; its
hosted OCR is for PDFs and never asked for.
"""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from groundwork.counted_nouns import counted
from groundwork.documents.formats.docx_comments import comment_quotes
from groundwork.documents.formats.office_xml_repair import repaired_package, with_style_numbers, zip_package
from groundwork.documents.pictures import office_pictures
from groundwork.errors import BadDocument

if TYPE_CHECKING:
    from anydoc import Block, Document, Inline, List, ListItem, Table

FORMATS = {
    ".docx": "docx", ".docm": "docx", ".doc": "doc", ".pptx": "pptx", ".pptm": "pptx", ".ppt": "ppt",
    ".odt": "odt", ".ods": "ods", ".odp": "odp", ".rtf": "rtf", ".epub": "epub",
}  # fmt: skip
_MOST_CELLS = 2_000_000  # of a table; the model holds one object for each
_WEB = ("http://", "https://", "mailto:")
_FORMULA = re.compile(rb"<m:oMath[ >].*?</m:oMath>", re.DOTALL)
_BODY = re.compile(rb"(<w:body>).*(</w:body>)", re.DOTALL)
_NUMBERED_FORMULA = re.compile(r"(?m)^(\d+):\s*\$")
_FORMULA_TEXT = re.compile(rb"<m:t(?: [^>]*)?>([^<]*)</m:t>")
_SLIDE_IDS = re.compile(rb"<p:sldId [^>]*/>|<p:sldId [^>]*>.*?</p:sldId>", re.DOTALL)
_RELATION_ID = re.compile(rb'r:id="([^"]+)"')
_STARTS_BLOCK = re.compile(r"(?=[#>|]|```|~~~)")  # a paragraph of the document that Markdown would take for a block


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
    office_pictures.note_pictures(document)
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
    return office_pictures.are_pictures_kept() or not path.startswith("ppt/media/")


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
    inner = [*_inner_blocks(block), *(b for item in (block.list.items if block.list else []) for b in item.blocks)]
    if block.table:
        inner += [b for row in block.table.grid for slot in row if slot.cell for b in slot.cell.blocks]
    return _count_math(inner) + sum(inline.kind == "math" and bool(inline.text) for inline in block.content or [])


def _count_formula_rows(latex: str) -> int:
    """Formulas in one block: a paragraph of several gives one, its rows parted by a double backslash."""
    return 1 + latex.count(r"\\") if latex.strip() else 0


# --- the model as Markdown ------------------------------------------------------------------------------------------


def markdown(document: Document) -> str:
    """The blocks of a document, its notes below them."""
    sections = [text for block in document.blocks if (text := _block_markdown(block))]
    sections += [f"[^{note.id}]: {_one_line(note.blocks)}" for note in document.notes]
    return "\n\n".join(sections)


def _block_markdown(block: Block) -> str:
    match block.kind:
        case "heading":
            title = _inline_markdown(block.content or [], bold=False).replace("\n", " ").strip()
            return f"{'#' * min(block.level or 1, 6)} {title}" if title else ""
        case "list":
            return _list_markdown(block)
        case "table":
            return _table_markdown(block.table) if block.table else ""
        case "block_quote":
            inner = "\n\n".join(filter(None, map(_block_markdown, _inner_blocks(block))))
            return "\n".join(f"> {line}".rstrip() for line in inner.split("\n")) if inner else ""
        case "code_block":
            return _fenced_code(block.text or "", block.lang or "")
        case "math":
            return f"$$\n{_strip_gathered(block.text or '')}\n$$"
        case "rule":
            return "---"
    text = _inline_markdown(block.content or []).strip()
    return f"\\{text}" if text and _STARTS_BLOCK.match(text) else text


def _inner_blocks(block: Block) -> Sequence[Block]:
    blocks: Any = block.blocks  # whose type in the stubs is hidden by the attribute `list`
    return blocks or []


def _strip_gathered(formula: str) -> str:
    """Without the environment for several rows where there is one."""
    inner = formula.strip().removeprefix(r"\begin{gathered}").removesuffix(r"\end{gathered}").strip()
    return formula.strip() if r"\\" in inner else inner


def _fenced_code(code: str, language: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{code.rstrip()}\n{marks}"


def _list_markdown(list_block: Block) -> str:
    """The items with their own marks; what is below an item's first block stands under its text."""
    if list_block.list is None:
        return ""
    item_texts = []
    for mark, item in _list_items(list_block.list):
        block_texts = [(block.kind, text) for block in item.blocks if (text := _block_markdown(block))]
        body = "".join(("\n" if kind == "list" else "\n\n") + text for kind, text in block_texts).lstrip("\n")
        if body:
            item_texts.append(f"{mark} " + re.sub(r"\n(?=[^\n])", f"\n{' ' * (len(mark) + 1)}", body))
    return "\n".join(item_texts)


def _list_items(item_list: List) -> Iterator[tuple[str, ListItem]]:
    for k, item in enumerate(item_list.items):
        label = (item.marker_label or "").replace("?", "")  # of RTF, the sign for one that it cannot write
        is_sign = label and not any(map(str.isalnum, label))
        yield "-" if is_sign else label or _list_mark(item_list.marker, item_list.start + k), item


def _list_mark(marker: str, n: int) -> str:
    """The mark of the n-th item, letters and roman numbers with a bracket, as Markdown knows no others."""
    if marker == "bullet":
        return "-"
    if marker == "decimal":
        return f"{n}."
    letters = _roman_numeral(n) if marker.endswith("roman") else chr(ord("a") + (n - 1) % 26)
    return f"{letters.upper() if marker.startswith('upper') else letters})"


def _roman_numeral(n: int) -> str:
    numerals = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    roman = ""
    for value, letters in numerals:
        while n >= value:
            roman, n = roman + letters, n - value
    return roman


def _table_markdown(table: Table) -> str:
    """A table with its merged cells filled; scaffolding, and a table of one column, as the blocks it holds."""
    from groundwork.documents.formats.spreadsheets import table_to_markdown

    width = max((len(row) for row in table.grid), default=0)
    if width * len(table.grid) > _MOST_CELLS:
        raise BadDocument(f"a table in it has {counted(width * len(table.grid), 'cell')}, more than {_MOST_CELLS:,}")
    if table.kind == "layout" or width < 2:
        cells = [slot.cell for row in table.grid for slot in row if slot.cell]
        return "\n\n".join(text for cell in cells for block in cell.blocks if (text := _block_markdown(block)))
    texts = [[_one_line(slot.cell.blocks) if slot.cell else "" for slot in row] for row in table.grid]
    for i, row in enumerate(table.grid):
        for j, slot in enumerate(row):
            if slot.kind == "covered":
                texts[i][j] = texts[slot.origin_row or 0][slot.origin_col or 0]
    return table_to_markdown(texts)


def _one_line(blocks: Sequence[Block]) -> str:
    """Blocks on one line, as a cell of a table can hold them; items keep their numbers."""
    texts: list[str] = []
    for block in blocks:
        if block.table:
            texts += [_one_line(slot.cell.blocks) for row in block.table.grid for slot in row if slot.cell]
        elif block.list:
            items = [
                f"{'' if mark == '-' else mark} {_one_line(item.blocks)}" for mark, item in _list_items(block.list)
            ]
            texts.append("; ".join(item.strip() for item in items))
        elif inner := _inner_blocks(block):
            texts.append(_one_line(inner))
        elif block.kind == "math":
            texts.append(f"${block.text}$")
        else:
            texts.append(block.text or _inline_markdown(block.content or []))
    return " ".join(" ".join(texts).split())


def _inline_markdown(content: Sequence[Inline], *, bold: bool = True) -> str:
    """Runs of text with their emphasis, neighbours of one style together."""
    return "".join(_apply_style(_join_inlines(group), style, bold) for style, group in groupby(content, key=_style_of))


def _join_inlines(inlines: Iterable[Inline]) -> str:
    """Runs side by side; two formulas, and a picture's words and other text, have a space between them."""
    joined, previous_kind = "", ""
    for inline in inlines:
        text = _inline_text(inline)
        needs_space = {previous_kind, inline.kind} == {"math"} or "image" in (previous_kind, inline.kind)
        is_touching = joined and text and not joined[-1].isspace() and (text[0].isalnum() or text[0] == "$")
        joined += f" {text}" if needs_space and is_touching else text
        previous_kind = inline.kind if text else previous_kind
    return joined


def _style_of(inline: Inline) -> tuple[bool, bool, bool, bool]:
    style = inline.style
    return (style.bold, style.italic, style.strike, style.code) if style else (False, False, False, False)


def _apply_style(text: str, style: tuple[bool, bool, bool, bool], bold: bool) -> str:
    is_bold, is_italic, is_struck, is_code = style
    inner = text.strip()
    if not inner or "\n" in inner:
        return text
    before, behind = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    if is_code and "`" not in inner:
        return f"{before}`{inner}`{behind}"
    marks = "~~" * is_struck + "**" * (is_bold and bold) + "*" * is_italic
    return f"{before}{marks}{inner}{marks[::-1]}{behind}"


def _inline_text(inline: Inline) -> str:
    match inline.kind:
        case "text":
            return inline.text or ""
        case "link":
            return _link_markdown(inline)
        case "image":
            return office_pictures.picture_markdown(inline)
        case "line_break":
            return "\n"
        case "math":
            return f"${inline.text}$" if inline.text else ""
        case "checkbox":
            return "☒ " if inline.checked else "☐ "
        case "note_ref":
            return f"[^{inline.note_id}]"
    return ""


def _link_markdown(inline: Inline) -> str:
    """A link into the web, or the text of any other."""
    text = _inline_markdown(inline.content or []).replace("\n", " ")
    address = inline.target.value if inline.target else ""
    if not text.strip() or not address.startswith(_WEB) or set(address) & set(" \n<>()") or text.strip() == address:
        return text or address
    return f"[{text}]({address})"
