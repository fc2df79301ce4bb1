"""The document model of anydoc as Markdown, written by us and not by anydoc.

Pictures become their alternative text, with an address of ours where they are kept, and nothing that could be
fetched; merged cells are filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from groundwork.documents.pictures.kept_pictures import picture_words, pictures_to_keep
from groundwork.errors import BadDocument
from groundwork.markdown.figures import CAPTION_LENGTH
from groundwork.markdown.footnotes import place_footnotes
from groundwork.message_wording import counted

if TYPE_CHECKING:
    from anydoc import Block, Document, Inline, List, ListItem, Table


_MOST_ANYDOC_CELLS = 2_000_000  # of a table; the model holds one object for each
_LONGEST_FORM_LABEL = 200  # characters
_ANYDOC_LINK_SCHEMES = ("http://", "https://", "mailto:")
_ANYDOC_BLOCK_START = re.compile(r"(?=[#>|]|```|~~~)")  # of a paragraph that Markdown would take for a block


def document_markdown(document: Document, *, of_sheets: bool = False) -> str:
    """The blocks of a document, its notes below them. `of_sheets`: its tables are the sheets of a workbook."""
    block_texts = (
        _sheet_markdown(anydoc_block.table)
        if of_sheets and anydoc_block.table
        else _anydoc_block_markdown(anydoc_block)
        for anydoc_block in document.blocks
    )
    markdown_sections = [markdown_text for markdown_text in block_texts if markdown_text]
    markdown_sections += [f"[^{note.id}]: {_anydoc_blocks_on_one_line(note.blocks)}" for note in document.notes]
    markdown_text = "\n\n".join(markdown_sections)
    return place_footnotes(markdown_text) if document.notes else markdown_text


def _anydoc_block_markdown(anydoc_block: Block) -> str:
    match anydoc_block.kind:
        case "heading":
            heading_title = _anydoc_inline_markdown(anydoc_block.content or [], bold=False).replace("\n", " ").strip()
            return f"{'#' * min(anydoc_block.level or 1, 6)} {heading_title}" if heading_title else ""
        case "list":
            return _anydoc_list_markdown(anydoc_block)
        case "table":
            return _anydoc_table_markdown(anydoc_block.table) if anydoc_block.table else ""
        case "block_quote":
            quoted = "\n\n".join(filter(None, map(_anydoc_block_markdown, inner_blocks(anydoc_block))))
            return "\n".join(f"> {line}".rstrip() for line in quoted.split("\n")) if quoted else ""
        case "code_block":
            return _anydoc_code(anydoc_block.text or "", anydoc_block.lang or "")
        case "math":
            return f"$$\n{_strip_gathered(anydoc_block.text or '')}\n$$"
        case "rule":
            return "---"
    paragraph_text = _anydoc_inline_markdown(anydoc_block.content or []).strip()
    return f"\\{paragraph_text}" if paragraph_text and _ANYDOC_BLOCK_START.match(paragraph_text) else paragraph_text


def inner_blocks(anydoc_block: Block) -> Sequence[Block]:
    anydoc_blocks: Any = anydoc_block.blocks  # whose type in the stubs is hidden by the attribute `list`
    return anydoc_blocks or []


def _strip_gathered(formula: str) -> str:
    """Without the environment for several rows where there is one."""
    inner = formula.strip().removeprefix(r"\begin{gathered}").removesuffix(r"\end{gathered}").strip()
    return formula.strip() if r"\\" in inner else inner


def _anydoc_code(code: str, language: str) -> str:
    longest_backticks = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence_marks = "`" * max(3, longest_backticks + 1)
    return f"{fence_marks}{language}\n{code.rstrip()}\n{fence_marks}"


def _anydoc_list_markdown(list_block: Block) -> str:
    """The items with their own marks; what is below an item's first block stands under its text."""
    if list_block.list is None:
        return ""
    items = [
        (mark, [(inner.kind, text) for inner in list_item.blocks if (text := _anydoc_block_markdown(inner))])
        for mark, list_item in _anydoc_list_items(list_block.list)
    ]
    anydoc_items: list[str] = []
    # of what stands below an item; of the first ones, where an item of this level comes behind them
    item_indent = "  " if any(kind != "list" for _, block_texts in items for kind, _ in block_texts[:1]) else ""
    for mark, block_texts in items:
        anydoc_item = "".join(("\n" if kind == "list" else "\n\n") + text for kind, text in block_texts).lstrip("\n")
        if anydoc_item and block_texts[0][0] == "list":  # deeper levels alone, which belong to the item above
            anydoc_items.append(item_indent + _indented(anydoc_item, item_indent))
        elif anydoc_item:
            item_indent = " " * (len(mark) + 1)
            anydoc_items.append(f"{mark} {_indented(anydoc_item, item_indent)}")
    return "\n".join(anydoc_items)


def _indented(text: str, indent: str) -> str:
    """A text whose lines below its first one stand under it."""
    return re.sub(r"\n(?=[^\n])", f"\n{indent}", text)


def _anydoc_list_items(anydoc_list: List) -> Iterator[tuple[str, ListItem]]:
    item_number = anydoc_list.start
    for list_item in anydoc_list.items:
        anydoc_label = (list_item.marker_label or "").replace("?", "")  # of RTF, the sign for one that it cannot write
        is_sign = anydoc_label and not any(map(str.isalnum, anydoc_label))
        yield (
            "-" if is_sign else anydoc_label or _anydoc_item_mark(anydoc_list.marker, item_number),
            list_item,
        )
        item_number += not (list_item.blocks and list_item.blocks[0].kind == "list")  # deeper levels have no number


def _anydoc_item_mark(anydoc_marker: str, n: int) -> str:
    """The mark of the n-th item, letters and roman numbers with a bracket, as Markdown knows no others."""
    if anydoc_marker == "bullet":
        return "-"
    if anydoc_marker == "decimal":
        return f"{n}."
    marker_letters = _roman_numeral(n) if anydoc_marker.endswith("roman") else chr(ord("a") + (n - 1) % 26)
    return f"{marker_letters.upper() if anydoc_marker.startswith('upper') else marker_letters})"


def _roman_numeral(n: int) -> str:
    numerals = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    roman = ""
    for value, letters in numerals:
        while n >= value:
            roman, n = roman + letters, n - value
    return roman


def _anydoc_table_markdown(table: Table) -> str:
    """A table with its merged cells filled; scaffolding, and a frame around text, as the blocks it holds."""
    from groundwork.documents.pipe_tables import table_to_markdown

    if table.kind == "layout" or _grid_width(table) < 2:
        return _framed_blocks(table)
    anydoc_cells = _anydoc_cell_texts(table)
    if _is_frame_around_blocks(table, anydoc_cells):
        return _framed_blocks(table)
    _fill_merged_anydoc_cells(table, anydoc_cells)
    return table_to_markdown(anydoc_cells)


def _framed_blocks(table: Table) -> str:
    framed_cells = [slot.cell for row in table.grid for slot in row if slot.cell]
    block_texts = [_anydoc_block_markdown(block) for cell in framed_cells for block in cell.blocks]
    return "\n\n".join(filter(None, block_texts))


def _is_frame_around_blocks(table: Table, anydoc_cells: Sequence[Sequence[str]]) -> bool:
    """Whether no row has texts side by side; labels of a form to fill in, with empty cells beside them, are rows."""
    if any(_count_row_texts(table, anydoc_cells, i) > 1 for i in range(len(anydoc_cells))):
        return False
    framed_cells = [
        (slot.cell, cell_text)
        for row, cell_texts in zip(table.grid, anydoc_cells, strict=True)
        for slot, cell_text in zip(row, cell_texts, strict=True)
        if slot.cell and cell_text
    ]
    return len(framed_cells) < 2 or any(
        len(cell_text) > _LONGEST_FORM_LABEL or any(inner.kind != "paragraph" for inner in cell.blocks)
        for cell, cell_text in framed_cells
    )


def _count_row_texts(table: Table, anydoc_cells: Sequence[Sequence[str]], i: int) -> int:
    """Of the cells that stand in a row or reach into it, those with a text."""
    origins = {
        (slot.origin_row or 0, slot.origin_col or 0) if slot.kind == "covered" else (i, j)
        for j, slot in enumerate(table.grid[i])
    }
    return sum(bool(anydoc_cells[origin_row][origin_column]) for origin_row, origin_column in origins)


def _sheet_markdown(anydoc_table: Table) -> str:
    from groundwork.documents.formats.spreadsheets.sheet_titles_and_remarks import (
        numbered_rows,
        sheet_to_markdown,
        single_sheet_cells,
    )

    anydoc_cells = _anydoc_cell_texts(anydoc_table)
    lone_texts = single_sheet_cells(numbered_rows(anydoc_cells))
    _fill_merged_anydoc_cells(anydoc_table, anydoc_cells)
    return sheet_to_markdown(numbered_rows(anydoc_cells), lone_texts)


def _anydoc_cell_texts(table: Table) -> list[list[str]]:
    """Raises BadDocument for a table of too many cells."""
    if (cell_count := _grid_width(table) * len(table.grid)) > _MOST_ANYDOC_CELLS:
        raise BadDocument(f"a table in it has {counted(cell_count, 'cell')}, more than {_MOST_ANYDOC_CELLS:,}")
    return [[_anydoc_blocks_on_one_line(slot.cell.blocks) if slot.cell else "" for slot in row] for row in table.grid]


def _fill_merged_anydoc_cells(table: Table, anydoc_cells: list[list[str]]) -> None:
    for i, row in enumerate(table.grid):
        for j, slot in enumerate(row):
            if slot.kind == "covered":
                anydoc_cells[i][j] = anydoc_cells[slot.origin_row or 0][slot.origin_col or 0]


def _grid_width(table: Table) -> int:
    return max((len(row) for row in table.grid), default=0)


def _anydoc_blocks_on_one_line(anydoc_blocks: Sequence[Block]) -> str:
    """Blocks on one line, as a cell of a table can hold them; items keep their numbers."""
    anydoc_texts: list[str] = []
    for anydoc_block in anydoc_blocks:
        if anydoc_block.table:
            anydoc_texts.append(_inner_table_on_one_line(anydoc_block.table))
        elif anydoc_block.list:
            anydoc_items = [
                f"{'' if mark == '-' else mark} {_anydoc_blocks_on_one_line(list_item.blocks)}"
                for mark, list_item in _anydoc_list_items(anydoc_block.list)
            ]
            anydoc_texts.append("; ".join(list_item.strip() for list_item in anydoc_items))
        elif nested_blocks := inner_blocks(anydoc_block):
            anydoc_texts.append(_anydoc_blocks_on_one_line(nested_blocks))
        elif anydoc_block.kind == "math":
            anydoc_texts.append(f"${anydoc_block.text}$")
        else:
            anydoc_texts.append(anydoc_block.text or _anydoc_inline_markdown(anydoc_block.content or []))
    return " ".join(" ".join(anydoc_texts).split())


def _inner_table_on_one_line(table: Table) -> str:
    """A table in a cell of another: its cells parted by commas, its rows by semicolons."""
    rows_of_texts = [filter(None, cell_texts) for cell_texts in _anydoc_cell_texts(table)]
    return "; ".join(filter(None, map(", ".join, rows_of_texts)))


def _anydoc_inline_markdown(content: Sequence[Inline], *, bold: bool = True) -> str:
    """Runs of text with their emphasis, neighbours of one style together."""
    return "".join(
        _anydoc_styled(_join_anydoc_inlines(styled_inlines), style, bold)
        for style, styled_inlines in groupby(content, key=_anydoc_inline_style)
    )


def _join_anydoc_inlines(anydoc_inlines: Iterable[Inline]) -> str:
    """Runs side by side; two formulas, and a picture's words and other text, have a space between them."""
    joined, previous_kind = "", ""
    for anydoc_inline in anydoc_inlines:
        inline_text = _anydoc_inline_text(anydoc_inline)
        needs_space = {previous_kind, anydoc_inline.kind} == {"math"} or "image" in (previous_kind, anydoc_inline.kind)
        is_touching = (
            joined and inline_text and not joined[-1].isspace() and (inline_text[0].isalnum() or inline_text[0] == "$")
        )
        joined += f" {inline_text}" if needs_space and is_touching else inline_text
        previous_kind = anydoc_inline.kind if inline_text else previous_kind
    return joined


def _anydoc_inline_style(anydoc_inline: Inline) -> tuple[bool, bool, bool, bool]:
    style = anydoc_inline.style
    return (style.bold, style.italic, style.strike, style.code) if style else (False, False, False, False)


def _anydoc_styled(inline: str, style: tuple[bool, bool, bool, bool], bold: bool) -> str:
    is_bold, is_italic, is_struck, is_code = style
    anydoc_text = inline.strip()
    if not anydoc_text or "\n" in anydoc_text:
        return inline
    blanks_before, blanks_behind = (inline[: len(inline) - len(inline.lstrip())], inline[len(inline.rstrip()) :])
    if is_code and "`" not in anydoc_text:
        return f"{blanks_before}`{anydoc_text}`{blanks_behind}"
    emphasis_marks = "~~" * is_struck + "**" * (is_bold and bold) + "*" * is_italic
    return f"{blanks_before}{emphasis_marks}{anydoc_text}{emphasis_marks[::-1]}{blanks_behind}"


def _anydoc_inline_text(anydoc_inline: Inline) -> str:
    match anydoc_inline.kind:
        case "text":
            return anydoc_inline.text or ""
        case "link":
            return _anydoc_link_markdown(anydoc_inline)
        case "image":
            return _anydoc_picture_markdown(anydoc_inline)
        case "line_break":
            return "\n"
        case "math":
            return f"${anydoc_inline.text}$" if anydoc_inline.text else ""
        case "checkbox":
            return "☒ " if anydoc_inline.checked else "☐ "
        case "note_ref":
            return f"[^{anydoc_inline.note_id}]"
    return ""


def _anydoc_link_markdown(anydoc_inline: Inline) -> str:
    """A link into the web, or the text of any other."""
    anydoc_link = _anydoc_inline_markdown(anydoc_inline.content or []).replace("\n", " ")
    anydoc_target = anydoc_inline.target.value if anydoc_inline.target else ""
    if (
        not anydoc_link.strip()
        or not anydoc_target.startswith(_ANYDOC_LINK_SCHEMES)
        or set(anydoc_target) & set(" \n<>()")
        or anydoc_link.strip() == anydoc_target
    ):
        return anydoc_link or anydoc_target
    return f"[{anydoc_link}]({anydoc_target})"


_OLD_ANYDOC_FORMATS = {"doc": "DOCX", "ppt": "PPTX"}


def _note_anydoc_pictures(document: Document) -> None:
    """Keep the bytes of a document's pictures, if pictures are kept."""
    if kept := pictures_to_keep():
        kept.at = {}
        for anydoc_asset in document.assets:
            kept.note(anydoc_asset.id, bytes(anydoc_asset.data))


def _anydoc_picture_markdown(anydoc_inline: Inline) -> str:
    """A picture in a text: its alternative text, and its address where it is kept."""
    anydoc_alt = picture_words(anydoc_inline.alt or "")
    pictures, source = pictures_to_keep(), anydoc_inline.source
    address = pictures.at.get(source.asset_id, "") if pictures and source and source.asset_id is not None else ""
    if not address:
        return anydoc_alt
    anydoc_label = anydoc_alt.translate(str.maketrans("[]", "()"))
    return f"![{anydoc_label}]({address})" if len(anydoc_label) <= CAPTION_LENGTH else f"{anydoc_alt} ![]({address})"


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
        if office_format in _OLD_ANYDOC_FORMATS:
            cause = f"it is damaged, or of an Office before 1997 ({error})"
            raise BadDocument(f"{cause}; {save_old_file_as(_OLD_ANYDOC_FORMATS[office_format])}") from None
        raise BadDocument(str(error)) from None
    _note_anydoc_pictures(document)
    return document
