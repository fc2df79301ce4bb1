"""The table of compared converters: a line each, with the seconds, the cost and what was kept."""

from __future__ import annotations

from groundwork.documents.converter_comparison.comparison_page import ConverterColumn

TITLES = (
    *("converter  ", "seconds", "pages/s", "$/1,000", "words", "pairs", "numbers", "glued", "text"),
    *("structure", "tables", "headings"),
)


def table_cells(column: ConverterColumn) -> list[str]:
    """The converter's line of the table; what went wrong where there is no figure."""
    if column.trouble:
        return [column.name, column.trouble]
    cost = "-" if column.cost_per_thousand is None else f"{column.cost_per_thousand:.2f}"
    shares = [column.mean(name) for name in ("words_kept", "pairs_kept", "numbers_kept", "glued", "text_kept")]
    figures = [f"{column.seconds:.2f}", f"{column.rate:.1f}", cost, *(f"{share:.3f}" for share in shares)]
    return [column.name, *figures, _share_text(column.structure), f"{column.tables}", f"{column.headings}"]


def _share_text(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"
