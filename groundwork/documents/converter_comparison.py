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


class ComparedConverter(msgspec.Struct, frozen=True, kw_only=True):
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


def with_structure_likeness(compared_converter: ComparedConverter, yardstick: Sequence[str]) -> ComparedConverter:
    """The column with its likeness to the yardstick's pages."""
    likenesses = [
        structure_likeness(page, target) for page, target in zip(compared_converter.pages, yardstick, strict=True)
    ]
    return msgspec.structs.replace(compared_converter, likenesses=likenesses)


def comparison_share(share: float | None, missing: str = "–") -> str:
    return missing if share is None else f"{share:.3f}"


def comparison_cells(compared_converter: ComparedConverter) -> list[str]:
    """The converter's line of the table; what went wrong where there is no figure."""
    if compared_converter.trouble:
        return [compared_converter.name, compared_converter.trouble]
    cost = "-" if compared_converter.cost_per_thousand is None else f"{compared_converter.cost_per_thousand:.2f}"
    kept_shares = [
        compared_converter.mean(name) for name in ("words_kept", "pairs_kept", "numbers_kept", "glued", "text_kept")
    ]
    column_figures = [
        f"{compared_converter.seconds:.2f}",
        f"{compared_converter.rate:.1f}",
        cost,
        *(f"{share:.3f}" for share in kept_shares),
    ]
    return [
        compared_converter.name,
        *column_figures,
        comparison_share(compared_converter.structure, missing="-"),
        f"{compared_converter.tables}",
        f"{compared_converter.headings}",
    ]


def comparison_column(name: str, timed_conversion: TimedConversion) -> ComparedConverter:
    """A converter's column of the comparison. Raises UnitError where none of its pages can be used."""
    converted_pages: Sequence[str] = timed_conversion.audited.pages
    if timed_conversion.audited.troubles and all(timed_conversion.audited.troubles) and not any(converted_pages):
        raise UnitError(timed_conversion.audited.troubles[0])
    return ComparedConverter(
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
) -> tuple[list[ComparedConverter], list[Failure]]:
    """The results of each converter; what made one fail stands in its column, and as a failure."""
    compared_columns, converter_failures = [], []
    job.progress.start(len(pages.numbers) * len(converters), "pages read")
    for converter in converters:
        pages_done = job.progress.done_count
        try:
            compared_converter = await _converter_column(job, workers, converter, pages)
        except Stopped:
            raise
        except (WorkerFailed, GroundworkError) as error:
            compared_converter = ComparedConverter(name=converter, trouble=str(error))
            converter_failures.append(Failure(converter, "failed", str(error)))
        compared_columns.append(compared_converter)
        uncounted = pages_done + len(pages.numbers) - job.progress.done_count  # those that did not count by themselves
        job.progress.advance(uncounted)
    return compared_columns, converter_failures


async def _converter_column(job: Job, workers: Workers, converter: str, pages: TimedPdfPages) -> ComparedConverter:
    """One converter's results. One that is not installed is a column that says so. Raises what made it fail."""
    try:
        require_converter(converter)
    except MissingExtra as error:
        return ComparedConverter(name=converter, trouble=str(error))
    return comparison_column(converter, await time_converter(job, workers, converter, pages))


async def yardstick_pages(
    job: Job, workers: Workers, compared_converters: list[ComparedConverter], pages: TimedPdfPages
) -> list[str]:
    """The pages by the converter whose tables and headings the others are held against."""
    for compared_converter in compared_converters:
        if compared_converter.name == YARDSTICK_CONVERTER and compared_converter.pages:
            return compared_converter.pages
    try:
        return (
            await time_worker(workers, YARDSTICK_CONVERTER, pages, job.config.ingest, job.progress.advance)
        ).audited.pages
    except WorkerFailed:
        return [""] * len(pages.numbers)


def write_compared_renditions(
    page: Path, compared_pages: Sequence[int], compared_converters: Sequence[ComparedConverter]
) -> None:
    """What each converter made of the pages, a file each beside the page of the comparison."""
    for compared_converter in compared_converters:
        if compared_converter.pages:
            page_texts = [
                f"<!-- page {number} -->\n\n{text}"
                for number, text in zip(compared_pages, compared_converter.pages, strict=True)
            ]
            write_text(page.with_suffix(f".{compared_converter.name}.md"), "\n\n".join(page_texts) + "\n")
