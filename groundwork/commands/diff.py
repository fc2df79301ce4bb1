"""`dataprep diff A B`: which rows of two runs or datasets came, went and changed: a table, JSON or a page."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.console import terminal
from groundwork.console.job import load_config, workspace
from groundwork.console.terminal import openable_path, terminal_text
from groundwork.data_folder.read_write import write_bytes, write_text
from groundwork.errors import EXIT_FAILED, EXIT_OK
from groundwork.language.shortened_text import shorten_text

if TYPE_CHECKING:
    from groundwork.dataset.load_dataset import Dataset
    from groundwork.dataset.row_differences import Record, RowDifferences

ROWS_SHOWN = 20  # rows of each kind in the terminal
QUESTION_WIDTH = 100  # characters of a question in the terminal


def show_diff(flags: argparse.Namespace) -> int:
    """Compare the two datasets that the flags name. Raises UsageError, BadRecord."""
    from groundwork.dataset.dataset_argument import locate_datasets
    from groundwork.dataset.load_dataset import load_dataset
    from groundwork.dataset.row_differences import compare_rows, differences_html

    data = workspace(load_config(flags), flags, folders=())
    sources = locate_datasets(flags.datasets, data)
    data.fetch(file for source in sources for file in source.files)
    before, after = map(load_dataset, sources)
    differing = compare_rows(_records(before), _records(after))
    names = before.name, after.name
    if flags.json == Path("-"):
        sys.stdout.write(_as_json(names, differing))
    else:
        for line in _diff_lines(before, after, differing):
            print(terminal_text(line))
        if flags.json:
            write_bytes(flags.json, _as_json(names, differing).encode())
            print(f"-> {openable_path(flags.json)}")
    if flags.page:
        write_text(flags.page, differences_html(names, differing))
        print(f"-> {openable_path(flags.page)}", file=sys.stderr if flags.json == Path("-") else sys.stdout)
    return EXIT_FAILED if flags.exit_code and differing else EXIT_OK


def _records(dataset: Dataset) -> list[Record]:
    import msgspec

    return [msgspec.structs.asdict(row) for row in dataset.rows]


def _as_json(names: tuple[str, str], differing: RowDifferences) -> str:
    import msgspec

    content = {"a": names[0], "b": names[1], **msgspec.structs.asdict(differing)}
    return json.dumps(msgspec.to_builtins(content), indent=2, ensure_ascii=False) + "\n"


def _diff_lines(before: Dataset, after: Dataset, differing: RowDifferences) -> list[str]:
    table = _document_table(before, after, differing)
    lines = [f"{before.name} -> {after.name}: {differing}", *terminal.table_lines(table)]
    lines += _row_lines("+", "came", [(row["id"], row["question"]) for row in differing.came])
    lines += _row_lines("-", "went", [(row["id"], row["question"]) for row in differing.went])
    changes = [(row.id, f"{', '.join(row.fields)}: {row.question}") for row in differing.changed]
    lines += _row_lines("~", "changed", changes)
    return lines


def _document_table(before: Dataset, after: Dataset, differing: RowDifferences) -> list[list[str]]:
    """A line a document: its rows on either side, and how many came, went and changed."""
    documents = {row.id: row.document for dataset in (before, after) for row in dataset.rows}
    counts = [
        Counter(row.document for row in before.rows),
        Counter(row.document for row in after.rows),
        Counter(row["document"] for row in differing.came),
        Counter(row["document"] for row in differing.went),
        Counter(documents[row.id] for row in differing.changed),
    ]
    names = sorted(set().union(*counts))
    rows = [[name or "(no document)", *(f"{count[name]:,}" for count in counts)] for name in names]
    changed_rows = [row for row in rows if row[3:] != ["0", "0", "0"]]
    return [["", before.name, after.name, "came", "went", "changed"], *changed_rows] if changed_rows else []


def _row_lines(mark: str, verb: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    lines = [f"  {mark} {row_id}  {shorten_text(question, QUESTION_WIDTH)}" for row_id, question in rows[:ROWS_SHOWN]]
    hidden = len(rows) - ROWS_SHOWN
    return lines + [f"    … and {hidden:,} more that {verb}; --page FILE or --json FILE has all"] * (hidden > 0)
