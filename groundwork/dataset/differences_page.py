"""The differences of two datasets as one HTML page: changed rows field by field, words that went and came marked."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from groundwork.dataset.row_differences import Changed, Differences, Record
from groundwork.pages.html_frame import document
from groundwork.pages.markup import Markup, tag

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
    more = count - len(articles)
    rest = [tag("p", f"… and {more:,} more; --json FILE has all.")] * (more > 0)
    return [tag("h2", f"{title}: {count:,}"), *articles, *rest] if count else []


def _changed(row: Changed) -> Markup:
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
