"""A data folder in a bucket, on a real S3 server: the same files as on this machine, by several machines, and kills."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from groundwork.__main__ import main
from groundwork.data_folder.manifest import Manifest, ManifestEntry
from groundwork.data_folder.remote_folder.mirror import Mirror
from groundwork.data_folder.remote_folder.mirror_scope import MirrorScope
from groundwork.data_folder.remote_folder.remote_store import RemoteFile, RemoteStore
from groundwork.data_folder.shards import Shard
from groundwork.data_folder.spread_folders import SPREAD_MARKER
from groundwork.llm import reply_journal
from groundwork.settings.config_files import PROJECT
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.s3_server import READER, S3Server, is_installed
from tests.stage_runner.test_shards import settings

pytest.importorskip("s3fs", reason="needs the extra s3")
pytestmark = [
    pytest.mark.s3,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not is_installed(), reason="needs the group s3-server"),
]

DOCUMENTS = 4
STAGES = ("ingest", "summarize", "chunk", "generate_qa")
RUN = "qa/gemini-2.5-flash"
SPREAD = ("text", "summaries", "chunks", RUN, f"{RUN}/rejected", f"{RUN}/coverage")
FOLDERS = ("documents/", "text/", "summaries/", "chunks/", "qa/")


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "server") as server:
        yield server


@pytest.fixture
def models() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


class Bucket:
    """A folder of its own in a bucket, with the documents."""

    def __init__(self, s3: S3Server, documents: Path) -> None:
        fsspec: Any = importlib.import_module("fsspec")
        given = {"endpoint_url": s3.url}
        self._files = fsspec.filesystem("s3", key="full", secret="full-secret", client_kwargs=given)  # noqa: S106
        if not self._files.exists("corpora"):
            self._files.mkdir("corpora")
        self._place = f"corpora/{uuid.uuid4().hex[:8]}/data"
        self.url = f"s3://{self._place}"
        for file in documents.iterdir():
            self._files.put_file(str(file), f"{self._place}/documents/{file.name}")

    def contents(self) -> dict[str, bytes]:
        """Every object by its path in the folder."""
        self._files.invalidate_cache()
        start = f"{self._place}/"
        return {path.removeprefix(start): self._files.cat_file(path) for path in self._files.find(self._place)}

    def put(self, path: str, content: bytes) -> None:
        self._files.pipe_file(f"{self._place}/{path}", content)

    def delete(self, path: str) -> None:
        self._files.rm_file(f"{self._place}/{path}")


class Machine:
    """Somebody's command line, with a cache of its own."""

    def __init__(self, cache: Path, s3: S3Server, models: FakeOpenRouter) -> None:
        self._cache, self._models = cache, models
        self._environment = os.environ | s3.environment()

    def start(self, data: object, *command: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "groundwork", *command, f"--data={data}", f"--cache={self._cache}",
             *settings(self._models)],
            env=self._environment | environment, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def says(self, data: object, *command: str, code: int = 0, **environment: str) -> str:
        """What a command prints that must end with `code`."""
        process = self.start(data, *command, **environment)
        out, error = process.communicate(timeout=300)
        assert process.returncode == code, f"{command} exits {process.returncode}\n{out}\n{error}"
        return out + error


def corpus(folder: Path) -> Path:
    """A data folder with documents alone."""
    (folder / "documents").mkdir(parents=True)
    for number in range(DOCUMENTS):
        sentences = " ".join(
            f"The harbour {number} opens its gate {gate} to skiffs of class {gate + number} at dawn."
            for gate in range(4)
        )
        (folder / "documents" / f"harbour-{number}.md").write_text(f"# Harbour {number}\n\n{sentences}\n")
    return folder


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A data folder on this machine after a whole run, and the calls that it took."""
    folder = corpus(tmp_path_factory.mktemp("local") / "data")
    with FakeOpenRouter(reply=Author()).thread() as fake:
        assert main(["run", "--data", str(folder), *settings(fake)]) == 0
        return folder, len(fake.requests)


def artifacts(contents: dict[str, bytes]) -> dict[str, bytes]:
    """Without state and caches, and without the two pages that hold the time or order of a run."""
    passing = ("index.html", "report.html")
    return {
        path: content
        for path, content in contents.items()
        if not path.startswith(".state/") and not path.endswith((".db", *passing))
    }


def local_contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def of_stages(contents: dict[str, bytes]) -> dict[str, bytes]:
    """What the first four stages make."""
    made = artifacts(contents)
    return {path: made[path] for path in made if path.startswith(FOLDERS) and "/curated" not in path}


def test_the_whole_pipeline_in_a_bucket(
    tmp_path: Path, s3: S3Server, models: FakeOpenRouter, local: tuple[Path, int]
) -> None:
    """Byte for byte the artifacts of a local run; a second machine then finds all of it done and asks nothing."""
    folder, calls = local
    bucket = Bucket(s3, folder / "documents")
    first, second = (Machine(tmp_path / name, s3, models) for name in ("first", "second"))
    first.says(bucket.url, "run")
    assert len(models.requests) == calls
    here, there = artifacts(local_contents(folder)), artifacts(bucket.contents())
    assert sorted(there) == sorted(here) and len(there) > 40
    assert [path for path in here if there[path] != here[path]] == []
    assert "nothing; everything is current" in second.says(bucket.url, "status")
    assert f"ingest: {DOCUMENTS} up to date" in second.says(bucket.url, "run")
    assert len(models.requests) == calls
    copies = [path for path in (tmp_path / "second").rglob("documents/*.md") if path.stat().st_size]
    assert copies == [], "no document is fetched where nothing is to be done"
    page = second.says(bucket.url, "open", "--no-browser")
    assert Path(page.strip().splitlines()[-1]).is_file()


def test_one_document_of_a_bucket(
    tmp_path: Path, s3: S3Server, models: FakeOpenRouter, local: tuple[Path, int]
) -> None:
    """Only the objects of the document that is asked for are fetched, beside the state; nothing is asked again."""
    folder, _ = local
    bucket = Bucket(s3, folder / "documents")
    Machine(tmp_path / "first", s3, models).says(bucket.url, "run")
    calls = len(models.requests)
    second = Machine(tmp_path / "second", s3, models)

    def fetched() -> set[str]:
        """What of the bucket has come into the second machine's copy; an empty file only stands for its object."""
        (copy,) = (tmp_path / "second" / "data").glob("*/data")
        here = {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file() and path.stat().st_size}
        return {path for path in here if not path.startswith(".state/") and not path.endswith((".db", "index.html"))}

    for stage in STAGES:
        assert "1 up to date" in second.says(bucket.url, stage, "--document", "harbour-2")
    assert fetched() == set()
    assert "1 ok" in second.says(bucket.url, "chunk", "--document", "harbour-2", "--force")
    assert fetched() == {"text/harbour-2.md", "text/harbour-2.json", "chunks/harbour-2.jsonl"}
    assert "nothing; everything is current" in second.says(bucket.url, "status")
    assert len(fetched()) == 3 and len(models.requests) == calls


def test_subfolders_in_a_bucket(tmp_path: Path, s3: S3Server, models: FakeOpenRouter, local: tuple[Path, int]) -> None:
    """Two shards put what one machine makes into subfolders, and a third machine finds all of it done."""
    folder, calls = local
    bucket, subfolder = Bucket(s3, folder / "documents"), re.compile(r"/_[0-9a-f]{2}(?=/)")
    for place in SPREAD:
        bucket.put(f"{place}/{SPREAD_MARKER}", b"")
    machines = [Machine(tmp_path / str(n), s3, models) for n in range(3)]
    for machine, shard in zip(machines, Shard.all(2), strict=False):
        for stage in STAGES:
            machine.says(bucket.url, stage, "--shard", str(shard))
    asked = len(models.requests)
    assert "nothing is missing" in machines[2].says(bucket.url, "gather")
    there = of_stages(bucket.contents())
    made = {
        path: there[path] for path in there if not path.endswith(SPREAD_MARKER) and not path.startswith("documents/")
    }
    assert made and all(subfolder.search(path) for path in made)
    local_files = of_stages(local_contents(folder))
    here = {path: local_files[path] for path in local_files if not path.startswith("documents/")}
    assert {subfolder.sub("", path): content for path, content in made.items()} == here
    for stage in STAGES:
        assert f"{DOCUMENTS} up to date" in machines[2].says(bucket.url, stage)
    assert len(models.requests) == asked <= calls


def test_two_machines_and_gather(tmp_path: Path, s3: S3Server, models: FakeOpenRouter, local: tuple[Path, int]) -> None:
    """Two shards on two machines, then gather on a third: the chunks and pairs of one run, no call twice."""
    folder, _ = local
    bucket = Bucket(s3, folder / "documents")
    first, second, third = (Machine(tmp_path / str(n), s3, models) for n in range(3))
    for machine, shard in zip((first, second), Shard.all(2), strict=True):
        for stage in STAGES:
            machine.says(bucket.url, stage, "--shard", str(shard))
    calls = len(models.requests)
    fetched = {path.name for path in (tmp_path / "1").rglob("documents/*.md") if path.stat().st_size}
    assert fetched == {f"harbour-{n}.md" for n in range(DOCUMENTS) if Shard(2, 2).holds(f"harbour-{n}")}
    assert "nothing is missing" in third.says(bucket.url, "gather", "--remove")
    assert of_stages(bucket.contents()) == of_stages(local_contents(folder))
    assert not [path for path in bucket.contents() if path.startswith(".state/shards/")]
    for stage in ("ingest", "generate_qa"):
        assert f"{DOCUMENTS} up to date" in third.says(bucket.url, stage)
    assert len(models.requests) == calls


def test_a_kill_leaves_no_half_artifact(
    tmp_path: Path, s3: S3Server, models: FakeOpenRouter, local: tuple[Path, int]
) -> None:
    """`kill -9` while pairs are made: what is in the bucket is whole, and another machine makes the rest."""
    folder, _ = local
    whole = of_stages(local_contents(folder))
    bucket = Bucket(s3, folder / "documents")
    first, second = (Machine(tmp_path / name, s3, models) for name in ("first", "second"))
    for stage in STAGES[:-1]:
        first.says(bucket.url, stage)
    models.latency = 1.0
    asked = len(models.requests)
    process = first.start(bucket.url, "generate_qa", "--set=llm.max_concurrency=1")
    while len(models.requests) < asked + 3 and process.poll() is None:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    models.latency = 0
    kept = of_stages(bucket.contents())
    assert all(whole[path] == content for path, content in kept.items()) and kept.keys() < whole.keys()
    shutil.rmtree(tmp_path / "first")  # the machine is lost
    second.says(bucket.url, "generate_qa", "--workers", "2")
    assert of_stages(bucket.contents()) == whole
    assert not [path for path in bucket.contents() if path.startswith(".state/puts/")]


def test_older_replies_in_a_bucket(
    tmp_path: Path, s3: S3Server, models: FakeOpenRouter, local: tuple[Path, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine finds replies in the segments of a journal; those it forgets come back from no machine."""
    bucket = Bucket(s3, local[0] / "documents")
    first, second = (Machine(tmp_path / name, s3, models) for name in ("first", "second"))
    for stage in STAGES:
        first.says(bucket.url, stage)
    monkeypatch.setattr(reply_journal, "SEGMENT_BYTES", 800)
    (mine,) = (tmp_path / "first" / "data").glob("*/data/.state/journal.db")
    with closing(reply_journal.Journal(mine)) as book:
        while book.move_older():
            pass
    first.says(bucket.url, "chunk")

    def segments() -> set[str]:
        return {path for path in bucket.contents() if path.startswith(".state/journal-")}

    before, calls = segments(), len(models.requests)
    assert len(before) > 1
    second.says(bucket.url, "generate_qa", "--run=again")
    assert len(models.requests) == calls
    told = second.says(bucket.url, "forget", "harbour-2", "--replies")
    assert " 0 replies" not in told and "replies removed" in told and segments() != before
    for machine in (first, second):
        machine.says(bucket.url, "chunk")
    kept = tmp_path / "kept"
    for path, content in bucket.contents().items():
        if path.startswith(".state/journal"):
            kept.mkdir(exist_ok=True)
            (kept / Path(path).name).write_bytes(content)
    with closing(reply_journal.Journal(kept / "journal.db")) as book:
        assert {unit.partition(" ")[0] for *_, unit, _, _ in book.rows()} >= {"harbour-0", "harbour-1", "harbour-3"}
        assert not [unit for *_, unit, _, _ in book.rows() if unit.startswith("harbour-2")]


def test_what_a_person_changes_in_the_bucket(tmp_path: Path, s3: S3Server, models: FakeOpenRouter) -> None:
    """A document that is replaced there is read anew, one that is removed is named, and forget takes its files out."""
    here = corpus(tmp_path / "data")
    bucket = Bucket(s3, here / "documents")
    machine = Machine(tmp_path / "cache", s3, models)
    machine.says(bucket.url, "ingest")
    bucket.put("documents/harbour-1.md", b"# Harbour 1\n\nThe harbour is closed until the ice is gone in April.\n")
    assert "ingest: 1 ok" in machine.says(bucket.url, "ingest")
    assert b"closed until the ice" in bucket.contents()["text/harbour-1.md"]
    bucket.delete("documents/harbour-2.md")
    assert "gone: documents/harbour-2.md" in machine.says(bucket.url, "ingest")
    machine.says(bucket.url, "forget", "harbour-2")
    assert not [path for path in bucket.contents() if "harbour-2" in path]


def put_at_once(mirrors: list[Mirror], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each machine puts its state once all of them have looked at what the store has."""
    all_have_looked, stores = Barrier(len(mirrors)), set[int]()
    info = RemoteStore.info

    def looked(store: RemoteStore, path: str) -> RemoteFile | None:
        seen = info(store, path)
        if id(store) not in stores:
            stores.add(id(store))
            all_have_looked.wait(60)
        return seen

    with monkeypatch.context() as patched, ThreadPoolExecutor(len(mirrors)) as threads:
        patched.setattr(RemoteStore, "info", looked)
        assert list(threads.map(Mirror.push, mirrors)) == [1] * len(mirrors)


def test_states_that_are_put_at_once(tmp_path: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """No machine loses rows of another's manifest, where there was none before and where there was one."""
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    bucket = Bucket(s3, corpus(tmp_path / "data") / "documents")
    mirrors = [Mirror(bucket.url, tmp_path / f"machine-{number}", lambda _: None) for number in range(4)]
    for round_name in "ab":
        for number, mirror in enumerate(mirrors):
            mirror.pull(MirrorScope(), refresh=True)
            with closing(Manifest(mirror.root / ".state/manifest.db")) as manifest:
                entry = ManifestEntry(inputs={}, recipe={}, outputs={}, status="ok")
                manifest.record("chunk", f"{round_name}-{number}", entry)
        put_at_once(mirrors, monkeypatch)
    reader = Mirror(bucket.url, tmp_path / "reader", lambda _: None)
    reader.pull(MirrorScope())
    with closing(Manifest(reader.root / ".state/manifest.db")) as manifest:
        assert len(manifest.entries("chunk")) == 2 * len(mirrors)


@pytest.mark.parametrize(
    ("url", "environment", "said"),
    [
        ("s3://no-such-bucket-here/data", {}, "no such bucket"),
        ("{url}", {"AWS_SECRET_ACCESS_KEY": "not-it"}, "no right to do this"),
        ("{url}", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "cannot be reached"),
        ("{url}", {"AWS_ACCESS_KEY_ID": READER, "AWS_SECRET_ACCESS_KEY": f"{READER}-secret"}, "no right"),
    ],
)
def test_one_line_says_what_is_wrong(
    tmp_path: Path, s3: S3Server, models: FakeOpenRouter, url: str, environment: dict[str, str], said: str
) -> None:
    """No such bucket, wrong keys, no network, no right to write: one line, no traceback and no secret."""
    bucket = Bucket(s3, corpus(tmp_path / "data") / "documents")
    machine = Machine(tmp_path / "cache", s3, models)
    process = machine.start(url.format(url=bucket.url), "ingest", **environment)
    _, error = process.communicate(timeout=300)
    lines = [line for line in error.splitlines() if line.startswith("error:")]
    assert process.returncode in (1, 2) and len(lines) == 1 and said in lines[0], error
    assert "Traceback" not in error and "secret" not in error.replace("AWS_SECRET_ACCESS_KEY", "")
