"""A locale that knows only ASCII."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("command", [["-m", "groundwork"], [str(Path("dataprep/chunk.py").resolve())]])
def test_names_with_umlauts_in_the_locale_c(tmp_path: Path, command: list[str]) -> None:
    """In the locale C, and without Python's own remedies for it, names of documents are read and written as ever."""
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "größe.md").write_text("# Größe\n\nDie Fähre ist 12 m lang.\n", encoding="utf-8")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "größe.md").write_text("# Größe\n\nDie Fähre ist 12 m lang.\n", encoding="utf-8")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, *command, "--data", str(tmp_path)], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0 and b"Traceback" not in done.stderr, done.stderr
    assert "größe" in done.stdout.decode()
