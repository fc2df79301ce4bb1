"""The wheel in an empty folder, far from the repository: what somebody has who installed it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from groundwork.installation import PROJECT
from groundwork.settings.config_schema import json_schema
from groundwork.stage_table import STAGES
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(900)]
HANDBOOK = PROJECT / "data" / "documents" / "ellary-sound-rowing-handbook.pdf"

Say = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", str(folder)], cwd=PROJECT, check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture
def say(wheel: Path, tmp_path: Path) -> Say:
    """`dataprep` of the wheel, in an empty folder, by uvx; in an environment that knows nothing of the repository."""
    pinned = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["uv"]["exclude-newer"]
    left_out = ("VIRTUAL_ENV", "PYTHONPATH", "OPENROUTER_API_KEY", "COLUMNS")
    environment = {key: value for key, value in os.environ.items() if key not in left_out}
    environment |= {"UV_EXCLUDE_NEWER": pinned, "COLUMNS": "120"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(wheel.parent / "bytecode")}

    def run(*words: str, command: str = "dataprep", folder: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        line = ["uvx", "--quiet", "--from", str(wheel), command, *words]
        return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=800)

    return run


@pytest.fixture
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


def test_the_wheel_holds_one_package_with_its_settings(wheel: Path) -> None:
    """`groundwork` is alone at the top; the settings, the prompts and the mark of typed packages are in it."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {
        "groundwork",
        "-".join(wheel.name.split("-")[:2]) + ".dist-info",
    }
    packed = {name.removeprefix("groundwork/settings/defaults/") for name in names if "/defaults/" in name}
    prompts = {
        file.relative_to(PROJECT / "config").as_posix() for file in (PROJECT / "config" / "prompts").rglob("*.md")
    }
    assert packed == {"config.json", "local.json", "env.example", *prompts}
    assert "groundwork/py.typed" in names


def test_without_init_a_command_says_what_to_do(say: Say, tmp_path: Path) -> None:
    """In an empty folder each command ends with one line that names `dataprep init`, and leaves the folder empty."""
    needed = {"merge": ["a", "b", "--out", "c"], "compare_converters": ["a.pdf"]}
    for words in ([], ["run"], ["doctor"], *([stage.name, *needed.get(stage.name, [])] for stage in STAGES)):
        result = say(*words)
        assert result.returncode == 2, f"{words}: {result.stdout}{result.stderr}"
        missing = f"error: {tmp_path / 'data'}: no such folder; run first: dataprep init, "
        assert result.stderr.startswith(missing) and len(result.stderr.splitlines()) <= 2, f"{words}: {result.stderr}"
    assert not list(tmp_path.iterdir())


def test_one_script_needs_no_project(say: Say, tmp_path: Path) -> None:
    """compare_converters takes a PDF in any folder by one line of uvx, and writes its page there."""
    shutil.copy(PROJECT / "data/documents/ellary-sound-rowing-handbook.pdf", tmp_path / "rules.pdf")
    result = say("compare_converters", "rules.pdf", "--converters", "layout", "--pages", "2", "--data", ".")
    assert result.returncode == 0, result.stderr
    assert "plots/compare-rules-layout-pages-2" in result.stdout
    assert list(tmp_path.glob("plots/*.html"))


def test_help_is_spelt_as_it_is_typed(say: Say) -> None:
    """No help names a script that the wheel does not hold."""
    assert re.fullmatch(r"dataprep \d+\.\d+\.\d+\S*\n", say("--version").stdout)
    for words in (["--help"], *([name, "--help"] for name in ("chunk", "merge", "run", "init"))):
        help_text = say(*words).stdout
        assert not any(word in help_text for word in ("uv run", ".py", "dataprep example"))
        assert f"dataprep {words[0]}".removesuffix(" --help") in help_text


def test_a_project_from_init_to_the_dataset(say: Say, server: FakeOpenRouter, tmp_path: Path) -> None:
    """`init`, a document, an endpoint: `run` makes the dataset there; a prompt of the project comes before the packed
    one, and nothing is written beside the installed modules."""
    before = _installed(say)
    assert "data/documents" in (begun := say("init")).stdout, begun.stderr
    assert {path.name for path in tmp_path.iterdir()} == {".env.example", "config", "data"}
    assert "error" in say().stderr or "dataprep run" in say().stdout

    overlay = json.loads((tmp_path / "config" / "config.json").read_text())
    overlay["llm"] |= {"base_url": server.url, "api_key_env": ""}
    overlay["llm"]["defaults"]["model"] = "test/free"
    overlay["qa"] |= {"context": "the rowing rules of Ellary", "max_iterations": 1, "limit": 60}
    (tmp_path / "config" / "config.json").write_text(json.dumps(overlay))
    packed = (PROJECT / "config" / "prompts" / "summarize.md").read_text()
    (tmp_path / "config" / "prompts" / "summarize.md").write_text(f"{packed}\nName the tide mill.\n")
    shutil.copy(HANDBOOK, tmp_path / "data" / "documents")

    result = say("run")
    assert result.returncode == 0, result.stdout + result.stderr
    assert (tmp_path / "data" / "datasets" / "groundwork-dataset").is_dir()
    assert (tmp_path / "data" / "qa" / "free").is_dir()
    asked = [json.dumps(body["messages"]) for body in server.requests]
    assert any("Name the tide mill." in messages for messages in asked)
    status = say().stdout
    assert "next: nothing" in status and "uv run" not in status and ".py" not in status
    assert say("schema").returncode == 0
    assert json.loads((tmp_path / "config" / "config.schema.json").read_text()) == json_schema()
    again = say("init", "--prompts")
    assert again.returncode == 0 and "kept  config/config.json" in again.stdout
    assert (tmp_path / "config" / "prompts" / "generate_qa.md").is_file()
    assert _installed(say) == before


@pytest.mark.parametrize("named", ["local", "local.json", "config/local.json"])
def test_the_packed_overlay_is_found_by_its_name(say: Say, tmp_path: Path, named: str) -> None:
    """`--config local` is the packed local.json where the project has none; the project's own comes first."""
    (tmp_path / "documents").mkdir()
    shutil.copy(HANDBOOK, tmp_path / "documents")
    result = say("ingest", "--config", named, "--data", str(tmp_path), "--set", "llm.defaults.modle=x")
    assert "--set: llm.defaults.modle: no such setting" in result.stderr and "no such file" not in result.stderr
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "local.json").write_text('{"qa": {"btach": 1}}')
    assert "qa.btach: no such setting" in say("ingest", "--config", named, "--data", str(tmp_path)).stderr


def test_an_extra_is_named_as_it_is_installed(say: Say, tmp_path: Path) -> None:
    """What an extra would bring is asked for by the distribution's name."""
    say("init")
    shutil.copy(HANDBOOK, tmp_path / "data" / "documents")
    assert "install groundwork-data[local]" in say("doctor", "--config", "local").stdout


def _installed(say: Say) -> dict[str, int]:
    """Every file beside the installed modules with its size."""
    code = (
        "import json, pathlib, groundwork; top = pathlib.Path(groundwork.__file__).parents[1];"
        "print(json.dumps({str(p.relative_to(top)): p.stat().st_size for p in top.rglob('*')"
        " if p.is_file() and '__pycache__' not in p.parts}))"
    )
    files: dict[str, int] = json.loads(say("-c", code, command="python").stdout)
    assert any(name.startswith("groundwork/settings/defaults") for name in files)
    return files
