"""Merging runs: what stays, what goes, and that both are written down."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from groundwork.data_folder.read_write import read_jsonl
from groundwork.dataset.dataset_argument import DatasetSource
from groundwork.dataset.load_dataset import Dataset, QuestionRow
from groundwork.dataset.merged_runs import JoinedRuns, MergeCandidate, merge_candidates, write_merged_run
from groundwork.dataset.question_vectors import EmbeddedDataset
from groundwork.questions.duplicates.likeness_calibration import Likeness
from groundwork.records import Pair, Rejected
from tests.synthetic_runs import pairs

PAIR = pairs(1, "a")[0]


def candidate(name: str, question: str, run: str = "a", **changes: object) -> MergeCandidate:
    return MergeCandidate(msgspec.structs.replace(PAIR, id=name, question=question, **changes), run, "ab".index(run))


def test_of_near_duplicates_the_better_supported_stays(tmp_path: Path) -> None:
    """More evidence wins over the order of the runs, and the rejected copy says so."""
    weak, strong = candidate("1", "How long?"), candidate("2", "How long is it?", "b", evidence=["x", "y"])
    merged = merge_candidates([weak, strong], np.ones((2, 4), dtype=np.float32) / 2, Likeness(0.9))
    write_merged_run(tmp_path, merged)
    assert [row.id for row in read_jsonl(tmp_path / f"{PAIR.document}.jsonl", Pair)] == ["2"]
    (rejected,) = read_jsonl(tmp_path / "rejected" / f"{PAIR.document}.jsonl", Rejected)
    assert rejected.reason == "duplicate"
    assert "of 2 of b (cosine 1.000), kept for more evidence" in rejected.detail
    assert rejected.pair["run"] == "a"


def test_the_run_named_first_wins_among_equals(tmp_path: Path) -> None:
    """Copies of equal worth are taken from the run that is named first."""
    merged = merge_candidates(
        [candidate("2", "Same?", "b"), candidate("1", "same? ")], np.eye(2, dtype=np.float32), Likeness(0.9)
    )
    write_merged_run(tmp_path, merged)
    assert [row.id for row in read_jsonl(tmp_path / f"{PAIR.document}.jsonl", Pair)] == ["1"]
    (rejected,) = read_jsonl(tmp_path / "rejected" / f"{PAIR.document}.jsonl", Rejected)
    assert "kept for its run is named first" in rejected.detail


def test_splits_that_number_their_rows_alike_keep_distinct_ids() -> None:
    """A dataset may count the rows of train, eval and test from 0: each comes into the union under an id of its own."""
    joined = JoinedRuns([])
    for name in ("first", "second"):
        rows = [QuestionRow(id="0", question=f"{name} {split}?", split=split) for split in ("train", "eval", "test")]
        source = DatasetSource(name=name, key=name, kind="files")
        joined.add(EmbeddedDataset(Dataset(source=source, rows=rows), np.eye(3, dtype=np.float32)))
    ids = [candidate.pair.id for candidate in joined.candidates]
    assert ids == ["0", "first-0", "first-0-2", "second-0", "second-0-2", "second-0-3"]


def test_different_numbers_are_different_questions() -> None:
    """However near their vectors: a year, a rule's number or a page makes another question."""
    rows = [candidate("1", "What was the revenue in 2021?"), candidate("2", "What was the revenue in 2022?", "b")]
    assert len(merge_candidates(rows, np.ones((2, 4), dtype=np.float32) / 2, Likeness(0.9)).kept) == 2


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        ("What is the maximum weight of a skiff?", "What is the minimum weight of a skiff?", 2),
        ("Who signs the form in Orrin?", "Who signs the form in Sarn?", 2),
        ("Who may row in the 1,000 m race?", "Who may row in the 1000 m race?", 1),
        ("How many of the twenty boats start?", "How many of the 20 boats start?", 1),
    ],
)
def test_merging_and_generation_agree_on_what_is_one_question(one: str, other: str, kept: int) -> None:
    """Opposites and names make two questions; two spellings of a number do not."""
    rows = [candidate("1", one), candidate("2", other, "b")]
    assert len(merge_candidates(rows, np.ones((2, 4), dtype=np.float32) / 2, Likeness(0.9)).kept) == kept


def test_nothing_disappears_and_every_dropped_copy_has_a_near_keeper() -> None:
    """Kept and dropped together are all rows, and each dropped one is within the threshold of what stays for it."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(120, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = [candidate(str(n), f"question {'x' * n}?", "ab"[n % 2], evidence=[], answer="") for n in range(120)]
    merged = merge_candidates(rows, vectors, Likeness(0.95))
    kept = set(merged.kept)
    assert kept | {one.copy for one in merged.dropped} == set(range(120))
    assert len(kept) + len(merged.dropped) == 120
    assert all(one.keeper in kept and one.cosine >= 0.95 - 1e-6 for one in merged.dropped)
    for row in merged.kept:
        near = vectors @ vectors[row] >= 0.95
        assert not [n for n in np.flatnonzero(near).tolist() if n in kept and n != row]


def test_one_question_ten_thousand_times() -> None:
    """A dataset of nothing but copies is merged to one row without a matrix of all pairs."""
    rows = [candidate(str(n), "Same?") for n in range(10_000)]
    merged = merge_candidates(rows, np.ones((10_000, 8), dtype=np.float32) / 8**0.5, Likeness(0.9))
    assert len(merged.kept) == 1
    assert len(merged.dropped) == 9_999
