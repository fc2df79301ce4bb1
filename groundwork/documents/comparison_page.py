"""The HTML page of compare_converters: a summary, and each page beside every converter's rendition of it."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from statistics import fmean

import msgspec

from groundwork.documents.audit import words
from groundwork.records.types import PageAudit


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One converter's renditions and figures; with `trouble`, why there are none."""

    name: str
    trouble: str = ""
    pages: list[str] = []
    makers: list[str] = []
    audits: list[PageAudit] = []
    seconds: float = 0.0
    rate: float = 0.0  # pages per CPU second, or per second where a model does the work
    cost_per_thousand: float | None = None
    tables: int = 0
    headings: int = 0
    words: int = 0

    def mean(self, share: str) -> float:
        return fmean(getattr(audit, share) for audit in self.audits)


def page_html(
    title: str, numbers: Sequence[int], pictures: Sequence[str], layers: Sequence[str], columns: Sequence[Column]
) -> str:
    """One file with everything in it. `layers`: the text layer of each page, which the marks are made against."""
    shown = [column for column in columns if not column.trouble]
    sections = [
        _section(number, pictures[i], layers[i], [(column, i) for column in shown]) for i, number in enumerate(numbers)
    ]
    links = " ".join(f'<a href="#p{number}">{number}</a>' for number in numbers)
    return _FRAME.format(
        title=html.escape(title), style=_STYLE, summary=_summary(columns), links=links, sections="\n".join(sections)
    )


def _summary(columns: Sequence[Column]) -> str:
    titles = ("converter", "seconds", "pages/s", "$ per 1,000 pages", "words kept", "pairs kept", "numbers kept",
              "glued", "text kept", "tables", "headings")  # fmt: skip
    head = "".join(f"<th>{title}</th>" for title in titles)
    return f"<table class=summary><tr>{head}</tr>{''.join(map(_summary_row, columns))}</table>"


def _summary_row(column: Column) -> str:
    if column.trouble:
        return f"<tr><td>{column.name}</td><td colspan=10>{html.escape(column.trouble)}</td></tr>"
    cost = "–" if column.cost_per_thousand is None else f"{column.cost_per_thousand:.2f}"
    shares = [column.mean(name) for name in ("words_kept", "pairs_kept", "numbers_kept", "glued", "text_kept")]
    cells = [column.name, f"{column.seconds:.2f}", f"{column.rate:.1f}", cost, *(f"{share:.3f}" for share in shares),
             str(column.tables), str(column.headings)]  # fmt: skip
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _section(number: int, picture: str, layer: str, columns: Sequence[tuple[Column, int]]) -> str:
    cells = "".join(_rendition(column, i, layer) for column, i in columns)
    return (
        f'<section id=p{number} style="--n:{len(columns)}"><h2>Page {number}</h2><div class=row>'
        f'<img src="{picture}" alt="page {number}" loading=lazy>{cells}</div></section>'
    )


def _rendition(column: Column, i: int, layer: str) -> str:
    markdown, audit = column.pages[i], column.audits[i]
    lost = Counter(words(layer)) - Counter(words(markdown))
    missing = " ".join(html.escape(word) for word in lost.elements())
    made = column.makers[i].partition(":")[2]
    grade = "good" if audit.text_kept >= 0.97 else "fair" if audit.text_kept >= 0.9 else "poor"
    return (
        f"<article><h3>{column.name}{f' <small>{html.escape(made)}</small>' if made else ''} "
        f"<b class={grade}>{audit.text_kept:.3f}</b></h3>"
        f"<div class=text>{_marked(markdown, set(words(layer)))}</div>"
        + (f"<details><summary>{lost.total()} words lost</summary><p>{missing}</p></details>" if lost else "")
        + f"<details><summary>Markdown</summary><pre>{html.escape(markdown)}</pre></details></article>"
    )


def _marked(markdown: str, known: set[str]) -> str:
    """The rendition as HTML, words marked that the text layer does not hold."""
    from bs4 import BeautifulSoup
    from markdown_it import MarkdownIt

    soup = BeautifulSoup(
        MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").render(markdown), "lxml"
    )
    for node in list(soup.find_all(string=True)):
        pieces = str(node).split(" ")
        if any(_unknown(piece, known) for piece in pieces):
            marked = " ".join(
                f"<mark>{html.escape(piece)}</mark>" if _unknown(piece, known) else html.escape(piece)
                for piece in pieces
            )
            body = BeautifulSoup(f"<span>{marked}</span>", "lxml").span
            node.replace_with(body or str(node))
    return soup.body.decode_contents() if soup.body else ""


def _unknown(piece: str, known: set[str]) -> bool:
    found = words(piece)
    return bool(found) and not set(found) <= known


_STYLE = """
:root { color-scheme: light dark; --line: #d8dbe0; --soft: #f5f6f8; --ink: #1d2430; --dim: #667085; --paper: white;
  --link: #2456c7; --mark: #ffd7d2; --good: #137a3f; --fair: #9a6700; --poor: #b42318 }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a414d; --soft: #232933; --ink: #e4e7ec; --dim: #98a2b3; --paper: #171b22;
    --link: #8ab0ff; --mark: #7a2e27; --good: #5fd08f; --fair: #e6b450; --poor: #ff8f85 }
}
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
header { padding: 1.2rem 1.5rem; border-bottom: 1px solid var(--line); max-width: 100vw; overflow-x: auto }
h1 { font-size: 1.3rem; margin: 0 0 .6rem }
h2 { font-size: 1rem; margin: 1.2rem 1.5rem .4rem; color: var(--dim) }
h3 { font-size: .95rem; margin: 0; padding: .5rem .8rem; background: var(--soft); border-bottom: 1px solid var(--line) }
h3 small { font-weight: 400; color: var(--dim) } h3 b { float: right; font-variant-numeric: tabular-nums }
.good { color: var(--good) } .fair { color: var(--fair) } .poor { color: var(--poor) }
.summary { border-collapse: collapse; font-variant-numeric: tabular-nums }
.summary th, .summary td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid var(--line) }
.summary th { font-weight: 500; color: var(--dim) } .summary :is(th, td):first-child { text-align: left }
nav { position: sticky; top: 0; left: 0; z-index: 1; background: var(--paper); border-bottom: 1px solid var(--line) }
nav { padding: .4rem 1.5rem; max-width: 100vw }
nav a { margin-right: .4rem; color: var(--link); text-decoration: none }
section { content-visibility: auto; contain-intrinsic-size: auto 900px; scroll-margin-top: 2.5rem;
  min-width: calc((var(--n) + 1) * 315px + 3rem) }
.row { display: grid; grid-template-columns: minmax(300px, 1fr) repeat(var(--n), minmax(300px, 1fr)); gap: .8rem;
  padding: 0 1.5rem; align-items: start }
.row img { width: 100%; border: 1px solid var(--line); position: sticky; top: 3rem }
article { border: 1px solid var(--line); min-width: 0 }
.text { padding: .2rem .8rem; max-height: 80vh; overflow: auto; font-size: 14px; overflow-wrap: anywhere }
.text :is(h1, h2, h3, h4, h5, h6) { margin: .8rem 0 .3rem; padding: 0; background: none; border: 0; color: var(--ink) }
.text h1 { font-size: 1.15rem } .text h2 { font-size: 1.05rem } .text :is(h3, h4, h5, h6) { font-size: .95rem }
.text table { border-collapse: collapse; font-size: 13px }
.text :is(td, th) { border: 1px solid var(--line); padding: .1rem .4rem; overflow-wrap: normal }
.text p { margin: .4rem 0 } mark { background: var(--mark); color: inherit; border-radius: 2px }
details { padding: .3rem .8rem; border-top: 1px solid var(--line); font-size: 13px }
summary { cursor: pointer; color: var(--dim) }
pre { white-space: pre-wrap; max-height: 60vh; overflow: auto }
"""

_FRAME = """<!doctype html>
<html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width, initial-scale=1">
<title>{title}: converters side by side</title><style>{style}</style></head><body>
<header><h1>{title}: converters side by side</h1>{summary}
<p>Scores compare a page's Markdown with the text layer of the PDF. <mark>Marked</mark>: words that the text layer does
not hold, such as words run together, read wrongly or made up. Pages per second are of CPU time,
of a model its own.</p></header>
<nav>Pages: {links}</nav>
{sections}
</body></html>
"""
