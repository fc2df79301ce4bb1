"""The commands that the documentation shows are commands that exist."""

from __future__ import annotations

import importlib
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwork.__main__ import COMMANDS, main
from groundwork.settings import config_files
from groundwork.settings.config_files import PROJECT
from groundwork.stage_table import BY_NAME, STAGES
from tests.test_arrows import FLOORS

PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]
NOT_LISTED = ("README.md", "CONTRIBUTING.md", "index.md")
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


def _commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                if line.strip() and not line.strip().startswith("#"):
                    yield page.name, line.strip()


@pytest.mark.parametrize(("page", "command"), list(_commands()))
def test_a_documented_command_is_understood(page: str, command: str) -> None:
    """`uv run ...` in a page names a script that exists, with flags and settings that exist."""
    words = shlex.split(command, comments=True)
    if words[:2] == ["uvx", "--from"]:
        words[:3] = ["uv", "run"]
    if words[:2] != ["uv", "run"]:
        assert words[0] in ("uv", "git", "cd", "cp", "hf", "export", "bash", ".ci/run"), f"{page}: {command}"
        return
    words = words[2:]
    while words[0] in ("--extra", "--with", "--group"):
        words = words[2:]
    name = words.pop(0)
    if name == "dataprep":
        name = words.pop(0) if words and not words[0].startswith("-") else "status"
    by_script = {stage.script: stage.name for stage in STAGES}
    stage = by_script.get(name, name)
    if stage in BY_NAME:
        flags = BY_NAME[stage].load_command().parse(words)
    elif stage in COMMANDS:
        name, _ = COMMANDS[stage]
        flags = getattr(importlib.import_module(f"groundwork.commands.{name}"), f"{name}_parser")().parse_args(words)
    else:
        assert stage == "pytest" or (PROJECT / name).is_file() or name in ("ruff", "mypy"), f"{page}: {command}"
        return
    if hasattr(flags, "config"):
        config_files.load([p for p in flags.config if p.exists() or p.parent == Path("config")], flags.assignments)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    """A relative link of a page is a file of the project."""
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]


def test_the_architecture_shows_the_table_of_stages() -> None:
    """docs/architecture.md has every stage in order, with what it reads, writes and is for."""
    page = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| [")]
    assert shown == [
        [f"[{s.name}]({s.name}.md)", ", ".join(s.reads), s.writes, s.purpose, "yes" if s.run else ""] for s in STAGES
    ]


def test_the_architecture_shows_the_floors() -> None:
    """docs/architecture.md has the folders on the lines that tests/test_arrows.py holds them to."""
    page = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown = [set(re.findall(r"`(\w+)`", line.split("|")[2])) for line in page.splitlines() if re.match(r"\| \d", line)]
    assert shown == list(FLOORS)


def test_the_index_names_every_page() -> None:
    """docs/index.md leads to each page of docs/."""
    index = (PROJECT / "docs" / "index.md").read_text(encoding="utf-8")
    assert not [page.name for page in PAGES if f"({page.name})" not in index and page.name not in NOT_LISTED]


@pytest.mark.slow
def test_the_figures_of_the_sample_are_those_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page on ingest shows the lines that a run prints, but for its seconds."""
    (tmp_path / "documents").mkdir()
    shutil.copy(PROJECT / "data/documents/ellary-sound-rowing-handbook.pdf", tmp_path / "documents")
    assert main(["ingest", "--data", str(tmp_path)]) == 0
    printed = [line.rpartition(" · ")[0] or line for line in capsys.readouterr().out.splitlines()[:2]]
    page = (PROJECT / "docs/ingest.md").read_text("utf-8")
    assert [line for line in printed if line not in page] == []
