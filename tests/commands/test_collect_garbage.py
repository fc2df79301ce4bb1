"""`dataprep gc` drops what no artifact needs, and not a reply that one does."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.commands.collect_garbage import _folder_size
from tests.author import Author
from tests.console.test_shards import corpus, files, settings
from tests.fake_openrouter import FakeOpenRouter


@pytest.fixture
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


def replies(data: Path) -> int:
    with closing(sqlite3.connect(data / ".state" / "journal.db")) as journal:
        return int(journal.execute("SELECT count(*) FROM replies").fetchone()[0])


def make_older(data: Path, days: int) -> None:
    """As if everything there had been made so many days ago."""
    with closing(sqlite3.connect(data / ".state" / "journal.db")) as journal, journal:
        journal.execute("UPDATE replies SET stored = stored - ?, used = used - ?", (days * 86_400, days * 86_400))
    with closing(sqlite3.connect(data / ".state" / "manifest.db")) as manifest, manifest:
        manifest.execute("UPDATE units SET finished = finished - ?", (days * 86_400,))


def test_what_no_artifact_needs_is_dropped(tmp_path: Path, server: FakeOpenRouter) -> None:
    """Replies of an earlier setting go once all is made anew; the others replay, and nothing is asked again."""
    data, few = corpus(tmp_path, 4), settings(server)
    assert main(["chunk", "--data", str(data)]) == 0
    assert main(["generate_qa", "--data", str(data), *few, "--set", "qa.context=the quays"]) == 0
    earlier = replies(data)
    make_older(data, 60)
    assert main(["gc", "--data", str(data)]) == 0
    assert replies(data) == earlier, "they are old, and what there is was made of them"
    assert main(["generate_qa", "--data", str(data), *few]) == 0
    whole, made = replies(data), files(data, "qa")
    assert main(["gc", "--data", str(data), "--dry-run"]) == 0
    assert replies(data) == whole
    assert main(["gc", "--data", str(data)]) == 0
    assert replies(data) == whole - earlier
    asked = len(server.requests)
    for path in (data / "qa").rglob("*.json*"):
        path.unlink()
    assert main(["generate_qa", "--data", str(data), *few]) == 0
    assert len(server.requests) == asked and files(data, "qa") == made
    make_older(data, 60)
    assert main(["gc", "--data", str(data), "--days", "0"]) == 0
    assert replies(data) == whole - earlier


def test_replies_of_an_unfinished_document_stay(tmp_path: Path, server: FakeOpenRouter) -> None:
    """However old they are: the run that comes back to it replays them."""
    data = corpus(tmp_path, 3)
    assert main(["chunk", "--data", str(data)]) == 0
    assert main(["generate_qa", "--data", str(data), *settings(server)]) == 0
    make_older(data, 60)
    with closing(sqlite3.connect(data / ".state" / "manifest.db")) as manifest, manifest:
        manifest.execute("DELETE FROM units WHERE unit LIKE '%harbour-1'")
    before = replies(data)
    assert main(["generate_qa", "--data", str(data), "--document", "harbour-0", "--force", *settings(server)]) == 0
    assert main(["gc", "--data", str(data)]) == 0
    with closing(sqlite3.connect(data / ".state" / "journal.db")) as journal:
        of_one = journal.execute("SELECT count(*) FROM replies WHERE unit LIKE 'harbour-1%'").fetchone()[0]
    assert of_one == before // 3


def test_hashes_of_files_that_are_gone_are_dropped(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """The manifest forgets files that are no longer there, and temporary files of dead processes go."""
    data = corpus(tmp_path, 2)
    assert main(["chunk", "--data", str(data)]) == 0
    (data / "text" / "harbour-0.md").unlink()
    capsys.readouterr()
    assert main(["gc", "--data", str(data)]) == 0
    assert "1 hashes of files that are gone, 0 temporary files" in capsys.readouterr().out


def test_a_file_that_goes_while_the_folder_is_measured_counts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may remove one between its listing and the look at its size."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "kept.db").write_bytes(bytes(7))
    (tmp_path / "state" / "journal.db-wal").write_bytes(bytes(5))
    real_stat = Path.stat

    def stat_too_late(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.name == "journal.db-wal":
            path.unlink(missing_ok=True)
        return real_stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "is_file", lambda path: path.suffix != "")  # as all of them still were a moment ago
    monkeypatch.setattr(Path, "stat", stat_too_late)
    assert _folder_size(tmp_path) == 7
    assert not os.path.lexists(tmp_path / "state" / "journal.db-wal")
