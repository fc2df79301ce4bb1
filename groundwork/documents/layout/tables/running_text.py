"""Rows that look like a table's and are lines of running text: in columns, or spaced out from edge to edge."""

from __future__ import annotations

import statistics

from groundwork.documents.layout.tables.borderless_rows_and_columns import SpacedLine, column_at

_EDGE_SPREAD = 0.3  # sizes by which the edges of justified lines differ at the most


def is_prose(body: list[SpacedLine], columns: list[tuple[float, float]]) -> bool:
    """Whether sentences cross the rows in more than one column: columns of running text."""
    texts_by_column: list[list[str]] = [[] for _ in columns]
    for row in body:
        for text in row.texts:
            texts_by_column[column_at(text, columns)].append(text.text)
    running_columns = [
        texts
        for texts in texts_by_column
        if texts and statistics.median(len(text.split()) for text in texts) >= 4 and _share_of_lower(texts) > 0.3
    ]
    return len(running_columns) > 1


def is_justified(body: list[SpacedLine]) -> bool:
    """Whether the rows are words of running text that are spaced out to fill its lines from edge to edge."""
    edges = [(row.texts[0].x1, row.texts[-1].x2) for row in body]
    spreads = [max(xs) - min(xs) for xs in zip(*edges, strict=True)]
    return max(spreads) < _EDGE_SPREAD * body[0].size and _share_of_lower([t.text for r in body for t in r.texts]) > 0.5


def _share_of_lower(texts: list[str]) -> float:
    return sum(text[0].islower() for text in texts) / len(texts)
