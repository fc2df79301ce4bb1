"""How people use grade.py: over the checkpoints of a training, with two judges, open book, from run, build and Hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from groundwork.data_folder.read_write import read_jsonl, write_jsonl
from groundwork.records import MEASURED, Grade, MeasuredRow, Pair
from groundwork.settings.config_files import CONFIG_DIR, PROJECT
from groundwork.stages import create_dataset
from tests.fake_hub import FakeHub, Repo
from tests.fake_openrouter import FakeOpenRouter
from tests.grading.scripted import World, fact


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with FakeOpenRouter().thread() as server:
        yield World(tmp_path, server, rows=24)


def checkpoint(world: World, step: int, known: int, by_heart: int) -> str:
    """The answers of a step that knows `known` facts, and `by_heart` more in the words of training alone."""
    lines = [
        {"id": one["id"], "split": split, "answer": one["answer"] if n < limit else "I do not know."}
        for split, limit in (("eval", known), ("eval_mirror", known + by_heart))
        for n, one in enumerate(world.facts)
    ]
    write_jsonl(world.root / f"checkpoint-{step}" / "answers.jsonl", lines)
    return str(world.root / f"checkpoint-{step}" / "answers.jsonl")


def write_run(world: World, run: str = "gates") -> None:
    """The facts as a run of generate_qa."""
    facts = [{k: v for k, v in fact(n).items() if k in Pair.__struct_fields__} for n in range(24)]
    write_jsonl(world.root / "qa" / run / "doc.jsonl", [Pair(**one, iteration=1, model="m") for one in facts])


def build(world: World, *flags: str) -> None:
    local = ["--data", str(world.root), "--config", str(CONFIG_DIR / "local.json"), "gates", "--name", "built"]
    assert create_dataset.main([*local, *flags]) == 0


def test_the_curve_of_a_training(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Checkpoints graded as they come stand in one report, in the order of their steps, where overfitting shows."""
    assert world.grade("--answers", checkpoint(world, 100, 8, 0)) == 0
    later = ["--answers", checkpoint(world, 1000, 6, 18), "--answers", checkpoint(world, 200, 12, 4)]
    assert world.grade(*later) == 0
    models = world.report()["models"]
    assert [model["step"] for model in models] == [100, 200, 1000]
    eval_scores = [round(model["splits"]["eval"]["score"][0], 3) for model in models]
    assert eval_scores == [round(8 / 24, 3), 0.5, 0.25]
    assert [model["gap"]["conclusion"] for model in models][2] == "learnt by heart"
    out = capsys.readouterr().out
    assert "100: 33%, 200: 50%, 1000: 25%" in out
    assert "overfitting" in out
    assert (world.root / "grades" / "gates" / "report.html").exists()


def test_two_judges(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The first judge's verdicts count; how far the second agrees is said, and its draws stand beside."""
    own = world.server.reply

    def strict(body: dict) -> str:
        told = own({**body, "model": "test/judge"})
        return told.replace('"met"', '"unmet"') if body["model"] == "test/judge-b" and "gate 3 " in str(body) else told

    world.server.reply = lambda body: strict(body) if "judge" in body["model"] else own(body)
    assert world.grade("--model", "test/knows-all", "--judge", "test/judge", "--judge", "test/judge-b") == 0
    found = world.report()["consistency"]
    assert found["judges"] == ["test/judge", "test/judge-b"]
    assert found["agreement"] == pytest.approx(47 / 48)
    assert world.report()["models"][0]["splits"]["eval"]["score"][0] == 1
    assert "test/judge and test/judge-b agree on 98% of the criteria" in capsys.readouterr().out
    grades = read_jsonl(world.root / "grades" / "gates" / "test-knows-all.jsonl", Grade)
    assert {draw.judge for g in grades for c in g.criteria for draw in c.draws} == {"test/judge", "test/judge-b"}


@pytest.mark.parametrize(("flag", "shown"), [("--open-book", True), ("--closed-book", False)])
def test_the_book(world: World, flag: str, shown: bool) -> None:
    """With the book open the model and the judge see the evidence, with it closed neither."""
    assert world.grade("--model", "test/half", flag, "--splits", "eval") == 0
    bodies = [body for body in world.server.requests if "numbered 0, " in str(body)]
    told = [any("of copper, stands" in str(turn) for turn in body["messages"]) for body in bodies]
    assert told
    assert all(told) if shown else not any(told)
    assert world.report()["open_book"] is shown


def test_a_built_dataset_is_graded_as_it_is(world: World) -> None:
    """The Parquet files of create_dataset hold all that grading shows scores by."""
    write_run(world)
    build(world, "--strategy", "clone")
    assert world.grade("built", "--model", "test/half") == 0
    (model,) = world.report("built")["models"]
    assert {"category", "difficulty", "cluster", "document"} <= model["facets"].keys()
    assert model["splits"]["eval"]["answers"] == 4


def test_a_graded_run_shapes_the_next_dataset(world: World) -> None:
    """Difficulty measured on a run becomes a column, and balances eval."""
    write_run(world)
    assert world.grade("gates", "--name", "first look", "--model", "test/half", "--splits", "eval") == 0
    write_run(world, "wide")
    assert world.grade("wide", "--model", "test/half", "--model", "test/nothing") == 0
    measured = read_jsonl(world.root / "grades" / "run-wide" / MEASURED, MeasuredRow)
    assert {row.difficulty for row in measured} == {0.5, 1.0}
    build(world, "--grades", "run-wide", "--strategy", "difficulty")
    table = pq.read_table(world.root / "datasets" / "built" / "data" / "eval-00000-of-00001.parquet").to_pylist()
    assert sorted(row["measured_difficulty"] for row in table) == [0.5, 0.5, 1.0, 1.0]
    assert (world.root / "grades" / "first-look" / "report.json").exists()


@pytest.mark.slow
def test_a_dataset_on_the_hub(world: World) -> None:
    """Anybody's dataset is graded by its Hub id, through the real clients."""
    rows = "".join(
        json.dumps({"id": one["id"], "instruction": one["trained"], "output": one["answer"], "rubric": one["tags"]})
        + "\n"
        for one in world.facts
    )
    card = b"---\nconfigs:\n- config_name: default\n  data_files:\n  - split: test\n    path: test.jsonl\n---\n"
    with FakeHub() as hub:
        files = {"README.md": card, "test.jsonl": rows.encode()}
        hub.repos["acme/gates"] = Repo("acme/gates", False, [("a" * 40, "first", files)])
        environment = os.environ | {
            "HF_ENDPOINT": hub.url, "HF_HOME": str(world.root / "hf"), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "",
        }  # fmt: skip
        command = [sys.executable, "dataprep/grade.py", "--data", str(world.root), *world.settings, "acme/gates"]
        done = subprocess.run(
            [*command, "--model", "test/half"], env=environment, cwd=PROJECT, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    (model,) = world.report("hub-acme-gates")["models"]
    assert model["splits"]["test"]["answers"] == 24
    assert model["splits"]["test"]["score"][0] == pytest.approx(0.5)
