"""What eval repeats of train, in a set of several scripts."""

from __future__ import annotations

import numpy as np

from groundwork.dataset.split.eval_leakage import count_leaked_rows, leak_likeness_of_split
from groundwork.dataset.split.eval_selection import EvalPool, select_eval
from groundwork.dataset.split_report.report_schema import EvalRow, Neighbour
from tests.embedding.test_cosine_threshold import LATIN, TEXTS, THAI, vectors


def test_a_script_that_an_embedder_finds_alike_has_its_share_of_a_held_out_eval() -> None:
    """By one threshold for all each Thai question would repeat another, and eval would take none but English ones."""
    blind, informed = (select_eval(EvalPool(vectors(), questions=texts), 36, k=1) for texts in ((), TEXTS))
    assert sum(row >= len(LATIN) for row in blind.eval) == 0
    assert 4 <= sum(row >= len(LATIN) for row in informed.eval) <= 10


def test_leakage_is_counted_by_script() -> None:
    """A rewording in Thai leaks from its script's own cosine, an English one from that of all."""
    split = select_eval(EvalPool(vectors(), questions=TEXTS), 36, k=1)
    assert split.threshold < 0.95 < split.by_script["thai"]
    thai = EvalRow("t", 0, None, Neighbour("a", 0.95, THAI[1]), reworded=THAI[0])
    english = EvalRow("e", 0, None, Neighbour("b", 0.95, LATIN[1]), reworded=LATIN[0])
    assert count_leaked_rows([thai, english], leak_likeness_of_split(split)) == 1
    assert np.isclose(split.threshold_of(THAI[0]), split.by_script["thai"])
