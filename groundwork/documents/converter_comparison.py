"""What compare_converters measures and shows: seconds, cost and accuracy of each converter on pages of a PDF.

A table for the terminal, and an HTML page with every converter's renditions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import msgspec

from groundwork.data_folder.read_write import write_text
from groundwork.documents.auditing.doubtful_pages import folded_details, markdown_to_html, page_links
from groundwork.documents.auditing.page_audit import count_markdown_tables, page_words
from groundwork.documents.auditing.structure_and_merged_cells import merged_cells, structure_likeness
from groundwork.documents.conversion.converter_table import require_converter
from groundwork.documents.timed_conversions import TimedConversion, TimedPdfPages, time_converter, time_worker
from groundwork.errors import GroundworkError, MissingExtra, Stopped, UnitError
from groundwork.pages.html_markup import Markup, scrollable_table, tag
from groundwork.pages.html_page import document_page, read_asset
from groundwork.processes.worker_pool import WorkerFailed
from groundwork.records import PageAudit

if TYPE_CHECKING:
    from groundwork.processes.worker_pool import Workers
    from groundwork.stage_runner.job import Job

COMPARISON_TITLES = (
    *("converter  ", "seconds", "pages/s", "$/1,000", "words", "pairs", "numbers", "glued", "text"),
    *("structure", "tables", "headings"),
)
COMPARISON_PAGE_TITLES = (
    *("converter", "seconds", "pages/s", "$ per 1,000 pages", "words kept", "pairs kept", "numbers kept"),
    *("glued", "text kept", "structure", "tables", "headings"),
)
COMPARED_SHARES = ("words_kept", "pairs_kept", "numbers_kept", "glued", "text_kept")  # of PageAudit
YARDSTICK_CONVERTER = "layout"  # whose tables and headings the others are held against
COMPARISON_ASSETS = Path(__file__).parent / "assets"


class ComparisonColumn(msgspec.Struct, frozen=True, kw_only=True):
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

    def mean(self, compared_share: str) -> float:
        return fmean(getattr(compared_audit, compared_share) for compared_audit in self.audits)

    @property
    def structure(self) -> float | None:
        """Over the pages with tables or headings; None where no page has any."""
        rated_likenesses = [likeness for likeness in self.likenesses if likeness is not None]
        return fmean(rated_likenesses) if rated_likenesses else None


def with_structure_likeness(compared: ComparisonColumn, yardstick: Sequence[str]) -> ComparisonColumn:
    """The column with its likeness to the yardstick's pages."""
    likenesses = [structure_likeness(page, target) for page, target in zip(compared.pages, yardstick, strict=True)]
    return msgspec.structs.replace(compared, likenesses=likenesses)


def comparison_cells(compared: ComparisonColumn, missing: str = "-") -> list[str]:
    """The converter's line of a table, `missing` where a figure is; what went wrong where there is none at all."""
    if compared.trouble:
        return [compared.name, compared.trouble]
    compared_cost, compared_structure = compared.cost_per_thousand, compared.structure
    return [
        compared.name,
        f"{compared.seconds:.2f}",
        f"{compared.rate:.1f}",
        missing if compared_cost is None else f"{compared_cost:.2f}",
        *(f"{compared.mean(share):.3f}" for share in COMPARED_SHARES),
        missing if compared_structure is None else f"{compared_structure:.3f}",
        f"{compared.tables}",
        f"{compared.headings}",
    ]


def column_of_comparison(name: str, timed_conversion: TimedConversion) -> ComparisonColumn:
    """A converter's column of the comparison. Raises UnitError where none of its pages can be used."""
    converted_pages: Sequence[str] = timed_conversion.audited.pages
    if timed_conversion.audited.troubles and all(timed_conversion.audited.troubles) and not any(converted_pages):
        raise UnitError(timed_conversion.audited.troubles[0])
    return ComparisonColumn(
        name=name,
        pages=list(converted_pages),
        makers=timed_conversion.audited.makers,
        audits=timed_conversion.audited.audits,
        seconds=timed_conversion.seconds,
        rate=len(converted_pages) / max(timed_conversion.cpu_seconds or timed_conversion.seconds, 1e-6),
        cost_per_thousand=None
        if timed_conversion.cost is None
        else 1000 * timed_conversion.cost / len(converted_pages),
        tables=sum(map(count_markdown_tables, converted_pages)),
        headings=sum(len(re.findall(r"^#{1,6} ", page, re.MULTILINE)) for page in converted_pages),
        words=sum(len(page_words(page)) for page in converted_pages),
    )


async def compared_converters(
    job: Job, workers: Workers, pages: TimedPdfPages, converters: Sequence[str]
) -> tuple[list[ComparisonColumn], dict[str, str]]:
    """The results of each converter, and by its name what made one fail, which stands in its column too."""
    comparison, failed_converters = [], {}
    job.progress.start(len(pages.numbers) * len(converters), "pages read")
    for converter in converters:
        pages_done = job.progress.done_count
        try:
            compared = await _converter_column(job, workers, converter, pages)
        except Stopped:
            raise
        except (WorkerFailed, GroundworkError) as error:
            failed_converters[converter] = str(error)
            compared = ComparisonColumn(name=converter, trouble=str(error))
        comparison.append(compared)
        uncounted = pages_done + len(pages.numbers) - job.progress.done_count  # those that did not count by themselves
        job.progress.advance(uncounted)
    return comparison, failed_converters


async def _converter_column(job: Job, workers: Workers, converter: str, pages: TimedPdfPages) -> ComparisonColumn:
    """One converter's results. One that is not installed is a column that says so. Raises what made it fail."""
    try:
        require_converter(converter)
    except MissingExtra as error:
        return ComparisonColumn(name=converter, trouble=str(error))
    return column_of_comparison(converter, await time_converter(job, workers, converter, pages))


async def yardstick_pages(
    job: Job, workers: Workers, comparison: list[ComparisonColumn], pages: TimedPdfPages
) -> list[str]:
    """The pages by the converter whose tables and headings the others are held against."""
    for compared in comparison:
        if compared.name == YARDSTICK_CONVERTER and compared.pages:
            return compared.pages
    try:
        return (
            await time_worker(workers, YARDSTICK_CONVERTER, pages, job.config.ingest, job.progress.advance)
        ).audited.pages
    except WorkerFailed:
        return [""] * len(pages.numbers)


def write_compared_renditions(page: Path, page_numbers: Sequence[int], comparison: Sequence[ComparisonColumn]) -> None:
    """What each converter made of the pages, a file each beside the page of the comparison."""
    for compared in comparison:
        if compared.pages:
            page_texts = [
                f"<!-- page {number} -->\n\n{text}" for number, text in zip(page_numbers, compared.pages, strict=True)
            ]
            write_text(page.with_suffix(f".{compared.name}.md"), "\n\n".join(page_texts) + "\n")


def comparison_html(
    compared_pdf: str,
    comparison_pages: Sequence[int],
    compared_pictures: Sequence[str],
    compared_layers: Sequence[str],
    comparison: Sequence[ComparisonColumn],
    yardstick: Sequence[str] = (),
) -> str:
    """One file with everything in it. `compared_layers`: the text layer of each page, which the marks are made against;
    `yardstick`: the Markdown of each page whose tables and headings the others are held against."""
    usable_columns = [compared for compared in comparison if not compared.trouble]
    comparison_sections = [
        _comparison_section(
            comparison_page, compared_pictures[i], compared_layers[i], usable_columns, i, "".join(yardstick[i : i + 1])
        )
        for i, comparison_page in enumerate(comparison_pages)
    ]
    heading = f"{compared_pdf}: converters side by side"
    comparison_header = tag("header", tag("h1", heading), _converter_summary(comparison), _comparison_legend())
    page_style = read_asset("comparison.css", COMPARISON_ASSETS)
    return document_page(heading, page_style, comparison_header, page_links(comparison_pages), *comparison_sections)


def _comparison_legend() -> Markup:
    return tag(
        "p",
        "Scores compare a page's Markdown with the text layer of the PDF. ",
        tag("mark", "Marked"),
        ": words that the text layer does not hold, such as words run together, read wrongly or made up. ",
        tag("em", "Structure"),
        f": the neighbouring cells of tables and the headings that are as {YARDSTICK_CONVERTER} reads them; ",
        tag("s", "struck"),
        " are cells that hold several of its cells. Pages per second count CPU time; for a model, its own time.",
    )


def _converter_summary(comparison: Sequence[ComparisonColumn]) -> Markup:
    summary_head = tag("tr", [tag("th", title) for title in COMPARISON_PAGE_TITLES])
    return scrollable_table(
        tag("table", summary_head, [_converter_summary_row(compared) for compared in comparison], class_="summary")
    )


def _converter_summary_row(compared: ComparisonColumn) -> Markup:
    name_cell, *comparison_figures = comparison_cells(compared, missing="–")
    trouble_width = len(COMPARISON_PAGE_TITLES) - 1 if compared.trouble else None
    return tag("tr", tag("td", name_cell), [tag("td", figure, colspan=trouble_width) for figure in comparison_figures])


def _comparison_section(
    compared_page: int,
    compared_picture: str,
    compared_layer: str,
    columns: Sequence[ComparisonColumn],
    i: int,
    yardstick: str,
) -> Markup:
    """The `i`-th page in each of the columns; `yardstick`: the Markdown of that page, "" where there is none."""
    page_image = tag("img", src=compared_picture, alt=f"page {compared_page}", loading="lazy")
    merged_in_yardstick = merged_cells(yardstick)
    page_renditions = [_comparison_rendition(column, i, compared_layer, merged_in_yardstick) for column in columns]
    return tag(
        "section",
        tag("h2", f"Page {compared_page}"),
        tag("div", page_image, page_renditions, class_="row"),
        id=f"p{compared_page}",
        style=f"--n:{len(columns)}",
    )


def _comparison_rendition(compared: ComparisonColumn, i: int, layer: str, merged_in_yardstick: set[str]) -> Markup:
    markdown, compared_engine = compared.pages[i], compared.makers[i].partition(":")[2]
    compared_maker = [tag("small", compared_engine), " "] if compared_engine else []
    compared_shares = [
        *_graded_share("text", compared.audits[i].text_kept),
        *_graded_share("structure", compared.likenesses[i] if compared.likenesses else None),
    ]
    lost_words = Counter(page_words(layer)) - Counter(page_words(markdown))
    lost_details = folded_details(f"{lost_words.total()} words lost", tag("p", " ".join(lost_words.elements())))
    return tag(
        "article",
        tag("h3", compared.name, " ", compared_maker, tag("span", *compared_shares)),
        tag("div", markdown_to_html(markdown, set(page_words(layer)), merged_in_yardstick), class_="text"),
        *([lost_details] if lost_words else []),
        folded_details("Markdown", tag("pre", markdown)),
    )


def _graded_share(name: str, compared_share: float | None) -> list[Markup | str]:
    if compared_share is None:
        return []
    compared_grade = "good" if compared_share >= 0.97 else "fair" if compared_share >= 0.9 else "poor"
    return [f" {name} ", tag("b", f"{compared_share:.3f}", class_=compared_grade)]
