"""`dataprep diff A B`: which rows of two runs or datasets came, went and changed: a table, JSON or a page."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwork.console import terminal_table
from groundwork.console.job_setup import load_config, workspace
from groundwork.console.next_steps import from_here
from groundwork.errors import EXIT_FAILED, EXIT_OK
from groundwork.records.artifacts import visible, write_bytes, write_text

if TYPE_CHECKING:
    from groundwork.dataset.loading import Dataset
    from groundwork.dataset.row_differences import Changed, Differences, Record
    from groundwork.pages.markup import Markup

SHOWN = 20  # rows of each kind in the terminal
ON_PAGE = 2_000  # rows of each kind on the page
WIDTH = 100  # characters of a question in the terminal
LATER = ("question", "answer", "evaluation_criteria")  # whose words are compared on the page


def show_diff(flags: argparse.Namespace) -> int:
    """Compare the two datasets that the flags name. Raises UsageError, BadRecord."""
    from groundwork.dataset.loading import load, locate_all
    from groundwork.dataset.row_differences import differences

    data = workspace(load_config(flags), flags)
    first, second = (load(source) for source in locate_all(flags.datasets, data))
    found = differences(_records(first), _records(second))
    names = first.name, second.name
    if flags.json == Path("-"):
        sys.stdout.write(_as_json(names, found))
    else:
        for line in _lines(first, second, found):
            print(visible(line))
        if flags.json:
            write_bytes(flags.json, _as_json(names, found).encode())
            print(f"-> {from_here(flags.json)}")
    if flags.page:
        write_text(flags.page, page(names, found))
        print(f"-> {from_here(flags.page)}", file=sys.stderr if flags.json == Path("-") else sys.stdout)
    return EXIT_FAILED if flags.exit_code and found else EXIT_OK


def _records(dataset: Dataset) -> list[Record]:
    import msgspec

    return [msgspec.structs.asdict(row) for row in dataset.rows]


def _as_json(names: tuple[str, str], found: Differences) -> str:
    import msgspec

    content = {"a": names[0], "b": names[1], **msgspec.structs.asdict(found)}
    return json.dumps(msgspec.to_builtins(content), indent=2, ensure_ascii=False) + "\n"


def _lines(first: Dataset, second: Dataset, found: Differences) -> list[str]:
    lines = [f"{first.name} -> {second.name}: {found}", *terminal_table.lines(_by_document(first, second, found))]
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


def page(names: tuple[str, str], found: Differences) -> str:
    """The differences as one HTML page: changed rows field by field, with the words marked that went and came."""
    from groundwork.pages.html_frame import document
    from groundwork.pages.markup import tag

    return document(
        title := f"{names[0]} → {names[1]}",
        _STYLE,
        tag("h1", title),
        tag("p", str(found), "."),
        *_section("Changed", [_changed(row) for row in found.changed[:ON_PAGE]], len(found.changed)),
        *_section("Came", [_row(row, "came") for row in found.came[:ON_PAGE]], len(found.came)),
        *_section("Went", [_row(row, "went") for row in found.went[:ON_PAGE]], len(found.went)),
    )


def _section(title: str, articles: Sequence[Markup], count: int) -> list[Markup]:
    from groundwork.pages.markup import tag

    more = count - len(articles)
    rest = [tag("p", f"… and {more:,} more; --json FILE has all.")] * (more > 0)
    return [tag("h2", f"{title}: {count:,}"), *articles, *rest] if count else []


def _changed(row: Changed) -> Markup:
    from groundwork.pages.markup import tag

    parts = [(tag("dt", name), tag("dd", *_marked(name, *row.fields[name]))) for name in row.fields]
    return tag("article", tag("h3", row.question), tag("small", row.id), tag("dl", parts))


def _row(row: Record, kind: str) -> Markup:
    from groundwork.pages.markup import tag

    told = " · ".join(part for part in (row["id"], row.get("split", "")) if part)
    return tag("article", tag("h3", row["question"]), tag("p", row["answer"]), tag("small", told), class_=kind)


def _marked(name: str, before: Any, after: Any) -> list[Markup | str]:
    """What a field said and says: texts word by word, other values one after the other."""
    from groundwork.pages.markup import tag

    old, new = _text(before), _text(after)
    if name not in LATER or not old or not new:
        return [tag("del", old), " "] * bool(old) + [tag("ins", new)] * bool(new)
    words = old.split(), new.split()
    result: list[Markup | str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, *words, autojunk=False).get_opcodes():
        if kind == "equal":
            result.append(" ".join(words[0][a:b]))
        result += [tag("del", " ".join(words[0][a:b])), " "] * (kind in ("replace", "delete"))
        result += [tag("ins", " ".join(words[1][c:d]))] * (kind in ("replace", "insert"))
        result.append(" ")
    return result


def _text(value: Any) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


_STYLE = """
article { border-left: 3px solid var(--line); padding: .2rem 0 .2rem .9rem; margin: .9rem 0; }
article.came { border-color: var(--good); } article.went { border-color: var(--bad); }
article h3 { font-size: 1rem; margin: 0; } article p { margin: .2rem 0; } small { color: var(--soft); }
dl { margin: .3rem 0; } dt { color: var(--soft); font-size: .85rem; } dd { margin: 0 0 .3rem; overflow-wrap: anywhere; }
ins { background: color-mix(in srgb, var(--good) 18%, transparent); text-decoration: none; }
del { background: color-mix(in srgb, var(--bad) 18%, transparent); }
"""
