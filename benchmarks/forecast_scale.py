"""What a million and a hundred million documents take, computed from what a few take here, and what breaks first.

Run    uv run benchmarks/forecast_scale.py [--documents 32] [--pairs 50000] [--texts 8000] [--quick]

The pipeline goes over `--documents` invented documents and over a quarter of them (as in benchmarks/scale.py, the model
being a stand-in that answers at once); what a document takes is the difference: CPU seconds by stage, calls, tokens,
bytes and files. The memory of a dataset comes from `--pairs` pairs and half of them (fewer than 50,000 show what any
number needs, rather than what each needs), the start with nothing to do from `--texts` short texts and a quarter of
them. All else is multiplication:
what grows faster than the documents is measured by benchmarks/whole_runs.py, and comes on top. Money is that of
PRICE; real pairs are longer than the invented ones, and reasoning models write several times as much.
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

from benchmarks import whole_runs
from benchmarks.scale import STAGES, corpus, reply, spent
from groundwork.data_folder.databases import copy_database
from groundwork.data_folder.spread_folders import SUBFOLDERS
from tests.fake_openrouter import FakeOpenRouter

SIZES = (1_000_000, 100_000_000)
SHARDS = 1_000
PRICE = 0.30, 2.50  # USD a million tokens in and out, as gemini-2.5-flash
CALL, IN_FLIGHT = 3.0, 1_000  # seconds a call, and calls that an endpoint takes at once
PIPELINE = [stage for stage in STAGES if stage != "merge"]
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


def start_a_document(texts: int) -> float:
    """CPU seconds that one more short text costs a start of chunk that finds nothing to do."""
    costs = []
    for count in (texts // 4, texts):
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "text").mkdir()
            for number in range(count):
                (Path(name) / "text" / f"note-{number:06}.md").write_text(f"# Note {number}\n\nIt says {number}.\n")
            spent("chunk", Path(name), "http://127.0.0.1:9")
            costs.append(min(spent("chunk", Path(name), "http://127.0.0.1:9").cpu for _ in range(2)))
    return max(costs[1] - costs[0], 1e-9) / (texts - texts // 4)


def memory_a_pair(pairs: int) -> float:
    """Bytes of memory that create_dataset needs for one more pair."""
    less, more = (whole_runs.measured(size, ["create_dataset"]) for size in (pairs // 2, pairs))
    grown = max(more[stage].peak - less[stage].peak for stage in more)  # MB; few pairs may show none
    return max(grown, 0.01) * 2**20 / (pairs - pairs // 2)


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
    parser.add_argument("--pairs", type=int, default=50_000)
    parser.add_argument("--texts", type=int, default=8_000)
    parser.add_argument("--quick", action="store_true", help="4 documents, 400 pairs, 400 texts, three stages")
    options = parser.parse_args()
    count, pairs, texts = (4, 400, 400) if options.quick else (options.documents, options.pairs, options.texts)
    stages = QUICK if options.quick else PIPELINE
    fake = FakeOpenRouter(reply=reply)
    fake.keep_requests = False
    with tempfile.TemporaryDirectory() as name, fake.thread():
        few, many = corpus(Path(name) / "few", count // 4), corpus(Path(name) / "many", count)
        less, more = taken(few, fake, stages), taken(many, fake, stages)
        one = a_document(less, more, count - count // 4)
        made = (pairs_of(many) - pairs_of(few)) / (count - count // 4)
    one["start"] = start_a_document(texts)
    bytes_a_pair = memory_a_pair(pairs)
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
