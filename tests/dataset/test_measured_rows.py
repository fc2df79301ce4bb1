"""What grading measured, in the dataset: columns, rows left out, and splits balanced by it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from groundwork.data_folder.read_write import write_jsonl
from groundwork.records import MEASURED, MeasuredRow
from groundwork.settings.config_files import CONFIG_DIR
from groundwork.stages.create_dataset import main
from tests.dataset.rows import pair, write_run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_run(tmp_path, "model-a", [pair(n) for n in range(60)])
    return tmp_path


def build(data: Path, *flags: str) -> int:
    return main(["--data", str(data), "--config", str(CONFIG_DIR / "local.json"), "--name", "made", *flags])


def rows(data: Path, split: str) -> list[dict[str, Any]]:
    table = pq.read_table(data / "datasets" / "made" / "data" / f"{split}-00000-of-00001.parquet")
    return table.to_pylist()


def measure(data: Path, count: int) -> None:
    """Grades of the first `count` pairs, one in four of them hard, the others easy."""
    made = [
        MeasuredRow(id=f"rules-{n:03}", question="", difficulty=1.0 if n % 4 == 0 else 0.0, guessed="easy", models=3)
        for n in range(count)
    ]
    flipping = MeasuredRow(
        id="rules-001", question="", difficulty=0.5, guessed="easy", models=3, flipping=["Says 1 metres"]
    )
    write_jsonl(data / "grades" / "run-model-a" / MEASURED, [made[0], flipping, *made[2:]])


@pytest.mark.parametrize(("strategy", "column"), [("category", "category"), ("difficulty", "difficulty")])
def test_eval_has_the_shares_of_all_rows(data: Path, strategy: str, column: str) -> None:
    """With the strategies category and difficulty each value has its share in eval, to the row."""
    assert build(data, "--strategy", strategy) == 0
    held = Counter(row[column] for row in rows(data, "eval"))
    whole = Counter(row[column] for row in rows(data, "train"))
    assert all(abs(held[value] - count / 5) < 1 for value, count in whole.items())
    assert {row["id"] for row in rows(data, "eval")} < {row["id"] for row in rows(data, "train")}


def test_measured_difficulty_balances_and_is_a_column(data: Path) -> None:
    """Where every row was graded, eval is balanced by what was measured, and the rows hold it."""
    measure(data, 60)
    assert build(data, "--strategy", "difficulty", "--grades", "run-model-a") == 0
    held = Counter(row["measured_difficulty"] for row in rows(data, "eval"))
    assert held[1.0] == 3  # a quarter of twelve
    (flipping,) = [row for row in rows(data, "train") if row["flipping_criteria"]]
    assert (flipping["id"], flipping["flipping_criteria"]) == ("rules-001", ["Says 1 metres"])


def test_partly_measured(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where some rows were not graded the guess balances, which is said, and their column is null."""
    measure(data, 12)
    assert build(data, "--strategy", "difficulty", "--grades", "run-model-a") == 0
    assert "difficulty was measured for 12 of 60 rows only" in capsys.readouterr().out
    known = [row["measured_difficulty"] for row in rows(data, "train")]
    assert known.count(None) == 48


def test_rows_that_flip_are_left_out_on_request(data: Path) -> None:
    """Rows whose grading flips leave the dataset with their reason in the report."""
    measure(data, 60)
    assert build(data, "--grades", "run-model-a", "--leave-out-flipping") == 0
    assert "rules-001" not in {row["id"] for s in ("train", "eval") for row in rows(data, s)}
    report = (data / "datasets" / "made" / "report.json").read_text()
    assert "left out, since its grading flips on: Says 1 metres" in report


def test_without_grades_the_columns_are_as_before(data: Path) -> None:
    """A dataset that was not graded has no columns of grading."""
    assert build(data) == 0
    assert not {"measured_difficulty", "flipping_criteria"} & rows(data, "train")[0].keys()


def test_grades_that_are_not_there(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown folder of grades is an error that names those that are there."""
    measure(data, 4)
    assert build(data, "--grades", "elsewhere") == 2
    assert "there are: run-model-a" in capsys.readouterr().err


def test_a_grading_that_failed_is_told_apart_from_none(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder of grades without measured rows is told as such, and is not among those that there are."""
    measure(data, 4)
    (data / "grades" / "failed").mkdir()
    assert build(data, "--grades", "failed") == 2
    told = capsys.readouterr().err
    assert "measured_rows.jsonl is missing from its folder" in told
    assert "(there are: run-model-a)" in told
