"""The page with the borders of the chunks drawn on the document."""

from __future__ import annotations

from collections.abc import Sequence

from groundwork.chunking.chunk_report import chunk_facts, length_histogram
from groundwork.markdown.figures import figure_mark, figures
from groundwork.pages.html_frame import Markup, document_page, tag
from groundwork.records import Chunk
from groundwork.settings.config_schema import ChunkSettings

_CHUNK_PAGE_STYLES = """
main { max-width: 78rem; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13.5px/1.55 var(--mono); }
.bars { display: flex; align-items: flex-end; gap: 3px; height: 5rem; max-width: 34rem; margin: 1.25rem 0 0; padding: 0;
  list-style: none; border-bottom: 1px solid var(--line); }
.bars li { flex: 1; background: var(--blue); border-radius: 2px 2px 0 0; min-height: 0; }
.axis { display: flex; justify-content: space-between; max-width: 34rem; color: var(--soft); font-size: .8rem;
  margin: .2rem 0 2rem; }
section { --kind: var(--blue); display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 1.5rem;
  border-top: 2px dashed var(--kind); padding: .75rem 0 1rem; scroll-margin-top: 1rem; }
section.table { --kind: var(--orange); } section.code { --kind: var(--green); }
section.skip { --kind: var(--faint); } section.skip pre { color: var(--faint); }
aside { font-size: .82rem; color: var(--soft); }
aside a { color: var(--kind); font-weight: 650; text-decoration: none; }
aside p { margin: .15rem 0; overflow-wrap: anywhere; }
section.code pre { white-space: pre; overflow-x: auto; overflow-wrap: normal; }
figure { margin: .4rem 0; } figure img { display: block; max-width: min(100%, 30rem); max-height: 24rem; }
figcaption { color: var(--soft); }
mark { background: var(--hold); color: var(--soft); border-radius: 2px; }
@media (max-width: 46rem) { section { grid-template-columns: minmax(0, 1fr); gap: .4rem; } }
"""


def chunk_html(
    title: str, summary: str, chunks: Sequence[Chunk], settings: ChunkSettings, pictures: str = "../text/"
) -> str:
    """The document from top to bottom as one HTML file, a dashed line at every border, what was added greyed.

    `pictures`: from the page to the folder with the document's folder of pictures.
    """
    histogram_rows = length_histogram([chunk.length for chunk in chunks], settings.max_length)
    max_count = max(chunk_count for _, _, chunk_count in histogram_rows) or 1
    histogram_bars = [
        tag(
            "li",
            style=f"height:{100 * chunk_count / max_count:.1f}%",
            title=f"{shortest:,} to {longest:,}: {chunk_count:,}",
        )
        for shortest, longest, chunk_count in histogram_rows
    ]
    histogram_axis = [tag("span", end) for end in ("1", settings.unit, f"{settings.max_length:,}")]
    return document_page(
        f"{title}: chunks",
        _CHUNK_PAGE_STYLES,
        tag("h1", title),
        tag("p", summary, class_="soft"),
        tag("ol", histogram_bars, class_="bars", aria_label="chunks by length"),
        tag("p", histogram_axis, class_="axis"),
        *(_render_chunk_section(chunk, settings.unit, pictures) for chunk in chunks),
        images=any(chunk.figures for chunk in chunks),
    )


def _render_chunk_figures(chunk_text: str, document: str, folder: str) -> list[Markup | str]:
    """A text with its figures, whose files lie in `folder`, seen from the page."""
    figure_nodes: list[Markup | str] = []
    figure_end = 0
    for figure_number, figure in enumerate(figures(chunk_text, document), 1):
        figure_caption = tag("figcaption", figure_mark(figure_number, figure.caption))
        figure_nodes += [
            chunk_text[figure_end : figure.start],
            tag("figure", tag("img", src=f"{folder}{figure.file}", alt=figure.caption), figure_caption),
        ]
        figure_end = figure.end
    return [*figure_nodes, chunk_text[figure_end:]]


def _render_chunk_section(chunk: Chunk, unit: str, pictures: str) -> Markup:
    chunk_number, *other_facts = chunk_facts(chunk, unit)
    fact_paragraphs = [tag("p", fact) for fact in [*other_facts, f"characters {chunk.start:,} to {chunk.end:,}"]]
    end = len(chunk.text) - len(chunk.closing)
    section_markup = _render_chunk_figures(chunk.text[len(chunk.added) : end].rstrip("\n"), chunk.document, pictures)
    if chunk.added:
        section_markup.insert(0, tag("mark", chunk.added))
    if chunk.closing:
        section_markup += ["\n", tag("mark", chunk.closing.strip())]
    return tag(
        "section",
        tag("aside", tag("a", chunk_number, href=f"#{chunk.id}"), fact_paragraphs),
        tag("pre", section_markup, dir="auto"),
        class_=f"{chunk.kind} skip" if chunk.skip else chunk.kind,
        id=chunk.id,
    )
