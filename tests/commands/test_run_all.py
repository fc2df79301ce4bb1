"""The whole pipeline on a small document, by the parts that ship with the project: no key, no network."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.data_folder.read_write import read_jsonl
from groundwork.records import Chunk, Pair
from groundwork.settings.config_files import PROJECT
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.stage_runner.test_shards import settings

RULES = """# Ferry rules of Port Ellary

## 1 Times

The first ferry leaves Port Ellary at 06:40 on weekdays and at 08:10 on Sundays. The crossing to Kelda Bay takes
35 minutes. The last ferry of the day leaves Kelda Bay at 21:15.

No ferry sails when the wind is above 38 knots. The harbour master announces a cancelled sailing at least 45 minutes
before its time.

## 2 Fares

A single crossing costs €6.50 for an adult and €3.00 for a child under 14. A bicycle travels for €2.00. Dogs travel free
of charge but must stay on the open deck.
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "ferry.md").write_text(RULES)
    return tmp_path


@pytest.fixture
def fake_model() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as server:
        yield server


@pytest.mark.live
@pytest.mark.timeout(1500)
def test_documents_become_a_dataset(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One command takes documents to a dataset that loads; a second one finds everything current."""
    command = ["run", "--config", str(PROJECT / "config" / "local.json"), "--set", "qa.limit=5", "--data", str(data)]
    assert main(command) == 0, capsys.readouterr().out
    assert "dataset   " in capsys.readouterr().out

    chunks = {chunk.id: chunk for chunk in read_jsonl(data / "chunks" / "ferry.jsonl", Chunk)}
    [qa] = (data / "qa").glob("*/ferry.jsonl")
    pairs = read_jsonl(qa, Pair)
    assert pairs
    for pair in pairs:
        assert pair.evidence
        assert all(quote in chunks[pair.chunk].text for quote in pair.evidence)

    from datasets import load_dataset

    [folder] = (data / "datasets").iterdir()
    loaded = load_dataset(str(folder), cache_dir=str(data / "cache"))
    assert set(loaded) == {"train", "eval"}
    assert len(loaded["train"]) == len(pairs) and len(loaded["eval"]) >= 1  # which is a copy of rows of train

    assert main(command) == 0
    out = capsys.readouterr().out
    assert " ok" not in out
    assert main(["status", "--config", command[2], "--set", "qa.limit=5", "--data", str(data)]) == 0
    assert "nothing; everything is current" in capsys.readouterr().out


def test_status_says_what_to_do_next(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The state of every document in every stage, why a stage is stale, and the next command."""
    assert main(["status", "--data", str(data)]) == 0
    assert "next: uv run dataprep/ingest.py" in capsys.readouterr().out
    assert main(["ingest", "--data", str(data)]) == 0
    assert main(["chunk", "--data", str(data)]) == 0
    capsys.readouterr()
    main(["status", "--data", str(data), "--set", "chunk.max_length=3000"])
    out = capsys.readouterr().out
    assert "stale  ferry in chunk: chunk.max_length changed" in out
    assert "next: uv run dataprep/summarize.py" in out


def test_a_run_over_nothing_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without documents the run is a usage error that says where to put them."""
    assert main(["run", "--data", str(tmp_path)]) == 2
    assert "no documents; put PDF" in capsys.readouterr().err
    assert main(["status", "--data", str(tmp_path)]) == 0
    assert f"put documents into {tmp_path / 'documents'}, then: " in capsys.readouterr().out


def test_failures_of_earlier_runs_are_not_taken_for_new_ones(
    data: Path, fake_model: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """What failed in this run comes first; what was not tried again, as of an earlier one, while it is there."""
    (data / "documents" / "broken.pdf").write_bytes(b"%PDF-1.7\nno more")
    (data / "documents" / "torn.pdf").write_bytes(b"%PDF-1.7\nno more")
    command = ["run", "--data", str(data), *settings(fake_model), "--document"]
    assert main([*command, "broken"]) == 1
    first = capsys.readouterr().out.rpartition("finished in")[2]
    assert ", 1 failed\n  ingest: broken: " in first and "earlier run" not in first
    assert main([*command, "torn"]) == 1
    second = capsys.readouterr().out.rpartition("finished in")[2]
    assert ", 1 failed\n  ingest: torn: " in second
    assert "\n1 failed in an earlier run, not tried again in this one\n  ingest: broken: " in second
    (data / "documents" / "broken.pdf").unlink()
    assert main([*command, "ferry"]) == 0
    third = capsys.readouterr().out.rpartition("finished in")[2]
    assert "broken" not in third and "1 failed in an earlier run" in third


def test_what_a_run_lacks_is_said_before_it_begins(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing key and a missing extra are named together, with the variable and the ways without them."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "")
    assert main(["run", "--data", str(data)]) == 2
    message = capsys.readouterr().err
    assert "OPENROUTER_API_KEY" in message
    assert "--config local" in message
    assert ("embeddings.backend=static" in message) == (find_spec("sentence_transformers") is None)
    assert not (data / "text").exists()


def test_a_folder_that_cannot_be_written(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A data folder in which nothing can be made is one line with the path."""
    (data / ".state").write_text("in the way")
    assert main(["ingest", "--data", str(data)]) in (1, 2)
    assert ".state" in capsys.readouterr().err
