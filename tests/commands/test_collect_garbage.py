"""`dataprep gc` drops what no artifact needs, and not a reply that one does."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from groundwork.__main__ import main
from groundwork.commands.collect_garbage import _swept_folder_size
from groundwork.llm.reply_journal import Journal, StoredReply
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.stage_runner.test_shards import corpus, files, settings


@pytest.fixture
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


SHARD = Path(".state", "shards", "00001-of-00001")


def replies(data: Path, state: Path = Path(".state")) -> int:
    with closing(sqlite3.connect(data / state / "journal.db")) as journal:
        return int(journal.execute("SELECT count(*) FROM replies").fetchone()[0])


def make_older(data: Path, days: int, state: Path = Path(".state")) -> None:
    """As if everything there had been made so many days ago."""
    with closing(sqlite3.connect(data / state / "journal.db")) as journal, journal:
        journal.execute("UPDATE replies SET stored = stored - ?, used = used - ?", (days * 86_400, days * 86_400))
    with closing(sqlite3.connect(data / state / "manifest.db")) as manifest, manifest:
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
    assert "1 hash of files that are gone, 0 temporary files" in capsys.readouterr().out


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
    assert _swept_folder_size(tmp_path) == 7
    assert not os.path.lexists(tmp_path / "state" / "journal.db-wal")


HOLDER = """
import sys
from pathlib import Path
from groundwork.llm.reply_journal import FROM_START, Journal

journal = Journal(Path(sys.argv[1]))
if sys.argv[2] == "a call":
    assert journal.claim("call", FROM_START, 600)
    print("held", flush=True)
    sys.stdin.read()
with journal.maintenance():
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(state: Path, what: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that is at a call or rewrites the journal, and is killed at the end."""
    command = [sys.executable, "-c", HOLDER, str(state / "journal.db"), what]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "state"), [(["gc", "--days", "0"], SHARD), (["forget", "harbour-0", "--replies"], Path(".state"))]
)
def test_one_process_at_a_time_takes_replies_out(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    state: Path,
) -> None:
    """A second gc or forget says which process is at it and changes nothing; once that was killed, it goes through."""
    data = corpus(tmp_path, 2)
    assert main(["chunk", "--data", str(data)]) == 0
    Journal(data / state / "journal.db").close()
    before = files(data, "chunks")
    monkeypatch.setattr("groundwork.llm.reply_journal.JOURNAL_MAINTENANCE_PATIENCE", 0.1)
    with holding(data / state, "the journal") as process:
        assert main([*arguments, "--data", str(data)]) == 1
        assert f"process {process.pid} (gc, forget or a stage) is rewriting it" in capsys.readouterr().err
        assert files(data, "chunks") == before
    assert main([*arguments, "--data", str(data)]) == 0


def test_nothing_is_forgotten_beside_a_stage_that_would_bring_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While another process is at a call, forget names it; gc, which takes nothing that a stage needs, goes through."""
    data = corpus(tmp_path, 2)
    assert main(["chunk", "--data", str(data)]) == 0
    Journal(data / ".state" / "journal.db").close()
    with holding(data / ".state", "a call") as process:
        assert main(["forget", "harbour-0", "--data", str(data)]) == 1
        assert f"process {process.pid}: at work on this folder" in capsys.readouterr().err
        assert (data / "text" / "harbour-0.md").exists()
        assert main(["gc", "--data", str(data)]) == 0
    assert main(["forget", "harbour-0", "--data", str(data)]) == 0
    assert not (data / "text" / "harbour-0.md").exists()


def test_replies_that_shards_keep_are_forgotten_too(tmp_path: Path) -> None:
    """Else gather would bring them back."""
    data = corpus(tmp_path, 2)
    assert main(["chunk", "--data", str(data), "--shard", "1/1"]) == 0
    shard = Journal(data / ".state" / "shards" / "00001-of-00001" / "journal.db")
    for name in ("harbour-0", "harbour-1"):
        shard.store(name, StoredReply(b"{}", True, "m", "summarize", name, 1, 1, 0, None, 0.1))
    assert main(["gather", "--data", str(data)]) == 0
    assert main(["forget", "harbour-0", "--replies", "--data", str(data)]) == 0
    main(["gather", "--data", str(data)])
    assert [unit for *_, unit, _, _ in Journal(data / ".state" / "journal.db").rows()] == ["harbour-1"]


def test_what_shards_keep_and_no_artifact_needs_is_dropped_too(
    tmp_path: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else gather would bring it back; what a shard has made anew, gathered or not, keeps its replies everywhere."""
    data, few, as_shard = corpus(tmp_path, 2), settings(server), ["--shard", "1/1"]
    assert main(["chunk", "--data", str(data), *as_shard]) == 0
    assert main(["generate_qa", "--data", str(data), *few, *as_shard, "--set", "qa.context=the quays"]) == 0
    main(["gather", "--data", str(data)])
    earlier = replies(data, SHARD)
    for state in (Path(".state"), SHARD):
        make_older(data, 60, state)
    assert main(["generate_qa", "--data", str(data), *few, *as_shard]) == 0
    whole = replies(data, SHARD)
    capsys.readouterr()
    assert main(["gc", "--data", str(data)]) == 0
    assert f"journal of shard 1/1: {earlier:,} of {whole:,} replies that no artifact needs" in capsys.readouterr().out
    assert (replies(data), replies(data, SHARD)) == (0, whole - earlier)
    main(["gather", "--data", str(data)])
    assert replies(data) == whole - earlier


def test_what_a_shard_replayed_from_the_gathered_journal_stays_there(tmp_path: Path, server: FakeOpenRouter) -> None:
    """Its artifact is newer than the reply that it was made of, and only the shard noted that it was used."""
    data, few = corpus(tmp_path, 2), settings(server)
    assert main(["chunk", "--data", str(data)]) == 0
    assert main(["generate_qa", "--data", str(data), *few]) == 0
    whole = replies(data)
    make_older(data, 60)
    for path in (data / "qa").rglob("*.json*"):
        path.unlink()
    asked = len(server.requests)
    assert main(["generate_qa", "--data", str(data), *few, "--shard", "1/1"]) == 0
    assert len(server.requests) == asked
    assert main(["gc", "--data", str(data)]) == 0
    assert replies(data) == whole
