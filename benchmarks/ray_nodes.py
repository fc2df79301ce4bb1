"""Is a stage on a Ray cluster that loses a node the same as on one machine? Every stage that is divided, in turn.

Run    uv run --extra ray benchmarks/ray_nodes.py [--documents 30] [--small] [--shards 12] [--quick]

A few invented documents go through all stages on this machine: the reference. Then each stage begins from what the
reference had before it, on a cluster of three nodes of one processor; once a third of the calls have been answered
(or a third of the shards of a stage that makes none have begun), one of the nodes is killed with all its processes. The
stage's files must be those of the reference, byte for byte (arrays by their content; of tags the questions), no more
calls may be made twice than the largest shard has, and a run on one machine afterwards may make none. Exit code 1
otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
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
from groundwork.data_folder.read_write import read_jsonl
from groundwork.records import Tags
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


def write_small_documents(data: Path, count: int) -> None:
    """Documents of one or two paragraphs, 150 to 400 characters."""
    (data / "documents").mkdir(parents=True)
    for number in range(count):
        opens = f"The harbour {number} opens its northern gate to skiffs of class {number % 9 + 2} at dawn."
        keeper = f"Its keeper number {number * 7} notes every boat over {number % 5 + 3} metres in the blue ledger."
        tide = f"A visiting crew of harbour {number} waits {number % 40 + 5} minutes for the pilot before the bar."
        paragraphs = [f"# Harbour {number}", opens if number % 2 else f"{opens} {keeper}", tide]
        (data / "documents" / f"harbour-{number}.md").write_text("\n\n".join(paragraphs[: 2 + number % 3]) + "\n")


def wait_for_share(
    process: subprocess.Popen[bytes], stage: str, data: Path, fake: FakeOpenRouter, calls: int, shards: int
) -> None:
    """Until a third of the work is done: of the calls that the stage needs, or of its shards where it makes none."""
    already_answered, end = fake.seen["ok"], time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        begun = sum(1 for _ in (data / ".state" / "shards").glob("*/manifest.db"))
        if fake.seen["ok"] - already_answered >= max(1, calls // 3) if stage in CALLING else begun > shards // 3:
            return
        time.sleep(0.01)


def calls_of_the_largest_shard(data: Path, stage: str) -> int:
    """The most calls whose replies one shard keeps in its journal: all that a node of one processor can lose."""
    largest = 0
    for path in (data / ".state" / "shards").glob("*/journal.db"):
        with closing(sqlite3.connect(path)) as journal:
            (count,) = journal.execute("SELECT count(*) FROM replies WHERE stage = ?", (stage,)).fetchone()
            largest = max(largest, count)
    return largest


def results(data: Path, stage: str) -> dict[str, str]:
    """What must be equal: the files of the stage, but of tags the questions alone.

    Which tags a question gets depends on those that were given before it, and shards do not know of each other's.
    """
    if stage != "generate_tags":
        return contents(data, STAGES[stage][0])
    rows = [row for file in sorted((data / "tags").glob("*.jsonl")) for row in read_jsonl(file, Tags)]
    return {row.id: row.question for row in rows if row.tags}


def trial(
    stage: str, before: Path, reference: Path, cluster: Any, fake: FakeOpenRouter, calls: int, shards: int
) -> tuple[bool, int, list[str]]:
    """(was it at work when the node died, calls made twice, what is wrong)."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        shutil.copytree(before, data)
        fake.requests.clear()
        process = start(stage, data, fake.url, "--ray", cluster.address, "--set", f"engine.shards={shards}")
        wait_for_share(process, stage, data, fake, calls, shards)
        at_work = process.poll() is None
        cluster.remove_node(cluster.nodes.pop(), allow_graceful=False)
        output = process.communicate()[0].decode()
        cluster.nodes.append(cluster.add_node(num_cpus=1))
        wrong = [f"exit code {process.returncode}: {output[-600:]}"] if process.returncode else []
        ours, theirs = results(data, stage), results(reference, stage)
        wrong += [f"{path} differs" for path in sorted(ours | theirs) if ours.get(path) != theirs.get(path)]
        requests = Counter(json.dumps(request["messages"]) for request in fake.requests)
        repeated = sum(count - 1 for count in requests.values())
        if repeated > (most := calls_of_the_largest_shard(data, stage)):
            wrong.append(f"{repeated} calls were made twice, and the largest shard has {most}")
        made = len(fake.requests)
        finish(stage, data, fake.url)
        wrong += [f"{len(fake.requests) - made} calls once more on one machine"] if len(fake.requests) > made else []
    return at_work, repeated, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=30)
    parser.add_argument("--small", action="store_true", help="documents of one or two paragraphs")
    parser.add_argument("--shards", type=int, default=12)
    parser.add_argument("--stages", default=",".join(DIVIDED), help="those in which a node is killed")
    parser.add_argument("--quick", action="store_true", help="6 documents, two stages")
    options = parser.parse_args()
    documents, stages = (6, QUICK) if options.quick else (options.documents, options.stages.split(","))
    differing, cluster = 0, three_nodes()
    with FakeOpenRouter(reply=Author()).thread() as fake, tempfile.TemporaryDirectory() as name:
        data = Path(name) / "0"
        (write_small_documents if options.small else write_documents)(data, documents)
        for turn, stage in enumerate(STAGES, start=1):
            if not stages:
                break
            after = Path(name) / str(turn)
            shutil.copytree(data, after)
            fake.latency = 0.0
            fake.requests.clear()
            seconds = finish(stage, after, fake.url)
            if stage in stages:
                calls, fake.latency = len(fake.requests), LATENCY
                at_work, repeated, wrong = trial(stage, data, after, cluster, fake, calls, options.shards)
                differing += bool(wrong)
                when = "a node died at work" if at_work else "it was done before the node died"
                counts = f"{seconds:.0f} s on one machine; {when}; {repeated} of {calls} calls made twice"
                print(f"{stage:20} {counts}; {'; '.join(wrong[:3]) or 'equal'}", flush=True)
                stages = [name for name in stages if name != stage]
            data = after
    cluster.shutdown()
    print(f"{documents} documents, {options.shards} shards: {differing} stages differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
