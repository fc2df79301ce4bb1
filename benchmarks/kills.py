"""Is a run that was killed, and run again, the same as one that was not? `kill -9` and SIGTERM in every stage.

Run    uv run benchmarks/kills.py [--kills 30] [--terms 5] [--documents 6] [--quick]

A few invented documents go through all stages once: the reference. Then each stage in turn begins from what the
reference had before it, is killed with all its processes at a random moment of the time that it took (or gets SIGTERM),
and is run again. Its files must be those of the reference, byte for byte (arrays by their content); no temporary file
may be left, the journal must be whole, and no call may be made again that was answered before the signal. Exit code 1
otherwise.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from tests.author import Author
from tests.fake_openrouter import FakeOpenRouter

STAGES = {  # what each writes below data/
    "ingest": ("text", []),
    "summarize": ("summaries", []),
    "chunk": ("chunks", []),
    "generate_qa": ("qa", ["--iterate"]),
    "curate": ("qa", []),
    "generate_tags": ("tags", []),
    "generate_embeddings": ("embeddings", []),
    "coverage": ("plots", []),
    "create_dataset": ("datasets", ["--eval-split"]),
}
TERMS = ("generate_qa", "curate", "ingest", "summarize", "generate_tags")
CALLING = frozenset(TERMS) - {"ingest"}
QUICK = ("ingest", "chunk", "generate_qa")
LATENCY = 0.05  # seconds a call


def write_documents(data: Path, count: int) -> None:
    (data / "documents").mkdir(parents=True)
    for number in range(count):
        lines = [f"# Harbour {number}"]
        for gate in range(12):
            opens = f"The harbour {number} opens its gate {gate} to skiffs of class {gate + number} at dawn."
            keeper = (
                f"Its keeper number {gate * 7 + number} notes every boat over {gate + 3} metres in the blue ledger."
            )
            lines += [f"## Gate {gate}", f"{opens} {keeper}"]
        (data / "documents" / f"harbour-{number}.md").write_text("\n\n".join(lines) + "\n")


def start(stage: str, data: Path, url: str, *flags: str) -> subprocess.Popen[bytes]:
    settings = [f"llm.base_url={url}", "llm.api_key_env=", "llm.max_concurrency=4", "embeddings.backend=static"]
    settings += [
        "embeddings.model=wordllama",
        "dataset.name=made",
        "chunk.max_length=400",
        "chunk.min_length=50",
    ]
    command = [sys.executable, "-m", "groundwork", stage, *STAGES[stage][1], *flags, "--data", str(data)]
    command += [f"--set={one}" for one in settings]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, process_group=0)


def finish(stage: str, data: Path, url: str) -> float:
    """Seconds that the stage took. Raises RuntimeError where it fails."""
    began = time.monotonic()
    process = start(stage, data, url)
    told, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{stage}: exit code {process.returncode}\n{told.decode()[-2000:]}")
    return time.monotonic() - began


def contents(data: Path, folder: str) -> dict[str, str]:
    """sha256 by name of what lies in a folder of data/, caches in SQLite aside."""
    found = {}
    for path in sorted((data / folder).rglob("*")):
        if path.is_file() and path.suffix != ".db" and not path.name.endswith((".db-wal", ".db-shm")):
            found[str(path.relative_to(data))] = _digest(path)
    return found


def _digest(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".npz":  # an archive with the time of its making in it
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            content = b"".join(arrays[name].tobytes() for name in sorted(arrays.files))
    return hashlib.sha256(content).hexdigest()


def answered(data: Path) -> Counter[str]:
    journal = data / ".state" / "journal.db"
    if not journal.exists():
        return Counter()
    with closing(sqlite3.connect(journal)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return Counter(key for (key,) in database.execute("SELECT key FROM replies WHERE usable"))


def wait_for_call(process: subprocess.Popen[bytes], fake: FakeOpenRouter) -> None:
    """Until a call is under way, or the stage has ended: on a busy machine it may not have begun yet."""
    end = time.monotonic() + 120
    while process.poll() is None and not fake.in_flight and time.monotonic() < end:
        time.sleep(0.005)


def trial(
    stage: str, before: Path, reference: Path, fake: FakeOpenRouter, moment: float, number: signal.Signals
) -> tuple[bool, list[str]]:
    """(was it still at work, what is wrong afterwards)."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        shutil.copytree(before, data)
        process = start(stage, data, fake.url)
        time.sleep(moment)
        if number == signal.SIGTERM and stage in CALLING:
            wait_for_call(process, fake)
        alive = process.poll() is None
        if alive:
            os.killpg(process.pid, number)
        told, _ = process.communicate(timeout=120)
        wrong = []
        if alive and number == signal.SIGTERM and process.returncode not in (0, 130):
            wrong.append(f"SIGTERM: exit code {process.returncode}: {told.decode()[-300:]}")
        kept = answered(data)
        finish(stage, data, fake.url)
        wrong += [f"asked again: {key[:8]}" for key, count in (answered(data) - kept).items() if kept[key] and count]
        folder = STAGES[stage][0]
        ours, theirs = contents(data, folder), contents(reference, folder)
        wrong += [
            f"{name} differs" for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)
        ]
        wrong += [f"left behind: {path.name}" for path in data.rglob(".tmp-*")]
        return alive, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--terms", type=int, default=5)
    parser.add_argument("--documents", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="2 documents, three stages, 3 kills, 1 SIGTERM")
    options = parser.parse_args()
    kills, terms, documents = (3, 1, 2) if options.quick else (options.kills, options.terms, options.documents)
    stages = QUICK if options.quick else tuple(STAGES)
    dice, failed, counts = random.Random(options.seed), 0, Counter()
    with FakeOpenRouter(reply=Author(), latency=LATENCY).thread() as fake, tempfile.TemporaryDirectory() as name:
        fake.keep_requests = False
        data = Path(name) / "0"
        write_documents(data, documents)
        before: dict[str, Path] = {}
        after: dict[str, Path] = {}
        took: dict[str, float] = {}
        for turn, stage in enumerate(stages, start=1):
            before[stage], after[stage] = data, Path(name) / str(turn)
            shutil.copytree(data, after[stage])
            took[stage] = finish(stage, after[stage], fake.url)
            data = after[stage]
        trials = [(signal.SIGKILL, stages[turn % len(stages)]) for turn in range(kills)]
        trials += [(signal.SIGTERM, TERMS[turn % len(TERMS)]) for turn in range(terms)]
        for number, stage in trials:
            moment = took[stage] * dice.uniform(0.3, 0.95)
            alive, wrong = trial(stage, before[stage], after[stage], fake, moment, number)
            counts[number.name, alive] += 1
            failed += bool(wrong)
            told = f"{'at work' if alive else 'was done'}  {'; '.join(wrong[:3]) or 'equal'}"
            print(f"{number.name:8} {stage:20} at {moment:4.1f} s  {told}", flush=True)
    for kind in ("SIGKILL", "SIGTERM"):
        print(f"{kind}: {counts[kind, True]} at work, {counts[kind, False]} done before")
    print(f"{failed} of {kills + terms} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
