"""CSV and TSV as Markdown tables."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from groundwork.documents.formats.spreadsheets.sheet_titles_and_remarks import (
    numbered_rows,
    sheet_to_markdown,
    single_sheet_cells,
)
from groundwork.documents.formats.text_encodings import decode_text

_CSV_DELIMITERS = ",;\t|"  # of comma-separated values


def csv_to_markdown(csv_path: str) -> str:
    csv_text, _ = decode_text(Path(csv_path).read_bytes())
    csv.field_size_limit(max(csv.field_size_limit(), len(csv_text)))  # a cell may hold a whole document
    csv_rows = numbered_rows(csv.reader(io.StringIO(csv_text, newline=""), _csv_dialect(csv_text[:8192], csv_path)))
    return sheet_to_markdown(csv_rows, single_sheet_cells(csv_rows))


def _csv_dialect(csv_sample: str, csv_path: str) -> type[csv.Dialect] | csv.Dialect:
    """What the sniffer says, unless it parts few lines and another delimiter most, as below a title with commas."""
    try:
        csv_dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(csv_sample, delimiters=_CSV_DELIMITERS)
        csv_dialect.doublequote = True  # which the sniffer denies where its sample has no quote within a cell
    except csv.Error:
        csv_dialect = csv.excel_tab if csv_path.lower().endswith(".tsv") else csv.excel
    csv_lines = [csv_line for csv_line in csv_sample.splitlines() if csv_line.strip()]
    best_delimiter = max(_CSV_DELIMITERS, key=lambda delimiter: sum(delimiter in csv_line for csv_line in csv_lines))
    if (
        sum(csv_dialect.delimiter in csv_line for csv_line in csv_lines) * 2
        < len(csv_lines)
        < 2 * sum(best_delimiter in csv_line for csv_line in csv_lines)
    ):

        class Delimited(csv.excel):
            delimiter = best_delimiter

        return Delimited
    return csv_dialect
