"""The rows that came, went and changed between two runs or two versions of a dataset, and the HTML page about them.

The page shows changed rows field by field, words that went and came marked.
"""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from groundwork.pages.html_frame import document_page
from groundwork.pages.markup import Markup, tag

IGNORED = ("cluster",)  # is numbered anew whenever a dataset is built

Record = Mapping[str, Any]


class Changed(msgspec.Struct, frozen=True):
    """A row that both sides hold, under its id in the second, and by field what it said and what it says."""

    id: str
    question: str
    fields: dict[str, tuple[Any, Any]]


class Differences(msgspec.Struct, frozen=True):
    """Rows of the second side that the first lacks, rows that it lacks of the first, and those that changed."""

    came: list[Record]
    went: list[Record]
    changed: list[Changed]
    same: int

    def __str__(self) -> str:
        counts = [f"{len(self.came):,} came", f"{len(self.went):,} went", f"{len(self.changed):,} changed"]
        fields = ", ".join(f"{name} {count:,}" for name, count in self.by_field().items())
        return f"{', '.join(counts)}{f' ({fields})' if fields else ''}, {self.same:,} the same"

    def __bool__(self) -> bool:
        return bool(self.came or self.went or self.changed)

    def by_field(self) -> dict[str, int]:
        """In how many rows each field changed, the most frequent first."""
        return dict(Counter(name for row in self.changed for name in row.fields).most_common())


def differences(before: Sequence[Record], after: Sequence[Record]) -> Differences:
    """Compare rows, each with `id`, `split` and `question`.

    A row is the same one where id and split agree, else where the id does, else where the question does; a row is
    paired once.
    """
    left, pairs = list(before), list[tuple[Record, Record]]()
    came = list(after)
    for key in (_id_and_split, _id, _question):
        left, came = _paired(left, came, key, pairs)
    changed = [_changed(old, new) for old, new in pairs]
    differing = [one for one in changed if one.fields]
    order = {id(row): place for place, row in enumerate(after)}
    came.sort(key=lambda row: order[id(row)])
    return Differences(came, left, differing, len(changed) - len(differing))


def _paired(
    before: Iterable[Record],
    after: Iterable[Record],
    key: Callable[[Record], Any],
    pairs: list[tuple[Record, Record]],
) -> tuple[list[Record], list[Record]]:
    """Pair the rows whose `key` agrees, in order; returns the others of either side."""
    waiting: dict[Any, list[Record]] = defaultdict(list)
    for row in before:
        waiting[key(row)].append(row)
    rest = []
    for row in after:
        if held := waiting.get(key(row)):
            pairs.append((held.pop(0), row))
        else:
            rest.append(row)
    return [row for held in waiting.values() for row in held], rest


def _id_and_split(row: Record) -> Any:
    return row["id"], row.get("split", "")


def _id(row: Record) -> Any:
    return row["id"]


def _question(row: Record) -> Any:
    return " ".join(str(row["question"]).split()).casefold()


def _changed(old: Record, new: Record) -> Changed:
    names = [name for name in {**old, **new} if name not in IGNORED]
    fields = {name: (old.get(name), new.get(name)) for name in names if _said(old, name) != _said(new, name)}
    return Changed(new["id"], new["question"], fields)


def _said(row: Record, name: str) -> Any:
    """The value, an empty one and a missing one alike."""
    value = row.get(name)
    return value if value not in ("", [], None) else None


ON_PAGE = 2_000  # rows of each kind on the page
LATER = ("question", "answer", "evaluation_criteria")  # whose words are compared on the page
_STYLE = """
article { border-left: 3px solid var(--line); padding: .2rem 0 .2rem .9rem; margin: .9rem 0; }
article.came { border-color: var(--good); } article.went { border-color: var(--bad); }
article h3 { font-size: 1rem; margin: 0; } article p { margin: .2rem 0; } small { color: var(--soft); }
dl { margin: .3rem 0; } dt { color: var(--soft); font-size: .85rem; } dd { margin: 0 0 .3rem; overflow-wrap: anywhere; }
ins { background: color-mix(in srgb, var(--good) 18%, transparent); text-decoration: none; }
del { background: color-mix(in srgb, var(--bad) 18%, transparent); }
"""


def differences_html(names: tuple[str, str], found: Differences) -> str:
    """The differences as one HTML page: changed rows field by field, with the words marked that went and came."""
    return document_page(
        title := f"{names[0]} → {names[1]}",
        _STYLE,
        tag("h1", title),
        tag("p", str(found), "."),
        *_section("Changed", [_changed_row(row) for row in found.changed[:ON_PAGE]], len(found.changed)),
        *_section("Came", [_row(row, "came") for row in found.came[:ON_PAGE]], len(found.came)),
        *_section("Went", [_row(row, "went") for row in found.went[:ON_PAGE]], len(found.went)),
    )


def _section(title: str, articles: Sequence[Markup], count: int) -> list[Markup]:
    more = count - len(articles)
    rest = [tag("p", f"… and {more:,} more; --json FILE has all.")] * (more > 0)
    return [tag("h2", f"{title}: {count:,}"), *articles, *rest] if count else []


def _changed_row(row: Changed) -> Markup:
    parts = [(tag("dt", name), tag("dd", *_marked(name, *row.fields[name]))) for name in row.fields]
    return tag("article", tag("h3", row.question), tag("small", row.id), tag("dl", parts))


def _row(row: Record, kind: str) -> Markup:
    told = " · ".join(part for part in (row["id"], row.get("split", "")) if part)
    return tag("article", tag("h3", row["question"]), tag("p", row["answer"]), tag("small", told), class_=kind)


def _marked(name: str, before: Any, after: Any) -> list[Markup | str]:
    """What a field said and says: texts word by word, other values one after the other."""

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
