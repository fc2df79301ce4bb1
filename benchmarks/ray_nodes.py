"""Is a stage on a Ray cluster that loses a node the same as on one machine? Every stage that is divided, in turn.

Run    uv run --extra ray benchmarks/ray_nodes.py [--documents 30] [--shards 12] [--quick]

A few invented documents go through all stages on this machine: the reference. Then each stage begins from what the
reference had before it, on a cluster of three nodes of one processor; once it is at work, one of the nodes is killed
with all its processes. Its files must be those of the reference, byte for byte (arrays by their content), and no more
calls may be made twice than the largest shard has. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.kills import CALLING, STAGES, contents, finish, start, write_documents
from groundwork.data_folder.shards.shards import Shard
from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter

DIVIDED = [stage for stage in STAGES if stage != "create_dataset"]
QUICK = ["chunk", "generate_qa"]
LATENCY = 0.1  # seconds a call
PATIENCE = 300.0  # seconds until a stage is at work


def three_nodes() -> Any:
    """A head without processors, so that no work is done on it, and three nodes of one processor each."""
    # the nodes are of this environment already, and at niceness 15 they would hardly begin on a busy machine
    os.environ.update(RAY_ENABLE_UV_RUN_RUNTIME_ENV="0", RAY_worker_niceness="0")
    from ray.cluster_utils import Cluster

    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    cluster.nodes = [cluster.add_node(num_cpus=1) for _ in range(3)]
    cluster.wait_for_nodes()
    return cluster


def wait_until_at_work(
    process: subprocess.Popen[bytes], stage: str, data: Path, asked: int, fake: FakeOpenRouter
) -> None:
    """Until some calls of the stage have been made, or, where it makes none, a shard has a state."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        states = list((data / ".state" / "shards").glob("*/manifest.db"))
        if len(fake.requests) > asked + 2 if stage in CALLING else states:
            return
        time.sleep(0.01)


def calls_of_the_largest_shard(data: Path, stage: str, shards: int) -> int:
    if stage not in CALLING:
        return 0
    with closing(sqlite3.connect(data / ".state" / "journal.db")) as journal:
        units = [unit for (unit,) in journal.execute("SELECT unit FROM replies WHERE stage = ?", (stage,))]
    documents = [found[0] for unit in units if (found := re.match(r"harbour-\d+", unit))]
    calls = Counter(shard for name in documents for shard in Shard.all(shards) if shard.holds(name))
    of_runs = len(units) - len(documents)  # such as batches of questions to tag: of no one document
    return max(calls.values(), default=0) + of_runs


def trial(
    stage: str, before: Path, reference: Path, cluster: Any, fake: FakeOpenRouter, shards: int
) -> tuple[bool, int, list[str]]:
    """(was it at work when the node died, calls made twice, what is wrong)."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        shutil.copytree(before, data)
        fake.requests.clear()
        process = start(stage, data, fake.url, "--ray", cluster.address, "--set", f"engine.shards={shards}")
        wait_until_at_work(process, stage, data, 0, fake)
        at_work = process.poll() is None
        cluster.remove_node(cluster.nodes.pop(), allow_graceful=False)
        told, _ = process.communicate()
        cluster.nodes.append(cluster.add_node(num_cpus=1))
        wrong = [f"exit code {process.returncode}: {told.decode()[-600:]}"] if process.returncode else []
        ours, theirs = contents(data, STAGES[stage][0]), contents(reference, STAGES[stage][0])
        wrong += [f"{path} differs" for path in sorted(ours | theirs) if ours.get(path) != theirs.get(path)]
        asked = Counter(json.dumps(request["messages"]) for request in fake.requests)
        twice = sum(count - 1 for count in asked.values())
        if twice > (most := calls_of_the_largest_shard(reference, stage, shards)):
            wrong.append(f"{twice} calls were made twice, and the largest shard has {most}")
    return at_work, twice, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=30)
    parser.add_argument("--shards", type=int, default=12)
    parser.add_argument("--stages", default=",".join(DIVIDED), help="those in which a node is killed")
    parser.add_argument("--quick", action="store_true", help="6 documents, two stages")
    options = parser.parse_args()
    documents, stages = (6, QUICK) if options.quick else (options.documents, options.stages.split(","))
    failed, cluster = 0, three_nodes()
    with FakeOpenRouter(reply=Author()).thread() as fake, tempfile.TemporaryDirectory() as name:
        data = Path(name) / "0"
        write_documents(data, documents)
        for turn, stage in enumerate(STAGES, start=1):
            if not stages:
                break
            after = Path(name) / str(turn)
            shutil.copytree(data, after)
            fake.latency = 0.0
            fake.requests.clear()
            finish(stage, after, fake.url)
            if stage in stages:
                calls, fake.latency = len(fake.requests), LATENCY
                at_work, twice, wrong = trial(stage, data, after, cluster, fake, options.shards)
                failed += bool(wrong)
                when = "a node died at work" if at_work else "it was done before the node died"
                print(
                    f"{stage:20} {when}; {twice} of {calls} calls made twice; {'; '.join(wrong[:3]) or 'equal'}",
                    flush=True,
                )
                stages = [one for one in stages if one != stage]
            data = after
    cluster.shutdown()
    print(f"{documents} documents, {options.shards} shards: {failed} stages differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
