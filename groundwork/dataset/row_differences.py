"""What became of the rows between two runs or two versions of a dataset: which came, went, and changed in what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

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
