"""The page's server: on this machine alone, for whoever has the address with its token.

It serves the maps and coverage pages of data/plots beside the review, and takes what a reader of the coverage page
wants asked.

Any page of the web may send requests to a port of this machine. So each request must name this very host and port
(which a rebound name does not), come from the page itself where it says where it comes from, and carry the token.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import shlex
import signal
import webbrowser
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from aiohttp import web

from groundwork.console.terminal import openable_path
from groundwork.data_folder.read_write import read_text
from groundwork.data_folder.runs.reader_wishes import toggle_wish, wishes_file
from groundwork.data_folder.spread_folders import names_in_folder
from groundwork.data_folder.workspace import Workspace
from groundwork.errors import EXIT_OK, GroundworkError, UsageError
from groundwork.installation import as_typed
from groundwork.markdown.figures import is_figure_name
from groundwork.pages.html_page import PageKind, allow_calls, is_groundwork_page, page_text
from groundwork.review.review_session import DecisionRequest, ReviewRefused, ReviewSession, check_reviewed_document
from groundwork.review.wish_requests import WishRequest, find_wish, wished_starts
from groundwork.stage_runner.job import Job
from groundwork.stage_runner.next_command import repeat_flags

LOOPBACK_HOST = "127.0.0.1"
MAX_REQUEST_BYTES = 1_000_000  # of a request
REVIEW_SCRIPTS = ["rows", "filters", "pair", "plots_menu", "desk"]  # of the page, a file each in assets/review/
REVIEW_ASSETS = ["page.css", "review.css", "page.js", *(f"review/{script}.js" for script in REVIEW_SCRIPTS)]
REVIEW_PAGE = PageKind("review", REVIEW_ASSETS, Path(__file__).parent / "assets")
RESPONSE_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

T = TypeVar("T")
RequestHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

UNSERVED_PAGE_ENDING = ".plotly.html"  # drawn by a library, and without a way back


class ReviewServer:
    """Serves a review session until `close`; `address` holds the token."""

    def __init__(self, session: ReviewSession, restart_command: str = "") -> None:
        """`restart_command`: the command that starts the server again, for a page that has lost it."""
        self.session, self._restart_command = session, restart_command
        self.token = secrets.token_urlsafe(24)
        self.port = 0
        review_app = web.Application(middlewares=[self._handle_safely], client_max_size=MAX_REQUEST_BYTES)
        review_app.router.add_get("/{token}/", self._serve_review_page)
        review_app.router.add_get("/{token}/pairs", self._serve_pairs)
        review_app.router.add_get("/{token}/pair", self._serve_pair)
        review_app.router.add_get("/{token}/row", self._serve_row)
        review_app.router.add_get("/{token}/search", self._serve_search)
        review_app.router.add_get("/{token}/changes", self._serve_changes)
        review_app.router.add_get("/{token}/plots/{name}", self._serve_plot_page)
        review_app.router.add_get("/{token}/text/{document}/{name}", self._serve_figure)
        review_app.router.add_get("/{token}/wishes", self._serve_wishes)
        review_app.router.add_post("/{token}/decide", self._take_decision)
        review_app.router.add_post("/{token}/wish", self._take_wish)
        self._app_runner = web.AppRunner(review_app, access_log=None)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK_HOST}:{self.port}/{self.token}/"

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes a free one. Raises OSError where the port is taken."""
        await self._app_runner.setup()
        site = web.TCPSite(self._app_runner, LOOPBACK_HOST, port)
        await site.start()
        self.port = self._app_runner.addresses[0][1]

    async def close(self) -> None:
        await self._app_runner.cleanup()

    @web.middleware
    async def _handle_safely(self, request: web.Request, handler: RequestHandler) -> web.StreamResponse:
        refusal = self._refusal(request)
        try:
            guarded_response = web.json_response({"error": refusal}, status=403) if refusal else await handler(request)
        except ReviewRefused as error:
            guarded_response = web.json_response({"error": str(error)}, status=error.status)
        except web.HTTPException as error:
            guarded_response = web.json_response({"error": error.reason}, status=error.status)
        except OSError as error:
            guarded_response = web.json_response({"error": f"not written: {error.strerror or error}"}, status=507)
        except GroundworkError as error:
            guarded_response = web.json_response({"error": str(error)}, status=500)
        guarded_response.headers.update(RESPONSE_HEADERS)
        return guarded_response

    def _refusal(self, request: web.Request) -> str:
        """Why a request is refused, or ""."""
        loopback_hosts = {f"{LOOPBACK_HOST}:{self.port}", f"localhost:{self.port}"}
        page_origin = request.headers.get("Origin")
        is_navigation = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
        if request.headers.get("Host") not in loopback_hosts:
            return "another host"
        if page_origin is not None and page_origin not in {f"http://{host}" for host in loopback_hosts}:
            return "another origin"
        if not is_navigation and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return "another site"
        if not hmac.compare_digest(request.match_info.get("token", "").encode(), self.token.encode()):
            return "no token"
        if request.method == "POST" and request.content_type != "application/json":
            return "no JSON"
        return ""

    async def _serve_review_page(self, _: web.Request) -> web.Response:
        review_page = page_text(
            REVIEW_PAGE,
            title=f"Review of {self.session.run}",
            data={"start": {"again": self._restart_command, "plots": served_plot_names(self.session.data)}},
            calls=True,
            images=True,
        )
        return web.Response(text=review_page, content_type="text/html")

    async def _serve_pairs(self, request: web.Request) -> web.Response:
        if "fresh" in request.query:
            await asyncio.to_thread(self.session.load_run)
        return _serve_json(await asyncio.to_thread(self.session.review_table), pack=True)

    async def _serve_pair(self, request: web.Request) -> web.Response:
        row_number = _query_number(request, "row")
        if not 0 <= row_number < len(self.session.review_rows):
            raise ReviewRefused("there is no such row; press R to read the run again", 404)
        return _serve_json(self.session.reviewed_pair_details(self.session.review_rows[row_number].pair.id))

    async def _serve_row(self, request: web.Request) -> web.Response:
        return _serve_json({"row": self.session.review_row_numbers.get(request.query.get("pair", ""), -1)})

    async def _serve_search(self, request: web.Request) -> web.Response:
        return _serve_json(await asyncio.to_thread(self.session.search_pairs, request.query.get("q", "")))

    async def _serve_changes(self, request: web.Request) -> web.Response:
        return _serve_json(self.session.changes_since(_query_number(request, "since")))

    async def _serve_plot_page(self, request: web.Request) -> web.Response:
        plot_page = await asyncio.to_thread(served_plot_page, self.session.data, request.match_info["name"])
        response = web.Response(text=plot_page, content_type="text/html")
        response.enable_compression()
        return response

    async def _serve_figure(self, request: web.Request) -> web.Response:
        served_bytes = await asyncio.to_thread(
            served_figure, self.session.data, request.match_info["document"], request.match_info["name"]
        )
        served_type = "image/png" if request.match_info["name"].endswith(".png") else "image/jpeg"
        return web.Response(body=served_bytes, content_type=served_type)

    async def _serve_wishes(self, request: web.Request) -> web.Response:
        wished_document = request.query.get("document", "")
        return _serve_json({"starts": wished_starts(self.session.data, self.session.run, wished_document)})

    async def _take_wish(self, request: web.Request) -> web.Response:
        data, wish_request = self.session.data, await _posted_request(request, WishRequest, "wish")
        wish = await asyncio.to_thread(find_wish, data, wish_request, self.session.reviewer)
        return _serve_json({"stands": toggle_wish(wishes_file(data, self.session.run, wish.document), wish)})

    async def _take_decision(self, request: web.Request) -> web.Response:
        return _serve_json(self.session.decide(await _posted_request(request, DecisionRequest, "decision")))


async def _posted_request(request: web.Request, request_type: type[T], request_noun: str) -> T:
    try:
        return msgspec.json.decode(await request.read(), type=request_type)
    except msgspec.DecodeError as error:
        raise ReviewRefused(f"no {request_noun}: {error}", 422) from None


def _query_number(request: web.Request, parameter: str) -> int:
    query_number = request.query.get(parameter, "")
    if not (query_number.isascii() and query_number.isdigit()):
        raise ReviewRefused(f"{parameter}: no number", 422)
    return int(query_number[:12])


def _serve_json(reply: Any, *, pack: bool = False) -> web.Response:
    response = web.Response(body=msgspec.json.encode(reply), content_type="application/json")
    if pack:
        response.enable_compression()
    return response


def served_plot_names(data: Workspace) -> list[str]:
    """The pages in data/plots that can be opened beside a review, coverage pages last."""
    served_plots = [
        served_name
        for served_name in names_in_folder(data.path("plots"), ".html")
        if not served_name.endswith(UNSERVED_PAGE_ENDING)
    ]
    return sorted(served_plots, key=lambda served_name: (served_name.startswith("coverage-"), served_name))


def served_plot_page(data: Workspace, file_name: str) -> str:
    """A page of data/plots that may call the server. Raises ReviewRefused for a file that is not there or not ours."""
    if file_name not in served_plot_names(data):
        raise ReviewRefused(f"{file_name}: no page in data/plots", 404)
    served_plot = data.path("plots", file_name)
    data.fetch([served_plot])
    served_page = read_text(served_plot)
    if not is_groundwork_page(served_page):
        raise ReviewRefused(f"{file_name}: not drawn by Groundwork", 404)
    return allow_calls(served_page)


def served_figure(data: Workspace, document: str, file_name: str) -> bytes:
    """A picture that ingest kept of a document. Raises ReviewRefused for any other file."""
    check_reviewed_document(document)
    served_picture = data.path("text", document, file_name)
    if (
        not is_figure_name(file_name)
        or not served_picture.is_file()
        or not served_picture.resolve().is_relative_to(data.path("text"))
    ):
        raise ReviewRefused(f"{document}/{file_name}: no picture", 404)
    data.fetch([served_picture])
    return served_picture.read_bytes()


async def serve_review_page(job: Job, session: ReviewSession) -> int:
    """Until Ctrl-C."""
    flags = job.flags
    restart_command = f"uv run dataprep/review.py {shlex.quote(session.run)} --reviewer {shlex.quote(session.reviewer)}"
    server = ReviewServer(session, as_typed(restart_command) + repeat_flags(flags))
    try:
        await server.start(flags.port)
    except OSError as error:
        await server.close()
        raise UsageError(f"--port {flags.port}: {error.strerror or error}; leave it out for a free one") from None
    server_stop = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # on Windows, where Ctrl-C raises KeyboardInterrupt
            asyncio.get_running_loop().add_signal_handler(signal_number, server_stop.set)
    served_address = f"{server.address}#pair={quote(flags.pair)}" if flags.pair else server.address
    decisions_place = openable_path(session.decisions_path)
    print(f"{served_address}\nCtrl-C ends it; each decision is at once in {decisions_place}", flush=True)
    if not flags.no_browser:
        await asyncio.to_thread(webbrowser.open, served_address)
    try:
        await server_stop.wait()
    finally:
        await server.close()
    next_command = f"{as_typed('next: uv run dataprep/curate.py')}{repeat_flags(flags)}"
    print(f"-> {decisions_place}\n{next_command}")
    return EXIT_OK
