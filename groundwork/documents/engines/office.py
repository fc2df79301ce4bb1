"""office: DOCX, XLSX, CSV and HTML by the libraries that markitdown uses too, and with what it loses mended.

Seen with markitdown: a DOCX title that is no heading, tables under a blank header, merged cells left empty, `|` in a
cell parting it in two; an XLSX year as 1998.0 and an empty cell as NaN. Its import takes four CPU seconds as well.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from groundwork.documents import Conversion, Request
from groundwork.documents.engines.plain import decode

TITLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"
_PIPE = "\ue000"  # stands for a `|` of the text while markitdown writes tables


def convert(request: Request) -> Conversion:
    """The whole file in one piece."""
    return Conversion(pages=[READERS[request.ending](request.source).strip()])


def docx_to_markdown(source: str) -> str:
    import mammoth

    content = io.BytesIO(Path(source).read_bytes())
    html = mammoth.convert_to_html(_with_formulas(content), style_map=TITLES).value
    return html_to_markdown(html)


def _with_formulas(docx: io.BytesIO) -> io.BytesIO:
    """The file with its formulas as LaTeX, by markitdown, which is slow to import and so left alone otherwise."""
    with zipfile.ZipFile(docx) as archive:
        formulas = b"<m:oMath" in archive.read("word/document.xml")
    docx.seek(0)
    if not formulas:
        return docx
    from markitdown.converter_utils.docx.pre_process import pre_process_docx

    return io.BytesIO(pre_process_docx(docx).read())


def html_to_markdown(html: str | bytes) -> str:
    """HTML as Markdown, its tables with one header row and merged cells filled."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    soup = BeautifulSoup(html, "lxml")
    for noise in soup(["script", "style", "noscript", "template"]):
        noise.decompose()
    for image in soup("img"):
        image.replace_with(str(image.get("alt") or ""))  # the words of a picture, not its bytes
    for table in soup.find_all("table"):
        if not table.find("table"):
            _square(table, soup)
    writer = MarkdownConverter(heading_style="ATX", bullets="-", escape_asterisks=False, escape_underscores=False)
    markdown: str = writer.convert_soup(soup.body or soup)
    return re.sub(r"\n{3,}", "\n\n", markdown.replace(_PIPE, "\\|"))


def xlsx_to_markdown(source: str) -> str:
    """Every sheet that holds something, as a heading and a table, values as a reader sees them."""
    import openpyxl

    book = openpyxl.load_workbook(source, data_only=True)
    sheets = []
    for sheet in book.worksheets:
        merged = {cell: area for area in sheet.merged_cells.ranges for row in area.rows for cell in row}
        rows = [
            [_shown(_value(sheet, merged, row, column)) for column in range(1, sheet.max_column + 1)]
            for row in range(1, sheet.max_row + 1)
        ]
        if table := table_to_markdown(rows):
            sheets.append(f"## {sheet.title}\n\n{table}")
    return "\n\n".join(sheets)


def csv_to_markdown(source: str) -> str:
    text, _ = decode(Path(source).read_bytes())
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:8192], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel_tab if source.lower().endswith(".tsv") else csv.excel
    return table_to_markdown(list(csv.reader(io.StringIO(text, newline=""), dialect)))


def table_to_markdown(rows: list[list[str]]) -> str:
    """Rows as a Markdown table, the first as its header; empty rows and columns are left out. "" for nothing."""
    width = max(map(len, rows), default=0)
    rows = [row + [""] * (width - len(row)) for row in rows]
    columns = [j for j in range(width) if any(row[j] for row in rows)]
    kept = [[" ".join(row[j].replace("|", "\\|").split()) for j in columns] for row in rows if any(row)]
    if not kept:
        return ""
    header, *rest = kept
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rest])


def _value(sheet: Any, merged: dict[tuple[int, int], Any], row: int, column: int) -> Any:
    area = merged.get((row, column))
    return sheet.cell(area.min_row, area.min_col).value if area else sheet.cell(row, column).value


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(value)


def _square(table: Any, soup: Any) -> None:
    """The table with a cell for every row and column, and header cells in its first row."""
    rows = list(_filled(table))
    if not rows or max(map(len, rows)) < 2:
        return
    width = max(map(len, rows))
    table.clear()
    for i, cells in enumerate(rows):
        tr = soup.new_tag("tr")
        for text in cells + [""] * (width - len(cells)):
            cell = soup.new_tag("td" if i else "th")
            cell.string = text.replace("|", _PIPE)
            tr.append(cell)
        table.append(tr)


def _filled(table: Any) -> Iterator[list[str]]:
    """The text of each row's cells, spanning cells repeated."""
    below: dict[int, tuple[int, str]] = {}  # column: rows still to fill, text
    for tr in table.find_all("tr"):
        out: list[str] = []
        cells = iter(tr.find_all(["td", "th"]))
        while True:
            if len(out) in below:
                left, text = below.pop(len(out))
                if left > 1:
                    below[len(out)] = (left - 1, text)
                out.append(text)
                continue
            cell = next(cells, None)
            if cell is None:
                break
            text = " ".join(cell.get_text(" ").split())
            for _ in range(_span(cell, "colspan")):
                if (rows := _span(cell, "rowspan")) > 1:
                    below[len(out)] = (rows - 1, text)
                out.append(text)
        yield out


def _span(cell: Any, name: str) -> int:
    value = str(cell.get(name, "1"))
    return min(int(value), 1000) if value.isdigit() and int(value) else 1


def _html_file(source: str) -> str:
    return html_to_markdown(Path(source).read_bytes())


READERS: dict[str, Callable[[str], str]] = {
    ".docx": docx_to_markdown,
    ".docm": docx_to_markdown,
    ".xlsx": xlsx_to_markdown,
    ".xlsm": xlsx_to_markdown,
    ".csv": csv_to_markdown,
    ".tsv": csv_to_markdown,
    ".html": _html_file,
    ".htm": _html_file,
    ".xhtml": _html_file,
}
