"""Segments of the journal: older replies in smaller files, found as before, and lost by no kill."""

import os
import random
import shutil
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import msgspec
import pytest

from groundwork.data_folder.join_shards import join_shards
from groundwork.data_folder.read_write import remove_leftovers
from groundwork.data_folder.shards import Shard
from groundwork.data_folder.workspace import Workspace
from groundwork.llm import reply_journal as journals
from groundwork.llm.calls.costs_and_budget import read_spending
from groundwork.llm.reply_journal import FROM_START, Journal, StoredReply, request_key
from groundwork.llm.reply_segments import Segments, SegmentWriter, list_segments

KEYS = [request_key("endpoint", {"number": number}, (0, 0)) for number in range(40)]


def reply(number: int, unit: str = "") -> StoredReply:
    body = f'{{"choices": [{{"message": {{"content": "The mill of {number} ground barley until dusk."}}}}]}}'
    return StoredReply(body.encode() * 20, True, "m", "qa", unit or f"note-{number % 4}", 3, 4, 1, 0.5, 0.1)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of some six replies."""
    monkeypatch.setattr(journals, "SEGMENT_BYTES", 600)


def filled(path: Path, keys: list[str] = KEYS) -> Journal:
    book = Journal(path)
    for number, key in enumerate(keys):
        book.store(key, reply(number))
    return book


def move(book: Journal) -> None:
    """All rows but the newest."""
    while book.move_older():
        pass


def test_older_replies_are_found_in_segments(journal):
    """Whoever has the journal open finds them as well, a new draw hides them, and none is there twice."""
    other = Journal(journal)
    book = filled(journal)
    before = other.end_position()
    spent = read_spending(journal, "qa")
    move(book)
    assert len(list_segments(journal)) > 3 and book._journal_db.execute("SELECT count(*) FROM replies").fetchone() == (
        1,
    )
    for one in (book, other, Journal(journal)):
        assert [one.find(key) for key in KEYS] == [reply(number) for number in range(40)]
    since = other.end_position()
    assert other.find(KEYS[0], before) is None and not other.claim(KEYS[0], FROM_START, 60)
    book.store(KEYS[0], reply(99))
    book.store(KEYS[1], reply(99))
    move(book)
    assert other.find(KEYS[0], since) == other.find(KEYS[0], before) == other.find(KEYS[0]) == reply(99)
    assert other.find(KEYS[2], since) is None
    assert len(list(book.rows())) == 42 and spent[0].calls == 40 and read_spending(journal, "qa")[0].calls == 42
    assert {path.stat().st_mode & 0o777 for path in journal.parent.glob("*.db*")} == {0o600}


def test_a_replay_from_a_segment_is_noted(journal):
    """What a later artifact was made with is known to be in use."""
    book = filled(journal)
    move(book)
    stored = {key: used for _, key, _, _, used, _ in book.rows()}
    book.find(KEYS[3])
    later = {key for _, key, _, _, used, _ in book.rows() if used > stored[key]}
    assert later == {KEYS[3]}


def test_forgotten_and_dropped_replies_leave_the_segments(journal):
    """A segment is written anew without them, or removed where none is left; the others stay as they were."""
    book, other = filled(journal), Journal(journal)
    move(book)
    assert other.find(KEYS[5]) and book.forget(["note-1"]) == 10
    left = [number for number in range(40) if number % 4 != 1]
    assert [other.find(KEYS[n]) for n in range(40)] == [reply(n) if n in left else None for n in range(40)]
    book.drop([place for place, *_, unit, _, _ in book.rows() if unit == "note-2"])
    assert {unit for *_, unit, _, _ in book.rows()} == {"note-0", "note-3"}
    book.drop([place for place, *_ in book.rows()])
    assert not list_segments(journal) and not list(book.rows())


@pytest.mark.parametrize("dropped_count", [1, 6, 20])
def test_segments_that_another_process_writes_anew_are_read_under_their_new_names(journal, dropped_count):
    """Whoever goes through the replies meanwhile meets each that is left once, and none twice."""
    move(filled(journal))
    reader, other, segments = Journal(journal), Journal(journal), Segments(journal)
    rows, ids = reader.rows(), segments.ids("usable", ())
    keys_read = [next(rows)[1] for _ in range(9)]  # into the newest segments
    ids_read = next(ids)[1]
    dropped_keys = {*KEYS[:dropped_count], keys_read[1]}
    other.drop([position for position, key, *_ in other.rows() if key in dropped_keys])
    keys_read += [key for _, key, *_ in rows]
    assert sorted(keys_read) == sorted(KEYS[dropped_count:])
    ids_read += [id_ for _, segment_ids in ids for id_ in segment_ids]
    assert sorted(ids_read) == list(range(dropped_count + 1, 40))  # the newest is in no segment


def test_a_segment_that_was_not_finished_loses_and_doubles_nothing(journal, monkeypatch):
    """A kill after it has its name and before the rows are deleted: the next one sets it right."""
    book, publish = filled(journal), SegmentWriter.publish

    def killed(draft: SegmentWriter) -> None:
        publish(draft)
        raise OSError("killed")

    monkeypatch.setattr(SegmentWriter, "publish", killed)
    assert not book.move_older() and list_segments(journal)
    monkeypatch.undo()
    monkeypatch.setattr(journals, "SEGMENT_BYTES", 600)
    assert [book.find(key) for key in KEYS] == [reply(number) for number in range(40)]
    move(book)
    assert sorted(key for _, key, *_ in book.rows()) == sorted(KEYS)
    assert [book.find(key) for key in KEYS] == [reply(number) for number in range(40)]


def test_rows_stay_where_a_segment_cannot_be_written(journal, monkeypatch):
    """A full disk, or a row that another process deletes meanwhile, leaves the journal as it was."""
    book, add = filled(journal), SegmentWriter.add

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    def slow(draft: SegmentWriter, rows: object) -> int:
        written = add(draft, rows)
        Journal(journal).forget(["note-0"])
        return written

    for hindered in (full, slow):
        monkeypatch.setattr(SegmentWriter, "add", hindered)
        assert not book.move_older() and not list_segments(journal)
    assert len(list(book.rows())) == 30 and not list(journal.parent.glob(".tmp-*"))


def test_a_kill_at_any_moment_loses_nothing(journal):
    """kill -9 while rows are stored and moved: whatever was told as stored is found, and stands there once."""
    script = (
        "import sys; from itertools import count; from pathlib import Path\n"
        "from groundwork.llm import reply_journal as journals\n"
        "journals.SEGMENT_BYTES, journals._STORES_BETWEEN_SIZE_CHECKS, body = 40_000, 5, bytes(range(256)) * 8\n"
        "row = journals.StoredReply(body, True, 'm', 'qa', 'note', 3, 4, 1, 0.5, 0.1)\n"
        "book = journals.Journal(Path(sys.argv[1]))\n"
        "for number in count(int(sys.argv[2])):\n"
        "    book.store(journals.request_key('e', {'number': number}, (0, 0)), row); print(number, flush=True)\n"
    )
    chance, stored = random.Random(5), 0
    for _ in range(2):
        command = [sys.executable, "-c", script, str(journal), str(stored)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            for _ in range(chance.randrange(100, 250)):
                assert process.stdout is not None
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            told = process.stdout.read().split() if process.stdout else []
        stored = int(told[-1]) + 1 if told else stored
        book = Journal(journal)
        keys = {request_key("e", {"number": number}, (0, 0)) for number in range(stored)}
        found = {key for _, key, *_ in book.rows()}
        assert keys <= found and list_segments(journal)
        numbers = count(stored)
        stored = next(n for n in numbers if book.find(request_key("e", {"number": n}, (0, 0))) is None)
    book.settle()
    keys_there = [key for _, key, *_ in book.rows()]
    assert len(keys_there) == len(set(keys_there)) == stored


CLOSES = """
import os, signal, sys
from pathlib import Path
from groundwork.llm import reply_journal, reply_segments

reply_journal.SEGMENT_BYTES = 600
book, seen = reply_journal.Journal(Path(sys.argv[1])), set()

def look(frame, event, _):
    place = frame.f_code.co_filename, frame.f_lineno
    if place[0] not in (reply_journal.__file__, reply_segments.__file__):
        return None
    if event == "line" and place not in seen:
        seen.add(place)
        if len(seen) == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
    return look

sys.settrace(look)
book.move_older()
"""


@pytest.mark.slow
def test_a_kill_at_any_line_of_the_closing_of_a_segment_loses_nothing(tmp_path):
    """kill -9 at each line that closes a segment: each reply is found, and later moves double none."""
    filled(tmp_path / "whole" / "journal.db").close()
    for place in count(1):
        folder = tmp_path / str(place)
        shutil.copytree(tmp_path / "whole", folder)
        journal = folder / "journal.db"
        if not subprocess.run([sys.executable, "-c", CLOSES, str(journal), str(place)]).returncode:
            break
        book = Journal(journal)
        assert [book.find(key) for key in KEYS] == [reply(number) for number in range(40)], f"killed at line {place}"
        move(book)
        assert sorted(key for _, key, *_ in book.rows()) == sorted(KEYS), f"killed at line {place}"
        assert [book.find(key) for key in KEYS] == [reply(number) for number in range(40)]
        assert book._journal_db.execute("SELECT count(*) FROM replies").fetchone() == (1,)
        remove_leftovers([folder])
        assert not list(folder.glob(".tmp-*"))
        book.close()
    print(f"{place - 1} kills")
    assert place > 80, "few lines were reached"


FORGETS = """
import sys
from pathlib import Path
from groundwork.llm.reply_journal import Journal

book = Journal(Path(sys.argv[1]))
list(book.rows())  # each has all segments open
print("ready", flush=True)
sys.stdin.readline()
with book.maintenance():
    print(book.forget([sys.argv[2]]))
"""


@pytest.mark.slow
def test_several_processes_that_forget_at_once_bring_nothing_back(journal):
    """Each writes segments anew: none of them writes what another has just taken out."""
    book = filled(journal, [request_key("endpoint", {"number": number}, (0, 0)) for number in range(240)])
    move(book)
    commands = [[sys.executable, "-c", FORGETS, str(journal), f"note-{number}"] for number in range(3)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for command in commands
    ]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 3
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in processes] == ["60\n"] * 3
    assert sorted((unit, number) for (_, number), _, _, unit, _, _ in Journal(journal).rows()) == [
        ("note-3", number) for number in range(4, 241, 4)
    ]


def test_bodies_of_any_kind_come_back(journal):
    """Noise, empty ones and those of an earlier version are moved as they are."""
    book = Journal(journal)
    bodies = [b"", os.urandom(3000), b"\x00", "é\u2028".encode(), b"x" * 100_000]
    for key, body in zip(KEYS, bodies, strict=False):
        book.store(key, msgspec.structs.replace(reply(0), body=body))
    book._journal_db.execute("UPDATE replies SET body = ? WHERE key = ?", (b'{"a": 1}', KEYS[3]))
    book.store(KEYS[9], reply(9))
    move(book)
    assert [Journal(journal).find(key).body for key in KEYS[:5]] == [*bodies[:3], b'{"a": 1}', bodies[4]]


def test_a_shard_and_gather_know_the_segments(tmp_path):
    """A shard finds what the joined segments hold; its own are joined as files, and joined again adds nothing."""
    data, shard = Workspace(tmp_path), Workspace(tmp_path, shard=Shard(1, 2))
    move(filled(data.joined_journal))
    own = Journal(shard.journal, joined_path=data.joined_journal)
    assert own.find(KEYS[0]) == reply(0) and own.find(KEYS[0], own.end_position()) is None
    more = [request_key("shard", {"number": number}, (0, 0)) for number in range(30)]
    own = filled(shard.journal, more)
    join_shards(data)  # all of it as rows: the shard has no segment yet
    joined = Journal(data.joined_journal)
    move(joined)
    join_shards(data)
    assert joined.settle() > 20
    move(Journal(shard.journal))
    assert join_shards(data)["journal.db", "replies"] > 20
    joined.settle()
    assert [joined.find(key) for key in [*KEYS, *more]] == [reply(n) for n in [*range(40), *range(30)]]
    assert not join_shards(data).get(("journal.db", "replies"))
    assert {path.stat().st_mode & 0o777 for path in data.joined_journal.parent.glob("*.db")} == {0o600}
