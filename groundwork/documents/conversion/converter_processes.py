"""The worker processes that convert documents, and a document's calls to them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from groundwork.documents.conversion.converter_failures import converter_failure_reason
from groundwork.errors import BadDocument
from groundwork.processes.machine_resources import cuda_devices
from groundwork.processes.worker_pool import WorkerFailed, Workers
from groundwork.settings.config_schema import Ingest

T = TypeVar("T")
_DAMAGED_FILE_REMEDY = (
    "it may be damaged, or larger than ingest.timeout and ingest.memory_mb allow: save it again or raise them"
)


@functools.cache
def converter_workers(count: int, memory_mb: int) -> Workers:
    """The processes of converters without a model, shared by all documents of a run."""
    return Workers(count, memory_mb)


@functools.cache
def model_workers() -> Workers:
    """The processes of converters with a model, one a device; a model may take all the memory that there is."""
    return Workers(cuda_devices=cuda_devices())


@dataclass(frozen=True)
class ConverterProcessCalls:
    """What one document has done in these processes; `on_page` is told how many pages are done."""

    settings: Ingest
    on_page: Callable[[int], object]

    async def call(self, fn: Callable[..., T], *args: object, models: bool = False) -> T:
        """fn(*args) in a process of its own; with `models` in one that holds them, of which each device has one."""
        settings = self.settings
        converter_processes = model_workers() if models else converter_workers(settings.workers, settings.memory_mb)
        return await converter_processes.acall(fn, *args, timeout=settings.timeout, on_report=self.on_page)

    async def call_or_refuse(self, fn: Callable[..., T], *args: object) -> T:
        """The same. Raises BadDocument where the call fails, with the remedy where the file may be damaged."""
        try:
            return await self.call(fn, *args)
        except WorkerFailed as converter_failure:
            may_be_damaged = converter_failure.failure_kind in ("crash", "timeout", "MemoryError")
            raise BadDocument(
                f"{converter_failure_reason(converter_failure)}{f'; {_DAMAGED_FILE_REMEDY}' if may_be_damaged else ''}"
            ) from None
