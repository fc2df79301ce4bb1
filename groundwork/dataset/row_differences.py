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

IGNORED_COLUMNS = ("cluster", "score")  # numbered anew whenever a dataset is built; the mark of curation or of grades

Record = Mapping[str, Any]


class ChangedRow(msgspec.Struct, frozen=True):
    """A row that both sides hold, under its id in the second, and by field what it said and what it says."""

    id: str
    question: str
    fields: dict[str, tuple[Any, Any]]


class RowDifferences(msgspec.Struct, frozen=True):
    """Rows of the second side that the first lacks, rows that it lacks of the first, and those that changed."""

    came: list[Record]
    went: list[Record]
    changed: list[ChangedRow]
    same: int

    def __str__(self) -> str:
        counts = [f"{len(self.came):,} came", f"{len(self.went):,} went", f"{len(self.changed):,} changed"]
        fields = ", ".join(f"{column} {count:,}" for column, count in self.by_field().items())
        return f"{', '.join(counts)}{f' ({fields})' if fields else ''}, {self.same:,} the same"

    def __bool__(self) -> bool:
        return bool(self.came or self.went or self.changed)

    def by_field(self) -> dict[str, int]:
        """In how many rows each field changed, the most frequent first."""
        return dict(Counter(column for row in self.changed for column in row.fields).most_common())


def compare_rows(before: Sequence[Record], after: Sequence[Record]) -> RowDifferences:
    """Compare rows, each with `id`, `split` and `question`.

    A row is the same one where id and split agree, else where the id does, else where the question does; a row is
    paired once.
    """
    unmatched_before, pairs = list(before), list[tuple[Record, Record]]()
    unmatched_after = list(after)
    for key in (_id_and_split, _id, _question):
        unmatched_before, unmatched_after = _pair_rows(unmatched_before, unmatched_after, key, pairs)
    changed = [_compare_fields(row_before, row_after) for row_before, row_after in pairs]
    changed_rows = [pair_change for pair_change in changed if pair_change.fields]
    order = {id(row): index for index, row in enumerate(after)}
    unmatched_after.sort(key=lambda row: order[id(row)])
    return RowDifferences(unmatched_after, unmatched_before, changed_rows, len(changed) - len(changed_rows))


def _pair_rows(
    before: Iterable[Record],
    after: Iterable[Record],
    key: Callable[[Record], Any],
    pairs: list[tuple[Record, Record]],
) -> tuple[list[Record], list[Record]]:
    """Pair the rows whose `key` agrees, in order; returns the others of either side."""
    waiting: dict[Any, list[Record]] = defaultdict(list)
    for row in before:
        waiting[key(row)].append(row)
    unmatched = []
    for row in after:
        if waiting_rows := waiting.get(key(row)):
            pairs.append((waiting_rows.pop(0), row))
        else:
            unmatched.append(row)
    return [row for waiting_rows in waiting.values() for row in waiting_rows], unmatched


def _id_and_split(row: Record) -> Any:
    return row["id"], row.get("split", "")


def _id(row: Record) -> Any:
    return row["id"]


def _question(row: Record) -> Any:
    return " ".join(str(row["question"]).split()).casefold()


def _compare_fields(before: Record, after: Record) -> ChangedRow:
    columns = [column for column in {**before, **after} if column not in IGNORED_COLUMNS]
    fields = {
        column: (before.get(column), after.get(column))
        for column in columns
        if _comparable_value(before, column) != _comparable_value(after, column)
    }
    return ChangedRow(after["id"], after["question"], fields)


def _comparable_value(row: Record, column: str) -> Any:
    """The value, an empty one and a missing one alike."""
    value = row.get(column)
    return value if value not in ("", [], None) else None


ROWS_ON_PAGE = 2_000  # rows of each kind on the page
COMPARED_BY_WORD = ("question", "answer", "evaluation_criteria")  # whose words are compared on the page
_STYLE = """
article { border-left: 3px solid var(--line); padding: .2rem 0 .2rem .9rem; margin: .9rem 0; }
article.came { border-color: var(--good); } article.went { border-color: var(--bad); }
article h3 { font-size: 1rem; margin: 0; } article p { margin: .2rem 0; } small { color: var(--soft); }
dl { margin: .3rem 0; } dt { color: var(--soft); font-size: .85rem; } dd { margin: 0 0 .3rem; overflow-wrap: anywhere; }
ins { background: color-mix(in srgb, var(--good) 18%, transparent); text-decoration: none; }
del { background: color-mix(in srgb, var(--bad) 18%, transparent); }
"""


def differences_html(names: tuple[str, str], diff: RowDifferences) -> str:
    """The differences as one HTML page: changed rows field by field, with the words marked that went and came."""
    return document_page(
        title := f"{names[0]} → {names[1]}",
        _STYLE,
        tag("h1", title),
        tag("p", str(diff), "."),
        *_section("Changed", [_changed_row(row) for row in diff.changed[:ROWS_ON_PAGE]], len(diff.changed)),
        *_section("Came", [_row(row, "came") for row in diff.came[:ROWS_ON_PAGE]], len(diff.came)),
        *_section("Went", [_row(row, "went") for row in diff.went[:ROWS_ON_PAGE]], len(diff.went)),
    )


def _section(title: str, articles: Sequence[Markup], count: int) -> list[Markup]:
    more = count - len(articles)
    more_note = [tag("p", f"… and {more:,} more; --json FILE has all.")] * (more > 0)
    return [tag("h2", f"{title}: {count:,}"), *articles, *more_note] if count else []


def _changed_row(row: ChangedRow) -> Markup:
    fields = [(tag("dt", column), tag("dd", *_mark_changes(column, *row.fields[column]))) for column in row.fields]
    return tag("article", tag("h3", row.question), tag("small", row.id), tag("dl", fields))


def _row(row: Record, kind: str) -> Markup:
    labels = " · ".join(label for label in (row["id"], row.get("split", "")) if label)
    return tag("article", tag("h3", row["question"]), tag("p", row["answer"]), tag("small", labels), class_=kind)


def _mark_changes(column: str, before: Any, after: Any) -> list[Markup | str]:
    """What a field said and says: texts word by word, other values one after the other."""

    old_text, new_text = _text(before), _text(after)
    if column not in COMPARED_BY_WORD or not old_text or not new_text:
        return [tag("del", old_text), " "] * bool(old_text) + [tag("ins", new_text)] * bool(new_text)
    words = old_text.split(), new_text.split()
    marked_words: list[Markup | str] = []
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, *words, autojunk=False).get_opcodes():
        if kind == "equal":
            marked_words.append(" ".join(words[0][i1:i2]))
        marked_words += [tag("del", " ".join(words[0][i1:i2])), " "] * (kind in ("replace", "delete"))
        marked_words += [tag("ins", " ".join(words[1][j1:j2]))] * (kind in ("replace", "insert"))
        marked_words.append(" ")
    return marked_words


def _text(value: Any) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
