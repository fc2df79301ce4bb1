"""The types of embeddings: what the numbers are of the arrays that the rooms hand on to each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]  # (n, d), a row a text
Rows = NDArray[np.int64]  # numbers of rows, from 0
Floats = NDArray[np.floating[Any]]
