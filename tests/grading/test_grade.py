"""grade.py from the command line against a scripted server: models of known knowledge, a judge of known noise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from groundwork.data_folder.read_write import read_jsonl, write_jsonl
from groundwork.records import Grade
from groundwork.settings.config_files import load
from tests.fake_openrouter import FakeOpenRouter
from tests.grading.scripted import ANSWERERS, World

FLASH = "google/gemini-2.5-flash"


@pytest.fixture
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter().thread() as fake:
        yield fake


def models(*names: str) -> list[str]:
    return [word for name in names for word in ("--model", f"test/{name}")]


def test_what_each_model_knows_is_concluded(server: FakeOpenRouter, tmp_path: Path, capsys) -> None:
    """Known knowledge gives the right conclusion, and the judge's worth is printed before any score."""
    world = World(tmp_path, server, rows=32)
    assert world.grade(*models(*ANSWERERS)) == 0
    report = world.report()
    found = {model["name"]: model["gap"]["conclusion"] for model in report["models"]}
    assert found == {
        "test/knows-all": "learnt",
        "test/by-heart": "learnt by heart",
        "test/paraphrases": "learnt",
        "test/nothing": "not learnt",
        "test/half": "learnt",
    }
    scores = {model["name"]: model["splits"]["eval"]["score"][0] for model in report["models"]}
    assert scores == {
        "test/knows-all": 1, "test/by-heart": 0, "test/paraphrases": 1, "test/nothing": 0, "test/half": 0.5,
    }  # fmt: skip
    out = capsys.readouterr().out
    assert out.index("judge: sensitivity 100%") < out.index("judge: specificity 100%") < out.index("criteria met")
    grades = read_jsonl(tmp_path / "grades" / "gates" / "test-half.jsonl", Grade)
    assert len(grades) == 64
    assert [len(c.draws) for g in grades for c in g.criteria if c.by == "judge"].count(3) >= 64


def test_a_judge_of_known_noise(server: FakeOpenRouter, tmp_path: Path) -> None:
    """The flip rate of a judge that turns a share e of its verdicts is 2 e (1 - e)."""
    noise = 0.1
    world = World(tmp_path, server, rows=64, noise=noise)
    assert world.grade(*models("knows-all"), "--set", "grade.judge.check_rows=8") == 0
    found = world.report()["consistency"]
    assert found["flip_rate"] == pytest.approx(2 * noise * (1 - noise), abs=0.04)
    assert found["criteria"] == 128  # the other half is settled by rule


def test_nothing_is_paid_twice(server: FakeOpenRouter, tmp_path: Path) -> None:
    """A second run asks nothing; one more repeat asks one draw an answer, and another model its own."""
    world = World(tmp_path, server, rows=12)
    assert world.grade(*models("knows-all")) == 0
    asked = len(server.requests)
    assert world.grade(*models("knows-all")) == 0
    assert len(server.requests) == asked
    assert world.grade(*models("knows-all"), "--repeats", "4") == 0
    draws = len(server.requests) - asked
    assert draws < asked / 2
    again = len(server.requests)
    assert world.grade(*models("half"), "--repeats", "4") == 0
    new = server.requests[again:]
    assert {body["model"] for body in new} == {"test/half", "test/judge"}
    assert sum(body["model"] == "test/half" for body in new) == 24


def test_train_beside_eval_and_mirror_leaves_the_gap(server: FakeOpenRouter, tmp_path: Path) -> None:
    """The gap is that of eval and its mirror, also where train is graded as well and comes first."""
    world = World(tmp_path, server, rows=32)
    assert world.grade(*models("by-heart"), "--splits", "train,eval,eval_mirror", "--repeats", "1") == 0
    (model,) = world.report()["models"]
    assert list(model["splits"]) == ["train", "eval", "eval_mirror"]
    assert model["gap"]["conclusion"] == "learnt by heart"


def test_a_judge_that_is_to_think_grades_anew(
    server: FakeOpenRouter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """grade.judge.thinking decides about verdicts, like all else that the judge is asked with."""
    world = World(tmp_path, server, rows=8)
    assert world.grade(*models("knows-all"), "--repeats", "1") == 0
    assert world.grade(*models("knows-all"), "--repeats", "1", "--dry-run", "--set", "grade.judge.thinking=true") == 0
    assert "stale (grade.judge.thinking changed)" in capsys.readouterr().out


def test_a_dry_run_prices_a_model_at_each_endpoint_by_that_one(
    server: FakeOpenRouter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same model judges at OpenRouter and answers on a server of its own, which names no price."""
    with FakeOpenRouter(prefix="/v1").thread() as own:
        own_provider = json.dumps({"own": {"base_url": own.url.replace("/v1", "/nothing"), "api_key_env": ""}})
        settings = (f"llm.providers={own_provider}", f"grade.judge.model={FLASH}")
        flags = ["--model", f"{FLASH}@own", *(f"--set={setting}" for setting in settings)]
        assert World(tmp_path, server, rows=8).grade(*flags, "--dry-run") == 0
    lines = {line.split(":")[0].strip(): line for line in capsys.readouterr().out.splitlines()}
    assert "about $0." in lines[FLASH] and lines[f"{FLASH}@own"].endswith("no price known")


def test_grades_by_criteria_that_have_changed_stand_beside_no_new_ones(
    server: FakeOpenRouter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model is not compared with another on rows that each was marked on by other criteria."""
    world = World(tmp_path, server, rows=8)
    assert world.grade(*models("knows-all"), "--repeats", "1") == 0
    file = tmp_path / "datasets" / "gates" / "data" / "eval.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    rows[0]["evaluation_criteria"][0] = f"Clearly {rows[0]['evaluation_criteria'][0]}"
    write_jsonl(file, rows)
    assert world.grade(*models("half"), "--repeats", "1", "--base", "test/knows-all") == 0
    assert "1 answer is to other questions or by other criteria; left out, grade it again" in capsys.readouterr().out
    answers = {model["name"]: model["splits"]["eval"]["answers"] for model in world.report()["models"]}
    assert answers == {"test/knows-all": 7, "test/half": 8}


def test_grades_by_other_prompts_of_the_judge_stand_in_no_comparison(
    server: FakeOpenRouter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a model's grades nor the judge's check count where it was asked in other words; older grades do."""
    world = World(tmp_path, server, rows=8)
    once = ("--repeats", "1")
    assert world.grade(*models("knows-all"), *once) == 0
    other_wordings = f"--set=grade.judge.prompts={json.dumps(load().grade.judge.prompts[::-1])}"
    assert world.grade(*models("half"), *once, other_wordings) == 0
    assert "test-knows-all.jsonl: graded by test/judge, or with another setting of" in capsys.readouterr().out
    assert [model["name"] for model in world.report()["models"]] == ["test/half"]
    assert world.grade(*models("knows-all"), *once) == 0
    assert [model["name"] for model in world.report()["models"]] == ["test/knows-all"]
    assert world.report()["trust"] is None, "the check on file is that of the other wordings"
    file = tmp_path / "grades" / "gates" / "test-half.jsonl"
    write_jsonl(file, [msgspec.structs.replace(grade, judge_prompts="") for grade in read_jsonl(file, Grade)])
    assert world.grade(*models("knows-all"), *once) == 0
    assert len(world.report()["models"]) == 2
