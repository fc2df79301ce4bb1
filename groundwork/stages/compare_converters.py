"""Run several converters on one PDF and show side by side the speed, cost and accuracy of each.

Reads   the PDF given
Writes  data/plots/compare-<name>-<converters>-<pages>.html: each page beside every converter's rendition of it,
        differences marked; beside it the figures (.json) and each converter's Markdown (.<converter>.md)
Run     uv run dataprep/compare_converters.py FILE [--converters layout markitdown] [--pages 1-5]
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from groundwork.console import terminal
from groundwork.console.terminal import openable_path
from groundwork.data_folder.file_names import printable_path, slug
from groundwork.data_folder.read_write import write_json, write_text
from groundwork.data_folder.unit_changes import names_in_order
from groundwork.documents.conversion.converter_table import CONVERTERS
from groundwork.documents.overrides_and_recipe import override_page_numbers
from groundwork.errors import BadDocument, UsageError
from groundwork.stage_runner.stage_command import Failure, Job, Outcome, StageCommand, Unit

if TYPE_CHECKING:
    from groundwork.documents.converter_comparison import ComparisonColumn
    from groundwork.documents.pdf_files.text_layer import TextLayer
    from groundwork.processes.worker_pool import Workers

DEFAULT_COMPARED_PAGES = 20
TEST_COMPARED_PAGES = 2
COMPARED_PICTURE_SIDE, COMPARED_PICTURE_QUALITY = 1000, 70  # of the pictures in the page


def comparison_units(job: Job) -> list[Unit]:
    compared_pdf = _pdf_to_compare(job)
    page_choice_names = [f"pages-{_page_choice_name(job.flags.pages)}"] if job.flags.pages else []
    comparison_name = "-".join([slug(compared_pdf.stem), *_chosen_converters(job), *page_choice_names])
    if not compared_pdf.is_relative_to(job.data.documents.resolve()):
        comparison_name += f"-{hashlib.sha256(bytes(compared_pdf)).hexdigest()[:6]}"  # files of one name in two folders
    comparison_files = [job.data.path("plots", f"compare-{comparison_name}{ending}") for ending in (".html", ".json")]
    return [Unit(name=comparison_name, reads=(compared_pdf,), writes=tuple(comparison_files))]


def _page_choice_name(pages: str) -> str:
    """The part of a file's name for a choice of pages, another for each: `2,4` is `2-and-4`, and `9-` is `9-end`."""
    page_ranges = [page_range.strip() for page_range in pages.split(",")]
    return slug("-and-".join(f"{text}end" if text.endswith("-") else text for text in page_ranges))


def _pdf_to_compare(job: Job) -> Path:
    """The PDF given, by its path or as the name of a document."""
    from groundwork.documents.source_files import find_sources

    compared_pdf = Path(job.flags.file)
    if compared_pdf.is_file():
        return compared_pdf.resolve()
    compared_document = job.flags.file
    comparable_sources = find_sources(job.data.documents, job.config.ingest.ignore)
    compared_sources = [source for source in comparable_sources if compared_document in (source.id, source.name)]
    if not compared_sources or compared_sources[0].problem:
        raise UsageError(f"{printable_path(job.flags.file)}: no such file, and no document of that name")
    return Path(compared_sources[0].path).resolve()


async def compare_converters_on_pdf(job: Job, unit: Unit) -> Outcome:
    """Run every converter, print the table and write the page."""
    from groundwork.documents.converter_comparison import (
        compared_converters,
        comparison_html,
        with_structure_likeness,
        write_compared_renditions,
        yardstick_pages,
    )
    from groundwork.documents.source_files import utf8_path
    from groundwork.documents.timed_conversions import TimedPdfPages
    from groundwork.markdown.running_page_lines import running_keys, strip_running
    from groundwork.processes.worker_pool import Workers

    with TemporaryDirectory() as scratch_folder, Workers(1, job.config.ingest.memory_mb) as workers:
        compared_pdf = str(utf8_path(unit.reads[0], Path(scratch_folder)))
        compared_layer = await _compared_layer(job, workers, compared_pdf)
        compared_pages = _pages_to_compare(job, compared_layer.page_count)
        timed_pages = TimedPdfPages(compared_pdf, compared_pages, compared_layer.pages, compared_layer.page_count)
        compared, failed_converters = await compared_converters(job, workers, timed_pages, _chosen_converters(job))
        yardstick = await yardstick_pages(job, workers, compared, timed_pages)
        compared = [with_structure_likeness(column, yardstick) if column.pages else column for column in compared]
        page_pictures = [
            await _page_picture_url(workers, compared_pdf, number, job.config.ingest.timeout)
            for number in compared_pages
        ]
    compared_headers = running_keys(compared_layer.pages)
    compared_texts = [compared_layer.pages[number - 1] for number in compared_pages]
    compared_texts = strip_running(compared_texts, compared_headers, compared_pages)
    pdf_name = printable_path(unit.reads[0].name)
    comparison_page = comparison_html(pdf_name, compared_pages, page_pictures, compared_texts, compared, yardstick)
    write_text(unit.writes[0], comparison_page)
    write_compared_renditions(unit.writes[0], compared_pages, compared)
    write_json(unit.writes[1], compared)
    print(_converter_table(compared))
    comparison_note = f"written to {openable_path(unit.writes[0])}"
    converter_failures = [Failure(converter, "failed", reason) for converter, reason in failed_converters.items()]
    return Outcome(note=comparison_note, counts={"pages": len(compared_pages)}, failures=converter_failures)


async def _compared_layer(job: Job, workers: Workers, compared_pdf: str) -> TextLayer:
    """Raises BadDocument for a PDF that cannot be read."""
    from groundwork.documents.pdf_files.text_layer import read_text_layer
    from groundwork.processes.worker_pool import WorkerFailed

    try:
        return await workers.acall(read_text_layer, compared_pdf, timeout=job.config.ingest.timeout)
    except WorkerFailed as error:
        raise BadDocument(f"{printable_path(job.flags.file)}: {error}") from None


def print_converter_comparison(job: Job, finished_units: list[Unit]) -> None:
    """The table once more where nothing was new."""
    from groundwork.data_folder.read_write import read_json
    from groundwork.documents.converter_comparison import ComparisonColumn

    for unit in finished_units if job.idle and not job.flags.quiet else []:
        print(_converter_table(read_json(unit.writes[1], list[ComparisonColumn])))


def _chosen_converters(job: Job) -> list[str]:
    converter_names: list[str] = job.flags.converters
    paged_converters = [name for name, row in CONVERTERS.items() if row.paged]
    if unknown := [name for name in converter_names if name not in paged_converters]:
        raise UsageError(f"--converters: no converter {unknown[0]!r} for PDFs; there are {', '.join(paged_converters)}")
    return converter_names


async def _page_picture_url(workers: Workers, compared_pdf: str, compared_page: int, seconds: float) -> str:
    """A page's picture for the page of the comparison, drawn within so many seconds."""
    import base64

    from groundwork.documents.pdf_files.page_images import page_jpeg

    compared_picture = await workers.acall(
        page_jpeg, compared_pdf, compared_page, COMPARED_PICTURE_SIDE, COMPARED_PICTURE_QUALITY, timeout=seconds
    )
    return f"data:image/jpeg;base64,{base64.b64encode(compared_picture).decode()}"


def _pages_to_compare(job: Job, page_count: int) -> list[int]:
    """The pages asked for, or the first twenty; of --test two."""
    if not job.flags.pages:
        return list(range(1, min(page_count, TEST_COMPARED_PAGES if job.test else DEFAULT_COMPARED_PAGES) + 1))
    try:
        compared_pages = override_page_numbers(job.flags.pages, page_count)
    except ValueError as error:
        raise UsageError(f"--pages {error}") from None
    if not compared_pages:
        raise UsageError(f"--pages {job.flags.pages}: the PDF has pages 1 to {page_count}")
    return compared_pages


def _converter_table(compared_converters: list[ComparisonColumn]) -> str:
    from groundwork.documents.converter_comparison import COMPARISON_TITLES, comparison_cells

    return "\n".join(terminal.table_lines([COMPARISON_TITLES, *map(comparison_cells, compared_converters)], indent=0))


class _ConvertersFlag(argparse.Action):
    """Names parted by commas, spaces or both. A FILE behind them, which argparse counts as one more, is told by its
    dot."""

    def __call__(
        self, parser: argparse.ArgumentParser, converter_flags: argparse.Namespace, converter_values: Any, *_: Any
    ) -> None:
        files_behind_converters = [converter_value for converter_value in converter_values if "." in converter_value]
        converter_names = [
            name.strip()
            for converter_value in converter_values
            if converter_value not in files_behind_converters
            for name in converter_value.split(",")
        ]
        converter_flags.converters = list(dict.fromkeys(name for name in converter_names if name))
        if not converter_flags.converters:
            parser.error("--converters: names none")
        if len(files_behind_converters) > 1 or (files_behind_converters and converter_flags.file):
            parser.error(f"one FILE at a time: {' '.join(files_behind_converters)}")
        if files_behind_converters:
            converter_flags.file = files_behind_converters[0]
            next(action for action in parser._actions if action.dest == "file").required = False


def add_converter_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a PDF, or the name of a document")
    parser.add_argument(
        "--converters", nargs="+", action=_ConvertersFlag, default=["layout", "markitdown"], metavar="NAME",
        help="converters, separated by spaces or commas (default: layout markitdown); docs/ingest.md lists them",
    )  # fmt: skip
    parser.add_argument(
        "--pages", default="", metavar="PAGES", help="only these pages, such as 1-5,8 or 9- (default: the first 20)"
    )


main = StageCommand(
    name="compare_converters",
    units=comparison_units,
    process=compare_converters_on_pdf,
    settings=lambda config: config.ingest,
    config_names=names_in_order("ingest"),
    prompts=lambda config: [config.ingest.vision.prompt, config.ingest.vision.correction_prompt],
    flags=add_converter_flags,
    after=print_converter_comparison,
)
