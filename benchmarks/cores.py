"""How much faster two processes are than one: a stage's CPU seconds by process, and its wall time.

Run    uv run benchmarks/cores.py [--documents 400] [--workers 2] [--stages chunk,coverage] [--quick]

The documents of scale.py go through the stages; each of `--stages` runs with one process and with several. Where the
cores are busy with other work, wall time tells nothing, so `possible` is computed from CPU seconds of every process,
start-up included: those of one process over what the longest way takes, which is the parent and its busiest worker, or
all processes over the cores that they have, whichever is more. `wall` is one's wall time over theirs. The stand-in for
the model runs on the same cores (`server`) and is not part of either.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.light_endpoint import LightEndpoint
from benchmarks.scale import STAGES, corpus, reply, spent

NEEDS = {  # the stages that go before
    "chunk": ("ingest",),
    "summarize": ("ingest",),
    "generate_qa": ("ingest", "summarize", "chunk"),
    "coverage": ("ingest", "summarize", "chunk", "generate_qa"),
    "curate": ("ingest", "summarize", "chunk", "generate_qa"),
}
LOOK_EVERY = 0.1  # seconds
TICK = os.sysconf("SC_CLK_TCK")


class Run(NamedTuple):
    """CPU seconds of the first process and of each of its workers, and wall seconds."""

    parent: float
    workers: list[float]
    wall: float
    server: float


class Watch:
    """The CPU seconds of the processes below one, as they were last seen."""

    def __init__(self, pid: int) -> None:
        self._pid, self.seconds = pid, dict[int, float]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> dict[int, float]:
        self._over.set()
        self._thread.join()
        return self.seconds

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            for pid in _below(self._pid):
                with suppress(OSError, IndexError):
                    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                    self.seconds[pid] = (int(fields[11]) + int(fields[12])) / TICK


def _below(pid: int) -> list[int]:
    """The children of a process, and theirs."""
    found: list[int] = []
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *_below(int(child))]
    return found


def run(stage: str, data: Path, url: str, workers: int) -> Run:
    """The stage over all documents. Raises RuntimeError with its output where it fails."""
    settings = [f"llm.base_url={url}", "llm.api_key_env=", "embeddings.backend=static", "embeddings.model=wordllama"]
    flags = ["--data", str(data), "--workers", str(workers), *(f"--set={one}" for one in settings)]
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        command = [sys.executable, "-m", "groundwork", stage, *STAGES[stage], *flags]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        watch = Watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        children = watch.end()
        output.seek(0)
        if status:
            raise RuntimeError(f"{' '.join(command)}\n{output.read().decode()[-3000:]}")
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    server = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    busiest = sorted(children.values(), reverse=True)[: workers if workers > 1 else 0]
    return Run(usage.ru_utime + usage.ru_stime - sum(busiest), busiest, wall, server)


def possible(one: Run, several: Run, cores: int) -> float:
    """How much faster the several can be than the one on so many cores that do nothing else."""
    longest = several.parent + max(several.workers)
    return one.parent / max(longest, (several.parent + sum(several.workers)) / cores)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--stages", default="chunk,generate_qa,coverage", help=", ".join(NEEDS))
    parser.add_argument("--quick", action="store_true", help="8 documents")
    options = parser.parse_args()
    stages, endpoint = options.stages.split(","), LightEndpoint(reply)
    with tempfile.TemporaryDirectory() as name, endpoint.thread():
        whole, documents = Path(name) / "whole", 8 if options.quick else options.documents
        corpus(whole, documents)
        print(f"{documents:,} documents of 5 to 50 kB, {options.workers} processes beside one")
        print(f"{'':14} {'one, CPU s':>10} {'parent':>7} {'workers':>18} {'server':>7} {'possible':>9} {'wall':>6}")
        for stage in dict.fromkeys(one for last in stages for one in (*NEEDS[last], last)):
            if stage not in stages:
                spent(stage, whole, endpoint.url)
                continue
            copies = [Path(name) / f"{stage}-{count}" for count in (1, options.workers)]
            for copy in copies:
                shutil.copytree(whole, copy)
            one, several = (
                run(stage, copy, endpoint.url, count) for copy, count in zip(copies, (1, options.workers), strict=True)
            )
            shutil.rmtree(whole)
            copies[1].rename(whole)
            shutil.rmtree(copies[0])
            workers = " + ".join(f"{seconds:.1f}" for seconds in several.workers)
            print(
                f"{stage:14} {one.parent:10.1f} {several.parent:7.1f} {workers:>18} {several.server:7.1f} "
                f"{possible(one, several, options.workers):9.2f} {one.wall / several.wall:6.2f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
