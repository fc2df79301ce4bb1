"""Text that no document should hold: nothing crashes, nothing hangs, nothing is lost."""

from __future__ import annotations

import time

import pytest

from groundwork.chunking.chunk_records import chunk_document
from groundwork.chunking.chunk_report import segments
from groundwork.records import Document
from groundwork.settings.config_files import load

UNITS = {
    "one word": "a",
    "white space": " ",
    "line breaks": "\n",
    "binary": "\x00\x01\x1b\x7f\ud800",
    "byte-order marks": "\ufeff",
    "pipes": "|",
    "delimiter lines": "|---|---|\n",
    "fences that never close": "```\nx\n\n",
    "backticks": "`a ",
    "tables that never close": "<table><tr><td>x",
    "tables in tables": "<table>\n<tr><td>\n",
    "open brackets": "[a](",
    "dollars": "$a ",
    "formulas that never close": "\\begin{align} x\n",
    "leaders": ".... ",
    "list markers": "1. ",
    "quotes": "> ",
    "right to left": "هذا نص عربي طويل. ",
    "no white space": "这是一个句子。",
    "copyright": "© 2020 ",
    "abbreviations": "e.g. ",
    "tables in lists": "- item\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n\n",
    "bullets on one line": "- ",
    "colons": "a:\n\n",
}


def seconds(text: str) -> float:
    document = Document(id="d", source="", sha256="", converter="", converter_version="", characters=len(text))
    began = time.process_time()
    chunks = chunk_document(text, document, load().chunk)
    segments(text, "en")
    taken = time.process_time() - began
    assert "".join(text[chunk.start : chunk.end] for chunk in chunks) == text
    assert all(len(chunk.text) <= 5000 for chunk in chunks)
    return taken


@pytest.mark.parametrize("name", UNITS)
def test_time_is_linear(name: str) -> None:
    """Five times the text takes about five times as long, not twenty-five (measured up to 50 MB in the benchmark)."""
    unit = UNITS[name]
    short, long = unit * (6_000 // len(unit)), unit * (30_000 // len(unit))
    fast = min(seconds(short) for _ in range(2))
    assert any(seconds(long) < 15 * fast + 0.05 for _ in range(3))  # once is enough: other processes only add to it


def test_nested_list_of_any_depth() -> None:
    """A list nested two hundred deep is read like any other."""
    assert seconds("".join(f"{'  ' * (k % 200)}- item {k}\n" for k in range(2000))) < 5


def test_table_of_ten_thousand_rows() -> None:
    """Every row of a huge table is in exactly one chunk, under its header."""
    rows = [f"| {k} | name {k} |" for k in range(10_000)]
    text = "\n".join(["| id | name |", "|---|---|", *rows, ""])
    document = Document(id="d", source="", sha256="", converter="", converter_version="", characters=len(text))
    chunks = chunk_document(text, document, load().chunk)
    assert all(chunk.text.startswith("| id | name |\n|---|---|\n") for chunk in chunks)
    assert [line for chunk in chunks for line in chunk.text.splitlines()[2:]] == rows
