"""What does `kill -9` cost? Only the calls that were in flight, and never a result.

Run    uv run benchmarks/llm_kill.py [--quick]

A worker asks for many units; it is killed again and again at random moments, then allowed to finish. Its results must
equal those of an undisturbed run, and the calls made more than once must be no more than were in flight at the kills.
Exit code 1 otherwise. Each worker is forked from a process that has done the imports, which take longer than the work.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from benchmarks.llm_throughput import configured, server, stats
from groundwork.llm.calls.call_runner import RunControls
from groundwork.llm.client import Client

CONCURRENCY = 16
LATENCY = 0.3  # seconds
UNITS_A_KILL = 32  # about as many as a worker gets done before it is killed, or a few more
WORKERS = multiprocessing.get_context("forkserver")


def work(url: str, folder: Path, name: str, units: int, heard: Connection | None = None) -> None:
    """The worker: ask for every unit, tell `heard` of the first reply, then write all values at once."""
    values = asyncio.run(ask_all(url, folder / f"{name}.db", units, heard))
    (folder / f"{name}.json").write_text(json.dumps(values, sort_keys=True))


async def ask_all(url: str, journal: Path, units: int, heard: Connection | None) -> dict[str, str]:
    """The reply of every unit."""
    config = configured(url, CONCURRENCY)
    values: dict[str, str] = {}
    untold = [heard] if heard else []
    async with Client(
        config.llm, journal, RunControls(on_usage=lambda _: untold.pop().send_bytes(b".") if untold else None)
    ) as one:

        async def ask(number: int) -> None:
            messages = [{"role": "user", "content": f"unit {number}"}]
            values[str(number)] = (await one.ask(config.qa, messages, stage="qa", unit=f"unit {number}")).value

        await asyncio.gather(*(ask(number) for number in range(units)))
    return values


def worker(url: str, folder: Path, units: int) -> tuple[BaseProcess, Connection]:
    """Start a worker; the connection has something to read once its first call has come back, or it has ended."""
    ours, its = WORKERS.Pipe(duplex=False)
    process = WORKERS.Process(target=work, args=(url, folder, "killed", units, its))
    process.start()
    its.close()
    return process, ours


def kill(url: str, folder: Path, units: int, kills: int) -> int:
    """Kill workers at random moments after their first call; returns how many were killed while at work."""
    killed = 0
    for _ in range(kills):
        process, heard = worker(url, folder, units)
        if heard.poll(60):
            time.sleep(random.uniform(0, 3 * LATENCY))
        process.kill()
        process.join()
        killed += process.exitcode != 0
    return killed


def main() -> int:
    """Kill, finish, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="5 kills in place of 50")
    kills = 5 if parser.parse_args().quick else 50
    units, begun = UNITS_A_KILL * kills, time.perf_counter()
    WORKERS.set_forkserver_preload(["benchmarks.llm_throughput", "openai", "httpx2", "aiohttp"])
    with tempfile.TemporaryDirectory() as name, server() as clean, server("--latency", str(LATENCY)) as url:
        folder = Path(name)
        work(clean, folder, "clean", units)
        killed = kill(url, folder, units, kills)
        last, _ = worker(url, folder, units)
        last.join()
        same = (folder / "killed.json").read_text() == (folder / "clean.json").read_text()
        seen = stats(url)
    repeated = seen["received"] - seen["different"]
    print(f"{killed} workers killed at work, {units} units, {time.perf_counter() - begun:.0f} s")
    print(f"results equal to the undisturbed run: {same}")
    print(
        f"calls made twice: {repeated} (in flight at a kill: {seen['abandoned']}, at the most {killed * CONCURRENCY})"
    )
    return int(not same or repeated > killed * CONCURRENCY)


if __name__ == "__main__":
    sys.exit(main())
