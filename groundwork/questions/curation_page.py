"""One HTML page about a curated run: what was kept, rewritten and turned down, with examples of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from groundwork.records.types import Pair, Rejected

EXAMPLES = 4  # of each kind

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Curation of {run}</title>
<style>
:root {{ --ink: #1c2330; --soft: #5b6472; --line: #dfe3e8; --ground: #fff; --card: #f7f8fa; --good: #1a7f4b;
  --mend: #8a5a00; --bad: #b3261e; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e6e9ef; --soft: #9aa4b2; --line: #323a46; --ground: #14181f;
  --card: #1b212b; --good: #5fcf93; --mend: #e0b04c; --bad: #f2857d; }} }}
body {{ margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }}
main {{ max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }}
h1 {{ font-size: 1.5rem; margin: 0 0 .25rem; }} h2 {{ font-size: 1.15rem; margin: 2.25rem 0 .5rem; }}
h3 {{ font-size: 1rem; margin: 1.5rem 0 .5rem; }} p {{ margin: .25rem 0; }} .soft {{ color: var(--soft); }}
.bar {{ display: flex; height: .9rem; border-radius: .45rem; overflow: hidden; margin: 1rem 0 .5rem; }}
.kept {{ background: var(--good); }} .rewritten {{ background: var(--mend); }} .rejected {{ background: var(--bad); }}
.dot {{ display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; margin-right: .35rem; }}
.key span + span {{ margin-left: 1.25rem; }}
table {{ border-collapse: collapse; width: 100%; }} th, td {{ text-align: left; padding: .35rem .75rem .35rem 0;
  border-bottom: 1px solid var(--line); vertical-align: top; }} td.n, th.n {{ text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }}
article {{ background: var(--card); border-left: .25rem solid var(--line); border-radius: .25rem; padding: .75rem 1rem;
  margin: .75rem 0; overflow-wrap: anywhere; }}
article.k {{ border-color: var(--good); }} article.w {{ border-color: var(--mend); }}
article.r {{ border-color: var(--bad); }} article ul {{ margin: .25rem 0; padding-left: 1.25rem; }}
@media (max-width: 600px) {{ th, td {{ padding-right: .5rem; }} th.n {{ white-space: normal; }} }}
.q {{ font-weight: 600; }} del {{ color: var(--soft); }} .why {{ color: var(--bad); }}
</style></head><body><main>
<h1>Curation of {run}</h1>
<p class="soft">{pairs:,} pairs of {documents}, checked for {checks}.</p>
<div class="bar" role="img" aria-label="{kept} kept, {rewritten} rewritten, {rejected} rejected">{bar}</div>
<p class="key"><span><i class="dot kept"></i>{kept:,} kept</span><span><i class="dot rewritten"></i>{rewritten:,}
rewritten</span><span><i class="dot rejected"></i>{rejected:,} rejected</span></p>
<h2>The checks</h2>
<table><thead><tr><th>Check</th><th class="n">Checked</th><th class="n">Passed</th><th class="n">Failed by rule</th>
<th class="n">Failed by model</th><th class="n">No model was asked</th></tr></thead><tbody>{table}</tbody></table>
{sections}
</main></body></html>
"""


@dataclass(frozen=True)
class Curated:
    """What curation made of a run. Rewritten pairs are among the kept, with their `original_question`."""

    run: str
    checks: Sequence[str]
    kept: Sequence[Pair]
    rejected: Sequence[Rejected]


def page(result: Curated) -> str:
    """The whole page; everything that comes from documents or models is escaped."""
    rewritten = [pair for pair in result.kept if pair.original_question]
    plain = [pair for pair in result.kept if not pair.original_question]
    sizes = {"kept": len(plain), "rewritten": len(rewritten), "rejected": len(result.rejected)}
    documents = {pair.document for pair in result.kept} | {one.document for one in result.rejected}
    return _PAGE.format(
        run=escape(result.run),
        checks=escape(", ".join(result.checks).replace("_", " ")) or "nothing",
        pairs=sum(sizes.values()),
        documents="one document" if len(documents) == 1 else f"{len(documents):,} documents",
        bar="".join(f'<div class="{name}" style="flex:{size}"></div>' for name, size in sizes.items() if size),
        table="".join(_row(check, result) for check in result.checks),
        sections="".join([_kept(plain), _rewritten(rewritten), _rejected(result.rejected)]),
        **sizes,
    )


def by_rule_alone(one: Rejected) -> bool:
    """Was the pair turned down by rules, without a model's word?"""
    failed = [column for column in one.pair.get("checks", {}).values() if not column["passed"]]
    return bool(failed) and all(column.get("checker") == "rule" for column in failed)


def _row(check: str, result: Curated) -> str:
    columns = [pair.checks.get(check) for pair in result.kept]
    columns += [one.pair.get("checks", {}).get(check) for one in result.rejected]
    told = [column for column in columns if column]
    failed = Counter(column.get("checker", "model") for column in told if not column["passed"])
    ruled = sum(column.get("checker") == "rule" for column in told)
    numbers = [len(told), sum(column["passed"] for column in told), failed["rule"], failed["model"], ruled]
    return (
        f"<tr><td>{escape(check.replace('_', ' '))}</td>"
        + "".join(f'<td class="n">{n:,}</td>' for n in numbers)
        + "</tr>"
    )


def _kept(pairs: Sequence[Pair]) -> str:
    shown = "".join(
        _article("k", pair.question, pair.answer, pair.evaluation_criteria, _place(pair)) for pair in _some(pairs)
    )
    return f"<h2>Kept</h2>{shown or _NONE}"


def _rewritten(pairs: Sequence[Pair]) -> str:
    shown = "".join(
        _article("w", pair.question, pair.answer, pair.evaluation_criteria, _place(pair), before=pair.original_question)
        for pair in _some(pairs)
    )
    return f"<h2>Rewritten</h2>{shown or _NONE}"


def _rejected(rejected: Sequence[Rejected]) -> str:
    by_reason: dict[str, list[Rejected]] = defaultdict(list)
    for one in rejected:
        by_reason[one.reason].append(one)
    shown = ""
    for reason, group in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        shown += f'<h3>{escape(reason.replace("_", " "))} <span class="soft">({len(group):,})</span></h3>'
        for one in _some(group):
            pair = one.pair
            who = " (by a rule; no model was asked)" if by_rule_alone(one) else ""
            shown += _article(
                "r", str(pair.get("question", "")), str(pair.get("answer", "")), [], one.document, one.detail + who
            )
    return f"<h2>Rejected</h2>{shown or _NONE}"


_NONE = '<p class="soft">None.</p>'


def _article(
    kind: str, question: str, answer: str, criteria: Sequence[str], place: str, why: str = "", before: str = ""
) -> str:
    parts = [f"<p><del>{escape(before)}</del></p>" if before else "", f'<p class="q">{escape(question)}</p>']
    parts.append(f"<p>{escape(answer)}</p>")
    if criteria:
        parts.append(f"<ul>{''.join(f'<li>{escape(one)}</li>' for one in criteria)}</ul>")
    if why:
        parts.append(f'<p class="why">{escape(why)}</p>')
    return f'<article class="{kind}">{"".join(parts)}<p class="soft">{escape(place)}</p></article>'


def _place(pair: Pair) -> str:
    pages = f", page{'s' if len(pair.pages) > 1 else ''} {', '.join(map(str, pair.pages))}" if pair.pages else ""
    return f"{pair.document}{pages}"


def _some(rows: Sequence[Any]) -> list[Any]:
    """EXAMPLES of the rows, evenly spread."""
    step = max(1, len(rows) // EXAMPLES)
    return list(rows[::step])[:EXAMPLES]
