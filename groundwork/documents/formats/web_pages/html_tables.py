"""Tables of HTML with one header row and a cell for every row and column, spanning cells filled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from groundwork.documents.pipe_tables import join_table_head

PIPE = "\ue000"  # stands for a `|` of the text while markdownify writes tables
_HTML_CELL_BLOCKS = [
    *("blockquote", "br", "button", "dd", "div", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "label", "li"),
    *("option", "p", "pre", "summary"),
]
_ITEM_SEPARATORS = (";", ",", "·", "•", "|")  # that a page wrote itself
_HTML_CELL_PARTS = ("a", "b", "em", "i", "small", "span", "strong")


def square_tables(html_soup: Any) -> None:
    """Give each table of a page a cell for every row and column; those that only place parts of it become blocks."""
    for html_table in html_soup.find_all("table"):
        if _is_layout_table(html_table):
            _unwrap_table(html_table)
        else:
            _square_table(html_table, html_soup)


def _is_layout_table(html_table: Any) -> bool:
    """Whether a table places parts of the page: it holds tables, says so, or has one text a row and no head."""
    if html_table.find("table") or str(html_table.get("role", "")).lower() in ("presentation", "none"):
        return True
    texts_by_row = (
        sum(bool(html_cell.get_text(strip=True)) for html_cell in html_row.find_all("td"))
        for html_row in html_table.find_all("tr")
    )
    return not html_table.find("th") and all(row_texts < 2 for row_texts in texts_by_row)


def _unwrap_table(html_table: Any) -> None:
    """Its cells as blocks, one after the other; tables in them stay."""
    table_elements = html_table.find_all(["caption", "colgroup", "thead", "tbody", "tfoot", "tr", "td", "th"])
    for table_element in [
        html_table,
        *(table_element for table_element in table_elements if table_element.find_parent("table") is html_table),
    ]:
        table_element.name, table_element.attrs = "div", {}


def _square_table(html_table: Any, soup: Any) -> None:
    """The table with a cell for every row and column, and header cells in its first row."""
    if all(len(html_row.find_all(["td", "th"])) < 2 for html_row in html_table.find_all("tr")):
        return
    span_filled_rows = list(_span_filled_rows(html_table))
    html_table_width = max(map(len, span_filled_rows))
    span_filled_rows = [cells + [""] * (html_table_width - len(cells)) for cells in span_filled_rows]
    filled_columns = [j for j in range(html_table_width) if any(cells[j] for cells in span_filled_rows)]
    span_filled_rows = join_table_head([[cells[j] for j in filled_columns] for cells in span_filled_rows if any(cells)])
    for caption in html_table("caption"):
        caption_paragraph = soup.new_tag("p")
        caption_paragraph.string = _html_cell_text(caption)
        html_table.insert_before(caption_paragraph)
    html_table.clear()
    for i, cells in enumerate(span_filled_rows):
        html_row = soup.new_tag("tr")
        for html_text in cells:
            html_cell = soup.new_tag("td" if i else "th")
            html_cell.string = html_text.replace("|", PIPE)
            html_row.append(html_cell)
        html_table.append(html_row)


def _span_filled_rows(html_table: Any) -> Iterator[list[str]]:
    """The text of each row's cells, spanning cells repeated."""
    html_spans: dict[int, tuple[int, str]] = {}  # column: rows still to fill, text
    for html_row in html_table.find_all("tr"):
        html_cells: list[str] = []
        cells = iter(html_row.find_all(["td", "th"]))
        while True:
            if len(html_cells) in html_spans:
                spanned_rows_left, html_text = html_spans.pop(len(html_cells))
                if spanned_rows_left > 1:
                    html_spans[len(html_cells)] = (spanned_rows_left - 1, html_text)
                html_cells.append(html_text)
                continue
            html_cell = next(cells, None)
            if html_cell is None:
                break
            html_text = _html_cell_text(html_cell)
            for _ in range(html_span(html_cell, "colspan")):
                if (rows_spanned := html_span(html_cell, "rowspan")) > 1:
                    html_spans[len(html_cells)] = (rows_spanned - 1, html_text)
                html_cells.append(html_text)
        yield html_cells


def _html_cell_text(html_cell: Any) -> str:
    """On one line: blocks are parted, items of lists by semicolons, so are spans and links that touch one another, and
    words stay whole."""
    for html_list in html_cell.find_all(["ul", "ol"]):
        _part_list_items(html_list)
    for cell_element in html_cell.find_all([*_HTML_CELL_BLOCKS, *_HTML_CELL_PARTS]):
        is_inline_part = cell_element.name in _HTML_CELL_PARTS
        if not is_inline_part or getattr(cell_element.previous_sibling, "name", None) in _HTML_CELL_PARTS:
            cell_element.insert_before(" ")
        if not is_inline_part:
            cell_element.insert_after(" ")
    return " ".join(html_cell.get_text().split())


def _part_list_items(html_list: Any) -> None:
    """Put a semicolon behind each item but the last, and numbers in front of those that have some."""
    html_items = [
        (html_item, item_strings)
        for html_item in html_list.find_all("li", recursive=False)
        if (item_strings := [text for text in html_item.strings if text.strip()])
    ]
    for position, (html_item, item_strings) in enumerate(html_items):
        is_last = position == len(html_items) - 1
        if not is_last and not item_strings[-1].rstrip().endswith(_ITEM_SEPARATORS):
            item_strings[-1].replace_with(f"{item_strings[-1].rstrip()};")
        if html_list.name == "ol":
            html_item.insert(0, f"{_first_item_number(html_list) + position}. ")


def _first_item_number(html_list: Any) -> int:
    start_digits = str(html_list.get("start", "1"))[:5]
    return int(start_digits) if start_digits.isascii() and start_digits.isdigit() else 1


def html_span(html_cell: Any, span_attribute: str) -> int:
    span_digits = str(html_cell.get(span_attribute, "1"))
    return min(int(span_digits[:5]), 1000) or 1 if span_digits.isascii() and span_digits.isdigit() else 1
