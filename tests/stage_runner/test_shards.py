"""Shards of the documents, each with a state of its own, joined afterwards; and processes of one machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groundwork.__main__ import main
from groundwork.data_folder.shards import Shard
from groundwork.errors import UsageError
from groundwork.settings.config_files import PROJECT
from groundwork.stage_runner.job import Unit
from groundwork.stage_runner.local_processes import equal_shares
from groundwork.stage_runner.shard_progress import ProgressSnapshot
from groundwork.stages import generate_qa
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter

DOCUMENTS = 9


@pytest.fixture
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


def corpus(root: Path, count: int = DOCUMENTS) -> Path:
    """A data folder with texts of a few sentences, as ingest would have left them."""
    (root / "text").mkdir(parents=True)
    for number in range(count):
        sentences = " ".join(
            f"The harbour {number} opens its gate {gate} to skiffs of class {gate + number} at dawn."
            for gate in range(4)
        )
        (root / "text" / f"harbour-{number}.md").write_text(f"# Harbour {number}\n\n{sentences}\n")
    return root


def files(root: Path, folder: str) -> dict[str, bytes]:
    """What lies in a folder of data/, by name."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted((root / folder).rglob("*.json*"))}


def settings(server: FakeOpenRouter) -> list[str]:
    given = {"llm.base_url": server.url, "llm.api_key_env": "", "embeddings.backend": "static"}
    given |= {"embeddings.model": "wordllama", "qa.context": "the harbours"}
    return [f"--set={key}={value}" for key, value in given.items()]


def test_processes_of_one_machine_read_about_as_much(tmp_path: Path) -> None:
    """Every unit is in one share, and no share holds more bytes than another by more than one unit's."""
    sizes = [50_000, *range(100, 4_000, 130), 0, 0]
    units = []
    for number, size in enumerate(sizes):
        (path := tmp_path / f"{number}.md").write_bytes(b"x" * size)
        units.append(Unit(f"document-{number}", (path, tmp_path / "gone.json"), ()))
    shares = equal_shares(units, 3)
    assert sorted(name for share in shares for name in share) == sorted(unit.name for unit in units)
    bytes_read = sorted(sum(sizes[int(name.rpartition("-")[2])] for name in share) for share in shares)
    assert bytes_read[2] == 50_000 and bytes_read[1] - bytes_read[0] < 4_000
    assert [len(share) for share in equal_shares(units[-2:], 2)] == [1, 1]


def test_a_document_keeps_its_shard() -> None:
    """Every document is in exactly one shard of N, by its name alone."""
    names = [f"document-{number}" for number in range(200)]
    owners = [[shard.index for shard in Shard.all(7) if shard.holds(name)] for name in names]
    assert all(len(own) == 1 for own in owners) and len({own[0] for own in owners}) == 7
    assert Shard.parse("3/16") == Shard.parse(Shard(3, 16).folder) == Shard(3, 16)


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", ""])
def test_a_shard_that_cannot_be(text: str) -> None:
    """I/N with I from 1 to N, and nothing else."""
    with pytest.raises(UsageError, match="I/N"):
        Shard.parse(text)


def test_shards_make_what_one_run_makes(tmp_path: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture) -> None:
    """Three shards and gather: the same chunks and pairs as one run, no call twice, and nothing left to do."""
    whole, parts = corpus(tmp_path / "whole"), corpus(tmp_path / "parts")
    for stage in ("chunk", "generate_qa"):
        assert main([stage, "--data", str(whole), *settings(server)]) == 0
    calls = len(server.requests)
    for shard in Shard.all(3):
        for stage in ("chunk", "generate_qa"):
            assert main([stage, "--data", str(parts), "--shard", str(shard), *settings(server)]) == 0
    assert len(server.requests) == 2 * calls
    assert main(["gather", "--data", str(parts), *settings(server)]) == 0
    assert files(parts, "chunks") == files(whole, "chunks")
    assert files(parts, "qa") == files(whole, "qa")
    capsys.readouterr()
    assert main(["generate_qa", "--data", str(parts), *settings(server)]) == 0
    assert f"{DOCUMENTS} up to date" in capsys.readouterr().out
    shutil.rmtree(parts / "qa")
    assert main(["generate_qa", "--data", str(parts), *settings(server)]) == 0
    assert files(parts, "qa") == files(whole, "qa")
    assert len(server.requests) == 2 * calls, "the replies of the shards are known to the whole"


def test_gather_names_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """A shard that never began and the documents that are not done are named, and the exit code is 1."""
    data = corpus(tmp_path)
    for index in (1, 2):
        assert main(["chunk", "--data", str(data), "--shard", f"{index}/3"]) == 0
    following = f"next, once the 2 other shards are done: uv run dataprep gather --data {data}\n"
    assert capsys.readouterr().out.endswith(following)
    assert main(["gather", "--data", str(data)]) == 1
    out = capsys.readouterr().out
    left = [f"harbour-{number}" for number in range(DOCUMENTS) if Shard(3, 3).holds(f"harbour-{number}")]
    assert "shard 3/3: never began" in out and all(f"chunk of {name}" in out for name in left) and left
    assert main(["chunk", "--data", str(data), "--shard", "3/3"]) == 0
    assert main(["gather", "--data", str(data), "--set", "chunk.max_length=3000"]) == 1
    out = capsys.readouterr().out
    assert f"chunk of {DOCUMENTS} of one kind, such as harbour-0: stale chunk.max_length changed" in out
    assert main(["gather", "--data", str(data), "--remove"]) == 0
    assert f"nothing is missing\nnext: uv run dataprep --data {data}\n" in capsys.readouterr().out
    assert not (data / ".state" / "shards").exists()


def test_a_stage_of_whole_runs_takes_no_shard(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """create_dataset needs all documents, and says what to run first."""
    data = corpus(tmp_path)
    (data / "qa" / "run").mkdir(parents=True)
    assert main(["create_dataset", "--data", str(data), "--shard", "1/2"]) == 2
    assert "gather" in capsys.readouterr().err


def test_vectors_of_shards_are_joined(tmp_path: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture) -> None:
    """After gather, generate_embeddings finds every vector that the shards made."""
    data = corpus(tmp_path)
    for stage in ("chunk", "generate_qa"):
        assert main([stage, "--data", str(data), *settings(server)]) == 0
    for shard in Shard.all(2):
        assert main(["generate_embeddings", "--data", str(data), "--shard", str(shard), *settings(server)]) == 0
    assert not (data / "embeddings").joinpath("gemini-2.5-flash.npz").exists()
    assert main(["gather", "--data", str(data), *settings(server)]) == 0
    capsys.readouterr()
    assert main(["generate_embeddings", "--data", str(data), *settings(server)]) == 0
    assert " 0 of them new" in capsys.readouterr().out


def test_shards_find_the_vectors_that_are_joined(tmp_path: Path, server: FakeOpenRouter) -> None:
    """A shard that begins after a gather embeds nothing that is there, and changes nothing of it."""
    data = corpus(tmp_path)
    for stage in ("chunk", "generate_qa", "generate_embeddings"):
        assert main([stage, "--data", str(data), *settings(server)]) == 0
    assert main(["generate_embeddings", "--data", str(data), "--shard", "1/2", *settings(server)]) == 0
    own = list((data / ".state" / "shards").rglob("*.vectors.db"))
    assert not own


def test_shards_judge_their_own_documents(tmp_path: Path, server: FakeOpenRouter) -> None:
    """Curation by two shards and gather: the same files as in one run, and not a call more."""
    whole, parts = corpus(tmp_path / "whole"), corpus(tmp_path / "parts")
    for data in (whole, parts):
        for stage in ("chunk", "generate_qa"):
            assert main([stage, "--data", str(data), *settings(server)]) == 0
    generated = len(server.requests)
    assert main(["curate", "--data", str(whole), *settings(server)]) == 0
    judged = len(server.requests) - generated
    for shard in Shard.all(2):
        assert main(["curate", "--data", str(parts), "--shard", str(shard), *settings(server)]) == 0
    without = next(shard for shard in Shard.all(64) if not any(shard.holds(f"harbour-{i}") for i in range(DOCUMENTS)))
    for flags in (["--dry-run"], []):
        assert main(["curate", "--data", str(parts), "--shard", str(without), *flags, *settings(server)]) == 0
    shutil.rmtree(parts / ".state" / "shards" / without.folder)
    assert not list((parts / "qa").rglob("curated"))
    assert len(server.requests) == generated + 2 * judged
    assert main(["gather", "--data", str(parts), *settings(server)]) == 0
    assert main(["curate", "--data", str(parts), *settings(server)]) == 0
    assert len(server.requests) == generated + 2 * judged
    assert files(parts, "qa") == files(whole, "qa")


def test_what_shards_have_cached_does_not_stand_for_the_whole(
    tmp_path: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture
) -> None:
    """What was made before is renewed after gather: curation, tags and vectors were called up to date, and stayed."""
    data = corpus(tmp_path)
    stages = "chunk", "generate_qa", "curate", "generate_tags", "generate_embeddings"
    for stage in stages:
        assert main([stage, "--data", str(data), *settings(server)]) == 0
    pairs = data / "qa" / "gemini-2.5-flash" / "harbour-0.jsonl"
    pairs.write_text("".join(pairs.read_text().splitlines(keepends=True)[1:]))
    for stage in stages[2:]:
        for shard in Shard.all(2):
            assert main([stage, "--data", str(data), "--shard", str(shard), *settings(server)]) == 0
        assert main(["gather", "--data", str(data), *settings(server)]) == 0
        asked = len(server.requests)
        capsys.readouterr()
        assert main([stage, "--data", str(data), *settings(server)]) == 0
        assert f"{stage}: 1 ok" in capsys.readouterr().out and len(server.requests) == asked


@pytest.mark.slow
def test_processes_judge_a_run(tmp_path: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture) -> None:
    """curate --workers 2: the files and calls of one process, also with --force, and no shard's state is left."""
    one, two = corpus(tmp_path / "one"), corpus(tmp_path / "two")
    spent = []
    for data, workers in ((one, "1"), (two, "2")):
        for stage in ("chunk", "generate_qa"):
            assert main([stage, "--data", str(data), *settings(server)]) == 0
        for force in ([], ["--force"]):
            before = len(server.requests)
            capsys.readouterr()
            assert main(["curate", "--data", str(data), "--workers", workers, *force, *settings(server)]) == 0
            spent.append((len(server.requests) - before, "$" in capsys.readouterr().out))
    assert spent == [(spent[0][0], True)] * 4 and spent[0][0] > 0
    assert files(one, "qa") == files(two, "qa")
    assert not list((two / ".state" / "shards").glob("*"))


def test_vocabularies_of_shards_are_joined(tmp_path: Path, server: FakeOpenRouter) -> None:
    """After gather, the shared vocabulary holds the tags of all shards, each once, and tagging asks nothing more."""
    data = corpus(tmp_path)
    for stage in ("chunk", "generate_qa"):
        assert main([stage, "--data", str(data), *settings(server)]) == 0
    for shard in Shard.all(2):
        assert main(["generate_tags", "--data", str(data), "--shard", str(shard), *settings(server)]) == 0
    own = [json.loads(path.read_text())["tags"] for path in (data / ".state").rglob("vocabulary.json")]
    assert main(["gather", "--data", str(data), *settings(server)]) == 0
    joined = json.loads((data / "tags" / "vocabulary.json").read_text())["tags"]
    assert len(own) == 2 and set(joined) == set(own[0]) | set(own[1]) and len(joined) == len(set(joined))
    before = len(server.requests)
    assert main(["generate_tags", "--data", str(data), *settings(server)]) == 0
    assert len(server.requests) == before


class Listener:
    """A parent's end of a channel: what a process told before its calls were answered."""

    def __init__(self) -> None:
        self.expected_calls, self.told = 0, threading.Event()

    def tell(self, snapshot: ProgressSnapshot) -> None:
        self.expected_calls = snapshot.expected_calls
        self.told.set()

    def say(self, line: str) -> None: ...

    def is_stopping(self) -> bool:
        return False


def test_a_process_counts_the_calls_of_its_share(tmp_path: Path) -> None:
    """The calls to expect are counted by the process that makes them, for the progress line of its parent."""
    listener, data = Listener(), corpus(tmp_path / "data", 2)
    author = Author()

    def answer(request: dict[str, Any]) -> Any:
        listener.told.wait(60)
        return author(request)

    assert main(["chunk", "--data", str(data)]) == 0
    with FakeOpenRouter(reply=answer).thread() as server:
        flags = generate_qa.main.parse(["--data", str(data), *settings(server)])
        name = generate_qa.main.unfinished(flags)[0][0]
        result = generate_qa.main.run_shard(flags, frozenset([name]), listener, among=2)
    assert list(result.outcomes) == [name] and listener.expected_calls > 0


@pytest.mark.slow
def test_processes_make_what_one_makes(tmp_path: Path, server: FakeOpenRouter, capsys: pytest.CaptureFixture) -> None:
    """--workers 3: the same files and ledger as one process, and the calls are counted once."""
    one, three = corpus(tmp_path / "one"), corpus(tmp_path / "three")
    summaries = []
    for data, workers in ((one, "1"), (three, "3")):
        for stage in ("chunk", "generate_qa"):
            assert main([stage, "--data", str(data), "--workers", workers, *settings(server)]) == 0
            summaries.append([line for line in capsys.readouterr().out.splitlines() if "made" in line or "ok" in line])
    assert files(one, "qa") == files(three, "qa") and files(one, "chunks") == files(three, "chunks")
    assert len(server.requests) % 2 == 0
    assert [row.split(" · ")[:2] for row in summaries[1][:1]] == [row.split(" · ")[:2] for row in summaries[3][:1]]
    assert main(["generate_qa", "--data", str(three), "--workers", "3", *settings(server)]) == 0
    assert f"{DOCUMENTS} up to date" in capsys.readouterr().out


@pytest.mark.slow
def test_a_process_that_is_killed_loses_only_what_was_under_way(tmp_path: Path, server: FakeOpenRouter) -> None:
    """kill -9 of one worker: the run ends with exit code 1 and says so; the next one finishes."""
    data = corpus(tmp_path)
    assert main(["chunk", "--data", str(data)]) == 0
    held = [True]
    server.held = lambda: bool(held)  # so that neither process can end before it is killed
    command = [sys.executable, "dataprep/generate_qa.py", "--data", str(data), "--workers", "2", *settings(server)]
    process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True)
    while len(server.requests) < 2 and process.poll() is None:
        time.sleep(0.05)
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout
    children = [int(word) for word in listed.split()]
    os.kill(children[-1], signal.SIGKILL)
    held.clear()
    _, error = process.communicate(timeout=200)
    assert process.returncode == 1 and "ended without a message" in error
    assert main(["generate_qa", "--data", str(data), *settings(server)]) == 0
    assert len(files(data, "qa")) == 3 * DOCUMENTS


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_lets_the_processes_finish(tmp_path: Path, server: FakeOpenRouter, name: str) -> None:
    """The replies under way are kept, a ledger is printed, and no process stays behind."""
    data = corpus(tmp_path)
    assert main(["chunk", "--data", str(data)]) == 0
    held, server.latency = [True], 1.0
    server.held = lambda: bool(held)
    few = ["--iterate", "--set=llm.max_concurrency=2", *settings(server)]  # not all calls are under way at once
    command = [sys.executable, "dataprep/generate_qa.py", "--data", str(data), "--workers", "2", *few]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(server.requests) < 2 and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(getattr(signal, name))
    said = iter(process.stderr.readline, "")
    assert any("press Ctrl-C again" in line for line in said)
    held.clear()
    out, error = process.communicate(timeout=200)
    assert process.returncode == 130, error
    assert "not finished" in out and "go on with: " in error
    calls_in_flight = len(server.requests)
    server.latency = 0
    assert main(["generate_qa", "--data", str(data), *few]) == 0
    asked = [request["messages"] for request in server.requests]
    assert len(asked) > calls_in_flight and all(asked.count(messages) == 1 for messages in asked)
