"""The journal: newest reply by key, claims between processes, and a kill in the middle of a run."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwork.data_folder.databases import join_database
from groundwork.errors import StopRun
from groundwork.llm.reply_journal import FROM_START, RESERVE_BYTES, Journal, StoredReply, request_key
from groundwork.processes.process_identity import identity, is_alive, process_label, this_process

ROW = StoredReply(b'{"a": 1}', True, "m", "qa", "d", 3, 4, 1, 0.5, 0.1)


def test_the_newest_usable_reply_counts(journal):
    """Later rows win, unusable ones are kept and never found, and `after` hides what is older."""
    book = Journal(journal)
    book.store("k", ROW)
    before = book.end_position()
    book.store("k", StoredReply(b"new", True, "m", "qa", "d", 3, 4, 1, None, 0.1))
    book.store("k", StoredReply(b"bad", False, "m", "qa", "d", 0, 0, 0, None, 0.1))
    assert book.find("k").body == b"new" and book.find("k").cost is None
    assert book.find("k", book.end_position()) is None and book.find("other") is None
    assert book.find("k", before).body == b"new"


def test_a_row_comes_back_as_it_was(journal):
    """Every field survives the file, and another connection sees it at once."""
    one, other = Journal(journal), Journal(journal)
    one.store("k", ROW)
    assert other.find("k") == ROW


@given(st.permutations([("model", "m"), ("temperature", 0.5), ("messages", [{"role": "user", "content": "hi"}])]))
def test_the_key_does_not_depend_on_the_order_of_building(items):
    """Equal requests have equal keys."""
    body = {"model": "m", "temperature": 0.5, "messages": [{"content": "hi", "role": "user"}]}
    assert request_key("e", dict(items), (0, 0)) == request_key("e", body, (0, 0))


def test_the_key_changes_with_everything_that_shapes_the_reply():
    """Endpoint, model, system prompt, parameters, schema and draw: each makes another key."""
    body = {"model": "m", "messages": [{"role": "system", "content": "s"}], "temperature": 0.5}
    keys = [
        request_key("e", body, (0, 0)),
        request_key("f", body, (0, 0)),
        request_key("e", body, (1, 0)),
        request_key("e", body, (0, 1)),
        request_key("e", {**body, "model": "n"}, (0, 0)),
        request_key("e", {**body, "temperature": 0.6}, (0, 0)),
        request_key("e", {**body, "response_format": {}}, (0, 0)),
        request_key("e", {**body, "messages": [{"role": "system", "content": "t"}]}, (0, 0)),
    ]
    assert len(set(keys)) == len(keys)


def test_replies_under_way_are_kept_when_the_disk_fills(journal, monkeypatch):
    """They take the room that was held back for them, and no further call is made."""
    book, reserve, unlink = Journal(journal), journal.with_suffix(".reserve"), Path.unlink
    assert book.claim("k", FROM_START, 60) and book.claim("l", FROM_START, 60)
    assert reserve.stat().st_size == RESERVE_BYTES
    (pages,) = book._journal_db.execute("PRAGMA page_count").fetchone()
    book._journal_db.execute(f"PRAGMA max_page_count = {pages}")  # sqlite finds no room, as on a full disk

    def make_room(path, **how):
        unlink(path, **how)
        book._journal_db.execute(f"PRAGMA max_page_count = {pages + RESERVE_BYTES // 4096}")

    monkeypatch.setattr(Path, "unlink", make_room)
    long = StoredReply(os.urandom(50_000), True, "m", "qa", "d", 3, 4, 1, 0.5, 0.1)
    book.store("k", long)
    book.store("l", long)
    assert not reserve.exists() and Journal(journal).find("k") == Journal(journal).find("l") == long
    with pytest.raises(StopRun, match="full; free disk space"):
        book.claim("m", FROM_START, 60)
    with pytest.raises(StopRun, match="full; free disk space"):
        book.store("m", StoredReply(os.urandom(2 * RESERVE_BYTES), True, "m", "qa", "d", 3, 4, 1, 0.5, 0.1))


def test_a_claim_holds_while_its_process_lives(journal):
    """A living process keeps others off until it stores, releases or takes too long; a dead one does not."""
    mine, other = Journal(journal), Journal(journal)
    other._claims.process = identity(os.getppid())
    assert other.claim("k", FROM_START, 60) and other.claim("k", FROM_START, 60) and not mine.claim("k", FROM_START, 60)
    other.release("k")
    assert mine.claim("k", FROM_START, 60)
    mine.store("k", ROW)
    assert not other.claim("k", FROM_START, 60)  # answered
    assert other.claim("k", other.end_position(), 60)  # a new draw is due
    assert other.claim("late", FROM_START, -1) and mine.claim("late", FROM_START, 60)


def test_a_dead_process_leaves_no_claim_behind(journal):
    """kill -9 in the middle of a call: the next run makes it, and finds what was stored before."""
    script = (
        "import os, sys; from pathlib import Path\n"
        "from groundwork.llm.reply_journal import FROM_START, Journal, StoredReply\n"
        "book = Journal(Path(sys.argv[1]))\n"
        "book.store('done', StoredReply(b'x', True, 'm', 's', 'u', 1, 1, 0, None, 0.1))\n"
        "assert book.claim('asked', FROM_START, 60); print('ready', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(journal)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"ready\n"
    book = Journal(journal)
    assert not book.claim("asked", FROM_START, 60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert book.claim("asked", FROM_START, 60) and book.find("done").body == b"x"


def test_a_process_elsewhere_is_not_called_dead():
    """Another host's or container's process counts as alive until its time is over; one of ours that ended is dead."""
    host, boot, space, pid, start = this_process().split("/")
    assert is_alive(this_process()) and is_alive(f"{host}/{boot}/{space}/{pid}/1") is False  # a number used again
    for elsewhere in (f"b{host}/{boot}/{space}", f"{host}/1{boot}/{space}", f"{host}/{boot}/1{space}"):
        assert is_alive(f"{elsewhere}/{pid}/{start}") is None
    assert (
        process_label(this_process()) == f"process {pid}"
        and process_label(f"b{host}/x/y/7/1") == f"process 7 on b{host}"
    )


def test_a_claim_from_elsewhere_ends_with_its_time(journal):
    """A claim of another container holds until its time is over, since nobody can see whether it lives."""
    mine, other = Journal(journal), Journal(journal)
    other._claims.process = "elsewhere/boot/1/1/99"
    assert other.claim("k", FROM_START, 60) and not mine.claim("k", FROM_START, 60)
    assert other.claim("late", FROM_START, -1) and mine.claim("late", FROM_START, 60)


def test_a_joined_journal_answers_too(journal, tmp_path):
    """A shard's journal reads the joined one, without writing to it, unless new draws are wanted."""
    joined = Journal(journal)
    joined.store("k", ROW)
    joined.close()
    shard = Journal(tmp_path / "shard.db", joined_path=journal)
    assert shard.find("k") == ROW and shard.find("k", shard.end_position()) is None
    assert shard.claim("new", FROM_START, 60) and not shard.claim("k", FROM_START, 60)


def test_only_its_owner_may_read_it(tmp_path):
    """A new file, one that was there with more rights, and the log beside it."""
    path = tmp_path / "journal.db"
    path.touch(0o644)
    journal = Journal(path)
    journal.release("nothing")
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    journal.close()


def test_a_reply_is_kept_small_and_comes_back_as_it_was(journal):
    """Bodies are compressed; those of a journal written before, and bodies that do not shrink, come back whole."""
    book = Journal(journal)
    body = b'{"choices": [' + b'{"message": {"content": "The mill ground barley."}},' * 50 + b"]}"
    for key, sent in (("text", body), ("noise", os.urandom(900)), ("empty", b"")):
        book.store(key, msgspec.structs.replace(ROW, body=sent))
        assert Journal(journal).find(key).body == sent
    (size,) = book._journal_db.execute("SELECT length(body) FROM replies WHERE key = 'text'").fetchone()
    assert size < len(body) / 10
    book._journal_db.execute("UPDATE replies SET body = ? WHERE key = 'text'", (body,))
    assert book.find("text").body == body
    book.drop([])
    assert book.find("text").body == body
    assert book._journal_db.execute("SELECT length(body) FROM replies WHERE key = 'text'").fetchone() == (size,)


def test_a_journal_of_an_earlier_version_is_read_and_joined(journal, tmp_path):
    """Without the column of the last use: it is added when the journal is opened, and joined from either side."""
    book = Journal(journal)
    book.store("k", ROW)
    book.close()
    with closing(sqlite3.connect(journal)) as old:
        old.execute("ALTER TABLE replies DROP COLUMN used")
    Journal(tmp_path / "new.db").store("l", ROW)
    assert join_database(tmp_path / "new.db", journal)["replies"] == 1
    assert Journal(journal).find("k") == Journal(journal).find("l") == ROW


def test_forgetting_a_document_leaves_others_of_a_like_name(journal):
    """`plan` goes with its pages, chunks and pairs; `plan-data` and `plan-abc123` are documents of their own."""
    chunk = "plan-0123456789ab"
    own = ("plan", "plan page 3", f"{chunk} iteration 1", f"{chunk}-2 at 90", f"{chunk}-0a1b2c3d answer")
    own += (f"alpha/{chunk}-0a1b2c3d answer", "plan-unanswerable-0123456789ab verdict 1")  # rows of datasets
    others = (
        "plan-data",
        "plan-data page 1",
        "plan-abc123",
        "plan-abc123 page 2",
        "planned",
        f"plan-abc123{chunk[4:]}",
        f"alpha/plan-abc123{chunk[4:]}",
    )
    book = Journal(journal)
    for unit in own + others:
        book.store(unit, msgspec.structs.replace(ROW, unit=unit))
    assert book.forget(["plan"]) == len(own)
    assert {unit for *_, unit, _, _ in book.rows()} == set(others)


def test_a_joined_journal_is_its_owners_alone(journal, tmp_path):
    """Where there is no joined journal yet, the new file is as private as the shard's."""
    Journal(journal).store("k", ROW)
    join_database(journal, tmp_path / "joined.db")
    assert (tmp_path / "joined.db").stat().st_mode & 0o777 == 0o600
