"""One HTML page about a curated run: what was kept, rewritten and rejected, with examples of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from groundwork.pages.html_frame import document, table
from groundwork.pages.markup import Markup, joined, tag
from groundwork.records.run_pairs import BY_PERSON
from groundwork.records.types import Pair, Rejected

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
    rewritten = [pair for pair in result.kept if pair.original_question]
    plain = [pair for pair in result.kept if not pair.original_question]
    sizes = {"kept": len(plain), "rewritten": len(rewritten), "rejected": len(result.rejected)}
    documents = {pair.document for pair in result.kept} | {one.document for one in result.rejected}
    of = "one document" if len(documents) == 1 else f"{len(documents):,} documents"
    checks = ", ".join(result.checks).replace("_", " ") or "nothing"
    titles = ["Check", "Checked", "Passed", "Failed by rule", "Failed by model", "No model was asked"]
    return document(
        title := f"Curation of {result.run}",
        _STYLES,
        tag("h1", title),
        tag("p", f"{sum(sizes.values()):,} pairs of {of}, checked for {checks}.", class_="soft"),
        *([tag("p", NO_MODEL)] if _is_by_rules_alone(result) else []),
        _bar(sizes),
        *([tag("p", " ".join(result.reviewed))] if result.reviewed else []),
        tag("h2", "The checks"),
        table(titles, [_row(check, result) for check in result.checks], numbers=(1, 2, 3, 4, 5)),
        tag("h2", "Kept"),
        *([_pair("k", pair) for pair in _some(plain)] or [_NONE]),
        tag("h2", "Rewritten"),
        *([_pair("w", pair) for pair in _some(rewritten)] or [_NONE]),
        tag("h2", "Rejected"),
        *(_rejected(result.rejected) or [_NONE]),
    )


def _bar(sizes: dict[str, int]) -> Markup:
    """The sizes as parts of a bar, and what each colour is."""
    parts = [tag("div", class_=name, style=f"flex:{size}") for name, size in sizes.items() if size]
    keys = [tag("span", tag("i", class_=f"dot {name}"), f"{size:,} {name}") for name, size in sizes.items()]
    label = ", ".join(f"{size} {name}" for name, size in sizes.items())
    return joined([tag("div", parts, class_="bar", role="img", aria_label=label), tag("p", keys, class_="key")])


def by_rule_alone(one: Rejected) -> bool:
    """Was the pair rejected by rules, without a model's word?"""
    failed = [column for column in one.pair.get("checks", {}).values() if not column["passed"]]
    return bool(failed) and one.reason != BY_PERSON and all(column.get("checker") == "rule" for column in failed)


def _row(check: str, result: Curated) -> list[str]:
    columns = [pair.checks.get(check) for pair in result.kept]
    columns += [one.pair.get("checks", {}).get(check) for one in result.rejected]
    told = [column for column in columns if column]
    failed = Counter(column.get("checker", "model") for column in told if not column["passed"])
    ruled = sum(column.get("checker") == "rule" for column in told)
    by_model = f"{failed['model']:,}" if ruled < len(told) else "not asked"
    numbers = [len(told), sum(column["passed"] for column in told), failed["rule"]]
    return [check.replace("_", " "), *(f"{n:,}" for n in numbers), by_model, f"{ruled:,}"]


def _is_by_rules_alone(result: Curated) -> bool:
    """Was no model asked about any pair?"""
    checks = [pair.checks for pair in result.kept] + [one.pair.get("checks", {}) for one in result.rejected]
    told = [column for columns in checks for name, column in columns.items() if name in result.checks]
    return bool(told) and all(column.get("checker") == "rule" for column in told)


def _rejected(rejected: Sequence[Rejected]) -> list[Markup]:
    by_reason: dict[str, list[Rejected]] = defaultdict(list)
    for one in rejected:
        by_reason[one.reason].append(one)
    shown = []
    for reason, group in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        shown.append(tag("h3", reason.replace("_", " "), " ", tag("span", f"({len(group):,})", class_="soft")))
        for one in _some(group):
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
