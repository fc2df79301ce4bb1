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

from groundwork.documents.engines.docx_comments import comments
from groundwork.documents.engines.office_xml_repair import readable, with_style_numbers, zipped
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
_READ_FORMULA = re.compile(r"(?m)^(\d+):\s*\$")
_RUN_OF_TEXT = re.compile(rb"<m:t(?: [^>]*)?>([^<]*)</m:t>")
_SLIDE_IDS = re.compile(rb"<p:sldId [^>]*/>|<p:sldId [^>]*>.*?</p:sldId>", re.DOTALL)
_RELATION = re.compile(rb'r:id="([^"]+)"')
_STARTS_BLOCK = re.compile(r"(?=[#>|]|```|~~~)")  # a paragraph of the document that Markdown would take for a block


class AnydocReading(NamedTuple):
    """Markdown by page (slides; one page for all other formats) and what was not kept as it was."""

    pages: list[str]
    warnings: list[str]


def read(source: str, ending: str) -> AnydocReading:
    """The document as Markdown. Raises BadDocument where anydoc cannot read it."""
    content = readable(Path(source).read_bytes(), FORMATS[ending])
    if FORMATS[ending] == "pptx":
        slides = [markdown(_parse(slide, "pptx")) for slide in _slides(content)]
        return AnydocReading(slides or [""], [])
    aside: list[str] = []
    if FORMATS[ending] == "docx" and zipfile.is_zipfile(io.BytesIO(content)):
        main = _main_part_of(content)
        content, aside = with_style_numbers(content, main), comments(content, main)
    document = _parse(content, FORMATS[ending])
    told: list[str] = []
    if FORMATS[ending] == "docx" and (formulas := _formulas(content)) > _count_math(document.blocks):
        plain = _unread_formulas(content)
        document = _parse(_with_plain_formulas(content, plain), "docx")
        given = f"{len(plain)} of {formulas} formulas are given as plain text: they could not be read as LaTeX"
        told = [given] if plain else []
    return AnydocReading(["\n\n".join(filter(None, [markdown(document), *aside]))], told)


def _parse(content: bytes, kind: str) -> Document:
    import anydoc

    try:
        document = anydoc.to_document(content, kind)  # type: ignore[arg-type]  # a key of its formats
    except anydoc.EncryptedError:
        raise BadDocument("it is encrypted; save it without a password") from None
    except anydoc.ConvertError as error:
        raise BadDocument(str(error)) from None
    office_pictures.note(document)
    return document


# --- parts of packages ----------------------------------------------------------------------------------------------


def _slides(content: bytes) -> Iterator[bytes]:
    """A presentation for each slide: the model does not say where one ends.

    Other slides are left out, and pictures too unless they are kept.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist() if _is_shown(name)}
    except (zipfile.BadZipFile, OSError) as error:
        raise BadDocument(f"it is damaged ({error})") from None
    main = parts.get("ppt/presentation.xml", b"")
    targets = _targets(parts.get("ppt/_rels/presentation.xml.rels", b""))
    of_slides = ("ppt/slides/", "ppt/notesSlides/", "ppt/media/")
    shared = {name: part for name, part in parts.items() if not name.startswith(of_slides)}
    ids = _SLIDE_IDS.findall(main)
    if not ids and not main:
        yield content
    for one in ids:
        relation = _RELATION.search(one)
        name = f"ppt/{targets.get(relation[1].decode(), '')}" if relation else ""
        own = {part: parts[part] for part in _of_slide(parts, name) if part in parts}
        listed = main.replace(b"".join(ids), one) if b"".join(ids) in main else _only(main, one)
        yield zipped({**shared, **own, "ppt/presentation.xml": listed})


def _only(main: bytes, one: bytes) -> bytes:
    return _SLIDE_IDS.sub(lambda match: match[0] if match[0] == one else b"", main)


def _targets(relations: bytes) -> dict[str, str]:
    """Relation id: the part it names, relative to ppt/."""
    found = re.findall(rb"<Relationship\b[^>]*>", relations)
    pairs = [(re.search(rb'\bId="([^"]+)"', tag), re.search(rb'\bTarget="([^"]+)"', tag)) for tag in found]
    return {a[1].decode(): b[1].decode().removeprefix("/ppt/") for a, b in pairs if a and b}


def _is_shown(part: str) -> bool:
    return office_pictures.are_kept() or not part.startswith("ppt/media/")


def _of_slide(parts: dict[str, bytes], slide: str) -> Iterator[str]:
    """The slide's own parts: itself, its notes, its pictures."""
    folder, _, name = slide.rpartition("/")
    relations = f"{folder}/_rels/{name}.rels"
    yield slide
    yield relations
    for target in _targets(parts.get(relations, b"")).values():
        if "notesSlides/" in target:
            note = f"ppt/{target.removeprefix('../')}"
            yield note
            yield note.replace("notesSlides/", "notesSlides/_rels/") + ".rels"
        elif "media/" in target:
            yield f"ppt/{target.removeprefix('../')}"


def _formulas(docx: bytes) -> int:
    """How many formulas the text holds, those without any letter left out."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        name = _main_part(archive)
        return sum(bool(_text_of(found)) for found in _FORMULA.findall(archive.read(name))) if name else 0


def _unread_formulas(docx: bytes) -> set[int]:
    """Which formulas of the text, counted from 0, anydoc gives nothing for; each is tried in a paragraph of its own."""
    name, parts = _with_main_part(docx)
    formulas = _FORMULA.findall(parts[name])
    paragraphs = [b"<w:p><w:r><w:t>%d:</w:t></w:r>%b</w:p>" % pair for pair in enumerate(formulas)]
    tried = _BODY.sub(lambda body: body[1] + b"".join(paragraphs) + body[2], parts[name])
    asked = {k for k, formula in enumerate(formulas) if _text_of(formula)}
    try:
        text = markdown(_parse(zipped({**parts, name: tried}), "docx"))
    except BadDocument:
        return asked
    return asked - {int(number) for number in _READ_FORMULA.findall(text)}


def _with_plain_formulas(docx: bytes, which: set[int]) -> bytes:
    """The file with the letters of the formulas `which`, counted from 0, in place of them."""
    name, parts = _with_main_part(docx)
    numbers = itertools.count()
    parts[name] = _FORMULA.sub(
        lambda match: (
            b'<w:r><w:t xml:space="preserve">' + _text_of(match[0]) + b"</w:t></w:r>"
            if next(numbers) in which
            else match[0]
        ),
        parts[name],
    )
    return zipped(parts)


def _with_main_part(docx: bytes) -> tuple[str, dict[str, bytes]]:
    """The name of the part that holds the text, and all parts."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return _main_part(archive), {name: archive.read(name) for name in archive.namelist()}


def _main_part_of(docx: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return _main_part(archive)


def _main_part(archive: zipfile.ZipFile) -> str:
    names = [name for name in archive.namelist() if re.fullmatch(r"word/document\d*\.xml", name)]
    return names[0] if names else ""


def _text_of(formula: bytes) -> bytes:
    return b"".join(_RUN_OF_TEXT.findall(formula))


def _count_math(blocks: Sequence[Block]) -> int:
    return sum(_math_in(block) for block in blocks)


def _math_in(block: Block) -> int:
    if block.kind == "math":
        return _separate(block.text or "")
    inside = [*_inner(block), *(b for item in (block.list.items if block.list else []) for b in item.blocks)]
    if block.table:
        inside += [b for row in block.table.grid for slot in row if slot.cell for b in slot.cell.blocks]
    return _count_math(inside) + sum(inline.kind == "math" and bool(inline.text) for inline in block.content or [])


def _separate(latex: str) -> int:
    """Formulas in one block: a paragraph of several gives one, its rows parted by a double backslash."""
    return 1 + latex.count(r"\\") if latex.strip() else 0


# --- the model as Markdown ------------------------------------------------------------------------------------------


def markdown(document: Document) -> str:
    """The blocks of a document, its notes below them."""
    parts = [text for block in document.blocks if (text := _block(block))]
    parts += [f"[^{note.id}]: {_flat(note.blocks)}" for note in document.notes]
    return "\n\n".join(parts)


def _block(block: Block) -> str:
    match block.kind:
        case "heading":
            title = _inline(block.content or [], bold=False).replace("\n", " ").strip()
            return f"{'#' * min(block.level or 1, 6)} {title}" if title else ""
        case "list":
            return _list(block)
        case "table":
            return _table(block.table) if block.table else ""
        case "block_quote":
            inner = "\n\n".join(filter(None, map(_block, _inner(block))))
            return "\n".join(f"> {line}".rstrip() for line in inner.split("\n")) if inner else ""
        case "code_block":
            return _fence(block.text or "", block.lang or "")
        case "math":
            return f"$$\n{_latex(block.text or '')}\n$$"
        case "rule":
            return "---"
    text = _inline(block.content or []).strip()
    return f"\\{text}" if text and _STARTS_BLOCK.match(text) else text


def _inner(block: Block) -> Sequence[Block]:
    blocks: Any = block.blocks  # whose type in the stubs is hidden by the attribute `list`
    return blocks or []


def _latex(formula: str) -> str:
    """Without the environment for several rows where there is one."""
    inner = formula.strip().removeprefix(r"\begin{gathered}").removesuffix(r"\end{gathered}").strip()
    return formula.strip() if r"\\" in inner else inner


def _fence(code: str, language: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{code.rstrip()}\n{marks}"


def _list(block: Block) -> str:
    """The items with their own marks; what is below an item's first block stands under its text."""
    if block.list is None:
        return ""
    items = []
    for mark, item in _marked(block.list):
        inner = [(one.kind, text) for one in item.blocks if (text := _block(one))]
        body = "".join(("\n" if kind == "list" else "\n\n") + text for kind, text in inner).lstrip("\n")
        if body:
            items.append(f"{mark} " + re.sub(r"\n(?=[^\n])", f"\n{' ' * (len(mark) + 1)}", body))
    return "\n".join(items)


def _marked(listed: List) -> Iterator[tuple[str, ListItem]]:
    for k, item in enumerate(listed.items):
        told = (item.marker_label or "").replace("?", "")  # of RTF, the sign for one that it cannot write
        sign = told and not any(map(str.isalnum, told))
        yield "-" if sign else told or _mark(listed.marker, listed.start + k), item


def _mark(marker: str, n: int) -> str:
    """The mark of the n-th item, letters and roman numbers with a bracket, as Markdown knows no others."""
    if marker == "bullet":
        return "-"
    if marker == "decimal":
        return f"{n}."
    letters = _roman(n) if marker.endswith("roman") else chr(ord("a") + (n - 1) % 26)
    return f"{letters.upper() if marker.startswith('upper') else letters})"


def _roman(n: int) -> str:
    pairs = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    out = ""
    for value, letters in pairs:
        while n >= value:
            out, n = out + letters, n - value
    return out


def _table(table: Table) -> str:
    """A table with its merged cells filled; scaffolding, and a table of one column, as the blocks it holds."""
    from groundwork.documents.engines.spreadsheets import table_to_markdown

    width = max((len(row) for row in table.grid), default=0)
    if width * len(table.grid) > _MOST_CELLS:
        raise BadDocument(f"a table in it has {width * len(table.grid):,} cells, more than {_MOST_CELLS:,}")
    if table.kind == "layout" or width < 2:
        cells = [slot.cell for row in table.grid for slot in row if slot.cell]
        return "\n\n".join(text for cell in cells for block in cell.blocks if (text := _block(block)))
    texts = [[_flat(slot.cell.blocks) if slot.cell else "" for slot in row] for row in table.grid]
    for i, row in enumerate(table.grid):
        for j, slot in enumerate(row):
            if slot.kind == "covered":
                texts[i][j] = texts[slot.origin_row or 0][slot.origin_col or 0]
    return table_to_markdown(texts)


def _flat(blocks: Sequence[Block]) -> str:
    """Blocks on one line, as a cell of a table can hold them; items keep their numbers."""
    parts: list[str] = []
    for block in blocks:
        if block.table:
            parts += [_flat(slot.cell.blocks) for row in block.table.grid for slot in row if slot.cell]
        elif block.list:
            items = [f"{'' if mark == '-' else mark} {_flat(item.blocks)}" for mark, item in _marked(block.list)]
            parts.append("; ".join(item.strip() for item in items))
        elif inner := _inner(block):
            parts.append(_flat(inner))
        elif block.kind == "math":
            parts.append(f"${block.text}$")
        else:
            parts.append(block.text or _inline(block.content or []))
    return " ".join(" ".join(parts).split())


def _inline(content: Sequence[Inline], *, bold: bool = True) -> str:
    """Runs of text with their emphasis, neighbours of one style together."""
    return "".join(_styled(_joined(group), style, bold) for style, group in groupby(content, key=_style))


def _joined(inlines: Iterable[Inline]) -> str:
    """Runs side by side; two formulas, and a picture's words and other text, have a space between them."""
    out, before = "", ""
    for inline in inlines:
        text = _plain(inline)
        apart = {before, inline.kind} == {"math"} or "image" in (before, inline.kind)
        touching = out and text and not out[-1].isspace() and (text[0].isalnum() or text[0] == "$")
        out += f" {text}" if apart and touching else text
        before = inline.kind if text else before
    return out


def _style(inline: Inline) -> tuple[bool, bool, bool, bool]:
    style = inline.style
    return (style.bold, style.italic, style.strike, style.code) if style else (False, False, False, False)


def _styled(text: str, style: tuple[bool, bool, bool, bool], bold: bool) -> str:
    is_bold, is_italic, is_struck, is_code = style
    inner = text.strip()
    if not inner or "\n" in inner:
        return text
    before, behind = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    if is_code and "`" not in inner:
        return f"{before}`{inner}`{behind}"
    marks = "~~" * is_struck + "**" * (is_bold and bold) + "*" * is_italic
    return f"{before}{marks}{inner}{marks[::-1]}{behind}"


def _plain(inline: Inline) -> str:
    match inline.kind:
        case "text":
            return inline.text or ""
        case "link":
            return _link(inline)
        case "image":
            return office_pictures.picture(inline)
        case "line_break":
            return "\n"
        case "math":
            return f"${inline.text}$" if inline.text else ""
        case "checkbox":
            return "☒ " if inline.checked else "☐ "
        case "note_ref":
            return f"[^{inline.note_id}]"
    return ""


def _link(inline: Inline) -> str:
    """A link into the web, or the text of any other."""
    text = _inline(inline.content or []).replace("\n", " ")
    address = inline.target.value if inline.target else ""
    if not text.strip() or not address.startswith(_WEB) or set(address) & set(" \n<>()") or text.strip() == address:
        return text or address
    return f"[{text}]({address})"
