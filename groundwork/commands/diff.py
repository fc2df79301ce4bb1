"""`dataprep diff A B`: which rows of two runs or datasets came, went and changed: a table, JSON or a page."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.console import terminal_table
from groundwork.console.job_setup import load_config, workspace
from groundwork.console.next_steps import openable_path
from groundwork.errors import EXIT_FAILED, EXIT_OK
from groundwork.records.artifacts import visible, write_bytes, write_text

if TYPE_CHECKING:
    from groundwork.dataset.dataset_sources import Dataset
    from groundwork.dataset.row_differences import Differences, Record

SHOWN = 20  # rows of each kind in the terminal
WIDTH = 100  # characters of a question in the terminal


def show_diff(flags: argparse.Namespace) -> int:
    """Compare the two datasets that the flags name. Raises UsageError, BadRecord."""
    from groundwork.dataset.dataset_sources import load_dataset, locate_all
    from groundwork.dataset.row_differences import differences, differences_html

    data = workspace(load_config(flags), flags, folders=())
    sources = locate_all(flags.datasets, data)
    data.fetch(file for source in sources for file in source.files)
    first, second = map(load_dataset, sources)
    found = differences(_records(first), _records(second))
    names = first.name, second.name
    if flags.json == Path("-"):
        sys.stdout.write(_as_json(names, found))
    else:
        for line in _lines(first, second, found):
            print(visible(line))
        if flags.json:
            write_bytes(flags.json, _as_json(names, found).encode())
            print(f"-> {openable_path(flags.json)}")
    if flags.page:
        write_text(flags.page, differences_html(names, found))
        print(f"-> {openable_path(flags.page)}", file=sys.stderr if flags.json == Path("-") else sys.stdout)
    return EXIT_FAILED if flags.exit_code and found else EXIT_OK


def _records(dataset: Dataset) -> list[Record]:
    import msgspec

    return [msgspec.structs.asdict(row) for row in dataset.rows]


def _as_json(names: tuple[str, str], found: Differences) -> str:
    import msgspec

    content = {"a": names[0], "b": names[1], **msgspec.structs.asdict(found)}
    return json.dumps(msgspec.to_builtins(content), indent=2, ensure_ascii=False) + "\n"


def _lines(first: Dataset, second: Dataset, found: Differences) -> list[str]:
    lines = [f"{first.name} -> {second.name}: {found}", *terminal_table.table_lines(_by_document(first, second, found))]
    lines += _listed("+", "came", [(row["id"], row["question"]) for row in found.came])
    lines += _listed("-", "went", [(row["id"], row["question"]) for row in found.went])
    lines += _listed("~", "changed", [(row.id, f"{', '.join(row.fields)}: {row.question}") for row in found.changed])
    return lines


def _by_document(first: Dataset, second: Dataset, found: Differences) -> list[list[str]]:
    """A line a document: its rows on either side, and how many came, went and changed."""
    documents = {row.id: row.document for dataset in (first, second) for row in dataset.rows}
    counts = [
        Counter(row.document for row in first.rows),
        Counter(row.document for row in second.rows),
        Counter(row["document"] for row in found.came),
        Counter(row["document"] for row in found.went),
        Counter(documents[row.id] for row in found.changed),
    ]
    names = sorted(set().union(*counts))
    rows = [[name or "(no document)", *(f"{count[name]:,}" for count in counts)] for name in names]
    busy = [row for row in rows if row[3:] != ["0", "0", "0"]]
    return [["", first.name, second.name, "came", "went", "changed"], *busy] if busy else []


def _listed(mark: str, what: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    lines = [f"  {mark} {name}  {_short(text)}" for name, text in rows[:SHOWN]]
    rest = len(rows) - SHOWN
    return lines + [f"    … and {rest:,} more that {what}; --page FILE or --json FILE has all"] * (rest > 0)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
