"""Conversions of pages of a PDF, timed: what a converter of this machine, a service or a model makes of them."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from groundwork.data_folder.shards import SERVICE_REPLIES
from groundwork.documents.conversion.converter_table import CONVERTERS, ConversionRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundwork.documents.conversion.page_renditions import PageRenditions
    from groundwork.documents.engines.marker_service import MarkerService
    from groundwork.llm.calls.costs_and_budget import UsageRow
    from groundwork.llm.client import Client
    from groundwork.processes.worker_pool import Workers
    from groundwork.settings.config_schema import Config, Ingest
    from groundwork.stage_runner.job import Job


@dataclass(frozen=True)
class TimedPdfPages:
    """The pages `numbers` of the PDF `source`, and the text layer of all its pages."""

    source: str
    numbers: list[int]
    layer: list[str]
    page_count: int

    def request(self, settings: Ingest) -> ConversionRequest:
        return ConversionRequest(
            source=self.source, ending=".pdf", settings=settings, pages=self.numbers, page_count=self.page_count
        )


class TimedConversion(NamedTuple):
    """What a converter made of the pages, in how many seconds, for how many USD."""

    audited: PageRenditions
    seconds: float
    cpu_seconds: float
    cost: float | None = None


async def time_worker(
    workers: Workers, name: str, timed_pages: TimedPdfPages, settings: Ingest, on_timed_page: Callable[..., None]
) -> TimedConversion:
    """A converter of this machine, in a worker that has loaded it before; `count` is told of each page that is done."""
    timed_request = timed_pages.request(settings)
    # so that imports are not counted
    await workers.acall(warm_up_converter, name, timed_request, timeout=settings.timeout)
    return await workers.acall(
        timed_convert, name, timed_request, timed_pages.layer, timeout=settings.timeout, on_report=on_timed_page
    )


async def time_service(
    service: MarkerService, workers: Workers, name: str, pages: TimedPdfPages, settings: Ingest, usage: list[UsageRow]
) -> TimedConversion:
    """A service; what it was asked before is read from the stored reply. What it took is added to `usage`."""
    from groundwork.documents.conversion.page_renditions import audit_pages

    timed_start = time.perf_counter()
    timed_conversion = await service.convert(pages.request(settings), Path(pages.source).name)
    timed_seconds = time.perf_counter() - timed_start
    usage += service.usage
    timed_renditions = await workers.acall(
        audit_pages, name, timed_conversion, pages.numbers, pages.layer, timeout=settings.timeout
    )
    timed_costs = [timed_row.cost for timed_row in service.usage if timed_row.calls and not timed_row.unpriced]
    return TimedConversion(timed_renditions, timed_seconds, 0.0, sum(timed_costs) if timed_costs else None)


async def time_model(
    client: Client, prompts: tuple[str, str], pages: TimedPdfPages, config: Config, on_timed: Callable[..., None]
) -> TimedConversion:
    """A model that reads each page as a picture; `prompts` ask it and ask it again."""
    from groundwork.documents.engines.vision import VisionPageReader, vision_picture_slots
    from groundwork.documents.pdf_files.page_images import page_jpeg

    timed_vision = config.ingest.vision

    async def timed_picture(number: int, turn: int) -> bytes:
        return await asyncio.to_thread(
            page_jpeg, pages.source, number, timed_vision.image_size, timed_vision.jpeg_quality, turn
        )

    timed_reader = VisionPageReader(client, timed_vision, prompts, Path(pages.source).name, timed_picture)
    timed_start = time.perf_counter()
    timed_slots = vision_picture_slots(config.llm.max_concurrency)
    timed_renditions = await timed_reader.read_pages(
        pages.numbers, pages.layer, config.ingest.audit_threshold, timed_slots, on_timed
    )
    timed_seconds = time.perf_counter() - timed_start
    timed_costs = [timed_row.cost for timed_row in client.report() if timed_row.cost is not None]
    return TimedConversion(timed_renditions, timed_seconds, 0.0, sum(timed_costs) if timed_costs else None)


def warm_up_converter(name: str, request: ConversionRequest) -> None:
    from groundwork.documents.conversion.page_renditions import convert_pages

    convert_pages(name, ConversionRequest(source=request.source, ending=".pdf", settings=request.settings, pages=[1],
                                page_count=request.page_count), [""])  # fmt: skip


def timed_convert(name: str, request: ConversionRequest, layer: list[str]) -> TimedConversion:
    from groundwork.documents.conversion.page_renditions import convert_pages

    wall_start, cpu_start = time.perf_counter(), time.process_time()
    timed_renditions = convert_pages(name, request, layer)
    return TimedConversion(timed_renditions, time.perf_counter() - wall_start, time.process_time() - cpu_start)


async def time_converter(job: Job, workers: Workers, converter: str, timed_pages: TimedPdfPages) -> TimedConversion:
    """A service, a model or a converter of this machine at work on the pages."""
    from groundwork.documents.engines.marker_service import MarkerService

    timed_settings = job.config.ingest
    if CONVERTERS[converter].hosted:
        service = MarkerService(timed_settings.marker_api, os.environ, job.data.state / SERVICE_REPLIES)
        return await time_service(service, workers, converter, timed_pages, timed_settings, job.usage)
    if CONVERTERS[converter].remote:
        timed_prompts = job.prompt(timed_settings.vision.prompt), job.prompt(timed_settings.vision.correction_prompt)
        return await time_model(job.client, timed_prompts, timed_pages, job.config, job.progress.advance)
    return await time_worker(workers, converter, timed_pages, timed_settings, job.progress.advance)
