"""What does `kill -9` cost? Only the calls that were in flight, and never a result.

Run    uv run benchmarks/llm_kill.py [--quick]

A worker asks for many units; it is killed again and again at random moments, then allowed to finish. Its results must
equal those of an undisturbed run, and the calls made more than once must be no more than were in flight at the kills.
Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.llm_throughput import configured, server, stats
from dataprep.llm.client import Client

CONCURRENCY = 16
LATENCY = 0.3  # seconds


def work(url: str, folder: Path, name: str, units: int) -> None:
    """The worker: ask for every unit, then write all values at once."""
    values = asyncio.run(ask_all(url, folder / f"{name}.db", units))
    (folder / f"{name}.json").write_text(json.dumps(values, sort_keys=True))


async def ask_all(url: str, journal: Path, units: int) -> dict[str, str]:
    """The reply of every unit."""
    config = configured(url, CONCURRENCY)
    values: dict[str, str] = {}
    async with Client(config.llm, journal, on_usage=lambda _: print(".", end="", flush=True)) as client:

        async def one(number: int) -> None:
            messages = [{"role": "user", "content": f"unit {number}"}]
            values[str(number)] = (await client.ask(config.qa, messages, stage="qa", unit=f"unit {number}")).value

        await asyncio.gather(*(one(number) for number in range(units)))
    return values


def worker(url: str, folder: Path, name: str, units: int) -> subprocess.Popen[bytes]:
    """Start a worker; it prints a dot for each call that has come back."""
    command = [sys.executable, "-m", "benchmarks.llm_kill", "--worker", url, str(folder), name, str(units)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def kill(url: str, folder: Path, units: int, kills: int) -> int:
    """Kill workers at random moments after their first call; returns how many were killed while at work."""
    killed = 0
    for _ in range(kills):
        process = worker(url, folder, "killed", units)
        assert process.stdout is not None
        if process.stdout.read(1):
            time.sleep(random.uniform(0, 3 * LATENCY))
        process.kill()
        killed += process.wait() < 0
    return killed


def main() -> int:
    """Kill, finish, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="5 kills in place of 50")
    parser.add_argument("--worker", nargs=4, metavar=("URL", "FOLDER", "NAME", "UNITS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        url, folder, name, units = options.worker
        work(url, Path(folder), name, int(units))
        return 0
    kills = 5 if options.quick else 50
    units, begun = 60 * kills, time.perf_counter()
    with tempfile.TemporaryDirectory() as name, server() as clean, server("--latency", str(LATENCY)) as url:
        folder = Path(name)
        work(clean, folder, "clean", units)
        killed = kill(url, folder, units, kills)
        assert worker(url, folder, "killed", units).communicate() and (folder / "killed.json").exists()
        same = (folder / "killed.json").read_text() == (folder / "clean.json").read_text()
        seen = stats(url)
    repeated = seen["received"] - seen["different"]
    print(f"\n{killed} workers killed at work, {units} units, {time.perf_counter() - begun:.0f} s")
    print(f"results equal to the undisturbed run: {same}")
    print(
        f"calls made twice: {repeated} (in flight at a kill: {seen['abandoned']}, at the most {killed * CONCURRENCY})"
    )
    return int(not same or repeated > killed * CONCURRENCY)


if __name__ == "__main__":
    sys.exit(main())
