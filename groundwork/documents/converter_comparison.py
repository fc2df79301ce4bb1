"""What compare_converters measures and shows: seconds, cost and accuracy of each converter on pages of a PDF.

A table for the terminal, and an HTML page with every converter's renditions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import msgspec

from groundwork.data_folder.read_write import write_text
from groundwork.documents.auditing.page_audit import count_markdown_tables, page_words
from groundwork.documents.auditing.relations_and_merged_cells import structure_likeness
from groundwork.documents.conversion.converter_table import require_converter
from groundwork.errors import GroundworkError, MissingExtra, Stopped, UnitError
from groundwork.processes.worker_pool import WorkerFailed
from groundwork.records import PageAudit
from groundwork.stage_runner.unit_and_outcome import Failure

if TYPE_CHECKING:
    from groundwork.processes.worker_pool import Workers
    from groundwork.stage_runner.job import Job
from groundwork.documents.converter_timing import TimedConversion, TimedPdfPages, time_converter, time_worker

COMPARISON_TITLES = (
    *("converter  ", "seconds", "pages/s", "$/1,000", "words", "pairs", "numbers", "glued", "text"),
    *("structure", "tables", "headings"),
)


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

    def mean(self, share: str) -> float:
        return fmean(getattr(audit, share) for audit in self.audits)

    @property
    def structure(self) -> float | None:
        """Over the pages with tables or headings; None where no page has any."""
        rated_likenesses = [likeness for likeness in self.likenesses if likeness is not None]
        return fmean(rated_likenesses) if rated_likenesses else None


YARDSTICK_CONVERTER = "layout"  # whose tables and headings the others are held against


def with_structure_likeness(comparison_column: ComparisonColumn, yardstick: Sequence[str]) -> ComparisonColumn:
    """The column with its likeness to the yardstick's pages."""
    likenesses = [
        structure_likeness(page, target) for page, target in zip(comparison_column.pages, yardstick, strict=True)
    ]
    return msgspec.structs.replace(comparison_column, likenesses=likenesses)


def comparison_share(share: float | None, missing: str = "–") -> str:
    return missing if share is None else f"{share:.3f}"


def comparison_cells(comparison_column: ComparisonColumn) -> list[str]:
    """The converter's line of the table; what went wrong where there is no figure."""
    if comparison_column.trouble:
        return [comparison_column.name, comparison_column.trouble]
    cost = "-" if comparison_column.cost_per_thousand is None else f"{comparison_column.cost_per_thousand:.2f}"
    kept_shares = [
        comparison_column.mean(name) for name in ("words_kept", "pairs_kept", "numbers_kept", "glued", "text_kept")
    ]
    column_figures = [
        f"{comparison_column.seconds:.2f}",
        f"{comparison_column.rate:.1f}",
        cost,
        *(f"{share:.3f}" for share in kept_shares),
    ]
    return [
        comparison_column.name,
        *column_figures,
        comparison_share(comparison_column.structure, missing="-"),
        f"{comparison_column.tables}",
        f"{comparison_column.headings}",
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
) -> tuple[list[ComparisonColumn], list[Failure]]:
    """The results of each converter; what made one fail stands in its column, and as a failure."""
    comparison_columns, converter_failures = [], []
    job.progress.start(len(pages.numbers) * len(converters), "pages read")
    for converter in converters:
        pages_done = job.progress.done_count
        try:
            comparison_column = await _converter_column(job, workers, converter, pages)
        except Stopped:
            raise
        except (WorkerFailed, GroundworkError) as error:
            comparison_column = ComparisonColumn(name=converter, trouble=str(error))
            converter_failures.append(Failure(converter, "failed", str(error)))
        comparison_columns.append(comparison_column)
        uncounted = pages_done + len(pages.numbers) - job.progress.done_count  # those that did not count by themselves
        job.progress.advance(uncounted)
    return comparison_columns, converter_failures


async def _converter_column(job: Job, workers: Workers, converter: str, pages: TimedPdfPages) -> ComparisonColumn:
    """One converter's results. One that is not installed is a column that says so. Raises what made it fail."""
    try:
        require_converter(converter)
    except MissingExtra as error:
        return ComparisonColumn(name=converter, trouble=str(error))
    return column_of_comparison(converter, await time_converter(job, workers, converter, pages))


async def yardstick_pages(
    job: Job, workers: Workers, comparison_columns: list[ComparisonColumn], pages: TimedPdfPages
) -> list[str]:
    """The pages by the converter whose tables and headings the others are held against."""
    for comparison_column in comparison_columns:
        if comparison_column.name == YARDSTICK_CONVERTER and comparison_column.pages:
            return comparison_column.pages
    try:
        return (
            await time_worker(workers, YARDSTICK_CONVERTER, pages, job.config.ingest, job.progress.advance)
        ).audited.pages
    except WorkerFailed:
        return [""] * len(pages.numbers)


def write_compared_renditions(
    page: Path, compared_pages: Sequence[int], comparison_columns: Sequence[ComparisonColumn]
) -> None:
    """What each converter made of the pages, a file each beside the page of the comparison."""
    for comparison_column in comparison_columns:
        if comparison_column.pages:
            page_texts = [
                f"<!-- page {number} -->\n\n{text}"
                for number, text in zip(compared_pages, comparison_column.pages, strict=True)
            ]
            write_text(page.with_suffix(f".{comparison_column.name}.md"), "\n\n".join(page_texts) + "\n")
