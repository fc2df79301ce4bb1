"""Which files are documents, and what becomes of folders that cannot be opened."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.documents.conftest import Folder


def test_a_folder_that_cannot_be_opened_is_named(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its documents are not passed over in silence: it fails by name, the others are read, and a dry run goes on."""
    folder.add("sealed/log.md", "# Log\n\nNo one reads this.\n")
    folder.add("good.md", "# Good\n\nAll is well.\n")
    scandir = os.scandir

    def deny(path: str) -> Any:  # root opens any folder, and tests run as root too
        if str(path).endswith("sealed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr("groundwork.documents.source_files.os.scandir", deny)
    assert folder.ingest("--dry-run") == 0
    assert folder.ingest() == 1 and folder.written == {"good"}
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "sealed" in line and "failed" in line)
    assert "the folder cannot be opened (Permission denied); allow it" in line


def test_a_dry_run_passes_over_what_cannot_be_read(folder: Folder) -> None:
    """A link that leads nowhere fails by name when it is read, and costs nothing before."""
    (folder.documents / "gone.pdf").symlink_to(folder.documents / "nowhere.pdf")
    assert folder.ingest("--dry-run", "--converter", "gemini") == 0


def test_a_file_deep_in_long_folders_is_read(folder: Folder) -> None:
    """The name of its text is cut to what a file system takes; its neighbour, alike up to there, has its own."""
    for name in ("rules.md", "rules.txt"):
        folder.add(f"{'a folder with a long name/' * 12}{name}", "The ferry crosses at noon.\n")
    assert folder.ingest() == 0 and len(folder.written) == 2
