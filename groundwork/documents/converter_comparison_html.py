"""The HTML page of compare_converters: every converter's rendition of each page beside its picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundwork.documents.auditing.doubtful_pages_html import markdown_to_html
from groundwork.documents.auditing.page_audit import page_words
from groundwork.documents.auditing.relations_and_merged_cells import merged_cells
from groundwork.pages.html_frame import Markup, document_page, join_markup, scrollable_table, tag

if TYPE_CHECKING:
    pass
from groundwork.documents.converter_comparison import YARDSTICK_CONVERTER, ComparisonColumn, comparison_share

SUMMARY_TITLES = ("converter", "seconds", "pages/s", "$ per 1,000 pages", "words kept", "pairs kept", "numbers kept",
          "glued", "text kept", "structure", "tables", "headings")  # fmt: skip


def comparison_html(
    title: str,
    comparison_pages: Sequence[int],
    pictures: Sequence[str],
    layers: Sequence[str],
    columns: Sequence[ComparisonColumn],
    yardstick: Sequence[str] = (),
) -> str:
    """One file with everything in it. `layers`: the text layer of each page, which the marks are made against;
    `yardstick`: the Markdown of each page whose tables and headings the others are held against."""
    usable_converters = [column for column in columns if not column.trouble]
    comparison_legend = tag(
        "p",
        "Scores compare a page's Markdown with the text layer of the PDF. ",
        tag("mark", "Marked"),
        ": words that the text layer does not hold, such as words run together, read wrongly or made up. ",
        tag("em", "Structure"),
        f": the neighbouring cells of tables and the headings that are as {YARDSTICK_CONVERTER} reads them; ",
        tag("s", "struck"),
        " are cells that hold several of its cells. Pages per second count CPU time; for a model, its own time.",
    )
    comparison_links = [join_markup([tag("a", page, href=f"#p{page}"), " "]) for page in comparison_pages]
    return document_page(
        heading := f"{title}: converters side by side",
        _COMPARISON_STYLE,
        tag("header", tag("h1", heading), _converter_summary(columns), comparison_legend),
        tag("nav", "Pages: ", comparison_links),
        *(
            _comparison_section(
                comparison_page,
                pictures[i],
                layers[i],
                [(column, i) for column in usable_converters],
                yardstick[i : i + 1],
            )
            for i, comparison_page in enumerate(comparison_pages)
        ),
    )


def _converter_summary(columns: Sequence[ComparisonColumn]) -> Markup:
    summary_head = tag("tr", [tag("th", title) for title in SUMMARY_TITLES])
    return scrollable_table(
        tag("table", summary_head, [_converter_summary_row(column) for column in columns], class_="summary")
    )


def _converter_summary_row(column: ComparisonColumn) -> Markup:
    if column.trouble:
        return tag("tr", tag("td", column.name), tag("td", column.trouble, colspan=len(SUMMARY_TITLES) - 1))
    cost = "–" if column.cost_per_thousand is None else f"{column.cost_per_thousand:.2f}"
    shares = [column.mean(name) for name in ("words_kept", "pairs_kept", "numbers_kept", "glued", "text_kept")]
    cells = [
        column.name,
        f"{column.seconds:.2f}",
        f"{column.rate:.1f}",
        cost,
        *(f"{share:.3f}" for share in shares),
        comparison_share(column.structure),
        str(column.tables),
        str(column.headings),
    ]
    return tag("tr", [tag("td", cell) for cell in cells])


def _comparison_section(
    number: int, picture: str, layer: str, columns: Sequence[tuple[ComparisonColumn, int]], yardstick: Sequence[str]
) -> Markup:
    page_image = tag("img", src=picture, alt=f"page {number}", loading="lazy")
    merged_yardstick_cells = merged_cells(yardstick[0]) if yardstick else set()
    comparison_renditions = [_comparison_rendition(column, i, layer, merged_yardstick_cells) for column, i in columns]
    return tag(
        "section",
        tag("h2", f"Page {number}"),
        tag("div", page_image, comparison_renditions, class_="row"),
        id=f"p{number}",
        style=f"--n:{len(columns)}",
    )


def _comparison_rendition(column: ComparisonColumn, i: int, layer: str, merged_yardstick_cells: set[str]) -> Markup:
    markdown, audit = column.pages[i], column.audits[i]
    lost_words = Counter(page_words(layer)) - Counter(page_words(markdown))
    rendition_engine = column.makers[i].partition(":")[2]
    structure_likeness = column.likenesses[i] if column.likenesses else None
    rendition_maker = [tag("small", rendition_engine), " "] if rendition_engine else []
    return tag(
        "article",
        tag(
            "h3",
            column.name,
            " ",
            rendition_maker,
            tag("span", *_graded_share("text", audit.text_kept), *_graded_share("structure", structure_likeness)),
        ),
        tag("div", markdown_to_html(markdown, set(page_words(layer)), merged_yardstick_cells), class_="text"),
        *(
            [_folded_comparison(f"{lost_words.total()} words lost", tag("p", " ".join(lost_words.elements())))]
            if lost_words
            else []
        ),
        _folded_comparison("Markdown", tag("pre", markdown)),
    )


def _graded_share(name: str, share: float | None) -> list[Markup | str]:
    if share is None:
        return []
    grade = "good" if share >= 0.97 else "fair" if share >= 0.9 else "poor"
    return [f" {name} ", tag("b", f"{share:.3f}", class_=grade)]


def _folded_comparison(summary: str, content: Markup) -> Markup:
    return tag("details", tag("summary", summary), content)


_COMPARISON_STYLE = """
main { max-width: none; padding: 0; font-size: 15px; }
header { padding: 1.2rem 1.5rem; border-bottom: 1px solid var(--line); max-width: 100vw; }
header h1 { font-size: 1.3rem; margin: 0 0 .6rem; }
h2 { font-size: 1rem; margin: 1.2rem 1.5rem .4rem; color: var(--soft); }
h3 { font-size: .95rem; margin: 0; padding: .5rem .8rem; background: var(--hold); }
h3 { border-bottom: 1px solid var(--line); }
h3 small { font-weight: 400; } h3 b { font-variant-numeric: tabular-nums; }
h3 span { float: right; font-weight: 400; font-size: .85rem; color: var(--soft); }
.good { color: var(--good); } .fair { color: var(--fair); } .poor { color: var(--bad); }
.summary { width: auto; font-variant-numeric: tabular-nums; }
.summary :is(th, td) { padding: .25rem .7rem; text-align: right; white-space: nowrap; }
.summary th { font-weight: 500; } .summary :is(th, td):first-child, .summary td[colspan] { text-align: left; }
nav { position: sticky; top: 0; left: 0; z-index: 1; background: var(--paper); border-bottom: 1px solid var(--line); }
nav { padding: .4rem 1.5rem; max-width: 100vw; overflow-x: auto; }
nav a { margin-right: .2rem; text-decoration: none; }
section { content-visibility: auto; contain-intrinsic-size: auto 900px; scroll-margin-top: 2.5rem;
  min-width: calc((var(--n) + 1) * 315px + 3rem); }
.row { display: grid; grid-template-columns: minmax(300px, 1fr) repeat(var(--n), minmax(300px, 1fr)); gap: .8rem;
  padding: 0 1.5rem; align-items: start; }
.row img { width: 100%; border: 1px solid var(--line); position: sticky; top: 3rem; }
article { border: 1px solid var(--line); min-width: 0; }
.text { padding: .2rem .8rem; max-height: 80vh; overflow: auto; font-size: 14px; overflow-wrap: anywhere; }
.text :is(h1, h2, h3, h4, h5, h6) { margin: .8rem 0 .3rem; padding: 0; background: none; border: 0; color: var(--ink); }
.text h1 { font-size: 1.15rem; } .text h2 { font-size: 1.05rem; } .text :is(h3, h4, h5, h6) { font-size: .95rem; }
.text table { width: auto; font-size: 13px; }
.text :is(td, th) { border: 1px solid var(--line); padding: .1rem .4rem; overflow-wrap: normal; min-width: 3.5rem; }
.text p { margin: .4rem 0; } mark { background: var(--wrong); color: inherit; border-radius: 2px; }
details { padding: .3rem .8rem; border-top: 1px solid var(--line); font-size: 13px; }
summary { cursor: pointer; color: var(--soft); }
pre { white-space: pre-wrap; max-height: 60vh; overflow: auto; }
.text .merged, header s { color: var(--bad); text-decoration: line-through; text-decoration-thickness: 1px; }
@media (max-width: 46rem) {
  header, nav { padding-left: 1rem; padding-right: 1rem; } h2 { margin-left: 1rem; }
  section { min-width: 0; } .row { grid-template-columns: minmax(0, 1fr); padding: 0 1rem; }
  .row img { position: static; } h3 span { float: none; display: block; }
  .text table { display: block; overflow-x: auto; }
}
"""
