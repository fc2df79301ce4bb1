"""Tables of HTML with one header row and a cell for every row and column, spanning cells filled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from groundwork.documents.pipe_tables import join_head

PIPE = "\ue000"  # stands for a `|` of the text while markdownify writes tables
_CELL_BLOCKS = [
    *("blockquote", "br", "button", "dd", "div", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "label", "li"),
    *("option", "p", "pre", "summary"),
]
_CELL_PARTS = ("a", "b", "em", "i", "small", "span", "strong")


def is_layout(html_table: Any) -> bool:
    """Whether a table places parts of the page: it holds tables, says so, or has one text a row and no head."""
    if html_table.find("table") or str(html_table.get("role", "")).lower() in ("presentation", "none"):
        return True
    texts_by_row = (
        sum(bool(cell.get_text(strip=True)) for cell in tr.find_all("td")) for tr in html_table.find_all("tr")
    )
    return not html_table.find("th") and all(texts < 2 for texts in texts_by_row)


def unwrap_table(html_table: Any) -> None:
    """Its cells as blocks, one after the other; tables in them stay."""
    elements = html_table.find_all(["caption", "colgroup", "thead", "tbody", "tfoot", "tr", "td", "th"])
    for element in [html_table, *(element for element in elements if element.find_parent("table") is html_table)]:
        element.name, element.attrs = "div", {}


def square_table(html_table: Any, soup: Any) -> None:
    """The table with a cell for every row and column, and header cells in its first row."""
    if all(len(tr.find_all(["td", "th"])) < 2 for tr in html_table.find_all("tr")):
        return
    filled_rows = list(_filled_rows(html_table))
    width = max(map(len, filled_rows))
    filled_rows = [cells + [""] * (width - len(cells)) for cells in filled_rows]
    filled_columns = [j for j in range(width) if any(cells[j] for cells in filled_rows)]
    filled_rows = join_head([[cells[j] for j in filled_columns] for cells in filled_rows if any(cells)])
    for caption in html_table("caption"):
        title = soup.new_tag("p")
        title.string = _cell_text(caption)
        html_table.insert_before(title)
    html_table.clear()
    for i, cells in enumerate(filled_rows):
        tr = soup.new_tag("tr")
        for cell_text in cells:
            cell = soup.new_tag("td" if i else "th")
            cell.string = cell_text.replace("|", PIPE)
            tr.append(cell)
        html_table.append(tr)


def _filled_rows(html_table: Any) -> Iterator[list[str]]:
    """The text of each row's cells, spanning cells repeated."""
    spans_below: dict[int, tuple[int, str]] = {}  # column: rows still to fill, text
    for tr in html_table.find_all("tr"):
        cell_texts: list[str] = []
        cells = iter(tr.find_all(["td", "th"]))
        while True:
            if len(cell_texts) in spans_below:
                rows_left, cell_text = spans_below.pop(len(cell_texts))
                if rows_left > 1:
                    spans_below[len(cell_texts)] = (rows_left - 1, cell_text)
                cell_texts.append(cell_text)
                continue
            cell = next(cells, None)
            if cell is None:
                break
            cell_text = _cell_text(cell)
            for _ in range(span(cell, "colspan")):
                if (rows := span(cell, "rowspan")) > 1:
                    spans_below[len(cell_texts)] = (rows - 1, cell_text)
                cell_texts.append(cell_text)
        yield cell_texts


def _cell_text(cell: Any) -> str:
    """On one line: blocks are parted, so are spans and links that touch one another, and words stay whole."""
    for element in cell.find_all([*_CELL_BLOCKS, *_CELL_PARTS]):
        is_part = element.name in _CELL_PARTS
        if not is_part or getattr(element.previous_sibling, "name", None) in _CELL_PARTS:
            element.insert_before(" ")
        if not is_part:
            element.insert_after(" ")
    return " ".join(cell.get_text().split())


def span(cell: Any, attribute: str) -> int:
    span = str(cell.get(attribute, "1"))
    return min(int(span[:5]), 1000) or 1 if span.isascii() and span.isdigit() else 1
