"""The pairs that benchmarks/teaching.py compares where none are named: six ways to ask about one sample handbook."""

from __future__ import annotations

from pathlib import Path

from groundwork.data_folder.workspace import Workspace
from groundwork.dataset.dataset_argument import locate_dataset
from groundwork.dataset.load_dataset import QuestionRow, load_dataset

PAIRS = Path(__file__).resolve().parent / "teaching_pairs"
EXAMPLES = PAIRS.parents[1] / "examples"
EXAMINER = PAIRS / "examiner.jsonl"  # questions of a third origin, that none of the others was made from
Rows = list[QuestionRow]


def arms() -> dict[str, Rows]:
    """Rows to train on by their origin; the first is what the others are compared with."""
    ours = _rows(EXAMPLES / "qa" / "alpha" / "curated")
    copies = _rows(PAIRS / "phrasings.jsonl")
    return {
        "groundwork": ours,
        "first-iteration": [row for row in ours if row.iteration == 1],
        "phrasings-2": _with_copies(ours, copies, 2),
        "phrasings-4": _with_copies(ours, copies, 4),
        "naive": _rows(PAIRS / "naive.jsonl"),
        "peer": _rows(PAIRS / "peer.jsonl"),
    }


def _with_copies(rows: Rows, copies: Rows, most: int) -> Rows:
    """The rows and their copies `~2` to `~most`, in the order in which a file of them would be read."""
    chosen = [copy for copy in copies if int(copy.id.rpartition("~")[2]) <= most]
    return sorted([*rows, *chosen], key=lambda row: (row.question, row.answer))


def _rows(place: Path) -> Rows:
    return load_dataset(locate_dataset(str(place), Workspace(EXAMPLES))).rows
