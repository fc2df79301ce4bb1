"""Stages over a real Ray cluster of three nodes on this machine (extra `ray`)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groundwork.__main__ import main
from groundwork.data_folder.shards import Shard
from groundwork.data_folder.spread_folders import SPREAD_MARKER
from groundwork.settings.config_files import PROJECT
from groundwork.stage_table import BY_NAME
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter
from tests.stage_runner.test_shards import corpus, files, settings

pytest.importorskip("ray", reason="needs the extra ray")
pytestmark = [pytest.mark.ray, pytest.mark.timeout(600)]

DOCUMENTS = 24
PIPELINE = 4  # documents through all stages


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without processors, so that no work is done on it, and three nodes of one processor each."""
    from ray.cluster_utils import Cluster

    # the nodes are of this environment already, and at niceness 15 they would hardly begin on a busy machine
    os.environ.update(RAY_ENABLE_UV_RUN_RUNTIME_ENV="0", RAY_worker_niceness="0")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    made.nodes = [made.add_node(num_cpus=1) for _ in range(3)]
    made.wait_for_nodes()
    yield made
    made.shutdown()


@pytest.fixture
def server() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(reply=Author()).thread() as fake:
        yield fake


def stage(name: str, data: Path, cluster: Any, server: FakeOpenRouter, *flags: str) -> subprocess.Popen[str]:
    """A stage as a user starts it, on the cluster."""
    script = [BY_NAME[name].script] if name in BY_NAME else ["-m", "groundwork", name]
    command = [sys.executable, *script, "--data", str(data), "--ray", cluster.address, *flags]
    return subprocess.Popen(
        [*command, *settings(server)], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished(process: subprocess.Popen[str], code: int = 0) -> str:
    out, error = process.communicate()
    assert process.returncode == code, f"{out}\n{error}"
    return out + error


def done(out: str, name: str) -> int:
    """Units that ended well: done now, or before the node died, whose shard is then up to date in part."""
    (line,) = re.findall(rf"^{name}: .*$", out, re.MULTILINE)
    return sum(int(count.replace(",", "")) for count in re.findall(r"([\d,]+) (?:ok|up to date)\b", line))


def test_a_node_that_dies_costs_only_what_was_under_way(
    tmp_path: Path, cluster: Any, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three nodes, one killed: the files of a run on one machine, and calls repeated only of the lost shards."""
    whole, parts = corpus(tmp_path / "whole", DOCUMENTS), corpus(tmp_path / "parts", DOCUMENTS)
    for name in ("chunk", "generate_qa"):
        assert main([name, "--data", str(whole), *settings(server)]) == 0
    needed = len(server.requests)
    finished(stage("chunk", parts, cluster, server))
    server.latency = 0.5
    process = stage("generate_qa", parts, cluster, server, "--set", "engine.shards=12")
    while len(server.requests) < needed + 6 and process.poll() is None:
        time.sleep(0.05)
    cluster.remove_node(cluster.nodes.pop(), allow_graceful=False)
    out = finished(process)
    assert done(out, "generate_qa") == DOCUMENTS, out
    assert files(parts, "chunks") == files(whole, "chunks")
    assert files(parts, "qa") == files(whole, "qa")
    asked = Counter(json.dumps(request["messages"]) for request in server.requests[needed:])
    repeated = sum(count - 1 for count in asked.values())
    assert len(asked) == needed and repeated <= DOCUMENTS / 12 * 3, f"{repeated} calls were repeated"
    capsys.readouterr()
    assert main(["generate_qa", "--data", str(parts), *settings(server)]) == 0
    assert f"{DOCUMENTS} up to date" in capsys.readouterr().out


@pytest.mark.slow
def test_a_thousand_documents_and_a_node_that_dies(tmp_path: Path, cluster: Any, server: FakeOpenRouter) -> None:
    """1,000 documents over three nodes, one killed: the same files, and no more calls again than of the lost shard."""
    shards, documents = 40, 1_000
    cluster.nodes += [cluster.add_node(num_cpus=1) for _ in range(3 - len(cluster.nodes))]
    whole, parts = corpus(tmp_path / "whole", documents), corpus(tmp_path / "parts", documents)
    assert main(["summarize", "--data", str(whole), *settings(server)]) == 0
    needed = len(server.requests)
    server.latency = 0.2
    process = stage("summarize", parts, cluster, server, "--set", f"engine.shards={shards}")
    while len(server.requests) < needed + documents // 4 and process.poll() is None:
        time.sleep(0.05)
    cluster.remove_node(cluster.nodes.pop(), allow_graceful=False)
    out = finished(process)
    assert done(out, "summarize") == documents, out
    assert files(parts, "summaries") == files(whole, "summaries")
    asked = Counter(json.dumps(request["messages"]) for request in server.requests[needed:])
    names = [path.stem for path in (parts / "text").glob("*.md")]
    largest = max(sum(map(shard.holds, names)) for shard in Shard.all(shards))
    repeated = sum(count - 1 for count in asked.values())
    print(f"{repeated} of {needed} calls repeated; the largest shard has {largest} documents")
    assert len(asked) == needed and repeated <= largest


@pytest.mark.timeout(1_800)
def test_the_whole_pipeline(
    tmp_path: Path, cluster: Any, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """`dataprep run --ray`: byte for byte the artifacts of one machine, by the same calls, and all of it is current."""
    cluster.nodes += [cluster.add_node(num_cpus=1) for _ in range(3 - len(cluster.nodes))]
    whole, parts = (corpus(tmp_path / name, PIPELINE) for name in ("whole", "parts"))
    for root in (whole, parts):
        (root / "text").rename(root / "documents")
    assert main(["run", "--data", str(whole), *settings(server)]) == 0
    asked = Counter(json.dumps(request["messages"]) for request in server.requests)
    server.requests.clear()
    out = finished(stage("run", parts, cluster, server, "--set", "engine.shards=3"))
    here, there = artifacts(whole), artifacts(parts)
    assert sorted(there) == sorted(here) and len(here) > 10 * PIPELINE, out
    assert [path for path in here if there[path] != here[path]] == []
    assert Counter(json.dumps(request["messages"]) for request in server.requests) == asked
    capsys.readouterr()
    assert main(["run", "--data", str(parts), *settings(server)]) == 0
    again, calls = capsys.readouterr().out, sum(asked.values())
    assert all(f"{name}: {PIPELINE} up to date" in again for name in ("ingest", "summarize", "chunk", "generate_qa"))
    assert len(server.requests) == calls


def artifacts(root: Path) -> dict[str, bytes]:
    """Without state and caches, and without the two pages that hold the time or order of a run."""
    passing = (".db", "index.html", "report.html")
    files = (path for path in root.rglob("*") if path.is_file() and not path.name.endswith(passing))
    return {name: path.read_bytes() for path in files if not (name := str(path.relative_to(root))).startswith(".state")}


def test_ctrl_c_is_passed_on(tmp_path: Path, cluster: Any, server: FakeOpenRouter) -> None:
    """SIGINT: the tasks finish what is under way, nothing is paid twice, and the next run finishes."""
    import signal

    data = corpus(tmp_path, DOCUMENTS)
    assert main(["chunk", "--data", str(data)]) == 0
    server.latency = 1.0
    process = stage("generate_qa", data, cluster, server)
    while len(server.requests) < 2 and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out = finished(process, 130)
    assert "not finished" in out and re.search(r"go on with: .*--ray", out)
    server.latency = 0
    assert main(["generate_qa", "--data", str(data), *settings(server)]) == 0
    asked = Counter(json.dumps(request["messages"]) for request in server.requests)
    assert max(asked.values()) == 1


def test_stages_of_whole_runs_take_part_as_they_can(tmp_path: Path, cluster: Any, server: FakeOpenRouter) -> None:
    """Vectors are made on the cluster and written here; a stage that needs all documents runs here alone."""
    data = corpus(tmp_path, 4)
    for name in ("chunk", "generate_qa"):
        assert main([name, "--data", str(data), *settings(server)]) == 0
    out = finished(stage("generate_embeddings", data, cluster, server, "--set", "engine.shards=2"))
    assert " 0 of them new" in out and (data / "embeddings" / "gemini-2.5-flash.npz").is_file()
    finished(stage("create_dataset", data, cluster, server, "--name", "harbours"))
    assert (data / "datasets" / "harbours" / "report.json").is_file()


def test_subfolders_on_a_cluster(
    tmp_path: Path, cluster: Any, server: FakeOpenRouter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nodes put into subfolders what one machine puts into the folders, and all of it is current here."""
    whole, parts = corpus(tmp_path / "whole", PIPELINE), corpus(tmp_path / "parts", PIPELINE)
    run = "qa/gemini-2.5-flash"
    for place in ("text", "chunks", run, f"{run}/rejected", f"{run}/coverage"):
        (parts / place).mkdir(parents=True, exist_ok=True)
        (parts / place / SPREAD_MARKER).touch()
    for name in ("chunk", "generate_qa"):
        assert main([name, "--data", str(whole), *settings(server)]) == 0
        finished(stage(name, parts, cluster, server, "--set", "engine.shards=3"))
    subfolder = re.compile(r"/_[0-9a-f]{2}(?=/)")
    for folder in ("text", "chunks", "qa"):
        there = files(parts, folder)
        assert all(subfolder.search(path) for path in there)
        assert {subfolder.sub("", path): content for path, content in there.items()} == files(whole, folder)
    assert files(parts, "chunks") and not list((parts / "text").glob("*.md"))
    calls = len(server.requests)
    capsys.readouterr()
    for name in ("chunk", "generate_qa"):
        assert main([name, "--data", str(parts), *settings(server)]) == 0
        assert f"{PIPELINE} up to date" in capsys.readouterr().out
    assert len(server.requests) == calls


def test_no_cluster_there(tmp_path: Path) -> None:
    """An address where nothing answers is one line with the remedy."""
    command = [sys.executable, "dataprep/chunk.py", "--data", str(corpus(tmp_path)), "--ray", "127.0.0.1:9"]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=200)
    assert ended.returncode == 2 and "ray start --head" in ended.stderr.splitlines()[-1]
