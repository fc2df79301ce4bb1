"""What a DATASET argument may be: runs, finished datasets, folders, files, Hub ids; and what is wrong with the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from groundwork.data_folder.runs.run_files import run_names
from groundwork.data_folder.workspace import Workspace
from groundwork.dataset.dataset_argument import locate_dataset, locate_datasets
from groundwork.dataset.load_dataset import QuestionRow, load_dataset
from groundwork.errors import BadRecord, UsageError
from groundwork.settings.config_files import PROJECT
from tests.fake_hub import FakeHub, Repo
from tests.synthetic_runs import pairs, write_run


@pytest.fixture
def data(tmp_path: Path) -> Workspace:
    write_run(tmp_path, "gemini", pairs(12, "gemini"))
    return Workspace(tmp_path)


def write(path: Path, *records: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def rows_of(path: Path, data: Workspace) -> list[QuestionRow]:
    return load_dataset(locate_dataset(str(path), data)).rows


def test_a_run_by_its_name(data: Workspace) -> None:
    """A run's rows are all of its documents', with everything a pair has; its rejected rows are not among them."""
    write(data.path("qa", "gemini", "rejected", "rules.jsonl"), {"question": "no"})
    dataset = load_dataset(locate_dataset("gemini", data))
    assert len(dataset.rows) == 12
    assert all(row.evidence and row.document and row.chunk and row.pages and row.headings for row in dataset.rows)
    assert run_names(data) == ["gemini"]


def test_a_run_is_what_curation_kept_of_it(data: Workspace) -> None:
    """RUN is what create_dataset would take: curated where curation has run; RUN/raw is all, RUN/curated the rest."""
    rules, guide = (file.stem for file in sorted(data.path("qa", "gemini").glob("*.jsonl")))
    whole = {row.id for row in load_dataset(locate_dataset("gemini", data)).rows}
    kept = load_dataset(locate_dataset("gemini", data)).rows[0]
    write(data.path("qa", "gemini", "curated", f"{kept.document}.jsonl"), {"id": kept.id, "question": kept.question})
    other = {row.id for row in load_dataset(locate_dataset("gemini/raw", data)).rows if row.document != kept.document}
    assert {rules, guide} > {kept.document}
    assert {row.id for row in load_dataset(locate_dataset("gemini", data)).rows} == {kept.id, *other}
    assert {row.id for row in load_dataset(locate_dataset("gemini/curated", data)).rows} == {kept.id}
    assert {row.id for row in load_dataset(locate_dataset("gemini/raw", data)).rows} == whole
    assert len({locate_dataset(name, data).key for name in ("gemini", "gemini/curated", "gemini/raw")}) == 3


def test_a_folder_beside_the_data_by_its_relative_name(data: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """`../rows` names a folder from here, however far up it leads."""
    write(data.root / "outside" / "rows.jsonl", {"question": "How long is it?"})
    (data.root / "a" / "b" / "c").mkdir(parents=True)
    monkeypatch.chdir(data.root / "a" / "b" / "c")
    assert len(load_dataset(locate_dataset("../../../outside", data)).rows) == 1


def test_rows_come_in_one_order_whatever_the_files_say(data: Workspace, tmp_path: Path) -> None:
    """The order depends on the rows alone, so maps of the same rows are the same map."""
    records = [{"question": f"question {n}?"} for n in range(5)]
    one = rows_of(write(tmp_path / "a.jsonl", *records), data)
    other = rows_of(write(tmp_path / "b.jsonl", *reversed(records)), data)
    assert one == other


def test_rows_without_ids_get_stable_distinct_ones(data: Workspace, tmp_path: Path) -> None:
    """An id is made of the row's text; equal rows are told apart by a number."""
    rows = rows_of(write(tmp_path / "a.jsonl", *[{"question": "same?"}] * 3), data)
    assert len({row.id for row in rows}) == 3
    assert {row.id.partition("-")[0] for row in rows} == {rows[0].id.partition("-")[0]}


def test_a_number_behind_an_id_is_not_another_rows_id(data: Workspace, tmp_path: Path) -> None:
    """A row keeps its own id; of two with the same the second gets a number that is free."""
    records = [{"id": row_id, "question": f"question {row_id}?"} for row_id in ("a", "a", "a", "a-2", "b")]
    rows = rows_of(write(tmp_path / "a.jsonl", *records), data)
    assert [row.id for row in rows] == ["a-2", "a", "a-3", "a-4", "b"]


def test_a_folder_of_splits(data: Workspace, tmp_path: Path) -> None:
    """Files named after splits give their rows that split, as JSONL and in the Hub's own layout of Parquet."""
    import pyarrow
    from pyarrow.parquet import write_table

    folder = tmp_path / "touch-rugby"
    for split in ("train", "eval", "eval_mirror"):
        (folder / "data").mkdir(parents=True, exist_ok=True)
        table = pyarrow.table({"question": [f"{split}?"], "answer": ["yes"], "pages": [[1, 2]]})
        write_table(table, folder / "data" / f"{split}-00000-of-00001.parquet")
    dataset = load_dataset(locate_dataset(str(folder), data))
    assert dataset.splits == ["train", "eval", "eval_mirror"]
    assert {row.pages[1] for row in dataset.rows} == {2}


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "why?", "completion": "so"},
        {"instruction": "why?", "output": "so"},
        {"messages": [{"role": "user", "content": "why?"}, {"role": "assistant", "content": "so"}]},
        {"conversations": [{"from": "human", "value": "why?"}, {"from": "gpt", "value": "so"}]},
        {
            "prompt": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "why?"}],
            "completion": [{"role": "assistant", "content": "so"}],
        },
    ],
)
def test_other_peoples_columns(data: Workspace, tmp_path: Path, record: object) -> None:
    """The usual forms of fine-tuning data are read without being converted first."""
    (row,) = rows_of(write(tmp_path / "a.jsonl", record), data)
    assert (row.question, row.answer) == ("why?", "so")


def test_a_missing_column_is_named_with_those_found(data: Workspace, tmp_path: Path) -> None:
    """A dataset without questions is refused by what it has instead."""
    with pytest.raises(UsageError, match=r"no column 'question'.*it has: text, label"):
        rows_of(write(tmp_path / "a.jsonl", {"text": "x", "label": 1}), data)


def test_rows_without_a_question_are_counted(data: Workspace, tmp_path: Path) -> None:
    """Empty questions are left out, and the warning says how many."""
    file = write(tmp_path / "a.jsonl", {"question": "one?"}, {"question": " "}, {"question": None})
    dataset = load_dataset(locate_dataset(str(file), data))
    assert len(dataset.rows) == 1
    assert dataset.warnings == ["a: 2 rows without a question were left out"]


def test_questions_that_are_no_text_are_told_from_empty_ones(data: Workspace, tmp_path: Path) -> None:
    """A column of numbers is not a column of empty questions: the warning tells; other columns may hold anything."""
    odd = {"question": "Fine?", "pages": [1.5], "evidence": 3, "split": 4, "document": ["d"], "iteration": "x"}
    file = write(tmp_path / "a.jsonl", {"question": 5}, {"question": ["b"]}, {"question": None}, odd)
    dataset = load_dataset(locate_dataset(str(file), data))
    assert [row.question for row in dataset.rows] == ["Fine?"]
    assert dataset.warnings == [
        "a: 1 row whose question is not text (int) was left out",
        "a: 1 row whose question is not text (list) was left out",
        "a: 1 row without a question was left out",
    ]


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_no_dataset(data: Workspace, name: str) -> None:
    """An unset variable in a command does not mean the folder that one stands in."""
    with pytest.raises(UsageError, match="name is empty"):
        locate_dataset(name, data)


def test_a_damaged_line_is_named(data: Workspace, tmp_path: Path) -> None:
    """The error has the file and the line."""
    file = write(tmp_path / "a.jsonl", {"question": "one?"})
    file.write_text(file.read_text() + "{broken\n")
    with pytest.raises(BadRecord, match=r"a\.jsonl, line 2"):
        rows_of(file, data)


def test_a_damaged_parquet_file_is_named(data: Workspace, tmp_path: Path) -> None:
    """A file that only bears the name of Parquet is an error that names it."""
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(BadRecord, match=r"a\.parquet.*write it again"):
        rows_of(tmp_path / "a.parquet", data)


def test_an_unknown_name_offers_the_nearest(data: Workspace) -> None:
    """A misspelt run is refused with the run that was meant."""
    with pytest.raises(UsageError, match="did you mean gemini"):
        locate_dataset("gemeni", data)


def test_a_folder_without_data(data: Workspace, tmp_path: Path) -> None:
    """An empty folder is refused by what it lacks."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"no \.jsonl"):
        locate_dataset(str(tmp_path / "empty"), data)


def test_a_dataset_is_not_compared_with_itself(data: Workspace) -> None:
    """Naming one dataset twice is refused."""
    with pytest.raises(UsageError, match="named twice"):
        locate_datasets(["gemini", "gemini"], data)


def test_folders_of_one_name_are_told_apart(data: Workspace, tmp_path: Path) -> None:
    """Two folders called alike get distinct names and distinct file names."""
    for place in ("a/rugby", "b/rugby"):
        write(tmp_path / place / "rows.jsonl", {"question": "one?"})
    one, other = locate_datasets([str(tmp_path / "a/rugby"), str(tmp_path / "b/rugby")], data)
    assert one.key != other.key
    assert {one.name, other.name} == {"a/rugby", "b/rugby"}


def test_hub_ids(data: Workspace) -> None:
    """`org/name@revision:split` is taken apart; nothing is asked of the network for that."""
    source = locate_dataset("acme/touch-rugby@v1.0:eval", data)
    assert (source.hub_id, source.revision, source.split) == ("acme/touch-rugby", "v1.0", "eval")


HUB_SCRIPT = """
import sys
from pathlib import Path
from groundwork.errors import UsageError
from groundwork.data_folder.workspace import Workspace
from groundwork.dataset.dataset_argument import locate_dataset, pin_revision
from groundwork.dataset.load_dataset import load_dataset
data = Workspace(Path(sys.argv[1]))
for argument in sys.argv[2:]:
    try:
        source = pin_revision(locate_dataset(argument, data), data)
        rows = load_dataset(source).rows
        print(argument, len(rows), sorted({row.split for row in rows}), source.revision)
    except UsageError as error:
        print(argument, "refused:", error)
"""


def test_a_hub_dataset_by_the_real_clients(tmp_path: Path) -> None:
    """Rows, splits and revisions come through datasets and huggingface_hub; what is private or absent is refused."""
    card = b"---\nconfigs:\n- config_name: default\n  data_files:\n"
    for split in ("train", "eval"):
        card += f"  - split: {split}\n    path: {split}.jsonl\n".encode()
    train, evaluation = (json.dumps({"question": f"{name}?"}).encode() + b"\n" for name in ("train", "eval"))
    before = {"README.md": card + b"---\n", "train.jsonl": train, "eval.jsonl": evaluation}
    after = {**before, "train.jsonl": train + b'{"question": "more?"}\n'}
    with FakeHub() as hub:
        hub.repos["acme/rugby"] = Repo("acme/rugby", False, [("a" * 40, "first", before), ("b" * 40, "second", after)])
        hub.repos["acme/secret"] = Repo("acme/secret", True, [("c" * 40, "first", before)])
        hub.repos["acme/gated"] = Repo("acme/gated", False, [("d" * 40, "first", before)], gated=True)
        broken = {"README.md": b"# no head", "train.jsonl": b'{"question": "one?"}\n{broken\n'}
        hub.repos["acme/broken"] = Repo("acme/broken", False, [("e" * 40, "first", broken)])
        refused = ["acme/secret", "acme/nothing", "acme/gated", "acme/rugby@v9", "acme/broken"]
        asked = ["acme/rugby", f"acme/rugby@{'a' * 40}:train", *refused]
        environment = {
            **os.environ,
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_TOKEN": "",
        }
        done = subprocess.run(
            [sys.executable, "-c", HUB_SCRIPT, str(tmp_path), *asked],
            env=environment, cwd=PROJECT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[:2] == [
        f"acme/rugby 3 ['eval', 'train'] {'b' * 40}",
        f"acme/rugby@{'a' * 40}:train 1 ['train'] {'a' * 40}",
    ], done.stderr
    assert all("refused" in line and "hf auth login" in line for line in lines[2:5])
    assert "gated dataset" in lines[4]
    assert lines[5].endswith("has no revision 'v9'")
    assert "JSON parse error" in lines[6]
    assert not done.stderr
