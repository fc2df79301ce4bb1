"""Vectors that come a few at a time, side by side in one array."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

GROWTH = 1.5  # of the room, where it runs out: each row is copied three times at the most, on average


class VectorBuffer:
    """Rows (n, d) in the order in which they came; adding all of n rows takes time in proportion to n."""

    def __init__(self, vectors: Vectors) -> None:
        """`vectors` are used as they are until more come, and never written to."""
        self._room, self._count = vectors, len(vectors)

    @property
    def rows(self) -> Vectors:
        """All rows so far, (n, d), not copied."""
        return self._room[: self._count]

    def extend(self, vectors: Vectors) -> None:
        """Add `vectors` (m, d); arrays from `rows` stay as they are."""
        count = self._count + len(vectors)
        if count > len(self._room):
            room = np.empty((int(count * GROWTH), *vectors.shape[1:]), dtype=self._room.dtype)
            room[: self._count] = self.rows
            self._room = room
        self._room[self._count : count] = vectors
        self._count = count
