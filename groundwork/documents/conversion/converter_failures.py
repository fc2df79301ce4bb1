"""The failures of converters: why one failed, in words for the user, and which pages make one crash."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import chain

from groundwork.errors import BadDocument, UnitError
from groundwork.processes.worker_pool import WorkerFailed

_MOST_CRASHES = 32  # of one converter over one document, after which its other pages are not asked for one by one


def converter_failure_reason(error: WorkerFailed | UnitError, converter: str = "") -> str:
    """Why a conversion failed, in words for the user; it begins with the converter's name, where that is given."""
    failure = str(error)
    if isinstance(error, WorkerFailed) and error.failure_kind not in ("crash", "timeout", "BadDocument"):
        failure = f"{error.failure_kind}: {error}"
    return failure if not converter or str(error).startswith(f"{converter}: ") else f"{converter}: {failure}"


def converter_refusal_with_remedy(converter_error: WorkerFailed | UnitError) -> str:
    """What a converter says of a file that it refuses, where that names a remedy behind a semicolon; else ""."""
    is_refusal = isinstance(converter_error, BadDocument) or (
        isinstance(converter_error, WorkerFailed) and converter_error.failure_kind == "BadDocument"
    )
    return str(converter_error) if is_refusal and ";" in str(converter_error) else ""


def is_converter_crash(converter_error: Exception) -> bool:
    """Whether a call failed because its process ended."""
    return isinstance(converter_error, WorkerFailed) and converter_error.failure_kind == "crash"


async def conversion_crashes(conversion: Awaitable[object]) -> bool:
    """Whether the process of a conversion ends on it."""
    try:
        await conversion
    except WorkerFailed as converter_failure:
        return is_converter_crash(converter_failure)
    return False


async def find_crashing_pages(page_numbers: list[int], crashes: Callable[[list[int]], Awaitable[bool]]) -> list[int]:
    """The pages that make a converter crash, of those over which it has crashed together, in their order.

    `crashes` asks for some of the pages. Halves are asked for until a page is left alone. All count as
    crashing where the first and the last one do, or none does so alone; and those that are still in question after
    many crashes.
    """
    if len(page_numbers) < 2 or (await crashes(page_numbers[:1]) and await crashes(page_numbers[-1:])):
        return page_numbers
    suspect_halves, crashing_pages, crashes_left = [page_numbers], [], _MOST_CRASHES
    while suspect_halves and crashes_left > 0:
        suspect_pages = suspect_halves.pop()
        if len(suspect_pages) == 1:
            crashing_pages += suspect_pages
            continue
        middle = len(suspect_pages) // 2
        for half_of_pages in (suspect_pages[:middle], suspect_pages[middle:]):
            if await crashes(half_of_pages):
                suspect_halves.append(half_of_pages)
                crashes_left -= 1
    return sorted(chain(crashing_pages, *suspect_halves)) or page_numbers
