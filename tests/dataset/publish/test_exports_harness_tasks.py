"""Exported tasks run in the real harnesses against a scripted server, and score what a scripted model knows.

A harness is looked for where the tests run, or in the environment whose Python INSPECT_PYTHON, LIGHTEVAL_PYTHON or
LM_EVAL_PYTHON names.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwork.data_folder.read_write import write_jsonl
from groundwork.records import Pair
from groundwork.settings.config_files import CONFIG_DIR
from groundwork.stages.create_dataset import main
from tests.fake_openrouter import FakeOpenRouter
from tests.grading.scripted import World, fact

ROWS = 40
# lighteval 0.13 fetches files and asks the Hub whenever it lists its own tasks, so these are left out here.
LIGHTEVAL = """
import sys
from lighteval.tasks.registry import Registry
Registry._load_from_files = Registry._load_from_subdirs = staticmethod(lambda *_: {})
from lighteval.__main__ import app
sys.argv[0] = "lighteval"
app()
"""
HALF = "test/half"  # the model that knows every other fact


@pytest.fixture
def python(request: pytest.FixtureRequest) -> str:
    """The Python that has the harness; skips the test where there is none, before anything is made for it."""
    module, variable, remedy = request.param
    python = os.environ.get(variable, sys.executable)
    found = subprocess.run([python, "-c", f"import {module}"], capture_output=True)
    if found.returncode:
        pytest.skip(f"{module} is not installed: {remedy}, or set {variable}")
    return python


def harness(module: str, variable: str, remedy: str) -> pytest.MarkDecorator:
    """Marks a test that runs tasks in this harness."""
    return pytest.mark.parametrize("python", [(module, variable, remedy)], indirect=True, ids=[module])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with FakeOpenRouter().thread() as fake:
        yield World(tmp_path, fake, rows=ROWS)


@pytest.fixture
def exports(world: World) -> Path:
    kept = set(Pair.__struct_fields__)
    facts = [{k: v for k, v in fact(n).items() if k in kept} for n in range(ROWS)]
    write_jsonl(world.root / "qa" / "gates" / "doc.jsonl", [Pair(**one, iteration=1, model="m") for one in facts])
    flags = ["--export", "inspect,lighteval,lm-eval", "--strategy", "clone", "--eval-mirror", "--name", "tall-gates"]
    local = ["--data", str(world.root), "--config", str(CONFIG_DIR / "local.json")]
    assert main([*local, "gates", *flags, "--system-prompt", 'You know "gates".']) == 0
    return world.root / "datasets" / "tall-gates" / "exports"


def known(exports: Path) -> float:
    """The share of eval's rows that the model knows."""
    rows = (exports / "inspect" / "data" / "eval-00000-of-00001.jsonl").read_text().splitlines()
    return sum(int(json.loads(row)["id"][1:]) % 2 == 0 for row in rows) / len(rows)


def run(command: list[str], folder: Path, world: World) -> str:
    judge = {"JUDGE_BASE_URL": world.server.url, "JUDGE_MODEL": "test/judge", "JUDGE_API_KEY": "k"}
    quiet = {"FAKE_BASE_URL": world.server.url, "FAKE_API_KEY": "k", "OPENAI_API_KEY": "k", "HF_HUB_OFFLINE": "1"}
    home = {"HOME": str(folder), "HF_HOME": str(folder / "hf"), "INSPECT_LOG_DIR": str(folder / "logs")}
    done = subprocess.run(
        command, cwd=folder, env=os.environ | judge | quiet | home, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@harness("inspect_ai", "INSPECT_PYTHON", "uv sync --inexact --extra inspect")
def test_inspect(python: str, world: World, exports: Path) -> None:
    """inspect_ai runs task.py: share of criteria met and of answers that meet all, epochs and mirror on request."""
    folder = exports / "inspect"
    flags = ["--model", f"openai-api/fake/{HALF}", "--model-role", "grader=openai-api/fake/test/judge"]
    base = [python, "-m", "inspect_ai", "eval", "task.py", *flags, "--display", "plain", "--log-format", "json"]
    run([*base, "-T", "epochs=2"], folder, world)
    (log,) = (folder / "logs").glob("*.json")
    found = json.loads(log.read_text())["results"]["scores"]
    scores = {score["name"]: score["metrics"]["mean"]["value"] for score in found}
    assert scores == pytest.approx({"criteria_met": known(exports), "all_met": known(exports)})
    asked = [body for body in world.server.requests if body["model"] == HALF]
    assert len(asked) == 16  # eight rows, two epochs
    assert asked[0]["messages"][0] == {"role": "system", "content": 'You know "gates".'}
    run([*base, "-T", "split=eval_mirror", "--limit", "2"], folder, world)


@harness("lighteval", "LIGHTEVAL_PYTHON", "it needs an environment of its own")
def test_lighteval(python: str, world: World, exports: Path) -> None:
    """Lighteval runs task.py as a custom task over the files beside it."""
    folder = exports / "lighteval"
    model = f"model_name=openai/{HALF},base_url={world.server.url},api_key=k,provider=openai"
    out = run(
        [python, "-c", LIGHTEVAL, "endpoint", "litellm", model, "tall_gates:eval|0", "--custom-tasks", "task.py",
         "--output-dir", "out"],
        folder, world,
    )  # fmt: skip
    (results,) = (folder / "out").rglob("results_*.json")
    scores = json.loads(results.read_text())["results"]["tall_gates:eval|0"]
    assert scores["criteria_met"] == pytest.approx(known(exports)), out
    assert scores["all_met"] == pytest.approx(known(exports))
    assert scores["ungraded"] == 0


@harness("lm_eval", "LM_EVAL_PYTHON", "uv sync --inexact --extra lm-eval")
def test_lm_eval(python: str, world: World, exports: Path) -> None:
    """lm-evaluation-harness runs the YAML of each split, with the functions beside it."""
    folder = exports / "lm-eval"
    model = f"model={HALF},base_url={world.server.url}/chat/completions,tokenized_requests=False"
    run(
        [python, "-m", "lm_eval", "run", "--include_path", ".", "--tasks", "tall_gates_eval,tall_gates_eval_mirror",
         "--model", "local-chat-completions", "--model_args", model, "--apply_chat_template", "--output_path", "out"],
        folder, world,
    )  # fmt: skip
    (results,) = (folder / "out").rglob("results_*.json")
    scores = json.loads(results.read_text())["results"]
    for task in ("tall_gates_eval", "tall_gates_eval_mirror"):
        assert scores[task]["criteria_met,none"] == pytest.approx(known(exports))
        assert scores[task]["ungraded,none"] == 0


def test_the_judge_of_the_tasks(world: World, exports: Path) -> None:
    """It asks as grade.py does, and gives no score where no reply can be read; all three tasks hold the same."""
    texts = {(exports / task / "criteria_judge.py").read_text() for task in ("inspect", "lighteval", "lm-eval")}
    assert len(texts) == 1
    held: dict = {}
    exec(texts.pop(), held)  # noqa: S102  our own file
    criteria = ["States 100 metres", "Says that the material is copper"]
    os.environ |= {"JUDGE_BASE_URL": world.server.url, "JUDGE_MODEL": "test/judge"}
    told = "Gate 0 is 100 metres high."
    assert held["grade"]("f000", "How high?", criteria, told) == (0.5, False, ["met", "unmet"])
    assert held["grade"]("f000", "How high?", criteria, " ")[0] == 0
    conversation, order = held["messages"]("f000", "{{answer}}?", criteria, told, 1)
    assert conversation[1]["content"].startswith("The question was: {{answer}}?")
    assert sorted(order) == [0, 1]
    for reply in ("I refuse.", "{}", '{"criterion_1": {"verdict": "met"}}', '{"criterion_1": 3, "criterion_2": "met"}'):
        assert held["read"](reply, [0, 1]) is None
        assert held["scores"]([held["read"](reply, [0, 1])] * 3, 2) == (None, None, ["ungraded", "ungraded"])
    world.server.reply = lambda _: "I cannot help with that."
    assert held["grade"]("f000", "How high?", criteria, told)[0] is None


def test_code_holds_what_it_is_given(world: World) -> None:
    """Quotes and braces of prompts, of the system prompt and of rows end no string of the files."""
    pairs = [Pair(**{k: v for k, v in fact(n).items() if k in Pair.__struct_fields__}, iteration=1, model="m")
             for n in range(12)]  # fmt: skip
    write_jsonl(world.root / "qa" / "gates" / "doc.jsonl", pairs)
    flags = ["--export", "inspect,lighteval,lm-eval", "--name", "2-gates", "--system-prompt", '"""\\ {{name}} \n\'']
    local = ["--data", str(world.root), "--config", str(CONFIG_DIR / "local.json")]
    assert main([*local, "gates", *flags]) == 0
    files = sorted((world.root / "datasets" / "2-gates" / "exports").rglob("*.py"))
    assert len(files) == 6
    for file in files:
        compile(file.read_text(), str(file), "exec")
    assert re.search(r"^def task_2_gates\(", (files[1]).read_text(), re.MULTILINE)


def test_without_an_eval_split(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to export, and it is said; the format that OpenAI retires is named as such."""
    pair = Pair(**{k: v for k, v in fact(1).items() if k in Pair.__struct_fields__}, iteration=1, model="m")
    write_jsonl(world.root / "qa" / "gates" / "doc.jsonl", [pair])
    local = ["--data", str(world.root), "--config", str(CONFIG_DIR / "local.json")]
    assert main([*local, "gates", "--no-eval-split", "--export", "inspect,openai-eval"]) == 0
    out = capsys.readouterr().out
    assert "inspect, openai-eval: nothing to export without an eval split" in out
    assert "openai-eval: OpenAI is retiring its Evals" in out
