"""Every stage's script runs alone, in the file form and by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from groundwork.__main__ import main
from groundwork.settings.config_files import PROJECT
from groundwork.stage_table import BY_NAME, STAGES, Stage


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_the_file_form(stage: Stage) -> None:
    """`python dataprep/STAGE.py` works though its folder holds names that other packages import."""
    result = subprocess.run([sys.executable, stage.script, "--help"], cwd=PROJECT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert f"Run     uv run {stage.script}" in result.stdout, "not the docstring of the script"
    assert "--dry-run" in result.stdout


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_documents_itself(stage: Stage) -> None:
    """A stage's docstring says what it reads, what it writes and how to run it; docs/ has its page."""
    assert stage.load_command().name == stage.name
    documentation = sys.modules[stage.module].__doc__ or ""
    for word in ("Reads", "Writes", f"uv run {stage.script}"):
        assert word in documentation, f"{stage.script} lacks {word}"
    assert (PROJECT / "docs" / f"{stage.name}.md").is_file(), f"docs/{stage.name}.md is missing"


def test_help_names_every_stage(capsys: pytest.CaptureFixture[str]) -> None:
    """`dataprep --help` is the list of commands."""
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert not [name for name in BY_NAME if name not in out]


def test_a_misspelt_stage_is_helped(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown stage names the nearest one and exits with 2."""
    assert main(["chunks"]) == 2
    assert "did you mean chunk?" in capsys.readouterr().err
