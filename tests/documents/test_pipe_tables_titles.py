"""A table's title over all of its columns is a paragraph above it."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.documents.pipe_tables import titles_above_tables
from groundwork.documents.repair.page_joining import join_pages

HEADS = "|  | FY 2004 Actual | Fees in EUR |"
BODY = "| Skiff | 12 | 3.50 |\n| Gig | 15 | 4.00 |"


def _table(*rows: str) -> str:
    head, *body = rows
    return "\n".join([head, "| --- | --- | --- |", *body])


def test_the_names_of_columns_become_the_header() -> None:
    """Each chunk of a long table repeats its header, which tells nothing where it is the title three times."""
    table = _table("| Berths (a\\|b) | Berths (a\\|b) | Berths (a\\|b) |", HEADS, BODY)
    assert (
        titles_above_tables(f"Above.\n\n{table}\n\nBelow.")
        == f"Above.\n\nBerths (a|b)\n\n{_table(HEADS, BODY)}\n\nBelow."
    )


@pytest.mark.parametrize(
    "rows",
    [
        ("| Berths | Fees | Fees |", HEADS, BODY),
        ("| Berths | Berths | Berths |", "| Skiff | 12 | 3.50 |", BODY),
        ("| Berths | Berths | Berths |", "| Boats | Boats | Boats |", BODY),
        (
            "| Berths | Berths | Berths |",
            "| Boats | Keeper | Quay |",
            "| Skiff | Ilse | North |\n| Gig | Oda | South |",
        ),
        ("|  |  |  |", HEADS, BODY),
    ],
    ids=["heads of two columns", "figures below", "two titles", "words alone", "no title"],
)
def test_a_first_row_that_is_no_title_stays(rows: tuple[str, ...]) -> None:
    assert titles_above_tables(_table(*rows)) == _table(*rows)


def test_a_table_with_a_title_goes_on_overleaf() -> None:
    """Title and header are repeated on the second page, where the table has neither once the pages are one text."""
    title = "| Berths | Berths | Berths |"
    pages = [_table(title, HEADS, BODY), _table(title, HEADS, "| Yawl | 9 | 2.50 |\n| Cutter | 2 | 9.00 |")]
    assert join_pages(pages).markdown == f"Berths\n\n{_table(HEADS, BODY)}\n| Yawl | 9 | 2.50 |\n| Cutter | 2 | 9.00 |"


def test_a_years_column_is_named_by_its_year() -> None:
    title, heads = "| Berths | Berths | Berths |", "| Boats | 2023 | 2024 |"
    assert titles_above_tables(_table(title, heads, BODY)).startswith("Berths\n\n| Boats | 2023 | 2024 |\n| ---")


def test_a_table_of_a_markdown_file_stays_as_it_is(tmp_path: Path) -> None:
    """Text that is Markdown already is taken over, not set anew."""
    (tmp_path / "documents").mkdir()
    table = _table("| Berths | Berths | Berths |", HEADS, BODY)
    (tmp_path / "documents" / "berths.md").write_text(f"# Berths\n\n{table}\n", "utf-8")
    assert main(["ingest", "--data", str(tmp_path)]) == 0
    assert table in (tmp_path / "text" / "berths.md").read_text("utf-8")
