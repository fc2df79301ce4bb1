"""The state tells the truth: what was chosen is remembered, what hangs below a stale result is behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.commands.run_all import DEFAULT_DATASET
from groundwork.data_folder.read_write import read_json, read_jsonl, text_hash
from groundwork.installation import DEFAULTS
from groundwork.records import Pair
from groundwork.settings.config_files import PROJECT
from groundwork.stage_runner.remembered_flags import remembered_arguments
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.stage_runner.test_shards import settings

RUNS = ("alpha", "beta", "gamma")
BEFORE = ("ingest", "summarize", "chunk")


@pytest.fixture(scope="module")
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, server: FakeOpenRouter) -> Path:
    """Two documents and three runs."""
    root = tmp_path_factory.mktemp("made")
    (root / "documents").mkdir()
    for name in ("ferry", "tram"):
        sentences = " ".join(
            f"The {name} of line {line} leaves platform {line + 3} every {line + 7} minutes on workdays."
            for line in range(4)
        )
        (root / "documents" / f"{name}.md").write_text(f"# {name}\n\n{sentences}\n")
    for stage in BEFORE:
        assert main([stage, "--data", str(root), *settings(server)]) == 0
    for run in RUNS:
        assert main(["generate_qa", "--set", f"qa.model=test/{run}", "--data", str(root), *settings(server)]) == 0
    return root


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture
def call(data: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]):
    """Run a command over the folder, with alpha as the run of the settings; returns what it printed."""

    def run(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        given = [words[0], "--data", str(data), *settings(server), "--set", "qa.model=test/alpha", *words[1:]]
        assert main(given) == code, capsys.readouterr()
        said = capsys.readouterr()
        return said.out + said.err

    return run


def row(status: str, stage: str) -> str:
    """What the table of stages says of one."""
    return next(line for line in status.splitlines() if f"/{stage}.py" in line)


def test_a_choice_of_runs_is_remembered(call, data: Path) -> None:
    """What was made of two of three runs is current, and a whole run renews it as it was asked for."""
    call("coverage", "alpha", "beta")
    status = call("status")
    assert "2 done" in row(status, "coverage") and "stale" not in row(status, "coverage")
    call("run")
    page = read_json(data / "plots" / "coverage-ferry.json", dict)
    assert [one["run"] for one in page["runs"]] == ["alpha", "beta"]
    call("coverage")
    assert len(read_json(data / "plots" / "coverage-ferry.json", dict)["runs"]) == 3
    assert "2 done" in row(call("status"), "coverage")


def test_a_dataset_is_judged_by_the_flags_that_made_it(call) -> None:
    """Names and flags given to create_dataset are no change of settings; a changed setting of that dataset still is."""
    call("create_dataset", "beta", "--name", "lines", "--no-eval-split", "--org", "acme")
    status = call("status")
    assert "1 done" in row(status, "create_dataset")
    assert "1 done" in row(call("status", "--set", "dataset.seed=7"), "create_dataset"), "it has another name"
    status = call("status", "--set", "dataset.seed=7", "--set", "dataset.name=lines")
    assert "1 stale" in row(status, "create_dataset")


def test_a_run_renews_the_datasets_that_were_made_by_name(call, data: Path) -> None:
    """Each by the flags that made it, with its picture; the dataset of the settings is none that anybody asked for."""
    assert json.loads((DEFAULTS / "config.json").read_text())["dataset"]["name"] == DEFAULT_DATASET
    for name, run in (("lines", "beta"), ("stops", "gamma")):
        call("create_dataset", run, "--name", name, "--seed", "5")
        call("visualize_splits", name)
    pairs = data / "qa" / "beta" / "ferry.jsonl"
    pairs.write_text("".join(pairs.read_text().splitlines(keepends=True)[:-1]))
    assert "1 stale" in row(call("status"), "create_dataset")
    told = call("run")
    assert "with the flags of its last run: beta --set dataset.name=lines --set dataset.seed=5" in told
    assert {path.name for path in (data / "datasets").iterdir()} == {"lines", "stops"}
    status = call("status")
    assert "2 done" in row(status, "create_dataset") and "2 done" in row(status, "visualize_splits")
    call("run", "--set", "dataset.name=other")
    assert (data / "datasets" / "other").is_dir()


def test_a_choice_is_said_again_as_it_is_typed() -> None:
    """What is advised next holds the runs, names and flags that a result was made with."""
    choice = {"runs": ["beta"], "document": ["my ferry"], "settings": ["dataset.name=lines"]}
    assert remembered_arguments(choice) == " beta --document 'my ferry' --set dataset.name=lines"
    assert remembered_arguments({"keep_gone": True}) == " --keep-gone" and remembered_arguments({}) == ""


def test_what_hangs_below_a_stale_stage_is_behind(call, data: Path) -> None:
    """An edited text makes its chunks stale, and pairs and dataset of them behind; other documents stay done."""
    call("curate")
    call("create_dataset", "alpha", "--name", "lines")
    text = data / "text" / "ferry.md"
    text.write_text(text.read_text().replace("on workdays", "on Sundays"))
    status = call("status")
    assert "1 done, 1 stale" in row(status, "chunk")
    for stage in ("generate_qa", "curate", "create_dataset"):
        assert "behind" in row(status, stage), status
    assert "ferry in generate_qa" not in status or "waits for chunk of ferry" in status
    assert "next: uv run dataprep/summarize.py" in status
    call("run")
    assert "behind" not in call("status")


def test_a_merged_run_is_stale_once_one_of_its_runs_changes(call, data: Path) -> None:
    """A pair that a person rejects is named as still standing in a merge of its run; a dataset of that waits for it."""
    call("curate")
    merged = call("merge", "alpha", "beta", "--out", "both")
    assert "next: uv run dataprep/curate.py " in merged, "as for a run that a model has made"
    assert "next: uv run dataprep/curate.py " in call("status")
    assert " call" not in call("curate", "--dry-run"), "its pairs are curated"
    call("create_dataset", "both", "--name", "lines", "--no-eval-split")
    assert "in merge" not in call("status")
    pair = read_jsonl(data / "qa" / "alpha" / "ferry.jsonl", Pair)[0]
    decision = {"time": "2026-01-01T00:00:00Z", "reviewer": "mo", "verdict": "reject", "reason": "other"}
    decision |= {"pair": pair.id, "document": "ferry", "question_hash": text_hash(pair.question)}
    (data / "qa" / "alpha" / "decisions.jsonl").write_text(json.dumps(decision) + "\n")
    call("curate")
    status = call("status")
    assert "stale  alpha + beta -> both in merge: qa/alpha/curated/ferry.jsonl changed" in status
    assert "1 behind" in row(status, "create_dataset")
    for stage in ("generate_tags", "generate_embeddings"):
        call(stage)
    assert "visualization/merge.py alpha beta --out both" in call("status").partition("next: ")[2]
    call("merge", "alpha", "beta", "--out", "both")
    status = call("status")
    assert "in merge" not in status and "1 behind" not in row(status, "create_dataset")


def test_a_document_that_one_run_lacks_stays_one_of_the_others(call, data: Path) -> None:
    """--document means a document of any run; of none of them it is refused, and with --run of that run."""
    (data / "qa" / "beta" / "ferry.jsonl").unlink()
    said = call("run", "--document", "ferry")
    assert "no such document" not in said
    assert (data / "qa" / "alpha" / "curated" / "ferry.jsonl").exists()
    assert not (data / "qa" / "beta" / "curated" / "ferry.jsonl").exists()
    assert "--document fery: no such document; did you mean ferry?" in call("curate", "--document", "fery", code=2)
    assert "did you mean tram?" in call("curate", "--run", "beta", "--document", "ferry", code=2)
    assert "alpha (ferry)" in call("generate_tags", "--document", "ferry", "--force")
    assert "no such document" in call("generate_embeddings", "beta", "--document", "ferry", code=2)


def test_a_whole_dataset_is_not_cut_down_to_one_document(call, data: Path) -> None:
    """`run --document` leaves a dataset of all documents as it is, and makes or renews one of that document alone."""
    call("run", "--document", "ferry")
    (folder,) = (data / "datasets").iterdir()
    assert "of ferry" not in call("run", "--document", "ferry"), "it is of that document"
    card = (folder / "README.md").read_text()
    call("create_dataset", "--no-eval-split")
    whole = (folder / "README.md").read_text()
    assert whole != card
    said = call("run", "--document", "ferry")
    assert f"create_dataset: {folder.name} stays as it is, since it is of other documents" in said
    assert (folder / "README.md").read_text() == whole


def test_a_forced_call_that_fails_leaves_what_was(call, data: Path) -> None:
    """Without a key, or with replies that cannot be used, --force changes neither the files nor their state."""
    before = (data / "summaries" / "ferry.json").read_bytes()
    call("summarize", "--force", "--set", "llm.api_key_env=NO_SUCH_KEY", code=2)
    assert "2 done" in row(call("status"), "summarize")
    given = ["--set", "llm.base_url=http://127.0.0.1:9/v1", "--set", "llm.transport_retries=0"]
    call("summarize", "--force", *given, code=1)
    assert "2 done" in row(call("status"), "summarize")
    assert (data / "summaries" / "ferry.json").read_bytes() == before


def test_a_reader_that_goes_is_no_documents_failure(call, data: Path, server: FakeOpenRouter) -> None:
    """Behind `2>&1 | head -1` the stage does its work to the end, and nothing counts as failed."""
    environment = {**os.environ, "COLUMNS": "80", "PYTHONUNBUFFERED": "1"}
    words = [sys.executable, "-m", "groundwork", "coverage", "alpha", "--verbose", "--data", str(data)]
    read, write = os.pipe()
    os.close(read)
    with subprocess.Popen(
        [*words, *settings(server)], stdout=write, stderr=write, env=environment, cwd=PROJECT
    ) as process:
        os.close(write)
        process.wait(120)
    assert process.returncode == 0, "nothing was stopped"
    status = call("status")
    assert "2 done" in row(status, "coverage") and "failed" not in status


def test_a_reader_that_goes_stops_no_further_stage(data: Path, server: FakeOpenRouter) -> None:
    """Behind `| head -1` a whole run goes through all of its stages, and what follows a stage's report is done."""
    words = [sys.executable, "-m", "groundwork", "run", "--data", str(data), "--set", "qa.model=test/alpha"]
    words += ["--set", "embeddings.backend=static", "--set", "embeddings.model=wordllama", *settings(server)]
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    read, write = os.pipe()
    os.close(read)
    with subprocess.Popen(words, stdout=write, stderr=subprocess.PIPE, cwd=PROJECT, env=environment) as process:
        os.close(write)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    assert [path.name for path in (data / "datasets").iterdir()] == [DEFAULT_DATASET]
