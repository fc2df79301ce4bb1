"""One HTML page about a curated run: what was kept, rewritten and rejected, with examples of each."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.pages.html_frame import document_page, table
from groundwork.pages.markup import Markup, join_markup, tag
from groundwork.records.pair_record import Pair, Rejected
from groundwork.records.run_pairs import BY_PERSON

EXAMPLES = 4  # of each kind
NO_MODEL = "No model was asked: rules alone decided, and what they cannot see may still be wrong."

_STYLES = """
.bar { display: flex; height: .9rem; border-radius: .45rem; overflow: hidden; margin: 1rem 0 .5rem; }
.kept { background: var(--good); } .rewritten { background: var(--fair); } .rejected { background: var(--bad); }
.dot { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; margin-right: .35rem; }
.key { display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
article { background: var(--hold); border-left: .25rem solid var(--line); border-radius: .25rem; padding: .75rem 1rem;
  margin: .75rem 0; overflow-wrap: anywhere; }
article.k { border-color: var(--good); } article.w { border-color: var(--fair); }
article.r { border-color: var(--bad); }
.q { font-weight: 600; } del { color: var(--soft); } .why { color: var(--bad); }
"""
_NONE = tag("p", "None.", class_="soft")


@dataclass(frozen=True)
class Curated:
    """What curation made of a run. Rewritten pairs are among the kept, with their `original_question`."""

    run: str
    checks: Sequence[str]
    kept: Sequence[Pair]
    rejected: Sequence[Rejected]
    reviewed: Sequence[str] = ()  # what people decided, in sentences


def curation_html(result: Curated) -> str:
    """The whole page."""
    counts = _Counts(result)
    sizes = {"kept": len(counts.plain), "rewritten": len(counts.rewritten), "rejected": len(result.rejected)}
    of = "one document" if len(counts.documents) == 1 else f"{len(counts.documents):,} documents"
    checks = ", ".join(result.checks).replace("_", " ") or "nothing"
    titles = ["Check", "Checked", "Passed", "Failed by rule", "Failed by model", "No model was asked"]
    return document_page(
        title := f"Curation of {result.run}",
        _STYLES,
        tag("h1", title),
        tag("p", f"{sum(sizes.values()):,} pairs of {of}, checked for {checks}.", class_="soft"),
        *([tag("p", NO_MODEL)] if counts.by_rules_alone else []),
        _bar(sizes),
        *([tag("p", " ".join(result.reviewed))] if result.reviewed else []),
        tag("h2", "The checks"),
        table(titles, [counts.row(check) for check in result.checks], numbers=(1, 2, 3, 4, 5), stacked=True),
        tag("h2", "Kept"),
        *([_pair("k", result.kept[place]) for place in _some(counts.plain)] or [_NONE]),
        tag("h2", "Rewritten"),
        *([_pair("w", result.kept[place]) for place in _some(counts.rewritten)] or [_NONE]),
        tag("h2", "Rejected"),
        *(_rejected(result.rejected, counts.by_reason) or [_NONE]),
    )


def _bar(sizes: dict[str, int]) -> Markup:
    """The sizes as parts of a bar, and what each colour is."""
    parts = [tag("div", class_=name, style=f"flex:{size}") for name, size in sizes.items() if size]
    keys = [tag("span", tag("i", class_=f"dot {name}"), f"{size:,} {name}") for name, size in sizes.items()]
    label = ", ".join(f"{size} {name}" for name, size in sizes.items())
    return join_markup([tag("div", parts, class_="bar", role="img", aria_label=label), tag("p", keys, class_="key")])


def by_rule_alone(one: Rejected) -> bool:
    """Was the pair rejected by rules, without a model's word?"""
    failed = [column for column in one.pair.get("checks", {}).values() if not column["passed"]]
    return bool(failed) and one.reason != BY_PERSON and all(column.get("checker") == "rule" for column in failed)


class _Counts:
    """What the page says of all pairs, which are gone through once: there may be a million, in files."""

    def __init__(self, result: Curated) -> None:
        self.documents: set[str] = set()
        self.plain, self.rewritten = array("q"), array("q")  # places among the kept
        self.by_reason: dict[str, array[int]] = defaultdict(lambda: array("q"))  # places among the rejected
        self._checks = frozenset(result.checks)
        self._columns: Counter[tuple[str, bool, str]] = Counter()  # by check, passed, checker
        for place, pair in enumerate(result.kept):
            (self.rewritten if pair.original_question else self.plain).append(place)
            self._count(pair.document, pair.checks)
        for place, one in enumerate(result.rejected):
            self.by_reason[one.reason].append(place)
            self._count(one.document, one.pair.get("checks", {}))

    def _count(self, document: str, columns: Mapping[str, Any]) -> None:
        self.documents.add(document)
        for name, column in columns.items():
            if name in self._checks and column:
                self._columns[name, bool(column["passed"]), column.get("checker", "model")] += 1

    def row(self, check: str) -> list[str]:
        own = {key[1:]: count for key, count in self._columns.items() if key[0] == check}
        told, passed = sum(own.values()), sum(count for (passed, _), count in own.items() if passed)
        ruled = own.get((True, "rule"), 0) + own.get((False, "rule"), 0)
        by_model = f"{own.get((False, 'model'), 0):,}" if ruled < told else "not asked"
        numbers = [told, passed, own.get((False, "rule"), 0)]
        return [check.replace("_", " "), *(f"{n:,}" for n in numbers), by_model, f"{ruled:,}"]

    @property
    def by_rules_alone(self) -> bool:
        """Was no model asked about any pair?"""
        return bool(self._columns) and all(checker == "rule" for _, _, checker in self._columns)


def _rejected(rejected: Sequence[Rejected], by_reason: Mapping[str, Sequence[int]]) -> list[Markup]:
    shown = []
    for reason, group in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        shown.append(tag("h3", reason.replace("_", " "), " ", tag("span", f"({len(group):,})", class_="soft")))
        for one in (rejected[place] for place in _some(group)):
            who = " (by a rule; no model was asked)" if by_rule_alone(one) else ""
            question, answer = (str(one.pair.get(name, "")) for name in ("question", "answer"))
            shown.append(_article("r", question, answer, [], one.document, one.detail + who))
    return shown


def _pair(kind: str, pair: Pair) -> Markup:
    return _article(
        kind, pair.question, pair.answer, pair.evaluation_criteria, _place(pair), before=pair.original_question
    )


def _article(
    kind: str, question: str, answer: str, criteria: Sequence[str], place: str, why: str = "", before: str = ""
) -> Markup:
    return tag(
        "article",
        *([tag("p", tag("del", before))] if before else []),
        tag("p", question, class_="q"),
        tag("p", answer),
        *([tag("ul", [tag("li", one) for one in criteria])] if criteria else []),
        *([tag("p", why, class_="why")] if why else []),
        tag("p", place, class_="soft"),
        class_=kind,
    )


def _place(pair: Pair) -> str:
    pages = f", page{'s' if len(pair.pages) > 1 else ''} {', '.join(map(str, pair.pages))}" if pair.pages else ""
    return f"{pair.document}{pages}"


def _some(rows: Sequence[Any]) -> list[Any]:
    """EXAMPLES of the rows, evenly spread."""
    step = max(1, len(rows) // EXAMPLES)
    return list(rows[::step])[:EXAMPLES]
