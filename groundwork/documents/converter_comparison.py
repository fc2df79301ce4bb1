"""What compare_converters measures and shows: seconds, cost and accuracy of each converter on pages of a PDF.

A table for the terminal, and an HTML page with every converter's renditions.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from groundwork.data_folder.read_write import write_text
from groundwork.data_folder.shards import SERVICE_REPLIES
from groundwork.documents.auditing.doubtful_pages_html import markdown_to_html
from groundwork.documents.auditing.page_audit import count_markdown_tables, merged_cells, page_words, structure_likeness
from groundwork.documents.conversion.converter_table import CONVERTERS, Request, require_converter
from groundwork.errors import GroundworkError, MissingExtra, Stopped, UnitError
from groundwork.pages.html_frame import Markup, document_page, join_markup, scrollable_table, tag
from groundwork.processes.worker_pool import WorkerFailed
from groundwork.records import PageAudit
from groundwork.stage_runner.unit_and_outcome import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundwork.documents.conversion.page_renditions import AuditedPages
    from groundwork.documents.engines.marker_api import MarkerService
    from groundwork.llm.calls.costs_and_budget import UsageRow
    from groundwork.llm.client import Client
    from groundwork.processes.worker_pool import Workers
    from groundwork.settings.config_schema import Config, Ingest
    from groundwork.stage_runner.job import Job

TABLE_TITLES = (
    *("converter  ", "seconds", "pages/s", "$/1,000", "words", "pairs", "numbers", "glued", "text"),
    *("structure", "tables", "headings"),
)


class ConverterColumn(msgspec.Struct, frozen=True, kw_only=True):
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
    likenesses: list[float | None] = []  # of each page's structure to the yardstick's; None where there is none

    def mean(self, share: str) -> float:
        return fmean(getattr(audit, share) for audit in self.audits)

    @property
    def structure(self) -> float | None:
        """Over the pages with tables or headings; None where no page has any."""
        rated_likenesses = [likeness for likeness in self.likenesses if likeness is not None]
        return fmean(rated_likenesses) if rated_likenesses else None


PAGE_TITLES = ("converter", "seconds", "pages/s", "$ per 1,000 pages", "words kept", "pairs kept", "numbers kept",
          "glued", "text kept", "structure", "tables", "headings")  # fmt: skip
YARDSTICK = "layout"  # whose tables and headings the others are held against


def with_structure(column: ConverterColumn, yardstick: Sequence[str]) -> ConverterColumn:
    """The column with its likeness to the yardstick's pages."""
    likenesses = [structure_likeness(page, target) for page, target in zip(column.pages, yardstick, strict=True)]
    return msgspec.structs.replace(column, likenesses=likenesses)


def share_text(share: float | None, missing: str = "–") -> str:
    return missing if share is None else f"{share:.3f}"


def comparison_html(
    title: str,
    numbers: Sequence[int],
    pictures: Sequence[str],
    layers: Sequence[str],
    columns: Sequence[ConverterColumn],
    yardstick: Sequence[str] = (),
) -> str:
    """One file with everything in it. `layers`: the text layer of each page, which the marks are made against;
    `yardstick`: the Markdown of each page whose tables and headings the others are held against."""
    usable_columns = [column for column in columns if not column.trouble]
    legend = tag(
        "p",
        "Scores compare a page's Markdown with the text layer of the PDF. ",
        tag("mark", "Marked"),
        ": words that the text layer does not hold, such as words run together, read wrongly or made up. ",
        tag("em", "Structure"),
        f": the neighbouring cells of tables and the headings that are as {YARDSTICK} reads them; ",
        tag("s", "struck"),
        " are cells that hold several of its cells. Pages per second count CPU time; for a model, its own time.",
    )
    links = [join_markup([tag("a", number, href=f"#p{number}"), " "]) for number in numbers]
    return document_page(
        heading := f"{title}: converters side by side",
        _STYLE,
        tag("header", tag("h1", heading), _summary(columns), legend),
        tag("nav", "Pages: ", links),
        *(
            _section(number, pictures[i], layers[i], [(column, i) for column in usable_columns], yardstick[i : i + 1])
            for i, number in enumerate(numbers)
        ),
    )


def _summary(columns: Sequence[ConverterColumn]) -> Markup:
    head = tag("tr", [tag("th", title) for title in PAGE_TITLES])
    return scrollable_table(tag("table", head, [_summary_row(column) for column in columns], class_="summary"))


def _summary_row(column: ConverterColumn) -> Markup:
    if column.trouble:
        return tag("tr", tag("td", column.name), tag("td", column.trouble, colspan=len(PAGE_TITLES) - 1))
    cost = "–" if column.cost_per_thousand is None else f"{column.cost_per_thousand:.2f}"
    shares = [column.mean(name) for name in ("words_kept", "pairs_kept", "numbers_kept", "glued", "text_kept")]
    cells = [column.name, f"{column.seconds:.2f}", f"{column.rate:.1f}", cost, *(f"{share:.3f}" for share in shares),
             share_text(column.structure), str(column.tables), str(column.headings)]  # fmt: skip
    return tag("tr", [tag("td", cell) for cell in cells])


def _section(
    number: int, picture: str, layer: str, columns: Sequence[tuple[ConverterColumn, int]], yardstick: Sequence[str]
) -> Markup:
    image = tag("img", src=picture, alt=f"page {number}", loading="lazy")
    merged = merged_cells(yardstick[0]) if yardstick else set()
    renditions = [_rendition(column, i, layer, merged) for column, i in columns]
    return tag(
        "section",
        tag("h2", f"Page {number}"),
        tag("div", image, renditions, class_="row"),
        id=f"p{number}",
        style=f"--n:{len(columns)}",
    )


def _rendition(column: ConverterColumn, i: int, layer: str, merged: set[str]) -> Markup:
    markdown, audit = column.pages[i], column.audits[i]
    lost = Counter(page_words(layer)) - Counter(page_words(markdown))
    engine = column.makers[i].partition(":")[2]
    likeness = column.likenesses[i] if column.likenesses else None
    maker = [tag("small", engine), " "] if engine else []
    return tag(
        "article",
        tag(
            "h3", column.name, " ", maker, tag("span", *_grade("text", audit.text_kept), *_grade("structure", likeness))
        ),
        tag("div", markdown_to_html(markdown, set(page_words(layer)), merged), class_="text"),
        *([_details(f"{lost.total()} words lost", tag("p", " ".join(lost.elements())))] if lost else []),
        _details("Markdown", tag("pre", markdown)),
    )


def _grade(name: str, share: float | None) -> list[Markup | str]:
    if share is None:
        return []
    grade = "good" if share >= 0.97 else "fair" if share >= 0.9 else "poor"
    return [f" {name} ", tag("b", f"{share:.3f}", class_=grade)]


def _details(summary: str, content: Markup) -> Markup:
    return tag("details", tag("summary", summary), content)


_STYLE = """
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


def table_cells(column: ConverterColumn) -> list[str]:
    """The converter's line of the table; what went wrong where there is no figure."""
    if column.trouble:
        return [column.name, column.trouble]
    cost = "-" if column.cost_per_thousand is None else f"{column.cost_per_thousand:.2f}"
    shares = [column.mean(name) for name in ("words_kept", "pairs_kept", "numbers_kept", "glued", "text_kept")]
    figures = [f"{column.seconds:.2f}", f"{column.rate:.1f}", cost, *(f"{share:.3f}" for share in shares)]
    return [column.name, *figures, share_text(column.structure, missing="-"), f"{column.tables}", f"{column.headings}"]


@dataclass(frozen=True)
class PdfPages:
    """The pages `numbers` of the PDF `source`, and the text layer of all its pages."""

    source: str
    numbers: list[int]
    layer: list[str]
    page_count: int

    def request(self, settings: Ingest) -> Request:
        return Request(
            source=self.source, ending=".pdf", settings=settings, pages=self.numbers, page_count=self.page_count
        )


class TimedConversion(NamedTuple):
    """What a converter made of the pages, in how many seconds, for how many USD."""

    audited: AuditedPages
    seconds: float
    cpu_seconds: float
    cost: float | None = None


async def time_worker(
    workers: Workers, name: str, pages: PdfPages, settings: Ingest, count: Callable[..., None]
) -> TimedConversion:
    """A converter of this machine, in a worker that has loaded it before; `count` is told of each page that is done."""
    request = pages.request(settings)
    await workers.acall(warm_up, name, request, timeout=settings.timeout)  # so that imports are not counted
    return await workers.acall(timed_convert, name, request, pages.layer, timeout=settings.timeout, on_report=count)


async def time_service(
    service: MarkerService, workers: Workers, name: str, pages: PdfPages, settings: Ingest, usage: list[UsageRow]
) -> TimedConversion:
    """A service; what it was asked before is read from the stored reply. What it took is added to `usage`."""
    from groundwork.documents.conversion.page_renditions import audit_pages

    start = time.perf_counter()
    conversion = await service.convert(pages.request(settings), Path(pages.source).name)
    seconds = time.perf_counter() - start
    usage += service.usage
    audited = await workers.acall(audit_pages, name, conversion, pages.numbers, pages.layer, timeout=settings.timeout)
    costs = [row.cost for row in service.usage if row.calls and not row.unpriced]
    return TimedConversion(audited, seconds, 0.0, sum(costs) if costs else None)


async def time_model(
    client: Client, prompts: tuple[str, str], pages: PdfPages, config: Config, count: Callable[..., None]
) -> TimedConversion:
    """A model that reads each page as a picture; `prompts` ask it and ask it again."""
    from groundwork.documents.engines.vision import PageReader
    from groundwork.documents.pdf_files.pdfium import page_jpeg

    vision = config.ingest.vision

    async def picture(number: int, turn: int) -> bytes:
        return await asyncio.to_thread(page_jpeg, pages.source, number, vision.image_size, vision.jpeg_quality, turn)

    reader = PageReader(client, vision, prompts, Path(pages.source).name, picture)
    start = time.perf_counter()
    slots = asyncio.Semaphore(2 * config.llm.max_concurrency)
    audited = await reader.read_pages(pages.numbers, pages.layer, config.ingest.audit_threshold, slots, count)
    seconds = time.perf_counter() - start
    costs = [row.cost for row in client.report() if row.cost is not None]
    return TimedConversion(audited, seconds, 0.0, sum(costs) if costs else None)


def warm_up(name: str, request: Request) -> None:
    from groundwork.documents.conversion.page_renditions import convert_pages

    convert_pages(name, Request(source=request.source, ending=".pdf", settings=request.settings, pages=[1],
                                page_count=request.page_count), [""])  # fmt: skip


def timed_convert(name: str, request: Request, layer: list[str]) -> TimedConversion:
    from groundwork.documents.conversion.page_renditions import convert_pages

    wall_start, cpu_start = time.perf_counter(), time.process_time()
    audited = convert_pages(name, request, layer)
    return TimedConversion(audited, time.perf_counter() - wall_start, time.process_time() - cpu_start)


def column_of(name: str, timed: TimedConversion) -> ConverterColumn:
    """A converter's column of the comparison. Raises UnitError where none of its pages can be used."""
    pages: Sequence[str] = timed.audited.pages
    if timed.audited.troubles and all(timed.audited.troubles) and not any(pages):
        raise UnitError(timed.audited.troubles[0])
    return ConverterColumn(
        name=name,
        pages=list(pages),
        makers=timed.audited.makers,
        audits=timed.audited.audits,
        seconds=timed.seconds,
        rate=len(pages) / max(timed.cpu_seconds or timed.seconds, 1e-6),
        cost_per_thousand=None if timed.cost is None else 1000 * timed.cost / len(pages),
        tables=sum(map(count_markdown_tables, pages)),
        headings=sum(len(re.findall(r"^#{1,6} ", page, re.MULTILINE)) for page in pages),
        words=sum(len(page_words(page)) for page in pages),
    )


async def converter_columns(
    job: Job, workers: Workers, pages: PdfPages, converters: Sequence[str]
) -> tuple[list[ConverterColumn], list[Failure]]:
    """The results of each converter; what made one fail stands in its column, and as a failure."""
    columns, failures = [], []
    job.progress.start(len(pages.numbers) * len(converters), "pages read")
    for converter in converters:
        pages_done = job.progress.done_count
        try:
            converter_column = await _converter_column(job, workers, converter, pages)
        except Stopped:
            raise
        except (WorkerFailed, GroundworkError) as error:
            converter_column = ConverterColumn(name=converter, trouble=str(error))
            failures.append(Failure(converter, "failed", str(error)))
        columns.append(converter_column)
        uncounted = pages_done + len(pages.numbers) - job.progress.done_count  # those that did not count by themselves
        job.progress.advance(uncounted)
    return columns, failures


async def _converter_column(job: Job, workers: Workers, converter: str, pages: PdfPages) -> ConverterColumn:
    """One converter's results. One that is not installed is a column that says so. Raises what made it fail."""
    try:
        require_converter(converter)
    except MissingExtra as error:
        return ConverterColumn(name=converter, trouble=str(error))
    return column_of(converter, await _time_converter(job, workers, converter, pages))


async def _time_converter(job: Job, workers: Workers, converter: str, pages: PdfPages) -> TimedConversion:
    """A service, a model or a converter of this machine at work on the pages."""
    from groundwork.documents.engines.marker_api import MarkerService

    settings = job.config.ingest
    if CONVERTERS[converter].hosted:
        service = MarkerService(settings.marker_api, os.environ, job.data.state / SERVICE_REPLIES)
        return await time_service(service, workers, converter, pages, settings, job.usage)
    if CONVERTERS[converter].remote:
        prompts = job.prompt(settings.vision.prompt), job.prompt(settings.vision.correction_prompt)
        return await time_model(job.client, prompts, pages, job.config, job.progress.advance)
    return await time_worker(workers, converter, pages, settings, job.progress.advance)


async def yardstick_pages(
    job: Job, workers: Workers, converter_columns: list[ConverterColumn], pages: PdfPages
) -> list[str]:
    """The pages by the converter whose tables and headings the others are held against."""
    for converter_column in converter_columns:
        if converter_column.name == YARDSTICK and converter_column.pages:
            return converter_column.pages
    try:
        return (await time_worker(workers, YARDSTICK, pages, job.config.ingest, job.progress.advance)).audited.pages
    except WorkerFailed:
        return [""] * len(pages.numbers)


def write_renditions(page: Path, compared_pages: Sequence[int], converter_columns: Sequence[ConverterColumn]) -> None:
    """What each converter made of the pages, a file each beside the page of the comparison."""
    for converter_column in converter_columns:
        if converter_column.pages:
            page_texts = [
                f"<!-- page {number} -->\n\n{text}"
                for number, text in zip(compared_pages, converter_column.pages, strict=True)
            ]
            write_text(page.with_suffix(f".{converter_column.name}.md"), "\n\n".join(page_texts) + "\n")
