"""The seconds and the cost that a converter, a service or a model takes for pages of a PDF."""

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
    workers: Workers, name: str, pages: TimedPdfPages, settings: Ingest, count: Callable[..., None]
) -> TimedConversion:
    """A converter of this machine, in a worker that has loaded it before; `count` is told of each page that is done."""
    timed_request = pages.request(settings)
    await workers.acall(
        warm_up_converter, name, timed_request, timeout=settings.timeout
    )  # so that imports are not counted
    return await workers.acall(
        timed_convert, name, timed_request, pages.layer, timeout=settings.timeout, on_report=count
    )


async def time_service(
    service: MarkerService, workers: Workers, name: str, pages: TimedPdfPages, settings: Ingest, usage: list[UsageRow]
) -> TimedConversion:
    """A service; what it was asked before is read from the stored reply. What it took is added to `usage`."""
    from groundwork.documents.conversion.page_renditions import audit_pages

    service_start = time.perf_counter()
    timed_conversion = await service.convert(pages.request(settings), Path(pages.source).name)
    service_seconds = time.perf_counter() - service_start
    usage += service.usage
    audited = await workers.acall(
        audit_pages, name, timed_conversion, pages.numbers, pages.layer, timeout=settings.timeout
    )
    service_costs = [row.cost for row in service.usage if row.calls and not row.unpriced]
    return TimedConversion(audited, service_seconds, 0.0, sum(service_costs) if service_costs else None)


async def time_model(
    client: Client, prompts: tuple[str, str], pages: TimedPdfPages, config: Config, count: Callable[..., None]
) -> TimedConversion:
    """A model that reads each page as a picture; `prompts` ask it and ask it again."""
    from groundwork.documents.engines.vision import VisionPageReader, vision_picture_slots
    from groundwork.documents.pdf_files.pdfium import page_jpeg

    vision_settings = config.ingest.vision

    async def picture(number: int, turn: int) -> bytes:
        return await asyncio.to_thread(
            page_jpeg, pages.source, number, vision_settings.image_size, vision_settings.jpeg_quality, turn
        )

    timed_reader = VisionPageReader(client, vision_settings, prompts, Path(pages.source).name, picture)
    model_start = time.perf_counter()
    picture_slots = vision_picture_slots(config.llm.max_concurrency)
    audited = await timed_reader.read_pages(
        pages.numbers, pages.layer, config.ingest.audit_threshold, picture_slots, count
    )
    model_seconds = time.perf_counter() - model_start
    model_costs = [row.cost for row in client.report() if row.cost is not None]
    return TimedConversion(audited, model_seconds, 0.0, sum(model_costs) if model_costs else None)


def warm_up_converter(name: str, request: ConversionRequest) -> None:
    from groundwork.documents.conversion.page_renditions import convert_pages

    convert_pages(name, ConversionRequest(source=request.source, ending=".pdf", settings=request.settings, pages=[1],
                                page_count=request.page_count), [""])  # fmt: skip


def timed_convert(name: str, request: ConversionRequest, layer: list[str]) -> TimedConversion:
    from groundwork.documents.conversion.page_renditions import convert_pages

    wall_start, cpu_start = time.perf_counter(), time.process_time()
    audited = convert_pages(name, request, layer)
    return TimedConversion(audited, time.perf_counter() - wall_start, time.process_time() - cpu_start)


async def time_converter(job: Job, workers: Workers, converter: str, pages: TimedPdfPages) -> TimedConversion:
    """A service, a model or a converter of this machine at work on the pages."""
    from groundwork.documents.engines.marker_service import MarkerService

    ingest_settings = job.config.ingest
    if CONVERTERS[converter].hosted:
        service = MarkerService(ingest_settings.marker_api, os.environ, job.data.state / SERVICE_REPLIES)
        return await time_service(service, workers, converter, pages, ingest_settings, job.usage)
    if CONVERTERS[converter].remote:
        prompts = job.prompt(ingest_settings.vision.prompt), job.prompt(ingest_settings.vision.correction_prompt)
        return await time_model(job.client, prompts, pages, job.config, job.progress.advance)
    return await time_worker(workers, converter, pages, ingest_settings, job.progress.advance)
