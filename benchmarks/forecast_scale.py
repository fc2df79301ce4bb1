"""What a million and a hundred million documents take, computed from what a few take here, and what breaks first.

Run    uv run benchmarks/forecast_scale.py [--documents 32] [--quick]

The pipeline goes over `--documents` invented documents and over a quarter of them (as in benchmarks/scale.py, the model
being a stand-in that answers at once); what a document takes is the difference: CPU seconds by stage, calls, tokens,
bytes and files. What only a large run shows is read from the tables of docs/scale.md: the memory of a dataset
(benchmarks/whole_runs.py) and the start with nothing to do over 100,000 documents (benchmarks/many_documents.py).
All else is multiplication; what grows faster than the documents comes on top. Money is that of PRICE; real pairs are
longer than the invented ones, and reasoning models write several times as much.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.scale import STAGES, corpus, reply, spent
from groundwork.data_folder.databases import copy_database
from groundwork.data_folder.spread_folders import SUBFOLDERS
from tests.fake_openrouter import FakeOpenRouter

SIZES = (1_000_000, 100_000_000)
SHARDS = 1_000
PRICE = 0.30, 2.50  # USD a million tokens in and out, as gemini-2.5-flash
CALL, IN_FLIGHT = 3.0, 1_000  # seconds a call, and calls that an endpoint takes at once
PIPELINE = [stage for stage in STAGES if stage != "merge"]
STARTED = 100_000  # documents of the table of starts in docs/scale.md
START_COLUMNS = ("stage", "CPU s, first", "CPU s", "MB")
MEASURED_PAIRS = ("25,000", "50,000")  # of its table of whole runs
QUICK = ["ingest", "chunk", "generate_qa"]


class Taken(NamedTuple):
    """What a data folder took: CPU seconds by stage, above those of a start; calls, tokens, bytes, files.

    `manifest`: bytes of the manifest as it lies in a bucket.
    """

    cpu: dict[str, float]
    calls: int
    tokens: tuple[int, int]
    disk: Counter[str]
    files: Counter[str]
    manifest: int


def taken(data: Path, fake: FakeOpenRouter, stages: list[str]) -> Taken:
    cpu = {stage: spent(stage, data, fake.url).cpu for stage in stages}
    cpu = {stage: whole - spent(stage, data, fake.url).cpu for stage, whole in cpu.items()}
    with closing(sqlite3.connect(data / ".state" / "journal.db")) as journal:
        query = "SELECT count(*), sum(input_tokens), sum(output_tokens) FROM replies"
        calls, told, said = journal.execute(query).fetchone()
    disk: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for path in data.rglob("*"):
        if path.is_file():
            disk[path.relative_to(data).parts[0]] += path.stat().st_size
            files[str(path.parent.relative_to(data))] += 1
    copy = data.with_suffix(".db")
    copy_database(data / ".state" / "manifest.db", copy)
    return Taken(cpu, calls, (told, said), disk, files, copy.stat().st_size)


def a_document(less: Taken, more: Taken, documents: int) -> dict[str, float]:
    """What one document takes: the difference of the two, divided by the difference of their documents."""

    def each(large: float, small: float) -> float:
        return max(0.0, large - small) / documents

    found = {f"CPU of {name}": each(more.cpu[name], less.cpu[name]) for name in more.cpu}
    found |= {
        "calls": each(more.calls, less.calls),
        "tokens in": each(more.tokens[0], less.tokens[0]),
        "tokens out": each(more.tokens[1], less.tokens[1]),
        "files in one folder": max(each(count, less.files[name]) for name, count in more.files.items()),
        "files": each(sum(more.files.values()), sum(less.files.values())),
        "state": each(more.disk[".state"], less.disk[".state"]),
        "manifest": each(more.manifest, less.manifest),
        "disk": each(sum(more.disk.values()), sum(less.disk.values())),
    }
    return found


def table_rows(beginning: str) -> list[list[str]]:
    """The cells of the rows of docs/scale.md that begin so."""
    page = (Path(__file__).parents[1] / "docs" / "scale.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines()]
    return [row for row in rows if row[0] == beginning]


def start_a_document() -> float:
    """CPU seconds that each document costs a start of chunk that finds nothing to do."""
    return next(float(row[2]) for row in table_rows("chunk") if len(row) == len(START_COLUMNS)) / STARTED


def memory_a_pair() -> float:
    """Bytes of memory that create_dataset needs for one more pair."""
    peaks = {
        int(pairs.replace(",", "")): float(row[3])
        for pairs in MEASURED_PAIRS
        for row in table_rows(pairs)
        if row[1] == "create_dataset with eval"
    }
    fewer, more = sorted(peaks)
    return (peaks[more] - peaks[fewer]) * 2**20 / (more - fewer)


def forecast(one: dict[str, float], documents: int) -> list[tuple[str, str]]:
    cpu = sum(value for name, value in one.items() if name.startswith("CPU"))
    calls = one["calls"] * documents
    usd = (one["tokens in"] * PRICE[0] + one["tokens out"] * PRICE[1]) / 1e6 * documents
    return [
        ("CPU hours, all stages", f"{cpu * documents / 3600:,.0f}"),
        ("days on 64 cores", f"{cpu * documents / 86400 / 64:,.1f}"),
        ("calls of a model", f"{calls:,.0f}"),
        (f"days of calls, {IN_FLIGHT:,} at once of {CALL:g} s", f"{calls * CALL / IN_FLIGHT / 86400:,.1f}"),
        (f"USD at {PRICE[0]:.2f} and {PRICE[1]:.2f} a million tokens", f"{usd:,.0f}"),
        ("GB in data/", f"{one['disk'] * documents / 1e9:,.0f}"),
        (f"GB of state a shard of {SHARDS:,}", f"{one['state'] * documents / 1e9 / SHARDS:,.2f}"),
        ("MB of manifest of it", f"{one['manifest'] * documents / 1e6 / SHARDS:,.1f}"),
        ("files in the fullest folder", f"{one['files in one folder'] * documents / SUBFOLDERS:,.0f}"),
        ("CPU minutes of a start of chunk with nothing to do", f"{one['start'] * documents / 60:,.1f}"),
    ]


def limits(one: dict[str, float], pairs: float, bytes_a_pair: float) -> list[tuple[float, str]]:
    """(documents, what is reached there), the fewest first."""
    cpu = sum(value for name, value in one.items() if name.startswith("CPU"))
    found = [
        (100_000 * SUBFOLDERS / one["files in one folder"], "a folder holds 100,000 files"),
        (60 / one["start"], "a start of chunk with nothing to do takes a minute of CPU"),
        (7 * 86_400 / cpu, "one core takes a week: use --workers, --shard or --ray"),
        (64e9 / (pairs * bytes_a_pair), "a dataset of all pairs needs 64 GB of memory"),
        (50e9 / one["state"], "the state of one machine is 50 GB: use shards, and dataprep gc"),
        (
            7 * 86_400 * IN_FLIGHT / CALL / one["calls"],
            f"an endpoint that takes {IN_FLIGHT:,} calls at once takes a week",
        ),
    ]
    return sorted(found)


def pairs_of(data: Path) -> int:
    return sum(file.read_bytes().count(b"\n") for file in (data / "qa").glob("*/*.jsonl"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=32)
    parser.add_argument("--quick", action="store_true", help="4 documents, three stages")
    options = parser.parse_args()
    count = 4 if options.quick else options.documents
    stages = QUICK if options.quick else PIPELINE
    fake = FakeOpenRouter(reply=reply)
    fake.keep_requests = False
    with tempfile.TemporaryDirectory() as name, fake.thread():
        few, many = corpus(Path(name) / "few", count // 4), corpus(Path(name) / "many", count)
        less, more = taken(few, fake, stages), taken(many, fake, stages)
        one = a_document(less, more, count - count // 4)
        made = (pairs_of(many) - pairs_of(few)) / (count - count // 4)
    one["start"] = start_a_document()
    bytes_a_pair = memory_a_pair()
    print(
        f"a document of 5 to 50 kB, from {count} and {count // 4}: {made:.0f} pairs; "
        f"a dataset takes {bytes_a_pair:,.0f} bytes of memory a pair"
    )
    for name, value in one.items():
        print(f"  {name:28} {value:14,.4f}{' s' if name.startswith('CPU') or name == 'start' else ''}")
    for documents in SIZES:
        print(f"\n{documents:,} documents")
        for what, value in forecast(one, documents):
            print(f"  {what:56} {value:>18}")
    print("\nwhat is reached first, by the number of documents")
    for documents, what in limits(one, made, bytes_a_pair):
        print(f"  {documents:18,.0f}  {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
