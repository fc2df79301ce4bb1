"""Vectors that come a few at a time."""

from __future__ import annotations

import numpy as np

from groundwork.embedding.nearest_neighbours import VectorBuffer
from tests.growth import SIZES, steep

ROW = np.ones((1, 512), dtype=np.float32)


def test_rows_stay_in_order_and_what_was_read_stays_as_it_was() -> None:
    """Rows that come later move none of the earlier ones, and the first array is not written to."""
    first = np.arange(6, dtype=np.float32).reshape(3, 2)
    buffer = VectorBuffer(first)
    earlier = buffer.rows
    buffer.extend(np.full((1, 2), 7, dtype=np.float32))
    buffer.extend(np.zeros((0, 2), dtype=np.float32))
    before_last = buffer.rows
    buffer.extend(np.full((1, 2), 8, dtype=np.float32))
    assert buffer.rows.tolist() == [[0, 1], [2, 3], [4, 5], [7, 7], [8, 8]]
    assert earlier.tolist() == first.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert before_last[-1].tolist() == [7, 7]


def test_adding_row_after_row_takes_linear_time() -> None:
    """No call copies what earlier calls added."""

    def add_rows(text: str) -> None:
        buffer = VectorBuffer(ROW)
        for _ in text:
            buffer.extend(ROW)

    assert not steep(add_rows, "one letter", SIZES[:3])
