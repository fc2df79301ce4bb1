"""The commands of docs/scale.md that divide a stage do what the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.settings.config_files import PROJECT
from tests.stage_runner.test_shards import corpus, files

BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _script(word: str, data: Path) -> str:
    """The block of the page that holds `word`, for this data folder and this environment."""
    page = (PROJECT / "docs" / "scale.md").read_text(encoding="utf-8")
    block = next(block for block in BLOCK.findall(page) if word in block)
    block = re.sub(r"uv run (dataprep/\S+\.py)", rf"{sys.executable} \1 --data {data}", block)
    return block.replace("uv run dataprep gather", f"{sys.executable} -m groundwork gather --data {data}")


def _run(script: str, **environment: str) -> None:
    ended = subprocess.run(
        ["bash", "-ec", script], cwd=PROJECT, capture_output=True, text=True, env=os.environ | environment, timeout=200
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["xargs", "parallel"])
def test_a_tool_that_runs_commands_side_by_side(tmp_path: Path, tool: str) -> None:
    """The shards by xargs or GNU parallel, then gather: the chunks of one run."""
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    whole, parts = corpus(tmp_path / "whole"), corpus(tmp_path / "parts")
    assert main(["chunk", "--data", str(whole)]) == 0
    _run(_script(tool, parts))
    assert files(parts, "chunks") == files(whole, "chunks")


@pytest.mark.slow
def test_a_slurm_array(tmp_path: Path) -> None:
    """The array's script with the variables that Slurm sets for each of its tasks."""
    whole, parts = corpus(tmp_path / "whole"), corpus(tmp_path / "parts")
    assert main(["chunk", "--data", str(whole)]) == 0
    for task in range(1, 5):
        _run(_script("SLURM_ARRAY_TASK_ID", parts), SLURM_ARRAY_TASK_ID=str(task), SLURM_ARRAY_TASK_COUNT="4")
    assert main(["gather", "--data", str(parts)]) == 0
    assert files(parts, "chunks") == files(whole, "chunks")
