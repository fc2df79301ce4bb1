"""The local copy of a data folder elsewhere, with a store in memory (stage_runner/test_elsewhere.py has a real one)."""

from __future__ import annotations

import importlib
import json
import sqlite3
import uuid
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from groundwork.__main__ import main
from groundwork.data_folder.remote_folder.mirror import Mirror
from groundwork.data_folder.remote_folder.mirror_scope import PUT_ANNOUNCEMENTS, MirrorScope
from groundwork.data_folder.remote_folder.remote_store import RemoteFile, RemoteStore
from groundwork.data_folder.shards import Shard
from groundwork.errors import MissingExtra, StopRun, UsageError
from tests.fake_hub import FakeHub, Repo

DOCUMENT = "documents/a.md"


class Store:
    """A folder of objects in memory, and machines that work on it."""

    def __init__(self, folder: Path) -> None:
        fsspec: Any = importlib.import_module("fsspec")
        self._mirror_folder, self._files = folder, fsspec.filesystem("memory")
        self.url = f"memory://{uuid.uuid4().hex}/data"
        self._place = self.url.removeprefix("memory:/")
        self.put(DOCUMENT, b"# A\n")

    def put(self, path: str, content: bytes) -> None:
        self._files.pipe_file(f"{self._place}/{path}", content)

    def delete(self, path: str) -> None:
        self._files.rm_file(f"{self._place}/{path}")

    def contents(self) -> dict[str, bytes]:
        start = f"{self._place}/"
        return {path.removeprefix(start): self._files.cat_file(path) for path in self._files.find(self._place)}

    def machine(self, name: str = "first", scope: MirrorScope | None = None) -> Mirror:
        """Somebody's copy after it took over what is there."""
        made = Mirror(self.url, self._mirror_folder / name, say=lambda _: None)
        made.pull(scope or MirrorScope())
        return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def write(mirror: Mirror, path: str, content: bytes) -> Path:
    file = mirror.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def units(file: Path) -> dict[str, float]:
    """What a manifest has as done, by unit."""
    with closing(sqlite3.connect(file)) as database:
        return dict(database.execute("SELECT unit, finished FROM units"))


def note(file: Path, unit: str, finished: float) -> None:
    """What a manifest does when a unit is done, in the form that it keeps open files in."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE IF NOT EXISTS units (unit PRIMARY KEY, finished)")
        database.execute("CREATE TABLE IF NOT EXISTS files (path PRIMARY KEY, size, mtime_ns, sha256)")
        database.execute("INSERT OR REPLACE INTO units VALUES (?, ?)", (unit, finished))
        database.execute("INSERT OR REPLACE INTO files VALUES (?, 1, 1, '')", (str(file),))


def test_a_document_is_listed_and_fetched_when_needed(store: Store) -> None:
    """An empty file stands for a document until its unit needs it; a new version is listed anew."""
    machine = store.machine()
    document = machine.root / DOCUMENT
    assert document.read_bytes() == b"" and machine.listed(document) is not None
    machine.fetch([document])
    assert document.read_bytes() == b"# A\n"
    store.put(DOCUMENT, b"# A, corrected\n")
    again = store.machine()
    assert document.read_bytes() == b""
    again.fetch([document])
    assert document.read_bytes() == b"# A, corrected\n"
    store.put("documents/b.md", b"# B\n")
    store.delete(DOCUMENT)
    store.machine()
    assert not document.exists()


def test_what_one_machine_makes_another_has(store: Store) -> None:
    """Artifacts, their changes and their removal go to the store and from there to the others; documents never do."""
    first = store.machine()
    write(first, "text/a.md", b"1")
    write(first, "documents/mine.md", b"mine")
    write(first, "text/.tmp-x", b"half")
    first.push()
    assert store.contents().keys() == {DOCUMENT, "text/a.md"}
    second = store.machine("second")
    write(second, "text/a.md", b"2")
    write(second, "text/b.md", b"b")
    second.push()
    first = store.machine()
    assert [(first.root / f"text/{name}.md").read_bytes() for name in "ab"] == [b"2", b"b"]
    (first.root / "text/a.md").unlink()
    first.push()
    assert "text/a.md" not in store.contents()
    assert not (store.machine("second").root / "text/a.md").exists()


def test_a_copy_that_lost_a_file_fetches_it_again(store: Store) -> None:
    """What is gone from the copy between two commands was cleared, not removed: the store keeps it."""
    store.put("text/a.md", b"1")
    file = store.machine().root / "text/a.md"
    file.unlink()
    again = store.machine()
    assert file.read_bytes() == b"1"
    again.push()
    assert store.contents()["text/a.md"] == b"1"


def test_half_an_artifact_is_taken_over_by_nobody(store: Store) -> None:
    """Files that are announced and not yet all put are left where they are, and taken when the list has gone."""
    store.put("text/a.md", b"new")
    store.put("text/a.json", b"old")
    store.put(f"{PUT_ANNOUNCEMENTS}0123.json", json.dumps(["text/a.md", "text/a.json"]).encode())
    assert not (store.machine().root / "text").exists()
    store.delete(f"{PUT_ANNOUNCEMENTS}0123.json")
    assert (store.machine().root / "text/a.md").read_bytes() == b"new"


def test_an_artifact_of_several_files_is_announced(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list comes before the first file and goes after the last; what falls out in between leaves it there."""
    machine = store.machine()
    files = [write(machine, f"text/a.{ending}", ending.encode()) for ending in ("md", "json")]
    put = RemoteStore.put

    def fails_at_the_second(self: RemoteStore, source: Path, path: str) -> Any:
        assert [name for name in store.contents() if name.startswith(PUT_ANNOUNCEMENTS)], "not announced"
        if path.endswith("json"):
            raise KeyboardInterrupt
        return put(self, source, path)

    monkeypatch.setattr(RemoteStore, "put", fails_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        machine.put(files)
    monkeypatch.undo()
    assert not (store.machine("second").root / "text").exists()
    machine.put(files)
    assert (store.machine("second").root / "text/a.json").read_bytes() == b"json"
    assert not [name for name in store.contents() if name.startswith(PUT_ANNOUNCEMENTS)]


def test_a_folder_loses_there_what_it_lost_here(store: Store) -> None:
    """An artifact that is a folder is put as it is now: files of an earlier version go."""
    machine = store.machine()
    write(machine, "datasets/d/data/train-1.parquet", b"1")
    write(machine, "datasets/d/data/train-2.parquet", b"2")
    machine.put([machine.root / "datasets/d"])
    (machine.root / "datasets/d/data/train-2.parquet").unlink()
    machine.put([machine.root / "datasets/d"])
    assert store.contents().keys() == {DOCUMENT, "datasets/d/data/train-1.parquet"}


def test_a_file_changed_here_and_there(store: Store) -> None:
    """Theirs stands, ours is kept beside it, and one that was changed alike is no conflict."""
    store.put("text/a.md", b"1")
    root = store.machine().root
    for mine, theirs, kept in ((b"mine", b"theirs", True), (b"same", b"same", False)):
        (root / "text/a.md").write_bytes(mine)
        store.put("text/a.md", theirs)
        store.machine()
        beside = root / "text/a.md.kept"
        assert (root / "text/a.md").read_bytes() == theirs and beside.exists() == kept
        beside.unlink(missing_ok=True)


def test_states_of_two_machines_are_joined(store: Store) -> None:
    """Rows that two machines put without knowing of each other are all there; what is of one machine is not put."""
    first, second = store.machine("first"), store.machine("second")
    note(first.root / ".state/manifest.db", "a", 1)
    note(second.root / ".state/manifest.db", "b", 2)
    first.push()
    second.push()
    third = store.machine("third")
    assert units(third.root / ".state/manifest.db") == {"a": 1, "b": 2}
    with closing(sqlite3.connect(third.root / ".state/manifest.db")) as database:
        assert database.execute("SELECT count(*) FROM files").fetchone() == (0,)
    assert units(store.machine("first").root / ".state/manifest.db") == {"a": 1, "b": 2}


class OthersBetween:
    """A store in which machines put their states just before one that has looked at what is there puts its own."""

    def __init__(self, *others: Mirror) -> None:
        self._others, self._put = list(others), RemoteStore.put_unless_changed

    def put_unless_changed(
        self, store: RemoteStore, local_file: Path, remote_path: str, expected: RemoteFile | None
    ) -> RemoteFile | None:
        if self._others:
            self._others.pop().push()
        return self._put(store, local_file, remote_path, expected) if store.info(remote_path) == expected else None


def test_a_state_that_came_between_is_joined(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another machine puts its manifest after this one looked and before it put, both keep all rows."""
    machines = {name: store.machine(name) for name in "abc"}
    for name, machine in machines.items():
        note(machine.root / ".state/manifest.db", name, 1)
    between = OthersBetween(machines["b"], machines["c"])
    monkeypatch.setattr(RemoteStore, "put_unless_changed", lambda *args: between.put_unless_changed(*args))
    machines["a"].push()
    assert units(store.machine("fourth").root / ".state/manifest.db").keys() == {"a", "b", "c"}
    for name in machines:
        assert units(store.machine(name).root / ".state/manifest.db").keys() == {"a", "b", "c"}


def test_a_state_that_others_put_every_time_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends after some tries, with nothing lost here."""
    machine = store.machine()
    note(machine.root / ".state/manifest.db", "a", 1)
    monkeypatch.setattr(RemoteStore, "put_unless_changed", lambda *_: None)
    with pytest.raises(StopRun, match=r"manifest\.db: others put it at every try"):
        machine.push()
    monkeypatch.undo()
    assert machine.push() == 1


def test_a_state_that_nobody_changed_is_not_put(store: Store) -> None:
    """Two machines that take turns with nothing to do put nothing, and rows that were removed stay removed."""
    first = store.machine("first")
    for unit in "ab":
        note(first.root / ".state/manifest.db", unit, 1)
    assert first.push() == 1
    second = store.machine("second")
    note(second.root / ".state/manifest.db", "c", 1)
    with closing(sqlite3.connect(second.root / ".state/manifest.db")) as database, database:
        database.execute("DELETE FROM units WHERE unit = 'a'")
    assert second.push() == 1
    for name in ("first", "second", "first"):
        machine = store.machine(name)
        assert units(machine.root / ".state/manifest.db").keys() == {"b", "c"}
        assert machine.push() == 0


def test_a_database_comes_when_it_is_read(store: Store) -> None:
    """Beside the manifest only those that are asked for; what was changed here of another one is put all the same."""
    first = store.machine("first", MirrorScope(shards=True))
    names = [f".state/{name}.db" for name in ("journal", "manifest")]
    names += ["embeddings/x.vectors.db", ".state/shards/00001-of-00002/embeddings/x.vectors.db"]
    for name in names:
        note(first.root / name, "a", 1)
    first.push()
    scope = MirrorScope(shards=True, folders=frozenset(), databases=frozenset({"manifest"}))
    second = store.machine("second", scope)

    def here() -> list[str]:
        return [name for name in names if (second.root / name).exists()]

    assert here() == names[1:2]
    second.fetch_databases("journal")
    assert here() == names[:2]
    note(second.root / names[2], "b", 2)
    assert second.push() == 1
    assert units(store.machine("third").root / names[2]) == {"a": 1, "b": 2}
    second.fetch_databases()
    assert here() == names and second.push() == 0


def test_a_closed_part_of_a_journal_goes_where_another_machine_took_it_out(store: Store) -> None:
    """A segment that `forget` wrote anew on one machine comes back from no other one, whoever reads it when."""
    first = store.machine("first")
    before, after = (f".state/journal-{10**15}-{token:08x}.db" for token in (1, 2))
    note(first.root / before, "harbour", 1)
    first.push()
    late = MirrorScope(folders=frozenset(), databases=frozenset({"manifest"}))
    for name in ("second", "third"):
        store.machine(name)
    (first.root / before).rename(first.root / after)
    first.push()
    second, third = store.machine("second"), store.machine("third", late)
    third.fetch_databases("journal")
    for machine in (second, third):
        machine.push()
        assert [path.name for path in (machine.root / ".state").iterdir()] == [after.rpartition("/")[2]]
    assert [path for path in store.contents() if path.startswith(".state/")] == [after]


def test_the_state_is_put_in_an_order_that_loses_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment before the journal that it was taken out of, and the manifest after all that it tells of."""
    machine, order, put = store.machine(), [], RemoteStore.put
    names = [".state/journal-0000000000000001-00000000.db", ".state/journal.db", "tags/store.db", ".state/manifest.db"]
    for name in reversed(names):
        note(machine.root / name, "a", 1)

    def noted(self: RemoteStore, source: Path, path: str) -> Any:
        order.append(path)
        return put(self, source, path)

    monkeypatch.setattr(RemoteStore, "put", noted)
    machine.push()
    assert order == names


def test_a_key_that_leads_out_is_not_taken(store: Store, tmp_path: Path) -> None:
    """An object whose name would leave the folder is passed over."""
    store.put("text/../../../out.md", b"out")
    store.machine()
    assert not list(tmp_path.rglob("out.md"))


def test_artifacts_that_nobody_looks_into_are_only_listed(store: Store) -> None:
    """Only folders of the scope are fetched; later commands of one process fetch what they look into beside them."""
    for path in ("text/a.md", "qa/run/a.jsonl", "embeddings/run.npz"):
        store.put(path, path.encode())
    machine = store.machine(scope=MirrorScope(folders=frozenset()))
    text, pairs, vectors = (machine.root / path for path in ("text/a.md", "qa/run/a.jsonl", "embeddings/run.npz"))
    assert [path.read_bytes() for path in (text, pairs, vectors)] == [b"", b"", b""]
    machine.fetch([machine.root / "qa"])
    assert pairs.read_bytes() == b"qa/run/a.jsonl" and machine.is_remote(text) and not machine.is_remote(pairs)
    machine.pull(MirrorScope(folders=frozenset({"text"})))
    assert text.read_bytes() == b"text/a.md" and machine.is_remote(vectors)
    machine.push()
    assert store.contents()["embeddings/run.npz"] == b"embeddings/run.npz"
    machine.pull(MirrorScope())
    assert vectors.read_bytes() == b"embeddings/run.npz"


def test_a_change_here_outlives_a_newer_version_that_is_only_listed(store: Store) -> None:
    """A listed file never takes the place of what was changed here: theirs is fetched and ours kept beside it."""
    store.put("text/a.md", b"1")
    root = store.machine().root
    (root / "text/a.md").write_bytes(b"mine")
    store.put("text/a.md", b"theirs")
    store.machine(scope=MirrorScope(folders=frozenset()))
    assert (root / "text/a.md").read_bytes() == b"theirs" and (root / "text/a.md.kept").read_bytes() == b"mine"


def test_what_was_written_over_a_listed_file_is_put(store: Store) -> None:
    """An artifact that is made anew before its old version was fetched goes to the store."""
    store.put("text/a.md", b"old")
    machine = store.machine(scope=MirrorScope(folders=frozenset()))
    machine.put([write(machine, "text/a.md", b"new")])
    assert store.contents()["text/a.md"] == b"new"
    assert machine.listed(machine.root / "text/a.md") is not None


@pytest.mark.parametrize(
    ("path", "taken", "put"),
    [
        ("documents/any.pdf", True, False),
        ("text/mine.md", True, True),
        ("text/other.json", False, False),
        ("text/other/figure-0123456789ab.png", False, False),
        ("qa/run/rejected/other.jsonl", False, False),
        ("qa/run/decisions.jsonl", True, True),
        ("set-aside.json", True, True),
        (".state/manifest.db", True, False),
        (".state/shards/{own}/journal.db", True, True),
        (".state/shards/{other}/journal.db", False, False),
        (".state/shards/{own}/journal.db-wal", False, False),
        (".state/puts/0.json", False, False),
        ("test/text/mine.md", False, False),
    ],
)
def test_what_a_shard_takes_and_puts(path: str, taken: bool, put: bool) -> None:
    """A shard takes over its own documents' files and its own state, and leaves the joined state as it is."""
    shard = next(one for one in Shard.all(2) if one.holds("mine"))
    other = next(one for one in Shard.all(9) if not one.holds("mine") or one.count != shard.count)
    documents = {"mine", "other"}
    assert not shard.holds("other"), "the names belong to two shards"
    path = path.format(own=shard.folder, other=other.folder)
    assert (MirrorScope(shard).takes(path, documents), MirrorScope(shard).puts(path, documents)) == (taken, put)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s4://bucket/data", "s3://, gs://"),
        ("ftp://host/data", "no such kind of store"),
        ("s3://", "names no bucket"),
        ("s3://key:secret@bucket/data", "holds a password"),
    ],
)
def test_a_place_that_cannot_be(url: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line that names what there is, and never a secret."""
    assert main(["status", "--data", url]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and ":secret" not in error


@pytest.mark.skipif(find_spec("s3fs") is not None, reason="the extra is installed")
def test_the_extra_is_named() -> None:
    """Without s3fs the message holds the command that installs it."""
    with pytest.raises(MissingExtra, match="--extra s3"):
        RemoteStore("s3://bucket/data")


@pytest.mark.skipif(find_spec("adlfs") is not None, reason="the package is installed")
def test_the_package_is_named() -> None:
    """For a kind without an extra the message names the package."""
    with pytest.raises(UsageError, match="uv pip install adlfs"):
        RemoteStore("az://container/data")


def test_a_folder_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    """A stage works on a dataset repository of the Hub, and a second machine finds its work done."""
    with FakeHub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", "hf_write")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"  # made of the endpoint when it was imported
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        hub.repos["acme/corpus"] = Repo("acme/corpus", private=True)
        hub.repos["acme/corpus"].commit("a text", {"data/text/a.md": b"# A\n\nThe gate opens at dawn for all.\n"})
        for name, said in (("first", "chunk: 1 ok"), ("second", "chunk: 1 up to date")):
            flags = ["--data", "hf://datasets/acme/corpus/data", "--cache", str(tmp_path / name)]
            assert main(["chunk", *flags]) == 0
            assert said in capsys.readouterr().out
        assert "data/chunks/a.jsonl" in hub.repos["acme/corpus"].files
