"""Does every unit end well when nearly half of all calls fail, and is any paid for twice?

Run    uv run benchmarks/llm_faults.py [--quick]

A fake OpenRouter in its own process answers 20 % of the calls with 429, 10 % with a 5xx, lets 5 % hang, cuts off 3 %
of the bodies, drops 2 % of the connections, and breaks the JSON of 5 %. A second run over the same journal then does
what `--retry-failed` would. Then every habit of real endpoints in turn (`tests/endpoint_habits.py`): what each refuses,
and how each writes its replies. A unit ends with the right value, or in an error that says why; anything else is a
silent fault. Exit code 1 when a unit is missing, wrong, or was paid for twice, or a fault was silent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec

from benchmarks.llm_throughput import server, stats
from groundwork.errors import GroundworkError, UnitError
from groundwork.llm.calls.call_runner import RunControls
from groundwork.llm.client import Client
from groundwork.settings.config_files import load
from groundwork.settings.config_schema import Config
from tests.endpoint_habits import HABITS as ALL
from tests.endpoint_habits import NOTES
from tests.fake_openrouter import FakeOpenRouter

HABITS = [habit for habit in ALL if habit not in NOTES]  # which leave JSON as it is
FAULTS = {"429": 0.2, "500": 0.05, "502": 0.05, "hang": 0.05, "broken-json": 0.05, "truncated-body": 0.03, "drop": 0.02}


class Pair(msgspec.Struct):
    """What each unit asks for."""

    question: str
    answer: str


class Pairs(msgspec.Struct):
    """What each unit asks for at an endpoint with habits."""

    pairs: list[Pair]


RATIO = r"$\frac{a}{b} \times 2$"
TWO = [{"question": "What is the ratio?", "answer": f"It is {RATIO}."}, {"question": "And?", "answer": "2"}]
ANSWER = json.dumps({"pairs": TWO})
HABIT_UNITS = 12


async def run(config: Config, journal: Path, units: int) -> tuple[dict[int, Pair], Counter[str]]:
    """(the value of each unit that ended well, how the others ended)."""
    values: dict[int, Pair] = {}
    ended: Counter[str] = Counter()
    async with Client(config.llm, journal) as client:

        async def one(number: int) -> None:
            messages = [{"role": "user", "content": f"unit {number}"}]
            try:
                reply = await client.ask(config.qa, messages, stage="qa", unit=f"unit {number}", schema=Pair)
            except UnitError as error:
                ended[error.status] += 1
            else:
                values[number] = reply.value
                ended["replayed" if reply.replayed else "ok"] += 1

        await asyncio.gather(*(one(number) for number in range(units)))
    return values, ended


def main() -> int:
    """Run twice over the faults, compare with a server that has none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="200 units in place of 2,000")
    units = 200 if parser.parse_args().quick else 2000
    options = [option for name, share in FAULTS.items() for option in ("--fault", f"{name}={share}")]
    with tempfile.TemporaryDirectory() as folder, server() as clean, server("--latency", "0.1", *options) as faulty:
        wanted, _ = asyncio.run(run(configured(clean), Path(folder) / "clean.db", units))
        journal, begun = Path(folder) / "journal.db", time.perf_counter()
        for attempt in ("first run", "second run"):
            values, ended = asyncio.run(run(configured(faulty), journal, units))
            print(f"{attempt}: {dict(ended)}, {time.perf_counter() - begun:.1f} s", flush=True)
        seen = stats(faulty)
    habits_spoilt = table_of_habits()
    right = sum(values.get(number) == value for number, value in wanted.items())
    print(f"calls: {seen['received']}, by answer: {seen['seen']}")
    print(f"units with the value of an undisturbed run: {right} of {units}; paid for twice: {seen['paid twice']}")
    return int(right < units or seen["paid twice"] > 0 or habits_spoilt > 0)


def table_of_habits() -> int:
    """Print what becomes of twelve units at an endpoint of each habit; returns how many were spoilt without a word."""
    spoilt = 0
    print(f"\n{'habit':<20} {'right':>5} {'told':>5} {'silent':>6} {'calls':>5}  what was said")
    for habit in HABITS:
        right, told, calls, said = asyncio.run(at_habit(habit))
        silent = HABIT_UNITS - right - told
        spoilt += silent
        print(f"{habit:<20} {right:>5} {told:>5} {silent:>6} {calls:>5}  {said[:90]}", flush=True)
    print(f"silent faults: {spoilt} of {HABIT_UNITS * len(HABITS)} units\n")
    return spoilt


async def at_habit(habit: str) -> tuple[int, int, int, str]:
    """(units with the right value, units that failed with a reason, calls, the first line that was said)."""
    right, told, lines = 0, 0, list[str]()
    prefix = "/api/v1" if habit == "routed" else "/v1"
    with tempfile.TemporaryDirectory() as folder:
        async with FakeOpenRouter(habit=habit, prefix=prefix, reply=lambda _: ANSWER) as fake:
            config = load(
                [],
                [
                    f"llm.base_url={fake.url}",
                    "llm.api_key_env=",
                    "llm.transport_retries=1",
                    "llm.defaults.reasoning_effort=low",
                ],
            )
            async with Client(config.llm, Path(folder) / "journal.db", RunControls(say=lines.append)) as client:
                for number in range(HABIT_UNITS):
                    messages = [{"role": "user", "content": f"unit {number}: the ratio is {RATIO}"}]
                    try:
                        reply = await client.ask(config.qa, messages, stage="qa", unit=f"unit {number}", schema=Pairs)
                    except GroundworkError as error:
                        told += 1
                        lines.append(str(error))
                    else:
                        right += reply.value == msgspec.json.decode(ANSWER, type=Pairs)
            calls = sum(fake.seen.values())
    return right, told, calls, lines[0].partition("): ")[2] if lines else ""


def configured(url: str) -> Config:
    """Hangs are over after 3 s here, so that the benchmark is."""
    return load([], [f"llm.base_url={url}", "llm.api_key_env=", "llm.timeout=3"])


if __name__ == "__main__":
    sys.exit(main())
