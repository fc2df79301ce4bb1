"""The page's server: on this machine alone, for whoever has the address with its token.

Any page of the web may send requests to a port of this machine. So each request must name this very host and port
(which a rebound name does not), come from the page itself where it says where it comes from, and carry the token.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from groundwork.errors import GroundworkError
from groundwork.pages.html_frame import page_text
from groundwork.review.decision_requests import RequestRefused
from groundwork.review.review_session import DecisionRequest, ReviewSession
from groundwork.review.served_plots import change_wish, find_wish, page_names, served_figure, served_page, wished_starts

HOST = "127.0.0.1"
MOST_BYTES = 1_000_000  # of a request
ASSETS = [
    "page.css",
    "review.css",
    "page.js",
    "review/rows.js",
    "review/filters.js",
    "review/pair.js",
    "review/plots_menu.js",
    "review/desk.js",
]
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class WishRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a coverage page sends: where the statement begins, and the hash of the text that the page was drawn from."""

    document: str
    start: int
    drawn_from: str


class Server:
    """Serves a review session until `close`; `address` holds the token."""

    def __init__(self, desk: ReviewSession, again: str = "") -> None:
        """`again`: the command that starts the server again, for a page that has lost it."""
        self.desk, self._again = desk, again
        self.token = secrets.token_urlsafe(24)
        self.port = 0
        app = web.Application(middlewares=[self._handle_safely], client_max_size=MOST_BYTES)
        app.router.add_get("/{token}/", self._page)
        app.router.add_get("/{token}/pairs", self._pairs)
        app.router.add_get("/{token}/pair", self._pair)
        app.router.add_get("/{token}/row", self._row)
        app.router.add_get("/{token}/search", self._search)
        app.router.add_get("/{token}/changes", self._changes)
        app.router.add_get("/{token}/plots/{name}", self._plot)
        app.router.add_get("/{token}/text/{document}/{name}", self._figure)
        app.router.add_get("/{token}/wishes", self._wishes)
        app.router.add_post("/{token}/decide", self._decide)
        app.router.add_post("/{token}/wish", self._wish)
        self._runner = web.AppRunner(app, access_log=None)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/{self.token}/"

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes a free one. Raises OSError where the port is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        await self._runner.cleanup()

    @web.middleware
    async def _handle_safely(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = self._refusal(request)
        try:
            response = web.json_response({"error": refusal}, status=403) if refusal else await handler(request)
        except RequestRefused as error:
            response = web.json_response({"error": str(error)}, status=error.status)
        except web.HTTPException as error:
            response = web.json_response({"error": error.reason}, status=error.status)
        except OSError as error:
            response = web.json_response({"error": f"not written: {error.strerror or error}"}, status=507)
        except GroundworkError as error:
            response = web.json_response({"error": str(error)}, status=500)
        response.headers.update(HEADERS)
        return response

    def _refusal(self, request: web.Request) -> str:
        """Why a request is refused, or ""."""
        own_hosts = {f"{HOST}:{self.port}", f"localhost:{self.port}"}
        origin = request.headers.get("Origin")
        navigates = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
        if request.headers.get("Host") not in own_hosts:
            return "another host"
        if origin is not None and origin not in {f"http://{host}" for host in own_hosts}:
            return "another origin"
        if not navigates and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return "another site"
        if not hmac.compare_digest(request.match_info.get("token", "").encode(), self.token.encode()):
            return "no token"
        if request.method == "POST" and request.content_type != "application/json":
            return "no JSON"
        return ""

    async def _page(self, _: web.Request) -> web.Response:
        text = page_text(
            title=f"Review of {self.desk.run}",
            kind="review",
            data={"start": {"again": self._again, "plots": page_names(self.desk.data)}},
            assets=ASSETS,
            folder=Path(__file__).parent / "assets",
            calls=True,
            images=True,
        )
        return web.Response(text=text, content_type="text/html")

    async def _pairs(self, request: web.Request) -> web.Response:
        if "fresh" in request.query:
            await asyncio.to_thread(self.desk.load)
        return _json_response(await asyncio.to_thread(self.desk.columns), pack=True)

    async def _pair(self, request: web.Request) -> web.Response:
        row = _query_number(request, "row")
        if not 0 <= row < len(self.desk.rows):
            raise RequestRefused("there is no such row; press R to read the run again", 404)
        return _json_response(self.desk.details(self.desk.rows[row].pair.id))

    async def _row(self, request: web.Request) -> web.Response:
        return _json_response({"row": self.desk.row_of.get(request.query.get("pair", ""), -1)})

    async def _search(self, request: web.Request) -> web.Response:
        return _json_response(await asyncio.to_thread(self.desk.search, request.query.get("q", "")))

    async def _changes(self, request: web.Request) -> web.Response:
        return _json_response(self.desk.changes(_query_number(request, "since")))

    async def _plot(self, request: web.Request) -> web.Response:
        text = await asyncio.to_thread(served_page, self.desk.data, request.match_info["name"])
        response = web.Response(text=text, content_type="text/html")
        response.enable_compression()
        return response

    async def _figure(self, request: web.Request) -> web.Response:
        content = await asyncio.to_thread(
            served_figure, self.desk.data, request.match_info["document"], request.match_info["name"]
        )
        kind = "image/png" if request.match_info["name"].endswith(".png") else "image/jpeg"
        return web.Response(body=content, content_type=kind)

    async def _wishes(self, request: web.Request) -> web.Response:
        return _json_response(
            {"starts": wished_starts(self.desk.data, self.desk.run, request.query.get("document", ""))}
        )

    async def _wish(self, request: web.Request) -> web.Response:
        try:
            ask = msgspec.json.decode(await request.read(), type=WishRequest)
        except msgspec.DecodeError as error:
            raise RequestRefused(f"no wish: {error}", 422) from None
        wish = await asyncio.to_thread(
            find_wish, self.desk.data, ask.document, ask.start, self.desk.reviewer, ask.drawn_from
        )
        return _json_response({"stands": change_wish(self.desk.data, self.desk.run, wish)})

    async def _decide(self, request: web.Request) -> web.Response:
        try:
            ask = msgspec.json.decode(await request.read(), type=DecisionRequest)
        except msgspec.DecodeError as error:
            raise RequestRefused(f"no decision: {error}", 422) from None
        return _json_response(self.desk.decide(ask))


def _query_number(request: web.Request, parameter: str) -> int:
    text = request.query.get(parameter, "")
    if not (text.isascii() and text.isdigit()):
        raise RequestRefused(f"{parameter}: no number", 422)
    return int(text[:12])


def _json_response(content: Any, *, pack: bool = False) -> web.Response:
    response = web.Response(body=msgspec.json.encode(content), content_type="application/json")
    if pack:
        response.enable_compression()
    return response
