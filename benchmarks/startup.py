"""How long a person waits before anything happens: --help of every script, and a run with nothing to do.

uv run benchmarks/startup.py [--quick]

Prints the CPU time of each script's --help above a bare interpreter (aim: at most 100 ms), and the time of a second
run of the text stages over 1,000 documents (aim: under 1 s).
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from groundwork.settings.config_files import PROJECT
from groundwork.stage_table import STAGES

TEXT_STAGES = ("ingest", "chunk")
# Compiled modules are kept, as on any ordinary installation.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def cpu_seconds(arguments: list[str], repeats: int) -> float:
    """User and system time of a child process, the least of `repeats`."""
    best = float("inf")
    for _ in range(repeats):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], cwd=PROJECT, check=True, capture_output=True, env=ENVIRONMENT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def help_times(repeats: int) -> None:
    bare = cpu_seconds(["-c", "pass"], repeats)
    print(f"{'script':<40} {'above bare':>10}   (bare interpreter: {bare * 1000:.0f} ms CPU)")
    for stage in STAGES:
        above = cpu_seconds([stage.script, "--help"], repeats) - bare
        print(f"{stage.script:<40} {above * 1000:>7.0f} ms")


def idle_run(documents: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "documents"
        target.mkdir()
        for n in range(documents):
            (target / f"note-{n:04}.md").write_text(f"# Note {n}\n\nThe lock of berth {n} opens at {n % 24} o'clock.\n")
        for stage in TEXT_STAGES:
            command = [sys.executable, "-m", "groundwork", stage, "--data", folder, "--quiet"]
            subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, env=ENVIRONMENT)
            began = time.perf_counter()
            subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, env=ENVIRONMENT)
            print(f"{stage}: nothing to do over {documents:,} documents: {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke run: one repeat, 50 documents")
    quick = parser.parse_args().quick
    help_times(repeats=1 if quick else 5)
    idle_run(documents=50 if quick else 1000)
