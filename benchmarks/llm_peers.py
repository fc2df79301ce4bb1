"""The same documents through our client and through other toolkits, on the same server.

Run    uv run benchmarks/llm_peers.py [--sdk BIN] [--curator PYTHON] [--latency 0.5] [--fault 500=0.3]

`--sdk`: the command of synthetic-data-kit 0.0.5, `--curator`: a Python with bespokelabs-curator 0.1.31, each from an
environment of its own. Whole processes are timed, imports included. Each asks once for every 4,000 characters of 12
documents of 52 kB; "of ideal" is calls x latency / 32 over the wall time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.llm_throughput import configured, server, stats
from dataprep.llm.client import Client

SENTENCE = "The goal is 90 cm wide, stands on line {n}, and the game lasts 12 minutes. "
PAIRS = '[{"question": "How wide is the goal?", "answer": "90 cm"}]'
CHUNK = 4000
CURATOR = """
import sys
from bespokelabs import curator
prompts = open(sys.argv[2]).read().split("\\x1e")
backend = {"base_url": sys.argv[1], "api_key": "none", "max_concurrent_requests": 32,
           "max_requests_per_minute": 100000, "max_tokens_per_minute": 100000000}
model = curator.LLM(model_name="gpt-4o-mini", backend="openai", backend_params=backend)
model(prompts)
"""


def documents(folder: Path, count: int = 12) -> list[str]:
    """Write the documents; returns their chunks, all different."""
    chunks = []
    folder.mkdir()
    for number in range(count):
        text = "".join(SENTENCE.format(n=number * 1000 + n) for n in range(720))[:52_000]
        (folder / f"{number}.txt").write_text(text)
        chunks += [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
    return chunks


def ours(url: str, prompts: Path, journal: Path) -> None:
    """The worker process of our own client."""
    config, texts = configured(url, 32), prompts.read_text().split("\x1e")

    async def run() -> None:
        async with Client(config.llm, journal) as client:
            asks = [
                client.ask(config.qa, [{"role": "user", "content": text}], stage="qa", unit="chunk") for text in texts
            ]
            await asyncio.gather(*asks)

    asyncio.run(run())


def main() -> None:
    """Time each tool and print a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sdk")
    parser.add_argument("--curator")
    parser.add_argument("--latency", type=float, default=0.5)
    parser.add_argument("--fault", action="append", default=[], help="NAME=SHARE")
    parser.add_argument("--ours", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ours:
        ours(options.ours[0], Path(options.ours[1]), Path(options.ours[2]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prompts, script, config = folder / "prompts", folder / "curator.py", folder / "sdk.yaml"
        prompts.write_text("\x1e".join(documents(folder / "documents")))
        script.write_text(CURATOR)
        commands = {"Groundwork": [sys.executable, __file__, "--ours", "URL", str(prompts), str(folder / "journal.db")]}
        if options.curator:
            commands["curator"] = [options.curator, str(script), "URL", str(prompts)]
        if options.sdk:
            commands["synthetic-data-kit"] = [options.sdk, "-c", str(config), "create", str(folder / "documents")]
            commands["synthetic-data-kit"] += ["--type", "qa", "-o", str(folder / "out"), "-n", "13"]
        for tool, command in commands.items():
            faults = [word for fault in options.fault for word in ("--fault", fault)]
            with server("--latency", str(options.latency), "--content", PAIRS, *faults) as url:
                config.write_text(_sdk_config(url))
                print(
                    f"{tool:<20} {_timed([url if word == 'URL' else word for word in command], folder, url, options)}"
                )


def _timed(command: list[str], folder: Path, url: str, options: argparse.Namespace) -> str:
    home = {**os.environ, "HOME": str(folder), "CURATOR_CACHE_DIR": str(folder / "cache"), "TELEMETRY_ENABLED": "0"}
    begun = time.perf_counter()
    with (folder / "log").open("w+") as log:
        code = subprocess.run(command, stdout=log, stderr=log, cwd=folder, env=home, timeout=900).returncode
    wall, seen = time.perf_counter() - begun, stats(url)
    ideal = seen["received"] * options.latency / 32
    return (
        f"exit {code}, {wall:6.1f} s, {seen['received']} calls ({seen['different']} different), peak {seen['peak']}, "
        f"{ideal / wall:.0%} of ideal"
    )


def _sdk_config(url: str) -> str:
    endpoint = f"api-endpoint:\n  api_base: {url}\n  api_key: none\n  model: m\n  max_retries: 3\n  retry_delay: 1.0\n"
    size = f"generation:\n  chunk_size: {CHUNK}\n  overlap: 0\n  batch_size: 32\n  num_pairs: 13\n"
    return f"llm:\n  provider: api-endpoint\n{endpoint}{size}"


if __name__ == "__main__":
    main()
