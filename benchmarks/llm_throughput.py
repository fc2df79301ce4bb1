"""How close does the client come to what the endpoint allows, and what does a call cost in CPU?

Run    uv run benchmarks/llm_throughput.py [--quick | --smoke]

A fake OpenRouter in a process of its own answers after a fixed or a lognormal latency. The ideal: so many slots, each
taking the next call as soon as its last one ends, and no other time spent (for a fixed latency, calls x latency /
concurrency). Beside it, on the same server: the bare openai client over aiohttp behind a semaphore. Prints a table.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import heapq
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundwork.llm.client import Client
from groundwork.settings.config_files import load
from groundwork.settings.config_schema import Config

PROMPT = "Write a question about this passage. " + "The goal is 90 cm wide and the game lasts 12 minutes. " * 35  # 2 kB


@contextlib.contextmanager
def server(*options: str) -> Iterator[str]:
    """A fake OpenRouter in its own process; yields its base_url."""
    command = [sys.executable, "-m", "tests.fake_openrouter", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def stats(url: str) -> dict[str, Any]:
    """What the server saw."""
    with urllib.request.urlopen(url.replace("/api/v1", "/stats")) as answer:  # noqa: S310  # our own server
        return dict(json.load(answer))


def configured(url: str, concurrency: int) -> Config:
    """The project's config against `url`."""
    return load([], [f"llm.base_url={url}", "llm.api_key_env=", f"llm.max_concurrency={concurrency}"])


async def ours(url: str, calls: int, concurrency: int) -> None:
    """`calls` questions, all asked at once; the rate limiter orders them."""
    config = configured(url, concurrency)
    with tempfile.TemporaryDirectory() as folder:
        async with Client(config.llm, Path(folder) / "journal.db") as client:

            async def one(number: int) -> None:
                messages = [{"role": "user", "content": f"{PROMPT} {number}"}]
                await client.ask(config.qa, messages, stage="qa", unit=f"unit {number}")

            await asyncio.gather(*(one(number) for number in range(calls)))


async def bare(url: str, calls: int, concurrency: int) -> None:
    """The same by openai over aiohttp, a semaphore, and nothing that could fail."""
    from openai import AsyncOpenAI, DefaultAioHttpClient

    slots = asyncio.Semaphore(concurrency)
    async with AsyncOpenAI(api_key="none", base_url=url, max_retries=0, http_client=DefaultAioHttpClient()) as client:

        async def one(number: int) -> None:
            async with slots:
                await client.chat.completions.create(
                    model="google/gemini-2.5-flash",
                    messages=[{"role": "user", "content": f"{PROMPT} {number}"}],
                    max_tokens=16384,
                )

        await asyncio.gather(*(one(number) for number in range(calls)))


def ideal(delays: list[float], slots: int) -> float:
    """Seconds that `slots` need for calls of these lengths, taken in this order, when nothing else takes time."""
    ends = [0.0] * slots
    for delay in delays:
        heapq.heapreplace(ends, ends[0] + delay)
    return max(ends)


def measure(who: Any, calls: int, concurrency: int, latency: float, spread: float) -> tuple[float, float, float]:
    """(share of the ideal reached, wall seconds, CPU ms a call)."""
    with server("--latency", str(latency), "--spread", str(spread)) as url:
        asyncio.run(who(url, 1, 1))  # imports and the first connection
        wall, cpu = time.perf_counter(), time.process_time()
        asyncio.run(who(url, calls, concurrency))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        least = ideal(stats(url)["delays"][1:], concurrency)
    return least / wall, wall, 1000 * cpu / calls


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer calls")
    parser.add_argument("--smoke", action="store_true", help="fewer calls, answered sooner: only that it all works")
    options = parser.parse_args()
    share, pace = (4 if options.quick or options.smoke else 1), (0.1 if options.smoke else 1.0)
    print(
        f"{'in flight':>9} {'latency':>16} {'calls':>6}  {'who':<24} {'of ideal':>8} {'wall s':>7} {'CPU ms/call':>11}"
    )
    for concurrency, calls, latency in ((32, 640, 2.0), (256, 2560, 5.0)):
        for spread in (0.0, 0.5):
            for who in (ours, bare):
                number = max(2 * concurrency, calls // share)
                reached, wall, cpu = measure(who, number, concurrency, pace * latency, spread)
                name = "Groundwork" if who is ours else "openai + aiohttp, bare"
                kind = f"{pace * latency} s {'lognormal' if spread else 'fixed'}"
                row = f"{concurrency:>9} {kind:>16} {number:>6}  {name:<24} {reached:>8.1%} {wall:>7.1f} {cpu:>11.2f}"
                print(row, flush=True)


if __name__ == "__main__":
    main()
