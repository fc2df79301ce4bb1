"""Where a near-duplicate begins for the texts of each script, where a set has several.

An embedder that was trained on English finds all texts of another script alike: the threshold that fits the whole set
would take any two of them for repeats, and theirs would miss the repeats of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from groundwork.embedding.nearest_neighbours import Floats, Vectors, calibrate_threshold
from groundwork.language.language_and_script import main_script

LATIN = "latin"


def calibrate_by_script(vectors: Vectors, texts: Sequence[str], overall: float, seed: int = 0) -> dict[str, float]:
    """By script, Latin aside, the cosine from which two of its texts count as near-duplicates: `overall` at least.

    `vectors` (n, d) are those of `texts`, rows of length 1. A script with a single text has no entry.
    """
    rows_by_script: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        if (script := _script(text)) != LATIN:
            rows_by_script.setdefault(script, []).append(row)
    return {
        script: max(overall, calibrate_threshold(vectors[rows], seed))
        for script, rows in rows_by_script.items()
        if len(rows) > 1
    }


def threshold_of(text: str, by_script: Mapping[str, float], overall: float) -> float:
    """That of the script of `text`."""
    return by_script.get(_script(text), overall) if by_script else overall


def thresholds_of(texts: Iterable[str], by_script: Mapping[str, float], overall: float) -> Floats:
    """(n,): that of each text."""
    return np.array([threshold_of(text, by_script, overall) for text in texts], dtype=np.float64)


def _script(text: str) -> str:
    return LATIN if text.isascii() else main_script(text)
