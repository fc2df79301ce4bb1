"""The document model of anydoc as Markdown, written by us and not by anydoc.

Pictures become their alternative text, with an address of ours where they are kept, and nothing that could be
fetched; merged cells are filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from groundwork.documents.pictures.kept_pictures import picture_digest, picture_words
from groundwork.errors import BadDocument
from groundwork.markdown.figures_and_picture_links import CAPTION_LENGTH
from groundwork.markdown.footnotes import place_footnotes
from groundwork.message_wording import counted

if TYPE_CHECKING:
    from anydoc import Block, Document, Inline, List, ListItem, Table


_PICTURE_SCHEME = "picture:"
_MOST_TABLE_CELLS = 2_000_000  # of a table; the model holds one object for each
_WEB_SCHEMES = ("http://", "https://", "mailto:")
_BLOCK_START = re.compile(r"(?=[#>|]|```|~~~)")  # a paragraph of the document that Markdown would take for a block


def document_markdown(document: Document, *, of_sheets: bool = False) -> str:
    """The blocks of a document, its notes below them. `of_sheets`: its tables are the sheets of a workbook."""
    block_texts = (
        _sheet_markdown(block.table) if of_sheets and block.table else _block_markdown(block)
        for block in document.blocks
    )
    markdown_sections = [markdown_text for markdown_text in block_texts if markdown_text]
    markdown_sections += [f"[^{note.id}]: {_blocks_on_one_line(note.blocks)}" for note in document.notes]
    markdown_text = "\n\n".join(markdown_sections)
    return place_footnotes(markdown_text) if document.notes else markdown_text


def _block_markdown(block: Block) -> str:
    match block.kind:
        case "heading":
            heading_title = _inline_markdown(block.content or [], bold=False).replace("\n", " ").strip()
            return f"{'#' * min(block.level or 1, 6)} {heading_title}" if heading_title else ""
        case "list":
            return _list_markdown(block)
        case "table":
            return _table_markdown(block.table) if block.table else ""
        case "block_quote":
            quoted_blocks = "\n\n".join(filter(None, map(_block_markdown, inner_blocks(block))))
            return (
                "\n".join(f"> {quoted_line}".rstrip() for quoted_line in quoted_blocks.split("\n"))
                if quoted_blocks
                else ""
            )
        case "code_block":
            return _fenced_code(block.text or "", block.lang or "")
        case "math":
            return f"$$\n{_strip_gathered(block.text or '')}\n$$"
        case "rule":
            return "---"
    paragraph_text = _inline_markdown(block.content or []).strip()
    return f"\\{paragraph_text}" if paragraph_text and _BLOCK_START.match(paragraph_text) else paragraph_text


def inner_blocks(block: Block) -> Sequence[Block]:
    blocks: Any = block.blocks  # whose type in the stubs is hidden by the attribute `list`
    return blocks or []


def _strip_gathered(formula: str) -> str:
    """Without the environment for several rows where there is one."""
    inner = formula.strip().removeprefix(r"\begin{gathered}").removesuffix(r"\end{gathered}").strip()
    return formula.strip() if r"\\" in inner else inner


def _fenced_code(code: str, language: str) -> str:
    longest_backticks = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence_marks = "`" * max(3, longest_backticks + 1)
    return f"{fence_marks}{language}\n{code.rstrip()}\n{fence_marks}"


def _list_markdown(list_block: Block) -> str:
    """The items with their own marks; what is below an item's first block stands under its text."""
    if list_block.list is None:
        return ""
    item_texts = []
    for item_mark, item in _list_items(list_block.list):
        block_texts = [(block.kind, block_text) for block in item.blocks if (block_text := _block_markdown(block))]
        item_body = "".join(
            ("\n" if kind == "list" else "\n\n") + block_text for kind, block_text in block_texts
        ).lstrip("\n")
        if item_body:
            item_texts.append(f"{item_mark} " + re.sub(r"\n(?=[^\n])", f"\n{' ' * (len(item_mark) + 1)}", item_body))
    return "\n".join(item_texts)


def _list_items(item_list: List) -> Iterator[tuple[str, ListItem]]:
    for item_index, item in enumerate(item_list.items):
        marker_label = (item.marker_label or "").replace("?", "")  # of RTF, the sign for one that it cannot write
        is_sign = marker_label and not any(map(str.isalnum, marker_label))
        yield "-" if is_sign else marker_label or _item_mark(item_list.marker, item_list.start + item_index), item


def _item_mark(marker: str, n: int) -> str:
    """The mark of the n-th item, letters and roman numbers with a bracket, as Markdown knows no others."""
    if marker == "bullet":
        return "-"
    if marker == "decimal":
        return f"{n}."
    marker_letters = _roman_numeral(n) if marker.endswith("roman") else chr(ord("a") + (n - 1) % 26)
    return f"{marker_letters.upper() if marker.startswith('upper') else marker_letters})"


def _roman_numeral(n: int) -> str:
    numerals = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    roman = ""
    for value, letters in numerals:
        while n >= value:
            roman, n = roman + letters, n - value
    return roman


def _table_markdown(table: Table) -> str:
    """A table with its merged cells filled; scaffolding, and a table of one column, as the blocks it holds."""
    from groundwork.documents.pipe_tables import table_to_markdown

    if table.kind == "layout" or _grid_width(table) < 2:
        layout_cells = [slot.cell for row in table.grid for slot in row if slot.cell]
        return "\n\n".join(
            block_text for cell in layout_cells for block in cell.blocks if (block_text := _block_markdown(block))
        )
    cell_texts = _cell_texts(table)
    _fill_merged(table, cell_texts)
    return table_to_markdown(cell_texts)


def _sheet_markdown(table: Table) -> str:
    from groundwork.documents.formats.spreadsheets.sheet_titles_and_remarks import (
        numbered_rows,
        sheet_to_markdown,
        single_cells,
    )

    cell_texts = _cell_texts(table)
    lone_texts = single_cells(numbered_rows(cell_texts))
    _fill_merged(table, cell_texts)
    return sheet_to_markdown(numbered_rows(cell_texts), lone_texts)


def _cell_texts(anydoc_table: Table) -> list[list[str]]:
    """Raises BadDocument for a table of too many cells."""
    if (cell_count := _grid_width(anydoc_table) * len(anydoc_table.grid)) > _MOST_TABLE_CELLS:
        raise BadDocument(f"a table in it has {counted(cell_count, 'cell')}, more than {_MOST_TABLE_CELLS:,}")
    return [[_blocks_on_one_line(slot.cell.blocks) if slot.cell else "" for slot in row] for row in anydoc_table.grid]


def _fill_merged(table: Table, cell_texts: list[list[str]]) -> None:
    for i, row in enumerate(table.grid):
        for j, slot in enumerate(row):
            if slot.kind == "covered":
                cell_texts[i][j] = cell_texts[slot.origin_row or 0][slot.origin_col or 0]


def _grid_width(table: Table) -> int:
    return max((len(row) for row in table.grid), default=0)


def _blocks_on_one_line(blocks: Sequence[Block]) -> str:
    """Blocks on one line, as a cell of a table can hold them; items keep their numbers."""
    block_texts: list[str] = []
    for block in blocks:
        if block.table:
            block_texts += [
                _blocks_on_one_line(slot.cell.blocks) for row in block.table.grid for slot in row if slot.cell
            ]
        elif block.list:
            item_texts = [
                f"{'' if mark == '-' else mark} {_blocks_on_one_line(item.blocks)}"
                for mark, item in _list_items(block.list)
            ]
            block_texts.append("; ".join(item.strip() for item in item_texts))
        elif nested_blocks := inner_blocks(block):
            block_texts.append(_blocks_on_one_line(nested_blocks))
        elif block.kind == "math":
            block_texts.append(f"${block.text}$")
        else:
            block_texts.append(block.text or _inline_markdown(block.content or []))
    return " ".join(" ".join(block_texts).split())


def _inline_markdown(content: Sequence[Inline], *, bold: bool = True) -> str:
    """Runs of text with their emphasis, neighbours of one style together."""
    return "".join(
        _style_inline(_join_inlines(styled_inlines), style, bold)
        for style, styled_inlines in groupby(content, key=_inline_style)
    )


def _join_inlines(inlines: Iterable[Inline]) -> str:
    """Runs side by side; two formulas, and a picture's words and other text, have a space between them."""
    joined, previous_kind = "", ""
    for inline in inlines:
        inline_text = _inline_text(inline)
        needs_space = {previous_kind, inline.kind} == {"math"} or "image" in (previous_kind, inline.kind)
        is_touching = (
            joined and inline_text and not joined[-1].isspace() and (inline_text[0].isalnum() or inline_text[0] == "$")
        )
        joined += f" {inline_text}" if needs_space and is_touching else inline_text
        previous_kind = inline.kind if inline_text else previous_kind
    return joined


def _inline_style(inline: Inline) -> tuple[bool, bool, bool, bool]:
    style = inline.style
    return (style.bold, style.italic, style.strike, style.code) if style else (False, False, False, False)


def _style_inline(inline_text: str, style: tuple[bool, bool, bool, bool], bold: bool) -> str:
    is_bold, is_italic, is_struck, is_code = style
    styled_text = inline_text.strip()
    if not styled_text or "\n" in styled_text:
        return inline_text
    blanks_before, blanks_behind = (
        inline_text[: len(inline_text) - len(inline_text.lstrip())],
        inline_text[len(inline_text.rstrip()) :],
    )
    if is_code and "`" not in styled_text:
        return f"{blanks_before}`{styled_text}`{blanks_behind}"
    emphasis_marks = "~~" * is_struck + "**" * (is_bold and bold) + "*" * is_italic
    return f"{blanks_before}{emphasis_marks}{styled_text}{emphasis_marks[::-1]}{blanks_behind}"


def _inline_text(inline: Inline) -> str:
    match inline.kind:
        case "text":
            return inline.text or ""
        case "link":
            return _link_markdown(inline)
        case "image":
            return _picture_markdown(inline)
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
    link_text = _inline_markdown(inline.content or []).replace("\n", " ")
    link_address = inline.target.value if inline.target else ""
    if (
        not link_text.strip()
        or not link_address.startswith(_WEB_SCHEMES)
        or set(link_address) & set(" \n<>()")
        or link_text.strip() == link_address
    ):
        return link_text or link_address
    return f"[{link_text}]({link_address})"


_OLD_OFFICE_FORMATS = {"doc": "DOCX", "ppt": "PPTX"}


@dataclass
class Pictures:
    """Bytes by address; `at` is the address of each picture of the document (or slide) at hand, by its number there."""

    by_address: dict[str, bytes] = field(default_factory=dict)
    at: dict[int, str] = field(default_factory=dict)


_CURRENT_PICTURES: ContextVar[Pictures | None] = ContextVar("pictures", default=None)  # None: they are not kept


@contextmanager
def collect_pictures(pictures: Pictures) -> Iterator[None]:
    """While this holds, what is read has its pictures put into `pictures`."""
    token = _CURRENT_PICTURES.set(pictures)
    try:
        yield
    finally:
        _CURRENT_PICTURES.reset(token)


def are_pictures_kept() -> bool:
    return _CURRENT_PICTURES.get() is not None


def _note_pictures(document: Document) -> None:
    """Keep the bytes of a document's pictures, if pictures are kept."""
    if (pictures := _CURRENT_PICTURES.get()) is None:
        return
    pictures.at = {}
    for picture_asset in document.assets:
        picture_bytes = bytes(picture_asset.data)
        pictures.at[picture_asset.id] = picture_address = f"{_PICTURE_SCHEME}{picture_digest(picture_bytes)[:16]}"
        pictures.by_address[picture_address] = picture_bytes


def _picture_markdown(inline: Inline) -> str:
    """A picture in a text: its alternative text, and its address where it is kept."""
    picture_alt = picture_words(inline.alt or "")
    pictures, source = _CURRENT_PICTURES.get(), inline.source
    picture_address = (
        pictures.at.get(source.asset_id, "") if pictures and source and source.asset_id is not None else ""
    )
    if not picture_address:
        return picture_alt
    picture_label = picture_alt.translate(str.maketrans("[]", "()"))
    return (
        f"![{picture_label}]({picture_address})"
        if len(picture_label) <= CAPTION_LENGTH
        else f"{picture_alt} ![]({picture_address})"
    )


def save_old_file_as(new_format: str) -> str:
    """The remedy for a file of a format that is not read: "save it as DOCX, or convert it: ..." (by LibreOffice)."""
    return f"save it as {new_format}, or convert it: soffice --headless --convert-to {new_format.lower()} FILE"


def parse_with_anydoc(office_bytes: bytes, office_format: str) -> Document:
    import anydoc

    try:
        document = anydoc.to_document(office_bytes, office_format)  # type: ignore[arg-type]  # a key of its formats
    except anydoc.EncryptedError:
        raise BadDocument("it is encrypted; save it without a password") from None
    except anydoc.ConvertError as error:
        if office_format in _OLD_OFFICE_FORMATS:
            cause = f"it is damaged, or of an Office before 1997 ({error})"
            raise BadDocument(f"{cause}; {save_old_file_as(_OLD_OFFICE_FORMATS[office_format])}") from None
        raise BadDocument(str(error)) from None
    _note_pictures(document)
    return document
