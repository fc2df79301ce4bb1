"""marker-api: marker as a service of Datalab, which is sent the whole file and paid by the page.

A document is uploaded, its job asked for every few seconds, and the reply stored before it is read: a run that is
killed pays for no finished document again. Its documented form: https://documentation.datalab.to/docs/welcome/api
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from groundwork.data_folder.read_write import write_bytes
from groundwork.documents.conversion.converter_table import Conversion, ConversionRequest
from groundwork.documents.engines.marker import split_marker_pages
from groundwork.documents.pictures.kept_pictures import keep_pictures
from groundwork.errors import BadDocument, ConfigError, ProviderRefused, TransportFailed, UsageError
from groundwork.llm.calls.costs_and_budget import UsageRow
from groundwork.settings.config_schema import KEYS_PAGE, MarkerApi

if TYPE_CHECKING:
    from groundwork.stage_runner.job import Job

MARKER_API = "marker-api"
MARKER_PRICES_PAGE = "https://www.datalab.to/pricing"
SERVICE_POLL_SECONDS = 2.0  # as the service's documentation does
SERVICE_TRIES = 6  # of one request, while the service is busy or out of reach
FIRST_SERVICE_WAIT, LONGEST_SERVICE_WAIT = 2.0, 60.0  # seconds between tries; the first is doubled each time
SERVICE_CONNECT_SECONDS, SERVICE_TRANSFER_SECONDS = 20.0, 300.0
MOST_SERVICE_DETAIL = 300  # characters of what the service says of an error


T = TypeVar("T")


class _SubmittedMarkerJob(msgspec.Struct):
    request_id: str = ""
    request_check_url: str = ""
    success: bool = True
    error: str | None = None


class _MarkerJobCost(msgspec.Struct):
    final_cost_cents: float | None = None
    total_cents: float | None = None


class _MarkerJobResult(msgspec.Struct):
    """What a job says of itself. `images`: name -> base64."""

    status: str = ""
    success: bool | None = None
    error: str | None = None
    markdown: str | None = None
    images: dict[str, str] | None = None
    page_count: int | None = None
    cost_breakdown: _MarkerJobCost | None = None


@dataclass
class MarkerService:
    """Converts documents at one address, and counts pages and cost in `usage`, a row a document.

    `replies`: the folder in which they are stored; `joined`: one that is read as well, such as that of all shards.
    """

    settings: MarkerApi
    env: Mapping[str, str]
    replies: Path
    joined: Path | None = None
    usage: list[UsageRow] = field(default_factory=list)

    def key(self) -> str:
        """The key. Raises ConfigError where there is none."""
        if missing_service_key := self.settings.missing_key(self.env):
            raise ConfigError([missing_service_key])
        return self.env[self.settings.api_key_env].strip()

    async def convert(self, service_request: ConversionRequest, document: str) -> Conversion:
        """Markdown by page.

        Raises ProviderRefused for a key or an account that is refused, BadDocument for a file that is, TransportFailed
        for a service that is out of reach or not done in time, ConfigError without a key.
        """
        with_service_images = service_request.settings.pictures
        service_form = self._service_form(service_request, with_service_images)
        service_upload = await asyncio.to_thread(Path(service_request.source).read_bytes)
        service_usage = UsageRow("ingest", MARKER_API, document)
        service_reply_name = f"{_service_request_digest(service_upload, service_form)}.json"
        stored_service_replies = [folder / service_reply_name for folder in (self.replies, self.joined) if folder]
        if stored_service_reply := next(filter(Path.is_file, stored_service_replies), None):
            service_reply = stored_service_reply.read_bytes()
            service_usage.replayed = 1
        else:
            service_reply = await self._fetch_service_reply(service_upload, service_form, service_request.ending)
            await asyncio.to_thread(write_bytes, self.replies / service_reply_name, service_reply)
            service_usage.calls = 1
        service_result = _decode_service_reply(service_reply, _MarkerJobResult)
        if not service_usage.replayed:
            self._count_service_cost(service_result, service_usage)
        self.usage.append(service_usage)
        return _conversion_by_service(service_result, service_request, with_service_images)

    def _service_form(self, service_request: ConversionRequest, with_service_images: bool) -> dict[str, str]:
        service_options: dict[str, Any] = {
            "output_format": "markdown",
            "mode": self.settings.mode,
            "paginate": True,
            "disable_image_extraction": not with_service_images,
            "disable_image_captions": True,  # which a model writes, and the document does not hold
            **self.settings.options,
        }
        if service_request.pages is not None:
            service_options["page_range"] = ",".join(str(page_number - 1) for page_number in service_request.pages)
        return {
            form_field: str(value).lower() if isinstance(value, bool) else str(value)
            for form_field, value in service_options.items()
        }

    def _count_service_cost(self, service_result: _MarkerJobResult, service_usage: UsageRow) -> None:
        service_usage.pages = service_result.page_count or 0
        cost = service_result.cost_breakdown or _MarkerJobCost()
        cents = cost.final_cost_cents if cost.final_cost_cents is not None else cost.total_cents
        price_per_thousand = self.settings.price_per_1000_pages
        if cents is not None:
            service_usage.cost = cents / 100
        elif price_per_thousand is not None:
            service_usage.cost = price_per_thousand * service_usage.pages / 1000
        else:
            service_usage.unpriced = 1

    async def _fetch_service_reply(self, service_upload: bytes, service_form: dict[str, str], ending: str) -> bytes:
        """Upload, and wait for the reply of a job that is complete."""
        import httpx2

        service_key, service_limit = self.key(), self.settings.timeout
        timeout = httpx2.Timeout(SERVICE_TRANSFER_SECONDS, connect=SERVICE_CONNECT_SECONDS)
        try:
            async with (
                asyncio.timeout(service_limit),
                httpx2.AsyncClient(
                    headers={"X-API-Key": service_key}, timeout=timeout, follow_redirects=False
                ) as client,
            ):
                service = _ServiceClient(client, service_key, self.settings)
                service_file = {"file": (f"document{ending}", service_upload)}
                service_reply = await service.send("POST", self.settings.url, data=service_form, files=service_file)
                service_job = _decode_service_reply(service_reply, _SubmittedMarkerJob)
                if not service_job.success or not service_job.request_id:
                    service_refusal = service.redact(service_job.error or "no id")
                    raise BadDocument(f"{MARKER_API}: the service did not take it: {service_refusal}")
                return await service.wait_for_reply(self._check_url(service_job))
        except TimeoutError:
            raise TransportFailed(
                f"{MARKER_API}: not done after {service_limit:g} s; run again later, or raise ingest.marker_api.timeout"
            ) from None

    def _check_url(self, submitted: _SubmittedMarkerJob) -> str:
        """Where to ask for the job: on the host that was sent the key already, for the key goes there too."""
        service_check_url, service_url = urlsplit(submitted.request_check_url), urlsplit(self.settings.url)
        if (service_check_url.scheme, service_check_url.netloc) == (service_url.scheme, service_url.netloc):
            return submitted.request_check_url
        from urllib.parse import quote

        return f"{self.settings.url.rstrip('/')}/{quote(submitted.request_id, safe='')}"


class _ServiceClient:
    """Sends single requests, again while the service is busy, and says in plain words why one failed."""

    def __init__(self, client: Any, service_key: str, settings: MarkerApi) -> None:
        self._http_client, self._service_key, self._service_settings = client, service_key, settings

    async def send(self, service_method: str, service_address: str, **content: Any) -> bytes:
        """The body of a 200. Raises as MarkerService.convert does."""
        import httpx2

        service_trouble, service_wait = "", FIRST_SERVICE_WAIT
        for service_attempt in range(SERVICE_TRIES):
            if service_attempt:
                await asyncio.sleep(min(service_wait, LONGEST_SERVICE_WAIT))
            try:
                service_response = await self._http_client.request(service_method, service_address, **content)
            except httpx2.TransportError as error:
                service_trouble, service_wait = (
                    f"{self._service_settings.url} cannot be reached ({type(error).__name__})",
                    2 * service_wait,
                )
                continue
            if service_response.status_code == 200:
                return bytes(service_response.content)
            service_detail = self._service_detail(service_response)
            if service_response.status_code != 429 and service_response.status_code < 500:
                raise self._service_refusal(service_response.status_code, service_detail)
            service_trouble = (
                f"the service answers {service_response.status_code}{f' ({service_detail})' if service_detail else ''}"
            )
            service_wait = _service_retry_seconds(service_response.headers.get("Retry-After", "")) or 2 * service_wait
        raise TransportFailed(f"{MARKER_API}: {service_trouble}, after {SERVICE_TRIES} tries; run again later")

    async def wait_for_reply(self, service_address: str) -> bytes:
        """The reply of a job that is complete. Raises BadDocument where it has failed."""
        while True:
            service_reply = await self.send("GET", service_address)
            service_result = _decode_service_reply(service_reply, _MarkerJobResult)
            if service_result.status == "failed" or service_result.success is False:
                service_failure = self.redact(service_result.error or "no reason given")
                raise BadDocument(f"{MARKER_API}: the job failed: {service_failure}")
            if service_result.status == "complete":
                return service_reply
            await asyncio.sleep(SERVICE_POLL_SECONDS)

    def _service_refusal(self, service_status: int, service_detail: str) -> Exception:
        service_refusal = f"{MARKER_API}: {service_status}{f', {service_detail}' if service_detail else ''}"
        if service_status == 401:
            return ProviderRefused(
                f"{service_refusal}: the key in {self._service_settings.api_key_env} is refused; see {KEYS_PAGE}"
            )
        if service_status in (402, 403):
            return ProviderRefused(
                f"{service_refusal}: the account has no credit, plan or right for this; see {MARKER_PRICES_PAGE}"
            )
        if 300 <= service_status < 400 or service_status in (404, 405):
            return ProviderRefused(f"{service_refusal}: nothing converts documents there; check ingest.marker_api.url")
        if service_status == 413:
            return BadDocument(
                f"{service_refusal}: too large for the service; name fewer pages in ingest.overrides or split it"
            )
        return BadDocument(f"{service_refusal}: the service refused the file or ingest.marker_api.options")

    def _service_detail(self, service_response: Any) -> str:
        try:
            service_detail = service_response.json().get("detail", "")
        except (ValueError, AttributeError):
            return ""
        return self.redact(str(service_detail))

    def redact(self, text: str) -> str:
        """A text of the service in one short line, without the key."""
        return " ".join(text.replace(self._service_key, "[the key]").split())[:MOST_SERVICE_DETAIL].rstrip(". ")


def _conversion_by_service(
    service_result: _MarkerJobResult, service_request: ConversionRequest, with_service_images: bool
) -> Conversion:
    service_images = (service_result.images or {}) if with_service_images else {}
    service_pictures = {name: _service_picture_bytes(content) for name, content in service_images.items()}
    service_markdown = service_result.markdown or ""
    (service_markdown,), warnings = keep_pictures(service_pictures, [service_markdown], Path(service_request.images))
    service_page_count = service_request.page_count or service_result.page_count or 1
    service_page_numbers = service_request.pages or list(range(1, service_page_count + 1))
    service_pages = split_marker_pages(service_markdown, service_page_numbers)
    if not any(service_pages) and service_markdown.strip():  # where the marks count the pages that were asked for
        service_pages = split_marker_pages(service_markdown, list(range(1, len(service_page_numbers) + 1)))
    if not any(service_pages) and len(service_page_numbers) == 1:
        service_pages = [service_markdown.strip()]
    return Conversion(pages=service_pages, warnings=warnings)


def _service_picture_bytes(base64_text: str) -> bytes:
    """The bytes of a picture; none where it is no base64."""
    try:
        return base64.b64decode(base64_text, validate=True)
    except ValueError:
        return b""


def _decode_service_reply(service_reply: bytes, reply_type: type[T]) -> T:
    try:
        return msgspec.json.decode(service_reply, type=reply_type)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TransportFailed(f"{MARKER_API}: the reply is not in the documented form ({error}); run again") from None


def _service_request_digest(service_upload: bytes, service_form: dict[str, str]) -> str:
    return hashlib.sha256(
        hashlib.sha256(service_upload).digest() + msgspec.json.encode(service_form, order="sorted")
    ).hexdigest()


def _service_retry_seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0


def check_marker_service(job: Job) -> None:
    """Raises ConfigError or UsageError where marker-api is asked for, and what it needs is not there."""
    if not job.config.ingest.uses(MARKER_API):
        return
    MarkerService(job.config.ingest.marker_api, os.environ, job.data.state).key()
    if job.flags.max_cost is not None:
        raise UsageError(f"--max-cost does not hold for {MARKER_API}, which is paid by the page; --dry-run counts them")
